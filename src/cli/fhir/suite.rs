//! `plugfest fhir suite`: an official suite, case by case, against what its publishers expect.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use clap::{Args, Subcommand};
use serde::Serialize;

use super::ordered;
use crate::cli::out::{self, Console, Failure, Form, FormArgument};
use crate::cli::progress;
use crate::diag::Diagnostic;
use crate::fhir::definitions::{Definitions, Library, Version};
use crate::fhir::suite::validator::{Case, Manifest, Summary, Tally};
use crate::fhir::suite::{World, fhirpath, snapshot};
use crate::store::packages;

/// Which suite.
#[derive(Debug, Args)]
#[command(
    after_long_help = "Each suite is laid out as its publishers do: a manifest with files beside it. A case that must fail agrees when it is refused.\n\n\
    Examples:\n  plugfest fhir suite validator ../shared/data/fhir/validator/dev --packages ../shared/data/fhir/packages\n  \
    plugfest fhir suite fhirpath ../shared/data/fhir/fhirpath/r4 --format json"
)]
pub struct Arguments {
    #[command(subcommand)]
    suite: Suite,
}

#[derive(Debug, Subcommand)]
enum Suite {
    /// FHIRPath expressions with their values
    Fhirpath(Place),
    /// Resources with the reference validator's outcome
    Validator(Place),
    /// Differentials with their snapshots
    Snapshot(Place),
}

/// Where a suite lies.
#[derive(Debug, Args)]
struct Place {
    /// The folder with the manifest
    folder: PathBuf,
    /// A folder with packages (`.tgz`) that cases name
    #[arg(long, value_name = "DIR")]
    packages: Option<PathBuf>,
    /// How many cases at once; as many as there are cores, unless said
    #[arg(long, value_name = "N")]
    jobs: Option<usize>,
    #[command(flatten)]
    form: FormArgument,
}

/// Runs the command.
pub fn run(arguments: &Arguments, console: &Console) -> Result<ExitCode, Failure> {
    match &arguments.suite {
        Suite::Validator(place) => validator(place, console),
        Suite::Fhirpath(place) => print(place, &fhirpath::run(&Disk::of(place))?, console),
        Suite::Snapshot(place) => print(place, &snapshot::run(&Disk::of(place))?, console),
    }
}
