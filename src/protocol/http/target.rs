//! Where a request goes: paths, joined to an endpoint of the supplier file, and never anywhere else.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer};
use url::Url;

use crate::diag::Diagnostic;
use crate::protocol::{Surroundings, Unsendable};
use crate::template::{Escape, Scope, Template};
use crate::yaml::{Node, carry};

/// A path or whole URL with holes.
///
/// A hole at the very start may hold a URL or a reference that the supplier gave (a `Location`, a `next` link), and is
/// taken as it is; values in later holes are percent-encoded.
#[derive(Debug, Clone)]
pub(super) struct Target {
    head: Option<Template>,
    tail: Template,
}

impl Target {
    fn read(node: &Node) -> Result<Self, Diagnostic> {
        let whole = Template::of(node)?;
        let text = node.scalar().unwrap_or_default();
        let end = text.find("}}").map(|end| end + 2);
        let Some(end) = end.filter(|_| text.starts_with("{{")) else {
            return Ok(Self {
                head: None,
                tail: whole,
            });
        };
        // Quoted scalars start one byte earlier than their text; places of holes matter only relative to each other.
        Ok(Self {
            head: Some(Template::parse(&text[..end], &node.place)?),
            tail: Template::parse(&text[end..], &node.place.within(end, text.len() - end))?,
        })
    }

    /// With its holes filled.
    pub(super) fn render(
        &self,
        scope: &dyn Scope,
        endpoint: &str,
        surroundings: &Surroundings<'_>,
    ) -> Result<String, Unsendable> {
        let unresolved = Unsendable::Unresolved;
        let tail = self
            .tail
            .render_escaped(scope, Escape::Url)
            .map_err(unresolved)?;
        let Some(head) = &self.head else {
            return Ok(tail.into_owned());
        };
        let head = head.render(scope).map_err(unresolved)?;
        let path = format!("{head}{tail}");
        Ok(below_endpoint(path, endpoint, surroundings.endpoints))
    }
}

/// A reference with an absolute path (RFC 3986, 4.2), such as `Location: /fhir/Patient/1`, repeats the endpoint's own path.
fn below_endpoint(path: String, endpoint: &str, endpoints: &[(String, String)]) -> String {
    let base = endpoints.iter().find(|(name, _)| name == endpoint);
    let base_path = base
        .and_then(|(_, url)| Url::parse(url).ok())
        .map(|url| url.path().trim_end_matches('/').to_owned())
        .filter(|base_path| !base_path.is_empty());
    let below = base_path.and_then(|base_path| {
        path.strip_prefix(&base_path)
            .filter(|rest| rest.starts_with('/'))
            .map(str::to_owned)
    });
    below.unwrap_or(path)
}

/// The whole URL of a path at an endpoint, or of a URL that lies inside some endpoint.
///
/// # Errors
/// [`Unsendable::Elsewhere`] where it lies outside, [`Unsendable::Broken`] where there is no such endpoint or it is no URL.
pub(super) fn locate(
    path: &str,
    endpoint: &str,
    endpoints: &[(String, String)],
) -> Result<String, Unsendable> {
    let Some((_, base)) = endpoints.iter().find(|(name, _)| name == endpoint) else {
        return Err(Unsendable::Broken(format!(
            "the supplier file has no endpoint `{endpoint}`"
        )));
    };
    let text = match is_absolute(path) {
        true => Cow::Borrowed(path),
        false => Cow::Owned(joined(base, path)),
    };
    let mut url = Url::parse(&text)
        .map_err(|error| Unsendable::Broken(format!("`{text}` is no URL: {error}")))?;
    url.set_fragment(None);
    // The endpoint that the step means is nearly always the right one: look there first.
    let others = endpoints.iter().map(|(_, base)| base.as_str());
    let is_inside = std::iter::once(base.as_str())
        .chain(others)
        .any(|base| inside(&url, base));
    if is_inside {
        return Ok(url.into());
    }
    Err(Unsendable::Elsewhere(format!(
        "`{text}` lies outside the supplier's endpoints ({}), so nothing is sent there",
        shown(endpoints)
    )))
}

fn shown(endpoints: &[(String, String)]) -> String {
    let urls: Vec<&str> = endpoints.iter().map(|(_, url)| url.as_str()).collect();
    urls.join(", ")
}

/// A scheme before any other delimiter (RFC 3986, 4.3). All else is joined by concatenation, so it stays on the endpoint's host.
fn is_absolute(path: &str) -> bool {
    let before = path.split(['/', '?', '#']).next().unwrap_or_default();
    before.ends_with(':') && path[before.len()..].starts_with("//")
}

fn joined(base: &str, path: &str) -> String {
    let base = base.trim_end_matches('/');
    let separator = match path.chars().next() {
        None | Some('/' | '?') => "",
        Some(_) => "/",
    };
    format!("{base}{separator}{path}")
}

/// Whether a URL lies inside an endpoint: same scheme, host and port, no user, and a path below the endpoint's.
///
/// `url` has its dot segments resolved already; those that a server might still find after decoding are refused.
pub fn inside(url: &Url, endpoint: &str) -> bool {
    let Ok(base) = Url::parse(endpoint) else {
        return false;
    };
    let same_origin = url.scheme() == base.scheme()
        && url.host_str() == base.host_str()
        && url.port_or_known_default() == base.port_or_known_default();
    let has_user = !url.username().is_empty() || url.password().is_some();
    if !same_origin || has_user || climbs(url.path()) {
        return false;
    }
    let base_path = base.path().trim_end_matches('/');
    let below = url.path().strip_prefix(base_path);
    below.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// `..%2f` and `..%5c` are no dot segments to a URL parser, but are to some servers.
fn climbs(path: &str) -> bool {
    if !path.contains('%') {
        return false;
    }
    let decoded = percent_encoding::percent_decode_str(path).decode_utf8_lossy();
    decoded.split(['/', '\\']).any(|segment| segment == "..")
}

impl<'de> Deserialize<'de> for Target {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::read(&Node::deserialize(deserializer)?).map_err(carry)
    }
}

impl JsonSchema for Target {
    fn schema_name() -> Cow<'static, str> {
        "HttpPath".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "description": "a path that is joined to the endpoint, or a whole URL inside an endpoint; may hold `{{name}}`",
        })
    }
}
