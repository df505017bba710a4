//! Official suites, as data in and outcomes out: reading files and counting results is the caller's business.

pub mod fhirpath;
