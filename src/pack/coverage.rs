//! What a pack's checks verify, and what they should.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::Pack;
use crate::diag::{Diagnostic, Place, Source};
use crate::fhir::definitions::Definitions;
use crate::model::RequirementId;

/// How much of the published list is verified by checks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Coverage {
    /// The pack's id.
    pub pack: String,
    /// How many requirements the published list has.
    pub requirements: usize,
    /// How many of them at least one check verifies.
    pub verified: usize,
    /// How many carry a reason instead.
    pub not_tested: usize,
    /// How many checks there are, rows of a scenario counted once.
    pub checks: usize,
    /// Requirement → how many checks verify it.
    #[serde(skip)]
    pub by_requirement: BTreeMap<RequirementId, usize>,
}

impl Coverage {
    /// Counts a pack.
    pub fn of(pack: &Pack) -> Self {
        let mut by_requirement: BTreeMap<RequirementId, usize> = BTreeMap::new();
        let mut checks = 0;
        for scenario in pack
            .scenarios
            .iter()
            .filter(|scenario| scenario.disabled.is_none())
        {
            for check in scenario.script.steps.iter().flat_map(|step| &step.checks) {
                checks += 1;
                for id in check.requirements.iter() {
                    *by_requirement.entry(id.clone()).or_default() += 1;
                }
            }
        }
        let not_tested = pack
            .requirements
            .iter()
            .filter(|row| row.not_tested.is_some())
            .count();
        let listed: BTreeSet<_> = pack.requirements.iter().map(|row| &row.id).collect();
        let verified = by_requirement
            .keys()
            .filter(|id| listed.contains(id))
            .count();
        Self {
            pack: pack.id.to_string(),
            requirements: pack.requirements.len(),
            verified,
            not_tested,
            checks,
            by_requirement,
        }
    }
}

/// What is wrong with a pack as a whole: requirements that nobody verifies and that give no reason, and the reverse;
/// scenarios of one name; fragments that nobody uses.
pub fn lint(pack: &Pack) -> Vec<Diagnostic> {
    let coverage = Coverage::of(pack);
    let text = pack.files.text("requirements.yaml").unwrap_or_default();
    let source = Source::new(pack.files.shown("requirements.yaml"), text);
    let mut problems = duplicate_scenarios(pack);
    for row in &pack.requirements {
        let place = Place::top(&source);
        let place = text
            .find(&format!("id: {}\n", row.id))
            .map_or(place.clone(), |at| Place {
                source: source.clone(),
                span: crate::diag::Span {
                    start: at + 4,
                    end: at + 4 + row.id.as_str().len(),
                },
            });
        let verified = coverage.by_requirement.contains_key(&row.id);
        match (verified, &row.not_tested) {
            (false, None) => problems.push(
                Diagnostic::error(
                    "untested-requirement",
                    format!("no check verifies `{}`", row.id),
                )
                .at(&place)
                .help("write a scenario for it, or say why not: `not-tested: { because: … }`"),
            ),
            (true, Some(_)) => problems.push(
                Diagnostic::error(
                    "tested-and-not-tested",
                    format!(
                        "`{}` says that it is not tested, but a check cites it",
                        row.id
                    ),
                )
                .at(&place),
            ),
            (true, None) | (false, Some(_)) => {}
        }
    }
    problems.extend(super::unused::unused(pack));
    problems.extend(doubts(pack));
    problems
}

/// Expressions that can be read and hardly be meant, by the types of the pack's FHIR release.
fn doubts(pack: &Pack) -> Vec<Diagnostic> {
    let types = Definitions::core(pack.fhir_release);
    let scenarios = pack.scenarios.iter();
    let items = scenarios.flat_map(|scenario| scenario.script.items());
    items.flat_map(|item| item.doubts(&types)).collect()
}

fn duplicate_scenarios(pack: &Pack) -> Vec<Diagnostic> {
    let pairs = pack
        .scenarios
        .windows(2)
        .filter(|pair| pair[0].id == pair[1].id);
    pairs
        .map(|pair| {
            Diagnostic::error(
                "duplicate-id",
                format!("two scenarios are called `{}`", pair[1].id),
            )
            .at(&pair[1].place)
        })
        .collect()
}
