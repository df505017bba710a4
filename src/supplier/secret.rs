//! Where a secret lies: never the secret itself.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::value::MapAccessDeserializer;
use serde::de::{self, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

use crate::diag::Diagnostic;
use crate::protocol::http::config::{Held, Secret};
use crate::protocol::http::redact::SHORTEST;

/// Where a secret lies.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum SecretReference {
    /// In an environment variable.
    Env(String),
    /// In a file, by its path from the supplier file's folder.
    File(String),
}

/// Who can look into the environment and at files. The real one stands at the edge; tests bring their own.
pub trait Vault {
    /// The value of an environment variable; `None` where it is not set.
    fn variable(&self, name: &str) -> Option<String>;

    /// The bytes of a file, by its path from the supplier file's folder.
    ///
    /// # Errors
    /// The system's reason, in words.
    fn file(&self, path: &str) -> Result<Vec<u8>, String>;
}

impl SecretReference {
    /// The secret, or in a sentence why it is not there.
    pub fn resolve(&self, vault: &dyn Vault) -> Held {
        let text = match self {
            Self::Env(name) => vault
                .variable(name)
                .ok_or_else(|| format!("the environment variable `{name}` is not set"))?,
            Self::File(path) => {
                let bytes = vault
                    .file(path)
                    .map_err(|why| format!("the file `{path}` cannot be read: {why}"))?;
                String::from_utf8(bytes).map_err(|_| format!("the file `{path}` is no text"))?
            }
        };
        // Editors end files with a line break; no secret does.
        let text = text.trim();
        if text.len() < SHORTEST {
            return Err(format!(
                "{self} holds fewer than {SHORTEST} characters: so short a secret cannot be kept out of records"
            ));
        }
        Ok(Secret::new(text))
    }
}

impl fmt::Display for SecretReference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Env(name) => write!(f, "the environment variable `{name}`"),
            Self::File(path) => write!(f, "the file `{path}`"),
        }
    }
}

impl<'de> Deserialize<'de> for SecretReference {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reader)
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = SecretReference;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("`{ env: NAME }` or `{ file: PATH }`")
    }

    fn visit_bool<E: de::Error>(self, _: bool) -> Result<SecretReference, E> {
        Err(literal())
    }

    fn visit_i64<E: de::Error>(self, _: i64) -> Result<SecretReference, E> {
        Err(literal())
    }

    fn visit_f64<E: de::Error>(self, _: f64) -> Result<SecretReference, E> {
        Err(literal())
    }

    fn visit_str<E: de::Error>(self, _: &str) -> Result<SecretReference, E> {
        Err(literal())
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<SecretReference, A::Error> {
        match Written::deserialize(MapAccessDeserializer::new(map))? {
            Written {
                env: Some(name),
                file: None,
            } => Ok(SecretReference::Env(name)),
            Written {
                env: None,
                file: Some(path),
            } => Ok(SecretReference::File(path)),
            Written {
                env: None,
                file: None,
            } => Err(de::Error::missing_field("env")),
            Written {
                env: Some(_),
                file: Some(_),
            } => Err(de::Error::custom(
                "a secret lies in one place: `env` or `file`, not both",
            )),
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    env: Option<String>,
    file: Option<String>,
}

/// The message does not repeat what stands there.
fn literal<E: de::Error>() -> E {
    let diagnostic = Diagnostic::error("unsafe-secret", "a secret is written into the file")
        .help("write `{ env: NAME }` or `{ file: PATH }` instead, and change the secret if this file was shared");
    crate::yaml::carry(diagnostic)
}

impl JsonSchema for SecretReference {
    fn schema_name() -> Cow<'static, str> {
        "SecretReference".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let one = |key: &str, about: &str| {
            serde_json::json!({
                "type": "object",
                "properties": { key: { "type": "string", "description": about } },
                "required": [key],
                "additionalProperties": false,
            })
        };
        json_schema!({
            "description": "where a secret lies; never the secret itself",
            "oneOf": [
                one("env", "the name of an environment variable"),
                one("file", "the path of a file, from the supplier file's folder"),
            ],
        })
    }
}
