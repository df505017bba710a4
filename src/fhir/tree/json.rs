//! A strict JSON reader (RFC 8259): keeps the text of numbers, refuses duplicate keys, knows where everything stands.
//!
//! It fills a flat list of raw values in document order; a value's content follows it directly.

use super::{MAX_DEPTH, Span};
use crate::fhir::error::ParseError;

/// One JSON value.
#[derive(Debug, Clone, Copy)]
pub(super) struct Raw {
    pub(super) kind: RawKind,
    /// The property name, where the value belongs to an object.
    pub(super) key: Span,
    /// Byte offset of the property name, or of the value where it has none.
    pub(super) position: u32,
    /// The text of a scalar, without quotes and escapes.
    pub(super) text: Span,
    /// One past the last value inside this one.
    pub(super) end: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RawKind {
    Object,
    Array,
    Text,
    Number,
    Boolean,
    Null,
}

/// Reads one JSON value that fills `source` from byte `start`; returns the raw values and the pool of unescaped texts.
pub(super) fn read(source: &str, start: usize) -> Result<(Vec<Raw>, String), ParseError> {
    let mut reader = Reader {
        source,
        bytes: source.as_bytes(),
        at: start,
        raws: Vec::with_capacity(source.len() / 20),
        pool: String::new(),
    };
    reader.skip_space();
    reader.value(Span::EMPTY, None, 0)?;
    reader.skip_space();
    if reader.at < source.len() {
        return Err(reader.error("there is text after the end of the JSON value"));
    }
    Ok((reader.raws, reader.pool))
}

struct Reader<'s> {
    source: &'s str,
    bytes: &'s [u8],
    at: usize,
    raws: Vec<Raw>,
    pool: String,
}

impl Reader<'_> {
    /// One value; its row is kept free first, so that what is inside follows it.
    fn value(&mut self, key: Span, key_at: Option<usize>, depth: usize) -> Result<(), ParseError> {
        if depth > MAX_DEPTH {
            return Err(self.error(format!("the JSON nests deeper than {MAX_DEPTH} levels")));
        }
        let id = self.raws.len();
        self.raws.push(Raw {
            kind: RawKind::Null,
            key,
            position: key_at.unwrap_or(self.at) as u32,
            text: Span::EMPTY,
            end: 0,
        });
        let (kind, text) = self.content(id, depth)?;
        let end = self.raws.len() as u32;
        let raw = &mut self.raws[id];
        (raw.kind, raw.text, raw.end) = (kind, text, end);
        Ok(())
    }

    /// The first byte tells the kind of every value.
    fn content(&mut self, id: usize, depth: usize) -> Result<(RawKind, Span), ParseError> {
        match self.peek() {
            Some(b'{') => self
                .object(id, depth)
                .map(|()| (RawKind::Object, Span::EMPTY)),
            Some(b'[') => self.array(depth).map(|()| (RawKind::Array, Span::EMPTY)),
            Some(b'"') => self.string().map(|text| (RawKind::Text, text)),
            Some(b'-' | b'0'..=b'9') => self.number().map(|text| (RawKind::Number, text)),
            Some(b't') => self.word("true").map(|text| (RawKind::Boolean, text)),
            Some(b'f') => self.word("false").map(|text| (RawKind::Boolean, text)),
            Some(b'n') => self.word("null").map(|text| (RawKind::Null, text)),
            _ => Err(self.expected("a JSON value")),
        }
    }

    /// Properties up to the closing brace; a comma before it is an error, as in the RFC.
    fn object(&mut self, id: usize, depth: usize) -> Result<(), ParseError> {
        self.at += 1;
        self.skip_space();
        if self.eat(b'}') {
            return Ok(());
        }
        loop {
            self.property(depth)?;
            self.skip_space();
            if self.eat(b'}') {
                return self.refuse_duplicates(id);
            }
            if !self.eat(b',') {
                return Err(self.expected("`,` or `}`"));
            }
            self.skip_space();
        }
    }

    /// A name, a colon, a value.
    fn property(&mut self, depth: usize) -> Result<(), ParseError> {
        if self.peek() != Some(b'"') {
            return Err(self.expected("a property name in double quotes"));
        }
        let key_at = self.at;
        let key = self.string()?;
        self.skip_space();
        if !self.eat(b':') {
            return Err(self.expected("`:` after the property name"));
        }
        self.skip_space();
        self.value(key, Some(key_at), depth + 1)
    }

    /// Items up to the closing bracket.
    fn array(&mut self, depth: usize) -> Result<(), ParseError> {
        self.at += 1;
        self.skip_space();
        if self.eat(b']') {
            return Ok(());
        }
        loop {
            self.value(Span::EMPTY, None, depth + 1)?;
            self.skip_space();
            if self.eat(b']') {
                return Ok(());
            }
            if !self.eat(b',') {
                return Err(self.expected("`,` or `]`"));
            }
            self.skip_space();
        }
    }

    /// A key that comes twice makes a body mean different things to different readers.
    fn refuse_duplicates(&self, id: usize) -> Result<(), ParseError> {
        let mut keys = Vec::new();
        let mut next = id + 1;
        while next < self.raws.len() {
            let raw = &self.raws[next];
            keys.push((raw.key.of(self.source, &self.pool), raw.position));
            next = raw.end as usize;
        }
        keys.sort_unstable();
        let twice = keys.windows(2).find(|pair| pair[0].0 == pair[1].0);
        let Some(pair) = twice else { return Ok(()) };
        let message = format!("the property `{}` comes twice in one object", pair[1].0);
        Err(ParseError::at(self.source, pair[1].1 as usize, message))
    }

    /// The text of a number, checked and kept: `1.50` is another claim of precision than `1.5`.
    fn number(&mut self) -> Result<Span, ParseError> {
        let start = self.at;
        self.eat(b'-');
        let leading_zero = self.peek() == Some(b'0');
        let digits = self.digits()?;
        if leading_zero && digits > 1 {
            self.at = start;
            return Err(self.error("a number must not start with a zero that counts for nothing"));
        }
        if self.eat(b'.') {
            self.digits()?;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            self.digits()?;
        }
        Ok(Span::in_source(start, self.at))
    }

    /// One digit or more; returns how many.
    fn digits(&mut self) -> Result<usize, ParseError> {
        let start = self.at;
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
        if self.at == start {
            return Err(self.expected("a digit"));
        }
        Ok(self.at - start)
    }

    /// `true`, `false` or `null`.
    fn word(&mut self, word: &str) -> Result<Span, ParseError> {
        let end = self.at + word.len();
        if self.source.get(self.at..end) != Some(word) {
            return Err(self.expected("a JSON value"));
        }
        let span = Span::in_source(self.at, end);
        self.at = end;
        Ok(span)
    }

    /// A string without escapes, which is nearly every one, is a range of the body.
    fn string(&mut self) -> Result<Span, ParseError> {
        self.at += 1;
        let start = self.at;
        loop {
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(Span::in_source(start, self.at - 1));
                }
                Some(b'\\') => return self.escaped_string(start),
                Some(0..=0x1F) => {
                    return Err(self.error("a control character in a string must be escaped"));
                }
                Some(_) => self.at += 1,
                None => {
                    return Err(self.error("the string is not closed before the end of the body"));
                }
            }
        }
    }

    /// A string with escapes is put together in the pool.
    fn escaped_string(&mut self, start: usize) -> Result<Span, ParseError> {
        let mut text = self.source[start..self.at].to_owned();
        loop {
            let plain = self.at;
            while matches!(self.peek(), Some(byte) if byte >= 0x20 && byte != b'"' && byte != b'\\')
            {
                self.at += 1;
            }
            text.push_str(&self.source[plain..self.at]);
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(Span::pooled(&mut self.pool, &text));
                }
                Some(b'\\') => text.push(self.escape()?),
                Some(_) => {
                    return Err(self.error("a control character in a string must be escaped"));
                }
                None => {
                    return Err(self.error("the string is not closed before the end of the body"));
                }
            }
        }
    }

    /// One escape of RFC 8259.
    fn escape(&mut self) -> Result<char, ParseError> {
        let escaped = self.bytes.get(self.at + 1).copied();
        let simple = match escaped {
            Some(byte @ (b'"' | b'\\' | b'/')) => char::from(byte),
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{C}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => return self.unicode_escape(),
            _ => return Err(self.error(
                "a `\\` in a string must start one of \\\" \\\\ \\/ \\b \\f \\n \\r \\t \\uXXXX",
            )),
        };
        self.at += 2;
        Ok(simple)
    }

    /// Two escapes make one character beyond the first plane; half of such a pair is none.
    fn unicode_escape(&mut self) -> Result<char, ParseError> {
        let start = self.at;
        let first = self.hex_escape()?;
        let code = match first {
            0xD800..=0xDBFF if self.bytes[self.at..].starts_with(b"\\u") => {
                match self.hex_escape()? {
                    second @ 0xDC00..=0xDFFF => {
                        0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00)
                    }
                    _ => first,
                }
            }
            single => single,
        };
        char::from_u32(code).ok_or_else(|| {
            ParseError::at(
                self.source,
                start,
                "a `\\u` escape names half of a surrogate pair",
            )
        })
    }

    /// `\uXXXX`; a sign, which Rust's own parser would take, is no digit.
    fn hex_escape(&mut self) -> Result<u32, ParseError> {
        let digits = self.source.get(self.at + 2..self.at + 6);
        let code = digits
            .filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()))
            .and_then(|digits| u32::from_str_radix(digits, 16).ok());
        let code = code.ok_or_else(|| self.error("`\\u` needs four hexadecimal digits"))?;
        self.at += 6;
        Ok(code)
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn eat(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    fn skip_space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    /// An error that shows what was found instead.
    fn expected(&self, wanted: &str) -> ParseError {
        match self
            .source
            .get(self.at..)
            .and_then(|rest| rest.chars().next())
        {
            Some(found) => self.error(format!(
                "expected {wanted}, found `{}`",
                found.escape_debug()
            )),
            None => self.error(format!("expected {wanted}, found the end of the body")),
        }
    }

    fn error(&self, message: impl Into<String>) -> ParseError {
        ParseError::at(self.source, self.at, message)
    }
}
