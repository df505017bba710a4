//! Defects of create, update, patch and delete.

use super::Facts;
use super::tools::{asks_for_create, segments, set_segments, without_body};
use crate::serve::fhir_r4::call::Answer;
use crate::serve::fhir_r4::json::parse;
use crate::serve::fhir_r4::message::{Method, Reply, Request};
use crate::serve::fhir_r4::problem::Problem;
use crate::serve::fhir_r4::route::Interaction;

pub fn create_answers_200(facts: &Facts, reply: &mut Reply) {
    if created(facts, reply) {
        reply.status = 200;
    }
}

pub fn create_without_location(facts: &Facts, reply: &mut Reply) {
    if created(facts, reply) {
        reply.headers.remove("Location");
    }
}

pub fn create_location_with_query(facts: &Facts, reply: &mut Reply) {
    edit_location(facts, reply, &|location| format!("{location}?_format=json"));
}

pub fn create_location_names_no_version(facts: &Facts, reply: &mut Reply) {
    edit_location(facts, reply, &|location| {
        let resource = location.split("/_history/").next().unwrap_or_default();
        format!("{resource}/_history/0")
    });
}

pub fn create_location_leads_nowhere(facts: &Facts, reply: &mut Reply) {
    edit_location(facts, reply, &|location| {
        location.replacen("/_history/", "0/_history/", 1)
    });
}

pub fn active_narrative_is_server_error(facts: &Facts, reply: &mut Reply) {
    let unsafe_text = String::from_utf8_lossy(&reply.body).contains("\"security\"");
    if matches!(facts.interaction, Some(Interaction::Create(_)))
        && reply.status == 422
        && unsafe_text
    {
        reply.status = 500;
    }
}

pub fn create_without_etag(facts: &Facts, reply: &mut Reply) {
    if created(facts, reply) {
        reply.headers.remove("ETag");
    }
}

pub fn create_without_last_modified(facts: &Facts, reply: &mut Reply) {
    if created(facts, reply) {
        reply.headers.remove("Last-Modified");
    }
}

pub fn malformed_is_server_error(facts: &Facts, reply: &mut Reply) {
    answers_malformed(facts, reply, 500);
}

pub fn malformed_is_unprocessable(facts: &Facts, reply: &mut Reply) {
    answers_malformed(facts, reply, 422);
}

pub fn broken_rule_is_server_error(facts: &Facts, reply: &mut Reply) {
    let unsafe_text = String::from_utf8_lossy(&reply.body).contains("\"security\"");
    if matches!(facts.interaction, Some(Interaction::Create(_)))
        && reply.status == 422
        && !unsafe_text
    {
        reply.status = 500;
    }
}

pub fn create_ignores_minimal(request: &mut Request) {
    replace_preference(request, "return=minimal", None);
}

pub fn create_ignores_representation(request: &mut Request) {
    replace_preference(request, "return=representation", Some("return=minimal"));
}

pub fn create_ignores_outcome(request: &mut Request) {
    replace_preference(request, "return=operationoutcome", None);
}

pub fn create_always_sends_an_outcome(request: &mut Request) {
    if asks_for_create(request) && request.headers.get("Prefer").is_none() {
        request.headers.set("Prefer", "return=OperationOutcome");
    }
}

pub fn create_echoes_the_request(facts: &Facts, answer: &mut Answer) {
    let sent = std::str::from_utf8(&facts.request.body)
        .ok()
        .and_then(|text| parse(text).ok());
    let created = matches!(facts.interaction, Some(Interaction::Create(_))) && answer.status == 201;
    let asked = facts
        .request
        .headers
        .get("Prefer")
        .is_some_and(|text| text.contains("representation"));
    if let Some(sent) = sent.filter(|_| created && asked) {
        answer.body = Some(sent);
    }
}

pub fn post_to_instance_creates(request: &mut Request) {
    let parts: Vec<String> = segments(request).into_iter().map(str::to_owned).collect();
    if let ([kind, id], Method::Post) = (parts.as_slice(), request.method)
        && !id.starts_with(['$', '_'])
    {
        set_segments(request, std::slice::from_ref(kind));
    }
}

pub fn post_to_instance_is_server_error(facts: &Facts, reply: &mut Reply) {
    if facts.interaction.is_none() && facts.request.method == Method::Post && reply.status == 405 {
        reply.status = 500;
    }
}

pub fn update_answers_201(facts: &Facts, reply: &mut Reply) {
    if is_update(facts) && reply.status == 200 {
        reply.status = 201;
    }
}

pub fn update_with_old_etag(facts: &Facts, reply: &mut Reply) {
    if is_update(facts) && reply.status == 200 {
        age_etag(reply);
    }
}

pub fn update_without_etag(facts: &Facts, reply: &mut Reply) {
    if is_update(facts) {
        reply.headers.remove("ETag");
    }
}

pub fn update_without_last_modified(facts: &Facts, reply: &mut Reply) {
    if is_update(facts) {
        reply.headers.remove("Last-Modified");
    }
}

pub fn update_create_answers_200(facts: &Facts, reply: &mut Reply) {
    if is_update(facts) && reply.status == 201 {
        reply.status = 200;
    }
}

pub fn update_create_without_location(facts: &Facts, reply: &mut Reply) {
    if facts.request.method == Method::Put && reply.status == 201 {
        reply.headers.remove("Location");
    }
}

pub fn stale_is_conflict(facts: &Facts, reply: &mut Reply) {
    if reply.status == 412 && facts.request.headers.get("If-Match").is_some() {
        reply.status = 409;
    }
}

pub fn missing_if_match_is_refused_and_done(facts: &Facts, reply: &mut Reply) {
    if is_update(facts) && reply.status == 200 && facts.request.headers.get("If-Match").is_none() {
        reply.status = 400;
    }
}

pub fn fhirpath_patch_is_refused_and_done(facts: &Facts, reply: &mut Reply) {
    let fhir = facts
        .request
        .headers
        .get("Content-Type")
        .is_some_and(|kind| kind.contains("fhir+"));
    if facts.request.method == Method::Patch && fhir && reply.status == 200 {
        reply.status = 415;
    }
}

pub fn patch_with_old_etag(facts: &Facts, reply: &mut Reply) {
    if facts.request.method == Method::Patch && reply.status == 200 {
        age_etag(reply);
    }
}

pub fn fhirpath_patch_is_server_error(
    request: &Request,
    interaction: &Interaction,
) -> Option<Problem> {
    let fhir = request
        .headers
        .get("Content-Type")
        .is_some_and(|kind| kind.contains("fhir+"));
    let patches = matches!(
        interaction,
        Interaction::Patch(_) | Interaction::ConditionalPatch(_)
    );
    (fhir && patches).then(|| Problem::new(500, "exception", "the patch failed"))
}

pub fn unknown_patch_is_bad_request(facts: &Facts, reply: &mut Reply) {
    if facts.request.method == Method::Patch && reply.status == 415 {
        reply.status = 400;
    }
}

pub fn unknown_patch_is_fine(facts: &Facts, reply: &mut Reply) {
    if facts.request.method == Method::Patch && reply.status == 415 {
        reply.status = 200;
    }
}

pub fn delete_answers_200_without_body(facts: &Facts, reply: &mut Reply) {
    if facts.request.method == Method::Delete && reply.status == 204 {
        reply.status = 200;
    }
}

pub fn delete_redirects(facts: &Facts, reply: &mut Reply) {
    if let Some(Interaction::Delete(target)) = facts.interaction
        && reply.status == 204
    {
        reply.status = 303;
        reply.headers.set(
            "Location",
            format!("{}/{}", facts.base, target.resource_type),
        );
    }
}

pub fn referenced_delete_is_server_error(facts: &Facts, reply: &mut Reply) {
    if facts.request.method == Method::Delete && reply.status == 409 {
        reply.status = 500;
    }
}

pub fn referenced_delete_without_outcome(facts: &Facts, reply: &mut Reply) {
    if facts.request.method == Method::Delete && reply.status == 409 {
        without_body(reply);
    }
}

fn created(facts: &Facts, reply: &Reply) -> bool {
    matches!(facts.interaction, Some(Interaction::Create(_))) && reply.status == 201
}

fn is_update(facts: &Facts) -> bool {
    matches!(facts.interaction, Some(Interaction::Update(_)))
}

fn edit_location(facts: &Facts, reply: &mut Reply, edit: &dyn Fn(&str) -> String) {
    if let Some(location) = reply
        .headers
        .get("Location")
        .filter(|_| created(facts, reply))
        .map(edit)
    {
        reply.headers.set("Location", location);
    }
}

/// A body that is not JSON or XML at all.
fn answers_malformed(facts: &Facts, reply: &mut Reply, status: u16) {
    let text = String::from_utf8_lossy(&reply.body);
    if reply.status == 400
        && (text.contains("the body is not JSON") || text.contains("the body is not XML"))
        && facts.interaction.is_some()
    {
        reply.status = status;
    }
}

fn replace_preference(request: &mut Request, wanted: &str, other: Option<&str>) {
    let asked = request
        .headers
        .get("Prefer")
        .is_some_and(|text| text.to_ascii_lowercase().contains(wanted));
    if !asked || !asks_for_create(request) {
        return;
    }
    match other {
        Some(other) => request.headers.set("Prefer", other),
        None => request.headers.remove("Prefer"),
    }
}

fn age_etag(reply: &mut Reply) {
    let number = reply.headers.get("ETag").and_then(|tag| {
        tag.trim_start_matches("W/")
            .trim_matches('"')
            .parse::<u64>()
            .ok()
    });
    if let Some(number) = number.filter(|number| *number > 1) {
        reply.headers.set("ETag", format!("W/\"{}\"", number - 1));
    }
}
