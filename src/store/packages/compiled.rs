//! What was compiled from packages, kept for the next time.

use std::fs;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::store::write_atomically;

/// The first bytes of every kept file.
const MAGIC: &[u8; 16] = b"plugfest-keeps\x001";
/// The largest file that is read, in bytes.
const MAX_BYTES: u64 = 256 << 20;

/// A folder of compiled packages, each under the key of what it was compiled from.
///
/// A kept file is a saving of time and nothing else: one that is damaged, cut short, of another format or of another key is as good as
/// none, and is written anew.
#[derive(Debug, Clone)]
pub struct CompiledCache {
    root: PathBuf,
    format: u32,
}

impl CompiledCache {
    /// A cache in a folder, which need not exist, for one format of compiled packages. Formats do not see each other's files.
    pub fn at(root: impl Into<PathBuf>, format: u32) -> Self {
        Self {
            root: root.into(),
            format,
        }
    }

    /// Where what was compiled from a key is kept. A key is made of letters and digits; of anything else, only these are used.
    pub fn compiled_path(&self, key: &str) -> PathBuf {
        let safe: String = key.chars().filter(char::is_ascii_alphanumeric).collect();
        self.root.join(format!("{safe}.{}.bin", self.format))
    }

    /// What was kept under a key, where it is whole and was written by [`CompiledCache::write`] for this key and format.
    pub fn read(&self, key: &str) -> Option<Vec<u8>> {
        let path = self.compiled_path(key);
        let facts = fs::symlink_metadata(&path).ok()?;
        if !facts.is_file() || facts.len() > MAX_BYTES {
            return None;
        }
        let mut bytes = fs::read(&path).ok()?;
        let (head, content) = bytes.split_at_checked(MAGIC.len() + 64)?;
        if head != self.head(key, content) {
            return None;
        }
        bytes.drain(..MAGIC.len() + 64);
        Some(bytes)
    }

    /// Keeps what was compiled from a key; it appears whole or not at all.
    ///
    /// # Errors
    /// What the system says. Whoever calls may go on without it.
    pub fn write(&self, key: &str, content: &[u8]) -> std::io::Result<()> {
        let bytes = [self.head(key, content).as_slice(), content].concat();
        write_atomically(&self.compiled_path(key), &bytes)
    }

    /// The folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Magic, then a digest of key and format, then a digest of the content.
    fn head(&self, key: &str, content: &[u8]) -> Vec<u8> {
        let about = Sha256::new()
            .chain_update(self.format.to_be_bytes())
            .chain_update(key);
        [
            MAGIC.as_slice(),
            &about.finalize(),
            &Sha256::digest(content),
        ]
        .concat()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_kept_is_had_back() {
        let folder = tempfile::tempdir().unwrap();
        let cache = CompiledCache::at(folder.path().join("deep/er"), 7);
        assert_eq!(cache.read("abc"), None);
        cache.write("abc", b"content").unwrap();
        assert_eq!(cache.read("abc").as_deref(), Some(&b"content"[..]));
        assert_eq!(cache.read("abd"), None);
        let other = CompiledCache::at(cache.root(), 8);
        assert_eq!(other.read("abc"), None);

        let path = cache.compiled_path("abc");
        let whole = fs::read(&path).unwrap();
        for at in 0..whole.len() {
            let mut damaged = whole.clone();
            damaged[at] ^= 1;
            fs::write(&path, &damaged).unwrap();
            assert_eq!(cache.read("abc"), None, "byte {at}");
            fs::write(&path, &whole[..at]).unwrap();
            assert_eq!(cache.read("abc"), None, "cut at {at}");
        }
        // Another key's file, renamed, and a file of the same content in another format.
        cache.write("other", b"content").unwrap();
        fs::rename(cache.compiled_path("other"), &path).unwrap();
        assert_eq!(cache.read("abc"), None);
        other.write("abc", b"content").unwrap();
        fs::rename(other.compiled_path("abc"), &path).unwrap();
        assert_eq!(cache.read("abc"), None);
        cache.write("abc", b"anew").unwrap();
        assert_eq!(cache.read("abc").as_deref(), Some(&b"anew"[..]));
        assert!(cache.compiled_path("../../x").starts_with(cache.root()));
    }
}
