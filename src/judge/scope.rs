//! Where templates find their values during a walk.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use crate::check::{Earlier, View};
use crate::model::{CaseId, Instant};
use crate::plan::Context;
use crate::scenario::{Row, Rows, resolve};
use crate::template::Scope;

/// Values and exchanges, as they are known at a step.
pub(super) struct Known<'a> {
    pub(super) context: &'a Context,
    pub(super) case: &'a CaseId,
    pub(super) row: Option<(&'a Rows, &'a Row)>,
    pub(super) values: &'a BTreeMap<String, String>,
    pub(super) views: &'a BTreeMap<String, View>,
    pub(super) inapplicable: &'a BTreeSet<String>,
    pub(super) prefix: &'a str,
    pub(super) step: u32,
    pub(super) attempt: u32,
    pub(super) now: Instant,
    pub(super) url: Option<&'a str>,
}

impl Known<'_> {
    fn of_row(&self, name: &str) -> Option<&str> {
        let (rows, row) = self.row?;
        let column = name.strip_prefix(rows.name.as_str())?.strip_prefix('.')?;
        rows.value(row, column)
    }

    /// Whether a step was left out because a condition on it was not met.
    pub(super) fn did_not_apply(&self, step: &str) -> bool {
        let known = |full: &str| self.inapplicable.contains(full).then_some(());
        resolve(self.prefix, step, known).is_some()
    }

    fn find(&self, name: &str) -> Option<&str> {
        let own = self
            .values
            .get(name)
            .or_else(|| self.context.values.get(name))
            .map(String::as_str);
        own.or_else(|| self.of_row(name))
    }
}

impl Scope for Known<'_> {
    fn value(&self, name: &str) -> Option<Cow<'_, str>> {
        if name == "step.url" {
            return self.url.map(Cow::Borrowed);
        }
        resolve(self.prefix, name, |full| self.find(full)).map(Cow::Borrowed)
    }

    fn now(&self) -> Instant {
        self.now
    }

    fn random(&self, source: &str, site: usize) -> [u8; 32] {
        self.context
            .random(self.case, self.step, self.attempt, source, site)
    }
}

impl Earlier for Known<'_> {
    fn step(&self, name: &str) -> Option<&View> {
        resolve(self.prefix, name, |full| self.views.get(full))
    }
}
