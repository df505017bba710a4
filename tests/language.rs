//! `docs/scenario-language.md` is true: every example on it is read, together, as one pack.
//!
//! The word after `yaml` says what a block is: a path makes it that file; `step`, `steps`, `send`, `checks`, `keep`, `when`, `each`
//! and `values` make it a part of a scenario around it. Examples in the tables of bodies and checks are read as such.

use std::collections::BTreeMap;

use plugfest::check::KINDS;
use plugfest::diag::{Diagnostic, Style, render};
use plugfest::model::Files;
use plugfest::pack::{Pack, Part};

const PAGE: &str = include_str!("../docs/scenario-language.md");

/// What the page takes for granted.
const AROUND: &[(&str, &str)] = &[
    (
        "fragments/capability.yaml",
        "plugfest: 1\nfragment: capability\ntitle: t\nonce: true\nsteps:\n  - name: metadata\n    send: { http: { get: /metadata } }\n    precondition: [{ status: 200 }]\n",
    ),
    (
        "fixtures/patient.json",
        r#"{ "resourceType": "Patient", "active": true, "identifier": [{ "value": "1" }], "name": [{ "family": "A" }] }"#,
    ),
    (
        "fixtures/bad-dates.csv",
        "name,family\nleap-day,2023-02-29\n",
    ),
];

/// A block of the page.
#[derive(Debug)]
struct Block {
    line: usize,
    what: String,
    text: String,
}

/// All blocks of YAML.
fn blocks() -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    let mut is_open = false;
    for (index, line) in PAGE.lines().enumerate() {
        match line.strip_prefix("```") {
            Some(_) if is_open => is_open = false,
            Some(info) => {
                is_open = true;
                let what = match info.strip_prefix("yaml") {
                    Some(what) => what.trim(),
                    None => "text",
                };
                let (line, what) = (index + 1, what.to_owned());
                blocks.push(Block {
                    line,
                    what,
                    text: String::new(),
                });
            }
            None => {
                if let Some(block) = blocks.last_mut().filter(|_| is_open) {
                    block.text.push_str(line);
                    block.text.push('\n');
                }
            }
        }
    }
    blocks.retain(|block| block.what != "text");
    blocks
}

fn indented(text: &str, by: usize) -> String {
    let margin = " ".repeat(by);
    text.lines()
        .map(|line| format!("{margin}{line}\n"))
        .collect()
}

const SEND: &str = "    send: { http: { get: / } }\n";

/// A scenario around a part, in which everything has happened that the page's parts look back at.
fn scenario(name: &str, part: &str, text: &str) -> String {
    let mut head = "each:\n  case: [{ name: a, family: b }]\n".to_owned();
    let steps = match part {
        "steps" => text.to_owned(),
        "step" => format!("-\n{}", indented(text, 2)),
        "send" => format!(
            "- checks: [{{ status: 200 }}]\n  send:\n{}",
            indented(text, 4)
        ),
        "checks" | "keep" => format!("-\n{SEND}    {part}:\n{}", indented(text, 6)),
        "body" => format!(
            "- checks: [{{ status: 200 }}]\n  send: {{ http: {{ post: /, body: {text} }} }}\n"
        ),
        "when" | "values" | "each" => {
            if part == "each" {
                head.clear();
            }
            head += &format!("{part}:\n{}", indented(text, 2));
            format!("-\n{SEND}    checks: [{{ status: 200 }}]\n")
        }
        other => panic!("the page has a block of `{other}`, which nobody reads"),
    };
    let before = "- { use: create, with: { body: { file: fixtures/patient.json } } }\n- name: first update\n  send: { http: { get: / } }\n  precondition: { status: 200 }\n";
    format!(
        "plugfest: 1\nscenario: {name}\ntitle: t\nverifies: [FHIR-CONC-001]\n{head}steps:\n{}{}",
        indented(before, 2),
        indented(&steps, 2)
    )
}

/// The examples in tables: what stands between backticks and starts as a check, or as the map of a body.
fn examples() -> Vec<(usize, &'static str, &'static str)> {
    let mut found = Vec::new();
    for (index, line) in PAGE
        .lines()
        .enumerate()
        .filter(|(_, line)| line.starts_with('|'))
    {
        for code in line.split('`').skip(1).step_by(2) {
            let is_check = KINDS.iter().any(|kind| {
                let rest = code.strip_prefix(kind.name);
                rest.is_some_and(|rest| rest.starts_with(':'))
            });
            match (is_check, code.starts_with("{ ")) {
                (true, _) => found.push((index + 1, "checks", code)),
                (false, true) => found.push((index + 1, "body", code)),
                (false, false) => {}
            }
        }
    }
    found
}

fn pack() -> (Files, BTreeMap<String, usize>) {
    let mut files = Files::default();
    let mut lines = BTreeMap::new();
    let mut add = |path: String, line: usize, text: &str| {
        lines.insert(path.clone(), line);
        let before = files.entries.insert(path, text.as_bytes().into());
        assert!(before.is_none(), "line {line}: a second file of that path");
    };
    for (path, text) in AROUND {
        add((*path).to_owned(), 0, text);
    }
    for Block { line, what, text } in blocks() {
        if what.ends_with(".yaml") {
            add(what, line, &text);
        } else {
            let name = format!("line-{line}");
            add(
                format!("scenarios/{name}.yaml"),
                line,
                &scenario(&name, &what, &text),
            );
        }
    }
    for (position, (line, part, code)) in examples().into_iter().enumerate() {
        let name = format!("example-{position}");
        let text = match part {
            "checks" => format!("- {code}"),
            _ => code.to_owned(),
        };
        add(
            format!("scenarios/{name}.yaml"),
            line,
            &scenario(&name, part, &text),
        );
    }
    (files, lines)
}

fn told(problems: &[Diagnostic], lines: &BTreeMap<String, usize>) -> String {
    let told = problems.iter().map(|problem| {
        let place = problem.place.as_ref();
        let line = place.and_then(|place| lines.get(&place.source.name));
        format!(
            "line {line:?} of the page:\n{}\n",
            render(problem, Style::Plain)
        )
    });
    told.collect()
}

#[test]
fn every_example_is_read() {
    let (files, lines) = pack();
    let pack = Pack::load(files, Part::Whole).map_err(|problems| told(&problems, &lines));
    let pack = pack.unwrap_or_else(|problems| panic!("{problems}"));
    let n_files = lines
        .keys()
        .filter(|path| path.starts_with("scenarios/"))
        .count();
    assert_eq!(pack.scenarios.len(), n_files);
    assert!(
        n_files > 70,
        "only {n_files} examples were found on the page"
    );
}

#[test]
fn every_kind_of_check_and_every_function_is_on_the_page() {
    let examples = examples();
    let missing: Vec<&str> = KINDS
        .iter()
        .map(|kind| kind.name)
        .filter(|name| !examples.iter().any(|(_, _, code)| code.starts_with(*name)))
        .collect();
    assert!(missing.is_empty(), "no example of {missing:?}");
    let functions = plugfest::template::FUNCTIONS
        .iter()
        .map(|function| function.name);
    let missing: Vec<&str> = functions
        .filter(|name| !PAGE.contains(&format!("{name}(")))
        .collect();
    assert!(missing.is_empty(), "no example of {missing:?}");
}
