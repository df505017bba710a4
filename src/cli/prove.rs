//! `plugfest prove`: the mutation proof of a pack.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::{Args, ValueEnum};
use comfy_table::{Table, presets};

use super::out::{Console, Failure};
use super::packs;
use super::wire::Wired;
use crate::diag::Diagnostic;
use crate::pack::PROOF_FILE;
use crate::protocol::http::config::{Auth, Bearer, Config, Secret};
use crate::protocol::http::wire::Limits;
use crate::prove::{Proof, prove};
use crate::run::Transport;
use crate::serve;

/// Which pack.
#[derive(Debug, Args)]
pub struct Arguments {
    /// A pack id or folder
    #[arg(value_name = "PACK", default_value = "fhir-r4-rest")]
    pack: String,
    /// Write the proof beside the pack (`proof.json`), so that reports can tell the pack's own strength
    #[arg(long)]
    record: bool,
    /// How to print the proof
    #[arg(long, value_enum, default_value = "table")]
    format: ProofFormat,
}

/// How to print a proof.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ProofFormat {
    /// For people.
    Table,
    /// For scripts.
    Json,
    /// For docs.
    Markdown,
}

/// Runs the command: 0 where the proof holds, 1 where it does not.
pub fn run(arguments: &Arguments, console: &Console) -> Result<ExitCode, Failure> {
    let loaded = packs::load(&arguments.pack)?;
    let pack = Arc::new(loaded.pack);
    let Some(supplier) = serve::SUPPLIERS
        .iter()
        .find(|row| row.packs.contains(&pack.id.as_str()))
    else {
        return Err(Diagnostic::error(
            "unknown-supplier",
            format!("no reference supplier has the pack `{}`", pack.id),
        )
        .into());
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?;
    let bar = super::progress::bar((supplier.defects)().len() + 1, "runs", console);
    let proof = runtime.block_on(prove(&pack, supplier, transport, |name| {
        bar.inc(1);
        bar.set_message(name.to_owned());
    }));
    bar.finish_and_clear();
    runtime.shutdown_timeout(Duration::from_millis(100));
    let proof = proof?;
    if arguments.record {
        let Some(folder) = &loaded.path else {
            let message = "a proof can be recorded beside a pack's folder only";
            return Err(Diagnostic::error("usage", message)
                .help("name the folder instead of the pack's id")
                .into());
        };
        let path = std::path::Path::new(folder).join(PROOF_FILE);
        crate::store::write_atomically(&path, proof.record().text().as_bytes())?;
    }
    console.print(&shown(&proof, arguments.format)?);
    Ok(ExitCode::from(u8::from(!proof.holds())))
}

/// The way to a reference supplier.
pub fn transport(base: &str, token: Option<&str>) -> Arc<dyn Transport> {
    let bearer = |token: &str| {
        let token = Ok(Secret::new(token));
        ("default".to_owned(), Auth::Bearer(Bearer { token }))
    };
    let config = Config {
        endpoints: vec![base.to_owned()],
        auth: token.into_iter().map(bearer).collect(),
        ..Config::default()
    };
    let limits = Limits {
        deadline: Duration::from_secs(10),
        body_max: 32 << 20,
        header_max: 256 << 10,
        headers_count: 1000,
    };
    Arc::new(Wired::new(config, limits))
}

fn shown(proof: &Proof, format: ProofFormat) -> Result<String, Failure> {
    match format {
        ProofFormat::Json => {
            Ok(serde_json::to_string_pretty(proof).map_err(std::io::Error::from)? + "\n")
        }
        ProofFormat::Table => Ok(format!(
            "{}\n{}",
            table(proof, presets::UTF8_BORDERS_ONLY),
            words(proof)
        )),
        ProofFormat::Markdown => Ok(format!(
            "{}\n{}",
            table(proof, presets::ASCII_MARKDOWN),
            words(proof)
        )),
    }
}

/// The page of a proof, as docs publish it.
pub fn page(proof: &Proof) -> String {
    format!(
        "# The proof of {}\n\nEvery check of the pack must fail for at least one defect of the reference supplier, and what fails must be what the defect says it breaks. \
         `plugfest prove {}` makes this table.\n\n{}\n\n{}",
        proof.pack,
        proof.pack,
        table(proof, presets::ASCII_MARKDOWN),
        words(proof)
    )
}

fn table(proof: &Proof, preset: &str) -> Table {
    let mut table = Table::new();
    table
        .load_preset(preset)
        .set_header(["defect", "what goes wrong", "breaks", "failed checks"]);
    for row in &proof.rows {
        table.add_row([
            &row.id,
            &row.title,
            &row.fails.join(", "),
            &row.checks.to_string(),
        ]);
    }
    table
}

fn words(proof: &Proof) -> String {
    let mut text = format!(
        "{} of {} checks of {} are proved able to fail, by {} defects\n",
        proof.proved, proof.checks, proof.pack, proof.defects
    );
    for check in &proof.unproved {
        text += &format!(
            "unproved: {} › {} › {}\n",
            check.scenario, check.step, check.check
        );
    }
    for problem in &proof.problems {
        text += &format!("problem: {problem}\n");
    }
    text
}
