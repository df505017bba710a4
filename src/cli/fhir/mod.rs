//! `plugfest fhir`: what plugfest knows of FHIR, for its own sake.

mod package;
pub(super) mod packages;

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
    /// Add, list and show FHIR packages: the definitions of a guide
    Package(package::Arguments),
}

/// Runs the command.
pub fn run(arguments: &Arguments, console: &Console) -> Result<ExitCode, Failure> {
    match &arguments.command {
        Command::Package(arguments) => package::run(arguments, console),
    }
}
