//! `plugfest fhir suite`: an official suite, case by case, against what its publishers expect.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use clap::{Args, Subcommand};
use serde_json::json;

use super::ordered;
use super::packages::compiled_cache;
use crate::cli::out::{self, Console, Failure, Form, FormArgument};
use crate::cli::progress;
use crate::diag::Diagnostic;
use crate::fhir::definitions::{Definitions, Library, Version};
use crate::fhir::package::{self, Settings};
use crate::fhir::suite::validator::{Case, Manifest, Summary, Tally};
use crate::fhir::suite::{self, World};
use crate::score::Exit;
use crate::store::packages::{self, Libraries, LoadedPackage, Options};

/// Which suite.
#[derive(Debug, Args)]
#[command(
    after_long_help = "Each suite is laid out as its publishers do: a manifest with files beside it. The exit code is 0 where every case agrees, else 1.\n\n\
    Examples:\n  plugfest fhir suite validator validator/dev --packages packages\n  plugfest fhir suite fhirpath fhirpath/r4 --format json"
)]
pub struct Arguments {
    #[command(subcommand)]
    suite: Suite,
}

#[derive(Debug, Subcommand)]
enum Suite {
    /// Resources with the reference validator's outcome
    Validator(Place),
    /// FHIRPath expressions with their values
    Fhirpath(Place),
    /// Differentials with their snapshots
    Snapshot(Place),
}

/// Where a suite lies.
#[derive(Debug, Args)]
struct Place {
    /// The folder with the manifest
    folder: PathBuf,
    /// A folder with the packages (`.tgz`) that cases need
    #[arg(long, value_name = "DIR")]
    packages: Option<PathBuf>,
    /// The release of FHIR that a suite of FHIRPath or snapshots is for; what its file or folder is called, unless said
    #[arg(long, value_name = "VERSION", value_parser = super::knowledge::version)]
    fhir: Option<Version>,
    /// How many cases at once; as many as there are cores, unless said
    #[arg(long, value_name = "N")]
    jobs: Option<usize>,
    #[command(flatten)]
    form: FormArgument,
}

/// Runs the command.
pub fn run(arguments: &Arguments, console: &Console) -> Result<ExitCode, Failure> {
    match &arguments.suite {
        Suite::Validator(place) => validator(place, console),
        Suite::Fhirpath(place) => fhirpath(place, console),
        Suite::Snapshot(place) => snapshot(place, console),
    }
}

fn validator(place: &Place, console: &Console) -> Result<ExitCode, Failure> {
    let disk = Disk::of(place)?;
    let manifest = disk
        .file("manifest.json")
        .ok_or_else(|| no_manifest(&place.folder, "manifest.json"))?;
    let manifest = Manifest::read(&manifest).map_err(|why| {
        Diagnostic::error("no-input", format!("the manifest cannot be read: {why}"))
    })?;
    let bar = progress::bar(manifest.cases.len(), "cases", console);
    let (mut summary, mut problem) = (Summary::default(), None);
    let run = |case: &'_ Case| case.run(&disk);
    let mut cases = manifest.cases.iter();
    ordered::each(place.jobs(), manifest.cases.iter(), run, |outcome| {
        bar.inc(1);
        // invariant: outcomes come in the order of the cases.
        let Some(case) = cases.next() else { return };
        match outcome {
            Ok(outcomes) => summary.add(case, &outcomes),
            Err(why) => problem = problem.take().or(Some(format!("{}: {why}", case.id))),
        }
    });
    bar.finish_and_clear();
    if let Some(problem) = problem {
        return Err(Diagnostic::error("no-input", problem).into());
    }
    match place.form.format {
        Form::Json => console.print(&out::json(&summary)),
        Form::Text => show(&summary, console),
    }
    Ok(exit(summary.total.runs, summary.total.agreed))
}

/// The suite is the one file `tests-fhir-*.xml` of its folder.
fn fhirpath(place: &Place, console: &Console) -> Result<ExitCode, Failure> {
    let disk = Disk::of(place)?;
    let name = disk.first_file(|name| name.starts_with("tests-") && name.ends_with(".xml"));
    let name = name.ok_or_else(|| no_manifest(&place.folder, "tests-fhir-….xml"))?;
    let version = place.release(&name)?;
    let summary = suite::fhirpath::run(&name, &disk, version)
        .map_err(|why| Diagnostic::error("no-input", format!("the suite cannot be read: {why}")))?;
    match place.form.format {
        Form::Json => console.print(&out::json(&summary)),
        Form::Text => {
            let total = summary.total;
            console.print(&format!(
                "{} cases: {} passed, {} failed, {} panics\n",
                total.cases, total.passed, total.failed, total.panics
            ));
            for found in &summary.disagreements {
                console.print(&format!(
                    "{} {}: {}\n    {}\n",
                    found.group, found.name, found.expression, found.reason
                ));
            }
        }
    }
    Ok(exit(summary.total.cases, summary.total.passed))
}

fn snapshot(place: &Place, console: &Console) -> Result<ExitCode, Failure> {
    let disk = Disk::of(place)?;
    let name = place
        .folder
        .file_name()
        .and_then(|name| name.to_str())
        .unwrap_or_default();
    let version = place.release(name)?;
    let definitions = disk.whole_shelf(version)?;
    let outcome = suite::snapshot::run(&disk, &definitions)
        .map_err(|why| Diagnostic::error("no-input", format!("the suite cannot be read: {why}")))?;
    match place.form.format {
        Form::Json => console.print(&out::json(&json!({
            "total": { "cases": outcome.cases, "passed": outcome.passed, "failed": outcome.failed, "panics": outcome.panics },
            "disagreements": outcome.failures.iter().map(|failure| json!({ "case": failure.case, "reasons": failure.reasons })).collect::<Vec<_>>(),
        }))),
        Form::Text => {
            console.print(&format!("{} cases: {} passed, {} failed, {} panics\n", outcome.cases, outcome.passed, outcome.failed, outcome.panics));
            for failure in &outcome.failures {
                console.print(&format!("{}: {}\n", failure.case, failure.reasons.join("; ")));
            }
        }
    }
    Ok(exit(outcome.cases, outcome.passed))
}

/// A suite without a run has shown nothing.
fn exit(runs: usize, agreed: usize) -> ExitCode {
    ExitCode::from(match (runs, agreed) {
        (0, _) => Exit::Undetermined.code(),
        (runs, agreed) if runs == agreed => Exit::Satisfied.code(),
        _ => Exit::Violated.code(),
    })
}

fn no_manifest(folder: &Path, name: &str) -> Diagnostic {
    let diagnostic = Diagnostic::error(
        "no-input",
        format!("there is no `{name}` in `{}`", folder.display()),
    );
    diagnostic.help("name the folder of one suite: the one that holds its manifest")
}

fn show(summary: &Summary, console: &Console) {
    let mut rows = Vec::new();
    let mut part = |what: &str, tallies: &BTreeMap<String, Tally>| {
        rows.extend(
            tallies
                .iter()
                .map(|(name, tally)| row(&format!("{what} {name}"), tally)),
        );
    };
    part("release", &summary.by_version);
    part("terminology", &summary.by_terminology);
    part("module", &summary.by_module);
    rows.push(row("all", &summary.total));
    let head = [
        "",
        "cases",
        "runs",
        "agreed",
        "%",
        "same count %",
        "accused",
        "missed",
        "undecided",
        "panics",
    ];
    console.print(&out::table(head, rows));
    let line = |text: String| console.print(&format!("{text}\n"));
    for found in &summary.disagreements {
        line(format!("{} {} {}", found.kind, found.id, found.run));
        found
            .expected
            .iter()
            .for_each(|text| line(format!("    expected: {text}")));
        found
            .found
            .iter()
            .for_each(|text| line(format!("    found:    {text}")));
    }
}

fn row(name: &str, tally: &Tally) -> [String; 10] {
    let share = |part: usize| format!("{:.1}", 100.0 * part as f64 / tally.runs.max(1) as f64);
    [
        name.to_owned(),
        tally.cases.to_string(),
        tally.runs.to_string(),
        tally.agreed.to_string(),
        share(tally.agreed),
        share(tally.same_error_count),
        tally.false_accusations.to_string(),
        tally.missed.to_string(),
        tally.undecided.to_string(),
        tally.panics.to_string(),
    ]
}

impl Place {
    /// The release that is said, or that is in a name such as `tests-fhir-r4b.xml`; a suite across releases starts from R5.
    fn release(&self, name: &str) -> Result<Version, Failure> {
        let words = name.split(|letter: char| !letter.is_ascii_alphanumeric());
        let named = || words.rev().find_map(Version::parse);
        let across = || name.eq_ignore_ascii_case("rx").then_some(Version::R5);
        self.fhir.or_else(named).or_else(across).ok_or_else(|| {
            let diagnostic = Diagnostic::error(
                "usage",
                format!("`{name}` does not tell which release of FHIR the suite is for"),
            );
            diagnostic.help("say it with `--fhir`").into()
        })
    }

    fn jobs(&self) -> usize {
        let cores = || thread::available_parallelism().map_or(1, usize::from);
        self.jobs.unwrap_or_else(cores).clamp(1, 64)
    }
}

/// A suite's folder, and the packages that its cases need.
struct Disk {
    folder: PathBuf,
    shelf: Option<PathBuf>,
    releases: BTreeMap<Version, Arc<Definitions>>,
    libraries: Mutex<BTreeMap<String, Vec<Arc<dyn Library>>>>,
}

/// What holds for every case of a release besides its core, as the reference validator's own harness has it.
const ALWAYS: [(Version, &[&str]); 4] = [
    (Version::Stu3, &[]),
    (
        Version::R4,
        &["hl7.terminology.r4", "hl7.fhir.uv.extensions.r4"],
    ),
    (
        Version::R4B,
        &["hl7.terminology.r4", "hl7.fhir.uv.extensions.r4"],
    ),
    (
        Version::R5,
        &["hl7.terminology.r5", "hl7.fhir.uv.extensions.r5"],
    ),
];

impl Disk {
    fn of(place: &Place) -> Result<Self, Failure> {
        let mut disk = Self {
            folder: place.folder.clone(),
            shelf: place.packages.clone(),
            releases: BTreeMap::new(),
            libraries: Mutex::default(),
        };
        for (version, always) in ALWAYS {
            let mut libraries = Vec::new();
            for name in always.iter().filter(|_| disk.shelf.is_some()) {
                libraries.extend(disk.open(&format!("{name}@latest"))?);
            }
            disk.releases.insert(
                version,
                Arc::new(Definitions::core(version).with(libraries)),
            );
        }
        Ok(disk)
    }

    /// A package with its dependencies, from the shelf or the suite's own files.
    fn open(&self, word: &str) -> Result<Vec<Arc<dyn Library>>, Failure> {
        let loaded = packages::load(&[word.to_owned()], &self.options())?;
        Ok(Libraries::new(compiled_cache(Libraries::FORMAT)).open(&loaded)?)
    }

    fn options(&self) -> Options {
        Options {
            shelves: self.shelf.iter().cloned().collect(),
            settings: Settings {
                built_in: super::packages::built_in(),
                ..Settings::default()
            },
            ..Options::default()
        }
    }
}

impl Disk {
    /// Every package on the shelf that is made for a release (R4B takes R4's, too), below its core: the whole core
    /// package where that is there, since it keeps what the embedded one leaves to the types.
    fn whole_shelf(&self, version: Version) -> Result<Definitions, Failure> {
        let Some(shelf) = &self.shelf else {
            return Ok(Definitions::core(version));
        };
        let entries = shelf.read_dir()?.flatten();
        let mut archives: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
        archives.retain(|path| path.extension().is_some_and(|ending| ending == "tgz"));
        archives.sort();
        let words = archives.iter().map(|path| path.display().to_string());
        let mut loaded = packages::load(&words.collect::<Vec<_>>(), &self.options())?;
        let is_core = |package: &LoadedPackage| package.id.name.as_str() == version.core_package();
        let has_core = loaded.packages.iter().any(is_core);
        loaded.packages.sort_by_key(is_core);
        loaded
            .packages
            .retain(|package| is_core(package) || is_made_for(package, version));
        let libraries = Libraries::new(compiled_cache(Libraries::FORMAT)).open(&loaded)?;
        Ok(match has_core {
            true => Definitions::new(version, libraries),
            false => Definitions::core(version).below(libraries),
        })
    }

    /// The first file of the folder, by name, whose name will do.
    fn first_file(&self, will_do: impl Fn(&str) -> bool) -> Option<String> {
        let entries = self.folder.read_dir().ok()?.flatten();
        let mut names: Vec<String> = entries
            .filter_map(|entry| entry.file_name().into_string().ok())
            .collect();
        names.sort();
        names.into_iter().find(|name| will_do(name))
    }
}

/// A guide for a release, and no core of another one.
fn is_made_for(package: &LoadedPackage, version: Version) -> bool {
    let numbers = package.manifest.fhir_versions.iter();
    let mut releases = numbers.filter_map(|number| Version::parse(number));
    let is_it = |release| release == version || (release, version) == (Version::R4, Version::R4B);
    !package::is_core(package.id.name.as_str()) && releases.any(is_it)
}

impl suite::snapshot::Files for Disk {
    fn read(&self, path: &str) -> Option<Vec<u8>> {
        self.file(path)
    }
}

impl World for Disk {
    fn file(&self, path: &str) -> Option<Vec<u8>> {
        let inside = [self.folder.join("files").join(path), self.folder.join(path)];
        inside.iter().find_map(|path| std::fs::read(path).ok())
    }

    fn definitions(&self, version: Version) -> Arc<Definitions> {
        // invariant: `of` put every release in.
        self.releases
            .get(&version)
            .cloned()
            .unwrap_or_else(|| Arc::new(Definitions::core(version)))
    }

    fn package(&self, name: &str) -> Result<Vec<Arc<dyn Library>>, String> {
        let known = self
            .libraries
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = known.get(name) {
            return Ok(known.clone());
        }
        drop(known);
        let file = self.folder.join("files").join(name);
        let word = match file.is_file() {
            true => file.display().to_string(),
            false => name.to_owned(),
        };
        let opened = self.open(&word).map_err(|failure| match failure {
            Failure::Input(problems) | Failure::Outside(problems) => problems
                .first()
                .map_or_else(String::new, |first| first.message.clone()),
            Failure::Environment(why) => why,
        })?;
        let mut known = self
            .libraries
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        Ok(known.entry(name.to_owned()).or_insert(opened).clone())
    }
}
