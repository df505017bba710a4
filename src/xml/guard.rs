//! Keeps out XML whose reading would take time far beyond its size.
//!
//! The parser compares every attribute of a tag with every other, and copies the namespaces in scope: thousands of
//! either in a small body would hold it up for minutes. Honest documents have a handful.

use std::collections::BTreeSet;

/// Attributes that one tag may have.
const MAX_ATTRIBUTES: usize = 256;

/// Namespace prefixes that a document may declare.
const MAX_PREFIXES: usize = 64;

/// The byte offset of the first tag that costs too much, and why.
pub(super) fn costly_tag(source: &str) -> Option<(usize, String)> {
    let mut prefixes = BTreeSet::new();
    let mut at = source.find('<')?;
    // An attribute value cannot hold `<`, so the next one ends this tag and the text after it.
    for piece in source[at + 1..].split('<') {
        let (tag, attributes) = tag_of(piece);
        if attributes > MAX_ATTRIBUTES {
            let message = format!("a tag has more than {MAX_ATTRIBUTES} attributes");
            return Some((at, message));
        }
        let declarations = tag.split("xmlns:").skip(1);
        prefixes.extend(declarations.filter_map(|rest| rest.split('=').next()));
        if prefixes.len() > MAX_PREFIXES {
            let message = format!("the document declares more than {MAX_PREFIXES} prefixes");
            return Some((at, message));
        }
        at += piece.len() + 1;
    }
    None
}

/// The tag at the start of a text, and how many quoted values it has.
fn tag_of(piece: &str) -> (&str, usize) {
    let mut quote = None;
    let mut values = 0;
    for (at, byte) in piece.bytes().enumerate() {
        match quote {
            None if byte == b'>' => return (&piece[..at], values),
            None if byte == b'"' || byte == b'\'' => quote = Some(byte),
            Some(open) if open == byte => {
                quote = None;
                values += 1;
            }
            None | Some(_) => {}
        }
    }
    (piece, values)
}
