//! FHIR packages: names, versions, manifests, archives, dependencies, and what they define. Nothing here touches a file.
//!
//! ```
//! use plugfest::fhir::package::{PackageReference, PackageVersion, VersionRange};
//!
//! let wanted: PackageReference = "hl7.fhir.us.core@6.x".parse()?;
//! let versions: Vec<PackageVersion> = ["5.0.1", "6.0.0", "6.1.0", "7.0.0"].map(str::parse).into_iter().collect::<Result<_, _>>()?;
//! assert_eq!(wanted.range.best(&versions).map(PackageVersion::as_str), Some("6.1.0"));
//!
//! // Where no version fits, the nearest one: of the same minor version, else higher, else lower.
//! let missing: VersionRange = "5.0.2".parse()?;
//! assert_eq!(missing.nearest(&versions).map(PackageVersion::as_str), Some("5.0.1"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! | to | use |
//! |---|---|
//! | read a `.tgz` that a stranger made | [`read_archive`], [`visit_archive`] with [`Limits`] → [`PackageFile`] or [`ArchiveError`] |
//! | read what a package says of itself | [`Manifest::parse`] |
//! | find what a list of packages stands upon | [`resolve`] over a [`Catalogue`] → [`Resolution`] with [`Note`]s |
//! | know what a package defines | [`Index::of`] |
//! | find a canonical, and see who clashes | [`Canonicals`] |
//! | pin a package | [`digest`] |

mod archive;
mod canonicals;
mod core;
mod digest;
mod index;
mod manifest;
mod name;
mod range;
mod reference;
mod resolve;
mod tar;
mod version;

pub use archive::{
    ArchiveError, ArchiveFault, Limits, PackageFile, Take, Visit, read_archive, visit_archive,
};
pub use canonicals::{Canonicals, Clash, Found};
pub use core::is_core;
pub use digest::digest;
pub use index::{Index, IndexEntry, IndexOrigin, listed};
pub use manifest::{Manifest, ManifestError};
pub use name::PackageName;
pub use range::VersionRange;
pub use reference::{Override, PackageId, PackageReference};
pub use resolve::{Catalogue, MAX_PACKAGES, Note, Resolution, Resolved, Settings, resolve};
pub use version::PackageVersion;

use std::fmt;

/// A word that cannot be read: what was to be read, the word, and what is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyntaxError {
    /// `package name`, `package version`, …
    pub what: &'static str,
    /// The word, cut where it is long.
    pub text: String,
    /// What would be right.
    pub why: &'static str,
}

impl SyntaxError {
    fn new(what: &'static str, text: &str, why: &'static str) -> Self {
        const SHOWN: usize = 80;
        Self {
            what,
            text: text.chars().take(SHOWN).collect(),
            why,
        }
    }
}

impl fmt::Display for SyntaxError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "`{}` is no {}: {}",
            self.text, self.what, self.why
        )
    }
}

impl std::error::Error for SyntaxError {}
