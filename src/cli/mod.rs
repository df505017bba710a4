//! The command line: one file per subcommand. The only place that prints, exits or reads the environment.

mod formats;
mod job;
mod judge;
mod lint;
mod out;
mod packs;
mod progress;
mod run;
mod wire;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

pub use out::{Console, Failure};

/// Proves, in public, that a health-IT product follows the interoperability standards that it claims.
#[derive(Debug, Parser)]
#[command(name = "plugfest", version, max_term_width = 110)]
struct Cli {
    #[command(subcommand)]
    command: Command,
    /// Print only what was asked for, and errors
    #[arg(long, short, global = true)]
    quiet: bool,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run packs or scenarios against a supplier, and report
    Run(Box<run::Arguments>),
    /// Judge a stored run again, without a network
    Judge(judge::Arguments),
    /// Write reports of a stored run
    Report(judge::Arguments),
    /// Find mistakes in packs, scenarios and supplier files
    Lint(lint::Arguments),
}

/// Runs the command line; the exit code is documented in `plugfest help`.
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return out::usage(&error),
    };
    let console = Console::of_environment(cli.quiet);
    let result = match cli.command {
        Command::Run(arguments) => run::run(&arguments, &console),
        Command::Judge(arguments) => judge::judge(&arguments, &console),
        Command::Report(arguments) => judge::report(&arguments, &console),
        Command::Lint(arguments) => lint::run(&arguments, &console),
    };
    result.unwrap_or_else(|failure| console.fail(&failure))
}
