//! Whether one structure is another one, or builds on it (profiling.html; the extensions
//! `structuredefinition-compliesWithProfile` and `structuredefinition-imposeProfile` promise the same by other means).

use super::Context;
use crate::fhir::definitions::{Structure, all, choice, text};
use std::sync::Arc;

/// How many structures may build on each other.
const MAX_DEPTH: usize = 20;

/// Interfaces: resources have their elements without building on them.
const INTERFACES: [&str; 2] = ["CanonicalResource", "MetadataResource"];

const PROMISES: [&str; 2] = [
    "http://hl7.org/fhir/StructureDefinition/structuredefinition-compliesWithProfile",
    "http://hl7.org/fhir/StructureDefinition/structuredefinition-imposeProfile",
];

/// Whether a structure (an address, or the name of a type) is another one or builds on it; what is not at hand may.
pub(super) fn derives(context: &Context<'_>, name: &str, above: &str) -> bool {
    let definitions = context.definitions;
    let Ok(above) = definitions.structure_of_type(above) else {
        return true;
    };
    if INTERFACES.contains(&&*above.name) {
        return true;
    }
    let mut here = definitions.structure_of_type(name);
    for _ in 0..MAX_DEPTH {
        let Ok(structure) = here else {
            return true;
        };
        if structure.url == above.url || promises(&structure, &above) {
            return true;
        }
        let Some(base) = &structure.base else {
            return false;
        };
        here = context.structure(base);
    }
    true
}

/// Whether a structure says by an extension that it keeps to another one.
fn promises(structure: &Arc<Structure>, above: &Structure) -> bool {
    let mut extensions = all(structure.source.root(), "extension");
    extensions.any(|found| {
        let is_promise = text(found, "url").is_some_and(|url| PROMISES.contains(&url));
        let address = choice(found, "value").and_then(|value| value.value());
        let named = address.map(|address| address.split('|').next().unwrap_or_default());
        is_promise && named == Some(&*above.url)
    })
}
