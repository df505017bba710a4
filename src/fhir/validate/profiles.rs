//! Which profiles a resource is held against: those it claims, those that were given, and what they impose.

use super::run::{At, Run, identity};
use super::shape::Shape;
use super::{IssueKind, Weight};
use crate::fhir::definitions::{Canonical, Missing, STRUCTURE_BASE, StructureKind};
use crate::fhir::tree::Element;

impl<'v> Run<'v> {
    /// What a resource claims in `meta.profile`.
    pub(super) fn claims(&mut self, resource: Element<'v>) {
        let Some(meta) = resource.child("meta") else {
            return;
        };
        for claim in meta.children().filter(|child| child.name() == "profile") {
            if let Some(address) = claim.value() {
                self.claim(resource, claim, address);
            }
        }
    }

    fn claim(&mut self, resource: Element<'v>, claim: Element<'v>, address: &'v str) {
        match self.shapes().find(address) {
            Ok(shape) => {
                if self.fits_type(resource, claim, shape) {
                    self.hold(resource, shape);
                }
            }
            Err(missing) => {
                let base = address.strip_prefix(STRUCTURE_BASE);
                if *missing == Missing::Unknown
                    && base.is_some_and(|name| resource.resource_type() == Some(name))
                {
                    return;
                }
                self.undecided(Weight::Decisive, claim, || {
                    format!("the resource claims the profile `{address}`, which cannot be applied: {missing}")
                });
            }
        }
    }

    /// A profile that the caller asks for.
    pub(super) fn given_profile(&mut self, resource: Element<'v>, address: &str) {
        match self.shapes().find(address) {
            Ok(shape) => {
                if self.fits_type(resource, resource, shape) {
                    self.hold(resource, shape);
                }
            }
            Err(missing) => self.undecided(Weight::Decisive, resource, || {
                format!("the profile `{address}` cannot be applied: {missing}")
            }),
        }
    }

    /// Whether a profile is about the type of a resource at all.
    fn fits_type(&mut self, resource: Element<'v>, place: Element<'v>, shape: &'v Shape) -> bool {
        let Some(type_name) = resource.resource_type() else {
            return false;
        };
        if self.is_a(type_name, &shape.structure.type_name) {
            return true;
        }
        self.of_profile(place, shape, IssueKind::Type, "invalid", || {
            format!(
                "the profile `{}` is about {}, and the resource is a {type_name}",
                shape.structure.url, shape.structure.type_name
            )
        });
        false
    }

    /// Holds an element against a profile; once for each element and profile.
    pub(super) fn hold(&mut self, element: Element<'v>, shape: &'v Shape) {
        if !self.held.insert((identity(element), shape.id)) {
            return;
        }
        if shape.structure.is_profile() {
            self.constrain(element, At::root(shape));
            self.narrative_control(element, &shape.structure);
            self.imposed(element, shape);
        }
    }

    /// What a profile imposes beside itself, and the abstract profiles that it is built on.
    fn imposed(&mut self, element: Element<'v>, shape: &'v Shape) {
        for address in &shape.structure.imposes {
            match self.shapes().find(address) {
                Ok(imposed) => self.hold(element, imposed),
                Err(missing) => self.undecided(Weight::Decisive, element, || {
                    format!(
                        "the profile `{address}`, which `{}` imposes, cannot be applied: {missing}",
                        shape.structure.url
                    )
                }),
            }
        }
    }

    /// Holds an element against a type or a profile, its type included; used where conformance is asked for.
    pub(super) fn hold_whole(&mut self, element: Element<'v>, shape: &'v Shape) {
        let structure = &shape.structure;
        if let Some(type_name) = element.resource_type() {
            if !self.is_a(type_name, &structure.type_name) {
                self.error(IssueKind::Type, "structure", element, || {
                    format!("a {type_name} is no {}", Canonical::of(&structure.url).url)
                });
                return;
            }
        } else if structure.kind == StructureKind::Resource {
            self.error(IssueKind::Type, "structure", element, String::new);
            return;
        }
        self.hold(element, shape);
    }
}
