//! Reads ValueSet resources, and the value sets that code systems define by their address alone.

use super::code_system::title_of;
use super::expression::Expression;
use super::filter::{Descent, Filter, Itself, Side, Test};
use super::listed::{Listed, ListedCode};
use super::packaged::Packaged;
use super::value_set::{Choice, Expanded, Import, Inactive, Part, ValueSet};
use crate::fhir::definitions::{Canonical, LEFT_OUT, all, extension, flag, number, text, texts};
use crate::fhir::tree::Element;
use regex::{Regex, RegexBuilder};

/// The value sets that are being compiled, outermost first.
pub(super) type Trail = Vec<String>;

/// How deep value sets may import each other.
const MAX_TRAIL: usize = 40;

/// The memory that one regular expression may take, in bytes.
const REGEX_SIZE: usize = 1 << 20;

/// The most codes of an expansion that are kept.
const MAX_EXPANSION: usize = 1_000_000;

const SUPPLEMENT: &str = "http://hl7.org/fhir/StructureDefinition/valueset-supplement";

/// Compiles a ValueSet resource; `None` where the element is something else.
pub(super) fn value_set(
    packaged: &Packaged,
    root: Element<'_>,
    trail: &mut Trail,
) -> Option<ValueSet> {
    if root.resource_type() != Some("ValueSet") {
        return None;
    }
    let url = text(root, "url").unwrap_or_default();
    let compose = root.child("compose");
    let mut parts = |side| {
        let parts = compose.into_iter().flat_map(|compose| all(compose, side));
        parts
            .map(|element| part(packaged, element, trail))
            .collect::<Vec<_>>()
    };
    Some(ValueSet {
        url: url.into(),
        version: text(root, "version").map(Into::into),
        title: title_of(root).unwrap_or(url).into(),
        status: text(root, "status").unwrap_or_default().into(),
        includes: parts("include"),
        excludes: parts("exclude"),
        inactive: match compose.and_then(|compose| flag(compose, "inactive")) {
            Some(false) => Inactive::LeftOut,
            Some(true) | None => Inactive::Included,
        },
        expansion: root.child("expansion").map(expansion),
        missing_supplement: missing_supplement(packaged, root),
    })
}

/// The first supplement that the value set asks for and that nobody has.
fn missing_supplement(packaged: &Packaged, root: Element<'_>) -> Option<Box<str>> {
    let asking = all(root, "extension").filter(|found| text(*found, "url") == Some(SUPPLEMENT));
    let mut supplements = asking
        .filter_map(|found| text(found, "valueCanonical").or_else(|| text(found, "valueUri")));
    supplements
        .find(|url| packaged.resource(url, "CodeSystem").is_none())
        .map(Into::into)
}

fn part(packaged: &Packaged, element: Element<'_>, trail: &mut Trail) -> Part {
    let system = text(element, "system");
    let concepts: Vec<_> = all(element, "concept").filter_map(listed_code).collect();
    let filters: Vec<_> = all(element, "filter").map(filter).collect();
    let left_out = extension(element, LEFT_OUT).and_then(|mark| number(mark, "valueInteger"));
    let choice = match (left_out, concepts.is_empty(), filters.is_empty()) {
        (Some(count), _, _) => Choice::LeftOut(count),
        (None, false, _) => Choice::Listed(Listed::new(concepts)),
        (None, true, false) => Choice::Filtered(filters),
        (None, true, true) => Choice::Whole,
    };
    // R5 names several value sets where STU3 and R4 do, too: a code must be in all of them.
    let imports = texts(element, "valueSet");
    let imports = imports.iter().map(|url| import(packaged, url, trail));
    Part::new(system, text(element, "version"), choice, imports.collect())
}

fn import(packaged: &Packaged, url: &str, trail: &mut Trail) -> Import {
    if trail.iter().any(|above| above == url) {
        return Err(format!("the value set {url} imports itself"));
    }
    if trail.len() >= MAX_TRAIL {
        return Err(format!(
            "{url} is imported through more than {MAX_TRAIL} value sets"
        ));
    }
    trail.push(url.to_owned());
    let found = packaged.value_set_within(url, trail);
    trail.pop();
    found.ok_or_else(|| format!("the value set {url} is not at hand"))
}

fn listed_code(concept: Element<'_>) -> Option<ListedCode> {
    Some(ListedCode {
        code: text(concept, "code")?.into(),
        display: text(concept, "display").map(Into::into),
        is_abstract: flag(concept, "abstract") == Some(true),
        is_inactive: flag(concept, "inactive") == Some(true),
    })
}

fn filter(element: Element<'_>) -> Filter {
    let property = text(element, "property").unwrap_or_default();
    let operation = text(element, "op").unwrap_or_default();
    let value = text(element, "value").unwrap_or_default();
    Filter {
        property: property.into(),
        test: test(property, operation, value),
    }
}

fn test(property: &str, operation: &str, value: &str) -> Test {
    match operation {
        "is-a" => Test::Hierarchy(Side::Is, Descent::from(value, Itself::Counts)),
        "descendent-of" => Test::Hierarchy(Side::Is, Descent::from(value, Itself::DoesNotCount)),
        "is-not-a" => Test::Hierarchy(Side::IsNot, Descent::from(value, Itself::Counts)),
        "child-of" => Test::ChildOf(value.into()),
        "descendent-leaf" => Test::LeafBelow(Descent::from(value, Itself::DoesNotCount)),
        "generalizes" => Test::Generalizes(value.into()),
        "=" if matches!(property, "constraint" | "expression" | "expressions") => {
            Test::Constraint(Expression::read(value))
        }
        "=" => Test::Equals(value.into()),
        "in" => Test::OneOf(Side::Is, values_of(value)),
        "not-in" => Test::OneOf(Side::IsNot, values_of(value)),
        "exists" => Test::Exists(match value {
            "false" => Side::IsNot,
            _ => Side::Is,
        }),
        "regex" => match pattern(value) {
            Some(regex) => Test::Matches(regex),
            None => Test::Untestable(format!("`{value}` is no usable regular expression")),
        },
        _ => Test::Untestable(format!("`{operation}` is no known filter")),
    }
}

fn values_of(list: &str) -> Vec<Box<str>> {
    list.split(',').map(|value| value.trim().into()).collect()
}

/// The expression must match the whole value; its size is bounded, and its run time is linear.
fn pattern(text: &str) -> Option<Regex> {
    RegexBuilder::new(&format!("^(?:{text})$"))
        .size_limit(REGEX_SIZE)
        .build()
        .ok()
}

/// Walks the tree of an expansion without recursion; entries without a code only group others.
fn expansion(root: Element<'_>) -> Expanded {
    let mut systems: Vec<(Box<str>, Vec<ListedCode>)> = Vec::new();
    let entries = root
        .descendants()
        .filter(|element| element.name() == "contains");
    for entry in entries.take(MAX_EXPANSION) {
        let (Some(system), Some(code)) = (text(entry, "system"), listed_code(entry)) else {
            continue;
        };
        match systems.iter_mut().find(|(known, _)| **known == *system) {
            Some((_, codes)) => codes.push(code),
            None => systems.push((system.into(), vec![code])),
        }
    }
    Expanded {
        systems: systems
            .into_iter()
            .map(|(system, codes)| (system, Listed::new(codes)))
            .collect(),
    }
}

/// Standards that older releases name where a value set belongs: all codes of a system.
const DOCUMENTS: [(&str, &str); 4] = [
    ("http://www.rfc-editor.org/bcp/bcp13.txt", "urn:ietf:bcp:13"),
    ("http://www.rfc-editor.org/bcp/bcp47.txt", "urn:ietf:bcp:47"),
    ("http://tools.ietf.org/html/bcp13", "urn:ietf:bcp:13"),
    ("http://tools.ietf.org/html/bcp47", "urn:ietf:bcp:47"),
];

/// Value sets that SNOMED CT and LOINC define by address: all codes, or a part that only they know.
pub(super) fn implicit(canonical: &str) -> Option<ValueSet> {
    let url = Canonical::of(canonical).url;
    let (system, query) = match url.split_once("?fhir_vs") {
        Some((system, query)) => (system, query.strip_prefix('=')),
        None => match DOCUMENTS.iter().find(|(document, _)| *document == url) {
            Some((_, system)) => (*system, None),
            None => (
                "http://loinc.org",
                Some(url.strip_prefix("http://loinc.org/vs")?),
            ),
        },
    };
    let choice = match query.unwrap_or_default().trim_start_matches('/') {
        "" => Choice::Whole,
        query => Choice::Filtered(vec![implicit_filter(query)]),
    };
    // An edition of SNOMED CT is a longer address; its codes belong to the same system.
    let system = match system.starts_with("http://snomed.info/sct") {
        true => "http://snomed.info/sct",
        false => system,
    };
    Some(ValueSet {
        url: url.into(),
        version: None,
        title: url.into(),
        status: "active".into(),
        includes: vec![Part::new(Some(system), None, choice, Vec::new())],
        excludes: Vec::new(),
        inactive: Inactive::Included,
        expansion: None,
        missing_supplement: None,
    })
}

fn implicit_filter(query: &str) -> Filter {
    let test = match query.split_once('/') {
        Some(("isa", top)) => Test::Hierarchy(Side::Is, Descent::from(top, Itself::Counts)),
        _ => Test::Untestable(format!("`{query}` needs the whole code system")),
    };
    Filter {
        property: "concept".into(),
        test,
    }
}
