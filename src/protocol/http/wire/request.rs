//! A message as bytes, and the header fields that went with it.

use url::{Position, Url};

use crate::model::Headers;
use crate::protocol::Outgoing;

/// `User-Agent`, unless the scenario gives one.
pub(super) const USER_AGENT: &str = concat!("plugfest/", env!("CARGO_PKG_VERSION"));

/// The bytes of a request, and all its header fields in their order.
pub(super) fn encode(
    outgoing: &Outgoing,
    url: &Url,
    authorization: Option<String>,
) -> (Vec<u8>, Headers) {
    let given = &outgoing.headers;
    let mut fields = Vec::with_capacity(given.0.len() + 4);
    if given.first("host").is_none() {
        let host = &url[Position::BeforeHost..Position::AfterPort];
        fields.push(("Host".to_owned(), host.to_owned()));
    }
    if given.first("user-agent").is_none() {
        fields.push(("User-Agent".to_owned(), USER_AGENT.to_owned()));
    }
    fields.extend(given.0.iter().cloned());
    fields.extend(authorization.map(|value| ("Authorization".to_owned(), value)));
    if has_length(outgoing) {
        fields.push(("Content-Length".to_owned(), outgoing.body.len().to_string()));
    }
    let target = &url[Position::BeforePath..Position::AfterQuery];
    (
        bytes(&outgoing.method, target, &fields, &outgoing.body),
        Headers(fields),
    )
}

/// RFC 9110, 8.6: a method that gives a body a meaning says so also where the body is empty.
fn has_length(outgoing: &Outgoing) -> bool {
    !outgoing.body.is_empty() || matches!(outgoing.method.as_str(), "POST" | "PUT" | "PATCH")
}

fn bytes(method: &str, target: &str, fields: &[(String, String)], body: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(256 + target.len() + 48 * fields.len() + body.len());
    for part in [method, " ", target, " HTTP/1.1\r\n"] {
        bytes.extend_from_slice(part.as_bytes());
    }
    for (name, value) in fields {
        for part in [name, ": ", value, "\r\n"] {
            bytes.extend_from_slice(part.as_bytes());
        }
    }
    bytes.extend_from_slice(b"\r\n");
    bytes.extend_from_slice(body);
    bytes
}
