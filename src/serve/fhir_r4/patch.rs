//! The two forms of a patch. Both give a new resource or fail as a whole.

mod fhirpath;
mod json;

pub use fhirpath::fhirpath_patch;
pub use json::json_patch;
