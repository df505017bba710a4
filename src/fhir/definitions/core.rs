//! The definitions of each release of FHIR, embedded: no file is needed to validate against the base.

use super::{Definitions, Library, Pack, Version};
use std::sync::{Arc, OnceLock};

impl Definitions {
    /// The core definitions of a release, from the pack in the program.
    pub fn core(version: Version) -> Self {
        let libraries = core_pack(version).into_iter();
        Self::new(
            version,
            libraries.map(|pack| pack as Arc<dyn Library>).collect(),
        )
    }
}

/// The embedded pack of a release, opened once for the whole process.
pub fn core_pack(version: Version) -> Option<Arc<Pack>> {
    static PACKS: [OnceLock<Option<Arc<Pack>>>; 4] = [const { OnceLock::new() }; 4];
    let (at, bytes): (usize, &'static [u8]) = match version {
        Version::Stu3 => (0, include_bytes!("core/stu3.pack")),
        Version::R4 => (1, include_bytes!("core/r4.pack")),
        Version::R4B => (2, include_bytes!("core/r4b.pack")),
        Version::R5 => (3, include_bytes!("core/r5.pack")),
    };
    let opened = PACKS[at].get_or_init(|| Pack::open(bytes).ok().map(Arc::new));
    opened.clone()
}
