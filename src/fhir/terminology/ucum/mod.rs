//! UCUM.

use super::built_in::{Look, Property};

/// The address of the system.
pub const SYSTEM: &str = "http://unitsofmeasure.org";

pub(super) fn look(_code: &str) -> Look {
    Look::Undecided
}
pub(super) fn property(_code: &str, _name: &str) -> Property {
    Property::Unknown
}
