//! The official validator and snapshot suites, run by the binary as anybody would, beside the disagreements that are known.
//!
//! Each list in `tests/suites/` has a line for a case on which we and the suite do not agree, with the reason; a test fails
//! when a case joins or leaves. The suites lie in `../shared`; where they are not, the tests say so and look at nothing.
#![expect(
    clippy::unwrap_used,
    reason = "a test that meets the unexpected may panic"
)]

use assert_cmd::Command;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::{Path, PathBuf};

fn shared(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../shared/data/fhir")
        .join(path)
}

/// Says loudly that nothing was looked at.
fn skipped(folder: &Path, cases: &str) {
    let mut out = std::io::stderr();
    writeln!(
        out,
        "SKIPPED: {cases} cases, since {} is not there",
        folder.display()
    )
    .unwrap();
}

/// What the command says of a suite, as JSON.
fn run(suite: &str, folder: &Path) -> Value {
    let cache = tempfile::tempdir().unwrap();
    let mut command = Command::cargo_bin("plugfest").unwrap();
    command.env("XDG_CACHE_HOME", cache.path());
    command.args(["fhir", "suite", suite]).arg(folder);
    command
        .arg("--packages")
        .arg(shared("packages"))
        .args(["--format", "json", "--quiet"]);
    let output = command.output().unwrap();
    assert!(
        matches!(output.status.code(), Some(0 | 1)),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Case → reason.
fn known(list: &str) -> BTreeMap<&str, &str> {
    let lines = list
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines
        .map(|line| {
            line.split_once(" | ")
                .unwrap_or_else(|| panic!("`{line}` has no reason"))
        })
        .collect()
}

/// Both lists, and which way they differ.
fn compare(found: &BTreeSet<String>, known: &BTreeMap<&str, &str>) {
    let new: Vec<_> = found
        .iter()
        .filter(|case| !known.contains_key(case.as_str()))
        .collect();
    let gone: Vec<_> = known
        .keys()
        .filter(|case| !found.contains(**case))
        .collect();
    assert!(
        new.is_empty() && gone.is_empty(),
        "new disagreements: {new:#?}\nno longer there: {gone:#?}"
    );
}

fn share(part: &Value, whole: &Value) -> f64 {
    100.0 * part.as_f64().unwrap() / whole.as_f64().unwrap()
}

#[test]
fn validator_suite() {
    let folder = shared("validator/dev");
    if !folder.is_dir() {
        return skipped(&folder, "442");
    }
    let summary = run("validator", &folder);
    let total = &summary["total"];
    assert_eq!(total["panics"], 0);
    assert!(total["runs"].as_u64().unwrap() > 500, "{total}");
    let decidable = ["none", "packaged"].map(|name| &summary["by_terminology"][name]);
    let sum = |field: &str| {
        decidable
            .iter()
            .map(|tally| tally[field].as_f64().unwrap())
            .sum::<f64>()
    };
    assert!(sum("agreed") / sum("runs") >= 0.97, "{decidable:?}");
    assert!(share(&total["agreed"], &total["runs"]) >= 95.0, "{total}");
    assert!(
        share(&total["same_error_count"], &total["runs"]) >= 85.0,
        "{total}"
    );
    let found = summary["disagreements"].as_array().unwrap().iter();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let found = found.map(|found| {
        format!(
            "{} {} {}",
            text(&found["kind"]),
            text(&found["id"]),
            text(&found["run"])
        )
    });
    compare(
        &found.collect(),
        &known(include_str!("suites/validator.txt")),
    );
}

#[test]
fn snapshot_suite() {
    let folder = shared("snapshot/r4b");
    if !folder.is_dir() {
        return skipped(&folder, "113");
    }
    let summary = run("snapshot", &folder);
    let total = &summary["total"];
    assert_eq!(total["panics"], 0);
    assert!(total["cases"].as_u64().unwrap() > 100, "{total}");
    assert!(share(&total["passed"], &total["cases"]) >= 95.0, "{total}");
    let found = summary["disagreements"].as_array().unwrap().iter();
    let found = found.map(|found| found["case"].as_str().unwrap().to_owned());
    compare(
        &found.collect(),
        &known(include_str!("suites/snapshot.txt")),
    );
}
