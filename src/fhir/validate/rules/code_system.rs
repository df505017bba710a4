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
    let differs = |due: &&str| !due.eq_ignore_ascii_case(found);
    if let Some(due) = declared.get(code).copied() {
        if differs(&due) {
            let message = format!("the property `{code}` has the type {due}, not {found}");
            issues.push(Issue::error(
                IssueKind::Type,
                "business-rule",
                property,
                message,
            ));
        }
        return;
    }
    // Without a declaration a code may mean something else than FHIR's own property of that name.
    let usual = KNOWN.iter().find(|(known, _)| *known == code);
    if let Some(due) = usual.map(|row| row.1).filter(differs) {
        let message = format!(
            "the property `{code}` is not declared, and FHIR's own of that name has the type {due}, not {found}"
        );
        issues.push(Issue::warning(
            IssueKind::Type,
            "business-rule",
            property,
            message,
        ));
    }
}

#[cfg(test)]
mod tests {
    use crate::fhir::definitions::Version;
    use crate::fhir::validate::rules::tests::issues_beside;
    use serde_json::{Value, json};

    fn errors(body: &Value) -> usize {
        let base = json!({"resourceType": "CodeSystem", "url": "http://example.org/base", "content": "complete", "concept": [{"code": "a"}]});
        let issues = issues_beside(Version::R4, body, &[base]);
        issues.iter().filter(|issue| issue.is_error()).count()
    }

    #[test]
    fn a_complete_system_has_as_many_concepts_as_it_says() {
        let counted = |count: u32| {
            let concepts = json!([{"code": "a", "concept": [{"code": "b"}]}]);
            errors(
                &json!({"resourceType": "CodeSystem", "content": "complete", "count": count, "concept": concepts}),
            )
        };
        assert_eq!((counted(2), counted(1)), (0, 1));
    }

    #[test]
    fn a_supplement_adds_no_codes() {
        let supplement = |content: &str, code: &str| {
            errors(
                &json!({"resourceType": "CodeSystem", "content": content, "supplements": "http://example.org/base", "concept": [{"code": code}]}),
            )
        };
        assert_eq!(supplement("supplement", "a"), 0);
        assert_eq!(supplement("supplement", "b"), 1);
        assert_eq!(supplement("complete", "a"), 1);
    }

    #[test]
    fn a_property_has_the_type_that_is_declared() {
        let typed = |declared: Value, value: Value| {
            errors(
                &json!({"resourceType": "CodeSystem", "property": declared, "concept": [{"code": "a", "property": [value]}]}),
            )
        };
        let integer = json!([{"code": "size", "type": "integer"}]);
        assert_eq!(
            typed(integer.clone(), json!({"code": "size", "valueInteger": 1})),
            0
        );
        assert_eq!(
            typed(integer, json!({"code": "size", "valueString": "1"})),
            1
        );
        assert_eq!(
            typed(
                json!([]),
                json!({"code": "deprecated", "valueBoolean": true})
            ),
            0
        );
        let own = json!([{"code": "status", "uri": "http://hl7.org/fhir/concept-properties#unknown", "type": "code"}]);
        assert_eq!(typed(own, json!({"code": "status", "valueCode": "x"})), 1);
    }
}
