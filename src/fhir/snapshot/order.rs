//! The elements of a differential in the order of the base.

use super::apply::{Session, place_of};
use super::differential::Change;
use super::node::Node;
use super::{Manner, Order, Practice};
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
        let root = Node::of_snapshot(&base.snapshot)?;
        let manner = Manner {
            order: Order::Any,
            practice: Practice::Current,
        };
        let mut session = Session::new(definitions, structure, &base, manner, trail);
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
        let place = |name: &str| whole.as_ref().and_then(|node| place_of(node, name));
        change
            .children
            .sort_by_key(|child| place(&child.name).unwrap_or(usize::MAX));
        for child in &mut change.children {
            let at = place(&child.name);
            let node = whole
                .as_ref()
                .zip(at)
                .map(|(whole, at)| &whole.children[at]);
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
