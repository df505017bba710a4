//! Which profiles a resource is held against: those it claims, those that were given, and what they impose.

use super::run::{At, Run, identity};
use super::shape::Shape;
use super::{IssueKind, Weight};
use crate::fhir::definitions::{Canonical, Missing, STRUCTURE_BASE, StructureKind};
use crate::fhir::tree::Element;

/// LOINC code and profile, from the table of FHIR's vital signs.
const VITAL_SIGNS: [(&str, &str); 10] = [
    ("85353-1", "vitalspanel"),
    ("9279-1", "resprate"),
    ("8867-4", "heartrate"),
    ("2708-6", "oxygensat"),
    ("8310-5", "bodytemp"),
    ("8302-2", "bodyheight"),
    ("9843-4", "headcircum"),
    ("29463-7", "bodyweight"),
    ("39156-5", "bmi"),
    ("85354-9", "bp"),
];

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

    /// FHIR asks that observations of vital signs, known by their LOINC codes, conform to its profiles for them.
    pub(super) fn vital_signs(&mut self, resource: Element<'v>) {
        if resource.resource_type() != Some("Observation") {
            return;
        }
        let Some(concept) = resource.child("code") else {
            return;
        };
        for coding in concept.children().filter(|child| child.name() == "coding") {
            let part = |name: &str| coding.child(name).and_then(Element::value);
            let (Some("http://loinc.org"), Some(code)) = (part("system"), part("code")) else {
                continue;
            };
            let Some((_, profile)) = VITAL_SIGNS.iter().find(|(known, _)| *known == code) else {
                continue;
            };
            let id = self.shapes().id_of_type(profile);
            if let Ok(shape) = self.shapes().get(id) {
                self.hold(resource, shape);
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
    pub(super) fn fits_type(
        &mut self,
        resource: Element<'v>,
        place: Element<'v>,
        shape: &'v Shape,
    ) -> bool {
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
        if !self
            .held
            .insert((identity(element), shape.canonical.as_str()))
        {
            return;
        }
        if shape.is_profile {
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
        if shape.is_profile {
            let type_shape = self.shapes().id_of_type(&structure.type_name);
            if element.resource_type().is_some()
                && self.conforms(element, type_shape) == Some(false)
            {
                self.error(IssueKind::Type, "structure", element, String::new);
            }
            self.hold(element, shape);
        } else {
            self.walk_root(element, shape);
        }
    }
}
