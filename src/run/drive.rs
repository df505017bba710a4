//! The driver: workers that take the next case until none is left.

use std::io;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::task::JoinSet;

use super::shared::{SharedRun, SharedRuns};
use super::{Pace, Progress, Stop, Stopper, Transport};
use crate::judge::{self, CaseRecord, CaseVerdicts, Interner, Next, Recorded, Sending, Walk};
use crate::model::{CaseId, Exchange, Fault, FaultKind, Instant, Outcome, Owner};
use crate::plan::{Case, Plan, Standing};
use crate::results::{CaseEnd, CaseStart, Line};
use crate::scenario::Shared;
use crate::store::{Journal, RunFolder, now};

/// How many exchanges in a row may find nobody there before the run gives up.
const UNREACHABLE_AFTER: u32 = 12;
/// How long an exchange may go on after somebody asked to stop.
const GRACE: Duration = Duration::from_secs(2);

/// Everything that a run of one plan needs.
pub struct Driver {
    /// What is asked.
    pub plan: Arc<Plan>,
    /// The way to the supplier.
    pub transport: Arc<dyn Transport>,
    /// Where everything is recorded.
    pub journal: Arc<Journal>,
    /// How politely.
    pub pace: Arc<Pace>,
    /// How it is ended early.
    pub stopper: Stopper,
    /// What was recorded before the run was interrupted.
    pub before: Option<Arc<RunFolder>>,
    /// Who wants to know how it goes.
    pub progress: Arc<dyn Progress>,
}

impl Driver {
    /// Runs the plan to its end, or until it is stopped: the verdicts of every case, in the plan's order.
    ///
    /// # Errors
    /// Where the journal cannot be written: then nothing is sent any more.
    pub async fn drive(self) -> io::Result<Vec<CaseVerdicts>> {
        let jobs = usize::from(self.pace.jobs.get());
        let state = Arc::new(State::new(self));
        let mut workers = JoinSet::new();
        for _ in 0..jobs {
            workers.spawn(state.clone().work());
        }
        while let Some(ended) = workers.join_next().await {
            ended.map_err(io::Error::other)?;
        }
        state.clean_up_shared().await;
        state.verdicts()
    }
}

struct State {
    driver: Driver,
    next: AtomicUsize,
    unreachable: AtomicU32,
    shared: SharedRuns,
    verdicts: Mutex<Vec<Option<CaseVerdicts>>>,
    texts: Mutex<Interner>,
    failure: Mutex<Option<io::Error>>,
}

/// How far a walk is driven.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Until {
    /// To the end of its steps: its cleanup comes later.
    Cleanup,
    /// To its end.
    End,
}

impl State {
    fn new(driver: Driver) -> Self {
        Self {
            next: AtomicUsize::new(0),
            unreachable: AtomicU32::new(0),
            shared: SharedRuns::of(&driver.plan),
            verdicts: Mutex::new(driver.plan.cases.iter().map(|_| None).collect()),
            texts: Mutex::default(),
            failure: Mutex::new(None),
            driver,
        }
    }

    fn verdicts(&self) -> io::Result<Vec<CaseVerdicts>> {
        if let Some(failure) = lock(&self.failure).take() {
            return Err(failure);
        }
        let verdicts = std::mem::take(&mut *lock(&self.verdicts));
        Ok(verdicts.into_iter().flatten().collect())
    }

    async fn work(self: Arc<Self>) {
        let plan = self.driver.plan.clone();
        loop {
            let index = self.next.fetch_add(1, Ordering::Relaxed);
            let Some(case) = plan.cases.get(index) else {
                return;
            };
            let verdicts = self.case(&plan, case).await;
            if case.standing == Standing::Runs {
                self.driver.progress.case(&case.id, &verdicts);
            }
            let verdicts = lock(&self.texts).share(verdicts);
            if let Some(slot) = lock(&self.verdicts).get_mut(index) {
                *slot = Some(verdicts);
            }
        }
    }

    async fn case(&self, plan: &Plan, case: &Case) -> CaseVerdicts {
        if let Some(verdicts) = judge::settled(case) {
            return verdicts;
        }
        let before = self.before(&case.id);
        let ended = self
            .driver
            .before
            .as_ref()
            .is_some_and(|folder| folder.has_ended(&case.id));
        let Some(at) = self.start(&case.id, &before, ended) else {
            return judge::not_started(
                case,
                before.stopped.as_deref().or(self.reason().as_deref()),
            );
        };
        let mut walk = judge::walk(plan, case, at);
        self.drive(&case.id, &mut walk, &before, Until::End, ended)
            .await;
        let stopped = if ended {
            before.stopped
        } else {
            self.end(&case.id, &walk)
        };
        walk.finish(stopped.as_deref().unwrap_or(judge::NOT_REACHED))
    }

    /// When a case started: before the interruption, or now. `None` where it may not start any more.
    fn start(&self, id: &CaseId, before: &CaseRecord, ended: bool) -> Option<Instant> {
        if before.at.is_some() || ended {
            return before.at;
        }
        if let Some(reason) = self.reason() {
            self.record(&Line::CaseEnd(CaseEnd {
                case: id.clone(),
                stopped: Some(reason),
            }));
            return None;
        }
        let at = now();
        self.record(&Line::Case(CaseStart {
            case: id.clone(),
            at,
        }));
        Some(at)
    }

    fn end(&self, id: &CaseId, walk: &Walk<'_>) -> Option<String> {
        let stopped = walk.cancelled().map(str::to_owned);
        self.record(&Line::CaseEnd(CaseEnd {
            case: id.clone(),
            stopped: stopped.clone(),
        }));
        stopped
    }

    fn before(&self, id: &CaseId) -> CaseRecord {
        self.driver
            .before
            .as_ref()
            .and_then(|folder| folder.case(id))
            .unwrap_or_default()
    }

    fn reason(&self) -> Option<String> {
        self.driver
            .stopper
            .state()
            .reason()
            .map(ToString::to_string)
    }

    /// Drives a walk: what was recorded is taken as it is, everything else is sent. Returns all its exchanges.
    async fn drive<'p>(
        &'p self,
        id: &CaseId,
        walk: &mut Walk<'p>,
        before: &CaseRecord,
        until: Until,
        ended: bool,
    ) -> Vec<Arc<Exchange>> {
        let mut recorded = before.exchanges.iter().peekable();
        let mut exchanges = Vec::new();
        loop {
            if until == Until::Cleanup && walk.is_past_its_steps() {
                return exchanges;
            }
            let at = recorded.peek().map_or_else(now, |exchange| exchange.at);
            match walk.next(at) {
                Next::Done => return exchanges,
                Next::Shared(shared) => match Box::pin(self.shared(shared)).await {
                    Some(run) => walk.provide(&run.outcome),
                    None => return exchanges,
                },
                Next::Send(sending) => {
                    let wanted = |exchange: &&Arc<Exchange>| {
                        exchange.step == sending.step && exchange.attempt == sending.attempt
                    };
                    let exchange = match recorded.next_if(wanted) {
                        Some(exchange) => Some(exchange.clone()),
                        None if ended => return exchanges,
                        None => self.send(id, walk, &sending, at).await,
                    };
                    if let Some(exchange) = exchange {
                        if until == Until::Cleanup {
                            exchanges.push(exchange.clone());
                        }
                        walk.observe(exchange);
                    }
                }
            }
        }
    }

    /// Sends a message and records its exchange; `None` where the run is being stopped instead.
    async fn send(
        &self,
        id: &CaseId,
        walk: &mut Walk<'_>,
        sending: &Sending,
        at: Instant,
    ) -> Option<Arc<Exchange>> {
        if !sending.wait.is_zero() {
            tokio::select! {
                () = tokio::time::sleep(self.driver.pace.pause(sending.wait)) => {}
                () = self.driver.stopper.stopped() => {}
            }
        }
        match self.driver.stopper.state() {
            Stop::No => {}
            Stop::Gently(_) if walk.is_past_its_steps() => {}
            Stop::Gently(reason) => {
                walk.cancel(&reason);
                return None;
            }
            Stop::AtOnce(reason) => {
                walk.cancel(&reason);
                walk.abandon();
                return None;
            }
        }
        self.driver.pace.turn().await;
        // Between two attempts the moment of the exchange moves on; nothing that is judged was computed from the earlier one.
        let at = if sending.wait.is_zero() { at } else { now() };
        let sent = self.transmit(sending).await;
        self.notice(&sent.outcome);
        let step = walk.step(sending.step)?;
        let exchange = Exchange {
            number: 0,
            case: id.clone(),
            step: sending.step,
            attempt: sending.attempt,
            from: step.from.clone(),
            to: step.to.clone(),
            at,
            request: sent.request,
            outcome: sent.outcome,
            connection: sent.connection,
            timing: sent.timing,
        };
        match self.driver.journal.exchange(exchange) {
            Ok(exchange) => {
                self.driver.progress.exchange(&exchange);
                Some(Arc::new(exchange))
            }
            Err(error) => {
                self.fail(error);
                walk.cancel("the record could not be written");
                walk.abandon();
                None
            }
        }
    }

    /// Asked to stop, an exchange gets a little grace; then it is recorded as one without a reply.
    async fn transmit(&self, sending: &Sending) -> super::Sent {
        let stopped = async {
            self.driver.stopper.stopped().await;
            tokio::time::sleep(GRACE).await;
        };
        let already = self.driver.stopper.state() != Stop::No;
        let exchange = self
            .driver
            .transport
            .exchange(&sending.outgoing, sending.within);
        if already {
            return exchange.await;
        }
        tokio::select! {
            sent = exchange => sent,
            () = stopped => super::Sent {
                request: crate::model::Request {
                    method: sending.outgoing.method.clone(),
                    url: sending.outgoing.url.clone(),
                    headers: sending.outgoing.headers.clone(),
                    body: crate::model::Payload::new(sending.outgoing.body.clone()),
                },
                outcome: Outcome::Failed(Fault {
                    owner: Owner::Plugfest,
                    kind: FaultKind::Timeout,
                    message: "the run was stopped while this exchange was under way".into(),
                }),
                connection: crate::model::Connection::default(),
                timing: crate::model::Timing::default(),
            },
        }
    }

    /// Many exchanges in a row that find nobody there end the run: the rest would only wait.
    fn notice(&self, outcome: &Outcome) {
        let absent = match outcome {
            Outcome::Replied(_) => None,
            Outcome::Failed(fault) => match fault.kind {
                FaultKind::Connect | FaultKind::Tls | FaultKind::Timeout => Some(&fault.message),
                FaultKind::Closed
                | FaultKind::Malformed
                | FaultKind::BodyLimit
                | FaultKind::HeaderLimit
                | FaultKind::Refused
                | FaultKind::Auth => None,
            },
        };
        let Some(message) = absent else {
            return self.unreachable.store(0, Ordering::Relaxed);
        };
        if self.unreachable.fetch_add(1, Ordering::Relaxed) + 1 == UNREACHABLE_AFTER {
            let reason = format!(
                "the supplier could not be reached {UNREACHABLE_AFTER} times in a row: {message}"
            );
            self.driver.stopper.stop_at_once(&reason);
        }
    }

    async fn shared(&self, shared: &Arc<Shared>) -> Option<Arc<SharedRun>> {
        let id = self.driver.plan.shared_id(shared);
        let cell = self.shared.cell(&id)?;
        Some(
            cell.get_or_init(|| self.run_shared(&id, shared))
                .await
                .clone(),
        )
    }

    async fn run_shared(&self, id: &CaseId, shared: &Arc<Shared>) -> Arc<SharedRun> {
        let mut record = self.before(id);
        let at = self.start(id, &record, false);
        let mut walk = Walk::new(
            id,
            &shared.script,
            None,
            &self.driver.plan.context,
            at.unwrap_or(Instant::from_micros(0)),
        );
        match at {
            Some(_) => {
                let exchanges = self
                    .drive(id, &mut walk, &record, Until::Cleanup, false)
                    .await;
                record = CaseRecord {
                    at,
                    exchanges,
                    stopped: walk.cancelled().map(str::to_owned),
                };
            }
            None => walk.cancel(self.reason().as_deref().unwrap_or(judge::NEVER_STARTED)),
        }
        if let Some(reason) = &record.stopped {
            self.record(&Line::CaseEnd(CaseEnd {
                case: id.clone(),
                stopped: Some(reason.clone()),
            }));
        }
        Arc::new(SharedRun {
            outcome: walk.outcome(),
            record,
        })
    }

    /// The cleanup of what everybody shared, when nobody needs it any more.
    async fn clean_up_shared(&self) {
        let plan = self.driver.plan.clone();
        let runs: Vec<(CaseId, Arc<SharedRun>)> = self
            .shared
            .done()
            .map(|(id, run)| (id.clone(), run.clone()))
            .collect();
        for (id, run) in runs.into_iter().rev() {
            let (Some(shared), Some(at)) = (plan.shared.get(&id), run.record.at) else {
                continue;
            };
            let mut walk = Walk::new(&id, &shared.script, None, &plan.context, at);
            self.drive_cleanup(&id, &mut walk, &run.record).await;
            if run.record.stopped.is_none() {
                self.record(&Line::CaseEnd(CaseEnd {
                    case: id.clone(),
                    stopped: None,
                }));
            }
        }
    }

    async fn drive_cleanup<'p>(&'p self, id: &CaseId, walk: &mut Walk<'p>, record: &CaseRecord) {
        for exchange in &record.exchanges {
            match walk.next(exchange.at) {
                Next::Send(_) => walk.observe(exchange.clone()),
                Next::Shared(_) | Next::Done => return,
            }
        }
        if let Some(reason) = &record.stopped {
            walk.cancel(reason);
        }
        let none = CaseRecord {
            at: record.at,
            ..CaseRecord::default()
        };
        self.drive(id, walk, &none, Until::End, false).await;
    }

    fn record(&self, line: &Line) {
        if let Err(error) = self.driver.journal.line(line) {
            self.fail(error);
        }
    }

    fn fail(&self, error: io::Error) {
        lock(&self.failure).get_or_insert(error);
        self.driver
            .stopper
            .stop_at_once("the record could not be written");
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
}
