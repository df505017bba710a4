//! What is settled when the whole tree is there.

use super::apply::Session;
use super::node::Node;
use super::settle::settle_facts;
use super::{Practice, SnapshotError, Words};
use crate::fhir::definitions::Max;

impl Session<'_> {
    pub(super) fn finish(&mut self, root: &mut Node) -> Result<(), SnapshotError> {
        if self.specializes() {
            let url = self.structure.url.clone();
            settle_new(root, &mut String::new(), &url);
        }
        self.settle_groups(root)?;
        self.inherit_obligations(root);
        if self.manner.words == Words::Kept {
            self.repeat_inherited(root);
        }
        let raises = self.manner.practice == Practice::Current;
        settle_slices(root, raises);
        Ok(())
    }
}

/// The elements that a type adds were first defined by it.
fn settle_new(node: &mut Node, path: &mut String, url: &str) {
    let before = path.len();
    if !path.is_empty() {
        path.push('.');
    }
    path.push_str(&node.name);
    settle_facts(&mut node.facts, path, url, url);
    for child in &mut node.children {
        settle_new(child, path, url);
    }
    path.truncate(before);
    for slice in &mut node.slices {
        settle_new(slice, path, url);
    }
}

fn settle_slices(node: &mut Node, raises: bool) {
    for child in node.children.iter_mut().chain(&mut node.slices) {
        settle_slices(child, raises);
    }
    drop_ruled_out_types(node);
    if raises && node.implicit_slicing {
        raise_min(node);
    }
}

/// A type whose slice may not occur is no type of the choice.
fn drop_ruled_out_types(node: &mut Node) {
    let ruled_out: Vec<Box<str>> = node
        .slices
        .iter()
        .filter(|slice| slice.max() == Some(Max::Times(0)))
        .flat_map(|slice| match &slice.types()[..] {
            [kind] => Some(kind.code.clone()),
            _ => None,
        })
        .collect();
    let stem = node.choice_stem();
    if stem.is_none() || ruled_out.is_empty() || node.types().len() < 2 {
        return;
    }
    node.facts.keep(|fact| {
        let kind = fact.as_type().filter(|_| fact.name() == "type");
        kind.is_none_or(|kind| !ruled_out.contains(&kind.code))
    });
}

/// Slices that must occur make the element occur as often, where the differential did not speak of the element itself.
fn raise_min(node: &mut Node) {
    let repeats = node.facts.get("base").and_then(|base| base.text_of("max")) != Some("1");
    let whole = node.slices.iter().filter(|slice| {
        let name = slice.slice.as_deref().unwrap_or_default();
        !name.contains('/')
    });
    let needed: u64 = whole.map(|slice| u64::from(slice.min())).sum();
    if repeats && needed > u64::from(node.min()) {
        node.facts
            .set_min(u32::try_from(needed).unwrap_or(u32::MAX));
    }
}
