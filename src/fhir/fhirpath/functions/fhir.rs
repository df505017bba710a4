//! The functions that FHIR adds to FHIRPath.

use super::{Arguments::Expressions, Function, Implementation, Invocation};
use crate::fhir::fhirpath::evaluate::{EvaluationError, Evaluator, Outcome, truth};
use crate::fhir::fhirpath::navigate;
use crate::fhir::fhirpath::system::{describe, system_value};
use crate::fhir::fhirpath::value::Value;
use crate::fhir::narrative;
use crate::fhir::tree::Element;

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
        return Ok(Vec::new());
    };
    let has_url = |extension: &Element<'_>| {
        extension.child("url").and_then(Element::value) == Some(url.as_ref())
    };
    let mut found = Vec::new();
    for item in &invocation.input {
        if let Value::Element(element) = item {
            let extensions = element
                .children()
                .filter(|child| child.name() == "extension");
            found.extend(extensions.filter(has_url).map(Value::Element));
        }
    }
    evaluator.charge(found.len(), invocation.position())?;
    Ok(found)
}

fn has_value<'r>(evaluator: &mut Evaluator<'r>, invocation: Invocation<'_, 'r>) -> Outcome<'r> {
    let item = match invocation.input.as_slice() {
        [item] => item,
        _ => return Ok(truth(Some(false))),
    };
    let has = match item.element() {
        Some(element) => element.value().is_some(),
        None => system_value(evaluator, item).is_some(),
    };
    Ok(truth(Some(has)))
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
    let mut found = Vec::new();
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
        return Ok(Vec::new());
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
        return Ok(Vec::new());
    };
    let Value::Element(element) = item else {
        return Err(invocation.error(format!(
            "`memberOf` asks about coded elements, not {}",
            describe(evaluator, &item)
        )));
    };
    match evaluator.variables.services.member_of(element, &value_set) {
        Some(member) => Ok(truth(Some(member))),
        None => Err(EvaluationError::unavailable(
            invocation.position(),
            format!("the value set `{value_set}` is not at hand"),
        )),
    }
}

fn html_checks<'r>(evaluator: &mut Evaluator<'r>, invocation: Invocation<'_, 'r>) -> Outcome<'r> {
    let Some(div) = invocation.input_text(evaluator)? else {
        return Ok(Vec::new());
    };
    evaluator.charge(div.len() / 4, invocation.position())?;
    let issues = narrative::check(&div);
    // A script behind a link breaks no invariant by its letter, but is no narrative to call sound either.
    let sound = issues.iter().all(|issue| {
        issue.constraints().is_empty() && issue.kind != narrative::NarrativeIssueKind::ActiveLink
    });
    Ok(truth(Some(sound)))
}
