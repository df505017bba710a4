//! What a peer sent is a value, never a piece of an expression.

use std::borrow::Cow;
use std::cell::RefCell;

use super::{Examined, Subject, words};
use crate::model::{Finding, Instant};
use crate::template::{Escape, Scope, Template};

/// Stands for a value while we look where holes are: a private-use character that no author writes.
const MARK: char = '\u{f8ff}';

/// Refuses values that could change what an expression asks.
///
/// Inside a string literal, the escape of the language keeps a value in; where it knows none for the quotes around, the value
/// may not hold them. Outside, only what [`is_plain`] says is let in.
pub(super) fn check(
    template: &Template,
    subject: &Subject<'_>,
    quotes: &[char],
    escape: Escape,
) -> Examined<()> {
    let bold = Watch::new(subject.scope);
    let _ = template.render(&bold);
    let bold = bold.seen.into_inner();
    if bold.is_empty() {
        return Ok(());
    }
    let marked = template.render(&Marks(subject.scope)).unwrap_or_default();
    let surroundings = surroundings(&marked, quotes);
    let escapes_quotes = matches!(escape, Escape::FhirPath);
    for value in bold {
        let kept_in = surroundings.iter().all(|quote| match quote {
            Some('\'') if escapes_quotes => true,
            Some(quote) => !value.contains(*quote) && !value.contains('\\'),
            None => false,
        });
        if !kept_in {
            let reason = format!(
                "`{}` cannot stand in this expression: put the hole between quotes, or use another value",
                words::shown(&value)
            );
            return Err(Finding::broken(reason));
        }
    }
    Ok(())
}

/// The quotes around each marked hole; `None` for one that stands free.
fn surroundings(marked: &str, quotes: &[char]) -> Vec<Option<char>> {
    let mut found = Vec::new();
    let mut open: Option<char> = None;
    let mut characters = marked.chars();
    while let Some(character) = characters.next() {
        match (open, character) {
            (_, MARK) => found.push(open),
            (Some(_), '\\') => {
                characters.next();
            }
            (Some(quote), character) if character == quote => open = None,
            (None, character) if quotes.contains(&character) => open = Some(character),
            _ => {}
        }
    }
    found
}

/// Values that the pack, its rows or the supplier file give: their authors could as well write the expression.
const WRITTEN: [&str; 5] = ["values.", "case.", "patients.", "endpoint.", "run."];

/// Whether a value is harmless wherever it stands.
///
/// Of what a peer sent, only a number, a date or the name of a type is: a lowercase word would be read as an element, and
/// `Bundle.total = {{n}}` would hold for every peer that answers with `total`.
fn is_plain(name: &str, value: &str) -> bool {
    let is_word = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
    let in_number = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'+' | b':');
    let first = value.bytes().next();
    match WRITTEN.iter().any(|prefix| name.starts_with(prefix)) {
        true => value.bytes().all(|b| is_word(b) || in_number(b)),
        false if first.is_some_and(|b| b.is_ascii_digit()) => value.bytes().all(in_number),
        false => first.is_some_and(|b| b.is_ascii_uppercase()) && value.bytes().all(is_word),
    }
}

/// Notes the values that may not stand anywhere.
struct Watch<'a> {
    scope: &'a dyn Scope,
    seen: RefCell<Vec<String>>,
}

impl<'a> Watch<'a> {
    fn new(scope: &'a dyn Scope) -> Self {
        Self {
            scope,
            seen: RefCell::default(),
        }
    }
}

impl Scope for Watch<'_> {
    fn value(&self, name: &str) -> Option<Cow<'_, str>> {
        let value = self.scope.value(name)?;
        if !is_plain(name, &value) {
            self.seen.borrow_mut().push(value.clone().into_owned());
        }
        Some(value)
    }
    fn now(&self) -> Instant {
        self.scope.now()
    }
    fn random(&self, source: &str, site: usize) -> [u8; 32] {
        self.scope.random(source, site)
    }
}

/// Gives a mark for every value that may not stand anywhere; a harmless one has no quotes, and stands for itself.
struct Marks<'a>(&'a dyn Scope);

impl Scope for Marks<'_> {
    fn value(&self, name: &str) -> Option<Cow<'_, str>> {
        const TEXT: &str = "\u{f8ff}";
        let harmless = self.0.value(name).filter(|value| is_plain(name, value));
        harmless.or(Some(TEXT.into()))
    }
    fn now(&self) -> Instant {
        self.0.now()
    }
    fn random(&self, source: &str, site: usize) -> [u8; 32] {
        self.0.random(source, site)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_around_holes_are_seen() {
        let quotes = ['\'', '"'];
        let cases = [
            (format!("a = '{MARK}'"), vec![Some('\'')]),
            (format!("a = {MARK}"), vec![None]),
            (format!(r"'\'{MARK}' = {MARK}"), vec![Some('\''), None]),
            (format!(r#"[@a="it's {MARK}"]"#), vec![Some('"')]),
        ];
        for (text, expected) in cases {
            assert_eq!(surroundings(&text, &quotes), expected, "{text}");
        }
    }

    #[test]
    fn what_a_peer_sent_is_no_element() {
        let cases = [
            ("create.n", "17", true),
            ("create.n", "2023-02-29T10:00:00+01:00", true),
            ("create.type", "Patient", true),
            ("create.n", "total", false),
            ("create.n", "Bundle.total", false),
            ("create.n", "1 or true", false),
            ("create.n", "", false),
            ("case.element", "active", true),
            ("values.path", "name.family", true),
            ("case.element", "a or b", false),
        ];
        for (name, value, expected) in cases {
            assert_eq!(is_plain(name, value), expected, "{name} = {value}");
        }
    }
}
