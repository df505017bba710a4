//! The mutation proof: a check that cannot fail proves nothing.
//!
//! Every scenario of a pack is run against the sound reference supplier, where nothing may fail, and then once for each of its
//! defects. Each check must fail for at least one defect, each defect must fail at least one check, and what fails must be what
//! the defect says it breaks.

mod drive;
mod tally;

pub use drive::prove;
pub use tally::{CheckId, DefectRow, Proof};
