//! The scalars of JSON, and what stands between values: strings, numbers, words, white space, comments.

use super::json::Reader;
use super::scan::string_stop;
use super::{FormIssueKind, Manner, Span};
use crate::fhir::error::{Fault, Reads, fault};

/// What a value without quotes says.
pub(super) enum Text {
    Null,
    Boolean(Span),
    /// A number as other notations write it; the fault is noted.
    Number(Span),
    /// A text that lacks its quotes; the fault is noted.
    Bare(Span),
}

const CONTROL: &str = "a control character in a string must be escaped";
const OPEN_STRING: &str = "the string is not closed before the end of the body";

impl Reader<'_> {
    /// A string without escapes, which is nearly every one, is a range of the body.
    pub(super) fn string(&mut self) -> Reads<Span> {
        let start = self.at + 1;
        let stop = string_stop(self.bytes, start);
        if self.bytes.get(stop) == Some(&b'"') {
            self.at = stop + 1;
            return Ok(Span::in_source(start, stop));
        }
        self.mixed_string(start, b'"')
    }

    /// A string with escapes is put together in the pool.
    fn mixed_string(&mut self, start: usize, quote: u8) -> Reads<Span> {
        let pooled = self.builder.pool.len();
        self.at = start;
        loop {
            let plain = self.at;
            self.at = match quote {
                b'"' => string_stop(self.bytes, plain),
                other => self.slow_stop(other),
            };
            self.builder.pool.push_str(&self.source[plain..self.at]);
            match self.peek() {
                Some(byte) if byte == quote => {
                    self.at += 1;
                    return Ok(Span::pool_tail(&self.builder.pool, pooled));
                }
                Some(b'\\') if self.bytes.get(self.at + 1) == Some(&quote) => {
                    self.builder.pool.push(char::from(quote));
                    self.at += 2;
                }
                Some(b'\\') => self.escape()?,
                Some(byte) => self.odd_character(byte)?,
                None => return Err(fault(self.at, OPEN_STRING)),
            }
        }
    }

    /// The end of a plain stretch of a text in other quotes.
    fn slow_stop(&self, quote: u8) -> usize {
        let rest = self.bytes[self.at..].iter();
        let stop = |byte: &u8| *byte == quote || matches!(byte, b'\\' | 0..=0x1F);
        let length = rest.clone().position(stop).unwrap_or(rest.len());
        self.at + length
    }

    /// A character that stops the scan and is no escape: bare control characters are kept and noted.
    fn odd_character(&mut self, byte: u8) -> Reads<()> {
        if byte < 0x20 {
            self.mend(FormIssueKind::ControlCharacter, fault(self.at, CONTROL))?;
        }
        self.builder.pool.push(char::from(byte));
        self.at += 1;
        Ok(())
    }

    /// One escape of RFC 8259.
    fn escape(&mut self) -> Reads<()> {
        let escaped = self.bytes.get(self.at + 1).copied();
        let simple = match escaped {
            Some(byte @ (b'"' | b'\\' | b'/')) => char::from(byte),
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{C}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => return self.unicode_escape(),
            Some(_) | None => return self.unknown_escape(),
        };
        self.builder.pool.push(simple);
        self.at += 2;
        Ok(())
    }

    /// The backslash is left out, and what follows is taken as it is.
    fn unknown_escape(&mut self) -> Reads<()> {
        let message =
            "a `\\` in a string must start one of \\\" \\\\ \\/ \\b \\f \\n \\r \\t \\uXXXX";
        self.mend(FormIssueKind::BadEscape, fault(self.at, message))?;
        self.at += 1;
        Ok(())
    }

    /// Two escapes make one character beyond the first plane; half of such a pair is none.
    fn unicode_escape(&mut self) -> Reads<()> {
        let start = self.at;
        let Some(first) = self.hex_escape() else {
            let error = fault(start, "`\\u` needs four hexadecimal digits");
            self.mend(FormIssueKind::BadEscape, error)?;
            self.at += 2;
            return Ok(());
        };
        let code = match first {
            0xD800..=0xDBFF => self.second_half(first),
            single => Some(single),
        };
        let character = code.and_then(char::from_u32);
        if character.is_none() {
            let error = fault(start, "a `\\u` escape names half of a surrogate pair");
            self.mend(FormIssueKind::BadEscape, error)?;
        }
        self.builder
            .pool
            .push(character.unwrap_or(char::REPLACEMENT_CHARACTER));
        Ok(())
    }

    /// The character of a surrogate pair; what is no second half stays to be read.
    fn second_half(&mut self, first: u32) -> Option<u32> {
        let before = self.at;
        match self.hex_escape() {
            Some(second @ 0xDC00..=0xDFFF) => {
                Some(0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00))
            }
            Some(_) | None => {
                self.at = before;
                None
            }
        }
    }

    /// `\uXXXX`; a sign, which Rust's own parser would take, is no digit.
    fn hex_escape(&mut self) -> Option<u32> {
        let digits = self.source.get(self.at..self.at + 6)?.strip_prefix("\\u")?;
        if !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return None;
        }
        self.at += 6;
        u32::from_str_radix(digits, 16).ok()
    }

    /// The text of a number, checked and kept: `1.50` is another claim of precision than `1.5`.
    pub(super) fn number(&mut self) -> Reads<Span> {
        let start = self.at;
        match self.json_number() {
            Ok(()) => Ok(Span::in_source(start, self.at)),
            Err(error) => self.loose_number(start, error),
        }
    }

    /// What looks like a number, up to where it ends.
    #[cold]
    fn loose_number(&mut self, start: usize, error: Fault) -> Reads<Span> {
        self.mend(FormIssueKind::NumberForm, error)?;
        self.at = start;
        while matches!(
            self.peek(),
            Some(b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E')
        ) {
            self.at += 1;
        }
        Ok(Span::in_source(start, self.at))
    }

    fn json_number(&mut self) -> Reads<()> {
        let start = self.at;
        self.eat(b'-');
        let leading_zero = self.peek() == Some(b'0');
        if self.digits()? > 1 && leading_zero {
            return Err(fault(
                start,
                "a number must not start with a zero that counts for nothing",
            ));
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
        Ok(())
    }

    /// One digit or more; returns how many.
    fn digits(&mut self) -> Reads<usize> {
        let start = self.at;
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
        if self.at == start {
            return Err(self.expected("a digit"));
        }
        Ok(self.at - start)
    }

    /// `true`, `false`, `null`; a tolerant reader also knows other notations of values.
    pub(super) fn word(&mut self) -> Reads<Text> {
        let start = self.at;
        let end = match self.builder.manner {
            Manner::Strict => start + self.strict_word(),
            Manner::Tolerant => self.bare_end(),
        };
        let span = Span::in_source(start, end);
        match &self.source[start..end] {
            "null" => self.at = end,
            "true" | "false" => {
                self.at = end;
                return Ok(Text::Boolean(span));
            }
            "" => return self.other_value(),
            _ => {
                let error = self.expected("a JSON value");
                self.mend(FormIssueKind::UnquotedValue, error)?;
                self.at = end;
                return Ok(Text::Bare(span));
            }
        }
        Ok(Text::Null)
    }

    /// The length of the word of JSON that stands here, or none.
    fn strict_word(&self) -> usize {
        let rest = &self.bytes[self.at..];
        let words = ["null", "true", "false"];
        words
            .iter()
            .find(|word| rest.starts_with(word.as_bytes()))
            .map_or(0, |word| word.len())
    }

    /// Numbers with a sign or a bare point, and single quotes.
    fn other_value(&mut self) -> Reads<Text> {
        let error = self.expected("a JSON value");
        match self.peek() {
            Some(b'+' | b'.') => self.loose_number(self.at, error).map(Text::Number),
            Some(b'\'') => {
                self.mend(FormIssueKind::SingleQuotes, error)?;
                self.mixed_string(self.at + 1, b'\'').map(Text::Bare)
            }
            Some(_) | None => Err(error),
        }
    }

    /// A property name without double quotes.
    pub(super) fn bare_name(&mut self) -> Reads<Span> {
        let error = self.expected("a property name in double quotes");
        if self.peek() == Some(b'\'') {
            self.mend(FormIssueKind::SingleQuotes, error)?;
            return self.mixed_string(self.at + 1, b'\'');
        }
        let (start, end) = (self.at, self.bare_end());
        if start == end {
            return Err(error);
        }
        self.mend(FormIssueKind::UnquotedName, error)?;
        self.at = end;
        Ok(Span::in_source(start, end))
    }

    /// Where a word of letters, digits and `_$-` that starts here ends; empty where it starts otherwise.
    fn bare_end(&self) -> usize {
        let rest = &self.source[self.at..];
        if !rest.starts_with(|first: char| first.is_alphabetic() || matches!(first, '_' | '$')) {
            return self.at;
        }
        let length =
            rest.find(|next: char| !next.is_alphanumeric() && !matches!(next, '_' | '$' | '-'));
        self.at + length.unwrap_or(rest.len())
    }

    pub(super) fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn eat(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    /// White space, and comments where the reader is tolerant.
    pub(super) fn skip_space(&mut self) -> Reads<()> {
        loop {
            match self.peek() {
                Some(b' ' | b'\t' | b'\n' | b'\r') => self.at += 1,
                Some(b'/') if self.builder.manner == Manner::Tolerant => {
                    if !self.comment()? {
                        return Ok(());
                    }
                }
                Some(_) | None => return Ok(()),
            }
        }
    }

    /// A comment as JavaScript has them; false where the slash starts none.
    #[cold]
    fn comment(&mut self) -> Reads<bool> {
        let (start, rest) = (self.at, &self.source[self.at..]);
        let length = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if let Some(inside) = rest.strip_prefix("/*") {
            let Some(end) = inside.find("*/") else {
                let message = "the comment is not closed before the end of the body";
                return Err(fault(start, message));
            };
            end + 4
        } else {
            return Ok(false);
        };
        self.mend(FormIssueKind::Comment, fault(start, "JSON has no comments"))?;
        self.at += length;
        Ok(true)
    }

    /// An error that shows what was found instead.
    #[cold]
    pub(super) fn expected(&self, wanted: &str) -> Fault {
        let found = self
            .source
            .get(self.at..)
            .and_then(|rest| rest.chars().next());
        match found {
            Some(found) => fault(
                self.at,
                format!("expected {wanted}, found `{}`", found.escape_debug()),
            ),
            None => fault(
                self.at,
                format!("expected {wanted}, found the end of the body"),
            ),
        }
    }
}
