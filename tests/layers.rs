//! The order of the house, held by a test: a module uses only modules above it, and the pure ones never touch the world.
//!
//! `docs/architecture.md` explains the table; here it is the law. What stands in test code is not looked at.
#![expect(
    clippy::unwrap_used,
    reason = "a test that meets the unexpected may panic"
)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use regex::Regex;

/// A pattern that is compiled once.
macro_rules! pattern {
    ($text:literal) => {
        LazyLock::new(|| Regex::new($text).unwrap())
    };
}

/// A module of `src/`.
struct Layer {
    name: &'static str,
    uses: Uses,
    world: World,
}

/// What a module may use of the crate.
enum Uses {
    /// Every module above it.
    Above,
    /// These, which are above it.
    Only(&'static [&'static str]),
}

/// Whether a module may touch files, sockets, clocks, the environment or the terminal.
enum World {
    /// Never.
    Pure,
    /// Only the files whose path below `src/` starts so.
    At(&'static [&'static str]),
    /// All but the terminal.
    Touches,
    /// The terminal, too.
    Speaks,
}

const fn layer(name: &'static str, uses: Uses, world: World) -> Layer {
    Layer { name, uses, world }
}

/// The modules in reading order: the same as in `src/lib.rs`.
const LAYERS: &[Layer] = &[
    layer("model", Uses::Above, World::Pure),
    layer("diag", Uses::Only(&[]), World::Pure),
    layer("yaml", Uses::Above, World::Pure),
    layer("template", Uses::Above, World::Pure),
    // The engines stand alone: each could be a crate of its own.
    layer("fhir", Uses::Only(&[]), World::Pure),
    layer("xml", Uses::Only(&[]), World::Pure),
    layer("check", Uses::Above, World::Pure),
    layer("protocol", Uses::Above, World::At(&["protocol/http/wire"])),
    layer("scenario", Uses::Above, World::Pure),
    layer("pack", Uses::Above, World::Pure),
    layer("supplier", Uses::Above, World::Pure),
    layer("plan", Uses::Above, World::Pure),
    layer("judge", Uses::Above, World::Pure),
    // A report depends on results as data, never on whoever made them.
    layer("report", Uses::Only(&["model", "diag"]), World::Pure),
    layer("score", Uses::Above, World::Pure),
    layer("results", Uses::Above, World::Pure),
    layer("store", Uses::Above, World::Touches),
    layer("run", Uses::Above, World::Touches),
    // A reference supplier that shared code with the judge would share its mistakes.
    layer("serve", Uses::Only(&[]), World::Touches),
    layer("prove", Uses::Above, World::Touches),
    layer("cli", Uses::Above, World::Speaks),
];

/// What touches the world, as it stands in source text.
static WORLD: LazyLock<Regex> = pattern!(
    r"\btokio(_rustls)?::|\breqwest::|\baxum::|\bstd::(fs|net|env|process|thread)\b|\bSystemTime::now|\bInstant::now\(\)|\bstd::time::SystemTime"
);

/// What speaks to the terminal.
static TERMINAL: LazyLock<Regex> =
    pattern!(r"\b(e?print(ln)?|dbg)!|\bio::(stdout|stderr|stdin)\b|\bprocess::exit\b");

#[test]
fn every_module_has_a_row_in_the_order_of_the_library() {
    let text = fs::read_to_string(root().join("src/lib.rs")).unwrap();
    static ORDER: LazyLock<Regex> = pattern!(r"(?m)^(?:pub )?mod ([a-z0-9_]+);");
    let listed: Vec<&str> = ORDER
        .captures_iter(&text)
        .map(|found| found.get(1).unwrap().as_str())
        .collect();
    let rows: Vec<&str> = LAYERS.iter().map(|layer| layer.name).collect();
    assert_eq!(
        listed, rows,
        "src/lib.rs and the table must name the same modules in the same order"
    );
}

#[test]
fn nothing_is_imported_upwards() {
    let mut wrong = Vec::new();
    for (position, layer) in LAYERS.iter().enumerate() {
        let above: BTreeSet<&str> = match layer.uses {
            Uses::Above => LAYERS[..position].iter().map(|layer| layer.name).collect(),
            Uses::Only(names) => names.iter().copied().collect(),
        };
        for name in above
            .iter()
            .filter(|name| LAYERS[position..].iter().any(|lower| lower.name == **name))
        {
            wrong.push(format!(
                "the row of `{}` allows `{name}`, which is below it",
                layer.name
            ));
        }
        for file in files_of(layer) {
            let used = used(&file.code).into_iter();
            let foreign = used.filter(|name| name != layer.name && !above.contains(name.as_str()));
            wrong.extend(foreign.map(|name| format!("{}: uses `{name}`", file.path)));
            wrong.extend(
                climbs_out(&file)
                    .map(|chain| format!("{}: `{chain}` leaves the module", file.path)),
            );
        }
    }
    assert!(
        wrong.is_empty(),
        "imports that the order forbids:\n{}",
        wrong.join("\n")
    );
}

#[test]
fn the_pure_modules_never_touch_the_world() {
    let mut wrong = Vec::new();
    for layer in LAYERS {
        for file in files_of(layer) {
            let (may_touch, may_speak) = match layer.world {
                World::Pure => (false, false),
                World::At(starts) => (
                    starts.iter().any(|start| file.path.starts_with(start)),
                    false,
                ),
                World::Touches => (true, false),
                World::Speaks => (true, true),
            };
            for (number, line) in file.code.lines().enumerate() {
                let touches = !may_touch && WORLD.is_match(line);
                let speaks = !may_speak && TERMINAL.is_match(line);
                if touches || speaks {
                    wrong.push(format!("{}:{}: {}", file.path, number + 1, line.trim()));
                }
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "places that touch the world and must not:\n{}",
        wrong.join("\n")
    );
}

/// The test itself is tested: each rule finds what it is there for.
#[test]
fn what_is_forbidden_would_be_found() {
    assert_eq!(
        used("use crate::{run::Driver, model};\ncrate::cli::main()"),
        ["run", "model", "cli"].map(String::from).into()
    );
    assert_eq!(
        used("use crate::{\n    a,\n    b::{c, d},\n};"),
        ["a", "b"].map(String::from).into()
    );
    for line in [
        "use tokio::net;",
        "std::fs::read(path)",
        "use std::{fs, net};",
        "SystemTime::now()",
    ] {
        assert!(WORLD.is_match(&flat(line)), "{line}");
    }
    assert!(!WORLD.is_match("env!(\"CARGO_PKG_VERSION\")"));
    let code =
        without_tests("fn a() {}\n#[cfg(test)]\nmod tests {\n    use std::fs;\n}\n// std::fs\n");
    assert!(!code.contains("fs"), "{code}");
    let file = File {
        path: "check/status.rs".into(),
        code: "use super::super::run::Driver;".into(),
    };
    assert_eq!(climbs_out(&file).count(), 1);
}

/// A source file: its path below `src/`, and its text without comments and tests.
struct File {
    path: String,
    code: String,
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}

fn files_of(layer: &Layer) -> Vec<File> {
    let src = root().join("src");
    let mut waiting = vec![src.join(layer.name), src.join(format!("{}.rs", layer.name))];
    let mut files = Vec::new();
    while let Some(path) = waiting.pop() {
        if path.is_dir() {
            waiting.extend(
                fs::read_dir(&path)
                    .unwrap()
                    .map(|entry| entry.unwrap().path()),
            );
        } else if path.is_file() && path.extension().is_some_and(|ending| ending == "rs") {
            let name = path
                .strip_prefix(&src)
                .unwrap()
                .to_string_lossy()
                .replace('\\', "/");
            if !is_test(&name) {
                let text = fs::read_to_string(&path).unwrap();
                files.push(File {
                    path: name,
                    code: flat(&without_tests(&text)),
                });
            }
        }
    }
    assert!(!files.is_empty(), "the module `{}` has no file", layer.name);
    files.sort_by(|a, b| a.path.cmp(&b.path));
    files
}

/// Files that exist for tests only: `tests.rs`, `action_tests.rs`, `tests/…`.
fn is_test(path: &str) -> bool {
    path.ends_with("tests.rs") || path.contains("/tests/")
}

/// Without comments, and without what follows `#[cfg(test)]` where that is a module of tests, which stands last.
fn without_tests(text: &str) -> String {
    static TESTS: LazyLock<Regex> =
        pattern!(r"(?s)#\[cfg\(test\)\]\s*(#\[[^\]]*\]\s*)*mod \w+ \{.*");
    let text = TESTS.replace(text, "");
    static COMMENT: LazyLock<Regex> = pattern!(r"(?m)(^|[^:])//.*$");
    COMMENT.replace_all(&text, "$1").into_owned()
}

/// `use std::{fs, net}` as `use std::fs std::net`, so that one pattern finds both ways to write it.
fn flat(text: &str) -> String {
    static GROUP: LazyLock<Regex> = pattern!(r"\bstd::\{([^;]*)\}");
    let spread = |found: &regex::Captures<'_>| {
        let names = found[1]
            .split(',')
            .map(|name| format!("std::{}", name.trim()));
        names.collect::<Vec<_>>().join(" ")
    };
    GROUP.replace_all(text, spread).into_owned()
}

/// The modules of the crate that a text names.
fn used(code: &str) -> BTreeSet<String> {
    static SINGLE: LazyLock<Regex> = pattern!(r"\bcrate::([a-z_][a-z0-9_]*)");
    let mut names: BTreeSet<String> = SINGLE
        .captures_iter(code)
        .map(|found| found[1].to_owned())
        .collect();
    for (start, _) in code.match_indices("crate::{") {
        names.extend(first_words(&code[start + "crate::{".len()..]));
    }
    names
}

/// The first words of the entries of a group, whose brace has just been opened.
fn first_words(text: &str) -> Vec<String> {
    let (mut depth, mut entry, mut entries) = (0, String::new(), Vec::new());
    for letter in text.chars() {
        match letter {
            '}' if depth == 0 => break,
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => entries.push(std::mem::take(&mut entry)),
            letter => entry.push(letter),
        }
    }
    entries.push(entry);
    let word = |entry: String| {
        entry
            .trim()
            .split("::")
            .next()
            .unwrap_or_default()
            .trim()
            .to_owned()
    };
    entries
        .into_iter()
        .map(word)
        .filter(|word| !word.is_empty())
        .collect()
}

/// Chains of `super` that lead to the crate's root: they would hide an import.
fn climbs_out(file: &File) -> impl Iterator<Item = String> {
    let parts = file.path.trim_end_matches(".rs").split('/');
    let depth = parts.filter(|part| *part != "mod").count();
    static CHAIN: LazyLock<Regex> = pattern!(r"\b(?:super::)+");
    let chains: Vec<String> = CHAIN
        .find_iter(&file.code)
        .map(|found| found.as_str().to_owned())
        .collect();
    chains
        .into_iter()
        .filter(move |chain| chain.matches("super").count() >= depth)
}
