//! What can be said of the items at a place in an expression before there is data.

use crate::fhir::types::Types;

/// One type that items may have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind {
    /// A type of FHIRPath itself, such as `Integer`.
    System(&'static str),
    /// A type of FHIR, such as `HumanName`, or the path of a backbone element.
    Fhir(String),
}

/// The types that items may have; `None` where that is not known. An empty list is an empty collection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Kinds(pub(super) Option<Vec<Kind>>);

/// What operators ask of a type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    Boolean,
    Text,
    Number,
    Quantity,
    /// A date or a date-time.
    Point,
    Time,
    /// A type with elements of its own.
    Complex,
    Unknown,
}

impl Kinds {
    pub(super) const UNKNOWN: Self = Self(None);

    pub(super) fn system(name: &'static str) -> Self {
        Self(Some(vec![Kind::System(name)]))
    }

    pub(super) fn fhir(name: &str) -> Self {
        Self(Some(vec![Kind::Fhir(name.to_owned())]))
    }

    /// Either of two collections.
    pub(super) fn or(self, other: Self) -> Self {
        let (Some(mut kinds), Some(others)) = (self.0, other.0) else {
            return Self::UNKNOWN;
        };
        for kind in others {
            if !kinds.contains(&kind) {
                kinds.push(kind);
            }
        }
        Self(Some(kinds))
    }

    /// The classes of the types; `Unknown` alone where they are not known.
    pub(super) fn classes(&self, types: &dyn Types) -> Vec<Class> {
        match &self.0 {
            None => vec![Class::Unknown],
            Some(kinds) => kinds.iter().map(|kind| kind.class(types)).collect(),
        }
    }
}

impl Kind {
    /// The name for a reader.
    pub(super) fn name(&self) -> &str {
        match self {
            Self::System(name) => name,
            Self::Fhir(name) => name,
        }
    }

    pub(super) fn class(&self, types: &dyn Types) -> Class {
        match self {
            Self::System(name) => system_class(name),
            Self::Fhir(name) => fhir_class(name, types),
        }
    }
}

fn system_class(name: &str) -> Class {
    match name {
        "Boolean" => Class::Boolean,
        "String" => Class::Text,
        "Integer" | "Long" | "Decimal" => Class::Number,
        "Quantity" => Class::Quantity,
        "Date" | "DateTime" => Class::Point,
        "Time" => Class::Time,
        _ => Class::Unknown,
    }
}

fn fhir_class(name: &str, types: &dyn Types) -> Class {
    match name {
        "boolean" => Class::Boolean,
        "integer" | "positiveInt" | "unsignedInt" | "integer64" | "decimal" => Class::Number,
        "date" | "dateTime" | "instant" => Class::Point,
        "time" => Class::Time,
        _ if is_abstract(name) || !types.is_known(name) => Class::Unknown,
        _ if derives(name, "Quantity", types) => Class::Quantity,
        _ if name.starts_with(|first: char| first.is_ascii_lowercase()) => Class::Text,
        _ => Class::Complex,
    }
}

/// Types whose items are of some type below, with elements that the type itself does not have.
pub(super) fn is_abstract(name: &str) -> bool {
    matches!(
        name,
        "Base"
            | "Element"
            | "BackboneElement"
            | "BackboneType"
            | "DataType"
            | "PrimitiveType"
            | "Resource"
            | "DomainResource"
            | "CanonicalResource"
            | "MetadataResource"
    )
}

/// Whether a type is another, or stands below it.
pub(super) fn derives(name: &str, ancestor: &str, types: &dyn Types) -> bool {
    let mut here = Some(name);
    // Type hierarchies are short; a cycle in foreign tables must not hang.
    for _ in 0..16 {
        match here {
            Some(name) if name == ancestor => return true,
            Some(name) => here = types.supertype(name),
            None => return false,
        }
    }
    false
}
