//! What matters most, first: the order of violated requirements, and what a mended cause would win.

use std::collections::BTreeMap;

use crate::model::VerdictKind;

use super::view::{Cause, Check, Pack, Requirement, State};

/// Violated requirements: those of the gate first, then by obligation, each group in the order of the published list.
pub fn violated(pack: &Pack) -> Vec<&Requirement> {
    let mut found = in_state(pack, State::Violated);
    found.sort_by_key(|requirement| (!requirement.counts_for_the_gate(), requirement.obligation));
    found
}

/// Requirements in a state, in the order of the published list.
pub fn in_state(pack: &Pack, state: State) -> Vec<&Requirement> {
    pack.requirements
        .iter()
        .filter(|requirement| requirement.state == state)
        .collect()
}

/// Requirements of the gate that are in a state, in the order of the published list.
pub fn gate_in_state(pack: &Pack, state: State) -> Vec<&Requirement> {
    let mut found = in_state(pack, state);
    found.retain(|requirement| requirement.counts_for_the_gate());
    found
}

/// The checks that failed.
pub fn failed(requirement: &Requirement) -> impl Iterator<Item = &Check> {
    requirement
        .checks
        .iter()
        .filter(|check| check.verdict == VerdictKind::Fail)
}

/// One reason why requirements are not shown to hold, and all of them that it holds back.
pub struct Reason<'a> {
    /// In words; empty where nobody said.
    pub reason: &'a str,
    /// The requirements, in the order of the published list.
    pub requirements: Vec<&'a Requirement>,
}

/// Requirements by their reason, the reason behind most of them first.
pub fn by_reason<'a>(requirements: &[&'a Requirement]) -> Vec<Reason<'a>> {
    let mut groups: Vec<Reason<'a>> = Vec::new();
    let mut known: BTreeMap<&str, usize> = BTreeMap::new();
    for requirement in requirements {
        let position = *known.entry(&requirement.reason).or_insert_with(|| {
            groups.push(Reason {
                reason: &requirement.reason,
                requirements: Vec::new(),
            });
            groups.len() - 1
        });
        groups[position].requirements.push(requirement);
    }
    groups.sort_by_key(|group| std::cmp::Reverse(group.requirements.len()));
    groups
}

/// One cause, and what mending it alone would win.
pub struct Fix<'a> {
    /// The cause.
    pub cause: &'a Cause,
    /// The requirements that nothing else holds back: satisfied once this cause is mended.
    pub satisfies: Vec<&'a str>,
    /// Those that have another cause, or an undetermined check, besides.
    pub helps: Vec<&'a str>,
}

/// What to mend first: causes that touch the gate before others, then those that win most.
pub fn fixes(pack: &Pack) -> Vec<Fix<'_>> {
    let mut behind: BTreeMap<&str, usize> = BTreeMap::new();
    for id in pack.causes.iter().flat_map(|cause| &cause.requirements) {
        *behind.entry(id).or_default() += 1;
    }
    let open: BTreeMap<&str, bool> = pack
        .requirements
        .iter()
        .map(|requirement| (requirement.id.as_str(), has_open_checks(requirement)))
        .collect();
    let alone = |id: &&str| behind.get(id) == Some(&1) && open.get(id) == Some(&false);
    let mut fixes: Vec<Fix<'_>> = pack.causes.iter().map(|cause| fix(cause, alone)).collect();
    fixes.sort_by_key(|fix| {
        (
            !fix.cause.binding,
            std::cmp::Reverse((fix.satisfies.len(), fix.helps.len())),
        )
    });
    fixes
}

fn fix<'a>(cause: &'a Cause, alone: impl Fn(&&'a str) -> bool) -> Fix<'a> {
    let (satisfies, helps) = cause
        .requirements
        .iter()
        .map(String::as_str)
        .partition(alone);
    Fix {
        cause,
        satisfies,
        helps,
    }
}

/// Whether some check of it could not be decided: mending what failed would leave it undetermined.
fn has_open_checks(requirement: &Requirement) -> bool {
    requirement.checks.iter().any(|check| match check.verdict {
        VerdictKind::Inconclusive | VerdictKind::Error | VerdictKind::NotRun => true,
        VerdictKind::Pass
        | VerdictKind::Fail
        | VerdictKind::NotApplicable
        | VerdictKind::Disabled => false,
    })
}

/// The causes of a requirement.
pub fn causes_of<'a>(pack: &'a Pack, id: &str) -> Vec<&'a Cause> {
    pack.causes
        .iter()
        .filter(|cause| cause.requirements.iter().any(|other| other == id))
        .collect()
}
