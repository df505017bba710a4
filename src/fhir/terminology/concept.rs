//! One concept of a code system, read from its resource when it is asked.

use super::code_system::CodeSystem;
use super::hierarchy::Below;
use crate::fhir::definitions::{all, choice, extension, text};
use crate::fhir::tree::Element;

/// One concept of a [`CodeSystem`]. Cheap to copy.
#[derive(Clone, Copy)]
pub struct Concept<'s> {
    pub(super) system: &'s CodeSystem,
    pub(super) index: u32,
    pub(super) element: Element<'s>,
}

/// Whether a concept should be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// Yes.
    Active,
    /// It still may be, but should not.
    Deprecated,
    /// No.
    Inactive,
}

/// One more name of a concept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Designation<'s> {
    /// The language, as a BCP-47 tag.
    pub language: Option<&'s str>,
    /// What it is for, such as `synonym`.
    pub usage: Option<&'s str>,
    /// The name.
    pub value: &'s str,
}

/// A standards status of a single concept, as R4 and later write it.
const STANDARDS_STATUS: &str =
    "http://hl7.org/fhir/StructureDefinition/structuredefinition-standards-status";

impl<'s> Concept<'s> {
    /// The code.
    pub fn code(self) -> &'s str {
        text(self.element, "code").unwrap_or_default()
    }

    /// The preferred name.
    pub fn display(self) -> Option<&'s str> {
        text(self.element, "display")
    }

    /// What it means.
    pub fn definition(self) -> Option<&'s str> {
        text(self.element, "definition")
    }

    /// Further names.
    pub fn designations(self) -> impl Iterator<Item = Designation<'s>> {
        designations_of(self.element)
    }

    /// The values of a property, as texts; a Coding is its code.
    pub fn values(self, property: &'s str) -> impl Iterator<Item = &'s str> {
        self.properties()
            .filter(move |(code, _)| *code == property)
            .map(|(_, value)| value)
    }

    /// All properties with their values.
    pub fn properties(self) -> impl Iterator<Item = (&'s str, &'s str)> {
        all(self.element, "property").filter_map(|property| {
            let value = choice(property, "value")?;
            let value = value.value().or_else(|| text(value, "code"))?;
            Some((text(property, "code")?, value))
        })
    }

    /// The values of a property, also where it is asked for by the standard name that it stands for.
    pub(super) fn values_of<'p>(
        self,
        name: &'p str,
    ) -> impl Iterator<Item = &'s str> + use<'s, 'p> {
        self.properties()
            .filter(move |(code, _)| *code == name || self.system.meaning_of(code) == name)
            .map(|(_, value)| value)
    }

    /// The codes directly above, by nesting and by properties.
    pub(super) fn parent_codes(self) -> impl Iterator<Item = &'s str> {
        let parents = self.system.hierarchy().parents_of(self.system, self.index);
        parents.map(move |index| self.system.at(index).code())
    }

    /// The codes directly below.
    pub(super) fn child_codes(self) -> impl Iterator<Item = &'s str> {
        let children = self.system.hierarchy().children_of(self.system, self.index);
        children.map(move |index| self.system.at(index).code())
    }

    /// Whether nothing stands below.
    pub(super) fn is_leaf(self) -> bool {
        self.child_codes().next().is_none()
    }

    /// Whether this stands above a code of the same system, or is it.
    pub(super) fn is_above(self, code: &str) -> bool {
        let below = self.system.index_of(code);
        below.is_some_and(|below| {
            self.system
                .hierarchy()
                .subsumes(self.system, self.index, below)
        })
    }

    /// A code of the same system and all below it.
    pub(super) fn below(self, top: &str) -> Option<Below> {
        let top = self.system.index_of(top)?;
        Some(self.system.hierarchy().below(self.system, top))
    }

    /// Whether a property that is a Coding has this value, written `system#code`.
    pub(super) fn has_coding(self, name: &str, value: &str) -> bool {
        let Some((system, code)) = value.rsplit_once('#') else {
            return false;
        };
        let mut codings = all(self.element, "property")
            .filter(|property| text(*property, "code").is_some_and(|own| own == name));
        codings.any(|property| {
            let coding = property.child("valueCoding");
            let has = |part, wanted| coding.is_some_and(|found| text(found, part) == Some(wanted));
            has("system", system) && has("code", code)
        })
    }

    /// The concept directly above in the resource.
    pub fn parent(self) -> Option<Concept<'s>> {
        let slot = self.system.slots()[self.index as usize];
        slot.parent.map(|parent| self.system.at(parent))
    }

    /// Whether it should be used.
    pub fn status(self) -> Status {
        let mut status = standards_status(self.element);
        for (code, value) in self.properties() {
            match (self.system.meaning_of(code), value) {
                ("inactive", "true")
                | ("status", "inactive" | "retired" | "withdrawn" | "entered-in-error") => {
                    return Status::Inactive;
                }
                ("status", "deprecated") | ("deprecated", "true") => status = Status::Deprecated,
                _ => {}
            }
        }
        status
    }

    /// Whether it only groups others and may not be chosen.
    pub fn is_abstract(self) -> bool {
        self.properties().any(|(code, value)| {
            matches!(
                self.system.meaning_of(code),
                "notSelectable" | "not-selectable" | "abstract"
            ) && value == "true"
        })
    }
}

fn standards_status(element: Element<'_>) -> Status {
    let given = extension(element, STANDARDS_STATUS).and_then(|found| text(found, "valueCode"));
    match given {
        Some("deprecated") => Status::Deprecated,
        Some("withdrawn") => Status::Inactive,
        _ => Status::Active,
    }
}

/// The designations of a concept, in a code system or in a value set.
pub(super) fn designations_of<'s>(
    concept: Element<'s>,
) -> impl Iterator<Item = Designation<'s>> + use<'s> {
    all(concept, "designation").filter_map(|designation| {
        Some(Designation {
            language: text(designation, "language"),
            usage: designation
                .child("use")
                .and_then(|usage| text(usage, "code")),
            value: text(designation, "value")?,
        })
    })
}
