//! Issues as an OperationOutcome.

use super::{Grade, Issue, IssueKind};
use serde_json::{Map, Value, json};

/// Where OperationOutcome carries line and column, as the specification's own extensions have it.
const LINE: &str = "http://hl7.org/fhir/StructureDefinition/operationoutcome-issue-line";
const COLUMN: &str = "http://hl7.org/fhir/StructureDefinition/operationoutcome-issue-col";

/// An OperationOutcome in JSON. One without issues says that all is well, as a resource of this type needs an issue.
pub fn to_json(issues: &[Issue]) -> String {
    let mut listed: Vec<Value> = issues.iter().map(issue_of).collect();
    if listed.is_empty() {
        listed.push(json!({
            "severity": "information",
            "code": "informational",
            "diagnostics": "nothing is wrong"
        }));
    }
    json!({ "resourceType": "OperationOutcome", "issue": listed }).to_string()
}

fn issue_of(issue: &Issue) -> Value {
    let mut fields = Map::new();
    let places = [(LINE, issue.place.line), (COLUMN, issue.place.column)];
    let places: Vec<Value> = places
        .iter()
        .map(|(url, number)| json!({ "url": url, "valueInteger": number }))
        .collect();
    fields.insert("extension".to_owned(), Value::Array(places));
    fields.insert("severity".to_owned(), severity(issue.grade).into());
    fields.insert("code".to_owned(), issue.code.into());
    fields.insert("details".to_owned(), json!({ "text": issue.message }));
    if let Some(diagnostics) = diagnostics(issue) {
        fields.insert("diagnostics".to_owned(), diagnostics.into());
    }
    if !issue.place.path.is_empty() {
        fields.insert("expression".to_owned(), json!([issue.place.path]));
    }
    Value::Object(fields)
}

fn severity(grade: Grade) -> &'static str {
    match grade {
        Grade::Fatal => "fatal",
        Grade::Error => "error",
        Grade::Warning => "warning",
        Grade::Information => "information",
    }
}

/// What has no field of its own: the kind where it matters, profile and constraint.
fn diagnostics(issue: &Issue) -> Option<String> {
    let kind = (issue.kind == IssueKind::Undecided).then(|| "undecided".to_owned());
    let profile = issue
        .profile
        .as_ref()
        .map(|profile| format!("profile {profile}"));
    let constraint = issue
        .constraint
        .as_ref()
        .map(|key| format!("constraint {key}"));
    let parts: Vec<String> = [kind, profile, constraint].into_iter().flatten().collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

#[cfg(test)]
mod tests {
    use super::to_json;
    use crate::fhir::tree::Resource;
    use crate::fhir::validate::{Issue, IssueKind};

    #[test]
    fn an_outcome_names_place_and_profile() {
        let patient = Resource::parse_json(br#"{"resourceType":"Patient","gender":"x"}"#).unwrap();
        let gender = patient.root().child("gender").unwrap();
        let issue = Issue::error(
            IssueKind::Binding,
            "code-invalid",
            gender,
            "`x` is no gender",
        );
        let json = to_json(&[issue.of_profile("http://a.b/c")]);
        let read = Resource::parse_json(json.as_bytes()).unwrap();
        let issue = read.root().child("issue").unwrap();
        let text = |name: &str| issue.child(name).and_then(|child| child.value());
        assert_eq!(text("expression"), Some("Patient.gender"));
        assert_eq!(text("diagnostics"), Some("profile http://a.b/c"));
        assert_eq!(text("severity"), Some("error"));
        assert!(to_json(&[]).contains("nothing is wrong"));
    }
}
