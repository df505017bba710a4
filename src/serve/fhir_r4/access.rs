//! What surrounds an interaction: the token, cross-origin requests, and the ids of requests.

use super::call::Answer;
use super::defects::{DefectId, Defects};
use super::message::{Headers, Method, Reply, Request};
use super::problem::Problem;
use super::route::Interaction;

/// Header fields that a browser's script may send and see.
const REQUEST_FIELDS: &str = "Accept, Authorization, Content-Type, If-Match, If-Modified-Since, If-None-Exist, If-None-Match, Prefer, X-Correlation-Id, X-Request-Id";
const REPLY_FIELDS: &str = "Content-Location, ETag, Last-Modified, Location, X-Request-Id";

/// Answers a request that asks only for what is allowed across origins.
pub fn preflight(request: &Request) -> Option<Answer> {
    if request.method != Method::Options {
        return None;
    }
    let mut headers = Headers::default();
    headers.set("Allow", "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS");
    if request.headers.get("Origin").is_some() {
        headers.set(
            "Access-Control-Allow-Methods",
            "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS",
        );
        headers.set("Access-Control-Allow-Headers", REQUEST_FIELDS);
        headers.set("Access-Control-Max-Age", "600");
    }
    Some(Answer {
        status: 204,
        headers,
        body: None,
    })
}

/// Refuses a request without the token, where one is needed. The CapabilityStatement is open to all.
///
/// # Errors
/// 401, with the scheme that would do.
pub fn demand_token(
    request: &Request,
    interaction: &Interaction,
    token: Option<&str>,
    defects: &Defects,
) -> Result<(), Problem> {
    let Some(token) = token.filter(|_| *interaction != Interaction::Capabilities) else {
        return Ok(());
    };
    let given = request
        .headers
        .get("Authorization")
        .and_then(|header| header.split_once(' '));
    let refusal = |text: &str| Problem::new(401, "login", text.to_owned());
    match given {
        Some((scheme, given)) if scheme.eq_ignore_ascii_case("bearer") && given.trim() == token => {
            Ok(())
        }
        _ if defects.has(DefectId::ServesWithoutToken) => Ok(()),
        Some(_) => Err(refusal("the token is not valid").with(
            "WWW-Authenticate",
            "Bearer realm=\"plugfest\", error=\"invalid_token\"",
        )),
        None => Err(refusal("a bearer token is needed")
            .with("WWW-Authenticate", "Bearer realm=\"plugfest\"")),
    }
}

/// Adds what every reply has: the request's id, and permission for other origins.
pub fn complete(request: &Request, own_id: &str, reply: &mut Reply) {
    let given = request
        .headers
        .get("X-Request-Id")
        .filter(|id| is_harmless(id));
    reply.headers.set("X-Request-Id", given.unwrap_or(own_id));
    if let Some(id) = request
        .headers
        .get("X-Correlation-Id")
        .filter(|id| is_harmless(id))
    {
        reply.headers.set("X-Correlation-Id", id);
    }
    if request.headers.get("Origin").is_some() {
        reply.headers.set("Access-Control-Allow-Origin", "*");
        reply
            .headers
            .set("Access-Control-Expose-Headers", REPLY_FIELDS);
    }
}

/// An id comes back only when it is short and plain: it is the client's text in our header.
fn is_harmless(id: &str) -> bool {
    !id.is_empty() && id.len() <= 200 && id.bytes().all(|byte| byte.is_ascii_graphic())
}
