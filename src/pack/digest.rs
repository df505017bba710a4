//! The digest that pins a pack: same files, same digest, wherever they lie.

use sha2::{Digest, Sha256};

use crate::model::Files;

/// SHA-256 over path and content of every file, sorted by path, each length-prefixed: `sha256:` and 64 digits.
pub fn digest(files: &Files) -> String {
    let mut hasher = Sha256::new();
    for (path, bytes) in &files.entries {
        for part in [path.as_bytes(), bytes] {
            hasher.update((part.len() as u64).to_be_bytes());
            hasher.update(part);
        }
    }
    let digits: String = hasher
        .finalize()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    format!("sha256:{digits}")
}
