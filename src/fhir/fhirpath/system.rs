//! The System values of items: what an element's text means once an operator asks.

use super::decimal::Decimal;
use super::evaluate::{EvaluationError, Evaluator, Fault};
use super::quantity::{Quantity, Unit};
use super::temporal::{Temporal, TemporalKind};
use super::typing::type_of;
use super::value::{Value, text_of, truth_of};
use crate::fhir::tree::{Element, Kind};
use std::borrow::Cow;

/// The System value of an item: a primitive element by its type or, where that is not known, by its form on the wire.
/// Texts of unknown type stay texts. `None` for complex elements and for primitives without a value.
pub(crate) fn system_value<'r>(evaluator: &Evaluator<'r>, item: &Value<'r>) -> Option<Value<'r>> {
    match item {
        Value::Element(element) => element_value(evaluator, *element),
        Value::Boolean(_)
        | Value::Integer(_)
        | Value::Long(_)
        | Value::Decimal(_)
        | Value::Text(_)
        | Value::Temporal(_)
        | Value::Quantity(_) => Some(item.clone()),
        Value::Type(_) => None,
    }
}

/// JSON tells numbers and booleans itself; all else needs the element's type.
fn element_value<'r>(evaluator: &Evaluator<'r>, element: Element<'r>) -> Option<Value<'r>> {
    let text = || Some(Value::Text(Cow::Borrowed(element.value()?)));
    match element.kind() {
        Kind::Resource => None,
        Kind::Complex => {
            quantity_of(evaluator, element).map(|quantity| Value::Quantity(Box::new(quantity)))
        }
        Kind::Boolean => Some(Value::Boolean(element.value() == Some("true"))),
        Kind::Number => number(element.value()?, type_of(evaluator, element)).or_else(text),
        Kind::Xhtml => text(),
        Kind::Text | Kind::Untyped => {
            let type_name = type_of(evaluator, element);
            typed_text(element.value()?, type_name).or_else(text)
        }
    }
}

/// A decimal stays decimal though it is whole: `1` in a Quantity's value is `1.0`.
fn number(text: &str, type_name: Option<&str>) -> Option<Value<'static>> {
    let number = Decimal::parse(text)?;
    let whole = !text.contains(['.', 'e', 'E']) && type_name != Some("decimal");
    match number.to_integer() {
        Some(integer) if whole => Some(Value::Integer(integer)),
        Some(_) | None => Some(Value::Decimal(number)),
    }
}

/// The value of a text whose FHIR type is no text.
fn typed_text(text: &str, type_name: Option<&str>) -> Option<Value<'static>> {
    match type_name? {
        "boolean" => boolean(text).map(Value::Boolean),
        "integer" | "positiveInt" | "unsignedInt" | "decimal" => number(text, type_name),
        "integer64" => text.parse().ok().map(Value::Long),
        "date" => Temporal::parse(text).map(Value::Temporal),
        "dateTime" | "instant" => date_time(text),
        "time" => Temporal::parse_time(text).map(Value::Temporal),
        _ => None,
    }
}

/// Whether an element's value is a text by its type, and no date, number or truth value.
pub(crate) fn is_plain_text<'r>(evaluator: &Evaluator<'r>, element: Element<'r>) -> bool {
    let Some(name) = type_of(evaluator, element) else {
        return false;
    };
    !matches!(
        name,
        "boolean"
            | "integer"
            | "positiveInt"
            | "unsignedInt"
            | "integer64"
            | "decimal"
            | "date"
            | "dateTime"
            | "instant"
            | "time"
    )
}

fn date_time(text: &str) -> Option<Value<'static>> {
    let kind = TemporalKind::DateTime;
    Temporal::parse(text).map(|point| Value::Temporal(Temporal { kind, ..point }))
}

/// Only the two words that FHIR writes.
fn boolean(text: &str) -> Option<bool> {
    match text {
        "true" => Some(true),
        "false" => Some(false),
        _ => None,
    }
}

/// A FHIR Quantity as a System quantity: by its UCUM code, or by its unit where it has no coded one.
pub(crate) fn quantity_of<'r>(
    evaluator: &Evaluator<'r>,
    element: Element<'r>,
) -> Option<Quantity<'r>> {
    let type_name = type_of(evaluator, element);
    let is_quantity =
        type_name.is_none_or(|name| super::navigate::is_or_derives(evaluator, name, "Quantity"));
    if !is_quantity {
        return None;
    }
    let value = Decimal::parse(element.child("value")?.value()?)?;
    let part = |name: &str| element.child(name).and_then(Element::value);
    let ucum = part("system") == Some("http://unitsofmeasure.org");
    let code = part("code")
        .filter(|_| ucum)
        .or_else(|| part("unit"))
        .or_else(|| part("code"));
    let unit = Unit::Code(Cow::Borrowed(code.unwrap_or("1")));
    Some(Quantity { value, unit })
}

/// What an item is, for messages.
pub(crate) fn describe<'r>(evaluator: &Evaluator<'r>, item: &Value<'r>) -> String {
    let Some(element) = item.element() else {
        let type_name = item.system_type().unwrap_or("type");
        return format!("the {type_name} `{}`", text_of(item));
    };
    match type_of(evaluator, element) {
        Some(name) => format!("the {name} `{}`", element.path()),
        None => format!("the element `{}`", element.path()),
    }
}

/// Whether an item's text may stand for another type: the wire did not say which, and no table does.
fn is_loose<'r>(evaluator: &Evaluator<'r>, item: &Value<'r>) -> bool {
    let Some(element) = item.element() else {
        return false;
    };
    matches!(element.kind(), Kind::Text | Kind::Untyped) && type_of(evaluator, element).is_none()
}

/// Both sides as System values; a text of unknown type takes the type of the other side where it reads as such.
pub(crate) fn system_pair<'r>(
    evaluator: &Evaluator<'r>,
    left: &Value<'r>,
    right: &Value<'r>,
) -> Option<(Value<'r>, Value<'r>)> {
    let (mut left_value, mut right_value) = (
        system_value(evaluator, left)?,
        system_value(evaluator, right)?,
    );
    if let (Value::Text(left_text), Value::Text(right_text)) = (&left_value, &right_value) {
        if is_loose(evaluator, left)
            && is_loose(evaluator, right)
            && let Some(pair) = loose_pair(left_text, right_text, both_untyped(left, right))
        {
            return Some(pair);
        }
        return Some((left_value, right_value));
    }
    if let Value::Text(text) = &left_value
        && is_loose(evaluator, left)
    {
        left_value = read_like(text, &right_value).unwrap_or(left_value);
    } else if let Value::Text(text) = &right_value
        && is_loose(evaluator, right)
    {
        right_value = read_like(text, &left_value).unwrap_or(right_value);
    }
    Some((left_value, right_value))
}

fn both_untyped(left: &Value<'_>, right: &Value<'_>) -> bool {
    let untyped = |item: &Value<'_>| matches!(item, Value::Element(element) if element.kind() == Kind::Untyped);
    untyped(left) && untyped(right)
}

/// Two texts of unknown type: numbers, if XML hid that, or points in time with a time of day.
fn loose_pair(left: &str, right: &str, untyped: bool) -> Option<(Value<'static>, Value<'static>)> {
    if untyped && let (Some(left), Some(right)) = (Decimal::parse(left), Decimal::parse(right)) {
        return Some((Value::Decimal(left), Value::Decimal(right)));
    }
    let point = |text: &str| text.contains('-').then(|| Temporal::parse(text)).flatten();
    Some((
        Value::Temporal(point(left)?),
        Value::Temporal(point(right)?),
    ))
}

/// Reads a text as the type of the value that it meets.
fn read_like(text: &str, other: &Value<'_>) -> Option<Value<'static>> {
    match other {
        Value::Boolean(_) => boolean(text).map(Value::Boolean),
        Value::Integer(_) | Value::Long(_) | Value::Decimal(_) => number(text, None),
        Value::Temporal(point) if point.kind == TemporalKind::Time => {
            Temporal::parse_time(text).map(Value::Temporal)
        }
        Value::Temporal(_) => Temporal::parse(text).map(Value::Temporal),
        Value::Element(_) | Value::Text(_) | Value::Quantity(_) | Value::Type(_) => None,
    }
}

/// A whole or decimal number as a decimal.
pub(crate) fn as_decimal(value: &Value<'_>) -> Option<Decimal> {
    match value {
        Value::Integer(number) | Value::Long(number) => Some(Decimal::from(*number)),
        Value::Decimal(number) => Some(*number),
        Value::Element(_)
        | Value::Boolean(_)
        | Value::Text(_)
        | Value::Temporal(_)
        | Value::Quantity(_)
        | Value::Type(_) => None,
    }
}

/// Whether any item is true; used where a collection of truth values is asked for.
pub(crate) fn all_booleans<'r>(
    evaluator: &Evaluator<'r>,
    items: &[Value<'r>],
    position: usize,
) -> Result<Vec<bool>, Fault> {
    let truths = items
        .iter()
        .map(|item| match system_value(evaluator, item) {
            Some(Value::Boolean(truth)) => Ok(truth),
            Some(Value::Text(text)) if is_loose(evaluator, item) && boolean(&text).is_some() => {
                Ok(truth_of(item))
            }
            _ => Err(EvaluationError::new(
                position,
                format!(
                    "every item must be a truth value, not {}",
                    describe(evaluator, item)
                ),
            )),
        });
    truths.collect()
}
