//! The order of results.

use super::fold::fold;
use super::matching;
use super::parameters::{Kind, Parameter, parameter};
use crate::serve::fhir_r4::json::Json;
use crate::serve::fhir_r4::store::Version;
use std::cmp::Ordering;

/// One rule of an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// The search parameter whose values decide.
    pub name: String,
    /// The direction.
    pub direction: Direction,
}

/// Which end comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// The least.
    Ascending,
    /// The greatest.
    Descending,
}

impl Rule {
    /// Reads a rule: a name, behind a minus for the reverse.
    pub fn read(text: &str) -> Rule {
        match text.strip_prefix('-') {
            Some(name) => Rule {
                name: name.to_owned(),
                direction: Direction::Descending,
            },
            None => Rule {
                name: text.to_owned(),
                direction: Direction::Ascending,
            },
        }
    }
}

/// Sorts matches. The order of equal ones stays; those without a value come last in either direction.
pub fn sort(rules: &[Rule], matches: &mut Vec<&Version>) {
    if rules.is_empty() {
        return;
    }
    let mut keyed: Vec<(Vec<Option<Key>>, &Version)> = matches
        .iter()
        .map(|version| {
            (
                rules.iter().map(|rule| key(rule, version)).collect(),
                *version,
            )
        })
        .collect();
    keyed.sort_by(|(one, _), (other, _)| {
        let orders = rules
            .iter()
            .zip(one.iter().zip(other))
            .map(|(rule, (one, other))| compare(rule.direction, one.as_ref(), other.as_ref()));
        orders.fold(Ordering::Equal, Ordering::then)
    });
    *matches = keyed.into_iter().map(|(_, version)| version).collect();
}

#[derive(Clone, Debug, PartialEq, PartialOrd)]
enum Key {
    Number(f64),
    Moment(i64),
    Text(String),
}

fn compare(direction: Direction, one: Option<&Key>, other: Option<&Key>) -> Ordering {
    match (one, other) {
        (Some(one), Some(other)) => {
            let order = one.partial_cmp(other).unwrap_or(Ordering::Equal);
            if direction == Direction::Ascending {
                order
            } else {
                order.reverse()
            }
        }
        (Some(_), None) => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
        (None, None) => Ordering::Equal,
    }
}

/// Of several values, the one that would come first decides.
fn key(rule: &Rule, version: &Version) -> Option<Key> {
    let parameter = parameter(version.target.resource_type, &rule.name)?;
    let keys = keys(parameter, version.resource.as_ref()?);
    keys.into_iter()
        .min_by(|one, other| compare(rule.direction, Some(one), Some(other)))
}

fn keys(parameter: &Parameter, resource: &Json) -> Vec<Key> {
    let values = parameter.paths.iter().flat_map(|path| {
        path.values(resource)
            .into_iter()
            .map(move |value| (path, value))
    });
    values
        .flat_map(|(path, value)| match parameter.kind {
            Kind::String => matching::texts(path, value)
                .into_iter()
                .map(|text| Key::Text(fold(text)))
                .collect::<Vec<_>>(),
            Kind::Token => matching::tokens(path, value)
                .into_iter()
                .map(|(_, code)| Key::Text(code.to_owned()))
                .collect(),
            Kind::Date => matching::spans(path, value)
                .into_iter()
                .map(|span| Key::Moment(span.low))
                .collect(),
            Kind::Number | Kind::Quantity => matching::interval(path, value)
                .map(|(low, _)| Key::Number(low))
                .into_iter()
                .collect(),
            Kind::Reference => matching::reference_of(value, "")
                .map(|text| Key::Text(text.to_owned()))
                .into_iter()
                .collect(),
            Kind::Uri => value
                .as_text()
                .map(|text| Key::Text(text.to_owned()))
                .into_iter()
                .collect(),
        })
        .collect()
}
