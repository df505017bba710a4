//! Values of both profiles.

use crate::fhir::definitions::{ElementDefinition, Given};
use crate::fhir::tree::Element;
use crate::fhir::validate::rules::response;
use std::cmp::Ordering;

/// Whether a value has all that another one has: the same texts, and for each repetition one that has all of it.
pub(super) fn holds(value: Element<'_>, wanted: Element<'_>) -> bool {
    if let Some(text) = wanted.value() {
        return value.value() == Some(text);
    }
    wanted.children().all(|part| {
        let mut same_name = value.children().filter(|child| child.name() == part.name());
        same_name.any(|child| holds(child, part))
    })
}

/// Whether the least and the greatest value of the claimed profile are kept; values that cannot be compared are.
pub(super) fn bounds(theirs: &ElementDefinition, ours: &ElementDefinition) -> bool {
    let kept = |theirs: &Option<Given>, ours: &Option<Given>, wider: Ordering| match (theirs, ours)
    {
        (None, _) => true,
        (Some(_), None) => false,
        (Some(due), Some(own)) => response::order(own.element(), due.element()) != Some(wider),
    };
    kept(&theirs.min_value, &ours.min_value, Ordering::Less)
        && kept(&theirs.max_value, &ours.max_value, Ordering::Greater)
}
