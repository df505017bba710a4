//! What a scenario file means, ready to be planned and walked.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use super::rows::Rows;
use crate::check::{CheckItem, Extract};
use crate::diag::Place;
use crate::model::{RequirementId, RoleId, ScenarioId, Side};
use crate::protocol::{Action, Effect};
use crate::template::Template;

/// A conversation among roles, and what it proves.
#[derive(Debug)]
pub struct Scenario {
    /// Unique in the pack.
    pub id: ScenarioId,
    /// A sentence: what must be so.
    pub title: String,
    /// Claims without which it does not apply.
    pub needs: Vec<String>,
    /// The rows, where it has any.
    pub rows: Option<Rows>,
    /// Withdrawn by the pack's owner.
    pub disabled: Option<Disabled>,
    /// What happens.
    pub script: Script,
    /// Where it is written.
    pub place: Place,
}

/// Withdrawn by the pack's owner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Disabled {
    /// Since when (a date).
    pub since: String,
    /// Why.
    pub because: String,
}

/// Conditions, values, steps, cleanup: what a walk goes through. Scenarios and `once` fragments alike.
#[derive(Debug, Default)]
pub struct Script {
    /// All must hold, or nothing of it applies.
    pub when: Vec<Condition>,
    /// Computed once per case, in this order.
    pub values: Vec<(String, Template)>,
    /// What is said, in order.
    pub steps: Vec<Step>,
    /// What is said at the end, whatever happened. Their indices follow those of `steps`.
    pub cleanup: Vec<Step>,
}

/// A condition that is observed.
#[derive(Debug)]
pub struct Condition {
    /// The shared fragment whose last exchange is looked at.
    pub shared: Arc<Shared>,
    /// What must hold.
    pub test: Test,
}

/// What must hold of a condition's exchange.
#[derive(Debug)]
pub enum Test {
    /// A FHIRPath that must be true; `false` is "not met", anything else cannot be decided.
    Holds(Arc<CheckItem>),
    /// Checks that must all hold.
    If(Vec<Arc<CheckItem>>),
}

/// A fragment that runs once for everybody who uses it with the same parameters.
#[derive(Debug)]
pub struct Shared {
    /// Its name.
    pub fragment: String,
    /// Its parameters, as canonical JSON; empty where it has none.
    pub parameters: String,
    /// What happens.
    pub script: Script,
}

/// One step: one exchange, or several where it polls.
#[derive(Debug)]
pub struct Step {
    /// Unique in the script.
    pub name: Arc<str>,
    /// Values that are computed before it: those of a fragment that starts here.
    pub values: Vec<(String, Template)>,
    /// The prefix of the fragment that it comes from, such as `create`; empty for the scenario's own.
    pub prefix: String,
    /// Who sends.
    pub from: RoleId,
    /// Who answers.
    pub to: RoleId,
    /// What happens.
    pub kind: StepKind,
    /// All must hold, or the step does not apply.
    pub only_if: Vec<Arc<CheckItem>>,
    /// What must hold of its exchange for the rest to mean anything.
    pub precondition: Vec<Arc<CheckItem>>,
    /// What is judged.
    pub checks: Vec<StepCheck>,
    /// Values for later steps.
    pub keep: Vec<Keep>,
    /// Where it is written.
    pub place: Place,
}

/// A check of a step, and the side that it judges.
#[derive(Debug, Clone)]
pub struct StepCheck {
    /// The question.
    pub item: Arc<CheckItem>,
    /// The request or the reply.
    pub side: Side,
    /// The requirements that it proves.
    pub requirements: Arc<[RequirementId]>,
}

/// What a step does.
#[derive(Debug)]
pub enum StepKind {
    /// Sends something.
    Send {
        /// What.
        action: Box<dyn Action>,
        /// Whether that changes anything at the supplier's.
        effect: Effect,
        /// Polls.
        until: Option<Until>,
        /// Its deadline, where it has one of its own.
        within: Option<Duration>,
    },
    /// Looks at a fragment that runs once.
    Shared(Arc<Shared>),
}

/// Polling: the step is repeated until all checks hold.
#[derive(Debug)]
pub struct Until {
    /// What must hold.
    pub conditions: Vec<Arc<CheckItem>>,
    /// The pause between two attempts.
    pub every: Duration,
    /// The end of patience.
    pub at_most: Duration,
    /// Whether a Retry-After of the reply sets the pause instead.
    pub follow: Follow,
}

/// Whether a reply may set the pause between attempts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Follow {
    /// It may not.
    Nothing,
    /// Its Retry-After header does (RFC 9110, 10.2.3).
    RetryAfter,
}

/// A value for later steps.
#[derive(Debug)]
pub struct Keep {
    /// Its name, with the step's prefix.
    pub name: String,
    /// Where it comes from.
    pub extract: Extract,
}

impl Scenario {
    /// All requirements that its checks prove.
    pub fn cited(&self) -> BTreeSet<RequirementId> {
        let checks = self.script.steps.iter().flat_map(|step| &step.checks);
        checks
            .flat_map(|check| check.requirements.iter().cloned())
            .collect()
    }

    /// Lets every check that cites nothing prove the scenario's own id: for a scenario that stands alone.
    pub(crate) fn claim_itself(&mut self) {
        let Ok(own) = self.id.as_str().parse::<RequirementId>() else {
            return;
        };
        for check in self
            .script
            .steps
            .iter_mut()
            .flat_map(|step| &mut step.checks)
        {
            if check.requirements.is_empty() {
                check.requirements = [own.clone()].into();
            }
        }
    }
}

impl Script {
    /// Whether it changes something at the supplier's whatever is observed: steps that a condition may leave out do not tell.
    pub fn effect(&self) -> Effect {
        let writes = self
            .steps
            .iter()
            .any(|step| step.only_if.is_empty() && step.effect() == Effect::Writes);
        if writes {
            Effect::Writes
        } else {
            Effect::Reads
        }
    }

    /// Every check that its steps and conditions put to an exchange, verdict or not.
    pub fn items(&self) -> Vec<&CheckItem> {
        let conditions = self
            .when
            .iter()
            .flat_map(|condition| match &condition.test {
                Test::Holds(item) => std::slice::from_ref(item),
                Test::If(items) => items.as_slice(),
            });
        let steps = self.steps.iter().chain(&self.cleanup);
        let asked = steps.flat_map(Step::items);
        conditions.map(|item| &**item).chain(asked).collect()
    }

    /// The step of an index, cleanup steps after the others.
    pub fn step(&self, index: usize) -> Option<&Step> {
        self.steps.iter().chain(&self.cleanup).nth(index)
    }
}

impl Step {
    /// Whether it changes something at the supplier's, itself or through what it uses.
    pub fn effect(&self) -> Effect {
        match &self.kind {
            StepKind::Send { effect, .. } => *effect,
            StepKind::Shared(shared) => shared.script.effect(),
        }
    }

    /// Every check that it puts to its exchange, and those of a shared fragment.
    fn items(&self) -> Vec<&CheckItem> {
        let (until, shared) = match &self.kind {
            StepKind::Send { until, .. } => (until.as_ref(), Vec::new()),
            StepKind::Shared(shared) => (None, shared.script.items()),
        };
        let until = until.into_iter().flat_map(|until| &until.conditions);
        let conditions = self.only_if.iter().chain(&self.precondition).chain(until);
        let checks = self.checks.iter().map(|check| &check.item);
        let own = conditions.chain(checks).map(|item| &**item);
        own.chain(shared).collect()
    }
}
