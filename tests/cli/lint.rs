//! `lint`: every kind of file is read, and every mistake has a place.

use std::fs;

use serde_json::Value;
use tempfile::TempDir;

use crate::{Said, say, say_in, write};

/// What the first scenario of a new pack says when one of its texts is another.
fn lint_with(file: &str, old: &str, new: &str) -> Said {
    let folder = TempDir::new().expect("a folder");
    assert_eq!(say_in(folder.path(), &["pack", "new", "p"]).code, 0);
    let path = folder.path().join("p").join(file);
    let text = fs::read_to_string(&path).expect("a file of the pack");
    assert!(text.contains(old), "{file} has no `{old}`");
    fs::write(&path, text.replacen(old, new, 1)).expect("a file of the pack");
    say_in(folder.path(), &["lint", "p"])
}

#[test]
fn mistakes_are_shown_with_their_place() {
    let said = lint_with("scenarios/read.yaml", "- status: 200", "- staus: 200");
    assert_eq!(said.code, 2);
    insta::assert_snapshot!(said.err);
}

#[test]
fn every_part_of_a_pack_is_read() {
    let cases = [
        (
            "scenarios/read.yaml",
            "{{create.id}}",
            "{{create.key}}",
            "undefined-value",
        ),
        (
            "scenarios/read.yaml",
            "cites: ITEM-002",
            "cites: ITEM-003",
            "tested-and-not-tested",
        ),
        (
            "scenarios/read.yaml",
            "cites: ITEM-002",
            "cites: ITEM-001",
            "untested-requirement",
        ),
        (
            "scenarios/read.yaml",
            "use: create",
            "use: crate",
            "unknown-fragment",
        ),
        (
            "requirements.yaml",
            "area: items",
            "area: item",
            "unknown-area",
        ),
        (
            "requirements.yaml",
            "id: ITEM-002",
            "id: ITEM-001",
            "duplicate-id",
        ),
        (
            "pack.yaml",
            "subject: server",
            "subject: servant",
            "unknown-role",
        ),
        ("pack.yaml", "plugfest: 1", "plugfest: 2", "unknown-version"),
        ("fragments/create.yaml", "keep:", "kept:", "unknown-field"),
    ];
    for (file, old, new, code) in cases {
        let said = lint_with(file, old, new);
        assert_eq!(said.code, 2, "{file}: {new}: {}", said.err);
        assert!(
            said.err.contains(&format!("[{code}]")),
            "{file}: {new}: {}",
            said.err
        );
    }
}

#[test]
fn unused_fragments_are_read_and_are_no_error() {
    let folder = TempDir::new().expect("a folder");
    assert_eq!(say_in(folder.path(), &["pack", "new", "p"]).code, 0);
    let text =
        fs::read_to_string(folder.path().join("p/fragments/create.yaml")).expect("a fragment");
    let path = folder.path().join("p/fragments/spare.yaml");
    write(
        path.clone(),
        &text.replace("fragment: create", "fragment: spare"),
    );
    let said = say_in(folder.path(), &["lint", "p"]);
    assert_eq!(said.code, 0);
    assert!(
        said.err.contains("warning[unused-fragment]"),
        "{}",
        said.err
    );
    write(path, &text.replace("fragment: create", "fragment: other"));
    let said = say_in(folder.path(), &["lint", "p"]);
    assert_eq!(said.code, 2);
    assert!(said.err.contains("its fragment `other`"), "{}", said.err);
}

#[test]
fn mistakes_are_data_for_programs() {
    let folder = TempDir::new().expect("a folder");
    write(
        folder.path().join("acme.yaml"),
        "plugfest: 1\nsupplier: { id: acme, name: A, product: P }\nsystems: {}\n",
    );
    let said = say_in(folder.path(), &["lint", "acme.yaml", "--format", "json"]);
    assert_eq!(said.code, 2);
    assert!(said.err.is_empty(), "{}", said.err);
    let problems: Value = serde_json::from_str(&said.out).expect("JSON");
    let problem = &problems[0];
    assert_eq!(
        (&problem["code"], &problem["severity"]),
        (&"missing-field".into(), &"error".into()),
        "{problem}"
    );
    assert_eq!(
        (&problem["file"], &problem["line"]),
        (&"acme.yaml".into(), &2.into()),
        "{problem}"
    );
    assert!(
        problem["message"]
            .as_str()
            .is_some_and(|message| message.contains("version")),
        "{problem}"
    );
    for key in ["column", "help", "label"] {
        assert!(problem.get(key).is_some(), "{key} is missing: {problem}");
    }
    let said = say(&["lint", "--format", "json", "fhir-r4-rest"]);
    assert_eq!((said.code, said.err.as_str()), (0, ""));
}

#[test]
fn files_are_known_by_what_they_hold() {
    let folder = TempDir::new().expect("a folder");
    let cases = [
        ("nothing.yaml", "plugfest: 1\nother: 1\n", "missing-field"),
        ("broken.yaml", "a: [\n", "yaml-syntax"),
        (
            "known.yaml",
            "plugfest: 1\ndeviations: [{ requirement: X-1, because: b }]\n",
            "missing-field",
        ),
    ];
    for (name, text, code) in cases {
        write(folder.path().join(name), text);
        let said = say_in(folder.path(), &["lint", name]);
        assert_eq!(said.code, 2, "{name}");
        assert!(
            said.err.contains(&format!("[{code}]")),
            "{name}: {}",
            said.err
        );
    }
    let empty = TempDir::new().expect("a folder");
    let said = say_in(empty.path(), &["lint", "."]);
    assert_eq!(said.code, 2, "nothing to lint is no success");
    assert!(said.err.contains("[empty]"), "{}", said.err);
    assert_eq!(say_in(empty.path(), &["lint", "absent.yaml"]).code, 2);
}
