//! Conditional interactions: a search says which resource is meant.

use super::answers::{gone, written};
use super::{body, criteria, delete as single, patching, update_as};
use crate::serve::fhir_r4::call::{Answer, Call, Context};
use crate::serve::fhir_r4::defects::DefectId;
use crate::serve::fhir_r4::message::Method;
use crate::serve::fhir_r4::problem::Problem;
use crate::serve::fhir_r4::read::{current, find};
use crate::serve::fhir_r4::route::Target;
use crate::serve::fhir_r4::store::Store;
use crate::serve::fhir_r4::types::{self, ConditionalDelete};

/// The answer to a conditional create whose condition finds a resource: that one, unchanged. Nothing when it finds none.
pub fn already_there(
    context: &Context,
    store: &mut Store,
    kind: &'static str,
    call: &Call,
) -> Result<Option<Answer>, Problem> {
    let condition = call.conditions.if_none_exist.as_deref();
    let Some(condition) = condition.filter(|_| !context.has(DefectId::IgnoresIfNoneExist)) else {
        return Ok(None);
    };
    demand_conditional(kind)?;
    let found = find(context, store, kind, &criteria(condition)?)?;
    match found.as_slice() {
        [] if context.has(DefectId::ConditionalCreateNeverCreates) => {
            Err(Problem::precondition("the criteria find nothing"))
        }
        [] => Ok(None),
        [found] if context.has(DefectId::ConditionalCreateReplacesTheMatch) => {
            store.put(found, Method::Delete, None, context.now);
            Ok(None)
        }
        [found] if context.has(DefectId::ConditionalCreateUpdatesTheMatch) => {
            update_as(context, store, found, call).map(Some)
        }
        [found] => Ok(Some(written(
            context,
            call,
            200,
            current(context, store, found)?,
        ))),
        _ if context.has(DefectId::ConditionalCreateTakesTheFirst) => Ok(None),
        _ => Err(several()),
    }
}

/// A conditional update.
pub fn update(
    context: &Context,
    store: &mut Store,
    kind: &'static str,
    call: &Call,
) -> Result<Answer, Problem> {
    demand_conditional(kind)?;
    let own = body(context, kind, call)?.text("id").map(str::to_owned);
    let mut found = find(context, store, kind, &call.query)?;
    if found.len() == 1 && own.is_none() && context.has(DefectId::ConditionalUpdateAlwaysCreates) {
        found.clear();
    }
    match found.as_slice() {
        [] => update_without_match(context, store, kind, own, call),
        [found] => update_match(context, store, found, call),
        _ if context.has(DefectId::ConditionalUpdateAddsToSeveral) => {
            update_without_match(context, store, kind, own, call)
        }
        [first, ..] if context.has(DefectId::ConditionalUpdateTakesTheFirst) => {
            update_match(context, store, first, call)
        }
        _ => Err(several()),
    }
}

/// A conditional patch.
pub fn patch(
    context: &Context,
    store: &mut Store,
    kind: &'static str,
    call: &Call,
) -> Result<Answer, Problem> {
    demand_conditional(kind)?;
    match find(context, store, kind, &call.query)?.as_slice() {
        [] => Err(Problem::not_found("the criteria find nothing")),
        [found] => patching::patch(context, store, found, call),
        [first, ..] if context.has(DefectId::ConditionalPatchTakesTheFirst) => {
            patching::patch(context, store, first, call)
        }
        _ => Err(several()),
    }
}

/// A conditional delete.
pub fn delete(
    context: &Context,
    store: &mut Store,
    kind: &'static str,
    call: &Call,
) -> Result<Answer, Problem> {
    let offered =
        types::offered(kind).map_or(ConditionalDelete::No, |kind| kind.conditional_delete);
    if offered == ConditionalDelete::No || call.query.is_empty() {
        return Err(Problem::not_allowed("GET, HEAD, POST"));
    }
    let found = find(context, store, kind, &call.query)?;
    let all =
        offered == ConditionalDelete::Multiple || context.has(DefectId::ConditionalDeleteTakesAll);
    match found.as_slice() {
        [] => Ok(gone(call, None)),
        [_] if context.has(DefectId::ConditionalDeleteDoesNothing) => Ok(gone(call, None)),
        [one] => single::delete(context, store, one, call),
        [first, ..] if context.has(DefectId::ConditionalDeleteTakesTheFirst) => {
            single::delete(context, store, first, call)
        }
        _ if all => single::delete_all(context, store, &found, call),
        _ => Err(several()),
    }
}

/// Without a match the resource is created: under the id of the body, if it has one that is free.
fn update_without_match(
    context: &Context,
    store: &mut Store,
    kind: &'static str,
    own: Option<String>,
    call: &Call,
) -> Result<Answer, Problem> {
    if context.has(DefectId::ConditionalUpdateNeverCreates) {
        return Err(Problem::not_found("the criteria find nothing"));
    }
    let Some(id) = own else {
        let target = Target {
            resource_type: kind,
            id: store.fresh_id(kind),
        };
        return update_as(context, store, &target, call);
    };
    let target = Target {
        resource_type: kind,
        id,
    };
    if store.current(&target).is_ok() {
        return Err(Problem::new(
            409,
            "conflict",
            "the criteria find nothing, but the id is taken",
        ));
    }
    update_as(context, store, &target, call)
}

fn update_match(
    context: &Context,
    store: &mut Store,
    target: &Target,
    call: &Call,
) -> Result<Answer, Problem> {
    let other = call
        .payload
        .resource()
        .and_then(|resource| resource.text("id"))
        .is_some_and(|id| id != target.id);
    if other && !context.has(DefectId::ConditionalUpdateIgnoresTheBodysId) {
        return Err(Problem::bad_request(
            "the body's id is not that of the resource that the criteria find",
        ));
    }
    update_as(context, store, target, call)
}

fn demand_conditional(kind: &'static str) -> Result<(), Problem> {
    if types::offered(kind).is_some_and(|kind| kind.conditional) {
        return Ok(());
    }
    Err(Problem::new(
        400,
        "not-supported",
        format!("nothing is conditional on {kind} here"),
    ))
}

fn several() -> Problem {
    Problem::new(
        412,
        "multiple-matches",
        "the criteria find more than one resource",
    )
}
