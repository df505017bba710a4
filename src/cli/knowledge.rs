//! The FHIR packages that packs ask for, brought from the user's cache before a run or a judgement.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::fhir::packages::{PackageArguments, compiled_cache, failure};
use super::out::Failure;
use crate::check::Knowledge;
use crate::diag::Diagnostic;
use crate::fhir::package::{self, Take};
use crate::model::Instant;
use crate::pack::Pack;
use crate::results::FhirPackage;
use crate::store::packages::{self, Libraries, Loaded, Options};

/// What was brought for one pack.
#[derive(Debug, Clone)]
pub struct Brought {
    /// For its checks.
    pub knowledge: Arc<Knowledge>,
    /// The packages, for the record.
    pub used: Vec<FhirPackage>,
    /// What the reader of the report must know.
    pub notes: Vec<String>,
}

/// Brings what a pack's checks want. Where none wants anything, nothing is looked for.
///
/// # Errors
/// A package that the command line names and that cannot be had. One that only the pack asks for is noted: what hangs on it is
/// then inconclusive.
pub fn bring(
    pack: &Pack,
    arguments: &PackageArguments,
    started: Instant,
) -> Result<Brought, Failure> {
    let core = Knowledge::core(pack.fhir_release).at(started.to_string());
    let scripts = pack.scenarios.iter().map(|scenario| &scenario.script);
    let mut items = scripts.flat_map(|script| script.items());
    let words = arguments.words();
    let nothing = pack.fhir_packages.is_empty() && words.is_empty();
    if nothing || items.all(|item| item.wants().is_empty()) {
        return Ok(Brought {
            knowledge: Arc::new(core),
            used: Vec::new(),
            notes: Vec::new(),
        });
    }
    let options = arguments.options(Some(pack.fhir_release.number()))?;
    let (present, mut missing) = at_hand(&pack.fhir_packages, words, &options);
    let mut notes: Vec<String> = missing.iter().map(|word| not_at_hand(word)).collect();
    let all: Vec<String> = present.iter().chain(words).cloned().collect();
    let loaded = packages::load(&all, &options).map_err(failure)?;
    missing.extend(loaded.warnings.iter().filter_map(lacking));
    notes.extend(
        loaded
            .warnings
            .iter()
            .map(|warning| format!("FHIR packages: {}", warning.message)),
    );
    let libraries = Libraries::new(compiled_cache(Libraries::FORMAT)).open(&loaded)?;
    Ok(Brought {
        knowledge: Arc::new(core.with_packages(libraries).without(missing)),
        used: used(&loaded)?,
        notes,
    })
}

/// Those of the pack's packages that can be had, and those that cannot.
fn at_hand(wanted: &[String], given: &[String], options: &Options) -> (Vec<String>, Vec<String>) {
    let is_there = |word: &&String| {
        let words: Vec<String> = given.iter().chain([*word]).cloned().collect();
        packages::load(&words, options).is_ok()
    };
    let (present, missing): (Vec<&String>, Vec<&String>) = wanted.iter().partition(is_there);
    let owned = |words: Vec<&String>| words.into_iter().cloned().collect();
    (owned(present), owned(missing))
}

fn not_at_hand(word: &str) -> String {
    format!(
        "profiles are not fully validated: the FHIR package `{word}` is not at hand (`plugfest fhir package add`, or `--package`)"
    )
}

/// The name of a package that another one stands upon, and that nobody has.
fn lacking(warning: &Diagnostic) -> Option<String> {
    let is_missing = warning.code == "unknown-package";
    let name = warning.message.split('`').nth(1)?;
    is_missing.then(|| name.to_owned())
}

fn used(loaded: &Loaded) -> Result<Vec<FhirPackage>, Diagnostic> {
    let used = loaded.packages.iter().map(|package| {
        Ok(FhirPackage {
            package: package.id.to_string(),
            digest: package::digest(&package.files(Take::Definitions)?),
        })
    });
    used.collect()
}

/// All packages that were brought, each once, sorted.
pub fn record(brought: &[Brought]) -> Vec<FhirPackage> {
    let all = brought.iter().flat_map(|brought| &brought.used);
    let by_name: BTreeMap<&str, &FhirPackage> =
        all.map(|used| (used.package.as_str(), used)).collect();
    by_name.into_values().cloned().collect()
}

/// How the packages at hand differ from those that a run used.
pub fn changes(before: &[FhirPackage], now: &[FhirPackage]) -> Vec<String> {
    let find =
        |list: &[FhirPackage], name: &str| list.iter().find(|one| one.package == name).cloned();
    let lost = before
        .iter()
        .filter_map(|was| match find(now, &was.package) {
            None => Some(format!(
                "the run used the FHIR package `{}` ({}), which is not at hand now",
                was.package, was.digest
            )),
            Some(is) if is.digest != was.digest => Some(format!(
                "the FHIR package `{}` is not the one that the run used: it was {}, it is {}",
                was.package, was.digest, is.digest
            )),
            Some(_) => None,
        });
    let new = now.iter().filter(|is| find(before, &is.package).is_none());
    let new = new.map(|is| {
        format!(
            "the FHIR package `{}`, which the run did not have, is at hand now",
            is.package
        )
    });
    lost.chain(new).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packages_that_differ_are_told() {
        let package = |name: &str, digest: &str| FhirPackage {
            package: name.to_owned(),
            digest: digest.to_owned(),
        };
        let before = [
            package("a#1", "x"),
            package("b#1", "x"),
            package("c#1", "x"),
        ];
        let now = [
            package("a#1", "x"),
            package("b#1", "y"),
            package("d#1", "x"),
        ];
        assert_eq!(
            changes(&before, &now),
            [
                "the FHIR package `b#1` is not the one that the run used: it was x, it is y",
                "the run used the FHIR package `c#1` (x), which is not at hand now",
                "the FHIR package `d#1`, which the run did not have, is at hand now",
            ]
        );
    }
}
