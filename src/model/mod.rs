//! The words of the trade as types: ids, requirements, exchanges, findings, verdicts.
//!
//! Everything else in the crate speaks in these. Nothing here touches the world.

mod exchange;
mod files;
mod ids;
mod payload;
mod requirement;
mod time;
mod verdict;

pub use exchange::{
    Connection, Exchange, Fault, FaultKind, Headers, Outcome, Owner, Reply, Request, Side, Timing,
    TlsFacts,
};
pub use files::{Files, NoFile};
pub use ids::{
    AreaId, CaseId, IdError, LevelId, PackId, RequirementId, RoleId, ScenarioId, SupplierId,
};
pub use payload::Payload;
pub use requirement::{Certainty, Obligation, Requirement, SourceCheck, SourceRef};
pub use time::Instant;
pub use verdict::{Evidence, Finding, Seen, Verdict, VerdictKind};
