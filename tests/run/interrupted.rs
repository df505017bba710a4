//! Killed, cancelled, resumed.

use std::sync::Mutex;
use std::sync::mpsc::channel;

use super::server::{Act, json, start, with_headers};
use super::{code, lines, of_type, plugfest, plugfest_process, write};

/// Ten rows; each makes something, looks at it, and cleans up.
const SCENARIO: &str = "plugfest: 1
scenario: rows
title: it makes and looks
each:
  case: [{ name: a }, { name: b }, { name: c }, { name: d }, { name: e }, { name: f }, { name: g }, { name: h }]
steps:
  - name: make
    send: { http: { post: '/make/{{case.name}}', body: { text: '{{uuid()}}' } } }
    precondition: [{ status: 201 }]
    keep: { id: { header: Location } }
  - name: look
    send: { http: { get: '/{{id}}' } }
    checks: [{ status: 200 }]
cleanup:
  - send: { http: { delete: '/{{id}}' } }
";

fn answer(head: &str) -> Act {
    let mut words = head.split_whitespace();
    match (words.next(), words.next()) {
        (Some("POST"), Some(path)) => with_headers(
            201,
            &format!("Location: made{}\r\n", path.replace('/', "-")),
            "",
        ),
        _ => json(200, "{}"),
    }
}

#[test]
#[expect(clippy::too_many_lines, reason = "one story, from the kill to the end")]
fn a_killed_run_goes_on_without_repeating_what_was_recorded() {
    let folder = tempfile::tempdir().unwrap();
    let scenario = write(folder.path(), "rows.yaml", SCENARIO);
    let out = folder.path().join("out");
    // The eleventh request is never answered, until the run is killed; then everything is.
    let held = std::sync::Arc::new(Mutex::new(true));
    let (reached, wait) = channel();
    let (reached, hold) = (Mutex::new(reached), held.clone());
    let server = start(move |number, head| {
        if number >= 10 && *hold.lock().unwrap() {
            let _ = reached.lock().unwrap().send(());
            return Act::Silence;
        }
        answer(head)
    });
    let mut child = plugfest_process()
        .args([
            "run",
            &scenario,
            "--target",
            &server.base,
            "--jobs",
            "1",
            "--out",
        ])
        .arg(&out)
        .spawn()
        .unwrap();
    wait.recv().unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    *held.lock().unwrap() = false;
    let journal = std::fs::read(out.join("results.jsonl")).unwrap();
    assert_eq!(of_type(&lines(&out), "exchange").len(), 10);
    let before: Vec<String> = server.asked.try_iter().collect();

    let refused = plugfest()
        .args(["run", &scenario, "--target", &server.base, "--out"])
        .arg(&out)
        .output()
        .unwrap();
    assert_eq!(code(&refused), 2, "an interrupted run is not overwritten");
    let judged = plugfest().arg("judge").arg(&out).output().unwrap();
    assert_eq!(code(&judged), 2, "a journal is no run");

    let resumed = plugfest()
        .arg("run")
        .arg("--resume")
        .arg(&out)
        .output()
        .unwrap();
    assert_eq!(code(&resumed), 0, "{}", super::stderr(&resumed));
    let after = std::fs::read(out.join("results.jsonl")).unwrap();
    assert!(
        after.starts_with(&journal),
        "what was recorded stays byte for byte"
    );
    let lines = lines(&out);
    assert_eq!(of_type(&lines, "exchange").len(), 24);
    assert_eq!(of_type(&lines, "resumed").len(), 1);
    let asked: Vec<String> = server.asked.try_iter().collect();
    let repeated: Vec<_> = asked
        .iter()
        .filter(|request| before[..10].contains(request))
        .collect();
    assert!(repeated.is_empty(), "{repeated:?}");
    assert_eq!(
        code(&plugfest().arg("judge").arg(&out).output().unwrap()),
        0
    );
}

#[test]
fn a_torn_last_line_is_left_out() {
    let folder = tempfile::tempdir().unwrap();
    let scenario = write(folder.path(), "rows.yaml", SCENARIO);
    let out = folder.path().join("out");
    let server = start(|_, head| answer(head));
    let run = plugfest()
        .args([
            "run",
            &scenario,
            "--target",
            &server.base,
            "--seed",
            "1",
            "--jobs",
            "1",
            "--out",
        ])
        .arg(&out)
        .output()
        .unwrap();
    assert_eq!(code(&run), 0);
    let text = std::fs::read_to_string(out.join("results.jsonl")).unwrap();
    let exchanges = text
        .match_indices("{\"type\":\"exchange\"")
        .map(|(at, _)| at);
    for at in exchanges {
        std::fs::write(out.join("results.jsonl"), &text[..at + 40]).unwrap();
        let resumed = plugfest()
            .arg("run")
            .arg("--resume")
            .arg(&out)
            .output()
            .unwrap();
        assert_eq!(code(&resumed), 0, "{}", super::stderr(&resumed));
        assert_eq!(of_type(&lines(&out), "exchange").len(), 24, "cut at {at}");
    }
}

#[cfg(unix)]
#[test]
fn a_cancelled_run_cleans_up_and_is_valid() {
    let folder = tempfile::tempdir().unwrap();
    let scenario = write(folder.path(), "rows.yaml", SCENARIO);
    let out = folder.path().join("out");
    let (reached, wait) = channel();
    let (go, gone) = channel::<()>();
    let (reached, gone) = (Mutex::new(reached), Mutex::new(gone));
    // The second look waits until the test has sent its signal.
    let server = start(move |number, head| {
        if number == 4 {
            let _ = reached.lock().unwrap().send(());
            let _ = gone.lock().unwrap().recv();
        }
        answer(head)
    });
    let mut child = plugfest_process()
        .args([
            "run",
            &scenario,
            "--target",
            &server.base,
            "--jobs",
            "1",
            "--out",
        ])
        .arg(&out)
        .spawn()
        .unwrap();
    wait.recv().unwrap();
    let signalled = std::process::Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status()
        .unwrap();
    assert!(signalled.success());
    // The signal is on its way to the process; the reply may overtake it, so the run is held until its next request at the latest.
    go.send(()).unwrap();
    let status = child.wait().unwrap();
    assert_eq!(status.code(), Some(3), "a cancelled run is undetermined");
    let lines = lines(&out);
    assert_eq!(of_type(&lines, "footer")[0]["state"], "cancelled");
    assert_eq!(
        of_type(&lines, "verdict").len(),
        8,
        "every planned check has its verdict"
    );
    let made = of_type(&lines, "exchange")
        .iter()
        .filter(|line| line["request"]["method"] == "POST")
        .count();
    let cleaned = of_type(&lines, "exchange")
        .iter()
        .filter(|line| line["request"]["method"] == "DELETE")
        .count();
    assert_eq!(made, cleaned, "what was made is cleaned up");
    let text = std::fs::read(out.join("results.jsonl")).unwrap();
    assert_eq!(
        code(&plugfest().arg("judge").arg(&out).output().unwrap()),
        3
    );
    assert!(
        std::fs::read(out.join("results.jsonl")).unwrap() == text,
        "a cancelled run judges to the same bytes"
    );
}
