//! Ids that were parsed once and need no second look.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Why a text is not an id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdError {
    kind: &'static str,
    text: String,
}

impl fmt::Display for IdError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "`{}` is no {} id: 1 to 128 letters, digits, `-`, `_` or `.`, starting with a letter or digit",
            self.text, self.kind
        )
    }
}

impl std::error::Error for IdError {}

/// The one grammar of ids: safe in a file name, a URL path, a YAML key and a shell word.
fn well_formed(text: &str) -> bool {
    let mut bytes = text.bytes();
    let starts_well = bytes.next().is_some_and(|b| b.is_ascii_alphanumeric());
    starts_well
        && text.len() <= 128
        && bytes.all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $kind:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(std::sync::Arc<str>);

        impl $name {
            /// The id as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = IdError;
            fn from_str(text: &str) -> Result<Self, IdError> {
                if well_formed(text) {
                    return Ok(Self(text.into()));
                }
                Err(IdError { kind: $kind, text: text.into() })
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = Cow::<str>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }

        impl JsonSchema for $name {
            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }
            fn inline_schema() -> bool {
                true
            }
            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({
                    "type": "string",
                    "pattern": "^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$",
                    "description": concat!("a ", $kind, " id"),
                })
            }
        }
    };
}

id!(
    /// A pack: one standard's requirements and scenarios, such as `fhir-r4-rest`.
    PackId, "pack"
);
id!(
    /// A requirement of a standard, unique in its pack, such as `FHIR-CONC-001`.
    RequirementId, "requirement"
);
id!(
    /// A scenario, unique in its pack, such as `stale-update`.
    ScenarioId, "scenario"
);
id!(
    /// An actor of a standard, such as `server` or `client`.
    RoleId, "role"
);
id!(
    /// A part of a standard that readers look at together, such as `versioning`.
    AreaId, "area"
);
id!(
    /// A named set of requirements, all or nothing, such as `core`.
    LevelId, "level"
);
id!(
    /// Who is tested.
    SupplierId, "supplier"
);

/// One case to run: a scenario of a pack, or one row of a scenario that has rows.
///
/// Spelled `pack/scenario` or `pack/scenario[row]`; shared set-up is spelled `pack/once:fragment` or
/// `pack/once:fragment[parameters]`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CaseId(std::sync::Arc<str>);

impl CaseId {
    /// The case of a scenario, with the row's name where it has rows.
    pub fn of(pack: &PackId, scenario: &ScenarioId, row: Option<&str>) -> Self {
        match row {
            Some(row) => Self(format!("{pack}/{scenario}[{row}]").into()),
            None => Self(format!("{pack}/{scenario}").into()),
        }
    }

    /// The case of a fragment that runs once for everybody who uses it with the same parameters.
    pub fn once(pack: &PackId, fragment: &str, parameters: &str) -> Self {
        if parameters.is_empty() {
            return Self(format!("{pack}/once:{fragment}").into());
        }
        Self(format!("{pack}/once:{fragment}[{parameters}]").into())
    }

    /// The id without its pack, as reports show it.
    pub fn short(&self) -> &str {
        self.0.split_once('/').map_or(&self.0, |(_, short)| short)
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for CaseId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_checked_once() {
        assert!("FHIR-CAP-001".parse::<RequirementId>().is_ok());
        for bad in ["", "-a", "a b", "../x", &"x".repeat(129)] {
            assert!(bad.parse::<RequirementId>().is_err(), "{bad}");
        }
    }
}
