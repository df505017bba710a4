//! Answers of a terminology server, kept for the next run: one small file each, in a folder for each server.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use sha2::{Digest, Sha256};

use super::question::Reply;
use crate::store::write_atomically;

/// Terminology changes a few times a year; an answer older than this is asked for again.
const MAX_AGE: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// The largest file that is read, in bytes.
const MAX_BYTES: u64 = 64 << 10;

/// A folder of answers.
#[derive(Debug)]
pub(super) struct Kept {
    folder: PathBuf,
}

impl Kept {
    /// The answers of one server. The folder need not exist.
    pub(super) fn at(root: PathBuf, server: &str) -> Self {
        let digest = Sha256::digest(server);
        let name: String = digest
            .iter()
            .take(12)
            .map(|byte| format!("{byte:02x}"))
            .collect();
        Self {
            folder: root.join(name),
        }
    }

    /// The answer of a key, where it is whole and not too old.
    pub(super) fn read(&self, key: &str) -> Option<Reply> {
        let path = self.path(key);
        let facts = fs::metadata(&path).ok()?;
        let age = facts.modified().ok()?.elapsed().unwrap_or_default();
        if facts.len() > MAX_BYTES || age > MAX_AGE {
            return None;
        }
        serde_json::from_slice(&fs::read(&path).ok()?).ok()
    }

    /// Keeps an answer; it appears whole or not at all.
    pub(super) fn write(&self, key: &str, reply: &Reply) -> std::io::Result<()> {
        let bytes = serde_json::to_vec(reply)?;
        write_atomically(&self.path(key), &bytes)
    }

    fn path(&self, key: &str) -> PathBuf {
        self.folder.join(format!("{key}.json"))
    }
}
