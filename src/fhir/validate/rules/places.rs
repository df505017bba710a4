//! Where a path can lead by definitions alone, without any resource (elementdefinition.html, "Element Paths").
//!
//! A path that leads to nothing in any reading is a mistake; where a type is not at hand or anything may stand, that
//! stays open, and nobody is accused.

use crate::fhir::definitions::{Definitions, ElementDefinition, Structure};
use std::sync::Arc;

/// How many steps a path may have.
const MAX_STEPS: usize = 40;

/// Types whose content only a resource itself can tell.
const ANYTHING: [&str; 4] = ["Resource", "DomainResource", "Element", "Base"];

/// One element of one structure's snapshot.
#[derive(Clone)]
struct Place {
    structure: Arc<Structure>,
    at: usize,
}

/// All elements that a path may mean.
pub(super) struct Places<'d> {
    definitions: &'d Definitions,
    list: Vec<Place>,
    /// Whether others are possible that are not listed.
    open: bool,
}

impl<'d> Places<'d> {
    /// The elements of a dotted path that starts with a type, such as `Patient.contact.name`; `None` where the type is
    /// not at hand.
    pub(super) fn of_path(
        definitions: &'d Definitions,
        type_name: &str,
        path: &str,
    ) -> Option<Self> {
        let structure = definitions.structure_of_type(type_name).ok()?;
        let mut names = path.split('.');
        if names.next() != structure.snapshot.first().map(|root| &*root.path) {
            return None;
        }
        let root = Place { structure, at: 0 };
        let start = Self {
            definitions,
            list: vec![root],
            open: false,
        };
        let steps: Vec<&str> = names.collect();
        (steps.len() <= MAX_STEPS).then(|| steps.iter().fold(start, |here, name| here.child(name)))
    }

    /// Whether no element can be meant.
    pub(super) fn is_nowhere(&self) -> bool {
        self.list.is_empty() && !self.open
    }

    /// Where the path of a discriminator leads from here (profiling.html, "Discriminator"): names, `$this`,
    /// `extension(…)`, `ofType(…)`; what stands behind `resolve()` is open.
    pub(super) fn along(self, path: &str) -> Self {
        let mut here = self;
        for step in steps_of(path).into_iter().take(MAX_STEPS) {
            here = match step.split_once('(') {
                None if step == "$this" => here,
                None if is_name(step) => here.child(step),
                Some(("ofType", rest)) => here.root_of(rest.trim_end_matches(')')),
                Some(("extension", _)) => here.child("extension"),
                Some(_) | None => return here.opened(),
            };
        }
        here
    }

    fn opened(self) -> Self {
        Self { open: true, ..self }
    }

    fn root_of(self, type_name: &str) -> Self {
        let name = type_name.trim().rsplit('.').next().unwrap_or_default();
        match self.definitions.structure_of_type(name) {
            Ok(structure) => Self {
                list: vec![Place { structure, at: 0 }],
                ..self
            },
            Err(_) => self.opened(),
        }
    }

    /// The elements of a name below; a choice is meant by its stem, with and without `[x]`, and with any type.
    fn child(self, name: &str) -> Self {
        let name = name.trim_end_matches("[x]");
        let mut next = Self {
            definitions: self.definitions,
            list: Vec::new(),
            open: self.open,
        };
        for place in &self.list {
            for holder in next.spelled_out(place) {
                let prefix = &*holder.element().path;
                let is_meant = |element: &ElementDefinition| {
                    let below = element.path.strip_prefix(prefix);
                    below
                        .and_then(|below| below.strip_prefix('.'))
                        .is_some_and(|own| is_called(own, name))
                };
                let elements = holder.structure.snapshot.iter().enumerate();
                let found = elements.filter(|(_, element)| is_meant(element));
                next.list.extend(found.map(|(at, _)| Place {
                    structure: holder.structure.clone(),
                    at,
                }));
            }
        }
        next
    }

    /// The places that spell out the content of an element: itself, what it refers to, or the roots of its types.
    fn spelled_out(&mut self, place: &Place) -> Vec<Place> {
        let element = place.element();
        if place.has_children() {
            return vec![place.clone()];
        }
        if let Some((_, path)) = element
            .content_reference
            .as_deref()
            .and_then(|reference| reference.split_once('#'))
        {
            let mut elements = place.structure.snapshot.iter();
            let at = elements.position(|element| *element.path == *path);
            self.open |= at.is_none();
            return at
                .map(|at| Place {
                    structure: place.structure.clone(),
                    at,
                })
                .into_iter()
                .collect();
        }
        self.open |= element.types.is_empty();
        let mut found = Vec::new();
        for declared in &element.types {
            match self.definitions.structure_of_type(&declared.code) {
                Ok(structure) if !ANYTHING.contains(&&*declared.code) => {
                    found.push(Place { structure, at: 0 });
                }
                Ok(_) | Err(_) => self.open = true,
            }
        }
        found
    }
}

impl Place {
    fn element(&self) -> &ElementDefinition {
        &self.structure.snapshot[self.at]
    }

    fn has_children(&self) -> bool {
        let path = &*self.element().path;
        let next = self.structure.snapshot.get(self.at + 1);
        self.at == 0
            || next.is_some_and(|next| {
                let below = next.path.strip_prefix(path);
                below.is_some_and(|below| below.starts_with('.'))
            })
    }
}

/// Whether an element's own name (`value[x]`) is meant by a written one (`value`, `valueQuantity`).
fn is_called(own: &str, written: &str) -> bool {
    match own.strip_suffix("[x]") {
        None => own == written,
        Some(stem) => {
            let rest = written.strip_prefix(stem);
            rest.is_some_and(|rest| {
                rest.is_empty() || rest.starts_with(|first: char| first.is_ascii_uppercase())
            })
        }
    }
}

fn is_name(step: &str) -> bool {
    !step.is_empty()
        && step
            .bytes()
            .all(|letter| letter.is_ascii_alphanumeric() || b"_[]".contains(&letter))
}

/// The steps of a path: dots inside brackets do not count.
fn steps_of(path: &str) -> Vec<&str> {
    let mut steps = Vec::new();
    let (mut start, mut depth) = (0, 0_u32);
    for (at, letter) in path.char_indices() {
        match letter {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            '.' if depth == 0 => {
                steps.push(path[start..at].trim());
                start = at + 1;
            }
            _ => {}
        }
    }
    steps.push(path[start..].trim());
    steps
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fhir::definitions::Version;

    fn leads_somewhere(type_name: &str, path: &str, further: &str) -> bool {
        let definitions = Definitions::core(Version::R4);
        let places = Places::of_path(&definitions, type_name, path).expect("a known type");
        !places.along(further).is_nowhere()
    }

    #[test]
    fn names_lead_through_types_choices_and_repeated_content() {
        assert!(leads_somewhere("Patient", "Patient.contact", "name.family"));
        assert!(leads_somewhere(
            "Observation",
            "Observation",
            "value.coding"
        ));
        assert!(leads_somewhere(
            "Observation",
            "Observation",
            "valueQuantity.code"
        ));
        assert!(leads_somewhere(
            "Questionnaire",
            "Questionnaire.item.item",
            "item.linkId"
        ));
        assert!(!leads_somewhere("Patient", "Patient.extension", "type"));
        assert!(!leads_somewhere("Patient", "Patient.nothing", "$this"));
    }

    #[test]
    fn what_stands_behind_a_reference_is_open() {
        assert!(leads_somewhere(
            "Patient",
            "Patient.managingOrganization",
            "resolve().nothing"
        ));
        assert!(leads_somewhere(
            "Bundle",
            "Bundle.entry",
            "resource.nothing"
        ));
        assert!(leads_somewhere(
            "Patient",
            "Patient",
            "extension('http://example.org/a.b').value"
        ));
        assert!(!leads_somewhere(
            "Observation",
            "Observation",
            "value.ofType(Quantity).nothing"
        ));
    }
}
