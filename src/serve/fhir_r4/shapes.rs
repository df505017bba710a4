//! The elements of the resource types and data types, read once from `tables/shapes.txt`.
//!
//! Validation, the XML form, summaries and search paths all ask this table; none of them names an element itself.

use std::collections::{BTreeMap, HashMap};
use std::sync::LazyLock;

/// What a shape inherits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A resource without text and extensions (Bundle, Parameters).
    Resource,
    /// A resource with text, contained resources and extensions.
    Domain,
    /// A data type.
    Element,
    /// A part of a resource, which also has modifier extensions.
    Backbone,
}

/// The codes of a required binding.
#[derive(Debug)]
pub struct Binding {
    /// The code systems that the codes come from.
    pub systems: Vec<&'static str>,
    /// The codes.
    pub codes: Vec<&'static str>,
}

/// One element of a shape.
#[derive(Debug)]
pub struct Element {
    /// The name, without `[x]`.
    pub name: &'static str,
    /// Whether the JSON name carries the type (`value[x]`).
    pub choice: bool,
    /// Whether it repeats.
    pub list: bool,
    /// Whether it must be there.
    pub required: bool,
    /// The types that it may have.
    pub types: Vec<&'static str>,
    /// The codes that it is bound to.
    pub binding: Option<&'static Binding>,
    /// Whether it belongs to the summary.
    pub summary: bool,
    /// The JSON names with their types: one, or one for each type of a choice.
    pub names: Vec<(String, &'static str)>,
}

/// One resource type, data type or part of a resource.
#[derive(Debug)]
pub struct Shape {
    /// The name: `Patient`, `HumanName`, `Patient.contact`.
    pub name: &'static str,
    /// What it inherits.
    pub kind: Kind,
    /// The elements in the order of the standard, inherited ones first.
    pub elements: Vec<Element>,
    names: HashMap<String, (usize, &'static str)>,
}

impl Shape {
    /// The element and the type that a JSON property name stands for.
    pub fn element(&self, name: &str) -> Option<(&Element, &'static str)> {
        self.names
            .get(name)
            .map(|(index, kind)| (&self.elements[*index], *kind))
    }
}

/// The shape of that name, if it is known.
pub fn shape(name: &str) -> Option<&'static Shape> {
    TABLE.get(name)
}

/// Whether the name is a resource type of the table.
pub fn is_resource(name: &str) -> bool {
    shape(name).is_some_and(|shape| matches!(shape.kind, Kind::Resource | Kind::Domain))
}

static TABLE: LazyLock<BTreeMap<&'static str, Shape>> =
    LazyLock::new(|| read(include_str!("tables/shapes.txt")));

const PRIMITIVES: &[&str] = &[
    "base64Binary",
    "boolean",
    "canonical",
    "code",
    "date",
    "dateTime",
    "decimal",
    "id",
    "instant",
    "integer",
    "markdown",
    "oid",
    "positiveInt",
    "string",
    "time",
    "unsignedInt",
    "uri",
    "url",
    "uuid",
];

/// Data types that a `value[x]` of any type may hold.
const COMPLEX: &[&str] = &[
    "Address",
    "Age",
    "Annotation",
    "Attachment",
    "CodeableConcept",
    "Coding",
    "ContactDetail",
    "ContactPoint",
    "Contributor",
    "Count",
    "DataRequirement",
    "Distance",
    "Dosage",
    "Duration",
    "Expression",
    "HumanName",
    "Identifier",
    "Meta",
    "Money",
    "ParameterDefinition",
    "Period",
    "Quantity",
    "Range",
    "Ratio",
    "Reference",
    "RelatedArtifact",
    "SampledData",
    "Signature",
    "Timing",
    "TriggerDefinition",
    "UsageContext",
];

fn read(text: &'static str) -> BTreeMap<&'static str, Shape> {
    let bindings = read_bindings(text);
    let mut table = BTreeMap::new();
    for block in text.split("\n@").skip(1) {
        let mut lines = block.lines();
        let Some((name, kind)) = lines.next().and_then(|line| line.split_once(' ')) else {
            continue;
        };
        let kind = kind_named(kind);
        let own = lines
            .filter(|line| !line.is_empty())
            .map(|line| read_element(line, &bindings));
        let elements: Vec<Element> = inherited(kind)
            .iter()
            .map(|line| read_element(line, &bindings))
            .chain(own)
            .collect();
        let names = index(&elements);
        table.insert(
            name,
            Shape {
                name,
                kind,
                elements,
                names,
            },
        );
    }
    table
}

fn kind_named(name: &str) -> Kind {
    match name {
        "resource" => Kind::Resource,
        "domain" => Kind::Domain,
        "backbone" => Kind::Backbone,
        _ => Kind::Element,
    }
}

fn inherited(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::Resource => &[
            "id ? id s",
            "meta ? Meta s",
            "implicitRules ? uri s",
            "language ? code",
        ],
        Kind::Domain => &[
            "id ? id s",
            "meta ? Meta s",
            "implicitRules ? uri s",
            "language ? code",
            "text ? Narrative",
            "contained * Resource",
            "extension * Extension",
            "modifierExtension * Extension s",
        ],
        Kind::Element => &["id ? string", "extension * Extension"],
        Kind::Backbone => &[
            "id ? string",
            "extension * Extension",
            "modifierExtension * Extension s",
        ],
    }
}

/// The bindings live as long as the process: the table is read once.
fn read_bindings(text: &'static str) -> HashMap<&'static str, &'static Binding> {
    let lines = text.lines().filter_map(|line| line.strip_prefix('%'));
    let rows = lines.filter_map(|line| {
        let mut words = line.split(' ');
        let (name, systems) = (words.next()?, words.next()?);
        let binding = Binding {
            systems: systems.split(',').collect(),
            codes: words.collect(),
        };
        Some((name, &*Box::leak(Box::new(binding))))
    });
    rows.collect()
}

fn read_element(line: &'static str, bindings: &HashMap<&str, &'static Binding>) -> Element {
    let mut words = line.split(' ');
    let (name, count, types) = (
        words.next().unwrap_or_default(),
        words.next().unwrap_or_default(),
        words.next().unwrap_or_default(),
    );
    let types: Vec<&'static str> = if types == "any" {
        PRIMITIVES.iter().chain(COMPLEX).copied().collect()
    } else {
        types.split('|').collect()
    };
    let mut element = Element {
        name: name.trim_end_matches("[x]"),
        choice: name.ends_with("[x]"),
        list: matches!(count, "*" | "+"),
        required: matches!(count, "!" | "+"),
        names: json_names(name, &types),
        types,
        binding: None,
        summary: false,
    };
    for flag in words {
        match flag.strip_prefix('=') {
            Some(binding) => element.binding = bindings.get(binding).copied(),
            None => element.summary = flag == "s",
        }
    }
    element
}

fn json_names(name: &'static str, types: &[&'static str]) -> Vec<(String, &'static str)> {
    match name.strip_suffix("[x]") {
        Some(stem) => types
            .iter()
            .map(|kind| (format!("{stem}{}", capital(kind)), *kind))
            .collect(),
        None => types
            .iter()
            .take(1)
            .map(|kind| (name.to_owned(), *kind))
            .collect(),
    }
}

fn index(elements: &[Element]) -> HashMap<String, (usize, &'static str)> {
    let named = |(place, element): (usize, &Element)| {
        element
            .names
            .iter()
            .map(move |(name, kind)| (name.clone(), (place, *kind)))
            .collect::<Vec<_>>()
    };
    elements.iter().enumerate().flat_map(named).collect()
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters
        .next()
        .map(|first| first.to_uppercase().chain(letters).collect())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_that_an_element_names_is_known() {
        let mut seen = 0;
        for shape in TABLE.values() {
            for kind in shape.elements.iter().flat_map(|element| &element.types) {
                seen += 1;
                let known = PRIMITIVES.contains(kind)
                    || TABLE.contains_key(kind)
                    || ["Resource", "xhtml"].contains(kind);
                assert!(
                    known,
                    "{} has an element of the unknown type {kind}",
                    shape.name
                );
            }
        }
        assert!(seen > 1000, "the table was not read");
    }

    #[test]
    fn every_binding_that_an_element_names_is_known() {
        let text = include_str!("tables/shapes.txt");
        let bindings = read_bindings(text);
        let named = text
            .lines()
            .filter(|line| !line.starts_with('#'))
            .flat_map(|line| line.split(' '))
            .filter_map(|word| word.strip_prefix('='));
        for name in named.filter(|name| !name.is_empty()) {
            assert!(bindings.contains_key(name), "{name} is not a binding");
        }
    }

    #[test]
    fn a_choice_is_found_by_its_json_name() {
        let observation = shape("Observation").unwrap();
        assert_eq!(observation.element("valueQuantity").unwrap().1, "Quantity");
        assert!(observation.element("valueAddress").is_none());
        assert!(observation.element("value").is_none());
        let (effective, _) = observation.element("effectivePeriod").unwrap();
        assert_eq!(
            effective.names[0],
            ("effectiveDateTime".to_owned(), "dateTime")
        );
    }
}
