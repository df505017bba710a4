//! The reader of packs against mistakes: those that people make, those that strangers plant, and those of chance.

#[path = "reader/oracle.rs"]
mod oracle;

use std::sync::LazyLock;

use plugfest::diag::{Diagnostic, Style, render};
use plugfest::model::Files;
use plugfest::pack::{Pack, Part};
use plugfest::store;
use proptest::prelude::*;

const PACK: &str = "plugfest: 1\npack: p\ntitle: t\nversion: 1.0.0\nstandard: { name: n, version: v, url: u }\nlicence: Apache-2.0\n\
roles: { client: { title: c }, server: { title: s } }\nsubject: server\ndriver: client\nendpoint: fhir\nareas: { a: A }\n\
values: { type: { default: Patient, about: a } }\nclaims: { write: w }\n";
const REQUIREMENTS: &str = "plugfest: 1\nrequirements:\n  - { id: A-1, obligation: SHALL, certainty: explicit, verified: read, actor: server, area: a, text: t, source: { section: s, url: u } }\n";
const HEAD: &str = "plugfest: 1\nscenario: s\ntitle: t\nverifies: [A-1]\n";

/// One mistake: what it is, the files beside the pack's own, and what is said of it.
struct Mistake {
    what: &'static str,
    files: &'static [(&'static str, &'static str)],
    code: &'static str,
    /// The text under the caret.
    at: &'static str,
    /// A part of the help.
    help: &'static str,
}

/// A scenario file with these steps.
macro_rules! steps {
    ($steps:literal) => {
        (
            "scenarios/s.yaml",
            concat!(
                "plugfest: 1\nscenario: s\ntitle: t\nverifies: [A-1]\nsteps:\n",
                $steps
            ),
        )
    };
}

/// A fragment file with these steps.
macro_rules! fragment {
    ($name:literal, $steps:literal) => {
        (
            concat!("fragments/", $name, ".yaml"),
            concat!(
                "plugfest: 1\nfragment: ",
                $name,
                "\ntitle: t\nsteps:\n",
                $steps
            ),
        )
    };
}

#[rustfmt::skip]
const MISTAKES: &[Mistake] = &[
    Mistake { what: "fragments in a circle", files: &[
        steps!("  - use: a\n"), fragment!("a", "  - use: b\n"), fragment!("b", "  - use: a\n"),
    ], code: "fragment-cycle", at: "a", help: "take the `use` out" },
    Mistake { what: "a fragment inside itself", files: &[
        steps!("  - use: a\n"), fragment!("a", "  - use: a\n"),
    ], code: "fragment-cycle", at: "a", help: "take the `use` out" },
    Mistake { what: "an unknown fragment", files: &[
        steps!("  - use: creat\n"), fragment!("create", "  - { send: { http: { get: / } }, precondition: { status: 200 } }\n"),
    ], code: "unknown-fragment", at: "creat", help: "`create`" },
    Mistake { what: "a parameter that is not given", files: &[
        steps!("  - use: a\n"),
        ("fragments/a.yaml", "plugfest: 1\nfragment: a\ntitle: t\nparameters: { id: {} }\nsteps:\n  - { send: { http: { get: '/{{with.id}}' } }, precondition: { status: 200 } }\n"),
    ], code: "missing-parameter", at: "a", help: "with: { id: … }" },
    Mistake { what: "a parameter that there is not", files: &[
        steps!("  - use: a\n    with: { idd: 1 }\n"),
        ("fragments/a.yaml", "plugfest: 1\nfragment: a\ntitle: t\nparameters: { id: { default: 1 } }\nsteps:\n  - { send: { http: { get: '/{{with.id}}' } }, precondition: { status: 200 } }\n"),
    ], code: "unknown-parameter", at: "idd", help: "`id`" },
    Mistake { what: "a fixture that is missing", files: &[
        steps!("  - { send: { http: { post: /, body: { file: fixtures/patint.json } } }, checks: [{ status: 200 }] }\n"),
        ("fixtures/patient.json", "{}"),
    ], code: "missing-file", at: "fixtures/patint.json", help: "`fixtures/patient.json`" },
    Mistake { what: "a fixture outside the pack", files: &[
        steps!("  - { send: { http: { post: /, body: { file: ../../secret } } }, checks: [{ status: 200 }] }\n"),
    ], code: "outside-pack", at: "../../secret", help: "inside the pack" },
    Mistake { what: "rows that are missing", files: &[
        ("scenarios/s.yaml", "plugfest: 1\nscenario: s\ntitle: t\nverifies: [A-1]\neach: { case: fixtures/rows.csv }\nsteps:\n  - { send: { http: { get: / } }, checks: [{ status: 200 }] }\n"),
        ("fixtures/row.csv", "name\na\n"),
    ], code: "missing-file", at: "fixtures/rows.csv", help: "`fixtures/row.csv`" },
    Mistake { what: "an unknown key of a scenario", files: &[
        ("scenarios/s.yaml", "plugfest: 1\nscenario: s\ntitle: t\nverfies: [A-1]\n"),
    ], code: "unknown-field", at: "verfies", help: "`verifies`" },
    Mistake { what: "an unknown key of a step", files: &[
        steps!("  - { send: { http: { get: / } }, cheks: [{ status: 200 }] }\n"),
    ], code: "unknown-field", at: "cheks", help: "`checks`" },
    Mistake { what: "an unknown key of a request", files: &[
        steps!("  - { send: { http: { get: /, header: {} } }, checks: [{ status: 200 }] }\n"),
    ], code: "unknown-field", at: "header", help: "`headers`" },
    Mistake { what: "an unknown key of a body", files: &[
        steps!("  - { send: { http: { post: /, body: { jsn: {} } } }, checks: [{ status: 200 }] }\n"),
    ], code: "unknown-field", at: "jsn", help: "`json`" },
    Mistake { what: "an unknown key of a check", files: &[
        steps!("  - { send: { http: { get: / } }, checks: [{ header: { nam: ETag } }] }\n"),
    ], code: "unknown-field", at: "nam", help: "`name`" },
    Mistake { what: "an unknown key of what is kept", files: &[
        steps!("  - { send: { http: { get: / } }, keep: { a: { headr: ETag } } }\n"),
    ], code: "unknown-field", at: "headr", help: "`header`" },
    Mistake { what: "an unknown key of a fragment", files: &[
        steps!("  - use: a\n"), ("fragments/a.yaml", "plugfest: 1\nfragment: a\ntitle: t\nstep: []\n"),
    ], code: "unknown-field", at: "step", help: "`steps`" },
    Mistake { what: "an unknown check", files: &[
        steps!("  - { send: { http: { get: / } }, checks: [{ staus: 200 }] }\n"),
    ], code: "unknown-check", at: "staus", help: "`status`" },
    Mistake { what: "an unknown protocol", files: &[
        steps!("  - { send: { htp: { get: / } }, checks: [{ status: 200 }] }\n"),
    ], code: "unknown-protocol", at: "htp", help: "`http`" },
    Mistake { what: "an unknown value", files: &[
        steps!("  - { send: { http: { get: '/{{values.typ}}' } }, checks: [{ status: 200 }] }\n"),
    ], code: "undefined-value", at: "values.typ", help: "`values.type`" },
    Mistake { what: "an unknown function", files: &[
        steps!("  - { send: { http: { get: '/{{uid()}}' } }, checks: [{ status: 200 }] }\n"),
    ], code: "unknown-function", at: "{{uid()}}", help: "`uuid`" },
    Mistake { what: "an unknown step", files: &[
        steps!("  - { name: one, send: { http: { get: / } }, checks: [{ status: 200 }] }\n  - { send: { http: { get: / } }, checks: [{ status: 200, of: on }] }\n"),
    ], code: "unknown-step", at: "on", help: "`one`" },
    Mistake { what: "an unknown requirement", files: &[
        steps!("  - { send: { http: { get: / } }, checks: [{ status: 200, cites: A-2 }] }\n"),
    ], code: "unknown-requirement", at: "A-2", help: "`A-1`" },
    Mistake { what: "a claim that there is not", files: &[
        ("scenarios/s.yaml", "plugfest: 1\nscenario: s\ntitle: t\nverifies: [A-1]\nneeds: [writ]\nsteps:\n  - { send: { http: { get: / } }, checks: [{ status: 200 }] }\n"),
    ], code: "bad-value", at: "writ", help: "`write`" },
    Mistake { what: "a step that nobody looks at", files: &[
        steps!("  - { name: lonely, send: { http: { get: / } } }\n"),
    ], code: "empty", at: "lonely", help: "`checks`" },
    Mistake { what: "two steps of one name", files: &[
        steps!("  - { name: one, send: { http: { get: / } }, checks: [{ status: 200 }] }\n  - { name: one, send: { http: { get: / } }, checks: [{ status: 200 }] }\n"),
    ], code: "duplicate-id", at: "one", help: "`as:`" },
    Mistake { what: "a bomb of aliases", files: &[
        ("scenarios/s.yaml", "plugfest: 1\na: &a [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]\nb: &b [*a, *a, *a, *a, *a, *a, *a, *a, *a, *a]\nc: &c [*b, *b, *b, *b, *b, *b, *b, *b, *b, *b]\n\
d: &d [*c, *c, *c, *c, *c, *c, *c, *c, *c, *c]\ne: &e [*d, *d, *d, *d, *d, *d, *d, *d, *d, *d]\nf: [*e, *e, *e, *e, *e, *e, *e, *e, *e, *e]\n"),
    ], code: "yaml-limit", at: "*e", help: "aliases" },
    Mistake { what: "a tower of brackets", files: &[
        ("scenarios/s.yaml", "a: [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[["),
    ], code: "yaml-limit", at: "[", help: "64" },
    Mistake { what: "a second document", files: &[
        ("scenarios/s.yaml", "plugfest: 1\n---\nscenario: s\n"),
    ], code: "yaml-syntax", at: "---", help: "one document" },
    Mistake { what: "a key twice", files: &[
        ("scenarios/s.yaml", "plugfest: 1\nscenario: s\nscenario: t\n"),
    ], code: "duplicate-key", at: "scenario", help: "one of them" },
    Mistake { what: "another version of the language", files: &[
        ("scenarios/s.yaml", "plugfest: 2\nscenario: s\ntitle: t\nverifies: [A-1]\nsteps: []\n"),
    ], code: "unknown-version", at: "2", help: "plugfest: 1" },
];

fn small_pack(files: &[(&str, &str)]) -> Files {
    let own = [("pack.yaml", PACK), ("requirements.yaml", REQUIREMENTS)];
    let all = own.iter().chain(files);
    Files {
        root: String::new(),
        entries: all
            .map(|(path, text)| ((*path).to_owned(), text.as_bytes().into()))
            .collect(),
    }
}

impl Mistake {
    /// What is wrong with what is said; `None` where it is as it should be.
    fn objection(&self) -> Option<String> {
        let Err(problems) = Pack::load(small_pack(self.files), Part::Whole) else {
            return Some(format!("{}: nothing was said", self.what));
        };
        let is_told = |problem: &Diagnostic| {
            let at = problem.place.as_ref().map(|place| place.text());
            let mut notes = problem.notes.iter();
            let helps = notes.any(|(kind, text)| *kind == "help" && text.contains(self.help));
            problem.code == self.code && at == Some(self.at) && (helps || self.help.is_empty())
        };
        if problems.len() == 1 && problems.iter().any(is_told) {
            return None;
        }
        let told: String = problems
            .iter()
            .map(|problem| render(problem, Style::Plain))
            .collect();
        let (code, at, help) = (self.code, self.at, self.help);
        Some(format!(
            "{}: wanted {code} at `{at}`, help {help}\n{told}",
            self.what
        ))
    }
}

#[test]
fn mistakes_have_a_code_a_place_and_a_help() {
    let wrong: Vec<String> = MISTAKES.iter().filter_map(Mistake::objection).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let sound = steps!("  - { send: { http: { get: / } }, checks: [{ status: 200 }] }\n");
    assert!(sound.1.starts_with(HEAD));
    Pack::load(small_pack(&[sound]), Part::Whole).unwrap();
}

/// The files of the pack that every binary has.
static EMBEDDED: LazyLock<Files> = LazyLock::new(|| match store::find_pack("fhir-r4-rest") {
    Ok(store::Found::Embedded(files)) => files,
    other => panic!("the pack is embedded: {other:?}"),
});

/// A change that chance makes to a file. Positions are taken modulo what there is.
#[derive(Debug, Clone)]
enum Change {
    Delete(usize),
    Duplicate(usize),
    Swap(usize, usize),
    Indent(usize, usize),
    Insert(usize, Vec<u8>),
    CutOff(usize),
}

fn change() -> impl Strategy<Value = Change> {
    let telling = prop::sample::select(vec![
        "{{", "}}", "{", "}", "[", "]", ": ", "- ", "&a ", "*a", "'", "\"", "#", "|", ">", "!!",
        "? ", "%", "\t", "\n", "---\n", "\u{0}", "\u{feff}", "é", "null",
    ]);
    prop_oneof![
        any::<usize>().prop_map(Change::Delete),
        any::<usize>().prop_map(Change::Duplicate),
        any::<(usize, usize)>().prop_map(|(one, other)| Change::Swap(one, other)),
        (any::<usize>(), 0..6_usize).prop_map(|(line, by)| Change::Indent(line, by)),
        (any::<usize>(), telling).prop_map(|(at, text)| Change::Insert(at, text.into())),
        (any::<usize>(), prop::collection::vec(any::<u8>(), 1..4))
            .prop_map(|(at, bytes)| Change::Insert(at, bytes)),
        any::<usize>().prop_map(Change::CutOff),
    ]
}

impl Change {
    fn apply(&self, bytes: &mut Vec<u8>) {
        let mut lines: Vec<Vec<u8>> = bytes
            .split_inclusive(|byte| *byte == b'\n')
            .map(<[u8]>::to_vec)
            .collect();
        let (n_lines, n_bytes) = (lines.len().max(1), bytes.len() + 1);
        if lines.is_empty() {
            return;
        }
        match self {
            Self::Delete(line) => drop(lines.remove(line % n_lines)),
            Self::Duplicate(line) => lines.insert(line % n_lines, lines[line % n_lines].clone()),
            Self::Swap(one, other) => lines.swap(one % n_lines, other % n_lines),
            Self::Indent(line, by) => {
                let line = &mut lines[line % n_lines];
                let text = line.trim_ascii_start().to_vec();
                *line = [vec![b' '; *by], text].concat();
            }
            Self::Insert(at, more) => {
                let at = at % n_bytes;
                bytes.splice(at..at, more.iter().copied());
                return;
            }
            Self::CutOff(at) => return bytes.truncate(at % n_bytes),
        }
        *bytes = lines.concat();
    }
}

/// What is said of a pack has places that can be shown.
fn assert_told(problems: &[Diagnostic], what: &str) {
    assert!(!problems.is_empty(), "{what}: refused without a word");
    for problem in problems {
        assert!(problem.place.is_some(), "{what}: no place: {problem:?}");
        assert!(!render(problem, Style::Plain).is_empty(), "{what}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn changed_scenarios_are_read_or_refused_with_places(
        chosen in any::<prop::sample::Index>(),
        changes in prop::collection::vec(change(), 1..5),
    ) {
        let mut files = EMBEDDED.clone();
        let path = {
            let all: Vec<&str> = files.in_folder("scenarios/", ".yaml").collect();
            all[chosen.index(all.len())].to_owned()
        };
        let mut bytes = files.entries[&path].to_vec();
        changes.iter().for_each(|change| change.apply(&mut bytes));
        files.entries.insert(path.clone(), bytes.into());
        if let Err(problems) = Pack::load(files, Part::Scenario(&path)) {
            assert_told(&problems, &path);
        }
    }

    #[test]
    fn changed_fragments_and_manifests_are_read_or_refused_with_places(
        chosen in any::<prop::sample::Index>(),
        changes in prop::collection::vec(change(), 1..5),
    ) {
        const USED: &[(&str, &str)] = &[
            ("fragments/create.yaml", "scenarios/create-location.yaml"),
            ("fragments/capability.yaml", "scenarios/create-location.yaml"),
            ("fragments/update.yaml", "scenarios/update-replaces.yaml"),
            ("fragments/sample.yaml", "scenarios/read-last-modified.yaml"),
            ("fixtures/resource.json", "scenarios/create-location.yaml"),
            ("pack.yaml", "scenarios/read.yaml"),
            ("requirements.yaml", "scenarios/read.yaml"),
        ];
        let (path, user) = USED[chosen.index(USED.len())];
        let mut files = EMBEDDED.clone();
        let mut bytes = files.entries[path].to_vec();
        changes.iter().for_each(|change| change.apply(&mut bytes));
        files.entries.insert(path.to_owned(), bytes.into());
        if let Err(problems) = Pack::load(files, Part::Scenario(user)) {
            assert_told(&problems, path);
        }
    }
}
