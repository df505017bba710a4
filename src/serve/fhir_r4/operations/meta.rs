//! `$meta`, `$meta-add`, `$meta-delete`: profiles, tags and security labels.

use super::parameters;
use crate::serve::fhir_r4::call::{Answer, Call, Context, Safety};
use crate::serve::fhir_r4::json::Json;
use crate::serve::fhir_r4::problem::Problem;
use crate::serve::fhir_r4::read::current;
use crate::serve::fhir_r4::route::{Level, Target};
use crate::serve::fhir_r4::store::Store;
use crate::serve::fhir_r4::types::OFFERED;

const PARTS: [&str; 3] = ["profile", "security", "tag"];

/// `$meta`: the meta of a resource, or what all resources of a type or of the server have in theirs.
pub fn read(context: &Context, store: &Store, level: &Level, _: &Call) -> Result<Answer, Problem> {
    let kinds: Vec<&str> = match level {
        Level::Instance(target) => {
            return Ok(returned(meta_of(
                current(context, store, target)?.resource.as_ref(),
            )));
        }
        Level::Type(kind) => vec![kind],
        Level::System => OFFERED.iter().map(|kind| kind.name).collect(),
    };
    let mut all = Json::object([]);
    let versions = kinds
        .iter()
        .flat_map(|kind| store.current_at(kind, store.sequence()));
    for version in versions {
        merge(&mut all, &meta_of(version.resource.as_ref()));
    }
    Ok(returned(all))
}

/// `$meta-add`. By its definition it makes no new version.
pub fn add(
    context: &Context,
    store: &mut Store,
    level: &Level,
    call: &Call,
) -> Result<Answer, Problem> {
    edit(context, store, level, call, merge)
}

/// `$meta-delete`. By its definition it makes no new version.
pub fn delete(
    context: &Context,
    store: &mut Store,
    level: &Level,
    call: &Call,
) -> Result<Answer, Problem> {
    edit(context, store, level, call, |meta, given| {
        for part in PARTS {
            let kept = meta
                .each(part)
                .iter()
                .filter(|item| !given.each(part).iter().any(|other| same(item, other)))
                .cloned();
            meta.set(part, Json::list(kept));
        }
    })
}

fn edit(
    context: &Context,
    store: &mut Store,
    level: &Level,
    call: &Call,
    change: fn(&mut Json, &Json),
) -> Result<Answer, Problem> {
    let target = instance(level)?;
    let given = match call.safety {
        Safety::Safe => &Json::Null,
        Safety::Unsafe => given(call)?,
    };
    let Some(mut resource) = current(context, store, target)?.resource.clone() else {
        return Err(Problem::not_found("there is no resource"));
    };
    let mut meta = meta_of(Some(&resource));
    change(&mut meta, given);
    resource.set("meta", meta.clone());
    store.amend(target, resource);
    Ok(returned(meta))
}

/// The meta that the client gives.
fn given(call: &Call) -> Result<&Json, Problem> {
    let part = parameters(call)?
        .each("parameter")
        .iter()
        .find(|part| part.text("name") == Some("meta"));
    let missing = || Problem::bad_request("the parameter `meta` is missing");
    part.and_then(|part| part.get("valueMeta"))
        .ok_or_else(missing)
}

fn instance(level: &Level) -> Result<&Target, Problem> {
    match level {
        Level::Instance(target) => Ok(target),
        Level::System | Level::Type(_) => {
            Err(Problem::not_found("this operation belongs to a resource"))
        }
    }
}

fn meta_of(resource: Option<&Json>) -> Json {
    resource
        .and_then(|resource| resource.get("meta"))
        .cloned()
        .unwrap_or_else(|| Json::object([]))
}

fn merge(meta: &mut Json, given: &Json) {
    for part in PARTS {
        let fresh = given
            .each(part)
            .iter()
            .filter(|item| !meta.each(part).iter().any(|other| same(item, other)));
        let items: Vec<Json> = meta.each(part).iter().chain(fresh).cloned().collect();
        meta.set(part, Json::list(items));
    }
}

/// Codings are the same by system and code, profiles by their text.
fn same(one: &Json, other: &Json) -> bool {
    if !one.is_object() {
        return one == other;
    }
    one.text("system") == other.text("system") && one.text("code") == other.text("code")
}

fn returned(meta: Json) -> Answer {
    let value = if meta.members().is_empty() {
        Json::Null
    } else {
        meta
    };
    let part = Json::object([("name", "return".into()), ("valueMeta", value)]);
    Answer::ok(Json::object([
        ("resourceType", "Parameters".into()),
        ("parameter", Json::list([part])),
    ]))
}
