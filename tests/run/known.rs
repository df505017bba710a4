//! Known deviations: the report stays red, and only the exit code looks away, until their last day.

use std::path::Path;

use super::{code, plugfest, server, stderr, write};

const LIVE: &str = "9999-12-31";
const EXPIRED: &str = "2000-01-01";

/// Where the deviations stand.
#[derive(Clone, Copy)]
enum Written {
    Nowhere,
    InTheBaseline,
    InTheSupplierFile,
}

/// What became of a run, or of judging it again.
#[derive(Debug, PartialEq)]
struct Outcome {
    code: i32,
    /// The row of FHIR-CAP-001 in the report.
    row: serde_json::Value,
    verdict: serde_json::Value,
    notes: serde_json::Value,
}

/// Runs against a server that does not describe itself, which FHIR-CAP-001 wants; then judges the record again.
fn run(written: Written, requirement: &str, until: &str) -> (Outcome, String) {
    let folder = tempfile::tempdir().unwrap();
    let server = server::start(|_, _| server::json(404, "{}"));
    let known = format!(
        "deviations:\n  - requirement: {requirement}\n    because: it comes with release 15\n    until: {until}\n"
    );
    let mut supplier = format!(
        "plugfest: 1\nsupplier: {{ id: acme, name: Acme, product: AcmeGP, version: '1' }}\n\
        systems: {{ one: {{ plays: [fhir-r4-rest/server], endpoints: {{ fhir: '{}' }} }} }}\n",
        server.base
    );
    let baseline = write(
        folder.path(),
        "known.yaml",
        &format!("plugfest: 1\n{known}"),
    );
    let out = folder.path().join("out");
    let mut command = plugfest();
    command.args(["run", "fhir-r4-rest", "--only", "capability-statement"]);
    match written {
        Written::Nowhere => {}
        Written::InTheBaseline => {
            command.args(["--baseline", &baseline]);
        }
        Written::InTheSupplierFile => supplier.push_str(&known),
    }
    let supplier = write(folder.path(), "acme.yaml", &supplier);
    command.args(["--supplier", &supplier, "--format", "json", "--out"]);
    let ran = command.arg(&out).output().unwrap();
    let said = format!("{}{}", String::from_utf8_lossy(&ran.stdout), stderr(&ran));
    let outcome = outcome(code(&ran), &out);
    let mut command = plugfest();
    let judged = command.args(["judge", "--format", "json"]).arg(&out);
    let judged = code(&judged.output().unwrap());
    assert_eq!(self::outcome(judged, &out), outcome);
    (outcome, said)
}

fn outcome(code: i32, out: &Path) -> Outcome {
    let report = std::fs::read(out.join("report.json")).unwrap();
    let report: serde_json::Value = serde_json::from_slice(&report).unwrap();
    let pack = &report["packs"][0];
    let rows = pack["requirements"].as_array().unwrap();
    let row = rows.iter().find(|row| row["id"] == "FHIR-CAP-001");
    Outcome {
        code,
        row: row.unwrap().clone(),
        verdict: pack["verdict"].clone(),
        notes: report["notes"].clone(),
    }
}

/// Whatever is known, it is violated, and the product does not conform.
fn is_red(outcome: &Outcome) {
    assert_eq!(outcome.row["state"], "violated", "{outcome:#?}");
    assert_eq!(outcome.verdict, "non-conformant", "{outcome:#?}");
}

#[test]
fn what_nobody_announced_fails() {
    let (outcome, _) = run(Written::Nowhere, "FHIR-CAP-001", LIVE);
    is_red(&outcome);
    assert_eq!(outcome.code, 1);
    assert_eq!(outcome.row["deviation"], serde_json::Value::Null);
}

#[test]
fn what_is_known_stays_red_and_fails_nobody() {
    for (written, requirement) in [
        (Written::InTheBaseline, "FHIR-CAP-001"),
        (Written::InTheSupplierFile, "fhir-r4-rest/FHIR-CAP-001"),
    ] {
        let (outcome, said) = run(written, requirement, LIVE);
        is_red(&outcome);
        assert_eq!(outcome.code, 0, "{said}");
        let deviation = &outcome.row["deviation"];
        assert_eq!(deviation["because"], "it comes with release 15");
        assert_eq!(deviation["expired"], false);
        assert!(said.contains("known deviation until 9999-12-31"), "{said}");
    }
}

#[test]
fn what_has_expired_fails_again_and_says_so() {
    for written in [Written::InTheBaseline, Written::InTheSupplierFile] {
        let (outcome, said) = run(written, "FHIR-CAP-001", EXPIRED);
        is_red(&outcome);
        assert_eq!(outcome.code, 1, "{said}");
        assert_eq!(outcome.row["deviation"]["expired"], true);
        let note = "the known deviation from FHIR-CAP-001 ended on 2000-01-01";
        assert_eq!(outcome.notes, serde_json::json!([note]));
        assert!(said.contains(note), "{said}");
    }
}

#[test]
fn what_is_about_something_else_excuses_nothing() {
    for requirement in ["FHIR-CAP-003", "other-pack/FHIR-CAP-001"] {
        let (outcome, _) = run(Written::InTheBaseline, requirement, LIVE);
        is_red(&outcome);
        assert_eq!(outcome.code, 1, "{requirement}");
    }
}
