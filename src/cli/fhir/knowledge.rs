//! What holds for a piece of work with FHIR: the release, packages, loose definitions, terminology.

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;

use super::files;
use super::packages::{PackageArguments, compiled_cache};
use crate::cli::out::{Console, Failure};
use crate::diag::Diagnostic;
use crate::fhir::definitions::{Definitions, Library, Loose, Version};
use crate::fhir::terminology::{Packaged, Terminology};
use crate::store::packages::{Libraries, Loaded};
use crate::store::terminology::TerminologyServer;

/// What is known, as the command line says.
#[derive(Debug, Args)]
pub struct Knowledge {
    /// The release of FHIR: STU3, R4, R4B or R5; what the packages are made for, else R4
    #[arg(long, value_name = "VERSION", value_parser = version)]
    fhir: Option<Version>,
    #[command(flatten)]
    packages: PackageArguments,
    /// A file with a profile, value set, code system or other definition that holds; repeatable
    #[arg(long, value_name = "FILE")]
    definitions: Vec<PathBuf>,
    /// A FHIR terminology server to ask what packages leave undecided; codes and displays are sent, nothing else
    #[arg(long = "tx", value_name = "URL")]
    terminology_server: Option<String>,
}

/// What is known, ready for use.
pub struct Known {
    /// Structures, value sets, code systems…
    pub definitions: Arc<Definitions>,
    /// Answers about codes, from these definitions alone.
    pub packaged: Arc<Packaged>,
    /// The same, and what a terminology server adds, where one is named.
    pub terminology: Arc<dyn Terminology>,
}

/// A release of FHIR on the command line.
pub fn version(text: &str) -> Result<Version, String> {
    Version::parse(text).ok_or_else(|| "there are STU3, R4, R4B and R5".to_owned())
}

impl Knowledge {
    /// Loads all that is named. Nothing is fetched, unless a registry is named.
    pub fn load(&self, console: &Console) -> Result<Known, Failure> {
        let loaded = self.packages.load(self.fhir.map(Version::number))?;
        console.diagnose(&loaded.warnings);
        let version = self
            .fhir
            .or_else(|| made_for(&loaded))
            .unwrap_or(Version::R4);
        let core = Definitions::core(version);
        let mut libraries = Libraries::new(compiled_cache(Libraries::FORMAT)).open(&loaded)?;
        libraries.extend(self.loose()?);
        let definitions = Arc::new(core.with(libraries));
        let packaged = Arc::new(Packaged::new(definitions.clone()));
        Ok(Known {
            terminology: self.terminology(&packaged)?,
            packaged,
            definitions,
        })
    }

    fn terminology(&self, packaged: &Arc<Packaged>) -> Result<Arc<dyn Terminology>, Failure> {
        let Some(url) = &self.terminology_server else {
            return Ok(packaged.clone());
        };
        // Beside the compiled packages, which are a cache, too.
        let cache = compiled_cache(Libraries::FORMAT);
        let cache = cache.and_then(|cache| Some(cache.root().parent()?.join("terminology")));
        let server = TerminologyServer::at(url, packaged.clone(), cache)?;
        Ok(Arc::new(server))
    }

    /// The definitions in single files; later ones win.
    fn loose(&self) -> Result<Option<Arc<dyn Library>>, Failure> {
        if self.definitions.is_empty() {
            return Ok(None);
        }
        let mut resources = Vec::new();
        for path in &self.definitions {
            let name = path.display().to_string();
            let resource = files::resource(&name)?;
            let has_address = resource.root().child("url").is_some();
            if !has_address && resource.type_name() != Some("Bundle") {
                let message = format!("`{name}` holds no definition: it has no `url`");
                return Err(Diagnostic::error("no-input", message).into());
            }
            resources.push(Arc::new(resource));
        }
        Ok(Some(Arc::new(Loose::new("the named files", resources))))
    }
}

/// The release that the listed packages agree on.
fn made_for(loaded: &Loaded) -> Option<Version> {
    let listed = loaded
        .packages
        .iter()
        .filter(|package| loaded.listed.contains(&package.id));
    let mut versions = listed.filter_map(|package| {
        let said = package.manifest.fhir_versions.first()?;
        Version::parse(said)
    });
    versions.next()
}
