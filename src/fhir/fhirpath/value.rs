//! The values that FHIRPath computes with, and the collection that an expression yields.

use super::decimal::Decimal;
use super::items::Items;
use super::quantity::Quantity;
use super::temporal::{Temporal, TemporalKind};
use crate::fhir::tree::{Element, Place};
use std::borrow::Cow;

/// One item of a collection.
#[derive(Debug, Clone)]
pub enum Value<'r> {
    /// An element of a resource; its value is converted when an operator asks for it.
    Element(Element<'r>),
    /// A truth value.
    Boolean(bool),
    /// A whole number.
    Integer(i64),
    /// A whole number that was declared a long one: `1L`, or FHIR's `integer64`.
    Long(i64),
    /// A decimal number.
    Decimal(Decimal),
    /// A text.
    Text(Cow<'r, str>),
    /// A date, date-time or time.
    Temporal(Temporal),
    /// An amount with a unit.
    Quantity(Box<Quantity<'r>>),
    /// What `type()` tells.
    Type(Box<TypeName<'r>>),
}

/// The name of a type, in the namespace `System` or `FHIR`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TypeName<'r> {
    /// `System` or `FHIR`.
    pub namespace: &'static str,
    /// Such as `Integer` or `HumanName`.
    pub name: Cow<'r, str>,
}

impl<'r> Value<'r> {
    /// The value as text: numbers as written, dates in ISO 8601; `None` for a complex element.
    pub fn text(&self) -> Option<Cow<'r, str>> {
        match self {
            Self::Element(element) => element.value().map(Cow::Borrowed),
            Self::Boolean(truth) => Some(Cow::Borrowed(if *truth { "true" } else { "false" })),
            Self::Integer(number) | Self::Long(number) => Some(Cow::Owned(number.to_string())),
            Self::Decimal(number) => Some(Cow::Owned(number.to_string())),
            Self::Text(text) => Some(text.clone()),
            Self::Temporal(point) => Some(Cow::Owned(point.to_string())),
            Self::Quantity(quantity) => Some(Cow::Owned(quantity.to_string())),
            Self::Type(name) => Some(Cow::Owned(format!("{}.{}", name.namespace, name.name))),
        }
    }

    /// The element, where the item is one.
    pub fn element(&self) -> Option<Element<'r>> {
        let Self::Element(element) = self else {
            return None;
        };
        Some(*element)
    }

    /// The text of a text, or the text that an element's value is written as.
    pub(crate) fn plain_text(&self) -> Option<&str> {
        match self {
            Self::Element(element) => element.value(),
            Self::Text(text) => Some(text),
            Self::Boolean(_)
            | Self::Integer(_)
            | Self::Long(_)
            | Self::Decimal(_)
            | Self::Temporal(_)
            | Self::Quantity(_)
            | Self::Type(_) => None,
        }
    }

    /// The System type of a computed value; `None` for elements and types.
    pub(crate) fn system_type(&self) -> Option<&'static str> {
        Some(match self {
            Self::Element(_) | Self::Type(_) => return None,
            Self::Boolean(_) => "Boolean",
            Self::Integer(_) => "Integer",
            Self::Long(_) => "Long",
            Self::Decimal(_) => "Decimal",
            Self::Text(_) => "String",
            Self::Temporal(point) => match point.kind {
                TemporalKind::Date => "Date",
                TemporalKind::DateTime => "DateTime",
                TemporalKind::Time => "Time",
            },
            Self::Quantity(_) => "Quantity",
        })
    }
}

/// What an expression yields: items in order.
#[derive(Debug, Clone, Default)]
pub struct Collection<'r> {
    pub(crate) items: Items<'r>,
    pub(crate) traces: Vec<Trace>,
}

/// What a `trace()` saw.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trace {
    /// The name that the expression gave.
    pub name: String,
    /// The texts of the items.
    pub texts: Vec<String>,
}

impl<'r> Collection<'r> {
    /// The items.
    pub fn items(&self) -> &[Value<'r>] {
        &self.items
    }

    /// How many items there are.
    pub fn len(&self) -> usize {
        self.items.len()
    }

    /// Whether there is no item.
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// Singleton evaluation: a boolean is itself, any other single item is true. `None` for an empty collection,
    /// and for several items, which are no condition.
    pub fn truth(&self) -> Option<bool> {
        let [item] = &*self.items else {
            return None;
        };
        Some(truth_of(item))
    }

    /// The items as texts; a complex element shows its place in angle brackets.
    pub fn texts(&self) -> Vec<String> {
        self.items.iter().map(text_of).collect()
    }

    /// The places of the items that are elements, such as `Patient.name[0].family (line 3, column 7)`.
    pub fn locations(&self) -> Vec<String> {
        self.places().iter().map(Place::to_string).collect()
    }

    /// The places of the items that are elements.
    pub fn places(&self) -> Vec<Place> {
        self.elements().map(Element::place).collect()
    }

    /// The items that are elements.
    pub fn elements(&self) -> impl Iterator<Item = Element<'r>> {
        self.items.iter().filter_map(Value::element)
    }

    /// What `trace()` saw, in order.
    pub fn traces(&self) -> &[Trace] {
        &self.traces
    }
}

/// The text of an item for a reader; a complex element is named by its place.
pub(crate) fn text_of(item: &Value<'_>) -> String {
    match (item.text(), item.element()) {
        (Some(text), _) => text.into_owned(),
        (None, Some(element)) => format!("<{}>", element.path()),
        // invariant: all other values have a text.
        (None, None) => String::new(),
    }
}

/// The truth of a single item: an XML boolean is known by its text.
pub(crate) fn truth_of(item: &Value<'_>) -> bool {
    match item {
        Value::Boolean(truth) => *truth,
        Value::Element(element) => element.value() != Some("false"),
        Value::Integer(_)
        | Value::Long(_)
        | Value::Decimal(_)
        | Value::Text(_)
        | Value::Temporal(_)
        | Value::Quantity(_)
        | Value::Type(_) => true,
    }
}
