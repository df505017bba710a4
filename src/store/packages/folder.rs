//! Packages that lie unpacked in a folder. Links are not followed: a folder may have come from strangers, too.

use std::fs::{self, DirEntry, File};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use super::unreadable;
use crate::diag::Diagnostic;
use crate::fhir::package::{Limits, PackageFile, Take};

/// How deep folders may lie in each other.
const MAX_DEPTH: usize = 16;

/// One file, by its path below the folder.
pub(super) fn file(root: &Path, path: &str) -> Result<Vec<u8>, Diagnostic> {
    let path = root.join(path);
    let wrong = |error| unreadable(&path, &error);
    let kind = fs::symlink_metadata(&path).map_err(wrong)?.file_type();
    if !kind.is_file() {
        let message = format!("`{}` is no plain file", path.display());
        return Err(Diagnostic::error("package-manifest", message));
    }
    let mut bytes = Vec::new();
    let most = Limits::PACKAGE.file;
    let file = File::open(&path).map_err(wrong)?;
    file.take(most + 1).read_to_end(&mut bytes).map_err(wrong)?;
    match bytes.len() as u64 > most {
        true => Err(too_large(&path)),
        false => Ok(bytes),
    }
}

/// The wanted files, sorted by path.
pub(super) fn files(root: &Path, take: Take) -> Result<Vec<PackageFile>, Diagnostic> {
    let (mut files, mut total) = (Vec::new(), 0);
    for path in paths(root, take)? {
        let bytes = file(root, &path)?;
        total += bytes.len() as u64;
        if total > Limits::PACKAGE.inflated {
            return Err(too_large(root));
        }
        files.push(PackageFile { path, bytes });
    }
    Ok(files)
}

/// Names, sizes and times of the definitions.
pub(super) fn fingerprint(root: &Path) -> Result<Vec<u8>, Diagnostic> {
    let mut bytes = Vec::new();
    for path in paths(root, Take::Definitions)? {
        let full = root.join(&path);
        let facts = fs::symlink_metadata(&full).map_err(|error| unreadable(&full, &error))?;
        let time = facts
            .modified()
            .ok()
            .and_then(|time| time.duration_since(UNIX_EPOCH).ok());
        bytes.extend(path.as_bytes());
        bytes.push(0);
        bytes.extend(facts.len().to_be_bytes());
        bytes.extend(time.unwrap_or_default().as_nanos().to_be_bytes());
    }
    Ok(bytes)
}

/// The paths of the wanted files below a folder, sorted.
pub(super) fn paths(root: &Path, take: Take) -> Result<Vec<String>, Diagnostic> {
    let mut paths = Vec::new();
    let mut waiting = vec![(root.to_owned(), String::new(), 0)];
    while let Some((folder, inside, depth)) = waiting.pop() {
        for entry in entries(&folder)? {
            let Some(name) = entry
                .file_name()
                .to_str()
                .map(|name| format!("{inside}{name}"))
            else {
                continue; // No FHIR file has a name that is no text.
            };
            let kind = entry
                .file_type()
                .map_err(|error| unreadable(&entry.path(), &error))?;
            // What lies in folders is asked for by none but these.
            let enters = kind.is_dir() && depth < MAX_DEPTH && take != Take::Definitions;
            if enters {
                waiting.push((entry.path(), format!("{name}/"), depth + 1));
            } else if kind.is_file() && take.wants(&name) {
                paths.push(name);
            }
            if paths.len() > Limits::PACKAGE.entries {
                return Err(too_large(root));
            }
        }
    }
    paths.sort();
    Ok(paths)
}

/// The entries of a folder, in no order.
fn entries(folder: &Path) -> Result<Vec<DirEntry>, Diagnostic> {
    let listing = fs::read_dir(folder).and_then(Iterator::collect);
    listing.map_err(|error| unreadable(folder, &error))
}

/// Folders right below a folder, sorted by name; none where it is not there.
pub(super) fn folders(folder: &Path) -> Vec<(String, PathBuf)> {
    let listing = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut folders: Vec<(String, PathBuf)> = listing
        .filter(|entry| entry.path().is_dir())
        .filter_map(|entry| Some((entry.file_name().to_str()?.to_owned(), entry.path())))
        .collect();
    folders.sort();
    folders
}

fn too_large(path: &Path) -> Diagnostic {
    let message = format!("`{}` is larger than plugfest reads", path.display());
    Diagnostic::error("package-archive", message)
}
