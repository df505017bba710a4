//! What is published in `docs/` is what this plugfest writes.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use tempfile::TempDir;

use crate::say_in;

/// The files of a folder, by name.
fn files(folder: &Path) -> BTreeMap<String, String> {
    let entries = fs::read_dir(folder)
        .expect("a folder")
        .map(|entry| entry.expect("an entry").path());
    let name = |path: &Path| {
        path.file_name()
            .expect("a name")
            .to_string_lossy()
            .into_owned()
    };
    entries
        .map(|path| (name(&path), fs::read_to_string(&path).expect("a text")))
        .collect()
}

/// What `plugfest WORDS --out DIR` writes stands in the repository, byte for byte.
fn is_current(words: &str, inside: &str) {
    let folder = TempDir::new().expect("a folder");
    assert_eq!(say_in(folder.path(), &[words, "--out", "written"]).code, 0);
    let written = files(&folder.path().join("written"));
    let kept = files(&Path::new(env!("CARGO_MANIFEST_DIR")).join(inside));
    let rewrite = format!("`cargo run -- {words} --out {inside}` rewrites them");
    assert!(
        written.keys().eq(kept.keys()),
        "{inside} has other files; {rewrite}"
    );
    for (name, text) in written {
        assert!(
            kept[&name] == text,
            "{inside}/{name} is out of date; {rewrite}"
        );
    }
}

#[test]
fn published_schemas_are_current() {
    is_current("schema", "docs/schema");
}

#[test]
fn published_reference_pages_are_current() {
    is_current("explain", "docs/reference");
}
