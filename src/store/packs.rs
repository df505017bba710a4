//! Finding packs: in the binary, in a folder, around a scenario file.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use include_dir::{Dir, include_dir};

use crate::diag::Diagnostic;
use crate::model::Files;

/// The packs of this binary.
pub static EMBEDDED: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/scenarios");

/// The largest pack that is read from a folder, in bytes, and the most files.
const MAX_PACK: (u64, usize) = (256 * 1024 * 1024, 20_000);

/// A pack that was found.
#[derive(Debug, Clone)]
pub enum Found {
    /// A pack of the binary.
    Embedded(Files),
    /// A folder with a `pack.yaml`.
    Folder(Files, PathBuf),
    /// One scenario of a pack's folder, by its path inside it.
    ScenarioOf(Files, String, PathBuf),
    /// A scenario file that stands alone, by its file name.
    Scenario(Files, String, PathBuf),
}

/// The ids of the packs of this binary.
pub fn embedded() -> Vec<&'static str> {
    let mut names: Vec<&str> = EMBEDDED
        .dirs()
        .filter_map(|dir| dir.path().file_name()?.to_str())
        .collect();
    names.sort_unstable();
    names
}

/// What a word on the command line means: a pack's id, a folder, or a scenario file.
///
/// # Errors
/// `unknown-pack`, `missing-file` or `yaml-limit`.
pub fn find_pack(word: &str) -> Result<Found, Diagnostic> {
    let id = word.split('@').next().unwrap_or(word);
    let path = Path::new(word);
    if let Some(dir) = EMBEDDED
        .get_dir(id)
        .filter(|_| !path.join("pack.yaml").is_file() || !word.contains('/'))
    {
        return Ok(Found::Embedded(of_binary(dir, id)));
    }
    if path.is_dir() {
        return folder(path).map(|files| Found::Folder(files, path.to_owned()));
    }
    if path.is_file() {
        return around(path, word);
    }
    let diagnostic = Diagnostic::error(
        "unknown-pack",
        format!("there is no pack, folder or scenario file `{word}`"),
    );
    Err(diagnostic.suggest(id, embedded()))
}

fn of_binary(dir: &'static Dir<'static>, id: &str) -> Files {
    let mut entries = BTreeMap::new();
    let mut waiting = vec![dir];
    while let Some(next) = waiting.pop() {
        waiting.extend(next.dirs());
        for file in next.files() {
            if let Some(path) = file.path().strip_prefix(id).ok().and_then(Path::to_str) {
                entries.insert(path.replace('\\', "/"), Arc::from(file.contents()));
            }
        }
    }
    Files {
        root: format!("scenarios/{id}"),
        entries,
    }
}

/// The files of a pack's folder; hidden ones are left out, links are not followed.
///
/// # Errors
/// `missing-file` where it cannot be read, `yaml-limit` where it is too large.
pub fn folder(root: &Path) -> Result<Files, Diagnostic> {
    let mut entries = BTreeMap::new();
    let mut bytes = 0;
    let mut waiting = vec![root.to_owned()];
    while let Some(next) = waiting.pop() {
        let listing = fs::read_dir(&next).map_err(|error| unreadable(&next, &error))?;
        for entry in listing {
            let entry = entry.map_err(|error| unreadable(&next, &error))?;
            let kind = entry
                .file_type()
                .map_err(|error| unreadable(&entry.path(), &error))?;
            if entry.file_name().to_string_lossy().starts_with('.') {
                continue;
            }
            if kind.is_dir() {
                waiting.push(entry.path());
            } else if kind.is_file() {
                let content =
                    fs::read(entry.path()).map_err(|error| unreadable(&entry.path(), &error))?;
                bytes += content.len() as u64;
                if bytes > MAX_PACK.0 || entries.len() >= MAX_PACK.1 {
                    return Err(Diagnostic::error(
                        "yaml-limit",
                        format!("the folder `{}` is too large for a pack", root.display()),
                    ));
                }
                let path = entry.path();
                let inside = path
                    .strip_prefix(root)
                    .unwrap_or(&path)
                    .to_string_lossy()
                    .replace('\\', "/");
                entries.insert(inside, Arc::from(content));
            }
        }
    }
    Ok(Files {
        root: root.to_string_lossy().trim_end_matches('/').to_owned(),
        entries,
    })
}

fn unreadable(path: &Path, error: &std::io::Error) -> Diagnostic {
    Diagnostic::error(
        "missing-file",
        format!("`{}` cannot be read: {error}", path.display()),
    )
}

/// A scenario file: of the pack two folders up where there is one, else alone with the files beside it that it names.
fn around(path: &Path, word: &str) -> Result<Found, Diagnostic> {
    let parent = path
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    let name = path
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    let root = parent.parent().map(|root| {
        if root.as_os_str().is_empty() {
            Path::new(".")
        } else {
            root
        }
    });
    if let Some(root) = root.filter(|root| {
        parent.file_name().is_some_and(|name| name == "scenarios")
            && root.join("pack.yaml").is_file()
    }) {
        return Ok(Found::ScenarioOf(
            folder(root)?,
            format!("scenarios/{name}"),
            path.to_owned(),
        ));
    }
    let content = fs::read(path).map_err(|error| unreadable(path, &error))?;
    let mut files = Files {
        root: String::new(),
        entries: BTreeMap::from([(name.clone(), Arc::from(content))]),
    };
    for folder_name in ["fragments", "fixtures"] {
        let beside = parent.join(folder_name);
        if beside.is_dir() {
            let more = folder(&beside)?.entries.into_iter();
            files
                .entries
                .extend(more.map(|(path, content)| (format!("{folder_name}/{path}"), content)));
        }
    }
    files.root = word
        .strip_suffix(&name)
        .unwrap_or_default()
        .trim_end_matches('/')
        .to_owned();
    Ok(Found::Scenario(files, name, path.to_owned()))
}
