//! Reads the corpus of nasty bodies in `fixtures/fhir/nasty` to an end.

#![expect(clippy::unwrap_used, reason = "tests")]

use plugfest::fhir::{NoShapes, Reading, Resource, narrative, to_json, to_xml};

/// Strict and patient reading agree on what is well-formed, each body has at least one fault, and what can be read can
/// be walked and written.
#[test]
fn nasty_bodies_are_read_to_an_end() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/fhir/nasty");
    let mut count = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().display().to_string();
        if name.ends_with(".md") {
            continue;
        }
        let body = std::fs::read(&path).unwrap();
        let (strict, patient) = match name.ends_with(".xml") {
            true => (Resource::parse_xml(&body), Resource::read_xml(body)),
            false => (Resource::parse_json(&body), Resource::read_json(body)),
        };
        let mended = patient.issues().iter().any(|issue| issue.kind.is_syntax());
        let sound = patient.error().is_none() && !mended;
        assert_eq!(strict.is_ok(), sound, "{name}: {strict:?} {patient:?}");
        let faults = patient.issues().len() + usize::from(patient.error().is_some());
        assert!(faults > 0, "{name} has no fault");
        use_everything(&patient);
        count += 1;
    }
    assert!(count >= 60, "only {count} bodies");
}

/// Asks every element for its place, checks narratives, and writes both formats.
fn use_everything(reading: &Reading) {
    let Some(resource) = reading.resource() else {
        return;
    };
    for element in resource.root().descendants() {
        assert!(element.place().line > 0);
        let value = element.value().unwrap_or_default();
        for issue in narrative::check(value) {
            assert!(element.value_position(issue.offset).0 > 0);
        }
    }
    Resource::parse_json(to_json(resource, &NoShapes).as_bytes()).unwrap();
    if let Ok(xml) = to_xml(resource, &NoShapes) {
        Resource::parse_xml(xml.as_bytes()).unwrap();
    }
}
