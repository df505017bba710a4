//! StructureDefinitions (structuredefinition.html, profiling.html): whether one can be used at all.

use super::Context;
use crate::fhir::definitions::{Missing, Structure, Trail, all, choice, text};
use crate::fhir::snapshot;
use crate::fhir::tree::Element;
use crate::fhir::validate::{Issue, IssueKind, Weight};
use std::collections::BTreeMap;

/// Looks at one structure.
pub(super) fn look(context: &Context<'_>, structure: Element<'_>, issues: &mut Vec<Issue>) {
    extension_address(structure, issues);
    constraint_keys(context, structure, issues);
    root_slicing(structure, issues);
    makes_snapshot(context, structure, issues);
}

/// An extension's fixed address is its own.
fn extension_address(structure: Element<'_>, issues: &mut Vec<Issue>) {
    if text(structure, "type") != Some("Extension")
        || text(structure, "derivation") != Some("constraint")
    {
        return;
    }
    let Some(own) = text(structure, "url") else {
        return;
    };
    let views = ["snapshot", "differential"]
        .iter()
        .filter_map(|view| structure.child(view));
    let mut elements = views.flat_map(|view| all(view, "element"));
    let address = elements.find(|element| text(*element, "path") == Some("Extension.url"));
    let fixed = address
        .and_then(|address| choice(address, "fixed"))
        .and_then(Element::value);
    if let Some(fixed) = fixed.filter(|fixed| *fixed != own) {
        let message = format!(
            "the extension's address is fixed to `{fixed}`, and the structure's own is `{own}`"
        );
        issues.push(Issue::error(
            IssueKind::Value,
            "invalid",
            structure,
            message,
        ));
    }
}

/// A key stands for one expression, here and in the base.
fn constraint_keys(context: &Context<'_>, structure: Element<'_>, issues: &mut Vec<Issue>) {
    let Some(differential) = structure.child("differential") else {
        return;
    };
    let base =
        text(structure, "baseDefinition").and_then(|base| context.definitions.structure(base).ok());
    let mut known: BTreeMap<String, String> = BTreeMap::new();
    let inherited = base
        .iter()
        .flat_map(|base| &base.snapshot)
        .flat_map(|element| &element.constraints);
    for constraint in inherited {
        if let Some(expression) = &constraint.expression {
            known.insert(constraint.key.to_string(), expression.to_string());
        }
    }
    for constraint in all(differential, "element").flat_map(|element| all(element, "constraint")) {
        let Some((key, expression)) = text(constraint, "key").zip(text(constraint, "expression"))
        else {
            continue;
        };
        match known.get(key) {
            Some(other) if other != expression => {
                let message = format!(
                    "the constraint key `{key}` stands for another expression already: `{other}`"
                );
                issues.push(Issue::error(
                    IssueKind::Value,
                    "invalid",
                    constraint,
                    message,
                ));
            }
            Some(_) => {}
            None => {
                known.insert(key.to_owned(), expression.to_owned());
            }
        }
    }
}

fn root_slicing(structure: Element<'_>, issues: &mut Vec<Issue>) {
    let first = structure
        .child("differential")
        .and_then(|view| view.child("element"));
    let Some(first) = first.filter(|first| first.child("slicing").is_some()) else {
        return;
    };
    let is_root = text(first, "path").is_some_and(|path| !path.contains('.'));
    if is_root {
        let message = "the root of a profile cannot be sliced";
        issues.push(Issue::error(IssueKind::Slicing, "invalid", first, message));
    }
}

/// A structure of which no snapshot can be made is of no use to anybody.
fn makes_snapshot(context: &Context<'_>, structure: Element<'_>, issues: &mut Vec<Issue>) {
    if structure.child("differential").is_none() || structure.parent().is_some() {
        return;
    }
    let address = text(structure, "baseDefinition").unwrap_or_default();
    match context.definitions.structure(address) {
        Ok(_) => {}
        Err(Missing::Unknown) => {
            let message = format!("the base `{address}` is not at hand, so no snapshot was made");
            issues.push(Issue::undecided(Weight::Minor, structure, message));
            return;
        }
        Err(Missing::Unusable(_)) => return,
    }
    let Some(read) = Structure::read_at(structure) else {
        return;
    };
    if let Err(error) = snapshot::complete(context.definitions, &read, &mut Trail::default()) {
        let message = format!("no snapshot can be made: {error}");
        issues.push(Issue::error(
            IssueKind::Structure,
            "exception",
            structure,
            message,
        ));
    }
}

#[cfg(test)]
mod tests {
    use crate::fhir::validate::rules::tests::messages;
    use serde_json::{Value, json};

    fn found(type_name: &str, element: &Value) -> Vec<String> {
        messages(
            &json!({"resourceType": "StructureDefinition", "url": "http://example.org/own", "name": "Own", "type": type_name,
            "status": "draft", "kind": "complex-type", "abstract": false, "derivation": "constraint",
            "baseDefinition": format!("http://hl7.org/fhir/StructureDefinition/{type_name}"), "differential": {"element": [element]}}),
        )
    }

    #[test]
    fn an_extension_has_its_own_address() {
        let with = |address: &str| {
            found(
                "Extension",
                &json!({"id": "Extension.url", "path": "Extension.url", "fixedUri": address}),
            )
        };
        assert!(with("http://example.org/own").is_empty());
        assert_eq!(with("http://example.org/other").len(), 1);
    }

    #[test]
    fn a_key_stands_for_one_expression() {
        let with = |key: &str| {
            let rule = json!([{"key": key, "severity": "error", "human": "a", "expression": "family.exists()"}]);
            found(
                "HumanName",
                &json!({"id": "HumanName", "path": "HumanName", "constraint": rule}),
            )
        };
        assert!(with("own-1").is_empty());
        assert_eq!(with("ele-1").len(), 1);
    }

    #[test]
    fn a_root_is_not_sliced() {
        let slicing = json!({"discriminator": [{"type": "value", "path": "use"}], "rules": "open"});
        let found = found(
            "HumanName",
            &json!({"id": "HumanName", "path": "HumanName", "slicing": slicing}),
        );
        assert!(!found.is_empty());
    }
}
