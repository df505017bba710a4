//! One value over all items. An empty collection has none.

use super::{Arguments::Expressions, Function, Implementation, Invocation};
use crate::fhir::fhirpath::arithmetic::calculate;
use crate::fhir::fhirpath::ast::{Arithmetic, Order};
use crate::fhir::fhirpath::compare::order;
use crate::fhir::fhirpath::evaluate::{Evaluator, Outcome};
use crate::fhir::fhirpath::items::Items;
use crate::fhir::fhirpath::system::system_value;
use crate::fhir::fhirpath::value::Value;

const fn row(name: &'static str, doc: &'static str, implementation: Implementation) -> Function {
    Function {
        name,
        arity: (0, 0),
        arguments: Expressions,
        doc,
        implementation,
    }
}

pub(super) const FUNCTIONS: &[Function] = &[
    row("sum", "the sum of all items", |evaluator, invocation| {
        sum(evaluator, &invocation)
    }),
    row("min", "the least of the items", |evaluator, invocation| {
        extreme(evaluator, invocation, Order::Less)
    }),
    row(
        "max",
        "the greatest of the items",
        |evaluator, invocation| extreme(evaluator, invocation, Order::Greater),
    ),
    row("avg", "the mean of the items", average),
];

fn sum<'r>(evaluator: &mut Evaluator<'r>, invocation: &Invocation<'_, 'r>) -> Outcome<'r> {
    let mut items = invocation.input.iter();
    let first = items.next().and_then(|item| system_value(evaluator, item));
    let mut total = Items::from(first);
    for item in items {
        let item = std::slice::from_ref(item);
        total = calculate(
            evaluator,
            Arithmetic::Plus,
            &total,
            item,
            invocation.position(),
        )?;
    }
    Ok(total)
}

fn average<'r>(evaluator: &mut Evaluator<'r>, invocation: Invocation<'_, 'r>) -> Outcome<'r> {
    let total = sum(evaluator, &invocation)?;
    let count = [Value::Integer(invocation.input.len() as i64)];
    calculate(
        evaluator,
        Arithmetic::Divide,
        &total,
        &count,
        invocation.position(),
    )
}

/// The item that stands before all others in an order.
fn extreme<'r>(
    evaluator: &mut Evaluator<'r>,
    invocation: Invocation<'_, 'r>,
    wanted: Order,
) -> Outcome<'r> {
    let mut best: Option<&Value<'r>> = None;
    for item in &invocation.input {
        let better = match best {
            None => true,
            Some(best) => order(evaluator, item, best, invocation.position())?
                .is_some_and(|ordering| wanted.holds(ordering)),
        };
        if better {
            best = Some(item);
        }
    }
    Ok(Items::from(best.cloned()))
}
