//! Colours: always beside words, never instead of them.

use crate::diag::Style;

use crate::report::view::{Conformance, State};

/// Colours a text, or leaves it alone.
#[derive(Debug, Clone, Copy)]
pub struct Paint(pub Style);

impl Paint {
    /// Bold.
    pub fn bold(self, text: &str) -> String {
        self.with("1", text)
    }

    /// Of little weight.
    pub fn dim(self, text: &str) -> String {
        self.with("2", text)
    }

    /// A violation that counts.
    pub fn bad(self, text: &str) -> String {
        self.with("1;31", text)
    }

    /// A warning.
    pub fn warning(self, text: &str) -> String {
        self.with("1;33", text)
    }

    /// In the colour of a state.
    pub fn state(self, state: State, text: &str) -> String {
        match state {
            State::Satisfied => self.with("32", text),
            State::Violated => self.bad(text),
            State::Undetermined => self.warning(text),
            State::Untested => self.bold(text),
            State::NotApplicable => self.dim(text),
        }
    }

    /// In the colour of a verdict.
    pub fn conformance(self, verdict: Conformance, text: &str) -> String {
        match verdict {
            Conformance::Conformant => self.with("1;32", text),
            Conformance::NotDemonstrated => self.warning(text),
            Conformance::NonConformant => self.bad(text),
        }
    }

    fn with(self, codes: &str, text: &str) -> String {
        match self.0 {
            Style::Coloured => format!("\u{1b}[{codes}m{text}\u{1b}[0m"),
            Style::Plain => text.to_owned(),
        }
    }
}
