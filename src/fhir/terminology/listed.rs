//! Codes that a value set lists one by one.

use super::index::Index;

/// A list of codes with their displays, in order.
#[derive(Debug)]
pub(super) struct Listed {
    pub(super) codes: Vec<ListedCode>,
    index: Index,
}

/// One code of a list.
#[derive(Debug, Clone)]
pub(super) struct ListedCode {
    pub(super) code: Box<str>,
    pub(super) display: Option<Box<str>>,
    pub(super) is_abstract: bool,
    pub(super) is_inactive: bool,
}

impl Listed {
    pub(super) fn new(codes: Vec<ListedCode>) -> Self {
        Self {
            index: Index::new(codes.iter().map(|listed| &*listed.code)),
            codes,
        }
    }

    pub(super) fn holds(&self, code: &str) -> bool {
        self.index.find(code).is_some()
    }

    /// As [`Listed::holds`] where case does not count; slow, for codes that are not written exactly.
    pub(super) fn holds_in_any_case(&self, code: &str) -> bool {
        let folded = code.to_lowercase();
        self.codes
            .iter()
            .any(|listed| listed.code.to_lowercase() == folded)
    }
}
