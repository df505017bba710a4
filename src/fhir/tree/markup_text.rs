//! What texts and attribute values of XML mean: references to characters, and line ends.

use super::markup::{References, Scanner};
use crate::fhir::error::{Reads, fault};
use std::borrow::Cow;

impl<'s> Scanner<'s> {
    /// Every `&` must start a reference.
    pub(super) fn check_references(&mut self, raw: &'s str, at: usize) -> Reads<()> {
        let mut from = 0;
        while let Some(found) = raw[from..].find('&') {
            let here = from + found;
            let (name, character) = self.reference(&raw[here..], at + here)?;
            if character.is_none() {
                self.unknown.push((at + here, name));
            }
            from = here + 1;
        }
        Ok(())
    }

    /// What a text or an attribute value means: references resolved, line ends made one character, and in attributes
    /// made spaces, as XML asks for.
    pub(crate) fn decoded(
        &self,
        raw: &'s str,
        at: usize,
        in_attribute: bool,
    ) -> Reads<Cow<'s, str>> {
        let special = |byte: u8| match byte {
            b'&' | b'\r' => true,
            b'\n' | b'\t' => in_attribute,
            _ => false,
        };
        if !raw.bytes().any(special) {
            return Ok(Cow::Borrowed(raw));
        }
        let mut text = String::with_capacity(raw.len());
        let mut rest = raw;
        while let Some(stop) = rest.bytes().position(special) {
            text.push_str(&rest[..stop]);
            let here = at + raw.len() - rest.len() + stop;
            rest = &rest[stop..];
            match rest.as_bytes()[0] {
                b'&' => {
                    let (name, character) = self.reference(rest, here)?;
                    match character {
                        Some(character) => text.push(character),
                        None => text.push_str(&rest[..name.len() + 2]),
                    }
                    rest = &rest[name.len() + 2..];
                }
                byte => {
                    text.push(line_end(byte, in_attribute));
                    rest = &rest[if rest.starts_with("\r\n") { 2 } else { 1 }..];
                }
            }
        }
        text.push_str(rest);
        Ok(Cow::Owned(text))
    }

    /// The name and the character of a reference at the start of a text; no character for an unknown name.
    fn reference<'t>(&self, text: &'t str, at: usize) -> Reads<(&'t str, Option<char>)> {
        // The longest reference to a character is `&#x10FFFF;`; leading zeros make it longer, but not honest ones.
        let mut window = text.as_bytes()[..text.len().min(40)].iter();
        let Some(end) = window.position(|byte| *byte == b';') else {
            let message = "not well-formed XML: an `&` must start a reference such as `&amp;`";
            return Err(fault(at, message));
        };
        let name = &text[1..end];
        let found = match name {
            "lt" => Some('<'),
            "gt" => Some('>'),
            "amp" => Some('&'),
            "quot" => Some('"'),
            "apos" => Some('\''),
            other => self.numeric(other),
        };
        let word = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric());
        if found.is_none() && !(word && self.references == References::Collect) {
            let message =
                format!("not well-formed XML: `&{name};` names no character that XML knows");
            return Err(fault(at, message));
        }
        Ok((name, found))
    }

    /// `#10` or `#xA`, if it is a character that XML allows.
    fn numeric(&self, name: &str) -> Option<char> {
        let number = name.strip_prefix('#')?;
        let (digits, radix) = match number.strip_prefix('x') {
            Some(digits) => (digits, 16),
            None => (number, 10),
        };
        if !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return None;
        }
        let found = char::from_u32(u32::from_str_radix(digits, radix).ok()?)?;
        let control = found < ' ' && !matches!(found, '\t' | '\n' | '\r');
        let odd = matches!(found, '\0' | '\u{FFFE}' | '\u{FFFF}') || (control && !self.newer);
        (!odd).then_some(found)
    }
}

/// A line end in a text is one newline, and one space in an attribute.
fn line_end(byte: u8, in_attribute: bool) -> char {
    match byte {
        b'\t' if !in_attribute => '\t',
        _ if in_attribute => ' ',
        _ => '\n',
    }
}
