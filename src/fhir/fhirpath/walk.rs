//! Walks a path item by item, so that what lies between its steps is never collected, and stops as soon as the
//! answer is known: `name.exists()` looks at the first name alone.

use super::ast::{Call, Choice, Member, Node, Role, STRETCH, Step};
use super::evaluate::{self, Evaluator, Fault, Outcome, Scope};
use super::items::Items;
use super::navigate;
use super::value::Value;
use crate::fhir::tree::Element;
use crate::fhir::types;
use std::borrow::Cow;

/// Whether a walk wants more items.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Flow {
    More,
    Enough,
}

/// What becomes of the items at the end of a stretch.
enum Sink<'r> {
    Collect(Items<'r>),
    First(Option<Value<'r>>),
    Exists(bool),
    Empty(bool),
    /// How many items there are, and whether the last of them has a value.
    HasValue(usize, bool),
    Count(i64),
    /// Whether an item meets the condition.
    Any(&'r Node, bool),
    /// Whether all items meet the condition.
    All(&'r Node, bool),
}

/// Takes items through steps; one that cannot go item by item is the business of the caller.
pub(super) fn stretch<'r>(
    evaluator: &mut Evaluator<'r>,
    input: &[Value<'r>],
    steps: &'r [Step],
    scope: Scope<'_, 'r>,
) -> Result<(Items<'r>, &'r [Step]), Fault> {
    let length = steps
        .iter()
        .take(STRETCH)
        .take_while(|step| step.streams())
        .count();
    let (walked, rest) = steps.split_at(length);
    let (mut sink, rest) = Sink::of(rest);
    sink.fill(evaluator, input, walked, scope)?;
    Ok((sink.finish(), rest))
}

/// The answer of a path that is a question with a truth value for an answer.
pub(super) fn truth<'r>(
    evaluator: &mut Evaluator<'r>,
    input: &[Value<'r>],
    steps: &'r [Step],
    scope: Scope<'_, 'r>,
) -> Result<Option<bool>, Fault> {
    let (walked, asks) = steps.split_at(steps.len().saturating_sub(1));
    let mut sink = Sink::of(asks).0;
    sink.fill(evaluator, input, walked, scope)?;
    Ok(sink.truth())
}

/// The answer of a path that counts.
pub(super) fn count<'r>(
    evaluator: &mut Evaluator<'r>,
    input: &[Value<'r>],
    steps: &'r [Step],
    scope: Scope<'_, 'r>,
) -> Result<i64, Fault> {
    let walked = &steps[..steps.len().saturating_sub(1)];
    let mut sink = Sink::Count(0);
    sink.fill(evaluator, input, walked, scope)?;
    let Sink::Count(count) = sink else {
        return Ok(0);
    };
    Ok(count)
}

/// The elements of a name below each item.
pub(super) fn members<'r>(
    evaluator: &mut Evaluator<'r>,
    items: &[Value<'r>],
    member: &'r Member,
    scope: Scope<'_, 'r>,
) -> Outcome<'r> {
    let mut sink = Sink::Collect(Items::Empty);
    for item in items {
        if let Value::Element(element) = item {
            children_named(evaluator, *element, member, &[], scope, &mut sink)?;
        }
    }
    Ok(sink.finish())
}

/// One item through the steps that are left.
fn walk<'r>(
    evaluator: &mut Evaluator<'r>,
    item: &Value<'r>,
    steps: &'r [Step],
    scope: Scope<'_, 'r>,
    sink: &mut Sink<'r>,
) -> Result<Flow, Fault> {
    let Some((step, rest)) = steps.split_first() else {
        return sink.take(evaluator, item, scope);
    };
    match step {
        Step::Member(member) => {
            if let Value::Element(element) = item {
                return children_named(evaluator, *element, member, rest, scope, sink);
            }
            match part_of(item, &member.name) {
                Some(part) => walk(evaluator, &part, rest, scope, sink),
                None => Ok(Flow::More),
            }
        }
        Step::Call(call) => walk_call(evaluator, item, call, rest, scope, sink),
        // invariant: such a step does not stream, so it is never part of a stretch.
        Step::Item(_) => Ok(Flow::More),
    }
}

/// A choice element is found by its name without type: `value` finds `valueQuantity`.
fn children_named<'r>(
    evaluator: &mut Evaluator<'r>,
    element: Element<'r>,
    member: &'r Member,
    rest: &'r [Step],
    scope: Scope<'_, 'r>,
    sink: &mut Sink<'r>,
) -> Result<Flow, Fault> {
    let wanted = member.name.as_str();
    let mut found = 0;
    for child in element.children() {
        // The hash tells most names apart without a look at them.
        if child.name_hash() == member.hash && child.name() == wanted {
            navigate::refuse_typed_choice(child, member)?;
        } else if member.choice == Choice::Never || !is_choice(child.name(), wanted) {
            continue;
        }
        found += 1;
        if walk(evaluator, &Value::Element(child), rest, scope, sink)? == Flow::Enough {
            return Ok(Flow::Enough);
        }
    }
    evaluator.charge(1 + found, member.position)?;
    if found == 0 {
        navigate::refuse_unknown_element(evaluator, element, member)?;
    }
    Ok(Flow::More)
}

/// Whether a name on the wire is a choice element with its type.
fn is_choice(name: &str, base: &str) -> bool {
    name.strip_prefix(base)
        .is_some_and(|suffix| types::choice_type(base, suffix).is_some())
}

/// The parts of computed values: those of a type, and of a quantity.
fn part_of<'r>(value: &Value<'r>, part: &str) -> Option<Value<'r>> {
    match (value, part) {
        (Value::Type(name), "namespace") => Some(Value::Text(Cow::Borrowed(name.namespace))),
        (Value::Type(name), "name") => Some(Value::Text(name.name.clone())),
        (Value::Quantity(quantity), "value") => Some(Value::Decimal(quantity.value)),
        (Value::Quantity(quantity), "unit" | "code") => {
            Some(Value::Text(Cow::Owned(quantity.unit.code().to_owned())))
        }
        _ => None,
    }
}

/// A function that takes each item by itself.
fn walk_call<'r>(
    evaluator: &mut Evaluator<'r>,
    item: &Value<'r>,
    call: &'r Call,
    rest: &'r [Step],
    scope: Scope<'_, 'r>,
    sink: &mut Sink<'r>,
) -> Result<Flow, Fault> {
    evaluator.charge(1, call.position)?;
    match call.role {
        Role::Where => match evaluator.truth_for(&call.arguments[0], item, scope)? {
            Some(true) => walk(evaluator, item, rest, scope, sink),
            Some(false) | None => Ok(Flow::More),
        },
        Role::Select => {
            let selected = evaluator.evaluate_for(&call.arguments[0], item, scope)?;
            walk_all(evaluator, selected.into_iter(), call, rest, scope, sink)
        }
        Role::Children => {
            let children = item.element().into_iter().flat_map(Element::children);
            walk_all(
                evaluator,
                children.map(Value::Element),
                call,
                rest,
                scope,
                sink,
            )
        }
        Role::Descendants => {
            let below = item.element().into_iter().flat_map(Element::descendants);
            walk_all(
                evaluator,
                below.map(Value::Element),
                call,
                rest,
                scope,
                sink,
            )
        }
        Role::Extension => {
            let url = call.arguments[0].literal_text();
            let found = item.element().into_iter().flat_map(Element::children);
            let found = found.filter(|child| navigate::is_extension(*child, url));
            walk_all(
                evaluator,
                found.map(Value::Element),
                call,
                rest,
                scope,
                sink,
            )
        }
        // invariant: the roles that do not stream are no part of a stretch.
        Role::First
        | Role::Exists
        | Role::Empty
        | Role::Count
        | Role::All
        | Role::HasValue
        | Role::Collected => Ok(Flow::More),
    }
}

/// Several items through the steps that are left.
fn walk_all<'r>(
    evaluator: &mut Evaluator<'r>,
    items: impl Iterator<Item = Value<'r>>,
    call: &'r Call,
    rest: &'r [Step],
    scope: Scope<'_, 'r>,
    sink: &mut Sink<'r>,
) -> Result<Flow, Fault> {
    for item in items {
        evaluator.charge(1, call.position)?;
        if walk(evaluator, &item, rest, scope, sink)? == Flow::Enough {
            return Ok(Flow::Enough);
        }
    }
    Ok(Flow::More)
}

impl<'r> Sink<'r> {
    /// The sink that the next step asks for, and the steps after it.
    fn of(steps: &'r [Step]) -> (Self, &'r [Step]) {
        let collect = Self::Collect(Items::Empty);
        let Some((Step::Call(call), rest)) = steps.split_first() else {
            return (collect, steps);
        };
        let condition = call.arguments.first();
        let sink = match (call.role, condition) {
            (Role::First, _) => Self::First(None),
            (Role::Exists, None) => Self::Exists(false),
            (Role::Exists, Some(condition)) => Self::Any(condition, false),
            (Role::Empty, _) => Self::Empty(true),
            (Role::HasValue, _) => Self::HasValue(0, false),
            (Role::Count, _) => Self::Count(0),
            (Role::All, Some(condition)) => Self::All(condition, true),
            _ => return (collect, steps),
        };
        (sink, rest)
    }

    fn take(
        &mut self,
        evaluator: &mut Evaluator<'r>,
        item: &Value<'r>,
        scope: Scope<'_, 'r>,
    ) -> Result<Flow, Fault> {
        let enough = match self {
            Self::Collect(items) => {
                items.push(item.clone());
                false
            }
            Self::First(first) => {
                *first = Some(item.clone());
                true
            }
            Self::Exists(exists) => {
                *exists = true;
                true
            }
            Self::Empty(empty) => {
                *empty = false;
                true
            }
            Self::HasValue(count, has) => {
                *count += 1;
                *has = navigate::has_value(evaluator, item);
                *count > 1
            }
            Self::Count(count) => {
                *count += 1;
                false
            }
            Self::Any(condition, any) => {
                *any = evaluator.truth_for(condition, item, scope)? == Some(true);
                *any
            }
            Self::All(condition, all) => {
                *all = evaluator.truth_for(condition, item, scope)? == Some(true);
                !*all
            }
        };
        Ok(if enough { Flow::Enough } else { Flow::More })
    }

    /// Takes the input through the steps, until there is enough.
    fn fill(
        &mut self,
        evaluator: &mut Evaluator<'r>,
        input: &[Value<'r>],
        steps: &'r [Step],
        scope: Scope<'_, 'r>,
    ) -> Result<(), Fault> {
        for item in input {
            if walk(evaluator, item, steps, scope, self)? == Flow::Enough {
                break;
            }
        }
        Ok(())
    }

    fn finish(self) -> Items<'r> {
        match self {
            Self::Collect(items) => items,
            Self::First(item) => Items::from(item),
            Self::Count(count) => Items::One(Value::Integer(count)),
            Self::Exists(_)
            | Self::Empty(_)
            | Self::HasValue(..)
            | Self::Any(..)
            | Self::All(..) => evaluate::truth(self.truth()),
        }
    }

    /// The answer to a question; what collects has none.
    fn truth(&self) -> Option<bool> {
        match self {
            Self::Exists(met) | Self::Empty(met) | Self::Any(_, met) | Self::All(_, met) => {
                Some(*met)
            }
            Self::HasValue(count, has) => Some(*count == 1 && *has),
            Self::Collect(_) | Self::First(_) | Self::Count(_) => None,
        }
    }
}
