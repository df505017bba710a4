//! What may be asked of the values that a path yields, whichever language the path is in.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::arguments::{Amount, OneOrMany};
use super::expression::{Expression, Regex};
use super::{Examined, Subject, words};
use crate::model::{Finding, Seen};
use crate::template::Template;

/// One thing that is asked of values.
#[derive(Debug)]
pub(super) enum Test {
    /// There is at least one.
    Exists,
    /// There is none.
    Empty,
    /// There are so many.
    Count(Amount),
    /// They are these, as a set.
    Equals(OneOrMany<Template>),
    /// They are these, in this order.
    Ordered(OneOrMany<Template>),
    /// There is at least one, and every one matches.
    Matches(Expression<Regex>),
}

/// The arguments of several kinds, put in one order.
pub(super) struct Asked {
    pub(super) exists: Option<bool>,
    pub(super) empty: Option<bool>,
    pub(super) count: Option<Amount>,
    pub(super) equals: Option<OneOrMany<Template>>,
    pub(super) ordered: Option<OneOrMany<Template>>,
    pub(super) matches: Option<Expression<Regex>>,
}

impl Asked {
    /// In the order in which they are told: presence first, then values.
    pub(super) fn tests(self) -> Vec<Test> {
        let presence = |exists| if exists { Test::Exists } else { Test::Empty };
        let tests = [
            self.exists.map(presence),
            self.empty.map(|empty| presence(!empty)),
            self.count.map(Test::Count),
            self.equals.map(Test::Equals),
            self.ordered.map(Test::Ordered),
            self.matches.map(Test::Matches),
        ];
        tests.into_iter().flatten().collect()
    }
}

/// The values that a path yields. Places are computed where they are asked for: a line and a column cost more than a value.
pub(super) struct Found<'a> {
    pub(super) texts: Vec<String>,
    /// Where one of them stands; `None` for what is computed.
    pub(super) place: &'a dyn Fn(usize) -> Option<Arc<str>>,
    /// Where the path found nothing, in words.
    pub(super) among: String,
    /// Why these values cannot be compared as texts.
    pub(super) incomparable: Option<Finding>,
}

/// Asks all tests; what was seen is what the first of them saw.
pub(super) fn examine(tests: &[Test], found: &Found<'_>, subject: &Subject<'_>) -> Examined {
    let mut first = None;
    for test in tests {
        let seen = test.examine(found, subject)?;
        first.get_or_insert(seen);
    }
    // invariant: there is at least one test.
    first.ok_or_else(|| Finding::broken("the check asks for nothing"))
}

impl Test {
    fn examine(&self, found: &Found<'_>, subject: &Subject<'_>) -> Examined {
        let mut blamed = None;
        let holds = match self {
            Self::Exists => !found.texts.is_empty(),
            Self::Empty => found.texts.is_empty(),
            Self::Count(amount) => amount.bounds(subject)?.contain(found.texts.len() as u64),
            Self::Equals(wanted) => as_set(found.comparable()?) == as_set(&wanted.fill(subject)?),
            Self::Ordered(wanted) => wanted.fill(subject)? == *found.comparable()?,
            Self::Matches(pattern) => {
                let pattern = pattern.get(subject)?;
                let texts = found.comparable()?;
                blamed = texts.iter().position(|text| !pattern.is_match(text));
                blamed.is_none() && !texts.is_empty()
            }
        };
        let seen = self.seen(found, blamed, subject);
        match holds {
            true => Ok(seen),
            false => Err(Finding::Violates {
                seen,
                expected: self.told(subject)?.into(),
            }),
        }
    }

    /// The values, or the one of them that is to blame.
    fn seen(&self, found: &Found<'_>, blamed: Option<usize>, subject: &Subject<'_>) -> Seen {
        let place = (found.place)(blamed.unwrap_or(0));
        let observed = match (self, blamed) {
            (Self::Count(_), _) => found.texts.len().to_string(),
            (_, Some(at)) => words::shown(&found.texts[at]),
            (_, None) if found.texts.is_empty() => {
                words::shown(&format!("nothing, in {}", found.among))
            }
            (_, None) => words::listed(&found.texts),
        };
        Seen::new(
            observed,
            place.unwrap_or_else(|| words::body_place(subject.side)),
        )
    }

    /// What would have been right, holes filled.
    fn told(&self, subject: &Subject<'_>) -> Examined<String> {
        Ok(match self {
            Self::Equals(wanted) => words::listed(&wanted.fill(subject)?),
            Self::Ordered(wanted) => {
                format!("in this order: {}", words::listed(&wanted.fill(subject)?))
            }
            Self::Count(amount) => amount.bounds(subject)?.to_string(),
            Self::Matches(pattern) => format!("matches {}", words::shown(&pattern.fill(subject)?)),
            Self::Exists | Self::Empty => self.summary(),
        })
    }

    /// As its author wrote it.
    pub(super) fn summary(&self) -> String {
        match self {
            Self::Exists => "exists".into(),
            Self::Empty => "empty".into(),
            Self::Count(amount) => format!("count {}", amount.written()),
            Self::Equals(wanted) => format!("= {}", wanted.listed()),
            Self::Ordered(wanted) => format!("= {}, in this order", wanted.listed()),
            Self::Matches(pattern) => format!("matches {}", pattern.written()),
        }
    }
}

impl Found<'_> {
    /// The texts, where they can be compared.
    pub(super) fn comparable(&self) -> Examined<&Vec<String>> {
        match &self.incomparable {
            None => Ok(&self.texts),
            Some(finding) => Err(finding.clone()),
        }
    }
}

fn as_set<T: AsRef<str>>(texts: &[T]) -> BTreeSet<&str> {
    texts.iter().map(AsRef::as_ref).collect()
}

/// `path exists, count 2`; the path alone where it is a question itself.
pub(super) fn summary(path: &str, tests: &[Test]) -> String {
    let tests: Vec<String> = tests.iter().map(Test::summary).collect();
    match tests.is_empty() {
        true => path.to_owned(),
        false => format!("{path} {}", tests.join(", ")),
    }
}
