//! Packs as the command line names them.

use crate::diag::Diagnostic;
use crate::pack::{Pack, Part};
use crate::store::{Found, find_pack};

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
