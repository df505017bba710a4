//! What defects do to writes: apart, so that the sound way can be read without them.

use crate::serve::fhir_r4::call::{Call, Context, Payload, Standing};
use crate::serve::fhir_r4::defects::DefectId;
use crate::serve::fhir_r4::json::Json;
use crate::serve::fhir_r4::message::Method;
use crate::serve::fhir_r4::patch::json_patch;
use crate::serve::fhir_r4::problem::Problem;
use crate::serve::fhir_r4::route::{Interaction, Target};
use crate::serve::fhir_r4::store::{Store, Version};
use crate::serve::fhir_r4::types;

/// The type to create, where the body's counts and not the URL's.
pub fn type_of_body(context: &Context, call: &Call) -> Option<&'static str> {
    let resource = call
        .payload
        .resource()
        .filter(|_| context.has(DefectId::CreateTakesAnyType))?;
    types::offered(resource.resource_type()).map(|kind| kind.name)
}

/// What is left of a resource that is created.
pub fn lossy(context: &Context, mut resource: Json) -> Json {
    if context.has(DefectId::CreateAddsElements) {
        resource.set(
            "address",
            Json::list([Json::object([("country", "GB".into())])]),
        );
    }
    let names = resource.get_mut("name").and_then(Json::items_mut);
    for name in names.into_iter().flatten() {
        if context.has(DefectId::CreateDropsNameUses) {
            name.remove("use");
        }
        let given = name.get_mut("given").and_then(Json::items_mut);
        if let Some(given) = given.filter(|_| context.has(DefectId::CreateKeepsOneGivenName)) {
            given.truncate(1);
        }
    }
    resource
}

/// Whether a refusal of a body is left out.
pub fn tolerates(context: &Context, problem: &Problem) -> bool {
    context.has(DefectId::ActiveNarrativeIsStored)
        && problem.issues.iter().all(|issue| issue.code == "security")
}

/// The resource that an update goes to by the id of its body.
pub fn target_by_body(context: &Context, target: &Target, resource: &Json) -> Target {
    let own = resource
        .text("id")
        .filter(|_| context.has(DefectId::UpdateFollowsTheBodysId));
    Target {
        id: own.unwrap_or(&target.id).to_owned(),
        ..target.clone()
    }
}

/// The resource that an update goes to where the server has its way with new ids.
pub fn target_by_server(context: &Context, store: &mut Store, target: &Target) -> Target {
    if context.has(DefectId::UpdateCreateTakesAnotherId) && store.versions(target).is_empty() {
        return Target {
            id: store.fresh_id(target.resource_type),
            ..target.clone()
        };
    }
    target.clone()
}

/// Adds the elements of the version before that the new content does not have.
pub fn merge(before: Option<&Version>, resource: &mut Json) {
    let Some(old) = before.and_then(|version| version.resource.as_ref()) else {
        return;
    };
    for (name, value) in old.members() {
        if resource.get(name).is_none() {
            resource.set(name, value.clone());
        }
    }
}

/// A version as it would be, without storing it.
pub fn unseen(store: &Store, target: &Target, resource: Json) -> Version {
    let mut version = store
        .versions(target)
        .last()
        .cloned()
        .unwrap_or_else(|| Version::unknown(target));
    version.number += 1;
    version.resource = Some(resource);
    version
}

/// Puts what the client wrote in meta over what the server did.
pub fn keep_meta(context: &Context, store: &mut Store, version: Version, sent: &Json) -> Version {
    let creates = version.method == Method::Post;
    let keeps_version = context.has(if creates {
        DefectId::CreateKeepsTheClientsVersion
    } else {
        DefectId::UpdateKeepsTheClientsVersion
    });
    let keeps_time = creates && context.has(DefectId::CreateKeepsTheClientsTime);
    let kept = [("versionId", keeps_version), ("lastUpdated", keeps_time)];
    let kept: Vec<(&str, &Json)> = kept
        .iter()
        .filter(|(_, keeps)| *keeps)
        .filter_map(|(name, _)| Some((*name, sent.get(name)?)))
        .collect();
    let Some(mut resource) = version.resource.clone().filter(|_| !kept.is_empty()) else {
        return version;
    };
    if let Some(meta) = resource.get_mut("meta") {
        kept.into_iter()
            .for_each(|(name, value)| meta.set(name, value.clone()));
    }
    amended(store, &version.target, resource)
}

/// The current version with other content.
pub fn amended(store: &mut Store, target: &Target, resource: Json) -> Version {
    store.amend(target, resource);
    store
        .versions(target)
        .last()
        .cloned()
        .unwrap_or_else(|| Version::unknown(target))
}

/// Whether `If-Match` does not count.
pub fn ignores_if_match(context: &Context, interaction: &Interaction) -> bool {
    let patches = matches!(
        interaction,
        Interaction::Patch(_) | Interaction::ConditionalPatch(_)
    );
    let inside = context.standing == Standing::Transaction;
    (context.has(DefectId::IgnoresIfMatch) && !inside)
        || (context.has(DefectId::PatchIgnoresIfMatch) && patches)
        || (context.has(DefectId::EntriesIgnoreIfMatch) && inside)
}

/// Refuses an update that says no version at all.
pub fn demand_any_match(
    context: &Context,
    before: Option<&Version>,
    interaction: &Interaction,
) -> Result<(), Problem> {
    let asked = context.has(DefectId::MissingIfMatchIsConflict)
        && matches!(interaction, Interaction::Update(_));
    if asked && before.is_some() {
        return Err(Problem::new(409, "conflict", "If-Match is missing"));
    }
    Ok(())
}

/// A patch whose failed tests do not count.
pub fn patch(
    context: &Context,
    resource: &Json,
    payload: &Payload,
) -> Option<Result<Json, Problem>> {
    let Payload::JsonPatch(document) = payload else {
        return None;
    };
    let tests = |operation: &&Json| operation.text("op") != Some("test");
    let without = Json::list(document.items().iter().filter(tests).cloned());
    context
        .has(DefectId::FailedTestIsIgnored)
        .then(|| json_patch(resource, &without))
}

/// Stores what the operations before the one that fails have made.
pub fn half_done(
    context: &Context,
    store: &mut Store,
    target: &Target,
    resource: &Json,
    payload: &Payload,
) {
    let Payload::JsonPatch(document) = payload else {
        return;
    };
    let mut made = resource.clone();
    for operation in document.items() {
        match json_patch(&made, &Json::list([operation.clone()])) {
            Ok(next) => made = next,
            Err(_) => break,
        }
    }
    store.put(target, Method::Patch, Some(made), context.now);
}
