//! What lies behind violated requirements: the same observation often breaks several.

use std::collections::BTreeMap;

use crate::model::VerdictKind;
use crate::report::view::{Cause, Requirement, State};

/// One row for each cause, the one behind most binding requirements first.
pub(super) fn of(requirements: &[Requirement]) -> Vec<Cause> {
    let mut causes: BTreeMap<String, Cause> = BTreeMap::new();
    for row in requirements
        .iter()
        .filter(|row| row.state == State::Violated)
    {
        let binding = row.obligation.is_binding() && !row.advisory;
        for check in row
            .checks
            .iter()
            .filter(|check| check.verdict == VerdictKind::Fail)
        {
            let summary = format!("{}: observed {}", check.check, check.reason);
            let cause = causes.entry(summary.clone()).or_insert_with(|| Cause {
                summary,
                requirements: Vec::new(),
                binding: false,
            });
            cause.binding |= binding;
            if !cause.requirements.contains(&row.id) {
                cause.requirements.push(row.id.clone());
            }
        }
    }
    let mut causes: Vec<Cause> = causes.into_values().collect();
    causes.sort_by_key(|cause| (!cause.binding, std::cmp::Reverse(cause.requirements.len())));
    causes
}
