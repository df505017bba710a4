//! `plugfest supplier`: the first supplier file.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Subcommand};

use super::out::{Console, Failure};
use super::packs::{facts, load};
use crate::diag::Diagnostic;
use crate::store;
use crate::supplier::init;

/// What to do.
#[derive(Debug, Args)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Write a commented supplier file with all that some packs ask for
    Init(Init),
}

/// For which packs, and where to.
#[derive(Debug, Args)]
#[command(
    after_long_help = "`CHANGE ME` marks what you must fill in; every value of the packs stands there with its default. \
    Secrets are never written into the file, only where they lie.\n\n\
    Example:\n  plugfest supplier init fhir-r4-rest --out acme.yaml\n  plugfest lint acme.yaml\n  \
    plugfest run fhir-r4-rest --supplier acme.yaml"
)]
struct Init {
    /// Pack ids or pack folders (`plugfest pack list`)
    #[arg(required = true, value_name = "PACK")]
    packs: Vec<String>,
    /// Write it here instead of to standard output; a file that is there is left alone
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// Runs the command.
pub fn run(arguments: &Arguments, console: &Console) -> Result<ExitCode, Failure> {
    match &arguments.command {
        Command::Init(arguments) => start(arguments, console),
    }
}

fn start(arguments: &Init, console: &Console) -> Result<ExitCode, Failure> {
    let mut all = Vec::new();
    for word in &arguments.packs {
        all.push(facts(&load(word)?.pack));
    }
    let text = init::text(&all);
    let Some(path) = &arguments.out else {
        console.print(&text);
        return Ok(ExitCode::SUCCESS);
    };
    write_new(path, &text)?;
    console.tell(&format!("supplier file: {}", path.display()));
    Ok(ExitCode::SUCCESS)
}

/// Writes a file that is not there yet: somebody may have filled in the one that is.
fn write_new(path: &Path, text: &str) -> Result<(), Failure> {
    if path.exists() {
        let message = format!("`{}` is already there", path.display());
        return Err(Diagnostic::error("usage", message)
            .help("name another file, or move that one away")
            .into());
    }
    Ok(store::write_atomically(path, text.as_bytes())?)
}
