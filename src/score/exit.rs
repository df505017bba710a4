//! What a result means for the exit code.

use super::Judged;
use super::state::combined;
use crate::model::Requirement;
use crate::report::view::{Deviation, State};

/// The outcome of a run, as scripts see it. Errors of usage and of the environment have codes of their own, 2 and 4.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Exit {
    /// Every tested, applicable, non-advisory SHALL is satisfied.
    Satisfied,
    /// One of them is undetermined, and none is violated; or nothing was tested at all.
    Undetermined,
    /// One of them is violated, beyond the live deviations.
    Violated,
}

impl Exit {
    /// The code.
    pub fn code(self) -> u8 {
        match self {
            Self::Satisfied => 0,
            Self::Violated => 1,
            Self::Undetermined => 3,
        }
    }
}

/// What one requirement contributes; `None` where it does not count: not binding, not selected, not applicable.
pub(super) fn of_requirement(
    requirement: &Requirement,
    checks: &[Judged],
    deviation: Option<&Deviation>,
) -> Option<Exit> {
    if !requirement.counts_for_the_gate() {
        return None;
    }
    let selected = checks.iter().filter(|judged| judged.selected);
    let mut selected = selected.map(|judged| judged.check.verdict).peekable();
    selected.peek()?;
    match combined(selected) {
        State::Satisfied => Some(Exit::Satisfied),
        State::Violated if deviation.is_some_and(|deviation| !deviation.expired) => {
            Some(Exit::Satisfied)
        }
        State::Violated => Some(Exit::Violated),
        State::Undetermined => Some(Exit::Undetermined),
        State::Untested | State::NotApplicable => None,
    }
}

/// The worst of all; where nothing counted, or the pack does not apply, never better than undetermined.
pub(super) fn combine(exits: Vec<Option<Exit>>, applies: bool) -> Exit {
    let worst = exits
        .into_iter()
        .flatten()
        .max()
        .unwrap_or(Exit::Undetermined);
    if applies {
        worst
    } else {
        worst.max(Exit::Undetermined)
    }
}
