//! How far a value of limited precision may reach, and how precise it is.

use super::{Arguments::Expressions, Function, Implementation, Invocation};
use crate::fhir::fhirpath::decimal::Decimal;
use crate::fhir::fhirpath::evaluate::{Evaluator, Fault, Outcome, truth};
use crate::fhir::fhirpath::items::Items;
use crate::fhir::fhirpath::system::system_value;
use crate::fhir::fhirpath::temporal::{Precision, Temporal, TemporalKind, days_in_month};
use crate::fhir::fhirpath::value::Value;

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
        "lowBoundary",
        (0, 1),
        "the least value that the item's precision allows, to so many digits",
        |evaluator, invocation| boundary(evaluator, &invocation, Side::Low),
    ),
    row(
        "highBoundary",
        (0, 1),
        "the greatest value that the item's precision allows, to so many digits",
        |evaluator, invocation| boundary(evaluator, &invocation, Side::High),
    ),
    row(
        "precision",
        (0, 0),
        "how many digits the item has: decimal places, or digits of a date or time",
        precision,
    ),
    row(
        "comparable",
        (1, 1),
        "true when two quantities are of one kind",
        comparable,
    ),
];

#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Low,
    High,
}

fn value<'r>(
    evaluator: &Evaluator<'r>,
    invocation: &Invocation<'_, 'r>,
) -> Result<Option<Value<'r>>, Fault> {
    let item = invocation.single(evaluator)?;
    Ok(item.and_then(|item| system_value(evaluator, &item)))
}

fn boundary<'r>(
    evaluator: &mut Evaluator<'r>,
    invocation: &Invocation<'_, 'r>,
    side: Side,
) -> Outcome<'r> {
    let digits = invocation.integer(evaluator, 0)?;
    let result = match value(evaluator, invocation)? {
        None => None,
        Some(Value::Integer(number) | Value::Long(number)) => {
            number_boundary(Decimal::from(number), digits, side).map(Value::Decimal)
        }
        Some(Value::Decimal(number)) => number_boundary(number, digits, side).map(Value::Decimal),
        Some(Value::Quantity(quantity)) => number_boundary(quantity.value, digits, side)
            .map(|number| Value::Quantity(Box::new(quantity.with_value(number)))),
        Some(Value::Temporal(point)) => point_boundary(point, digits, side).map(Value::Temporal),
        Some(_) => {
            return Err(invocation.error(format!(
                "the input of `{}` must be a number, quantity, date or time",
                invocation.name()
            )));
        }
    };
    Ok(Items::from(result))
}

/// Half of the last digit down or up, told to so many places (8 where none are given). Away from zero the official suite
/// rounds to the nearest (1.5875 to two places is 1.59, and 0.00345 to one place is 0.0), towards zero it cuts.
fn number_boundary(number: Decimal, digits: Option<i64>, side: Side) -> Option<Decimal> {
    let places = u32::try_from(digits.unwrap_or(8))
        .ok()
        .filter(|places| *places <= 28)?;
    let half = Decimal::new(5, number.scale() + 1);
    let exact = match side {
        Side::Low => number.checked_sub(half)?,
        Side::High => number.checked_add(half)?,
    };
    let outwards = exact.is_negative() == (side == Side::Low);
    let told = if outwards {
        exact.rounded(places)
    } else {
        exact.truncated(places)
    };
    told.with_scale(places)
}

/// Digits of a date or time, precision by precision: `2014-01-05T10:30:00.000` has 17.
const DATE_DIGITS: [(i64, Precision); 6] = [
    (4, Precision::Year),
    (6, Precision::Month),
    (8, Precision::Day),
    (10, Precision::Hour),
    (12, Precision::Minute),
    (17, Precision::Second),
];

const TIME_DIGITS: [(i64, Precision); 3] = [
    (2, Precision::Hour),
    (4, Precision::Minute),
    (9, Precision::Second),
];

fn point_boundary(point: Temporal, digits: Option<i64>, side: Side) -> Option<Temporal> {
    let (table, usual): (&[(i64, Precision)], i64) = match point.kind {
        TemporalKind::Time => (&TIME_DIGITS, 9),
        TemporalKind::Date => (&DATE_DIGITS, 8),
        TemporalKind::DateTime => (&DATE_DIGITS, 17),
    };
    let digits = digits.unwrap_or(usual);
    let wanted = table
        .iter()
        .find(|row| row.0 == digits || (digits == row.0 - 3 && row.1 == Precision::Second))?
        .1;
    let mut filled = filled(point, side);
    filled.precision = wanted;
    if wanted < Precision::Second {
        filled.fraction_digits = 0;
    }
    if wanted <= Precision::Day {
        filled.kind = TemporalKind::Date;
        filled.offset = None;
    } else if filled.kind != TemporalKind::Time {
        filled.kind = TemporalKind::DateTime;
    }
    Some(filled)
}

/// All parts beyond the precision at their lowest or highest. An hour without minutes counts as the full hour, since
/// FHIR knows no such time. A date-time without offset may stand anywhere from UTC+14 to UTC-12.
fn filled(point: Temporal, side: Side) -> Temporal {
    let mut filled = point;
    if side == Side::High {
        if point.precision < Precision::Month {
            filled.month = 12;
        }
        if point.precision < Precision::Day {
            filled.day = days_in_month(filled.year, filled.month);
        }
        if point.precision < Precision::Hour {
            (filled.hour, filled.minute) = (23, 59);
        }
        if point.precision < Precision::Second {
            filled.second = 59;
        }
        if point.precision < Precision::Second || point.fraction_digits == 0 {
            filled.nanosecond = 999_000_000;
        }
    }
    filled.fraction_digits = filled.fraction_digits.max(3);
    if filled.kind != TemporalKind::Time && filled.offset.is_none() {
        filled.offset = Some(if side == Side::Low { 14 * 60 } else { -12 * 60 });
    }
    filled
}

fn precision<'r>(evaluator: &mut Evaluator<'r>, invocation: Invocation<'_, 'r>) -> Outcome<'r> {
    let digits = match value(evaluator, &invocation)? {
        None => None,
        Some(Value::Integer(_) | Value::Long(_)) => Some(0),
        Some(Value::Decimal(number)) => Some(i64::from(number.scale())),
        Some(Value::Temporal(point)) => Some(digits_of(point)),
        Some(_) => {
            return Err(invocation.error("the input of `precision` must be a number, date or time"));
        }
    };
    Ok(Items::from(digits.map(Value::Integer)))
}

fn digits_of(point: Temporal) -> i64 {
    let table: &[(i64, Precision)] = if point.kind == TemporalKind::Time {
        &TIME_DIGITS
    } else {
        &DATE_DIGITS
    };
    let whole = table
        .iter()
        .find(|row| row.1 == point.precision)
        .map_or(0, |row| row.0);
    if point.precision == Precision::Second {
        whole - 3 + i64::from(point.fraction_digits)
    } else {
        whole
    }
}

fn comparable<'r>(evaluator: &mut Evaluator<'r>, invocation: Invocation<'_, 'r>) -> Outcome<'r> {
    let other = invocation.items(evaluator, 0)?;
    let other = evaluator
        .single(&other, "the argument", invocation.position())?
        .cloned();
    let other = other.and_then(|item| system_value(evaluator, &item));
    Ok(match (value(evaluator, &invocation)?, other) {
        (Some(Value::Quantity(left)), Some(Value::Quantity(right))) => {
            truth(Some(left.is_comparable(&right)))
        }
        (None, _) | (_, None) => Items::Empty,
        (Some(_), Some(_)) => {
            return Err(invocation.error("`comparable` asks about two quantities"));
        }
    })
}
