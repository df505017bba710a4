//! What must hold of any reading.

use plugfest::fhir::{
    FormIssueKind, Format, MAX_FORM_ISSUES, NoShapes, Reading, Resource, narrative, to_json, to_xml,
};

/// A strict reader refuses what a patient one had to mend; every element has a place; what is written reads back.
pub fn agree(strict: bool, reading: &Reading) {
    let issues = reading.issues();
    if issues.len() < MAX_FORM_ISSUES {
        let mended = issues.iter().any(|issue| issue.kind.is_syntax());
        assert_eq!(strict, reading.error().is_none() && !mended);
    }
    let Some(resource) = reading.resource() else {
        return;
    };
    for element in resource.root().descendants() {
        assert!(element.place().line > 0);
        for issue in narrative::check(element.value().unwrap_or_default()) {
            assert!(element.value_position(issue.offset).0 > 0);
        }
    }
    written(resource);
}

/// Each format reads back with as many elements as it was written from. Numbers that JSON does not know become strings,
/// which may say more than they did.
fn written(resource: &Resource) {
    let odd = |kind| {
        resource
            .form_issues()
            .iter()
            .any(|issue| issue.kind == kind)
    };
    let elements = resource.root().descendants().count();
    let again = Resource::parse_json(to_json(resource, &NoShapes).as_bytes());
    let again = again.expect("what is written as JSON reads back");
    if resource.format() == Format::Json && !odd(FormIssueKind::NumberForm) {
        assert_eq!(again.root().descendants().count(), elements);
    }
    if let Ok(text) = to_xml(resource, &NoShapes) {
        let again =
            Resource::parse_xml(text.as_bytes()).expect("what is written as XML reads back");
        if resource.format() == Format::Xml {
            assert_eq!(again.root().descendants().count(), elements);
        }
    }
}
