use crate::fhir::definitions::{Definitions, Library, Loose, Version};
use crate::fhir::terminology::NoTerminology;
use crate::fhir::tree::Resource;
use crate::fhir::validate::rules::{Context, apply};
use serde_json::{Value, json};
use std::sync::Arc;

fn profile(name: &str, extension: &Value, elements: &Value) -> Arc<Resource> {
    let body = json!({"resourceType": "StructureDefinition", "url": format!("http://example.org/{name}"), "name": name,
        "type": "Patient", "status": "draft", "kind": "resource", "abstract": false, "derivation": "constraint",
        "extension": extension, "baseDefinition": "http://hl7.org/fhir/StructureDefinition/Patient",
        "contained": [value_set("few", &["male"]), value_set("many", &["male", "other"])],
        "differential": {"element": elements}});
    Arc::new(Resource::parse_json(body.to_string().as_bytes()).expect("a profile"))
}

fn value_set(id: &str, codes: &[&str]) -> Value {
    let codes: Vec<Value> = codes.iter().map(|code| json!({"code": code})).collect();
    json!({"resourceType": "ValueSet", "id": id, "url": format!("http://example.org/{id}"), "status": "active",
        "compose": {"include": [{"system": "http://hl7.org/fhir/administrative-gender", "concept": codes}]}})
}

/// What is said of a profile that claims to comply with another one.
fn compare(claimed: &Value, own: &Value) -> Vec<String> {
    let library: Arc<dyn Library> = Arc::new(Loose::new(
        "here",
        [profile("claimed", &json!([]), claimed)],
    ));
    let definitions = Definitions::core(Version::R4).with([library]);
    let claim = json!([{"url": super::COMPLIES, "valueCanonical": "http://example.org/claimed"}]);
    let own = profile("own", &claim, own);
    let context = Context {
        definitions: &definitions,
        terminology: &NoTerminology,
        resolver: None,
    };
    let mut issues = Vec::new();
    apply(&context, own.root(), &mut issues);
    issues.into_iter().map(|issue| issue.message).collect()
}

fn name(min: u32, max: &str) -> Value {
    json!([{"id": "Patient.name", "path": "Patient.name", "min": min, "max": max}])
}

#[test]
fn counts_may_be_narrower_and_not_wider() {
    assert!(compare(&name(1, "3"), &name(2, "3")).is_empty());
    assert!(compare(&name(0, "3"), &name(0, "0")).is_empty());
    assert_eq!(compare(&name(1, "3"), &name(0, "3")).len(), 1);
    assert_eq!(compare(&name(1, "3"), &name(1, "5")).len(), 1);
    assert_eq!(
        compare(
            &name(1, "*"),
            &json!([{"id": "Patient.name", "path": "Patient.name", "max": "0"}])
        )
        .len(),
        1
    );
}

#[test]
fn bindings_may_be_stricter_and_to_fewer_codes() {
    let bound = |strength: &str, set: &str| json!([{"id": "Patient.maritalStatus", "path": "Patient.maritalStatus", "binding": {"strength": strength, "valueSet": set}}]);
    let gender = |set: &str| json!([{"id": "Patient.gender", "path": "Patient.gender", "binding": {"strength": "required", "valueSet": set}}]);
    assert!(compare(&bound("extensible", "#few"), &bound("required", "#few")).is_empty());
    assert_eq!(
        compare(&bound("required", "#few"), &bound("extensible", "#few")).len(),
        1
    );
    assert!(compare(&gender("#many"), &gender("#few")).is_empty());
    let found = compare(&gender("#few"), &gender("#many"));
    assert!(
        found[0].ends_with("codes that are not allowed there: other"),
        "{found:?}"
    );
}

#[test]
fn invariants_and_values_are_kept() {
    let with = |key: &str, value: Value| json!([{"id": "Patient.name", "path": "Patient.name", key: value}]);
    let rule = json!([{"key": "own-1", "severity": "error", "human": "a", "expression": "family.exists()"}]);
    assert_eq!(
        compare(&with("constraint", rule.clone()), &name(0, "*")).len(),
        1
    );
    assert!(compare(&with("constraint", rule.clone()), &with("constraint", rule)).is_empty());
    let pattern = with("patternHumanName", json!({"use": "official"}));
    let narrower = with(
        "patternHumanName",
        json!({"use": "official", "family": "Chalmers"}),
    );
    assert!(compare(&pattern, &narrower).is_empty());
    assert_eq!(compare(&narrower, &pattern).len(), 1);
}

fn sliced(rules: &str, slices: &[(&str, &str, u32, &str)]) -> Value {
    let discriminator = json!([{"type": "value", "path": "system"}]);
    let mut elements = vec![
        json!({"id": "Patient.identifier", "path": "Patient.identifier",
        "slicing": {"discriminator": discriminator, "rules": rules}}),
    ];
    for (name, system, min, max) in slices {
        elements.push(json!({"id": format!("Patient.identifier:{name}"), "path": "Patient.identifier", "sliceName": name,
            "min": min, "max": max}));
        elements.push(json!({"id": format!("Patient.identifier:{name}.system"), "path": "Patient.identifier.system",
            "patternUri": system}));
    }
    Value::Array(elements)
}

#[test]
fn slices_are_found_by_what_tells_them_apart() {
    let claimed = sliced("open", &[("a", "http://example.org/a", 1, "1")]);
    assert!(
        compare(
            &claimed,
            &sliced("open", &[("other", "http://example.org/a", 1, "1")])
        )
        .is_empty()
    );
    assert_eq!(
        compare(
            &claimed,
            &sliced("open", &[("a", "http://example.org/b", 1, "1")])
        )
        .len(),
        1
    );
    assert_eq!(
        compare(
            &claimed,
            &sliced("open", &[("a", "http://example.org/a", 0, "3")])
        )
        .len(),
        1
    );
    let closed = sliced("closed", &[("a", "http://example.org/a", 0, "1")]);
    assert_eq!(
        compare(
            &closed,
            &sliced("open", &[("a", "http://example.org/a", 0, "1")])
        )
        .len(),
        1
    );
}

#[test]
fn a_profile_that_is_not_at_hand_leaves_it_open() {
    let claim = json!([{"url": super::COMPLIES, "valueCanonical": "http://example.org/unknown"}]);
    let found = crate::fhir::validate::rules::tests::issues(
        &json!({"resourceType": "StructureDefinition", "extension": claim,
        "url": "http://example.org/own", "name": "Own", "type": "Patient", "kind": "resource", "derivation": "constraint",
        "baseDefinition": "http://hl7.org/fhir/StructureDefinition/Patient", "differential": {"element": [{"path": "Patient"}]}}),
    );
    assert!(found.iter().all(|issue| !issue.is_error()) && found.len() == 1);
}
