//! Patches.

use super::answers::written;
use super::{demand_match, faults};
use crate::serve::fhir_r4::call::{Answer, Call, Context, Payload};
use crate::serve::fhir_r4::defects::DefectId;
use crate::serve::fhir_r4::json::Json;
use crate::serve::fhir_r4::message::Method;
use crate::serve::fhir_r4::patch::{fhirpath_patch, json_patch};
use crate::serve::fhir_r4::problem::Problem;
use crate::serve::fhir_r4::read::current;
use crate::serve::fhir_r4::route::Target;
use crate::serve::fhir_r4::store::Store;
use crate::serve::fhir_r4::validate;

/// Patches one resource: the result is stored like the body of an update.
pub fn patch(
    context: &Context,
    store: &mut Store,
    target: &Target,
    call: &Call,
) -> Result<Answer, Problem> {
    let before = current(context, store, target)?.clone();
    demand_match(context, Some(&before), call)?;
    let resource = before.resource.clone().unwrap_or(Json::Null);
    let result = faults::patch(context, &resource, &call.payload)
        .unwrap_or_else(|| patched(&resource, &call.payload));
    let result = match result {
        Err(problem) if context.has(DefectId::FailedPatchIsHalfDone) => {
            faults::half_done(context, store, target, &resource, &call.payload);
            return Err(problem);
        }
        result => sound(result?, target)?,
    };
    if context.has(DefectId::PatchDoesNothing) {
        return Ok(written(context, call, 200, &before));
    }
    let version = match context.has(DefectId::PatchKeepsTheVersion) {
        true => faults::amended(store, target, result),
        false => store.put(target, Method::Patch, Some(result), context.now),
    };
    Ok(written(context, call, 200, &version))
}

fn patched(resource: &Json, payload: &Payload) -> Result<Json, Problem> {
    match payload {
        Payload::JsonPatch(document) => json_patch(resource, document),
        Payload::Resource(parameters) => fhirpath_patch(resource, parameters),
        Payload::None => Err(Problem::bad_request("a patch has a body")),
    }
}

fn sound(result: Json, target: &Target) -> Result<Json, Problem> {
    if result.resource_type() != target.resource_type
        || result.text("id") != Some(target.id.as_str())
    {
        return Err(Problem::unprocessable(
            "a patch leaves the type and the id as they are",
        ));
    }
    validate::demand_sound(&result).map_err(|problem| Problem {
        status: 422,
        ..problem
    })?;
    Ok(result)
}
