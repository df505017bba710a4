//! `plugfest fhir package add`.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use serde_json::{Value, json};

use crate::cli::fhir::packages::{PlaceArguments, failure};
use crate::cli::out::{self, Console, Failure, Form, FormArgument};
use crate::diag::Diagnostic;
use crate::fhir::package::{Canonicals, Index, PackageId, Take, digest};
use crate::store::packages::{
    self, Cache, Installed, LoadedPackage, Lock, LockedPackage, Origin, Present, Source, clashes,
};

/// What to add, from where.
#[derive(Debug, Args)]
#[command(
    after_long_help = "A package is added with all that it stands upon, as far as that is at hand or a registry has it. The definitions of FHIR \
    itself are compiled into plugfest and need not be added.\n\n\
    Examples:\n  plugfest fhir package add guide.tgz terminology.tgz\n  plugfest fhir package add hl7.fhir.us.core#6.1.0 --registry URL\n  \
    plugfest fhir package add --registry URL     what plugfest.lock names, and nothing else"
)]
pub struct Arguments {
    /// A `.tgz`, a folder, `name#version`, or `name@range`; without any, what the lock file names
    #[arg(value_name = "PACKAGE")]
    words: Vec<String>,
    #[command(flatten)]
    places: PlaceArguments,
    /// The lock file
    #[arg(long, value_name = "FILE", default_value = "plugfest.lock")]
    lock: PathBuf,
    /// Put a package in the place of another of its name and version, in the cache and in the lock file
    #[arg(long)]
    replace: bool,
    #[command(flatten)]
    form: FormArgument,
}

/// A package that was added, and how.
struct Added {
    id: PackageId,
    installed: Installed,
    locked: LockedPackage,
    index: Index,
}

/// Runs the command.
pub fn run(arguments: &Arguments, console: &Console) -> Result<ExitCode, Failure> {
    let before = Lock::read(&arguments.lock)?.unwrap_or_default();
    let words = words(arguments, &before)?;
    let mut options = arguments.places.options(None)?;
    // Whoever replaces does not want what was locked.
    options.lock = Some(before.clone()).filter(|_| !arguments.replace);
    let loaded = packages::load(&words, &options).map_err(failure)?;
    // invariant: `options` always names a cache.
    let cache = options.cache.as_ref().expect("a cache");
    let checked = check_all(&loaded.packages, &before, arguments)?;
    let mut added = Vec::new();
    for (package, (locked, index)) in loaded.packages.iter().zip(checked) {
        added.push(Added {
            id: package.id.clone(),
            installed: install(package, cache, arguments)
                .map_err(|problem| failure(vec![problem]))?,
            locked,
            index,
        });
    }
    let mut after = before.clone();
    after
        .packages
        .extend(added.iter().map(|one| (one.id.clone(), one.locked.clone())));
    if after != before {
        after
            .write(&arguments.lock)
            .map_err(|problem| failure(vec![problem]))?;
    }
    let canonicals = Canonicals::of(added.iter().map(|one| (&one.id, &one.index)));
    console.diagnose(&[loaded.warnings, clashes(&canonicals)].concat());
    tell(&added, arguments, console);
    Ok(ExitCode::SUCCESS)
}

fn words(arguments: &Arguments, lock: &Lock) -> Result<Vec<String>, Diagnostic> {
    if !arguments.words.is_empty() {
        return Ok(arguments.words.clone());
    }
    if lock.packages.is_empty() {
        let message = format!(
            "no package is named, and `{}` names none",
            arguments.lock.display()
        );
        return Err(
            Diagnostic::error("empty", message).help("name a `.tgz`, a folder, or `name#version`")
        );
    }
    Ok(lock.packages.keys().map(PackageId::to_string).collect())
}

/// Digests and indexes, before anything is written: where one package is not as it was locked, none is added.
fn check_all(
    packages: &[LoadedPackage],
    lock: &Lock,
    arguments: &Arguments,
) -> Result<Vec<(LockedPackage, Index)>, Vec<Diagnostic>> {
    let (mut checked, mut problems) = (Vec::new(), Vec::new());
    for package in packages {
        match check(package, lock, arguments) {
            Ok(row) => checked.push(row),
            Err(problem) => problems.push(problem),
        }
    }
    match problems.is_empty() {
        true => Ok(checked),
        false => Err(problems),
    }
}

fn check(
    package: &LoadedPackage,
    lock: &Lock,
    arguments: &Arguments,
) -> Result<(LockedPackage, Index), Diagnostic> {
    let files = package.files(Take::Definitions)?;
    let digest = digest(&files);
    // What moves is locked anew each time.
    if !arguments.replace && package.id.version.triple().is_some() {
        lock.check(&package.id, &digest)?;
    }
    let source = source(package, lock);
    Ok((LockedPackage { digest, source }, Index::of(&files)))
}

/// Where a package came from, without the paths of this machine.
fn source(package: &LoadedPackage, lock: &Lock) -> String {
    let before = lock
        .packages
        .get(&package.id)
        .map(|locked| locked.source.clone());
    match (&package.origin, &package.source) {
        (Origin::Registry(url), _) => url.clone(),
        (Origin::Cache, _) => before.unwrap_or_else(|| "cache".to_owned()),
        (Origin::Given, Source::Archive(path) | Source::Folder(path)) => {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            name.into_owned()
        }
        (Origin::Given, Source::Fetched(_, url)) => url.clone(),
    }
}

fn install(
    package: &LoadedPackage,
    cache: &Cache,
    arguments: &Arguments,
) -> Result<Installed, Diagnostic> {
    let present = if arguments.replace {
        Present::Replace
    } else {
        Present::Keep
    };
    match package.origin {
        Origin::Given => cache
            .install(&package.source, present)
            .map(|(_, installed)| installed),
        Origin::Cache => Ok(Installed::AlreadyThere),
        Origin::Registry(_) => Ok(Installed::Added),
    }
}

fn tell(added: &[Added], arguments: &Arguments, console: &Console) {
    match arguments.form.format {
        Form::Json => console.print(&out::json(&added.iter().map(object).collect::<Vec<_>>())),
        Form::Text => {
            let row = |one: &Added| {
                let resources = one.index.entries.len();
                [
                    one.id.name.to_string(),
                    one.id.version.to_string(),
                    word(one.installed).to_owned(),
                    resources.to_string(),
                ]
            };
            console.print(&out::table(
                ["PACKAGE", "VERSION", "CACHE", "RESOURCES"],
                added.iter().map(row),
            ));
            console.tell(&format!("locked in {}", arguments.lock.display()));
        }
    }
}

fn object(one: &Added) -> Value {
    json!({
        "name": one.id.name.as_str(),
        "version": one.id.version.as_str(),
        "cache": word(one.installed),
        "resources": one.index.entries.len(),
        "digest": one.locked.digest,
        "source": one.locked.source,
    })
}

fn word(installed: Installed) -> &'static str {
    match installed {
        Installed::Added => "added",
        Installed::AlreadyThere => "already there",
        Installed::Replaced => "replaced",
    }
}
