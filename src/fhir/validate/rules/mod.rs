//! What FHIR's text demands of single resource types beyond their StructureDefinitions: a rule is a file and a row.

mod bundle;
mod code_system;
mod measure;
mod questionnaire;
mod response;
mod search_parameter;
mod structure;
mod value_set;

use super::{Issue, Resolver};
use crate::fhir::definitions::Definitions;
use crate::fhir::terminology::Terminology;
use crate::fhir::tree::Element;

/// What a rule may ask.
pub(super) struct Context<'v> {
    pub(super) definitions: &'v Definitions,
    pub(super) terminology: &'v dyn Terminology,
    pub(super) resolver: Option<&'v dyn Resolver>,
}

/// Looks at one resource (of the type in its row, at the root, in an entry or contained).
type Rule = fn(&Context<'_>, Element<'_>, &mut Vec<Issue>);

/// Resource type and rule; `*` for every resource.
const RULES: &[(&str, Rule)] = &[
    ("Bundle", bundle::look),
    (
        "CapabilityStatement",
        search_parameter::look_at_capabilities,
    ),
    ("CodeSystem", code_system::look),
    ("MeasureReport", measure::look),
    ("Questionnaire", questionnaire::look),
    ("QuestionnaireResponse", response::look),
    ("SearchParameter", search_parameter::look),
    ("StructureDefinition", structure::look),
    ("ValueSet", value_set::look),
];

/// Applies all rules that are meant for a resource.
pub(super) fn apply(context: &Context<'_>, resource: Element<'_>, issues: &mut Vec<Issue>) {
    let type_name = resource.resource_type().unwrap_or_default();
    let meant = RULES
        .iter()
        .filter(|(meant, _)| matches!(*meant, "*") || *meant == type_name);
    for (_, rule) in meant {
        rule(context, resource, issues);
    }
}
