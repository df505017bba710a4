//! The values of a search: split at commas, unescaped and read by the kind of the parameter.

use super::parameters::Kind;
use crate::serve::fhir_r4::moment::{Span, span};
use crate::serve::fhir_r4::primitive::shortened;
use crate::serve::fhir_r4::problem::Problem;

/// How an ordered value is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each variant is the prefix of that name")]
pub enum Prefix {
    Eq,
    Ne,
    Gt,
    Lt,
    Ge,
    Le,
    Sa,
    Eb,
    Ap,
}

const PREFIXES: [(&str, Prefix); 9] = [
    ("eq", Prefix::Eq),
    ("ne", Prefix::Ne),
    ("gt", Prefix::Gt),
    ("lt", Prefix::Lt),
    ("ge", Prefix::Ge),
    ("le", Prefix::Le),
    ("sa", Prefix::Sa),
    ("eb", Prefix::Eb),
    ("ap", Prefix::Ap),
];

/// A number with the range that its digits stand for: `5.4` is everything that rounds to it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Decimal {
    /// The number itself.
    pub exact: f64,
    /// Half of the last digit's worth.
    pub half: f64,
}

/// One value that is searched for.
#[derive(Clone, Debug, PartialEq)]
pub enum Wanted {
    /// A string.
    Text(String),
    /// A token. A system of `None` is any system, an empty one is no system; a code of `None` is any code.
    Token(Option<String>, Option<String>),
    /// A date.
    Date(Prefix, Span),
    /// A number.
    Number(Prefix, Decimal),
    /// A quantity with its system and its code or unit, where they are given.
    Quantity(Prefix, Decimal, Option<String>, Option<String>),
    /// A reference: `Type/id`, an id, or a URL.
    Reference(String),
    /// A URI.
    Uri(String),
}

/// Reads the comma-separated values of a parameter; empty ones are left out.
///
/// # Errors
/// 400 for a value that the kind cannot have.
pub fn read(kind: Kind, text: &str) -> Result<Vec<Wanted>, Problem> {
    split(text, ',')
        .into_iter()
        .filter(|part| !part.is_empty())
        .map(|part| one(kind, &part))
        .collect()
}

/// Splits at a mark that is not escaped; the escapes stay.
pub fn split(text: &str, mark: char) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut escaped = false;
    for letter in text.chars() {
        if letter == mark && !escaped {
            parts.push(String::new());
            continue;
        }
        if let Some(part) = parts.last_mut() {
            part.push(letter);
        }
        escaped = letter == '\\' && !escaped;
    }
    parts
}

/// Takes the escapes out: a backslash stands before a comma, bar, dollar or backslash.
pub fn unescape(text: &str) -> String {
    let mut out = String::new();
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        if letter != '\\' {
            out.push(letter);
            continue;
        }
        match letters.next() {
            Some(mark @ (',' | '|' | '$' | '\\')) => out.push(mark),
            Some(other) => out.extend(['\\', other]),
            None => out.push('\\'),
        }
    }
    out
}

fn one(kind: Kind, text: &str) -> Result<Wanted, Problem> {
    match kind {
        Kind::String => Ok(Wanted::Text(unescape(text))),
        Kind::Uri => Ok(Wanted::Uri(unescape(text))),
        Kind::Reference => Ok(Wanted::Reference(unescape(text))),
        Kind::Token => Ok(token(text)),
        Kind::Date => date(text),
        Kind::Number => number(text),
        Kind::Quantity => quantity(text),
    }
}

/// Reads a token: `code`, `system|code`, `|code` or `system|`.
pub fn token(text: &str) -> Wanted {
    let parts = split(text, '|');
    let code = |text: &String| (!text.is_empty()).then(|| unescape(text));
    match parts.as_slice() {
        [alone] => Wanted::Token(None, code(alone)),
        [system, rest @ ..] => Wanted::Token(Some(unescape(system)), code(&rest.join("|"))),
        [] => Wanted::Token(None, None),
    }
}

fn date(text: &str) -> Result<Wanted, Problem> {
    let (prefix, rest) = prefix(text);
    let (span, _) = span(rest).ok_or_else(|| wrong(text, "date"))?;
    Ok(Wanted::Date(prefix, span))
}

fn number(text: &str) -> Result<Wanted, Problem> {
    let (prefix, rest) = prefix(text);
    decimal(rest)
        .map(|number| Wanted::Number(prefix, number))
        .ok_or_else(|| wrong(text, "number"))
}

fn quantity(text: &str) -> Result<Wanted, Problem> {
    let (prefix, rest) = prefix(text);
    let parts = split(rest, '|');
    let number = parts
        .first()
        .and_then(|part| decimal(part))
        .ok_or_else(|| wrong(text, "quantity"))?;
    let part = |place: usize| {
        parts
            .get(place)
            .filter(|part| !part.is_empty())
            .map(|part| unescape(part))
    };
    Ok(Wanted::Quantity(prefix, number, part(1), part(2)))
}

fn prefix(text: &str) -> (Prefix, &str) {
    let found = PREFIXES
        .iter()
        .find_map(|(code, prefix)| text.strip_prefix(code).map(|rest| (*prefix, rest)));
    found.unwrap_or((Prefix::Eq, text))
}

fn decimal(text: &str) -> Option<Decimal> {
    let plain = !text.is_empty()
        && text.len() < 40
        && text
            .bytes()
            .all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'-' | b'+' | b'e' | b'E'));
    let exact: f64 = text
        .parse()
        .ok()
        .filter(|number: &f64| plain && number.is_finite())?;
    let (digits, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let places = digits
        .split_once('.')
        .map_or(0, |(_, fraction)| fraction.len() as i32);
    Some(Decimal {
        exact,
        half: 0.5 * 10_f64.powi(exponent.parse::<i32>().ok()?.clamp(-300, 300) - places),
    })
}

fn wrong(text: &str, kind: &str) -> Problem {
    Problem::new(
        400,
        "value",
        format!("`{}` is not a {kind} to search for", shortened(text)),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_keep_marks_in_a_value() {
        assert_eq!(
            read(Kind::String, r"a\,b,c"),
            Ok(vec![Wanted::Text("a,b".into()), Wanted::Text("c".into())])
        );
        assert_eq!(
            token(r"http://s|a\|b"),
            Wanted::Token(Some("http://s".into()), Some("a|b".into()))
        );
        assert_eq!(
            token("|a"),
            Wanted::Token(Some(String::new()), Some("a".into()))
        );
        assert_eq!(
            token("http://s|"),
            Wanted::Token(Some("http://s".into()), None)
        );
        assert_eq!(unescape(r"a\\b\c"), r"a\b\c");
    }

    #[test]
    fn wrong_values_are_refused() {
        for (kind, text) in [
            (Kind::Date, "23 May 2009"),
            (Kind::Date, "notadate"),
            (Kind::Number, "abc"),
            (Kind::Number, "inf"),
            (Kind::Quantity, "|mg"),
        ] {
            assert_eq!(read(kind, text).unwrap_err().status, 400, "{text}");
        }
    }

    #[test]
    fn digits_tell_the_precision() {
        assert_eq!(decimal("5.40").unwrap().half, 0.005);
        assert_eq!(decimal("100").unwrap().half, 0.5);
        assert_eq!(decimal("1e2").unwrap().half, 50.0);
    }
}
