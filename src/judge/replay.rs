//! Judging what was recorded: the same walk, without a network.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::CaseVerdicts;
use super::shared::SharedOutcome;
use super::walk::{Next, Walk};
use crate::model::{CaseId, Exchange, Instant, RequirementId, Verdict};
use crate::plan::{Case, Plan, Standing};
use crate::scenario::{Condition, Shared};

/// What was recorded of one case.
#[derive(Debug, Clone, Default)]
pub struct CaseRecord {
    /// When it started; `None` where it never did.
    pub at: Option<Instant>,
    /// Its exchanges, in the order of recording.
    pub exchanges: Vec<Arc<Exchange>>,
    /// Why it was stopped, where it was.
    pub stopped: Option<String>,
}

/// What was recorded, one case at a time, so that memory stays flat.
pub trait Recorded {
    /// The record of a case; `None` where it never started.
    fn case(&self, id: &CaseId) -> Option<CaseRecord>;
}

/// Why a case has no record at all.
pub const NEVER_STARTED: &str = "the run ended before this case";
/// Why a step that was planned has no exchange.
pub const NOT_REACHED: &str = "the run ended before this step";

/// The verdicts of every case of a plan, in its order.
pub fn judge(plan: &Plan, recorded: &dyn Recorded, mut each: impl FnMut(usize, CaseVerdicts)) {
    let shared: BTreeMap<CaseId, SharedOutcome> = plan
        .shared
        .iter()
        .map(|(id, shared)| (id.clone(), judge_shared(plan, id, shared, recorded)))
        .collect();
    for (index, case) in plan.cases.iter().enumerate() {
        each(index, judge_case(plan, case, &shared, recorded));
    }
}

fn judge_shared(
    plan: &Plan,
    id: &CaseId,
    shared: &Shared,
    recorded: &dyn Recorded,
) -> SharedOutcome {
    let record = recorded.case(id).unwrap_or_default();
    let mut walk = Walk::new(
        id,
        &shared.script,
        None,
        &plan.context,
        record.at.unwrap_or(Instant::from_micros(0)),
    );
    replay(&mut walk, &record, |_| None);
    if !walk.is_past_its_steps() {
        walk.cancel(record.stopped.as_deref().unwrap_or(NEVER_STARTED));
    }
    walk.outcome()
}

fn judge_case(
    plan: &Plan,
    case: &Case,
    shared: &BTreeMap<CaseId, SharedOutcome>,
    recorded: &dyn Recorded,
) -> CaseVerdicts {
    if let Some(verdicts) = settled(case) {
        return verdicts;
    }
    let Some(record) = recorded.case(&case.id) else {
        return not_started(case, None);
    };
    let Some(at) = record.at else {
        return not_started(case, record.stopped.as_deref());
    };
    let mut walk = walk(plan, case, at);
    replay(&mut walk, &record, |used| shared.get(&plan.shared_id(used)));
    walk.finish(record.stopped.as_deref().unwrap_or(NOT_REACHED))
}

/// The verdicts of a case that never started.
pub fn not_started(case: &Case, reason: Option<&str>) -> CaseVerdicts {
    all(case, || Verdict::NotRun {
        reason: reason.unwrap_or(NEVER_STARTED).into(),
    })
}

/// The walk of a case, under the pack's own condition where that concerns it.
pub fn walk<'p>(plan: &'p Plan, case: &'p Case, at: Instant) -> Walk<'p> {
    Walk::new(
        &case.id,
        &case.scenario.script,
        case.row(),
        &plan.context,
        at,
    )
    .under(gate(plan, case))
}

fn gate<'p>(plan: &'p Plan, case: &Case) -> Option<&'p Condition> {
    let applies = plan.pack.applies.as_ref()?;
    let excepted = |id: &RequirementId| applies.except.contains(id);
    let cited = case.scenario.cited();
    (!cited.iter().all(excepted)).then_some(&*applies.condition)
}

/// The verdicts of a case that does not run; `None` where it does.
pub fn settled(case: &Case) -> Option<CaseVerdicts> {
    match &case.standing {
        Standing::Runs => None,
        Standing::NotApplicable(reason) => Some(all(case, || Verdict::NotApplicable {
            reason: reason.clone(),
            exchange: None,
        })),
        Standing::NotRun(reason) | Standing::NotSelected(reason) => {
            Some(all(case, || Verdict::NotRun {
                reason: reason.clone(),
            }))
        }
        Standing::Disabled(reason) => Some(all(case, || Verdict::Disabled {
            reason: reason.clone(),
        })),
    }
}

fn all(case: &Case, verdict: impl Fn() -> Verdict) -> CaseVerdicts {
    CaseVerdicts {
        verdicts: case.checks().map(|_| verdict()).collect(),
    }
}

/// Feeds recorded exchanges to a walk until it asks for one that is not there.
fn replay<'p, 's>(
    walk: &mut Walk<'p>,
    record: &CaseRecord,
    shared: impl Fn(&'p Shared) -> Option<&'s SharedOutcome>,
) {
    let mut exchanges = record.exchanges.iter().peekable();
    loop {
        let now = exchanges.peek().map_or_else(
            || record.at.unwrap_or(Instant::from_micros(0)),
            |exchange| exchange.at,
        );
        match walk.next(now) {
            Next::Done => return,
            Next::Shared(used) => match shared(used) {
                Some(outcome) => walk.provide(outcome),
                None => return,
            },
            Next::Send(sending) => {
                let wanted = |exchange: &&Arc<Exchange>| {
                    exchange.step == sending.step && exchange.attempt == sending.attempt
                };
                match exchanges.next_if(wanted) {
                    Some(exchange) => walk.observe(exchange.clone()),
                    None => return,
                }
            }
        }
    }
}
