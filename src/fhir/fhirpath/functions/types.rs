//! `is`, `as`, `ofType` and `type`.

use super::{
    Arguments::{Expressions, Type},
    Function, Invocation,
};
use crate::fhir::fhirpath::ast::TypeSpecifier;
use crate::fhir::fhirpath::evaluate::{EvaluationError, Evaluator, Fault, Outcome, truth};
use crate::fhir::fhirpath::items::Items;
use crate::fhir::fhirpath::naming::is_system_type;
use crate::fhir::fhirpath::navigate::{is_or_derives, type_name};
use crate::fhir::fhirpath::system::system_value;
use crate::fhir::fhirpath::value::Value;
use crate::fhir::fhirpath::variables::Casts;

pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        name: "is",
        arity: (1, 1),
        arguments: Type,
        doc: "true when the item is of the type or of one below it",
        implementation: is,
    },
    Function {
        name: "as",
        arity: (1, 1),
        arguments: Type,
        doc: "the item, when it is of the type",
        implementation: as_function,
    },
    Function {
        name: "ofType",
        arity: (1, 1),
        arguments: Type,
        doc: "the items that are of the type",
        implementation: of_type,
    },
    Function {
        name: "type",
        arity: (0, 0),
        arguments: Expressions,
        doc: "the type of each item, with its namespace and name",
        implementation: type_of_items,
    },
];

/// The operator `is`, and the function.
pub(crate) fn is_type<'r>(
    evaluator: &mut Evaluator<'r>,
    items: &[Value<'r>],
    specifier: &TypeSpecifier,
) -> Outcome<'r> {
    let Some(item) = evaluator.single(items, "the item whose type is asked", specifier.position)?
    else {
        return Ok(Items::Empty);
    };
    Ok(truth(Some(fits(
        evaluator,
        item,
        specifier,
        Reach::Descendants,
    ))))
}

/// The operator `as`, and the function.
pub(crate) fn as_type<'r>(
    evaluator: &mut Evaluator<'r>,
    items: Items<'r>,
    specifier: &TypeSpecifier,
) -> Outcome<'r> {
    if evaluator.variables.casts == Casts::Single {
        evaluator.single(&items, "the item to cast", specifier.position)?;
    }
    of_this_type(evaluator, items, specifier)
}

fn is<'r>(evaluator: &mut Evaluator<'r>, invocation: Invocation<'_, 'r>) -> Outcome<'r> {
    is_type(evaluator, &invocation.input, specifier(&invocation)?)
}

fn as_function<'r>(evaluator: &mut Evaluator<'r>, invocation: Invocation<'_, 'r>) -> Outcome<'r> {
    let specifier = specifier(&invocation)?;
    as_type(evaluator, invocation.input, specifier)
}

fn of_type<'r>(evaluator: &mut Evaluator<'r>, invocation: Invocation<'_, 'r>) -> Outcome<'r> {
    let specifier = specifier(&invocation)?;
    of_this_type(evaluator, invocation.input, specifier)
}

fn specifier<'r>(invocation: &Invocation<'_, 'r>) -> Result<&'r TypeSpecifier, Fault> {
    let specifier = invocation.call.type_argument.as_ref();
    specifier.ok_or_else(|| invocation.error("a type is missing"))
}

fn of_this_type<'r>(
    evaluator: &mut Evaluator<'r>,
    items: Items<'r>,
    specifier: &TypeSpecifier,
) -> Outcome<'r> {
    let known =
        is_system_type(&specifier.name) || evaluator.variables.types.is_known(&specifier.name);
    let kept: Items<'r> = items
        .into_iter()
        .filter(|item| fits(evaluator, item, specifier, Reach::Casts))
        .collect();
    if kept.is_empty() && !known {
        return Err(EvaluationError::new(
            specifier.position,
            format!("there is no type `{}`", specifier.name),
        ));
    }
    Ok(kept)
}

/// How far below a type an item may stand.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reach {
    /// Anywhere.
    Descendants,
    /// Anywhere, but for primitives: a code is no string to cast to.
    Casts,
}

fn fits<'r>(
    evaluator: &Evaluator<'r>,
    item: &Value<'r>,
    specifier: &TypeSpecifier,
    reach: Reach,
) -> bool {
    let found = type_name(evaluator, item);
    if reach == Reach::Descendants && means_value(evaluator, specifier) && item.element().is_some()
    {
        let value = system_value(evaluator, item);
        return value.and_then(|value| value.system_type()) == Some(specifier.name.as_str());
    }
    let namespace = specifier.namespace.as_deref();
    if namespace.is_some_and(|wanted| wanted != found.namespace) {
        return false;
    }
    if found.name == specifier.name {
        return true;
    }
    if found.namespace == "System" {
        return specifier.name == "Any";
    }
    let primitive = specifier
        .name
        .starts_with(|first: char| first.is_ascii_lowercase());
    let may_derive = reach == Reach::Descendants || !primitive;
    may_derive && is_or_derives(evaluator, &found.name, &specifier.name)
}

/// Constraints that R4 itself publishes (`que-7`) ask of the value of an element whether it `is Boolean`.
fn means_value(evaluator: &Evaluator<'_>, specifier: &TypeSpecifier) -> bool {
    evaluator.variables.casts == Casts::EachItem
        && specifier.namespace.is_none()
        && is_system_type(&specifier.name)
        && !evaluator.variables.types.is_known(&specifier.name)
}

fn type_of_items<'r>(evaluator: &mut Evaluator<'r>, invocation: Invocation<'_, 'r>) -> Outcome<'r> {
    Ok(invocation
        .input
        .iter()
        .map(|item| Value::Type(Box::new(type_name(evaluator, item))))
        .collect())
}
