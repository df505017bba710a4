//! Invariants that elements have from their type, and that snapshots repeat: `ele-1` of all elements, and `ext-1` of
//! extensions. Compact definitions leave them to the type.

use super::apply::Session;
use super::facts::{Fact, Facts};
use super::node::Node;
use super::settle::settle_facts;
use std::collections::BTreeMap;

/// What is repeated, and of which elements it is not.
pub(super) struct Repeated {
    of_elements: Vec<Fact>,
    of_extensions: Vec<Fact>,
    /// Whether a type is one of elements, and not of resources.
    are_elements: BTreeMap<Box<str>, bool>,
}

impl Session<'_> {
    /// Repeats them at all elements below the root that lack them.
    pub(super) fn repeat_inherited(&mut self, root: &mut Node) {
        let mut repeated = Repeated {
            of_elements: self.constraints_of("Element"),
            of_extensions: self.constraints_of("Extension"),
            are_elements: BTreeMap::new(),
        };
        for child in &mut root.children {
            self.repeat(child, &mut repeated);
        }
    }

    fn constraints_of(&mut self, code: &str) -> Vec<Fact> {
        let Some(found) = self.whole_type(code) else {
            return Vec::new();
        };
        let mut root = Facts::of_snapshot(&found, 0);
        settle_facts(&mut root, code, &found.url, &found.url);
        root.all("constraint").cloned().collect()
    }

    fn repeat(&self, node: &mut Node, repeated: &mut Repeated) {
        if self.is_element(node, &mut repeated.are_elements) {
            add_missing(&mut node.facts, &repeated.of_elements);
            if node.types().iter().any(|kind| &*kind.code == "Extension") {
                add_missing(&mut node.facts, &repeated.of_extensions);
            }
        }
        for below in node.children.iter_mut().chain(&mut node.slices) {
            self.repeat(below, repeated);
        }
    }

    /// Attributes of XML are no elements, and neither are resources. Logical models do not repeat what they build on.
    fn is_element(&self, node: &Node, known: &mut BTreeMap<Box<str>, bool>) -> bool {
        let is_attribute = node
            .facts
            .all("representation")
            .any(|fact| fact.value() == Some("xmlAttr"));
        let base = node.facts.get("base").and_then(|base| base.text_of("path"));
        if is_attribute || base == Some("Resource.id") {
            return false;
        }
        let home = base
            .and_then(|base| base.split('.').next())
            .unwrap_or_default();
        let types = node.types();
        let mut is_one = |code: &str| match known.get(code) {
            Some(is_one) => *is_one,
            None => {
                let is_one = self.is_known_type(code) && self.builds_on(code, "Element");
                known.insert(code.into(), is_one);
                is_one
            }
        };
        if !self.is_known_type(home) {
            return false;
        }
        match types.is_empty() {
            true => node.facts.has("contentReference"),
            false => types.iter().all(|kind| is_one(&kind.code)),
        }
    }
}

fn add_missing(facts: &mut Facts, constraints: &[Fact]) {
    let lacks = |constraint: &&Fact| {
        let key = constraint.text_of("key");
        !facts
            .all("constraint")
            .any(|known| known.text_of("key") == key)
    };
    let missing: Vec<Fact> = constraints.iter().filter(lacks).cloned().collect();
    missing
        .into_iter()
        .for_each(|constraint| facts.add(constraint));
}
