//! What a sound server does with single interactions.

use super::{BASE, Probe, issues};
use crate::serve::fhir_r4::json::{Json, parse};

/// Requests to a fresh server, and what each is answered.
const STATUSES: &[(&str, u16)] = &[
    ("GET /metadata", 200),
    ("GET /metadata?mode=terminology", 200),
    ("GET /metadata?mode=nonsense", 400),
    (
        "GET /metadata\nAccept: application/fhir+json; fhirVersion=4.0",
        200,
    ),
    (
        "GET /metadata\nAccept: application/fhir+json; fhirVersion=1.0",
        406,
    ),
    ("GET /NotAResource/1", 404),
    ("GET /patient/pat-bea", 404),
    ("GET /Patient/pat-bea", 200),
    ("GET /Patient/PAT-BEA", 404),
    ("GET /Patient/not%20an%20id!", 400),
    ("GET /Patient/no-such-id", 404),
    ("GET /Patient/pat-bea\nAccept: image/png", 406),
    ("GET /Patient/pat-bea?_format=ttl", 406),
    ("GET /Patient/pat-bea?_summary=nonsense", 400),
    ("GET /Patient/pat-bea\nIf-None-Match: W/\"1\"", 304),
    ("GET /Patient/pat-bea\nIf-None-Match: W/\"2\"", 200),
    (
        "GET /Patient/pat-bea\nIf-Modified-Since: Sat, 01 Feb 2025 00:00:00 GMT",
        304,
    ),
    (
        "GET /Patient/pat-bea\nIf-Modified-Since: Mon, 01 Jan 2024 00:00:00 GMT",
        200,
    ),
    ("GET /Patient/pat-aaron/_history/1", 200),
    ("GET /Patient/pat-aaron/_history/doesnotexist", 404),
    ("GET /Patient/no-such-id/_history", 404),
    (
        "GET /Patient/pat-aaron/_history?_since=2024-01-01T00:00:00Z&_since=2024-01-01T00:00:00Z",
        400,
    ),
    ("GET /Person/person-1/_history", 405),
    ("GET /_history", 200),
    ("POST /Patient\nContent-Type: text/plain\n\nhello", 415),
    (
        "POST /Patient\nContent-Type: application/fhir+json\n\n{\"resourceType\":\"Patient\",",
        400,
    ),
    (
        "POST /Patient\nContent-Type: application/fhir+json\n\n{\"resourceType\":\"Observation\"}",
        400,
    ),
    (
        "POST /Patient\nContent-Type: application/fhir+json\n\n{\"resourceType\":\"Patient\",\"gender\":\"pigeon\"}",
        422,
    ),
    (
        "POST /Patient/pat-bea\nContent-Type: application/fhir+json\n\n{\"resourceType\":\"Patient\"}",
        405,
    ),
    (
        "POST /Patient\nContent-Type: application/fhir+json; fhirVersion=4.0\nAccept: application/fhir+json; fhirVersion=3.0\n\n{\"resourceType\":\"Patient\"}",
        406,
    ),
    (
        "PUT /Provenance/prov-1\nContent-Type: application/fhir+json\n\n{\"resourceType\":\"Provenance\"}",
        405,
    ),
    (
        "PUT /Person/fresh\nContent-Type: application/fhir+json\n\n{\"resourceType\":\"Person\",\"id\":\"fresh\"}",
        405,
    ),
    (
        "PUT /Person?identifier=x\nContent-Type: application/fhir+json\n\n{\"resourceType\":\"Person\"}",
        400,
    ),
    ("DELETE /Patient/no-such-id", 204),
    ("DELETE /Patient/pat-bea", 409),
    ("DELETE /Patient", 405),
    ("DELETE /Person?identifier=x", 405),
    (
        "PATCH /Patient/pat-bea\nContent-Type: application/merge-patch+json\n\n{}",
        415,
    ),
    (
        "PATCH /Patient/no-such-id\nContent-Type: application/json-patch+json\n\n[]",
        404,
    ),
    ("GET /Patient/$nosuchop", 404),
    ("GET /Patient/pat-bea/$meta-add", 405),
    ("GET /Patient/pat-bea/$validate", 200),
    ("BREW /Patient", 405),
];

#[test]
fn statuses() {
    for (request, status) in STATUSES {
        let mut probe = Probe::sound();
        let reply = probe.send(request);
        assert_eq!(
            reply.status,
            *status,
            "{request}: {}",
            String::from_utf8_lossy(&reply.body)
        );
        if *status >= 400 {
            let outcome = parse(std::str::from_utf8(&reply.body).unwrap()).unwrap();
            assert!(
                !issues(&outcome).is_empty(),
                "{request} is refused without a reason"
            );
        }
    }
}

#[test]
fn requests_outside_the_base_are_refused() {
    let mut probe = Probe::sound();
    assert_eq!(probe.status("GET /../metadata"), 404);
    assert_eq!(probe.status("GET x/metadata"), 404);
}

#[test]
fn a_read_has_its_headers() {
    let mut probe = Probe::sound();
    let reply = probe.send("GET /Patient/pat-bea\nX-Request-Id: abc");
    assert_eq!(reply.headers.get("ETag"), Some("W/\"1\""));
    assert_eq!(
        reply.headers.get("Last-Modified"),
        Some("Wed, 10 Jan 2024 09:08:00 GMT")
    );
    assert_eq!(
        reply.headers.get("Content-Type"),
        Some("application/fhir+json; charset=utf-8")
    );
    assert_eq!(reply.headers.get("X-Request-Id"), Some("abc"));
    let head = probe.send("HEAD /Patient/pat-bea");
    assert_eq!(
        head.headers.get("Content-Length"),
        Some(reply.body.len().to_string().as_str())
    );
    assert!(head.body.is_empty());
    let preflight = probe
        .send("OPTIONS /Patient\nOrigin: https://app.example\nAccess-Control-Request-Method: GET");
    assert_eq!(
        preflight.headers.get("Access-Control-Allow-Origin"),
        Some("*")
    );
}

#[test]
fn the_token_guards_all_but_the_statement() {
    let mut probe = Probe::with(&[], Some("secret"));
    assert_eq!(probe.status("GET /metadata"), 200);
    let reply = probe.send("GET /Patient/pat-bea");
    assert_eq!(
        (reply.status, reply.headers.get("WWW-Authenticate")),
        (401, Some("Bearer realm=\"plugfest\""))
    );
    assert_eq!(
        probe.status("GET /Patient/pat-bea\nAuthorization: Bearer wrong"),
        401
    );
    assert_eq!(
        probe.status("GET /Patient/pat-bea\nAuthorization: Bearer secret"),
        200
    );
    assert!(
        probe
            .json("GET /metadata")
            .to_string()
            .contains("Bearer token")
    );
}

#[test]
fn a_create_belongs_to_the_server() {
    let mut probe = Probe::sound();
    let body = r#"{"resourceType":"Patient","id":"mine","meta":{"versionId":"9","lastUpdated":"1990-01-01T00:00:00Z","tag":[{"code":"t"}]},"name":[{"family":"Zażółć 山田"}],"multipleBirthInteger":2}"#;
    let reply = probe.write("POST /Patient", body);
    assert_eq!(
        (reply.status, reply.headers.get("ETag")),
        (201, Some("W/\"1\""))
    );
    let location = reply
        .headers
        .get("Location")
        .unwrap()
        .strip_prefix(BASE)
        .unwrap()
        .to_owned();
    let stored = probe.json(&format!("GET {location}"));
    assert_ne!(stored.text("id"), Some("mine"));
    let meta = r#"{"versionId":"1","lastUpdated":"2025-01-01T00:00:01.000Z","tag":[{"code":"t"}]}"#;
    assert_eq!(stored.get("meta").unwrap().to_string(), meta);
    assert!(
        stored
            .to_string()
            .ends_with(r#""name":[{"family":"Zażółć 山田"}],"multipleBirthInteger":2}"#)
    );
}

#[test]
fn preferences_are_kept() {
    let mut probe = Probe::sound();
    let mut body = |preference: &str| {
        let reply = probe.send(&format!("POST /Patient\nContent-Type: application/fhir+json\nPrefer: {preference}\n\n{{\"resourceType\":\"Patient\",\"active\":true}}"));
        assert_eq!(reply.status, 201);
        String::from_utf8(reply.body).unwrap()
    };
    assert_eq!(body("return=minimal"), "");
    assert!(body("return=representation").contains("\"active\":true"));
    assert!(body("return=OperationOutcome").contains("\"resourceType\":\"OperationOutcome\""));
}

#[test]
fn an_update_replaces() {
    let mut probe = Probe::sound();
    let reply = probe.write(
        "PUT /Patient/pat-gus",
        r#"{"resourceType":"Patient","id":"pat-gus","meta":{"versionId":"9"},"active":false}"#,
    );
    assert_eq!(
        (reply.status, reply.headers.get("ETag")),
        (200, Some("W/\"2\""))
    );
    let stored = probe.json("GET /Patient/pat-gus");
    assert_eq!(stored.members().len(), 4);
    assert!(
        probe
            .json("GET /Patient/pat-gus/_history/1")
            .get("name")
            .is_some()
    );
    for body in [
        r#"{"resourceType":"Patient"}"#,
        r#"{"resourceType":"Patient","id":"other"}"#,
    ] {
        assert_eq!(probe.write("PUT /Patient/pat-gus", body).status, 400);
    }
    let fresh = probe.write(
        "PUT /Patient/fresh",
        r#"{"resourceType":"Patient","id":"fresh"}"#,
    );
    assert_eq!(
        (fresh.status, fresh.headers.get("Location")),
        (
            201,
            Some(format!("{BASE}/Patient/fresh/_history/1").as_str())
        )
    );
}

#[test]
fn a_stale_write_is_refused() {
    let mut probe = Probe::sound();
    let mut put = |tag: &str| {
        let line = format!("PUT /Patient/pat-gus\nIf-Match: {tag}");
        probe
            .write(&line, r#"{"resourceType":"Patient","id":"pat-gus"}"#)
            .status
    };
    assert_eq!(
        [
            put("W/\"7\""),
            put("W/\"1\""),
            put("W/\"1\""),
            put("W/\"2\"")
        ],
        [412, 200, 412, 200]
    );
    let stale = probe.send("PATCH /Patient/pat-gus\nIf-Match: W/\"1\"\nContent-Type: application/json-patch+json\n\n[]");
    assert_eq!(stale.status, 412);
}

#[test]
fn a_type_without_versions_shows_none() {
    let mut probe = Probe::sound();
    let before = probe.json("GET /Person/person-1");
    assert_eq!(
        probe
            .write(
                "PUT /Person/person-1",
                r#"{"resourceType":"Person","id":"person-1"}"#
            )
            .status,
        200
    );
    let reply = probe.send("GET /Person/person-1");
    assert_eq!(reply.headers.get("ETag"), None);
    let after = parse(std::str::from_utf8(&reply.body).unwrap()).unwrap();
    let updated = |resource: &Json| {
        resource
            .get("meta")
            .unwrap()
            .text("lastUpdated")
            .unwrap()
            .to_owned()
    };
    assert!(after.get("meta").unwrap().get("versionId").is_none());
    assert!(updated(&after) > updated(&before));
}

#[test]
fn what_is_deleted_is_gone_and_can_come_back() {
    let mut probe = Probe::sound();
    let id = probe.create(r#"{"resourceType":"Patient","active":true}"#);
    let path = format!("/Patient/{id}");
    assert_eq!(
        [
            probe.status(&format!("DELETE {path}")),
            probe.status(&format!("DELETE {path}"))
        ],
        [204, 204]
    );
    assert_eq!(probe.status(&format!("GET {path}")), 410);
    assert_eq!(probe.status(&format!("GET {path}/_history/1")), 200);
    assert_eq!(probe.status(&format!("GET {path}/_history/2")), 410);
    assert_eq!(
        probe.json(&format!("GET /Patient?_id={id}")).get("total"),
        Some(&Json::from(0))
    );
    let body = format!(r#"{{"resourceType":"Patient","id":"{id}"}}"#);
    assert_eq!(probe.write(&format!("PUT {path}"), &body).status, 201);
    let history = probe.json(&format!("GET {path}/_history"));
    let methods: Vec<&str> = history
        .each("entry")
        .iter()
        .map(|entry| entry.get("request").unwrap().text("method").unwrap())
        .collect();
    assert_eq!(methods, ["PUT", "DELETE", "POST"]);
    assert!(
        history
            .each("entry")
            .iter()
            .all(|entry| entry.get("resource").is_none()
                == (entry.get("request").unwrap().text("method") == Some("DELETE")))
    );
}

#[test]
fn a_history_is_paged() {
    let mut probe = Probe::sound();
    let first = probe.json("GET /Patient/pat-aaron/_history?_count=1");
    let next = first
        .each("link")
        .iter()
        .find(|link| link.text("relation") == Some("next"))
        .unwrap()
        .text("url")
        .unwrap();
    let second = probe.json(&format!("GET {}", next.strip_prefix(BASE).unwrap()));
    let version = |bundle: &Json| {
        bundle.each("entry")[0]
            .get("resource")
            .unwrap()
            .get("meta")
            .unwrap()
            .text("versionId")
            .unwrap()
            .to_owned()
    };
    assert_eq!(
        (version(&first), version(&second)),
        ("2".to_owned(), "1".to_owned())
    );
    assert!(
        second
            .each("link")
            .iter()
            .all(|link| link.text("relation") != Some("next"))
    );
    let since = probe.json("GET /Patient/pat-aaron/_history?_since=2024-01-10T09:51:00Z");
    assert_eq!(since.get("total"), Some(&Json::from(1)));
    let patients = probe.json("GET /Patient/_history");
    assert!(
        patients
            .each("entry")
            .iter()
            .all(|entry| entry.get("resource").unwrap().resource_type() == "Patient")
    );
}
