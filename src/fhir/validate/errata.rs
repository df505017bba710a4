//! Mistakes of published definitions that a later publication has put right.

use crate::fhir::definitions::{Binding, ElementDefinition, Strength, Version};

/// How strictly an element is bound.
///
/// R4's vital signs require common vital sign units for every component, such as a flow of oxygen in `L/min`; R4B, which
/// corrects R4, makes that extensible.
pub(super) fn strength(
    definition: &ElementDefinition,
    binding: &Binding,
    version: Version,
) -> Strength {
    const UNITS: &str = "http://hl7.org/fhir/ValueSet/ucum-vitals-common";
    let value_set = binding.value_set.as_deref().unwrap_or_default();
    let is_units = value_set.split('|').next() == Some(UNITS);
    if version == Version::R4 && is_units && *definition.path == *"Observation.component.value[x]" {
        return Strength::Extensible;
    }
    binding.strength
}

/// The expression of an invariant as a later release corrects it: there, what is absent breaks nothing.
pub(super) fn expression(published: &str) -> &str {
    let found = EXPRESSIONS.iter().find(|(wrong, _)| *wrong == published);
    found.map_or(published, |(_, right)| right)
}

/// As published (STU3, R4), and as corrected (R4B, R5).
const EXPRESSIONS: [(&str, &str); 4] = [
    (
        "fullUrl.contains('/_history/').not()",
        "fullUrl.exists() implies fullUrl.contains('/_history/').not()",
    ),
    (
        "probability is decimal implies (probability as decimal) <= 100",
        "probability.empty() or ((probability is decimal) implies ((probability as decimal) <= 100))",
    ),
    (
        "probability is decimal implies probability.as(decimal) <= 100",
        "probability.empty() or ((probability is decimal) implies ((probability as decimal) <= 100))",
    ),
    (
        "operator = 'exists' implies (answer is Boolean)",
        "operator = 'exists' implies (answer is boolean)",
    ),
];
