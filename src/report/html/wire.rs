//! A message as text that a person can read, whatever bytes it holds.

use std::borrow::Cow;
use std::collections::BTreeSet;

use minijinja::Value;
use serde::Serialize;

use super::indent;
use crate::model::{Exchange, Headers, Payload, Side};

/// Bytes of one body that are shown.
const SHOWN: usize = 16 * 1024;

/// JSON and XML beyond this are shown as they came: indenting is for reading, and nobody reads so much.
const INDENTED: usize = 1024 * 1024;

/// Bytes of a body that is no text, as a dump.
const DUMPED: usize = 256;

#[derive(Serialize)]
struct Message {
    lines: Vec<Line>,
    body: String,
    /// What the reader must know of the body: its size, that it was cut, that it is no text.
    note: String,
}

#[derive(Serialize)]
struct Line {
    text: String,
    /// Whether a failed check rests on just this line.
    cited: bool,
}

/// One side of an exchange: its first line, its headers and its body.
pub fn message(exchange: &Exchange, side: Side, cited: &BTreeSet<&str>) -> Value {
    let mut lines = vec![first_line(exchange, side, cited)];
    let none = Headers::default();
    for (position, (name, value)) in exchange.headers(side).unwrap_or(&none).0.iter().enumerate() {
        let place = format!("{}/headers/{position}", side.as_str());
        lines.push(Line {
            text: format!("{name}: {value}"),
            cited: cited.contains(place.as_str()),
        });
    }
    let empty = Payload::default();
    let media_type = exchange
        .headers(side)
        .and_then(|headers| headers.first("content-type"))
        .unwrap_or_default();
    let (body, note) = body(exchange.body(side).unwrap_or(&empty), media_type);
    Value::from_serialize(Message { lines, body, note })
}

fn first_line(exchange: &Exchange, side: Side, cited: &BTreeSet<&str>) -> Line {
    match (side, exchange.reply()) {
        (Side::Reply, Some(reply)) => Line {
            text: format!("{} {}", reply.version, reply.status),
            cited: cited.contains("reply/status"),
        },
        (Side::Request | Side::Reply, _) => Line {
            text: format!("{} {}", exchange.request.method, exchange.request.url),
            cited: cited.contains("request/line"),
        },
    }
}

fn body(body: &Payload, media_type: &str) -> (String, String) {
    let size = body.bytes().len();
    if size == 0 {
        return (String::new(), "No body.".to_owned());
    }
    let Some(text) = body.text().filter(|text| !text.contains('\0')) else {
        let shown = size.min(DUMPED);
        let note = format!(
            "{size} bytes that are no text; the first {shown} of them, in hexadecimal digits."
        );
        return (dump(&body.bytes()[..shown]), note);
    };
    let readable = readable(text, media_type);
    if readable.len() <= SHOWN {
        return (readable.into_owned(), format!("{size} bytes."));
    }
    let cut = &readable[..readable.floor_char_boundary(SHOWN)];
    (
        cut.to_owned(),
        format!(
            "{size} bytes, of which the first part is shown; the rest lies in the run's evidence."
        ),
    )
}

/// Indented, where it is JSON or XML of a size that people read; as it came elsewhere.
fn readable<'a>(text: &'a str, media_type: &str) -> Cow<'a, str> {
    if text.len() > INDENTED {
        return Cow::Borrowed(text);
    }
    let indented = match text.trim_start().as_bytes().first() {
        Some(b'{' | b'[') => indent::json(text, SHOWN + 1),
        Some(b'<') if media_type.contains("xml") || text.starts_with("<?xml") => {
            indent::xml(text, SHOWN + 1)
        }
        Some(_) | None => None,
    };
    indented.map_or(Cow::Borrowed(text), Cow::Owned)
}

/// Sixteen bytes a line: offset, hexadecimal digits, and the letters among them.
fn dump(bytes: &[u8]) -> String {
    let line = |(number, chunk): (usize, &[u8])| {
        let digits: Vec<String> = chunk.iter().map(|byte| format!("{byte:02x}")).collect();
        let letters: String = chunk
            .iter()
            .map(|byte| {
                if byte.is_ascii_graphic() {
                    char::from(*byte)
                } else {
                    '.'
                }
            })
            .collect();
        format!("{:04x}  {:47}  {letters}", number * 16, digits.join(" "))
    };
    bytes
        .chunks(16)
        .enumerate()
        .map(line)
        .collect::<Vec<_>>()
        .join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_of_every_kind_are_text() {
        assert_eq!(body(&Payload::default(), "").1, "No body.");
        let (text, note) = body(&Payload::new(vec![0, 255, b'A']), "");
        assert_eq!(text, format!("0000  {:47}  ..A", "00 ff 41"));
        assert!(note.contains("3 bytes that are no text"));
        let (text, note) = body(&Payload::new("é".repeat(20_000).into_bytes()), "");
        assert!(
            text.len() <= SHOWN && note.contains("the rest lies"),
            "{note}"
        );
    }
}
