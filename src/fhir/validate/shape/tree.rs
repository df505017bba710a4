//! From the flat list of a snapshot to a tree: what is below what, and which slice divides which element.

use crate::fhir::definitions::ElementDefinition;

/// An element's place in the tree.
#[derive(Debug, Default, Clone)]
pub(super) struct Branch {
    /// Elements below, without slices.
    pub(super) children: Vec<usize>,
    /// Slices of this element.
    pub(super) slices: Vec<usize>,
}

/// One branch for each element, in the same order. An element whose parent does not come before it hangs nowhere.
pub(super) fn branches(elements: &[ElementDefinition]) -> Vec<Branch> {
    let mut branches = vec![Branch::default(); elements.len()];
    // The last element seen at each depth.
    let mut open: Vec<usize> = Vec::new();
    for (at, element) in elements.iter().enumerate() {
        let depth = element.path.matches('.').count();
        open.truncate(depth);
        if at > 0 {
            let above = element.path.rsplit_once('.').map(|(above, _)| above);
            match open.last() {
                Some(parent) if open.len() == depth && above == Some(&*elements[*parent].path) => {
                    attach(elements, &mut branches, *parent, at);
                }
                Some(_) | None => continue,
            }
        }
        open.push(at);
    }
    nest(elements, &mut branches);
    branches
}

/// A slice belongs to the element it divides, where that stands beside it.
fn attach(elements: &[ElementDefinition], branches: &mut [Branch], parent: usize, at: usize) {
    let element = &elements[at];
    if element.slice_name.is_none() {
        branches[parent].children.push(at);
        return;
    }
    let siblings = &branches[parent].children;
    let sliced = siblings
        .iter()
        .rev()
        .find(|sibling| divides(element, &elements[**sibling]));
    let Some(sliced) = sliced.copied() else {
        branches[parent].children.push(at);
        return;
    };
    branches[sliced].slices.push(at);
}

/// `a/b` is a slice of the slice `a`, wherever that stands in the list.
fn nest(elements: &[ElementDefinition], branches: &mut [Branch]) {
    for at in 0..branches.len() {
        let slices = std::mem::take(&mut branches[at].slices);
        let name = |slice: usize| elements[slice].slice_name.as_deref().unwrap_or_default();
        let mut own = Vec::with_capacity(slices.len());
        for slice in &slices {
            let above = name(*slice).rsplit_once('/').map(|(above, _)| above);
            match slices.iter().find(|holder| Some(name(**holder)) == above) {
                Some(holder) => branches[*holder].slices.push(*slice),
                None => own.push(*slice),
            }
        }
        branches[at].slices = own;
    }
}

/// The same path, or a typed spelling of a choice (`valueQuantity` beside `value[x]`).
fn divides(slice: &ElementDefinition, element: &ElementDefinition) -> bool {
    if slice.path == element.path {
        return true;
    }
    let stem = element.path.strip_suffix("[x]");
    stem.and_then(|stem| slice.path.strip_prefix(stem))
        .is_some_and(|rest| rest.starts_with(|letter: char| letter.is_ascii_uppercase()))
}
