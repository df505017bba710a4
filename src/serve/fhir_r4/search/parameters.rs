//! The search parameters of each type, read once from `tables/search.txt`.

use super::path::{Path, paths};
use crate::serve::fhir_r4::types::OFFERED;
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// The kinds of search parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each variant is the kind of that name")]
pub enum Kind {
    String,
    Token,
    Date,
    Reference,
    Number,
    Quantity,
    Uri,
}

impl Kind {
    /// The code of the kind in a CapabilityStatement.
    pub fn code(self) -> &'static str {
        match self {
            Kind::String => "string",
            Kind::Token => "token",
            Kind::Date => "date",
            Kind::Reference => "reference",
            Kind::Number => "number",
            Kind::Quantity => "quantity",
            Kind::Uri => "uri",
        }
    }

    fn named(code: &str) -> Option<Kind> {
        [
            Kind::String,
            Kind::Token,
            Kind::Date,
            Kind::Reference,
            Kind::Number,
            Kind::Quantity,
            Kind::Uri,
        ]
        .into_iter()
        .find(|kind| kind.code() == code)
    }
}

/// One search parameter of a type.
#[derive(Debug)]
pub struct Parameter {
    /// The name, such as `birthdate`.
    pub name: &'static str,
    /// The kind.
    pub kind: Kind,
    /// Where its values stand.
    pub paths: Vec<Path>,
    /// The types that a reference may name; empty for any.
    pub targets: Vec<&'static str>,
}

/// The parameters of a type in the order of their names, those of every type first.
pub fn parameters(resource_type: &str) -> &'static [Parameter] {
    TABLE.get(resource_type).map_or(&[], Vec::as_slice)
}

/// One parameter of a type.
pub fn parameter(resource_type: &str, name: &str) -> Option<&'static Parameter> {
    parameters(resource_type)
        .iter()
        .find(|parameter| parameter.name == name)
}

/// Whether a parameter belongs to every type.
pub fn is_common(name: &str) -> bool {
    COMMON
        .iter()
        .any(|line| line.split(' ').next() == Some(name))
}

/// The parameters that make a resource a member of a patient's compartment.
pub fn membership(resource_type: &str) -> Vec<&'static Parameter> {
    let lines = include_str!("../tables/compartment.txt").lines();
    let mut words = lines
        .filter(|line| !line.starts_with('#'))
        .map(|line| line.split(' '));
    let row = words.find_map(|mut row| (row.next() == Some(resource_type)).then_some(row));
    row.into_iter()
        .flatten()
        .filter_map(|name| parameter(resource_type, name))
        .collect()
}

const COMMON: &[&str] = &[
    "_id token id",
    "_lastUpdated date meta.lastUpdated",
    "_profile uri meta.profile",
    "_security token meta.security",
    "_tag token meta.tag",
];

static TABLE: LazyLock<BTreeMap<&'static str, Vec<Parameter>>> = LazyLock::new(|| {
    let mut table = BTreeMap::new();
    for block in include_str!("../tables/search.txt").split("\n@").skip(1) {
        let mut lines = block.lines();
        let Some(name) = lines.next() else { continue };
        let rows = COMMON
            .iter()
            .copied()
            .chain(lines.filter(|line| !line.is_empty()));
        table.insert(name, rows.filter_map(|row| read(name, row)).collect());
    }
    table
});

fn read(resource_type: &'static str, row: &'static str) -> Option<Parameter> {
    let mut words = row.split(' ');
    let (name, kind, places) = (words.next()?, Kind::named(words.next()?)?, words.next()?);
    let targets = words
        .next()
        .map_or("", |targets| targets.trim_start_matches('>'));
    let targets = match targets {
        "" => Vec::new(),
        "*" => OFFERED.iter().map(|kind| kind.name).collect(),
        named => named.split(',').collect(),
    };
    let paths = places
        .split(',')
        .flat_map(|place| paths(resource_type, place))
        .collect();
    Some(Parameter {
        name,
        kind,
        paths,
        targets,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_parameter_has_a_place() {
        let mut seen = 0;
        for kind in OFFERED {
            for parameter in parameters(kind.name) {
                seen += 1;
                assert!(
                    !parameter.paths.is_empty(),
                    "{}.{}",
                    kind.name,
                    parameter.name
                );
            }
        }
        assert!(seen > 300, "only {seen} parameters were read");
    }

    #[test]
    fn the_compartment_names_known_parameters() {
        assert_eq!(membership("Observation").len(), 2);
        assert!(membership("Organization").is_empty());
    }
}
