//! `toX` and `convertsToX`.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "each conversion lists what it takes; anything else, known or to come, converts to nothing"
)]

use super::{Arguments::Expressions, Function, Implementation, Invocation};
use crate::fhir::fhirpath::decimal::Decimal;
use crate::fhir::fhirpath::evaluate::{Evaluator, Outcome, truth};
use crate::fhir::fhirpath::items::Items;
use crate::fhir::fhirpath::quantity::{Quantity, Unit};
use crate::fhir::fhirpath::system::system_value;
use crate::fhir::fhirpath::temporal::{Temporal, TemporalKind};
use crate::fhir::fhirpath::units::Measure;
use crate::fhir::fhirpath::value::Value;
use std::borrow::Cow;

const fn row(
    name: &'static str,
    arity: (usize, usize),
    doc: &'static str,
    implementation: Implementation,
) -> Function {
    Function {
        name,
        arity,
        arguments: Expressions,
        doc,
        implementation,
    }
}

pub(super) const FUNCTIONS: &[Function] = &[
    row(
        "toBoolean",
        (0, 0),
        "the item as a truth value",
        |evaluator, invocation| convert(evaluator, &invocation, to_boolean),
    ),
    row(
        "toInteger",
        (0, 0),
        "the item as a whole number",
        |evaluator, invocation| convert(evaluator, &invocation, to_integer),
    ),
    row(
        "toLong",
        (0, 0),
        "the item as a long whole number",
        |evaluator, invocation| convert(evaluator, &invocation, to_long),
    ),
    row(
        "toDecimal",
        (0, 0),
        "the item as a decimal number",
        |evaluator, invocation| convert(evaluator, &invocation, to_decimal),
    ),
    row(
        "toString",
        (0, 0),
        "the item as a text",
        |evaluator, invocation| convert(evaluator, &invocation, to_text),
    ),
    row(
        "toDate",
        (0, 0),
        "the item as a date",
        |evaluator, invocation| convert(evaluator, &invocation, to_date),
    ),
    row(
        "toDateTime",
        (0, 0),
        "the item as a date-time",
        |evaluator, invocation| convert(evaluator, &invocation, to_date_time),
    ),
    row(
        "toTime",
        (0, 0),
        "the item as a time of day",
        |evaluator, invocation| convert(evaluator, &invocation, to_time),
    ),
    row(
        "toQuantity",
        (0, 1),
        "the item as a quantity, in a unit if one is given",
        to_quantity_in,
    ),
    row(
        "convertsToBoolean",
        (0, 0),
        "true when the item can be a truth value",
        |evaluator, invocation| converts(evaluator, &invocation, to_boolean),
    ),
    row(
        "convertsToInteger",
        (0, 0),
        "true when the item can be a whole number",
        |evaluator, invocation| converts(evaluator, &invocation, to_integer),
    ),
    row(
        "convertsToLong",
        (0, 0),
        "true when the item can be a long whole number",
        |evaluator, invocation| converts(evaluator, &invocation, to_long),
    ),
    row(
        "convertsToDecimal",
        (0, 0),
        "true when the item can be a decimal number",
        |evaluator, invocation| converts(evaluator, &invocation, to_decimal),
    ),
    row(
        "convertsToString",
        (0, 0),
        "true when the item can be a text",
        |evaluator, invocation| converts(evaluator, &invocation, to_text),
    ),
    row(
        "convertsToDate",
        (0, 0),
        "true when the item can be a date",
        |evaluator, invocation| converts(evaluator, &invocation, to_date),
    ),
    row(
        "convertsToDateTime",
        (0, 0),
        "true when the item can be a date-time",
        |evaluator, invocation| converts(evaluator, &invocation, to_date_time),
    ),
    row(
        "convertsToTime",
        (0, 0),
        "true when the item can be a time of day",
        |evaluator, invocation| converts(evaluator, &invocation, to_time),
    ),
    row(
        "convertsToQuantity",
        (0, 1),
        "true when the item can be a quantity",
        converts_to_quantity,
    ),
];

/// A conversion of one System value; `None` where it has no such form.
type Conversion = for<'v, 'r> fn(&'v Value<'r>) -> Option<Value<'r>>;

fn convert<'r>(
    evaluator: &Evaluator<'r>,
    invocation: &Invocation<'_, 'r>,
    conversion: Conversion,
) -> Outcome<'r> {
    let Some(item) = invocation.single(evaluator)? else {
        return Ok(Items::Empty);
    };
    let value = system_value(evaluator, &item);
    Ok(value
        .and_then(|value| conversion(&value))
        .into_iter()
        .collect())
}

fn converts<'r>(
    evaluator: &Evaluator<'r>,
    invocation: &Invocation<'_, 'r>,
    conversion: Conversion,
) -> Outcome<'r> {
    if invocation.input.is_empty() {
        return Ok(Items::Empty);
    }
    Ok(truth(Some(
        !convert(evaluator, invocation, conversion)?.is_empty(),
    )))
}

fn to_boolean<'r>(value: &Value<'r>) -> Option<Value<'r>> {
    let truth = match value {
        Value::Boolean(truth) => *truth,
        Value::Integer(1) | Value::Long(1) => true,
        Value::Integer(0) | Value::Long(0) => false,
        Value::Decimal(number) if *number == Decimal::ONE => true,
        Value::Decimal(number) if number.is_zero() => false,
        Value::Text(text) => match text.to_lowercase().as_str() {
            "true" | "t" | "yes" | "y" | "1" | "1.0" => true,
            "false" | "f" | "no" | "n" | "0" | "0.0" => false,
            _ => return None,
        },
        _ => return None,
    };
    Some(Value::Boolean(truth))
}

fn to_integer<'r>(value: &Value<'r>) -> Option<Value<'r>> {
    let number = match value {
        Value::Integer(number) | Value::Long(number) => *number,
        Value::Boolean(truth) => i64::from(*truth),
        Value::Text(text) => text.parse().ok()?,
        _ => return None,
    };
    Some(Value::Integer(number))
}

fn to_long<'r>(value: &Value<'r>) -> Option<Value<'r>> {
    let Value::Integer(number) = to_integer(value)? else {
        return None;
    };
    Some(Value::Long(number))
}

fn to_decimal<'r>(value: &Value<'r>) -> Option<Value<'r>> {
    let number = match value {
        Value::Decimal(number) => *number,
        Value::Integer(number) | Value::Long(number) => Decimal::from(*number),
        Value::Boolean(truth) => Decimal::from(i64::from(*truth)),
        Value::Text(text) if !text.contains(['e', 'E']) => Decimal::parse(text)?,
        _ => return None,
    };
    Some(Value::Decimal(number))
}

fn to_text<'r>(value: &Value<'r>) -> Option<Value<'r>> {
    value.text().map(Value::Text)
}

fn to_date<'r>(value: &Value<'r>) -> Option<Value<'r>> {
    let point = match value {
        Value::Temporal(point) if point.kind != TemporalKind::Time => *point,
        Value::Text(text) => Temporal::parse(text)?,
        _ => return None,
    };
    Some(Value::Temporal(point.date()))
}

fn to_date_time<'r>(value: &Value<'r>) -> Option<Value<'r>> {
    let point = match value {
        Value::Temporal(point) if point.kind != TemporalKind::Time => *point,
        Value::Text(text) => Temporal::parse(text)?,
        _ => return None,
    };
    let kind = TemporalKind::DateTime;
    Some(Value::Temporal(Temporal { kind, ..point }))
}

fn to_time<'r>(value: &Value<'r>) -> Option<Value<'r>> {
    let point = match value {
        Value::Temporal(point) if point.kind == TemporalKind::Time => *point,
        Value::Text(text) => Temporal::parse_time(text.strip_prefix('T').unwrap_or(text))?,
        _ => return None,
    };
    Some(Value::Temporal(point))
}

fn to_quantity<'r>(value: &Value<'r>) -> Option<Value<'r>> {
    let quantity = match value {
        Value::Quantity(_) => return Some(value.clone()),
        Value::Integer(number) | Value::Long(number) => Quantity::of_number(Decimal::from(*number)),
        Value::Decimal(number) => Quantity::of_number(*number),
        Value::Boolean(truth) => Quantity::of_number(Decimal::from(i64::from(*truth))),
        Value::Text(text) => Quantity::parse(text)?,
        _ => return None,
    };
    Some(Value::Quantity(Box::new(quantity)))
}

fn to_quantity_in<'r>(
    evaluator: &mut Evaluator<'r>,
    invocation: Invocation<'_, 'r>,
) -> Outcome<'r> {
    let found = convert(evaluator, &invocation, to_quantity)?;
    let Some(wanted) = invocation.text(evaluator, 0)? else {
        return Ok(found);
    };
    let in_unit = |value: &Value<'r>| match value {
        Value::Quantity(quantity) => {
            in_unit_of(quantity, &wanted).map(|quantity| Value::Quantity(Box::new(quantity)))
        }
        _ => None,
    };
    Ok(found.iter().filter_map(in_unit).collect())
}

fn converts_to_quantity<'r>(
    evaluator: &mut Evaluator<'r>,
    invocation: Invocation<'_, 'r>,
) -> Outcome<'r> {
    if invocation.input.is_empty() {
        return Ok(Items::Empty);
    }
    Ok(truth(Some(
        !to_quantity_in(evaluator, invocation)?.is_empty(),
    )))
}

fn in_unit_of<'r>(quantity: &Quantity<'r>, code: &str) -> Option<Quantity<'r>> {
    let unit = Unit::Code(Cow::Owned(code.to_owned()));
    if quantity.unit.code() == code {
        return Some(Quantity {
            value: quantity.value,
            unit,
        });
    }
    let (from, to) = (Measure::parse(quantity.unit.code())?, Measure::parse(code)?);
    let base = from
        .measures_the_same(&to)
        .then(|| from.in_base(quantity.value))??;
    Some(Quantity {
        value: to.of_base(base)?,
        unit,
    })
}
