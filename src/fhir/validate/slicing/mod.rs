//! Slicing: which repetition belongs to which slice, and whether each slice has as many as it may.

mod criteria;
mod route;
mod test;

pub(super) use criteria::Plan;

use super::constrain::Family;
use super::run::Run;
use super::shape::{Node, NodeId, Shape};
use super::walk::title;
use super::{IssueKind, Weight};
use crate::fhir::definitions::{Max, Slicing, SlicingRules};
use crate::fhir::tree::Element;

/// How a repetition stands to a slice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fit {
    Inside,
    Outside,
    /// It cannot be told.
    Open,
}

impl<'v> Run<'v> {
    /// Divides the repetitions of an element among its slices.
    pub(super) fn slices(
        &mut self,
        parent: Element<'v>,
        shape: &'v Shape,
        node: &'v Node,
        family: &[Element<'v>],
    ) {
        let plan = node
            .plan
            .get_or_init(|| Plan::of(self.shapes(), shape, node));
        let definition = shape.definition(node);
        if let Some(fault) = plan.fault.as_ref().filter(|_| !family.is_empty()) {
            self.undecided(Weight::Minor, parent, || {
                format!(
                    "the slices of `{}` cannot be told apart: {fault}",
                    definition.path
                )
            });
            return;
        }
        let mut members: Vec<Family<'v>> = vec![Family::new(); node.slices.len()];
        let mut order = Order::default();
        for (position, element) in family.iter().enumerate() {
            let place = self.slice_of(*element, shape, node, plan, position);
            match place {
                Placed::In(slice) => {
                    order.note(slice, *element);
                    members[slice].push(*element);
                }
                Placed::Nowhere => self.unsliced(*element, shape, node, &mut members, &mut order),
                Placed::Unknown => order.note_open(),
            }
        }
        self.ordering(shape, node, definition.slicing.as_ref(), &order);
        for (slice, family) in node.slices.iter().zip(members) {
            self.slice(parent, shape, *slice, family, order.has_open);
        }
    }

    /// Whether a repetition belongs to one slice of a plan, without doubt.
    pub(super) fn belongs(
        &mut self,
        element: Element<'v>,
        plan: &'v Plan,
        slice: usize,
        position: usize,
    ) -> bool {
        let tests = plan.slices.get(slice).filter(|_| plan.fault.is_none());
        tests.is_some_and(|tests| self.fits(element, tests, position) == Fit::Inside)
    }

    /// The slice that a repetition belongs to; more than one is an error.
    fn slice_of(
        &mut self,
        element: Element<'v>,
        shape: &'v Shape,
        node: &'v Node,
        plan: &'v Plan,
        position: usize,
    ) -> Placed {
        let mut found = None;
        let mut open = false;
        for (at, tests) in plan.slices.iter().enumerate() {
            match self.fits(element, tests, position) {
                Fit::Outside => {}
                Fit::Open => open = true,
                Fit::Inside => match found {
                    None => found = Some(at),
                    Some(first) => {
                        self.in_two_slices(element, shape, node, first, at);
                        return Placed::In(first);
                    }
                },
            }
        }
        match (found, open) {
            (Some(slice), _) => Placed::In(slice),
            (None, false) => Placed::Nowhere,
            (None, true) => {
                self.undecided(Weight::Minor, element, || {
                    let path = &shape.definition(node).path;
                    format!("which slice of `{path}` this belongs to cannot be decided")
                });
                Placed::Unknown
            }
        }
    }

    fn in_two_slices(
        &mut self,
        element: Element<'v>,
        shape: &'v Shape,
        node: &'v Node,
        first: usize,
        second: usize,
    ) {
        self.of_profile(element, shape, IssueKind::Slicing, "structure", || {
            let name = |at: usize| title(shape.definition(shape.node(node.slices[at])));
            format!(
                "this belongs to two slices: `{}` and `{}`",
                name(first),
                name(second)
            )
        });
    }

    /// A repetition outside of all slices.
    fn unsliced(
        &mut self,
        element: Element<'v>,
        shape: &'v Shape,
        node: &'v Node,
        members: &mut [Family<'v>],
        order: &mut Order<'v>,
    ) {
        let definition = shape.definition(node);
        let named = |slice: &NodeId| shape.definition(shape.node(*slice)).slice_name.as_deref();
        let default = node
            .slices
            .iter()
            .position(|slice| named(slice) == Some("@default"));
        if let Some(default) = default {
            members[default].push(element);
            return;
        }
        order.note_unsliced(element);
        let closed = definition
            .slicing
            .as_ref()
            .is_some_and(|slicing| slicing.rules == SlicingRules::Closed);
        if closed {
            self.of_profile(element, shape, IssueKind::Slicing, "structure", || {
                let names = node.slices.iter().filter_map(named);
                let names = super::suggest::list(names);
                format!(
                    "this fits no slice of `{}`, and others are not allowed: {names}",
                    definition.path
                )
            });
        }
    }

    fn ordering(
        &mut self,
        shape: &'v Shape,
        node: &'v Node,
        slicing: Option<&Slicing>,
        order: &Order<'v>,
    ) {
        let Some(slicing) = slicing else { return };
        if slicing.ordered
            && let Some(element) = order.out_of_order
        {
            self.of_profile(element, shape, IssueKind::Slicing, "structure", || {
                format!(
                    "the slices of `{}` stand in another order than the profile's",
                    shape.definition(node).path
                )
            });
        }
        if slicing.rules == SlicingRules::OpenAtEnd
            && let Some(element) = order.before_end
        {
            self.of_profile(element, shape, IssueKind::Slicing, "structure", || {
                format!(
                    "repetitions of `{}` that fit no slice stand behind all others",
                    shape.definition(node).path
                )
            });
        }
    }

    /// One slice with what belongs to it.
    fn slice(
        &mut self,
        parent: Element<'v>,
        shape: &'v Shape,
        id: NodeId,
        family: Family<'v>,
        has_open: bool,
    ) {
        let slice = shape.node(id);
        let count = family.len() as u32;
        if count < slice.min && !has_open {
            self.too_few(parent, shape, slice, count);
        }
        if let Max::Times(most) = slice.max
            && count > most
        {
            self.too_many(parent, shape, slice, count, most);
        }
        for element in &family {
            self.member(*element, shape, slice);
        }
        if !slice.slices.is_empty() {
            self.slices(parent, shape, slice, &family);
        }
    }
}

/// Where a repetition belongs.
enum Placed {
    In(usize),
    Nowhere,
    Unknown,
}

/// In which order slices came.
#[derive(Default)]
struct Order<'v> {
    last: Option<usize>,
    out_of_order: Option<Element<'v>>,
    unsliced: Option<Element<'v>>,
    before_end: Option<Element<'v>>,
    has_open: bool,
}

impl<'v> Order<'v> {
    fn note(&mut self, slice: usize, element: Element<'v>) {
        if self.last.is_some_and(|last| slice < last) {
            self.out_of_order = self.out_of_order.or(Some(element));
        }
        self.last = Some(slice);
        self.before_end = self.before_end.or(self.unsliced);
    }

    fn note_unsliced(&mut self, element: Element<'v>) {
        self.unsliced = self.unsliced.or(Some(element));
    }

    fn note_open(&mut self) {
        self.has_open = true;
    }
}
