//! Where two snapshots differ in what they demand. Prose, mappings, examples and narrative are not compared.

use crate::fhir::definitions::{
    Binding, ElementDefinition, ElementType, Given, Slicing, Structure,
};
use crate::fhir::tree::Element;
use std::collections::BTreeSet;
use std::fmt::Debug;

/// The differences between a snapshot that was made and the one that is expected, element by element.
pub fn differences(made: &Structure, expected: &Structure) -> Vec<String> {
    let mut found = elements_that_differ(&made.snapshot, &expected.snapshot);
    if found.is_empty() {
        for (made, expected) in made.snapshot.iter().zip(&expected.snapshot) {
            found.extend(element(made, expected));
        }
    }
    found
}

/// Which elements are not on both sides, or not in the same order.
fn elements_that_differ(made: &[ElementDefinition], expected: &[ElementDefinition]) -> Vec<String> {
    let ids = |elements: &[ElementDefinition]| -> Vec<String> {
        elements
            .iter()
            .map(|element| element.id.to_string())
            .collect()
    };
    let (made, expected) = (ids(made), ids(expected));
    let (ours, theirs): (BTreeSet<&String>, BTreeSet<&String>) =
        (made.iter().collect(), expected.iter().collect());
    let more = made.iter().filter(|id| !theirs.contains(id));
    let less = expected.iter().filter(|id| !ours.contains(id));
    let mut found: Vec<String> = more.map(|id| format!("`{id}`: not expected")).collect();
    found.extend(less.map(|id| format!("`{id}`: missing")));
    if found.is_empty() && made != expected {
        let first = made
            .iter()
            .zip(&expected)
            .find(|(made, expected)| made != expected);
        found.push(match first {
            Some((made, expected)) => format!("`{made}`: expected `{expected}` here"),
            None => format!("{} elements, expected {}", made.len(), expected.len()),
        });
    }
    found
}

#[expect(clippy::too_many_lines, reason = "a line for each property that is compared")]
fn element(made: &ElementDefinition, expected: &ElementDefinition) -> Vec<String> {
    let mut found = Vec::new();
    let mut note = |what: &str, made: String, expected: String| {
        if made != expected {
            found.push(format!("{what}: {made}, expected {expected}"));
        }
    };
    let shown = |value: &dyn Debug| format!("{value:?}");
    note("path", shown(&made.path), shown(&expected.path));
    note(
        "sliceName",
        shown(&made.slice_name),
        shown(&expected.slice_name),
    );
    note("min", shown(&made.min), shown(&expected.min));
    note("max", shown(&made.max), shown(&expected.max));
    note("base", shown(&made.base), shown(&expected.base));
    note("type", types(&made.types), types(&expected.types));
    note(
        "fixed",
        given(made.fixed.as_ref()),
        given(expected.fixed.as_ref()),
    );
    note(
        "pattern",
        given(made.pattern.as_ref()),
        given(expected.pattern.as_ref()),
    );
    note(
        "minValue",
        given(made.min_value.as_ref()),
        given(expected.min_value.as_ref()),
    );
    note(
        "maxValue",
        given(made.max_value.as_ref()),
        given(expected.max_value.as_ref()),
    );
    note(
        "maxLength",
        shown(&made.max_length),
        shown(&expected.max_length),
    );
    note(
        "binding",
        binding(made.binding.as_ref()),
        binding(expected.binding.as_ref()),
    );
    note("constraint", keys(made), keys(expected));
    note(
        "slicing",
        slicing(made.slicing.as_ref()),
        slicing(expected.slicing.as_ref()),
    );
    note(
        "mustSupport",
        flag(made.must_support),
        flag(expected.must_support),
    );
    note(
        "isModifier",
        flag(made.is_modifier),
        flag(expected.is_modifier),
    );
    note(
        "isSummary",
        flag(made.is_summary),
        flag(expected.is_summary),
    );
    note(
        "contentReference",
        reference(made.content_reference.as_deref()),
        reference(expected.content_reference.as_deref()),
    );
    let at = |difference| format!("`{}`: {difference}", expected.id);
    found.into_iter().map(at).collect()
}

/// What is not said is false.
fn flag(value: Option<bool>) -> String {
    value.unwrap_or(false).to_string()
}

fn types(types: &[ElementType]) -> String {
    let one = |kind: &ElementType| {
        let mut aggregation = kind.aggregation.clone();
        aggregation.sort();
        format!(
            "{} profiles {:?} targets {:?} {aggregation:?}",
            kind.code,
            sorted(&kind.profiles),
            sorted(&kind.target_profiles)
        )
    };
    let mut shown: Vec<String> = types.iter().map(one).collect();
    shown.sort();
    shown.join("; ")
}

fn sorted(texts: &[Box<str>]) -> BTreeSet<&str> {
    texts.iter().map(|text| &**text).collect()
}

fn binding(binding: Option<&Binding>) -> String {
    match binding {
        Some(binding) => format!("{:?} {:?}", binding.strength, binding.value_set),
        None => "none".to_owned(),
    }
}

fn keys(element: &ElementDefinition) -> String {
    let keys: BTreeSet<&str> = element
        .constraints
        .iter()
        .map(|constraint| &*constraint.key)
        .collect();
    format!("{keys:?}")
}

fn slicing(slicing: Option<&Slicing>) -> String {
    match slicing {
        Some(slicing) => format!(
            "{:?} {:?} ordered {}",
            slicing.discriminators, slicing.rules, slicing.ordered
        ),
        None => "none".to_owned(),
    }
}

/// A reference within the type itself may be written with its address or without.
fn reference(reference: Option<&str>) -> String {
    let fragment = reference.map(|text| text.rsplit('#').next().unwrap_or(text));
    fragment.unwrap_or("none").to_owned()
}

fn given(given: Option<&Given>) -> String {
    let mut shown = String::new();
    if let Some(given) = given {
        show(&mut shown, given.element());
    }
    shown
}

/// Recursion is bounded by the depth of trees.
fn show(shown: &mut String, element: Element<'_>) {
    shown.push_str(element.name());
    if let Some(value) = element.value() {
        shown.push('=');
        shown.push_str(value);
    }
    shown.push('{');
    let mut children: Vec<Element<'_>> = element.children().collect();
    children.sort_by_key(|child| child.name());
    for child in children {
        show(shown, child);
    }
    shown.push('}');
}
