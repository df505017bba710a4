//! Getting a node, with its place, through serde.

use std::borrow::Cow;
use std::cell::RefCell;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::de::{self, Deserialize, DeserializeOwned, Deserializer, Visitor};

use super::decode::{carry, decode};
use super::node::Node;
use crate::diag::Place;

/// The name by which a type asks our deserializer for the node itself.
pub(super) const NODE: &str = "$plugfest::yaml::Node";

std::thread_local! {
    /// serde can pass on only plain values; the node that was asked for waits here for the visitor, for a moment.
    static WAITING: RefCell<Option<Node>> = const { RefCell::new(None) };
}

pub(super) fn hand_over(node: Node) {
    WAITING.set(Some(node));
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_newtype_struct(NODE, Taker)
    }
}

struct Taker;

impl Visitor<'_> for Taker {
    type Value = Node;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value of a YAML file")
    }

    fn visit_unit<E: de::Error>(self) -> Result<Node, E> {
        WAITING
            .take()
            .ok_or_else(|| E::custom("nodes can be read from YAML files only"))
    }
}

impl JsonSchema for Node {
    fn schema_name() -> Cow<'static, str> {
        "AnyValue".into()
    }
    fn inline_schema() -> bool {
        true
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        Schema::default()
    }
}

/// A typed value with the place where it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spanned<T> {
    /// What was written.
    pub value: T,
    /// Where.
    pub place: Place,
}

impl<'de, T: DeserializeOwned> Deserialize<'de> for Spanned<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let node = Node::deserialize(deserializer)?;
        let value = decode(&node).map_err(carry)?;
        Ok(Self {
            value,
            place: node.place,
        })
    }
}

impl<T: JsonSchema> JsonSchema for Spanned<T> {
    fn schema_name() -> Cow<'static, str> {
        T::schema_name()
    }
    fn inline_schema() -> bool {
        T::inline_schema()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        T::json_schema(generator)
    }
}

#[cfg(test)]
mod tests {
    use super::super::parse;
    use super::*;
    use crate::diag::Source;

    #[derive(Debug, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct File {
        name: Spanned<String>,
        #[serde(default)]
        list: Vec<Inner>,
    }

    #[derive(Debug, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Inner {
        count: u16,
    }

    fn read(text: &str) -> Result<File, (&'static str, String)> {
        let source = Source::new("t.yaml", text);
        parse(&source)
            .and_then(|node| decode(&node))
            .map_err(|diagnostic| {
                let place = diagnostic
                    .place
                    .map(|place| place.label())
                    .unwrap_or_default();
                (diagnostic.code, place)
            })
    }

    #[test]
    fn places_survive_serde() {
        let file = read("name: ä\nlist:\n  - count: 3\n").unwrap();
        assert_eq!(
            (file.name.value.as_str(), file.name.place.text()),
            ("ä", "ä")
        );
        assert_eq!(file.list[0].count, 3);
    }

    #[test]
    fn mistakes_have_code_and_place() {
        let cases = [
            ("nam: a\n", "unknown-field", "t.yaml:1:1"),
            ("list: []\n", "missing-field", "t.yaml:1:1"),
            (
                "name: a\nlist:\n  - count: many\n",
                "wrong-type",
                "t.yaml:3:12",
            ),
            (
                "name: ä\nlist:\n  - coun: 3\n",
                "unknown-field",
                "t.yaml:3:5",
            ),
            ("name: [a\n", "yaml-syntax", "t.yaml:2:1"),
            ("name: a\nname: b\n", "duplicate-key", "t.yaml:2:1"),
            ("name: {a: 1}\n", "wrong-type", "t.yaml:1:7"),
            ("name: !!str 1\n", "yaml-syntax", "t.yaml:1:13"),
            ("list: !x [1]\n", "yaml-syntax", "t.yaml:1:10"),
            ("list: !x { a: 1 }\n", "yaml-syntax", "t.yaml:1:10"),
            ("", "empty", "t.yaml:1:1"),
        ];
        for (text, code, place) in cases {
            assert_eq!(read(text).unwrap_err(), (code, place.to_owned()), "{text}");
        }
    }

    #[test]
    fn bombs_are_refused() {
        let mut bomb = String::from("a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n");
        for level in 1..9 {
            let below = format!("*a{},", level - 1).repeat(10);
            bomb.push_str(&format!(
                "a{level}: &a{level} [{}]\n",
                below.trim_end_matches(',')
            ));
        }
        assert_eq!(read(&bomb).unwrap_err().0, "yaml-limit");
        let nested = format!("{}{}", "[".repeat(100), "]".repeat(100));
        assert_eq!(read(&nested).unwrap_err().0, "yaml-limit");
        assert!(read(&"[".repeat(100_000)).is_err());
    }
}
