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
    branches
}

/// A slice belongs to the element it divides, where that stands beside it; a reslice to its slice.
fn attach(elements: &[ElementDefinition], branches: &mut [Branch], parent: usize, at: usize) {
    let element = &elements[at];
    let Some(slice_name) = element.slice_name.as_deref() else {
        branches[parent].children.push(at);
        return;
    };
    let siblings = &branches[parent].children;
    let sliced = siblings
        .iter()
        .rev()
        .find(|sibling| divides(element, &elements[**sibling]));
    let Some(sliced) = sliced.copied() else {
        branches[parent].children.push(at);
        return;
    };
    let holder = holder_of(elements, branches, sliced, slice_name);
    branches[holder].slices.push(at);
}

/// `a/b` is a slice of the slice `a`.
fn holder_of(
    elements: &[ElementDefinition],
    branches: &[Branch],
    sliced: usize,
    slice_name: &str,
) -> usize {
    let Some((above, _)) = slice_name.rsplit_once('/') else {
        return sliced;
    };
    let holder = holder_of(elements, branches, sliced, above);
    let slices = &branches[holder].slices;
    let found = slices
        .iter()
        .find(|slice| elements[**slice].slice_name.as_deref() == Some(above));
    found.copied().unwrap_or(holder)
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
