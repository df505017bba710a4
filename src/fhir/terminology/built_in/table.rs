//! Tables of facts: codes in order, divided by spaces and line ends.

use std::sync::OnceLock;

/// A table whose entries are found by search; split when it is first asked.
pub(super) struct Table {
    text: &'static str,
    entries: OnceLock<Vec<&'static str>>,
}

impl Table {
    pub(super) const fn new(text: &'static str) -> Self {
        Self {
            text,
            entries: OnceLock::new(),
        }
    }

    /// All entries, in order.
    pub(super) fn entries(&self) -> &[&'static str] {
        self.entries.get_or_init(|| {
            let mut entries: Vec<_> = self.text.split_ascii_whitespace().collect();
            entries.sort_unstable();
            entries
        })
    }

    /// Whether the table holds an entry.
    pub(super) fn holds(&self, entry: &str) -> bool {
        self.entries().binary_search(&entry).is_ok()
    }
}
