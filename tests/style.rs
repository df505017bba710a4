//! What keeps the house easy to read, held by tests: short files, few dependencies, and no word that belongs elsewhere.
//!
//! The length of functions is clippy's (`too_many_lines`, `clippy.toml`).
#![expect(
    clippy::unwrap_used,
    reason = "a test that meets the unexpected may panic"
)]

use std::fs;
use std::path::{Path, PathBuf};

use regex::RegexSet;

/// The most lines of a source file.
const MOST_LINES: usize = 600;

/// Files that may be longer, each with the reason.
const TABLES: &[(&str, &str)] = &[(
    "src/fhir/types/names.rs",
    "the names of FHIR's types and elements, one a line",
)];

/// The most crates that `Cargo.toml` names for the binary; each has its reason in `docs/decisions`.
const MOST_DEPENDENCIES: usize = 34;

/// The largest file of the repository, in bytes.
const MOST_BYTES: u64 = 1 << 20;

/// What never stands in a file of the repository: paths of somebody's machine, hosts of package registries, and talk about how a
/// text was made. The brackets keep this very list from being found.
const FORBIDDEN: &[&str] = &[
    r"/(work|root|home|Users)/[a-z]",
    r"[r]egistry\.npmjs",
    r"[p]ypi\.org",
    r"[c]rates\.io",
    r"repo1?\.[m]aven",
    r"deb\.[d]ebian",
    r"\b(AI|LLM)[ -](assistant|agent|model)s?\b",
    r"(?i)\b[t]his (chat|session|conversation)\b",
    r"(?i)\b[h]elper session",
];

#[test]
fn files_are_short() {
    let mut long = Vec::new();
    for path in sources() {
        let name = shown(&path);
        let lines = fs::read_to_string(&path).unwrap().lines().count();
        let is_table = TABLES.iter().any(|(table, _)| *table == name);
        if lines > MOST_LINES && !is_table {
            long.push(format!("{name}: {lines} lines"));
        }
    }
    assert!(
        long.is_empty(),
        "files with a second idea in them?\n{}",
        long.join("\n")
    );
}

#[test]
fn no_table_is_listed_that_is_short_or_gone() {
    for (table, reason) in TABLES {
        let lines = fs::read_to_string(root().join(table))
            .unwrap()
            .lines()
            .count();
        assert!(
            lines > MOST_LINES,
            "`{table}` ({reason}) needs no exception any more"
        );
    }
}

#[test]
fn dependencies_are_few() {
    let manifest = fs::read_to_string(root().join("Cargo.toml")).unwrap();
    let (_, rest) = manifest.split_once("\n[dependencies]\n").unwrap();
    let (table, _) = rest.split_once("\n[").unwrap();
    let count = table.lines().filter(|line| line.contains('=')).count();
    assert!(
        (1..=MOST_DEPENDENCIES).contains(&count),
        "{count} direct dependencies, {MOST_DEPENDENCIES} at most"
    );
}

#[test]
fn nothing_speaks_of_somebody_elses_place() {
    let forbidden = RegexSet::new(FORBIDDEN).unwrap();
    let (mut found, mut read) = (Vec::new(), 0);
    for path in everything() {
        let Ok(text) = fs::read_to_string(&path) else {
            continue; // An image, or another file that holds no text.
        };
        read += 1;
        for (number, line) in text
            .lines()
            .enumerate()
            .filter(|(_, line)| forbidden.is_match(line))
        {
            found.push(format!("{}:{}: {line}", shown(&path), number + 1));
        }
    }
    assert!(read > 100, "only {read} files were read");
    assert!(
        found.is_empty(),
        "words that do not belong here:\n{}",
        found.join("\n")
    );
}

#[test]
fn forbidden_words_would_be_found() {
    let forbidden = RegexSet::new(FORBIDDEN).unwrap();
    let words = ["see /wor", "k/main"].concat();
    assert!(forbidden.is_match(&words));
    assert!(!forbidden.is_match("a framework/tool at work"));
}

#[test]
fn no_file_is_large() {
    let large: Vec<String> = everything()
        .into_iter()
        .filter(|path| fs::metadata(path).unwrap().len() > MOST_BYTES)
        .map(|path| shown(&path))
        .collect();
    assert!(
        large.is_empty(),
        "files over {MOST_BYTES} bytes: {}",
        large.join(", ")
    );
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}

fn shown(path: &Path) -> String {
    path.strip_prefix(root())
        .unwrap()
        .to_string_lossy()
        .replace('\\', "/")
}

fn sources() -> Vec<PathBuf> {
    let rust = |path: &PathBuf| path.extension().is_some_and(|ending| ending == "rs");
    everything().into_iter().filter(rust).collect()
}

/// Every file of the repository, but what tools write: builds, runs, locks, and what lies hidden (but `.ci` and `.github`).
fn everything() -> Vec<PathBuf> {
    let skipped = ["target", "plugfest-report", "node_modules", "Cargo.lock"];
    let (mut files, mut waiting) = (Vec::new(), vec![root()]);
    while let Some(folder) = waiting.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let entry = entry.unwrap();
            let name = entry.file_name().to_string_lossy().into_owned();
            let hidden = name.starts_with('.') && name != ".ci" && name != ".github";
            if hidden || skipped.contains(&name.as_str()) {
                continue;
            }
            match entry.file_type().unwrap().is_dir() {
                true => waiting.push(entry.path()),
                false => files.push(entry.path()),
            }
        }
    }
    files.sort();
    files
}
