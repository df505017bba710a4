//! Differentials of StructureDefinitions and where extensions may stand (profiling.html, "Discriminator";
//! defining-extensions.html, "Extension Context"; profiling.html, "Using Profiles"): paths lead to elements that exist,
//! and references to what the base lets them.

use super::Context;
use super::lineage::derives;
use super::places::Places;
use crate::fhir::definitions::{all, text};
use crate::fhir::tree::Element;
use crate::fhir::validate::{Issue, IssueKind};

/// Looks at one structure.
pub(super) fn look(context: &Context<'_>, structure: Element<'_>, issues: &mut Vec<Issue>) {
    if let Some(differential) = structure.child("differential") {
        discriminators(context, structure, differential, issues);
        targets(context, structure, differential, issues);
    }
    for place in all(structure, "context") {
        extension_context(context, place, issues);
    }
}

/// What tells slices apart must exist in what is sliced. Structures that define types of their own are left out, since
/// their elements are not known yet.
fn discriminators(
    context: &Context<'_>,
    structure: Element<'_>,
    differential: Element<'_>,
    issues: &mut Vec<Issue>,
) {
    if text(structure, "derivation") != Some("constraint") {
        return;
    }
    let type_name = text(structure, "type").unwrap_or_default();
    for element in all(differential, "element") {
        let Some((path, slicing)) = text(element, "path").zip(element.child("slicing")) else {
            continue;
        };
        for discriminator in all(slicing, "discriminator") {
            let Some(further) = text(discriminator, "path") else {
                continue;
            };
            let Some(here) = Places::of_path(context.definitions, type_name, path) else {
                return;
            };
            // A path of the differential that leads nowhere is what its snapshot complains of.
            if !here.is_nowhere() && here.along(further).is_nowhere() {
                let message = format!(
                    "the path `{further}` of the discriminator leads to no element of `{path}`"
                );
                issues.push(Issue::error(
                    IssueKind::Slicing,
                    "invalid",
                    discriminator,
                    message,
                ));
            }
        }
    }
}

/// A profile narrows references: each of its targets is one of the base's, or builds on one.
fn targets(
    context: &Context<'_>,
    structure: Element<'_>,
    differential: Element<'_>,
    issues: &mut Vec<Issue>,
) {
    if text(structure, "derivation") != Some("constraint") {
        return;
    }
    let base = text(structure, "baseDefinition").and_then(|base| context.structure(base).ok());
    let Some(base) = base else {
        return;
    };
    for element in all(differential, "element") {
        let id = text(element, "id").or_else(|| text(element, "path"));
        let Some(known) = base.snapshot.iter().find(|known| Some(&*known.id) == id) else {
            continue;
        };
        for declared in all(element, "type") {
            let code = text(declared, "code");
            let Some(above) = known.types.iter().find(|above| Some(&*above.code) == code) else {
                continue;
            };
            let is_allowed = |target: &str| {
                let mut allowed = above.target_profiles.iter();
                above.target_profiles.is_empty()
                    || allowed.any(|allowed| derives(context, target, allowed))
            };
            let stray =
                all(declared, "targetProfile").filter_map(|target| Some((target, target.value()?)));
            for (target, address) in stray.filter(|(_, address)| !is_allowed(address)) {
                let message = format!(
                    "`{address}` builds on none of the targets that the base allows at `{}`",
                    known.path
                );
                issues.push(Issue::error(
                    IssueKind::Structure,
                    "invalid",
                    target,
                    message,
                ));
            }
        }
    }
}

/// The element that an extension is for exists: where its type does. Contexts of other releases, by an address or with
/// conditions are not looked at.
fn extension_context(context: &Context<'_>, place: Element<'_>, issues: &mut Vec<Issue>) {
    let Some(path) = text(place, "expression").filter(|_| text(place, "type") == Some("element"))
    else {
        return;
    };
    let is_plain = path
        .bytes()
        .all(|letter| letter.is_ascii_alphanumeric() || b".[]".contains(&letter));
    if !is_plain || place.child("extension").is_some() {
        return;
    }
    let type_name = path.split('.').next().unwrap_or_default();
    let Some(found) = Places::of_path(context.definitions, type_name, path) else {
        return;
    };
    if found.is_nowhere() {
        let message = format!("there is no element `{path}` that the extension could stand at");
        issues.push(Issue::error(IssueKind::Value, "invalid", place, message));
    }
}

#[cfg(test)]
mod tests {
    use crate::fhir::validate::rules::tests::messages;
    use serde_json::json;

    #[test]
    fn a_discriminator_leads_to_an_element() {
        let sliced = |path: &str| {
            let slicing =
                json!({"discriminator": [{"type": "value", "path": path}], "rules": "open"});
            messages(
                &json!({"resourceType": "StructureDefinition", "url": "http://example.org/p", "name": "P", "type": "Patient",
                "kind": "resource", "derivation": "constraint", "baseDefinition": "http://hl7.org/fhir/StructureDefinition/Patient",
                "differential": {"element": [{"id": "Patient.identifier", "path": "Patient.identifier", "slicing": slicing}]}}),
            )
        };
        assert!(sliced("type.coding.code").is_empty());
        assert!(sliced("extension('http://example.org/x').value").is_empty());
        assert_eq!(sliced("url").len(), 1);
    }

    #[test]
    fn a_reference_is_narrowed_to_what_builds_on_its_targets() {
        let narrowed = |target: &str| {
            let types = json!([{"code": "Reference", "targetProfile": [format!("http://hl7.org/fhir/StructureDefinition/{target}")]}]);
            messages(&json!({"resourceType": "StructureDefinition", "url": "http://example.org/p", "name": "P", "type": "Patient",
                "kind": "resource", "derivation": "constraint", "baseDefinition": "http://hl7.org/fhir/StructureDefinition/Patient",
                "differential": {"element": [{"id": "Patient.managingOrganization", "path": "Patient.managingOrganization", "type": types}]}}))
            .len()
        };
        assert_eq!((narrowed("Organization"), narrowed("unknown-here")), (0, 0));
        assert_eq!(narrowed("Practitioner"), 1);
    }

    #[test]
    fn an_extension_is_for_an_element_that_exists() {
        let placed = |path: &str| {
            messages(
                &json!({"resourceType": "StructureDefinition", "type": "Extension",
                "context": [{"type": "element", "expression": path}]}),
            )
        };
        assert!(placed("ElementDefinition.type.targetProfile").is_empty());
        assert!(placed("Observation.value[x]").is_empty());
        assert!(placed("CanonicalResource").is_empty());
        assert_eq!(placed("ElementDefinition.targetProfile").len(), 1);
    }
}
