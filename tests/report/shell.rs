//! The command that sends a request again, as a shell reads it.

use std::fs;
use std::path::Path;
use std::process::Command;

use plugfest::model::{Exchange, Headers, Payload};
use plugfest::report::{Exchanges, curl, inert};
use plugfest::results::{self, Line};

use crate::sample::{HOSTILE, Recorded};

/// What a shell makes of a command that is run in a folder: curl's words, and the body where curl is told to read it.
fn words(command: &str, folder: &Path) -> Option<(Vec<String>, Vec<u8>)> {
    let script = format!(
        "curl() {{ printf '%s\\0' \"$@\" > words; for word; do case $word in @-) cat > body;; @*) cp \"${{word#@}}\" body;; esac; done; }}; {command}"
    );
    let status = Command::new("bash")
        .args(["--norc", "-c", &script])
        .current_dir(folder)
        .status()
        .ok()?;
    assert!(status.success(), "{command}");
    let text = fs::read_to_string(folder.join("words")).expect("curl was called with text");
    let words = text.split_terminator('\0').map(str::to_owned).collect();
    Some((words, fs::read(folder.join("body")).unwrap_or_default()))
}

fn have(program: &str) -> bool {
    let there = Command::new(program).arg("--version").output().is_ok();
    if !there {
        eprintln!("SKIPPED 1 test: there is no {program} here");
    }
    there
}

#[test]
fn a_shell_reads_the_command_as_the_request_was() {
    if !have("bash") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    for text in
        HOSTILE
            .iter()
            .copied()
            .chain(["@/etc/passwd", "it's {\"a\":\n\t1}", "\\n\\", "é王", "-x"])
    {
        let mut exchange = Recorded.exchange(1).unwrap();
        exchange.request.headers = Headers(vec![
            ("X-Text".into(), text.into()),
            ("Accept".into(), String::new()),
        ]);
        exchange.request.body = Payload::new(text.as_bytes().to_vec());
        exchange.request.url = format!("https://staging.acme.example/fhir/{text}");
        let command = curl::command(&exchange).unwrap();
        assert!(!command.chars().any(inert::is_hidden), "{command}");
        let (words, _) = words(&command, folder.path()).unwrap();
        let has = |name: &str, value: &str| {
            words
                .windows(2)
                .any(|pair| pair[0] == name && pair[1] == value)
        };
        assert!(
            has("-H", &format!("X-Text: {text}")) && has("-H", "Accept;"),
            "{command}"
        );
        assert!(has("--data-raw", text) && has("-X", "PUT"), "{command}");
        assert_eq!(words.last(), Some(&exchange.request.url), "{command}");
    }
}

#[test]
fn bodies_that_fit_no_line_come_from_the_run() {
    if !have("bash") || !have("jq") {
        return;
    }
    let bytes: Vec<u8> = (0..=255).cycle().take(700).collect();
    let long = "é\n\"'\\ ".repeat(2000).into_bytes();
    let large = "x\r\n".repeat(60_000).into_bytes();
    for body in [bytes, vec![0, 10, 0], long, large] {
        let mut exchange = Recorded.exchange(42).unwrap();
        exchange.request.method = "POST".into();
        exchange.request.body = Payload::new(body.clone());
        let folder = tempfile::tempdir().unwrap();
        record(&exchange, folder.path());
        let command = curl::command(&exchange).unwrap();
        assert!(command.len() < 1000 && !command.contains("-X"), "{command}");
        assert_eq!(words(&command, folder.path()).unwrap().1, body, "{command}");
    }
}

/// The exchange, and one before it, as a run's folder holds them.
fn record(exchange: &Exchange, folder: &Path) {
    fs::create_dir(folder.join("exchanges")).unwrap();
    let mut lines = String::new();
    for exchange in [&Recorded.exchange(41).unwrap(), exchange] {
        let (stored, large) = results::store(exchange);
        lines += &serde_json::to_string(&Line::Exchange(Box::new(stored))).unwrap();
        lines.push('\n');
        for body in large {
            fs::write(folder.join(&body.path), body.content.bytes()).unwrap();
        }
    }
    fs::write(folder.join("results.jsonl"), lines).unwrap();
}

#[test]
fn what_curl_does_not_speak_has_no_command() {
    let mut exchange = Recorded.exchange(42).unwrap();
    exchange.request.url = "mllp://127.0.0.1:2575".into();
    assert_eq!(curl::command(&exchange), None);
}
