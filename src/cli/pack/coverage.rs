//! `plugfest pack coverage`.

use std::process::ExitCode;

use clap::Args;
use serde_json::{Value, json};

use crate::cli::out::{self, Console, Failure, Form, FormArgument};
use crate::cli::packs;
use crate::pack::{Coverage, Pack};

/// Of which packs.
#[derive(Debug, Args)]
#[command(
    after_long_help = "Every requirement of a published list is either verified by a check, or carries the reason why no check can. \
    The list never shrinks to what is verified.\n\n\
    Examples:\n  plugfest pack coverage\n  plugfest pack coverage fhir-r4-rest --verbose\n  plugfest pack coverage --format json"
)]
pub struct Arguments {
    /// Pack ids or pack folders; without any, all packs of this plugfest
    #[arg(value_name = "PACK")]
    packs: Vec<String>,
    /// Also how many checks verify each requirement
    #[arg(long, short)]
    verbose: bool,
    #[command(flatten)]
    form: FormArgument,
}

/// Runs the command.
pub fn run(arguments: &Arguments, console: &Console) -> Result<ExitCode, Failure> {
    let packs = packs::chosen(&arguments.packs)?;
    let text = match (arguments.form.format, arguments.verbose) {
        (Form::Text, false) => totals(&packs),
        (Form::Text, true) => totals(&packs) + &packs.iter().map(requirements).collect::<String>(),
        (Form::Json, false) => out::json(&packs.iter().map(Coverage::of).collect::<Vec<_>>()),
        (Form::Json, true) => out::json(&packs.iter().map(in_full).collect::<Vec<_>>()),
    };
    console.print(&text);
    Ok(ExitCode::SUCCESS)
}

fn totals(packs: &[Pack]) -> String {
    let rows = packs.iter().map(Coverage::of).map(|coverage| {
        let counts = [
            coverage.requirements,
            coverage.verified,
            coverage.not_tested,
            coverage.checks,
        ];
        let [requirements, verified, not_tested, checks] = counts.map(|count| count.to_string());
        [coverage.pack, requirements, verified, not_tested, checks]
    });
    out::table(
        ["PACK", "REQUIREMENTS", "VERIFIED", "NOT TESTED", "CHECKS"],
        rows,
    )
}

/// One line for each requirement of a pack, in the list's order.
pub(super) fn requirements(pack: &Pack) -> String {
    let coverage = Coverage::of(pack);
    let rows = pack.requirements.iter().map(|row| {
        let checks = coverage
            .by_requirement
            .get(&row.id)
            .copied()
            .unwrap_or_default();
        let says = match &row.not_tested {
            Some(reason) => format!("not tested: {reason}"),
            None => row.text.clone(),
        };
        [
            row.id.to_string(),
            row.obligation.to_string(),
            checks.to_string(),
            says,
        ]
    });
    format!(
        "\n{}",
        out::table(
            ["REQUIREMENT", "OBLIGATION", "CHECKS", "WHAT MUST BE SO"],
            rows
        )
    )
}

/// The counts, and besides `by_requirement`: every requirement of the list → how many checks verify it.
fn in_full(pack: &Pack) -> Value {
    let coverage = Coverage::of(pack);
    let mut object = json!(coverage);
    let rows = pack.requirements.iter().map(|row| {
        let checks = coverage
            .by_requirement
            .get(&row.id)
            .copied()
            .unwrap_or_default();
        (row.id.to_string(), json!(checks))
    });
    object["by_requirement"] = Value::Object(rows.collect());
    object
}
