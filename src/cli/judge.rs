//! `plugfest judge` and `plugfest report`: a stored run, judged and shown again, without a network.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;

use super::fhir::packages::PackageArguments;
use super::formats::Output;
use super::job::{self, Ending, Job};
use super::out::{Console, Failure};
use crate::diag::Diagnostic;
use crate::results::Footer;
use crate::store::{Journal, Problem, RunFolder};

/// Which run, and what to write.
#[derive(Debug, Args)]
#[command(
    after_help = "The exchanges are taken from the folder and judged by the packs as they are now; what has changed since is said in the \
    report. `judge` writes the verdicts into results.jsonl, too, `report` leaves it as it is. The exit code is that of a run.\n\n\
    Examples:\n  plugfest judge plugfest-report\n  plugfest report plugfest-report --format markdown,sarif"
)]
pub struct Arguments {
    /// The run's folder: what `plugfest run --out` wrote
    #[arg(value_name = "DIR", default_value = "plugfest-report")]
    folder: PathBuf,
    #[command(flatten)]
    output: Output,
    #[command(flatten, next_help_heading = "FHIR packages of profile checks")]
    packages: PackageArguments,
}

/// `plugfest judge`: new verdicts into the run file, and the reports.
pub fn judge(arguments: &Arguments, console: &Console) -> Result<ExitCode, Failure> {
    show(arguments, console, Rewrite::Verdicts)
}

/// `plugfest report`: the reports only.
pub fn report(arguments: &Arguments, console: &Console) -> Result<ExitCode, Failure> {
    show(arguments, console, Rewrite::Nothing)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rewrite {
    Verdicts,
    Nothing,
}

fn show(arguments: &Arguments, console: &Console, rewrite: Rewrite) -> Result<ExitCode, Failure> {
    arguments.output.formats()?;
    let folder = &arguments.folder;
    let run = RunFolder::open(folder).map_err(|problem| run_file(folder, &problem))?;
    let Some(footer) = &run.footer else {
        return Err(run_file(folder, &Problem::Interrupted).into());
    };
    run.verify().map_err(|problem| run_file(folder, &problem))?;
    let job = Job::of_header(&run.header, &arguments.packages)?;
    let plans = job.plans()?;
    let verdicts = job::judge_again(&plans, &run);
    let ending = Ending {
        footer: footer.clone(),
        attempts: run.attempts,
    };
    if rewrite == Rewrite::Verdicts {
        rewrite_verdicts(folder, &run, footer, job::verdict_lines(&plans, &verdicts))?;
    }
    let (report, exit) = job.report(&plans, verdicts, &run, ending);
    arguments.output.write(folder, &report, &run, console)?;
    Ok(ExitCode::from(exit.code()))
}

/// The journal stays byte for byte; verdicts and footer are written anew, and the file appears whole.
fn rewrite_verdicts(
    folder: &Path,
    run: &RunFolder,
    footer: &Footer,
    verdicts: impl Iterator<Item = crate::results::VerdictLine>,
) -> Result<(), Failure> {
    let beside = folder.join(format!(".judge-{}", std::process::id()));
    std::fs::create_dir_all(&beside)?;
    let written = (|| -> std::io::Result<()> {
        let journal = Journal::copy(&beside, &run.journal()?, run.exchanges, footer.finished)?;
        journal.finish(footer.stopped.as_deref(), verdicts)?;
        std::fs::rename(beside.join("results.jsonl"), folder.join("results.jsonl"))
    })();
    std::fs::remove_dir_all(&beside)?;
    Ok(written?)
}

/// The diagnostic for a run file that cannot be used.
pub fn run_file(folder: &Path, problem: &Problem) -> Diagnostic {
    let file = folder.join("results.jsonl");
    let shown = file.display();
    match problem {
        Problem::Io(message) => Diagnostic::error("run-file", message)
            .help("name the folder that `plugfest run --out` wrote"),
        Problem::Line(line, what) => {
            Diagnostic::error("run-file", format!("`{shown}`, line {line}: {what}"))
        }
        Problem::Interrupted => Diagnostic::error(
            "run-file",
            format!("`{shown}` has no footer: the run was interrupted"),
        )
        .help(format!(
            "`plugfest run --resume {}` goes on with it",
            folder.display()
        )),
        Problem::Changed(what) => Diagnostic::error(
            "run-file",
            format!("`{shown}` is not what was written: {what}"),
        ),
        Problem::Body(number, what) => Diagnostic::error(
            "run-file",
            format!("exchange {number} of `{shown}` is not what was recorded: {what}"),
        )
        .help("put the file back as the run wrote it: without it, nobody can judge this run"),
    }
}
