//! Packages as libraries of definitions: compiled once, kept under their digest, opened in a moment.

use std::sync::Arc;

use super::{CompiledCache, Loaded, LoadedPackage};
use crate::diag::Diagnostic;
use crate::fhir::Resource;
use crate::fhir::definitions::{self, Library, Pack, Reduction};
use crate::fhir::package::Take;

/// Opens packages.
#[derive(Debug)]
pub struct Libraries {
    cache: Option<CompiledCache>,
}

impl Libraries {
    /// The number of the format of compiled packages: another one, and nothing that was kept before is read.
    pub const FORMAT: u32 = (Pack::FORMAT << 8) | 1;

    /// Libraries that are kept in a cache, if there is one.
    pub fn new(cache: Option<CompiledCache>) -> Self {
        Self { cache }
    }

    /// All packages as libraries, in the same order.
    ///
    /// # Errors
    /// `package-archive` or `package-manifest`.
    pub fn open(&self, loaded: &Loaded) -> Result<Vec<Arc<dyn Library>>, Diagnostic> {
        loaded
            .packages
            .iter()
            .map(|package| self.one(package))
            .collect()
    }

    fn one(&self, package: &LoadedPackage) -> Result<Arc<dyn Library>, Diagnostic> {
        let key = package.key()?;
        let kept = self.cache.as_ref().and_then(|cache| cache.read(&key));
        if let Some(pack) = kept.and_then(|bytes| Pack::open(bytes).ok()) {
            return Ok(Arc::new(pack));
        }
        let bytes = compile(package)?;
        if let Some(cache) = &self.cache {
            // What cannot be kept is compiled again the next time, and that is all.
            let _ = cache.write(&key, &bytes);
        }
        let pack = Pack::open(bytes).map_err(|error| unusable(package, &error.to_string()))?;
        Ok(Arc::new(pack))
    }
}

/// Files that are no resources are no definitions either, and left alone.
fn compile(package: &LoadedPackage) -> Result<Vec<u8>, Diagnostic> {
    let files = package.files(Take::Definitions)?;
    let read = files
        .iter()
        .filter_map(|file| Resource::parse_json(&file.bytes).ok());
    let resources: Vec<Arc<Resource>> = read.map(Arc::new).collect();
    let id = &package.id;
    let compiled = definitions::compile(
        &id.name.to_string(),
        &id.version.to_string(),
        &resources,
        Reduction::CACHE,
    );
    compiled
        .map(|compiled| compiled.bytes)
        .map_err(|error| unusable(package, &error.to_string()))
}

fn unusable(package: &LoadedPackage, why: &str) -> Diagnostic {
    Diagnostic::error(
        "package-archive",
        format!("`{}` cannot be used: {why}", package.id),
    )
}
