//! Defects of histories.

use super::Facts;
use super::tools::{
    drop_link, each_entry, edit_link, history, keep_entries, segments, set_segments, without_body,
};
use crate::serve::fhir_r4::call::Answer;
use crate::serve::fhir_r4::json::Json;
use crate::serve::fhir_r4::message::{Reply, Request};
use crate::serve::fhir_r4::problem::Problem;
use crate::serve::fhir_r4::query::Query;
use crate::serve::fhir_r4::route::Interaction;

pub fn oldest_first(facts: &Facts, answer: &mut Answer) {
    if let Some(entries) = history(facts, answer)
        .and_then(|bundle| bundle.get_mut("entry"))
        .and_then(Json::items_mut)
    {
        entries.reverse();
    }
}

pub fn as_searchset(facts: &Facts, answer: &mut Answer) {
    if let Some(bundle) = history(facts, answer) {
        bundle.set("type", "searchset");
    }
}

pub fn forgets(facts: &Facts, answer: &mut Answer) {
    let of_instance = matches!(facts.interaction, Some(Interaction::HistoryInstance(_)));
    let bundle = history(facts, answer).filter(|_| of_instance);
    if let Some(entries) = bundle
        .and_then(|bundle| bundle.get_mut("entry"))
        .and_then(Json::items_mut)
    {
        entries.truncate(1);
    }
}

pub fn without_resources(facts: &Facts, answer: &mut Answer) {
    drop_part(facts, answer, "resource");
}

pub fn without_requests(facts: &Facts, answer: &mut Answer) {
    drop_part(facts, answer, "request");
}

pub fn without_responses(facts: &Facts, answer: &mut Answer) {
    drop_part(facts, answer, "response");
}

pub fn with_bare_entries(facts: &Facts, answer: &mut Answer) {
    drop_part(facts, answer, "resource");
    drop_part(facts, answer, "request");
}

pub fn next_leads_nowhere(facts: &Facts, answer: &mut Answer) {
    if let Some(bundle) = history(facts, answer) {
        edit_link(bundle, "next", &|_| format!("{}/_getpages/1", facts.base));
    }
}

pub fn refuses_since(request: &Request, interaction: &Interaction) -> Option<Problem> {
    let of_instance = matches!(interaction, Interaction::HistoryInstance(_));
    (of_instance && request.query.contains("_since="))
        .then(|| Problem::bad_request("`_since` is not supported"))
}

pub fn since_twice_is_empty(request: &mut Request) {
    let mut query = Query::parse(&request.query).unwrap_or_default();
    let twice = query.all("_since").count() > 1;
    if twice && segments(request).last() == Some(&"_history") {
        query.remove("_since");
        query.push("_since", "9000-01-01");
        request.query = query.write();
    }
}

pub fn hides_deletes(facts: &Facts, answer: &mut Answer) {
    if let Some(bundle) = history(facts, answer) {
        keep_entries(bundle, &|entry| !is_delete(entry));
    }
}

pub fn of_deletes_has_resources(facts: &Facts, answer: &mut Answer) {
    let Some(bundle) = history(facts, answer) else {
        return;
    };
    let before = bundle
        .each("entry")
        .iter()
        .find_map(|entry| entry.get("resource").cloned());
    each_entry(bundle, &|entry| {
        if is_delete(entry) {
            entry.set("resource", before.clone());
        }
    });
}

pub fn ignores_count(request: &mut Request) {
    drop_parameter(request, "_count");
}

pub fn ignores_since(request: &mut Request) {
    drop_parameter(request, "_since");
}

pub fn without_next(facts: &Facts, answer: &mut Answer) {
    if let Some(bundle) = history(facts, answer) {
        drop_link(bundle, "next");
    }
}

pub fn of_unknown_is_empty(facts: &Facts, answer: &mut Answer) {
    if matches!(facts.interaction, Some(Interaction::HistoryInstance(_))) && answer.status == 404 {
        answer.status = 200;
        answer.body = Some(Json::object([
            ("resourceType", "Bundle".into()),
            ("type", "history".into()),
            ("total", 0_usize.into()),
        ]));
    }
}

pub fn of_unknown_without_outcome(facts: &Facts, reply: &mut Reply) {
    if matches!(facts.interaction, Some(Interaction::HistoryInstance(_))) && reply.status == 404 {
        without_body(reply);
    }
}

pub fn of_type_mixes_types(request: &mut Request) {
    if matches!(segments(request).as_slice(), [_, "_history"]) {
        set_segments(request, &["_history".to_owned()]);
        drop_parameter(request, "_since");
    }
}

pub fn of_type_forgets(facts: &Facts, answer: &mut Answer) {
    let of_type = matches!(facts.interaction, Some(Interaction::HistoryType(_)));
    if let Some(bundle) = history(facts, answer).filter(|_| of_type) {
        keep_entries(bundle, &|entry| method(entry) != Some("POST"));
    }
}

pub fn with_search_modes(facts: &Facts, answer: &mut Answer) {
    if let Some(bundle) = history(facts, answer) {
        each_entry(bundle, &|entry| {
            entry.set("search", Json::object([("mode", "match".into())]))
        });
    }
}

fn drop_part(facts: &Facts, answer: &mut Answer, name: &str) {
    if let Some(bundle) = history(facts, answer) {
        each_entry(bundle, &|entry| {
            entry.remove(name);
        });
    }
}

fn is_delete(entry: &Json) -> bool {
    method(entry) == Some("DELETE")
}

fn method(entry: &Json) -> Option<&str> {
    entry
        .get("request")
        .and_then(|request| request.text("method"))
}

fn drop_parameter(request: &mut Request, name: &str) {
    if segments(request).last() == Some(&"_history") {
        let mut query = Query::parse(&request.query).unwrap_or_default();
        query.remove(name);
        request.query = query.write();
    }
}
