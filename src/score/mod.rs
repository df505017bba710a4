//! Scorecards: from verdicts to the state of every requirement, by the pack's own rules.
//!
//! The denominator is the whole published list, never what happened to run. [`score`] builds what every report shows.

mod causes;
mod exit;
mod must_support;
mod state;

use std::collections::BTreeMap;
use std::sync::Arc;

pub use exit::Exit;
pub use must_support::must_support;

use crate::diag::Place;
use crate::judge::CaseVerdicts;
use crate::model::{Requirement, RequirementId, Verdict};
use crate::pack::Pack;
use crate::plan::{Case, Plan, Standing, planned};
use crate::report::view;
use crate::scenario::{Scenario, StepCheck};
use crate::supplier::{self, Day, Deviation};

/// What was found about one pack.
#[derive(Debug)]
pub struct Scored {
    /// As reports show it.
    pub pack: view::Pack,
    /// What it means for the exit code.
    pub exit: Exit,
}

/// Scores the verdicts of a plan: one entry for each case, in the plan's order; `day` is the date of the run.
pub fn score(
    plan: &Plan,
    verdicts: Vec<CaseVerdicts>,
    deviations: &[Deviation],
    day: Day,
) -> Scored {
    let mut by_requirement: BTreeMap<&RequirementId, Vec<Judged>> = BTreeMap::new();
    let mut written = Written::default();
    for (case, verdicts) in plan.cases.iter().zip(verdicts) {
        let scenario: Arc<str> = case.id.short().into();
        let rows = written.of(&case.scenario);
        for (((_, check), verdict), row) in case.checks().zip(verdicts.verdicts).zip(rows.iter()) {
            let judged = Judged {
                selected: selected(case),
                check: row.judged(&scenario, &verdict),
            };
            for id in check.requirements.iter() {
                by_requirement.entry(id).or_default().push(judged.clone());
            }
        }
    }
    let applies = plan.pack.applies.is_none()
        || !by_requirement
            .values()
            .flatten()
            .any(Judged::is_outside_the_pack);
    let mut rows = Vec::with_capacity(plan.pack.requirements.len());
    let mut exits = Vec::new();
    for requirement in &plan.pack.requirements {
        let checks = by_requirement.remove(&requirement.id).unwrap_or_default();
        let deviation = deviation(&plan.pack, requirement, deviations, day);
        exits.push(exit::of_requirement(
            requirement,
            &checks,
            deviation.as_ref(),
        ));
        rows.push(row(requirement, checks, deviation));
    }
    let exit = exit::combine(exits, applies);
    Scored {
        pack: pack_view(&plan.pack, rows, applies),
        exit,
    }
}

/// A check's row and whether somebody asked for it.
#[derive(Debug, Clone)]
struct Judged {
    selected: bool,
    check: view::Check,
}

impl Judged {
    fn is_outside_the_pack(&self) -> bool {
        self.check
            .reason
            .starts_with(crate::judge::PACK_DOES_NOT_APPLY)
    }
}

fn selected(case: &Case) -> bool {
    match case.standing {
        Standing::Runs
        | Standing::NotApplicable(_)
        | Standing::NotRun(_)
        | Standing::Disabled(_) => true,
        Standing::NotSelected(_) => false,
    }
}

/// What reports say of a check as it is written, whatever came of it: once for all rows of a scenario.
struct Row {
    step: Arc<str>,
    check: Arc<str>,
    because: Option<Arc<str>>,
    place: Arc<view::Place>,
}

/// The checks of scenarios as they are written.
#[derive(Default)]
struct Written {
    scenario: Option<(*const Scenario, Arc<[Row]>)>,
}

impl Written {
    /// The rows of a scenario's checks, in their order. Cases of one scenario follow each other.
    fn of(&mut self, scenario: &Arc<Scenario>) -> Arc<[Row]> {
        let key = Arc::as_ptr(scenario);
        if let Some((known, rows)) = &self.scenario
            && *known == key
        {
            return rows.clone();
        }
        let rows: Arc<[Row]> = planned(&scenario.script)
            .map(|(step, check)| Row::of(scenario, step, check))
            .collect();
        self.scenario = Some((key, rows.clone()));
        rows
    }
}

impl Row {
    fn of(scenario: &Scenario, step: usize, check: &StepCheck) -> Self {
        Self {
            step: scenario
                .script
                .steps
                .get(step)
                .map_or_else(|| "".into(), |step| step.name.clone()),
            check: check.item.label().into(),
            because: check.item.because.as_deref().map(Arc::from),
            place: Arc::new(shown(&check.item.place)),
        }
    }

    fn judged(&self, scenario: &Arc<str>, verdict: &Verdict) -> view::Check {
        let (expected, evidence) = match verdict {
            Verdict::Fail { evidence, expected } => {
                (Some(expected.clone()), Some(evidence.seen.place.clone()))
            }
            Verdict::Pass(evidence) => (None, Some(evidence.seen.place.clone())),
            Verdict::Inconclusive { .. }
            | Verdict::Error { .. }
            | Verdict::NotApplicable { .. }
            | Verdict::NotRun { .. }
            | Verdict::Disabled { .. } => (None, None),
        };
        view::Check {
            scenario: scenario.clone(),
            step: self.step.clone(),
            check: self.check.clone(),
            verdict: verdict.kind(),
            reason: verdict.reason().clone(),
            expected,
            because: self.because.clone(),
            evidence,
            place: self.place.clone(),
            exchanges: verdict.exchange().into(),
        }
    }
}

fn shown(place: &Place) -> view::Place {
    let (line, column) = place.line_column();
    let text = place.source.text.lines().nth(line - 1).unwrap_or_default();
    let length = place
        .text()
        .lines()
        .next()
        .unwrap_or_default()
        .chars()
        .count()
        .max(1);
    let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    view::Place {
        file: place.source.name.clone(),
        line: number(line),
        column: number(column),
        length: number(length),
        text: text.to_owned(),
    }
}

/// Of several known deviations, the one that lasts longest counts.
fn deviation(
    pack: &Pack,
    requirement: &Requirement,
    known: &[Deviation],
    day: Day,
) -> Option<view::Deviation> {
    let standing = |row: &Deviation| row.standing(&pack.id, &requirement.id, day);
    let about = known
        .iter()
        .filter(|row| standing(row) != supplier::Standing::Other);
    let row = about.max_by_key(|row| row.until)?;
    Some(view::Deviation {
        because: row.because.clone(),
        until: row.until.to_string(),
        expired: standing(row) == supplier::Standing::Expired,
    })
}

fn row(
    requirement: &Requirement,
    judged: Vec<Judged>,
    deviation: Option<view::Deviation>,
) -> view::Requirement {
    let (state, reason) = state::of(requirement, &judged);
    view::Requirement {
        id: requirement.id.to_string(),
        obligation: requirement.obligation,
        certainty: requirement.certainty,
        advisory: requirement.is_advisory(),
        area: requirement.area.to_string(),
        text: requirement.text.clone(),
        section: requirement.source.section.clone(),
        url: requirement.source.url.clone(),
        state,
        reason,
        deviation,
        checks: judged.into_iter().map(|judged| judged.check).collect(),
    }
}

fn pack_view(pack: &Pack, requirements: Vec<view::Requirement>, applies: bool) -> view::Pack {
    let testable = |row: &view::Requirement| {
        pack.requirements
            .iter()
            .any(|known| known.id.as_str() == row.id && known.not_tested.is_none())
    };
    let testable: Vec<bool> = requirements.iter().map(testable).collect();
    let binding = requirements
        .iter()
        .zip(&testable)
        .filter(|(row, _)| row.obligation.is_binding() && !row.advisory);
    let mut verdict = state::conformance(binding.map(|(row, testable)| (row.state, *testable)));
    if !applies && verdict == view::Conformance::Conformant {
        verdict = view::Conformance::NotDemonstrated;
    }
    view::Pack {
        pack: pack.id.to_string(),
        title: pack.title.clone(),
        version: pack.version.clone(),
        digest: pack.digest.clone(),
        standard: view::Standard {
            name: pack.standard.name.clone(),
            version: pack.standard.version.clone(),
            url: pack.standard.url.clone(),
        },
        role: pack.subject.to_string(),
        verdict,
        counts: state::counts(&requirements),
        areas: areas(pack, &requirements),
        levels: levels(pack, &requirements, &testable),
        progress: state::progress(pack, &requirements, |row| row.obligation.is_binding()),
        quality: state::progress(pack, &requirements, |row| {
            !row.obligation.is_binding() && row.obligation != crate::model::Obligation::May
        }),
        proved: pack.proof.as_ref().map(|proof| view::Proved {
            proved: proof.proved,
            checks: proof.checks,
        }),
        causes: causes::of(&requirements),
        requirements,
        must_support: Vec::new(),
    }
}

fn areas(pack: &Pack, requirements: &[view::Requirement]) -> Vec<view::Area> {
    let area = |(id, title): &(crate::model::AreaId, String)| {
        let mut counts = view::Counts::default();
        requirements
            .iter()
            .filter(|row| row.area == id.as_str())
            .for_each(|row| counts.add(row.state));
        view::Area {
            id: id.to_string(),
            title: title.clone(),
            counts,
        }
    };
    pack.areas.iter().map(area).collect()
}

fn levels(pack: &Pack, requirements: &[view::Requirement], testable: &[bool]) -> Vec<view::Level> {
    let level = |level: &crate::pack::Level| {
        let members = || {
            let rows = requirements.iter().zip(testable);
            rows.filter(|(row, _)| level.requirements.iter().any(|id| id.as_str() == row.id))
        };
        let mut counts = view::Counts::default();
        members().for_each(|(row, _)| counts.add(row.state));
        let binding = members().filter(|(row, _)| row.obligation.is_binding() && !row.advisory);
        let verdict = state::conformance(binding.map(|(row, testable)| (row.state, *testable)));
        view::Level {
            id: level.id.to_string(),
            title: level.title.clone(),
            verdict,
            counts,
        }
    };
    pack.levels.iter().map(level).collect()
}
