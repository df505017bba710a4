//! What lies in the output folder already is replaced only where it is a run that ended, or nothing at all.

use super::server::{json, start};
use super::{code, lines, of_type, plugfest, stderr, write};

const SCENARIO: &str = "plugfest: 1
scenario: one
title: it answers
steps:
  - send: { http: { get: /it } }
    checks: [{ status: 200 }]
";

/// Runs into a folder that holds a run file with this text; the exit code, what was said, and the text after.
fn run_over(text: &str) -> (i32, String, String) {
    let folder = tempfile::tempdir().unwrap();
    let scenario = write(folder.path(), "one.yaml", SCENARIO);
    let out = folder.path().join("out");
    std::fs::create_dir_all(&out).unwrap();
    std::fs::write(out.join("results.jsonl"), text).unwrap();
    let server = start(|_, _| json(200, "{}"));
    let run = plugfest()
        .args(["run", &scenario, "--target", &server.base, "--out"])
        .arg(&out)
        .output()
        .unwrap();
    let after = std::fs::read_to_string(out.join("results.jsonl")).unwrap();
    (code(&run), stderr(&run), after)
}

/// A run file that this plugfest wrote.
fn whole() -> String {
    let folder = tempfile::tempdir().unwrap();
    let scenario = write(folder.path(), "one.yaml", SCENARIO);
    let server = start(|_, _| json(200, "{}"));
    let run = plugfest()
        .args(["run", &scenario, "--target", &server.base, "--out"])
        .arg(folder.path())
        .output()
        .unwrap();
    assert_eq!(code(&run), 0, "{}", stderr(&run));
    std::fs::read_to_string(folder.path().join("results.jsonl")).unwrap()
}

#[test]
fn what_is_no_run_is_not_deleted() {
    let whole = whole();
    let (header, rest) = whole.split_once('\n').unwrap();
    let cases = [
        (
            "of another format",
            whole.replacen("\"format\":1", "\"format\":2", 1),
        ),
        (
            "changed",
            whole.replacen("\"status\":200", "\"status\":201", 1),
        ),
        ("without its header", rest.to_owned()),
        (
            "no JSON in the middle",
            format!("{header}\nnothing\n{rest}"),
        ),
        ("of somebody else", "{\"mine\": true}\n".to_owned()),
        ("of somebody else, one line", "my notes".to_owned()),
    ];
    for (name, text) in cases {
        let (code, said, after) = run_over(&text);
        assert_eq!(code, 2, "{name}: {said}");
        assert!(said.contains("--out"), "{name}: {said}");
        assert!(after == text, "{name}: it was changed");
    }
}

#[test]
fn an_interrupted_run_is_not_deleted() {
    let whole = whole();
    let header = &whole[..=whole.find('\n').unwrap()];
    let (code, said, after) = run_over(header);
    assert_eq!(code, 2);
    assert!(said.contains("--resume"), "{said}");
    assert!(after == header);
}

#[test]
fn what_ended_or_never_began_is_replaced() {
    let whole = whole();
    for text in ["", &whole[..1], &whole[..40], &whole] {
        let (code, said, after) = run_over(text);
        assert_eq!(code, 0, "{said}");
        assert!(after.ends_with('\n') && after != *text, "{after}");
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), "results.jsonl", &after);
        assert_eq!(of_type(&lines(folder.path()), "footer").len(), 1);
    }
}
