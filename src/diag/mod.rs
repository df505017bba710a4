//! Errors that point at the place and say what to do.
//!
//! A [`Diagnostic`] is data: code, message, place, label, notes. [`render`] draws it with carets; a failed check and a
//! broken file look alike, since both go through here.

mod codes;
mod render;
mod source;
mod suggest;

pub use codes::{CODES, Code, code};
pub use render::{Style, render};
pub use source::{Place, Source, Span};
pub use suggest::{did_you_mean, nearest};

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Nothing runs until it is mended.
    Error,
    /// Worth mending; everything runs.
    Warning,
    /// Good to know.
    Note,
}

/// One thing that is wrong with a file that somebody wrote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// Which kind of mistake: a key of [`CODES`], for `plugfest explain`.
    pub code: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// What was seen, lowercase, no full stop, backticks round user text.
    pub message: String,
    /// Where.
    pub place: Option<Place>,
    /// What stands beside the carets.
    pub label: String,
    /// `help`, `see`, `try` and the like, each with its text.
    pub notes: Vec<(&'static str, String)>,
}

/// The same problems, each told once: what is wrong with a fragment shows in every scenario that uses it.
pub fn distinct(mut problems: Vec<Diagnostic>) -> Vec<Diagnostic> {
    let mut seen = std::collections::BTreeSet::new();
    problems.retain(|problem| {
        let place = problem.place.as_ref().map(Place::label);
        seen.insert((place, problem.code, problem.message.clone()))
    });
    problems
}

impl Diagnostic {
    /// An error of a kind, without a place.
    pub fn error(code: &'static str, message: impl Into<String>) -> Self {
        debug_assert!(
            codes::code(code).is_some(),
            "`{code}` has no row in diag/codes.rs"
        );
        Self {
            code,
            severity: Severity::Error,
            message: message.into(),
            place: None,
            label: String::new(),
            notes: Vec::new(),
        }
    }

    /// A warning of a kind, without a place.
    pub fn warning(code: &'static str, message: impl Into<String>) -> Self {
        Self {
            severity: Severity::Warning,
            ..Self::error(code, message)
        }
    }

    /// Something good to know, without a place.
    pub fn hint(code: &'static str, message: impl Into<String>) -> Self {
        Self {
            severity: Severity::Note,
            ..Self::error(code, message)
        }
    }

    /// The same, at a place.
    pub fn at(mut self, place: &Place) -> Self {
        self.place = Some(place.clone());
        self
    }

    /// The same, with words beside the carets.
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = label.into();
        self
    }

    /// The same, with a line that says what to do.
    pub fn help(self, text: impl Into<String>) -> Self {
        self.note("help", text)
    }

    /// The same, with a further line.
    pub fn note(mut self, kind: &'static str, text: impl Into<String>) -> Self {
        self.notes.push((kind, text.into()));
        self
    }

    /// The same, with a suggestion where one is near enough.
    pub fn suggest<'a>(self, typed: &str, known: impl IntoIterator<Item = &'a str>) -> Self {
        match did_you_mean(typed, known) {
            Some(help) => self.help(help),
            None => self,
        }
    }
}
