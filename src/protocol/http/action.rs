//! `send: { http: … }`: read once, put together many times.

use schemars::{JsonSchema, Schema};
use serde::Deserialize;

use super::body::{Body, WrittenBody};
use super::pairs::{Given, Pair, Pairs};
use super::target::{Target, locate};
use crate::diag::Diagnostic;
use crate::model::{Files, Headers};
use crate::protocol::{Action, AuthChoice, Effect, Outgoing, Surroundings, Unsendable};
use crate::template::{Scope, Template};
use crate::yaml::{Node, Spanned, decode};

/// Reads what stands under `http`.
///
/// # Errors
/// `unknown-field`, `missing-field`, `bad-value`, `missing-file`, `outside-pack` and the template codes, at the place.
pub fn parse(node: &Node, files: &Files) -> Result<Box<dyn Action>, Diagnostic> {
    let written: Written = decode(node)?;
    let (method, target) = match (written.raw.clone(), written.methods().as_slice()) {
        (Some(raw), []) => return written.raw_request(raw, node),
        (None, [(method, target)]) => (method.clone(), target.clone()),
        (Some(_), [_, ..]) => return Err(crowded(node, "`raw` stands instead of a method")),
        (None, []) => return Err(missing_method(node)),
        (None, [_, ..]) => return Err(crowded(node, "one request has one method")),
    };
    let body = written.body.as_ref().map(|body| Body::new(body, files));
    let mut action = HttpAction {
        effect: effect(method.literal()),
        method,
        target,
        endpoint: written.endpoint,
        query: written.query.unwrap_or_default(),
        headers: Vec::new(),
        body: body.transpose()?,
        auth: written.auth,
    };
    for pair in written.headers.unwrap_or_default().0 {
        check_header(&pair)?;
        action.headers.push(pair);
    }
    Ok(Box::new(action))
}

/// What an author writes under `http`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Http", transform = exactly_one_method)]
pub(super) struct Written {
    /// GET this path.
    get: Option<Target>,
    /// HEAD this path.
    head: Option<Target>,
    /// POST to this path.
    post: Option<Target>,
    /// PUT to this path.
    put: Option<Target>,
    /// PATCH this path.
    patch: Option<Target>,
    /// DELETE this path.
    delete: Option<Target>,
    /// OPTIONS of this path.
    options: Option<Target>,
    /// Any other method.
    method: Option<NamedMethod>,
    /// These bytes as they stand, instead of a request that plugfest puts together.
    raw: Option<Template>,
    /// The endpoint of the supplier file that the path is joined to; by default the pack's.
    endpoint: Option<Template>,
    /// The query: names and values, percent-encoded for you; a list repeats a name, null leaves it out, `{ optional: … }` where it is missing.
    query: Option<Pairs>,
    /// Header fields; a list repeats a field, null removes one that the pack or the body would set, `{ optional: … }` where it is missing.
    headers: Option<Pairs>,
    /// The body.
    body: Option<Spanned<WrittenBody>>,
    /// The name of an entry of the supplier file's `auth`, or `none`; by default the system's own.
    auth: Option<Template>,
}

/// A method that has no key of its own.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NamedMethod {
    /// The method as it is sent.
    name: Template,
    /// The path.
    path: Target,
}

/// The keys of which exactly one must be there.
const METHODS: [&str; 9] = [
    "get", "head", "post", "put", "patch", "delete", "options", "method", "raw",
];

fn exactly_one_method(schema: &mut Schema) {
    let choices: Vec<_> = METHODS
        .iter()
        .map(|key| serde_json::json!({ "required": [key] }))
        .collect();
    schema.insert("oneOf".into(), choices.into());
}

impl Written {
    fn methods(&self) -> Vec<(Method, Target)> {
        let mut found = Vec::new();
        let keyed = [
            ("GET", &self.get),
            ("HEAD", &self.head),
            ("POST", &self.post),
            ("PUT", &self.put),
            ("PATCH", &self.patch),
            ("DELETE", &self.delete),
            ("OPTIONS", &self.options),
        ];
        for (name, target) in keyed {
            found.extend(target.clone().map(|target| (Method::Fixed(name), target)));
        }
        found.extend(
            self.method
                .clone()
                .map(|named| (Method::Named(named.name), named.path)),
        );
        found
    }

    fn raw_request(self, raw: Template, node: &Node) -> Result<Box<dyn Action>, Diagnostic> {
        for key in ["query", "headers", "body"] {
            let Some((key, _)) = node.entries().iter().find(|(name, _)| name.text == key) else {
                continue;
            };
            let message = format!("`{}` means nothing beside `raw`", key.text);
            return Err(Diagnostic::error("unknown-field", message)
                .at(&key.place)
                .help("`raw` is the whole request, header and body; only `endpoint` and `auth` may stand beside it"));
        }
        let text = node.get("raw").and_then(Node::scalar).unwrap_or_default();
        Ok(Box::new(RawAction {
            effect: effect(text.split(' ').next()),
            bytes: raw,
            endpoint: self.endpoint,
            auth: self.auth,
        }))
    }
}

fn missing_method(node: &Node) -> Diagnostic {
    Diagnostic::error("missing-field", "the request has no method")
        .at(&node.place)
        .help(format!("write one of `{}`", METHODS.join("`, `")))
}

fn crowded(node: &Node, message: &str) -> Diagnostic {
    let second = node
        .entries()
        .iter()
        .filter(|(key, _)| METHODS.contains(&key.text.as_str()))
        .nth(1);
    let place = second.map_or(&node.place, |(key, _)| &key.place);
    Diagnostic::error("bad-value", message)
        .at(place)
        .label("a second one")
}

/// Fields that the wire itself must get right: a wrong one would break the connection, not the supplier.
const OURS: [&str; 2] = ["content-length", "transfer-encoding"];

fn check_header(pair: &Pair) -> Result<(), Diagnostic> {
    let Some(name) = pair.name.literal() else {
        return Ok(());
    };
    let place = pair.name.place();
    if !is_token(name) {
        let message = format!("`{name}` is no name of a header field");
        return Err(Diagnostic::error("bad-value", message).at(place));
    }
    if OURS.iter().any(|ours| name.eq_ignore_ascii_case(ours)) {
        let message = format!("`{name}` is set by plugfest");
        return Err(Diagnostic::error("bad-value", message)
            .at(place)
            .help("a request with a wrong one is written as `raw`"));
    }
    Ok(())
}

/// A token (RFC 9110, 5.6.2): names of header fields and methods.
fn is_token(text: &str) -> bool {
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !text.is_empty() && text.bytes().all(is_part)
}

#[derive(Debug, Clone)]
enum Method {
    Fixed(&'static str),
    Named(Template),
}

impl Method {
    fn literal(&self) -> Option<&str> {
        match self {
            Self::Fixed(name) => Some(name),
            Self::Named(template) => template.literal(),
        }
    }
}

/// The safe methods (RFC 9110, 9.2.1) only read; what is not known may write.
fn effect(method: Option<&str>) -> Effect {
    match method {
        Some("GET" | "HEAD" | "OPTIONS" | "TRACE") => Effect::Reads,
        Some(_) | None => Effect::Writes,
    }
}

/// A request that plugfest puts together.
#[derive(Debug)]
struct HttpAction {
    method: Method,
    target: Target,
    endpoint: Option<Template>,
    query: Pairs,
    headers: Vec<Pair>,
    body: Option<Body>,
    auth: Option<Template>,
    effect: Effect,
}

impl Action for HttpAction {
    fn prepare(&self, surroundings: &Surroundings<'_>) -> Result<Outgoing, Unsendable> {
        let scope = surroundings.scope;
        let endpoint = endpoint(self.endpoint.as_ref(), surroundings)?;
        let mut path = self.target.render(scope, &endpoint, surroundings)?;
        self.query.append_query(&mut path, scope)?;
        let (body, media_type) = match &self.body {
            Some(body) => body.render(scope)?,
            None => (Vec::new(), None),
        };
        Ok(Outgoing {
            method: self.method(scope)?,
            url: locate(&path, &endpoint, surroundings.endpoints)?,
            headers: self.headers(surroundings, media_type)?,
            body,
            auth: auth(self.auth.as_ref(), scope)?,
            raw: None,
        })
    }

    fn effect(&self) -> Effect {
        self.effect
    }
}

impl HttpAction {
    fn method(&self, scope: &dyn Scope) -> Result<String, Unsendable> {
        let name = match &self.method {
            Method::Fixed(name) => (*name).into(),
            Method::Named(template) => template.render(scope).map_err(Unsendable::Unresolved)?,
        };
        if is_token(&name) {
            return Ok(name.into_owned());
        }
        Err(Unsendable::Broken(format!("`{name}` is no HTTP method")))
    }

    /// The pack's, unless the step names the same field; then the step's; then the body's type, unless one is there.
    fn headers(
        &self,
        surroundings: &Surroundings<'_>,
        media_type: Option<String>,
    ) -> Result<Headers, Unsendable> {
        let mut own = Vec::with_capacity(self.headers.len());
        let mut named = Vec::with_capacity(self.headers.len());
        for pair in &self.headers {
            let name = header_name(pair, surroundings.scope)?;
            for value in pair.values.iter().flatten() {
                if let Some(value) = header_value(&name, value, surroundings.scope)? {
                    own.push((name.clone(), value));
                }
            }
            named.push(name);
        }
        let is_named = |name: &str| named.iter().any(|own| own.eq_ignore_ascii_case(name));
        let defaults = surroundings.headers.0.iter();
        let mut all: Vec<_> = defaults
            .filter(|(name, _)| !is_named(name))
            .cloned()
            .collect();
        let typed = is_named("content-type");
        all.append(&mut own);
        let mut headers = Headers(all);
        if let Some(media_type) = media_type.filter(|_| !typed) {
            headers
                .0
                .retain(|(name, _)| !name.eq_ignore_ascii_case("content-type"));
            headers.0.push(("Content-Type".into(), media_type));
        }
        Ok(headers)
    }
}

fn header_name(pair: &Pair, scope: &dyn Scope) -> Result<String, Unsendable> {
    let name = pair.name.render(scope).map_err(Unsendable::Unresolved)?;
    let ours = OURS.iter().any(|ours| name.eq_ignore_ascii_case(ours));
    if is_token(&name) && !ours {
        return Ok(name.into_owned());
    }
    Err(Unsendable::Broken(format!(
        "`{name}` is no header field that a step may set"
    )))
}

/// A value with a line break would smuggle in further fields, whoever it came from.
fn header_value(
    name: &str,
    value: &Given,
    scope: &dyn Scope,
) -> Result<Option<String>, Unsendable> {
    let Some(value) = value.render(scope)? else {
        return Ok(None);
    };
    if value
        .bytes()
        .any(|byte| (byte < b' ' && byte != b'\t') || byte == 0x7f)
    {
        return Err(Unsendable::Broken(format!(
            "the value of `{name}` holds a line break or another control character"
        )));
    }
    Ok(Some(value.into_owned()))
}

fn endpoint(
    named: Option<&Template>,
    surroundings: &Surroundings<'_>,
) -> Result<String, Unsendable> {
    match named {
        None => Ok(surroundings.endpoint.to_owned()),
        Some(template) => template
            .render(surroundings.scope)
            .map(|name| name.into_owned())
            .map_err(Unsendable::Unresolved),
    }
}

fn auth(named: Option<&Template>, scope: &dyn Scope) -> Result<AuthChoice, Unsendable> {
    let Some(template) = named else {
        return Ok(AuthChoice::Default);
    };
    let name = template.render(scope).map_err(Unsendable::Unresolved)?;
    match &*name {
        "none" => Ok(AuthChoice::None),
        "default" => Ok(AuthChoice::Default),
        name => Ok(AuthChoice::Named(name.to_owned())),
    }
}

/// Bytes as they stand.
#[derive(Debug)]
struct RawAction {
    bytes: Template,
    endpoint: Option<Template>,
    auth: Option<Template>,
    effect: Effect,
}

impl Action for RawAction {
    fn prepare(&self, surroundings: &Surroundings<'_>) -> Result<Outgoing, Unsendable> {
        let endpoint = endpoint(self.endpoint.as_ref(), surroundings)?;
        let bytes = self
            .bytes
            .render(surroundings.scope)
            .map_err(Unsendable::Unresolved)?;
        Ok(Outgoing {
            method: "RAW".into(),
            url: locate("", &endpoint, surroundings.endpoints)?,
            headers: Headers::default(),
            body: Vec::new(),
            auth: auth(self.auth.as_ref(), surroundings.scope)?,
            raw: Some(bytes.into_owned().into_bytes()),
        })
    }

    fn effect(&self) -> Effect {
        self.effect
    }
}

#[cfg(test)]
#[path = "action_tests.rs"]
mod tests;
