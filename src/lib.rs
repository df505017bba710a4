//! plugfest
pub mod fhir;
