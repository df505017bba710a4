//! Defects of the CapabilityStatement, and of what it promises.

use super::Facts;
use super::tools::{parameters, segments, set_segments};
use crate::serve::fhir_r4::call::Answer;
use crate::serve::fhir_r4::json::Json;
use crate::serve::fhir_r4::message::{Reply, Request};
use crate::serve::fhir_r4::problem::Problem;
use crate::serve::fhir_r4::route::Interaction;
use crate::serve::fhir_r4::types::OFFERED;

pub fn missing(_: &Request, interaction: &Interaction) -> Option<Problem> {
    (*interaction == Interaction::Capabilities)
        .then(|| Problem::not_found("there is nothing at this path"))
}

pub fn as_plain_json(facts: &Facts, reply: &mut Reply) {
    if is_capabilities(facts)
        && reply
            .headers
            .get("Content-Type")
            .is_some_and(|kind| kind.contains("fhir+json"))
    {
        reply.headers.set("Content-Type", "application/json");
    }
}

pub fn of_a_client(statement: &mut Json) {
    each_rest(statement, &|rest| rest.set("mode", "client"));
}

pub fn other_version(statement: &mut Json) {
    statement.set("fhirVersion", "3.0.2");
}

pub fn without_version(statement: &mut Json) {
    statement.remove("fhirVersion");
}

pub fn without_status(statement: &mut Json) {
    statement.remove("status");
}

pub fn without_date(statement: &mut Json) {
    statement.remove("date");
}

pub fn without_kind(statement: &mut Json) {
    statement.remove("kind");
}

pub fn without_format(statement: &mut Json) {
    statement.remove("format");
}

pub fn repeats_a_type(statement: &mut Json) {
    each_rest(statement, &|rest| {
        let again = rest
            .each("resource")
            .iter()
            .find(|kind| kind.text("type") == Some("Patient"))
            .cloned();
        append(rest, "resource", again);
    });
}

pub fn repeats_a_parameter(statement: &mut Json) {
    each_type(statement, &|kind| {
        let again = kind.each("searchParam").last().cloned();
        append(kind, "searchParam", again);
    });
}

pub fn without_etag(facts: &Facts, reply: &mut Reply) {
    if is_capabilities(facts) {
        reply.headers.remove("ETag");
    }
}

pub fn etag_changes(facts: &Facts, reply: &mut Reply) {
    if is_capabilities(facts) {
        reply.headers.set(
            "ETag",
            format!("W/\"{}\"", facts.request.received.as_nanosecond()),
        );
    }
}

pub fn changes_under_its_etag(facts: &Facts, answer: &mut Answer) {
    let time = facts.request.received.to_string();
    if let Some(statement) = answer.body.as_mut().filter(|_| is_capabilities(facts)) {
        statement.set("copyright", format!("written at {time}"));
    }
}

pub fn with_nulls(statement: &mut Json) {
    statement.place(usize::MAX, "publisher", Json::Null);
}

pub fn vread_is_not_implemented(_: &Request, interaction: &Interaction) -> Option<Problem> {
    matches!(interaction, Interaction::ReadVersion(..)).then(not_implemented)
}

pub fn history_is_not_implemented(_: &Request, interaction: &Interaction) -> Option<Problem> {
    matches!(interaction, Interaction::HistoryInstance(_)).then(not_implemented)
}

pub fn unknown_is_not_implemented(facts: &Facts, reply: &mut Reply) {
    if matches!(facts.interaction, Some(Interaction::Read(_))) && reply.status == 404 {
        reply.status = 501;
    }
}

pub fn search_needs_a_criterion(request: &Request, interaction: &Interaction) -> Option<Problem> {
    let of_type = matches!(interaction, Interaction::SearchType(_));
    let bare = parameters(request)
        .iter()
        .all(|(name, _)| ["_count", "_format", "_summary"].contains(&name));
    (of_type && bare).then(not_implemented)
}

pub fn create_is_not_implemented(_: &Request, interaction: &Interaction) -> Option<Problem> {
    matches!(interaction, Interaction::Create(_)).then(not_implemented)
}

pub fn update_is_not_implemented(_: &Request, interaction: &Interaction) -> Option<Problem> {
    matches!(interaction, Interaction::Update(_)).then(not_implemented)
}

pub fn terminology_mode_is_refused(
    request: &Request,
    interaction: &Interaction,
) -> Option<Problem> {
    let asked =
        *interaction == Interaction::Capabilities && request.query.contains("mode=terminology");
    asked.then(|| Problem::bad_request("there is no such mode"))
}

pub fn terminology_mode_is_empty(facts: &Facts, answer: &mut Answer) {
    if is_capabilities(facts) && facts.request.query.contains("mode=terminology") {
        answer.body = Some(Json::object([
            ("resourceType", "Bundle".into()),
            ("type", "collection".into()),
        ]));
    }
}

pub fn unknown_type_is_server_error(facts: &Facts, reply: &mut Reply) {
    answers_unknown_type(facts, reply, 500);
}

pub fn unknown_type_is_bad_request(facts: &Facts, reply: &mut Reply) {
    answers_unknown_type(facts, reply, 400);
}

pub fn unknown_type_is_empty(facts: &Facts, reply: &mut Reply) {
    answers_unknown_type(facts, reply, 200);
}

pub fn claims_turtle(statement: &mut Json) {
    append(statement, "format", Some("application/fhir+turtle".into()));
    append(statement, "format", Some("ttl".into()));
}

pub fn only_in_json(request: &mut Request) {
    let xml = request
        .headers
        .get("Accept")
        .is_some_and(|accept| accept.contains("xml"));
    if segments(request) == ["metadata"] && xml {
        request.headers.set("Accept", "application/fhir+json");
    }
}

pub fn type_history_is_not_implemented(_: &Request, interaction: &Interaction) -> Option<Problem> {
    matches!(interaction, Interaction::HistoryType(_)).then(not_implemented)
}

pub fn delete_is_not_allowed(_: &Request, interaction: &Interaction) -> Option<Problem> {
    matches!(interaction, Interaction::Delete(_)).then(|| Problem::not_allowed("GET, HEAD, PUT"))
}

pub fn patch_is_not_implemented(_: &Request, interaction: &Interaction) -> Option<Problem> {
    matches!(
        interaction,
        Interaction::Patch(_) | Interaction::ConditionalPatch(_)
    )
    .then(not_implemented)
}

pub fn type_names_in_any_case(request: &mut Request) {
    let mut parts: Vec<String> = segments(request).into_iter().map(str::to_owned).collect();
    let known = parts.first().and_then(|name| {
        OFFERED
            .iter()
            .find(|kind| kind.name.eq_ignore_ascii_case(name))
    });
    if let (Some(first), Some(kind)) = (parts.first_mut(), known) {
        *first = kind.name.to_owned();
        set_segments(request, &parts);
    }
}

pub fn denies_versions(statement: &mut Json) {
    each_type(statement, &|kind| kind.set("versioning", "no-version"));
}

pub fn denies_clients_ids(statement: &mut Json) {
    each_type(statement, &|kind| kind.set("updateCreate", false));
}

pub fn denies_conditional_update(statement: &mut Json) {
    each_type(statement, &|kind| kind.set("conditionalUpdate", false));
}

pub fn claims_multiple_delete(statement: &mut Json) {
    each_type(statement, &|kind| kind.set("conditionalDelete", "multiple"));
}

pub fn denies_bundles(statement: &mut Json) {
    each_rest(statement, &|rest| {
        let bundles = |code: Option<&str>| matches!(code, Some("transaction" | "batch"));
        let kept: Vec<Json> = rest
            .each("interaction")
            .iter()
            .filter(|entry| !bundles(entry.text("code")))
            .cloned()
            .collect();
        rest.set("interaction", Json::list(kept));
    });
}

fn is_capabilities(facts: &Facts) -> bool {
    facts.interaction == Some(&Interaction::Capabilities)
}

fn answers_unknown_type(facts: &Facts, reply: &mut Reply, status: u16) {
    let unknown = segments(facts.request)
        .first()
        .is_some_and(|name| OFFERED.iter().all(|kind| kind.name != *name));
    if facts.interaction.is_none() && reply.status == 404 && unknown {
        reply.status = status;
    }
}

fn not_implemented() -> Problem {
    Problem::new(501, "not-supported", "this is not implemented")
}

fn each_rest(statement: &mut Json, change: &dyn Fn(&mut Json)) {
    if let Some(rests) = statement.get_mut("rest").and_then(Json::items_mut) {
        rests.iter_mut().for_each(change);
    }
}

fn each_type(statement: &mut Json, change: &dyn Fn(&mut Json)) {
    each_rest(statement, &|rest| {
        if let Some(kinds) = rest.get_mut("resource").and_then(Json::items_mut) {
            kinds.iter_mut().for_each(change);
        }
    });
}

fn append(value: &mut Json, name: &str, item: Option<Json>) {
    if let Some(items) = value.get_mut(name).and_then(Json::items_mut) {
        items.extend(item);
    }
}
