//! The files of a pack, already in memory.

use std::collections::BTreeMap;
use std::sync::Arc;

/// The files of a pack by their path inside it, `/` between parts. Nothing outside can be named.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Files {
    /// Where the pack lies, as the reader would type it: the prefix of names in messages.
    pub root: String,
    /// Path → bytes.
    pub entries: BTreeMap<String, Arc<[u8]>>,
}

/// Why a file cannot be had.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoFile {
    /// The pack has none of that path.
    Missing,
    /// The path leads out of the pack.
    Outside,
    /// It is no UTF-8 text.
    NoText,
}

impl Files {
    /// The bytes of a file.
    ///
    /// # Errors
    /// [`NoFile::Outside`] for absolute paths and `..`, [`NoFile::Missing`] for what is not there.
    pub fn bytes(&self, path: &str) -> Result<&Arc<[u8]>, NoFile> {
        let leads_out = path.starts_with('/')
            || path.contains('\\')
            || path.split('/').any(|part| part == "..");
        if leads_out {
            return Err(NoFile::Outside);
        }
        self.entries.get(path).ok_or(NoFile::Missing)
    }

    /// The text of a file.
    ///
    /// # Errors
    /// As [`Files::bytes`], and [`NoFile::NoText`].
    pub fn text(&self, path: &str) -> Result<&str, NoFile> {
        std::str::from_utf8(self.bytes(path)?).map_err(|_| NoFile::NoText)
    }

    /// The name of a file in messages: the root and the path.
    pub fn shown(&self, path: &str) -> String {
        if self.root.is_empty() {
            return path.to_owned();
        }
        format!("{}/{path}", self.root)
    }

    /// The paths in a folder with an ending, sorted.
    pub fn in_folder<'a>(
        &'a self,
        folder: &'a str,
        ending: &'a str,
    ) -> impl Iterator<Item = &'a str> {
        let paths = self.entries.keys().map(String::as_str);
        paths.filter(move |path| path.starts_with(folder) && path.ends_with(ending))
    }
}
