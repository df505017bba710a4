//! The walk along an instance and the shape of a profile: only what the profile adds is looked at.

use super::run::{At, Run, identity};
use super::shape::{Class, Link, NO_TYPE, Node, NodeId, Shape, ShapeId};
use super::value::Exactness;
use super::walk::times;
use super::{IssueKind, Weight};
use crate::fhir::definitions::Max;
use crate::fhir::tree::{Element, Kind};

/// The children of one element that one node of a profile speaks of.
pub(super) type Family<'v> = Vec<Element<'v>>;

impl<'v> Run<'v> {
    /// All that a profile says of an element and of what is below it.
    pub(super) fn constrain(&mut self, element: Element<'v>, at: At<'v>) {
        if !at.node.counts || !self.spend(1) {
            return;
        }
        self.constrain_itself(element, &at);
        let content = match (&at.node.link, at.node.has_children()) {
            (_, true) => Some((at.shape, at.node)),
            (Some(Link::Here(node)), false) => Some((at.shape, at.shape.node(*node))),
            (Some(Link::There(id, path)), false) => {
                let shape = self.shapes().get(*id).ok();
                shape.and_then(|shape| Some((shape, shape.at_path(path)?)))
            }
            (None, false) => None,
        };
        if let Some((shape, node)) = content.filter(|(_, node)| node.counts) {
            self.constrain_children(element, shape, node);
        }
    }

    /// Values, limits, bindings and invariants of one node.
    fn constrain_itself(&mut self, element: Element<'v>, at: &At<'v>) {
        let adds = at.node.adds;
        if adds.any() {
            let definition = at.shape.definition(at.node);
            if adds.fixed {
                let fixed = definition
                    .fixed
                    .as_ref()
                    .map(|given| (given, Exactness::Fixed));
                let pattern = definition
                    .pattern
                    .as_ref()
                    .map(|given| (given, Exactness::Pattern));
                for (given, exactness) in fixed.into_iter().chain(pattern) {
                    self.given_value(element, given.element(), exactness, at.shape);
                }
            }
            if adds.limits {
                self.limits(element, at);
            }
            if adds.value && element.value().is_none() {
                self.of_profile(element, at.shape, IssueKind::Value, "required", || {
                    format!(
                        "`{}` must have a value, and not extensions alone",
                        at.path()
                    )
                });
            }
            if adds.binding {
                self.bound(element, at);
            }
            if adds.types {
                self.type_profiles(element, at);
                if matches!(at.class, Class::Reference | Class::CodeableReference) {
                    self.targets(element, at);
                }
            }
        }
        self.invariants(element, at.shape, at.node);
    }

    fn constrain_children(&mut self, element: Element<'v>, shape: &'v Shape, node: &'v Node) {
        let mut families: Vec<(u16, Element<'v>)> = Vec::new();
        for child in element.children() {
            let Some(name) = node.child_named(child.name(), child.name_hash()) else {
                continue;
            };
            let child_node = shape.node(node.children[name.child as usize]);
            if !child_node.counts {
                continue;
            }
            if name.type_at == NO_TYPE && !child_node.types.is_empty() {
                self.type_left_out(child, shape, child_node);
            }
            families.push((name.child, child));
        }
        for (place, id) in node.children.iter().enumerate() {
            let child = shape.node(*id);
            if child.counts {
                let own = families.iter().filter(|(at, _)| *at as usize == place);
                let family = own.map(|(_, child)| *child).collect();
                self.family(element, shape, *id, family);
            }
        }
    }

    /// All repetitions of one child: how many, their slices, and each by itself.
    pub(super) fn family(
        &mut self,
        parent: Element<'v>,
        shape: &'v Shape,
        id: NodeId,
        family: Family<'v>,
    ) {
        let node = shape.node(id);
        if node.adds.cardinality {
            self.cardinality(parent, shape, node, &family);
        }
        for element in &family {
            self.member(*element, shape, node);
        }
        if !node.slices.is_empty() {
            self.slices(parent, shape, node, &family);
        }
    }

    /// One repetition by itself.
    pub(super) fn member(&mut self, element: Element<'v>, shape: &'v Shape, node: &'v Node) {
        if let Some(at) = self.at(element, shape, node) {
            self.constrain(element, at);
        }
    }

    /// What an element is by a node of a profile; where its type is not allowed, that is an issue.
    fn at(&mut self, element: Element<'v>, shape: &'v Shape, node: &'v Node) -> Option<At<'v>> {
        let declared = match element.resource_type() {
            Some(type_name) => {
                let found = self.resource_type_use(node, type_name);
                if found.is_none() && !node.types.is_empty() {
                    self.wrong_resource_type(element, shape, node, type_name);
                    return None;
                }
                found
            }
            None => {
                let found = node
                    .types
                    .iter()
                    .find(|declared| names_type(element, shape, node, &declared.code));
                if found.is_none() && !node.types.is_empty() {
                    // Said where the family was put together, or by the walk along the type.
                    return None;
                }
                found
            }
        };
        Some(At {
            shape,
            node,
            class: declared.map_or(Class::Other, |declared| declared.class),
            type_shape: declared.map_or(shape.id, |declared| declared.shape),
            code: declared.map_or("", |declared| &declared.code),
            profiles: declared.map_or(&[], |declared| &declared.profiles),
        })
    }

    /// The type of a node that a resource has: its own, or one above it.
    fn resource_type_use(
        &self,
        node: &'v Node,
        type_name: &str,
    ) -> Option<&'v super::shape::TypeUse> {
        let exact = node
            .types
            .iter()
            .find(|declared| *declared.code == *type_name);
        exact.or_else(|| {
            let mut types = node.types.iter();
            types.find(|declared| self.is_a(type_name, &declared.code))
        })
    }

    /// Whether a type is another, or is built on it.
    pub(super) fn is_a(&self, type_name: &str, ancestor: &str) -> bool {
        const DEEPEST: usize = 16;
        if type_name == ancestor {
            return true;
        }
        let mut id = self.shapes().id_of_type(type_name);
        for _ in 0..DEEPEST {
            let Ok(shape) = self.shapes().get(id) else {
                return false;
            };
            let structure = &shape.structure;
            if *structure.type_name == *ancestor || *structure.url == *ancestor {
                return true;
            }
            let Some(base) = &structure.base else {
                return false;
            };
            id = self.shapes().id(base);
        }
        false
    }

    fn wrong_resource_type(
        &mut self,
        element: Element<'v>,
        shape: &'v Shape,
        node: &'v Node,
        type_name: &str,
    ) {
        self.of_profile(element, shape, IssueKind::Type, "structure", || {
            let codes = super::suggest::list(node.types.iter().map(|declared| &declared.code));
            format!("a {type_name} stands here, and the profile allows {codes}")
        });
    }

    fn type_left_out(&mut self, element: Element<'v>, shape: &'v Shape, node: &'v Node) {
        self.of_profile(element, shape, IssueKind::Type, "structure", || {
            let codes = super::suggest::list(node.types.iter().map(|declared| &declared.code));
            let path = &shape.definition(node).path;
            format!(
                "`{}` has a type that the profile leaves out of `{path}`: it allows {codes}",
                element.name()
            )
        });
    }

    fn cardinality(
        &mut self,
        parent: Element<'v>,
        shape: &'v Shape,
        node: &'v Node,
        family: &[Element<'v>],
    ) {
        let count = family.len() as u32;
        if count < node.min {
            self.too_few(parent, shape, node, count);
        }
        if !node.max.allows(count)
            && let Max::Times(most) = node.max
        {
            self.too_many(parent, shape, node, count, most);
        }
    }

    pub(super) fn too_many(
        &mut self,
        parent: Element<'v>,
        shape: &'v Shape,
        node: &'v Node,
        count: u32,
        most: u32,
    ) {
        let definition = shape.definition(node);
        self.of_profile(parent, shape, IssueKind::Cardinality, "structure", || {
            let name = super::walk::title(definition);
            format!(
                "`{name}` occurs {}, and may occur {}",
                times(count),
                times(most)
            )
        });
    }

    /// An error that names its profile.
    pub(super) fn of_profile(
        &mut self,
        element: Element<'v>,
        shape: &'v Shape,
        kind: IssueKind,
        code: &'static str,
        message: impl FnOnce() -> String,
    ) {
        if let Some(issue) = self.error(kind, code, element, message) {
            issue.profile = Some(shape.canonical.clone());
        }
    }

    /// The profiles on the type of an element, one of which must hold.
    pub(super) fn type_profiles(&mut self, element: Element<'v>, at: &At<'v>) {
        match at.profiles {
            [] => {}
            [(address, id)] => self.type_profile(element, at, address, *id),
            several => self.one_of(element, at.shape, several),
        }
    }

    fn type_profile(&mut self, element: Element<'v>, at: &At<'v>, address: &'v str, id: ShapeId) {
        match self.shapes().get(id) {
            Ok(profile) => {
                if element.kind() != Kind::Resource || self.fits_type(element, element, profile) {
                    self.hold(element, profile);
                }
            }
            Err(missing) if at.class == Class::Extension => {
                // The walk along the type says so of the extension itself.
                let _ = missing;
            }
            Err(missing) => {
                let weight = Weight::Decisive;
                self.undecided(weight, element, || {
                    format!(
                        "the profile `{address}` on `{}` cannot be applied: {missing}",
                        at.path()
                    )
                });
            }
        }
    }

    /// One of several profiles must hold.
    pub(super) fn one_of(
        &mut self,
        element: Element<'v>,
        shape: &'v Shape,
        profiles: &'v [(Box<str>, ShapeId)],
    ) {
        let mut open = None;
        for (address, id) in profiles {
            match self.conforms(element, *id) {
                Some(true) => return,
                Some(false) => {}
                None => open = Some(address),
            }
        }
        if let Some(address) = open {
            self.undecided(Weight::Decisive, element, || {
                format!("whether `{address}` holds cannot be decided")
            });
            return;
        }
        self.of_profile(element, shape, IssueKind::Type, "structure", || {
            let names = super::suggest::list(profiles.iter().map(|(address, _)| address));
            format!("none of the profiles that are allowed here holds: {names}")
        });
    }

    /// Whether an element conforms to a shape; `None` where that cannot be told. Each question is answered once, and
    /// while it is being answered, the same question counts as answered with yes.
    pub(super) fn conforms(&mut self, element: Element<'v>, id: ShapeId) -> Option<bool> {
        let key = (identity(element), id);
        if let Some(known) = self.conformance.get(&key) {
            return *known;
        }
        let Ok(shape) = self.shapes().get(id) else {
            return None;
        };
        self.conformance.insert(key, Some(true));
        let tally = self.attempt(|run| run.hold_whole(element, shape));
        let answer = match (tally.errors, tally.undecided) {
            (0, 0) => Some(true),
            (0, _) => None,
            (_, _) => Some(false),
        };
        self.conformance.insert(key, answer);
        answer
    }
}

/// Whether an element's name on the wire carries a type, where its node is a choice; elsewhere the first type counts.
pub(super) fn names_type(element: Element<'_>, shape: &Shape, node: &Node, code: &str) -> bool {
    let name = shape.definition(node).name();
    let Some(stem) = name.strip_suffix("[x]") else {
        return element.kind() != Kind::Resource;
    };
    let rest = element.name().strip_prefix(stem).unwrap_or_default();
    rest.len() == code.len()
        && rest.get(..1).is_some_and(|first| {
            code.get(..1)
                .is_some_and(|other| first.eq_ignore_ascii_case(other))
        })
        && rest.get(1..) == code.get(1..)
}
