//! What is said of one resource: the stable fields of `--format ndjson`.

use serde::Serialize;

use crate::fhir::validate::{Grade, Issue, IssueKind, Report, Weight};

/// One resource.
#[derive(Debug, Serialize)]
pub struct Line {
    /// The file, as it was named.
    pub file: String,
    /// The line of the file that the resource starts at.
    pub line: usize,
    /// Type and id, such as `Patient/1`; `null` where the body names no type.
    pub resource: Option<String>,
    /// How many errors, fatal ones included.
    pub errors: usize,
    /// How many warnings.
    pub warnings: usize,
    /// How many hints.
    pub information: usize,
    /// How many things that could not be decided.
    pub undecided: usize,
    /// All of them, in document order.
    pub issues: Vec<Row>,
    /// The lines that issues point at, by number: for showing them.
    #[serde(skip)]
    pub excerpt: Vec<(usize, String)>,
    /// Whether something that is undecided keeps the whole open.
    #[serde(skip)]
    pub is_open: bool,
}

/// One issue.
#[derive(Debug, Serialize)]
pub struct Row {
    /// `fatal`, `error`, `warning`, `information`.
    pub severity: &'static str,
    /// The code of an OperationOutcome's issue.
    pub code: &'static str,
    /// What it is about; see [`IssueKind`].
    pub kind: &'static str,
    /// FHIRPath of the element.
    pub expression: String,
    /// Line in the file, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// What was seen, and what would be right.
    pub message: String,
    /// The profile that is not met.
    pub profile: Option<String>,
    /// The key of the invariant.
    pub constraint: Option<String>,
}

/// Lines longer than this are not shown.
const SHOWN: usize = 180;

impl Line {
    /// Counts and orders what validation says of a body that starts at a line of its file.
    pub fn of(file: String, line: usize, body: &[u8], report: Report) -> Self {
        let count = |is_meant: fn(&Issue) -> bool| {
            report.issues.iter().filter(|issue| is_meant(issue)).count()
        };
        let is_decided = |issue: &Issue| issue.kind != IssueKind::Undecided;
        let graded = |grade: Grade| {
            report
                .issues
                .iter()
                .filter(|issue| issue.grade == grade && is_decided(issue))
                .count()
        };
        let is_open =
            |issue: &Issue| issue.kind == IssueKind::Undecided && issue.weight == Weight::Decisive;
        Self {
            file,
            line,
            errors: count(Issue::is_error),
            warnings: graded(Grade::Warning),
            information: graded(Grade::Information),
            undecided: count(|issue| issue.kind == IssueKind::Undecided),
            excerpt: excerpt(body, &report.issues, line),
            is_open: report.issues.iter().any(is_open),
            issues: report
                .issues
                .into_iter()
                .map(|issue| Row::of(issue, line))
                .collect(),
            resource: report.resource,
        }
    }
}

impl Row {
    fn of(issue: Issue, line: usize) -> Self {
        Self {
            severity: match issue.grade {
                Grade::Fatal => "fatal",
                Grade::Error => "error",
                Grade::Warning => "warning",
                Grade::Information => "information",
            },
            code: issue.code,
            kind: issue.kind.word(),
            expression: issue.place.path,
            line: issue.place.line + line - 1,
            column: issue.place.column,
            message: issue.message,
            profile: issue.profile,
            constraint: issue.constraint,
        }
    }
}

/// The text of the lines that issues point at, where it is short enough to be shown.
fn excerpt(body: &[u8], issues: &[Issue], first: usize) -> Vec<(usize, String)> {
    let mut wanted: Vec<usize> = issues.iter().map(|issue| issue.place.line).collect();
    wanted.sort_unstable();
    wanted.dedup();
    if wanted.is_empty() {
        return Vec::new();
    }
    let lines = body.split(|byte| *byte == b'\n').enumerate();
    let shown =
        lines.filter(|(at, text)| text.len() <= SHOWN && wanted.binary_search(&(at + 1)).is_ok());
    shown
        .map(|(at, text)| {
            (
                at + first,
                String::from_utf8_lossy(text).trim_end().to_owned(),
            )
        })
        .collect()
}
