//! Running: drives the walks of a plan against the world, and records every exchange before anybody builds on it.
//!
//! Cases run side by side, politely; [`Stop`] ends them early, each with its cleanup. Nothing is judged here that [`crate::judge`]
//! would not judge again in the same way from the record.

mod drive;
mod pace;
mod shared;
mod stop;
mod transport;

pub use drive::Driver;
pub use pace::Pace;
pub use stop::{Stop, Stopper};
pub use transport::{Sent, Transport};

use crate::judge::CaseVerdicts;
use crate::model::{CaseId, Exchange};

/// Who wants to know how a run goes.
pub trait Progress: Send + Sync {
    /// An exchange was recorded.
    fn exchange(&self, exchange: &Exchange);
    /// A case has its verdicts.
    fn case(&self, id: &CaseId, verdicts: &CaseVerdicts);
}
