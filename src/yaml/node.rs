//! Values with places.

use std::sync::Arc;

use crate::diag::Place;

/// A key of a map, with its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// The key as written.
    pub text: String,
    /// Where it stands.
    pub place: Place,
}

/// A value with its place. Cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// What it is.
    pub value: Arc<Value>,
    /// Where it stands.
    pub place: Place,
}

/// What a node is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// `null`, `~`, or nothing at all.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number, as it was written.
    Number(String),
    /// A text.
    Text(String),
    /// A list.
    List(Vec<Node>),
    /// A map, in the order of the file, keys unique.
    Map(Vec<(Key, Node)>),
}

impl Node {
    /// A node at a place.
    pub fn new(value: Value, place: Place) -> Self {
        Self {
            value: Arc::new(value),
            place,
        }
    }

    /// The value under a key, where this is a map that has it.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entries()
            .iter()
            .find(|(name, _)| name.text == key)
            .map(|(_, node)| node)
    }

    /// The entries, where this is a map; else none.
    pub fn entries(&self) -> &[(Key, Node)] {
        match &*self.value {
            Value::Map(entries) => entries,
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Text(_) | Value::List(_) => {
                &[]
            }
        }
    }

    /// The items, where this is a list; else none.
    pub fn items(&self) -> &[Node] {
        match &*self.value {
            Value::List(items) => items,
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Text(_) | Value::Map(_) => &[],
        }
    }

    /// The text of a scalar, numbers and booleans too.
    pub fn scalar(&self) -> Option<&str> {
        match &*self.value {
            Value::Bool(true) => Some("true"),
            Value::Bool(false) => Some("false"),
            Value::Number(text) | Value::Text(text) => Some(text),
            Value::Null | Value::List(_) | Value::Map(_) => None,
        }
    }

    /// In words, for "wanted a list, found …".
    pub fn describe(&self) -> &'static str {
        match &*self.value {
            Value::Null => "nothing",
            Value::Bool(_) => "true or false",
            Value::Number(_) => "a number",
            Value::Text(_) => "a text",
            Value::List(_) => "a list",
            Value::Map(_) => "a map",
        }
    }

    /// As JSON: numbers keep their digits where JSON can hold them.
    pub fn to_json(&self) -> serde_json::Value {
        match &*self.value {
            Value::Null => serde_json::Value::Null,
            Value::Bool(truth) => serde_json::Value::Bool(*truth),
            Value::Number(text) => json_number(text),
            Value::Text(text) => serde_json::Value::String(text.clone()),
            Value::List(items) => items.iter().map(Self::to_json).collect(),
            Value::Map(entries) => serde_json::Value::Object(
                entries
                    .iter()
                    .map(|(key, node)| (key.text.clone(), node.to_json()))
                    .collect(),
            ),
        }
    }
}

fn json_number(text: &str) -> serde_json::Value {
    serde_json::from_str(text.trim_start_matches('+'))
        .unwrap_or_else(|_| serde_json::Value::String(text.to_owned()))
}
