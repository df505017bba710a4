//! What a check says, and what becomes of it.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// What was seen, and where in the exchange.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// In words for people, short: a value, a count.
    pub observed: Arc<str>,
    /// The exact place inside the exchange, such as `reply/headers/4` or `reply/body#Bundle.entry[2].id`.
    pub place: Arc<str>,
}

impl Seen {
    /// What was seen, at a place of the exchange.
    pub fn new(observed: impl Into<Arc<str>>, place: impl Into<Arc<str>>) -> Self {
        Self {
            observed: observed.into(),
            place: place.into(),
        }
    }
}

/// What a check says of an exchange. There is no default, and no way from a bool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    /// What was asked holds.
    Holds(Seen),
    /// It does not.
    Violates {
        /// What was seen.
        seen: Seen,
        /// What would have been right.
        expected: Arc<str>,
    },
    /// Neither can be said, and why.
    Undecidable(Arc<str>),
    /// The check itself cannot be put: the scenario, or plugfest, is at fault.
    Broken(Arc<str>),
}

impl Finding {
    /// What was asked does not hold.
    pub fn violates(
        observed: impl Into<Arc<str>>,
        place: impl Into<Arc<str>>,
        expected: impl Into<Arc<str>>,
    ) -> Self {
        Self::Violates {
            seen: Seen::new(observed, place),
            expected: expected.into(),
        }
    }

    /// Neither can be said.
    pub fn undecidable(reason: impl Into<Arc<str>>) -> Self {
        Self::Undecidable(reason.into())
    }

    /// The check itself cannot be put.
    pub fn broken(reason: impl Into<Arc<str>>) -> Self {
        Self::Broken(reason.into())
    }
}

/// The exchange, and the exact place in it, that a verdict rests on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    /// The number of the exchange.
    pub exchange: u32,
    /// What was seen there.
    pub seen: Seen,
}

/// The answer to one planned check (ISO/IEC 9646), or the status that explains why there is none.
///
/// Deliberately without `Default`, ordering or conversion from `bool`: a verdict is always somebody's decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// What was observed is evidence of conformance.
    Pass(Evidence),
    /// What was observed shows non-conformance.
    Fail {
        /// What it rests on.
        evidence: Evidence,
        /// What would have been right.
        expected: Arc<str>,
    },
    /// Neither can be said.
    Inconclusive {
        /// Why.
        reason: Arc<str>,
        /// The exchange that shows it, where there is one.
        exchange: Option<u32>,
    },
    /// plugfest, the pack or its configuration is at fault; says nothing of the supplier.
    Error {
        /// Why.
        reason: Arc<str>,
        /// The exchange that shows it, where there is one.
        exchange: Option<u32>,
    },
    /// Excluded by a claim, or by a condition that was observed.
    NotApplicable {
        /// Why.
        reason: Arc<str>,
        /// The exchange that shows it, where there is one.
        exchange: Option<u32>,
    },
    /// Selected, but not executed.
    NotRun {
        /// Why.
        reason: Arc<str>,
    },
    /// Withdrawn by the pack's owner.
    Disabled {
        /// Why and since when.
        reason: Arc<str>,
    },
}

/// The bare word of a verdict.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    schemars::JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum VerdictKind {
    /// See [`Verdict::Pass`].
    Pass,
    /// See [`Verdict::Fail`].
    Fail,
    /// See [`Verdict::Inconclusive`].
    Inconclusive,
    /// See [`Verdict::Error`].
    Error,
    /// See [`Verdict::NotApplicable`].
    NotApplicable,
    /// See [`Verdict::NotRun`].
    NotRun,
    /// See [`Verdict::Disabled`].
    Disabled,
}

impl VerdictKind {
    /// All kinds, in the order of tables.
    pub const ALL: [Self; 7] = [
        Self::Pass,
        Self::Fail,
        Self::Inconclusive,
        Self::Error,
        Self::NotApplicable,
        Self::NotRun,
        Self::Disabled,
    ];

    /// As files and reports spell it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::Inconclusive => "inconclusive",
            Self::Error => "error",
            Self::NotApplicable => "not-applicable",
            Self::NotRun => "not-run",
            Self::Disabled => "disabled",
        }
    }
}

impl Verdict {
    /// The bare word.
    pub fn kind(&self) -> VerdictKind {
        match self {
            Self::Pass(_) => VerdictKind::Pass,
            Self::Fail { .. } => VerdictKind::Fail,
            Self::Inconclusive { .. } => VerdictKind::Inconclusive,
            Self::Error { .. } => VerdictKind::Error,
            Self::NotApplicable { .. } => VerdictKind::NotApplicable,
            Self::NotRun { .. } => VerdictKind::NotRun,
            Self::Disabled { .. } => VerdictKind::Disabled,
        }
    }

    /// The exchange that it rests on, where there is one.
    pub fn exchange(&self) -> Option<u32> {
        match self {
            Self::Pass(evidence) | Self::Fail { evidence, .. } => Some(evidence.exchange),
            Self::Inconclusive { exchange, .. }
            | Self::Error { exchange, .. }
            | Self::NotApplicable { exchange, .. } => *exchange,
            Self::NotRun { .. } | Self::Disabled { .. } => None,
        }
    }

    /// Why, in words: what was observed, or the reason.
    pub fn reason(&self) -> &Arc<str> {
        match self {
            Self::Pass(evidence) | Self::Fail { evidence, .. } => &evidence.seen.observed,
            Self::Inconclusive { reason, .. }
            | Self::Error { reason, .. }
            | Self::NotApplicable { reason, .. }
            | Self::NotRun { reason }
            | Self::Disabled { reason } => reason,
        }
    }
}
