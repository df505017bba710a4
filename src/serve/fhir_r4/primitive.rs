//! The grammars of the primitive types.

use super::json::Json;
use super::moment::{Precision, span};

/// Says why a JSON value is not of the primitive type, or nothing when it is.
pub fn fault(kind: &str, value: &Json) -> Option<String> {
    let expected = match kind {
        "boolean" => matches!(value, Json::Bool(_)),
        "integer" | "unsignedInt" | "positiveInt" | "decimal" => return number_fault(kind, value),
        _ => value.as_text().is_some(),
    };
    let Some(text) = value.as_text().filter(|_| expected) else {
        return (!expected).then(|| {
            format!(
                "a JSON {} is expected",
                if kind == "boolean" {
                    "boolean"
                } else {
                    "string"
                }
            )
        });
    };
    (!fits(kind, text)).then(|| format!("`{}` is not a {kind}", shortened(text)))
}

/// Whether a text is a resource id: up to 64 letters, digits, hyphens and dots.
pub fn is_id(text: &str) -> bool {
    (1..=64).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.'))
}

/// A text cut to a length that fits a message.
pub fn shortened(text: &str) -> String {
    shortened_to(text, 60)
}

/// A text cut to that many characters.
pub fn shortened_to(text: &str, length: usize) -> String {
    if text.chars().count() <= length {
        return text.to_owned();
    }
    text.chars().take(length).chain("…".chars()).collect()
}

fn number_fault(kind: &str, value: &Json) -> Option<String> {
    let Json::Number(text) = value else {
        return Some("a JSON number is expected".to_owned());
    };
    let whole = || text.parse::<i32>().ok();
    let fits = match kind {
        "integer" => whole().is_some(),
        "unsignedInt" => whole().is_some_and(|number| number >= 0),
        "positiveInt" => whole().is_some_and(|number| number > 0),
        _ => text.len() <= 64,
    };
    (!fits).then(|| format!("`{}` is not a {kind}", shortened(text)))
}

fn fits(kind: &str, text: &str) -> bool {
    match kind {
        "date" => span(text).is_some_and(|(_, precision)| precision <= Precision::Day),
        "dateTime" => span(text)
            .is_some_and(|(_, precision)| precision <= Precision::Day || zoned(text, precision)),
        "instant" => span(text).is_some_and(|(_, precision)| zoned(text, precision)),
        "time" => span(&format!("2000-01-01T{text}"))
            .is_some_and(|(_, precision)| precision == Precision::Second && unzoned(text)),
        "id" => is_id(text),
        "code" => {
            !text.is_empty() && text.trim() == text && !text.contains("  ") && printable(text)
        }
        "uri" | "url" | "canonical" => !text.is_empty() && !text.contains(char::is_whitespace),
        "oid" => text.strip_prefix("urn:oid:").is_some_and(|oid| {
            oid.bytes()
                .all(|byte| byte.is_ascii_digit() || byte == b'.')
        }),
        "uuid" => text.strip_prefix("urn:uuid:").is_some_and(is_uuid),
        "base64Binary" => is_base64(text),
        _ => !text.trim().is_empty() && printable(text),
    }
}

/// A dateTime with a time has seconds and a zone.
fn zoned(text: &str, precision: Precision) -> bool {
    let time = text.split_once('T').map_or("", |(_, time)| time);
    precision == Precision::Second && !unzoned(time) && !text.contains(' ')
}

fn unzoned(time: &str) -> bool {
    !time.contains(['Z', '+', '-', ' '])
}

fn printable(text: &str) -> bool {
    !text
        .chars()
        .any(|letter| letter.is_control() && !matches!(letter, '\n' | '\r' | '\t'))
}

fn is_uuid(text: &str) -> bool {
    let groups: Vec<&str> = text.split('-').collect();
    groups.iter().map(|group| group.len()).eq([8, 4, 4, 4, 12])
        && groups
            .iter()
            .all(|group| group.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

fn is_base64(text: &str) -> bool {
    let letters: Vec<u8> = text
        .bytes()
        .filter(|byte| !byte.is_ascii_whitespace())
        .collect();
    let padding = letters
        .iter()
        .rev()
        .take_while(|byte| **byte == b'=')
        .count();
    let body = &letters[..letters.len() - padding];
    !letters.is_empty()
        && letters.len().is_multiple_of(4)
        && padding <= 2
        && body
            .iter()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::serve::fhir_r4::json::parse;

    #[test]
    fn each_grammar_knows_its_own() {
        let right = [
            ("date", "\"1980-02\""),
            ("dateTime", "\"2020-01-01T10:00:00+02:00\""),
            ("instant", "\"2020-01-01T10:00:00.1Z\""),
            ("time", "\"10:00:00\""),
            ("id", "\"a-1.B\""),
            ("code", "\"in-progress\""),
            ("uri", "\"urn:oid:1.2\""),
            ("positiveInt", "1"),
            ("decimal", "1.10"),
            ("boolean", "true"),
            ("base64Binary", "\"QUJD\""),
            ("string", "\"x y\""),
            ("uuid", "\"urn:uuid:c757873d-ec9a-4326-a141-556f43239520\""),
        ];
        for (kind, text) in right {
            assert_eq!(fault(kind, &parse(text).unwrap()), None, "{kind} {text}");
        }
    }

    #[test]
    fn each_grammar_refuses_the_rest() {
        let wrong = [
            ("date", "\"2020-01-01T10:00:00Z\""),
            ("dateTime", "\"2020-01-01T10:00:00\""),
            ("instant", "\"2020-01-01\""),
            ("time", "\"10:00:00Z\""),
            ("id", "\"a_b\""),
            ("code", "\" a\""),
            ("uri", "\"a b\""),
            ("positiveInt", "0"),
            ("integer", "1.0"),
            ("decimal", "\"1\""),
            ("boolean", "\"true\""),
            ("base64Binary", "\"QUJ\""),
            ("string", "\"\""),
            ("string", "5"),
            ("uuid", "\"c757873d\""),
            ("unsignedInt", "-1"),
        ];
        for (kind, text) in wrong {
            assert!(
                fault(kind, &parse(text).unwrap()).is_some(),
                "{kind} {text}"
            );
        }
    }
}
