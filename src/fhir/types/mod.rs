//! What is known of FHIR types without StructureDefinitions, and the seam for those who know more.

mod names;

use super::tree::{Element, Kind};
use names::{CHOICES, CHOICES_UNTIL_R5, DATATYPES, PLAIN, PRIMITIVES, RESOURCES, SUFFIXES};
use std::collections::HashMap;
use std::sync::LazyLock;

/// Knowledge of FHIR types, asked by FHIRPath for `is`, `as`, `ofType` and conversions.
///
/// [`BuiltIn`] answers from small tables; an implementation over StructureDefinitions can take its place.
pub trait Types: Send + Sync {
    /// The type of an element of a type, such as (`HumanName`, `use`) → `code`; a backbone element's type is its
    /// path (`Patient.contact`). `None` where it is not known.
    fn element_type(&self, parent: &str, element: &str) -> Option<&str>;

    /// The types of a choice element of a type, named without `[x]`; `None` where they are not known.
    fn choice_types(&self, parent: &str, element: &str) -> Option<Vec<&str>> {
        let _ = (parent, element);
        None
    }

    /// The type above: `Age` → `Quantity`, `code` → `string`. `None` at the top and for unknown types.
    fn supertype(&self, name: &str) -> Option<&str>;

    /// Whether a type of this name exists in FHIR.
    fn is_known(&self, name: &str) -> bool;

    /// All element names of a type, choices as `value[x]`; `None` where the list is not known to be complete.
    fn elements(&self, name: &str) -> Option<Vec<&str>>;
}

/// The tables of this module: data types, common resources, and names that mean the same everywhere.
#[derive(Debug, Clone, Copy, Default)]
pub struct BuiltIn;

impl Types for BuiltIn {
    fn element_type(&self, parent: &str, element: &str) -> Option<&str> {
        let tables = &*TABLES;
        let mut here = Some(parent);
        while let Some(name) = here {
            if let Some(found) = tables.elements.get(&(name, element)) {
                return Some(found);
            }
            here = self.supertype(name);
        }
        tables.common.get(element).copied()
    }

    fn supertype(&self, name: &str) -> Option<&str> {
        match name {
            "Element" => return None,
            "Bundle" | "Parameters" | "Binary" | "DomainResource" => return Some("Resource"),
            "Resource" => return None,
            path if path.contains('.') => return Some("BackboneElement"),
            _ => {}
        }
        let above = lookup(PRIMITIVES, name).or_else(|| lookup(DATATYPES, name));
        above.or_else(|| {
            RESOURCES
                .binary_search(&name)
                .ok()
                .map(|_| "DomainResource")
        })
    }

    fn is_known(&self, name: &str) -> bool {
        matches!(name, "Element" | "Resource") || self.supertype(name).is_some()
    }

    fn elements(&self, name: &str) -> Option<Vec<&str>> {
        let mut all = TABLES.complete.get(name)?.clone();
        let mut here = self.supertype(name);
        while let Some(above) = here {
            all.extend(TABLES.complete.get(above).into_iter().flatten());
            here = self.supertype(above);
        }
        Some(all)
    }
}

/// The FHIR type of an element: from its resource type, its choice suffix, or its parent's type.
pub(crate) fn type_of<'t>(element: Element<'t>, types: &'t dyn Types) -> Option<&'t str> {
    if let Some(own) = own_type(element) {
        return Some(own);
    }
    // Depth is bounded by the tree's own.
    let parent = type_of(element.parent()?, types).unwrap_or("");
    types.element_type(parent, element.name())
}

/// The type that an element tells itself: a resource, a choice, an extension, a narrative.
pub(crate) fn own_type(element: Element<'_>) -> Option<&str> {
    if let Some(resource_type) = element.resource_type() {
        return Some(resource_type);
    }
    if let Some((_, suffix)) = element.choice()
        && !is_plain(element)
    {
        return Some(suffix);
    }
    if element.kind() == Kind::Xhtml {
        return Some("xhtml");
    }
    if matches!(element.name(), "extension" | "modifierExtension") {
        return Some("Extension");
    }
    None
}

/// Splits `valueQuantity` into `value` and `Quantity`, where FHIR knows such a choice.
pub(crate) fn split_choice(name: &str) -> Option<(&str, &'static str)> {
    let capitals = name
        .char_indices()
        .filter(|(_, letter)| letter.is_ascii_uppercase());
    let mut splits = capitals.map(|(at, _)| name.split_at(at));
    splits.find_map(|(base, suffix)| choice_type(base, suffix).map(|name| (base, name)))
}

/// Whether some type of FHIR has a choice element of this name.
pub(crate) fn has_choices(base: &str) -> bool {
    lookup_all(CHOICES, base).is_some()
}

/// The type that a choice element `base` has when `suffix` ends its name.
pub(crate) fn choice_type(base: &str, suffix: &str) -> Option<&'static str> {
    let types = lookup_all(CHOICES, base)?;
    if !types.is_empty() && !types.contains(&suffix) {
        return None;
    }
    lookup(SUFFIXES, suffix)
}

/// Whether a name that looks like a typed choice is a plain element where it stands, in some release of FHIR.
pub(crate) fn is_plain(element: Element<'_>) -> bool {
    let Some(holders) = lookup_all(PLAIN, element.name()) else {
        return false;
    };
    let Some(parent) = element.parent() else {
        return false;
    };
    let own_name = |holder| Element::resource_type(holder).unwrap_or(Element::name(holder));
    let name = own_name(parent);
    holders.iter().any(|holder| match holder.split_once('.') {
        Some((above, last)) => {
            last == name
                && parent
                    .parent()
                    .is_some_and(|found| own_name(found) == above)
        }
        None => *holder == name,
    })
}

/// Whether it is plain in R4 as well: these were choices until R5 made elements of them.
pub(crate) fn is_plain_before_r5(element: Element<'_>) -> bool {
    let parent = element.parent();
    let name = parent.map_or("", |parent| parent.resource_type().unwrap_or(parent.name()));
    is_plain(element) && !CHOICES_UNTIL_R5.contains(&name)
}

/// Whether a name that looks like a typed choice is a plain element anywhere in FHIR.
pub(crate) fn may_be_plain(name: &str) -> bool {
    lookup_all(PLAIN, name).is_some()
}

fn lookup(table: &'static [(&str, &'static str)], name: &str) -> Option<&'static str> {
    let found = table.binary_search_by(|row| row.0.cmp(name)).ok()?;
    Some(table[found].1)
}

/// A row of a sorted table.
fn lookup_all(
    table: &'static [(&str, &'static [&'static str])],
    name: &str,
) -> Option<&'static [&'static str]> {
    let found = table.binary_search_by(|row| row.0.cmp(name)).ok()?;
    Some(table[found].1)
}

struct Tables {
    /// (type, element) → type of the element.
    elements: HashMap<(&'static str, &'static str), &'static str>,
    /// Type → all its own element names.
    complete: HashMap<&'static str, Vec<&'static str>>,
    /// Element name → type, for names that mean the same everywhere.
    common: HashMap<&'static str, &'static str>,
}

static TABLES: LazyLock<Tables> = LazyLock::new(|| {
    let mut tables = Tables {
        elements: HashMap::new(),
        complete: HashMap::new(),
        common: HashMap::new(),
    };
    for (type_name, words) in rows(include_str!("elements.txt")) {
        let mut names = Vec::new();
        for word in words {
            let (element, element_type) = word.split_once(':').unwrap_or((word, ""));
            names.push(element);
            if !element_type.is_empty() {
                tables.elements.insert((type_name, element), element_type);
            }
        }
        tables.complete.insert(type_name, names);
    }
    for (type_name, words) in rows(include_str!("common.txt")) {
        tables.common.extend(words.map(|word| (word, type_name)));
    }
    tables
});

/// Lines of words; a hash starts a comment.
fn rows(
    text: &'static str,
) -> impl Iterator<Item = (&'static str, std::str::SplitAsciiWhitespace<'static>)> {
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines.filter_map(|line| {
        let mut words = line.split_ascii_whitespace();
        words.next().map(|first| (first, words))
    })
}

/// Whether the built-in tables know a type.
pub(crate) fn is_known(name: &str) -> bool {
    BuiltIn.is_known(name)
}

#[cfg(test)]
mod tests {
    use super::{PLAIN, choice_type, is_plain_before_r5, names};
    use crate::fhir::definitions::{Definitions, Structure, StructureKind, Version};
    use crate::fhir::tree::Resource;
    use std::collections::BTreeSet;
    use std::sync::Arc;

    /// All types of all releases.
    fn types() -> Vec<Arc<Structure>> {
        let of_release = |version| {
            let definitions = Definitions::core(version);
            let entries = definitions.libraries()[0].entries();
            let structures = entries
                .into_iter()
                .filter(|entry| &*entry.kind == "StructureDefinition");
            let read = structures.filter_map(move |entry| definitions.structure(&entry.url).ok());
            read.filter(|found| !found.is_profile() && found.kind != StructureKind::Logical)
        };
        Version::ALL.into_iter().flat_map(of_release).collect()
    }

    #[test]
    fn the_tables_know_every_choice_of_every_release() {
        let mut seen = BTreeSet::new();
        for structure in types() {
            for element in &structure.snapshot {
                let Some(base) = element.name().strip_suffix("[x]") else {
                    continue;
                };
                for found in element.types.iter().filter(|found| &*found.code != "*") {
                    let suffix = found.code[..1].to_ascii_uppercase() + &found.code[1..];
                    let known = choice_type(base, &suffix);
                    assert_eq!(known, Some(&*found.code), "{} {suffix}", element.path);
                    seen.insert(base.to_owned());
                }
            }
        }
        let listed: BTreeSet<_> = names::CHOICES.iter().map(|row| row.0.to_owned()).collect();
        assert_eq!(seen, listed);
    }

    #[test]
    fn the_tables_know_every_plain_element_that_looks_like_a_choice() {
        for structure in types() {
            for element in structure.snapshot.iter().skip(1) {
                let path: Vec<&str> = element.path.split('.').collect();
                let name = element.name();
                if name.ends_with("[x]") || super::split_choice(name).is_none() {
                    continue;
                }
                let row = PLAIN.iter().find(|row| row.0 == name);
                let holder = path[path.len() - 2];
                let fits = |listed: &str| {
                    listed == holder
                        || path.len() > 2 && listed == format!("{}.{holder}", path[path.len() - 3])
                };
                let is_listed = row.is_some_and(|row| row.1.iter().any(|listed| fits(listed)));
                assert!(is_listed, "{}", element.path);
            }
        }
    }

    #[test]
    fn places_keep_the_names_of_plain_elements() {
        let places = [
            (
                r#"{"resourceType":"Procedure","reasonReference":[{}]}"#,
                "Procedure.reasonReference[0]",
            ),
            (
                r#"{"resourceType":"Observation","valueQuantity":{}}"#,
                "Observation.value",
            ),
            (
                r#"{"resourceType":"Consent","sourceReference":{}}"#,
                "Consent.source",
            ),
            (
                r#"{"resourceType":"CodeSystem","property":{"valueCode":"a"}}"#,
                "CodeSystem.property.value",
            ),
            (
                r#"{"resourceType":"Device","property":{"valueCode":"a"}}"#,
                "Device.property.valueCode",
            ),
        ];
        for (body, expected) in places {
            let resource = Resource::parse_json(body.as_bytes()).unwrap();
            let last = resource.root().descendants().last().unwrap();
            assert_eq!(last.path(), expected);
            let is_plain = expected.contains(last.name());
            assert_eq!(is_plain_before_r5(last), is_plain, "{expected}");
        }
    }
}
