//! Must-support: which elements a profile asks systems to handle, and which of them resources ever showed.

use super::Validator;
use super::run::Run;
use super::services::Answers;
use super::shape::{NO_TYPE, Node, NodeId, Shape};
use super::slicing::Plan;
use crate::fhir::definitions::Missing;
use crate::fhir::tree::{Element, Resource};
use std::collections::BTreeMap;

/// One must-support element of one profile.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct MustSupport {
    /// The profile's canonical address, with its version.
    pub profile: String,
    /// The element's id in the profile, such as `Patient.identifier:nhsNumber.system`.
    pub element: String,
    /// In how many resources it was seen.
    pub seen: u64,
}

/// What resources have shown so far of the must-support elements of profiles.
#[derive(Debug, Clone, Default)]
pub struct MustSupports {
    seen: BTreeMap<(String, String), u64>,
}

impl MustSupports {
    /// All elements, by profile and in the order of their ids.
    pub fn listing(&self) -> Vec<MustSupport> {
        let entries = self.seen.iter();
        entries
            .map(|((profile, element), seen)| MustSupport {
                profile: profile.clone(),
                element: element.clone(),
                seen: *seen,
            })
            .collect()
    }

    /// Adds what was seen elsewhere.
    pub fn add(&mut self, other: &Self) {
        for (key, seen) in &other.seen {
            *self.seen.entry(key.clone()).or_default() += seen;
        }
    }
}

impl Validator {
    /// The must-support elements of a profile, none of them seen.
    pub fn must_support(&self, profile: &str) -> Result<MustSupports, Missing> {
        let shape = self.shapes.find(profile).map_err(Clone::clone)?;
        let mut supports = MustSupports::default();
        for definition in &shape.structure.snapshot {
            if definition.must_support == Some(true) {
                let key = (shape.canonical.clone(), definition.id.to_string());
                supports.seen.insert(key, 0);
            }
        }
        Ok(supports)
    }

    /// Counts the must-support elements of a profile that a resource shows.
    pub fn see_must_support(
        &self,
        resource: &Resource,
        profile: &str,
        supports: &mut MustSupports,
    ) -> Result<(), Missing> {
        let shape = self.shapes.find(profile).map_err(Clone::clone)?;
        let all = self.must_support(profile)?;
        supports.add(&all);
        let answers = Answers::new(self);
        let variables = self.variables(&answers);
        let mut run = Run::new(self, resource, &answers, &variables);
        let mut seen = vec![false; shape.nodes.len()];
        run.attempt(|run| run.see(resource.root(), shape, 0, &mut seen));
        for (node, _) in shape.nodes.iter().zip(seen).filter(|(_, seen)| *seen) {
            let definition = shape.definition(node);
            if definition.must_support == Some(true) {
                let key = (shape.canonical.clone(), definition.id.to_string());
                *supports.seen.entry(key).or_default() += 1;
            }
        }
        Ok(())
    }
}

impl<'v> Run<'v> {
    /// Marks the nodes that an element and what is below it belong to.
    fn see(&mut self, element: Element<'v>, shape: &'v Shape, id: NodeId, seen: &mut [bool]) {
        if !self.spend(1) {
            return;
        }
        seen[id as usize] = true;
        let node = shape.node(id);
        for child in element.children() {
            let Some(name) = node.child_named(child.name(), child.name_hash()) else {
                continue;
            };
            let place = node.children[name.child as usize];
            if name.type_at != NO_TYPE || shape.node(place).types.is_empty() {
                self.see(child, shape, place, seen);
                self.see_slices(child, shape, shape.node(place), seen);
            }
        }
    }

    /// The slices that an element belongs to.
    fn see_slices(
        &mut self,
        element: Element<'v>,
        shape: &'v Shape,
        node: &'v Node,
        seen: &mut [bool],
    ) {
        if node.slices.is_empty() {
            return;
        }
        let plan = node
            .plan
            .get_or_init(|| Plan::of(self.shapes(), shape, node));
        let position = element.index().unwrap_or_default();
        for (at, slice) in node.slices.iter().enumerate() {
            if self.belongs(element, plan, at, position) {
                self.see(element, shape, *slice, seen);
                self.see_slices(element, shape, shape.node(*slice), seen);
            }
        }
    }
}
