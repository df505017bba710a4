//! `plugfest fhir expand`: the codes of a value set.

use std::process::ExitCode;
use std::sync::Arc;

use clap::Args;
use serde_json::{Value, json};

use super::files;
use super::knowledge::Knowledge;
use crate::cli::out::{self, Console, Failure, Form, FormArgument};
use crate::diag::Diagnostic;
use crate::fhir::terminology::{Entry, Expansion, Limits, Packaged, ValueSet, expand};

/// Codes that an expansion looks at before it gives up.
const MAX_STEPS: usize = 2_000_000;

/// Which value set, and how much of it.
#[derive(Debug, Args)]
#[command(
    after_long_help = "What cannot be listed (SNOMED CT, LOINC, a value set that is not at hand) is told on standard error, and in JSON under `undecided`.\n\n\
    Examples:\n  plugfest fhir expand http://hl7.org/fhir/ValueSet/administrative-gender\n  plugfest fhir expand ./my-value-set.json --filter blood --format json"
)]
pub struct Arguments {
    /// A value set: its canonical address, or a file that holds one
    value_set: String,
    /// Only codes that contain this text, or whose display does
    #[arg(long, value_name = "TEXT", default_value = "")]
    filter: String,
    /// The most codes to print
    #[arg(long, value_name = "N", default_value_t = 1000)]
    limit: usize,
    #[command(flatten)]
    knowledge: Knowledge,
    #[command(flatten)]
    form: FormArgument,
}

/// Runs the command.
pub fn run(arguments: &Arguments, console: &Console) -> Result<ExitCode, Failure> {
    let known = arguments.knowledge.load(console)?;
    let packaged = &*known.packaged;
    let value_set = value_set(packaged, &arguments.value_set)?;
    let limits = Limits {
        codes: arguments.limit,
        steps: MAX_STEPS,
    };
    let expansion = expand(packaged, &value_set, &arguments.filter, limits);
    match arguments.form.format {
        Form::Json => console.print(&out::json(&object(&value_set, &expansion))),
        Form::Text => print(console, &expansion),
    }
    Ok(ExitCode::SUCCESS)
}

/// From the definitions at hand, or from a file of that name.
fn value_set(packaged: &Packaged, name: &str) -> Result<Arc<ValueSet>, Failure> {
    if let Some(known) = packaged.value_set(name) {
        return Ok(known);
    }
    if !std::path::Path::new(name).is_file() {
        let message = format!("the value set `{name}` is not at hand");
        let help = "name a package that has it with `--package`, or its file with `--definitions`";
        return Err(Diagnostic::error("no-input", message).help(help).into());
    }
    let resource = files::resource(name)?;
    let compiled = packaged.compile(resource.root());
    compiled
        .map(Arc::new)
        .ok_or_else(|| Diagnostic::error("no-input", format!("`{name}` holds no ValueSet")).into())
}

fn print(console: &Console, expansion: &Expansion) {
    console.print(&out::table(
        ["SYSTEM", "CODE", "DISPLAY"],
        expansion.contains.iter().map(row),
    ));
    let shown = expansion.contains.len();
    match expansion.total {
        Some(total) if total > shown => console.tell(&format!("{shown} of {total} codes")),
        Some(total) => console.tell(&format!("{total} codes")),
        None => console.tell(&format!("{shown} codes, and more that cannot be listed:")),
    }
    for why in &expansion.undecided {
        console.tell(&format!("  {why}"));
    }
}

fn row(entry: &Entry) -> [String; 3] {
    let mut display = entry.display.clone().unwrap_or_default();
    if entry.is_inactive {
        display.push_str(" (inactive)");
    }
    [
        entry.system.clone(),
        entry.code.clone(),
        display.trim().to_owned(),
    ]
}

fn object(value_set: &ValueSet, expansion: &Expansion) -> Value {
    let contains = expansion.contains.iter().map(|entry| {
        json!({
            "system": entry.system,
            "code": entry.code,
            "display": entry.display,
            "inactive": entry.is_inactive,
            "abstract": entry.is_abstract,
        })
    });
    json!({
        "url": value_set.url(),
        "version": value_set.version(),
        "title": value_set.title(),
        "total": expansion.total,
        "contains": contains.collect::<Vec<_>>(),
        "undecided": expansion.undecided,
    })
}
