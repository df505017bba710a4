//! The fixed table of functions.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};

use super::render::Filler;

/// One function that a `{{…}}` may call.
pub struct Function {
    /// As written before the parenthesis.
    pub name: &'static str,
    /// How it is called, for messages and docs.
    pub usage: &'static str,
    /// What it gives, in a line.
    pub summary: &'static str,
    /// How many arguments it takes.
    pub(super) arguments: std::ops::RangeInclusive<usize>,
    pub(super) call: fn(&Filler<'_>, &[String]) -> Result<String, String>,
}

impl std::fmt::Debug for Function {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

impl PartialEq for Function {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Function {}

pub(super) fn function(name: &str) -> Option<&'static Function> {
    FUNCTIONS.iter().find(|row| row.name == name)
}

/// All functions.
#[rustfmt::skip]
pub static FUNCTIONS: &[Function] = &[
    Function { name: "uuid", usage: "uuid()", summary: "a random UUID (version 4) from the run's seed; every place in a scenario gets its own", arguments: 0..=0, call: |at, _| Ok(uuid(at.random())) },
    Function { name: "now", usage: "now('+1d', '%Y-%m-%d')", summary: "the moment of the exchange in UTC, moved by an offset (s, m, h, d, w), in a strftime format; by default RFC 3339 with milliseconds", arguments: 0..=2, call: now },
    Function { name: "random", usage: "random(1, 6)", summary: "a whole number from the first to the last, from the run's seed", arguments: 2..=2, call: random },
    Function { name: "base64", usage: "base64(text)", summary: "the text in Base64 (RFC 4648, 4)", arguments: 1..=1, call: |_, given| Ok(STANDARD.encode(&given[0])) },
    Function { name: "base64url", usage: "base64url(text)", summary: "the text in URL-safe Base64 without padding (RFC 4648, 5)", arguments: 1..=1, call: |_, given| Ok(URL_SAFE_NO_PAD.encode(&given[0])) },
    Function { name: "url-encode", usage: "url-encode(text)", summary: "the text percent-encoded for a URL (RFC 3986)", arguments: 1..=1, call: |_, given| Ok(url_encode(&given[0])) },
    Function { name: "sha256", usage: "sha256(text)", summary: "the SHA-256 digest of the text in hexadecimal", arguments: 1..=1, call: |_, given| Ok(hexadecimal(&Sha256::digest(&given[0]))) },
    Function { name: "nhs-number", usage: "nhs-number()", summary: "a synthetic NHS number of the range 999 that is never issued, with a right check digit, from the run's seed", arguments: 0..=0, call: |at, _| Ok(nhs_number(at.random())) },
    Function { name: "json-escape", usage: "json-escape(text)", summary: "the text as it must stand between the quotes of a JSON string", arguments: 1..=1, call: |_, given| Ok(json_escape(&given[0])) },
    Function { name: "lower", usage: "lower(text)", summary: "the text in lower case", arguments: 1..=1, call: |_, given| Ok(given[0].to_lowercase()) },
    Function { name: "upper", usage: "upper(text)", summary: "the text in upper case", arguments: 1..=1, call: |_, given| Ok(given[0].to_uppercase()) },
    Function { name: "before", usage: "before(text, '/')", summary: "the part before the first occurrence of a separator; the whole text where there is none", arguments: 2..=2, call: |_, given| Ok(given[0].split_once(&given[1]).map_or(given[0].clone(), |(before, _)| before.to_owned())) },
    Function { name: "after", usage: "after(text, '/')", summary: "the part after the last occurrence of a separator; the whole text where there is none", arguments: 2..=2, call: |_, given| Ok(given[0].rsplit_once(&given[1]).map_or(given[0].clone(), |(_, after)| after.to_owned())) },
];

fn uuid(mut bytes: [u8; 32]) -> String {
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let hex = hexadecimal(&bytes[..16]);
    format!(
        "{}-{}-{}-{}-{}",
        &hex[..8],
        &hex[8..12],
        &hex[12..16],
        &hex[16..20],
        &hex[20..]
    )
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn number(bytes: [u8; 32]) -> u64 {
    bytes[..8]
        .iter()
        .fold(0, |number, byte| number << 8 | u64::from(*byte))
}

fn random(at: &Filler<'_>, given: &[String]) -> Result<String, String> {
    let bound = |text: &String| {
        text.parse::<u64>()
            .map_err(|_| format!("`{text}` is no whole number"))
    };
    let (first, last) = (bound(&given[0])?, bound(&given[1])?);
    let Some(span) = last.checked_sub(first).and_then(|span| span.checked_add(1)) else {
        return Err(format!(
            "{last} is less than {first}, or the range is too wide"
        ));
    };
    Ok((first + number(at.random()) % span).to_string())
}

fn now(at: &Filler<'_>, given: &[String]) -> Result<String, String> {
    let mut time = at.scope.now().timestamp();
    if let Some(offset) = given.first().filter(|offset| !offset.is_empty()) {
        time = time
            .checked_add(jiff::SignedDuration::from_secs(seconds(offset)?))
            .map_err(|error| error.to_string())?;
    }
    match given.get(1) {
        None => Ok(format!("{}Z", time.strftime("%Y-%m-%dT%H:%M:%S.%3f"))),
        Some(format) => jiff::fmt::strtime::format(format, time).map_err(|error| error.to_string()),
    }
}

/// `-90m` as seconds.
fn seconds(offset: &str) -> Result<i64, String> {
    let wrong = || format!("`{offset}` is no offset: write `+1d`, `-90m`, `30s`");
    let unit = offset.chars().last().ok_or_else(wrong)?;
    let factor = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3_600,
        'd' => 86_400,
        'w' => 604_800,
        _ => return Err(wrong()),
    };
    let count: i64 = offset[..offset.len() - 1].parse().map_err(|_| wrong())?;
    count.checked_mul(factor).ok_or_else(wrong)
}

fn url_encode(text: &str) -> String {
    const UNRESERVED: &percent_encoding::AsciiSet = &percent_encoding::NON_ALPHANUMERIC
        .remove(b'-')
        .remove(b'.')
        .remove(b'_')
        .remove(b'~');
    percent_encoding::utf8_percent_encode(text, UNRESERVED).to_string()
}

fn json_escape(text: &str) -> String {
    let quoted = serde_json::Value::from(text).to_string();
    quoted[1..quoted.len() - 1].to_owned()
}

/// The modulus 11 check digit of nine digits; `None` where they cannot have one, or are no nine digits.
pub fn nhs_check_digit(nine: &str) -> Option<u32> {
    let digits: Option<Vec<u32>> = nine.chars().map(|c| c.to_digit(10)).collect();
    let digits = digits.filter(|digits| digits.len() == 9)?;
    let sum: u32 = digits
        .iter()
        .zip((2..=10).rev())
        .map(|(digit, weight)| digit * weight)
        .sum();
    match 11 - sum % 11 {
        11 => Some(0),
        10 => None,
        digit => Some(digit),
    }
}

fn nhs_number(bytes: [u8; 32]) -> String {
    let first = number(bytes) % 1_000_000;
    (0..11)
        .map(|step| format!("999{:06}", (first + step) % 1_000_000))
        .find_map(|nine| nhs_check_digit(&nine).map(|digit| format!("{nine}{digit}")))
        // invariant: neighbours differ in their sum by 2 modulo 11 but at a carry, so one of eleven has a check digit.
        .unwrap_or_else(|| "9990000018".into())
}
