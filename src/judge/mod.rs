//! Judging: verdicts from a plan and its exchanges, and from nothing else.
//!
//! A [`Walk`] goes through one case: it says what to send next and takes what came back. It is pure, and both the runner and
//! [`judge`] drive it, the one with live exchanges, the other with recorded ones. So a stored run judges to the same verdicts
//! as the live one did, by construction.

mod intern;
mod question;
mod replay;
mod scope;
mod shared;
mod walk;

pub use intern::Interner;
pub use replay::{
    CaseRecord, NEVER_STARTED, NOT_REACHED, Recorded, judge, not_started, settled, walk,
};
pub use shared::{Fate, SharedOutcome};
pub use walk::{Next, PACK_DOES_NOT_APPLY, Sending, Walk};

use crate::model::Verdict;

/// The verdicts of one case, one for each of its planned checks, in their order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseVerdicts {
    /// One for each planned check.
    pub verdicts: Vec<Verdict>,
}
