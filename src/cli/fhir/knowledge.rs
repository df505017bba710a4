//! What holds for a piece of work with FHIR: the release, packages, loose definitions, terminology.

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;

use crate::cli::out::{Console, Failure};
use crate::diag::Diagnostic;
use crate::fhir::definitions::{Definitions, Library, Loose, Version};
use crate::fhir::terminology::{Packaged, Terminology};

/// What is known, as the command line says.
#[derive(Debug, Args)]
pub struct Knowledge {
    /// The release of FHIR: STU3, R4, R4B or R5; what the packages are made for, else R4
    #[arg(long, value_name = "VERSION", value_parser = version)]
    fhir: Option<Version>,
    /// A package that holds: a `.tgz` file, a folder, or `name#version` from the cache
    #[arg(long, value_name = "PACKAGE")]
    package: Vec<String>,
    /// A file with a profile, value set, code system or other definition that holds
    #[arg(long, value_name = "FILE")]
    definitions: Vec<PathBuf>,
}

/// What is known, ready for use.
pub struct Known {
    /// Structures, value sets, code systems…
    pub definitions: Arc<Definitions>,
    /// Answers about codes.
    pub terminology: Arc<dyn Terminology>,
}

fn version(text: &str) -> Result<Version, String> {
    Version::parse(text).ok_or_else(|| "there are STU3, R4, R4B and R5".to_owned())
}
