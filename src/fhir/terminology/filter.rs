//! Filters of a value set: tested on one concept at a time.

use super::built_in::Property;
use super::concept::{Concept, Status};
use super::expression::Expression;
use super::hierarchy::Below;
use super::system::{Doubt, System};
use super::value_set::Answer;
use regex::Regex;
use std::sync::OnceLock;

/// One filter: a property, and what is asked of it.
#[derive(Debug)]
pub(super) struct Filter {
    pub(super) property: Box<str>,
    pub(super) test: Test,
}

/// What a filter asks.
#[derive(Debug)]
pub(super) enum Test {
    /// `is-a`, `descendent-of`, `is-not-a`
    Hierarchy(Side, Descent),
    /// `child-of`
    ChildOf(Box<str>),
    /// `generalizes`
    Generalizes(Box<str>),
    /// `descendent-leaf`
    LeafBelow(Descent),
    /// `=`
    Equals(Box<str>),
    /// `in`, `not-in`
    OneOf(Side, Vec<Box<str>>),
    /// `regex`
    Matches(Regex),
    /// `exists`
    Exists(Side),
    /// An expression constraint of SNOMED CT.
    Constraint(Expression),
    /// What nobody here can test: why.
    Untestable(String),
}

/// Whether a test holds or its opposite.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Is,
    IsNot,
}

/// The concepts below a code, found at the first test.
#[derive(Debug)]
pub(super) struct Descent {
    pub(super) top: Box<str>,
    pub(super) itself: Itself,
    pub(super) below: OnceLock<Option<Below>>,
}

/// Whether a concept counts as standing below itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Itself {
    Counts,
    DoesNotCount,
}

/// Whether all filters take a concept of a package.
pub(super) fn test_concept<'v>(filters: &'v [Filter], concept: Concept<'_>) -> Answer<'v> {
    all(filters, |filter| filter.takes(concept))
}

/// Whether all filters take a code of a table or a grammar.
pub(super) fn test_built_in<'v>(
    filters: &'v [Filter],
    system: &'v System,
    code: &str,
) -> Answer<'v> {
    all(filters, |filter| match filter.on_code(code) {
        Answer::Maybe(_) => filter.on_built_in(system, code),
        decided @ (Answer::Yes | Answer::No) => decided,
    })
}

/// What filters say of a code whose system cannot be asked: some can be told from the code alone.
pub(super) fn test_code<'v>(filters: &'v [Filter], code: &str, doubt: Doubt<'v>) -> Answer<'v> {
    match all(filters, |filter| filter.on_code(code)) {
        Answer::No => Answer::No,
        // Only an explicit filter can prove that such a code exists.
        Answer::Yes if !filters.is_empty() => Answer::Yes,
        Answer::Yes | Answer::Maybe(_) => Answer::Maybe(doubt),
    }
}

fn all<'v>(filters: &'v [Filter], test: impl Fn(&'v Filter) -> Answer<'v>) -> Answer<'v> {
    let mut answer = Answer::Yes;
    for filter in filters {
        match test(filter) {
            Answer::No => return Answer::No,
            Answer::Maybe(doubt) => answer = Answer::Maybe(doubt),
            Answer::Yes => {}
        }
    }
    answer
}

fn decided<'v>(holds: bool) -> Answer<'v> {
    match holds {
        true => Answer::Yes,
        false => Answer::No,
    }
}

impl Side {
    fn apply(self, holds: bool) -> bool {
        match self {
            Self::Is => holds,
            Self::IsNot => !holds,
        }
    }
}

impl Filter {
    fn takes<'v>(&'v self, concept: Concept<'_>) -> Answer<'v> {
        let holds = match &self.test {
            Test::Hierarchy(side, descent) => side.apply(descent.reaches(concept)),
            Test::LeafBelow(descent) => descent.reaches(concept) && concept.is_leaf(),
            Test::ChildOf(parent) => concept.parent_codes().any(|code| code == &**parent),
            Test::Generalizes(bottom) => concept.is_above(bottom),
            Test::Equals(value) => {
                self.has_value(concept, |found| found == &**value)
                    || concept.has_coding(&self.property, value)
            }
            Test::OneOf(side, values) => side.apply(self.has_value(concept, |found| {
                values.iter().any(|value| **value == *found)
            })),
            Test::Matches(regex) => self.has_value(concept, |found| regex.is_match(found)),
            Test::Exists(side) => side.apply(self.has_value(concept, |_| true)),
            Test::Constraint(expression) => match expression.decides(concept.code()) {
                Some(holds) => holds,
                None => return self.untold(),
            },
            Test::Untestable(_) => return self.untold(),
        };
        decided(holds)
    }

    /// Whether one of the property's values fits.
    fn has_value(&self, concept: Concept<'_>, fits: impl Fn(&str) -> bool) -> bool {
        match &*self.property {
            "code" | "concept" => fits(concept.code()),
            "display" => concept.display().is_some_and(fits),
            "definition" => concept.definition().is_some_and(fits),
            "designation" => concept.designations().any(|found| fits(found.value)),
            name => {
                concept.values_of(name).any(&fits)
                    || match name {
                        "parent" => concept.parent_codes().any(fits),
                        "child" => concept.child_codes().any(fits),
                        "inactive" => fits(match concept.status() {
                            Status::Inactive => "true",
                            Status::Active | Status::Deprecated => "false",
                        }),
                        "notSelectable" => fits(if concept.is_abstract() {
                            "true"
                        } else {
                            "false"
                        }),
                        _ => false,
                    }
            }
        }
    }

    /// What can be told from the code itself.
    fn on_code<'v>(&'v self, code: &str) -> Answer<'v> {
        let names_the_code = matches!(&*self.property, "code" | "concept");
        match &self.test {
            Test::Hierarchy(side, descent) if *descent.top == *code => {
                decided(side.apply(descent.itself == Itself::Counts))
            }
            Test::Equals(value) if names_the_code => decided(**value == *code),
            Test::OneOf(side, values) if names_the_code && values.len() > 1 => {
                decided(side.apply(values.iter().any(|value| **value == *code)))
            }
            Test::Matches(regex) if names_the_code && !regex.is_match(code) => Answer::No,
            Test::Constraint(expression) => match expression.decides(code) {
                Some(holds) => decided(holds),
                None => self.untold(),
            },
            Test::Hierarchy(..)
            | Test::ChildOf(_)
            | Test::Generalizes(_)
            | Test::LeafBelow(_)
            | Test::Equals(_)
            | Test::OneOf(..)
            | Test::Matches(_)
            | Test::Exists(_)
            | Test::Untestable(_) => self.untold(),
        }
    }

    /// A code that exists in a table or a grammar.
    fn on_built_in<'v>(&'v self, system: &'v System, code: &str) -> Answer<'v> {
        if let (Test::Matches(regex), "code" | "concept") = (&self.test, &*self.property) {
            return decided(regex.is_match(code));
        }
        let Some(built_in) = system.built_in else {
            return self.untold();
        };
        let normal = |wanted: &str| (built_in.normal)(&self.property, wanted);
        let value = match (built_in.property)(code, &self.property) {
            Property::Value(value) => Some(value),
            Property::Absent => None,
            Property::Unknown => return self.untold(),
        };
        match (&self.test, value) {
            (Test::Equals(wanted), value) => decided(value == Some(normal(wanted))),
            (Test::Exists(side), value) => decided(side.apply(value.is_some())),
            (Test::Matches(regex), value) => {
                decided(value.is_some_and(|value| regex.is_match(&value)))
            }
            (Test::OneOf(side, wanted), value) => {
                decided(side.apply(
                    value.is_some_and(|value| wanted.iter().any(|one| normal(one) == value)),
                ))
            }
            (
                Test::Hierarchy(..)
                | Test::ChildOf(_)
                | Test::Generalizes(_)
                | Test::LeafBelow(_)
                | Test::Constraint(_)
                | Test::Untestable(_),
                _,
            ) => self.untold(),
        }
    }

    fn untold<'v>(&self) -> Answer<'v> {
        let why = if let Test::Untestable(why) = &self.test {
            why.clone()
        } else {
            format!(
                "a filter on `{}` needs the whole code system",
                self.property
            )
        };
        Answer::Maybe(Doubt::Said(why))
    }
}

impl Descent {
    pub(super) fn from(top: &str, itself: Itself) -> Self {
        Self {
            top: top.into(),
            itself,
            below: OnceLock::new(),
        }
    }

    fn reaches(&self, concept: Concept<'_>) -> bool {
        let below = self.below.get_or_init(|| concept.below(&self.top));
        below.as_ref().is_some_and(|below| {
            let counts = self.itself == Itself::Counts || below.top != concept.index;
            counts && below.contains(concept.index)
        })
    }
}
