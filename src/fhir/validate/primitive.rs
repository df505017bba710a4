//! The formats of primitive values, checked without regular expressions.

use super::moment;
use crate::fhir::definitions::Version;
use crate::fhir::tree::Kind;
use base64::Engine;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};

/// The most characters of a text (1 MB).
pub(super) const MAX_TEXT: usize = 1024 * 1024;

/// A primitive type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Primitive {
    Base64Binary,
    Boolean,
    Canonical,
    Code,
    Date,
    DateTime,
    Decimal,
    Id,
    Instant,
    Integer,
    Integer64,
    Markdown,
    Oid,
    PositiveInt,
    String,
    Time,
    UnsignedInt,
    Uri,
    Url,
    Uuid,
    Xhtml,
}

impl Primitive {
    /// The primitive of this name.
    pub(super) fn named(code: &str) -> Option<Self> {
        Some(match code {
            "base64Binary" => Self::Base64Binary,
            "boolean" => Self::Boolean,
            "canonical" => Self::Canonical,
            "code" => Self::Code,
            "date" => Self::Date,
            "dateTime" => Self::DateTime,
            "decimal" => Self::Decimal,
            "id" => Self::Id,
            "instant" => Self::Instant,
            "integer" => Self::Integer,
            "integer64" => Self::Integer64,
            "markdown" => Self::Markdown,
            "oid" => Self::Oid,
            "positiveInt" => Self::PositiveInt,
            "string" => Self::String,
            "time" => Self::Time,
            "unsignedInt" => Self::UnsignedInt,
            "uri" => Self::Uri,
            "url" => Self::Url,
            "uuid" => Self::Uuid,
            "xhtml" => Self::Xhtml,
            _ => return None,
        })
    }

    /// How JSON writes it.
    pub(super) fn json_kind(self) -> Kind {
        match self {
            Self::Boolean => Kind::Boolean,
            Self::Decimal | Self::Integer | Self::PositiveInt | Self::UnsignedInt => Kind::Number,
            Self::Xhtml => Kind::Xhtml,
            Self::Base64Binary
            | Self::Canonical
            | Self::Code
            | Self::Date
            | Self::DateTime
            | Self::Id
            | Self::Instant
            | Self::Integer64
            | Self::Markdown
            | Self::Oid
            | Self::String
            | Self::Time
            | Self::Uri
            | Self::Url
            | Self::Uuid => Kind::Text,
        }
    }

    /// What is wrong with a value of this type, if anything is: lowercase, no full stop.
    pub(super) fn fault(self, text: &str, version: Version) -> Option<String> {
        match self {
            Self::Boolean if matches!(text, "true" | "false") => None,
            Self::Boolean => Some(format!("`{}` is neither `true` nor `false`", shown(text))),
            Self::Integer => whole(text, i64::from(i32::MIN), i64::from(i32::MAX)),
            Self::Integer64 => whole(text, i64::MIN, i64::MAX),
            Self::PositiveInt => whole(text, 1, i64::from(i32::MAX)),
            Self::UnsignedInt => whole(text, 0, i64::from(i32::MAX)),
            Self::Decimal => decimal(text, version),
            Self::Date => moment::date_fault(text),
            Self::DateTime => moment::date_time_fault(text),
            Self::Instant => moment::instant_fault(text),
            Self::Time => moment::time_fault(text),
            Self::Base64Binary => base64_fault(text, version),
            Self::Code => code_fault(text),
            Self::Id => id_fault(text),
            Self::Oid => oid_fault(text),
            Self::Uuid => uuid_fault(text),
            Self::Uri | Self::Url | Self::Canonical => uri_fault(text),
            Self::String | Self::Markdown => text_fault(text),
            Self::Xhtml => None,
        }
    }

    /// What is odd about a value that is not at fault: lowercase, no full stop.
    pub(super) fn doubt(self, text: &str) -> Option<String> {
        let control = |byte: u8| byte < 0x20 && !matches!(byte, b'\t' | b'\n' | b'\r');
        if let Some(byte) = text.bytes().find(|byte| control(*byte)) {
            return Some(format!(
                "the text holds the control character U+{byte:04X}, which XML cannot carry"
            ));
        }
        if matches!(self, Self::String | Self::Markdown) && text.trim().is_empty() {
            return Some("the text is nothing but white space".to_owned());
        }
        let spaced = self == Self::Base64Binary && text.bytes().any(is_space);
        spaced.then(|| "base64 should hold no white space".to_owned())
    }
}

/// A text for a message: cut where it is long.
pub(super) fn shown(text: &str) -> String {
    const MOST: usize = 80;
    match text.char_indices().nth(MOST) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}

/// Whether a text holds something like a tag: `<b>`, `</b>`, `<br/>`.
pub(super) fn holds_markup(text: &str) -> bool {
    let starts = text.match_indices('<').map(|(at, _)| &text[at + 1..]);
    let is_name = |letter: char| letter.is_ascii_alphabetic() || letter == '/' || letter == '!';
    let mut tags = starts.filter(|rest| rest.starts_with(is_name));
    tags.next().is_some_and(|rest| rest.contains('>'))
}

fn whole(text: &str, least: i64, most: i64) -> Option<String> {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    let plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    if !plain {
        return Some(format!("`{}` is not a whole number", shown(text)));
    }
    if digits.len() > 1 && digits.starts_with('0') || (digits == "0" && digits.len() < text.len()) {
        return Some(format!("`{}` has a sign or zeros too many", shown(text)));
    }
    match text.parse::<i64>() {
        Ok(number) if (least..=most).contains(&number) => None,
        Ok(_) | Err(_) => Some(format!("`{}` is outside of {least} to {most}", shown(text))),
    }
}

/// `-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?`; STU3 has no exponent, and R5
/// bounds the digits: 18 before the point, 17 behind it.
fn decimal(text: &str, version: Version) -> Option<String> {
    let fault = || Some(format!("`{}` is not a decimal number", shown(text)));
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (text, None),
    };
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let unsigned = mantissa.strip_prefix('-').unwrap_or(mantissa);
    let (whole, fraction) = match unsigned.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (unsigned, None),
    };
    if !digits(whole) || (whole.len() > 1 && whole.starts_with('0')) {
        return fault();
    }
    if fraction.is_some_and(|fraction| !digits(fraction)) {
        return fault();
    }
    let exponent = exponent.map(|part| part.strip_prefix(['-', '+']).unwrap_or(part));
    if exponent.is_some_and(|part| !digits(part) || version == Version::Stu3) {
        return fault();
    }
    let long = whole.len() > 18 || fraction.is_some_and(|fraction| fraction.len() > 17);
    if long && version >= Version::R5 {
        return Some(format!(
            "`{}` has more digits than a decimal may have",
            shown(text)
        ));
    }
    None
}

/// Decoding is strict about padding and letters; white space may stand anywhere before R5.
fn base64_fault(text: &str, version: Version) -> Option<String> {
    const ENGINE: GeneralPurpose = GeneralPurpose::new(
        &base64::alphabet::STANDARD,
        GeneralPurposeConfig::new().with_decode_allow_trailing_bits(true),
    );
    let spaced = text.bytes().any(is_space);
    if spaced && version >= Version::R5 {
        return Some("base64 holds no white space (RFC 4648)".to_owned());
    }
    let decoded = if spaced {
        let packed: Vec<u8> = text
            .bytes()
            .filter(|byte| !byte.is_ascii_whitespace())
            .collect();
        ENGINE.decode(packed)
    } else {
        ENGINE.decode(text)
    };
    let error = decoded.err()?;
    Some(format!(
        "`{}` is not base64: {}",
        shown(text),
        lower(&error.to_string())
    ))
}

fn lower(text: &str) -> String {
    text.trim_end_matches('.').to_lowercase()
}

/// No white space at the ends, and only single spaces inside.
fn code_fault(text: &str) -> Option<String> {
    let bytes = text.as_bytes();
    let outside = text.starts_with(char::is_whitespace) || text.ends_with(char::is_whitespace);
    let doubled = bytes
        .windows(2)
        .any(|pair| is_space(pair[0]) && is_space(pair[1]));
    let odd = bytes
        .iter()
        .any(|byte| matches!(byte, b'\t' | b'\n' | b'\r'));
    if outside || doubled || odd {
        return Some(format!(
            "the code `{}` has white space at an end, or more than single spaces inside",
            shown(text)
        ));
    }
    None
}

fn is_space(byte: u8) -> bool {
    byte.is_ascii_whitespace()
}

fn id_fault(text: &str) -> Option<String> {
    if text.len() > 64 {
        return Some(format!(
            "the id `{}` is longer than 64 characters",
            shown(text)
        ));
    }
    let fine = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.');
    if text.is_empty() || !text.bytes().all(fine) {
        return Some(format!(
            "the id `{}` has characters other than letters, digits, `-` and `.`",
            shown(text)
        ));
    }
    None
}

fn oid_fault(text: &str) -> Option<String> {
    match text.strip_prefix("urn:oid:") {
        Some(oid) if is_oid(oid) => None,
        Some(_) | None => Some(format!(
            "`{}` is not an OID such as `urn:oid:1.2.3`",
            shown(text)
        )),
    }
}

/// `[0-2](\.(0|[1-9][0-9]*))+`
pub(super) fn is_oid(text: &str) -> bool {
    let mut parts = text.split('.');
    let first = parts
        .next()
        .is_some_and(|first| matches!(first, "0" | "1" | "2"));
    let mut rest = 0;
    let fine = parts.all(|part| {
        rest += 1;
        let digits = !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        digits && (part == "0" || !part.starts_with('0'))
    });
    first && fine && rest > 0
}

fn uuid_fault(text: &str) -> Option<String> {
    match text.strip_prefix("urn:uuid:") {
        Some(uuid) if is_uuid(uuid) => None,
        Some(_) | None => Some(format!(
            "`{}` is not a UUID in small letters, such as `urn:uuid:c757873d-ec9a-4326-a141-556f43239520`",
            shown(text)
        )),
    }
}

/// Groups of 8, 4, 4, 4 and 12 hexadecimal digits in small letters.
pub(super) fn is_uuid(text: &str) -> bool {
    let mut groups = text.split('-');
    let fits = |group: &str, length: usize| {
        group.len() == length
            && group
                .bytes()
                .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
    };
    let all = [8, 4, 4, 4, 12]
        .into_iter()
        .all(|length| groups.next().is_some_and(|group| fits(group, length)));
    all && groups.next().is_none()
}

/// No white space anywhere; UUIDs and OIDs are whole.
fn uri_fault(text: &str) -> Option<String> {
    if text.bytes().any(|byte| byte.is_ascii_whitespace()) {
        return Some(format!(
            "the address `{}` has white space in it",
            shown(text)
        ));
    }
    if text.starts_with("urn:") {
        return urn_fault(text);
    }
    None
}

fn urn_fault(text: &str) -> Option<String> {
    if let Some(oid) = text.strip_prefix("urn:oid:") {
        return (!is_oid(oid)).then(|| format!("`{}` is not a valid OID", shown(text)));
    }
    let uuid = text.strip_prefix("urn:uuid:")?;
    let uuid = uuid.split(['#', '|', '/', '?']).next().unwrap_or(uuid);
    (!is_uuid(uuid)).then(|| format!("`{}` is not a UUID in small letters", shown(text)))
}

/// At most a megabyte.
fn text_fault(text: &str) -> Option<String> {
    if text.len() > MAX_TEXT && text.chars().count() > MAX_TEXT {
        return Some(format!(
            "the text is {} bytes long, and 1 MB is the limit",
            text.len()
        ));
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(primitive: Primitive, texts: &[&str]) -> Vec<bool> {
        let faulty = |text: &&str| primitive.fault(text, Version::R4).is_some();
        texts.iter().map(faulty).collect()
    }

    #[test]
    fn numbers_have_one_spelling() {
        assert_eq!(
            faults(
                Primitive::Integer,
                &["0", "-12", "+1", "007", "2147483648", "1.0", "-0", ""]
            ),
            [false, false, false, true, true, true, true, true]
        );
        assert_eq!(
            faults(
                Primitive::Decimal,
                &["0", "-1.10", "1e5", ".5", "1.", "01", "+1", "1e"]
            ),
            [false, false, false, true, true, true, true, true]
        );
        assert_eq!(faults(Primitive::PositiveInt, &["0", "1"]), [true, false]);
        assert!(Primitive::Decimal.fault("1e5", Version::Stu3).is_some());
    }

    #[test]
    fn names_and_addresses() {
        assert_eq!(
            faults(Primitive::Id, &["a-1.B", "a_b", ""]),
            [false, true, true]
        );
        assert_eq!(
            faults(Primitive::Code, &["a b", " a", "a  b", "a\tb"]),
            [false, true, true, true]
        );
        assert_eq!(
            faults(
                Primitive::Uri,
                &[
                    "http://a.b/c",
                    "http://a b",
                    "urn:oid:1.2.3",
                    "urn:oid:1.02",
                    "urn:uuid:C757873D-ec9a-4326-a141-556f43239520",
                ]
            ),
            [false, true, false, true, true]
        );
        assert_eq!(
            faults(Primitive::Base64Binary, &["YQ==", "YQ", "Y Q = =", "Y!=="]),
            [false, true, false, true]
        );
    }

    #[test]
    fn odd_texts_are_doubted() {
        let doubts =
            ["a", "a\nb", "a\u{1}", "  "].map(|text| Primitive::String.doubt(text).is_some());
        assert_eq!(doubts, [false, false, true, true]);
    }
}
