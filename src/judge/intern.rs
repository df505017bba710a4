//! One text for many verdicts: most checks of a long run observe the same few things.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::CaseVerdicts;
use crate::model::{Evidence, Seen, Verdict};

/// The longest text that is worth sharing, in bytes: longer ones are rarely the same.
const LONGEST: usize = 64;
/// The most texts that are remembered.
const MOST: usize = 10_000;

/// Texts that verdicts share.
#[derive(Debug, Default)]
pub struct Interner {
    texts: BTreeSet<Arc<str>>,
}

impl Interner {
    /// The same verdicts, with texts that others have too.
    pub fn share(&mut self, verdicts: CaseVerdicts) -> CaseVerdicts {
        let verdicts = verdicts.verdicts.into_iter();
        CaseVerdicts {
            verdicts: verdicts.map(|verdict| self.verdict(verdict)).collect(),
        }
    }

    fn verdict(&mut self, verdict: Verdict) -> Verdict {
        match verdict {
            Verdict::Pass(evidence) => Verdict::Pass(self.evidence(evidence)),
            Verdict::Fail { evidence, expected } => Verdict::Fail {
                evidence: self.evidence(evidence),
                expected: self.text(expected),
            },
            Verdict::Inconclusive { reason, exchange } => Verdict::Inconclusive {
                reason: self.text(reason),
                exchange,
            },
            Verdict::Error { reason, exchange } => Verdict::Error {
                reason: self.text(reason),
                exchange,
            },
            Verdict::NotApplicable { reason, exchange } => Verdict::NotApplicable {
                reason: self.text(reason),
                exchange,
            },
            Verdict::NotRun { reason } => Verdict::NotRun {
                reason: self.text(reason),
            },
            Verdict::Disabled { reason } => Verdict::Disabled {
                reason: self.text(reason),
            },
        }
    }

    fn evidence(&mut self, evidence: Evidence) -> Evidence {
        let Seen { observed, place } = evidence.seen;
        Evidence {
            exchange: evidence.exchange,
            seen: Seen {
                observed: self.text(observed),
                place: self.text(place),
            },
        }
    }

    fn text(&mut self, text: Arc<str>) -> Arc<str> {
        if text.len() > LONGEST {
            return text;
        }
        if let Some(known) = self.texts.get(&text) {
            return known.clone();
        }
        if self.texts.len() < MOST {
            self.texts.insert(text.clone());
        }
        text
    }
}
