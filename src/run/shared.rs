//! Fragments that run once: on first demand, for everybody; cleaned up at the end of the run.

use std::collections::BTreeMap;
use std::sync::Arc;

use tokio::sync::OnceCell;

use crate::judge::{CaseRecord, SharedOutcome};
use crate::model::CaseId;
use crate::plan::Plan;

/// What a shared fragment left, and what was recorded of it.
#[derive(Debug, Clone)]
pub(super) struct SharedRun {
    pub(super) outcome: SharedOutcome,
    pub(super) record: CaseRecord,
}

/// One cell for each shared fragment of a plan.
pub(super) struct SharedRuns {
    cells: BTreeMap<CaseId, OnceCell<Arc<SharedRun>>>,
}

impl SharedRuns {
    pub(super) fn of(plan: &Plan) -> Self {
        Self {
            cells: plan
                .shared
                .keys()
                .map(|id| (id.clone(), OnceCell::new()))
                .collect(),
        }
    }

    pub(super) fn cell(&self, id: &CaseId) -> Option<&OnceCell<Arc<SharedRun>>> {
        self.cells.get(id)
    }

    /// Those that have run, in the order of their ids.
    pub(super) fn done(&self) -> impl Iterator<Item = (&CaseId, &Arc<SharedRun>)> {
        self.cells
            .iter()
            .filter_map(|(id, cell)| Some((id, cell.get()?)))
    }
}
