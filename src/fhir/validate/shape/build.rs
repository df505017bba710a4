//! Compiles a structure into a shape.

use super::delta::Against;
use super::store::absolute;
use super::tree::{Branch, branches};
use super::{Additions, Class, Link, NO_TYPE, Name, Node, NodeId, Shape, ShapeId, Shapes, TypeUse};
use crate::fhir::definitions::{
    Canonical, ElementDefinition, Max, Strength, Structure, extension, text,
};
use crate::fhir::tree::name_hash;
use crate::fhir::validate::binding::Memory;
use crate::fhir::validate::{errata, invariant};
use std::sync::{Arc, OnceLock};

/// Compiles a structure that has a snapshot.
pub(super) fn compile(shapes: &Shapes, id: ShapeId, structure: Arc<Structure>) -> Shape {
    let branches = branches(&structure.snapshot);
    let against = Against::of(shapes, &structure);
    let is_profile = !matches!(against, Against::Itself);
    let mut builder = Builder {
        shapes,
        is_profile,
        structure: &structure,
        branches: &branches,
        nodes: Vec::with_capacity(structure.snapshot.len()),
    };
    if !structure.snapshot.is_empty() {
        builder.node(0, &against);
    }
    let mut nodes = builder.nodes;
    if nodes.is_empty() {
        nodes.push(Node::bare());
    }
    spread(&mut nodes);
    Shape {
        id,
        is_profile,
        canonical: structure.canonical(),
        nodes,
        structure,
    }
}

/// What is said of an element is said of those that repeat its content, and so counts above them, too.
fn spread(nodes: &mut [Node]) {
    const MOST_ROUNDS: usize = 4;
    for _ in 0..MOST_ROUNDS {
        let mut changed = false;
        // Children stand behind their parents.
        for at in (0..nodes.len()).rev() {
            let node = &nodes[at];
            let linked = match &node.link {
                Some(Link::Here(target)) => nodes[*target as usize].counts,
                // Whether the other structure says anything here is known when it is compiled.
                Some(Link::There(..)) => true,
                None => false,
            };
            let mut below = node.children.iter().chain(&node.slices);
            let counts = linked || below.any(|child| nodes[*child as usize].counts);
            if counts && !node.counts {
                nodes[at].counts = true;
                changed = true;
            }
        }
        if !changed {
            return;
        }
    }
}

/// The extension by which a profile repeats the content of a profile.
const OWN_CONTENT: &str = "http://hl7.org/fhir/StructureDefinition/contentReferenceProfile";

struct Builder<'b> {
    shapes: &'b Shapes,
    is_profile: bool,
    structure: &'b Arc<Structure>,
    branches: &'b [Branch],
    nodes: Vec<Node>,
}

impl Builder<'_> {
    /// Adds an element with all below it. Depth is that of paths, which the tree has bounded.
    fn node(&mut self, at: usize, against: &Against) -> NodeId {
        let structure = self.structure;
        let definition = &structure.snapshot[at];
        let id = self.nodes.len() as NodeId;
        let adds = against.additions(definition);
        self.nodes.push(Node {
            definition: at as u32,
            types: self.types(definition),
            link: self.link(definition),
            invariants: invariant::compile(definition, |constraint| against.has(constraint)),
            min: definition.min.unwrap_or(0),
            max: definition.max.unwrap_or(Max::Many),
            is_list: is_list(definition),
            strength: self.strength(definition),
            adds,
            ..Node::bare()
        });
        let branch = &self.branches[at];
        let children: Vec<_> = branch
            .children
            .iter()
            .map(|child| {
                let against = against.below(self.shapes, definition, &structure.snapshot[*child]);
                (self.node(*child, &against), against)
            })
            .collect();
        let slices = branch
            .slices
            .iter()
            .map(|slice| self.node(*slice, against))
            .collect();
        self.join(id, children, slices);
        id
    }

    /// Fills in what is known only once everything below is there.
    fn join(&mut self, id: NodeId, children: Vec<(NodeId, Against)>, slices: Vec<NodeId>) {
        let mut names = Vec::new();
        let mut required = Vec::new();
        for (place, (child, against)) in children.iter().enumerate() {
            let node = &self.nodes[*child as usize];
            if node.min > 0 {
                required.push(place as u16);
            }
            let definition = &self.structure.snapshot[node.definition as usize];
            names_of(definition, node, against, place as u16, &mut names);
        }
        names.sort_by(|left: &Name, right: &Name| left.wire.cmp(&right.wire));
        names.dedup_by(|left, right| left.wire == right.wire);
        let children: Vec<NodeId> = children.into_iter().map(|(child, _)| child).collect();
        let below = children.iter().chain(&slices);
        let counts = below
            .clone()
            .any(|child| self.nodes[*child as usize].counts);
        let node = &mut self.nodes[id as usize];
        let own = node.adds.any() || !node.invariants.is_empty() || !slices.is_empty();
        node.counts = counts || own;
        node.children = children;
        node.lookup = lookup_of(&names);
        node.names = names;
        node.required = required;
        node.slices = slices;
    }

    fn types(&self, definition: &ElementDefinition) -> Vec<TypeUse> {
        let types = definition.types.iter().enumerate();
        types
            .map(|(at, declared)| TypeUse {
                code: declared.code.clone(),
                class: Class::of(&declared.code),
                shape: self.shapes.id_of_type(&declared.code),
                profiles: declared
                    .profiles
                    .iter()
                    .map(|profile| {
                        let address = absolute(self.structure, profile);
                        (profile.clone(), self.shapes.id(&address))
                    })
                    .collect(),
                at: at as u16,
            })
            .collect()
    }

    fn strength(&self, definition: &ElementDefinition) -> Option<Strength> {
        let binding = definition.binding.as_ref()?;
        let version = self.shapes.definitions().version();
        Some(errata::strength(definition, binding, version))
    }

    /// A content reference points into this structure, or names another one before the hash.
    fn link(&self, definition: &ElementDefinition) -> Option<Link> {
        let reference = match self.is_profile {
            // In a profile the content is that of the type, unless the profile says that it is its own.
            true => text(
                extension(definition.origin.element(), OWN_CONTENT)?,
                "valueUri",
            )?,
            false => definition.content_reference.as_deref()?,
        };
        let target = Canonical::of(reference);
        let path = target.fragment?;
        let here = || {
            let same = |element: &ElementDefinition| *element.path == *path || *element.id == *path;
            let found = self
                .nodes
                .iter()
                .position(|node| same(&self.structure.snapshot[node.definition as usize]));
            found.map(|at| Link::Here(at as NodeId))
        };
        if target.url.is_empty() || *target.url == *self.structure.url {
            return here();
        }
        Some(Link::There(self.shapes.id(target.url), path.into()))
    }
}

impl Node {
    /// A node that says nothing.
    fn bare() -> Self {
        Self {
            definition: 0,
            children: Vec::new(),
            names: Vec::new(),
            lookup: Vec::new(),
            required: Vec::new(),
            min: 0,
            max: Max::Many,
            is_list: false,
            types: Vec::new(),
            link: None,
            invariants: Vec::new(),
            slices: Vec::new(),
            plan: OnceLock::new(),
            strength: None,
            members: Memory::default(),
            adds: Additions::default(),
            counts: false,
        }
    }
}

/// What an element is by its base decides how JSON writes it: a profile's `max` of 1 changes nothing of that.
fn is_list(definition: &ElementDefinition) -> bool {
    let max = definition
        .base
        .as_ref()
        .map(|base| base.max)
        .or(definition.max);
    max.is_none_or(|max| !matches!(max, Max::Times(0 | 1)))
}

/// The names of a child on the wire: one for each type of a choice, those that a profile leaves out included.
fn names_of(
    definition: &ElementDefinition,
    node: &Node,
    against: &Against,
    child: u16,
    names: &mut Vec<Name>,
) {
    let mut name = |wire: Box<str>, type_at: u16| {
        names.push(Name {
            hash: name_hash(&wire),
            wire,
            child,
            type_at,
        });
    };
    let Some(stem) = definition.name().strip_suffix("[x]") else {
        let type_at = if node.types.is_empty() { NO_TYPE } else { 0 };
        name(definition.name().into(), type_at);
        return;
    };
    for declared in &node.types {
        name(typed_name(stem, &declared.code), declared.at);
    }
    for code in against.type_codes() {
        if node.types.iter().all(|declared| *declared.code != *code) {
            name(typed_name(stem, &code), NO_TYPE);
        }
    }
}

/// At least half of the places stay free, so that a search ends soon.
fn lookup_of(names: &[Name]) -> Vec<u16> {
    const FREE: u16 = u16::MAX;
    if names.is_empty() {
        return Vec::new();
    }
    let mut lookup = vec![FREE; (names.len() * 2).next_power_of_two()];
    let mask = lookup.len() - 1;
    for (place, name) in names.iter().enumerate() {
        let mut at = name.hash as usize & mask;
        while lookup[at] != FREE {
            at = (at + 1) & mask;
        }
        lookup[at] = place as u16;
    }
    lookup
}

/// `value` and `dateTime` make `valueDateTime`.
fn typed_name(stem: &str, code: &str) -> Box<str> {
    let mut letters = code.chars();
    let first = letters.next().map(|first| first.to_ascii_uppercase());
    let mut name = String::with_capacity(stem.len() + code.len());
    name.push_str(stem);
    name.extend(first);
    name.push_str(letters.as_str());
    name.into()
}
