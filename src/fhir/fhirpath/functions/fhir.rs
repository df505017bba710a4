//! The functions that FHIR adds to FHIRPath.

use super::{Arguments::Expressions, Function, Implementation, Invocation};
use crate::fhir::fhirpath::evaluate::{EvaluationError, Evaluator, Outcome, truth};
use crate::fhir::fhirpath::items::Items;
use crate::fhir::fhirpath::navigate;
use crate::fhir::fhirpath::system::{describe, system_value};
use crate::fhir::fhirpath::value::Value;
use crate::fhir::narrative;

const fn row(
    name: &'static str,
    arity: (usize, usize),
    doc: &'static str,
    implementation: Implementation,
) -> Function {
    Function {
        name,
        arity,
        arguments: Expressions,
        doc,
        implementation,
    }
}

pub(super) const FUNCTIONS: &[Function] = &[
    row(
        "extension",
        (1, 1),
        "the extensions with this URL",
        extension,
    ),
    row(
        "hasValue",
        (0, 0),
        "true when the item is a primitive with a value",
        has_value,
    ),
    row("getValue", (0, 0), "the value of a primitive", get_value),
    row(
        "resolve",
        (0, 0),
        "the resources that the references name, where they can be found",
        resolve,
    ),
    row(
        "conformsTo",
        (1, 1),
        "true when the item conforms to a profile",
        conforms_to,
    ),
    row(
        "memberOf",
        (1, 1),
        "true when the code is in a value set",
        member_of,
    ),
    row(
        "subsumes",
        (1, 1),
        "true when the code is the other, or above it",
        |evaluator, invocation| subsumption(evaluator, &invocation, Direction::Above),
    ),
    row(
        "subsumedBy",
        (1, 1),
        "true when the code is the other, or below it",
        |evaluator, invocation| subsumption(evaluator, &invocation, Direction::Below),
    ),
    row(
        "elementDefinition",
        (0, 0),
        "the definition of each element",
        definitions,
    ),
    row(
        "slice",
        (2, 2),
        "the items in a slice of a profile",
        definitions,
    ),
    row(
        "checkModifiers",
        (1, usize::MAX),
        "the input, when it has no other modifiers than these",
        definitions,
    ),
    row(
        "hasTemplateIdOf",
        (1, 1),
        "true when the CDA document claims the template",
        definitions,
    ),
    row(
        "htmlChecks",
        (0, 0),
        "true when a narrative's `div` keeps to the XHTML that FHIR allows",
        html_checks,
    ),
    row(
        "htmlchecks",
        (0, 0),
        "`htmlChecks`, as STU3 spells it",
        html_checks,
    ),
];

fn extension<'r>(evaluator: &mut Evaluator<'r>, invocation: Invocation<'_, 'r>) -> Outcome<'r> {
    let Some(url) = invocation.text(evaluator, 0)? else {
        return Ok(Items::Empty);
    };
    let mut found = Items::Empty;
    for item in &invocation.input {
        if let Value::Element(element) = item {
            let extensions = element
                .children()
                .filter(|child| navigate::is_extension(*child, Some(&url)));
            found.extend(extensions.map(Value::Element));
        }
    }
    evaluator.charge(found.len(), invocation.position())?;
    Ok(found)
}

fn has_value<'r>(evaluator: &mut Evaluator<'r>, invocation: Invocation<'_, 'r>) -> Outcome<'r> {
    let [item] = &*invocation.input else {
        return Ok(truth(Some(false)));
    };
    Ok(truth(Some(navigate::has_value(evaluator, item))))
}

fn get_value<'r>(evaluator: &mut Evaluator<'r>, invocation: Invocation<'_, 'r>) -> Outcome<'r> {
    let item = invocation.single(evaluator)?;
    let primitive = item.filter(|item| {
        item.element()
            .is_none_or(|element| element.value().is_some())
    });
    Ok(primitive
        .and_then(|item| system_value(evaluator, &item))
        .into_iter()
        .collect())
}

fn resolve<'r>(evaluator: &mut Evaluator<'r>, invocation: Invocation<'_, 'r>) -> Outcome<'r> {
    let mut found = Items::Empty;
    for item in &invocation.input {
        evaluator.charge(8, invocation.position())?;
        found.extend(navigate::resolve(evaluator, item).map(Value::Element));
    }
    Ok(found)
}

fn conforms_to<'r>(evaluator: &mut Evaluator<'r>, invocation: Invocation<'_, 'r>) -> Outcome<'r> {
    let (Some(item), Some(profile)) = (
        invocation.single(evaluator)?,
        invocation.text(evaluator, 0)?,
    ) else {
        return Ok(Items::Empty);
    };
    let Value::Element(element) = item else {
        return Ok(truth(Some(false)));
    };
    let other_type = core_type(&profile).is_some_and(|name| {
        let known = evaluator.variables.types.is_known(name);
        known
            && !navigate::is_or_derives(
                evaluator,
                &navigate::type_name(evaluator, &item).name,
                name,
            )
    });
    if other_type {
        return Ok(truth(Some(false)));
    }
    match evaluator.variables.services.conforms_to(element, &profile) {
        Some(conforms) => Ok(truth(Some(conforms))),
        None => Err(EvaluationError::unavailable(
            invocation.position(),
            format!("the profile `{profile}` is not at hand"),
        )),
    }
}

/// The FHIR type that a canonical URL of the core specification names.
fn core_type(profile: &str) -> Option<&str> {
    let name = profile.strip_prefix("http://hl7.org/fhir/StructureDefinition/")?;
    Some(name.split('|').next().unwrap_or(name))
}

fn member_of<'r>(evaluator: &mut Evaluator<'r>, invocation: Invocation<'_, 'r>) -> Outcome<'r> {
    let (Some(item), Some(value_set)) = (
        invocation.single(evaluator)?,
        invocation.text(evaluator, 0)?,
    ) else {
        return Ok(Items::Empty);
    };
    let Value::Element(element) = item else {
        return Err(invocation.error(format!(
            "`memberOf` asks about coded elements, not {}",
            describe(evaluator, &item)
        )));
    };
    let services = evaluator.variables.services;
    let reason = match services.member_of(element, &value_set) {
        Ok(Some(member)) => return Ok(truth(Some(member))),
        Ok(None) => format!("the value set `{value_set}` is not at hand"),
        Err(reason) => reason,
    };
    Err(EvaluationError::unavailable(invocation.position(), reason))
}

/// Which of the two codes of `subsumes` and `subsumedBy` the input is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Direction {
    Above,
    Below,
}

fn subsumption<'r>(
    evaluator: &mut Evaluator<'r>,
    invocation: &Invocation<'_, 'r>,
    direction: Direction,
) -> Outcome<'r> {
    let others = invocation.items(evaluator, 0)?;
    let other = evaluator.single(&others, "the other code", invocation.position())?;
    let item = invocation.single(evaluator)?;
    let (Some(item), Some(other)) = (item, other) else {
        return Ok(Items::Empty);
    };
    let (Some(here), Some(there)) = (item.element(), other.element()) else {
        return Err(invocation.error(format!("`{}` asks about coded elements", invocation.name())));
    };
    let services = evaluator.variables.services;
    let answer = match direction {
        Direction::Above => services.subsumes(here, there),
        Direction::Below => services.subsumes(there, here),
    };
    let unknown =
        || EvaluationError::unavailable(invocation.position(), "the code system is not at hand");
    answer.map(|answer| truth(Some(answer))).ok_or_else(unknown)
}

/// What would need definitions in a form that no service offers.
fn definitions<'r>(_: &mut Evaluator<'r>, invocation: Invocation<'_, 'r>) -> Outcome<'r> {
    if invocation.input.is_empty() {
        return Ok(Items::Empty);
    }
    let message = format!(
        "`{}` needs definitions that are not at hand",
        invocation.name()
    );
    Err(EvaluationError::unavailable(invocation.position(), message))
}

fn html_checks<'r>(evaluator: &mut Evaluator<'r>, invocation: Invocation<'_, 'r>) -> Outcome<'r> {
    let Some(div) = invocation.input_text(evaluator)? else {
        return Ok(Items::Empty);
    };
    evaluator.charge(div.len() / 4, invocation.position())?;
    let issues = narrative::check(&div);
    // A script behind a link breaks no invariant by its letter, but is no narrative to call sound either.
    let sound = issues.iter().all(|issue| {
        issue.constraints().is_empty() && issue.kind != narrative::NarrativeIssueKind::ActiveLink
    });
    Ok(truth(Some(sound)))
}
