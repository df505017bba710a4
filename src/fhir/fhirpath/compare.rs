//! Order, and the set operations that rest on equality.

use super::ast::Order;
use super::equality::{equal_items, is_time};
use super::evaluate::{EvaluationError, Evaluator, Fault, Outcome};
use super::items::Items;
use super::quantity::Quantity;
use super::system::{as_decimal, describe, is_plain_text, system_pair};
use super::value::Value;
use crate::fhir::tree::Kind;
use std::cmp::Ordering;
use std::collections::BTreeSet;

/// `<`, `<=`, `>`, `>=`
pub(crate) fn ordered<'r>(
    evaluator: &mut Evaluator<'r>,
    operator: Order,
    left: &[Value<'r>],
    right: &[Value<'r>],
    position: usize,
) -> Result<Option<bool>, Fault> {
    let (left, right) = (
        evaluator.single(left, "the left side", position)?,
        evaluator.single(right, "the right side", position)?,
    );
    let (Some(left), Some(right)) = (left, right) else {
        return Ok(None);
    };
    let ordering = order(evaluator, left, right, position)?;
    Ok(ordering.map(|ordering| operator.holds(ordering)))
}

/// How two items stand to each other; an error where their types have no order together.
pub(crate) fn order<'r>(
    evaluator: &Evaluator<'r>,
    left: &Value<'r>,
    right: &Value<'r>,
    position: usize,
) -> Result<Option<Ordering>, Fault> {
    let refused = || {
        let message = format!(
            "{} and {} have no order",
            describe(evaluator, left),
            describe(evaluator, right)
        );
        EvaluationError::new(position, message)
    };
    if [left, right].iter().any(|item| matches!(item, Value::Element(element) if super::navigate::is_valueless_primitive(*element))) {
        return Ok(None);
    }
    let (left_value, right_value) = system_pair(evaluator, left, right).ok_or_else(refused)?;
    Ok(match (&left_value, &right_value) {
        (Value::Text(left), Value::Text(right)) => Some(left.cmp(right)),
        (Value::Temporal(left), Value::Temporal(right)) if is_time(left) == is_time(right) => {
            left.compare(*right)
        }
        (Value::Quantity(left), Value::Quantity(right)) => left.compare(right),
        (Value::Quantity(quantity), number) => quantity.compare(&Quantity::of_number(
            as_decimal(number).ok_or_else(refused)?,
        )),
        (number, Value::Quantity(quantity)) => {
            Quantity::of_number(as_decimal(number).ok_or_else(refused)?).compare(quantity)
        }
        (left, right) => match (as_decimal(left), as_decimal(right)) {
            (Some(left), Some(right)) => Some(left.cmp(&right)),
            _ => return Err(refused()),
        },
    })
}

/// `|`: both sides without duplicates.
pub(crate) fn union<'r>(
    evaluator: &mut Evaluator<'r>,
    mut left: Items<'r>,
    right: Items<'r>,
    position: usize,
) -> Outcome<'r> {
    left.extend(right);
    distinct(evaluator, left, position)
}

/// `in`: whether the single item on the left is on the right.
pub(crate) fn membership<'r>(
    evaluator: &mut Evaluator<'r>,
    item: &[Value<'r>],
    items: &[Value<'r>],
    position: usize,
) -> Result<Option<bool>, Fault> {
    let Some(item) = evaluator.single(item, "the item that is looked for", position)? else {
        return Ok(None);
    };
    is_in(evaluator, item, items, position).map(Some)
}

/// Whether an item equals any of the others; what a precision leaves open counts as different.
pub(crate) fn is_in<'r>(
    evaluator: &mut Evaluator<'r>,
    item: &Value<'r>,
    items: &[Value<'r>],
    position: usize,
) -> Result<bool, Fault> {
    for candidate in items {
        if equal_items(evaluator, item, candidate, position)? == Some(true) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The items without those that equal an earlier one.
pub(crate) fn distinct<'r>(
    evaluator: &mut Evaluator<'r>,
    items: Items<'r>,
    position: usize,
) -> Outcome<'r> {
    if let Some(keys) = text_keys(evaluator, &items) {
        evaluator.charge(items.len(), position)?;
        let mut seen = BTreeSet::new();
        let first: Vec<bool> = keys.into_iter().map(|key| seen.insert(key)).collect();
        return Ok(items
            .iter()
            .zip(first)
            .filter(|(_, first)| *first)
            .map(|(item, _)| item.clone())
            .collect());
    }
    let mut kept = Items::Empty;
    for item in items {
        if !is_in(evaluator, &item, &kept, position)? {
            kept.push(item);
        }
    }
    Ok(kept)
}

/// The texts of many items, where all are texts and thus compare as such.
fn text_keys<'i, 'r>(evaluator: &Evaluator<'r>, items: &'i [Value<'r>]) -> Option<Vec<&'i str>> {
    if items.len() < 8 {
        return None;
    }
    let texts = items
        .iter()
        .map(|item| item.plain_text().filter(|_| is_text(evaluator, item)));
    texts.collect()
}

/// Whether an item is a text and nothing else. What starts with a digit may be a date, unless its type says otherwise;
/// and of a date there are two spellings for one moment.
fn is_text<'r>(evaluator: &Evaluator<'r>, item: &Value<'r>) -> bool {
    let Some(element) = item.element() else {
        return true;
    };
    let dated = |text: &str| text.starts_with(|first: char| first.is_ascii_digit());
    element.kind() == Kind::Text
        && (!element.value().is_some_and(dated) || is_plain_text(evaluator, element))
}
