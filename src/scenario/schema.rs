//! The JSON Schemas of scenario and fragment files, composed from the rows of checks and protocols.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, generate::SchemaSettings, json_schema};
use serde_json::{Map, Value};

use super::file::{FragmentFile, ScenarioFile};
use crate::check::{CheckItem, Extract};
use crate::protocol::PROTOCOLS;

/// The JSON Schema of scenario files.
pub fn scenario_schema() -> Schema {
    SchemaSettings::draft2020_12()
        .into_generator()
        .into_root_schema_for::<ScenarioFile>()
}

/// The JSON Schema of fragment files.
pub fn fragment_schema() -> Schema {
    SchemaSettings::draft2020_12()
        .into_generator()
        .into_root_schema_for::<FragmentFile>()
}

macro_rules! schema_of {
    ($(#[$doc:meta])* $name:ident, $title:literal, $build:expr) => {
        $(#[$doc])*
        #[derive(Debug)]
        pub(crate) struct $name;

        impl JsonSchema for $name {
            fn schema_name() -> Cow<'static, str> {
                $title.into()
            }
            fn json_schema(generator: &mut SchemaGenerator) -> Schema {
                $build(generator)
            }
        }
    };
}

schema_of!(
    /// A list of checks.
    CheckListSchema, "Checks", |generator: &mut SchemaGenerator| {
        let item = generator.subschema_for::<CheckItem>();
        json_schema!({ "type": "array", "items": item, "minItems": 1 })
    }
);
schema_of!(
    /// Conditions: one check or a list of them, of which no verdict comes.
    ConditionsSchema, "Conditions", |generator: &mut SchemaGenerator| {
        let (item, list) = (generator.subschema_for::<CheckItem>(), generator.subschema_for::<CheckListSchema>());
        json_schema!({ "anyOf": [item, list] })
    }
);
schema_of!(
    /// The checks of a step: of the reply, or of both sides.
    StepChecksSchema, "StepChecks", |generator: &mut SchemaGenerator| {
        let list = generator.subschema_for::<CheckListSchema>();
        json_schema!({ "anyOf": [
            list,
            { "type": "object", "additionalProperties": false, "properties": { "request": list, "reply": list } },
        ] })
    }
);
schema_of!(
    /// What a step keeps: a map of name and source.
    KeepSchema, "KeepMap", |generator: &mut SchemaGenerator| {
        let source = generator.subschema_for::<Extract>();
        json_schema!({ "type": "object", "additionalProperties": source })
    }
);
schema_of!(
    /// What is sent: one key, the protocol.
    SendSchema, "Send", |generator: &mut SchemaGenerator| {
        let rows = PROTOCOLS.iter().map(|row| (row.name.to_owned(), described((row.schema)(generator), row.summary)));
        let properties: Map<String, Value> = rows.collect();
        json_schema!({ "type": "object", "additionalProperties": false, "minProperties": 1, "maxProperties": 1, "properties": properties })
    }
);

fn described(schema: Schema, summary: &str) -> Value {
    let mut value = schema.to_value();
    if let Some(object) = value.as_object_mut() {
        object
            .entry("description")
            .or_insert_with(|| summary.into());
    }
    value
}
