//! Interactions that change nothing.

use super::call::{Answer, Call, Context};
use super::defects::DefectId;
use super::history;
use super::json::Json;
use super::message::{Headers, Method};
use super::moment::read_http_date;
use super::operations;
use super::primitive::shortened;
use super::problem::Problem;
use super::query::Query;
use super::route::{Interaction, Target};
use super::search::plan::{self, Plan};
use super::search::run;
use super::search::subset::{self, View};
use super::store::{Absent, Store, Version};
use super::{capability, types};

/// Performs an interaction that changes nothing.
///
/// # Errors
/// The refusal, also of an interaction that would change something.
pub fn perform(context: &Context, store: &Store, call: &Call) -> Result<Answer, Problem> {
    demand_offered(&call.interaction)?;
    match &call.interaction {
        Interaction::Capabilities => capability::read(context, call),
        Interaction::Read(target) => read(context, store, target, call),
        Interaction::ReadVersion(target, version) => read_version(context, store, target, version),
        Interaction::HistoryInstance(target) => {
            history::of_instance(context, store, target, &call.query)
        }
        Interaction::HistoryType(kind) => history::of_type(context, store, Some(kind), &call.query),
        Interaction::HistorySystem => history::of_type(context, store, None, &call.query),
        Interaction::SearchType(kind) => {
            let plan = plan::in_type(
                &context.scope(store),
                kind,
                &call.query,
                call.prefer.handling,
            )?;
            Ok(searchset(context, store, &plan, kind))
        }
        Interaction::SearchSystem => {
            let plan = plan::in_types(&context.scope(store), &call.query, call.prefer.handling)?;
            Ok(searchset(context, store, &plan, ""))
        }
        Interaction::SearchCompartment(patient, kind) => {
            compartment(context, store, patient, *kind, call)
        }
        Interaction::Operation(level, name) => operations::look(context, store, level, name, call),
        Interaction::Create(_)
        | Interaction::Update(_)
        | Interaction::Patch(_)
        | Interaction::Delete(_)
        | Interaction::ConditionalUpdate(_)
        | Interaction::ConditionalPatch(_)
        | Interaction::ConditionalDelete(_)
        | Interaction::Bundle => Err(Problem::not_allowed("GET, HEAD")),
    }
}

/// Refuses an interaction that the type does not offer.
///
/// # Errors
/// 405 with the methods that the type does offer there.
pub fn demand_offered(interaction: &Interaction) -> Result<(), Problem> {
    let Some(kind) = interaction.resource_type().and_then(types::offered) else {
        return Ok(());
    };
    let code = interaction.code();
    if code.is_empty() || kind.interactions.contains(&code) {
        return Ok(());
    }
    let offers = |code: &str| kind.interactions.contains(&code);
    let methods = [
        ("read", "GET, HEAD"),
        ("update", "PUT"),
        ("patch", "PATCH"),
        ("delete", "DELETE"),
    ];
    let allowed: Vec<&str> = methods
        .iter()
        .filter(|(code, _)| offers(code))
        .map(|(_, method)| *method)
        .collect();
    Err(Problem::not_allowed(&allowed.join(", ")))
}

/// The current version of a resource.
///
/// # Errors
/// 404 when there never was one, 410 when it was deleted.
pub fn current<'a>(
    context: &Context,
    store: &'a Store,
    target: &Target,
) -> Result<&'a Version, Problem> {
    let absent = match store.current(target) {
        Ok(version) => return Ok(version),
        Err(absent) => absent,
    };
    if absent == Absent::Unknown {
        return Err(Problem::not_found(format!(
            "there is no {}",
            target.reference()
        )));
    }
    let last = store
        .versions(target)
        .iter()
        .rfind(|version| version.resource.is_some());
    match last.filter(|_| context.has(DefectId::DeletedIsStillReadable)) {
        Some(version) => Ok(version),
        None => {
            let status = if context.has(DefectId::DeletedIsServerError) {
                500
            } else {
                410
            };
            Err(Problem::new(
                status,
                "deleted",
                format!("{} was deleted", target.reference()),
            ))
        }
    }
}

fn read(context: &Context, store: &Store, target: &Target, call: &Call) -> Result<Answer, Problem> {
    let version = current(context, store, target)?;
    if version.method == Method::Patch && context.has(DefectId::PatchedIsUnreadable) {
        return Err(Problem::new(
            500,
            "exception",
            "the resource cannot be read",
        ));
    }
    let view = subset::read(call.query.get("_summary"), call.query.get("_elements"))?;
    if view == View::Count {
        return Err(Problem::bad_request(
            "a count is a summary of a search, not of a read",
        ));
    }
    if is_unmodified(context, version, call) {
        return Ok(Answer::about(304, version, None));
    }
    let resource = version
        .resource
        .as_ref()
        .map(|resource| subset::apply(&view, resource));
    Ok(Answer::about(200, version, resource))
}

/// Whether the client already has this version. The tag decides where both conditions are given.
fn is_unmodified(context: &Context, version: &Version, call: &Call) -> bool {
    if let Some(tags) = &call.conditions.if_none_match {
        let tags_fit = version.is_versioned() && names_version(tags, version.number);
        return tags_fit || context.has(DefectId::AnyTagIsUnmodified);
    }
    let since = call
        .conditions
        .if_modified_since
        .as_deref()
        .and_then(read_http_date);
    since.is_some_and(|since| version.last_updated.as_second() <= since.as_second())
}

/// Whether a list of entity tags names a version: weak or strong, in quotes or bare, or `*`.
pub fn names_version(tags: &str, number: u64) -> bool {
    let number = number.to_string();
    let bare = |tag: &str| {
        tag.trim()
            .trim_start_matches("W/")
            .trim_matches('"')
            .to_owned()
    };
    tags.split(',')
        .map(bare)
        .any(|tag| tag == number || tag == "*")
}

fn read_version(
    context: &Context,
    store: &Store,
    target: &Target,
    wanted: &str,
) -> Result<Answer, Problem> {
    let versions = store.versions(target);
    let found = versions
        .iter()
        .find(|version| version.number.to_string() == wanted);
    let unknown = || Problem::not_found(format!("there is no version `{}`", shortened(wanted)));
    let version = found.ok_or_else(unknown)?;
    faulty_version(context, store, target, version)?;
    match &version.resource {
        Some(resource) => Ok(Answer::about(
            200,
            version,
            Some(shown(context, versions, resource)),
        )),
        None if context.has(DefectId::DeletedVersionIsNotFound) => Err(unknown()),
        None => Err(Problem::new(
            410,
            "deleted",
            "this version records the deletion",
        )),
    }
}

/// What defects refuse of old versions.
fn faulty_version(
    context: &Context,
    store: &Store,
    target: &Target,
    version: &Version,
) -> Result<(), Problem> {
    let current = store.current(target);
    let old = current.is_ok_and(|current| current.number != version.number);
    let spoilt = current.is_err() && version.resource.is_some();
    if (old && context.has(DefectId::OldVersionIsServerError))
        || (spoilt && context.has(DefectId::DeleteSpoilsOldVersions))
    {
        return Err(Problem::new(500, "exception", "the version cannot be read"));
    }
    Ok(())
}

/// The content of a version; some defects show another.
fn shown(context: &Context, versions: &[Version], resource: &Json) -> Json {
    let last = versions.last().map(|version| version.resource.as_ref());
    let meta = resource.get("meta").cloned();
    let mut content = match last {
        Some(Some(current)) if context.has(DefectId::VreadGivesTheCurrentContent) => {
            current.clone()
        }
        Some(None) if context.has(DefectId::DeleteEmptiesOldVersions) => Json::object([
            ("resourceType", resource.resource_type().into()),
            ("id", resource.text("id").into()),
        ]),
        _ => return resource.clone(),
    };
    content.set("meta", meta);
    content
}

fn compartment(
    context: &Context,
    store: &Store,
    patient: &Target,
    kind: Option<&'static str>,
    call: &Call,
) -> Result<Answer, Problem> {
    current(context, store, patient)?;
    let scope = context.scope(store);
    let mut plan = match kind {
        Some(kind) => plan::in_type(&scope, kind, &call.query, call.prefer.handling)?,
        None => plan::in_types(&scope, &call.query, call.prefer.handling)?,
    };
    plan.within = Some(patient.clone());
    let path = format!("{}/{}", patient.reference(), kind.unwrap_or("*"));
    Ok(searchset(context, store, &plan, &path))
}

fn searchset(context: &Context, store: &Store, plan: &Plan, path: &str) -> Answer {
    Answer {
        status: 200,
        headers: Headers::default(),
        body: Some(run::run(&context.scope(store), plan, path)),
    }
}

/// The resources that a conditional interaction's criteria find.
///
/// # Errors
/// 400 when the criteria are empty or not understood: ignoring any would hit the wrong resources.
pub fn find(
    context: &Context,
    store: &Store,
    kind: &'static str,
    criteria: &Query,
) -> Result<Vec<Target>, Problem> {
    let scope = context.scope(store);
    let plan = plan::in_type(&scope, kind, criteria, super::prefer::Handling::Strict)?;
    if plan
        .types
        .iter()
        .all(|(_, conditions)| conditions.is_empty())
    {
        return Err(Problem::bad_request("the condition has no search criteria"));
    }
    Ok(run::matches(&scope, &plan)
        .into_iter()
        .map(|version| version.target.clone())
        .collect())
}
