//! `plugfest run`: scenario files against a supplier.

use std::io;
use std::num::NonZeroU16;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};

use super::exit;
use super::fhir::packages::PackageArguments;
use super::formats::Output;
use super::job::{self, Ending, Job, Surroundings};
use super::out::{Console, Failure};
use super::packs;
use super::progress::Watcher;
use super::room::make_room;
use super::wire::Wired;
use crate::diag::Diagnostic;
use crate::judge::CaseVerdicts;
use crate::model::Instant;
use crate::pack::Pack;
use crate::plan::Plan;
use crate::report::view::RunBy;
use crate::results::RunOptions;
use crate::run::{Driver, Pace, Stopper};
use crate::serve::{self, Running, Start};
use crate::store::{Journal, RunFolder, now};
use crate::supplier::{Baseline, Rate, Size, Supplier, Wait};

/// What to run, against whom, and how.
#[derive(Debug, Args)]
#[command(after_help = format!("{EXAMPLES}\n\n{}", exit::list()))]
pub struct Arguments {
    /// Pack ids (`id` or `id@standard-version`), pack folders, or scenario files
    #[arg(value_name = "PACK", required_unless_present = "resume")]
    packs: Vec<String>,
    /// The base URL of the supplier's service
    #[arg(long, value_name = "URL", conflicts_with = "supplier")]
    target: Option<String>,
    /// The supplier file: endpoints, credentials by reference, claims, values (see `plugfest supplier init`)
    #[arg(long, value_name = "FILE")]
    supplier: Option<PathBuf>,
    /// Run only this scenario, requirement or area; may be repeated
    #[arg(long, value_name = "ID")]
    only: Vec<String>,
    /// Run only what this level of the pack asks for
    #[arg(long, value_name = "LEVEL")]
    level: Option<String>,
    /// Change nothing at the supplier's: what would write is not run, and shown so
    #[arg(long)]
    read_only: bool,
    /// Who runs this: every report shows the word, and nobody checks it
    #[arg(long, value_name = "WHO", default_value = "self", value_parser = run_by())]
    run_by: RunBy,
    /// The folder for results and reports
    #[arg(long, value_name = "DIR", default_value = "plugfest-report")]
    out: PathBuf,
    #[command(flatten)]
    output: Output,
    /// Known deviations, each with a reason and an end: they stay failures, but do not fail this command
    #[arg(long, value_name = "FILE")]
    baseline: Option<PathBuf>,
    /// Go on with a run that was interrupted, without repeating what was recorded
    #[arg(long, value_name = "DIR", conflicts_with_all = ["packs", "target", "supplier", "only", "level", "read_only", "run_by", "out", "seed", "baseline"])]
    resume: Option<PathBuf>,
    /// Repeat a run's random values
    #[arg(long, value_name = "HEX", value_parser = seed)]
    seed: Option<String>,
    #[command(flatten)]
    limits: LimitArguments,
    #[command(flatten, next_help_heading = "FHIR packages of profile checks")]
    packages: PackageArguments,
}

/// How much a run may cost, and the supplier may send.
#[derive(Debug, Args)]
#[command(next_help_heading = "Limits")]
struct LimitArguments {
    /// How many cases run side by side [default: 4, or the supplier file's]
    #[arg(long, short, value_name = "N")]
    jobs: Option<NonZeroU16>,
    /// The most requests, such as 20/s [default: no limit, or the supplier file's]
    #[arg(long, value_name = "N/s")]
    rate: Option<Rate>,
    /// How long one exchange may take [default: 30s, or the supplier file's]
    #[arg(long, value_name = "TIME")]
    timeout: Option<Wait>,
    /// How long the whole run may take; then it is cancelled, with cleanup
    #[arg(long, value_name = "TIME")]
    deadline: Option<Wait>,
    /// The largest reply body that is read [default: 32MB, or the supplier file's]
    #[arg(long, value_name = "SIZE")]
    max_body: Option<Size>,
    /// The largest reply header that is read [default: 256kB, or the supplier file's]
    #[arg(long, value_name = "SIZE")]
    max_headers: Option<Size>,
    /// The most header fields of a reply
    #[arg(long, value_name = "N", default_value = "1000")]
    max_header_fields: usize,
}

const EXAMPLES: &str = "\
Without --target and --supplier, the run is against the embedded, sound reference supplier: a way to see what a report looks like.

Examples:
  plugfest run fhir-r4-rest
  plugfest run fhir-r4-rest --target https://supplier.example/fhir
  plugfest run fhir-r4-rest --supplier acme.yaml --format html,junit --baseline known.yaml
  plugfest run my-scenario.yaml --target http://localhost:8080";

fn run_by() -> impl TypedValueParser<Value = RunBy> {
    PossibleValuesParser::new(RunBy::ALL.map(RunBy::as_str)).try_map(|word| {
        let mut known = RunBy::ALL.into_iter();
        known
            .find(|known| known.as_str() == word)
            .ok_or("nobody is called so")
    })
}

fn seed(text: &str) -> Result<String, String> {
    let well_formed =
        (1..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    if well_formed {
        Ok(text.to_ascii_lowercase())
    } else {
        Err("a seed is 1 to 64 hexadecimal digits".into())
    }
}

/// Runs the command.
pub fn run(arguments: &Arguments, console: &Console) -> Result<ExitCode, Failure> {
    arguments.output.formats()?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?;
    let code = runtime.block_on(run_to_end(arguments, console));
    // A connection or a server that lingers must not keep the process.
    runtime.shutdown_timeout(Duration::from_millis(100));
    code
}

async fn run_to_end(arguments: &Arguments, console: &Console) -> Result<ExitCode, Failure> {
    let stopper = Stopper::default();
    listen_for_signals(&stopper, console);
    if let Some(deadline) = arguments.limits.deadline {
        let stopper = stopper.clone();
        tokio::spawn(async move {
            tokio::time::sleep(deadline.duration()).await;
            stopper.stop("the run's deadline passed");
        });
    }
    let session = match &arguments.resume {
        Some(folder) => Session::resumed(folder, &arguments.packages)?,
        None => Session::fresh(arguments, console).await?,
    };
    session.run(arguments, &stopper, console).await
}

/// A run that is about to start.
struct Session {
    job: Job,
    plans: Vec<Arc<Plan>>,
    journal: Arc<Journal>,
    before: Option<Arc<RunFolder>>,
    attempts: u32,
    folder: PathBuf,
    /// Ends with the session.
    _embedded: Option<Running>,
}

impl Session {
    async fn fresh(arguments: &Arguments, console: &Console) -> Result<Self, Failure> {
        let packs = load_packs(&arguments.packs)?;
        let (supplier, embedded) = find_supplier(arguments, &packs, console).await?;
        let options = RunOptions {
            only: arguments.only.clone(),
            level: arguments.level.clone(),
            read_only: arguments.read_only,
            run_by: arguments.run_by,
            supplier_file: arguments
                .supplier
                .as_ref()
                .map(|path| path.to_string_lossy().into_owned()),
            embedded: embedded.as_ref().map(|_| supplier.supplier.product.clone()),
            packages: arguments.packages.words().to_vec(),
            package_folders: arguments.packages.shelves(),
            deviations: baseline(arguments)?,
        };
        let started = now();
        let brought = job::bring_all(&packs, &arguments.packages, started)?;
        let seed = arguments
            .seed
            .clone()
            .unwrap_or_else(|| fresh_seed(started));
        let job = Job {
            packs,
            supplier,
            options,
            seed,
            started,
            brought,
            notes: Vec::new(),
        };
        let plans = job.plans()?;
        make_room(&arguments.out)?;
        let journal = Arc::new(Journal::create(&arguments.out, job.header()?)?);
        Ok(Self {
            job,
            plans,
            journal,
            before: None,
            attempts: 1,
            folder: arguments.out.clone(),
            _embedded: embedded,
        })
    }

    fn resumed(folder: &std::path::Path, packages: &PackageArguments) -> Result<Self, Failure> {
        let before = interrupted(folder)?;
        let job = Job::of_header(&before.header, packages)?;
        if !job.notes.is_empty() {
            let message = "a pack or a FHIR package has changed since the run was interrupted, so it cannot go on";
            let diagnostic = Diagnostic::error("run-file", message);
            let notes = job.notes.iter();
            return Err(notes
                .fold(diagnostic, |diagnostic, note| diagnostic.note("note", note))
                .into());
        }
        let plans = job.plans()?;
        let journal = before.journal()?;
        let journal = Journal::resume(folder, &journal, before.exchanges, before.last, now())?;
        Ok(Self {
            plans,
            job,
            journal: Arc::new(journal),
            attempts: before.attempts + 1,
            before: Some(Arc::new(before)),
            folder: folder.to_owned(),
            _embedded: None,
        })
    }

    async fn run(
        self,
        arguments: &Arguments,
        stopper: &Stopper,
        console: &Console,
    ) -> Result<ExitCode, Failure> {
        let watcher = Watcher::start(&self.plans, console);
        let mut verdicts: Vec<Vec<CaseVerdicts>> = Vec::with_capacity(self.plans.len());
        for plan in &self.plans {
            let driver = self.driver(plan, arguments, stopper, &watcher)?;
            verdicts.push(driver.drive().await?);
        }
        watcher.finish();
        let stop = stopper.state();
        let reason = stop.reason().map(|reason| &**reason);
        let lines = job::verdict_lines(&self.plans, &verdicts);
        let footer = self.journal.finish(reason, lines)?;
        let ending = Ending {
            footer,
            attempts: self.attempts,
        };
        let exchanges = RunFolder::open(&self.folder)
            .map_err(|problem| super::judge::run_file(&self.folder, &problem))?;
        let (report, exit) = self.job.report(&self.plans, verdicts, &exchanges, ending);
        arguments
            .output
            .write(&self.folder, &report, &exchanges, console)?;
        Ok(ExitCode::from(exit.code()))
    }

    fn driver(
        &self,
        plan: &Arc<Plan>,
        arguments: &Arguments,
        stopper: &Stopper,
        watcher: &Arc<Watcher>,
    ) -> Result<Driver, Failure> {
        let pack = &plan.pack;
        let Some((_, system)) = self.job.supplier.system_for(&pack.id, &pack.subject) else {
            return Err(Diagnostic::error(
                "no-endpoint",
                format!("no system plays `{}/{}`", pack.id, pack.subject),
            )
            .into());
        };
        let vault = Surroundings {
            folder: folder_of(self.job.options.supplier_file.as_deref()),
        };
        let missing = system.missing(&vault);
        if !missing.is_empty() {
            return Err(missing.into());
        }
        let limits = &arguments.limits;
        let jobs = limits
            .jobs
            .or(system.limits.jobs)
            .or(NonZeroU16::new(4))
            .unwrap_or(NonZeroU16::MIN);
        let interval = limits
            .rate
            .or(system.limits.rate)
            .map(Rate::interval)
            .unwrap_or_default();
        let wire_limits = crate::protocol::http::wire::Limits {
            deadline: limits
                .timeout
                .map_or_else(|| system.limits.timeout(), Wait::duration),
            body_max: size(
                limits
                    .max_body
                    .map_or_else(|| system.limits.body(), Size::bytes),
            ),
            header_max: size(
                limits
                    .max_headers
                    .map_or_else(|| system.limits.headers(), Size::bytes),
            ),
            headers_count: limits.max_header_fields,
        };
        Ok(Driver {
            plan: plan.clone(),
            transport: Arc::new(Wired::new(system.config(&vault), wire_limits)),
            journal: self.journal.clone(),
            pace: Arc::new(Pace::new(jobs, interval)),
            stopper: stopper.clone(),
            before: self.before.clone(),
            progress: watcher.clone(),
        })
    }
}

/// The record of a run that can go on.
fn interrupted(folder: &std::path::Path) -> Result<RunFolder, Failure> {
    let problem = |problem| super::judge::run_file(folder, &problem);
    let before = RunFolder::open(folder).map_err(problem)?;
    let shown = folder.display();
    if before.footer.is_some() {
        let message = format!("the run in `{shown}` has ended: there is nothing to resume");
        return Err(Diagnostic::error("usage", message)
            .help("start a new run, or judge this one again with `plugfest judge`")
            .into());
    }
    if before.header.options.embedded.is_some() {
        let message = "the run was against the embedded reference supplier, which ended with it";
        return Err(Diagnostic::error("usage", message)
            .help("start a new run")
            .into());
    }
    before.verify().map_err(problem)?;
    Ok(before)
}

fn size(bytes: u64) -> usize {
    usize::try_from(bytes).unwrap_or(usize::MAX)
}

/// Packs, and where each was read from.
type Named = Vec<(Arc<Pack>, Option<String>)>;

fn load_packs(words: &[String]) -> Result<Named, Failure> {
    let mut loaded = Vec::new();
    for word in words {
        let found = packs::load(word)?;
        if loaded
            .iter()
            .any(|(pack, _): &(Arc<Pack>, _)| pack.id == found.pack.id)
        {
            return Err(
                Diagnostic::error("usage", format!("`{}` is named twice", found.pack.id)).into(),
            );
        }
        loaded.push((Arc::new(found.pack), found.path));
    }
    Ok(loaded)
}

/// The supplier: from its file, around a URL, or the embedded reference supplier that has the packs' defects.
async fn find_supplier(
    arguments: &Arguments,
    packs: &[(Arc<Pack>, Option<String>)],
    console: &Console,
) -> Result<(Supplier, Option<Running>), Failure> {
    if let Some(path) = &arguments.supplier {
        return Ok((job::supplier_file(path)?, None));
    }
    if let Some(target) = &arguments.target {
        return Ok((Supplier::of_target(target)?, None));
    }
    let ids: Vec<&str> = packs.iter().map(|(pack, _)| pack.id.as_str()).collect();
    let Some(reference) = serve::SUPPLIERS
        .iter()
        .find(|row| ids.iter().all(|id| row.packs.contains(id)))
    else {
        let message = "say who is tested: `--target URL` or `--supplier FILE`";
        return Err(Diagnostic::error("usage", message)
            .help(
                "plugfest brings a reference supplier for some packs only: `plugfest serve --list`",
            )
            .into());
    };
    let start = Start::new(([127, 0, 0, 1], 0).into());
    let running = (reference.start)(start).await?;
    console.tell(&format!(
        "no target given: running against the embedded reference supplier `{}` at {}",
        reference.name,
        running.base_url()
    ));
    let mut supplier = Supplier::of_target(running.base_url())?;
    supplier.supplier.name = "plugfest reference supplier".into();
    supplier.supplier.product = reference.name.into();
    supplier.supplier.version = env!("CARGO_PKG_VERSION").into();
    Ok((supplier, Some(running)))
}

fn baseline(arguments: &Arguments) -> Result<Vec<crate::supplier::Deviation>, Failure> {
    let Some(path) = &arguments.baseline else {
        return Ok(Vec::new());
    };
    Ok(Baseline::read(&job::source(path)?)?.deviations)
}

fn folder_of(path: Option<&str>) -> PathBuf {
    path.and_then(|path| std::path::Path::new(path).parent())
        .map(std::path::Path::to_owned)
        .unwrap_or_default()
}

/// A seed that no other run has: from the clock and the process.
fn fresh_seed(at: Instant) -> String {
    use sha2::Digest;
    let digest = sha2::Sha256::digest(format!("{}\n{}", at.as_micros(), std::process::id()));
    digest[..8]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

fn listen_for_signals(stopper: &Stopper, console: &Console) {
    let (stopper, console) = (stopper.clone(), *console);
    tokio::spawn(async move {
        while next_signal().await.is_ok() {
            let again = stopper.state().reason().is_some();
            let words = if again {
                "stopping at once"
            } else {
                "stopping: cleaning up (again to stop at once)"
            };
            console.tell(words);
            stopper.stop("the run was cancelled");
        }
    });
}

#[cfg(unix)]
async fn next_signal() -> io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        interrupted = tokio::signal::ctrl_c() => interrupted,
        _ = terminate.recv() => Ok(()),
    }
}

#[cfg(not(unix))]
async fn next_signal() -> io::Result<()> {
    tokio::signal::ctrl_c().await
}
