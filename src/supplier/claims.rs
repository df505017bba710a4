//! What a product says it does, and whom its test system knows.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::value::MapAccessDeserializer;
use serde::de::{self, MapAccess, Visitor};
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::model::LevelId;

/// What is claimed of one pack.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Claims {
    /// The level that the product says it reaches.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub level: Option<LevelId>,
    /// Claims of the pack that the product does not make.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub except: Vec<String>,
}

impl Claims {
    /// Whether the product makes one of the pack's claims.
    pub fn make(&self, claim: &str) -> bool {
        !self.except.iter().any(|except| except == claim)
    }
}

/// A logical patient of the packs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Patient {
    /// The number under which the tested system knows the patient.
    Number(String),
    /// The system has no such patient, and why: what needs one is not run.
    None(String),
}

impl Serialize for Patient {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Number(number) => serializer.serialize_str(number),
            Self::None(reason) => {
                let mut map = serializer.serialize_map(Some(1))?;
                map.serialize_entry("none", reason)?;
                map.end()
            }
        }
    }
}

impl<'de> Deserialize<'de> for Patient {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reader)
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Patient;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a patient's number, or `none:` with a reason")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Patient, E> {
        Ok(Patient::Number(text.to_owned()))
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<Patient, E> {
        Ok(Patient::Number(number.to_string()))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Patient, A::Error> {
        let absent = Absent::deserialize(MapAccessDeserializer::new(map))?;
        Ok(Patient::None(absent.none))
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Absent {
    none: String,
}

impl JsonSchema for Patient {
    fn schema_name() -> Cow<'static, str> {
        "Patient".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "the number under which the system knows the patient, or why it knows none",
            "anyOf": [
                { "type": ["string", "integer"] },
                {
                    "type": "object",
                    "properties": { "none": { "type": "string", "description": "why" } },
                    "required": ["none"],
                    "additionalProperties": false,
                },
            ],
        })
    }
}
