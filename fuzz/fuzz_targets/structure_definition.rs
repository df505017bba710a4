//! Any JSON as a StructureDefinition: its snapshot is made, and a patient is validated against it.
#![no_main]

use libfuzzer_sys::fuzz_target;
use plugfest::fhir::Resource;
use plugfest::fhir::definitions::{Definitions, Loose, Trail, Version};
use plugfest::fhir::snapshot::{self, Order};
use plugfest::fhir::terminology::NoTerminology;
use plugfest::fhir::validate::{Options, Validator};
use std::sync::{Arc, LazyLock};

static CORE: LazyLock<Definitions> = LazyLock::new(|| Definitions::core(Version::R4));

fuzz_target!(|body: &[u8]| {
    let Ok(resource) = Resource::parse_json(body) else {
        return;
    };
    let resource = Arc::new(resource);
    let _ = snapshot::generate(&CORE, &resource, Order::Any, &mut Trail::default());
    let Some(url) = resource.root().child("url").and_then(|url| url.value()) else {
        return;
    };
    let loose: Arc<Loose> = Arc::new(Loose::new("fuzz", [resource.clone()]));
    let definitions = Arc::new(CORE.with([loose as _]));
    let validator = Validator::new(definitions, Arc::new(NoTerminology), Options::default());
    let patient = br#"{"resourceType":"Patient","active":true,"name":[{"family":"Quill"}],"extension":[{"url":"urn:x","valueCode":"a"}]}"#;
    validator.validate_bytes(patient, &[url]);
});
