//! `pack` and `supplier init`: what can be tested, and how to start.

use std::fs;

use serde_json::Value;
use tempfile::TempDir;

use crate::{json, rows, say, say_in};

#[test]
fn packs_are_listed_and_counted() {
    for row in rows(&["pack", "list", "--format", "json"]) {
        for key in [
            "pack",
            "version",
            "title",
            "standard",
            "requirements",
            "checks",
            "digest",
        ] {
            assert!(row.get(key).is_some(), "{key} is missing: {row}");
        }
    }
    for row in rows(&["pack", "coverage", "--format", "json"]) {
        let count = |key: &str| row[key].as_u64().unwrap_or_else(|| panic!("{key}: {row}"));
        assert_eq!(
            count("requirements"),
            count("verified") + count("not_tested"),
            "{row}"
        );
        assert!(count("checks") >= count("verified"), "{row}");
        let id = row["pack"].as_str().expect("an id");
        let full = json(&["pack", "coverage", id, "--verbose", "--format", "json"]);
        let by_requirement = full[0]["by_requirement"].as_object().expect("a map");
        assert_eq!(by_requirement.len() as u64, count("requirements"));
        let verified = by_requirement
            .values()
            .filter(|checks| checks.as_u64() > Some(0));
        assert_eq!(verified.count() as u64, count("verified"));
    }
}

#[test]
fn a_pack_is_shown() {
    let shown = json(&["pack", "show", "fhir-r4-rest", "--format", "json"]);
    assert_eq!(shown["subject"], "server");
    assert!(
        shown["digest"]
            .as_str()
            .is_some_and(|digest| digest.starts_with("sha256:"))
    );
    let listed: u64 = shown["areas"]
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|area| area["requirements"].as_u64())
        .sum();
    assert_eq!(
        Some(listed),
        shown["coverage"]["requirements"].as_u64(),
        "every requirement is in one area"
    );
    let text = say(&["pack", "show", "fhir-r4-rest", "--verbose"]).out;
    for word in [
        "FHIR-CONC-001",
        "Areas",
        "Values that a supplier file may set",
        "sha256:",
    ] {
        assert!(text.contains(word), "{word} is missing: {text}");
    }
}

#[test]
fn a_new_pack_lints_clean_and_says_what_it_verifies() {
    let folder = TempDir::new().expect("a folder");
    let said = say_in(folder.path(), &["pack", "new", "my-standard"]);
    assert_eq!(said.code, 0, "{}", said.err);
    let said = say_in(folder.path(), &["lint", "my-standard"]);
    assert_eq!(
        (said.code, said.err.trim()),
        (0, "no mistakes in my-standard")
    );
    let said = say_in(
        folder.path(),
        &["pack", "coverage", "my-standard", "--format", "json"],
    );
    let coverage: Value = serde_json::from_str(&said.out).expect("JSON");
    assert_eq!(
        coverage[0],
        serde_json::json!({ "pack": "my-standard", "requirements": 3, "verified": 2, "not_tested": 1, "checks": 3 })
    );
    let hint = fs::read_to_string(folder.path().join("my-standard/scenarios/read.yaml"))
        .expect("a scenario");
    assert!(hint.starts_with("# yaml-language-server: $schema=../.schema/scenario.schema.json\n"));
    assert!(
        folder
            .path()
            .join("my-standard/.schema/scenario.schema.json")
            .is_file()
    );
    let said = say_in(folder.path(), &["pack", "new", "my-standard"]);
    assert_eq!(said.code, 2, "what is there is left alone");
    let said = say_in(folder.path(), &["pack", "new", "my standard"]);
    assert_eq!(said.code, 2, "a folder's name that is no id");
}

#[test]
fn the_first_supplier_file_lints_clean_and_is_never_overwritten() {
    let folder = TempDir::new().expect("a folder");
    let words = ["supplier", "init", "fhir-r4-rest", "--out", "acme.yaml"];
    assert_eq!(say_in(folder.path(), &words).code, 0);
    let said = say_in(folder.path(), &["lint", "acme.yaml"]);
    assert_eq!(
        (said.code, said.err.trim()),
        (0, "no mistakes in acme.yaml")
    );
    let text = fs::read_to_string(folder.path().join("acme.yaml")).expect("a file");
    assert!(text.contains("CHANGE ME"));
    let said = say_in(folder.path(), &words);
    assert_eq!(said.code, 2, "{}", said.err);
    let printed = say(&["supplier", "init", "fhir-r4-rest"]);
    assert_eq!(
        (printed.code, printed.out),
        (0, text),
        "without --out it goes to standard output"
    );
}
