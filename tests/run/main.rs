//! The binary as its users run it: against the embedded supplier, against servers that behave and misbehave, interrupted,
//! cancelled, resumed, judged again.
#![expect(
    clippy::unwrap_used,
    reason = "a test that meets the unexpected may panic"
)]

mod again;
mod declared;
mod fhir;
mod hostile;
mod interrupted;
mod known;
mod read_only;
mod resumed;
mod room;
mod said;
mod server;
mod thinner;

use std::path::Path;
use std::process::Output;

use assert_cmd::Command;

/// The binary, without the surroundings of whoever runs the tests.
fn plugfest() -> Command {
    let mut command = Command::cargo_bin("plugfest").expect("the binary is built");
    command.env("NO_COLOR", "1").env_remove("CI");
    command
}

/// The binary as a plain process, for tests that stop it.
fn plugfest_process() -> std::process::Command {
    let mut command = std::process::Command::new(assert_cmd::cargo::cargo_bin("plugfest"));
    command
        .env("NO_COLOR", "1")
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null());
    command
}

fn code(output: &Output) -> i32 {
    output.status.code().expect("it was not killed")
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// The lines of a run file.
fn lines(folder: &Path) -> Vec<serde_json::Value> {
    let text = std::fs::read_to_string(folder.join("results.jsonl")).expect("there is a run file");
    text.lines()
        .map(|line| serde_json::from_str(line).expect("every line is JSON"))
        .collect()
}

fn of_type<'a>(lines: &'a [serde_json::Value], kind: &str) -> Vec<&'a serde_json::Value> {
    lines.iter().filter(|line| line["type"] == kind).collect()
}

fn write(folder: &Path, name: &str, text: &str) -> String {
    let path = folder.join(name);
    std::fs::write(&path, text).expect("the folder can be written");
    path.to_string_lossy().into_owned()
}
