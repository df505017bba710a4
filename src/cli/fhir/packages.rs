//! FHIR packages as the command line names them: options and their meaning for every command that loads some.

use std::path::PathBuf;

use clap::Args;

use crate::cli::out::Failure;
use crate::diag::Diagnostic;
use crate::fhir::package::{Override, PackageId, Settings};
use crate::store::packages::{self, Cache, CompiledCache, Loaded, Options, Registry};

/// The packages whose definitions are compiled into this binary, so that nobody needs to fetch them.
const BUILT_IN: [&str; 4] = [
    "hl7.fhir.r3.core#3.0.1",
    "hl7.fhir.r4.core#4.0.1",
    "hl7.fhir.r4b.core#4.3.0",
    "hl7.fhir.r5.core#5.0.0",
];

/// Where the cache is.
#[derive(Debug, Clone, Args)]
pub struct CacheArgument {
    /// The cache of FHIR packages [default: ~/.fhir/packages, which other tools share]
    #[arg(
        long,
        value_name = "DIR",
        env = "PLUGFEST_PACKAGE_CACHE",
        hide_env_values = true
    )]
    package_cache: Option<PathBuf>,
}

/// Where packages come from.
#[derive(Debug, Clone, Args)]
pub struct PlaceArguments {
    #[command(flatten)]
    cache: CacheArgument,
    /// A folder full of packages, where dependencies may be found, too; repeatable
    #[arg(long = "packages", value_name = "DIR")]
    shelves: Vec<PathBuf>,
    /// Fetch what is missing from this FHIR package registry; without it, nothing is fetched
    #[arg(long, value_name = "URL")]
    registry: Option<String>,
    /// Take one package in place of another: `WANTED=USED`, or `NAME#VERSION` for whatever version is asked for; repeatable
    #[arg(long = "override", value_name = "WANTED=USED")]
    overrides: Vec<String>,
}

/// Which packages to load.
#[derive(Debug, Clone, Args)]
pub struct PackageArguments {
    /// A FHIR package to load: a `.tgz`, a folder, or `name#version` from the cache; repeatable, the later ones win
    #[arg(long = "package", value_name = "PACKAGE")]
    words: Vec<String>,
    #[command(flatten)]
    places: PlaceArguments,
}

impl PackageArguments {
    /// The packages that are named.
    pub fn words(&self) -> &[String] {
        &self.words
    }

    /// The folders full of packages that are named, as they were typed.
    pub fn shelves(&self) -> Vec<String> {
        let shelves = self.places.shelves.iter();
        shelves
            .map(|shelf| shelf.to_string_lossy().into_owned())
            .collect()
    }

    /// The same, after packages and folders that somebody named before.
    #[must_use]
    pub fn after(&self, words: &[String], shelves: &[String]) -> Self {
        let mut all = self.clone();
        all.words.splice(0..0, words.iter().cloned());
        all.places
            .shelves
            .splice(0..0, shelves.iter().map(PathBuf::from));
        all
    }

    /// Where packages come from, for the code that loads them.
    ///
    /// # Errors
    /// What cannot be read of the options.
    pub fn options(&self, fhir_version: Option<&str>) -> Result<Options, Diagnostic> {
        self.places.options(fhir_version)
    }

    /// The packages with all that they stand upon. `fhir_version` (such as `4.0.1`), where it is known, picks among the variants of a
    /// package for several FHIR versions.
    ///
    /// # Errors
    /// Every package that cannot be had.
    pub fn load(&self, fhir_version: Option<&str>) -> Result<Loaded, Failure> {
        let options = self.places.options(fhir_version)?;
        packages::load(&self.words, &options).map_err(failure)
    }
}

impl CacheArgument {
    /// The cache.
    ///
    /// # Errors
    /// Where nobody says where it is.
    pub fn cache(&self) -> Result<Cache, Diagnostic> {
        if let Some(folder) = &self.package_cache {
            return Ok(Cache::at(folder));
        }
        let home = std::env::home_dir().filter(|home| !home.as_os_str().is_empty());
        let home = home.ok_or_else(|| {
            Diagnostic::error("usage", "nobody says where your home folder is")
                .help("name the cache: `--package-cache DIR`")
        });
        Ok(Cache::at(home?.join(".fhir").join("packages")))
    }
}

impl PlaceArguments {
    /// The same for the code that loads packages.
    ///
    /// # Errors
    /// What cannot be read of them.
    pub fn options(&self, fhir_version: Option<&str>) -> Result<Options, Diagnostic> {
        let overrides = self.overrides.iter().map(|text| text.parse::<Override>());
        let overrides = overrides.collect::<Result<_, _>>();
        Ok(Options {
            cache: Some(self.cache.cache()?),
            shelves: self.shelves.clone(),
            registry: self.registry.as_deref().map(Registry::at).transpose()?,
            lock: None,
            settings: Settings {
                overrides: overrides
                    .map_err(|error| Diagnostic::error("package-name", error.to_string()))?,
                built_in: built_in(),
                fhir_version: fhir_version.map(str::to_owned),
            },
        })
    }
}

/// Problems of the network or the disk are nobody's mistake in what they wrote, and have another exit code.
pub fn failure(problems: Vec<Diagnostic>) -> Failure {
    let is_outside = |problem: &Diagnostic| matches!(problem.code, "package-registry" | "output");
    match problems.iter().any(is_outside) {
        true => Failure::Outside(problems),
        false => Failure::Input(problems),
    }
}

/// The packages that need not be fetched.
pub fn built_in() -> Vec<PackageId> {
    BUILT_IN.iter().filter_map(|id| id.parse().ok()).collect()
}

/// Where compiled packages of a format are kept between runs; `None` where nobody says where, and then nothing is kept.
pub fn compiled_cache(format: u32) -> Option<CompiledCache> {
    let told = |name| {
        std::env::var_os(name)
            .map(PathBuf::from)
            .filter(|path| path.is_absolute())
    };
    let caches = told("XDG_CACHE_HOME").or_else(|| told("LOCALAPPDATA"));
    let caches = caches.or_else(|| Some(std::env::home_dir()?.join(".cache")));
    Some(CompiledCache::at(
        caches?.join("plugfest").join("packages"),
        format,
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_built_in_package_has_a_name() {
        assert_eq!(built_in().len(), BUILT_IN.len());
    }
}
