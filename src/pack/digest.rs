//! The digest that pins a pack: same files, same digest, wherever they lie.

use sha2::{Digest, Sha256};

use crate::model::Files;

/// The file that keeps a pack's proof. It is about the pack, not of it, so the digest leaves it out.
pub const PROOF_FILE: &str = "proof.json";

/// SHA-256 over path and content of every file, sorted by path, each length-prefixed: `sha256:` and 64 digits.
pub fn digest(files: &Files) -> String {
    let mut hasher = Sha256::new();
    for (path, bytes) in files.entries.iter().filter(|(path, _)| *path != PROOF_FILE) {
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
