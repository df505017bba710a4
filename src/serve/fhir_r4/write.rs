//! Interactions that change something: create, update, patch, delete, and their conditional forms.

use super::call::{Answer, Call, Context, Payload, Standing};
use super::defects::DefectId;
use super::json::Json;
use super::message::Method;
use super::operations;
use super::patch;
use super::prefer::Return;
use super::problem::{Problem, information};
use super::query::Query;
use super::read::{self, current, demand_offered, find, names_version};
use super::route::{Interaction, Target};
use super::store::{Absent, Store, Version};
use super::types::{self, ConditionalDelete};
use super::validate;

/// Performs an interaction, also one that changes nothing.
///
/// # Errors
/// The refusal. Then nothing has changed.
pub fn perform(context: &Context, store: &mut Store, call: &Call) -> Result<Answer, Problem> {
    demand_offered(&call.interaction)?;
    match &call.interaction {
        Interaction::Create(kind) => create(context, store, kind, call),
        Interaction::Update(target) => update(context, store, target, call),
        Interaction::Patch(target) => apply_patch(context, store, target, call),
        Interaction::Delete(target) => delete(context, store, target, call),
        Interaction::ConditionalUpdate(kind) => conditional_update(context, store, kind, call),
        Interaction::ConditionalPatch(kind) => conditional_patch(context, store, kind, call),
        Interaction::ConditionalDelete(kind) => conditional_delete(context, store, kind, call),
        Interaction::Operation(level, name) => {
            operations::change(context, store, level, name, call)
        }
        Interaction::Bundle => super::bundle::perform(context, store, call),
        Interaction::Capabilities
        | Interaction::Read(_)
        | Interaction::ReadVersion(..)
        | Interaction::HistoryInstance(_)
        | Interaction::HistoryType(_)
        | Interaction::HistorySystem
        | Interaction::SearchType(_)
        | Interaction::SearchSystem
        | Interaction::SearchCompartment(..) => read::perform(context, store, call),
    }
}

/// The criteria of a condition: the query itself, or what follows a question mark in it.
///
/// # Errors
/// 400 when it is not a query.
pub fn criteria(text: &str) -> Result<Query, Problem> {
    let query = text
        .split_once('?')
        .filter(|(before, _)| !before.contains('='))
        .map_or(text, |(_, query)| query);
    Query::parse(query).map_err(Problem::bad_request)
}

fn create(
    context: &Context,
    store: &mut Store,
    kind: &'static str,
    call: &Call,
) -> Result<Answer, Problem> {
    let resource = body(kind, call)?;
    let no_condition = context.has(DefectId::IgnoresIfNoneExist);
    if let Some(condition) = call
        .conditions
        .if_none_exist
        .as_deref()
        .filter(|_| !no_condition)
    {
        demand_conditional(kind)?;
        match find(context, store, kind, &criteria(condition)?)?.as_slice() {
            [] => {}
            [found] => return already_there(context, store, found, call),
            _ if context.has(DefectId::ConditionalCreateTakesTheFirst) => {}
            _ => return Err(several()),
        }
    }
    let id = match resource
        .text("id")
        .filter(|_| context.has(DefectId::CreateKeepsTheClientsId))
    {
        Some(id) => id.to_owned(),
        None => store.fresh_id(kind),
    };
    create_as(
        context,
        store,
        &Target {
            resource_type: kind,
            id,
        },
        call,
    )
}

/// Creates a resource under an id that the server has chosen.
///
/// # Errors
/// The refusal of a body that is not sound.
pub fn create_as(
    context: &Context,
    store: &mut Store,
    target: &Target,
    call: &Call,
) -> Result<Answer, Problem> {
    let resource = body(target.resource_type, call)?;
    let version = store.put(target, Method::Post, Some(resource), context.now);
    Ok(written(context, call, 201, &version))
}

/// Updates (or creates) the resource that a condition has found, or has left room for.
///
/// # Errors
/// The refusal of the update.
pub fn update_as(
    context: &Context,
    store: &mut Store,
    target: &Target,
    call: &Call,
) -> Result<Answer, Problem> {
    let resource = body(target.resource_type, call)?;
    update(context, store, target, &with_id(call, resource, target))
}

/// A conditional create whose condition finds one resource: that one, unchanged.
fn already_there(
    context: &Context,
    store: &Store,
    target: &Target,
    call: &Call,
) -> Result<Answer, Problem> {
    let version = current(context, store, target)?;
    Ok(written(context, call, 200, version))
}

fn update(
    context: &Context,
    store: &mut Store,
    target: &Target,
    call: &Call,
) -> Result<Answer, Problem> {
    let resource = body(target.resource_type, call)?;
    demand_id(context, resource.text("id"), &target.id)?;
    let before = store.current(target);
    demand_match(context, before.ok(), call)?;
    if call.conditions.if_none_match.as_deref() == Some("*") && before.is_ok() {
        return Err(Problem::precondition(format!(
            "{} is already there",
            target.reference()
        )));
    }
    let status = match before {
        Ok(_) => 200,
        Err(Absent::Deleted) => 201,
        Err(Absent::Unknown)
            if types::offered(target.resource_type).is_some_and(|kind| kind.update_create) =>
        {
            201
        }
        Err(Absent::Unknown) => {
            return Err(Problem::not_allowed("").with("Allow", "GET, HEAD"));
        }
    };
    let version = store.put(target, Method::Put, Some(resource), context.now);
    Ok(written(context, call, status, &version))
}

fn apply_patch(
    context: &Context,
    store: &mut Store,
    target: &Target,
    call: &Call,
) -> Result<Answer, Problem> {
    let before = current(context, store, target)?;
    demand_match(context, Some(before), call)?;
    let Some(resource) = &before.resource else {
        return Err(Problem::not_found("there is nothing to patch"));
    };
    let mut patched = match &call.payload {
        Payload::JsonPatch(document) => patch::json_patch(resource, document)?,
        Payload::Resource(parameters) => patch::fhirpath_patch(resource, parameters)?,
        Payload::None => return Err(Problem::bad_request("a patch has a body")),
    };
    if patched.resource_type() != target.resource_type
        || patched.text("id") != Some(target.id.as_str())
    {
        return Err(Problem::unprocessable(
            "a patch leaves the type and the id as they are",
        ));
    }
    validate::demand_sound(&patched).map_err(|problem| Problem {
        status: 422,
        ..problem
    })?;
    patched.remove("id");
    let version = store.put(target, Method::Patch, Some(patched), context.now);
    Ok(written(context, call, 200, &version))
}

fn delete(
    context: &Context,
    store: &mut Store,
    target: &Target,
    call: &Call,
) -> Result<Answer, Problem> {
    let Ok(before) = store.current(target) else {
        return Ok(gone(call, None));
    };
    demand_match(context, Some(before), call)?;
    if context.standing == Standing::Alone {
        demand_unreferenced(store, target)?;
    }
    let version = store.put(target, Method::Delete, None, context.now);
    Ok(gone(call, Some(&version)))
}

/// Refuses to leave references that lead nowhere.
///
/// # Errors
/// 409 when current resources refer to this one.
pub fn demand_unreferenced(store: &Store, target: &Target) -> Result<(), Problem> {
    match store.references_to(target) {
        0 => Ok(()),
        count => Err(Problem::new(
            409,
            "conflict",
            format!(
                "{count} references to {} would lead nowhere",
                target.reference()
            ),
        )),
    }
}

fn conditional_update(
    context: &Context,
    store: &mut Store,
    kind: &'static str,
    call: &Call,
) -> Result<Answer, Problem> {
    demand_conditional(kind)?;
    let resource = body(kind, call)?;
    let own = resource.text("id").map(str::to_owned);
    let found = find(context, store, kind, &call.query)?;
    let target = match (found.as_slice(), own) {
        ([], None) => {
            let id = store.fresh_id(kind);
            let version = store.put(
                &Target {
                    resource_type: kind,
                    id,
                },
                Method::Put,
                Some(resource),
                context.now,
            );
            return Ok(written(context, call, 201, &version));
        }
        ([], Some(id)) => {
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
            target
        }
        ([found], _) => found.clone(),
        ([first, ..], _) if context.has(DefectId::ConditionalUpdateTakesTheFirst) => first.clone(),
        _ => return Err(several()),
    };
    if resource.text("id").is_some_and(|id| id != target.id)
        && !context.has(DefectId::ConditionalUpdateIgnoresTheBodysId)
    {
        return Err(Problem::bad_request(
            "the body's id is not that of the resource that the criteria find",
        ));
    }
    update(context, store, &target, &with_id(call, resource, &target))
}

fn conditional_patch(
    context: &Context,
    store: &mut Store,
    kind: &'static str,
    call: &Call,
) -> Result<Answer, Problem> {
    demand_conditional(kind)?;
    match find(context, store, kind, &call.query)?.as_slice() {
        [] => Err(Problem::not_found("the criteria find nothing")),
        [found] => apply_patch(context, store, &found.clone(), call),
        _ => Err(several()),
    }
}

fn conditional_delete(
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
    match (found.as_slice(), offered) {
        ([], _) => Ok(gone(call, None)),
        ([one], _) => delete(context, store, one, call),
        (_, ConditionalDelete::Multiple) => delete_all(context, store, &found, call),
        (_, ConditionalDelete::Single | ConditionalDelete::No) => Err(several()),
    }
}

fn delete_all(
    context: &Context,
    store: &mut Store,
    found: &[Target],
    call: &Call,
) -> Result<Answer, Problem> {
    let before = store.sequence();
    for target in found {
        store.put(target, Method::Delete, None, context.now);
    }
    for target in found {
        if let Err(problem) = demand_unreferenced(store, target) {
            store.roll_back(before);
            return Err(problem);
        }
    }
    Ok(gone(call, None))
}

/// The resource of the body, sound and of the type.
fn body(kind: &'static str, call: &Call) -> Result<Json, Problem> {
    let Some(resource) = call.payload.resource() else {
        return Err(Problem::bad_request("a resource is expected in the body"));
    };
    if resource.resource_type() != kind {
        let text = format!(
            "the body is a `{}`, not a {kind}",
            super::primitive::shortened(resource.resource_type())
        );
        return Err(Problem::bad_request(text));
    }
    validate::demand_sound(resource)?;
    Ok(resource.clone())
}

fn with_id(call: &Call, mut resource: Json, target: &Target) -> Call {
    resource.remove("id");
    resource.place(1, "id", target.id.as_str().into());
    Call {
        payload: Payload::Resource(resource),
        ..call.clone()
    }
}

fn demand_id(context: &Context, own: Option<&str>, wanted: &str) -> Result<(), Problem> {
    match own {
        Some(own) if own == wanted || context.has(DefectId::UpdateIgnoresTheBodysId) => Ok(()),
        Some(_) => Err(Problem::bad_request("the body's id is not that of the URL")),
        None if context.has(DefectId::UpdateNeedsNoId) => Ok(()),
        None => Err(Problem::bad_request("the body has no id")),
    }
}

/// Refuses a write whose `If-Match` names another version than the current one.
fn demand_match(context: &Context, before: Option<&Version>, call: &Call) -> Result<(), Problem> {
    let Some(tags) = &call.conditions.if_match else {
        return Ok(());
    };
    if context.has(DefectId::IgnoresIfMatch) {
        return Ok(());
    }
    match before {
        Some(version) if names_version(tags, version.number) => Ok(()),
        Some(version) => Err(Problem::precondition(format!(
            "the current version is {}, not {tags}",
            version.number
        ))),
        None => Err(Problem::precondition("there is no current version")),
    }
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

/// The answer to a write, as the client prefers it.
fn written(context: &Context, call: &Call, status: u16, version: &Version) -> Answer {
    let body = match call.prefer.returns {
        Return::Minimal => None,
        Return::Unsaid | Return::Representation => version.resource.clone(),
        Return::OperationOutcome => Some(information(format!("{} is stored", version.location()))),
    };
    let mut answer = Answer::about(status, version, body);
    if status == 201 {
        answer.headers.set(
            "Location",
            format!("{}/{}", context.base, version.location()),
        );
    }
    answer
}

/// The answer to a delete. It is the same whether something was there or not.
fn gone(call: &Call, version: Option<&Version>) -> Answer {
    let body = (call.prefer.returns == Return::OperationOutcome)
        .then(|| information("nothing is there any more"));
    let mut answer = Answer {
        status: if body.is_some() { 200 } else { 204 },
        headers: super::message::Headers::default(),
        body,
    };
    if let Some(etag) = version.and_then(Version::etag) {
        answer.headers.set("ETag", etag);
    }
    answer
}
