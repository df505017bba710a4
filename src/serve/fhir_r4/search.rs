//! Searching: from the parameters of a request to a searchset Bundle.

use super::defects::{DefectId, Defects};
use super::json::Json;
use super::route::Target;
use super::store::Store;
use jiff::Timestamp;

pub mod criterion;
mod faults;
pub mod fold;
pub mod matching;
pub mod parameters;
pub mod path;
pub mod plan;
pub mod related;
pub mod run;
pub mod sort;
pub mod subset;
pub mod value;

/// What a search looks at: a store as it was after so many changes, by a server with a base and perhaps defects.
#[derive(Clone, Copy)]
pub struct Scope<'a> {
    /// The resources.
    pub store: &'a Store,
    /// The state that counts.
    pub sequence: u64,
    /// The base URL, without a slash at its end.
    pub base: &'a str,
    /// The time of the request.
    pub now: Timestamp,
    /// The defects that are switched on.
    pub defects: &'a Defects,
}

impl Scope<'_> {
    /// Whether a defect is switched on.
    pub fn has(&self, defect: DefectId) -> bool {
        self.defects.has(defect)
    }

    /// A resource in the state that counts.
    pub fn resource(&self, target: &Target) -> Option<&Json> {
        self.store
            .versions_at(target, self.sequence)
            .next()
            .and_then(|version| version.resource.as_ref())
    }
}
