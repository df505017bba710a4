//! Official test suites, as laid out by their publishers: which cases exist, how one is run, and what all of them add up to.
//!
//! Nothing here reads a file: whoever runs a suite gives its files and packages as a [`World`].

pub mod fhirpath;
pub mod snapshot;
pub mod validator;

use crate::fhir::definitions::{Definitions, Library, Version};
use std::sync::Arc;

/// What running a suite needs of the world.
pub trait World: Sync {
    /// A file of the suite, by its path in the manifest.
    fn file(&self, path: &str) -> Option<Vec<u8>>;

    /// The definitions that hold for every case of a release: core, terminology, extensions.
    fn definitions(&self, version: Version) -> Arc<Definitions>;

    /// A package by `name#version` (the nearest version at hand may take its place) or by the path of an archive among
    /// the suite's files, with its dependencies, dependencies first.
    fn package(&self, name: &str) -> Result<Vec<Arc<dyn Library>>, String>;
}
