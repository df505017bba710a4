//! Any text as a FHIRPath expression, evaluated on one patient.
#![no_main]

use libfuzzer_sys::fuzz_target;
use plugfest::fhir::{Expression, Resource, Variables};
use std::sync::LazyLock;

static PATIENT: LazyLock<Resource> = LazyLock::new(|| {
    let body = br#"{"resourceType":"Patient","id":"p","active":true,"name":[{"use":"official","given":["Ada","Bo"],"family":"Quill"},{"text":"x"}],"birthDate":"1970-03","multipleBirthInteger":2,"contained":[{"resourceType":"Observation","id":"o","valueQuantity":{"value":1.10,"unit":"mg","system":"http://unitsofmeasure.org","code":"mg"}}]}"#;
    Resource::parse_json(body).expect("the patient is sound")
});

fuzz_target!(|text: &str| {
    let Ok(expression) = Expression::parse(text) else {
        return;
    };
    let variables = Variables::new();
    if let Ok(found) = expression.evaluate(&PATIENT, &variables) {
        let _ = (found.texts(), found.locations());
    }
});
