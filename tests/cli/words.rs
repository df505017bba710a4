//! `explain`, `completions`, `man`.

use tempfile::TempDir;

use crate::{json, rows, say, say_in};

#[test]
fn words_are_explained() {
    for word in [
        "undefined-value",
        "status",
        "uuid",
        "html",
        "3",
        "inconclusive",
        "http",
        "FHIR-CONC-001",
        "fhir-r4-rest/FHIR-CONC-001",
    ] {
        let said = say(&["explain", word]);
        assert_eq!((said.code, said.err.as_str()), (0, ""), "{word}");
        assert!(said.out.len() > word.len() + 20, "{word}: {}", said.out);
    }
    for topic in rows(&["explain", "--format", "json"]) {
        let name = topic["name"].as_str().expect("a name").to_owned();
        for entry in rows(&["explain", &name, "--format", "json"]) {
            assert!(
                entry["summary"]
                    .as_str()
                    .is_some_and(|summary| !summary.is_empty()),
                "{entry}"
            );
        }
    }
    let both = json(&["explain", "json", "--format", "json"]);
    assert_eq!(
        both.as_array().map(Vec::len),
        Some(2),
        "`json` is a check and a format"
    );
}

#[test]
fn every_code_of_a_diagnostic_is_explained() {
    let codes = rows(&["explain", "codes", "--format", "json"]);
    for code in codes.iter().filter_map(|entry| entry["name"].as_str()) {
        assert_eq!(say(&["explain", code]).code, 0, "{code}");
    }
}

#[test]
fn completions_and_manual_pages_are_printed() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let said = say(&["completions", shell]);
        assert_eq!(said.code, 0, "{shell}");
        assert!(said.out.contains("plugfest"), "{shell}");
    }
    assert!(say(&["man"]).out.contains(".TH plugfest 1"));
    let folder = TempDir::new().expect("a folder");
    assert_eq!(say_in(folder.path(), &["man", "--out", "man"]).code, 0);
    assert!(folder.path().join("man/plugfest-lint.1").is_file());
}
