//! Slices of a choice of types: one for each type that a differential speaks of, by `value[x]:valueQuantity` or, for
//! short, by `valueQuantity`.

use super::apply::{Session, Standing};
use super::differential::Change;
use super::node::Node;
use super::slices::slicing;
use super::type_slices::{OfType, capital, check_slicing, distinct};
use super::{Faults, SnapshotError};
use crate::fhir::definitions::{Max, Structure, Version};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

impl Session<'_> {
    /// Makes changes that are about single types of a choice.
    pub(super) fn choose(
        &mut self,
        node: &mut Node,
        changes: &[&Change],
    ) -> Result<(), SnapshotError> {
        let (whole, short): (Vec<&Change>, Vec<&Change>) =
            changes.iter().partition(|change| is_whole(node, change));
        let whole = whole.first().copied();
        if let [change] = short[..]
            && whole.is_some_and(|whole| whole.slices.is_empty() && !whole.facts.has("slicing"))
            && !change.stated
            && change.slices.is_empty()
        {
            return self.choose_only(node, whole, change);
        }
        let of_types = self.of_types(node, whole, &short)?;
        let before = node.unsliced();
        let was_sliced = node.is_sliced();
        if let Some(whole) = whole {
            if let Err(fault) = check_slicing(whole)
                && self.manner.faults == Faults::Refused
            {
                return Err(fault);
            }
            self.merge(node, whole, Standing::Inherited)?;
            self.below(node, &whole.children, &whole.label)?;
        }
        for of_type in &of_types {
            self.slice_of_type(node, &before, of_type, of_types.len())?;
        }
        bring_forward(node, &of_types);
        let is_short = whole.is_none_or(|whole| !whole.stated);
        self.close_choice(node, &of_types, was_sliced, is_short);
        Ok(())
    }

    /// Where faults are followed, content of a choice that only one of its types has is content of that type.
    pub(super) fn type_with_content(&mut self, node: &Node, change: &Change) -> Option<Change> {
        let stem = node.choice_stem()?;
        let types = distinct(node.types());
        let is_told = change.facts.has("type") || change.children.is_empty();
        if self.manner.faults == Faults::Refused || is_told || types.len() < 2 {
            return None;
        }
        let has_all = |found: &Arc<Structure>| {
            let root = Node::of_snapshot(found).ok();
            root.is_some_and(|root| {
                let named =
                    |child: &Change| root.children.iter().any(|known| *known.name == *child.name);
                change.children.iter().all(named)
            })
        };
        let mut fitting = types.iter().filter(|kind| {
            let found = self.whole_type(&kind.code);
            found.is_some_and(|found| has_all(&found))
        });
        let (Some(kind), None) = (fitting.next(), fitting.next()) else {
            return None;
        };
        let mut of_type = change.clone();
        of_type.name = format!("{stem}{}", capital(&kind.code)).into();
        Some(of_type)
    }

    /// A choice that is narrowed first, and followed by its short name then.
    fn choose_only(
        &mut self,
        node: &mut Node,
        whole: Option<&Change>,
        short: &Change,
    ) -> Result<(), SnapshotError> {
        if let Some(whole) = whole {
            self.apply(node, whole, Standing::Inherited)?;
        }
        match &distinct(node.types())[..] {
            [_] if !node.is_sliced() => self.below(node, &short.children, &short.label),
            _ => self.choose(node, &[short]),
        }
    }

    /// Narrows a choice to the one type that a short name stands for.
    pub(super) fn narrow(&mut self, node: &mut Node, change: &Change) -> Result<(), SnapshotError> {
        let stem = node.choice_stem().unwrap_or_default();
        let typed = change.name.strip_prefix(stem).unwrap_or_default();
        if let Some(code) = self.type_in_name(typed)
            && node.types().iter().any(|kind| *kind.code == *code)
        {
            keep_types(node, |kind| kind == code);
        }
        self.apply(node, change, Standing::Inherited)
    }

    fn slice_of_type(
        &mut self,
        node: &mut Node,
        before: &Node,
        of_type: &OfType,
        count: usize,
    ) -> Result<(), SnapshotError> {
        let change = of_type.whole_change();
        if count > 1 && change.facts.min().is_some_and(|min| min > 0) {
            self.fault(
                &change.label,
                "the slice for one type is mandatory, so that those for other types can never be",
            )?;
        }
        let limit = node.max();
        if let Some(at) = of_type.slice_in(node) {
            return self.apply_in_slice(&mut node.slices[at], &change, Standing::Inherited);
        }
        self.spend(&change.label, before.size())?;
        let mut made = before.clone();
        made.slice = change.slice.as_deref().map(Into::into);
        let keeps_min = count == 1;
        let standing = Standing::NewSlice {
            keeps_min,
            among_others: false,
        };
        self.apply_in_slice(&mut made, &change, standing)?;
        if let (Some(limit), Some(max)) = (limit, made.max())
            && max > limit
        {
            made.facts.set_max(limit);
        }
        node.slices.push(made);
        Ok(())
    }

    /// Sets the slicing by type, and takes the types out that are no longer possible.
    fn close_choice(&self, node: &mut Node, of_types: &[OfType], was_sliced: bool, is_short: bool) {
        if of_types.iter().any(OfType::is_mandatory) {
            require_mandatory(node);
        }
        let codes = of_types.iter().flat_map(|of_type| &of_type.codes);
        let sliced: BTreeSet<&str> = codes.map(String::as_str).collect();
        let covered = node.types().iter().all(|kind| sliced.contains(&*kind.code));
        let gone = node.max() == Some(Max::Times(0));
        let is_closed = was_sliced || covered || gone;
        // In STU3 a short name left out all other types; later it says nothing of them, but in extensions.
        let narrows = self.definitions.version() == Version::Stu3 || self.is_in_extension(node);
        let rules = match is_closed || (is_short && narrows) {
            true => "closed",
            false => "open",
        };
        if !is_closed && rules == "closed" {
            keep_types(node, |kind| sliced.contains(kind));
        }
        node.facts.set(slicing("type", "$this", rules));
    }

    fn is_in_extension(&self, node: &Node) -> bool {
        let base = node.facts.get("base").and_then(|base| base.text_of("path"));
        base == Some("Extension.value[x]")
    }
}

/// A choice with a slice that must occur must occur itself, and has the slice's type.
fn require_mandatory(node: &mut Node) {
    let mandatory = node.slices.iter().find(|slice| slice.min() > 0);
    let Some(kind) = mandatory.and_then(|slice| slice.types().into_iter().next()) else {
        return;
    };
    node.facts.set_min(1);
    keep_types(node, |code| code == &*kind.code);
}

/// The slices that a differential speaks of come first, as it has them.
fn bring_forward(node: &mut Node, of_types: &[OfType]) {
    let named = of_types.iter().enumerate();
    let places: BTreeMap<&str, usize> = named.map(|(at, of_type)| (&*of_type.name, at)).collect();
    let spoken_of = |slice: &Node| {
        let name = slice.slice.as_deref().unwrap_or_default();
        places.get(name).copied().unwrap_or(of_types.len())
    };
    node.slices.sort_by_key(spoken_of);
}

/// Whether a change is about all types of a choice. Some authors leave the brackets out.
fn is_whole(node: &Node, change: &Change) -> bool {
    *change.name == *node.name || Some(&*change.name) == node.choice_stem()
}

fn keep_types(node: &mut Node, keeps: impl Fn(&str) -> bool) {
    node.facts
        .keep(|fact| fact.name() != "type" || fact.as_type().is_none_or(|kind| keeps(&kind.code)));
}
