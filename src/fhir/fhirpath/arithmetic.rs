//! `+ - * / div mod &` and the sign.

use super::ast::Arithmetic;
use super::decimal::Decimal;
use super::evaluate::{EvaluationError, Evaluator, Fault, Outcome};
use super::items::Items;
use super::quantity::Quantity;
use super::system::{as_decimal, describe, system_pair, system_value};
use super::temporal::Temporal;
use super::value::Value;
use std::borrow::Cow;

/// A text may grow to this many bytes, by joining and replacing.
pub(crate) const MAX_TEXT: usize = 1 << 22;

/// The result of an arithmetic operator; empty where a side is empty or the result is out of range.
pub(crate) fn calculate<'r>(
    evaluator: &mut Evaluator<'r>,
    operator: Arithmetic,
    left: &[Value<'r>],
    right: &[Value<'r>],
    position: usize,
) -> Outcome<'r> {
    let left = evaluator.single(left, "the left side", position)?;
    let right = evaluator.single(right, "the right side", position)?;
    let (Some(left), Some(right)) = (left, right) else {
        return Ok(Items::Empty);
    };
    let refused = || {
        let (left, right) = (describe(evaluator, left), describe(evaluator, right));
        EvaluationError::new(
            position,
            format!(
                "`{}` does not apply to {left} and {right}",
                operator.spelling()
            ),
        )
    };
    let (left_value, right_value) = system_pair(evaluator, left, right).ok_or_else(refused)?;
    let result = match (&left_value, &right_value) {
        (Value::Text(left), Value::Text(right)) if operator == Arithmetic::Plus => {
            return joined(evaluator, left, right, position);
        }
        (Value::Temporal(point), Value::Quantity(quantity)) => {
            moved(*point, operator, quantity).ok_or_else(refused)?
        }
        (Value::Integer(left), Value::Integer(right)) => {
            integers(operator, *left, *right, Value::Integer)
        }
        (Value::Integer(left) | Value::Long(left), Value::Integer(right) | Value::Long(right)) => {
            integers(operator, *left, *right, Value::Long)
        }
        (Value::Quantity(left), Value::Quantity(right)) => {
            quantities(operator, left, right).ok_or_else(refused)?
        }
        (Value::Quantity(left), number) => {
            let right = Quantity::of_number(as_decimal(number).ok_or_else(refused)?);
            quantities(operator, left, &right).ok_or_else(refused)?
        }
        (number, Value::Quantity(right)) => {
            let left = Quantity::of_number(as_decimal(number).ok_or_else(refused)?);
            quantities(operator, &left, right).ok_or_else(refused)?
        }
        (left, right) => {
            let left = as_decimal(left).ok_or_else(refused)?;
            decimals(operator, left, as_decimal(right).ok_or_else(refused)?)
        }
    };
    Ok(Items::from(result))
}

/// Whole numbers stay whole, but for `/`.
fn integers<'r>(
    operator: Arithmetic,
    left: i64,
    right: i64,
    as_value: fn(i64) -> Value<'r>,
) -> Option<Value<'r>> {
    let whole = match operator {
        Arithmetic::Plus => left.checked_add(right),
        Arithmetic::Minus => left.checked_sub(right),
        Arithmetic::Times => left.checked_mul(right),
        Arithmetic::WholeDivide => left.checked_div(right),
        Arithmetic::Remainder => left.checked_rem(right),
        Arithmetic::Divide => {
            return decimals(operator, Decimal::from(left), Decimal::from(right));
        }
    };
    whole.map(as_value)
}

/// Arithmetic of decimal numbers; only `div` yields a whole number.
fn decimals<'r>(operator: Arithmetic, left: Decimal, right: Decimal) -> Option<Value<'r>> {
    let number = match operator {
        Arithmetic::Plus => left.checked_add(right),
        Arithmetic::Minus => left.checked_sub(right),
        Arithmetic::Times => left.checked_mul(right),
        Arithmetic::Divide => left.checked_div(right),
        Arithmetic::Remainder => left.checked_remainder(right),
        Arithmetic::WholeDivide => {
            let whole = left.checked_whole_div(right)?;
            return whole.to_integer().map(Value::Integer);
        }
    };
    number.map(Value::Decimal)
}

/// `None` where the operator has no meaning for quantities, or the units do not fit.
fn quantities<'r>(
    operator: Arithmetic,
    left: &Quantity<'r>,
    right: &Quantity<'r>,
) -> Option<Option<Value<'r>>> {
    let quantity = match operator {
        Arithmetic::Plus => left.plus(right)?,
        Arithmetic::Minus => left.plus(&right.with_value(right.value.negated()))?,
        Arithmetic::Times => left.times(right)?,
        Arithmetic::Divide if right.value.is_zero() => return Some(None),
        Arithmetic::Divide => left.over(right)?,
        Arithmetic::WholeDivide | Arithmetic::Remainder => return None,
    };
    Some(Some(Value::Quantity(Box::new(quantity))))
}

/// A point in time, moved; `None` where the unit is no unit of time that a calendar can take.
fn moved<'r>(
    point: Temporal,
    operator: Arithmetic,
    quantity: &Quantity<'_>,
) -> Option<Option<Value<'r>>> {
    let unit = quantity.unit.calendar()?;
    let amount = match operator {
        Arithmetic::Plus => quantity.value,
        Arithmetic::Minus => quantity.value.negated(),
        Arithmetic::Times
        | Arithmetic::Divide
        | Arithmetic::WholeDivide
        | Arithmetic::Remainder => return None,
    };
    Some(point.plus(amount, unit).map(Value::Temporal))
}

/// `&`: an empty side counts as an empty text.
pub(super) fn concatenate<'r>(
    evaluator: &mut Evaluator<'r>,
    left: &[Value<'r>],
    right: &[Value<'r>],
    position: usize,
) -> Outcome<'r> {
    let left = evaluator
        .text(left, "the left side of `&`", position)?
        .unwrap_or_default();
    let right = evaluator
        .text(right, "the right side of `&`", position)?
        .unwrap_or_default();
    joined(evaluator, &left, &right, position)
}

/// Two texts in one; the length is bounded, since an expression can double a text again and again.
fn joined<'r>(
    evaluator: &mut Evaluator<'r>,
    left: &str,
    right: &str,
    position: usize,
) -> Outcome<'r> {
    let length = left.len() + right.len();
    refuse_long(length, position)?;
    evaluator.charge(length / 64, position)?;
    Ok(Items::One(Value::Text(Cow::Owned(format!(
        "{left}{right}"
    )))))
}

/// Keeps texts from growing without bound.
pub(crate) fn refuse_long(length: usize, position: usize) -> Result<(), Fault> {
    if length <= MAX_TEXT {
        return Ok(());
    }
    let message = format!("a text grows beyond {MAX_TEXT} bytes");
    Err(EvaluationError::limit(position, message))
}

/// `+x` and `-x`
pub(super) fn signed<'r>(
    evaluator: &Evaluator<'r>,
    minus: bool,
    items: &[Value<'r>],
    position: usize,
) -> Outcome<'r> {
    let Some(item) = evaluator.single(items, "a number with a sign", position)? else {
        return Ok(Items::Empty);
    };
    let value = system_value(evaluator, item);
    let signed = match value {
        Some(value)
            if !minus && (as_decimal(&value).is_some() || matches!(value, Value::Quantity(_))) =>
        {
            value
        }
        Some(Value::Integer(number)) => Value::Integer(number.saturating_neg()),
        Some(Value::Long(number)) => Value::Long(number.saturating_neg()),
        Some(Value::Decimal(number)) => Value::Decimal(number.negated()),
        Some(Value::Quantity(quantity)) => {
            Value::Quantity(Box::new(quantity.with_value(quantity.value.negated())))
        }
        _ => {
            let message = format!("a sign does not apply to {}", describe(evaluator, item));
            return Err(EvaluationError::new(position, message));
        }
    };
    Ok(Items::One(signed))
}
