//! What FHIR's text demands of single resource types beyond their StructureDefinitions: a rule is a file and a row.

mod attachment;
mod bundle;
mod code_system;
mod complies;
mod differential;
mod expression_constraint;
mod filter;
mod lineage;
mod measure;
mod narrative_source;
mod obligation;
mod parameter;
mod places;
mod questionnaire;
mod response;
mod search_parameter;
mod signature;
mod structure;
mod value_set;

use super::{Issue, Resolver};
use crate::fhir::definitions::{Canonical, Definitions, Missing, Strength, Structure};
use crate::fhir::terminology::Terminology;
use crate::fhir::tree::{Element, Kind, Resource};
use std::sync::Arc;

/// What a rule may ask.
pub(super) struct Context<'v> {
    pub(super) definitions: &'v Definitions,
    pub(super) terminology: &'v dyn Terminology,
    pub(super) resolver: Option<&'v dyn Resolver>,
}

impl Context<'_> {
    /// A definition of the very version that an address names, or else of any.
    fn find(&self, canonical: &str) -> Option<Arc<Resource>> {
        let exact = self.definitions.find(canonical);
        exact.or_else(|| self.definitions.find(Canonical::of(canonical).url))
    }

    /// The same for a structure.
    fn structure(&self, canonical: &str) -> Result<Arc<Structure>, Missing> {
        let exact = self.definitions.structure(canonical);
        exact.or_else(|_| self.definitions.structure(Canonical::of(canonical).url))
    }
}

/// Looks at one resource (of the type in its row, at the root, in an entry or contained).
type Rule = fn(&Context<'_>, Element<'_>, &mut Vec<Issue>);

/// Resource type and rule; `*` for every resource.
const RULES: &[(&str, Rule)] = &[
    ("*", attachment::look),
    ("*", signature::look),
    ("Bundle", bundle::look),
    (
        "CapabilityStatement",
        search_parameter::look_at_capabilities,
    ),
    ("CodeSystem", code_system::look),
    ("Measure", measure::look_at_measure),
    ("MeasureReport", measure::look),
    ("Questionnaire", questionnaire::look),
    ("QuestionnaireResponse", response::look),
    ("SearchParameter", search_parameter::look),
    ("StructureDefinition", structure::look),
    ("StructureDefinition", differential::look),
    ("StructureDefinition", obligation::look),
    ("StructureDefinition", complies::look),
    ("ValueSet", value_set::look),
    ("ValueSet", filter::look),
    ("ValueSet", parameter::look),
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

/// All elements below a resource that belong to it, and not to a resource inside of it.
fn own_elements(resource: Element<'_>) -> impl Iterator<Item = Element<'_>> {
    let mut open = vec![resource.children()];
    std::iter::from_fn(move || {
        loop {
            let Some(next) = open.last_mut()?.next() else {
                open.pop();
                continue;
            };
            if next.kind() != Kind::Resource {
                open.push(next.children());
                return Some(next);
            }
        }
    })
}

/// The strength of a binding by its code.
fn strength(code: &str) -> Option<Strength> {
    match code {
        "required" => Some(Strength::Required),
        "extensible" => Some(Strength::Extensible),
        "preferred" => Some(Strength::Preferred),
        "example" => Some(Strength::Example),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
