//! Writing JSON: compact or pretty, always the same bytes for the same value.

use super::Json;
use std::fmt;

impl Json {
    /// The compact text.
    pub fn compact(&self) -> String {
        let mut out = String::with_capacity(512);
        compact(self, &mut out);
        out
    }

    /// The text over several lines, two blanks a level.
    pub fn pretty(&self) -> String {
        let mut out = String::with_capacity(1024);
        pretty(self, 0, &mut out);
        out.push('\n');
        out
    }
}

impl fmt::Display for Json {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.compact())
    }
}

fn compact(value: &Json, out: &mut String) {
    match value {
        Json::List(items) => {
            out.push('[');
            for (position, item) in items.iter().enumerate() {
                if position > 0 {
                    out.push(',');
                }
                compact(item, out);
            }
            out.push(']');
        }
        Json::Object(members) => {
            out.push('{');
            for (position, (name, member)) in members.iter().enumerate() {
                if position > 0 {
                    out.push(',');
                }
                quote(name, out);
                out.push(':');
                compact(member, out);
            }
            out.push('}');
        }
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::Text(_) => plain(value, out),
    }
}

fn pretty(value: &Json, level: usize, out: &mut String) {
    match value {
        Json::List(items) if !items.is_empty() => {
            out.push('[');
            for (position, item) in items.iter().enumerate() {
                line(position, level + 1, out);
                pretty(item, level + 1, out);
            }
            close(level, ']', out);
        }
        Json::Object(members) if !members.is_empty() => {
            out.push('{');
            for (position, (name, member)) in members.iter().enumerate() {
                line(position, level + 1, out);
                quote(name, out);
                out.push_str(": ");
                pretty(member, level + 1, out);
            }
            close(level, '}', out);
        }
        Json::List(_) | Json::Object(_) => compact(value, out),
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::Text(_) => plain(value, out),
    }
}

fn line(position: usize, level: usize, out: &mut String) {
    out.push_str(if position > 0 { ",\n" } else { "\n" });
    out.extend(std::iter::repeat_n("  ", level));
}

fn close(level: usize, bracket: char, out: &mut String) {
    out.push('\n');
    out.extend(std::iter::repeat_n("  ", level));
    out.push(bracket);
}

fn plain(value: &Json, out: &mut String) {
    match value.as_text() {
        Some(text) => quote(text, out),
        None => out.push_str(value.scalar().unwrap_or("null")),
    }
}

/// Copies runs of harmless characters at once: most strings have nothing to escape.
fn quote(text: &str, out: &mut String) {
    out.push('"');
    let mut start = 0;
    for (at, byte) in text.bytes().enumerate() {
        if byte >= 0x20 && byte != b'"' && byte != b'\\' {
            continue;
        }
        out.push_str(&text[start..at]);
        escape(byte, out);
        start = at + 1;
    }
    out.push_str(&text[start..]);
    out.push('"');
}

fn escape(byte: u8, out: &mut String) {
    match byte {
        b'"' => out.push_str("\\\""),
        b'\\' => out.push_str("\\\\"),
        b'\n' => out.push_str("\\n"),
        b'\r' => out.push_str("\\r"),
        b'\t' => out.push_str("\\t"),
        _ => out.push_str(&format!("\\u{byte:04x}")),
    }
}

#[cfg(test)]
mod tests {
    use super::super::parse;

    #[test]
    fn pretty_changes_white_space_only() {
        let value = parse(r#"{"a":[1.0,{"b":"x\ty"}],"c":{},"d":[]}"#).unwrap();
        let text = value.pretty();
        assert!(text.contains("\n  \"a\": [\n    1.0,"), "{text}");
        assert_eq!(parse(&text).unwrap(), value);
    }
}
