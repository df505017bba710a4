//! What fragments that run once leave to those who use them.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::check::View;
use crate::scenario::Shared;

/// What a fragment that runs once left behind.
#[derive(Debug, Clone)]
pub struct SharedOutcome {
    pub(super) values: BTreeMap<String, String>,
    pub(super) views: Vec<(String, View)>,
    pub(super) fate: Fate,
}

impl SharedOutcome {
    /// The exchange of the fragment's last step; `None` where that was not sent.
    pub(super) fn last_of(&self, shared: &Shared) -> Option<&View> {
        let last = &*shared.script.steps.last()?.name;
        let mut views = self.views.iter();
        views.find(|(name, _)| name == last).map(|(_, view)| view)
    }
}

/// Whether a walk went to its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// It did, or still may.
    Sound,
    /// It stopped: why, and the exchange that shows it.
    Stopped(Arc<str>, Option<u32>),
    /// It would have gone on to change something, which this run may not.
    Withheld(Arc<str>),
}
