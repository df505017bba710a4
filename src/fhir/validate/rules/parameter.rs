//! Parameters of ValueSets (the extensions `valueset-parameter` and `cqf-expression` at a filter's value): expressions in
//! FHIRPath, over parameters that the value set declares.

use super::Context;
use crate::fhir::definitions::{all, choice, extension, text};
use crate::fhir::fhirpath::Expression;
use crate::fhir::tree::Element;
use crate::fhir::validate::{Issue, IssueKind};
use std::collections::BTreeSet;

const EXPRESSION: &str = "http://hl7.org/fhir/StructureDefinition/cqf-expression";
const PARAMETER: &str = "/StructureDefinition/valueset-parameter";

/// Variables that FHIRPath in FHIR has anyway (fhirpath.html, "Variables").
const GIVEN: [&str; 6] = [
    "context",
    "resource",
    "rootResource",
    "ucum",
    "sct",
    "loinc",
];

/// Looks at one value set.
pub(super) fn look(_: &Context<'_>, value_set: Element<'_>, issues: &mut Vec<Issue>) {
    let Some(compose) = value_set.child("compose") else {
        return;
    };
    let declared: BTreeSet<&str> = all(value_set, "extension")
        .filter_map(declared_name)
        .collect();
    let parts = compose
        .children()
        .filter(|part| matches!(part.name(), "include" | "exclude"));
    for filter in parts.flat_map(|part| all(part, "filter")) {
        let found = filter
            .child("value")
            .and_then(|value| extension(value, EXPRESSION));
        if let Some(expression) = found.and_then(|found| choice(found, "value")) {
            computed(expression, &declared, issues);
        }
    }
}

fn declared_name(found: Element<'_>) -> Option<&str> {
    text(found, "url").filter(|url| url.ends_with(PARAMETER))?;
    let name = all(found, "extension").find(|part| text(*part, "url") == Some("name"))?;
    choice(name, "value")?.value()
}

fn computed(expression: Element<'_>, declared: &BTreeSet<&str>, issues: &mut Vec<Issue>) {
    let mut wrong = |message: String| {
        issues.push(Issue::error(
            IssueKind::Value,
            "invalid",
            expression,
            message,
        ));
    };
    let language = text(expression, "language").unwrap_or_default();
    if language != "text/fhirpath" {
        wrong(format!(
            "expressions in value sets are written in `text/fhirpath`, not `{language}`"
        ));
        return;
    }
    let written = text(expression, "expression").unwrap_or_default();
    let read = match Expression::parse(written) {
        Ok(read) => read,
        Err(error) => {
            wrong(format!("`{written}` is no FHIRPath: {}", error.message));
            return;
        }
    };
    for name in read.variables() {
        let is_given = GIVEN.contains(&name) || name.starts_with("vs-") || name.starts_with("ext-");
        if !is_given && !declared.contains(name) {
            wrong(format!(
                "the expression uses `%{name}`, and the value set declares no such parameter"
            ));
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::fhir::validate::rules::tests::messages;
    use serde_json::json;

    #[test]
    fn expressions_use_parameters_that_are_declared() {
        let found = |language: &str, written: &str| {
            let expression = json!([{"url": super::EXPRESSION, "valueExpression": {"language": language, "expression": written}}]);
            let filter =
                json!({"property": "inactive", "op": "=", "_value": {"extension": expression}});
            let parameter = json!([{"url": "http://hl7.org/fhir/tools/StructureDefinition/valueset-parameter",
                "extension": [{"url": "name", "valueCode": "p-old"}]}]);
            messages(&json!({"resourceType": "ValueSet", "extension": parameter,
                "compose": {"include": [{"system": "http://snomed.info/sct", "filter": [filter]}]}}))
            .len()
        };
        assert_eq!(found("text/fhirpath", "%p-old"), 0);
        assert_eq!(found("text/fhirpath", "%p-new"), 1);
        assert_eq!(found("text/fhirpath", "%resource.exists()"), 0);
        assert_eq!(found("text/fhirpath", "$ and"), 1);
        assert_eq!(found("text/cql", "%p-old"), 1);
    }
}
