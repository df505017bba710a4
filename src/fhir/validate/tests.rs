//! What single rules find, over the embedded core of R4.

use super::{IssueKind, Options, Report, UnknownExtensions, Validator};
use crate::fhir::definitions::{Definitions, Library, Loose, Version};
use crate::fhir::terminology::Packaged;
use crate::fhir::tree::Resource;
use std::sync::Arc;

const PROFILE: &str = "http://a.test/StructureDefinition/p";

fn validator_with(definitions: &[&str], options: Options) -> Validator {
    let own = definitions
        .iter()
        .map(|text| Arc::new(Resource::parse_json(text.as_bytes()).unwrap()));
    let own: Arc<dyn Library> = Arc::new(Loose::new("test", own));
    let definitions = Arc::new(Definitions::core(Version::R4).with([own]));
    Validator::new(
        definitions.clone(),
        Arc::new(Packaged::new(definitions)),
        options,
    )
}

/// A profile on Patient with these elements in its differential.
fn profile(elements: &str) -> String {
    format!(
        r#"{{"resourceType":"StructureDefinition","url":"{PROFILE}","name":"P","status":"draft","kind":"resource",
        "abstract":false,"type":"Patient","baseDefinition":"http://hl7.org/fhir/StructureDefinition/Patient",
        "derivation":"constraint","differential":{{"element":[{elements}]}}}}"#
    )
}

/// Kind and path of each error, and of what is undecided and decisive.
fn findings(report: &Report) -> Vec<(IssueKind, String)> {
    let all = report.issues.iter();
    let counted = all.filter(|issue| issue.is_error() || issue.weight == super::Weight::Decisive);
    counted
        .map(|issue| (issue.kind, issue.place.path.clone()))
        .collect()
}

#[track_caller]
fn check(body: &str, expected: &[(IssueKind, &str)]) {
    let report = validator_with(&[], Options::default()).validate_bytes(body.as_bytes(), &[]);
    assert_found(&report, expected);
}

#[track_caller]
fn check_profile(elements: &str, body: &str, expected: &[(IssueKind, &str)]) {
    let profile = profile(elements);
    let validator = validator_with(&[&profile], Options::default());
    assert_found(
        &validator.validate_bytes(body.as_bytes(), &[PROFILE]),
        expected,
    );
}

#[track_caller]
fn assert_found(report: &Report, expected: &[(IssueKind, &str)]) {
    let expected: Vec<_> = expected
        .iter()
        .map(|(kind, path)| (*kind, (*path).to_owned()))
        .collect();
    assert_eq!(findings(report), expected, "{:#?}", report.issues);
}

#[test]
fn names_types_and_counts() {
    check(
        r#"{"resourceType":"Patient","active":true,"name":[{"given":["A"]}]}"#,
        &[],
    );
    check(
        r#"{"resourceType":"Patient","Active":true,"gendre":"male"}"#,
        &[
            (IssueKind::Structure, "Patient.Active"),
            (IssueKind::Structure, "Patient.gendre"),
        ],
    );
    check(
        r#"{"resourceType":"Patient","active":"true","name":{"given":["A"]},"birthDate":"2023-02-29"}"#,
        &[
            (IssueKind::Type, "Patient.active"),
            (IssueKind::Structure, "Patient.name"),
            (IssueKind::Value, "Patient.birthDate"),
        ],
    );
    check(
        r#"{"resourceType":"Observation","status":"final","valueString":"a","valueInteger":1,"code":{"text":"t"}}"#,
        &[(IssueKind::Cardinality, "Observation.value")],
    );
    check(
        r#"{"resourceType":"Observation","status":"final"}"#,
        &[(IssueKind::Cardinality, "Observation")],
    );
    check(
        r#"{"resourceType":"Nothing"}"#,
        &[(IssueKind::Structure, "Nothing")],
    );
}

#[test]
fn suggestions_are_made() {
    let validator = validator_with(&[], Options::default());
    let report = validator.validate_bytes(br#"{"resourceType":"Patient","brithDate":"2000"}"#, &[]);
    assert!(
        report.issues[0]
            .message
            .contains("did you mean `birthDate`?"),
        "{:?}",
        report.issues
    );
}

#[test]
fn invariants_bindings_and_references() {
    check(
        r#"{"resourceType":"Patient","gender":"girl"}"#,
        &[(IssueKind::Binding, "Patient.gender")],
    );
    check(
        r#"{"resourceType":"Patient","contact":[{"gender":"male"}]}"#,
        &[(IssueKind::Invariant, "Patient.contact[0]")],
    );
    check(
        r##"{"resourceType":"Patient","managingOrganization":{"reference":"#o"}}"##,
        &[(IssueKind::Reference, "Patient.managingOrganization")],
    );
    check(
        r#"{"resourceType":"Patient","managingOrganization":{"reference":"Patient/1"}}"#,
        &[(IssueKind::Reference, "Patient.managingOrganization")],
    );
    check(
        r#"{"resourceType":"Patient","contained":[{"resourceType":"Organization","id":"o","name":"O"}]}"#,
        &[(IssueKind::Invariant, "Patient.contained[0]")],
    );
}

#[test]
fn extensions_need_addresses_values_and_places() {
    check(
        r#"{"resourceType":"Patient","extension":[{"url":"http://a.test/x","valueCode":"a"}]}"#,
        &[],
    );
    check(
        r#"{"resourceType":"Patient","extension":[{"url":"x","valueCode":"a"},{"url":"http://a.test/x"}]}"#,
        &[
            (IssueKind::Extension, "Patient.extension[0]"),
            (IssueKind::Invariant, "Patient.extension[1]"),
        ],
    );
    check(
        r#"{"resourceType":"Patient","modifierExtension":[{"url":"http://a.test/x","valueCode":"a"}]}"#,
        &[(IssueKind::Extension, "Patient.modifierExtension[0]")],
    );
    let strict = Options {
        unknown_extensions: UnknownExtensions::Refused,
        ..Options::default()
    };
    let body =
        br#"{"resourceType":"Patient","extension":[{"url":"http://a.test/x","valueCode":"a"}]}"#;
    let report = validator_with(&[], strict).validate_bytes(body, &[]);
    assert_found(&report, &[(IssueKind::Extension, "Patient.extension[0]")]);
}

#[test]
fn profiles_add_to_their_types() {
    let elements = r#"{"id":"Patient.name","path":"Patient.name","min":1},
        {"id":"Patient.gender","path":"Patient.gender","fixedCode":"male"},
        {"id":"Patient.deceased[x]","path":"Patient.deceased[x]","type":[{"code":"boolean"}]}"#;
    check_profile(
        elements,
        r#"{"resourceType":"Patient","name":[{"text":"A"}],"gender":"male"}"#,
        &[],
    );
    check_profile(
        elements,
        r#"{"resourceType":"Patient","gender":"female","deceasedDateTime":"2020"}"#,
        &[
            (IssueKind::Cardinality, "Patient"),
            (IssueKind::Value, "Patient.gender"),
            (IssueKind::Type, "Patient.deceased"),
        ],
    );
}

#[test]
fn slices_are_told_apart_and_counted() {
    let elements = r#"{"id":"Patient.identifier","path":"Patient.identifier",
            "slicing":{"discriminator":[{"type":"value","path":"system"}],"rules":"closed"}},
        {"id":"Patient.identifier:a","path":"Patient.identifier","sliceName":"a","min":1,"max":"1"},
        {"id":"Patient.identifier:a.system","path":"Patient.identifier.system","min":1,"fixedUri":"http://a.test/a"},
        {"id":"Patient.identifier:a.value","path":"Patient.identifier.value","min":1}"#;
    let body =
        |identifiers: &str| format!(r#"{{"resourceType":"Patient","identifier":[{identifiers}]}}"#);
    let fine = r#"{"system":"http://a.test/a","value":"1"}"#;
    check_profile(elements, &body(fine), &[]);
    check_profile(
        elements,
        &body(&format!("{fine},{fine}")),
        &[(IssueKind::Cardinality, "Patient")],
    );
    check_profile(
        elements,
        &body(r#"{"system":"http://a.test/a"},{"system":"http://a.test/b","value":"2"}"#),
        &[
            (IssueKind::Cardinality, "Patient.identifier[0]"),
            (IssueKind::Slicing, "Patient.identifier[1]"),
        ],
    );
}

#[test]
fn what_is_not_at_hand_is_undecided() {
    let body = r#"{"resourceType":"Patient","meta":{"profile":["http://a.test/unknown"]}}"#;
    check(body, &[(IssueKind::Undecided, "Patient.meta.profile[0]")]);
    let invariant = r#"{"id":"Patient","path":"Patient","constraint":[
        {"key":"x-1","severity":"error","human":"h","expression":"conformsTo('http://a.test/unknown')"}]}"#;
    check_profile(
        invariant,
        r#"{"resourceType":"Patient","active":true}"#,
        &[(IssueKind::Undecided, "Patient")],
    );
}

#[test]
fn profiles_that_ask_for_themselves_end() {
    let circular = format!(
        r#"{{"id":"Patient","path":"Patient","constraint":[
        {{"key":"x-1","severity":"error","human":"h","expression":"conformsTo('{PROFILE}')"}}]}}"#
    );
    let profile = profile(&circular);
    let validator = validator_with(&[&profile], Options::default());
    let report =
        validator.validate_bytes(br#"{"resourceType":"Patient","active":true}"#, &[PROFILE]);
    assert!(
        report.issues.iter().all(|issue| !issue.is_error()),
        "{:?}",
        report.issues
    );
}

#[test]
fn must_support_is_listed_and_seen() {
    let profile = profile(
        r#"{"id":"Patient.name","path":"Patient.name","mustSupport":true},
        {"id":"Patient.gender","path":"Patient.gender","mustSupport":true}"#,
    );
    let validator = validator_with(&[&profile], Options::default());
    let mut supports = validator.must_support(PROFILE).unwrap();
    let patient = Resource::parse_json(br#"{"resourceType":"Patient","gender":"male"}"#).unwrap();
    validator
        .see_must_support(&patient, PROFILE, &mut supports)
        .unwrap();
    let seen: Vec<_> = supports
        .listing()
        .into_iter()
        .map(|one| (one.element, one.seen))
        .collect();
    assert_eq!(
        seen,
        [
            ("Patient.gender".to_owned(), 1),
            ("Patient.name".to_owned(), 0)
        ]
    );
}

/// As deep as the reader goes, within the stack of a test's thread.
#[test]
fn deep_resources_are_walked() {
    let mut deep = r#""item":[{"linkId":"a","type":"display","text":"t"}]"#.to_owned();
    for level in 0..90 {
        deep = format!(r#""item":[{{"linkId":"{level}","text":"t","type":"group",{deep}}}]"#);
    }
    let body = format!(r#"{{"resourceType":"Questionnaire","status":"draft","name":"Q",{deep}}}"#);
    check(&body, &[]);
    let mut deep = r#""valueCode":"a""#.to_owned();
    for _ in 0..90 {
        deep = format!(r#""extension":[{{"url":"a",{deep}}}]"#);
    }
    let report = validator_with(&[], Options::default()).validate_bytes(
        format!(r#"{{"resourceType":"Patient",{deep}}}"#).as_bytes(),
        &[],
    );
    assert!(!report.issues.is_empty());
}

#[test]
fn work_is_bounded() {
    let many = r#"{"given":["A"],"family":1},"#.repeat(20_000);
    let body = format!(
        r#"{{"resourceType":"Patient","name":[{}]}}"#,
        many.trim_end_matches(',')
    );
    let report = validator_with(&[], Options::default()).validate_bytes(body.as_bytes(), &[]);
    assert!(report.issues.len() <= super::run::MAX_ISSUES + 1);
    assert!(
        report
            .issues
            .iter()
            .any(|issue| issue.kind == IssueKind::Undecided)
    );
}
