//! What an inherited element must say for itself before it is put into another structure: where it was first defined,
//! which structure states its invariants, where the element is found that it refers to.

use super::apply::Session;
use super::facts::{Fact, Facts, base_fact};
use super::node::Node;
use crate::fhir::definitions::{
    Canonical, Constraint, ElementDefinition, Max, STRUCTURE_BASE, Structure,
};

impl Session<'_> {
    /// Makes the base's elements stand for themselves: where each was first defined, and where invariants and the
    /// elements referred to are found.
    pub(super) fn settle_inherited(&self, node: &mut Node) {
        let home = home_of(&self.base);
        settle(node, &mut String::new(), &self.base.url, &home);
    }
}

/// The structure that content references without an address point into.
fn home_of(base: &Structure) -> String {
    match base.is_profile() {
        true => type_url(&base.type_name),
        false => base.url.to_string(),
    }
}

/// The address of the structure that defines a type.
pub(super) fn type_url(type_name: &str) -> String {
    match type_name.contains(':') {
        true => type_name.to_owned(),
        false => format!("{STRUCTURE_BASE}{type_name}"),
    }
}

fn settle(node: &mut Node, path: &mut String, source: &str, home: &str) {
    let before = path.len();
    if !path.is_empty() {
        path.push('.');
    }
    path.push_str(&node.name);
    settle_facts(&mut node.facts, path, source, home);
    for child in &mut node.children {
        settle(child, path, source, home);
    }
    path.truncate(before);
    for slice in &mut node.slices {
        settle(slice, path, source, home);
    }
}

/// Also for content that is unfolded from a type.
pub(super) fn settle_facts(facts: &mut Facts, path: &str, source: &str, home: &str) {
    if facts.unchanged().is_some_and(is_settled) {
        return;
    }
    if !facts.has("base") {
        let max = facts.max().unwrap_or(Max::Many);
        facts.set(base_fact(path, facts.min().unwrap_or(0), max));
    }
    if facts.get("base").and_then(|base| base.text_of("path")) == Some("Resource.id") {
        settle_id(facts);
    }
    let reference = facts.value("contentReference");
    let local = reference.filter(|reference| reference.starts_with('#'));
    if let Some(local) = local {
        let whole = format!("{}{local}", Canonical::of(home).url);
        facts.set(Fact::text("contentReference", &whole));
    }
    if facts
        .all("constraint")
        .any(|constraint| constraint.text_of("source").is_none())
    {
        name_sources(facts, source);
    }
}

/// Whether an element of a snapshot can stand as it is.
fn is_settled(element: &ElementDefinition) -> bool {
    let Some(base) = &element.base else {
        return false;
    };
    let reference = element.content_reference.as_deref();
    let is_local = reference.is_some_and(|reference| reference.starts_with('#'));
    let sourced = |constraint: &Constraint| constraint.source.is_some();
    !is_local && &*base.path != "Resource.id" && element.constraints.iter().all(sourced)
}

/// Ids of resources are of the type `id`, which some publications of R4 have as `string`.
fn settle_id(facts: &mut Facts) {
    if facts
        .types()
        .first()
        .is_none_or(|kind| &*kind.code != "string")
    {
        return;
    }
    let extension = vec![
        Fact::text(
            "url",
            &format!("{STRUCTURE_BASE}structuredefinition-fhir-type"),
        ),
        Fact::text("valueUrl", "id"),
    ];
    let parts = vec![
        Fact::parts("extension", extension),
        Fact::text("code", "http://hl7.org/fhirpath/System.String"),
    ];
    facts.set(Fact::parts("type", parts));
}

/// Says of each invariant that has no source where it comes from.
pub(super) fn name_sources(facts: &mut Facts, source: &str) {
    let named = facts.iter().map(|fact| {
        if fact.name() != "constraint" || fact.text_of("source").is_some() {
            return fact.clone();
        }
        let mut parts = fact.inside();
        parts.push(Fact::text("source", source));
        Fact::parts("constraint", parts)
    });
    *facts = named.collect();
}
