//! Where packages can be had: what the user gave, then the cache, then a registry.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use super::cache::read_manifest;
use super::{Cache, Lock, Options, Present, Registry, Source};
use crate::diag::Diagnostic;
use crate::fhir::package::{
    self, Catalogue, Manifest, PackageId, PackageName, PackageVersion, Take,
};

/// All places, in the order in which they are asked.
pub(super) struct Places<'a> {
    given: BTreeMap<PackageId, (Manifest, Source)>,
    cache: Option<&'a Cache>,
    registry: Option<&'a Registry>,
    lock: Option<&'a Lock>,
    /// What happened on the way; the engine asks for packages and cannot be told of errors.
    problems: RefCell<Vec<Diagnostic>>,
    /// Packages that were fetched just now, and from where.
    fetched: RefCell<BTreeMap<PackageId, String>>,
}

impl<'a> Places<'a> {
    pub(super) fn of(options: &'a Options) -> Self {
        Self {
            given: BTreeMap::new(),
            cache: options.cache.as_ref(),
            registry: options.registry.as_ref(),
            lock: options.lock.as_ref(),
            problems: RefCell::default(),
            fetched: RefCell::default(),
        }
    }

    /// A package that the user gave: its id, by which it can be had from now on.
    pub(super) fn give(&mut self, source: Source) -> Result<PackageId, Diagnostic> {
        let manifest = source.manifest()?;
        let id = manifest.id.clone();
        self.given.insert(id.clone(), (manifest, source));
        Ok(id)
    }

    /// A folder full of archives and packages. What is none is told of as a warning, since somebody may keep other things there.
    pub(super) fn give_shelf(&mut self, shelf: &Path) -> Result<(), Diagnostic> {
        let listing = fs::read_dir(shelf).and_then(Iterator::collect::<Result<Vec<_>, _>>);
        let mut paths: Vec<_> = listing
            .map_err(|error| super::unreadable(shelf, &error))?
            .into_iter()
            .map(|entry| entry.path())
            .collect();
        paths.sort();
        for path in paths {
            let is_archive =
                path.is_file() && path.extension().is_some_and(|ending| ending == "tgz");
            let is_folder =
                path.join("package/package.json").is_file() || path.join("package.json").is_file();
            if !is_archive && !is_folder {
                continue;
            }
            if let Err(problem) = Source::at(&path).and_then(|source| self.give(source)) {
                self.problems.borrow_mut().push(as_warning(problem));
            }
        }
        Ok(())
    }

    /// Where a package lies that the catalogue has said it has.
    pub(super) fn source(&self, id: &PackageId) -> Option<Source> {
        if let Some((_, source)) = self.given.get(id) {
            return Some(source.clone());
        }
        self.cache?.find(id).map(Source::Folder)
    }

    /// From where a package was fetched just now.
    pub(super) fn fetched_from(&self, id: &PackageId) -> Option<String> {
        self.fetched.borrow().get(id).cloned()
    }

    pub(super) fn into_problems(self) -> Vec<Diagnostic> {
        self.problems.into_inner()
    }

    fn cached(&self, id: &PackageId) -> Option<Manifest> {
        let path = self.cache?.find(id)?;
        self.keep(read_manifest(&path))
    }

    /// Fetched packages go into the cache, and are taken from there.
    fn fetch(&self, id: &PackageId) -> Option<Manifest> {
        let (registry, cache) = (self.registry?, self.cache?);
        let source = self.keep(registry.package(id))??;
        let manifest = self.keep(source.manifest())?;
        if manifest.id != *id {
            let message = format!("the registry sent `{}` for `{id}`", manifest.id);
            self.problems
                .borrow_mut()
                .push(Diagnostic::error("package-registry", message));
            return None;
        }
        self.keep(self.check_lock(id, &source))?;
        self.keep(cache.install(&source, Present::Keep))?;
        self.fetched
            .borrow_mut()
            .insert(id.clone(), source.to_string());
        Some(manifest)
    }

    /// What is not as it was locked does not even get into the cache.
    fn check_lock(&self, id: &PackageId, source: &Source) -> Result<(), Diagnostic> {
        let Some(lock) = self.lock.filter(|lock| lock.packages.contains_key(id)) else {
            return Ok(());
        };
        let files = source.files(Take::Definitions)?;
        lock.check(id, &package::digest(&files))
    }

    fn keep<T>(&self, result: Result<T, Diagnostic>) -> Option<T> {
        result
            .map_err(|problem| self.problems.borrow_mut().push(problem))
            .ok()
    }
}

impl Catalogue for Places<'_> {
    fn versions(&self, name: &PackageName) -> Vec<PackageVersion> {
        let given = self.given.keys().filter(|id| id.name == *name);
        let mut versions: Vec<PackageVersion> = given.map(|id| id.version.clone()).collect();
        versions.extend(
            self.cache
                .into_iter()
                .flat_map(|cache| cache.versions(name)),
        );
        if let Some(registry) = self.registry {
            versions.extend(self.keep(registry.versions(name)).unwrap_or_default());
        }
        versions.sort();
        versions.dedup();
        versions
    }

    fn manifest(&self, id: &PackageId) -> Option<Manifest> {
        let given = self.given.get(id).map(|(manifest, _)| manifest.clone());
        given.or_else(|| self.cached(id)).or_else(|| self.fetch(id))
    }
}

fn as_warning(problem: Diagnostic) -> Diagnostic {
    Diagnostic {
        severity: crate::diag::Severity::Warning,
        ..problem
    }
}
