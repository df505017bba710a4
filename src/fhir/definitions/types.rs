//! FHIR's types as the definitions say: what FHIRPath asks for `is`, `as`, `ofType` and strict checks.
//!
//! The answers are borrowed from tables that are made once for each type, at the first question, and never change.

use super::structure::StructureKind;
use super::{Definitions, ElementDefinition, Max, Structure};
use crate::fhir::tree::{Shape, Shapes};
use crate::fhir::types::{BuiltIn, Types};
use std::collections::BTreeMap;
use std::sync::OnceLock;

impl Types for Definitions {
    fn element_type(&self, parent: &str, element: &str) -> Option<&str> {
        let Some((table, path)) = self.type_table(parent) else {
            return BuiltIn.element_type(parent, element);
        };
        let holder = table.holders.get(path)?;
        if let Some(found) = holder.elements.get(element) {
            return found.single();
        }
        // `valueQuantity` where the definition has `value[x]`.
        let choices = holder.elements.values().filter(|found| found.is_choice);
        choices
            .filter_map(|found| found.choice_named(element))
            .next()
    }

    fn choice_types(&self, parent: &str, element: &str) -> Option<Vec<&str>> {
        let (table, path) = self.type_table(parent)?;
        let found = table.holders.get(path)?.elements.get(element)?;
        let names = || found.types.iter().map(|name| &**name);
        found.is_choice.then(|| names().collect())
    }

    fn supertype(&self, name: &str) -> Option<&str> {
        let Some((table, path)) = self.type_table(name) else {
            return BuiltIn.supertype(name);
        };
        table.holders.get(path)?.above.as_deref()
    }

    fn is_known(&self, name: &str) -> bool {
        let known = self.type_table(name);
        known.is_some_and(|(table, path)| table.holders.contains_key(path))
    }

    fn elements(&self, name: &str) -> Option<Vec<&str>> {
        let (table, path) = self.type_table(name)?;
        let elements = &table.holders.get(path)?.elements;
        Some(elements.values().map(|found| &*found.name).collect())
    }
}

impl Shapes for Definitions {
    fn shape(&self, parent_type: &str, element: &str) -> Option<Shape<'_>> {
        let (table, path) = self.type_table(parent_type)?;
        let elements = &table.holders.get(path)?.elements;
        let typed = |found: &'_ Known| found.is_choice && found.choice_named(element).is_some();
        let found = elements
            .get(element)
            .or_else(|| elements.values().find(|found| typed(found)))?;
        Some(Shape {
            type_name: found.single().or_else(|| found.choice_named(element))?,
            repeats: found.repeats,
            order: found.order,
        })
    }
}

impl Definitions {
    /// The table of a type, and the path inside it: `Patient.contact` is `contact` in the table of `Patient`.
    fn type_table<'n>(&self, name: &'n str) -> Option<(&TypeTable, &'n str)> {
        let (root, path) = match is_address(name) {
            true => (name, ""),
            false => name.split_once('.').unwrap_or((name, "")),
        };
        let table = self.type_tables.get(root, || TypeTable::read(self, root))?;
        Some((table, path))
    }
}

/// Logical models may use an address as the name of their type.
fn is_address(name: &str) -> bool {
    name.contains(':')
}

/// What is known of one type.
#[derive(Debug)]
struct TypeTable {
    /// By the path inside the type: empty for the type itself, `contact` for a backbone element.
    holders: BTreeMap<Box<str>, Holder>,
}

/// A type, or an element that has elements.
#[derive(Debug, Default)]
struct Holder {
    /// The type above.
    above: Option<Box<str>>,
    /// By name, that of a choice without `[x]`.
    elements: BTreeMap<Box<str>, Known>,
}

/// An element of a type.
#[derive(Debug)]
struct Known {
    /// As defined: `value[x]`.
    name: Box<str>,
    is_choice: bool,
    /// Whether it may come more than once.
    repeats: bool,
    /// Its place among all elements of its structure.
    order: u32,
    types: Vec<Box<str>>,
}

impl Known {
    fn single(&self) -> Option<&str> {
        match (&self.types[..], self.is_choice) {
            ([only], false) => Some(only),
            _ => None,
        }
    }

    /// The type that the name of a choice on the wire tells.
    fn choice_named(&self, name: &str) -> Option<&str> {
        let base = self.name.strip_suffix("[x]")?;
        let suffix = name.strip_prefix(base)?;
        let fits = |known: &&str| {
            known.len() == suffix.len()
                && suffix.starts_with(|first: char| first.is_ascii_uppercase())
                && known[..1].eq_ignore_ascii_case(&suffix[..1])
                && known[1..] == suffix[1..]
        };
        self.types.iter().map(|known| &**known).find(fits)
    }
}

impl TypeTable {
    fn read(definitions: &Definitions, name: &str) -> Option<Self> {
        let structure = definitions.structure_of_type(name).ok()?;
        if !is_type(&structure, name) {
            return None;
        }
        let mut table = Self {
            holders: BTreeMap::new(),
        };
        let base = structure.base.as_deref();
        let root = structure.snapshot.first()?;
        table.holders.entry("".into()).or_default().above = base.map(type_in);
        for (order, element) in structure.snapshot.iter().enumerate().skip(1) {
            let order = u32::try_from(order).unwrap_or(u32::MAX);
            table.add(&structure, name, (&root.path, order), element);
        }
        table.join_backbones(name);
        Some(table)
    }

    fn add(
        &mut self,
        structure: &Structure,
        name: &str,
        (root, order): (&str, u32),
        element: &ElementDefinition,
    ) {
        let inside = element
            .path
            .strip_prefix(root)
            .and_then(|rest| rest.strip_prefix('.'));
        let Some(inside) = inside.filter(|_| element.slice_name.is_none()) else {
            return;
        };
        let (holder, wire_name) = inside.rsplit_once('.').unwrap_or(("", inside));
        let known = Known {
            name: wire_name.into(),
            is_choice: wire_name.ends_with("[x]"),
            repeats: element.max.is_none_or(|max| max > Max::Times(1)),
            order,
            types: types_of(structure, name, root, element),
        };
        let short = wire_name.strip_suffix("[x]").unwrap_or(wire_name);
        let holder = self.holders.entry(holder.into()).or_default();
        holder.elements.entry(short.into()).or_insert(known);
    }

    /// An element that has elements of its own is a type, named by its path; its written type is the one above.
    fn join_backbones(&mut self, name: &str) {
        let paths: Vec<Box<str>> = self.holders.keys().cloned().collect();
        for path in paths.iter().filter(|path| !path.is_empty()) {
            let (above, element) = path.rsplit_once('.').unwrap_or(("", path));
            let known = self
                .holders
                .get_mut(above)
                .and_then(|holder| holder.elements.get_mut(element));
            let Some(known) = known else { continue };
            let written =
                std::mem::replace(&mut known.types, vec![format!("{name}.{path}").into()]);
            if let Some(holder) = self.holders.get_mut(path) {
                holder.above = written.into_iter().next();
            }
        }
    }
}

/// Whether a structure defines a type of this name, and is not a profile that happens to be called so.
///
/// STU3 defines `Age` and its like as profiles on Quantity, and yet they are types.
fn is_type(structure: &Structure, name: &str) -> bool {
    let is_own = !structure.is_profile() && (*structure.type_name == *name || is_address(name));
    let is_quantity = &*structure.type_name == "Quantity"
        && structure.kind == StructureKind::Complex
        && name.starts_with(|first: char| first.is_ascii_uppercase());
    is_own || is_quantity
}

/// The types of an element; where it repeats another, that one's path, which names its type.
fn types_of(
    structure: &Structure,
    name: &str,
    root: &str,
    element: &ElementDefinition,
) -> Vec<Box<str>> {
    if let Some(reference) = &element.content_reference {
        let path = reference.rsplit('#').next().unwrap_or_default();
        let inside = path.strip_prefix(root).unwrap_or(path);
        return vec![format!("{name}{inside}").into()];
    }
    // R4 writes `string` for the id of resources, which FHIR says is an `id`.
    let is_resource_id =
        structure.kind == StructureKind::Resource && element.path.strip_prefix(root) == Some(".id");
    if is_resource_id {
        return vec!["id".into()];
    }
    let types = element.types.iter();
    types.map(|found| found.code.clone()).collect()
}

/// The name of the type that an address of FHIR's own stands for.
fn type_in(address: &str) -> Box<str> {
    let short = address.strip_prefix(super::STRUCTURE_BASE);
    short.unwrap_or(address).into()
}

/// Tables by the name of their type. They are added and never moved, so that answers can be borrowed from them while
/// others are added: each chain ends in a cell that is filled once.
pub(super) struct TypeTables {
    chains: [OnceLock<Box<Link>>; CHAINS],
}

const CHAINS: usize = 128;

struct Link {
    name: Box<str>,
    table: TypeTable,
    next: OnceLock<Box<Link>>,
}

impl Default for TypeTables {
    fn default() -> Self {
        Self {
            chains: [const { OnceLock::new() }; CHAINS],
        }
    }
}

impl TypeTables {
    /// The table of a name, made where there is none; what is no type leaves no trace.
    fn get(&self, name: &str, make: impl FnOnce() -> Option<TypeTable>) -> Option<&TypeTable> {
        let mut cell = &self.chains[chain_of(name)];
        while let Some(link) = cell.get() {
            if *link.name == *name {
                return Some(&link.table);
            }
            cell = &link.next;
        }
        let mut new = Box::new(Link {
            table: make()?,
            name: name.into(),
            next: OnceLock::new(),
        });
        // Another thread may have been faster: then its link counts if it is the same, or else the next free cell.
        loop {
            match cell.set(new) {
                Ok(()) => return cell.get().map(|link| &link.table),
                Err(refused) => new = refused,
            }
            let link = cell.get()?;
            if *link.name == *name {
                return Some(&link.table);
            }
            cell = &link.next;
        }
    }
}

/// FNV-1a: names are short, and only those of real types are kept.
fn chain_of(name: &str) -> usize {
    let hash = name.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    (hash % CHAINS as u64) as usize
}

#[cfg(test)]
mod tests {
    use crate::fhir::definitions::{Definitions, Version};
    use crate::fhir::types::Types;
    use std::collections::BTreeSet;

    /// Release, parent, element, and its type.
    const ELEMENTS: &[(Version, &str, &str, Option<&str>)] = &[
        (Version::R4, "Patient", "contact", Some("Patient.contact")),
        (Version::R4, "Patient.contact", "name", Some("HumanName")),
        (Version::R4, "Patient", "id", Some("id")),
        (Version::R4, "Element", "id", Some("string")),
        (Version::R4, "Bundle.entry", "link", Some("Bundle.link")),
        (
            Version::R4,
            "Questionnaire.item",
            "item",
            Some("Questionnaire.item"),
        ),
        (Version::R4, "Bundle.entry", "resource", Some("Resource")),
        (Version::R4, "Observation", "value", None),
        (
            Version::R4,
            "Observation",
            "valueQuantity",
            Some("Quantity"),
        ),
        (
            Version::R4,
            "Observation",
            "valueDateTime",
            Some("dateTime"),
        ),
        (Version::R4, "Observation", "valueAddress", None),
        (Version::R4, "Timing", "repeat", Some("Timing.repeat")),
        (Version::R4, "decimal", "value", Some("decimal")),
        (
            Version::R4,
            "Procedure",
            "reasonReference",
            Some("Reference"),
        ),
        (
            Version::Stu3,
            "Patient.animal",
            "species",
            Some("CodeableConcept"),
        ),
        (Version::Stu3, "Age", "value", Some("decimal")),
        (Version::Stu3, "instant", "value", Some("instant")),
        (
            Version::R4B,
            "Citation",
            "citedArtifact",
            Some("Citation.citedArtifact"),
        ),
        (
            Version::R5,
            "Procedure",
            "reason",
            Some("CodeableReference"),
        ),
        (Version::R5, "Consent", "sourceReference", Some("Reference")),
        (
            Version::R5,
            "Availability",
            "availableTime",
            Some("Availability.availableTime"),
        ),
    ];

    #[test]
    fn elements_have_the_types_of_every_release() {
        for (version, parent, element, expected) in ELEMENTS {
            let definitions = Definitions::core(*version);
            let found = definitions.element_type(parent, element);
            assert_eq!(found, *expected, "{version} {parent}.{element}");
        }
    }

    #[test]
    fn types_stand_above_each_other() {
        let definitions = Definitions::core(Version::R4);
        let above = |name| definitions.supertype(name);
        assert_eq!(above("Age"), Some("Quantity"));
        assert_eq!(above("code"), Some("string"));
        assert_eq!(above("Patient"), Some("DomainResource"));
        assert_eq!(above("Patient.contact"), Some("BackboneElement"));
        assert_eq!(above("Timing.repeat"), Some("Element"));
        assert_eq!(above("Element"), None);
        assert_eq!(above("Nobody"), None);
        assert_eq!(
            Definitions::core(Version::Stu3).supertype("Age"),
            Some("Quantity")
        );
        assert_eq!(
            Definitions::core(Version::R5).supertype("Patient.contact"),
            Some("BackboneElement")
        );
    }

    #[test]
    fn profiles_and_unknown_names_are_no_types() {
        let definitions = Definitions::core(Version::R4);
        for name in [
            "Patient",
            "Patient.contact",
            "HumanName",
            "boolean",
            "Resource",
        ] {
            assert!(definitions.is_known(name), "{name}");
        }
        for name in [
            "bodyweight",
            "patient-birthPlace",
            "Patient.name",
            "Nobody",
            "",
            ".",
            "a:b",
        ] {
            assert!(!definitions.is_known(name), "{name}");
        }
    }

    #[test]
    fn elements_are_listed_as_defined() {
        let definitions = Definitions::core(Version::R4);
        let names = |name| {
            definitions
                .elements(name)
                .unwrap()
                .into_iter()
                .collect::<BTreeSet<_>>()
        };
        assert!(names("Patient").is_superset(&BTreeSet::from([
            "deceased[x]",
            "id",
            "contained",
            "contact"
        ])));
        assert_eq!(
            names("Coding"),
            BTreeSet::from([
                "code",
                "display",
                "extension",
                "id",
                "system",
                "userSelected",
                "version"
            ])
        );
        assert_eq!(definitions.elements("Nobody"), None);
        let choices = definitions.choice_types("Patient", "deceased");
        assert_eq!(choices, Some(vec!["boolean", "dateTime"]));
        assert_eq!(definitions.choice_types("Patient", "name"), None);
    }

    #[test]
    fn many_threads_get_the_same_answers() {
        let definitions = Definitions::core(Version::R4);
        std::thread::scope(|scope| {
            let ask = || {
                let asked = ["Patient", "HumanName", "Observation", "Coding", "Nobody"];
                let known = asked.iter().filter(|name| definitions.is_known(name));
                assert_eq!(known.count(), 4);
            };
            for _ in 0..8 {
                scope.spawn(ask);
            }
        });
    }
}
