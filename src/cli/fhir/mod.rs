//! `plugfest fhir`: what plugfest knows of FHIR, for its own sake.

mod expand;
mod files;
mod knowledge;
mod lookup;
mod ordered;
mod package;
pub(super) mod packages;
mod path;
mod snapshot;
mod suite;
mod validate;

use std::process::ExitCode;

use clap::{Args, Subcommand};

use super::out::{Console, Failure};

/// What to do.
#[derive(Debug, Args)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Validate resources: against FHIR itself, what they claim, and profiles of your choice
    Validate(Box<validate::Arguments>),
    /// Evaluate a FHIRPath expression over a resource
    Path(Box<path::Arguments>),
    /// Print a StructureDefinition with all that its base says
    Snapshot(Box<snapshot::Arguments>),
    /// List the codes of a value set
    Expand(Box<expand::Arguments>),
    /// Show what is known of a code
    Lookup(Box<lookup::Arguments>),
    /// Add, list and show FHIR packages: the definitions of a guide
    Package(package::Arguments),
    /// Run an official test suite against plugfest's own engine
    Suite(suite::Arguments),
}

/// Runs the command.
pub fn run(arguments: &Arguments, console: &Console) -> Result<ExitCode, Failure> {
    match &arguments.command {
        Command::Validate(arguments) => validate::run(arguments, console),
        Command::Path(arguments) => path::run(arguments, console),
        Command::Snapshot(arguments) => snapshot::run(arguments, console),
        Command::Expand(arguments) => expand::run(arguments, console),
        Command::Lookup(arguments) => lookup::run(arguments, console),
        Command::Suite(arguments) => suite::run(arguments, console),
        Command::Package(arguments) => package::run(arguments, console),
    }
}
