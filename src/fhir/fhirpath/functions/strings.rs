//! Functions on texts. Positions count characters, from 0.

use super::{
    Arguments::{Expressions, Pattern},
    Function, Implementation, Invocation, pattern, text_value,
};
use crate::fhir::fhirpath::arithmetic::refuse_long;
use crate::fhir::fhirpath::evaluate::{Evaluator, Fault, Outcome, truth};
use crate::fhir::fhirpath::items::Items;
use crate::fhir::fhirpath::value::Value;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use regex::Regex;
use std::borrow::Cow;

const fn row(
    name: &'static str,
    arity: (usize, usize),
    doc: &'static str,
    implementation: Implementation,
) -> Function {
    Function {
        name,
        arity,
        arguments: Expressions,
        doc,
        implementation,
    }
}

pub(super) const FUNCTIONS: &[Function] = &[
    row(
        "indexOf",
        (1, 1),
        "where a text first comes in this one, or -1",
        |evaluator, invocation| position_in(evaluator, &invocation, |text, part| text.find(part)),
    ),
    row(
        "lastIndexOf",
        (1, 1),
        "where a text last comes in this one, or -1",
        |evaluator, invocation| position_in(evaluator, &invocation, |text, part| text.rfind(part)),
    ),
    row(
        "substring",
        (1, 2),
        "the text from a position, of a length if one is given",
        substring,
    ),
    row(
        "startsWith",
        (1, 1),
        "true when the text starts with another",
        |evaluator, invocation| asks(evaluator, &invocation, |text, part| text.starts_with(part)),
    ),
    row(
        "endsWith",
        (1, 1),
        "true when the text ends with another",
        |evaluator, invocation| asks(evaluator, &invocation, |text, part| text.ends_with(part)),
    ),
    row(
        "contains",
        (1, 1),
        "true when another text comes in this one",
        |evaluator, invocation| asks(evaluator, &invocation, |text, part| text.contains(part)),
    ),
    row(
        "upper",
        (0, 0),
        "the text in capitals",
        |evaluator, invocation| maps(evaluator, &invocation, str::to_uppercase),
    ),
    row(
        "lower",
        (0, 0),
        "the text in small letters",
        |evaluator, invocation| maps(evaluator, &invocation, str::to_lowercase),
    ),
    row(
        "trim",
        (0, 0),
        "the text without white space around it",
        |evaluator, invocation| maps(evaluator, &invocation, |text| text.trim().to_owned()),
    ),
    row("length", (0, 0), "how many characters the text has", length),
    row("toChars", (0, 0), "the characters of the text", to_chars),
    row(
        "replace",
        (2, 2),
        "the text with each occurrence of one text replaced by another",
        replace,
    ),
    row(
        "split",
        (1, 1),
        "the parts between the occurrences of a separator",
        split,
    ),
    row(
        "join",
        (0, 1),
        "all texts in one, with a separator between them",
        join,
    ),
    row(
        "encode",
        (1, 1),
        "the text in `hex`, `base64` or `urlbase64`",
        encode,
    ),
    row(
        "decode",
        (1, 1),
        "the text that was encoded in `hex`, `base64` or `urlbase64`",
        decode,
    ),
    row(
        "escape",
        (1, 1),
        "the text safe for `html` or `json`",
        escape,
    ),
    row(
        "unescape",
        (1, 1),
        "the text that was escaped for `html` or `json`",
        unescape,
    ),
    Function {
        name: "matches",
        arity: (1, 2),
        arguments: Pattern,
        doc: "true when a regular expression matches somewhere in the text",
        implementation: matches,
    },
    Function {
        name: "matchesFull",
        arity: (1, 2),
        arguments: Pattern,
        doc: "true when a regular expression matches the whole text",
        implementation: matches,
    },
    Function {
        name: "replaceMatches",
        arity: (2, 3),
        arguments: Pattern,
        doc: "the text with each match of a regular expression replaced",
        implementation: replace_matches,
    },
];

fn position_in<'r>(
    evaluator: &mut Evaluator<'r>,
    invocation: &Invocation<'_, 'r>,
    find: fn(&str, &str) -> Option<usize>,
) -> Outcome<'r> {
    let (Some(text), Some(part)) = (
        invocation.input_text(evaluator)?,
        invocation.text(evaluator, 0)?,
    ) else {
        return Ok(Items::Empty);
    };
    let at = find(&text, &part).map_or(-1, |byte| text[..byte].chars().count() as i64);
    Ok(Items::One(Value::Integer(at)))
}

fn substring<'r>(evaluator: &mut Evaluator<'r>, invocation: Invocation<'_, 'r>) -> Outcome<'r> {
    let (Some(text), Some(start)) = (
        invocation.input_text(evaluator)?,
        invocation.integer(evaluator, 0)?,
    ) else {
        return Ok(Items::Empty);
    };
    let length = match invocation.argument(evaluator, 1)? {
        None => None,
        Some(items) => evaluator.integer(&items, "the length", invocation.position())?,
    };
    let Ok(start) = usize::try_from(start) else {
        return Ok(Items::Empty);
    };
    let Some((from, _)) = text.char_indices().nth(start) else {
        return Ok(Items::Empty);
    };
    let rest = &text[from..];
    let count = length.map_or(usize::MAX, |length| usize::try_from(length).unwrap_or(0));
    let to = rest
        .char_indices()
        .nth(count)
        .map_or(rest.len(), |(at, _)| at);
    Ok(text_value(rest[..to].to_owned()))
}

fn asks<'r>(
    evaluator: &mut Evaluator<'r>,
    invocation: &Invocation<'_, 'r>,
    ask: fn(&str, &str) -> bool,
) -> Outcome<'r> {
    let (Some(text), Some(part)) = (
        invocation.input_text(evaluator)?,
        invocation.text(evaluator, 0)?,
    ) else {
        return Ok(Items::Empty);
    };
    evaluator.charge(text.len() / 64, invocation.position())?;
    Ok(truth(Some(ask(&text, &part))))
}

fn maps<'r>(
    evaluator: &mut Evaluator<'r>,
    invocation: &Invocation<'_, 'r>,
    map: fn(&str) -> String,
) -> Outcome<'r> {
    let Some(text) = invocation.input_text(evaluator)? else {
        return Ok(Items::Empty);
    };
    made(evaluator, invocation, map(&text))
}

/// A text that was made counts its length as steps.
fn made<'r>(
    evaluator: &mut Evaluator<'r>,
    invocation: &Invocation<'_, 'r>,
    text: String,
) -> Outcome<'r> {
    refuse_long(text.len(), invocation.position())?;
    evaluator.charge(text.len() / 64, invocation.position())?;
    Ok(text_value(text))
}

fn length<'r>(evaluator: &mut Evaluator<'r>, invocation: Invocation<'_, 'r>) -> Outcome<'r> {
    let text = invocation.input_text(evaluator)?;
    Ok(text
        .map(|text| Value::Integer(text.chars().count() as i64))
        .into_iter()
        .collect())
}

fn to_chars<'r>(evaluator: &mut Evaluator<'r>, invocation: Invocation<'_, 'r>) -> Outcome<'r> {
    let text = invocation.input_text(evaluator)?.unwrap_or_default();
    evaluator.charge(text.len(), invocation.position())?;
    Ok(text
        .chars()
        .map(|letter| Value::Text(Cow::Owned(letter.to_string())))
        .collect())
}

fn replace<'r>(evaluator: &mut Evaluator<'r>, invocation: Invocation<'_, 'r>) -> Outcome<'r> {
    let (Some(text), Some(part), Some(by)) = (
        invocation.input_text(evaluator)?,
        invocation.text(evaluator, 0)?,
        invocation.text(evaluator, 1)?,
    ) else {
        return Ok(Items::Empty);
    };
    let most = text
        .len()
        .saturating_add((text.len() + 1).saturating_mul(by.len()));
    if most > 1 << 20 {
        let count = text.matches(part.as_ref()).count();
        refuse_long(
            text.len().saturating_add(count.saturating_mul(by.len())),
            invocation.position(),
        )?;
    }
    made(evaluator, &invocation, text.replace(part.as_ref(), &by))
}

fn split<'r>(evaluator: &mut Evaluator<'r>, invocation: Invocation<'_, 'r>) -> Outcome<'r> {
    let (Some(text), Some(separator)) = (
        invocation.input_text(evaluator)?,
        invocation.text(evaluator, 0)?,
    ) else {
        return Ok(Items::Empty);
    };
    if separator.is_empty() {
        return to_chars(evaluator, invocation);
    }
    let parts: Vec<_> = text
        .split(separator.as_ref())
        .map(|part| Value::Text(Cow::Owned(part.to_owned())))
        .collect();
    evaluator.charge(parts.len(), invocation.position())?;
    Ok(Items::from(parts))
}

fn join<'r>(evaluator: &mut Evaluator<'r>, invocation: Invocation<'_, 'r>) -> Outcome<'r> {
    let separator = invocation.text(evaluator, 0)?.unwrap_or_default();
    let mut texts = Vec::new();
    let mut length = 0_usize;
    for item in &invocation.input {
        if let Some(text) = evaluator.text(
            std::slice::from_ref(item),
            "an item to join",
            invocation.position(),
        )? {
            length = length.saturating_add(text.len() + separator.len());
            refuse_long(length, invocation.position())?;
            texts.push(text);
        }
    }
    if texts.is_empty() {
        return Ok(Items::Empty);
    }
    made(evaluator, &invocation, texts.join(&separator))
}

/// The pattern of a call, compiled with the expression or now.
fn compiled<'r>(
    evaluator: &mut Evaluator<'r>,
    invocation: &Invocation<'_, 'r>,
) -> Result<Option<Cow<'r, Regex>>, Fault> {
    if let Some(ready) = &invocation.call.pattern {
        return Ok(Some(Cow::Borrowed(ready)));
    }
    let Some(text) = invocation.text(evaluator, 0)? else {
        return Ok(None);
    };
    // Compiling is far dearer than a step.
    evaluator.charge(200 + text.len(), invocation.position())?;
    let flags = match invocation.name() {
        "replaceMatches" => invocation.text(evaluator, 2)?,
        _ => invocation.text(evaluator, 1)?,
    };
    let built = pattern(
        &text,
        &flags.unwrap_or_default(),
        invocation.name() == "matchesFull",
    )
    .map_err(|message| invocation.error(message))?;
    Ok(Some(Cow::Owned(built)))
}

fn matches<'r>(evaluator: &mut Evaluator<'r>, invocation: Invocation<'_, 'r>) -> Outcome<'r> {
    let (Some(text), Some(regex)) = (
        invocation.input_text(evaluator)?,
        compiled(evaluator, &invocation)?,
    ) else {
        return Ok(Items::Empty);
    };
    evaluator.charge(text.len() / 16, invocation.position())?;
    Ok(truth(Some(regex.is_match(&text))))
}

fn replace_matches<'r>(
    evaluator: &mut Evaluator<'r>,
    invocation: Invocation<'_, 'r>,
) -> Outcome<'r> {
    let (Some(text), Some(regex), Some(by)) = (
        invocation.input_text(evaluator)?,
        compiled(evaluator, &invocation)?,
        invocation.text(evaluator, 1)?,
    ) else {
        return Ok(Items::Empty);
    };
    if regex.as_str().is_empty() {
        return made(evaluator, &invocation, text.into_owned());
    }
    let most = text.len().saturating_add(
        (text.len() + 1).saturating_mul(by.len() + text.len() * by.matches('$').count()),
    );
    if most > 1 << 20 {
        let count = regex.find_iter(&text).count();
        let each = by
            .len()
            .saturating_add(text.len().saturating_mul(by.matches('$').count()));
        refuse_long(
            text.len().saturating_add(count.saturating_mul(each)),
            invocation.position(),
        )?;
    }
    made(
        evaluator,
        &invocation,
        regex.replace_all(&text, by.as_ref()).into_owned(),
    )
}

fn encode<'r>(evaluator: &mut Evaluator<'r>, invocation: Invocation<'_, 'r>) -> Outcome<'r> {
    let (Some(text), Some(format)) = (
        invocation.input_text(evaluator)?,
        invocation.text(evaluator, 0)?,
    ) else {
        return Ok(Items::Empty);
    };
    let encoded = match format.as_ref() {
        "hex" => text.bytes().map(|byte| format!("{byte:02x}")).collect(),
        "base64" => STANDARD.encode(text.as_bytes()),
        "urlbase64" => URL_SAFE.encode(text.as_bytes()),
        other => {
            return Err(unknown_format(
                &invocation,
                other,
                "`hex`, `base64` and `urlbase64`",
            ));
        }
    };
    made(evaluator, &invocation, encoded)
}

fn decode<'r>(evaluator: &mut Evaluator<'r>, invocation: Invocation<'_, 'r>) -> Outcome<'r> {
    let (Some(text), Some(format)) = (
        invocation.input_text(evaluator)?,
        invocation.text(evaluator, 0)?,
    ) else {
        return Ok(Items::Empty);
    };
    let bytes = match format.as_ref() {
        "hex" => from_hex(&text),
        "base64" => STANDARD.decode(text.as_bytes()).ok(),
        "urlbase64" => URL_SAFE.decode(text.as_bytes()).ok(),
        other => {
            return Err(unknown_format(
                &invocation,
                other,
                "`hex`, `base64` and `urlbase64`",
            ));
        }
    };
    match bytes.and_then(|bytes| String::from_utf8(bytes).ok()) {
        Some(decoded) => made(evaluator, &invocation, decoded),
        None => Ok(Items::Empty),
    }
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u8>> = text
        .chars()
        .map(|digit| digit.to_digit(16).map(|digit| digit as u8))
        .collect();
    let digits = digits.filter(|digits| digits.len().is_multiple_of(2))?;
    Some(
        digits
            .chunks_exact(2)
            .map(|pair| pair[0] << 4 | pair[1])
            .collect(),
    )
}

const HTML: [(&str, &str); 5] = [
    ("&", "&amp;"),
    ("<", "&lt;"),
    (">", "&gt;"),
    ("\"", "&quot;"),
    ("'", "&#39;"),
];

fn escape<'r>(evaluator: &mut Evaluator<'r>, invocation: Invocation<'_, 'r>) -> Outcome<'r> {
    let (Some(text), Some(format)) = (
        invocation.input_text(evaluator)?,
        invocation.text(evaluator, 0)?,
    ) else {
        return Ok(Items::Empty);
    };
    let escaped = match format.as_ref() {
        "html" => HTML.iter().fold(text.into_owned(), |text, (plain, safe)| {
            text.replace(plain, safe)
        }),
        "json" => text.chars().map(json_escape).collect(),
        other => return Err(unknown_format(&invocation, other, "`html` and `json`")),
    };
    made(evaluator, &invocation, escaped)
}

fn json_escape(letter: char) -> String {
    match letter {
        '"' => "\\\"".to_owned(),
        '\\' => "\\\\".to_owned(),
        '\n' => "\\n".to_owned(),
        '\r' => "\\r".to_owned(),
        '\t' => "\\t".to_owned(),
        control if control < ' ' => format!("\\u{:04x}", u32::from(control)),
        plain => plain.to_string(),
    }
}

fn unescape<'r>(evaluator: &mut Evaluator<'r>, invocation: Invocation<'_, 'r>) -> Outcome<'r> {
    let (Some(text), Some(format)) = (
        invocation.input_text(evaluator)?,
        invocation.text(evaluator, 0)?,
    ) else {
        return Ok(Items::Empty);
    };
    let plain = match format.as_ref() {
        "html" => HTML
            .iter()
            .rev()
            .fold(text.into_owned(), |text, (plain, safe)| {
                text.replace(safe, plain)
            }),
        "json" => json_unescape(&text),
        other => return Err(unknown_format(&invocation, other, "`html` and `json`")),
    };
    made(evaluator, &invocation, plain)
}

fn json_unescape(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        if letter != '\\' {
            plain.push(letter);
            continue;
        }
        match letters.next() {
            Some('n') => plain.push('\n'),
            Some('r') => plain.push('\r'),
            Some('t') => plain.push('\t'),
            Some('u') => {
                let code: String = letters.by_ref().take(4).collect();
                plain.extend(u32::from_str_radix(&code, 16).ok().and_then(char::from_u32));
            }
            Some(other) => plain.push(other),
            None => plain.push('\\'),
        }
    }
    plain
}

fn unknown_format(invocation: &Invocation<'_, '_>, found: &str, known: &str) -> Fault {
    invocation.error(format!(
        "`{}` knows {known}, not `{found}`",
        invocation.name()
    ))
}
