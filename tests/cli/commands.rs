//! The command line as a whole: help, slips of the fingers, colour, pipes.

use std::path::Path;
use std::process::Stdio;

use tempfile::TempDir;

use crate::{plugfest, say, say_in};

const COMMANDS: &[&[&str]] = &[
    &["run"],
    &["judge"],
    &["report"],
    &["prove"],
    &["lint"],
    &["pack"],
    &["pack", "list"],
    &["pack", "show"],
    &["pack", "coverage"],
    &["pack", "new"],
    &["supplier"],
    &["supplier", "init"],
    &["serve"],
    &["fhir"],
    &["fhir", "package"],
    &["fhir", "package", "add"],
    &["fhir", "package", "list"],
    &["fhir", "package", "show"],
    &["fhir", "package", "compile"],
    &["explain"],
    &["schema"],
    &["completions"],
    &["man"],
];

#[test]
fn every_command_helps() {
    for words in COMMANDS {
        let said = say(&[*words, &["--help"]].concat());
        assert_eq!(said.code, 0, "{words:?}");
        assert!(
            said.out
                .contains(&format!("Usage: plugfest {}", words.join(" "))),
            "{words:?}: {}",
            said.out
        );
        assert!(said.err.is_empty(), "{words:?}: {}", said.err);
    }
}

#[test]
fn no_command_is_missing_from_these_tests() {
    let help = say(&["--help"]).out;
    let (_, list) = help.split_once("Commands:\n").expect("a list of commands");
    let lines = list.lines().take_while(|line| !line.is_empty());
    let names = lines.filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    for name in names.map(|line| line.split_whitespace().next().expect("a name")) {
        assert!(
            name == "help" || COMMANDS.contains(&[name].as_slice()),
            "`{name}` has no test"
        );
    }
}

#[test]
fn without_a_word_a_newcomer_is_told_where_to_start() {
    let said = say(&[]);
    assert_eq!(said.code, 2);
    assert!(said.out.is_empty());
    insta::assert_snapshot!(said.err);
}

#[test]
fn a_slip_of_the_fingers_is_met_with_a_suggestion() {
    let cases: &[(&[&str], &str)] = &[
        (&["lnit"], "lint"),
        (&["explain", "statsu"], "did you mean `status`?"),
        (
            &["explain", "fhir-conc-001"],
            "did you mean `FHIR-CONC-001`?",
        ),
        (&["schema", "scenarios"], "did you mean `scenario`?"),
        (&["serve", "fhir-r5"], "did you mean `fhir-r4`?"),
        (
            &["serve", "fhir-r4", "--defect", "ignores-if-matc"],
            "did you mean `ignores-if-match`?",
        ),
        (
            &["pack", "show", "fhir-r4-res"],
            "did you mean `fhir-r4-rest`?",
        ),
        (
            &["run", "fhir-r4-rest", "--format", "htm"],
            "did you mean `html`?",
        ),
        (&["lint", "fhir-r4-rst"], "did you mean `fhir-r4-rest`?"),
    ];
    for (words, hint) in cases {
        let said = say(words);
        assert_eq!(said.code, 2, "{words:?}: {}", said.err);
        assert!(said.out.is_empty(), "{words:?}: {}", said.out);
        assert!(said.err.contains(hint), "{words:?}: {}", said.err);
    }
}

#[test]
fn quiet_is_quiet_and_a_pipe_is_plain() {
    let folder = TempDir::new().expect("a folder");
    assert_eq!(
        say_in(folder.path(), &["--quiet", "pack", "new", "p"]).err,
        ""
    );
    let said = say_in(folder.path(), &["lint", "p", "--quiet"]);
    assert_eq!(
        (said.code, said.out.as_str(), said.err.as_str()),
        (0, "", "")
    );
    let mut coloured = plugfest(folder.path(), &["explain", "statsu"]);
    let output = coloured
        .env_remove("NO_COLOR")
        .output()
        .expect("the binary runs");
    assert!(!output.stderr.contains(&0x1b), "a pipe gets no colour");
    let mut forced = plugfest(folder.path(), &["explain", "statsu"]);
    let output = forced
        .env_remove("NO_COLOR")
        .env("CLICOLOR_FORCE", "1")
        .output()
        .expect("the binary runs");
    assert!(
        output.stderr.contains(&0x1b),
        "CLICOLOR_FORCE asks for colour"
    );
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    let mut command = plugfest(Path::new("."), &["schema", "scenario"]);
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary runs");
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("an end");
    assert_eq!(
        output.status.code(),
        Some(0),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}
