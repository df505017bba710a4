//! Questions of whether there is something, and whether all of it is so.

use super::{Arguments::Expressions, Function, Invocation};
use crate::fhir::fhirpath::compare::{distinct, is_in};
use crate::fhir::fhirpath::evaluate::{Evaluator, Fault, Outcome, truth};
use crate::fhir::fhirpath::items::Items;
use crate::fhir::fhirpath::system::all_booleans;
use crate::fhir::fhirpath::value::Value;

pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        name: "empty",
        arity: (0, 0),
        arguments: Expressions,
        doc: "true when there is no item",
        implementation: empty,
    },
    Function {
        name: "exists",
        arity: (0, 1),
        arguments: Expressions,
        doc: "true when there is an item, or one that meets the condition",
        implementation: exists,
    },
    Function {
        name: "all",
        arity: (1, 1),
        arguments: Expressions,
        doc: "true when every item meets the condition",
        implementation: all,
    },
    Function {
        name: "allTrue",
        arity: (0, 0),
        arguments: Expressions,
        doc: "true when every item is true",
        implementation: all_true,
    },
    Function {
        name: "anyTrue",
        arity: (0, 0),
        arguments: Expressions,
        doc: "true when some item is true",
        implementation: any_true,
    },
    Function {
        name: "allFalse",
        arity: (0, 0),
        arguments: Expressions,
        doc: "true when every item is false",
        implementation: all_false,
    },
    Function {
        name: "anyFalse",
        arity: (0, 0),
        arguments: Expressions,
        doc: "true when some item is false",
        implementation: any_false,
    },
    Function {
        name: "subsetOf",
        arity: (1, 1),
        arguments: Expressions,
        doc: "true when every item is among the argument's",
        implementation: subset_of,
    },
    Function {
        name: "supersetOf",
        arity: (1, 1),
        arguments: Expressions,
        doc: "true when every item of the argument is among these",
        implementation: superset_of,
    },
    Function {
        name: "count",
        arity: (0, 0),
        arguments: Expressions,
        doc: "how many items there are",
        implementation: count,
    },
    Function {
        name: "distinct",
        arity: (0, 0),
        arguments: Expressions,
        doc: "the items without repetitions",
        implementation: distinct_items,
    },
    Function {
        name: "isDistinct",
        arity: (0, 0),
        arguments: Expressions,
        doc: "true when no item comes twice",
        implementation: is_distinct,
    },
    Function {
        name: "not",
        arity: (0, 0),
        arguments: Expressions,
        doc: "the opposite truth value",
        implementation: not,
    },
];

fn empty<'r>(_: &mut Evaluator<'r>, invocation: Invocation<'_, 'r>) -> Outcome<'r> {
    Ok(truth(Some(invocation.input.is_empty())))
}

fn exists<'r>(evaluator: &mut Evaluator<'r>, invocation: Invocation<'_, 'r>) -> Outcome<'r> {
    if invocation.call.arguments.is_empty() {
        return Ok(truth(Some(!invocation.input.is_empty())));
    }
    for (index, item) in invocation.input.iter().enumerate() {
        if invocation.is_met(evaluator, 0, item, index)? == Some(true) {
            return Ok(truth(Some(true)));
        }
    }
    Ok(truth(Some(false)))
}

fn all<'r>(evaluator: &mut Evaluator<'r>, invocation: Invocation<'_, 'r>) -> Outcome<'r> {
    for (index, item) in invocation.input.iter().enumerate() {
        if invocation.is_met(evaluator, 0, item, index)? != Some(true) {
            return Ok(truth(Some(false)));
        }
    }
    Ok(truth(Some(true)))
}

fn booleans<'r>(
    evaluator: &Evaluator<'r>,
    invocation: &Invocation<'_, 'r>,
) -> Result<Vec<bool>, Fault> {
    all_booleans(evaluator, &invocation.input, invocation.position())
}

fn all_true<'r>(evaluator: &mut Evaluator<'r>, invocation: Invocation<'_, 'r>) -> Outcome<'r> {
    Ok(truth(Some(
        booleans(evaluator, &invocation)?
            .into_iter()
            .all(|item| item),
    )))
}

fn any_true<'r>(evaluator: &mut Evaluator<'r>, invocation: Invocation<'_, 'r>) -> Outcome<'r> {
    Ok(truth(Some(
        booleans(evaluator, &invocation)?
            .into_iter()
            .any(|item| item),
    )))
}

fn all_false<'r>(evaluator: &mut Evaluator<'r>, invocation: Invocation<'_, 'r>) -> Outcome<'r> {
    Ok(truth(Some(
        booleans(evaluator, &invocation)?
            .into_iter()
            .all(|item| !item),
    )))
}

fn any_false<'r>(evaluator: &mut Evaluator<'r>, invocation: Invocation<'_, 'r>) -> Outcome<'r> {
    Ok(truth(Some(
        booleans(evaluator, &invocation)?
            .into_iter()
            .any(|item| !item),
    )))
}

fn all_in<'r>(
    evaluator: &mut Evaluator<'r>,
    items: &[Value<'r>],
    others: &Items<'r>,
    position: usize,
) -> Outcome<'r> {
    for item in items {
        if !is_in(evaluator, item, others, position)? {
            return Ok(truth(Some(false)));
        }
    }
    Ok(truth(Some(true)))
}

fn subset_of<'r>(evaluator: &mut Evaluator<'r>, invocation: Invocation<'_, 'r>) -> Outcome<'r> {
    let others = invocation.items(evaluator, 0)?;
    all_in(evaluator, &invocation.input, &others, invocation.position())
}

fn superset_of<'r>(evaluator: &mut Evaluator<'r>, invocation: Invocation<'_, 'r>) -> Outcome<'r> {
    let others = invocation.items(evaluator, 0)?;
    all_in(evaluator, &others, &invocation.input, invocation.position())
}

fn count<'r>(_: &mut Evaluator<'r>, invocation: Invocation<'_, 'r>) -> Outcome<'r> {
    Ok(Items::One(Value::Integer(invocation.input.len() as i64)))
}

fn distinct_items<'r>(
    evaluator: &mut Evaluator<'r>,
    invocation: Invocation<'_, 'r>,
) -> Outcome<'r> {
    let position = invocation.position();
    distinct(evaluator, invocation.input, position)
}

fn is_distinct<'r>(evaluator: &mut Evaluator<'r>, invocation: Invocation<'_, 'r>) -> Outcome<'r> {
    let (position, count) = (invocation.position(), invocation.input.len());
    let kept = distinct(evaluator, invocation.input, position)?;
    Ok(truth(Some(kept.len() == count)))
}

fn not<'r>(evaluator: &mut Evaluator<'r>, invocation: Invocation<'_, 'r>) -> Outcome<'r> {
    let item = evaluator.boolean(&invocation.input, invocation.position())?;
    Ok(truth(item.map(|item| !item)))
}
