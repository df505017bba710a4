//! Following a differential through the tree of its base.

use super::differential::{Change, path_root};
use super::facts::{Facts, base_fact};
use super::node::Node;
use super::slices::Before;
use super::type_slices::capital;
use super::{Faults, MAX_ELEMENTS, Manner, Order, Practice, SnapshotError, refuse};
use crate::fhir::definitions::{Definitions, Derivation, Max, Structure, Trail};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The most changes that are copied from one place of a differential to others.
const MAX_TOIL: usize = 10 * MAX_ELEMENTS;

/// What one snapshot is made with.
pub(super) struct Session<'s> {
    pub(super) definitions: &'s Definitions,
    pub(super) structure: &'s Structure,
    pub(super) base: Arc<Structure>,
    pub(super) manner: Manner,
    pub(super) trail: &'s mut Trail,
    /// What was XML, as JSON.
    pub(super) written: BTreeMap<Box<str>, Arc<Structure>>,
    /// How many elements may still be added.
    budget: usize,
    /// How much work may still be done for nothing.
    patience: usize,
    /// How many elements inside each other are under work.
    pub(super) depth: usize,
    /// Whether a slice is being filled with what the base itself says of the element.
    pub(super) in_slice: bool,
}

/// Where the element stands that a change is merged into.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// The base has it.
    Inherited,
    /// It is a slice that was just copied; whether it keeps the minimum of the element that it divides.
    NewSlice {
        keeps_min: bool,
        /// Whether the base had slices already.
        among_others: bool,
    },
}

impl<'s> Session<'s> {
    pub(super) fn new(
        definitions: &'s Definitions,
        structure: &'s Structure,
        base: Arc<Structure>,
        manner: Manner,
        trail: &'s mut Trail,
    ) -> Self {
        Self {
            definitions,
            structure,
            base,
            manner,
            trail,
            written: BTreeMap::new(),
            budget: MAX_ELEMENTS,
            patience: MAX_TOIL,
            depth: 0,
            in_slice: false,
        }
    }

    /// Pays for work that adds nothing yet.
    pub(super) fn toil(&mut self, label: &str, amount: usize) -> Result<(), SnapshotError> {
        match self.patience.checked_sub(amount) {
            Some(left) => {
                self.patience = left;
                Ok(())
            }
            None => Err(refuse(label, "the differential asks for too much work")),
        }
    }

    /// Refuses a fault that could be passed over, where it is not.
    pub(super) fn fault(
        &self,
        label: &str,
        message: impl Into<String>,
    ) -> Result<(), SnapshotError> {
        match self.manner.faults {
            Faults::Refused => Err(refuse(label, message)),
            Faults::Followed => Ok(()),
        }
    }

    /// Pays for elements that are added.
    pub(super) fn spend(&mut self, label: &str, elements: usize) -> Result<(), SnapshotError> {
        match self.budget.checked_sub(elements) {
            Some(left) => {
                self.budget = left;
                Ok(())
            }
            None => Err(refuse(
                label,
                format!("the snapshot would have more than {MAX_ELEMENTS} elements"),
            )),
        }
    }

    pub(super) fn root(&mut self, root: &mut Node, change: &Change) -> Result<(), SnapshotError> {
        self.spend("", root.size())?;
        if !change.slices.is_empty() || change.facts.has("slicing") || change.slice.is_some() {
            return Err(refuse(&change.label, "the root cannot be sliced"));
        }
        self.apply(root, change, Standing::Inherited)
    }

    /// Makes a change to an element, and to all below it.
    pub(super) fn apply(
        &mut self,
        node: &mut Node,
        change: &Change,
        standing: Standing,
    ) -> Result<(), SnapshotError> {
        let divides = !change.slices.is_empty() || change.facts.has("slicing");
        let before = divides.then(|| Before::of(node));
        let outside = self.in_slice;
        self.depth += 1;
        self.merge(node, change, standing)?;
        self.in_slice &= change.stated;
        self.below(node, &change.children, &change.label)?;
        if let Some(before) = before {
            self.divide(node, &before, change)?;
        }
        self.depth -= 1;
        self.in_slice = outside;
        Ok(())
    }

    /// Makes the changes below an element, which is unfolded where the base says nothing of its content.
    pub(super) fn below(
        &mut self,
        node: &mut Node,
        changes: &[Change],
        label: &str,
    ) -> Result<(), SnapshotError> {
        if changes.is_empty() {
            return Ok(());
        }
        let outside = self.in_slice;
        if node.children.is_empty() && !self.is_bare_root(node) {
            self.unfold(node, label)?;
            self.in_slice = false;
        }
        let done = self.children(node, changes);
        self.in_slice = outside;
        done
    }

    fn children(&mut self, node: &mut Node, changes: &[Change]) -> Result<(), SnapshotError> {
        let places = self.places(node, changes)?;
        let mut by_place: BTreeMap<usize, Vec<&Change>> = BTreeMap::new();
        for (change, place) in changes.iter().zip(places) {
            by_place.entry(place).or_default().push(change);
        }
        for (place, changes) in by_place {
            self.child(&mut node.children[place], &changes)?;
        }
        Ok(())
    }

    fn child(&mut self, child: &mut Node, changes: &[&Change]) -> Result<(), SnapshotError> {
        match changes {
            [change] if is_named_as_itself(child, change) => {
                self.apply(child, &change.slices[0], Standing::Inherited)
            }
            [change] if !self.is_type_slicing(child, change) => {
                match self.type_with_content(child, change) {
                    Some(of_type) => self.choose(child, &[&of_type]),
                    None => self.apply(child, change, Standing::Inherited),
                }
            }
            [change] if self.in_slice && is_narrowing(child, change) => self.narrow(child, change),
            [change] if self.names_the_whole(child, change) => {
                self.name_whole(child, &change.slices[0])
            }
            changes => self.choose(child, changes),
        }
    }

    /// A lone slice of a choice took the place of the whole in the former practice.
    fn names_the_whole(&self, child: &Node, change: &Change) -> bool {
        self.manner.practice == Practice::Former
            && (self.in_slice || change.name == child.name.as_ref().into())
            && !change.stated
            && change.children.is_empty()
            && child.choice_stem().is_some()
            && !child.is_sliced()
            && change.slices.len() == 1
    }

    fn name_whole(&mut self, child: &mut Node, slice: &Change) -> Result<(), SnapshotError> {
        self.apply(child, slice, Standing::Inherited)?;
        child.slice = slice.slice.as_deref().map(Into::into);
        Ok(())
    }

    /// Makes a change to an element of a slice: what is unfolded further down is no longer the slice's own.
    pub(super) fn apply_in_slice(
        &mut self,
        node: &mut Node,
        change: &Change,
        standing: Standing,
    ) -> Result<(), SnapshotError> {
        let outside = std::mem::replace(&mut self.in_slice, true);
        let done = self.apply(node, change, standing);
        self.in_slice = outside;
        done
    }

    /// A type may build on one that has no elements at all.
    fn is_bare_root(&self, node: &Node) -> bool {
        self.specializes() && node.types().is_empty() && !node.facts.has("contentReference")
    }

    /// Which child each change is about. A type of its own may add children.
    fn places(&mut self, node: &mut Node, changes: &[Change]) -> Result<Vec<usize>, SnapshotError> {
        let mut places: Vec<usize> = Vec::with_capacity(changes.len());
        for change in changes {
            let place = match self.place_of(node, &change.name) {
                Some(place) => place,
                None if self.structure.derivation == Derivation::Specialization => {
                    node.children.push(self.added(change)?);
                    node.children.len() - 1
                }
                None => return Err(refuse(&change.label, not_there(node, &change.name))),
            };
            let before = places.last().copied().unwrap_or(0);
            if self.manner.order == Order::OfTheBase && place < before {
                return Err(refuse(
                    &change.label,
                    "the element is out of order: the base has it before the one above",
                ));
            }
            places.push(place);
        }
        Ok(places)
    }

    /// An element that a type adds to its base: its own definition is merged into nothing.
    fn added(&mut self, change: &Change) -> Result<Node, SnapshotError> {
        self.spend(&change.label, 1)?;
        if !change.stated {
            return Err(refuse(&change.label, "the base has no such element"));
        }
        let mut node = Node::new(&change.name, None, change.facts.clone());
        node.facts.remove("slicing");
        Ok(node)
    }
}

/// What a type has that builds on nothing, or on `Base`, before it says anything.
pub(super) fn bare_root(structure: &Structure) -> Node {
    let root = path_root(&structure.type_name);
    let base = match structure.base {
        Some(_) => "Base",
        None => root,
    };
    let mut facts = Facts::default();
    facts.set_min(0);
    facts.set_max(Max::Many);
    facts.set(base_fact(base, 0, Max::Many));
    Node::new(root, None, facts)
}

/// Whether a name is that of a choice with a type behind it.
fn is_typed(stem: &str, name: &str) -> bool {
    let rest = name.strip_prefix(stem);
    rest.is_some_and(|rest| rest.starts_with(|letter: char| letter.is_ascii_uppercase()))
}

impl Session<'_> {
    /// The child of a name, or the choice that the name is short for. Older snapshots rename a choice with one type
    /// left.
    pub(super) fn place_of(&self, node: &Node, name: &str) -> Option<usize> {
        let mut children = node.children.iter();
        if let Some(place) = children.position(|child| *child.name == *name) {
            return Some(place);
        }
        node.children
            .iter()
            .position(|child| match child.choice_stem() {
                Some(stem) => name == stem || self.is_short_for(child, stem, name),
                None => {
                    let renamed = name.strip_suffix("[x]");
                    renamed.is_some_and(|stem| self.is_renamed(child, stem))
                }
            })
    }

    /// Whether an element is what is left of a choice.
    fn is_renamed(&self, child: &Node, stem: &str) -> bool {
        let typed = child.name.strip_prefix(stem);
        let typed = typed.filter(|_| is_typed(stem, &child.name));
        let types = child.types();
        typed.is_some_and(|typed| types.iter().all(|kind| capital(&kind.code) == typed))
    }

    /// Whether a name is short for one type of a choice.
    fn is_short_for(&self, choice: &Node, stem: &str, name: &str) -> bool {
        let Some(typed) = name.strip_prefix(stem).filter(|_| is_typed(stem, name)) else {
            return false;
        };
        let types = choice.types();
        let has = |code: &str| types.iter().any(|kind| *kind.code == *code);
        types.iter().any(|kind| capital(&kind.code) == typed)
            || self.type_in_name(typed).is_some_and(|code| has(&code))
    }
}

/// A choice with one type left, renamed for it, is no longer sliced by it.
fn is_named_as_itself(child: &Node, change: &Change) -> bool {
    let [slice] = &change.slices[..] else {
        return false;
    };
    let named = slice.slice.as_deref() == Some(&*child.name) && !child.is_sliced();
    named && child.choice_stem().is_none() && !change.stated && change.children.is_empty()
}

/// Whether a change by a short name leaves the choice one type: so it is within slices, where nothing is sliced again
/// for a single type.
fn is_narrowing(child: &Node, change: &Change) -> bool {
    *change.name != *child.name && change.slices.is_empty() && !child.is_sliced()
}

fn not_there(node: &Node, name: &str) -> String {
    let names = node.children.iter().map(|child| &*child.name);
    match names.min_by_key(|known| strsim::levenshtein(known, name)) {
        Some(near) if strsim::levenshtein(near, name) <= 2 => {
            format!("the base has no such element; did you mean `{near}`?")
        }
        _ => "the base has no such element".to_owned(),
    }
}
