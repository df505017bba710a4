//! `plugfest schema`: the JSON Schemas of the files that people write, and of `report.json`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use schemars::{Schema, schema_for};

use super::out::{self, Console, Failure, FormArgument};
use crate::diag::Diagnostic;
use crate::supplier::{Baseline, Supplier};
use crate::{pack, report, scenario, store};

/// Which schema, and where to.
#[derive(Debug, Args)]
#[command(
    after_long_help = "An editor that knows YAML completes and checks the files once their first line names a schema:\n  \
    # yaml-language-server: $schema=schema/scenario.schema.json\n\n\
    Examples:\n  plugfest schema                  which schemas there are\n  plugfest schema scenario         one of them\n  \
    plugfest schema --out schema     all of them, as schema/NAME.schema.json"
)]
pub struct Arguments {
    /// Which; without it, they are listed
    name: Option<String>,
    /// Write all of them, or the named one, into this folder
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    #[command(flatten)]
    form: FormArgument,
}

/// A kind of file with a schema: one row.
struct Row {
    name: &'static str,
    summary: &'static str,
    schema: fn() -> Schema,
}

/// All schemas.
#[rustfmt::skip]
static SCHEMAS: &[Row] = &[
    Row { name: "pack", summary: "pack.yaml, the manifest of a pack", schema: pack::pack_schema },
    Row { name: "requirements", summary: "requirements.yaml, the published list of a pack", schema: pack::requirements_schema },
    Row { name: "scenario", summary: "scenarios/*.yaml, what is asked", schema: scenario::scenario_schema },
    Row { name: "fragment", summary: "fragments/*.yaml, parts that scenarios share", schema: scenario::fragment_schema },
    Row { name: "supplier", summary: "a supplier file: who is tested, where, with what claims", schema: || schema_for!(Supplier) },
    Row { name: "baseline", summary: "a file of deviations that are known", schema: || schema_for!(Baseline) },
    Row { name: "report", summary: "report.json, the result for programs", schema: report::view::schema },
];

/// Runs the command.
pub fn run(arguments: &Arguments, console: &Console) -> Result<ExitCode, Failure> {
    let chosen = arguments.name.as_deref().map(find).transpose()?;
    match (&arguments.out, chosen) {
        (Some(folder), Some(row)) => write(row, folder)?,
        (Some(folder), None) => write_all(folder)?,
        (None, Some(row)) => console.print(&text(row)),
        (None, None) => list(arguments.form, console),
    }
    if let Some(folder) = &arguments.out {
        console.tell(&format!("schemas: {}", folder.display()));
    }
    Ok(ExitCode::SUCCESS)
}

/// Writes every schema as `NAME.schema.json`.
pub fn write_all(folder: &Path) -> std::io::Result<()> {
    SCHEMAS.iter().try_for_each(|row| write(row, folder))
}

fn write(row: &Row, folder: &Path) -> std::io::Result<()> {
    let path = folder.join(format!("{}.schema.json", row.name));
    store::write_atomically(&path, text(row).as_bytes())
}

fn text(row: &Row) -> String {
    out::json(&(row.schema)())
}

fn find(name: &str) -> Result<&'static Row, Diagnostic> {
    let found = SCHEMAS.iter().find(|row| row.name == name);
    found.ok_or_else(|| {
        Diagnostic::error("usage", format!("there is no schema `{name}`"))
            .suggest(name, SCHEMAS.iter().map(|row| row.name))
    })
}

fn list(form: FormArgument, console: &Console) {
    let rows = SCHEMAS.iter();
    let text = match form.format {
        out::Form::Text => out::table(
            ["SCHEMA", "OF"],
            rows.map(|row| [row.name.to_owned(), row.summary.to_owned()]),
        ),
        out::Form::Json => {
            let rows =
                rows.map(|row| serde_json::json!({ "name": row.name, "summary": row.summary }));
            out::json(&rows.collect::<Vec<_>>())
        }
    };
    console.print(&text);
}
