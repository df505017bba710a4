//! One testable statement of a standard.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{AreaId, RequirementId, RoleId};

/// How binding a requirement is (RFC 2119).
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
pub enum Obligation {
    /// Must be so.
    #[serde(rename = "SHALL")]
    Shall,
    /// Must not be so.
    #[serde(rename = "SHALL NOT")]
    ShallNot,
    /// Expected, with room for a reason.
    #[serde(rename = "SHOULD")]
    Should,
    /// Unexpected, with room for a reason.
    #[serde(rename = "SHOULD NOT")]
    ShouldNot,
    /// Offered or not: a list of what is there.
    #[serde(rename = "MAY")]
    May,
}

impl Obligation {
    /// All obligations, the most binding first: the order of every table.
    pub const ALL: [Self; 5] = [
        Self::Shall,
        Self::ShallNot,
        Self::Should,
        Self::ShouldNot,
        Self::May,
    ];

    /// As RFC 2119 spells it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Shall => "SHALL",
            Self::ShallNot => "SHALL NOT",
            Self::Should => "SHOULD",
            Self::ShouldNot => "SHOULD NOT",
            Self::May => "MAY",
        }
    }

    /// Whether breaking it makes a supplier non-conformant.
    pub fn is_binding(self) -> bool {
        match self {
            Self::Shall | Self::ShallNot => true,
            Self::Should | Self::ShouldNot | Self::May => false,
        }
    }
}

impl fmt::Display for Obligation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// How certain it is that the standard demands this.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Certainty {
    /// The source uses the RFC 2119 word.
    Explicit,
    /// The source states it as a fact.
    Declarative,
    /// It follows from the source, or from good practice.
    Derived,
}

impl Certainty {
    /// As files spell it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Explicit => "explicit",
            Self::Declarative => "declarative",
            Self::Derived => "derived",
        }
    }
}

/// Whether the cited source was read for this row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum SourceCheck {
    /// The clause was read.
    Read,
    /// Partly read, or recalled with one supporting source.
    Partial,
    /// Recalled only.
    Unverified,
}

/// Where a requirement comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SourceRef {
    /// The clause, as the standard names it.
    pub section: String,
    /// The page that holds the clause.
    pub url: String,
}

/// One testable statement of a standard, in our words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Requirement {
    /// Unique in its pack.
    pub id: RequirementId,
    /// How binding it is.
    pub obligation: Obligation,
    /// How certain it is that the standard demands it.
    pub certainty: Certainty,
    /// Whether the cited source was read.
    pub source_check: SourceCheck,
    /// Whose duty it is.
    pub actor: RoleId,
    /// The part of the standard that readers look at together.
    pub area: AreaId,
    /// What must be so.
    pub text: String,
    /// Where it is demanded.
    pub source: SourceRef,
    /// Why no check verifies it, where none does.
    pub not_tested: Option<String>,
}

impl Requirement {
    /// Advisory requirements never make a supplier non-conformant: what is derived, or was not read at its source.
    pub fn is_advisory(&self) -> bool {
        self.certainty == Certainty::Derived || self.source_check != SourceCheck::Read
    }

    /// Whether breaking it makes a supplier non-conformant.
    pub fn counts_for_the_gate(&self) -> bool {
        self.obligation.is_binding() && !self.is_advisory()
    }
}
