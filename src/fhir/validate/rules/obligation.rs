//! Obligation profiles (the extensions `obligation-profile-flag` and `inherit-obligations` of the extensions pack, and
//! obligations.html): they say what systems do about elements, and change no structure.

use super::Context;
use crate::fhir::definitions::{Canonical, ElementDefinition, Structure, all, choice, flag, text};
use crate::fhir::tree::Element;
use crate::fhir::validate::{Issue, IssueKind, Weight};

/// The flag by the addresses that it has had.
const FLAGS: [&str; 3] = [
    "http://hl7.org/fhir/StructureDefinition/obligation-profile-flag",
    "http://hl7.org/fhir/StructureDefinition/obligation-profile",
    "http://hl7.org/fhir/tools/StructureDefinition/obligation-profile",
];

/// The claim to inherit by the addresses that it has had.
const INHERITS: [&str; 2] = [
    "http://hl7.org/fhir/StructureDefinition/inherit-obligations",
    "http://hl7.org/fhir/tools/StructureDefinition/inherit-obligations",
];

/// Starts of the names of properties that change a structure.
const STRUCTURAL: [&str; 11] = [
    "type",
    "contentReference",
    "fixed",
    "pattern",
    "minValue",
    "maxValue",
    "maxLength",
    "constraint",
    "defaultValue",
    "slicing",
    "mustHaveValue",
];

/// Looks at one structure.
pub(super) fn look(context: &Context<'_>, structure: Element<'_>, issues: &mut Vec<Issue>) {
    for claim in all(structure, "extension").filter(|found| has_address(*found, &INHERITS)) {
        inherited(context, structure, claim, issues);
    }
    if is_flagged(structure) {
        restrained(context, structure, issues);
    }
}

fn has_address(extension: Element<'_>, known: &[&str]) -> bool {
    text(extension, "url").is_some_and(|url| known.contains(&url))
}

fn is_flagged(structure: Element<'_>) -> bool {
    let mut flags = all(structure, "extension").filter(|found| has_address(*found, &FLAGS));
    flags.any(|found| flag(found, "valueBoolean") == Some(true))
}

/// What is inherited from is an obligation profile, on the same base.
fn inherited(
    context: &Context<'_>,
    structure: Element<'_>,
    claim: Element<'_>,
    issues: &mut Vec<Issue>,
) {
    let Some(address) = choice(claim, "value").and_then(Element::value) else {
        return;
    };
    let Some(found) = context.find(address) else {
        let message =
            format!("the profile `{address}`, whose obligations are inherited, is not at hand");
        issues.push(Issue::undecided(Weight::Minor, claim, message));
        return;
    };
    let mut wrong = |message: String| {
        let kind = IssueKind::Structure;
        issues.push(Issue::error(kind, "business-rule", claim, message));
    };
    if found.type_name() != Some("StructureDefinition") || !is_flagged(found.root()) {
        wrong(format!(
            "`{address}` is not marked as an obligation profile"
        ));
        return;
    }
    let base = |holder| text(holder, "baseDefinition").map(|base| Canonical::of(base).url);
    let (theirs, ours) = (base(found.root()), base(structure));
    if theirs != ours {
        let (theirs, ours) = (theirs.unwrap_or("none"), ours.unwrap_or("none"));
        wrong(format!(
            "`{address}` has the base `{theirs}`, and `{ours}` is due"
        ));
    }
}

/// An obligation profile changes no structure.
fn restrained(context: &Context<'_>, structure: Element<'_>, issues: &mut Vec<Issue>) {
    let base =
        text(structure, "baseDefinition").and_then(|base| context.definitions.structure(base).ok());
    let Some((base, differential)) = base.zip(structure.child("differential")) else {
        return;
    };
    for element in all(differential, "element") {
        let path = text(element, "path").unwrap_or_default();
        let known = known_element(&base, element);
        if let Some(name) = element.child("sliceName").filter(|_| known.is_none()) {
            let message = format!(
                "an obligation profile adds no slices, and `{path}` has one that the base lacks"
            );
            issues.push(Issue::error(
                IssueKind::Slicing,
                "business-rule",
                name,
                message,
            ));
        }
        for property in element.children().filter(|child| changes_structure(*child)) {
            let message = format!(
                "an obligation profile changes no structure, and `{path}` has `{}`",
                property.name()
            );
            issues.push(Issue::error(
                IssueKind::Structure,
                "business-rule",
                property,
                message,
            ));
        }
        if let Some((binding, known)) = element.child("binding").zip(known) {
            binding_kept(binding, known, issues);
        }
    }
}

fn known_element<'s>(base: &'s Structure, element: Element<'_>) -> Option<&'s ElementDefinition> {
    let id = text(element, "id").or_else(|| text(element, "path"))?;
    base.snapshot.iter().find(|known| *known.id == *id)
}

/// Properties with a type in their name count by their stem.
fn changes_structure(property: Element<'_>) -> bool {
    let name = property.name();
    STRUCTURAL.iter().any(|stem| {
        let rest = name.strip_prefix(stem);
        rest.is_some_and(|rest| {
            rest.is_empty() || rest.starts_with(|first: char| first.is_ascii_uppercase())
        })
    })
}

fn binding_kept(binding: Element<'_>, known: &ElementDefinition, issues: &mut Vec<Issue>) {
    let Some(theirs) = &known.binding else {
        return;
    };
    let changed = binding.child("strength").filter(|strength| {
        let written = strength.value().unwrap_or_default();
        super::strength(written).is_some_and(|ours| ours != theirs.strength)
    });
    if let Some(strength) = changed {
        let message = format!(
            "an obligation profile keeps the strength of the binding of `{}`",
            known.path
        );
        issues.push(Issue::error(
            IssueKind::Binding,
            "business-rule",
            strength,
            message,
        ));
    }
}

#[cfg(test)]
mod tests {
    use crate::fhir::validate::rules::tests::messages;
    use serde_json::json;

    fn profile(flagged: bool, element: &serde_json::Value) -> Vec<String> {
        let flag = json!([{"url": super::FLAGS[0], "valueBoolean": flagged}]);
        messages(
            &json!({"resourceType": "StructureDefinition", "url": "http://example.org/op", "name": "Op", "type": "Patient",
            "status": "draft", "kind": "resource", "abstract": false, "extension": flag, "derivation": "constraint",
            "baseDefinition": "http://hl7.org/fhir/StructureDefinition/Patient", "differential": {"element": [element]}}),
        )
    }

    #[test]
    fn an_obligation_profile_keeps_the_structure() {
        let may = json!({"id": "Patient.birthDate", "path": "Patient.birthDate", "min": 1, "mustSupport": true});
        assert!(profile(true, &may).is_empty());
        let fixed = json!({"id": "Patient.gender", "path": "Patient.gender", "fixedCode": "male"});
        assert_eq!(profile(true, &fixed).len(), 1);
        assert!(profile(false, &fixed).is_empty());
        let weaker = json!({"id": "Patient.maritalStatus", "path": "Patient.maritalStatus", "binding": {"strength": "example"}});
        assert_eq!(profile(true, &weaker).len(), 1);
    }

    #[test]
    fn obligations_come_from_obligation_profiles() {
        let found = messages(
            &json!({"resourceType": "StructureDefinition", "url": "http://example.org/op", "type": "Patient",
            "extension": [{"url": super::INHERITS[0], "valueCanonical": "http://hl7.org/fhir/StructureDefinition/vitalsigns"}]}),
        );
        assert_eq!(
            found,
            [
                "`http://hl7.org/fhir/StructureDefinition/vitalsigns` is not marked as an obligation profile"
            ]
        );
    }
}
