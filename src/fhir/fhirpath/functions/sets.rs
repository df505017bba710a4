//! Parts of a collection, and collections put together.

use super::{Arguments::Expressions, Function, Invocation};
use crate::fhir::fhirpath::compare::{distinct, is_in, union};
use crate::fhir::fhirpath::evaluate::{Evaluator, Outcome};
use crate::fhir::fhirpath::items::Items;

pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        name: "single",
        arity: (0, 0),
        arguments: Expressions,
        doc: "the only item; an error when there are several",
        implementation: single,
    },
    Function {
        name: "first",
        arity: (0, 0),
        arguments: Expressions,
        doc: "the first item",
        implementation: first,
    },
    Function {
        name: "last",
        arity: (0, 0),
        arguments: Expressions,
        doc: "the last item",
        implementation: last,
    },
    Function {
        name: "tail",
        arity: (0, 0),
        arguments: Expressions,
        doc: "all items but the first",
        implementation: tail,
    },
    Function {
        name: "skip",
        arity: (1, 1),
        arguments: Expressions,
        doc: "all items but the first so many",
        implementation: skip,
    },
    Function {
        name: "take",
        arity: (1, 1),
        arguments: Expressions,
        doc: "the first so many items",
        implementation: take,
    },
    Function {
        name: "intersect",
        arity: (1, 1),
        arguments: Expressions,
        doc: "the items that are in both collections, without repetitions",
        implementation: intersect,
    },
    Function {
        name: "exclude",
        arity: (1, 1),
        arguments: Expressions,
        doc: "the items that are not in the other collection",
        implementation: exclude,
    },
    Function {
        name: "union",
        arity: (1, 1),
        arguments: Expressions,
        doc: "the items of both collections, without repetitions",
        implementation: union_items,
    },
    Function {
        name: "combine",
        arity: (1, 2),
        arguments: Expressions,
        doc: "the items of both collections, with repetitions",
        implementation: combine,
    },
];

fn single<'r>(evaluator: &mut Evaluator<'r>, invocation: Invocation<'_, 'r>) -> Outcome<'r> {
    Ok(Items::from(invocation.single(evaluator)?))
}

fn first<'r>(_: &mut Evaluator<'r>, invocation: Invocation<'_, 'r>) -> Outcome<'r> {
    Ok(Items::from(invocation.input.into_nth(0)))
}

fn last<'r>(_: &mut Evaluator<'r>, invocation: Invocation<'_, 'r>) -> Outcome<'r> {
    let last = invocation.input.len().saturating_sub(1);
    Ok(Items::from(invocation.input.into_nth(last)))
}

fn tail<'r>(_: &mut Evaluator<'r>, invocation: Invocation<'_, 'r>) -> Outcome<'r> {
    Ok(invocation.input.into_iter().skip(1).collect())
}

fn skip<'r>(evaluator: &mut Evaluator<'r>, invocation: Invocation<'_, 'r>) -> Outcome<'r> {
    let Some(count) = invocation.integer(evaluator, 0)? else {
        return Ok(Items::Empty);
    };
    Ok(invocation.input.into_iter().skip(clamped(count)).collect())
}

fn take<'r>(evaluator: &mut Evaluator<'r>, invocation: Invocation<'_, 'r>) -> Outcome<'r> {
    let Some(count) = invocation.integer(evaluator, 0)? else {
        return Ok(Items::Empty);
    };
    Ok(invocation.input.into_iter().take(clamped(count)).collect())
}

/// A negative count is none.
fn clamped(count: i64) -> usize {
    usize::try_from(count.max(0)).unwrap_or(usize::MAX)
}

fn intersect<'r>(evaluator: &mut Evaluator<'r>, invocation: Invocation<'_, 'r>) -> Outcome<'r> {
    let (others, position) = (invocation.items(evaluator, 0)?, invocation.position());
    let mut shared = Items::Empty;
    for item in invocation.input {
        if is_in(evaluator, &item, &others, position)? {
            shared.push(item);
        }
    }
    distinct(evaluator, shared, position)
}

fn exclude<'r>(evaluator: &mut Evaluator<'r>, invocation: Invocation<'_, 'r>) -> Outcome<'r> {
    let (others, position) = (invocation.items(evaluator, 0)?, invocation.position());
    let mut kept = Items::Empty;
    for item in invocation.input {
        if !is_in(evaluator, &item, &others, position)? {
            kept.push(item);
        }
    }
    Ok(kept)
}

fn union_items<'r>(evaluator: &mut Evaluator<'r>, invocation: Invocation<'_, 'r>) -> Outcome<'r> {
    let (others, position) = (invocation.items(evaluator, 0)?, invocation.position());
    union(evaluator, invocation.input, others, position)
}

fn combine<'r>(evaluator: &mut Evaluator<'r>, invocation: Invocation<'_, 'r>) -> Outcome<'r> {
    let others = invocation.items(evaluator, 0)?;
    let mut items = invocation.input;
    items.extend(others);
    evaluator.charge(items.len(), invocation.call.position)?;
    Ok(items)
}
