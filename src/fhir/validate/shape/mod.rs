//! Shapes: structures compiled for walking beside an instance.
//!
//! A [`Shape`] is the snapshot of one structure as a tree of [`Node`]s. The shape of a type is walked in full; the
//! shape of a profile is walked only where it says more than the type that it constrains ([`Node::adds`]), because
//! the rest was looked at already. Shapes refer to each other by [`ShapeId`], so that cyclic types cost nothing.

mod build;
mod delta;
mod store;
mod tree;

pub(super) use store::{Shapes, absolute};

use super::binding::Memory;
use super::invariant::Invariant;
use super::primitive::Primitive;
use super::slicing::Plan;
use crate::fhir::definitions::{ElementDefinition, Max, Strength, Structure};
use crate::fhir::terminology::Membership;
use std::sync::{Arc, OnceLock};

/// Stands for a shape of the same [`Shapes`], compiled or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct ShapeId(pub(super) u32);

/// A node of a shape.
pub(super) type NodeId = u32;

/// One structure, compiled.
#[derive(Debug)]
pub(super) struct Shape {
    pub(super) id: ShapeId,
    pub(super) structure: Arc<Structure>,
    /// Whether it constrains a type, and is none itself.
    pub(super) is_profile: bool,
    /// `url|version`, for issues.
    pub(super) canonical: String,
    /// The root first.
    pub(super) nodes: Vec<Node>,
}

/// One element of a structure.
#[derive(Debug)]
pub(super) struct Node {
    /// Its place in the snapshot.
    pub(super) definition: u32,
    /// The elements below, without slices, in order.
    pub(super) children: Vec<NodeId>,
    /// All names that children have on the wire, sorted.
    pub(super) names: Vec<Name>,
    /// Places in `names` by the hashes of names: open addressing over a power of two.
    pub(super) lookup: Vec<u16>,
    /// Which children must be there: places in `children`.
    pub(super) required: Vec<u16>,
    pub(super) min: u32,
    pub(super) max: Max,
    /// Whether JSON writes it as an array.
    pub(super) is_list: bool,
    pub(super) types: Vec<TypeUse>,
    /// The element whose content this repeats.
    pub(super) link: Option<Link>,
    pub(super) invariants: Vec<Invariant>,
    /// The slices of this element, in order (not those of its slices).
    pub(super) slices: Vec<NodeId>,
    /// How slices are told apart; made at the first question.
    pub(super) plan: OnceLock<Plan>,
    /// How strictly it is bound to its value set.
    pub(super) strength: Option<Strength>,
    /// Which codes belong to its value set, as far as that was asked.
    pub(super) members: Memory<Membership>,
    /// What a profile adds here to the type that it constrains.
    pub(super) adds: Additions,
    /// Whether a profile adds anything here or below.
    pub(super) counts: bool,
}

/// Where the content of a content reference is defined.
#[derive(Debug)]
pub(super) enum Link {
    /// In the same shape.
    Here(NodeId),
    /// In another one, at a path.
    There(ShapeId, Box<str>),
}

/// A child's name on the wire.
#[derive(Debug)]
pub(super) struct Name {
    pub(super) wire: Box<str>,
    /// [`name_hash`](crate::fhir::tree::name_hash) of it.
    pub(super) hash: u32,
    /// Its place in the parent's `children`.
    pub(super) child: u16,
    /// Its place in the child's `types`; [`NO_TYPE`] where a profile leaves this type out.
    pub(super) type_at: u16,
}

/// No type of the child.
pub(super) const NO_TYPE: u16 = u16::MAX;

/// A type that an element may have.
#[derive(Debug)]
pub(super) struct TypeUse {
    pub(super) code: Box<str>,
    pub(super) class: Class,
    /// The shape of the type itself.
    pub(super) shape: ShapeId,
    /// Profiles on it, one of which must hold.
    pub(super) profiles: Vec<(Box<str>, ShapeId)>,
    /// Its place among the types of the definition.
    pub(super) at: u16,
}

/// What kind of care a type needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    Primitive(Primitive),
    Extension,
    Reference,
    CodeableReference,
    Coding,
    CodeableConcept,
    Quantity,
    Narrative,
    /// `Resource` or `DomainResource`: what it holds names its own type.
    Resource,
    Other,
}

/// What a profile says of an element beyond the type that it constrains.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Additions {
    pub(super) cardinality: bool,
    pub(super) types: bool,
    pub(super) fixed: bool,
    pub(super) limits: bool,
    pub(super) binding: bool,
    pub(super) value: bool,
}

impl Shape {
    pub(super) fn root(&self) -> &Node {
        &self.nodes[0]
    }

    pub(super) fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id as usize]
    }

    pub(super) fn definition(&self, node: &Node) -> &ElementDefinition {
        &self.structure.snapshot[node.definition as usize]
    }

    /// The node of a path, such as `Questionnaire.item`.
    pub(super) fn at_path(&self, path: &str) -> Option<&Node> {
        let mut nodes = self.nodes.iter();
        nodes.find(|node| {
            let definition = self.definition(node);
            *definition.path == *path && definition.slice_name.is_none()
        })
    }

    /// The last name of a node's path.
    pub(super) fn name_of(&self, node: &Node) -> &str {
        self.definition(node).name()
    }
}

impl Node {
    /// The child (its place in `children`) and type of a name on the wire, which comes with its hash.
    pub(super) fn child_named(&self, wire: &str, hash: u32) -> Option<&Name> {
        let mask = self.lookup.len().wrapping_sub(1);
        let mut at = hash as usize & mask;
        while let Some(place) = self.lookup.get(at) {
            let name = self.names.get(*place as usize)?;
            if name.hash == hash && *name.wire == *wire {
                return Some(name);
            }
            at = (at + 1) & mask;
        }
        None
    }

    /// Whether content is spelt out below it, and not left to its type.
    pub(super) fn has_children(&self) -> bool {
        !self.children.is_empty()
    }
}

impl Additions {
    pub(super) fn any(self) -> bool {
        self != Self::default()
    }
}

impl Class {
    /// The class of a type's name.
    pub(super) fn of(code: &str) -> Self {
        match code {
            "Extension" => Self::Extension,
            "Reference" => Self::Reference,
            "CodeableReference" => Self::CodeableReference,
            "Coding" => Self::Coding,
            "CodeableConcept" => Self::CodeableConcept,
            "Quantity" | "SimpleQuantity" | "Age" | "Count" | "Distance" | "Duration" | "Money"
            | "MoneyQuantity" => Self::Quantity,
            "Narrative" => Self::Narrative,
            "Resource" | "DomainResource" => Self::Resource,
            other => Primitive::named(other).map_or(Self::Other, Self::Primitive),
        }
    }
}
