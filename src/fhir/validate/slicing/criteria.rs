//! What each slice wants where the discriminators point: found in the slice's own elements, in the profiles and types
//! below it, and in the targets of its references.

use super::route::{self, Hop};
use crate::fhir::definitions::{Discriminator, Given, Strength};
use crate::fhir::tree::Element;
use crate::fhir::validate::shape::{Class, Node, Shape, ShapeId, Shapes, absolute};

/// How the slices of an element are told apart.
#[derive(Debug)]
pub(in crate::fhir::validate) struct Plan {
    /// What each slice wants, in the order of the slices.
    pub(super) slices: Vec<Vec<Test>>,
    /// Why they cannot be told apart.
    pub(super) fault: Option<String>,
}

/// One question that decides on a slice.
#[derive(Debug)]
pub(super) struct Test {
    /// From the repetition to what is looked at.
    pub(super) route: Vec<Hop>,
    pub(super) wants: Wants,
}

/// What must be found.
#[derive(Debug)]
pub(super) enum Wants {
    /// An element that holds what a value holds: a fixed value tells slices apart by what it says, and is asked for in
    /// full of the members of its slice.
    Value(Given),
    /// An element that agrees with a part of a value, some steps below it.
    PartOf(Given, Vec<Hop>),
    /// A code in a value set.
    Code(Box<str>),
    /// Something, or nothing.
    Existence(bool),
    /// One of these types.
    Type(Vec<Box<str>>),
    /// Conformance to one of these profiles.
    Profile(Vec<(Box<str>, ShapeId)>),
    /// This place in the list.
    Position(usize),
    /// All of them.
    All(Vec<Wants>),
    /// Elements below it that agree.
    Below(Vec<Test>),
}

impl Plan {
    /// Works out what tells the slices of a node apart.
    pub(in crate::fhir::validate) fn of(shapes: &Shapes, shape: &Shape, node: &Node) -> Self {
        let own = shape.definition(node).slicing.as_ref();
        let above = || {
            // Slices of a slice are told apart as those around them, where nothing else is said.
            let around = shape.at_path(&shape.definition(node).path)?;
            shape.definition(around).slicing.as_ref()
        };
        let discriminators = match own.or_else(above) {
            Some(slicing) if !slicing.discriminators.is_empty() => slicing.discriminators.clone(),
            Some(_) | None => implied(shape, node),
        };
        let mut plan = Self {
            slices: Vec::new(),
            fault: None,
        };
        if discriminators.is_empty() {
            plan.fault = Some("the profile names no discriminator".to_owned());
            return plan;
        }
        for (position, slice) in node.slices.iter().enumerate() {
            let slice = shape.node(*slice);
            let is_default = shape.definition(slice).slice_name.as_deref() == Some("@default");
            let mut tests = Vec::new();
            let mut unsaid = None;
            for discriminator in discriminators.iter().filter(|_| !is_default) {
                match test_of(shapes, shape, slice, discriminator, position) {
                    Ok(test) => tests.push(test),
                    Err(why) => unsaid = Some(why),
                }
            }
            // A slice that is told by one discriminator may leave another open.
            if tests.is_empty() && !is_default {
                plan.fault = plan.fault.or(unsaid);
            }
            if is_default {
                // Nothing is in it by itself: it takes what is left.
                tests.push(Test {
                    route: Vec::new(),
                    wants: Wants::Existence(false),
                });
            }
            plan.slices.push(tests);
        }
        plan
    }
}

/// Old profiles slice choices by type and extensions by address without saying so.
fn implied(shape: &Shape, node: &Node) -> Vec<Discriminator> {
    let name = shape.name_of(node);
    let discriminator = |kind: &str, path: &str| {
        vec![Discriminator {
            kind: kind.into(),
            path: path.into(),
        }]
    };
    match name {
        "extension" | "modifierExtension" => discriminator("value", "url"),
        choice if choice.ends_with("[x]") => discriminator("type", "$this"),
        _ => Vec::new(),
    }
}

fn test_of(
    shapes: &Shapes,
    shape: &Shape,
    slice: &Node,
    discriminator: &Discriminator,
    position: usize,
) -> Result<Test, String> {
    let route = route::parse(&discriminator.path)?;
    let path = &discriminator.path;
    if &*discriminator.kind == "position" {
        let wants = Wants::Position(position);
        return Ok(Test { route, wants });
    }
    let mut trace = Trace {
        shapes,
        here: vec![(shape, slice)],
        value: None,
    };
    for (at, hop) in route.iter().enumerate() {
        trace.note_value(&route[at..]);
        trace.follow(hop);
        if trace.here.is_empty() {
            break;
        }
    }
    let wants = match &*discriminator.kind {
        "exists" => trace.existence(),
        "type" => trace.types(),
        "profile" => trace.profiles(),
        "value" | "pattern" => trace.wanted(),
        other => return Err(format!("`{other}` is no kind of discriminator")),
    };
    match wants.or_else(|| trace.given_above()) {
        Some(wants) => Ok(Test { route, wants }),
        None => Err(format!(
            "the slice `{}` says nothing at `{path}`",
            shape
                .definition(slice)
                .slice_name
                .as_deref()
                .unwrap_or_default()
        )),
    }
}

/// A way through definitions.
struct Trace<'s> {
    shapes: &'s Shapes,
    /// Where the way has come to; several where types or targets leave a choice.
    here: Vec<(&'s Shape, &'s Node)>,
    /// A value that was given on the way, and the steps that lead on from it.
    value: Option<(Given, Vec<Hop>)>,
}

impl<'s> Trace<'s> {
    /// A fixed value or pattern above the end of the path holds the part that is meant.
    fn note_value(&mut self, rest: &[Hop]) {
        for (shape, node) in &self.here {
            let definition = shape.definition(node);
            if let Some(given) = definition.fixed.as_ref().or(definition.pattern.as_ref()) {
                self.value = Some((given.clone(), rest.to_vec()));
            }
        }
    }

    fn follow(&mut self, hop: &Hop) {
        let mut next = Vec::new();
        for (shape, node) in std::mem::take(&mut self.here) {
            match hop {
                Hop::Child(name) => next.extend(self.child(shape, node, name)),
                Hop::Extension(url) => next.extend(self.extension(shape, node, url)),
                Hop::Resolve => next.extend(self.targets(shape, node)),
                Hop::OfType(code) => {
                    let same = node.types.iter().any(|declared| declared.code == *code);
                    next.extend(same.then_some((shape, node)));
                }
            }
        }
        self.here = next;
    }

    /// The child of a node, in its own elements or in those of its profiles and type.
    fn child(&self, shape: &'s Shape, node: &'s Node, name: &str) -> Vec<(&'s Shape, &'s Node)> {
        let own = |shape: &'s Shape, node: &'s Node| {
            let mut children = node.children.iter().map(|child| shape.node(*child));
            let found = children.find(|child| {
                let own = shape.name_of(child);
                own.strip_suffix("[x]").unwrap_or(own) == name
            });
            found.map(|child| (shape, child))
        };
        if let Some((shape, child)) = own(shape, node) {
            // What is said of the types of a choice is said in its slices, and so is what must occur.
            let is_choice = shape.name_of(child).ends_with("[x]");
            let slices = child.slices.iter().map(|slice| (shape, shape.node(*slice)));
            let slices = slices.filter(|(_, slice)| is_choice || slice.min > 0);
            return std::iter::once((shape, child)).chain(slices).collect();
        }
        let shapes = self.contents(node);
        shapes
            .into_iter()
            .filter_map(|shape| own(shape, shape.root()))
            .collect()
    }

    /// The shapes that spell out what a node holds: its profiles, or its types.
    fn contents(&self, node: &'s Node) -> Vec<&'s Shape> {
        let profiles = node
            .types
            .iter()
            .flat_map(|declared| declared.profiles.iter().map(|(_, id)| *id));
        let mut found: Vec<_> = profiles.filter_map(|id| self.shapes.get(id).ok()).collect();
        if found.is_empty() {
            let types = node.types.iter().map(|declared| declared.shape);
            found = types.filter_map(|id| self.shapes.get(id).ok()).collect();
        }
        found
    }

    fn extension(&self, shape: &'s Shape, node: &'s Node, url: &str) -> Vec<(&'s Shape, &'s Node)> {
        let holders = self.child(shape, node, "extension");
        let mut found = Vec::new();
        for (shape, holder) in holders {
            for slice in &holder.slices {
                let slice = shape.node(*slice);
                let profile = self
                    .contents(slice)
                    .into_iter()
                    .find(|profile| *profile.structure.url == *url);
                if let Some(profile) = profile {
                    found.push(if slice.has_children() {
                        (shape, slice)
                    } else {
                        (profile, profile.root())
                    });
                }
            }
        }
        if found.is_empty()
            && let Ok(definition) = self.shapes.find(url)
        {
            found.push((definition, definition.root()));
        }
        found
    }

    /// The shapes of what a reference may lead to.
    fn targets(&self, shape: &'s Shape, node: &'s Node) -> Vec<(&'s Shape, &'s Node)> {
        let definition = shape.definition(node);
        let references = definition.types.iter().filter(|declared| {
            matches!(
                Class::of(&declared.code),
                Class::Reference | Class::CodeableReference
            ) || &*declared.code == "canonical"
        });
        let targets = references.flat_map(|declared| declared.target_profiles.iter());
        let structure = &shape.structure;
        let found =
            targets.filter_map(|target| self.shapes.find(&absolute(structure, target)).ok());
        found.map(|shape| (shape, shape.root())).collect()
    }

    fn existence(&self) -> Option<Wants> {
        let (_, node) = self.here.first()?;
        if node.max.allows(1) {
            return (node.min > 0).then_some(Wants::Existence(true));
        }
        Some(Wants::Existence(false))
    }

    fn types(&self) -> Option<Wants> {
        let mut codes: Vec<Box<str>> = Vec::new();
        for (shape, node) in &self.here {
            if node.definition == 0 {
                codes.push(shape.structure.type_name.clone());
            } else {
                codes.extend(node.types.iter().map(|declared| declared.code.clone()));
            }
        }
        (!codes.is_empty()).then_some(Wants::Type(codes))
    }

    fn profiles(&self) -> Option<Wants> {
        let mut profiles: Vec<(Box<str>, ShapeId)> = Vec::new();
        for (shape, node) in &self.here {
            if node.definition == 0 {
                profiles.push((shape.structure.url.clone(), shape.id));
                continue;
            }
            for declared in &node.types {
                profiles.extend(declared.profiles.iter().cloned());
                if declared.profiles.is_empty() {
                    profiles.push((declared.code.clone(), declared.shape));
                }
            }
        }
        (!profiles.is_empty()).then_some(Wants::Profile(profiles))
    }

    /// A fixed value, a pattern, values further below, a required binding, or that there is anything at all.
    fn wanted(&self) -> Option<Wants> {
        let (_, first) = self.here.first()?;
        if !first.max.allows(1) {
            return Some(Wants::Existence(false));
        }
        let any = |find: &dyn Fn(&Shape, &Node) -> Option<Wants>| {
            self.here.iter().find_map(|(shape, node)| find(shape, node))
        };
        self.values()
            .or_else(|| any(&|shape, node| below(shape, node, 0)))
            .or_else(|| any(&in_slices))
            .or_else(|| any(&code_of))
            .or_else(|| {
                let from_above = self.value.is_some();
                (!from_above && first.min > 0).then_some(Wants::Existence(true))
            })
    }

    /// The values that are given where the way has come to: all of them are wanted.
    fn values(&self) -> Option<Wants> {
        let found = self
            .here
            .iter()
            .filter_map(|(shape, node)| value_of(shape, node));
        let mut found: Vec<_> = found.collect();
        match found.len() {
            0 | 1 => found.pop(),
            _ => Some(Wants::All(found)),
        }
    }

    /// The part of a value that was given further up.
    fn given_above(&self) -> Option<Wants> {
        let (given, rest) = self.value.as_ref()?;
        Some(Wants::PartOf(given.clone(), rest.clone()))
    }
}

fn value_of(shape: &Shape, node: &Node) -> Option<Wants> {
    let definition = shape.definition(node);
    if let Some(fixed) = &definition.fixed {
        return Some(Wants::Value(fixed.clone()));
    }
    let pattern = definition.pattern.clone()?;
    Some(Wants::Value(pattern))
}

/// Values that are given for parts of the element: `code.coding.code` where the path says `code`.
fn below(shape: &Shape, node: &Node, depth: u32) -> Option<Wants> {
    const DEEPEST: u32 = 4;
    if depth >= DEEPEST {
        return None;
    }
    let mut tests = Vec::new();
    for child in &node.children {
        let child = shape.node(*child);
        let name = shape.name_of(child);
        let name = name.strip_suffix("[x]").unwrap_or(name);
        let wants = value_of(shape, child)
            .or_else(|| below(shape, child, depth + 1))
            .or_else(|| in_slices(shape, child));
        if let Some(wants) = wants {
            tests.push(Test {
                route: vec![Hop::Child(name.into())],
                wants,
            });
        }
    }
    (!tests.is_empty()).then_some(Wants::Below(tests))
}

/// Slices inside of the slice that must occur.
fn in_slices(shape: &Shape, node: &Node) -> Option<Wants> {
    let slices = node.slices.iter().map(|slice| shape.node(*slice));
    let needed = slices.filter(|slice| slice.min > 0);
    let wants: Vec<_> = needed
        .filter_map(|slice| value_of(shape, slice).or_else(|| below(shape, slice, 1)))
        .collect();
    (!wants.is_empty()).then_some(Wants::All(wants))
}

fn code_of(shape: &Shape, node: &Node) -> Option<Wants> {
    let binding = shape.definition(node).binding.as_ref()?;
    if binding.strength != Strength::Required {
        return None;
    }
    let value_set = absolute(&shape.structure, binding.value_set.as_deref()?);
    Some(Wants::Code(value_set.into()))
}

/// The parts of a given value along steps.
pub(super) fn parts<'g>(given: &'g Given, rest: &[Hop]) -> Vec<Element<'g>> {
    let mut elements = vec![given.element()];
    for hop in rest {
        elements = route::step(&elements, hop);
    }
    elements
}
