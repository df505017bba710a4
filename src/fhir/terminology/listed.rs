//! Codes that a value set lists one by one.

use std::collections::HashMap;

/// A list of codes with their displays, in order.
#[derive(Debug, Default)]
pub(super) struct Listed {
    pub(super) codes: Vec<ListedCode>,
    /// Made for long lists only: a short one is walked as fast.
    index: HashMap<Box<str>, u32>,
}

/// One code of a list.
#[derive(Debug, Clone)]
pub(super) struct ListedCode {
    pub(super) code: Box<str>,
    pub(super) display: Option<Box<str>>,
    pub(super) is_abstract: bool,
    pub(super) is_inactive: bool,
}

/// Lists up to this length have no index.
const SHORT: usize = 8;

impl Listed {
    pub(super) fn new(codes: Vec<ListedCode>) -> Self {
        let index = match codes.len() > SHORT {
            true => codes
                .iter()
                .enumerate()
                .map(|(at, listed)| (listed.code.clone(), at as u32))
                .collect(),
            false => HashMap::new(),
        };
        Self { codes, index }
    }

    pub(super) fn find(&self, code: &str) -> Option<&ListedCode> {
        if self.codes.len() <= SHORT {
            return self.codes.iter().find(|listed| *listed.code == *code);
        }
        self.index.get(code).map(|at| &self.codes[*at as usize])
    }

    pub(super) fn holds(&self, code: &str) -> bool {
        self.find(code).is_some()
    }

    /// As [`Listed::holds`] where case does not count; slow, for codes that are not written exactly.
    pub(super) fn holds_in_any_case(&self, code: &str) -> bool {
        let folded = code.to_lowercase();
        self.codes
            .iter()
            .any(|listed| listed.code.to_lowercase() == folded)
    }
}
