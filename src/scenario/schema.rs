//! The JSON Schemas of scenario and fragment files, composed from the rows of checks and protocols.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, generate::SchemaSettings, json_schema};
use serde_json::{Map, Value, json};

use super::file::{FragmentFile, ScenarioFile};
use crate::check::KINDS;
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
    /// One check: a main key, the kind, and what may stand beside it.
    CheckSchema, "Check", check
);
schema_of!(
    /// A list of checks.
    CheckListSchema, "Checks", |generator: &mut SchemaGenerator| {
        let item = generator.subschema_for::<CheckSchema>();
        json_schema!({ "type": "array", "items": item })
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
    KeepSchema, "Keep", |_: &mut SchemaGenerator| json_schema!({
        "type": "object",
        "additionalProperties": {
            "type": "object",
            "additionalProperties": false,
            "properties": {
                "header": { "type": "string" }, "json": { "type": "string" }, "fhirpath": { "type": "string" },
                "xpath": {}, "body": { "const": "text" }, "status": { "const": true }, "url": { "const": true },
                "match": { "type": "string", "format": "regex" }, "all": { "type": "boolean" },
            },
        },
    })
);
schema_of!(
    /// What is sent: one key, the protocol.
    SendSchema, "Send", |generator: &mut SchemaGenerator| {
        let rows = PROTOCOLS.iter().map(|row| (row.name.to_owned(), described((row.schema)(generator), row.summary)));
        let properties: Map<String, Value> = rows.collect();
        json_schema!({ "type": "object", "additionalProperties": false, "minProperties": 1, "maxProperties": 1, "properties": properties })
    }
);

fn check(generator: &mut SchemaGenerator) -> Schema {
    let list = generator.subschema_for::<CheckListSchema>();
    let rows = KINDS.iter().map(|kind| {
        (
            kind.name.to_owned(),
            described((kind.schema)(generator), kind.summary),
        )
    });
    let mut properties: Map<String, Value> = rows.collect();
    let one_of: Vec<Value> = KINDS
        .iter()
        .map(|kind| json!({ "required": [kind.name] }))
        .collect();
    let ids = json!({ "anyOf": [{ "type": "string" }, { "type": "array", "items": { "type": "string" } }], "description": "the requirement that it proves" });
    properties.insert("cites".into(), ids);
    properties.insert(
        "because".into(),
        json!({ "type": "string", "description": "a line for people" }),
    );
    properties.insert("name".into(), json!({ "type": "string" }));
    properties.insert("of".into(), json!({ "type": "string", "description": "an earlier step, whose exchange is judged instead" }));
    let only_if = json!({ "anyOf": [{ "$ref": "#/$defs/Check" }, list], "description": "where it does not hold, this check is not applicable" });
    properties.insert("only-if".into(), only_if);
    json_schema!({ "type": "object", "additionalProperties": false, "properties": properties, "oneOf": one_of })
}

fn described(schema: Schema, summary: &str) -> Value {
    let mut value = schema.to_value();
    if let Some(object) = value.as_object_mut() {
        object
            .entry("description")
            .or_insert_with(|| summary.into());
    }
    value
}
