//! Names and values in the order in which they were written: queries, forms, header fields.

use std::borrow::Cow;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer};

use crate::diag::Diagnostic;
use crate::protocol::Unsendable;
use crate::template::{Scope, Template};
use crate::yaml::{Node, Value, carry, decode};

/// A map whose values are texts, `{ optional: text }`, lists of them, or null.
#[derive(Debug, Clone, Default)]
pub(super) struct Pairs(pub(super) Vec<Pair>);

/// One name.
#[derive(Debug, Clone)]
pub(super) struct Pair {
    /// The name, which may have holes.
    pub(super) name: Template,
    /// Its values; `None` for null.
    pub(super) values: Option<Vec<Given>>,
}

/// One value.
#[derive(Debug, Clone)]
pub(super) struct Given {
    text: Template,
    need: Need,
}

/// What becomes of a message where a value is missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Need {
    /// It is not sent.
    Required,
    /// It is sent without this.
    Optional,
}

impl Given {
    /// The value; `None` where it is optional and an earlier step did not keep what it needs. A function that cannot take what it
    /// is given is a mistake all the same.
    pub(super) fn render<'t>(
        &'t self,
        scope: &dyn Scope,
    ) -> Result<Option<Cow<'t, str>>, Unsendable> {
        match self.text.render(scope) {
            Ok(value) => Ok(Some(value)),
            Err(missing) if self.need == Need::Optional && missing.problem.is_none() => Ok(None),
            Err(problem) => Err(Unsendable::Unresolved(problem)),
        }
    }
}

impl Pairs {
    /// Adds `?a=1&b=2`, or `&a=1&b=2` where the path has a query already.
    pub(super) fn append_query(
        &self,
        path: &mut String,
        scope: &dyn Scope,
    ) -> Result<(), Unsendable> {
        let mut separator = if path.contains('?') { '&' } else { '?' };
        self.each(scope, |name, value| {
            path.push(separator);
            path.extend(utf8_percent_encode(name, QUERY));
            path.push('=');
            path.extend(utf8_percent_encode(value, QUERY));
            separator = '&';
        })
    }

    /// As `application/x-www-form-urlencoded` (WHATWG URL, 5.2).
    pub(super) fn form(&self, scope: &dyn Scope) -> Result<String, Unsendable> {
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        self.each(scope, |name, value| {
            form.append_pair(name, value);
        })?;
        Ok(form.finish())
    }

    fn each(&self, scope: &dyn Scope, mut visit: impl FnMut(&str, &str)) -> Result<(), Unsendable> {
        for pair in &self.0 {
            let name = pair.name.render(scope).map_err(Unsendable::Unresolved)?;
            for value in pair.values.iter().flatten() {
                if let Some(value) = value.render(scope)? {
                    visit(&name, &value);
                }
            }
        }
        Ok(())
    }
}

/// What FHIR and people want to read in a query stays readable; what separates is encoded.
const QUERY: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b':')
    .remove(b'/')
    .remove(b',')
    .remove(b'$')
    .remove(b'*')
    .remove(b'@');

impl<'de> Deserialize<'de> for Pairs {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        read(&Node::deserialize(deserializer)?).map_err(carry)
    }
}

fn read(node: &Node) -> Result<Pairs, Diagnostic> {
    match &*node.value {
        Value::Map(entries) => {
            let pairs = entries.iter().map(|(key, value)| {
                Ok(Pair {
                    name: Template::parse(&key.text, &key.place)?,
                    values: values(value)?,
                })
            });
            Ok(Pairs(pairs.collect::<Result<_, Diagnostic>>()?))
        }
        Value::Null => Ok(Pairs::default()),
        Value::Bool(_) | Value::Number(_) | Value::Text(_) | Value::List(_) => {
            let message = format!("wanted names and values, found {}", node.describe());
            Err(Diagnostic::error("wrong-type", message).at(&node.place))
        }
    }
}

fn values(node: &Node) -> Result<Option<Vec<Given>>, Diagnostic> {
    match &*node.value {
        Value::Null => Ok(None),
        Value::List(items) => items.iter().map(given).collect::<Result<_, _>>().map(Some),
        Value::Bool(_) | Value::Number(_) | Value::Text(_) | Value::Map(_) => {
            Ok(Some(vec![given(node)?]))
        }
    }
}

/// `{ optional: text }`, as its author writes it.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(inline)]
struct Written {
    /// A text; where it needs a value that is missing, nothing is sent in its place.
    optional: Template,
}

fn given(node: &Node) -> Result<Given, Diagnostic> {
    if node.entries().is_empty() {
        return Ok(Given {
            text: Template::of(node)?,
            need: Need::Required,
        });
    }
    let Written { optional } = decode(node)?;
    if optional.literal().is_some() {
        let message = "`optional` without a hole is never missing";
        return Err(Diagnostic::error("bad-value", message)
            .at(&node.place)
            .help("write the text itself, or the value that may be missing, such as `{{etag}}`"));
    }
    Ok(Given {
        text: optional,
        need: Need::Optional,
    })
}

impl JsonSchema for Pairs {
    fn schema_name() -> Cow<'static, str> {
        "Pairs".into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let text = generator.subschema_for::<Template>();
        let optional = generator.subschema_for::<Written>();
        let one = json_schema!({ "anyOf": [text, optional] });
        json_schema!({
            "type": "object",
            "description": "names and values; a list repeats the name, null leaves it out, `optional` leaves out what is missing",
            "additionalProperties": {
                "anyOf": [one, { "type": "array", "items": one }, { "type": "null" }],
            },
        })
    }
}
