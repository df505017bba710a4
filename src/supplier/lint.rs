//! What is wrong with a supplier file that reads well: on its own, and against the packs that it names.

use std::sync::Arc;

use super::{Day, Deviation, LANGUAGE, Seat, Supplier};
use crate::diag::{Diagnostic, Place, Source};
use crate::model::{LevelId, PackId, RequirementId, RoleId};
use crate::yaml::{self, Node};

/// What a supplier file may say of a pack, as plain data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackFacts {
    /// The pack.
    pub id: PackId,
    /// Its title.
    pub title: String,
    /// Its roles.
    pub roles: Vec<RoleId>,
    /// The role that is tested.
    pub subject: RoleId,
    /// The endpoint that its paths are joined to.
    pub endpoint: String,
    /// The values that its scenarios use.
    pub values: Vec<PackValue>,
    /// The logical patients that its scenarios use.
    pub patients: Vec<String>,
    /// The claims that a supplier may make or not, each with a line about it.
    pub claims: Vec<(String, String)>,
    /// The levels, each with its title.
    pub levels: Vec<(LevelId, String)>,
    /// The requirements.
    pub requirements: Vec<RequirementId>,
}

/// A value that a pack's scenarios use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackValue {
    /// Its name.
    pub name: String,
    /// What it is unless a supplier file says otherwise; `None` where a supplier file must say.
    pub default: Option<String>,
    /// What it is for, in a line.
    pub about: String,
}

/// Everything that is wrong with a supplier file: what [`Supplier::read`] finds, and then what does not fit the packs.
///
/// Packs that are not among `packs` cannot be judged: naming one is `unknown-pack`.
pub fn lint(source: &Arc<Source>, packs: &[PackFacts], today: Day) -> Vec<Diagnostic> {
    let supplier = match Supplier::read(source) {
        Ok(supplier) => supplier,
        Err(problems) => return problems,
    };
    let Ok(node) = yaml::parse(source) else {
        return Vec::new();
    };
    let mut problems = seats(&node, &supplier, packs);
    problems.extend(claims(&node, &supplier, packs));
    problems.extend(values(&node, &supplier, packs));
    problems.extend(deviations(&node, &supplier.deviations, packs, today));
    problems
}

/// The version of the language comes first: a newer file would else seem full of mistakes.
pub(super) fn version(node: &Node) -> Result<(), Diagnostic> {
    let Some(version) = node.get("plugfest") else {
        return Err(Diagnostic::error("missing-field", "`plugfest` is missing")
            .at(&node.place)
            .help("every file starts with `plugfest: 1`"));
    };
    if version.scalar().and_then(|text| text.parse().ok()) == Some(LANGUAGE) {
        return Ok(());
    }
    let message = "this file is written for another version of the language";
    Err(Diagnostic::error("unknown-version", message)
        .at(&version.place)
        .label(format!("this plugfest reads version {LANGUAGE}")))
}

/// What is wrong with the file on its own.
pub(super) fn own(node: &Node, supplier: &Supplier) -> Vec<Diagnostic> {
    let mut problems = Vec::new();
    if supplier.systems.is_empty() {
        let place = at(node, &["systems"]);
        problems.push(Diagnostic::error("empty", "there is no system to test").at(&place));
    }
    for (name, system) in &supplier.systems {
        let place = |path: &[&str]| at(node, &[&["systems", name], path].concat());
        if system.plays.is_empty() {
            let message = format!("system `{name}` plays no role");
            problems.push(Diagnostic::error("empty", message).at(&place(&["plays"])));
        }
        for (endpoint, url) in &system.endpoints {
            if url.as_str().contains(['?', '#']) {
                let message = "the base of a service has no query and no fragment";
                let place = place(&["endpoints", endpoint]);
                problems.push(Diagnostic::error("bad-value", message).at(&place));
            }
        }
        problems.extend(pasted_key(node, name, system));
    }
    problems.extend(twice(node, &supplier.deviations));
    problems
}

/// A key that was pasted where its path belongs.
fn pasted_key(node: &Node, name: &str, system: &super::System) -> Option<Diagnostic> {
    let client = system.tls.as_ref()?.client.as_ref()?;
    if !client.key.contains("-----BEGIN") {
        return None;
    }
    let place = at(node, &["systems", name, "tls", "client"]);
    let diagnostic = Diagnostic::error("unsafe-secret", "a private key is written into the file");
    Some(diagnostic.at(&place).help("`key` is the path of a file"))
}

/// Deviations that are listed twice contradict each other.
pub(super) fn twice(node: &Node, deviations: &[Deviation]) -> Vec<Diagnostic> {
    let mut problems = Vec::new();
    for (position, deviation) in deviations.iter().enumerate() {
        let reference = &deviation.requirement;
        if deviations[..position]
            .iter()
            .any(|before| before.requirement == *reference)
        {
            let message = format!("`{reference}` is listed twice");
            problems.push(
                Diagnostic::error("duplicate-id", message).at(&deviation_place(node, position)),
            );
        }
    }
    problems
}

fn seats(node: &Node, supplier: &Supplier, packs: &[PackFacts]) -> Vec<Diagnostic> {
    let mut problems = Vec::new();
    for (name, system) in &supplier.systems {
        let plays = node
            .get("systems")
            .and_then(|node| node.get(name))
            .and_then(|node| node.get("plays"));
        let places = plays.map(Node::items).unwrap_or_default();
        for (seat, written) in system.plays.iter().zip(places) {
            let (pack, role) = match seat {
                Seat::Any => continue,
                Seat::Pack(pack) => (pack, None),
                Seat::Role(pack, role) => (pack, Some(role)),
            };
            let Some(facts) = packs.iter().find(|facts| facts.id == *pack) else {
                problems.push(unknown_pack(pack, packs, &written.place));
                continue;
            };
            if let Some(role) = role.filter(|role| !facts.roles.contains(role)) {
                let message = format!("pack `{pack}` has no role `{role}`");
                let known = facts.roles.iter().map(RoleId::as_str);
                let diagnostic = Diagnostic::error("unknown-role", message).at(&written.place);
                problems.push(diagnostic.suggest(role.as_str(), known));
            }
            let is_subject = role.is_none_or(|role| *role == facts.subject);
            if is_subject && system.endpoint(&facts.endpoint).is_none() {
                let message = format!(
                    "pack `{pack}` needs an endpoint `{}` of system `{name}`",
                    facts.endpoint
                );
                let place = at(node, &["systems", name, "endpoints"]);
                problems.push(Diagnostic::error("no-endpoint", message).at(&place));
            }
        }
    }
    problems
}

fn unknown_pack(pack: &PackId, packs: &[PackFacts], place: &Place) -> Diagnostic {
    let known = packs.iter().map(|facts| facts.id.as_str());
    Diagnostic::error("unknown-pack", format!("there is no pack `{pack}`"))
        .at(place)
        .suggest(pack.as_str(), known)
}

fn claims(node: &Node, supplier: &Supplier, packs: &[PackFacts]) -> Vec<Diagnostic> {
    let mut problems = Vec::new();
    for (pack, claims) in &supplier.claims {
        let place = key_place(node, &["claims"], pack.as_str());
        let Some(facts) = packs.iter().find(|facts| facts.id == *pack) else {
            problems.push(unknown_pack(pack, packs, &place));
            continue;
        };
        let known = || facts.levels.iter().map(|(level, _)| level.as_str());
        let level = claims.level.as_ref();
        if let Some(level) = level.filter(|level| !known().any(|known| known == level.as_str())) {
            let message = format!("pack `{pack}` has no level `{level}`");
            let place = at(node, &["claims", pack.as_str(), "level"]);
            let diagnostic = Diagnostic::error("unknown-level", message).at(&place);
            problems.push(diagnostic.suggest(level.as_str(), known()));
        }
        let known = || facts.claims.iter().map(|(claim, _)| claim.as_str());
        for except in claims
            .except
            .iter()
            .filter(|except| !known().any(|known| known == *except))
        {
            let message = format!("pack `{pack}` has no claim `{except}`");
            let place = at(node, &["claims", pack.as_str(), "except"]);
            let diagnostic = Diagnostic::error("bad-value", message).at(&place);
            problems.push(diagnostic.suggest(except, known()));
        }
    }
    problems
}

/// Values that no pack asks for are most likely misspelt; those that a pack needs must be there.
fn values(node: &Node, supplier: &Supplier, packs: &[PackFacts]) -> Vec<Diagnostic> {
    let played = || {
        packs
            .iter()
            .filter(|facts| supplier.system_for(&facts.id, &facts.subject).is_some())
    };
    let known = || played().flat_map(|facts| facts.values.iter().map(|value| value.name.as_str()));
    let mut problems = Vec::new();
    for name in supplier
        .values
        .keys()
        .filter(|name| !known().any(|known| known == *name))
    {
        let message = format!("no pack that is played here asks for a value `{name}`");
        let place = key_place(node, &["values"], name);
        problems.push(
            Diagnostic::warning("bad-value", message)
                .at(&place)
                .suggest(name, known()),
        );
    }
    for facts in played() {
        let needed = facts.values.iter().filter(|value| value.default.is_none());
        for value in needed.filter(|value| !supplier.values.contains_key(&value.name)) {
            let message = format!("pack `{}` needs a value `{}`", facts.id, value.name);
            let diagnostic = Diagnostic::error("missing-field", message).at(&at(node, &["values"]));
            problems.push(diagnostic.help(format!("under `values`: {}", value.about)));
        }
    }
    problems
}

fn deviations(
    node: &Node,
    deviations: &[Deviation],
    packs: &[PackFacts],
    today: Day,
) -> Vec<Diagnostic> {
    let mut problems = Vec::new();
    for (position, deviation) in deviations.iter().enumerate() {
        let place = deviation_place(node, position);
        let reference = &deviation.requirement;
        let fitting = packs
            .iter()
            .filter(|facts| reference.pack.as_ref().is_none_or(|pack| *pack == facts.id));
        let known: Vec<&str> = fitting
            .flat_map(|facts| facts.requirements.iter().map(RequirementId::as_str))
            .collect();
        if !known.contains(&reference.id.as_str()) {
            let message = format!("no requirement is called `{reference}`");
            let diagnostic = Diagnostic::error("unknown-requirement", message).at(&place);
            problems.push(diagnostic.suggest(reference.id.as_str(), known));
        }
        if today > deviation.until {
            let message = format!(
                "the deviation from `{reference}` ended on {}",
                deviation.until
            );
            problems.push(Diagnostic::warning("expired-deviation", message).at(&place));
        }
    }
    problems
}

fn deviation_place(node: &Node, position: usize) -> Place {
    let items = node.get("deviations").map(Node::items).unwrap_or_default();
    let item = items.get(position).unwrap_or(node);
    item.get("requirement").unwrap_or(item).place.clone()
}

/// Where a value stands; where it does not, the nearest thing around it.
fn at(node: &Node, path: &[&str]) -> Place {
    let mut found = node;
    for key in path {
        match found.get(key) {
            Some(below) => found = below,
            None => break,
        }
    }
    found.place.clone()
}

fn key_place(node: &Node, path: &[&str], key: &str) -> Place {
    let mut found = node;
    for step in path {
        found = found.get(step).unwrap_or(found);
    }
    let entry = found.entries().iter().find(|(name, _)| name.text == key);
    entry.map_or_else(|| found.place.clone(), |(name, _)| name.place.clone())
}
