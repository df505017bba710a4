//! SearchParameters (searchparameter.html) and where CapabilityStatements name them.

use super::Context;
use crate::fhir::definitions::{all, text};
use crate::fhir::tree::Element;
use crate::fhir::validate::{Issue, IssueKind};

/// A composite has components.
pub(super) fn look(_: &Context<'_>, parameter: Element<'_>, issues: &mut Vec<Issue>) {
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
        let Some(found) = context.definitions.find(address) else {
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
