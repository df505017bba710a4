//! Interactions that change something: create, update, patch, delete, and their conditional forms.

use super::call::{Answer, Call, Context, Payload};
use super::defects::DefectId;
use super::json::Json;
use super::message::Method;
use super::operations;
use super::problem::Problem;
use super::query::Query;
use super::read::{self, demand_offered, names_version};
use super::route::{Interaction, Target};
use super::store::{Absent, Store, Version};
use super::types;
use super::validate;
use answers::written;

mod answers;
mod conditional;
mod delete;
mod faults;
mod patching;

pub use delete::demand_unreferenced;

/// Performs an interaction, also one that changes nothing.
///
/// # Errors
/// The refusal. Then nothing has changed.
pub fn perform(context: &Context, store: &mut Store, call: &Call) -> Result<Answer, Problem> {
    demand_offered(&call.interaction)?;
    match &call.interaction {
        Interaction::Create(kind) => create(context, store, kind, call),
        Interaction::Update(target) => update(context, store, target, call),
        Interaction::Patch(target) => patching::patch(context, store, target, call),
        Interaction::Delete(target) => delete::delete(context, store, target, call),
        Interaction::ConditionalUpdate(kind) => conditional::update(context, store, kind, call),
        Interaction::ConditionalPatch(kind) => conditional::patch(context, store, kind, call),
        Interaction::ConditionalDelete(kind) => conditional::delete(context, store, kind, call),
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
    let after_type = text
        .split_once('?')
        .filter(|(before, _)| !before.contains('='));
    Query::parse(after_type.map_or(text, |(_, query)| query)).map_err(Problem::bad_request)
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
    let resource = body(context, target.resource_type, call)?;
    let resource = faults::lossy(context, resource);
    let version = put(context, store, target, Method::Post, resource);
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
    let resource = body(context, target.resource_type, call)?;
    update(context, store, target, &with_id(call, resource, target))
}

fn create(
    context: &Context,
    store: &mut Store,
    kind: &'static str,
    call: &Call,
) -> Result<Answer, Problem> {
    let kind = faults::type_of_body(context, call).unwrap_or(kind);
    let resource = body(context, kind, call)?;
    if let Some(answer) = conditional::already_there(context, store, kind, call)? {
        return Ok(answer);
    }
    if resource.text("id").is_some() && context.has(DefectId::CreateRefusesIds) {
        return Err(Problem::unprocessable("the server chooses the ids"));
    }
    let wish = resource
        .text("id")
        .filter(|_| context.has(DefectId::CreateKeepsTheClientsId));
    let id = wish.map_or_else(|| store.fresh_id(kind), str::to_owned);
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

fn update(
    context: &Context,
    store: &mut Store,
    target: &Target,
    call: &Call,
) -> Result<Answer, Problem> {
    let mut resource = body(context, target.resource_type, call)?;
    let target = &faults::target_by_body(context, target, &resource);
    demand_id(context, resource.text("id"), &target.id)?;
    let target = &faults::target_by_server(context, store, target);
    let before = store.current(target);
    let stale = demand_match(context, before.ok(), call);
    if !context.has(DefectId::StaleIsWrittenAnyway) {
        stale.clone()?;
    }
    let status = status_of_update(context, before.err(), target, call)?;
    if context.has(DefectId::UpdateMerges) {
        faults::merge(before.ok(), &mut resource);
    }
    let version = match before {
        Err(Absent::Deleted) if context.has(DefectId::DeletedComesBackUnseen) => {
            faults::unseen(store, target, resource)
        }
        Ok(_) | Err(_) => put(context, store, target, Method::Put, resource),
    };
    stale.map(|()| written(context, call, status, &version))
}

/// 200 for an update of what is there; 201 where it creates, if it may.
fn status_of_update(
    context: &Context,
    absent: Option<Absent>,
    target: &Target,
    call: &Call,
) -> Result<u16, Problem> {
    let may_create = types::offered(target.resource_type).is_some_and(|kind| kind.update_create);
    let by_url = matches!(call.interaction, Interaction::Update(_));
    match absent {
        None if call.conditions.if_none_match.as_deref() == Some("*") => Err(
            Problem::precondition(format!("{} is already there", target.reference())),
        ),
        None => Ok(200),
        Some(Absent::Deleted) if context.has(DefectId::UpdateOfDeletedIsServerError) => {
            Err(Problem::new(500, "exception", "the update failed"))
        }
        Some(Absent::Deleted) => Ok(201),
        Some(Absent::Unknown) if by_url && context.has(DefectId::ClientsIdIsServerError) => {
            Err(Problem::new(500, "exception", "the update failed"))
        }
        Some(Absent::Unknown) if may_create => Ok(201),
        Some(Absent::Unknown) => {
            let text = format!("clients choose no ids for {} here", target.resource_type);
            Err(Problem::new(405, "not-supported", text).with("Allow", "GET, HEAD"))
        }
    }
}

/// Stores a version.
fn put(
    context: &Context,
    store: &mut Store,
    target: &Target,
    method: Method,
    resource: Json,
) -> Version {
    let sent = resource.get("meta").cloned();
    let version = store.put(target, method, Some(resource), context.now);
    match sent.filter(|_| method != Method::Patch) {
        Some(sent) => faults::keep_meta(context, store, version, &sent),
        None => version,
    }
}

/// The resource of the body, sound and of the type.
fn body(context: &Context, kind: &'static str, call: &Call) -> Result<Json, Problem> {
    let Some(resource) = call.payload.resource() else {
        return Err(Problem::bad_request("a resource is expected in the body"));
    };
    if resource.resource_type() != kind {
        let found = super::primitive::shortened(resource.resource_type());
        return Err(Problem::bad_request(format!(
            "the body is a `{found}`, not a {kind}"
        )));
    }
    match validate::demand_sound(resource) {
        Err(problem) if !faults::tolerates(context, &problem) => Err(problem),
        Ok(()) | Err(_) => Ok(resource.clone()),
    }
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
    let lax = context.has(DefectId::UpdateIgnoresTheBodysId);
    match own {
        Some(own) if own == wanted || lax => Ok(()),
        Some(_) => Err(Problem::bad_request("the body's id is not that of the URL")),
        None if context.has(DefectId::UpdateNeedsNoId) => Ok(()),
        None => Err(Problem::bad_request("the body has no id")),
    }
}

/// Refuses a write whose `If-Match` names another version than the current one.
fn demand_match(context: &Context, before: Option<&Version>, call: &Call) -> Result<(), Problem> {
    if faults::ignores_if_match(context, &call.interaction) {
        return Ok(());
    }
    let Some(tags) = &call.conditions.if_match else {
        return faults::demand_any_match(context, before, &call.interaction);
    };
    let comparable = !(context.has(DefectId::WeakTagsNeverMatch) && tags.starts_with("W/"));
    match before {
        Some(version) if comparable && names_version(tags, version.number) => Ok(()),
        Some(version) => {
            let text = format!("the current version is {}, not {tags}", version.number);
            Err(Problem::precondition(text))
        }
        None => Err(Problem::precondition("there is no current version")),
    }
}
