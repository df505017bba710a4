//! Words for people, short and inert; and the ones that are said a million times a run, made once.

use std::fmt::Write;
use std::sync::{Arc, LazyLock};

use crate::model::Side;
use crate::template::Template;

/// How many characters of a peer's text are shown.
const MAX_SHOWN: usize = 200;
/// How many values of a list are shown.
const MAX_LISTED: usize = 8;

/// A peer's text in one line: control and invisible formatting characters escaped, cut with `…`.
pub(super) fn shown(text: &str) -> String {
    cut_to(text, MAX_SHOWN)
}

/// The same, cut to so many characters.
pub(super) fn cut_to(text: &str, most: usize) -> String {
    let mut line = String::new();
    for (count, character) in text.chars().enumerate() {
        if count == most - 1 && text.chars().nth(most).is_some() {
            line.push('…');
            break;
        }
        match is_invisible(character) {
            true => line.extend(character.escape_default()),
            false => line.push(character),
        }
    }
    cut(line, most)
}

/// Escapes make a line longer: it is cut once more.
fn cut(line: String, most: usize) -> String {
    match line.char_indices().nth(most) {
        None => line,
        Some(_) => line.chars().take(most - 1).chain(['…']).collect(),
    }
}

/// Control characters, and those that reorder or hide text: a report must show what is there.
fn is_invisible(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// Values in one line, with their number where some are left out.
pub(super) fn listed<T: AsRef<str>>(values: &[T]) -> String {
    let few = values
        .iter()
        .take(MAX_LISTED)
        .map(|value| match value.as_ref() {
            "" => "(empty)",
            value => value,
        });
    let line = few.collect::<Vec<_>>().join(", ");
    let line = shown(&line);
    match values.len() > MAX_LISTED || line.ends_with('…') {
        true => format!(
            "{} ({} values)",
            line.chars().take(MAX_SHOWN - 20).collect::<String>(),
            values.len()
        ),
        false => line,
    }
}

/// `1 entry`, `3 entries`.
pub(super) fn counted(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

/// Alternatives as people say them: `a, b or c`.
pub(super) fn alternatives<T: AsRef<str>>(values: &[T]) -> String {
    let Some((last, before)) = values.split_last() else {
        return String::new();
    };
    let mut line = String::new();
    for (position, value) in before.iter().enumerate() {
        let comma = if position == 0 { "" } else { ", " };
        let _ = write!(line, "{comma}{}", value.as_ref());
    }
    if !before.is_empty() {
        line.push_str(" or ");
    }
    line + last.as_ref()
}

/// A template as its author wrote it, without the quotes of YAML.
pub(super) fn written(template: &Template) -> String {
    match template.literal() {
        Some(text) => shown(text),
        None => shown(
            template
                .place()
                .text()
                .trim_matches(|c| c == '"' || c == '\''),
        ),
    }
}

/// A status code, interned.
pub(super) fn status(code: u16) -> Arc<str> {
    static CODES: LazyLock<Vec<Arc<str>>> = LazyLock::new(|| {
        (100..600)
            .map(|code: u16| code.to_string().into())
            .collect()
    });
    let known = code
        .checked_sub(100)
        .and_then(|position| CODES.get(usize::from(position)));
    known.cloned().unwrap_or_else(|| code.to_string().into())
}

/// Places that many findings name, interned.
struct Places {
    status: Arc<str>,
    headers: [Vec<Arc<str>>; 2],
    no_header: [Arc<str>; 2],
    body: [Arc<str>; 2],
}

static PLACES: LazyLock<Places> = LazyLock::new(|| {
    let sides = [Side::Request, Side::Reply].map(Side::as_str);
    let numbered = |side| {
        (0..64)
            .map(|at| format!("{side}/headers/{at}").into())
            .collect()
    };
    Places {
        status: "reply/status".into(),
        headers: sides.map(numbered),
        no_header: sides.map(|side| format!("{side}/headers").into()),
        body: sides.map(|side| format!("{side}/body").into()),
    }
});

fn row(side: Side) -> usize {
    match side {
        Side::Request => 0,
        Side::Reply => 1,
    }
}

/// `true`
pub(super) fn yes() -> Arc<str> {
    static YES: LazyLock<Arc<str>> = LazyLock::new(|| "true".into());
    YES.clone()
}

/// `reply/status`
pub(super) fn status_place() -> Arc<str> {
    PLACES.status.clone()
}

/// `reply/headers/4`
pub(super) fn header_place(side: Side, position: usize) -> Arc<str> {
    let known = PLACES.headers[row(side)].get(position).cloned();
    known.unwrap_or_else(|| format!("{}/headers/{position}", side.as_str()).into())
}

/// `reply/headers`: the place of a header that is not there.
pub(super) fn headers_place(side: Side) -> Arc<str> {
    PLACES.no_header[row(side)].clone()
}

/// `reply/body`
pub(super) fn body_place(side: Side) -> Arc<str> {
    PLACES.body[row(side)].clone()
}

/// `reply/body:3:17`
pub(super) fn body_position(side: Side, line: usize, column: usize) -> Arc<str> {
    format!("{}:{line}:{column}", PLACES.body[row(side)]).into()
}

/// Line and column of a byte, both from 1; columns count characters.
pub(super) fn line_column(text: &str, offset: usize) -> (usize, usize) {
    let before = &text[..text.floor_char_boundary(offset.min(text.len()))];
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let line = before.bytes().filter(|byte| *byte == b'\n').count() + 1;
    (line, before[line_start..].chars().count() + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_peers_send_is_short_and_inert() {
        let cases = [
            ("plain é", "plain é".to_owned()),
            ("a\r\nb\u{1b}[2J", r"a\r\nb\u{1b}[2J".to_owned()),
            ("\u{202e}evil", r"\u{202e}evil".to_owned()),
            (&"x".repeat(200), "x".repeat(200)),
            (&"x".repeat(201), format!("{}…", "x".repeat(199))),
        ];
        for (text, expected) in cases {
            assert_eq!(shown(text), expected);
        }
        assert!(shown(&"\u{202e}".repeat(500)).chars().count() <= MAX_SHOWN);
        assert!(listed(&vec!["y".repeat(90); 50]).chars().count() <= MAX_SHOWN);
    }

    #[test]
    fn lists_read_well() {
        assert_eq!(listed(&["a", "b"]), "a, b");
        assert_eq!(listed(&["1"; 12]), "1, 1, 1, 1, 1, 1, 1, 1 (12 values)");
        assert_eq!(alternatives(&["a", "b", "c"]), "a, b or c");
        assert_eq!(alternatives(&["a"]), "a");
    }

    #[test]
    fn interned_words_are_those_that_are_not() {
        assert_eq!((&*status(412), &*status(99)), ("412", "99"));
        assert_eq!(&*header_place(Side::Reply, 3), "reply/headers/3");
        assert_eq!(&*header_place(Side::Request, 300), "request/headers/300");
    }
}
