//! `=` and `~`: whether items say the same.

use super::decimal::Decimal;
use super::evaluate::{Evaluator, Fault};
use super::items::Items;
use super::quantity::{Quantity, equivalent_numbers};
use super::system::{as_decimal, quantity_of, system_pair};
use super::temporal::{Temporal, TemporalKind};
use super::value::Value;
use super::variables::Nothing;
use crate::fhir::tree::{Element, Kind};
use std::cmp::Ordering;

/// Whether two collections are equal, item by item and in order. `None` where either is empty or a precision leaves it open.
pub(crate) fn equal<'r>(
    evaluator: &mut Evaluator<'r>,
    left: &[Value<'r>],
    right: &[Value<'r>],
    position: usize,
) -> Result<Option<bool>, Fault> {
    if left.is_empty() || right.is_empty() {
        return Ok(match evaluator.variables.nothing {
            Nothing::Open => None,
            Nothing::Compared => Some(left.len() == right.len()),
        });
    }
    if left.len() != right.len() {
        return Ok(Some(false));
    }
    let mut all = Some(true);
    for (left, right) in left.iter().zip(right) {
        match equal_items(evaluator, left, right, position)? {
            Some(true) => {}
            Some(false) => return Ok(Some(false)),
            None => all = None,
        }
    }
    Ok(all)
}

/// Whether two items are equal; `None` where a precision or an offset leaves it open.
pub(crate) fn equal_items<'r>(
    evaluator: &mut Evaluator<'r>,
    left: &Value<'r>,
    right: &Value<'r>,
    position: usize,
) -> Result<Option<bool>, Fault> {
    evaluator.charge(1, position)?;
    if let Some(settled) = equal_texts(left, right) {
        return Ok(Some(settled));
    }
    if let (Value::Element(left), Value::Element(right)) = (left, right) {
        if left == right {
            return Ok(Some(true));
        }
        if left.value().is_none() || right.value().is_none() {
            return equal_trees(evaluator, *left, *right, position).map(Some);
        }
    }
    if let (Value::Type(left), Value::Type(right)) = (left, right) {
        return Ok(Some(left == right));
    }
    let Some((left, right)) = system_pair(evaluator, left, right) else {
        return Ok(Some(false));
    };
    Ok(equal_values(&left, &right))
}

/// The common case first: an element's text against a literal text, without asking for types.
fn equal_texts(left: &Value<'_>, right: &Value<'_>) -> Option<bool> {
    let plain = |item: &Value<'_>| matches!(item, Value::Text(_));
    if !plain(left) && !plain(right) {
        return None;
    }
    let (left, right) = (left.plain_text()?, right.plain_text()?);
    Some(left == right)
}

/// Equality of System values. A number equals a quantity of `1`, and a date never equals a time of day.
fn equal_values(left: &Value<'_>, right: &Value<'_>) -> Option<bool> {
    match (left, right) {
        (Value::Boolean(left), Value::Boolean(right)) => Some(left == right),
        (Value::Text(left), Value::Text(right)) => Some(left == right),
        (Value::Integer(left), Value::Integer(right)) => Some(left == right),
        (Value::Temporal(left), Value::Temporal(right)) if is_time(left) != is_time(right) => {
            Some(false)
        }
        (Value::Temporal(left), Value::Temporal(right)) => {
            left.compare(*right).map(|order| order == Ordering::Equal)
        }
        (Value::Quantity(left), Value::Quantity(right)) => equal_quantities(left, right),
        (Value::Quantity(quantity), number) | (number, Value::Quantity(quantity)) => {
            let number = Quantity::of_number(as_decimal(number)?);
            equal_quantities(quantity, &number)
        }
        (left, right) => match (as_decimal(left), as_decimal(right)) {
            (Some(left), Some(right)) => Some(left == right),
            _ => Some(false),
        },
    }
}

/// Quantities of different kinds are not equal; a calendar year and a UCUM year leave it open.
fn equal_quantities(left: &Quantity<'_>, right: &Quantity<'_>) -> Option<bool> {
    match left.compare(right) {
        Some(order) => Some(order == Ordering::Equal),
        None if left.is_calendar() != right.is_calendar() => None,
        None => Some(false),
    }
}

pub(crate) fn is_time(point: &Temporal) -> bool {
    point.kind == TemporalKind::Time
}

/// Two complex elements are equal when all below them is, in order. Trees are compared node by node, without recursion.
fn equal_trees(
    evaluator: &mut Evaluator<'_>,
    left: Element<'_>,
    right: Element<'_>,
    position: usize,
) -> Result<bool, Fault> {
    let size = |element: Element<'_>| element.node().end - element.id;
    if size(left) != size(right)
        || left.resource_type() != right.resource_type()
        || left.value() != right.value()
    {
        return Ok(false);
    }
    evaluator.charge(size(left) as usize, position)?;
    let depth_to = |root: Element<'_>, element: Element<'_>| element.node().end - root.id;
    let mut pairs = left.descendants().zip(right.descendants());
    Ok(pairs.all(|(one, other)| {
        one.name() == other.name()
            && depth_to(left, one) == depth_to(right, other)
            && equal_primitives(one, other)
    }))
}

/// Primitives inside a tree: numbers by value (`1.0` is `1.00`), all else by text.
fn equal_primitives(left: Element<'_>, right: Element<'_>) -> bool {
    match (left.value(), right.value()) {
        (Some(left_text), Some(right_text)) => {
            left_text == right_text
                || (left.kind() == Kind::Number
                    && right.kind() == Kind::Number
                    && Decimal::parse(left_text) == Decimal::parse(right_text))
        }
        (None, None) => left.resource_type() == right.resource_type(),
        (Some(_), None) | (None, Some(_)) => false,
    }
}

/// Whether two collections hold equivalent items, in any order.
pub(crate) fn equivalent<'r>(
    evaluator: &mut Evaluator<'r>,
    left: &[Value<'r>],
    right: &[Value<'r>],
    position: usize,
) -> Result<bool, Fault> {
    if left.len() != right.len() {
        return Ok(false);
    }
    let mut open: Vec<&Value<'r>> = right.iter().collect();
    for item in left {
        let mut found = None;
        for (at, candidate) in open.iter().enumerate() {
            if equivalent_items(evaluator, item, candidate, position)? {
                found = Some(at);
                break;
            }
        }
        let Some(at) = found else { return Ok(false) };
        open.swap_remove(at);
    }
    Ok(true)
}

/// Equivalence of two items; here nothing is left open, since `~` always answers.
fn equivalent_items<'r>(
    evaluator: &mut Evaluator<'r>,
    left: &Value<'r>,
    right: &Value<'r>,
    position: usize,
) -> Result<bool, Fault> {
    evaluator.charge(1, position)?;
    if let (Value::Element(left), Value::Element(right)) = (left, right) {
        if left == right {
            return Ok(true);
        }
        if left.value().is_none() || right.value().is_none() {
            return equivalent_trees(evaluator, *left, *right, position);
        }
    }
    let Some((left, right)) = system_pair(evaluator, left, right) else {
        return Ok(false);
    };
    Ok(match (&left, &right) {
        (Value::Text(left), Value::Text(right)) => same_words(left, right),
        (Value::Quantity(left), Value::Quantity(right)) => left.is_equivalent(right),
        (left, right) => match (as_decimal(left), as_decimal(right)) {
            (Some(left), Some(right)) => equivalent_numbers(left, right),
            _ => equal_values(left, right) == Some(true),
        },
    })
}

/// Children of each name in any order. Recursion is bounded by the tree's depth, work by the steps.
fn equivalent_trees<'r>(
    evaluator: &mut Evaluator<'r>,
    left: Element<'r>,
    right: Element<'r>,
    position: usize,
) -> Result<bool, Fault> {
    if let (Some(left), Some(right)) = (quantity_of(evaluator, left), quantity_of(evaluator, right))
    {
        return Ok(left.is_equivalent(&right));
    }
    let below = |element: Element<'r>| -> Items<'r> {
        let compared = element.children().filter(|child| child.name() != "id");
        compared.map(Value::Element).collect()
    };
    let (left_items, right_items) = (below(left), below(right));
    if left_items.len() != right_items.len() || left.resource_type() != right.resource_type() {
        return Ok(false);
    }
    let mut open: Vec<&Value<'r>> = right_items.iter().collect();
    for item in &left_items {
        let mut found = None;
        for (at, candidate) in open.iter().enumerate() {
            if item.element().map(Element::name) == candidate.element().map(Element::name)
                && equivalent_items(evaluator, item, candidate, position)?
            {
                found = Some(at);
                break;
            }
        }
        let Some(at) = found else { return Ok(false) };
        open.remove(at);
    }
    Ok(true)
}

/// Equal but for case and the amount of white space.
fn same_words(left: &str, right: &str) -> bool {
    left.split_whitespace()
        .map(str::to_lowercase)
        .eq(right.split_whitespace().map(str::to_lowercase))
}
