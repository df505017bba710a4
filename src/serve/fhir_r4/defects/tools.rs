//! What the hooks of several defects share.

use super::Facts;
use crate::serve::fhir_r4::call::Answer;
use crate::serve::fhir_r4::json::Json;
use crate::serve::fhir_r4::message::{Method, Reply, Request};
use crate::serve::fhir_r4::problem::Problem;
use crate::serve::fhir_r4::query::Query;
use crate::serve::fhir_r4::route::Interaction;

/// The segments of the path below the base, which has one segment of its own.
pub fn segments(request: &Request) -> Vec<&str> {
    let path = request.path.trim_matches('/');
    path.split('/')
        .skip(1)
        .filter(|segment| !segment.is_empty())
        .collect()
}

/// Replaces the segments of the path below the base.
pub fn set_segments(request: &mut Request, segments: &[String]) {
    let base = request
        .path
        .trim_matches('/')
        .split('/')
        .next()
        .unwrap_or_default();
    request.path = format!("/{base}/{}", segments.join("/"));
}

/// Whether a request is a search, by its method and path.
pub fn asks_for_search(request: &Request) -> bool {
    let segments = segments(request);
    match (request.method, segments.as_slice()) {
        (Method::Get | Method::Head, [name]) => {
            !name.starts_with('$') && !["metadata", "_history"].contains(name)
        }
        (Method::Get | Method::Head, []) => true,
        (Method::Get | Method::Head, [_, _, name]) => !name.starts_with('$') && *name != "_history",
        (Method::Post, [.., "_search"]) => true,
        _ => false,
    }
}

/// Whether a request is a create, by its method and path.
pub fn asks_for_create(request: &Request) -> bool {
    matches!((request.method, segments(request).as_slice()), (Method::Post, [name]) if !name.starts_with('$') && *name != "_search")
}

/// Passes each parameter of a search, in the URL and in the body, through a function that may change or drop it.
pub fn edit_parameters(request: &mut Request, edit: &dyn Fn(&str, &str) -> Option<String>) {
    if !asks_for_search(request) {
        return;
    }
    request.query = edited(&request.query, edit);
    if is_form(request) {
        let body = String::from_utf8_lossy(&request.body).into_owned();
        request.body = edited(&body, edit).into_bytes();
    }
}

/// Drops the parameters of a search whose names fit.
pub fn drop_parameters(request: &mut Request, fits: &dyn Fn(&str) -> bool) {
    edit_parameters(request, &|name, value| {
        (!fits(name)).then(|| value.to_owned())
    });
}

/// The parameters of a request, in the URL and in the body.
pub fn parameters(request: &Request) -> Query {
    let mut query = Query::parse(&request.query).unwrap_or_default();
    if is_form(request) {
        query.extend(Query::parse(&String::from_utf8_lossy(&request.body)).unwrap_or_default());
    }
    query
}

/// Whether the interaction is a search.
pub fn is_search(facts: &Facts) -> bool {
    facts.interaction.is_some_and(searches)
}

/// Whether an interaction is a search.
pub fn searches(interaction: &Interaction) -> bool {
    matches!(
        interaction,
        Interaction::SearchType(_) | Interaction::SearchSystem | Interaction::SearchCompartment(..)
    )
}

/// Whether the interaction is a history.
pub fn is_history(facts: &Facts) -> bool {
    matches!(
        facts.interaction,
        Some(
            Interaction::HistoryInstance(_)
                | Interaction::HistoryType(_)
                | Interaction::HistorySystem
        )
    )
}

/// Whether the interaction is the read of a current version.
pub fn is_read(facts: &Facts) -> bool {
    matches!(facts.interaction, Some(Interaction::Read(_)))
}

/// Whether the interaction is an operation of that name.
pub fn is_operation(facts: &Facts, wanted: &str) -> bool {
    matches!(facts.interaction, Some(Interaction::Operation(_, name)) if name == wanted)
}

/// The resource of a good answer to a read.
pub fn read_resource<'a>(facts: &Facts, answer: &'a mut Answer) -> Option<&'a mut Json> {
    answer
        .body
        .as_mut()
        .filter(|_| is_read(facts) && answer.status == 200)
}

/// The Bundle of a good answer to a search.
pub fn searchset<'a>(facts: &Facts, answer: &'a mut Answer) -> Option<&'a mut Json> {
    answer
        .body
        .as_mut()
        .filter(|_| is_search(facts) && answer.status == 200)
}

/// The Bundle of a good answer to a history.
pub fn history<'a>(facts: &Facts, answer: &'a mut Answer) -> Option<&'a mut Json> {
    answer
        .body
        .as_mut()
        .filter(|_| is_history(facts) && answer.status == 200)
}

/// Changes each entry of a Bundle.
pub fn each_entry(bundle: &mut Json, change: &dyn Fn(&mut Json)) {
    if let Some(entries) = bundle.get_mut("entry").and_then(Json::items_mut) {
        entries.iter_mut().for_each(change);
    }
}

/// Keeps the entries of a Bundle that fit; a Bundle without entries has no list of them.
pub fn keep_entries(bundle: &mut Json, fits: &dyn Fn(&Json) -> bool) {
    let kept: Vec<Json> = bundle
        .each("entry")
        .iter()
        .filter(|entry| fits(entry))
        .cloned()
        .collect();
    bundle.set("entry", Json::list(kept));
}

/// The search mode of an entry.
pub fn mode(entry: &Json) -> &str {
    entry
        .get("search")
        .and_then(|search| search.text("mode"))
        .unwrap_or_default()
}

/// Removes the links of a relation from a Bundle.
pub fn drop_link(bundle: &mut Json, relation: &str) {
    let kept: Vec<Json> = bundle
        .each("link")
        .iter()
        .filter(|link| link.text("relation") != Some(relation))
        .cloned()
        .collect();
    bundle.set("link", Json::list(kept));
}

/// Changes the URL of the links of a relation.
pub fn edit_link(bundle: &mut Json, relation: &str, edit: &dyn Fn(&str) -> String) {
    let Some(links) = bundle.get_mut("link").and_then(Json::items_mut) else {
        return;
    };
    for link in links
        .iter_mut()
        .filter(|link| link.text("relation") == Some(relation))
    {
        let url = edit(link.text("url").unwrap_or_default());
        link.set("url", url);
    }
}

/// Refuses a search with a parameter that fits.
pub fn refused(
    request: &Request,
    interaction: &Interaction,
    fits: &dyn Fn(&str, &str) -> bool,
) -> Option<Problem> {
    let found = searches(interaction)
        && parameters(request)
            .iter()
            .any(|(name, value)| fits(name, value));
    found.then(|| Problem::new(400, "not-supported", "this search is not supported"))
}

/// Fails on a search with a parameter that fits.
pub fn failed(
    request: &Request,
    interaction: &Interaction,
    fits: &dyn Fn(&str, &str) -> bool,
) -> Option<Problem> {
    refused(request, interaction, fits).map(|_| Problem::new(500, "exception", "the search failed"))
}

/// Takes the body out of a reply.
pub fn without_body(reply: &mut Reply) {
    reply.body.clear();
    reply.headers.remove("Content-Type");
}

/// Takes the tag that marks a part out of a resource.
pub fn unmark(resource: &mut Json) {
    let Some(meta) = resource.get_mut("meta") else {
        return;
    };
    let kept: Vec<Json> = meta
        .each("tag")
        .iter()
        .filter(|tag| tag.text("code") != Some("SUBSETTED"))
        .cloned()
        .collect();
    meta.set("tag", Json::list(kept));
}

fn is_form(request: &Request) -> bool {
    request
        .headers
        .get("Content-Type")
        .is_some_and(|kind| kind.starts_with("application/x-www-form-urlencoded"))
}

fn edited(text: &str, edit: &dyn Fn(&str, &str) -> Option<String>) -> String {
    let mut out = Query::default();
    for (name, value) in Query::parse(text).unwrap_or_default().iter() {
        if let Some(value) = edit(name, value) {
            out.push(name, value);
        }
    }
    out.write()
}
