//! Names and values in the order in which they were written: queries, forms, header fields.

use std::borrow::Cow;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer};

use crate::diag::Diagnostic;
use crate::protocol::Unsendable;
use crate::template::{Scope, Template};
use crate::yaml::{Node, Value, carry};

/// A map whose values are texts, lists of texts, or null.
#[derive(Debug, Clone, Default)]
pub(super) struct Pairs(pub(super) Vec<Pair>);

/// One name.
#[derive(Debug, Clone)]
pub(super) struct Pair {
    /// The name, which may have holes.
    pub(super) name: Template,
    /// Its values; `None` for null.
    pub(super) values: Option<Vec<Template>>,
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
                let value = value.render(scope).map_err(Unsendable::Unresolved)?;
                visit(&name, &value);
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

fn values(node: &Node) -> Result<Option<Vec<Template>>, Diagnostic> {
    match &*node.value {
        Value::Null => Ok(None),
        Value::List(items) => items
            .iter()
            .map(Template::of)
            .collect::<Result<_, _>>()
            .map(Some),
        Value::Bool(_) | Value::Number(_) | Value::Text(_) | Value::Map(_) => {
            Ok(Some(vec![Template::of(node)?]))
        }
    }
}

impl JsonSchema for Pairs {
    fn schema_name() -> Cow<'static, str> {
        "Pairs".into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let text = generator.subschema_for::<Template>();
        json_schema!({
            "type": "object",
            "description": "names and values; a list repeats the name, null leaves it out",
            "additionalProperties": {
                "anyOf": [text, { "type": "array", "items": text }, { "type": "null" }],
            },
        })
    }
}
