//! From nodes to typed values, through serde, so that one derive gives the reader and the JSON Schema.

use std::fmt;

use serde::de::{self, DeserializeOwned, IntoDeserializer, Visitor};

use super::node::{Key, Node, Value};
use super::spanned::{NODE, hand_over};
use crate::diag::{Diagnostic, Place};

/// A node as a typed value.
///
/// # Errors
/// `unknown-field`, `missing-field`, `wrong-type` or `bad-value`, at the place.
pub fn decode<T: DeserializeOwned>(node: &Node) -> Result<T, Diagnostic> {
    T::deserialize(Reader(node)).map_err(|failure| failure.at(&node.place).0)
}

/// A diagnostic on its way up, which takes the innermost place that it passes.
#[derive(Debug)]
pub(super) struct Failure(pub(super) Diagnostic);

impl Failure {
    fn at(mut self, place: &Place) -> Self {
        self.0.place.get_or_insert_with(|| place.clone());
        self
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl std::error::Error for Failure {}

impl de::Error for Failure {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self(
            take_diagnostic()
                .unwrap_or_else(|| Diagnostic::error("bad-value", message.to_string())),
        )
    }

    fn unknown_field(field: &str, expected: &'static [&'static str]) -> Self {
        let diagnostic =
            Diagnostic::error("unknown-field", format!("`{field}` means nothing here"));
        Self(diagnostic.suggest(field, expected.iter().copied()))
    }

    fn missing_field(field: &'static str) -> Self {
        Self(Diagnostic::error(
            "missing-field",
            format!("`{field}` is missing"),
        ))
    }

    fn unknown_variant(variant: &str, expected: &'static [&'static str]) -> Self {
        let diagnostic = Diagnostic::error(
            "bad-value",
            format!("`{variant}` is not one of the values here"),
        );
        Self(diagnostic.suggest(variant, expected.iter().copied()))
    }

    fn invalid_type(found: de::Unexpected<'_>, wanted: &dyn de::Expected) -> Self {
        Self(Diagnostic::error(
            "wrong-type",
            format!("wanted {wanted}, found {found}"),
        ))
    }
}

std::thread_local! {
    /// A diagnostic that a nested [`decode`] made: serde's `custom` takes only text, and would lose the place.
    static NESTED: std::cell::RefCell<Option<Diagnostic>> = const { std::cell::RefCell::new(None) };
}

fn take_diagnostic() -> Option<Diagnostic> {
    NESTED.with_borrow_mut(Option::take)
}

/// Passes a diagnostic with its own place up through serde.
pub(crate) fn carry<E: de::Error>(diagnostic: Diagnostic) -> E {
    let message = diagnostic.message.clone();
    NESTED.set(Some(diagnostic));
    let error = E::custom(message);
    NESTED.set(None);
    error
}

struct Reader<'a>(&'a Node);

macro_rules! integers {
    ($($method:ident $visit:ident $type:ty),+) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
            match &*self.0.value {
                Value::Number(text) => match text.trim_start_matches('+').parse::<$type>() {
                    Ok(number) => visitor.$visit(number).map_err(|failure: Failure| failure.at(&self.0.place)),
                    Err(_) => Err(self.fail("wrong-type", format!("`{text}` is no whole number that fits here"))),
                },
                Value::Null | Value::Bool(_) | Value::Text(_) | Value::List(_) | Value::Map(_) => self.deserialize_any(visitor),
            }
        }
    )+};
}

impl Reader<'_> {
    fn fail(&self, code: &'static str, message: String) -> Failure {
        Failure(Diagnostic::error(code, message)).at(&self.0.place)
    }
}

impl<'de> de::Deserializer<'de> for Reader<'_> {
    type Error = Failure;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        let result = match &*self.0.value {
            Value::Null => visitor.visit_unit(),
            Value::Bool(truth) => visitor.visit_bool(*truth),
            Value::Number(text) => match text.trim_start_matches('+').parse::<i64>() {
                Ok(number) => visitor.visit_i64(number),
                Err(_) => visitor.visit_f64(text.parse().unwrap_or(f64::NAN)),
            },
            Value::Text(text) => visitor.visit_str(text),
            Value::List(items) => visitor.visit_seq(List(items.iter())),
            Value::Map(entries) => visitor.visit_map(Map {
                entries: entries.iter(),
                value: None,
            }),
        };
        result.map_err(|failure| failure.at(&self.0.place))
    }

    integers!(
        deserialize_u8 visit_u8 u8, deserialize_u16 visit_u16 u16, deserialize_u32 visit_u32 u32,
        deserialize_u64 visit_u64 u64, deserialize_i32 visit_i32 i32, deserialize_i64 visit_i64 i64
    );

    /// Where a text is wanted, numbers and booleans are taken as they were written: `version: 14.20` keeps its zero.
    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        match self.0.scalar() {
            Some(text) => visitor
                .visit_str(text)
                .map_err(|failure: Failure| failure.at(&self.0.place)),
            None => self.deserialize_any(visitor),
        }
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        self.deserialize_str(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        match &*self.0.value {
            Value::Null => visitor.visit_none(),
            Value::Bool(_) | Value::Number(_) | Value::Text(_) | Value::List(_) | Value::Map(_) => {
                visitor.visit_some(self)
            }
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Failure> {
        if name == NODE {
            hand_over(self.0.clone());
            return visitor.visit_unit();
        }
        visitor.visit_newtype_struct(self)
    }

    /// An enum is a word, or a map with one key.
    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Failure> {
        let place = &self.0.place;
        let result = match (self.0.scalar(), self.0.entries()) {
            (Some(word), _) => visitor.visit_enum(word.into_deserializer()),
            (None, [(key, node)]) => visitor.visit_enum(Variant { key, node }),
            (None, _) => {
                Err(self.fail("wrong-type", "wanted a word, or a map with one key".into()))
            }
        };
        result.map_err(|failure| failure.at(place))
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i128 u128 f32 f64 char bytes byte_buf unit unit_struct seq tuple tuple_struct map struct identifier ignored_any
    }
}

struct List<'a>(std::slice::Iter<'a, Node>);

impl<'de> de::SeqAccess<'de> for List<'_> {
    type Error = Failure;
    fn next_element_seed<T: de::DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Failure> {
        let Some(node) = self.0.next() else {
            return Ok(None);
        };
        seed.deserialize(Reader(node))
            .map(Some)
            .map_err(|failure| failure.at(&node.place))
    }
}

struct Map<'a> {
    entries: std::slice::Iter<'a, (Key, Node)>,
    value: Option<&'a Node>,
}

impl<'de> de::MapAccess<'de> for Map<'_> {
    type Error = Failure;

    fn next_key_seed<K: de::DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Failure> {
        let Some((key, node)) = self.entries.next() else {
            return Ok(None);
        };
        self.value = Some(node);
        let text: de::value::StrDeserializer<'_, Failure> = key.text.as_str().into_deserializer();
        seed.deserialize(text)
            .map(Some)
            .map_err(|failure| failure.at(&key.place))
    }

    fn next_value_seed<V: de::DeserializeSeed<'de>>(
        &mut self,
        seed: V,
    ) -> Result<V::Value, Failure> {
        let Some(node) = self.value.take() else {
            return Err(de::Error::custom("a value was asked for before its key"));
        };
        seed.deserialize(Reader(node))
            .map_err(|failure| failure.at(&node.place))
    }
}

struct Variant<'a> {
    key: &'a Key,
    node: &'a Node,
}

impl<'de, 'a> de::EnumAccess<'de> for Variant<'a> {
    type Error = Failure;
    type Variant = Content<'a>;
    fn variant_seed<V: de::DeserializeSeed<'de>>(
        self,
        seed: V,
    ) -> Result<(V::Value, Content<'a>), Failure> {
        let text: de::value::StrDeserializer<'_, Failure> =
            self.key.text.as_str().into_deserializer();
        let value = seed
            .deserialize(text)
            .map_err(|failure| failure.at(&self.key.place))?;
        Ok((value, Content(self.node)))
    }
}

struct Content<'a>(&'a Node);

impl<'de> de::VariantAccess<'de> for Content<'_> {
    type Error = Failure;
    fn unit_variant(self) -> Result<(), Failure> {
        match &*self.0.value {
            Value::Null => Ok(()),
            Value::Bool(_) | Value::Number(_) | Value::Text(_) | Value::List(_) | Value::Map(_) => {
                Err(Reader(self.0).fail(
                    "wrong-type",
                    format!("wanted nothing here, found {}", self.0.describe()),
                ))
            }
        }
    }
    fn newtype_variant_seed<T: de::DeserializeSeed<'de>>(
        self,
        seed: T,
    ) -> Result<T::Value, Failure> {
        seed.deserialize(Reader(self.0))
            .map_err(|failure| failure.at(&self.0.place))
    }
    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Failure> {
        de::Deserializer::deserialize_any(Reader(self.0), visitor)
    }
    fn struct_variant<V: Visitor<'de>>(
        self,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Failure> {
        de::Deserializer::deserialize_any(Reader(self.0), visitor)
    }
}
