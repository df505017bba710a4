//! The topics: lists of words, each from the rows of the module that it belongs to.

use super::Entry;
use crate::check::{self, Weight};
use crate::cli::exit;
use crate::diag::CODES;
use crate::model::{Side, VerdictKind};
use crate::protocol::PROTOCOLS;
use crate::report::view::{Conformance, State};
use crate::report::{FORMATS, words};
use crate::template::FUNCTIONS;

/// A list of words.
pub struct Topic {
    /// As typed.
    pub name: &'static str,
    /// As a heading.
    pub title: &'static str,
    /// What the words are for.
    pub about: &'static str,
    /// The words.
    pub entries: fn() -> Vec<Entry>,
}

/// All topics.
#[rustfmt::skip]
pub static TOPICS: &[Topic] = &[
    Topic { name: "checks", title: "Kinds of check", entries: checks,
        about: "A check asks one question of one exchange. In a scenario it is a map with one main key, the kind; beside it may stand `cites`, `because`, `name`, `of` and `only-if`." },
    Topic { name: "functions", title: "Functions of templates", entries: functions,
        about: "Inside `{{…}}` stands the name of a value or a call of one of these functions. The table is fixed and nothing else is evaluated. What is random comes from the seed of the run, so that a run can be repeated." },
    Topic { name: "protocols", title: "Protocols", entries: protocols,
        about: "What a step can `send`: a map with one key, the protocol." },
    Topic { name: "verdicts", title: "Verdicts, states and conformance", entries: verdicts,
        about: "Each check gets one verdict or a status that says why it has none (ISO/IEC 9646); the verdicts of its checks give a requirement its state; the states of its requirements give a role its word." },
    Topic { name: "formats", title: "Formats of reports", entries: formats,
        about: "What `--format` takes. A format with a file is written into the folder of the run, the others go to standard output." },
    Topic { name: "exit-codes", title: "Exit codes", entries: exit_codes,
        about: "What the shell sees. They are stable: a newer plugfest gives none of them another meaning." },
    Topic { name: "codes", title: "Codes of diagnostics", entries: codes,
        about: "What stands in brackets behind `error` and `warning`." },
];

fn entry(name: impl Into<String>, summary: impl Into<String>) -> Entry {
    Entry {
        name: name.into(),
        summary: summary.into(),
        paragraphs: Vec::new(),
        examples: Vec::new(),
    }
}

fn checks() -> Vec<Entry> {
    let row = |kind: &check::Kind| Entry {
        paragraphs: vec![kind.explanation.into(), standing(kind)],
        examples: kind
            .examples
            .iter()
            .map(|&example| example.into())
            .collect(),
        ..entry(kind.name, kind.summary)
    };
    check::KINDS.iter().map(row).collect()
}

fn standing(kind: &check::Kind) -> String {
    let sides = match kind.sides {
        [Side::Request] => "It is asked of requests.",
        [Side::Reply] => "It is asked of replies.",
        _ => "It is asked of requests and of replies.",
    };
    match kind.weight {
        Weight::Judges => sides.into(),
        Weight::Warns => format!(
            "{sides} A violation is a warning, unless the check itself cites a requirement."
        ),
    }
}

fn functions() -> Vec<Entry> {
    let rows = FUNCTIONS.iter();
    rows.map(|row| entry(row.name, format!("`{}`: {}", row.usage, row.summary)))
        .collect()
}

fn protocols() -> Vec<Entry> {
    let rows = PROTOCOLS.iter();
    rows.map(|row| entry(row.name, row.summary)).collect()
}

fn verdicts() -> Vec<Entry> {
    let kinds = VerdictKind::ALL.into_iter();
    let kinds = kinds.map(|kind| {
        entry(
            kind.as_str(),
            format!("a check: {}", words::verdict_meaning(kind)),
        )
    });
    let states = State::ALL.into_iter();
    let states =
        states.map(|state| entry(state.label(), format!("a requirement: {}", state.meaning())));
    let gates = [
        Conformance::Conformant,
        Conformance::NotDemonstrated,
        Conformance::NonConformant,
    ];
    let gates = gates.map(|word| entry(word.as_str(), format!("a role: {}", word.meaning())));
    kinds.chain(states).chain(gates).collect()
}

fn formats() -> Vec<Entry> {
    let rows = FORMATS.iter();
    rows.map(|row| match row.file {
        Some(file) => entry(row.name, format!("{} (`{file}`)", row.summary)),
        None => entry(row.name, row.summary),
    })
    .collect()
}

fn exit_codes() -> Vec<Entry> {
    let rows = exit::codes().into_iter();
    rows.map(|row| entry(row.code.to_string(), row.meaning))
        .collect()
}

fn codes() -> Vec<Entry> {
    let row = |code: &crate::diag::Code| Entry {
        paragraphs: vec![code.explanation.into()],
        ..entry(code.name, code.summary)
    };
    CODES.iter().map(row).collect()
}
