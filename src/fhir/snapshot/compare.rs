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

/// One thing that an element demands, as text.
type Demand = (&'static str, fn(&ElementDefinition) -> String);

/// What is compared of each element.
const DEMANDS: [Demand; 18] = [
    ("path", |element| element.path.to_string()),
    ("sliceName", |element| shown(&element.slice_name)),
    ("min", |element| shown(&element.min)),
    ("max", |element| shown(&element.max)),
    ("base", |element| shown(&element.base)),
    ("type", |element| types(&element.types)),
    ("fixed", |element| given(element.fixed.as_ref())),
    ("pattern", |element| given(element.pattern.as_ref())),
    ("minValue", |element| given(element.min_value.as_ref())),
    ("maxValue", |element| given(element.max_value.as_ref())),
    ("maxLength", |element| shown(&element.max_length)),
    ("binding", |element| binding(element.binding.as_ref())),
    ("constraint", keys),
    ("slicing", |element| slicing(element.slicing.as_ref())),
    ("mustSupport", |element| flag(element.must_support)),
    ("isModifier", |element| flag(element.is_modifier)),
    ("isSummary", |element| flag(element.is_summary)),
    ("contentReference", |element| {
        reference(element.content_reference.as_deref())
    }),
];

fn element(made: &ElementDefinition, expected: &ElementDefinition) -> Vec<String> {
    let differs = |(what, demand): &Demand| {
        let (made, wanted) = (demand(made), demand(expected));
        let differs = made != wanted;
        differs.then(|| format!("`{}`: {what}: {made}, expected {wanted}", expected.id))
    };
    DEMANDS.iter().filter_map(differs).collect()
}

fn shown(value: &dyn Debug) -> String {
    format!("{value:?}")
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
