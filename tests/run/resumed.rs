//! A resumed run is the same run: the same supplier file, with what lies beside it.

use std::path::Path;
use std::process::Output;

use super::server::{Server, json, start};
use super::{code, lines, of_type, plugfest, stderr, write};

const SCENARIO: &str = "plugfest: 1
scenario: rows
title: it answers
each: { case: [{ name: a }, { name: b }, { name: c }] }
steps:
  - send: { http: { get: '/{{case.name}}' } }
    checks: [{ status: 200 }]
";

/// Answers whoever shows the token.
fn guarded() -> Server {
    start(|_, head| match head.contains("Bearer canary-token-1") {
        true => json(200, "{}"),
        false => json(401, "{}"),
    })
}

/// Runs with a token from a file beside the supplier file, and takes the end of the record away, as a crash would.
fn interrupted(folder: &Path, server: &Server) {
    let beside = folder.join("beside");
    std::fs::create_dir_all(&beside).unwrap();
    write(folder, "rows.yaml", SCENARIO);
    write(&beside, "token.txt", "canary-token-1\n");
    let supplier = format!(
        "plugfest: 1\nsupplier: {{ id: acme, name: Acme, product: P, version: '1' }}\nsystems:\n  main:\n    plays: ['*']\n\
        \x20   endpoints: {{ '*': '{}' }}\n    auth: {{ bearer: {{ token: {{ file: token.txt }} }} }}\n",
        server.base
    );
    write(&beside, "acme.yaml", &supplier);
    let run = plugfest()
        .current_dir(folder)
        .args(["run", "rows.yaml", "--supplier", "beside/acme.yaml"])
        .args(["--jobs", "1", "--out", "out"])
        .output()
        .unwrap();
    assert_eq!(code(&run), 0, "{}", stderr(&run));
    let path = folder.join("out/results.jsonl");
    let text = std::fs::read_to_string(&path).unwrap();
    let exchanges = text.match_indices("{\"type\":\"exchange\"");
    let (second, _) = exchanges.clone().nth(1).unwrap();
    std::fs::write(&path, &text[..second]).unwrap();
}

fn resume(folder: &Path, options: &[&str]) -> Output {
    let mut command = plugfest();
    let command = command.current_dir(folder).args(["run", "--resume", "out"]);
    command.args(options).output().unwrap()
}

#[test]
fn secrets_beside_the_supplier_file_are_found_again() {
    let folder = tempfile::tempdir().unwrap();
    let server = guarded();
    interrupted(folder.path(), &server);
    let resumed = resume(folder.path(), &[]);
    assert_eq!(code(&resumed), 0, "{}", stderr(&resumed));
    let lines = lines(&folder.path().join("out"));
    let statuses = of_type(&lines, "exchange");
    assert_eq!(statuses.len(), 3);
    assert!(statuses.iter().all(|line| line["reply"]["status"] == 200));
    assert_eq!(lines[0]["options"]["supplier-file"], "beside/acme.yaml");
}

#[test]
fn what_the_record_says_cannot_be_said_otherwise() {
    let folder = tempfile::tempdir().unwrap();
    let server = guarded();
    interrupted(folder.path(), &server);
    let before = std::fs::read(folder.path().join("out/results.jsonl")).unwrap();
    let others: [&[&str]; 5] = [
        &["--supplier", "beside/acme.yaml"],
        &["--out", "elsewhere"],
        &["--target", "http://127.0.0.1:9"],
        &["--run-by", "laboratory"],
        &["--read-only"],
    ];
    for options in others {
        let refused = resume(folder.path(), options);
        assert_eq!(code(&refused), 2, "{options:?}");
        assert!(stderr(&refused).contains("--resume"), "{options:?}");
    }
    assert!(std::fs::read(folder.path().join("out/results.jsonl")).unwrap() == before);
}

#[test]
fn nobody_resumes_against_a_supplier_that_ended_with_the_run() {
    let folder = tempfile::tempdir().unwrap();
    let run = plugfest()
        .current_dir(folder.path())
        .args(["run", "fhir-r4-rest", "--only", "FHIR-CAP-001"])
        .args(["--out", "out"])
        .output()
        .unwrap();
    assert_eq!(code(&run), 0, "{}", stderr(&run));
    let path = folder.path().join("out/results.jsonl");
    let text = std::fs::read_to_string(&path).unwrap();
    let journal = &text[..text.find("{\"type\":\"verdict\"").unwrap()];
    std::fs::write(&path, journal).unwrap();
    let resumed = resume(folder.path(), &[]);
    assert_eq!(code(&resumed), 2);
    assert!(
        stderr(&resumed).contains("embedded"),
        "{}",
        stderr(&resumed)
    );
    assert!(std::fs::read_to_string(&path).unwrap() == journal);
}
