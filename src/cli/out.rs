//! What people see: results on standard output, everything else on standard error.

use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use comfy_table::{ContentArrangement, Table, presets};
use serde::Serialize;

use crate::diag::{Diagnostic, Style, render};

/// Usage, scenario, pack or supplier file is wrong.
pub const WRONG_INPUT: u8 = 2;
/// plugfest or its environment failed.
pub const FAILED: u8 = 4;

/// Why a command ends early.
#[derive(Debug)]
pub enum Failure {
    /// Something that somebody wrote is wrong: exit code 2.
    Input(Vec<Diagnostic>),
    /// plugfest or its environment failed: exit code 4.
    Environment(String),
    /// The same, with more to say of it.
    Outside(Vec<Diagnostic>),
}

impl From<Diagnostic> for Failure {
    fn from(diagnostic: Diagnostic) -> Self {
        Self::Input(vec![diagnostic])
    }
}

impl From<Vec<Diagnostic>> for Failure {
    fn from(diagnostics: Vec<Diagnostic>) -> Self {
        Self::Input(diagnostics)
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Environment(error.to_string())
    }
}

/// How to talk to whoever is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Console {
    /// Colour on standard output.
    pub out: Style,
    /// Colour on standard error.
    pub err: Style,
    /// Whether progress may be drawn.
    pub live: Live,
    /// Whether only what was asked for is printed.
    pub quiet: bool,
}

/// Whether progress may be drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Live {
    /// Somebody watches a terminal.
    Terminal,
    /// A pipe, a file or CI.
    Record,
}

impl Console {
    /// From the terminal, `NO_COLOR`, `CLICOLOR_FORCE` and `CI`.
    pub fn of_environment(quiet: bool) -> Self {
        let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        let style = |terminal: bool| match (set("NO_COLOR"), set("CLICOLOR_FORCE"), terminal) {
            (false, true, _) | (false, false, true) => Style::Coloured,
            (true, _, _) | (false, false, false) => Style::Plain,
        };
        let watched = io::stderr().is_terminal() && !set("CI") && !quiet;
        Self {
            out: style(io::stdout().is_terminal()),
            err: style(io::stderr().is_terminal()),
            live: if watched {
                Live::Terminal
            } else {
                Live::Record
            },
            quiet,
        }
    }

    /// Columns of the terminal; 100 where there is none.
    pub fn width(&self) -> usize {
        let told = std::env::var("COLUMNS")
            .ok()
            .and_then(|columns| columns.parse().ok());
        told.or_else(|| comfy_table::Table::new().width().map(usize::from))
            .unwrap_or(100)
    }

    /// Prints a result. A reader that has gone away is no error.
    pub fn print(&self, text: &str) {
        let mut out = io::stdout().lock();
        let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    }

    /// Tells something on the side, unless quiet.
    pub fn tell(&self, text: &str) {
        if !self.quiet {
            let _ = writeln!(io::stderr().lock(), "{text}");
        }
    }

    /// Shows diagnostics, the first ones where there are many: mistakes breed mistakes.
    pub fn diagnose(&self, diagnostics: &[Diagnostic]) {
        const MOST: usize = 20;
        let mut err = io::stderr().lock();
        for diagnostic in diagnostics.iter().take(MOST) {
            let _ = writeln!(err, "{}\n", render(diagnostic, self.err));
        }
        if diagnostics.len() > MOST {
            let more = diagnostics.len() - MOST;
            let _ = writeln!(
                err,
                "… and {more} more; `plugfest lint --format json` shows all\n"
            );
        }
    }

    /// Shows why a command ends early, and the exit code for it.
    pub fn fail(&self, failure: &Failure) -> ExitCode {
        match failure {
            Failure::Input(diagnostics) => {
                self.diagnose(diagnostics);
                ExitCode::from(WRONG_INPUT)
            }
            Failure::Outside(diagnostics) => {
                self.diagnose(diagnostics);
                ExitCode::from(FAILED)
            }
            Failure::Environment(message) => {
                self.diagnose(&[Diagnostic::error("output", message)]);
                ExitCode::from(FAILED)
            }
        }
    }
}

/// How a list is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Form {
    /// For people
    Text,
    /// For programs
    Json,
}

/// The option of every command that lists or counts.
#[derive(Debug, Clone, Copy, Args)]
pub struct FormArgument {
    /// How to print it
    #[arg(long, value_enum, default_value_t = Form::Text)]
    pub format: Form,
}

/// A value as JSON, indented, with a newline at its end.
pub fn json(value: &impl Serialize) -> String {
    // invariant: what is printed as JSON are plain structs, lists and maps with text keys, which serde_json always writes.
    let text = serde_json::to_string_pretty(value).expect("plain data");
    format!("{text}\n")
}

/// A table without lines, its last column wrapped to the terminal's width.
pub fn table<const N: usize>(
    header: [&str; N],
    rows: impl IntoIterator<Item = [String; N]>,
) -> String {
    let mut table = Table::new();
    table
        .load_preset(presets::NOTHING)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_header(header);
    table.add_rows(rows);
    for column in table.column_iter_mut() {
        column.set_padding((0, 2));
    }
    let lines = table.lines().map(|line| line.trim_end().to_owned());
    lines.map(|line| line + "\n").collect()
}

/// A text in lines of at most 100 characters, words kept whole.
pub fn wrapped(text: &str, indent: &str) -> String {
    const WIDTH: usize = 100;
    let mut lines = vec![indent.to_owned()];
    for word in text.split_whitespace() {
        // invariant: the list starts with one line and only grows.
        let line = lines.last_mut().expect("a line");
        let (used, empty) = (line.chars().count(), line.len() == indent.len());
        if !empty && used + 1 + word.chars().count() > WIDTH {
            lines.push(format!("{indent}{word}"));
            continue;
        }
        if !empty {
            line.push(' ');
        }
        line.push_str(word);
    }
    lines.join("\n") + "\n"
}

/// clap's own words: help and version go to standard output and are no failure.
pub fn usage(error: &clap::Error) -> ExitCode {
    let _ = error.print();
    match error.use_stderr() {
        true => ExitCode::from(WRONG_INPUT),
        false => ExitCode::SUCCESS,
    }
}
