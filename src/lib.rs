//! plugfest: proves, in public, that a health-IT product follows the interoperability standards that it claims.
pub mod check;
pub mod diag;
pub mod fhir;
pub mod model;
pub mod protocol;
pub mod report;
pub mod template;
pub mod xml;
pub mod yaml;
