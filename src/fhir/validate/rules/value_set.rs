//! ValueSets (valueset.html): what may be included.

use super::Context;
use crate::fhir::definitions::{all, text};
use crate::fhir::tree::Element;
use crate::fhir::validate::{Issue, IssueKind};

/// Looks at one value set.
pub(super) fn look(context: &Context<'_>, value_set: Element<'_>, issues: &mut Vec<Issue>) {
    let Some(compose) = value_set.child("compose") else {
        return;
    };
    for part in compose
        .children()
        .filter(|part| matches!(part.name(), "include" | "exclude"))
    {
        if let Some(system) = part.child("system") {
            addressed(context, system, issues);
        }
        for filter in all(part, "filter") {
            filtered(filter, issues);
        }
    }
}

/// A system is named by its own absolute address.
fn addressed(context: &Context<'_>, system: Element<'_>, issues: &mut Vec<Issue>) {
    let address = system.value().unwrap_or_default();
    if address.is_empty() {
        return;
    }
    if !address.contains(':') {
        let message = format!("`{address}` is no absolute address of a code system");
        issues.push(Issue::error(IssueKind::Value, "invalid", system, message));
        return;
    }
    let found = context.definitions.find(address);
    let content = found
        .as_ref()
        .and_then(|found| text(found.root(), "content"));
    let is_supplement = content == Some("supplement");
    match found.as_ref().and_then(|found| found.type_name()) {
        Some("ValueSet") => {
            let message = format!("`{address}` is a value set: name it in `valueSet`");
            issues.push(Issue::error(IssueKind::Value, "invalid", system, message));
        }
        Some("CodeSystem") if is_supplement => {
            let message =
                format!("`{address}` is a supplement: name the code system that it adds to");
            issues.push(Issue::error(IssueKind::Value, "invalid", system, message));
        }
        _ => {}
    }
}

/// Operators with a closed set of values.
fn filtered(filter: Element<'_>, issues: &mut Vec<Issue>) {
    let value = text(filter, "value");
    if text(filter, "op") == Some("exists") && !matches!(value, Some("true" | "false")) {
        let message = format!(
            "`exists` takes `true` or `false`, not `{}`",
            value.unwrap_or_default()
        );
        issues.push(Issue::error(IssueKind::Value, "invalid", filter, message));
    }
}

#[cfg(test)]
mod tests {
    use crate::fhir::validate::rules::tests::messages;
    use serde_json::json;

    #[test]
    fn a_system_is_a_code_system_by_its_absolute_address() {
        let included = |system: &str| {
            messages(
                &json!({"resourceType": "ValueSet", "compose": {"include": [{"system": system}]}}),
            )
            .len()
        };
        assert_eq!(included("http://hl7.org/fhir/administrative-gender"), 0);
        assert_eq!(
            included("http://hl7.org/fhir/ValueSet/administrative-gender"),
            1
        );
        assert_eq!(included("#inside"), 1);
    }

    #[test]
    fn exists_is_true_or_false() {
        let asked = |value: &str| {
            let filter = json!([{"property": "parent", "op": "exists", "value": value}]);
            messages(&json!({"resourceType": "ValueSet", "compose": {"include": [{"system": "http://example.org/cs", "filter": filter}]}})).len()
        };
        assert_eq!((asked("true"), asked("yes")), (0, 1));
    }
}
