//! How a run goes, while it goes.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::out::{Console, Live};
use crate::judge::CaseVerdicts;
use crate::model::{CaseId, Exchange, VerdictKind};
use crate::plan::Plan;
use crate::run::Progress;

/// Watches a run and draws a bar where somebody looks.
#[derive(Debug)]
pub struct Watcher {
    bar: ProgressBar,
    exchanges: AtomicU32,
    failed: AtomicU32,
    undecided: AtomicU32,
}

impl Watcher {
    /// Starts watching.
    pub fn start(plans: &[Arc<Plan>], console: &Console) -> Arc<Self> {
        let cases: usize = plans.iter().map(|plan| plan.running()).sum();
        let bar = bar(cases, "cases", console);
        Arc::new(Self {
            bar,
            exchanges: AtomicU32::new(0),
            failed: AtomicU32::new(0),
            undecided: AtomicU32::new(0),
        })
    }

    /// Takes the bar away.
    pub fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

/// A bar on standard error, where somebody looks.
pub fn bar(length: usize, noun: &str, console: &Console) -> ProgressBar {
    if console.live == Live::Record {
        return ProgressBar::hidden();
    }
    let bar =
        ProgressBar::with_draw_target(Some(length as u64), ProgressDrawTarget::stderr_with_hz(15));
    if let Ok(style) = ProgressStyle::with_template(&format!(
        "  {{bar:30}} {{pos}}/{{len}} {noun}  {{msg}}  {{elapsed}}"
    )) {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}

impl Progress for Watcher {
    fn exchange(&self, _: &Exchange) {
        self.exchanges.fetch_add(1, Ordering::Relaxed);
    }

    fn case(&self, id: &CaseId, verdicts: &CaseVerdicts) {
        let has = |wanted: VerdictKind| {
            verdicts
                .verdicts
                .iter()
                .any(|verdict| verdict.kind() == wanted)
        };
        if has(VerdictKind::Fail) {
            self.failed.fetch_add(1, Ordering::Relaxed);
        } else if has(VerdictKind::Inconclusive) || has(VerdictKind::Error) {
            self.undecided.fetch_add(1, Ordering::Relaxed);
        }
        self.bar.inc(1);
        if !self.bar.is_hidden() {
            let count = |counter: &AtomicU32| counter.load(Ordering::Relaxed);
            let (exchanges, failed, undecided) = (
                count(&self.exchanges),
                count(&self.failed),
                count(&self.undecided),
            );
            self.bar.set_message(format!(
                "{exchanges} exchanges, {failed} failed, {undecided} undecided, last {}",
                id.short()
            ));
        }
    }
}
