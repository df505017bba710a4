//! References: what they lead to, and whether that may be.

use super::run::{At, Run};
use super::shape::{Class, absolute};
use super::{IssueKind, Weight};
use crate::fhir::definitions::{ElementType, STRUCTURE_BASE, Version};
use crate::fhir::tree::{Element, Kind};
use std::collections::HashMap;

/// The resources of a Bundle or of Parameters, by full URL and by `Type/id`.
#[derive(Default)]
pub(super) struct Entries<'v> {
    by_address: HashMap<&'v str, Element<'v>>,
    by_type_and_id: HashMap<(&'v str, &'v str), Element<'v>>,
}

impl<'v> Entries<'v> {
    pub(super) fn of(root: Element<'v>) -> Self {
        let mut entries = Self::default();
        if !matches!(root.resource_type(), Some("Bundle" | "Parameters")) {
            return entries;
        }
        let holders = root
            .descendants()
            .filter(|element| element.name() == "resource");
        for resource in holders.filter(|element| element.kind() == Kind::Resource) {
            let Some(entry) = resource.parent() else {
                continue;
            };
            if let Some(address) = entry.child("fullUrl").and_then(Element::value) {
                entries.by_address.entry(address).or_insert(resource);
            }
            if let (Some(name), Some(id)) = (resource.resource_type(), id_of(resource)) {
                entries.by_type_and_id.entry((name, id)).or_insert(resource);
            }
        }
        entries
    }

    /// A relative reference means the server of the entry that it stands in; failing that, any entry of type and id.
    fn find(&self, from: Element<'v>, reference: &str) -> Option<Element<'v>> {
        let reference = reference.split(['#', '|']).next().unwrap_or(reference);
        let plain = reference.split("/_history/").next().unwrap_or(reference);
        if let Some(found) = self
            .by_address
            .get(plain)
            .or_else(|| self.by_address.get(reference))
        {
            return Some(*found);
        }
        if plain.contains(':') {
            return None;
        }
        let base = entry_of(from).and_then(|entry| entry.child("fullUrl")?.value());
        let server = base.and_then(server_of);
        if let Some(server) = server {
            let address = format!("{server}/{plain}");
            if let Some(found) = self.by_address.get(address.as_str()) {
                return Some(*found);
            }
        }
        self.by_type_and_id.get(&plain.split_once('/')?).copied()
    }
}

/// `http://a.b/fhir` of `http://a.b/fhir/Patient/1`.
fn server_of(address: &str) -> Option<&str> {
    let (above, _) = address.rsplit_once('/')?;
    let (server, _) = above.rsplit_once('/')?;
    Some(server)
}

/// The Bundle entry that an element stands in.
fn entry_of(element: Element<'_>) -> Option<Element<'_>> {
    let mut here = element;
    while let Some(above) = here.parent() {
        if here.name() == "entry" && above.resource_type() == Some("Bundle") {
            return Some(here);
        }
        here = above;
    }
    None
}

fn id_of(resource: Element<'_>) -> Option<&str> {
    resource.child("id")?.value()
}

/// The resource that holds the contained ones that an element can name.
pub(super) fn container_of(element: Element<'_>) -> Element<'_> {
    let resource = element.nearest_resource();
    match resource.parent() {
        Some(parent) if resource.name() == "contained" => parent.nearest_resource(),
        Some(_) | None => resource,
    }
}

/// The address in a Reference, or a URI by itself.
pub(super) fn address_of(element: Element<'_>) -> Option<&str> {
    element
        .value()
        .or_else(|| element.child("reference")?.value())
}

/// The type that a reference names: in its address, or beside it.
pub(super) fn type_in_address(element: Element<'_>) -> Option<&str> {
    let from_text = address_of(element).and_then(|text| {
        let text = text.split("/_history/").next().unwrap_or(text);
        let mut parts = text.rsplit('/');
        let (_, name) = (parts.next()?, parts.next()?);
        let is_name = name.starts_with(|letter: char| letter.is_ascii_uppercase())
            && name.bytes().all(|byte| byte.is_ascii_alphabetic());
        is_name.then_some(name)
    });
    from_text.or_else(|| {
        element
            .child("type")?
            .value()
            .filter(|name| !name.contains(':'))
    })
}

impl<'v> Run<'v> {
    /// What a reference leads to: contained, in the Bundle around, or known to the caller.
    pub(super) fn target_of(&mut self, element: Element<'v>) -> Option<Element<'v>> {
        let reference = address_of(element)?;
        if reference == "#" {
            return Some(container_of(element));
        }
        if let Some(id) = reference.strip_prefix('#') {
            let mut contained = container_of(element).children();
            return contained
                .find(|child| child.name() == "contained" && id_of(*child) == Some(id));
        }
        if std::ptr::eq(element.resource, self.resource) {
            let root = self.resource.root();
            let entries = self.entries.get_or_insert_with(|| Entries::of(root));
            if let Some(found) = entries.find(element, reference) {
                return Some(found);
            }
        }
        self.answers
            .resource(reference)
            .map(|resource| resource.root())
    }

    /// A Reference of the type's own walk.
    pub(super) fn reference(&mut self, element: Element<'v>, at: &At<'v>) {
        if let Some(text) = element.child("reference").and_then(Element::value) {
            if text.starts_with('#') && self.target_of(element).is_none() {
                let issue = self.error(IssueKind::Reference, "invariant", element, || {
                    format!("`{text}` leads to no contained resource")
                });
                if let Some(issue) = issue {
                    issue.constraint = Some("ref-1".to_owned());
                }
                return;
            }
            self.existence(element, text);
        }
        self.targets(element, at);
    }

    fn existence(&mut self, element: Element<'v>, text: &'v str) {
        if !self.validator.options.check_references || text.starts_with('#') {
            return;
        }
        if self.target_of(element).is_some() {
            return;
        }
        if text.contains(':') {
            self.undecided(Weight::Minor, element, || {
                format!("whether there is anything at `{text}` was not asked")
            });
            return;
        }
        self.error(IssueKind::Reference, "not-found", element, || {
            format!("`{text}` leads to no resource that is known")
        });
    }

    /// Whether what a reference leads to is of a type, and conforms to a profile, that the definition allows.
    pub(super) fn targets(&mut self, element: Element<'v>, at: &At<'v>) {
        let definition = at.shape.definition(at.node);
        let declared = definition
            .types
            .iter()
            .find(|declared| *declared.code == *at.code);
        let Some(declared) = declared else { return };
        let reference = match at.class {
            Class::CodeableReference => match element.child("reference") {
                Some(reference) if reference.kind() == Kind::Complex => reference,
                Some(_) | None => return,
            },
            Class::Primitive(_)
            | Class::Extension
            | Class::Reference
            | Class::Coding
            | Class::CodeableConcept
            | Class::Quantity
            | Class::Narrative
            | Class::Resource
            | Class::Other => element,
        };
        if !declared.target_profiles.is_empty() {
            self.target_profiles(reference, at, declared);
        }
        if !declared.aggregation.is_empty() {
            self.aggregation(reference, at, declared);
        }
    }

    fn target_profiles(&mut self, reference: Element<'v>, at: &At<'v>, declared: &'v ElementType) {
        let resolved = self.target_of(reference);
        let named = || match self.validator.options.ignore_types_in_addresses {
            true => None,
            false => type_in_address(reference),
        };
        let type_name = resolved.and_then(Element::resource_type).or_else(named);
        let Some(type_name) = type_name else { return };
        let mut of_type = Vec::new();
        for target in &declared.target_profiles {
            let wanted = match target.strip_prefix(STRUCTURE_BASE) {
                Some(name) if name.starts_with(|letter: char| letter.is_ascii_uppercase()) => name,
                Some(_) | None => {
                    match self.shapes().find(&absolute(&at.shape.structure, target)) {
                        Ok(shape) => &*shape.structure.type_name,
                        // What it is about is not known, and so nothing can be said.
                        Err(_) => return,
                    }
                }
            };
            if self.is_a(type_name, wanted) {
                of_type.push(&**target);
            }
        }
        if of_type.is_empty() {
            self.wrong_target(reference, at, declared, type_name);
            return;
        }
        let follows = self.validator.options.follow_references;
        let within = |target: &Element<'v>| std::ptr::eq(target.resource, self.resource);
        if let Some(target) = resolved.filter(|target| follows || within(target)) {
            self.conforming_target(reference, at, target, &of_type);
        }
    }

    fn wrong_target(
        &mut self,
        reference: Element<'v>,
        at: &At<'v>,
        declared: &ElementType,
        type_name: &str,
    ) {
        // A name that is no type at all tells nothing of what is referred to.
        if !self.is_a(type_name, "Resource") {
            return;
        }
        self.of_profile(
            reference,
            at.shape,
            IssueKind::Reference,
            "structure",
            || {
                let names = declared.target_profiles.iter();
                let names = names.map(|target| target.rsplit('/').next().unwrap_or_default());
                format!(
                    "this refers to a {type_name}, and may refer to {}",
                    super::suggest::list(names)
                )
            },
        );
    }

    fn conforming_target(
        &mut self,
        reference: Element<'v>,
        at: &At<'v>,
        target: Element<'v>,
        profiles: &[&'v str],
    ) {
        let mut open = false;
        for profile in profiles {
            let id = self.shapes().id(&absolute(&at.shape.structure, profile));
            match self.shapes().get(id) {
                Ok(shape) if !shape.is_profile => return,
                Ok(_) | Err(_) => {}
            }
            match self.conforms(target, id) {
                Some(true) => return,
                Some(false) => {}
                None => open = true,
            }
        }
        if open {
            self.undecided(Weight::Minor, reference, || {
                "whether what this refers to conforms to its profile cannot be decided".to_owned()
            });
            return;
        }
        self.of_profile(
            reference,
            at.shape,
            IssueKind::Reference,
            "structure",
            || {
                let names = super::suggest::list(profiles.iter());
                format!(
                    "what this refers to conforms to none of the profiles that are allowed: {names}"
                )
            },
        );
    }

    /// Contained, in the same Bundle, or elsewhere.
    fn aggregation(&mut self, reference: Element<'v>, at: &At<'v>, declared: &ElementType) {
        let Some(text) = address_of(reference) else {
            return;
        };
        let in_bundle = self.resource.type_name() == Some("Bundle");
        let resolved = self.target_of(reference);
        let is_here = resolved.is_some_and(|target| std::ptr::eq(target.resource, self.resource));
        let mode = match (text.starts_with('#'), is_here) {
            (true, _) => "contained",
            (false, true) => "bundled",
            (false, false) => "referenced",
        };
        let allowed = declared
            .aggregation
            .iter()
            .any(|allowed| **allowed == *mode || (**allowed == *"referenced" && mode == "bundled"));
        let may_be_bundled = declared
            .aggregation
            .iter()
            .any(|allowed| **allowed == *"bundled");
        // R5 says that `bundled` counts in Bundles only.
        let version = self.shapes().definitions().version();
        let options = &self.validator.options;
        let counts = options
            .aggregation_outside_bundles
            .unwrap_or(version < Version::R5);
        if allowed || (may_be_bundled && !in_bundle && !counts) {
            return;
        }
        self.of_profile(
            reference,
            at.shape,
            IssueKind::Reference,
            "structure",
            || {
                let allowed = super::suggest::list(declared.aggregation.iter());
                format!("the reference is {mode}, and may be {allowed}")
            },
        );
    }
}
