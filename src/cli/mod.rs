//! The command line: one file per subcommand. The only place that prints, exits or reads the environment.

mod completions;
mod exit;
mod explain;
mod fhir;
mod formats;
mod job;
mod judge;
mod knowledge;
mod lint;
mod man;
mod out;
mod pack;
mod packs;
mod progress;
mod prove;
mod room;
mod run;
mod schema;
mod serve;
mod start;
mod supplier;
mod wire;

use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};

pub use out::{Console, Failure};
pub use prove::{page as proof_page, transport as prove_transport};

/// Proves, in public, that a health-IT product follows the interoperability standards that it claims.
///
/// plugfest talks to a server as its clients would, records every exchange, and says for each requirement of the published
/// standard whether it is satisfied, violated, undetermined or untested: with the exchange that shows it.
#[derive(Debug, Parser)]
#[command(name = "plugfest", version, max_term_width = 110, after_help = exit::help())]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
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
    /// Prove that every check of a pack is able to fail
    Prove(prove::Arguments),
    /// Find mistakes in packs, scenarios and supplier files
    Lint(lint::Arguments),
    /// List, show, count and start packs: the requirements and scenarios of a standard
    Pack(pack::Arguments),
    /// Start a supplier file: who is tested, where, with what claims
    Supplier(supplier::Arguments),
    /// Run a reference supplier: a server that is sound, or wrong in ways that have names
    Serve(serve::Arguments),
    /// FHIR by itself: packages of definitions
    Fhir(fhir::Arguments),
    /// Say more about a word that plugfest prints, or that a file may hold
    Explain(explain::Arguments),
    /// Print the JSON Schemas of the files that people write, and of `report.json`
    Schema(schema::Arguments),
    /// Print a completion script for a shell
    Completions(completions::Arguments),
    /// Print the manual page, or write all of them
    Man(man::Arguments),
}

/// Runs the command line; the exit code is documented in `plugfest help`.
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return out::usage(&error),
    };
    let console = Console::of_environment(cli.quiet);
    let result = match cli.command {
        None => start::run(&console),
        Some(Command::Run(arguments)) => run::run(&arguments, &console),
        Some(Command::Judge(arguments)) => judge::judge(&arguments, &console),
        Some(Command::Report(arguments)) => judge::report(&arguments, &console),
        Some(Command::Prove(arguments)) => prove::run(&arguments, &console),
        Some(Command::Lint(arguments)) => lint::run(&arguments, &console),
        Some(Command::Pack(arguments)) => pack::run(&arguments, &console),
        Some(Command::Supplier(arguments)) => supplier::run(&arguments, &console),
        Some(Command::Serve(arguments)) => serve::run(&arguments, &console),
        Some(Command::Fhir(arguments)) => fhir::run(&arguments, &console),
        Some(Command::Explain(arguments)) => explain::run(&arguments, &console),
        Some(Command::Schema(arguments)) => schema::run(&arguments, &console),
        Some(Command::Completions(arguments)) => completions::run(&arguments, &console),
        Some(Command::Man(arguments)) => man::run(&arguments, &console),
    };
    result.unwrap_or_else(|failure| console.fail(&failure))
}

/// The whole command line as data, for completions and manual pages.
fn command() -> clap::Command {
    Cli::command()
}
