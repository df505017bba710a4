//! What a proof counts.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::judge::CaseVerdicts;
use crate::model::{RequirementId, Verdict, VerdictKind};
use crate::pack::ProofRecord;
use crate::plan::Plan;
use crate::serve::{Defect, Lack, ReferenceSupplier};

/// A check, rows of its scenario taken together.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct CheckId {
    /// The scenario.
    pub scenario: String,
    /// The step.
    pub step: String,
    /// Counts the scenario's checks from 0.
    pub index: usize,
    /// The check in a line.
    pub check: String,
}

/// What a defect did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DefectRow {
    /// Its id.
    pub id: String,
    /// What goes wrong.
    pub title: String,
    /// The requirements that it says it breaks.
    pub breaks: Vec<String>,
    /// The requirements that failed.
    pub fails: Vec<String>,
    /// How many checks failed.
    pub checks: usize,
}

/// The proof of a pack.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Proof {
    /// The pack's id.
    pub pack: String,
    /// The pack's digest.
    pub digest: String,
    /// How many checks it has.
    pub checks: usize,
    /// How many of them some defect makes fail.
    pub proved: usize,
    /// How many defects were switched on, one at a time.
    pub defects: usize,
    /// The checks that no defect makes fail.
    pub unproved: Vec<CheckId>,
    /// What stands against the proof: a sound supplier that fails, a defect that nothing notices, or that breaks more than it says.
    pub problems: Vec<String>,
    /// What each defect did.
    pub rows: Vec<DefectRow>,
}

/// A proof as it grows.
#[derive(Debug)]
pub(super) struct Tally {
    checks: BTreeSet<CheckId>,
    proved: BTreeSet<CheckId>,
    problems: Vec<String>,
    rows: Vec<DefectRow>,
}

impl Tally {
    pub(super) fn new(plan: &Plan) -> Self {
        let checks = plan
            .pack
            .scenarios
            .iter()
            .filter(|scenario| scenario.disabled.is_none())
            .flat_map(|scenario| {
                let planned = crate::plan::planned(&scenario.script).enumerate();
                planned.map(|(index, (step, check))| id(scenario, step, index, &check.item.summary))
            });
        Self {
            checks: checks.collect(),
            proved: BTreeSet::new(),
            problems: Vec::new(),
            rows: Vec::new(),
        }
    }

    /// Against the sound supplier nothing may fail, and nothing may stay undecided, but what it says it lacks. That must fail.
    pub(super) fn sound(&mut self, plan: &Plan, verdicts: &[CaseVerdicts], lacks: &[Lack]) {
        let mut lacking: BTreeSet<&str> = lacks.iter().map(|lack| lack.requirement).collect();
        for (check, requirements, verdict) in each(plan, verdicts) {
            let (word, reason) = (verdict.kind().as_str(), verdict.reason());
            let shown = format!("{} › {} › {}", check.scenario, check.step, check.check);
            match verdict.kind() {
                VerdictKind::Pass | VerdictKind::NotApplicable | VerdictKind::Disabled => {}
                VerdictKind::Fail if requirements.iter().all(|id| is_lacking(lacks, id)) => {
                    lacking.retain(|lack| requirements.iter().all(|id| id.as_str() != *lack));
                    self.proved.insert(check);
                }
                VerdictKind::Fail
                | VerdictKind::Inconclusive
                | VerdictKind::Error
                | VerdictKind::NotRun => {
                    self.problems
                        .push(format!("sound supplier: {shown}: {word}: {reason}"));
                }
            }
        }
        let unseen = lacking
            .into_iter()
            .map(|id| format!("sound supplier: it says it lacks {id}, but nothing fails"));
        self.problems.extend(unseen);
    }

    /// A defect must fail something, and nothing that it does not name.
    pub(super) fn defect(
        &mut self,
        defect: &Defect,
        plan: &Plan,
        verdicts: &[CaseVerdicts],
        supplier: &ReferenceSupplier,
    ) {
        let mut fails: BTreeMap<String, CheckId> = BTreeMap::new();
        let mut failed = BTreeSet::new();
        for (check, requirements, verdict) in each(plan, verdicts) {
            if verdict.kind() == VerdictKind::Fail
                && !requirements.iter().all(|id| is_lacking(supplier.lacks, id))
            {
                for requirement in requirements {
                    fails
                        .entry(requirement.to_string())
                        .or_insert_with(|| check.clone());
                }
                failed.insert(check);
            }
        }
        let unseen = supplier.unseen.iter().any(|row| row.defect == defect.id);
        if failed.is_empty() && !unseen {
            self.problems
                .push(format!("defect `{}`: nothing notices it", defect.id));
        }
        if unseen && !failed.is_empty() {
            let words = "something notices it, though it is listed as unseen";
            self.problems
                .push(format!("defect `{}`: {words}", defect.id));
        }
        for (requirement, check) in &fails {
            if !defect.breaks.contains(&requirement.as_str()) {
                let at = format!("{} › {} › {}", check.scenario, check.step, check.check);
                self.problems.push(format!(
                    "defect `{}`: {requirement} fails too ({at}), which it does not name",
                    defect.id
                ));
            }
        }
        self.rows.push(DefectRow {
            id: defect.id.into(),
            title: defect.title.into(),
            breaks: defect.breaks.iter().map(|id| (*id).to_owned()).collect(),
            fails: fails.into_keys().collect(),
            checks: failed.len(),
        });
        self.proved.extend(failed);
    }

    pub(super) fn proof(mut self, plan: &Plan) -> Proof {
        self.rows.sort_by(|one, other| one.id.cmp(&other.id));
        self.problems.sort();
        self.problems.dedup();
        Proof {
            pack: plan.pack.id.to_string(),
            digest: plan.pack.digest.clone(),
            checks: self.checks.len(),
            proved: self.checks.intersection(&self.proved).count(),
            defects: self.rows.len(),
            unproved: self.checks.difference(&self.proved).cloned().collect(),
            problems: self.problems,
            rows: self.rows,
        }
    }
}

impl Proof {
    /// As it is kept beside the pack.
    pub fn record(&self) -> ProofRecord {
        let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        ProofRecord {
            digest: self.digest.clone(),
            checks: number(self.checks),
            proved: number(self.proved),
            defects: number(self.defects),
        }
    }

    /// Whether every check is proved, and nothing stands against it.
    pub fn holds(&self) -> bool {
        self.checks > 0 && self.unproved.is_empty() && self.problems.is_empty()
    }
}

/// Whether any check fails, but those of what even the sound supplier lacks.
pub(super) fn fails(plan: &Plan, verdicts: &[CaseVerdicts], lacks: &[Lack]) -> bool {
    each(plan, verdicts).any(|(_, requirements, verdict)| {
        verdict.kind() == VerdictKind::Fail && !requirements.iter().all(|id| is_lacking(lacks, id))
    })
}

fn each<'a>(
    plan: &'a Plan,
    verdicts: &'a [CaseVerdicts],
) -> impl Iterator<Item = (CheckId, &'a [RequirementId], &'a Verdict)> {
    plan.cases
        .iter()
        .zip(verdicts)
        .flat_map(|(case, verdicts)| {
            let checks = case.checks().zip(&verdicts.verdicts).enumerate();
            checks.map(|(index, ((step, check), verdict))| {
                (
                    id(&case.scenario, step, index, &check.item.summary),
                    &*check.requirements,
                    verdict,
                )
            })
        })
}

fn id(scenario: &crate::scenario::Scenario, step: usize, index: usize, check: &str) -> CheckId {
    let step = scenario
        .script
        .steps
        .get(step)
        .map_or_else(String::new, |step| step.name.to_string());
    CheckId {
        scenario: scenario.id.to_string(),
        step,
        index,
        check: check.to_owned(),
    }
}

fn is_lacking(lacks: &[Lack], requirement: &RequirementId) -> bool {
    lacks
        .iter()
        .any(|lack| lack.requirement == requirement.as_str())
}
