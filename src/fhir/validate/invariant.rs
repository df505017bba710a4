//! Invariants: the common ones are known by their expressions and answered natively, all others through FHIRPath.

use crate::fhir::definitions::{Constraint, ElementDefinition};
use crate::fhir::fhirpath::{Expression, ExpressionError};
use crate::fhir::tree::{Element, Kind};
use std::sync::OnceLock;

/// One invariant of a node.
#[derive(Debug)]
pub(super) struct Invariant {
    /// Its place among the constraints of the definition.
    pub(super) at: u16,
    pub(super) rule: Rule,
}

/// How an invariant is decided.
#[derive(Debug)]
pub(super) enum Rule {
    /// By a function of ours.
    Native(Native),
    /// By its expression, parsed at the first use.
    Path(OnceLock<Result<Expression, ExpressionError>>),
    /// It has no expression.
    Silent,
}

/// Whether an invariant holds at an element.
pub(super) type Native = fn(Element<'_>) -> bool;

/// The invariants of an element, without those that `skip` knows from elsewhere and those that every walk answers.
pub(super) fn compile(
    definition: &ElementDefinition,
    skip: impl Fn(&Constraint) -> bool,
) -> Vec<Invariant> {
    let constraints = definition.constraints.iter().enumerate();
    let wanted =
        constraints.filter(|(_, constraint)| !is_universal(constraint) && !skip(constraint));
    wanted
        .map(|(at, constraint)| Invariant {
            at: at as u16,
            rule: rule_of(constraint.expression.as_deref()),
        })
        .collect()
}

/// `ele-1` and `ext-1` are asked of every element, `dom-3` of every resource, references and narrative have checks of their own.
fn is_universal(constraint: &Constraint) -> bool {
    let expression = constraint.expression.as_deref().unwrap_or_default();
    match &*constraint.key {
        "ele-1" => expression.starts_with("hasValue()"),
        "ext-1" => expression == "extension.exists() != value.exists()",
        "dom-3" => expression.starts_with("contained.where("),
        "ref-1" => expression.contains("startsWith('#')"),
        "txt-1" | "txt-2" => expression.eq_ignore_ascii_case("htmlchecks()"),
        _ => false,
    }
}

fn rule_of(expression: Option<&str>) -> Rule {
    let Some(expression) = expression else {
        return Rule::Silent;
    };
    match NATIVE.iter().find(|(known, _)| *known == expression) {
        Some((_, function)) => Rule::Native(*function),
        None => Rule::Path(OnceLock::new()),
    }
}

/// Expressions that stand in many definitions, with their answers.
const NATIVE: &[(&str, Native)] = &[
    ("contained.contained.empty()", |element| {
        contained(element).all(|inner| inner.child("contained").is_none())
    }),
    ("contained.text.empty()", |element| {
        contained(element).all(|inner| inner.child("text").is_none())
    }),
    (
        "contained.meta.versionId.empty() and contained.meta.lastUpdated.empty()",
        |element| {
            contained_meta(element).all(|meta| {
                meta.child("versionId").is_none() && meta.child("lastUpdated").is_none()
            })
        },
    ),
    ("contained.meta.security.empty()", |element| {
        contained_meta(element).all(|meta| meta.child("security").is_none())
    }),
    ("text.`div`.exists()", has_narrative),
    ("text.div.exists()", has_narrative),
    ("value.empty() or system.exists()", |element| {
        !has(element, "value") || has(element, "system")
    }),
    ("code.empty() or system.exists()", |element| {
        !has(element, "code") || has(element, "system")
    }),
    ("data.empty() or contentType.exists()", |element| {
        !has(element, "data") || has(element, "contentType")
    }),
    // Asked through the expression, each entry would look through all others for the type of the Bundle.
    (
        "entry.all(request.exists() = (%resource.type = 'batch' or %resource.type = 'transaction' or %resource.type = 'history'))",
        |bundle| every_entry(bundle, "request", &["batch", "transaction", "history"]),
    ),
    (
        "entry.all(response.exists() = (%resource.type = 'batch-response' or %resource.type = 'transaction-response' or %resource.type = 'history'))",
        |bundle| {
            every_entry(
                bundle,
                "response",
                &["batch-response", "transaction-response", "history"],
            )
        },
    ),
    ("contact.exists() or telecom.exists()", |element| {
        has(element, "contact") || has(element, "telecom")
    }),
];

/// Whether every entry has a part just where the Bundle is of one of these types.
fn every_entry(bundle: Element<'_>, part: &str, types: &[&str]) -> bool {
    let wanted = bundle
        .child("type")
        .and_then(Element::value)
        .map(|name| types.contains(&name));
    let mut entries = bundle.children().filter(|child| child.name() == "entry");
    entries.all(|entry| Some(has(entry, part)) == wanted)
}

fn has(element: Element<'_>, name: &str) -> bool {
    element.child(name).is_some()
}

fn contained(element: Element<'_>) -> impl Iterator<Item = Element<'_>> {
    element
        .children()
        .filter(|child| child.name() == "contained")
}

fn contained_meta(element: Element<'_>) -> impl Iterator<Item = Element<'_>> {
    contained(element).filter_map(|inner| inner.child("meta"))
}

fn has_narrative(element: Element<'_>) -> bool {
    element.child("text").is_some_and(|text| has(text, "div"))
}

/// `ele-1`: a value, or content beside an id.
pub(super) fn has_content(element: Element<'_>) -> bool {
    match element.kind() {
        Kind::Complex | Kind::Resource => element.children().any(|child| child.name() != "id"),
        Kind::Text | Kind::Number | Kind::Boolean | Kind::Untyped | Kind::Xhtml => true,
    }
}
