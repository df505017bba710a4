//! Putting checks to exchanges: conditions, preconditions, verdicts.

use std::sync::Arc;
use std::time::Duration;

use super::scope::Known;
use crate::check::{CheckItem, Earlier, Subject, View, Weight};
use crate::model::{Evidence, Finding, Seen, Side, Verdict};
use crate::protocol::Unsendable;
use crate::scenario::{Follow, Step, StepCheck, Test, Until};

/// A condition's answer. What does not parse can be neither met nor unmet.
pub(super) fn observed(test: &Test, view: &View, known: &Known<'_>) -> Finding {
    match test {
        Test::Holds(item) => {
            let readable = view
                .reading(Side::Reply)
                .map(|reading| reading.resource().is_ok());
            if readable != Some(true) {
                return Finding::undecidable("the reply is no FHIR resource that can be read");
            }
            with_words(ask(item, Some(view), Side::Reply, known), item)
        }
        Test::If(items) => {
            let findings = items
                .iter()
                .map(|item| with_words(ask(item, Some(view), Side::Reply, known), item));
            let mut last = Finding::undecidable("nothing was asked");
            for finding in findings {
                last = finding;
                if !matches!(last, Finding::Holds(_)) {
                    break;
                }
            }
            last
        }
    }
}

fn with_words(finding: Finding, item: &CheckItem) -> Finding {
    match finding {
        Finding::Violates { seen, .. } => Finding::Violates {
            seen,
            expected: item.label().into(),
        },
        Finding::Holds(_) | Finding::Undecidable(_) | Finding::Broken(_) => finding,
    }
}

/// Puts a check to the exchange that it is about.
pub(super) fn ask(
    item: &CheckItem,
    current: Option<&View>,
    side: Side,
    known: &Known<'_>,
) -> Finding {
    match subject_of(item, current, known) {
        Some(view) => item.evaluate(&Subject {
            view,
            side,
            scope: known,
            earlier: known,
            knowledge: &known.context.knowledge,
        }),
        None => Finding::undecidable(not_sent(item)),
    }
}

fn subject_of<'a>(
    item: &CheckItem,
    current: Option<&'a View>,
    known: &'a Known<'_>,
) -> Option<&'a View> {
    match &item.of {
        Some(of) => known.step(&of.value),
        None => current,
    }
}

fn not_sent(item: &CheckItem) -> String {
    match &item.of {
        Some(of) => format!("step `{}` was not sent", of.value),
        None => "there is no exchange to look at".into(),
    }
}

pub(super) fn holds(item: &CheckItem, view: &View, known: &Known<'_>) -> bool {
    matches!(ask(item, Some(view), Side::Reply, known), Finding::Holds(_))
}

/// The verdict that an unmet condition gives to what depends on it; `None` where it is met.
pub(super) fn unmet(
    item: &CheckItem,
    current: Option<&View>,
    known: &Known<'_>,
) -> Option<Verdict> {
    let exchange = subject_of(item, current, known).map(|view| view.exchange.number);
    if let Some(of) = item.of.as_ref().filter(|of| known.did_not_apply(&of.value)) {
        let reason = format!("step `{}` did not apply", of.value);
        return Some(Verdict::NotApplicable {
            reason: reason.into(),
            exchange: None,
        });
    }
    match ask(item, current, Side::Reply, known) {
        Finding::Holds(_) => None,
        Finding::Violates { seen, .. } => {
            let reason = format!("only if {}: observed {}", item.label(), seen.observed);
            Some(Verdict::NotApplicable {
                reason: reason.into(),
                exchange,
            })
        }
        Finding::Undecidable(reason) => Some(Verdict::Inconclusive { reason, exchange }),
        Finding::Broken(reason) => Some(Verdict::Error { reason, exchange }),
    }
}

/// What stands in the way, where a check does not hold.
pub(super) fn problem(finding: &Finding) -> Option<String> {
    match finding {
        Finding::Holds(_) => None,
        Finding::Violates { seen, .. } => Some(format!("observed {}", seen.observed)),
        Finding::Undecidable(reason) | Finding::Broken(reason) => Some(reason.to_string()),
    }
}

pub(super) fn verdict(check: &StepCheck, view: &View, known: &Known<'_>) -> Verdict {
    let item = &check.item;
    if let Some(verdict) = item
        .only_if
        .iter()
        .find_map(|condition| unmet(condition, Some(view), known))
    {
        return verdict;
    }
    let Some(subject) = subject_of(item, Some(view), known) else {
        return Verdict::Inconclusive {
            reason: not_sent(item).into(),
            exchange: None,
        };
    };
    let exchange = subject.exchange.number;
    match item.evaluate(&Subject {
        view: subject,
        side: check.side,
        scope: known,
        earlier: known,
        knowledge: &known.context.knowledge,
    }) {
        Finding::Holds(seen) => Verdict::Pass(Evidence { exchange, seen }),
        Finding::Violates { seen, expected } => {
            violated(item, Evidence { exchange, seen }, expected)
        }
        Finding::Undecidable(reason) => Verdict::Inconclusive {
            reason,
            exchange: Some(exchange),
        },
        Finding::Broken(reason) => Verdict::Error {
            reason,
            exchange: Some(exchange),
        },
    }
}

/// What the standard does not demand is no failure: the verdict says what was seen, as a warning.
fn violated(item: &CheckItem, evidence: Evidence, expected: Arc<str>) -> Verdict {
    match item.weight() {
        Weight::Judges => Verdict::Fail { evidence, expected },
        Weight::Warns => {
            let observed = format!(
                "warning: {}, where {expected} is wished for",
                evidence.seen.observed
            );
            let seen = Seen::new(observed, evidence.seen.place);
            Verdict::Pass(Evidence {
                exchange: evidence.exchange,
                seen,
            })
        }
    }
}

pub(super) fn unsent(step: &Step, problem: Unsendable) -> Verdict {
    match problem {
        Unsendable::Unresolved(unresolved) if unresolved.problem.is_none() => {
            Verdict::Inconclusive {
                reason: format!("step `{}` was not sent: {unresolved}", step.name).into(),
                exchange: None,
            }
        }
        Unsendable::Unresolved(unresolved) => Verdict::Error {
            reason: unresolved.to_string().into(),
            exchange: None,
        },
        Unsendable::Elsewhere(text) => Verdict::Inconclusive {
            reason: format!("step `{}` was not sent: {text}", step.name).into(),
            exchange: None,
        },
        Unsendable::Broken(text) => Verdict::Error {
            reason: text.into(),
            exchange: None,
        },
    }
}

/// The pause before the next attempt: the reply's Retry-After in seconds where it may say so, at most a minute.
pub(super) fn pause(until: &Until, view: &View) -> Duration {
    let told = match until.follow {
        Follow::Nothing => None,
        Follow::RetryAfter => view
            .exchange
            .reply()
            .and_then(|reply| reply.headers.first("retry-after")?.trim().parse().ok()),
    };
    told.map_or(until.every, |seconds: u64| {
        Duration::from_secs(seconds.min(60))
    })
}
