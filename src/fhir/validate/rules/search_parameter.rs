//! SearchParameters (searchparameter.html) and where CapabilityStatements name them.

use super::Context;
use crate::fhir::definitions::{all, text};
use crate::fhir::tree::Element;
use crate::fhir::validate::{Issue, IssueKind, Weight};

/// A composite has components, and what is derived keeps the type and stays within the bases of its source.
pub(super) fn look(context: &Context<'_>, parameter: Element<'_>, issues: &mut Vec<Issue>) {
    if let Some(source) = parameter.child("derivedFrom") {
        derived(context, parameter, source, issues);
    }
    let components = all(parameter, "component").count();
    if text(parameter, "type") == Some("composite") && components < 2 {
        let message = format!(
            "a composite search parameter has at least two components, and this one has {components}"
        );
        issues.push(Issue::error(
            IssueKind::Cardinality,
            "business-rule",
            parameter,
            message,
        ));
    }
}

/// `derivedFrom` names the parameter whose use this one narrows.
fn derived(
    context: &Context<'_>,
    parameter: Element<'_>,
    source: Element<'_>,
    issues: &mut Vec<Issue>,
) {
    let address = source.value().unwrap_or_default();
    let Some(found) = context.find(address) else {
        let message = format!(
            "the search parameter `{address}` is not at hand, so this one was not compared with it"
        );
        issues.push(Issue::undecided(Weight::Minor, source, message));
        return;
    };
    if found.type_name() != Some("SearchParameter") {
        return;
    }
    let found = found.root();
    let types = text(parameter, "type").zip(text(found, "type"));
    if let Some((own, due)) = types.filter(|(own, due)| own != due) {
        let message = format!(
            "the search parameter `{address}`, which this derives from, has the type {due}, not {own}"
        );
        issues.push(Issue::error(
            IssueKind::Value,
            "business-rule",
            parameter,
            message,
        ));
    }
    let bases: Vec<&str> = all(found, "base").filter_map(Element::value).collect();
    let is_general = bases
        .iter()
        .any(|base| matches!(*base, "Resource" | "DomainResource"));
    for base in all(parameter, "base").filter(|_| !is_general && !bases.is_empty()) {
        let name = base.value().unwrap_or_default();
        if !bases.contains(&name) {
            let message = format!(
                "the search parameter `{address}`, which this derives from, is not for {name}"
            );
            issues.push(Issue::error(
                IssueKind::Value,
                "business-rule",
                base,
                message,
            ));
        }
    }
}

/// A CapabilityStatement gives a search parameter the type of its definition.
pub(super) fn look_at_capabilities(
    context: &Context<'_>,
    statement: Element<'_>,
    issues: &mut Vec<Issue>,
) {
    for parameter in statement
        .descendants()
        .filter(|element| element.name() == "searchParam")
    {
        let Some((address, said)) = text(parameter, "definition").zip(text(parameter, "type"))
        else {
            continue;
        };
        let Some(found) = context.find(address) else {
            continue;
        };
        let defined = text(found.root(), "type").unwrap_or_default();
        if found.type_name() == Some("SearchParameter") && defined != said {
            let message =
                format!("the search parameter `{address}` has the type {defined}, not {said}");
            issues.push(Issue::error(
                IssueKind::Value,
                "invalid",
                parameter,
                message,
            ));
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::fhir::definitions::Version;
    use crate::fhir::validate::rules::tests::issues_beside;
    use serde_json::{Value, json};

    fn count(body: &Value) -> usize {
        let source = json!({"resourceType": "SearchParameter", "url": "http://example.org/sp", "type": "token", "base": ["Patient"]});
        let issues = issues_beside(Version::R4, body, &[source]);
        issues.iter().filter(|issue| issue.is_error()).count()
    }

    #[test]
    fn a_composite_has_components() {
        assert_eq!(
            count(
                &json!({"resourceType": "SearchParameter", "type": "composite", "component": [{}]})
            ),
            1
        );
        assert_eq!(
            count(
                &json!({"resourceType": "SearchParameter", "type": "composite", "component": [{}, {}]})
            ),
            0
        );
    }

    #[test]
    fn what_is_derived_keeps_type_and_base() {
        let derived = |kind: &str, base: &str| {
            count(
                &json!({"resourceType": "SearchParameter", "type": kind, "base": [base], "derivedFrom": "http://example.org/sp"}),
            )
        };
        assert_eq!(derived("token", "Patient"), 0);
        assert_eq!(derived("date", "Patient"), 1);
        assert_eq!(derived("token", "Person"), 1);
    }

    #[test]
    fn a_capability_has_the_type_of_its_parameter() {
        let stated = |kind: &str| {
            let parameter =
                json!({"name": "a", "definition": "http://example.org/sp", "type": kind});
            count(
                &json!({"resourceType": "CapabilityStatement", "rest": [{"resource": [{"searchParam": [parameter]}]}]}),
            )
        };
        assert_eq!((stated("token"), stated("date")), (0, 1));
    }
}
