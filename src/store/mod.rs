//! Files in, artifacts out.

mod artifact;
mod journal;
pub mod packages;
mod packs;
mod run_folder;
pub mod terminology;

pub use artifact::{write_atomically, write_with};
pub use journal::Journal;
pub use packs::{EMBEDDED, Found, embedded, find_pack, folder};
pub use run_folder::{Problem, RunFolder};

use crate::model::Instant;

/// The system clock.
pub fn now() -> Instant {
    let since = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap_or_default();
    Instant::from_micros(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
}
