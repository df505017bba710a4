//! `plugfest serve`: reference suppliers, sound or wrong in ways that have names.

use std::net::SocketAddr;
use std::process::ExitCode;

use clap::Args;
use serde_json::json;

use super::out::{self, Console, Failure, Form, FormArgument};
use crate::diag::Diagnostic;
use crate::serve::{ReferenceSupplier, Running, SUPPLIERS, Start};

/// What to run, and where.
#[derive(Debug, Args)]
#[command(
    after_long_help = "The first line of standard output is the base URL; the server runs until Ctrl-C or SIGTERM. \
    It keeps everything in memory, and listens on this machine only unless --listen says otherwise.\n\n\
    Examples:\n  plugfest serve --list\n  plugfest serve fhir-r4 --list-defects\n  \
    plugfest serve fhir-r4 --listen 127.0.0.1:8080 --defect ignores-if-match"
)]
pub struct Arguments {
    /// Which reference supplier
    #[arg(required_unless_present = "list")]
    name: Option<String>,
    /// The address to listen at; port 0 lets the system choose
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// Switch a defect on; may be given several times
    #[arg(long = "defect", value_name = "ID")]
    defects: Vec<String>,
    /// Ask for this bearer token
    #[arg(long)]
    token: Option<String>,
    /// List the reference suppliers
    #[arg(long, conflicts_with_all = ["name", "list_defects"])]
    list: bool,
    /// List the defects of this reference supplier, with the requirements that each breaks
    #[arg(long)]
    list_defects: bool,
    #[command(flatten)]
    form: FormArgument,
}

/// Runs the command.
pub fn run(arguments: &Arguments, console: &Console) -> Result<ExitCode, Failure> {
    let Some(name) = &arguments.name else {
        console.print(&suppliers(arguments.form.format));
        return Ok(ExitCode::SUCCESS);
    };
    let supplier = find(name)?;
    if arguments.list_defects {
        console.print(&defects(supplier, arguments.form.format));
        return Ok(ExitCode::SUCCESS);
    }
    check_defects(supplier, &arguments.defects)?;
    let start = Start {
        defects: arguments.defects.clone(),
        token: arguments.token.clone(),
        ..Start::new(arguments.listen)
    };
    serve(supplier, start, console)?;
    Ok(ExitCode::SUCCESS)
}

fn serve(supplier: &ReferenceSupplier, start: Start, console: &Console) -> std::io::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        // Whoever waits for the first line may stop us right after it, so the signals are listened for before it is printed.
        let stopped = stop_signal()?;
        let running: Running = (supplier.start)(start).await?;
        console.print(&format!("{}\n", running.base_url()));
        console.tell(&format!("{} runs until Ctrl-C", supplier.name));
        stopped.await;
        running.shutdown();
        Ok(())
    })
}

/// Ends with the first Ctrl-C or SIGTERM after it was called.
#[cfg(unix)]
fn stop_signal() -> std::io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

/// Ends with the first Ctrl-C after it is awaited.
#[cfg(not(unix))]
fn stop_signal() -> std::io::Result<impl Future<Output = ()>> {
    Ok(async {
        // Without a handler the system ends the process by itself, which is as good.
        let _ = tokio::signal::ctrl_c().await;
    })
}

fn find(name: &str) -> Result<&'static ReferenceSupplier, Diagnostic> {
    let found = SUPPLIERS.iter().find(|row| row.name == name);
    found.ok_or_else(|| {
        Diagnostic::error(
            "unknown-supplier",
            format!("there is no reference supplier `{name}`"),
        )
        .suggest(name, SUPPLIERS.iter().map(|row| row.name))
    })
}

fn check_defects(supplier: &ReferenceSupplier, wanted: &[String]) -> Result<(), Vec<Diagnostic>> {
    let known = (supplier.defects)();
    let unknown = wanted
        .iter()
        .filter(|id| known.iter().all(|defect| defect.id != id.as_str()));
    let problems: Vec<_> = unknown
        .map(|id| {
            let message = format!("`{}` has no defect `{id}`", supplier.name);
            Diagnostic::error("unknown-defect", message)
                .suggest(id, known.iter().map(|defect| defect.id))
                .help(format!(
                    "`plugfest serve {} --list-defects` lists them",
                    supplier.name
                ))
        })
        .collect();
    if problems.is_empty() {
        return Ok(());
    }
    Err(problems)
}

fn suppliers(form: Form) -> String {
    match form {
        Form::Text => out::table(
            ["SUPPLIER", "DEFECTS", "WHAT IT IS"],
            SUPPLIERS.iter().map(|row| {
                [
                    row.name.to_owned(),
                    (row.defects)().len().to_string(),
                    row.summary.to_owned(),
                ]
            }),
        ),
        Form::Json => {
            let rows = SUPPLIERS.iter().map(|row| {
                json!({ "name": row.name, "summary": row.summary, "defects": (row.defects)().len() })
            });
            out::json(&rows.collect::<Vec<_>>())
        }
    }
}

fn defects(supplier: &ReferenceSupplier, form: Form) -> String {
    let rows = (supplier.defects)().iter();
    match form {
        Form::Text => out::table(
            ["DEFECT", "BREAKS", "WHAT GOES WRONG"],
            rows.map(|row| {
                [
                    row.id.to_owned(),
                    row.breaks.join(", "),
                    row.title.to_owned(),
                ]
            }),
        ),
        Form::Json => {
            let rows =
                rows.map(|row| json!({ "id": row.id, "breaks": row.breaks, "title": row.title }));
            out::json(&rows.collect::<Vec<_>>())
        }
    }
}
