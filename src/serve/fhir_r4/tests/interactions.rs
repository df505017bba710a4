//! What a sound server does with conditional interactions, patches, XML and operations.

use super::Probe;
use crate::serve::fhir_r4::json::{Json, parse};

/// A Patient with an identifier.
fn identified(value: &str) -> String {
    format!(
        r#"{{"resourceType":"Patient","identifier":[{{"system":"http://s","value":"{value}"}}]}}"#
    )
}

/// A server with one Patient `one` and two Patients `two`.
fn with_matches() -> Probe {
    let mut probe = Probe::sound();
    for value in ["one", "two", "two"] {
        probe.create(&identified(value));
    }
    probe
}

#[test]
fn conditional_creates_look_first() {
    let mut probe = with_matches();
    let mut status = |condition: &str, value: &str| {
        let line = format!("POST /Patient\nIf-None-Exist: {condition}");
        probe.write(&line, &identified(value)).status
    };
    assert_eq!(status("identifier=http://s|none", "none"), 201);
    assert_eq!(status("identifier=http://s|none", "none"), 200);
    assert_eq!(status("identifier=http://s|one", "one"), 200);
    assert_eq!(status("identifier=http://s|two", "two"), 412);
    assert_eq!(status("nonsense=1", "one"), 400);
    assert_eq!(status("", "one"), 400);
}

#[test]
fn conditional_updates_look_first() {
    let mut probe = with_matches();
    let mut status = |value: &str, body: &str| {
        let line = format!("PUT /Patient?identifier=http://s|{value}");
        probe.write(&line, body).status
    };
    assert_eq!(status("none", &identified("none")), 201);
    assert_eq!(status("none", &identified("none")), 200);
    assert_eq!(status("one", &identified("one")), 200);
    assert_eq!(status("two", &identified("two")), 412);
    assert_eq!(
        status("one", r#"{"resourceType":"Patient","id":"other"}"#),
        400
    );
    assert_eq!(
        status("nobody", r#"{"resourceType":"Patient","id":"wished"}"#),
        201
    );
    assert_eq!(
        status("nobody", r#"{"resourceType":"Patient","id":"wished"}"#),
        409
    );
}

#[test]
fn conditional_patches_and_deletes_look_first() {
    let mut probe = with_matches();
    let patch = r#"[{"op":"add","path":"/active","value":true}]"#;
    for (value, status) in [("none", 404), ("one", 200), ("two", 412)] {
        let head = format!(
            "PATCH /Patient?identifier=http://s|{value}\nContent-Type: application/json-patch+json"
        );
        assert_eq!(
            probe.status(&format!("{head}\n\n{patch}")),
            status,
            "{value}"
        );
    }
    for (value, status) in [("none", 204), ("one", 204), ("one", 204), ("two", 412)] {
        assert_eq!(
            probe.status(&format!("DELETE /Patient?identifier=http://s|{value}")),
            status,
            "{value}"
        );
    }
    assert_eq!(probe.status("DELETE /Observation?code=8302-2,48767-8"), 204);
}

#[test]
fn patches_apply_whole_or_not_at_all() {
    let mut probe = Probe::sound();
    let patch = |body: &str| {
        format!("PATCH /Patient/pat-gus\nContent-Type: application/json-patch+json\n\n{body}")
    };
    let reply = probe.send(&patch(
        r#"[{"op":"replace","path":"/birthDate","value":"1980-01-01"}]"#,
    ));
    assert_eq!(
        (reply.status, reply.headers.get("ETag")),
        (200, Some("W/\"2\""))
    );
    for (body, status) in [
        (
            r#"[{"op":"remove","path":"/name"},{"op":"test","path":"/active","value":false}]"#,
            422,
        ),
        (
            r#"[{"op":"replace","path":"/birthDate","value":"soon"}]"#,
            422,
        ),
        (r#"[{"op":"replace","path":"/id","value":"x"}]"#, 422),
        ("[", 400),
    ] {
        assert_eq!(probe.status(&patch(body)), status, "{body}");
    }
    let stored = probe.json("GET /Patient/pat-gus");
    assert_eq!(
        (stored.text("birthDate"), stored.get("name").is_some()),
        (Some("1980-01-01"), true)
    );
    let parameters = r#"{"resourceType":"Parameters","parameter":[{"name":"operation","part":[{"name":"type","valueCode":"replace"},{"name":"path","valueString":"Patient.gender"},{"name":"value","valueCode":"male"}]}]}"#;
    assert_eq!(
        probe.write("PATCH /Patient/pat-gus", parameters).status,
        200
    );
    assert_eq!(
        probe.json("GET /Patient/pat-gus").text("gender"),
        Some("male")
    );
}

#[test]
fn xml_goes_in_and_out() {
    let mut probe = Probe::sound();
    let body = "<Patient xmlns=\"http://hl7.org/fhir\"><active value=\"true\"/><name><family value=\"Test\"/></name></Patient>";
    let reply = probe.send(&format!("POST /Patient?_format=json\nContent-Type: application/fhir+xml\nAccept: application/fhir+xml\n\n{body}"));
    assert_eq!(reply.status, 201);
    let stored = parse(std::str::from_utf8(&reply.body).unwrap()).unwrap();
    assert_eq!(stored.get("active"), Some(&Json::Bool(true)));
    for kind in [
        "Patient/pat-bea",
        "Observation/obs-2",
        "metadata",
        "Patient/$meta",
        "Patient",
        "Patient/no-such-id",
    ] {
        let xml = probe.send(&format!("GET /{kind}\nAccept: application/fhir+xml"));
        let back = crate::serve::fhir_r4::xml::read(std::str::from_utf8(&xml.body).unwrap());
        let json = probe.json(&format!("GET /{kind}"));
        assert_eq!(sorted(&back.unwrap()), sorted(&json), "{kind}");
    }
}

/// The XML form has an order of its own; a value with its members sorted can be compared.
fn sorted(value: &Json) -> Json {
    if value.is_list() {
        return Json::list(value.items().iter().map(sorted));
    }
    if !value.is_object() {
        return value.clone();
    }
    let mut members: Vec<(&str, Json)> = value
        .members()
        .iter()
        .map(|(name, value)| (&**name, sorted(value)))
        .collect();
    members.sort_by_key(|(name, _)| *name);
    Json::object(members)
}

#[test]
fn operations_answer_in_their_shapes() {
    let mut probe = Probe::sound();
    let parameters = |resource: &str| {
        format!(
            r#"{{"resourceType":"Parameters","parameter":[{{"name":"resource","resource":{resource}}}]}}"#
        )
    };
    for (resource, severity) in [
        (r#"{"resourceType":"Patient","active":true}"#, "information"),
        (r#"{"resourceType":"Patient","colour":"red"}"#, "error"),
    ] {
        let reply = probe.write("POST /Patient/$validate", &parameters(resource));
        let outcome = parse(std::str::from_utf8(&reply.body).unwrap()).unwrap();
        assert_eq!(
            (reply.status, outcome.each("issue")[0].text("severity")),
            (200, Some(severity))
        );
    }
    let everything = probe.json("GET /Patient/pat-bea/$everything");
    let types: Vec<&str> = everything
        .each("entry")
        .iter()
        .map(|entry| entry.get("resource").unwrap().resource_type())
        .collect();
    for wanted in [
        "Patient",
        "Encounter",
        "Observation",
        "Condition",
        "Practitioner",
        "Organization",
    ] {
        assert!(types.contains(&wanted), "{wanted} is not in {types:?}");
    }
    let meta = r#"{"resourceType":"Parameters","parameter":[{"name":"meta","valueMeta":{"tag":[{"system":"http://t","code":"t"}]}}]}"#;
    assert_eq!(
        probe.write("POST /Patient/pat-bea/$meta-add", meta).status,
        200
    );
    let tagged = probe.json("GET /Patient?_tag=http://t|t");
    assert_eq!(tagged.get("total"), Some(&Json::from(1)));
    assert_eq!(
        probe
            .write("POST /Patient/pat-bea/$meta-delete", meta)
            .status,
        200
    );
    assert_eq!(
        probe.json("GET /Patient?_tag=http://t|t").get("total"),
        Some(&Json::from(0))
    );
}

#[test]
fn a_body_that_is_hostile_is_refused() {
    let mut probe = Probe::sound();
    let deep = format!(
        "{{\"resourceType\":\"Patient\",\"extension\":{}{}}}",
        "[{\"extension\":".repeat(5000),
        "}]".repeat(5000)
    );
    assert_eq!(probe.write("POST /Patient", &deep).status, 400);
    let xml = format!(
        "<Patient xmlns=\"http://hl7.org/fhir\">{}</Patient>",
        "<extension url=\"http://x\">".repeat(200)
    );
    assert_eq!(
        probe.status(&format!(
            "POST /Patient\nContent-Type: application/fhir+xml\n\n{xml}"
        )),
        400
    );
    let deep_xml = format!(
        "<Patient xmlns=\"http://hl7.org/fhir\">{}{}</Patient>",
        "<extension url=\"http://x\">".repeat(200),
        "</extension>".repeat(200)
    );
    assert_eq!(
        probe.status(&format!(
            "POST /Patient\nContent-Type: application/fhir+xml\n\n{deep_xml}"
        )),
        400
    );
    assert_eq!(
        probe.status("GET /Observation?subject.subject.subject.subject.subject=1"),
        200
    );
}
