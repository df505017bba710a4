//! Plans: every check that could run, exactly once, with its reason if it will not.

mod context;
mod select;

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::model::CaseId;
use crate::pack::Pack;
use crate::scenario::{Row, Rows, Scenario, Script, Shared, StepCheck, StepKind};

pub use context::{Context, Facts, tag};
pub use select::{Access, READ_ONLY, Selection};

/// What will be asked of one supplier about one pack.
#[derive(Debug)]
pub struct Plan {
    /// The pack.
    pub pack: Arc<Pack>,
    /// What the run knows of the supplier, and of itself.
    pub context: Context,
    /// Every case of every scenario, in the pack's order.
    pub cases: Vec<Case>,
    /// Every fragment that runs once, by its case id.
    pub shared: BTreeMap<CaseId, Arc<Shared>>,
}

/// A scenario, or one row of it.
#[derive(Debug, Clone)]
pub struct Case {
    /// Its id.
    pub id: CaseId,
    /// The scenario.
    pub scenario: Arc<Scenario>,
    /// The index of its row, where the scenario has rows.
    row: Option<usize>,
    /// Whether it runs.
    pub standing: Standing,
}

/// Whether a case runs, and if not, why not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// It runs.
    Runs,
    /// The supplier does not claim it, or the pack does not apply.
    NotApplicable(Arc<str>),
    /// It is left out of this run.
    NotRun(Arc<str>),
    /// Nobody asked for it: its requirements stay untested.
    NotSelected(Arc<str>),
    /// The pack's owner has withdrawn it.
    Disabled(Arc<str>),
}

impl Plan {
    /// The plan of a pack for a supplier.
    pub fn new(pack: Arc<Pack>, context: Context, facts: &Facts, selection: &Selection) -> Self {
        let mut cases = Vec::new();
        for scenario in &pack.scenarios {
            let standing = select::standing(&pack, scenario, facts, selection);
            let mut add = |row: Option<(usize, &Row)>| {
                cases.push(Case {
                    id: CaseId::of(&pack.id, &scenario.id, row.map(|(_, row)| &*row.name)),
                    scenario: scenario.clone(),
                    row: row.map(|(index, _)| index),
                    standing: standing.clone(),
                });
            };
            match &scenario.rows {
                None => add(None),
                Some(rows) => rows.rows.iter().enumerate().for_each(|row| add(Some(row))),
            }
        }
        let shared = shared(&pack, &cases);
        Self {
            pack,
            context,
            cases,
            shared,
        }
    }

    /// The case id of a shared fragment.
    pub fn shared_id(&self, shared: &Shared) -> CaseId {
        CaseId::once(&self.pack.id, &shared.fragment, &shared.parameters)
    }

    /// How many cases will run.
    pub fn running(&self) -> usize {
        self.cases
            .iter()
            .filter(|case| case.standing == Standing::Runs)
            .count()
    }
}

impl Case {
    /// Its row, with the rows that it belongs to; `None` where the scenario has none.
    pub fn row(&self) -> Option<(&Rows, &Row)> {
        let rows = self.scenario.rows.as_ref()?;
        Some((rows, rows.rows.get(self.row?)?))
    }

    /// Every planned check with its step's index, in order: the order of the case's verdicts.
    pub fn checks(&self) -> impl Iterator<Item = (usize, &StepCheck)> {
        planned(&self.scenario.script)
    }
}

/// Every planned check of a script with its step's index.
pub fn planned(script: &Script) -> impl Iterator<Item = (usize, &StepCheck)> {
    script
        .steps
        .iter()
        .enumerate()
        .flat_map(|(index, step)| step.checks.iter().map(move |check| (index, check)))
}

/// The shared fragments that running cases, and the pack itself, look at.
fn shared(pack: &Pack, cases: &[Case]) -> BTreeMap<CaseId, Arc<Shared>> {
    let running = cases.iter().filter(|case| case.standing == Standing::Runs);
    let used = running.flat_map(|case| used(&case.scenario.script));
    let gate = pack.applies.iter().map(|applies| &applies.condition.shared);
    let all = used.chain(gate);
    all.map(|shared| {
        (
            CaseId::once(&pack.id, &shared.fragment, &shared.parameters),
            shared.clone(),
        )
    })
    .collect()
}

fn used(script: &Script) -> impl Iterator<Item = &Arc<Shared>> {
    let conditions = script.when.iter().map(|condition| &condition.shared);
    let steps = script.steps.iter().filter_map(|step| match &step.kind {
        StepKind::Shared(shared) => Some(shared),
        StepKind::Send { .. } => None,
    });
    conditions.chain(steps)
}
