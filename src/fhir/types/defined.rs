//! Types as StructureDefinitions tell them: complete, of one release, with what packages add.

use super::Types;
use crate::fhir::definitions::{
    Definitions, Derivation, ElementDefinition, Structure, StructureKind,
};
use crate::fhir::tree::name_hash;
use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

/// Into how many chains the types are spread.
const CHAINS: usize = 256;

/// How many types are kept: more than any release has, and a bound for questions about invented names.
const MAX_TYPES_IN_CHAIN: usize = 16;

/// The types of a set of definitions, each read when it is asked for first. `Send + Sync`.
#[derive(Debug)]
pub struct DefinedTypes {
    definitions: Arc<Definitions>,
    chains: Vec<OnceLock<Box<Link>>>,
}

/// A list that only grows, so that what it holds can be borrowed while it does.
#[derive(Debug)]
struct Link {
    name: Box<str>,
    table: Option<Table>,
    next: OnceLock<Box<Link>>,
}

/// One structure: its type and the backbone elements inside.
#[derive(Debug)]
struct Table {
    supertype: Option<Box<str>>,
    /// By path, such as `Patient` and `Patient.contact`.
    parts: HashMap<Box<str>, Part>,
}

#[derive(Debug, Default)]
struct Part {
    supertype: Option<Box<str>>,
    /// In order, choices as `value[x]`.
    names: Vec<Box<str>>,
    /// By name without `[x]`: the types; a backbone element's type is its path.
    types: HashMap<Box<str>, Vec<Box<str>>>,
}

impl DefinedTypes {
    /// The types of these definitions.
    pub fn new(definitions: Arc<Definitions>) -> Self {
        let chains = (0..CHAINS).map(|_| OnceLock::new()).collect();
        Self {
            definitions,
            chains,
        }
    }

    /// The structure that a type or a path belongs to.
    fn table(&self, path: &str) -> Option<&Table> {
        let name = path.split('.').next().unwrap_or(path);
        let mut place = &self.chains[name_hash(name) as usize % CHAINS];
        for _ in 0..MAX_TYPES_IN_CHAIN {
            let link = place.get_or_init(|| {
                Box::new(Link {
                    name: name.into(),
                    table: self.read(name),
                    next: OnceLock::new(),
                })
            });
            if *link.name == *name {
                return link.table.as_ref();
            }
            place = &link.next;
        }
        None
    }

    fn read(&self, name: &str) -> Option<Table> {
        let structure = self.definitions.structure_of_type(name).ok()?;
        let is_type = structure.derivation == Derivation::Specialization;
        is_type.then(|| Table::of(&structure))
    }

    fn part(&self, path: &str) -> Option<&Part> {
        self.table(path)?.parts.get(path)
    }
}

impl Types for DefinedTypes {
    fn element_type(&self, parent: &str, element: &str) -> Option<&str> {
        match self.part(parent)?.types.get(element)?.as_slice() {
            [only] => Some(only),
            _ => None,
        }
    }

    fn choice_types(&self, parent: &str, element: &str) -> Option<Vec<&str>> {
        let types = self.part(parent)?.types.get(element)?;
        Some(types.iter().map(|name| &**name).collect())
    }

    fn supertype(&self, name: &str) -> Option<&str> {
        let table = self.table(name)?;
        match name.contains('.') {
            true => table.parts.get(name)?.supertype.as_deref(),
            false => table.supertype.as_deref(),
        }
    }

    fn is_known(&self, name: &str) -> bool {
        self.part(name).is_some()
    }

    fn elements(&self, name: &str) -> Option<Vec<&str>> {
        let names = &self.part(name)?.names;
        Some(names.iter().map(|name| &**name).collect())
    }
}

impl Table {
    fn of(structure: &Structure) -> Self {
        let base = structure.base.as_deref();
        let mut parts: HashMap<Box<str>, Part> = HashMap::new();
        for element in &structure.snapshot {
            let Some((parent, name)) = element.path.rsplit_once('.') else {
                parts.entry(element.path.clone()).or_default();
                continue;
            };
            let types = match (structure.kind, parent.contains('.'), name) {
                // R4 published this one as a string.
                (StructureKind::Resource, false, "id") => vec!["id".into()],
                _ => types_of(element),
            };
            if let [backbone] = types.as_slice()
                && *backbone == element.path
            {
                let inside = parts.entry(element.path.clone()).or_default();
                inside.supertype = element.types.first().map(|kind| kind.code.clone());
            }
            let part = parts.entry(parent.into()).or_default();
            part.names.push(name.into());
            let plain = name.strip_suffix("[x]").unwrap_or(name);
            part.types.insert(plain.into(), types);
        }
        Self {
            supertype: base.map(|url| url.rsplit('/').next().unwrap_or(url).into()),
            parts,
        }
    }
}

/// The types of an element: those that are listed, its own path for a backbone element, the path that it repeats.
fn types_of(element: &ElementDefinition) -> Vec<Box<str>> {
    if let Some(content) = &element.content_reference {
        let path = content.rsplit('#').next().unwrap_or(content);
        return vec![path.into()];
    }
    let name = |code: &str| match code {
        "BackboneElement" | "Element" => element.path.clone(),
        other => other.into(),
    };
    element.types.iter().map(|kind| name(&kind.code)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fhir::definitions::Version;

    fn types(version: Version) -> DefinedTypes {
        DefinedTypes::new(Arc::new(Definitions::core(version)))
    }

    #[test]
    fn types_are_those_of_the_release() {
        let (r4, r5) = (types(Version::R4), types(Version::R5));
        assert_eq!(
            r4.element_type("Patient", "contact"),
            Some("Patient.contact")
        );
        assert_eq!(
            r4.element_type("Patient.contact", "name"),
            Some("HumanName")
        );
        assert_eq!(r4.element_type("HumanName", "use"), Some("code"));
        assert_eq!(r4.supertype("Patient.contact"), Some("BackboneElement"));
        assert_eq!(r4.supertype("Age"), Some("Quantity"));
        assert_eq!(r4.supertype("code"), Some("string"));
        assert_eq!(
            r4.choice_types("Patient", "deceased"),
            Some(vec!["boolean", "dateTime"])
        );
        assert_eq!(
            r4.element_type("Questionnaire.item", "item"),
            Some("Questionnaire.item")
        );
        assert!(r5.is_known("Transport") && !r4.is_known("Transport"));
        assert!(!r4.is_known("bmi"), "a profile is no type");
        assert!(
            r4.elements("Period")
                .is_some_and(|names| names.contains(&"start"))
        );
    }
}
