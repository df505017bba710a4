//! The elements of a differential in the order of the base.

use super::Manner;
use super::apply::Session;
use super::differential::Change;
use super::node::Node;
use super::{SnapshotError, base_of};
use crate::fhir::definitions::{Definitions, ElementDefinition, Structure, Trail};

/// The differential of a structure, sorted as the base has the elements. Slices keep their order.
///
/// # Errors
/// Where the base is not usable, or a path is none.
pub fn sorted(
    definitions: &Definitions,
    structure: &Structure,
    trail: &mut Trail,
) -> Result<Vec<ElementDefinition>, SnapshotError> {
    let mut change = Change::of_differential(structure)?;
    if let Some(base) = base_of(definitions, structure, trail)? {
        let root = Node::of_snapshot(&base)?;
        let mut session = Session::new(definitions, structure, base, Manner::FOR_USE, trail);
        session.sort(&mut change, Some(&root));
    }
    let mut places = Vec::new();
    collect(&change, &mut places);
    let elements = places
        .iter()
        .filter_map(|at| structure.differential.get(*at));
    Ok(elements.cloned().collect())
}

impl Session<'_> {
    /// Sorts what is below a change; elements that the base does not have stay behind the others.
    fn sort(&mut self, change: &mut Change, node: Option<&Node>) {
        let mut whole = node.cloned();
        if let Some(node) = &mut whole
            && node.children.is_empty()
            && !change.children.is_empty()
        {
            // What cannot be unfolded leaves the order as it is: the snapshot will say what is wrong.
            let _ = self.unfold(node, &change.label);
        }
        let place = |session: &Self, name: &str| {
            let place = whole.as_ref().and_then(|node| session.place_of(node, name));
            place.unwrap_or(usize::MAX)
        };
        change
            .children
            .sort_by_key(|child| place(self, &child.name));
        for child in &mut change.children {
            let at = place(self, &child.name);
            let node = whole.as_ref().and_then(|whole| whole.children.get(at));
            self.sort(child, node);
        }
        for slice in &mut change.slices {
            self.sort(slice, node);
        }
    }
}

fn collect(change: &Change, places: &mut Vec<usize>) {
    if change.stated {
        places.push(change.at);
    }
    for child in &change.children {
        collect(child, places);
    }
    for slice in &change.slices {
        collect(slice, places);
    }
}
