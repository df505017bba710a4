//! Checks: one question each, asked of one side of one exchange.
//!
//! A kind of check is one file and one row of [`KINDS`]; docs, the JSON Schema of the language and `plugfest explain` come from
//! the row. A check is pure: the same exchange gives the same [`Finding`].

mod status;
mod subject;

use std::fmt;

use schemars::{Schema, SchemaGenerator};

use crate::diag::Diagnostic;
use crate::model::Finding;
use crate::yaml::Node;

pub use subject::{Earlier, Reading, Subject, View};

/// One question. Built from the scenario file once, asked many times.
pub trait Check: fmt::Debug + Send + Sync {
    /// The answer, from the exchange and nothing else.
    fn evaluate(&self, subject: &Subject<'_>) -> Finding;

    /// The names of earlier steps that it looks at, for the reader of scenario files to verify.
    fn earlier_steps(&self) -> Vec<&str> {
        Vec::new()
    }
}

/// A kind of check: one row.
pub struct Kind {
    /// The main key in a scenario file.
    pub name: &'static str,
    /// What it asks, in a line.
    pub summary: &'static str,
    /// What an author should know: what holds, what violates, what is undecidable.
    pub explanation: &'static str,
    /// Examples as they stand in a scenario file, one a line.
    pub examples: &'static [&'static str],
    /// The JSON Schema of its argument.
    pub schema: fn(&mut SchemaGenerator) -> Schema,
    /// Reads its argument.
    pub parse: fn(&Node) -> Result<Box<dyn Check>, Diagnostic>,
}

impl fmt::Debug for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "check kind `{}`", self.name)
    }
}

/// All kinds, in the order of the docs.
pub static KINDS: &[Kind] = &[status::KIND];

/// The row of a kind.
pub fn kind(name: &str) -> Option<&'static Kind> {
    KINDS.iter().find(|kind| kind.name == name)
}
