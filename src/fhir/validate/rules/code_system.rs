//! CodeSystems (codesystem.html): counts, supplements, properties.

use super::Context;
use crate::fhir::definitions::{Canonical, all, choice, text};
use crate::fhir::tree::Element;
use crate::fhir::validate::{Issue, IssueKind, Weight};
use std::collections::{BTreeMap, BTreeSet};

/// The namespace of properties that FHIR itself defines.
const PROPERTIES: &str = "http://hl7.org/fhir/concept-properties#";

/// Code and type of each of them (codesystem-concept-properties.html).
const KNOWN: &[(&str, &str)] = &[
    ("status", "code"),
    ("inactive", "boolean"),
    ("effectiveDate", "dateTime"),
    ("deprecated", "dateTime"),
    ("deprecationDate", "dateTime"),
    ("retirementDate", "dateTime"),
    ("notSelectable", "boolean"),
    ("parent", "code"),
    ("child", "code"),
    ("partOf", "code"),
    ("synonym", "code"),
    ("comment", "string"),
    ("itemWeight", "decimal"),
    ("alternateCode", "code"),
];

/// Looks at one code system.
pub(super) fn look(context: &Context<'_>, system: Element<'_>, issues: &mut Vec<Issue>) {
    counted(system, issues);
    supplement(context, system, issues);
    let declared = properties(system, issues);
    for concept in concepts(system) {
        for property in all(concept, "property") {
            typed(property, &declared, issues);
        }
    }
}

fn concepts(system: Element<'_>) -> impl Iterator<Item = Element<'_>> {
    let is_contained = move |element: &Element<'_>| element.nearest_resource() != system;
    system
        .descendants()
        .filter(move |element| element.name() == "concept" && !is_contained(element))
}

fn counted(system: Element<'_>, issues: &mut Vec<Issue>) {
    let stated = system
        .child("count")
        .and_then(|count| Some((count, count.value()?.parse::<usize>().ok()?)));
    let Some((place, stated)) = stated.filter(|_| text(system, "content") == Some("complete"))
    else {
        return;
    };
    let found = concepts(system).count();
    if found != stated {
        let message = format!("the code system is complete and has {found} concepts, not {stated}");
        issues.push(Issue::error(IssueKind::Value, "invalid", place, message));
    }
}

/// A supplement says so, and adds no codes.
fn supplement(context: &Context<'_>, system: Element<'_>, issues: &mut Vec<Issue>) {
    let Some(base) = text(system, "supplements") else {
        return;
    };
    if text(system, "content") != Some("supplement") {
        let message = "a code system that supplements another has the content `supplement`";
        issues.push(Issue::error(
            IssueKind::Value,
            "business-rule",
            system,
            message,
        ));
    }
    let found = context
        .definitions
        .find(base)
        .or_else(|| context.definitions.find(Canonical::of(base).url));
    let Some(found) = found else {
        let message = format!(
            "the code system `{base}` that is supplemented is not at hand, so its codes were not compared"
        );
        issues.push(Issue::undecided(Weight::Minor, system, message));
        return;
    };
    if text(found.root(), "content") != Some("complete") {
        return;
    }
    let known: BTreeSet<&str> = concepts(found.root())
        .filter_map(|concept| text(concept, "code"))
        .collect();
    for concept in concepts(system) {
        let code = text(concept, "code").unwrap_or_default();
        if !known.contains(code) {
            let message = format!("`{code}` is no code of `{base}`, and a supplement adds none");
            issues.push(Issue::error(
                IssueKind::Binding,
                "business-rule",
                concept,
                message,
            ));
        }
    }
}

/// The declared properties with their types.
fn properties<'c>(system: Element<'c>, issues: &mut Vec<Issue>) -> BTreeMap<&'c str, &'c str> {
    let mut declared = BTreeMap::new();
    let mut uris = BTreeSet::new();
    for property in all(system, "property") {
        let code = text(property, "code").unwrap_or_default();
        let kind = text(property, "type").unwrap_or_default();
        let mut wrong = |message: String| {
            issues.push(Issue::error(
                IssueKind::Value,
                "business-rule",
                property,
                message,
            ))
        };
        if declared.insert(code, kind).is_some() {
            wrong(format!("there is a property `{code}` already"));
        }
        let Some(uri) = text(property, "uri") else {
            continue;
        };
        if !uris.insert(uri) {
            wrong(format!(
                "there is a property with the address `{uri}` already"
            ));
        }
        let Some(name) = uri.strip_prefix(PROPERTIES) else {
            continue;
        };
        match KNOWN.iter().find(|(known, _)| *known == name) {
            None => wrong(format!(
                "FHIR has no property `{uri}`: own properties have addresses of their own"
            )),
            Some((known, due)) => {
                if *due != kind {
                    wrong(format!(
                        "the property `{uri}` has the type {due}, not {kind}"
                    ));
                }
                if *known != code {
                    wrong(format!(
                        "the property `{uri}` has the code `{known}`, not `{code}`"
                    ));
                }
            }
        }
    }
    declared
}

/// A concept's property has the type that is declared.
fn typed(property: Element<'_>, declared: &BTreeMap<&str, &str>, issues: &mut Vec<Issue>) {
    let Some((code, value)) = text(property, "code").zip(choice(property, "value")) else {
        return;
    };
    let found = value.name().trim_start_matches("value");
    let due = declared.get(code).copied().or_else(|| {
        KNOWN
            .iter()
            .find(|(known, _)| *known == code)
            .map(|row| row.1)
    });
    if let Some(due) = due.filter(|due| !due.eq_ignore_ascii_case(found)) {
        let message = format!("the property `{code}` has the type {due}, not {found}");
        issues.push(Issue::error(
            IssueKind::Type,
            "business-rule",
            property,
            message,
        ));
    }
}
