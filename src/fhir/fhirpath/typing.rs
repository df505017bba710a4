//! The types of elements, which the steps of a path ask for again and again: those of parents are kept.

use super::evaluate::Evaluator;
use crate::fhir::tree::{Element, Resource};
use crate::fhir::types;
use std::cell::{Cell, OnceCell};

/// How many types are kept at a time.
const SLOTS: usize = 64;

/// The types of some elements that have others below them.
#[derive(Default)]
pub(crate) struct KnownTypes<'r> {
    slots: OnceCell<Vec<Cell<Slot<'r>>>>,
}

#[derive(Clone, Copy)]
struct Slot<'r> {
    resource: Option<&'r Resource>,
    id: u32,
    name: Option<&'r str>,
}

/// The FHIR type of an element, or `None` where it is not known.
pub(crate) fn type_of<'r>(evaluator: &Evaluator<'r>, element: Element<'r>) -> Option<&'r str> {
    if let Some(own) = types::own_type(element) {
        return Some(own);
    }
    // Depth is bounded by the tree's own.
    let parent = parent_type(evaluator, element.parent()?).unwrap_or("");
    evaluator
        .variables
        .types
        .element_type(parent, element.name())
}

fn parent_type<'r>(evaluator: &Evaluator<'r>, parent: Element<'r>) -> Option<&'r str> {
    if let Some(name) = parent.resource_type() {
        return Some(name);
    }
    let slots = evaluator.known_types.slots.get_or_init(|| {
        let empty = Slot {
            resource: None,
            id: 0,
            name: None,
        };
        vec![Cell::new(empty); SLOTS]
    });
    let slot = &slots[parent.id as usize % SLOTS];
    let known = slot.get();
    let same = |resource: &Resource| std::ptr::eq(resource, parent.resource);
    if known.id == parent.id && known.resource.is_some_and(same) {
        return known.name;
    }
    let name = type_of(evaluator, parent);
    slot.set(Slot {
        resource: Some(parent.resource),
        id: parent.id,
        name,
    });
    name
}
