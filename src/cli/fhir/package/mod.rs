//! `plugfest fhir package`: the definitions of guides, from files, the cache that FHIR tools share, or a registry.

mod add;
mod compile;
mod list;
mod show;

use std::process::ExitCode;

use clap::{Args, Subcommand};

use crate::cli::out::{Console, Failure};

/// What to do.
#[derive(Debug, Args)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Bring packages into the cache, with all that they stand upon, and pin them in plugfest.lock
    Add(add::Arguments),
    /// List the packages of the cache
    List(list::Arguments),
    /// Show what a package says of itself, what it stands upon, and what it defines
    Show(show::Arguments),
    /// Make one compact file of definitions, as those inside plugfest are made
    Compile(compile::Arguments),
}

/// Runs the command.
pub fn run(arguments: &Arguments, console: &Console) -> Result<ExitCode, Failure> {
    match &arguments.command {
        Command::Add(arguments) => add::run(arguments, console),
        Command::List(arguments) => list::run(arguments, console),
        Command::Show(arguments) => show::run(arguments, console),
        Command::Compile(arguments) => compile::run(arguments, console),
    }
}
