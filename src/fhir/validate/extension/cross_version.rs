//! Extensions that carry elements of another release: `http://hl7.org/fhir/5.0/StructureDefinition/extension-X.y`.

use super::super::run::Run;
use super::super::{IssueKind, Weight};
use crate::fhir::definitions::{Definitions, ElementDefinition, Structure, Version};
use crate::fhir::tree::Element;
use std::sync::Arc;

/// The address of such an extension.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Address<'t> {
    version: Version,
    /// Such as `Patient.animal.species`.
    path: &'t str,
}

impl<'t> Address<'t> {
    /// Reads an address; `None` for any other extension.
    pub(super) fn parse(url: &'t str) -> Option<Self> {
        let rest = url.strip_prefix("http://hl7.org/fhir/")?;
        let (version, rest) = rest.split_once('/')?;
        let path = rest.strip_prefix("StructureDefinition/extension-")?;
        let known = matches!(version, "3.0" | "4.0" | "4.3" | "5.0");
        let version = known.then(|| Version::parse(version)).flatten()?;
        Some(Self { version, path })
    }
}

impl<'v> Run<'v> {
    /// An element of another release as an extension: its value must be of the type that it has there.
    pub(super) fn cross_version(&mut self, element: Element<'v>, address: &Address<'v>) {
        let own = self.shapes().definitions().version();
        if address.version == own {
            self.error(IssueKind::Extension, "business-rule", element, || {
                format!(
                    "`{}` is an element of {own} itself, and so no extension in it",
                    address.path
                )
            });
            return;
        }
        let Some(definitions) = self.validator.other_version(address.version) else {
            self.undecided(Weight::Minor, element, || {
                format!("the definitions of {} are not at hand", address.version)
            });
            return;
        };
        let Some((structure, at)) = element_at(&definitions, address.path) else {
            self.error(IssueKind::Extension, "business-rule", element, || {
                format!("{} has no element `{}`", address.version, address.path)
            });
            return;
        };
        let is_modifier = structure.snapshot[at].is_modifier == Some(true);
        if is_modifier != (element.name() == "modifierExtension") {
            self.error(IssueKind::Extension, "business-rule", element, || {
                let right = if is_modifier {
                    "modifierExtension"
                } else {
                    "extension"
                };
                format!(
                    "`{}` of {} stands in `{right}` only",
                    address.path, address.version
                )
            });
        }
        self.cross_version_content(element, &structure, at, address);
    }

    fn cross_version_content(
        &mut self,
        element: Element<'v>,
        structure: &Structure,
        at: usize,
        address: &Address<'v>,
    ) {
        let definition = &structure.snapshot[at];
        let value = element
            .children()
            .find(|child| child.name().starts_with("value"));
        if let Some(value) = value {
            self.cross_version_value(element, value, definition, address);
            return;
        }
        for part in element
            .children()
            .filter(|child| child.name() == "extension")
        {
            let url = part
                .child("url")
                .and_then(Element::value)
                .unwrap_or_default();
            if !url.contains(':') && part_of(structure, definition, url).is_none() {
                self.error(IssueKind::Extension, "business-rule", part, || {
                    format!(
                        "`{}` has no element `{url}` in {}",
                        address.path, address.version
                    )
                });
            }
        }
    }

    fn cross_version_value(
        &mut self,
        element: Element<'v>,
        value: Element<'v>,
        definition: &ElementDefinition,
        address: &Address<'v>,
    ) {
        let suffix = value.name().strip_prefix("value").unwrap_or_default();
        let is_type = |code: &str| {
            // `xhtml` and resources have no value of their own; `Reference` stands for all that refer.
            code.eq_ignore_ascii_case(suffix)
                || (code == "CodeableReference"
                    && matches!(suffix, "Reference" | "CodeableConcept"))
        };
        if definition
            .types
            .iter()
            .any(|declared| is_type(&declared.code))
        {
            return;
        }
        self.error(IssueKind::Extension, "business-rule", element, || {
            let codes =
                super::super::suggest::list(definition.types.iter().map(|declared| &declared.code));
            format!(
                "`{}` is {codes} in {}, and not {suffix}",
                address.path, address.version
            )
        });
    }
}

/// The definition of a path such as `Patient.animal.species`; a choice may be named with or without its mark.
fn element_at(definitions: &Arc<Definitions>, path: &str) -> Option<(Arc<Structure>, usize)> {
    let type_name = path.split('.').next()?;
    let structure = definitions.structure_of_type(type_name).ok()?;
    let wanted = path.trim_end_matches("[x]");
    let mut elements = structure.snapshot.iter();
    let at = elements.position(|element| element.path.trim_end_matches("[x]") == wanted)?;
    Some((structure, at))
}

fn part_of<'s>(
    structure: &'s Structure,
    definition: &ElementDefinition,
    name: &str,
) -> Option<&'s ElementDefinition> {
    let wanted = format!("{}.{}", definition.path, name.trim_end_matches("[x]"));
    let mut elements = structure.snapshot.iter();
    elements.find(|element| element.path.trim_end_matches("[x]") == wanted)
}
