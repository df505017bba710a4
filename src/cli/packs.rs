//! Packs as the command line names them.

use std::collections::BTreeSet;

use crate::diag::Diagnostic;
use crate::pack::{Pack, Part};
use crate::store::{Found, find_pack};
use crate::supplier::{PackFacts, PackValue};

/// A pack and where it came from; `None` for a pack of the binary.
pub struct Loaded {
    /// The pack.
    pub pack: Pack,
    /// The folder or scenario file.
    pub path: Option<String>,
}

/// Loads what a word means: `id`, `id@standard-version`, a folder, or a scenario file.
///
/// # Errors
/// Everything that is wrong with it.
pub fn load(word: &str) -> Result<Loaded, Vec<Diagnostic>> {
    let found = find_pack(word).map_err(|problem| vec![problem])?;
    let path = |path: &std::path::Path| Some(path.to_string_lossy().into_owned());
    match found {
        Found::Embedded(files) => {
            let pack = Pack::load(files, Part::Whole)?;
            check_version(word, &pack).map_err(|problem| vec![problem])?;
            Ok(Loaded { pack, path: None })
        }
        Found::Folder(files, root) => Ok(Loaded {
            pack: Pack::load(files, Part::Whole)?,
            path: path(&root),
        }),
        Found::ScenarioOf(files, inside, file) => Ok(Loaded {
            pack: Pack::load(files, Part::Scenario(&inside))?,
            path: path(&file),
        }),
        Found::Scenario(files, name, file) => Ok(Loaded {
            pack: Pack::around(files, &name)?,
            path: path(&file),
        }),
    }
}

fn check_version(word: &str, pack: &Pack) -> Result<(), Diagnostic> {
    let Some((id, wanted)) = word.split_once('@') else {
        return Ok(());
    };
    let offered = &pack.standard.version;
    if offered == wanted || offered.split_whitespace().any(|part| part == wanted) {
        return Ok(());
    }
    Err(Diagnostic::error(
        "unknown-pack",
        format!("`{id}` tests version `{offered}` of its standard, not `{wanted}`"),
    )
    .help(format!("write `{id}` or `{id}@{offered}`")))
}

/// All packs of this binary.
///
/// # Errors
/// Everything that is wrong with one.
pub fn all() -> Result<Vec<Pack>, Vec<Diagnostic>> {
    let ids = crate::store::embedded().into_iter();
    ids.map(|id| load(id).map(|loaded| loaded.pack)).collect()
}

/// The packs of some words, or all of this binary where there is none.
///
/// # Errors
/// Everything that is wrong with one.
pub fn chosen(words: &[String]) -> Result<Vec<Pack>, Vec<Diagnostic>> {
    if words.is_empty() {
        return all();
    }
    let words = words.iter();
    words
        .map(|word| load(word).map(|loaded| loaded.pack))
        .collect()
}

/// What a supplier file may say of a pack.
pub fn facts(pack: &Pack) -> PackFacts {
    let values = pack.values.iter().map(|(name, value)| PackValue {
        name: name.clone(),
        default: Some(value.default.clone()),
        about: value.about.clone(),
    });
    let claims = pack.claims.iter();
    let levels = pack.levels.iter();
    PackFacts {
        id: pack.id.clone(),
        title: pack.title.clone(),
        roles: pack.roles.keys().cloned().collect(),
        subject: pack.subject.clone(),
        endpoint: pack.endpoint.clone(),
        values: values.collect(),
        patients: patients(pack),
        claims: claims
            .map(|(name, about)| (name.clone(), about.clone()))
            .collect(),
        levels: levels
            .map(|level| (level.id.clone(), level.title.clone()))
            .collect(),
        requirements: pack.requirements.iter().map(|row| row.id.clone()).collect(),
    }
}

/// The logical patients that a pack's files name inside `{{…}}`, sorted.
fn patients(pack: &Pack) -> Vec<String> {
    const PREFIX: &str = "patients.";
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    let texts = pack
        .files
        .entries
        .values()
        .filter_map(|bytes| std::str::from_utf8(bytes).ok());
    let holes = texts.flat_map(|text| {
        text.split("{{")
            .skip(1)
            .filter_map(|rest| Some(rest.split_once("}}")?.0))
    });
    let names = holes.flat_map(|hole| hole.split(PREFIX).skip(1));
    let names = names.map(|rest| {
        rest.split(|c| !is_part(c))
            .next()
            .unwrap_or_default()
            .to_owned()
    });
    names
        .filter(|name| !name.is_empty())
        .collect::<BTreeSet<_>>()
        .into_iter()
        .collect()
}
