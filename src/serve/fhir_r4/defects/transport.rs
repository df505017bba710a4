//! Defects of headers, access and transport.

use super::Facts;
use super::tools::without_body;
use crate::serve::fhir_r4::message::{Method, Reply};

pub fn request_id_is_lost(_: &Facts, reply: &mut Reply) {
    reply.headers.remove("X-Request-Id");
}

pub fn request_id_is_replaced(_: &Facts, reply: &mut Reply) {
    reply
        .headers
        .set("X-Request-Id", "00000000-0000-4000-8000-000000000000");
    reply.headers.remove("X-Correlation-Id");
}

pub fn preflight_is_refused(facts: &Facts, reply: &mut Reply) {
    if facts.request.method == Method::Options {
        reply.status = 405;
        without_body(reply);
        drop_permissions(reply);
    }
}

pub fn preflight_without_origin(facts: &Facts, reply: &mut Reply) {
    if facts.request.method == Method::Options {
        drop_permissions(reply);
    }
}

pub fn refusal_without_challenge(_: &Facts, reply: &mut Reply) {
    if reply.status == 401 {
        reply.headers.remove("WWW-Authenticate");
    }
}

pub fn refusal_is_forbidden(_: &Facts, reply: &mut Reply) {
    if reply.status == 401 {
        reply.status = 403;
        reply.headers.remove("WWW-Authenticate");
    }
}

fn drop_permissions(reply: &mut Reply) {
    let names = [
        "Access-Control-Allow-Origin",
        "Access-Control-Allow-Methods",
        "Access-Control-Allow-Headers",
        "Access-Control-Max-Age",
    ];
    names.iter().for_each(|name| reply.headers.remove(name));
}
