//! A read-only run sends nothing that writes, and still judges what the supplier's own data can show.

use std::path::Path;

use super::{code, lines, of_type, plugfest, server, stderr, write};

/// A server that declares more than it is asked to do, and has one patient.
fn answer(head: &str) -> server::Act {
    let statement = serde_json::json!({
        "resourceType": "CapabilityStatement", "status": "active", "date": "2026-01-01", "kind": "instance",
        "fhirVersion": "4.0.1", "format": ["json"],
        "rest": [{"mode": "server", "resource": [{"type": "Patient", "interaction": [{"code": "read"}, {"code": "create"}]}]}],
    });
    let mut words = head.split_whitespace();
    match (words.next(), words.next()) {
        (Some("GET"), Some("/metadata")) => server::json(200, &statement.to_string()),
        (Some("GET"), Some("/Patient/mine")) => {
            server::json(200, r#"{"resourceType":"Patient","id":"mine"}"#)
        }
        _ => server::json(
            404,
            r#"{"resourceType":"OperationOutcome","issue":[{"severity":"error","code":"not-found"}]}"#,
        ),
    }
}

/// What the server was asked, and the row of FHIR-READ-001 in the report.
fn read_only(values: &str) -> (Vec<String>, serde_json::Value) {
    let folder = tempfile::tempdir().unwrap();
    let server = server::start(|_, head| answer(head));
    let supplier = write(
        folder.path(),
        "supplier.yaml",
        &format!(
            "plugfest: 1\nsupplier: {{ id: acme, name: Acme, product: AcmeGP, version: '1' }}\n\
            systems: {{ one: {{ plays: [fhir-r4-rest/server], endpoints: {{ fhir: '{}' }} }} }}\n{values}",
            server.base
        ),
    );
    let out = folder.path().join("out");
    let run = plugfest()
        .args(["run", "fhir-r4-rest", "--read-only", "--format", "json"])
        .args(["--supplier", &supplier, "--out"])
        .arg(&out)
        .output()
        .unwrap();
    assert_ne!(code(&run), 2, "{}", stderr(&run));
    assert_eq!(writes(&out), Vec::<String>::new());
    let report = std::fs::read(out.join("report.json")).unwrap();
    let report: serde_json::Value = serde_json::from_slice(&report).unwrap();
    let rows = report["packs"][0]["requirements"].as_array().unwrap();
    let row = rows.iter().find(|row| row["id"] == "FHIR-READ-001");
    (server.asked.try_iter().collect(), row.unwrap().clone())
}

/// The requests of a run that could have changed something.
fn writes(out: &Path) -> Vec<String> {
    let lines = lines(out);
    let requests = of_type(&lines, "exchange").into_iter();
    requests
        .map(|line| &line["request"])
        .filter(|request| !reads(request))
        .map(|request| format!("{} {}", request["method"], request["url"]))
        .collect()
}

fn reads(request: &serde_json::Value) -> bool {
    let url = request["url"].as_str().unwrap();
    let is_search_or_operation = url.contains("/_search") || url.contains("/$");
    match request["method"].as_str().unwrap() {
        "GET" | "HEAD" | "OPTIONS" => true,
        "POST" => is_search_or_operation || is_bundle_of_reads(&request["body"]),
        _ => false,
    }
}

fn is_bundle_of_reads(body: &serde_json::Value) -> bool {
    let bundle: serde_json::Value =
        serde_json::from_str(body["text"].as_str().unwrap_or_default()).unwrap_or_default();
    let entries = bundle["entry"].as_array();
    entries.is_some_and(|entries| {
        let mut methods = entries.iter().map(|entry| &entry["request"]["method"]);
        methods.all(|method| method == "GET")
    })
}

fn verdicts(row: &serde_json::Value) -> Vec<&str> {
    let checks = row["checks"].as_array().unwrap().iter();
    checks
        .map(|check| check["verdict"].as_str().unwrap())
        .collect()
}

#[test]
fn a_resource_of_the_suppliers_own_is_read_and_judged() {
    let (asked, row) = read_only("values: { sample-id: mine }\n");
    assert!(asked.contains(&"GET /Patient/mine".to_owned()), "{asked:?}");
    assert_eq!(row["state"], "satisfied", "{row:#}");
    assert_eq!(verdicts(&row), ["pass"; 3], "{row:#}");
}

#[test]
fn without_one_nothing_is_created_and_nothing_is_run() {
    let (asked, row) = read_only("");
    assert!(
        asked.contains(&"GET /Patient/plugfest-no-such-id".to_owned()),
        "{asked:?}"
    );
    assert_eq!(row["state"], "undetermined", "{row:#}");
    assert_eq!(verdicts(&row), ["not-run"; 3], "{row:#}");
    let reason = row["checks"][0].to_string();
    assert!(reason.contains("--read-only"), "{reason}");
}

#[test]
fn a_whole_pack_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let run = plugfest()
        .args(["run", "fhir-r4-rest", "--read-only", "--out"])
        .arg(&out)
        .output()
        .unwrap();
    assert_eq!(code(&run), 3, "{}", stderr(&run));
    assert!(of_type(&lines(&out), "exchange").len() > 10);
    assert_eq!(writes(&out), Vec::<String>::new());
}
