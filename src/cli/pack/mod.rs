//! `plugfest pack`: what can be tested, what it asks, and how to start a pack of one's own.

mod coverage;
mod list;
mod new;
mod show;

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
    /// List the packs of this plugfest
    List(list::Arguments),
    /// Show what a pack is about: roles, areas, levels, values, claims
    Show(show::Arguments),
    /// Count how much of the published list is verified by checks
    Coverage(coverage::Arguments),
    /// Write a small pack of your own to start from
    New(new::Arguments),
}

/// Runs the command.
pub fn run(arguments: &Arguments, console: &Console) -> Result<ExitCode, Failure> {
    match &arguments.command {
        Command::List(arguments) => list::run(arguments, console),
        Command::Show(arguments) => show::run(arguments, console),
        Command::Coverage(arguments) => coverage::run(arguments, console),
        Command::New(arguments) => new::run(arguments, console),
    }
}
