//! The user's cache of packages, which other FHIR tools share: `NAME#VERSION/package/…`.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use super::{Source, folder, unreadable};
use crate::diag::Diagnostic;
use crate::fhir::package::{
    self, Limits, Manifest, PackageId, PackageName, PackageVersion, Take, Visit, visit_archive,
};
use crate::store::write_atomically;

/// The file by which other tools know that the cache has the layout that they expect. Where it is missing, some of them empty the whole
/// cache, so whoever fills a cache must write it.
const MARK: (&str, &str) = (
    "packages.ini",
    "[cache]\r\nversion=3\r\n\r\n[urls]\r\n\r\n[local]\r\n\r\n",
);

/// A folder of packages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cache {
    root: PathBuf,
}

/// A package of the cache.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cached {
    /// Its name and version, as its folder is called: `current` stays `current`.
    pub id: PackageId,
    /// The folder that holds its `package.json`.
    pub path: PathBuf,
}

/// What to do with a package that the cache has already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Present {
    /// Leave it; an error where its definitions differ.
    Keep,
    /// Put the new one in its place.
    Replace,
}

/// How a package came to be in the cache.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Installed {
    /// It is new there.
    Added,
    /// It was there before, with the same definitions.
    AlreadyThere,
    /// It took the place of another.
    Replaced,
}

impl Cache {
    /// A cache in a folder, which need not exist.
    pub fn at(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// The folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// All packages, by name and version. What is no package is passed over: the folder is not ours alone.
    pub fn list(&self) -> Vec<Cached> {
        let folders = folder::folders(&self.root).into_iter();
        let mut all: Vec<Cached> = folders
            .filter_map(|(name, path)| cached(&name, &path))
            .collect();
        all.sort();
        all
    }

    /// The versions of a package.
    pub fn versions(&self, name: &PackageName) -> Vec<PackageVersion> {
        let all = self
            .list()
            .into_iter()
            .filter(|cached| cached.id.name == *name);
        all.map(|cached| cached.id.version).collect()
    }

    /// The folder that holds a package's `package.json`, where the cache has it.
    pub fn find(&self, id: &PackageId) -> Option<PathBuf> {
        let spelled = self.folder(id).join("package");
        if spelled.join("package.json").is_file() {
            return Some(spelled);
        }
        // The same name in other letters.
        let mut others = self.list().into_iter();
        others
            .find(|cached| cached.id == *id)
            .map(|cached| cached.path)
    }

    /// Brings a package into the cache, under its own name and version; it appears whole or not at all.
    ///
    /// # Errors
    /// `package-archive` or `package-manifest` where it is refused, `package-changed` where another package of this name and version is
    /// there, `output` where it cannot be written.
    pub fn install(
        &self,
        source: &Source,
        present: Present,
    ) -> Result<(PackageId, Installed), Diagnostic> {
        let manifest = source.manifest()?;
        let id = manifest.id;
        if let Some(path) = self
            .find(&id)
            .filter(|_| present == Present::Keep && id.version.triple().is_some())
        {
            let digest = |source: &Source| {
                source
                    .files(Take::Definitions)
                    .map(|files| package::digest(&files))
            };
            return match digest(&Source::Folder(path))? == digest(source)? {
                true => Ok((id, Installed::AlreadyThere)),
                false => Err(self.differs(&id)),
            };
        }
        self.write_mark()?;
        let temporary = Temporary::in_folder(&self.root)?;
        unpack(source, &temporary.path.join("package"))?;
        let unpacked = Source::Folder(temporary.path.join("package"));
        check_same(&unpacked.manifest()?, &id, source)?;
        let installed = self.put(&temporary.path, &id)?;
        Ok((id, installed))
    }

    fn folder(&self, id: &PackageId) -> PathBuf {
        self.root.join(id.to_string())
    }

    fn write_mark(&self) -> Result<(), Diagnostic> {
        let (name, text) = MARK;
        let path = self.root.join(name);
        match path.exists() {
            true => Ok(()),
            false => {
                write_atomically(&path, text.as_bytes()).map_err(|error| unwritable(&path, &error))
            }
        }
    }

    /// Moves an unpacked package to its place; what was there is moved away first, since folders do not replace each other.
    fn put(&self, unpacked: &Path, id: &PackageId) -> Result<Installed, Diagnostic> {
        let place = self.folder(id);
        let before = Temporary::in_folder(&self.root)?;
        let replaced = fs::rename(&place, before.path.join("before")).is_ok();
        if let Err(error) = fs::rename(unpacked, &place) {
            // Another process was faster, or what was there goes back.
            let _ = fs::rename(before.path.join("before"), &place);
            return match place.join("package").join("package.json").is_file() && !replaced {
                true => Ok(Installed::AlreadyThere),
                false => Err(unwritable(&place, &error)),
            };
        }
        Ok(if replaced {
            Installed::Replaced
        } else {
            Installed::Added
        })
    }

    fn differs(&self, id: &PackageId) -> Diagnostic {
        let message = format!("the cache has another package under the name `{id}`");
        Diagnostic::error("package-changed", message)
            .note("cache", self.folder(id).display().to_string())
            .help("published versions do not change: find out which of the two is right; `--replace` takes the new one")
    }
}

/// A folder of the cache, where it is called `NAME#VERSION` and holds a package.
fn cached(name: &str, path: &Path) -> Option<Cached> {
    let (package, version) = name.split_once('#')?;
    let id = PackageId {
        name: package.parse().ok()?,
        version: version.parse().ok()?,
    };
    let path = path.join("package");
    path.join("package.json")
        .is_file()
        .then_some(Cached { id, path })
}

/// Every file of a package, below a folder.
fn unpack(source: &Source, target: &Path) -> Result<(), Diagnostic> {
    match source {
        Source::Folder(path) => {
            for inside in folder::paths(path, Take::Everything)? {
                let bytes = folder::file(path, &inside)?;
                let place = target.join(&inside);
                write(&place, &mut bytes.as_slice()).map_err(|error| unwritable(&place, &error))?;
            }
            Ok(())
        }
        Source::Archive(_) | Source::Fetched(..) => {
            let unpacked = visit_archive(
                &source.archive()?,
                &Limits::PACKAGE,
                &mut |inside, content| {
                    write(&target.join(inside), content)?;
                    Ok(Visit::Continue)
                },
            );
            unpacked.map_err(|error| source.refused(&error))
        }
    }
}

fn write(place: &Path, content: &mut dyn io::Read) -> io::Result<()> {
    if let Some(folder) = place.parent() {
        fs::create_dir_all(folder)?;
    }
    // Never through a link or over a file: the folder is new, so whatever is there was put there by this very archive.
    let mut file = File::create_new(place)?;
    io::copy(content, &mut file).map(|_| ())
}

/// An archive may hold one manifest at its front and hide nothing behind it: what was unpacked is what was asked for.
fn check_same(unpacked: &Manifest, id: &PackageId, source: &Source) -> Result<(), Diagnostic> {
    if unpacked.id == *id {
        return Ok(());
    }
    let message = format!(
        "`{source}` says that it is `{id}`, and unpacks as `{}`",
        unpacked.id
    );
    Err(Diagnostic::error("package-archive", message))
}

fn unwritable(path: &Path, error: &io::Error) -> Diagnostic {
    Diagnostic::error(
        "output",
        format!("`{}` cannot be written: {error}", path.display()),
    )
}

/// A hidden folder beside the packages, so that a move out of it is one step; gone with its value.
struct Temporary {
    path: PathBuf,
}

impl Temporary {
    fn in_folder(root: &Path) -> Result<Self, Diagnostic> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = root.join(format!(".plugfest-{}-{number}", std::process::id()));
        // Left over by a process of the same number that was killed.
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).map_err(|error| unwritable(&path, &error))?;
        Ok(Self { path })
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        // Moved away, most times; else of no use to anybody.
        let _ = fs::remove_dir_all(&self.path);
    }
}

/// A package's folder in the cache that cannot be read is passed over in lists, and told of where it is asked for by name.
pub(super) fn read_manifest(path: &Path) -> Result<Manifest, Diagnostic> {
    if !path.is_dir() {
        return Err(unreadable(path, &io::ErrorKind::NotFound.into()));
    }
    Source::Folder(path.to_owned()).manifest()
}
