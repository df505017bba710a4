//! The binary as people and scripts meet it: what each command prints, where, and with which exit code.

mod commands;
mod current;
mod docs;
mod lint;
mod packs;
mod serve;
mod terminology;
mod words;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

/// The binary, away from the terminal, the folder and the environment of whoever tests.
fn plugfest(folder: &Path, words: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_plugfest"));
    command.args(words).current_dir(folder).env("NO_COLOR", "1");
    for name in ["CLICOLOR_FORCE", "RUST_BACKTRACE", "CI"] {
        command.env_remove(name);
    }
    command
}

/// What a command says: its exit code, standard output, standard error.
struct Said {
    code: i32,
    out: String,
    err: String,
}

fn say_in(folder: &Path, words: &[&str]) -> Said {
    let output = plugfest(folder, words).output().expect("the binary runs");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
    Said {
        code: output.status.code().expect("an exit code"),
        out: text(output.stdout),
        err: text(output.stderr),
    }
}

fn say(words: &[&str]) -> Said {
    let folder = TempDir::new().expect("a folder");
    say_in(folder.path(), words)
}

/// What a command prints as JSON.
fn json(words: &[&str]) -> Value {
    let said = say(words);
    assert_eq!(said.code, 0, "{}", said.err);
    serde_json::from_str(&said.out).expect("JSON")
}

/// The rows of a list that is printed as JSON.
fn rows(words: &[&str]) -> Vec<Value> {
    let value = json(words);
    let rows = value.as_array().expect("a list").clone();
    assert!(!rows.is_empty(), "{words:?} lists nothing");
    rows
}

fn write(path: PathBuf, text: &str) {
    fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
    fs::write(path, text).expect("a file");
}
