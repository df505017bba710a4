//! FHIR packages from the outside: real ones, hostile ones, a registry that is served from here, and the commands.

mod archive;
mod commands;
mod real;
mod registry;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use plugfest::store::packages::{Cache, Options};
use serde_json::Value;

/// The packages that lie beside the repository. Where they do not, that is said loudly, with how many tests skip so far.
fn real_packages() -> Option<PathBuf> {
    use std::sync::atomic::{AtomicUsize, Ordering};
    static SKIPPED: AtomicUsize = AtomicUsize::new(0);
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/fhir/packages");
    if folder.is_dir() {
        return Some(folder);
    }
    let count = SKIPPED.fetch_add(1, Ordering::Relaxed) + 1;
    // Straight to standard error: what a passing test prints is kept back, and a skip must be seen.
    let where_to = folder.display();
    writeln!(
        std::io::stderr(),
        "SKIPPED: {count} tests of real packages so far, since {where_to} is absent"
    )
    .expect("standard error takes a line");
    None
}

/// The archives of a folder, sorted.
fn archives(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).expect("a folder");
    let paths = entries.map(|entry| entry.expect("an entry").path());
    let mut archives: Vec<PathBuf> = paths
        .filter(|path| path.extension().is_some_and(|ending| ending == "tgz"))
        .collect();
    archives.sort();
    archives
}

/// Options with a cache in a folder.
fn options(cache: &Path) -> Options {
    Options {
        cache: Some(Cache::at(cache)),
        ..Options::default()
    }
}

/// What the binary says in a folder whose cache is `cache`: exit code, standard output, standard error.
fn say(folder: &Path, words: &[&str]) -> (i32, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_plugfest"))
        .args(["fhir", "package"])
        .args(words)
        .current_dir(folder)
        .env("NO_COLOR", "1")
        .env("PLUGFEST_PACKAGE_CACHE", folder.join("cache"))
        .env_remove("CLICOLOR_FORCE")
        .output()
        .expect("the binary runs");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
    (
        output.status.code().expect("an exit code"),
        text(output.stdout),
        text(output.stderr),
    )
}

/// The same, as JSON.
fn json(folder: &Path, words: &[&str]) -> Value {
    let (code, out, err) = say(folder, &[words, &["--format", "json"]].concat());
    assert_eq!(code, 0, "{err}");
    serde_json::from_str(&out).expect("JSON")
}
