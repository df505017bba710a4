//! A snapshot as a tree: elements below elements, slices beside the element that they divide.

use super::facts::Facts;
use super::{SnapshotError, refuse};
use crate::fhir::definitions::{ElementDefinition, ElementType, Max, Structure};
use std::rc::Rc;
use std::sync::Arc;

/// The deepest path that is followed; FHIR's own deepest have eight steps.
pub(super) const MAX_STEPS: usize = 40;

/// One element (or one slice of an element) with all that lies below it.
#[derive(Debug, Clone)]
pub(super) struct Node {
    /// The last step of the path, such as `value[x]`.
    pub(super) name: Rc<str>,
    /// The slice that this is.
    pub(super) slice: Option<Rc<str>>,
    pub(super) facts: Facts,
    pub(super) children: Vec<Node>,
    /// The slices of this element in order, each resliced part behind the slice that it divides.
    pub(super) slices: Vec<Node>,
    /// Whether the differential speaks of slices without having stated the slicing itself.
    pub(super) implicit_slicing: bool,
}

impl Node {
    pub(super) fn new(name: &str, slice: Option<&str>, facts: Facts) -> Self {
        Self {
            name: name.into(),
            slice: slice.map(Into::into),
            facts,
            children: Vec::new(),
            slices: Vec::new(),
            implicit_slicing: false,
        }
    }

    /// Builds the tree of a snapshot.
    pub(super) fn of_snapshot(structure: &Arc<Structure>) -> Result<Self, SnapshotError> {
        Self::of_part(structure, 0)
    }

    /// Builds the tree of one element of a snapshot and all below it.
    pub(super) fn of_part(structure: &Arc<Structure>, from: usize) -> Result<Self, SnapshotError> {
        let mut open: Vec<Node> = Vec::new();
        let elements = structure.snapshot.get(from..).unwrap_or_default();
        let depth = |element: &ElementDefinition| element.path.split('.').count();
        let above = elements.first().map_or(0, |first| depth(first) - 1);
        for (at, element) in elements.iter().enumerate() {
            let steps = depth(element).saturating_sub(above);
            if steps <= 1 && !open.is_empty() && from > 0 {
                break;
            }
            if steps > MAX_STEPS || steps > open.len() + 1 || (steps <= 1 && !open.is_empty()) {
                let message = "the snapshot of the base is not in order here";
                return Err(refuse(&element.path, message));
            }
            close_to(&mut open, steps.saturating_sub(1));
            let name = element.path.rsplit('.').next().unwrap_or_default();
            let facts = Facts::of_snapshot(structure, from + at);
            open.push(Node::new(name, element.slice_name.as_deref(), facts));
        }
        close_to(&mut open, 1);
        open.pop()
            .ok_or_else(|| refuse("", "the snapshot of the base is empty"))
    }

    /// How many elements this stands for.
    pub(super) fn size(&self) -> usize {
        let below = self.children.iter().chain(&self.slices);
        1 + below.map(Node::size).sum::<usize>()
    }

    /// The same element as if it had never been sliced.
    pub(super) fn unsliced(&self) -> Self {
        let mut facts = self.facts.clone();
        if facts.is_slicing() {
            facts.remove("slicing");
        }
        Self {
            facts,
            slices: Vec::new(),
            implicit_slicing: false,
            name: self.name.clone(),
            slice: self.slice.clone(),
            children: self.children.clone(),
        }
    }

    /// `value` of `value[x]`; `None` where this is no choice of types.
    pub(super) fn choice_stem(&self) -> Option<&str> {
        self.name.strip_suffix("[x]")
    }

    pub(super) fn is_extension(&self) -> bool {
        matches!(&*self.name, "extension" | "modifierExtension")
    }

    pub(super) fn is_sliced(&self) -> bool {
        self.facts.is_slicing() || !self.slices.is_empty()
    }

    pub(super) fn min(&self) -> u32 {
        self.facts.min().unwrap_or(0)
    }

    pub(super) fn max(&self) -> Option<Max> {
        self.facts.max()
    }

    pub(super) fn types(&self) -> Vec<ElementType> {
        self.facts.types()
    }

    pub(super) fn slice_named(&mut self, name: &str) -> Option<&mut Node> {
        let named = |node: &&mut Node| node.slice.as_deref() == Some(name);
        self.slices.iter_mut().find(named)
    }

    /// Visits this and all below in the order of a snapshot, with path and id.
    pub(super) fn visit(&self, visitor: &mut impl FnMut(&str, &str, &Node)) {
        self.visit_from(&mut String::new(), &mut String::new(), &self.name, visitor);
    }

    /// Visits this and all below in the same order, to change them.
    pub(super) fn visit_mut(&mut self, visitor: &mut impl FnMut(&mut Node)) {
        visitor(self);
        for child in &mut self.children {
            child.visit_mut(visitor);
        }
        for slice in &mut self.slices {
            slice.visit_mut(visitor);
        }
    }

    fn visit_from(
        &self,
        path: &mut String,
        id: &mut String,
        group: &str,
        visitor: &mut impl FnMut(&str, &str, &Node),
    ) {
        let (path_before, id_before) = (path.len(), id.len());
        push_step(path, &self.name);
        push_step(id, group);
        if let Some(slice) = &self.slice {
            id.push(':');
            id.push_str(slice);
        }
        visitor(path, id, self);
        for child in &self.children {
            child.visit_from(path, id, &child.name, visitor);
        }
        path.truncate(path_before);
        id.truncate(id_before);
        for slice in &self.slices {
            slice.visit_from(path, id, group, visitor);
        }
    }
}

fn push_step(path: &mut String, step: &str) {
    if !path.is_empty() {
        path.push('.');
    }
    path.push_str(step);
}

/// Closes elements until so many are open, each into the one above it.
fn close_to(open: &mut Vec<Node>, steps: usize) {
    while open.len() > steps.max(1) {
        let Some(done) = open.pop() else { return };
        let Some(above) = open.last_mut() else { return };
        if done.slice.is_some()
            && let Some(whole) = above.children.last_mut()
            && divides(&done, whole)
        {
            whole.slices.push(done);
        } else {
            above.children.push(done);
        }
    }
}

/// Whether a named element is a slice of the element before it; older snapshots rename the slices of a choice.
fn divides(slice: &Node, whole: &Node) -> bool {
    if slice.name == whole.name {
        return true;
    }
    let stem = whole.choice_stem();
    stem.is_some_and(|stem| slice.name.starts_with(stem))
}
