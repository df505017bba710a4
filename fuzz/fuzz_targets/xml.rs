//! Any bytes as FHIR XML.
#![no_main]

mod reading;

use libfuzzer_sys::fuzz_target;
use plugfest::fhir::Resource;

fuzz_target!(|body: &[u8]| {
    reading::agree(Resource::parse_xml(body).is_ok(), &Resource::read_xml(body));
});
