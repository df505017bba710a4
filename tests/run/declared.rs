//! What a server declares decides what is asked of it: another FHIR release, or nothing at all.

use super::{code, plugfest, server};

const OUTCOME: &str = r#"{"resourceType":"OperationOutcome","issue":[{"severity":"error","code":"not-found","diagnostics":"nothing here"}]}"#;

/// The states of all requirements, and the exit code, of a run against a server that has nothing but this at /metadata.
fn states(status: u16, metadata: String) -> (Vec<(String, String)>, i32) {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let server = server::start(move |_, head| match head.starts_with("GET /metadata") {
        true => server::json(status, &metadata),
        false => server::json(404, OUTCOME),
    });
    let run = plugfest()
        .args([
            "run",
            "fhir-r4-rest",
            "--format",
            "json",
            "--target",
            &server.base,
            "--out",
        ])
        .arg(&out)
        .output()
        .unwrap();
    let report = std::fs::read(out.join("report.json")).unwrap();
    let report: serde_json::Value = serde_json::from_slice(&report).unwrap();
    let rows = report["packs"][0]["requirements"].as_array().unwrap();
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    let states = rows
        .iter()
        .map(|row| (text(&row["id"]), text(&row["state"])));
    (states.collect(), code(&run))
}

fn of(states: &[(String, String)], state: &str) -> Vec<String> {
    let fit = states.iter().filter(|(_, known)| known == state);
    fit.map(|(id, _)| id.clone()).collect()
}

#[test]
fn another_release_is_judged_by_what_is_asked_of_all() {
    for version in ["3.0.2", "5.0.0"] {
        let statement = serde_json::json!({
            "resourceType": "CapabilityStatement", "status": "active", "date": "2026-01-01", "kind": "instance",
            "fhirVersion": version, "format": ["json"],
            "rest": [{"mode": "server", "resource": [{"type": "Patient", "interaction": [{"code": "read"}, {"code": "create"}]}]}],
        });
        let (states, code) = states(200, statement.to_string());
        assert_eq!(
            of(&states, "violated"),
            ["FHIR-CAP-002", "FHIR-CAP-008"],
            "{version}"
        );
        assert_eq!(
            of(&states, "satisfied"),
            ["FHIR-CAP-001", "FHIR-CAP-003"],
            "{version}"
        );
        assert!(of(&states, "undetermined").is_empty(), "{version}");
        assert_ne!(code, 0);
    }
}

#[test]
fn without_a_statement_what_is_asked_of_all_is_judged() {
    let (states, code) = states(404, OUTCOME.to_owned());
    assert_eq!(of(&states, "violated"), ["FHIR-CAP-001"]);
    assert_eq!(of(&states, "satisfied"), ["FHIR-CAP-009", "FHIR-OP-006"]);
    assert!(of(&states, "undetermined").contains(&"FHIR-READ-001".to_owned()));
    assert_eq!(code, 1);
}
