//! plugfest
pub mod fhir;
pub mod xml;
