//! Fixed values and patterns: how far an instance agrees with a value that a profile gives.

use super::primitive::shown;
use super::run::Run;
use super::shape::Shape;
use super::{IssueKind, suggest::list};
use crate::fhir::fhirpath::Decimal;
use crate::fhir::tree::{Element, Kind};

/// How exactly a value must agree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Exactness {
    /// Nothing more, nothing less.
    Fixed,
    /// At least this much.
    Pattern,
}

/// Whether an element agrees with a wanted value. Depth is bounded by that of trees.
pub(super) fn agrees(element: Element<'_>, wanted: Element<'_>, exactness: Exactness) -> bool {
    if !same_value(element, wanted) {
        return false;
    }
    let every = |wanted_child: Element<'_>| {
        let mut candidates = named(element, wanted_child.name());
        candidates.any(|candidate| agrees(candidate, wanted_child, exactness))
    };
    if !wanted.children().all(every) {
        return false;
    }
    exactness == Exactness::Pattern
        || element.children().all(|child| {
            let own = named(element, child.name()).count();
            own == named(wanted, child.name()).count()
        })
}

/// The same text; numbers are compared as numbers, as `1.0` and `1` are the same amount.
fn same_value(element: Element<'_>, wanted: Element<'_>) -> bool {
    match (element.value(), wanted.value()) {
        (_, None) => true,
        (None, Some(_)) => false,
        (Some(own), Some(wanted_text)) if own == wanted_text => true,
        (Some(own), Some(wanted_text)) => {
            let is_number = |kind: Kind| matches!(kind, Kind::Number | Kind::Untyped);
            let numbers = is_number(element.kind()) && is_number(wanted.kind());
            numbers
                && match (Decimal::parse(own), Decimal::parse(wanted_text)) {
                    (Some(left), Some(right)) => left == right,
                    (_, _) => false,
                }
        }
    }
}

fn named<'r, 'n>(
    element: Element<'r>,
    name: &'n str,
) -> impl Iterator<Item = Element<'r>> + use<'r, 'n> {
    element.children().filter(move |child| child.name() == name)
}

impl<'v> Run<'v> {
    /// Holds an element against the fixed value and the pattern of a definition.
    pub(super) fn given_value(
        &mut self,
        element: Element<'v>,
        wanted: Element<'_>,
        exactness: Exactness,
        shape: &'v Shape,
    ) {
        if agrees(element, wanted, exactness) {
            return;
        }
        let before = self.noted();
        self.differing(element, wanted, exactness, shape);
        if self.noted() == before {
            self.differs(element, shape, || {
                format!(
                    "the value differs from the one that is fixed: {}",
                    text_of(wanted)
                )
            });
        }
    }

    /// Each place where they differ.
    fn differing(
        &mut self,
        element: Element<'v>,
        wanted: Element<'_>,
        exactness: Exactness,
        shape: &'v Shape,
    ) {
        if !same_value(element, wanted) {
            self.differs(element, shape, || {
                let wanted = shown(wanted.value().unwrap_or_default());
                match element.value() {
                    Some(own) => format!("the value is `{}`, and must be `{wanted}`", shown(own)),
                    None => format!("the value is missing, and must be `{wanted}`"),
                }
            });
        }
        if exactness == Exactness::Fixed {
            for child in element.children() {
                if wanted.child(child.name()).is_none() {
                    self.differs(child, shape, || {
                        format!("`{}` does not belong to the fixed value", child.name())
                    });
                }
            }
        }
        for wanted_child in wanted.children() {
            self.part(element, wanted_child, exactness, shape);
        }
    }

    /// One part of the wanted value.
    fn part(
        &mut self,
        element: Element<'v>,
        wanted: Element<'_>,
        exactness: Exactness,
        shape: &'v Shape,
    ) {
        let mut candidates = named(element, wanted.name());
        let Some(first) = candidates.next() else {
            self.differs(element, shape, || {
                format!(
                    "`{}` is missing: the profile wants {}",
                    wanted.name(),
                    text_of(wanted)
                )
            });
            return;
        };
        let alone = exactness == Exactness::Fixed || wanted.index().is_none();
        if alone && candidates.next().is_none() {
            self.differing(first, wanted, exactness, shape);
            return;
        }
        let any = named(element, wanted.name()).any(|own| agrees(own, wanted, exactness));
        if !any {
            self.differs(element, shape, || {
                format!(
                    "no `{}` is as the profile wants: {}",
                    wanted.name(),
                    text_of(wanted)
                )
            });
        }
    }

    fn differs(
        &mut self,
        element: Element<'v>,
        shape: &'v Shape,
        message: impl FnOnce() -> String,
    ) {
        let issue = self.error(IssueKind::Value, "value", element, message);
        if let Some(issue) = issue {
            issue.profile = Some(shape.canonical.clone());
        }
    }
}

/// A value for a message: its plain parts.
fn text_of(wanted: Element<'_>) -> String {
    if let Some(value) = wanted.value() {
        return format!("`{}`", shown(value));
    }
    let parts = wanted.descendants().filter_map(|part| {
        let value = part.value()?;
        Some(format!("{} {}", part.name(), shown(value)))
    });
    list(parts.take(8))
}
