//! Checks: one question each, asked of one side of one exchange.
//!
//! A kind of check is one file and one row of [`KINDS`]; docs, the JSON Schema of the language and `plugfest explain` come from
//! the row. A check is pure: the same exchange gives the same [`Finding`].
//!
//! [`CheckItem`] is a check as it stands in a scenario file, [`Extract`] is one entry of `keep`, [`Subject`] is what both look at.

mod any_of;
mod arguments;
mod body;
mod bundle;
mod expression;
mod extract;
mod fhir_valid;
mod fhirpath;
mod header;
mod http_date;
mod inert;
mod item;
mod json;
mod json_value;
mod knowledge;
mod media_type;
mod outcome;
mod probe;
mod question;
mod reading;
mod same_as;
mod services;
mod status;
mod subject;
#[cfg(test)]
mod tests;
mod time;
mod tls;
mod unclaimed;
mod values;
mod words;
mod xpath;

use std::fmt;

use schemars::{Schema, SchemaGenerator};

use crate::diag::Diagnostic;
use crate::fhir::Types;
use crate::model::{Finding, Seen, Side};
use crate::yaml::{Node, Spanned};

pub use extract::{Extract, Extracted};
pub use fhir_valid::{Claims, Profiles};
pub use item::CheckItem;
pub use knowledge::Knowledge;
pub use reading::{Format, Reading, Unreadable};
pub use subject::{Earlier, Subject, View};

/// One question. Built from the scenario file once, asked many times.
pub trait Check: fmt::Debug + Send + Sync {
    /// The answer, from the exchange and nothing else.
    fn evaluate(&self, subject: &Subject<'_>) -> Finding;

    /// What it asks, after the kind's name: `412`, `ETag matches ^W/`. Holes stay unfilled.
    fn summary(&self) -> String;

    /// The names of earlier steps that it looks at, for the reader of scenario files to verify.
    fn earlier_steps(&self) -> Vec<&Spanned<String>> {
        Vec::new()
    }

    /// What it wants of the FHIR packages of its pack; nothing where the core of FHIR will do.
    fn wants(&self) -> Vec<Wants<'_>> {
        Vec::new()
    }

    /// What can only be a mistake in it, as far as the types of FHIR tell.
    fn doubts(&self, _types: &dyn Types) -> Vec<Diagnostic> {
        Vec::new()
    }
}

/// What a check wants of the FHIR packages of its pack.
#[derive(Debug, Clone, Copy)]
pub enum Wants<'c> {
    /// Whatever they define.
    Definitions,
    /// Profiles that it holds resources against.
    Profiles(&'c Profiles),
}

/// What a violation means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weight {
    /// It violates the requirements that the check proves.
    Judges,
    /// It is shown as a warning: the standard demands nothing here, unless the check itself cites a requirement.
    Warns,
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
    /// What a violation means.
    pub weight: Weight,
    /// The sides that have what it asks for: a request has no status.
    pub sides: &'static [Side],
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
pub static KINDS: &[Kind] = &[
    status::KIND,
    header::KIND,
    json::KIND,
    fhirpath::KIND,
    fhir_valid::KIND,
    xpath::KIND,
    body::KIND,
    outcome::KIND,
    bundle::KIND,
    time::KIND,
    tls::KIND,
    same_as::KIND,
    any_of::KIND,
];

/// The row of a kind.
pub fn kind(name: &str) -> Option<&'static Kind> {
    KINDS.iter().find(|kind| kind.name == name)
}

/// Both halves of an exchange.
const EITHER: &[Side] = &[Side::Request, Side::Reply];
/// What only a reply has.
const REPLY: &[Side] = &[Side::Reply];

/// What a check sees on its way: where it holds, what was seen; on the first thing that says otherwise, the finding.
type Examined<T = Seen> = Result<T, Finding>;

/// An examination that has come to its end.
fn settle(examined: Examined) -> Finding {
    examined.map_or_else(|finding| finding, Finding::Holds)
}
