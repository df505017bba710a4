//! `plugfest fhir snapshot`: a StructureDefinition with all that its base says.

use std::path::Path;
use std::process::ExitCode;

use clap::Args;

use super::files;
use super::knowledge::Knowledge;
use crate::cli::out::{Console, Failure};
use crate::diag::Diagnostic;
use crate::fhir::definitions::Trail;
use crate::fhir::snapshot::{self, Order};
use std::sync::Arc;

/// Which structure.
#[derive(Debug, Args)]
#[command(
    after_long_help = "The base and everything else that the structure builds on is looked for in the packages and definitions that are named, and in \
    the core of the release.\n\n\
    Examples:\n  plugfest fhir snapshot my-profile.json\n  plugfest fhir snapshot --package fhir.r4.ukcore.stu2#2.0.2 https://fhir.hl7.org.uk/StructureDefinition/UKCore-Patient"
)]
pub struct Arguments {
    /// A file with a StructureDefinition, or the canonical address of one
    structure: String,
    #[command(flatten)]
    knowledge: Knowledge,
}

/// Runs the command.
pub fn run(arguments: &Arguments, console: &Console) -> Result<ExitCode, Failure> {
    let known = arguments.knowledge.load(console)?;
    let name = arguments.structure.as_str();
    let resource = match Path::new(name).is_file() || name == "-" {
        true => Arc::new(files::resource(name)?),
        false => known.definitions.find(name).ok_or_else(|| {
            let diagnostic = Diagnostic::error(
                "no-input",
                format!("there is neither a file nor a definition `{name}`"),
            );
            diagnostic.help("name the package that defines it with `--package`")
        })?,
    };
    let whole = snapshot::generate(
        &known.definitions,
        &resource,
        Order::Any,
        &mut Trail::default(),
    )
    .map_err(|error| Diagnostic::error("snapshot", error.to_string()))?;
    console.print(whole.source());
    Ok(ExitCode::SUCCESS)
}
