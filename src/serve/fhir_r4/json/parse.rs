//! The JSON parser: strict RFC 8259, bounded depth, no duplicate names, number text kept.

use super::Json;
use std::fmt;
use std::sync::Arc;

/// Deeper nesting than this is refused: no FHIR resource needs it, and a hostile body must not exhaust the stack.
const MAX_DEPTH: usize = 96;

/// Why a text is not JSON, and at which byte.
#[derive(Clone, Debug, PartialEq)]
pub struct Fault {
    /// Offset in bytes from the start of the text.
    pub offset: usize,
    /// What is wrong, in a few words.
    pub reason: &'static str,
}

impl fmt::Display for Fault {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} at byte {}", self.reason, self.offset)
    }
}

/// Parses one JSON value that fills the whole text.
pub fn parse(text: &str) -> Result<Json, Fault> {
    let mut parser = Parser {
        text,
        bytes: text.as_bytes(),
        at: 0,
    };
    parser.space();
    let value = parser.value(0)?;
    parser.space();
    if parser.at < parser.bytes.len() {
        return Err(parser.fault("something follows the value"));
    }
    Ok(value)
}

struct Parser<'a> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
}

impl Parser<'_> {
    fn value(&mut self, depth: usize) -> Result<Json, Fault> {
        if depth > MAX_DEPTH {
            return Err(self.fault("nesting is too deep"));
        }
        match self.peek() {
            Some(b'{') => self.object(depth),
            Some(b'[') => self.list(depth),
            Some(b'"') => Ok(Json::Text(Arc::from(self.string()?))),
            Some(b'-' | b'0'..=b'9') => self.number(),
            Some(_) => self.word(),
            None => Err(self.fault("the text ends where a value is expected")),
        }
    }

    fn object(&mut self, depth: usize) -> Result<Json, Fault> {
        self.at += 1;
        let mut members: super::Members = Vec::new();
        self.space();
        if self.take(b'}') {
            return Ok(Json::Object(Arc::new(members)));
        }
        loop {
            self.space();
            let name = self.name(&members)?;
            self.space();
            self.expect(b':', "a colon is expected")?;
            self.space();
            members.push((name, self.value(depth + 1)?));
            self.space();
            if self.take(b'}') {
                return Ok(Json::Object(Arc::new(members)));
            }
            self.expect(b',', "a comma or a closing brace is expected")?;
        }
    }

    fn name(&mut self, known: &super::Members) -> Result<Arc<str>, Fault> {
        if self.peek() != Some(b'"') {
            return Err(self.fault("a property name is expected"));
        }
        let name = self.string()?;
        if known.iter().any(|(other, _)| **other == *name) {
            return Err(self.fault("a property name is repeated"));
        }
        Ok(Arc::from(name))
    }

    fn list(&mut self, depth: usize) -> Result<Json, Fault> {
        self.at += 1;
        let mut items = Vec::new();
        self.space();
        if self.take(b']') {
            return Ok(Json::List(Arc::new(items)));
        }
        loop {
            self.space();
            items.push(self.value(depth + 1)?);
            self.space();
            if self.take(b']') {
                return Ok(Json::List(Arc::new(items)));
            }
            self.expect(b',', "a comma or a closing bracket is expected")?;
        }
    }

    fn word(&mut self) -> Result<Json, Fault> {
        for (word, value) in [
            ("true", Json::Bool(true)),
            ("false", Json::Bool(false)),
            ("null", Json::Null),
        ] {
            if self.bytes[self.at..].starts_with(word.as_bytes()) {
                self.at += word.len();
                return Ok(value);
            }
        }
        Err(self.fault("a value is expected"))
    }

    fn number(&mut self) -> Result<Json, Fault> {
        let start = self.at;
        self.take(b'-');
        if !self.take(b'0') {
            self.digits()?;
        }
        if self.take(b'.') {
            self.digits()?;
        }
        if self.take(b'e') || self.take(b'E') {
            if !self.take(b'+') {
                self.take(b'-');
            }
            self.digits()?;
        }
        Ok(Json::Number(Arc::from(&self.text[start..self.at])))
    }

    fn digits(&mut self) -> Result<(), Fault> {
        let start = self.at;
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
        if self.at == start {
            return Err(self.fault("a digit is expected"));
        }
        Ok(())
    }

    fn string(&mut self) -> Result<String, Fault> {
        self.at += 1;
        let mut text = String::new();
        let mut start = self.at;
        loop {
            match self.peek() {
                None => return Err(self.fault("the text ends inside a string")),
                Some(b'"') => break,
                Some(b'\\') => {
                    text.push_str(&self.text[start..self.at]);
                    text.push(self.escape()?);
                    start = self.at;
                }
                Some(0..=0x1f) => return Err(self.fault("a control character stands in a string")),
                Some(_) => self.at += 1,
            }
        }
        text.push_str(&self.text[start..self.at]);
        self.at += 1;
        Ok(text)
    }

    fn escape(&mut self) -> Result<char, Fault> {
        self.at += 1;
        let Some(letter) = self.peek() else {
            return Err(self.fault("the text ends inside an escape"));
        };
        self.at += 1;
        Ok(match letter {
            b'"' | b'\\' | b'/' => char::from(letter),
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => return self.unicode(),
            _ => return Err(self.fault("an unknown escape")),
        })
    }

    fn unicode(&mut self) -> Result<char, Fault> {
        let first = self.hex()?;
        if !(0xd800..0xdc00).contains(&first) {
            return char::from_u32(first).ok_or_else(|| self.fault("half of a surrogate pair"));
        }
        if !(self.take(b'\\') && self.take(b'u')) {
            return Err(self.fault("half of a surrogate pair"));
        }
        let second = self.hex()?;
        if !(0xdc00..0xe000).contains(&second) {
            return Err(self.fault("half of a surrogate pair"));
        }
        let code = 0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00);
        char::from_u32(code).ok_or_else(|| self.fault("no such character"))
    }

    fn hex(&mut self) -> Result<u32, Fault> {
        let digits = self
            .bytes
            .get(self.at..self.at + 4)
            .filter(|digits| digits.iter().all(u8::is_ascii_hexdigit));
        let Some(digits) = digits else {
            return Err(self.fault("four hexadecimal digits are expected"));
        };
        self.at += 4;
        Ok(digits.iter().fold(0, |sum, digit| {
            sum * 16 + char::from(*digit).to_digit(16).unwrap_or(0)
        }))
    }

    fn space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn take(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    fn expect(&mut self, byte: u8, reason: &'static str) -> Result<(), Fault> {
        if self.take(byte) {
            Ok(())
        } else {
            Err(self.fault(reason))
        }
    }

    fn fault(&self, reason: &'static str) -> Fault {
        Fault {
            offset: self.at,
            reason,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_survives_the_round_trip() {
        for text in [
            r#"{"a":1.10,"b":[true,null,"ü\n\"\\"],"c":{}}"#,
            "-0.5e+3",
            r#""Zażółć 山田""#,
        ] {
            assert_eq!(parse(text).unwrap().to_string(), text);
        }
    }

    #[test]
    fn what_is_not_json_is_refused() {
        let refused = [
            "",
            "{",
            "[1,",
            "01",
            "1.",
            "tru",
            r#"{"a":1,"a":2}"#,
            r#"{"a" 1}"#,
            "[1]x",
            r#""\ud800""#,
            "\"\u{1}\"",
            r#""\x""#,
            "{a:1}",
            r#"{"a":1,}"#,
            r#""\u12g4""#,
        ];
        for text in refused {
            assert!(parse(text).is_err(), "{text} was accepted");
        }
    }

    #[test]
    fn nesting_is_bounded() {
        assert!(parse(&"[".repeat(100_000)).is_err());
        let fine = format!("{}1{}", "[".repeat(90), "]".repeat(90));
        assert!(parse(&fine).is_ok());
    }

    #[test]
    fn a_surrogate_pair_is_one_character() {
        assert_eq!(parse(r#""\ud83d\ude00""#).unwrap().as_text(), Some("😀"));
    }
}
