//! FHIR packages in the world: files, folders, the user's cache, a registry.
//!
//! | to | use |
//! |---|---|
//! | load what `--package` names, with all that it stands upon | [`load`] → [`Loaded`] |
//! | read a loaded package's files | [`LoadedPackage::files`] |
//! | keep what was compiled from it | [`LoadedPackage::key`], [`CompiledCache`] |
//! | see what the user has | [`Cache::list`] |
//! | bring a package into the user's cache | [`Cache::install`] |
//! | pin packages | [`Lock`] |
//!
//! Nothing here asks a network unless a [`Registry`] was given.

mod cache;
mod catalogue;
mod compiled;
mod folder;
mod libraries;
mod load;
mod lock;
mod notes;
mod registry;

pub use cache::{Cache, Cached, Installed, Present};
pub use compiled::CompiledCache;
pub use libraries::Libraries;
pub use load::{Loaded, LoadedPackage, Options, Origin, load};
pub use lock::{Lock, LockedPackage};
pub use notes::clashes;
pub use registry::Registry;

use std::borrow::Cow;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use sha2::{Digest, Sha256};

use crate::diag::Diagnostic;
use crate::fhir::package::{self, ArchiveError, Limits, Manifest, PackageFile, Take, Visit};

/// The largest archive that is read, in bytes.
const MAX_ARCHIVE: u64 = 256 << 20;

/// Where a package's files lie.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// A `.tgz`.
    Archive(PathBuf),
    /// The folder that holds its `package.json`.
    Folder(PathBuf),
    /// A `.tgz` that was fetched just now, and from where.
    Fetched(Arc<[u8]>, String),
}

impl fmt::Display for Source {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Archive(path) | Self::Folder(path) => write!(formatter, "{}", path.display()),
            Self::Fetched(_, url) => formatter.write_str(url),
        }
    }
}

impl Source {
    /// What a path holds: an archive, or a folder with a `package.json` in it or in its folder `package`.
    ///
    /// # Errors
    /// `unknown-package` where it is neither.
    pub fn at(path: &Path) -> Result<Self, Diagnostic> {
        if path.is_file() {
            return Ok(Self::Archive(path.to_owned()));
        }
        let folders = [path.to_owned(), path.join("package")];
        let folder = folders
            .into_iter()
            .find(|folder| folder.join("package.json").is_file());
        folder.map(Self::Folder).ok_or_else(|| no_package(path))
    }

    /// What the package says of itself.
    ///
    /// # Errors
    /// `package-archive` or `package-manifest`.
    pub fn manifest(&self) -> Result<Manifest, Diagnostic> {
        let bytes = match self {
            Self::Folder(path) => folder::file(path, "package.json")?,
            Self::Archive(_) | Self::Fetched(..) => {
                archived_manifest(&self.archive()?).map_err(|error| self.refused(&error))?
            }
        };
        Manifest::parse(&bytes).map_err(|error| {
            Diagnostic::error(
                "package-manifest",
                format!("the `package.json` of `{self}` {error}"),
            )
        })
    }

    /// The wanted files, sorted by path.
    ///
    /// # Errors
    /// `package-archive` or `package-manifest`.
    pub fn files(&self, take: Take) -> Result<Vec<PackageFile>, Diagnostic> {
        match self {
            Self::Folder(path) => folder::files(path, take),
            Self::Archive(_) | Self::Fetched(..) => {
                let files = package::read_archive(&self.archive()?, take, &Limits::PACKAGE);
                files.map_err(|error| self.refused(&error))
            }
        }
    }

    /// 64 hexadecimal digits that change with the package's definitions: for an archive of its bytes, for a folder of its files' names,
    /// sizes and times. Cheap, and good on this machine only; [`package::digest`] is what others can compare.
    ///
    /// # Errors
    /// `package-archive` or `package-manifest`.
    pub fn key(&self) -> Result<String, Diagnostic> {
        let mut hasher = Sha256::new();
        match self {
            Self::Folder(path) => {
                hasher.update(b"folder");
                hasher.update(folder::fingerprint(path)?);
            }
            Self::Archive(_) | Self::Fetched(..) => {
                hasher.update(b"archive");
                hasher.update(self.archive()?);
            }
        }
        Ok(hex(&hasher.finalize()))
    }

    /// The bytes of an archive; none of a folder.
    fn archive(&self) -> Result<Cow<'_, [u8]>, Diagnostic> {
        match self {
            Self::Archive(path) => read_archive_file(path).map(Cow::Owned),
            Self::Fetched(bytes, _) => Ok(Cow::Borrowed(bytes)),
            Self::Folder(_) => Ok(Cow::Borrowed(&[])),
        }
    }

    fn refused(&self, error: &ArchiveError) -> Diagnostic {
        Diagnostic::error("package-archive", format!("`{self}` is refused: {error}"))
    }
}

fn read_archive_file(path: &Path) -> Result<Vec<u8>, Diagnostic> {
    let size = fs::metadata(path)
        .map_err(|error| unreadable(path, &error))?
        .len();
    if size > MAX_ARCHIVE {
        let message = format!(
            "`{}` is refused: it is larger than {MAX_ARCHIVE} bytes",
            path.display()
        );
        return Err(Diagnostic::error("package-archive", message));
    }
    fs::read(path).map_err(|error| unreadable(path, &error))
}

/// The `package.json` of an archive, which most have at the front.
fn archived_manifest(archive: &[u8]) -> Result<Vec<u8>, ArchiveError> {
    let mut manifest = None;
    package::visit_archive(archive, &Limits::PACKAGE, &mut |path, content| {
        if path != "package.json" {
            return Ok(Visit::Continue);
        }
        let mut bytes = Vec::new();
        content.read_to_end(&mut bytes)?;
        manifest = Some(bytes);
        Ok(Visit::Stop)
    })?;
    manifest.ok_or(ArchiveError {
        fault: package::ArchiveFault::NoPackage,
        entry: None,
    })
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn no_package(path: &Path) -> Diagnostic {
    let message = format!("`{}` is no FHIR package", path.display());
    Diagnostic::error("unknown-package", message).help(
        "a package is a `.tgz`, or a folder with a `package.json` in it or in its folder `package`",
    )
}

fn unreadable(path: &Path, error: &std::io::Error) -> Diagnostic {
    let message = format!("`{}` cannot be read: {error}", path.display());
    Diagnostic::error("package-manifest", message)
}

#[cfg(test)]
mod tests;
