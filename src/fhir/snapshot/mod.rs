//! Snapshots: the whole of a structure, from its base and what it changes.

use super::definitions::{Definitions, Structure, Trail};
use std::fmt;

/// Why a snapshot cannot be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SnapshotError {
    /// The path or id of the element that is at fault, if it is one.
    pub element: Option<String>,
    /// What is wrong: lowercase, no full stop.
    pub message: String,
}

impl fmt::Display for SnapshotError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.element {
            Some(element) => write!(formatter, "`{element}`: {}", self.message),
            None => formatter.write_str(&self.message),
        }
    }
}

impl std::error::Error for SnapshotError {}

/// The same structure with its snapshot, made from the base that `definitions` knows.
pub fn complete(
    definitions: &Definitions,
    structure: &Structure,
    trail: &mut Trail,
) -> Result<Structure, SnapshotError> {
    let base = structure.base.as_deref().unwrap_or_default();
    let base = definitions
        .structure_within(base, trail)
        .map_err(|missing| SnapshotError {
            element: None,
            message: format!("the base `{base}` is not usable: {missing}"),
        })?;
    let _ = base;
    Err(SnapshotError {
        element: None,
        message: "snapshots are not made yet".to_owned(),
    })
}
