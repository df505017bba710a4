//! Defects of reads, of the current and of earlier versions.

use super::Facts;
use super::tools::{is_read, read_resource, segments, set_segments, unmark, without_body};
use crate::serve::fhir_r4::call::Answer;
use crate::serve::fhir_r4::json::Json;
use crate::serve::fhir_r4::message::{Method, Reply, Request};
use crate::serve::fhir_r4::moment::http_date;
use crate::serve::fhir_r4::problem::Problem;
use crate::serve::fhir_r4::route::Interaction;
use jiff::Timestamp;
use sha2::{Digest, Sha256};

pub fn changes_the_id(facts: &Facts, answer: &mut Answer) {
    if let Some(resource) = read_resource(facts, answer) {
        let id = format!(
            "{}-{}",
            resource.resource_type(),
            resource.text("id").unwrap_or_default()
        );
        resource.set("id", id);
    }
}

pub fn gives_a_list(facts: &Facts, answer: &mut Answer) {
    if let Some(resource) = read_resource(facts, answer) {
        let entry = Json::object([("resource", resource.clone())]);
        *resource = Json::object([
            ("resourceType", "Bundle".into()),
            ("type", "collection".into()),
            ("entry", Json::list([entry])),
        ]);
    }
}

pub fn without_etag(facts: &Facts, reply: &mut Reply) {
    if is_read(facts) {
        reply.headers.remove("ETag");
    }
}

pub fn with_strong_etag(facts: &Facts, reply: &mut Reply) {
    if let Some(tag) = reply
        .headers
        .get("ETag")
        .filter(|_| is_read(facts))
        .map(str::to_owned)
    {
        reply.headers.set("ETag", tag.trim_start_matches("W/"));
    }
}

pub fn with_hashed_etag(facts: &Facts, reply: &mut Reply) {
    if is_read(facts) && reply.headers.get("ETag").is_some() {
        let digest = Sha256::digest(&reply.body);
        let hex: String = digest
            .iter()
            .take(8)
            .map(|byte| format!("{byte:02x}"))
            .collect();
        reply.headers.set("ETag", format!("W/\"{hex}\""));
    }
}

pub fn without_last_modified(facts: &Facts, reply: &mut Reply) {
    if is_read(facts) {
        reply.headers.remove("Last-Modified");
    }
}

pub fn with_wrong_last_modified(facts: &Facts, reply: &mut Reply) {
    if is_read(facts) && reply.headers.get("Last-Modified").is_some() {
        reply
            .headers
            .set("Last-Modified", http_date(Timestamp::UNIX_EPOCH));
    }
}

pub fn unknown_is_server_error(facts: &Facts, reply: &mut Reply) {
    if is_read(facts) && reply.status == 404 {
        reply.status = 500;
    }
}

pub fn unknown_is_fine(facts: &Facts, reply: &mut Reply) {
    if is_read(facts) && reply.status == 404 {
        reply.status = 200;
    }
}

pub fn if_none_match_is_refused(request: &Request, interaction: &Interaction) -> Option<Problem> {
    refused_condition(request, interaction, "If-None-Match")
}

pub fn if_modified_since_is_refused(
    request: &Request,
    interaction: &Interaction,
) -> Option<Problem> {
    refused_condition(request, interaction, "If-Modified-Since")
}

pub fn summary_without_tag(facts: &Facts, answer: &mut Answer) {
    if let Some(resource) = read_resource(facts, answer) {
        unmark(resource);
    }
}

pub fn summary_is_refused(request: &Request, interaction: &Interaction) -> Option<Problem> {
    let asked = matches!(interaction, Interaction::Read(_)) && request.query.contains("_summary=");
    asked.then(|| Problem::bad_request("`_summary` is not supported"))
}

pub fn summary_is_html(facts: &Facts, reply: &mut Reply) {
    if is_read(facts) && reply.status == 200 && facts.request.query.contains("_summary=text") {
        reply.body = b"<html><body><p>a patient</p></body></html>".to_vec();
        reply.headers.set("Content-Type", "text/html");
    }
}

pub fn head_is_not_found(facts: &Facts, reply: &mut Reply) {
    if facts.request.method == Method::Head {
        reply.status = 404;
    }
}

pub fn head_with_other_headers(facts: &Facts, reply: &mut Reply) {
    if facts.request.method == Method::Head {
        reply.headers.set("ETag", "W/\"0\"");
        reply.headers.set("Content-Type", "text/plain");
    }
}

pub fn malformed_id_is_server_error(facts: &Facts, reply: &mut Reply) {
    let of_instance = segments(facts.request).len() > 1;
    if facts.interaction.is_none()
        && facts.request.method == Method::Get
        && reply.status == 400
        && of_instance
    {
        reply.status = 500;
    }
}

pub fn unversioned_keeps_its_time(facts: &Facts, answer: &mut Answer) {
    if let Some(meta) = read_resource(facts, answer).and_then(|resource| resource.get_mut("meta")) {
        meta.remove("versionId");
        meta.set("lastUpdated", "2024-01-01T00:00:00.000Z");
    }
}

pub fn unversioned_loses_its_time(facts: &Facts, answer: &mut Answer) {
    if let Some(meta) = read_resource(facts, answer).and_then(|resource| resource.get_mut("meta")) {
        meta.remove("versionId");
        meta.remove("lastUpdated");
        meta.set("source", "urn:oid:2.999");
    }
}

pub fn references_with_inner_keys(facts: &Facts, answer: &mut Answer) {
    if let Some(resource) = read_resource(facts, answer) {
        rename_references(resource);
    }
}

pub fn vread_without_version_id(facts: &Facts, answer: &mut Answer) {
    let vread = matches!(facts.interaction, Some(Interaction::ReadVersion(..)));
    let meta = answer
        .body
        .as_mut()
        .filter(|_| vread)
        .and_then(|resource| resource.get_mut("meta"));
    if let Some(meta) = meta {
        meta.remove("versionId");
    }
}

pub fn vread_changes_the_id(facts: &Facts, answer: &mut Answer) {
    let vread =
        matches!(facts.interaction, Some(Interaction::ReadVersion(..))) && answer.status == 200;
    if let Some(resource) = answer.body.as_mut().filter(|_| vread) {
        let id = format!(
            "{}-{}",
            resource.resource_type(),
            resource.text("id").unwrap_or_default()
        );
        resource.set("id", id);
    }
}

pub fn vread_gives_the_current(request: &mut Request) {
    let parts: Vec<String> = segments(request).into_iter().map(str::to_owned).collect();
    if let ([kind, id, history, _], Method::Get) = (parts.as_slice(), request.method)
        && history == "_history"
    {
        set_segments(request, &[kind.clone(), id.clone()]);
    }
}

pub fn deleted_version_is_server_error(facts: &Facts, reply: &mut Reply) {
    answers_vread(facts, reply, 410, 500);
}

pub fn unknown_version_is_bad_request(facts: &Facts, reply: &mut Reply) {
    answers_vread(facts, reply, 404, 400);
}

pub fn unknown_version_without_outcome(facts: &Facts, reply: &mut Reply) {
    if matches!(facts.interaction, Some(Interaction::ReadVersion(..))) && reply.status == 404 {
        without_body(reply);
    }
}

fn answers_vread(facts: &Facts, reply: &mut Reply, from: u16, to: u16) {
    if matches!(facts.interaction, Some(Interaction::ReadVersion(..))) && reply.status == from {
        reply.status = to;
    }
}

fn refused_condition(request: &Request, interaction: &Interaction, name: &str) -> Option<Problem> {
    let asked = matches!(interaction, Interaction::Read(_)) && request.headers.get(name).is_some();
    asked.then(|| Problem::precondition(format!("{name} is not supported")))
}

fn rename_references(value: &mut Json) {
    if let Some(items) = value.items_mut() {
        return items.iter_mut().for_each(rename_references);
    }
    let Some(members) = value.members_mut() else {
        return;
    };
    for (name, member) in members.iter_mut() {
        let key = member
            .as_text()
            .filter(|_| &**name == "reference")
            .and_then(|text| text.split_once('/'));
        match key.map(|(kind, id)| format!("{kind}/key_{id}")) {
            Some(key) => *member = Json::from(key),
            None => rename_references(member),
        }
    }
}
