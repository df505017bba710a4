//! Definitions: what FHIR, its packages and its profiles say of structures, found by canonical address.
//!
//! [`Definitions`] is the one thing that snapshots, FHIRPath, terminology and validation ask. It looks through its
//! libraries (the core of a release first, packages and loose files above it), and reads each definition once.

mod canonical;
mod core;
mod element;
mod facts;
mod given;
mod library;
mod pack;
mod structure;
mod types;
mod version;

pub use canonical::Canonical;
pub use core::core_pack;
pub(crate) use element::type_of;
pub use element::{
    AdditionalBinding, Base, Binding, Constraint, Discriminator, ElementDefinition, ElementType,
    Max, Severity, Slicing, SlicingRules, Strength,
};
pub use facts::{LEFT_OUT, Others, Reduction, SNOMED_CT, Snomed, Wording};
pub use given::Given;
pub(crate) use given::{all, choice, extension, flag, number, text, texts};
pub use library::{Entry, Library, Loose};
pub use pack::{Compiled, Pack, PackError, compile};
pub(crate) use structure::elements_of;
pub use structure::{Derivation, ExtensionContext, Structure, StructureKind};
pub use version::Version;

use crate::fhir::snapshot;
use crate::fhir::tree::Resource;
use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

/// The prefix of all addresses of FHIR's own structures.
pub const STRUCTURE_BASE: &str = "http://hl7.org/fhir/StructureDefinition/";

/// FHIR's primitive types, in all releases.
pub(crate) const PRIMITIVES: [&str; 21] = [
    "base64Binary",
    "boolean",
    "canonical",
    "code",
    "date",
    "dateTime",
    "decimal",
    "id",
    "instant",
    "integer",
    "integer64",
    "markdown",
    "oid",
    "positiveInt",
    "string",
    "time",
    "unsignedInt",
    "uri",
    "url",
    "uuid",
    "xhtml",
];

/// All definitions that hold for a piece of work. `Send + Sync`; what was read once is kept.
pub struct Definitions {
    version: Version,
    /// In order of precedence: the last one that knows an address counts.
    libraries: Vec<Arc<dyn Library>>,
    structures: RwLock<HashMap<Box<str>, Answer>>,
    type_tables: types::TypeTables,
}

type Answer = Result<Arc<Structure>, Missing>;

/// Why there is no structure of an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Missing {
    /// No library knows the address.
    Unknown,
    /// The address stands for something else, or its snapshot cannot be made: why.
    Unusable(String),
}

impl fmt::Display for Missing {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown => formatter.write_str("its definition is not at hand"),
            Self::Unusable(why) => formatter.write_str(why),
        }
    }
}

/// The structures whose snapshots are being made, outermost first: how a cycle is seen.
#[derive(Debug, Default)]
pub struct Trail {
    urls: Vec<Box<str>>,
    /// How deep inside these structures the work is, all together.
    steps: usize,
}

/// Beyond so many structures, addresses that lead nowhere are not remembered: whoever sends resources can make up any
/// number of them.
const MAX_KNOWN: usize = 1 << 14;

/// How many elements inside each other may be under work at once, over all structures: the stack is finite.
const MAX_STEPS: usize = 100;

/// How many structures may build on each other.
const MAX_TRAIL: usize = 64;

impl Trail {
    /// Whether the snapshot of this address is being made.
    pub(crate) fn holds(&self, canonical: &str) -> bool {
        let url = Canonical::of(canonical).url;
        self.urls.iter().any(|above| **above == *url)
    }

    /// Starts on a structure; `false` where it builds on itself, or on too many others.
    #[must_use]
    pub(crate) fn enter(&mut self, url: &str) -> bool {
        if self.holds(url) || self.urls.len() >= MAX_TRAIL {
            return false;
        }
        self.urls.push(url.into());
        true
    }

    /// Ends the structure that was started last.
    pub(crate) fn leave(&mut self) {
        self.urls.pop();
    }

    /// Looks for another structure from so many steps inside the last one; `None` where all of them together are
    /// deeper than any profile.
    pub(crate) fn deeper<T>(
        &mut self,
        steps: usize,
        look: impl FnOnce(&mut Self) -> Option<T>,
    ) -> Option<T> {
        if self.steps + steps > MAX_STEPS {
            return None;
        }
        self.steps += steps;
        let found = look(self);
        self.steps -= steps;
        found
    }
}

impl Definitions {
    /// Definitions of a release, from the libraries in order of precedence: the last one that knows an address counts.
    pub fn new(version: Version, libraries: Vec<Arc<dyn Library>>) -> Self {
        Self {
            version,
            libraries,
            structures: RwLock::default(),
            type_tables: types::TypeTables::default(),
        }
    }

    /// The same libraries and further ones above them; nothing that was read before is kept.
    pub fn with(&self, further: impl IntoIterator<Item = Arc<dyn Library>>) -> Self {
        let known = self.libraries.iter().cloned();
        Self::new(self.version, known.chain(further).collect())
    }

    /// The same libraries and further ones below them.
    pub fn below(&self, further: impl IntoIterator<Item = Arc<dyn Library>>) -> Self {
        let known = self.libraries.iter().cloned();
        Self::new(self.version, further.into_iter().chain(known).collect())
    }

    /// The release.
    pub fn version(&self) -> Version {
        self.version
    }

    /// The libraries, lowest precedence first.
    pub fn libraries(&self) -> &[Arc<dyn Library>] {
        &self.libraries
    }

    /// The definition of a canonical address, of any kind.
    pub fn find(&self, canonical: &str) -> Option<Arc<Resource>> {
        let wanted = Canonical::of(canonical);
        let mut from_the_top = self.libraries.iter().rev();
        from_the_top.find_map(|library| library.find(wanted.url, wanted.version))
    }

    /// The structure of a canonical address, with a snapshot.
    pub fn structure(&self, canonical: &str) -> Result<Arc<Structure>, Missing> {
        self.structure_within(canonical, &mut Trail::default())
    }

    /// The structure of a type of this release, such as `HumanName`, or of a logical model's address.
    pub fn structure_of_type(&self, name: &str) -> Result<Arc<Structure>, Missing> {
        if name.contains(':') {
            return self.structure(name);
        }
        self.structure(&format!("{STRUCTURE_BASE}{name}"))
    }

    /// As [`Definitions::structure`], while the snapshots on the trail are being made.
    pub fn structure_within(
        &self,
        canonical: &str,
        trail: &mut Trail,
    ) -> Result<Arc<Structure>, Missing> {
        let known = self
            .structures
            .read()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = known.get(canonical) {
            return known.clone();
        }
        drop(known);
        let answer = self.read(canonical, trail);
        let mut known = self
            .structures
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        if matches!(answer, Err(Missing::Unknown)) && known.len() >= MAX_KNOWN {
            return answer;
        }
        known.entry(canonical.into()).or_insert(answer).clone()
    }

    fn read(&self, canonical: &str, trail: &mut Trail) -> Answer {
        let resource = self.find(canonical).ok_or(Missing::Unknown)?;
        let Some(structure) = Structure::read(&resource) else {
            let kind = resource.type_name().unwrap_or("a JSON object").to_owned();
            return Err(Missing::Unusable(format!(
                "it is a {kind}, not a usable StructureDefinition"
            )));
        };
        if !structure.snapshot.is_empty() {
            return Ok(Arc::new(structure));
        }
        snapshot::complete(self, &structure, trail)
            .map(Arc::new)
            .map_err(|error| Missing::Unusable(error.to_string()))
    }
}

impl fmt::Debug for Definitions {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.libraries.iter().map(|library| library.name());
        write!(
            formatter,
            "Definitions({}, {:?})",
            self.version,
            names.collect::<Vec<_>>()
        )
    }
}
