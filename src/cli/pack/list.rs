//! `plugfest pack list`.

use std::process::ExitCode;

use clap::Args;
use serde_json::json;

use crate::cli::out::{self, Console, Failure, Form, FormArgument};
use crate::cli::packs;
use crate::pack::{Coverage, Pack};

/// How to print it.
#[derive(Debug, Args)]
#[command(
    after_long_help = "A folder with a `pack.yaml` is a pack, too, and is named by its path.\n\nExample:\n  plugfest pack list --format json"
)]
pub struct Arguments {
    #[command(flatten)]
    form: FormArgument,
}

/// Runs the command.
pub fn run(arguments: &Arguments, console: &Console) -> Result<ExitCode, Failure> {
    let packs = packs::all()?;
    let text = match arguments.form.format {
        Form::Text => out::table(
            ["PACK", "VERSION", "REQUIREMENTS", "CHECKS", "STANDARD"],
            packs.iter().map(row),
        ),
        Form::Json => out::json(&packs.iter().map(object).collect::<Vec<_>>()),
    };
    console.print(&text);
    Ok(ExitCode::SUCCESS)
}

fn row(pack: &Pack) -> [String; 5] {
    [
        pack.id.to_string(),
        pack.version.clone(),
        pack.requirements.len().to_string(),
        Coverage::of(pack).checks.to_string(),
        format!("{} {}", pack.standard.name, pack.standard.version),
    ]
}

fn object(pack: &Pack) -> serde_json::Value {
    let standard = &pack.standard;
    json!({
        "pack": pack.id,
        "version": pack.version,
        "title": pack.title,
        "standard": { "name": standard.name, "version": standard.version, "url": standard.url },
        "requirements": pack.requirements.len(),
        "checks": Coverage::of(pack).checks,
        "digest": pack.digest,
    })
}
