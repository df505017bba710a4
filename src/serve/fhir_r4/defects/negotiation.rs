//! Defects of formats and of their negotiation.

use super::Facts;
use super::tools::{asks_for_create, each_entry, read_resource, searchset};
use crate::serve::fhir_r4::call::Answer;
use crate::serve::fhir_r4::json::Json;
use crate::serve::fhir_r4::message::{Method, Reply, Request};
use crate::serve::fhir_r4::negotiate::{self, Form, MediaType};
use crate::serve::fhir_r4::problem::Problem;
use crate::serve::fhir_r4::query::Query;
use crate::serve::fhir_r4::route::Interaction;
use std::sync::Arc;

/// A media type that no server can give.
const NOTHING: &str = "application/x-nothing";

pub fn refuses_versions_in_accept(request: &mut Request) {
    if request
        .headers
        .get("Accept")
        .is_some_and(|accept| accept.to_ascii_lowercase().contains("fhirversion"))
    {
        request.headers.set("Accept", NOTHING);
    }
}

pub fn ignores_versions(request: &mut Request) {
    for name in ["Accept", "Content-Type"] {
        edit_header(request, name, &|text| {
            without_parameter(text, "fhirversion")
        });
    }
}

pub fn ignores_version_in_accept(request: &mut Request) {
    if request.headers.get("Content-Type").is_some() {
        edit_header(request, "Accept", &|text| {
            without_parameter(text, "fhirversion")
        });
    }
}

pub fn answers_in_r5(facts: &Facts, reply: &mut Reply) {
    let versioned = facts
        .request
        .headers
        .get("Content-Type")
        .is_some_and(|kind| kind.contains("fhirVersion"));
    if versioned && reply.status < 300 {
        reply
            .headers
            .set("Content-Type", "application/fhir+json; fhirVersion=5.0");
    }
}

pub fn json_as_plain_json(facts: &Facts, reply: &mut Reply) {
    let fhir = reply
        .headers
        .get("Content-Type")
        .is_some_and(|kind| kind.contains("fhir+json"));
    if fhir
        && facts
            .interaction
            .is_some_and(|interaction| *interaction != Interaction::Capabilities)
    {
        reply
            .headers
            .set("Content-Type", "application/json; charset=utf-8");
    }
}

pub fn xml_as_plain_xml(facts: &Facts, reply: &mut Reply) {
    let fhir = reply
        .headers
        .get("Content-Type")
        .is_some_and(|kind| kind.contains("fhir+xml"));
    if fhir
        && facts
            .interaction
            .is_some_and(|interaction| *interaction != Interaction::Capabilities)
    {
        reply
            .headers
            .set("Content-Type", "application/xml; charset=utf-8");
    }
}

pub fn xml_without_namespace(facts: &Facts, reply: &mut Reply) {
    if facts.chosen.form == Form::Xml {
        let text =
            String::from_utf8_lossy(&reply.body).replacen(" xmlns=\"http://hl7.org/fhir\"", "", 1);
        reply.body = text.into_bytes();
    }
}

pub fn xml_is_refused(request: &mut Request) {
    if wants_xml(request) {
        drop_format(request);
        request.headers.set("Accept", NOTHING);
    }
}

pub fn xml_gets_json(request: &mut Request) {
    if wants_xml(request) {
        drop_format(request);
        request.headers.set("Accept", "application/fhir+json");
    }
}

pub fn ignores_quality(request: &mut Request) {
    edit_header(request, "Accept", &|text| without_parameter(text, "q"));
}

pub fn generic_accept_is_refused(request: &mut Request) {
    edit_header(request, "Accept", &|text| {
        let generic = [
            "application/json",
            "text/json",
            "application/xml",
            "text/xml",
        ];
        let ranges = text.split(',').map(str::trim);
        ranges
            .map(|range| {
                if generic.contains(&MediaType::read(range).name.as_str()) {
                    NOTHING
                } else {
                    range
                }
            })
            .collect::<Vec<_>>()
            .join(", ")
    });
}

pub fn unsupported_accept_gets_json(request: &mut Request) {
    let fhir = |text: &str| {
        text.split(',')
            .any(|range| Form::named(&MediaType::read(range).name).is_some() || range.contains('*'))
    };
    edit_header(request, "Accept", &|text| {
        if fhir(text) {
            text.to_owned()
        } else {
            "*/*".to_owned()
        }
    });
}

pub fn unsupported_accept_is_server_error(facts: &Facts, reply: &mut Reply) {
    let versioned = facts
        .request
        .headers
        .get("Accept")
        .is_some_and(|accept| accept.to_ascii_lowercase().contains("fhirversion"));
    if reply.status == 406 && !versioned {
        reply.status = 500;
    }
}

pub fn unsupported_body_is_read(request: &mut Request) {
    let writes = matches!(request.method, Method::Post | Method::Put) && !request.body.is_empty();
    if writes && negotiate::body_kind(request.headers.get("Content-Type")).is_err() {
        request.headers.set("Content-Type", "application/fhir+json");
    }
}

pub fn unsupported_body_is_server_error(facts: &Facts, reply: &mut Reply) {
    if reply.status == 415 && facts.request.method != Method::Patch {
        reply.status = 500;
    }
}

pub fn ignores_format(request: &mut Request) {
    drop_format(request);
}

pub fn format_takes_short_codes_only(request: &mut Request) {
    let query = Query::parse(&request.query).unwrap_or_default();
    if query
        .get("_format")
        .is_some_and(|format| format.contains('/'))
    {
        drop_format(request);
        request.query = format!("{}&_format={NOTHING}", request.query);
    }
}

pub fn reads_utf8_as_latin1(request: &mut Request) {
    let text: String = request.body.iter().map(|byte| char::from(*byte)).collect();
    request.body = text.into_bytes();
}

pub fn replies_in_latin1(_: &Facts, reply: &mut Reply) {
    let text = String::from_utf8_lossy(&reply.body).into_owned();
    reply.body = text
        .chars()
        .map(|letter| u8::try_from(u32::from(letter)).unwrap_or(b'?'))
        .collect();
}

pub fn format_decides_the_body(request: &mut Request) {
    let query = Query::parse(&request.query).unwrap_or_default();
    let form = query.get("_format").and_then(Form::named);
    if let Some(form) = form.filter(|_| asks_for_create(request)) {
        request.headers.set("Content-Type", form.media_type());
    }
}

pub fn pretty_is_refused(request: &Request, _: &Interaction) -> Option<Problem> {
    request
        .query
        .contains("_pretty=")
        .then(|| Problem::bad_request("there is no parameter `_pretty`"))
}

pub fn pretty_is_html(facts: &Facts, reply: &mut Reply) {
    if facts.request.query.contains("_pretty=true") {
        let text = String::from_utf8_lossy(&reply.body)
            .replace('&', "&amp;")
            .replace('<', "&lt;");
        reply.body = format!("<html><body><pre>{text}</pre></body></html>").into_bytes();
        reply
            .headers
            .set("Content-Type", "text/html; charset=utf-8");
    }
}

pub fn pretty_leaves_out_meta(facts: &Facts, answer: &mut Answer) {
    let pretty = facts.request.query.contains("_pretty=true");
    if let Some(resource) = read_resource(facts, answer).filter(|_| pretty) {
        resource.remove("meta");
    }
}

pub fn sends_empty_arrays(facts: &Facts, answer: &mut Answer) {
    if let Some(resource) = read_resource(facts, answer) {
        resource.place(usize::MAX, "extension", Json::List(Arc::default()));
    }
}

pub fn sends_empty_entries(facts: &Facts, answer: &mut Answer) {
    if let Some(bundle) = searchset(facts, answer).filter(|bundle| bundle.get("entry").is_none()) {
        bundle.place(usize::MAX, "entry", Json::List(Arc::default()));
    }
}

pub fn sends_nulls(facts: &Facts, answer: &mut Answer) {
    if let Some(resource) = read_resource(facts, answer) {
        resource.place(usize::MAX, "implicitRules", Json::Null);
    }
}

pub fn searches_send_nulls(facts: &Facts, answer: &mut Answer) {
    if let Some(bundle) = searchset(facts, answer) {
        each_entry(bundle, &|entry| {
            if let Some(resource) = entry.get_mut("resource") {
                resource.place(usize::MAX, "implicitRules", Json::Null);
            }
        });
    }
}

pub fn xml_changes_the_id(facts: &Facts, answer: &mut Answer) {
    if let Some(resource) = read_xml(facts, answer) {
        let id = format!(
            "{}-{}",
            resource.resource_type().to_lowercase(),
            resource.text("id").unwrap_or_default()
        );
        resource.set("id", id);
    }
}

pub fn xml_without_version_id(facts: &Facts, answer: &mut Answer) {
    if let Some(meta) = read_xml(facts, answer).and_then(|resource| resource.get_mut("meta")) {
        meta.remove("versionId");
    }
}

pub fn xml_loses_identifiers(facts: &Facts, answer: &mut Answer) {
    if let Some(resource) = read_xml(facts, answer) {
        resource.remove("identifier");
    }
}

pub fn xml_changes_booleans(facts: &Facts, answer: &mut Answer) {
    if let Some(active) = read_xml(facts, answer).and_then(|resource| resource.get_mut("active")) {
        *active = Json::Bool(false);
    }
}

fn read_xml<'a>(facts: &Facts, answer: &'a mut Answer) -> Option<&'a mut Json> {
    read_resource(facts, answer).filter(|_| facts.chosen.form == Form::Xml)
}

fn wants_xml(request: &Request) -> bool {
    let query = Query::parse(&request.query).unwrap_or_default();
    let chosen = negotiate::choose(
        query.get("_format"),
        request.headers.joined("Accept").as_deref(),
    );
    chosen.is_ok_and(|chosen| chosen.form == Form::Xml)
}

fn drop_format(request: &mut Request) {
    let mut query = Query::parse(&request.query).unwrap_or_default();
    if query.get("_format").is_some() {
        query.remove("_format");
        request.query = query.write();
    }
}

fn edit_header(request: &mut Request, name: &str, edit: &dyn Fn(&str) -> String) {
    if let Some(text) = request.headers.joined(name) {
        request.headers.set(name, edit(&text));
    }
}

/// Media ranges without a parameter.
fn without_parameter(text: &str, name: &str) -> String {
    let named = |part: &str| {
        part.split_once('=')
            .is_some_and(|(key, _)| key.trim().eq_ignore_ascii_case(name))
    };
    let ranges = text.split(',').map(|range| {
        range
            .split(';')
            .filter(|part| !named(part))
            .collect::<Vec<_>>()
            .join(";")
    });
    ranges.collect::<Vec<_>>().join(",")
}
