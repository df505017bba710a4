//! Driving a proof: one run for the sound supplier, one for each defect.

use std::io;
use std::num::NonZeroU16;
use std::sync::Arc;
use std::time::Duration;

use super::tally::{Proof, Tally, fails};
use crate::judge::CaseVerdicts;
use crate::model::{CaseId, Exchange, Instant};
use crate::pack::Pack;
use crate::plan::{Access, Context, Facts, Plan, Selection};
use crate::run::{Driver, Pace, Progress, Stopper, Transport};
use crate::serve::{Defect, ReferenceSupplier, Start};
use crate::store::Journal;

/// How many defects are run side by side.
const SIDE_BY_SIDE: usize = 2;
/// Proofs are repeatable.
const SEED: &str = "0f";

/// Proves a pack against a reference supplier; `transport` makes the way to a base URL, `done` hears of each run.
///
/// # Errors
/// Where the supplier cannot be started.
pub async fn prove(
    pack: &Arc<Pack>,
    supplier: &ReferenceSupplier,
    transport: impl Fn(&str, Option<&str>) -> Arc<dyn Transport>,
    mut done: impl FnMut(&str),
) -> io::Result<Proof> {
    let (plan, sound) = run(pack, supplier, None, Posture::Open, &transport).await?;
    let mut tally = Tally::new(&plan);
    tally.sound(&plan, &sound, supplier.lacks);
    done("sound");
    let (plan, sound) = run(pack, supplier, None, Posture::Guarded, &transport).await?;
    tally.sound(&plan, &sound, supplier.lacks);
    done("sound, guarded");
    for pair in (supplier.defects)().chunks(SIDE_BY_SIDE) {
        let runs = pair
            .iter()
            .map(|defect| noticed(pack, supplier, defect, &transport));
        for (defect, ended) in pair.iter().zip(join(runs).await) {
            let (plan, verdicts) = ended?;
            tally.defect(defect, &plan, &verdicts, supplier);
            done(defect.id);
        }
    }
    Ok(tally.proof(&plan))
}

async fn join<F: Future>(futures: impl Iterator<Item = F>) -> Vec<F::Output> {
    let mut pinned: Vec<_> = futures.map(Box::pin).collect();
    let mut outputs: Vec<Option<F::Output>> = pinned.iter().map(|_| None).collect();
    std::future::poll_fn(|context| {
        for (future, output) in pinned.iter_mut().zip(&mut outputs) {
            if output.is_none()
                && let std::task::Poll::Ready(ready) = future.as_mut().poll(context)
            {
                *output = Some(ready);
            }
        }
        if outputs.iter().all(Option::is_some) {
            std::task::Poll::Ready(())
        } else {
            std::task::Poll::Pending
        }
    })
    .await;
    outputs.into_iter().flatten().collect()
}

/// How the supplier stands: some defects show only where it asks for credentials.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Posture {
    /// Open to all.
    Open,
    /// With a token, which the runs have.
    Guarded,
}

impl Posture {
    fn token(self) -> Option<&'static str> {
        match self {
            Self::Open => None,
            Self::Guarded => Some("the-token-of-a-proof"),
        }
    }
}

/// The run of a defect: where nothing notices it at an open supplier, that of a guarded one.
async fn noticed(
    pack: &Arc<Pack>,
    supplier: &ReferenceSupplier,
    defect: &Defect,
    transport: &impl Fn(&str, Option<&str>) -> Arc<dyn Transport>,
) -> io::Result<Ran> {
    let open = run(pack, supplier, Some(defect.id), Posture::Open, transport).await?;
    if fails(&open.0, &open.1, supplier.lacks) {
        return Ok(open);
    }
    run(pack, supplier, Some(defect.id), Posture::Guarded, transport).await
}

type Ran = (Arc<Plan>, Vec<CaseVerdicts>);

async fn run(
    pack: &Arc<Pack>,
    supplier: &ReferenceSupplier,
    defect: Option<&str>,
    posture: Posture,
    transport: &impl Fn(&str, Option<&str>) -> Arc<dyn Transport>,
) -> io::Result<Ran> {
    let start = Start {
        defects: defect.into_iter().map(str::to_owned).collect(),
        token: posture.token().map(str::to_owned),
        ..Start::new(([127, 0, 0, 1], 0).into())
    };
    let running = (supplier.start)(start).await?;
    let base = running.base_url();
    let facts = Facts {
        endpoints: vec![(pack.endpoint.clone(), base.to_owned())],
        ..Facts::default()
    };
    let context = Context::new(pack, &facts, SEED, Access::ReadWrite);
    let plan = Arc::new(Plan::new(
        pack.clone(),
        context,
        &facts,
        &Selection::default(),
    ));
    let driver = Driver {
        plan: plan.clone(),
        transport: transport(base, posture.token()),
        journal: Arc::new(Journal::nowhere(Instant::from_micros(0))),
        pace: Arc::new(Pace::new(NonZeroU16::MIN.saturating_add(3), Duration::ZERO).impatient()),
        stopper: Stopper::default(),
        before: None,
        progress: Arc::new(Nobody),
    };
    let verdicts = driver.drive().await?;
    running.shutdown();
    Ok((plan, verdicts))
}

/// Nobody watches a proof's runs.
struct Nobody;

impl Progress for Nobody {
    fn exchange(&self, _: &Exchange) {}
    fn case(&self, _: &CaseId, _: &CaseVerdicts) {}
}
