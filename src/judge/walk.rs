//! One case, step by step, without touching the world.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use super::CaseVerdicts;
use super::question::{ask, holds, observed, pause, problem, unmet, unsent, verdict};
use super::scope::Known;
use super::shared::{Fate, SharedOutcome};
use crate::check::{Subject, View};
use crate::model::{CaseId, Exchange, Finding, Instant, Side, Verdict};
use crate::plan::{Access, Context, READ_ONLY, planned};
use crate::protocol::{Effect, Outgoing, Surroundings};
use crate::scenario::{Condition, Row, Rows, Script, Shared, Step, StepCheck, StepKind, Until};

/// How the reason starts where the condition of a whole pack is not met.
pub const PACK_DOES_NOT_APPLY: &str = "the pack does not apply";

/// What a walk wants next.
#[derive(Debug)]
pub enum Next<'p> {
    /// The outcome of a fragment that runs once: give it to [`Walk::provide`].
    Shared(&'p Arc<Shared>),
    /// A message to be sent: give its exchange to [`Walk::observe`].
    Send(Box<Sending>),
    /// Nothing: the case is at its end.
    Done,
}

/// A message to be sent.
#[derive(Debug)]
pub struct Sending {
    /// The index of the step, cleanup steps after the others.
    pub step: u32,
    /// Counts from 0 where the step polls.
    pub attempt: u32,
    /// The pause before it.
    pub wait: Duration,
    /// Its deadline, where the step has one of its own.
    pub within: Option<Duration>,
    /// The message.
    pub outgoing: Outgoing,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Conditions(usize),
    Steps(usize),
    Cleanup(usize),
    Done,
}

/// One case on its way.
#[derive(Debug)]
pub struct Walk<'p> {
    case: &'p CaseId,
    row: Option<(&'p Rows, &'p Row)>,
    script: &'p Script,
    gate: Option<&'p Condition>,
    context: &'p Context,
    values: BTreeMap<String, String>,
    views: BTreeMap<String, View>,
    order: Vec<String>,
    /// Steps that did not apply.
    inapplicable: BTreeSet<String>,
    verdicts: Vec<Option<Verdict>>,
    phase: Phase,
    attempt: u32,
    first_attempt: Option<Instant>,
    wait: Duration,
    waited: Duration,
    fate: Fate,
    cancelled: Option<Arc<str>>,
}

impl<'p> Walk<'p> {
    /// A walk through a script, from its start at a moment.
    pub fn new(
        case: &'p CaseId,
        script: &'p Script,
        row: Option<(&'p Rows, &'p Row)>,
        context: &'p Context,
        at: Instant,
    ) -> Self {
        let mut walk = Self {
            case,
            row,
            script,
            gate: None,
            context,
            values: BTreeMap::new(),
            views: BTreeMap::new(),
            order: Vec::new(),
            inapplicable: BTreeSet::new(),
            verdicts: planned(script).map(|_| None).collect(),
            phase: Phase::Conditions(0),
            attempt: 0,
            first_attempt: None,
            wait: Duration::ZERO,
            waited: Duration::ZERO,
            fate: Fate::Sound,
            cancelled: None,
        };
        walk.compute(&script.values, "", u32::MAX, at);
        walk
    }

    /// The same, under a condition of the whole pack.
    pub fn under(mut self, gate: Option<&'p Condition>) -> Self {
        self.gate = gate;
        self
    }

    /// What it wants next, at a moment.
    pub fn next(&mut self, now: Instant) -> Next<'p> {
        loop {
            match self.phase {
                Phase::Conditions(index) => match self.condition(index) {
                    Some(condition) => return Next::Shared(&condition.shared),
                    None => self.phase = Phase::Steps(0),
                },
                Phase::Steps(index) => match self.script.steps.get(index) {
                    Some(step) => {
                        if let Some(next) = self.begin(step, index, now) {
                            return next;
                        }
                    }
                    None => self.phase = Phase::Cleanup(0),
                },
                Phase::Cleanup(index) => match self.script.cleanup.get(index) {
                    Some(step) => {
                        if let Some(next) = self.begin(step, self.script.steps.len() + index, now) {
                            return next;
                        }
                    }
                    None => self.phase = Phase::Done,
                },
                Phase::Done => return Next::Done,
            }
        }
    }

    /// Takes the outcome of a shared fragment.
    pub fn provide(&mut self, outcome: &SharedOutcome) {
        match self.phase {
            Phase::Conditions(index) => self.decide(index, outcome),
            Phase::Steps(index) => {
                if let Some(step) = self.script.steps.get(index) {
                    self.import(step, index, outcome);
                }
            }
            Phase::Cleanup(_) | Phase::Done => {}
        }
    }

    /// Takes the exchange of the message that was asked for.
    pub fn observe(&mut self, exchange: Arc<Exchange>) {
        let view = View::new(exchange);
        match self.phase {
            Phase::Steps(index) => {
                let Some(step) = self.script.steps.get(index) else {
                    return;
                };
                if let StepKind::Send {
                    until: Some(until), ..
                } = &step.kind
                    && self.polls_on(until, step, index, &view)
                {
                    return;
                }
                self.judge_step(step, index, view);
            }
            Phase::Cleanup(index) => {
                if let Some(step) = self.script.cleanup.get(index) {
                    self.remember(step, self.script.steps.len() + index, &view);
                }
                self.advance();
            }
            Phase::Conditions(_) | Phase::Done => {}
        }
    }

    /// Whether all its steps lie behind it: what comes next is cleanup, if anything.
    pub fn is_past_its_steps(&self) -> bool {
        match self.phase {
            Phase::Conditions(_) => false,
            Phase::Steps(index) => index >= self.script.steps.len(),
            Phase::Cleanup(_) | Phase::Done => true,
        }
    }

    /// Stops it: what has no verdict yet is not run, and the cleanup follows.
    pub fn cancel(&mut self, reason: &str) {
        if matches!(self.phase, Phase::Conditions(_) | Phase::Steps(_)) {
            self.settle(|| Verdict::NotRun {
                reason: reason.into(),
            });
            self.fate = Fate::Stopped(reason.into(), None);
            self.cancelled = Some(reason.into());
            self.phase = Phase::Cleanup(0);
        }
    }

    /// Why it was cancelled, where it was.
    pub fn cancelled(&self) -> Option<&str> {
        self.cancelled.as_deref()
    }

    /// The step of an index, cleanup steps after the others.
    pub fn step(&self, index: u32) -> Option<&'p Step> {
        self.script.step(usize::try_from(index).ok()?)
    }

    /// Leaves the rest of its cleanup out.
    pub fn abandon(&mut self) {
        self.phase = Phase::Done;
    }

    /// The verdicts; what was never reached is not run, for the reason given.
    pub fn finish(mut self, reason: &str) -> CaseVerdicts {
        self.settle(|| Verdict::NotRun {
            reason: reason.into(),
        });
        CaseVerdicts {
            verdicts: self.verdicts.into_iter().flatten().collect(),
        }
    }

    /// What it leaves to those who share it. Its cleanup waits for the end of the run.
    pub fn outcome(&self) -> SharedOutcome {
        let views = self
            .order
            .iter()
            .filter_map(|name| Some((name.clone(), self.views.get(name)?.clone())));
        SharedOutcome {
            values: self.values.clone(),
            views: views.collect(),
            fate: self.fate.clone(),
        }
    }

    fn condition(&self, index: usize) -> Option<&'p Condition> {
        self.gate.into_iter().chain(&self.script.when).nth(index)
    }

    fn known<'a>(
        &'a self,
        prefix: &'a str,
        step: u32,
        now: Instant,
        url: Option<&'a str>,
    ) -> Known<'a> {
        Known {
            context: self.context,
            case: self.case,
            row: self.row,
            values: &self.values,
            views: &self.views,
            inapplicable: &self.inapplicable,
            prefix,
            step,
            attempt: self.attempt,
            now,
            url,
        }
    }

    /// A value that cannot be computed is not kept; whoever needs it says so.
    fn compute(
        &mut self,
        values: &[(String, crate::template::Template)],
        prefix: &str,
        step: u32,
        now: Instant,
    ) {
        for (name, template) in values {
            let text = template
                .render(&self.known(prefix, step, now, None))
                .map(|text| text.into_owned());
            if let Ok(text) = text {
                self.values.insert(name.clone(), text);
            }
        }
    }

    fn settle(&mut self, verdict: impl Fn() -> Verdict) {
        for open in self.verdicts.iter_mut().filter(|verdict| verdict.is_none()) {
            *open = Some(verdict());
        }
    }

    fn stop(&mut self, reason: &str, exchange: Option<u32>) {
        self.settle(|| Verdict::Inconclusive {
            reason: reason.into(),
            exchange,
        });
        self.fate = Fate::Stopped(reason.into(), exchange);
        self.phase = Phase::Cleanup(0);
    }

    /// Stops it before it changes anything: what has no verdict yet is not run.
    fn withhold(&mut self, reason: &Arc<str>) {
        self.settle(|| Verdict::NotRun {
            reason: reason.clone(),
        });
        self.fate = Fate::Withheld(reason.clone());
        self.phase = Phase::Cleanup(0);
    }

    fn advance(&mut self) {
        (self.attempt, self.first_attempt) = (0, None);
        (self.wait, self.waited) = (Duration::ZERO, Duration::ZERO);
        self.phase = match self.phase {
            Phase::Conditions(index) => Phase::Conditions(index + 1),
            Phase::Steps(index) => Phase::Steps(index + 1),
            Phase::Cleanup(index) => Phase::Cleanup(index + 1),
            Phase::Done => Phase::Done,
        };
    }

    /// Starts a step; `None` where it is not sent, and the walk has gone on.
    fn begin(&mut self, step: &'p Step, index: usize, now: Instant) -> Option<Next<'p>> {
        let number = u32::try_from(index).unwrap_or(u32::MAX);
        if self.attempt == 0 {
            self.compute(&step.values, &step.prefix, number, now);
            if let Some(skip) = self.excluded(step, number, now) {
                self.skip(index, skip);
                return None;
            }
        }
        match &step.kind {
            StepKind::Shared(used) => Some(Next::Shared(used)),
            StepKind::Send {
                effect: Effect::Writes,
                ..
            } if self.context.access == Access::ReadOnly => {
                self.leave_out_write(index);
                None
            }
            StepKind::Send { action, within, .. } => {
                let known = self.known(&step.prefix, number, now, None);
                let surroundings = Surroundings {
                    scope: &known,
                    endpoints: &self.context.endpoints,
                    endpoint: &self.context.endpoint,
                    headers: &self.context.headers,
                };
                match action.prepare(&surroundings) {
                    Ok(outgoing) => Some(Next::Send(Box::new(Sending {
                        step: number,
                        attempt: self.attempt,
                        wait: self.wait,
                        within: *within,
                        outgoing,
                    }))),
                    Err(problem) => {
                        self.skip(index, unsent(step, problem));
                        None
                    }
                }
            }
        }
    }

    /// A read-only run ends a case where it would write; a cleanup that would is left out, since there is nothing to clean up.
    fn leave_out_write(&mut self, index: usize) {
        if index < self.script.steps.len() {
            self.withhold(&READ_ONLY.into());
        } else {
            self.advance();
        }
    }

    /// Why a step does not apply, by its `only-if`.
    fn excluded(&self, step: &Step, number: u32, now: Instant) -> Option<Verdict> {
        let known = self.known(&step.prefix, number, now, None);
        step.only_if
            .iter()
            .find_map(|condition| unmet(condition, None, &known))
    }

    /// Leaves a step out: its checks get the verdict, and the walk goes on.
    fn skip(&mut self, index: usize, verdict: Verdict) {
        if let (Verdict::NotApplicable { .. }, Some(step)) = (&verdict, self.script.step(index)) {
            self.inapplicable.insert(step.name.to_string());
        }
        for (position, _) in self.positions(index) {
            self.verdicts[position].get_or_insert_with(|| verdict.clone());
        }
        self.advance();
    }

    fn positions(&self, index: usize) -> Vec<(usize, &'p StepCheck)> {
        let all = planned(self.script).enumerate();
        all.filter(|(_, (step, _))| *step == index)
            .map(|(position, (_, check))| (position, check))
            .collect()
    }

    fn polls_on(&mut self, until: &Until, step: &Step, index: usize, view: &View) -> bool {
        let number = u32::try_from(index).unwrap_or(u32::MAX);
        let at = view.exchange.at;
        let first = *self.first_attempt.get_or_insert(at);
        let known = self.known(&step.prefix, number, at, Some(&view.exchange.request.url));
        let waits = until
            .conditions
            .iter()
            .any(|condition| !holds(condition, view, &known));
        let elapsed = Duration::from_micros(at.micros_since(first) + view.exchange.timing.total);
        let pause = pause(until, view);
        // Patience is counted in pauses that were asked for, even where a proof makes them shorter.
        if !waits || elapsed.max(self.waited) + pause > until.at_most {
            return false;
        }
        self.waited += pause;
        self.attempt += 1;
        self.wait = pause;
        true
    }

    fn remember(&mut self, step: &Step, index: usize, view: &View) {
        let number = u32::try_from(index).unwrap_or(u32::MAX);
        let name = step.name.to_string();
        if self.views.insert(name.clone(), view.clone()).is_none() {
            self.order.push(name);
        }
        let mut kept = Vec::new();
        {
            let known = self.known(
                &step.prefix,
                number,
                view.exchange.at,
                Some(&view.exchange.request.url),
            );
            let subject = Subject {
                view,
                side: Side::Reply,
                scope: &known,
                earlier: &known,
                knowledge: &self.context.knowledge,
            };
            for keep in &step.keep {
                if let Some(value) = keep.extract.extract(&subject).value() {
                    kept.push((keep.name.clone(), value));
                }
            }
        }
        self.values.extend(kept);
    }

    fn judge_step(&mut self, step: &'p Step, index: usize, view: View) {
        let failed = self.failed_precondition(step, index, &view);
        if let Some(reason) = failed {
            self.remember(step, index, &view);
            self.stop(&reason, Some(view.exchange.number));
            return;
        }
        self.remember(step, index, &view);
        self.judge_checks(step, index, &view);
        self.advance();
    }

    fn failed_precondition(&self, step: &Step, index: usize, view: &View) -> Option<String> {
        let number = u32::try_from(index).unwrap_or(u32::MAX);
        let known = self.known(
            &step.prefix,
            number,
            view.exchange.at,
            Some(&view.exchange.request.url),
        );
        step.precondition.iter().find_map(|item| {
            let problem = problem(&ask(item, Some(view), Side::Reply, &known))?;
            Some(format!(
                "the ground was not prepared: step `{}` wants {}, but {problem}",
                step.name,
                item.label()
            ))
        })
    }

    fn judge_checks(&mut self, step: &Step, index: usize, view: &View) {
        let number = u32::try_from(index).unwrap_or(u32::MAX);
        let verdicts: Vec<(usize, Verdict)> = {
            let known = self.known(
                &step.prefix,
                number,
                view.exchange.at,
                Some(&view.exchange.request.url),
            );
            let checks = self.positions(index).into_iter();
            checks
                .map(|(position, check)| (position, verdict(check, view, &known)))
                .collect()
        };
        for (position, verdict) in verdicts {
            self.verdicts[position] = Some(verdict);
        }
    }

    fn import(&mut self, step: &'p Step, index: usize, outcome: &SharedOutcome) {
        let StepKind::Shared(shared) = &step.kind else {
            return;
        };
        for (name, value) in &outcome.values {
            self.values
                .insert(format!("{}.{name}", step.prefix), value.clone());
        }
        for (name, view) in &outcome.views {
            self.views
                .insert(format!("{}.{name}", step.prefix), view.clone());
        }
        match &outcome.fate {
            Fate::Sound => {}
            Fate::Stopped(reason, exchange) => {
                return self.stop(&format!("`{}`: {reason}", step.name), *exchange);
            }
            Fate::Withheld(reason) => return self.withhold(reason),
        }
        match outcome.last_of(shared) {
            Some(view) => self.judge_step(step, index, view.clone()),
            // Nobody may judge another step's exchange in place of the one that was not sent.
            None => {
                let reason = format!("the last step of `{}` was not sent", step.name).into();
                let exchange = None;
                self.skip(index, Verdict::Inconclusive { reason, exchange });
            }
        }
    }

    fn decide(&mut self, index: usize, outcome: &SharedOutcome) {
        let Some(condition) = self.condition(index) else {
            return;
        };
        let gate = index == 0 && self.gate.is_some();
        match &outcome.fate {
            Fate::Sound => {}
            Fate::Stopped(reason, exchange) => return self.unobserved(gate, reason, *exchange),
            Fate::Withheld(reason) => return self.withhold(reason),
        }
        let Some(view) = outcome.last_of(&condition.shared) else {
            return self.unobserved(gate, "it has no exchange to look at", None);
        };
        let number = view.exchange.number;
        let known = self.known(
            "",
            u32::MAX,
            view.exchange.at,
            Some(&view.exchange.request.url),
        );
        match observed(&condition.test, view, &known) {
            Finding::Holds(_) => self.advance(),
            Finding::Violates { expected, .. } => {
                let words = if gate {
                    PACK_DOES_NOT_APPLY
                } else {
                    "a condition is not met"
                };
                let reason: Arc<str> = format!("{words}: {expected}").into();
                self.settle(|| Verdict::NotApplicable {
                    reason: reason.clone(),
                    exchange: Some(number),
                });
                self.phase = Phase::Done;
            }
            Finding::Undecidable(reason) | Finding::Broken(reason) => {
                self.unobserved(gate, &reason, Some(number));
            }
        }
    }

    /// A condition of the scenario's own that nobody can answer ends the case. That of the whole pack does not: a server that
    /// does not say what it speaks would escape what is asked of everybody.
    fn unobserved(&mut self, gate: bool, reason: &str, exchange: Option<u32>) {
        match gate {
            true => self.advance(),
            false => self.stop(
                &format!("a condition could not be observed: {reason}"),
                exchange,
            ),
        }
    }
}
