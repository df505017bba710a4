//! Any bytes as FHIR JSON.
#![no_main]

mod reading;

use libfuzzer_sys::fuzz_target;
use plugfest::fhir::Resource;

fuzz_target!(|body: &[u8]| {
    reading::agree(
        Resource::parse_json(body).is_ok(),
        &Resource::read_json(body),
    );
});
