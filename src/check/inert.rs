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
/// may not hold them. Outside, only words and numbers are let in.
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

/// The quotes around each hole; `None` for one that stands free.
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

/// A word or a number: harmless wherever it stands.
fn is_plain(value: &str) -> bool {
    value
        .bytes()
        .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_' | b':'))
}

/// Notes the values that are more than words and numbers.
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
        if !is_plain(&value) {
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

/// Gives a mark for every value.
struct Marks<'a>(&'a dyn Scope);

impl Scope for Marks<'_> {
    fn value(&self, _: &str) -> Option<Cow<'_, str>> {
        const TEXT: &str = "\u{f8ff}";
        Some(TEXT.into())
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
}
