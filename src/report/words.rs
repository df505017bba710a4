//! The words of states and verdicts, the same in every format, and what they mean to somebody who meets them first.

use crate::model::{Instant, VerdictKind};

use super::view::{Conformance, Counts, Requirement, Run, RunBy, State, Supplier};

impl State {
    /// All states in the order of every table.
    pub const ALL: [Self; 5] = [
        Self::Satisfied,
        Self::Violated,
        Self::Undetermined,
        Self::Untested,
        Self::NotApplicable,
    ];

    /// As people read it.
    pub fn label(self) -> &'static str {
        match self {
            Self::Satisfied => "satisfied",
            Self::Violated => "violated",
            Self::Undetermined => "undetermined",
            Self::Untested => "untested",
            Self::NotApplicable => "not applicable",
        }
    }

    /// As `report.json` spells it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NotApplicable => "not_applicable",
            Self::Satisfied | Self::Violated | Self::Undetermined | Self::Untested => self.label(),
        }
    }

    /// What it says, and what it does not say.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Satisfied => "at least one check passed, and no check says otherwise",
            Self::Violated => {
                "at least one check observed something that the standard does not allow"
            }
            Self::Undetermined => {
                "checks exist, but what came back does not let anybody say either way"
            }
            Self::Untested => "nobody looked: no check exists, or none was selected",
            Self::NotApplicable => {
                "excluded by what the supplier claims, or by a condition that was observed"
            }
        }
    }
}

impl Conformance {
    /// As files spell it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Conformant => "conformant",
            Self::NotDemonstrated => "not-demonstrated",
            Self::NonConformant => "non-conformant",
        }
    }

    /// As people read it.
    pub fn label(self) -> &'static str {
        match self {
            Self::Conformant => "conformant in the tested scope",
            Self::NotDemonstrated => "not demonstrated",
            Self::NonConformant => "non-conformant",
        }
    }

    /// The rule behind the word.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Conformant => "every testable, applicable and non-advisory SHALL is satisfied",
            Self::NotDemonstrated => {
                "no SHALL that counts is violated, but not every one could be shown to hold"
            }
            Self::NonConformant => "at least one SHALL that counts is violated",
        }
    }

    /// The worse of two, for a reader who wants one word for several packs.
    pub fn worse(self, other: Self) -> Self {
        match (self, other) {
            (Self::NonConformant, _) | (_, Self::NonConformant) => Self::NonConformant,
            (Self::NotDemonstrated, _) | (_, Self::NotDemonstrated) => Self::NotDemonstrated,
            (Self::Conformant, Self::Conformant) => Self::Conformant,
        }
    }
}

impl Counts {
    /// One column.
    pub fn of(&self, state: State) -> u32 {
        match state {
            State::Satisfied => self.satisfied,
            State::Violated => self.violated,
            State::Undetermined => self.undetermined,
            State::Untested => self.untested,
            State::NotApplicable => self.not_applicable,
        }
    }
}

impl Requirement {
    /// Whether breaking it makes a supplier non-conformant.
    pub fn counts_for_the_gate(&self) -> bool {
        self.obligation.is_binding() && !self.advisory
    }

    /// Whether a deviation that has not expired covers it: no news, and no reason to stop a build.
    pub fn is_known(&self) -> bool {
        self.deviation
            .as_ref()
            .is_some_and(|deviation| !deviation.expired)
    }
}

impl RunBy {
    /// Everybody who may run a test, from the weakest assurance to the strongest.
    pub const ALL: [Self; 4] = [
        Self::Supplier,
        Self::Witnessed,
        Self::Peer,
        Self::Laboratory,
    ];

    /// As people read it.
    pub fn label(self) -> &'static str {
        match self {
            Self::Supplier => "the supplier itself (self-tested)",
            Self::Witnessed => "the supplier, before a witness",
            Self::Peer => "a peer: another supplier",
            Self::Laboratory => "a laboratory that is independent of the supplier",
        }
    }

    /// As `report.json` and `--run-by` spell it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Supplier => "self",
            Self::Witnessed => "witnessed",
            Self::Peer => "peer",
            Self::Laboratory => "laboratory",
        }
    }
}

/// What a verdict says, for people.
pub fn verdict_meaning(verdict: VerdictKind) -> &'static str {
    match verdict {
        VerdictKind::Pass => "what was observed is evidence of conformance",
        VerdictKind::Fail => "what was observed shows non-conformance",
        VerdictKind::Inconclusive => {
            "neither can be said: no data, no answer, or a precondition was not reached"
        }
        VerdictKind::Error => {
            "plugfest, the pack or its configuration is at fault; says nothing of the supplier"
        }
        VerdictKind::NotApplicable => "excluded by a claim, or by a condition that was observed",
        VerdictKind::NotRun => "selected, but not executed",
        VerdictKind::Disabled => "withdrawn by the pack's owner",
    }
}

/// Who was tested: name, product and version, as far as somebody said them.
pub fn subject(supplier: &Supplier) -> impl Iterator<Item = &str> {
    [&supplier.name, &supplier.product, &supplier.version]
        .into_iter()
        .map(String::as_str)
        .filter(|part| !part.is_empty())
}

/// `24 November 2026`; as it came where it is no time.
pub fn date(time: &str) -> String {
    formatted(time, "%-d %B %Y")
}

/// `2026-11-24 09:14:02 UTC`; as it came where it is no time.
pub fn moment(time: &str) -> String {
    formatted(time, "%Y-%m-%d %H:%M:%S UTC")
}

fn formatted(time: &str, pattern: &str) -> String {
    match time.parse::<Instant>() {
        Ok(instant) => instant.timestamp().strftime(pattern).to_string(),
        Err(_) => time.to_owned(),
    }
}

/// `1.9 s`: how long a run took, where both ends are times.
pub fn took(run: &Run) -> Option<String> {
    let started = run.started.parse::<Instant>().ok()?;
    let tenths = run.finished.parse::<Instant>().ok()?.micros_since(started) / 100_000;
    Some(format!("{}.{} s", tenths / 10, tenths % 10))
}

/// `1 requirement`, `2 requirements`.
pub fn count(number: usize, noun: &str) -> String {
    if number == 1 {
        return format!("1 {noun}");
    }
    format!("{number} {noun}s")
}

/// `sha256:5c1e8a…`: enough to tell two packs apart by eye.
pub fn short_digest(digest: &str) -> &str {
    let (algorithm, digits) = digest
        .split_once(':')
        .map_or((0, digest), |(name, digits)| (name.len() + 1, digits));
    let shown = digits
        .char_indices()
        .nth(12)
        .map_or(digits.len(), |(at, _)| at);
    &digest[..algorithm + shown]
}
