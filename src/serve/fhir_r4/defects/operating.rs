//! Defects of operations.

use super::Facts;
use super::tools::{is_operation, is_search, keep_entries, without_body};
use crate::serve::fhir_r4::call::Answer;
use crate::serve::fhir_r4::json::Json;
use crate::serve::fhir_r4::message::{Method, Reply, Request};
use crate::serve::fhir_r4::operations::{Effect, effect};
use crate::serve::fhir_r4::problem::{Problem, information};
use crate::serve::fhir_r4::route::Interaction;

pub fn by_post_only(request: &Request, interaction: &Interaction) -> Option<Problem> {
    let looks =
        matches!(interaction, Interaction::Operation(..)) && effect(interaction) == Effect::None;
    (looks && request.method != Method::Post).then(|| Problem::not_allowed("POST"))
}

pub fn by_get_only(request: &Request, interaction: &Interaction) -> Option<Problem> {
    let operates = matches!(interaction, Interaction::Operation(..));
    (operates && request.method == Method::Post).then(|| Problem::not_allowed("GET"))
}

pub fn meta_without_parameters(facts: &Facts, answer: &mut Answer) {
    let Some(body) = answer
        .body
        .as_mut()
        .filter(|_| is_operation(facts, "meta") && answer.status == 200)
    else {
        return;
    };
    let meta = body
        .each("parameter")
        .first()
        .and_then(|part| part.get("valueMeta"))
        .cloned();
    *body = Json::object([
        ("resourceType", "Basic".into()),
        ("meta", meta.into()),
        ("code", Json::object([("text", "meta".into())])),
    ]);
}

pub fn outcome_in_parameters(facts: &Facts, answer: &mut Answer) {
    let Some(body) = answer
        .body
        .as_mut()
        .filter(|_| is_operation(facts, "validate") && answer.status == 200)
    else {
        return;
    };
    let part = Json::object([("name", "return".into()), ("resource", body.clone())]);
    *body = Json::object([
        ("resourceType", "Parameters".into()),
        ("parameter", Json::list([part])),
    ]);
}

pub fn invalid_fails_validation(facts: &Facts, answer: &mut Answer) {
    let failed = |body: &Json| {
        body.each("issue")
            .iter()
            .any(|issue| issue.text("severity") == Some("error"))
    };
    if is_operation(facts, "validate")
        && answer.status == 200
        && answer.body.as_ref().is_some_and(failed)
    {
        answer.status = 422;
    }
}

pub fn validation_always_passes(facts: &Facts, answer: &mut Answer) {
    if is_operation(facts, "validate") && answer.status == 200 {
        answer.body = Some(information("no issues were found"));
    }
}

pub fn everything_without_the_patient(facts: &Facts, answer: &mut Answer) {
    if let Some(bundle) = everything(facts, answer) {
        keep_entries(bundle, &|entry| !is_patient(entry));
    }
}

pub fn everything_is_the_patient_only(facts: &Facts, answer: &mut Answer) {
    if let Some(bundle) = everything(facts, answer) {
        keep_entries(bundle, &is_patient);
    }
}

pub fn everything_as_collection(facts: &Facts, answer: &mut Answer) {
    if let Some(bundle) = everything(facts, answer) {
        bundle.set("type", "collection");
    }
}

pub fn unknown_is_server_error(facts: &Facts, reply: &mut Reply) {
    answers_unknown(facts, reply, 500);
}

pub fn unknown_is_fine(facts: &Facts, reply: &mut Reply) {
    answers_unknown(facts, reply, 200);
}

pub fn async_without_location(facts: &Facts, reply: &mut Reply) {
    if asks_for_async(facts) {
        reply.status = 202;
        without_body(reply);
    }
}

pub fn async_with_relative_location(facts: &Facts, reply: &mut Reply) {
    if asks_for_async(facts) {
        reply.status = 202;
        reply.headers.set("Content-Location", "_jobs/1");
        without_body(reply);
    }
}

pub fn async_is_refused(request: &Request, _: &Interaction) -> Option<Problem> {
    let asked = request
        .headers
        .get("Prefer")
        .is_some_and(|text| text.contains("respond-async"));
    asked.then(|| Problem::bad_request("respond-async is not supported"))
}

fn asks_for_async(facts: &Facts) -> bool {
    let asked = facts
        .request
        .headers
        .get("Prefer")
        .is_some_and(|text| text.contains("respond-async"));
    asked && (is_search(facts) || matches!(facts.interaction, Some(Interaction::Operation(..))))
}

fn everything<'a>(facts: &Facts, answer: &'a mut Answer) -> Option<&'a mut Json> {
    answer
        .body
        .as_mut()
        .filter(|_| is_operation(facts, "everything") && answer.status == 200)
}

fn is_patient(entry: &Json) -> bool {
    entry
        .get("resource")
        .is_some_and(|resource| resource.resource_type() == "Patient")
}

fn answers_unknown(facts: &Facts, reply: &mut Reply, status: u16) {
    let unknown = String::from_utf8_lossy(&reply.body).contains("there is no operation");
    if matches!(facts.interaction, Some(Interaction::Operation(..)))
        && reply.status == 404
        && unknown
    {
        reply.status = status;
    }
}
