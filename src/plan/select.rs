//! Which cases run, and why the others do not.

use std::collections::BTreeSet;

use super::{Facts, Standing};
use crate::model::{LevelId, RequirementId};
use crate::pack::Pack;
use crate::protocol::Effect;
use crate::scenario::Scenario;

/// Why what writes is left out of a run that only reads.
pub const READ_ONLY: &str = "it would write, and this run is read-only (`--read-only`)";

/// What was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Selection {
    /// Ids of scenarios or requirements; empty means all.
    pub only: Vec<String>,
    /// A level of the pack.
    pub level: Option<LevelId>,
    /// Whether writes are left out.
    pub access: Access,
}

/// Whether a run may change anything at the supplier's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Access {
    /// It makes its own data, and cleans up.
    #[default]
    ReadWrite,
    /// It only reads.
    ReadOnly,
}

impl Selection {
    /// The ids of `only` that name nothing in the pack.
    pub fn strangers<'a>(&'a self, pack: &Pack) -> Vec<&'a str> {
        let known = |id: &str| {
            pack.scenarios
                .iter()
                .any(|scenario| scenario.id.as_str() == id)
                || pack.requirements.iter().any(|row| row.id.as_str() == id)
                || pack.areas.iter().any(|(area, _)| area.as_str() == id)
        };
        self.only
            .iter()
            .map(String::as_str)
            .filter(|id| !known(id))
            .collect()
    }

    fn takes(&self, pack: &Pack, scenario: &Scenario, cited: &BTreeSet<RequirementId>) -> bool {
        let area =
            |id: &RequirementId| pack.requirement(id).map(|row| row.area.as_str().to_owned());
        let named = |name: &String| {
            scenario.id.as_str() == name
                || cited
                    .iter()
                    .any(|id| id.as_str() == name || area(id).as_deref() == Some(name.as_str()))
        };
        self.only.is_empty() || self.only.iter().any(named)
    }
}

pub(super) fn standing(
    pack: &Pack,
    scenario: &Scenario,
    facts: &Facts,
    selection: &Selection,
) -> Standing {
    if let Some(disabled) = &scenario.disabled {
        return Standing::Disabled(
            format!("withdrawn since {}: {}", disabled.since, disabled.because).into(),
        );
    }
    let cited = scenario.cited();
    if !selection.takes(pack, scenario, &cited) {
        return Standing::NotSelected("not selected (`--only`)".into());
    }
    if let Some(reason) = outside_level(pack, &cited, facts, selection) {
        return Standing::NotSelected(reason.into());
    }
    if let Some(claims) = &facts.claims
        && let Some(need) = scenario.needs.iter().find(|need| !claims.contains(*need))
    {
        return Standing::NotApplicable(format!("the supplier does not claim `{need}`").into());
    }
    if selection.access == Access::ReadOnly && scenario.script.effect() == Effect::Writes {
        return Standing::NotRun(READ_ONLY.into());
    }
    Standing::Runs
}

/// Why a scenario is left out by the level that was asked for, or else by the one that the supplier claims.
fn outside_level(
    pack: &Pack,
    cited: &BTreeSet<RequirementId>,
    facts: &Facts,
    selection: &Selection,
) -> Option<String> {
    let asked = selection.level.as_ref().map(LevelId::as_str);
    let wanted = asked.or(facts.level.as_deref())?;
    let level = pack
        .levels
        .iter()
        .find(|level| level.id.as_str() == wanted)?;
    if !level.requirements.is_disjoint(cited) {
        return None;
    }
    Some(match asked {
        Some(_) => format!("not in the level `{wanted}` (`--level`)"),
        None => format!("not claimed: the supplier claims the level `{wanted}`"),
    })
}
