//! What the pages tell people to type is understood, and their links lead somewhere.

use std::fs;
use std::path::{Path, PathBuf};

use crate::say;

/// The pages that people read, by their path in the repository.
fn pages() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut waiting = vec![root.join("docs")];
    let mut paths: Vec<PathBuf> = ["README.md", "CONTRIBUTING.md", "CHANGELOG.md"]
        .map(|name| root.join(name))
        .into();
    while let Some(folder) = waiting.pop() {
        for entry in fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            match path.extension() {
                _ if path.is_dir() => waiting.push(path),
                Some(ending) if ending == "md" => paths.push(path),
                Some(_) | None => {}
            }
        }
    }
    paths.sort();
    let page = |path: &PathBuf| {
        let name = path.strip_prefix(root).expect("inside");
        let text = fs::read_to_string(path).expect("a page");
        (name.to_string_lossy().into_owned(), text)
    };
    paths.iter().map(page).collect()
}

/// The lines of a page, and for each whether it stands inside a fence.
fn lines(page: &str) -> impl Iterator<Item = (bool, &str)> {
    let mut inside = false;
    page.lines().map(move |line| {
        inside ^= line.trim_start().starts_with("```");
        (inside, line)
    })
}

/// The words after `plugfest` in a line that somebody may type, where it is one.
fn typed(line: &str) -> Option<Vec<&str>> {
    let line = line.split(" #").next().unwrap_or_default();
    let line = line.split(" && cmp").next().unwrap_or_default();
    let starts = ["plugfest ", "cargo run --release -- ", "cargo run -- "];
    let line = starts.iter().find_map(|start| {
        let (before, rest) = line.split_once(start)?;
        let before = before.trim().trim_start_matches("- ");
        let is_prompt =
            before.is_empty() || ["$", ">", "run:"].contains(&before) || before.ends_with("&&");
        is_prompt.then_some(rest)
    })?;
    let words = line.split_whitespace().map(|word| word.trim_matches('"'));
    Some(words.collect())
}

#[test]
fn what_people_are_told_to_type_is_understood() {
    let mut count = 0;
    for (name, page) in pages() {
        for words in lines(&page)
            .filter(|(fenced, _)| *fenced)
            .filter_map(|(_, line)| typed(line))
        {
            // `--help` at the end: everything before it must be known, and nothing is done.
            let said = say(&[words.as_slice(), &["--help"]].concat());
            assert_eq!(
                said.code,
                0,
                "{name}: plugfest {}\n{}",
                words.join(" "),
                said.err
            );
            count += 1;
        }
    }
    assert!(count > 15, "only {count} lines were found");
}

#[test]
fn links_lead_somewhere() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut count = 0;
    for (name, page) in pages() {
        let prose = lines(&page).filter(|(fenced, _)| !fenced);
        let links = prose.flat_map(|(_, line)| line.split("](").skip(1));
        let targets = links.filter_map(|rest| rest.split_once(')'));
        for (target, _) in targets {
            let path = target.split('#').next().unwrap_or_default();
            if path.is_empty() || path.contains("://") {
                continue;
            }
            let folder = root.join(&name);
            let folder = folder.parent().expect("a parent");
            assert!(
                folder.join(path).exists(),
                "{name}: `{target}` leads nowhere"
            );
            count += 1;
        }
    }
    assert!(count > 20, "only {count} links were found");
}
