//! Which exchanges the verdicts rest on, and in which order they are worth a reader's time.

use std::collections::{BTreeMap, BTreeSet};

use super::templates::anchor;
use crate::model::VerdictKind;
use crate::report::view::{Check, Report};

/// Links back to requirements, for each exchange, before the rest is counted.
const BACK_LINKS: usize = 8;

/// Every exchange that a verdict rests on.
pub struct Evidence<'a>(BTreeMap<u32, Cited<'a>>);

/// What rests on one exchange.
pub struct Cited<'a> {
    /// The weightiest verdict that does.
    pub weight: Weight,
    /// Anchor and id of requirements, at most [`BACK_LINKS`].
    pub requirements: Vec<(String, &'a str)>,
    /// How many more there are.
    pub more: usize,
    /// The exact places that failed checks name, such as `reply/headers/4`.
    pub places: BTreeSet<&'a str>,
}

/// How much an exchange matters to a reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weight {
    /// A failed check rests on it.
    Failed,
    /// A check that could not be decided rests on it.
    Open,
    /// All is well.
    Other,
}

impl Weight {
    /// All weights, the heaviest first.
    pub const ALL: [Self; 3] = [Self::Failed, Self::Open, Self::Other];

    /// The title over exchanges of this weight.
    pub fn title(self) -> &'static str {
        match self {
            Self::Failed => "Behind failed checks",
            Self::Open => "Behind checks that could not be decided",
            Self::Other => "Behind checks that passed or do not apply",
        }
    }

    fn of(verdict: VerdictKind) -> Self {
        match verdict {
            VerdictKind::Fail => Self::Failed,
            VerdictKind::Error | VerdictKind::Inconclusive => Self::Open,
            VerdictKind::Pass
            | VerdictKind::NotApplicable
            | VerdictKind::NotRun
            | VerdictKind::Disabled => Self::Other,
        }
    }
}

impl<'a> Evidence<'a> {
    /// All that a report cites.
    pub fn of(report: &'a Report) -> Self {
        let mut evidence = Self(BTreeMap::new());
        for pack in &report.packs {
            for requirement in &pack.requirements {
                let cite = |check: &'a Check| evidence.cite(&pack.pack, &requirement.id, check);
                requirement.checks.iter().for_each(cite);
            }
        }
        evidence
    }

    /// Those of a weight, by number.
    pub fn of_weight(&self, weight: Weight) -> impl Iterator<Item = (u32, &Cited<'a>)> {
        self.0
            .iter()
            .filter(move |(_, cited)| cited.weight == weight)
            .map(|(number, cited)| (*number, cited))
    }

    fn cite(&mut self, pack: &str, id: &'a str, check: &'a Check) {
        for (position, number) in check.exchanges.iter().enumerate() {
            let cited = self.0.entry(*number).or_insert_with(Cited::new);
            cited.weight = cited.weight.min(Weight::of(check.verdict));
            cited.add(pack, id);
            // The place is inside the first exchange; the others are what it was compared with.
            if position == 0 && check.verdict == VerdictKind::Fail {
                cited.places.extend(check.evidence.as_deref());
            }
        }
    }
}

impl<'a> Cited<'a> {
    fn new() -> Self {
        Self {
            weight: Weight::Other,
            requirements: Vec::new(),
            more: 0,
            places: BTreeSet::new(),
        }
    }

    fn add(&mut self, pack: &str, id: &'a str) {
        if self.requirements.iter().any(|(_, other)| *other == id) {
            return;
        }
        if self.requirements.len() == BACK_LINKS {
            self.more += 1;
            return;
        }
        self.requirements.push((anchor(pack, id), id));
    }
}
