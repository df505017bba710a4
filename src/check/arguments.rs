//! Shapes that arguments of several checks share.
//!
//! Short forms are told apart by looking at the node, never by trying one reading after another: messages stay about what
//! the author meant.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};

use super::{Examined, Subject, words};
use crate::diag::Diagnostic;
use crate::model::Finding;
use crate::template::Template;
use crate::yaml::{Node, Value, carry, decode};

/// One value, or a list of them.
#[derive(Debug, Clone)]
pub(super) struct OneOrMany<T>(pub(super) Vec<T>);

impl<'de, T: DeserializeOwned> Deserialize<'de> for OneOrMany<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let node = Node::deserialize(deserializer)?;
        one_or_many(&node).map(Self).map_err(carry)
    }
}

/// A list that is empty asks for nothing, which is never what its author meant.
fn one_or_many<T: DeserializeOwned>(node: &Node) -> Result<Vec<T>, Diagnostic> {
    if !matches!(&*node.value, Value::List(_)) {
        return Ok(vec![decode(node)?]);
    }
    if node.items().is_empty() {
        let empty = Diagnostic::error("empty", "this list is empty: it asks for nothing");
        return Err(empty.at(&node.place));
    }
    node.items().iter().map(decode).collect()
}

impl<T: JsonSchema> JsonSchema for OneOrMany<T> {
    fn schema_name() -> Cow<'static, str> {
        format!("OneOrMany_{}", T::schema_name()).into()
    }
    fn inline_schema() -> bool {
        true
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let one = generator.subschema_for::<T>();
        json_schema!({ "anyOf": [one, { "type": "array", "items": one, "minItems": 1 }] })
    }
}

impl OneOrMany<Template> {
    /// The texts with their holes filled.
    pub(super) fn fill<'t>(&'t self, subject: &Subject<'_>) -> Examined<Vec<Cow<'t, str>>> {
        self.0.iter().map(|text| subject.fill(text)).collect()
    }

    /// As their author wrote them: `a, b, c`.
    pub(super) fn listed(&self) -> String {
        words::listed(&self.0.iter().map(words::written).collect::<Vec<_>>())
    }

    /// As their author wrote them: `a, b or c`.
    pub(super) fn written(&self) -> String {
        words::alternatives(&self.0.iter().map(words::written).collect::<Vec<_>>())
    }
}

/// `true`, where `false` would mean nothing.
#[derive(Debug, Clone, Copy)]
pub(super) struct Yes;

impl<'de> Deserialize<'de> for Yes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match bool::deserialize(deserializer)? {
            true => Ok(Self),
            false => Err(serde::de::Error::custom(
                "`false` asks for nothing here: write `true`, or leave the key out",
            )),
        }
    }
}

impl JsonSchema for Yes {
    fn schema_name() -> Cow<'static, str> {
        "Yes".into()
    }
    fn inline_schema() -> bool {
        true
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "const": true })
    }
}

/// How many: a number, or `{ at-least: 1, at-most: 2 }`.
#[derive(Debug, Clone)]
pub(super) enum Amount {
    /// Exactly so many; a text, since a row or an earlier step may give the number.
    Exactly(Template),
    /// In a range.
    Between(Range),
}

/// The map form of [`Amount`].
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(inline)]
pub(super) struct Range {
    /// The least that is right.
    #[serde(default)]
    at_least: Option<u64>,
    /// The most that is right.
    #[serde(default)]
    at_most: Option<u64>,
}

impl<'de> Deserialize<'de> for Amount {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let node = Node::deserialize(deserializer)?;
        amount(&node).map_err(carry)
    }
}

/// A number is checked here where it has no holes, so that a slip is a mistake in the file and not in a run.
fn amount(node: &Node) -> Result<Amount, Diagnostic> {
    if node.scalar().is_none() {
        let range: Range = decode(node)?;
        return match (range.at_least, range.at_most) {
            (None, None) => Err(bad(node, "wanted `at-least`, `at-most` or both")),
            (Some(least), Some(most)) if least > most => {
                Err(bad(node, "`at-least` is more than `at-most`"))
            }
            _ => Ok(Amount::Between(range)),
        };
    }
    let text = Template::of(node)?;
    if text
        .literal()
        .is_some_and(|number| number.parse::<u64>().is_err())
    {
        return Err(bad(
            node,
            "wanted a whole number, or a map with `at-least` and `at-most`",
        ));
    }
    Ok(Amount::Exactly(text))
}

fn bad(node: &Node, message: &str) -> Diagnostic {
    Diagnostic::error("bad-value", message).at(&node.place)
}

impl JsonSchema for Amount {
    fn schema_name() -> Cow<'static, str> {
        "Amount".into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let range = generator.subschema_for::<Range>();
        json_schema!({ "anyOf": [
            { "type": "integer", "minimum": 0 },
            { "type": "string", "description": "a number from a `{{…}}`" },
            range,
        ] })
    }
}

/// An amount whose number is known.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bounds {
    least: u64,
    most: u64,
}

impl Amount {
    /// The bounds, holes filled.
    pub(super) fn bounds(&self, subject: &Subject<'_>) -> Examined<Bounds> {
        let (least, most) = match self {
            Self::Between(range) => (
                range.at_least.unwrap_or(0),
                range.at_most.unwrap_or(u64::MAX),
            ),
            Self::Exactly(text) => {
                let number = subject.fill(text)?;
                let number = number.trim().parse().map_err(|_| {
                    Finding::broken(format!("`{}` is no whole number", words::shown(&number)))
                })?;
                (number, number)
            }
        };
        Ok(Bounds { least, most })
    }

    /// In words: `2`, `at least 1`, `1 to 2`.
    pub(super) fn written(&self) -> String {
        match self {
            Self::Exactly(text) => words::written(text),
            Self::Between(range) => match (range.at_least, range.at_most) {
                (Some(least), Some(most)) => format!("{least} to {most}"),
                (Some(least), None) => format!("at least {least}"),
                (None, Some(most)) => format!("at most {most}"),
                (None, None) => "any number".into(),
            },
        }
    }
}

impl Bounds {
    /// Whether a count is right.
    pub(super) fn contain(self, count: u64) -> bool {
        (self.least..=self.most).contains(&count)
    }
}

impl std::fmt::Display for Bounds {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match (self.least, self.most) {
            (least, most) if least == most => write!(f, "{least}"),
            (least, u64::MAX) => write!(f, "at least {least}"),
            (0, most) => write!(f, "at most {most}"),
            (least, most) => write!(f, "{least} to {most}"),
        }
    }
}

/// A span of time, as people write it: `500ms`, `2s`, `10m`, `24h`, `14d`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Duration {
    /// Its length in microseconds.
    pub(super) micros: u64,
}

/// Units, the longest first: the order in which a duration is written.
const UNITS: [(&str, u64); 6] = [
    ("d", 86_400_000_000),
    ("h", 3_600_000_000),
    ("m", 60_000_000),
    ("s", 1_000_000),
    ("ms", 1_000),
    ("us", 1),
];

impl Duration {
    /// Whole numbers only: what is written is what is told. Zero and what does not fit 64 bits is refused.
    fn parse(text: &str) -> Option<Self> {
        let digits = text.find(|c: char| !c.is_ascii_digit())?;
        let (count, unit) = text.split_at(digits);
        let (_, micros) = UNITS.iter().find(|(name, _)| *name == unit)?;
        let micros = count.parse::<u64>().ok()?.checked_mul(*micros)?;
        (micros > 0 && i64::try_from(micros).is_ok()).then_some(Self { micros })
    }
}

impl std::fmt::Display for Duration {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let whole = UNITS
            .iter()
            .find(|(_, micros)| self.micros.is_multiple_of(*micros));
        let (unit, micros) = whole.unwrap_or(&UNITS[5]);
        write!(f, "{}{unit}", self.micros / micros)
    }
}

impl<'de> Deserialize<'de> for Duration {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| {
            let message =
                format!("`{text}` is no span of time: write `500ms`, `2s`, `10m`, `24h` or `14d`");
            serde::de::Error::custom(message)
        })
    }
}

impl JsonSchema for Duration {
    fn schema_name() -> Cow<'static, str> {
        "Duration".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": "^[0-9]+(us|ms|s|m|h|d)$" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_and_written() {
        for text in ["500ms", "2s", "10m", "36h", "14d", "1us"] {
            assert_eq!(Duration::parse(text).unwrap().to_string(), text);
        }
        assert_eq!(Duration::parse("120s").unwrap().to_string(), "2m");
        for text in [
            "",
            "2",
            "s",
            "-1s",
            "0s",
            "1.5s",
            "2 s",
            "99999999999999999999d",
            "999999999999d",
            "é",
        ] {
            assert_eq!(Duration::parse(text), None, "{text}");
        }
    }
}
