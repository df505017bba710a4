//! Functions that walk the input with an expression.

use super::{Arguments::Expressions, Function, Invocation};
use crate::fhir::fhirpath::ast::{Node, NodeKind, Sign};
use crate::fhir::fhirpath::compare::{is_in, order};
use crate::fhir::fhirpath::evaluate::{Evaluator, Fault, Outcome, Scope};
use crate::fhir::fhirpath::items::Items;
use crate::fhir::fhirpath::value::{Trace, Value, text_of};
use crate::fhir::fhirpath::variables::Members;
use crate::fhir::fhirpath::{navigate, system};
use crate::fhir::tree::{Element, Resource};
use std::cmp::Ordering;
use std::collections::HashSet;

pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        name: "where",
        arity: (1, 1),
        arguments: Expressions,
        doc: "the items that meet the condition",
        implementation: where_items,
    },
    Function {
        name: "select",
        arity: (1, 1),
        arguments: Expressions,
        doc: "the results of the expression for each item",
        implementation: select,
    },
    Function {
        name: "repeat",
        arity: (1, 1),
        arguments: Expressions,
        doc: "the results of the expression, and of it for those, until nothing new comes",
        implementation: repeat,
    },
    Function {
        name: "repeatAll",
        arity: (1, 1),
        arguments: Expressions,
        doc: "the results of the expression, and of it for those, repetitions included",
        implementation: repeat_all,
    },
    Function {
        name: "coalesce",
        arity: (1, usize::MAX),
        arguments: Expressions,
        doc: "the first of the arguments that is not empty",
        implementation: coalesce,
    },
    Function {
        name: "defineVariable",
        arity: (1, 2),
        arguments: Expressions,
        doc: "the input unchanged; its items, or the results of the expression, become a variable for what follows",
        implementation: define_variable,
    },
    Function {
        name: "aggregate",
        arity: (1, 2),
        arguments: Expressions,
        doc: "one result over all items: the expression sees each as $this and the result so far as $total",
        implementation: aggregate,
    },
    Function {
        name: "sort",
        arity: (0, usize::MAX),
        arguments: Expressions,
        doc: "the items in order of themselves or of the keys; a minus before a key reverses it",
        implementation: sort,
    },
    Function {
        name: "iif",
        arity: (2, 3),
        arguments: Expressions,
        doc: "the second argument when the first is true, else the third",
        implementation: iif,
    },
    Function {
        name: "trace",
        arity: (1, 2),
        arguments: Expressions,
        doc: "the input unchanged; notes it under a name",
        implementation: trace,
    },
    Function {
        name: "children",
        arity: (0, 0),
        arguments: Expressions,
        doc: "all elements directly below",
        implementation: children,
    },
    Function {
        name: "descendants",
        arity: (0, 0),
        arguments: Expressions,
        doc: "all elements anywhere below",
        implementation: descendants,
    },
];

fn where_items<'r>(evaluator: &mut Evaluator<'r>, invocation: Invocation<'_, 'r>) -> Outcome<'r> {
    let mut kept = Items::Empty;
    for (index, item) in invocation.input.iter().enumerate() {
        if invocation.is_met(evaluator, 0, item, index)? == Some(true) {
            kept.push(item.clone());
        }
    }
    Ok(kept)
}

fn select<'r>(evaluator: &mut Evaluator<'r>, invocation: Invocation<'_, 'r>) -> Outcome<'r> {
    let mut selected = Items::Empty;
    for (index, item) in invocation.input.iter().enumerate() {
        selected.extend(invocation.with_item(evaluator, 0, item, index)?);
    }
    evaluator.charge(selected.len(), invocation.position())?;
    Ok(selected)
}

fn repeat<'r>(evaluator: &mut Evaluator<'r>, invocation: Invocation<'_, 'r>) -> Outcome<'r> {
    let mut found = Found::default();
    let mut open = invocation.input.clone();
    while !open.is_empty() {
        let before = found.items.len();
        for (index, item) in open.iter().enumerate() {
            for result in invocation.with_item(evaluator, 0, item, index)? {
                found.add(evaluator, result, invocation.position())?;
            }
        }
        open = Items::of(&found.items[before..]);
    }
    Ok(found.items)
}

fn repeat_all<'r>(evaluator: &mut Evaluator<'r>, invocation: Invocation<'_, 'r>) -> Outcome<'r> {
    let mut found = Items::Empty;
    let mut open = invocation.input.clone();
    while !open.is_empty() {
        let mut results = Items::Empty;
        for (index, item) in open.iter().enumerate() {
            results.extend(invocation.with_item(evaluator, 0, item, index)?);
        }
        evaluator.charge(1 + results.len(), invocation.position())?;
        found.extend(results.iter().cloned());
        open = results;
    }
    Ok(found)
}

fn coalesce<'r>(evaluator: &mut Evaluator<'r>, invocation: Invocation<'_, 'r>) -> Outcome<'r> {
    let scope = Scope {
        this: &invocation.input,
        ..invocation.scope
    };
    for argument in &invocation.call.arguments {
        let items = evaluator.apart(argument, scope)?;
        if !items.is_empty() {
            return Ok(items);
        }
    }
    Ok(Items::Empty)
}

fn define_variable<'r>(
    evaluator: &mut Evaluator<'r>,
    invocation: Invocation<'_, 'r>,
) -> Outcome<'r> {
    let Some(name) = invocation.text(evaluator, 0)? else {
        return Err(invocation.error("a variable needs a name"));
    };
    let taken = navigate::is_reserved(&name)
        || evaluator.variables.named.contains_key(name.as_ref())
        || evaluator.defined.iter().any(|(known, _)| *known == name);
    if taken {
        return Err(invocation.error(format!("the variable `%{name}` has a value already")));
    }
    let scope = Scope {
        this: &invocation.input,
        ..invocation.scope
    };
    let items = match invocation.call.arguments.get(1) {
        Some(expression) => evaluator.apart(expression, scope)?,
        None => invocation.input.clone(),
    };
    evaluator.charge(items.len(), invocation.position())?;
    evaluator.defined.push((name, items));
    Ok(invocation.input)
}

/// What a `repeat` has found so far.
#[derive(Default)]
struct Found<'r> {
    items: Items<'r>,
    elements: HashSet<(*const Resource, u32)>,
}

impl<'r> Found<'r> {
    /// Adds an item that is new. An element is known by being the same one: equal ones elsewhere are others.
    fn add(
        &mut self,
        evaluator: &mut Evaluator<'r>,
        item: Value<'r>,
        position: usize,
    ) -> Result<(), Fault> {
        evaluator.charge(1, position)?;
        let known = match item.element() {
            Some(element) => !self
                .elements
                .insert((std::ptr::from_ref(element.resource), element.id)),
            None => is_in(evaluator, &item, &self.items, position)?,
        };
        if !known {
            self.items.push(item);
        }
        Ok(())
    }
}

fn aggregate<'r>(evaluator: &mut Evaluator<'r>, invocation: Invocation<'_, 'r>) -> Outcome<'r> {
    let mut total = invocation.items(evaluator, 1)?;
    for (index, item) in invocation.input.iter().enumerate() {
        let scope = Scope {
            this: std::slice::from_ref(item),
            index: Some(index),
            total: Some(&total),
        };
        total = evaluator.apart(&invocation.call.arguments[0], scope)?;
    }
    Ok(total)
}

fn sort<'r>(evaluator: &mut Evaluator<'r>, invocation: Invocation<'_, 'r>) -> Outcome<'r> {
    let mut keyed = Vec::with_capacity(invocation.input.len());
    for (index, item) in invocation.input.iter().enumerate() {
        keyed.push((keys(evaluator, &invocation, item, index)?, item.clone()));
    }
    let rounds = keyed.len().checked_ilog2().unwrap_or_default() as usize + 1;
    evaluator.charge(keyed.len() * rounds, invocation.position())?;
    let mut failure = None;
    keyed.sort_by(|(left, _), (right, _)| {
        compare_keys(evaluator, left, right, invocation.position()).unwrap_or_else(|error| {
            failure.get_or_insert(error);
            Ordering::Equal
        })
    });
    match failure {
        Some(error) => Err(error),
        None => Ok(keyed.into_iter().map(|(_, item)| item).collect()),
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Direction {
    Ascending,
    Descending,
}

type Key<'r> = (Option<Value<'r>>, Direction);

fn keys<'r>(
    evaluator: &mut Evaluator<'r>,
    invocation: &Invocation<'_, 'r>,
    item: &Value<'r>,
    index: usize,
) -> Result<Vec<Key<'r>>, Fault> {
    if invocation.call.arguments.is_empty() {
        return Ok(vec![(Some(item.clone()), Direction::Ascending)]);
    }
    let mut keys = Vec::new();
    for argument in &invocation.call.arguments {
        let (node, direction) = direction_of(argument);
        let scope = Scope {
            this: std::slice::from_ref(item),
            index: Some(index),
            total: None,
        };
        let items = evaluator.apart(node, scope)?;
        let key = evaluator.single(&items, "a key to sort by", node.position)?;
        keys.push((key.cloned(), direction));
    }
    Ok(keys)
}

/// A minus before a key turns the order round, and is no arithmetic.
fn direction_of(key: &Node) -> (&Node, Direction) {
    if let NodeKind::Signed(Sign::Minus, inner) = &key.kind {
        return (inner, Direction::Descending);
    }
    (key, Direction::Ascending)
}

/// Missing keys come last, and first in descending order.
fn compare_keys<'r>(
    evaluator: &Evaluator<'r>,
    left: &[Key<'r>],
    right: &[Key<'r>],
    position: usize,
) -> Result<Ordering, Fault> {
    for ((left, direction), (right, _)) in left.iter().zip(right) {
        let ascending = match (left, right) {
            (Some(left), Some(right)) => {
                order(evaluator, left, right, position)?.unwrap_or(Ordering::Equal)
            }
            (left, right) => left.is_none().cmp(&right.is_none()),
        };
        let decided = if *direction == Direction::Descending {
            ascending.reverse()
        } else {
            ascending
        };
        if decided != Ordering::Equal {
            return Ok(decided);
        }
    }
    Ok(Ordering::Equal)
}

fn iif<'r>(evaluator: &mut Evaluator<'r>, invocation: Invocation<'_, 'r>) -> Outcome<'r> {
    evaluator.single(
        &invocation.input,
        "the input of `iif`",
        invocation.position(),
    )?;
    let scope = Scope {
        this: &invocation.input,
        ..invocation.scope
    };
    let arguments = &invocation.call.arguments;
    let condition = evaluator.apart(&arguments[0], scope)?;
    refuse_no_condition(evaluator, &invocation, &condition)?;
    let chosen = match evaluator.boolean(&condition, arguments[0].position)? {
        Some(true) => arguments.get(1),
        Some(false) | None => arguments.get(2),
    };
    chosen.map_or_else(|| Ok(Items::Empty), |node| evaluator.apart(node, scope))
}

/// In strict mode a condition must be a truth value, not just some item.
fn refuse_no_condition<'r>(
    evaluator: &Evaluator<'r>,
    invocation: &Invocation<'_, 'r>,
    condition: &[Value<'r>],
) -> Result<(), Fault> {
    let strict = evaluator.variables.members == Members::Strict;
    match condition.first() {
        Some(item) if strict && item.system_type().is_some_and(|name| name != "Boolean") => {
            let found = system::describe(evaluator, item);
            Err(invocation.error(format!(
                "the condition of `iif` must be a truth value, not {found}"
            )))
        }
        Some(_) | None => Ok(()),
    }
}

fn trace<'r>(evaluator: &mut Evaluator<'r>, invocation: Invocation<'_, 'r>) -> Outcome<'r> {
    let name = invocation
        .text(evaluator, 0)?
        .unwrap_or_default()
        .into_owned();
    let mut texts = Vec::new();
    if invocation.call.arguments.len() > 1 {
        for (index, item) in invocation.input.iter().enumerate() {
            texts.extend(
                invocation
                    .with_item(evaluator, 1, item, index)?
                    .iter()
                    .map(text_of),
            );
        }
    } else {
        texts.extend(invocation.input.iter().map(text_of));
    }
    let length = texts.iter().map(String::len).sum::<usize>();
    evaluator.charge(length / 16, invocation.position())?;
    evaluator.traces.push(Trace { name, texts });
    Ok(invocation.input)
}

fn children<'r>(evaluator: &mut Evaluator<'r>, invocation: Invocation<'_, 'r>) -> Outcome<'r> {
    let elements = invocation.input.iter().filter_map(Value::element);
    let found: Items<'r> = elements
        .flat_map(Element::children)
        .map(Value::Element)
        .collect();
    evaluator.charge(found.len(), invocation.position())?;
    Ok(found)
}

fn descendants<'r>(evaluator: &mut Evaluator<'r>, invocation: Invocation<'_, 'r>) -> Outcome<'r> {
    let mut found = Items::Empty;
    for element in invocation.input.iter().filter_map(Value::element) {
        let before = found.len();
        found.extend(element.descendants().map(Value::Element));
        evaluator.charge(found.len() - before, invocation.position())?;
    }
    Ok(found)
}
