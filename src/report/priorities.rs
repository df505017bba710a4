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

#[cfg(test)]
mod tests {
    use super::*;

    fn cause(summary: &str, requirements: &[&str], binding: bool) -> Cause {
        Cause {
            summary: summary.into(),
            requirements: requirements.iter().map(|id| (*id).to_owned()).collect(),
            binding,
        }
    }

    fn requirement(id: &str, verdicts: &[&str]) -> serde_json::Value {
        let check = |verdict: &&str| {
            serde_json::json!({
                "scenario": "s", "step": "t", "check": "c", "verdict": verdict, "reason": "r", "exchanges": [],
                "place": { "file": "f", "line": 1, "column": 1, "length": 1, "text": "x" },
            })
        };
        serde_json::json!({
            "id": id, "obligation": "SHALL", "certainty": "explicit", "advisory": false, "area": "a", "text": "", "section": "",
            "url": "", "state": "violated", "reason": "", "deviation": null, "checks": verdicts.iter().map(check).collect::<Vec<_>>(),
        })
    }

    fn pack(requirements: &[serde_json::Value], causes: Vec<Cause>) -> Pack {
        let pack = serde_json::json!({
            "pack": "p", "title": "", "version": "", "digest": "", "standard": { "name": "", "version": "", "url": "" }, "role": "",
            "verdict": "non-conformant", "counts": {}, "areas": [], "levels": [], "progress": 0, "quality": 0, "proved": null,
            "causes": causes, "requirements": requirements,
        });
        serde_json::from_value(pack).unwrap()
    }

    #[test]
    fn a_mended_cause_wins_only_what_nothing_else_holds_back() {
        let rows = [
            requirement("alone", &["fail", "pass"]),
            requirement("two-causes", &["fail", "fail"]),
            requirement("open", &["fail", "inconclusive"]),
        ];
        let causes = vec![
            cause("first", &["alone", "two-causes", "open"], true),
            cause("second", &["two-causes"], true),
        ];
        let pack = pack(&rows, causes);
        let fixes = fixes(&pack);
        assert_eq!(fixes[0].satisfies, ["alone"]);
        assert_eq!(fixes[0].helps, ["two-causes", "open"]);
        assert!(fixes[1].satisfies.is_empty());
    }

    #[test]
    fn what_decides_the_verdict_comes_first() {
        let rows = [
            requirement("a", &["fail"]),
            requirement("b", &["fail"]),
            requirement("c", &["fail"]),
        ];
        let causes = vec![
            cause("quality", &["a", "b"], false),
            cause("gate", &["c"], true),
        ];
        let pack = pack(&rows, causes);
        assert_eq!(fixes(&pack)[0].cause.summary, "gate");
    }
}
