//! Slicing.
#[derive(Debug)]
pub(super) struct Plan {}
