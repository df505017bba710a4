//! Terminology: which codes exist, and which belong to a value set. What is not at hand is undecided, never guessed.
//!
//! [`Packaged`] answers from packages, tables and grammars.

mod built_in;
mod code_system;
mod compile;
mod concept;
mod displays;
mod expand;
mod expression;
mod filter;
mod hierarchy;
mod index;
mod kind;
mod listed;
mod lookup;
mod packaged;
mod placeholder;
mod system;
#[cfg(test)]
mod tests;
pub mod ucum;
mod value_set;
mod words;

pub use code_system::{CaseRule, CodeSystem, Content};
pub use concept::{Concept, Designation, Status};
pub use expand::{Entry, Expansion, Limits, expand};
pub use kind::SystemKind;
pub use lookup::{Details, Lookup, lookup};
pub use packaged::Packaged;
pub use value_set::ValueSet;

use crate::fhir::tree::Element;

/// A code as an instance writes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CodeRef<'t> {
    /// The code system; `None` for a plain `code`, whose system follows from the value set.
    pub system: Option<&'t str>,
    /// The code system's version.
    pub version: Option<&'t str>,
    /// The code.
    pub code: &'t str,
    /// The text beside it.
    pub display: Option<&'t str>,
}

/// Whether a code belongs to a value set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Membership {
    /// It does.
    Member,
    /// It does not: why.
    NotMember(String),
    /// That cannot be told: why.
    Undecided(String),
}

/// What is known of a code in its own system.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CodeStanding {
    /// It exists.
    Known(Known),
    /// It does not exist: why.
    Unknown(String),
    /// That cannot be told (the system is not at hand, or only in part): why.
    Undecided(String),
}

/// A code that exists.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Known {
    /// The preferred display, where it is known.
    pub display: Option<String>,
    /// Whether the display given is one of the code's own; `None` where none was given or none is known.
    pub display_fits: Option<bool>,
    /// Other displays that are right.
    pub other_displays: Vec<String>,
    /// Whether the code is inactive, retired or deprecated.
    pub is_inactive: bool,
    /// Whether the code may not be chosen (`notSelectable`).
    pub is_abstract: bool,
}

/// Answers questions about codes. Implemented over packages, and by callers that ask a terminology server.
pub trait Terminology: Send + Sync {
    /// Whether a code belongs to a value set (a canonical address, perhaps with a version).
    fn member(&self, code: &CodeRef<'_>, value_set: &str) -> Membership;

    /// What is known of a code in its own system.
    fn standing(&self, code: &CodeRef<'_>) -> CodeStanding;

    /// Whether one code stands above (or is) another in a system.
    fn subsumes(&self, system: &str, above: &str, below: &str) -> Option<bool>;

    /// Whether a code belongs to a value set that is no definition of its own, such as a contained one.
    fn member_of_element(&self, code: &CodeRef<'_>, value_set: Element<'_>) -> Membership {
        let _ = (code, value_set);
        Membership::Undecided("a value set inside of another resource cannot be asked".to_owned())
    }

    /// Whether a value set of this address is known at all.
    fn knows_value_set(&self, value_set: &str) -> bool;
}

/// Knows nothing: every question is undecided.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoTerminology;

impl Terminology for NoTerminology {
    fn member(&self, _: &CodeRef<'_>, _: &str) -> Membership {
        Membership::Undecided("no terminology is at hand".to_owned())
    }

    fn standing(&self, _: &CodeRef<'_>) -> CodeStanding {
        CodeStanding::Undecided("no terminology is at hand".to_owned())
    }

    fn subsumes(&self, _: &str, _: &str, _: &str) -> Option<bool> {
        None
    }

    fn knows_value_set(&self, _: &str) -> bool {
        false
    }
}
