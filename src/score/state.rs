//! From checks to the state of a requirement, and from requirements to a word.

use std::collections::BTreeMap;

use super::Judged;
use crate::model::{Obligation, Requirement, VerdictKind};
use crate::pack::Pack;
use crate::report::view::{self, Conformance, Counts, State};

/// The state of a requirement, with the reason where it is neither satisfied nor violated.
pub(super) fn of(requirement: &Requirement, checks: &[Judged]) -> (State, String) {
    if checks.is_empty() {
        let reason = requirement
            .not_tested
            .clone()
            .unwrap_or_else(|| "no check verifies it".into());
        return (State::Untested, reason);
    }
    if checks.iter().all(|judged| !judged.selected) {
        return (State::Untested, checks[0].check.reason.to_string());
    }
    let state = combined(checks.iter().map(|judged| judged.check.verdict));
    (state, reason(state, checks))
}

/// Any fail violates; else anything undecided leaves it undetermined; else one pass satisfies.
pub(super) fn combined(verdicts: impl Iterator<Item = VerdictKind>) -> State {
    let (mut passes, mut open) = (0, 0);
    for verdict in verdicts {
        match verdict {
            VerdictKind::Fail => return State::Violated,
            VerdictKind::Pass => passes += 1,
            VerdictKind::Inconclusive
            | VerdictKind::Error
            | VerdictKind::NotRun
            | VerdictKind::Disabled => open += 1,
            VerdictKind::NotApplicable => {}
        }
    }
    match (open, passes) {
        (0, 0) => State::NotApplicable,
        (0, _) => State::Satisfied,
        (_, _) => State::Undetermined,
    }
}

fn reason(state: State, checks: &[Judged]) -> String {
    let explains = |kind: VerdictKind| match state {
        State::Satisfied | State::Violated | State::Untested => false,
        State::Undetermined => match kind {
            VerdictKind::Inconclusive
            | VerdictKind::Error
            | VerdictKind::NotRun
            | VerdictKind::Disabled => true,
            VerdictKind::Pass | VerdictKind::Fail | VerdictKind::NotApplicable => false,
        },
        State::NotApplicable => kind == VerdictKind::NotApplicable,
    };
    let first = checks.iter().find(|judged| explains(judged.check.verdict));
    first
        .map(|judged| judged.check.reason.to_string())
        .unwrap_or_default()
}

/// The word: what is violated comes first, then what nobody knows. Without anything shown, nothing is demonstrated.
pub(super) fn conformance(rows: impl Iterator<Item = (State, bool)>) -> Conformance {
    let mut word = Conformance::Conformant;
    let mut satisfied = 0;
    for (state, testable) in rows {
        match state {
            State::Violated => return Conformance::NonConformant,
            State::Undetermined => word = Conformance::NotDemonstrated,
            State::Untested if testable => word = Conformance::NotDemonstrated,
            State::Satisfied => satisfied += 1,
            State::Untested | State::NotApplicable => {}
        }
    }
    if satisfied == 0 {
        Conformance::NotDemonstrated
    } else {
        word
    }
}

/// Per obligation, and advisory requirements apart.
pub(super) fn counts(requirements: &[view::Requirement]) -> BTreeMap<String, Counts> {
    let names = Obligation::ALL
        .iter()
        .map(|obligation| obligation.as_str())
        .chain(["advisory"]);
    let mut counts: BTreeMap<String, Counts> = names
        .map(|name| (name.to_owned(), Counts::default()))
        .collect();
    for row in requirements {
        let name = if row.advisory {
            "advisory"
        } else {
            row.obligation.as_str()
        };
        counts.entry(name.to_owned()).or_default().add(row.state);
    }
    counts
}

/// Satisfied among the applicable, in per cent: areas weigh the same, requirements weigh the same inside an area.
pub(super) fn progress(
    pack: &Pack,
    requirements: &[view::Requirement],
    takes: impl Fn(&view::Requirement) -> bool,
) -> u32 {
    let mut shares = Vec::new();
    for (area, _) in &pack.areas {
        let rows = requirements
            .iter()
            .filter(|row| row.area == area.as_str() && !row.advisory && takes(row));
        let mut counts = Counts::default();
        rows.for_each(|row| counts.add(row.state));
        let applicable = counts.total() - counts.not_applicable;
        if applicable > 0 {
            shares.push(u64::from(counts.satisfied) * 10_000 / u64::from(applicable));
        }
    }
    let Some(average) = shares.iter().sum::<u64>().checked_div(shares.len() as u64) else {
        return 0;
    };
    u32::try_from(average / 100).unwrap_or(100)
}
