//! Obligation profiles: what they add to the elements of a profile that inherits from them.

use super::apply::Session;
use super::facts::{Fact, Facts};
use super::node::Node;
use crate::fhir::definitions::{ElementDefinition, Structure, text};
use crate::fhir::tree::Element;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Purposes of additional bindings that demand something of data; an obligation profile cannot add these.
const DEMANDING: [&str; 3] = ["maximum", "required", "extensible"];

impl Session<'_> {
    /// Adds obligations, must-support and further bindings from all obligation profiles on the same base.
    pub(super) fn inherit_obligations(&mut self, root: &mut Node) {
        let source = self.structure.source.clone();
        let named = source.root().children().filter_map(inherits_from);
        let addresses: Vec<String> = named.map(str::to_owned).collect();
        for address in addresses {
            if let Some(found) = self.whole(&address)
                && is_obligation_profile(&found)
                && found.base == self.structure.base
            {
                add_all(root, &found);
            }
        }
    }
}

fn inherits_from(extension: Element<'_>) -> Option<&str> {
    let url = text(extension, "url").filter(|_| extension.name() == "extension")?;
    url.ends_with("/inherit-obligations")
        .then(|| text(extension, "valueCanonical"))?
}

fn is_obligation_profile(structure: &Structure) -> bool {
    structure.source.root().children().any(|extension| {
        let url = text(extension, "url").unwrap_or_default();
        let is_flag =
            url.ends_with("/obligation-profile-flag") || url.ends_with("/obligation-profile");
        is_flag && text(extension, "valueBoolean") == Some("true")
    })
}

/// Elements are the same where their ids are.
fn add_all(root: &mut Node, profile: &Arc<Structure>) {
    let by_id: BTreeMap<&str, usize> = profile
        .snapshot
        .iter()
        .enumerate()
        .map(|(at, element)| (&*element.id, at))
        .collect();
    let mut found = Vec::new();
    root.visit(&mut |_, id, _| found.push(by_id.get(id).copied()));
    let mut found = found.into_iter();
    root.visit_mut(&mut |node| {
        if let Some(at) = found.next().flatten() {
            let facts = Facts::of_snapshot(profile, at);
            add(&mut node.facts, &facts, &profile.snapshot[at]);
        }
    });
}

fn add(facts: &mut Facts, from: &Facts, element: &ElementDefinition) {
    for fact in from.all("extension") {
        let url = fact.text_of("url").unwrap_or_default();
        let is_obligation = url.ends_with("/obligation");
        if is_obligation && !facts.all("extension").any(|known| known.says_what(fact)) {
            facts.add(fact.clone());
        }
    }
    if element.must_support == Some(true) && facts.flag("mustSupport") != Some(true) {
        facts.set(Fact::bare("mustSupport", true));
    }
    let Some(binding) = from.get("binding") else {
        return;
    };
    let further: Vec<Fact> = binding.inside().into_iter().filter(is_further).collect();
    let mut parts = facts.get("binding").map(Fact::inside).unwrap_or_default();
    let before = parts.len();
    for part in further {
        if !parts.iter().any(|known| known.says_what(&part)) {
            parts.push(part);
        }
    }
    if parts.len() > before {
        facts.set(Fact::parts("binding", parts));
    }
}

/// Whether a part of a binding is an additional one that demands nothing.
fn is_further(part: &Fact) -> bool {
    let purpose = match part.name() {
        "additional" => part.text_of("purpose").map(str::to_owned),
        "extension"
            if part
                .text_of("url")
                .is_some_and(|url| url.ends_with("/additional-binding")) =>
        {
            let parts = part.inside();
            let purpose = parts
                .iter()
                .find(|part| part.text_of("url") == Some("purpose"));
            purpose.and_then(|purpose| purpose.text_of("valueCode").map(str::to_owned))
        }
        _ => return false,
    };
    purpose.is_none_or(|purpose| !DEMANDING.contains(&&*purpose))
}
