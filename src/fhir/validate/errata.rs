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
