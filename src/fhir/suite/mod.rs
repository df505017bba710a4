//! Official test suites, run over files that a caller reads.

pub mod snapshot;
