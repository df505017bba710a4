//! Defects of the CapabilityStatement.

use crate::serve::fhir_r4::json::Json;

pub(super) fn other_version(statement: &mut Json) {
    statement.set("fhirVersion", "3.0.2");
}
