//! Equality, equivalence, order, and the set operations that rest on equality.

use super::ast::Operator;
use super::decimal::Decimal;
use super::evaluate::{EvaluationError, Evaluator, Items, Outcome, truth};
use super::quantity::{Quantity, Unit, equivalent_numbers};
use super::temporal::{Temporal, TemporalKind};
use super::value::{Value, truth_of};
use crate::fhir::tree::{Element, Kind};
use crate::fhir::types;
use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::BTreeSet;

/// The System value of an item: a primitive element by its type or, where that is not known, by its form on the wire.
/// Texts of unknown type stay texts. `None` for complex elements and for primitives without a value.
pub(crate) fn system_value<'r>(evaluator: &Evaluator<'r>, item: &Value<'r>) -> Option<Value<'r>> {
    match item {
        Value::Element(element) => element_value(evaluator, *element),
        Value::Boolean(_)
        | Value::Integer(_)
        | Value::Decimal(_)
        | Value::Text(_)
        | Value::Temporal(_)
        | Value::Quantity(_) => Some(item.clone()),
        Value::Type(_) => None,
    }
}

fn element_value<'r>(evaluator: &Evaluator<'r>, element: Element<'r>) -> Option<Value<'r>> {
    let text = || Some(Value::Text(Cow::Borrowed(element.value()?)));
    match element.kind() {
        Kind::Resource => None,
        Kind::Complex => quantity_of(evaluator, element).map(Value::Quantity),
        Kind::Boolean => Some(Value::Boolean(element.value() == Some("true"))),
        Kind::Number => number(
            element.value()?,
            types::type_of(element, evaluator.variables.types),
        )
        .or_else(text),
        Kind::Xhtml => text(),
        Kind::Text | Kind::Untyped => {
            let type_name = types::type_of(element, evaluator.variables.types);
            typed_text(element.value()?, type_name).or_else(text)
        }
    }
}

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
        "integer" | "positiveInt" | "unsignedInt" | "integer64" | "decimal" => {
            number(text, type_name)
        }
        "date" => Temporal::parse(text).map(Value::Temporal),
        "dateTime" | "instant" => date_time(text),
        "time" => Temporal::parse_time(text).map(Value::Temporal),
        _ => None,
    }
}

fn date_time(text: &str) -> Option<Value<'static>> {
    let kind = TemporalKind::DateTime;
    Temporal::parse(text).map(|point| Value::Temporal(Temporal { kind, ..point }))
}

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
    let type_name = types::type_of(element, evaluator.variables.types);
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
pub(crate) fn describe(evaluator: &Evaluator<'_>, item: &Value<'_>) -> String {
    match item {
        Value::Element(element) => match types::type_of(*element, evaluator.variables.types) {
            Some(name) => format!("the {name} `{}`", element.path()),
            None => format!("the element `{}`", element.path()),
        },
        other => format!(
            "the {} `{}`",
            other.system_type().unwrap_or("type"),
            super::value::text_of(other)
        ),
    }
}

/// Whether an item's text may stand for another type: the wire did not say which, and no table does.
fn is_loose(evaluator: &Evaluator<'_>, item: &Value<'_>) -> bool {
    match item {
        Value::Element(element) => match element.kind() {
            Kind::Text | Kind::Untyped => {
                types::type_of(*element, evaluator.variables.types).is_none()
            }
            Kind::Complex | Kind::Resource | Kind::Number | Kind::Boolean | Kind::Xhtml => false,
        },
        Value::Boolean(_)
        | Value::Integer(_)
        | Value::Decimal(_)
        | Value::Text(_)
        | Value::Temporal(_)
        | Value::Quantity(_)
        | Value::Type(_) => false,
    }
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

fn read_like(text: &str, other: &Value<'_>) -> Option<Value<'static>> {
    match other {
        Value::Boolean(_) => boolean(text).map(Value::Boolean),
        Value::Integer(_) | Value::Decimal(_) => number(text, None),
        Value::Temporal(point) if point.kind == TemporalKind::Time => {
            Temporal::parse_time(text).map(Value::Temporal)
        }
        Value::Temporal(_) => Temporal::parse(text).map(Value::Temporal),
        Value::Element(_) | Value::Text(_) | Value::Quantity(_) | Value::Type(_) => None,
    }
}

/// Whether two collections are equal, item by item and in order. `None` where either is empty or a precision leaves it open.
pub(crate) fn equal<'r>(
    evaluator: &mut Evaluator<'r>,
    left: &[Value<'r>],
    right: &[Value<'r>],
    position: usize,
) -> Result<Option<bool>, EvaluationError> {
    if left.is_empty() || right.is_empty() {
        return Ok(None);
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
) -> Result<Option<bool>, EvaluationError> {
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
    match (left, right) {
        (Value::Text(left), Value::Text(right)) => Some(left == right),
        (Value::Element(element), Value::Text(text))
        | (Value::Text(text), Value::Element(element)) => {
            element.value().map(|value| value == text.as_ref())
        }
        _ => None,
    }
}

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

fn is_time(point: &Temporal) -> bool {
    point.kind == TemporalKind::Time
}

/// A whole or decimal number as a decimal.
pub(crate) fn as_decimal(value: &Value<'_>) -> Option<Decimal> {
    match value {
        Value::Integer(number) => Some(Decimal::from(*number)),
        Value::Decimal(number) => Some(*number),
        Value::Element(_)
        | Value::Boolean(_)
        | Value::Text(_)
        | Value::Temporal(_)
        | Value::Quantity(_)
        | Value::Type(_) => None,
    }
}

/// Two complex elements are equal when all below them is, in order. Trees are compared node by node, without recursion.
fn equal_trees(
    evaluator: &mut Evaluator<'_>,
    left: Element<'_>,
    right: Element<'_>,
    position: usize,
) -> Result<bool, EvaluationError> {
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
) -> Result<bool, EvaluationError> {
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

fn equivalent_items<'r>(
    evaluator: &mut Evaluator<'r>,
    left: &Value<'r>,
    right: &Value<'r>,
    position: usize,
) -> Result<bool, EvaluationError> {
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
) -> Result<bool, EvaluationError> {
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
    let mut open = right_items;
    for item in &left_items {
        let mut found = None;
        for (at, candidate) in open.iter().enumerate() {
            if name_of(item) == name_of(candidate)
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

fn name_of<'r>(item: &Value<'r>) -> Option<&'r str> {
    match item {
        Value::Element(element) => Some(element.name()),
        _ => None,
    }
}

/// Equal but for case and the amount of white space.
fn same_words(left: &str, right: &str) -> bool {
    left.split_whitespace()
        .map(str::to_lowercase)
        .eq(right.split_whitespace().map(str::to_lowercase))
}

/// `<`, `<=`, `>`, `>=`
pub(crate) fn ordered<'r>(
    evaluator: &mut Evaluator<'r>,
    operator: Operator,
    left: &[Value<'r>],
    right: &[Value<'r>],
    position: usize,
) -> Outcome<'r> {
    let (left, right) = (
        evaluator.single(left, "the left side", position)?,
        evaluator.single(right, "the right side", position)?,
    );
    let (Some(left), Some(right)) = (left, right) else {
        return Ok(Vec::new());
    };
    let order = order(evaluator, left, right, position)?;
    Ok(truth(order.map(|order| match operator {
        Operator::Less => order.is_lt(),
        Operator::LessOrEqual => order.is_le(),
        Operator::Greater => order.is_gt(),
        _ => order.is_ge(),
    })))
}

/// How two items stand to each other; an error where their types have no order together.
pub(crate) fn order<'r>(
    evaluator: &Evaluator<'r>,
    left: &Value<'r>,
    right: &Value<'r>,
    position: usize,
) -> Result<Option<Ordering>, EvaluationError> {
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
) -> Outcome<'r> {
    let Some(item) = evaluator.single(item, "the item that is looked for", position)? else {
        return Ok(Vec::new());
    };
    Ok(truth(Some(is_in(evaluator, item, items, position)?)))
}

pub(crate) fn is_in<'r>(
    evaluator: &mut Evaluator<'r>,
    item: &Value<'r>,
    items: &[Value<'r>],
    position: usize,
) -> Result<bool, EvaluationError> {
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
    if let Some(keys) = text_keys(&items) {
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
    let mut kept: Items<'r> = Vec::with_capacity(items.len());
    for item in items {
        if !is_in(evaluator, &item, &kept, position)? {
            kept.push(item);
        }
    }
    Ok(kept)
}

/// The texts of many items, where all are texts and thus compare as such.
fn text_keys<'i>(items: &'i [Value<'_>]) -> Option<Vec<&'i str>> {
    if items.len() < 8 {
        return None;
    }
    items
        .iter()
        .map(|item| match item {
            Value::Text(text) => Some(text.as_ref()),
            Value::Element(element)
                if element.kind() == Kind::Text
                    && !element
                        .value()?
                        .starts_with(|first: char| first.is_ascii_digit()) =>
            {
                element.value()
            }
            _ => None,
        })
        .collect()
}

/// Whether any item is true; used where a collection of truth values is asked for.
pub(crate) fn all_booleans<'r>(
    evaluator: &Evaluator<'r>,
    items: &[Value<'r>],
    position: usize,
) -> Result<Vec<bool>, EvaluationError> {
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
