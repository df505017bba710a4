//! Where in the body a place of a value stands that was written with escapes or references.

use super::{Format, Kind, NOT_LISTED, Node, Resource};

/// Byte offset in the body of an offset in a node's value, where it can be told.
pub(super) fn in_source(resource: &Resource, node: &Node, offset: usize) -> Option<usize> {
    if !node.value.is_pooled() {
        return Some(node.value.start() + offset);
    }
    let start = node.position as usize;
    let rest = resource.source.get(start..)?;
    match (resource.format, node.kind) {
        (Format::Json, _) => Some(start + in_json(rest, node.index == NOT_LISTED, offset)?),
        // Declarations were added to the start tag, so that only places after it can be told: by their distance from
        // the end of the start tag.
        (Format::Xml, Kind::Xhtml) => {
            let value = resource.text(node.value);
            let (inside, outside) = (value.find('>')?, rest.find('>')?);
            Some(start + (offset + outside).saturating_sub(inside).min(rest.len()))
        }
        (Format::Xml, _) => None,
    }
}

/// Offset in `"name": "text"` or `"text"` of the character that comes after `offset` bytes of the text.
fn in_json(source: &str, named: bool, offset: usize) -> Option<usize> {
    let mut at = 0;
    if named {
        at = string_end(source)?;
        at += source.get(at..)?.find(':')? + 1;
    }
    at += source.get(at..)?.find('"')? + 1;
    let mut decoded = 0;
    let mut half = false;
    while decoded < offset {
        let (written, length) = written_character(source.get(at..)?, half)?;
        half = length == 0;
        at += written;
        decoded += length;
    }
    Some(at)
}

/// How many bytes the next character of a JSON string takes as it is written, and as it is; the first half of a
/// surrogate pair is nothing yet.
fn written_character(text: &str, after_half: bool) -> Option<(usize, usize)> {
    let next = text.chars().next()?;
    if next != '\\' {
        return Some((next.len_utf8(), next.len_utf8()));
    }
    if text.as_bytes().get(1) != Some(&b'u') {
        return Some((2, 1));
    }
    let code = u32::from_str_radix(text.get(2..6)?, 16).ok()?;
    let length = match code {
        0xD800..=0xDBFF => 0,
        0xDC00..=0xDFFF if after_half => 4,
        code => char::from_u32(code).map_or(3, char::len_utf8),
    };
    Some((6, length))
}

/// Offset after the closing quote of the string at the start of a text.
fn string_end(source: &str) -> Option<usize> {
    let mut escaped = false;
    let inside = source.strip_prefix('"')?;
    let length = inside.bytes().position(|byte| {
        let closes = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        closes
    })?;
    Some(length + 2)
}
