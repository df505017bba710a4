//! One validation under way: what was found, what may still be spent, and where the walk stands.

use super::reference::Entries;
use super::services::Answers;
use super::shape::{Class, Node, Shape, ShapeId, Shapes};
use super::{Grade, Issue, IssueKind, Validator, Weight};
use crate::fhir::fhirpath::{Session, Variables};
use crate::fhir::tree::{Element, Resource};
use std::collections::{HashMap, HashSet};

/// How many issues are kept of one resource.
pub(super) const MAX_ISSUES: usize = 10_000;

/// How many steps one resource may cost: elements looked at, times the profiles they are looked at with.
pub(super) const MAX_STEPS: u64 = 20_000_000;

/// What an element is by its definition: its node, and the type it has here.
#[derive(Clone, Copy)]
pub(super) struct At<'v> {
    pub(super) shape: &'v Shape,
    pub(super) node: &'v Node,
    pub(super) class: Class,
    /// The shape of its type.
    pub(super) type_shape: ShapeId,
    /// The name of its type; empty where there is none.
    pub(super) code: &'v str,
    /// Profiles on its type, one of which must hold.
    pub(super) profiles: &'v [(Box<str>, ShapeId)],
}

/// One element on the way from the root to where the walk stands.
#[derive(Clone, Copy)]
pub(super) struct Step<'v> {
    pub(super) element: Element<'v>,
    pub(super) at: At<'v>,
}

/// What a trial has met, where the issues themselves are of no use.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Tally {
    pub(super) errors: u32,
    pub(super) undecided: u32,
}

/// One element of one resource in memory.
pub(super) type Identity = (usize, u32);

/// What tells an element from all others, those of other resources included.
pub(super) fn identity(element: Element<'_>) -> Identity {
    (std::ptr::from_ref(element.resource).addr(), element.id)
}

/// One validation under way.
pub(super) struct Run<'v> {
    pub(super) validator: &'v Validator,
    pub(super) resource: &'v Resource,
    pub(super) answers: &'v Answers<'v>,
    /// Evaluates invariants; what one of them learns of the Bundle around serves the next.
    pub(super) session: Session<'v>,
    /// The entries of the Bundle, once a reference was followed.
    pub(super) entries: Option<Entries<'v>>,
    pub(super) found: Vec<Issue>,
    /// While something is only tried, issues are counted and not made.
    pub(super) trial: Option<Tally>,
    pub(super) trail: Vec<Step<'v>>,
    /// Counters of the children of all elements on the trail.
    pub(super) counts: Vec<u32>,
    /// Which elements were held against which profiles already.
    pub(super) held: HashSet<(Identity, &'v str)>,
    /// Whether an element (of a resource, by its address in memory) conforms to a shape, as far as that was asked.
    pub(super) conformance: HashMap<(Identity, ShapeId), Option<bool>>,
    /// Texts are put together here.
    pub(super) scratch: String,
    steps: u64,
    dropped: bool,
}

impl<'v> Run<'v> {
    pub(super) fn new(
        validator: &'v Validator,
        resource: &'v Resource,
        answers: &'v Answers<'v>,
        variables: &'v Variables<'v>,
    ) -> Self {
        Self {
            validator,
            resource,
            answers,
            session: Session::new(variables, resource.root()),
            entries: None,
            found: Vec::new(),
            trial: None,
            trail: Vec::new(),
            counts: Vec::new(),
            held: HashSet::new(),
            conformance: HashMap::new(),
            scratch: String::new(),
            steps: MAX_STEPS,
            dropped: false,
        }
    }

    pub(super) fn shapes(&self) -> &'v Shapes {
        &self.validator.shapes
    }

    /// Takes steps; whether there were enough. The first time there are not, that is an issue.
    pub(super) fn spend(&mut self, steps: u64) -> bool {
        if let Some(left) = self.steps.checked_sub(steps) {
            self.steps = left;
            return true;
        }
        if self.steps > 0 {
            self.steps = 0;
            let trial = self.trial.take();
            let root = self.resource.root();
            self.undecided(Weight::Decisive, root, || {
                format!("validation stopped after {MAX_STEPS} steps: the rest was not looked at")
            });
            self.trial = trial;
        }
        false
    }

    /// Notes an issue.
    pub(super) fn report(
        &mut self,
        grade: Grade,
        kind: IssueKind,
        code: &'static str,
        element: Element<'v>,
        message: impl FnOnce() -> String,
    ) -> Option<&mut Issue> {
        if let Some(tally) = &mut self.trial {
            match (kind, grade) {
                (IssueKind::Undecided, _) => tally.undecided += 1,
                (_, Grade::Error | Grade::Fatal) => tally.errors += 1,
                (_, Grade::Warning | Grade::Information) => {}
            }
            return None;
        }
        if self.found.len() >= MAX_ISSUES {
            self.drop_issue();
            return None;
        }
        let issue = Issue {
            grade,
            ..Issue::error(kind, code, element, message())
        };
        self.found.push(issue);
        self.found.last_mut()
    }

    /// Says once that there would be more.
    fn drop_issue(&mut self) {
        if self.dropped {
            return;
        }
        self.dropped = true;
        let root = self.resource.root();
        let message = format!("more than {MAX_ISSUES} issues: the others are left out");
        self.found
            .push(Issue::undecided(Weight::Minor, root, message));
    }

    pub(super) fn error(
        &mut self,
        kind: IssueKind,
        code: &'static str,
        element: Element<'v>,
        message: impl FnOnce() -> String,
    ) -> Option<&mut Issue> {
        self.report(Grade::Error, kind, code, element, message)
    }

    pub(super) fn warning(
        &mut self,
        kind: IssueKind,
        code: &'static str,
        element: Element<'v>,
        message: impl FnOnce() -> String,
    ) -> Option<&mut Issue> {
        self.report(Grade::Warning, kind, code, element, message)
    }

    pub(super) fn undecided(
        &mut self,
        weight: Weight,
        element: Element<'v>,
        message: impl FnOnce() -> String,
    ) {
        let issue = self.report(
            Grade::Information,
            IssueKind::Undecided,
            "incomplete",
            element,
            message,
        );
        if let Some(issue) = issue {
            issue.weight = weight;
        }
    }

    /// Takes over an issue that was made elsewhere.
    pub(super) fn adopt(&mut self, issue: Issue) {
        if self.found.len() < MAX_ISSUES {
            self.found.push(issue);
        } else {
            self.drop_issue();
        }
    }

    /// How many issues there are by now.
    pub(super) fn noted(&self) -> usize {
        match &self.trial {
            Some(tally) => (tally.errors + tally.undecided) as usize,
            None => self.found.len(),
        }
    }

    /// Does something and tells how many issues it would have made.
    pub(super) fn attempt(&mut self, work: impl FnOnce(&mut Self)) -> Tally {
        let outer = self.trial.replace(Tally::default());
        let held = std::mem::take(&mut self.held);
        work(self);
        self.held = held;
        std::mem::replace(&mut self.trial, outer).unwrap_or_default()
    }

    /// All issues, in document order.
    pub(super) fn finish(mut self) -> Vec<Issue> {
        self.found
            .sort_by_key(|issue| (issue.place.line, issue.place.column));
        self.found
    }
}

impl<'v> At<'v> {
    /// The root of a shape.
    pub(super) fn root(shape: &'v Shape) -> Self {
        Self {
            shape,
            node: shape.root(),
            class: Class::of(&shape.structure.type_name),
            type_shape: shape.id,
            code: &shape.structure.type_name,
            profiles: &[],
        }
    }

    /// What an element is as a child of a node: its place among the children, and its definition.
    pub(super) fn child(
        shape: &'v Shape,
        node: &'v Node,
        element: Element<'v>,
    ) -> Option<(u16, Self)> {
        let name = node.child_named(element.name(), element.name_hash())?;
        let child = shape.node(node.children[name.child as usize]);
        let declared = child.types.get(name.type_at as usize);
        let at = Self {
            shape,
            node: child,
            class: declared.map_or(Class::Other, |declared| declared.class),
            type_shape: declared.map_or(shape.id, |declared| declared.shape),
            code: declared.map_or("", |declared| &declared.code),
            profiles: declared.map_or(&[], |declared| &declared.profiles),
        };
        Some((name.child, at))
    }

    /// The path by definition, such as `Patient.contact`.
    pub(super) fn path(&self) -> &'v str {
        &self.shape.definition(self.node).path
    }
}
