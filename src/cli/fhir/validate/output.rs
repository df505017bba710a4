//! Printing what validation says, as it comes.

use std::process::ExitCode;

use serde_json::{Value, json};

use super::Form;
use super::line::{Line, Row};
use crate::cli::out::{self, Console};
use crate::diag::{Diagnostic, Place, Source, render};
use crate::report::words::count;
use crate::score::Exit;

/// Prints lines in one format, and remembers what they add up to.
pub struct Writer {
    form: Form,
    verbose: bool,
    console: Console,
    /// Kept where a format is one whole.
    lines: Vec<Line>,
    total: Total,
}

/// All lines, added up.
#[derive(Debug, Default)]
struct Total {
    resources: usize,
    invalid: usize,
    open: usize,
    errors: usize,
    warnings: usize,
    undecided: usize,
}

impl Writer {
    /// Nothing is printed yet.
    pub fn new(form: Form, verbose: bool, console: Console) -> Self {
        Self {
            form,
            verbose,
            console,
            lines: Vec::new(),
            total: Total::default(),
        }
    }

    /// Takes what is said of the next resource.
    pub fn write(&mut self, line: Line) {
        self.total.add(&line);
        match self.form {
            Form::Text => self.show(&line),
            Form::Ndjson => self.console.print(&(compact(&line) + "\n")),
            Form::Json | Form::Sarif => self.lines.push(line),
        }
    }

    /// Prints what is left, and tells how it ended.
    pub fn finish(self) -> ExitCode {
        match self.form {
            Form::Text | Form::Ndjson => {}
            Form::Json => self.console.print(&out::json(&self.lines)),
            Form::Sarif => self.console.print(&out::json(&sarif(&self.lines))),
        }
        self.console.tell(&self.total.sentence());
        ExitCode::from(self.total.exit().code())
    }

    /// Errors, warnings and what is undecided; hints where they are asked for.
    fn show(&self, line: &Line) {
        let shown = line
            .issues
            .iter()
            .filter(|row| self.verbose || row.severity != "information" || row.kind == "undecided");
        for row in shown {
            self.console
                .print(&(render(&diagnostic(line, row), self.console.out) + "\n\n"));
        }
    }
}

fn compact(line: &Line) -> String {
    // invariant: the fields are texts and numbers.
    serde_json::to_string(line).unwrap_or_default()
}

/// An issue in the look of all messages: a caret below its line, where the line can be shown.
fn diagnostic(line: &Line, row: &Row) -> Diagnostic {
    let message = match row.expression.as_str() {
        "" => row.message.clone(),
        path => format!("{path}: {}", row.message),
    };
    let diagnostic = match (row.severity, row.kind) {
        ("fatal" | "error", _) => Diagnostic::error(row.kind, message),
        ("warning", _) => Diagnostic::warning(row.kind, message),
        _ => Diagnostic::hint(row.kind, message),
    };
    let diagnostic = match place(line, row) {
        Some(place) => diagnostic.at(&place),
        None => diagnostic.note("at", format!("{}:{}:{}", line.file, row.line, row.column)),
    };
    let diagnostic = match &row.constraint {
        Some(key) => diagnostic.note("constraint", key),
        None => diagnostic,
    };
    match &row.profile {
        Some(profile) => diagnostic.note("profile", profile),
        None => diagnostic,
    }
}

fn place(line: &Line, row: &Row) -> Option<Place> {
    let (_, text) = line
        .excerpt
        .iter()
        .find(|(number, _)| *number == row.line)?;
    let before: String = text.chars().take(row.column.saturating_sub(1)).collect();
    let rest = &text[before.len()..];
    let word = rest
        .find([',', ':', ' ', '>', '{', '['])
        .filter(|at| *at > 0);
    let source = Source::part(&line.file, text.clone(), row.line);
    Some(Place::top(&source).within(before.len(), word.unwrap_or(1).min(rest.len().max(1))))
}

impl Total {
    fn add(&mut self, line: &Line) {
        self.resources += 1;
        self.invalid += usize::from(line.errors > 0);
        self.open += usize::from(line.errors == 0 && line.is_open);
        self.errors += line.errors;
        self.warnings += line.warnings;
        self.undecided += line.undecided;
    }

    fn exit(&self) -> Exit {
        match (self.invalid, self.open) {
            (0, 0) => Exit::Satisfied,
            (0, _) => Exit::Undetermined,
            _ => Exit::Violated,
        }
    }

    fn sentence(&self) -> String {
        let valid = self.resources - self.invalid - self.open;
        let parts = [
            (valid, "valid"),
            (self.invalid, "invalid"),
            (self.open, "undecided"),
        ];
        let parts = parts.iter().filter(|(number, _)| *number > 0);
        let parts: Vec<String> = parts
            .map(|(number, word)| format!("{number} {word}"))
            .collect();
        format!(
            "{}: {} ({}, {}, {} undecided)",
            count(self.resources, "resource"),
            parts.join(", "),
            count(self.errors, "error"),
            count(self.warnings, "warning"),
            self.undecided,
        )
    }
}

/// One run with a rule for each kind of issue.
fn sarif(lines: &[Line]) -> Value {
    let results = lines
        .iter()
        .flat_map(|line| line.issues.iter().map(|row| result(line, row)));
    json!({
        "$schema": "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": { "name": "plugfest", "version": env!("CARGO_PKG_VERSION") } },
            "columnKind": "unicodeCodePoints",
            "results": results.collect::<Vec<_>>(),
        }],
    })
}

fn result(line: &Line, row: &Row) -> Value {
    json!({
        "ruleId": row.constraint.as_deref().unwrap_or(row.kind),
        "kind": if row.kind == "undecided" { "open" } else { "fail" },
        "level": match (row.kind, row.severity) {
            ("undecided", _) => "none",
            (_, "fatal" | "error") => "error",
            (_, "warning") => "warning",
            _ => "note",
        },
        "message": { "text": row.message },
        "locations": [{
            "physicalLocation": {
                "artifactLocation": { "uri": line.file },
                "region": { "startLine": row.line, "startColumn": row.column },
            },
            "logicalLocations": [{ "fullyQualifiedName": row.expression }],
        }],
        "properties": { "code": row.code, "profile": row.profile },
    })
}
