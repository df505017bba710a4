//! Requirements of the embedded packs, as entries.

use std::sync::Arc;

use super::Entry;
use crate::cli::packs;
use crate::model::{Requirement, RequirementId};
use crate::pack::Pack;
use crate::store;

/// A requirement and the pack that lists it.
pub struct Listed {
    pack: Arc<Pack>,
    requirement: Arc<Requirement>,
}

impl Listed {
    /// Its id, without the pack.
    pub fn id(&self) -> &str {
        self.requirement.id.as_str()
    }
}

/// Every requirement of the packs of this plugfest, as far as they can be read: to say what is wrong with a pack is the linter's.
pub fn of_embedded_packs() -> Vec<Listed> {
    let packs = store::embedded().into_iter();
    let packs = packs
        .filter_map(|id| packs::load(id).ok())
        .map(|loaded| Arc::new(loaded.pack));
    let listed = packs.flat_map(|pack| {
        let rows = pack.requirements.clone().into_iter();
        rows.map(move |requirement| Listed {
            pack: pack.clone(),
            requirement,
        })
    });
    listed.collect()
}

/// The entries of `ID` or `pack/ID`.
pub fn find(word: &str, listed: &[Listed]) -> Vec<Entry> {
    let (pack, id) = match word.split_once('/') {
        Some((pack, id)) => (Some(pack), id),
        None => (None, word),
    };
    let same = listed
        .iter()
        .filter(|row| row.id() == id && pack.is_none_or(|pack| row.pack.id.as_str() == pack));
    same.map(entry).collect()
}

fn entry(listed: &Listed) -> Entry {
    let Listed { pack, requirement } = listed;
    let advisory = match requirement.is_advisory() {
        true => ", advisory: a violation is shown, but never makes a supplier non-conformant",
        false => "",
    };
    let standing = format!(
        "{} of the {} ({}{advisory}), in the area {} of {}.",
        requirement.obligation,
        requirement.actor,
        requirement.certainty.as_str(),
        requirement.area,
        pack.id
    );
    let source = format!(
        "Source: {}, {}",
        requirement.source.section, requirement.source.url
    );
    Entry {
        name: requirement.id.to_string(),
        summary: requirement.text.clone(),
        paragraphs: vec![standing, source, verified(pack, requirement)],
        examples: Vec::new(),
    }
}

fn verified(pack: &Pack, requirement: &Requirement) -> String {
    if let Some(reason) = &requirement.not_tested {
        return format!("Not tested: {reason}.");
    }
    let scenarios = scenarios(pack, &requirement.id);
    if scenarios.is_empty() {
        return "No check verifies it.".into();
    }
    format!("Verified by the scenarios: {}.", scenarios.join(", "))
}

/// The scenarios with a check that proves a requirement.
fn scenarios<'a>(pack: &'a Pack, id: &RequirementId) -> Vec<&'a str> {
    let proves = |scenario: &&Arc<crate::scenario::Scenario>| {
        let checks = scenario.script.steps.iter().flat_map(|step| &step.checks);
        checks
            .into_iter()
            .any(|check| check.requirements.iter().any(|proved| proved == id))
    };
    let scenarios = pack.scenarios.iter().filter(proves);
    scenarios.map(|scenario| scenario.id.as_str()).collect()
}
