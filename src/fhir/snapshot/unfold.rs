//! What an element holds where its definition does not spell it out: the content of its type, of the profile on its
//! type, or of the element that it refers to.

use super::apply::Session;
use super::facts::{Fact, Facts};
use super::node::Node;
use super::settle::{settle_facts, type_url};
use super::{SnapshotError, refuse};
use crate::fhir::definitions::{Canonical, ElementType, Structure};
use std::sync::Arc;

impl Session<'_> {
    /// Gives an element the children that its type or reference has.
    pub(super) fn unfold(&mut self, node: &mut Node, label: &str) -> Result<(), SnapshotError> {
        let children = match node.facts.value("contentReference") {
            Some(reference) => {
                let reference = reference.to_owned();
                let target = self.referred(&reference, label)?;
                node.facts.remove("contentReference");
                node.facts.remove("type");
                let types: Vec<Fact> = target.facts.all("type").cloned().collect();
                types.into_iter().for_each(|fact| node.facts.add(fact));
                target.children
            }
            None => self.content_of_types(node, label)?,
        };
        self.spend(label, children.iter().map(Node::size).sum())?;
        node.children = children;
        Ok(())
    }

    /// The element that a content reference names: `#Bundle.link`, or with the address of its structure before.
    fn referred(&mut self, reference: &str, label: &str) -> Result<Node, SnapshotError> {
        let parts = Canonical::of(reference);
        let fragment = parts.fragment.unwrap_or_default();
        let elsewhere = match parts.url {
            "" => None,
            url if *url == *self.base.url => None,
            url => self.whole(url),
        };
        let source = elsewhere.unwrap_or_else(|| self.base.clone());
        let mut elements = source.snapshot.iter();
        let named = |id: &str, path: &str| id == fragment || path == fragment;
        let Some(found) = elements.position(|element| named(&element.id, &element.path)) else {
            return Err(refuse(label, format!("nothing is found at `{reference}`")));
        };
        let mut target = Node::of_part(&source, found)?;
        let mut path = source.snapshot[found].path.to_string();
        settle_below(&mut target, &mut path, &source.url, &source.url);
        Ok(target)
    }

    fn content_of_types(&mut self, node: &Node, label: &str) -> Result<Vec<Node>, SnapshotError> {
        let types = node.types();
        let structure = self.structure_of_types(&types, label)?;
        let mut root = Node::of_snapshot(&structure)?;
        let home = match structure.is_profile() {
            true => type_url(&structure.type_name),
            false => structure.url.to_string(),
        };
        let mut path = root.name.to_string();
        settle_below(&mut root, &mut path, &structure.url, &home);
        Ok(root.children)
    }

    /// One type, or several profiles on one type: its content. Several types: what they have in common.
    fn structure_of_types(
        &mut self,
        types: &[ElementType],
        label: &str,
    ) -> Result<Arc<Structure>, SnapshotError> {
        let Some(first) = types.first() else {
            return Err(refuse(label, "the element has neither content nor a type"));
        };
        let one = types.iter().all(|kind| kind.code == first.code);
        let profiles: Vec<&str> = types
            .iter()
            .flat_map(|kind| kind.profiles.iter().map(|profile| &**profile))
            .collect();
        if one
            && let [profile] = profiles[..]
            && let Some(found) = self.profiled(profile)
        {
            return Ok(found);
        }
        let code = if one { &*first.code } else { "Element" };
        let found = self.whole_type(code);
        found.ok_or_else(|| refuse(label, format!("the type `{code}` is not at hand")))
    }

    /// The structure of a profile; `None` where only one element of it is meant, or it is not at hand.
    fn profiled(&mut self, profile: &str) -> Option<Arc<Structure>> {
        match Canonical::of(profile).fragment {
            Some(_) => None,
            None => self.whole(profile),
        }
    }
}

fn settle_below(node: &mut Node, path: &mut String, source: &str, home: &str) {
    let settle = |facts: &mut Facts, path: &str| settle_facts(facts, path, source, home);
    for child in &mut node.children {
        let before = path.len();
        path.push('.');
        path.push_str(&child.name);
        settle(&mut child.facts, path);
        settle_below(child, path, source, home);
        for slice in &mut child.slices {
            settle_facts(&mut slice.facts, path, source, home);
            settle_below(slice, path, source, home);
        }
        path.truncate(before);
    }
}
