//! From words to packages, in the order in which to load them.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::catalogue::Places;
use super::{Cache, Lock, Registry, Source, notes};
use crate::diag::{Diagnostic, Severity};
use crate::fhir::package::{
    self, Manifest, PackageFile, PackageId, PackageReference, Resolved, Settings, Take,
};

/// Where to look, and how to resolve.
#[derive(Debug, Default)]
pub struct Options {
    /// The user's cache.
    pub cache: Option<Cache>,
    /// Folders full of archives, where dependencies may be found, too.
    pub shelves: Vec<PathBuf>,
    /// A registry, where the user named one. What is fetched goes into the cache; without one, nothing is fetched.
    pub registry: Option<Registry>,
    /// What is fetched must be as it was locked.
    pub lock: Option<Lock>,
    /// Overrides, built-in packages, the FHIR version.
    pub settings: Settings,
}

/// A list of packages with all that it stands upon.
#[derive(Debug, Clone, Default)]
pub struct Loaded {
    /// The packages, each after what it stands upon. Where two define one thing, the later is the more specific.
    pub packages: Vec<LoadedPackage>,
    /// The packages that the words themselves led to, in their order.
    pub listed: Vec<PackageId>,
    /// The built-in packages that they stand upon.
    pub built_in: BTreeSet<PackageId>,
    /// What the user should know.
    pub warnings: Vec<Diagnostic>,
}

/// A package that can be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoadedPackage {
    /// Its name and version.
    pub id: PackageId,
    /// What it says of itself.
    pub manifest: Manifest,
    /// The packages of the list that it stands upon.
    pub dependencies: Vec<PackageId>,
    /// Where it lies.
    pub source: Source,
    /// From where it came.
    pub origin: Origin,
}

/// From where a package came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// The user gave a file or folder.
    Given,
    /// It was in the cache.
    Cache,
    /// It was fetched from a registry just now, from this URL.
    Registry(String),
}

impl LoadedPackage {
    /// Its files, sorted by path.
    ///
    /// # Errors
    /// `package-archive` or `package-manifest`.
    pub fn files(&self, take: Take) -> Result<Vec<PackageFile>, Diagnostic> {
        self.source.files(take)
    }

    /// What changes with its definitions, cheaply: the key of what is compiled from them. See [`Source::key`].
    ///
    /// # Errors
    /// `package-archive` or `package-manifest`.
    pub fn key(&self) -> Result<String, Diagnostic> {
        self.source.key()
    }
}

/// Loads what words mean: a `.tgz`, a folder, `name#version` or `name@range`; with all that it stands upon.
///
/// Manifests are read, files are not: whoever has compiled a package before need not touch them.
///
/// # Errors
/// Every word that means nothing. A dependency that cannot be had is a warning: what hangs on it can then not be decided.
pub fn load(words: &[String], options: &Options) -> Result<Loaded, Vec<Diagnostic>> {
    let mut places = Places::of(options);
    let (mut list, mut problems) = (Vec::new(), Vec::new());
    for shelf in &options.shelves {
        problems.extend(places.give_shelf(shelf).err());
    }
    for word in words {
        match meaning(word, &mut places) {
            Ok(reference) => list.push(reference),
            Err(problem) => problems.push(problem),
        }
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    let resolution = package::resolve(&list, &places, &options.settings);
    let found = resolution.packages.into_iter();
    let packages = found
        .filter_map(|resolved| located(resolved, &places, options))
        .collect();
    let told = notes::diagnostics(&resolution.notes, options);
    let all = places.into_problems().into_iter().chain(told);
    let (errors, warnings): (Vec<_>, Vec<_>) =
        all.partition(|problem| problem.severity == Severity::Error);
    match errors.is_empty() {
        false => Err(errors),
        true => Ok(Loaded {
            packages,
            listed: resolution.listed,
            built_in: resolution.built_in,
            warnings,
        }),
    }
}

/// A package with its place. The catalogue gave its manifest, so that there is one, unless somebody takes it away meanwhile.
fn located(resolved: Resolved, places: &Places<'_>, options: &Options) -> Option<LoadedPackage> {
    let source = places.source(&resolved.id)?;
    let origin = match (&source, places.fetched_from(&resolved.id)) {
        (_, Some(url)) => Origin::Registry(url),
        (Source::Folder(path), None) if is_cached(path, options.cache.as_ref()) => Origin::Cache,
        (Source::Folder(_) | Source::Archive(_) | Source::Fetched(..), None) => Origin::Given,
    };
    Some(LoadedPackage {
        origin,
        source,
        id: resolved.id,
        manifest: resolved.manifest,
        dependencies: resolved.dependencies,
    })
}

fn is_cached(path: &Path, cache: Option<&Cache>) -> bool {
    cache.is_some_and(|cache| path.starts_with(cache.root()))
}

/// What a word means. A word that looks like a path, or is one, is one.
fn meaning(word: &str, places: &mut Places<'_>) -> Result<PackageReference, Diagnostic> {
    let path = Path::new(word);
    let looks_like_path =
        word.contains(['/', '\\']) || word.ends_with(".tgz") || word.starts_with('.');
    if looks_like_path || path.is_file() || Source::at(path).is_ok() {
        if !path.exists() {
            let message = format!("there is no file or folder `{word}`");
            return Err(Diagnostic::error("unknown-package", message));
        }
        return places.give(Source::at(path)?).map(PackageReference::from);
    }
    word.parse().map_err(|error: package::SyntaxError| {
        Diagnostic::error("package-name", error.to_string())
            .help("name a package as `hl7.fhir.us.core#6.1.0`, as `hl7.fhir.us.core@^6.0.0`, or by its `.tgz` or folder")
    })
}
