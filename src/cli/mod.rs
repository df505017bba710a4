//! The command line: one file per subcommand. The only place that prints, exits or reads the environment.

mod lint;
mod out;
mod packs;

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
        Command::Lint(arguments) => lint::run(&arguments, &console),
    };
    result.unwrap_or_else(|failure| console.fail(&failure))
}
