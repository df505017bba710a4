//! Known deviations: with a reason and an end, so that a red requirement does not stop anybody's work for ever.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::lint;
use crate::diag::{Diagnostic, Source};
use crate::model::{IdError, PackId, RequirementId};
use crate::yaml;

/// A requirement that is known to be violated.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Deviation {
    /// `pack/ID`, or an ID in whatever pack.
    pub requirement: RequirementReference,
    /// Why.
    pub because: String,
    /// The last day on which the deviation excuses the violation.
    pub until: Day,
}

impl Deviation {
    /// What the deviation means for a requirement on a day.
    pub fn standing(&self, pack: &PackId, requirement: &RequirementId, today: Day) -> Standing {
        let own_pack = self.requirement.pack.as_ref();
        if self.requirement.id != *requirement || own_pack.is_some_and(|own| own != pack) {
            return Standing::Other;
        }
        if today > self.until {
            return Standing::Expired;
        }
        Standing::Live
    }
}

/// What a deviation means for a requirement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It is about another requirement.
    Other,
    /// It excuses the violation.
    Live,
    /// It did, until its end.
    Expired,
}

/// A file of deviations that are taken as they are, beside those of the supplier file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Baseline {
    /// The version of the language: 1.
    pub plugfest: u32,
    /// The deviations.
    pub deviations: Vec<Deviation>,
}

impl Baseline {
    /// Reads a baseline file.
    ///
    /// # Errors
    /// Everything that is wrong with it, each with its place.
    pub fn read(source: &Arc<Source>) -> Result<Self, Vec<Diagnostic>> {
        let node = yaml::parse(source).map_err(|diagnostic| vec![diagnostic])?;
        lint::version(&node).map_err(|diagnostic| vec![diagnostic])?;
        let baseline: Self = yaml::decode(&node).map_err(|diagnostic| vec![diagnostic])?;
        let problems = lint::twice(&node, &baseline.deviations);
        if problems.is_empty() {
            return Ok(baseline);
        }
        Err(problems)
    }
}

/// A requirement by its id, with its pack or in whatever pack.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct RequirementReference {
    /// The pack; `None` for any.
    pub pack: Option<PackId>,
    /// The requirement.
    pub id: RequirementId,
}

impl FromStr for RequirementReference {
    type Err = IdError;
    fn from_str(text: &str) -> Result<Self, IdError> {
        let (pack, id) = match text.split_once('/') {
            Some((pack, id)) => (Some(pack.parse()?), id),
            None => (None, text),
        };
        Ok(Self {
            pack,
            id: id.parse()?,
        })
    }
}

impl fmt::Display for RequirementReference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.pack {
            Some(pack) => write!(f, "{pack}/{}", self.id),
            None => write!(f, "{}", self.id),
        }
    }
}

/// A day of the calendar: `2027-03-01`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Day(jiff::civil::Date);

impl Day {
    /// The day of a moment, in UTC.
    pub fn of(instant: crate::model::Instant) -> Self {
        Self(instant.timestamp().to_zoned(jiff::tz::TimeZone::UTC).date())
    }
}

impl FromStr for Day {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let is_plain = text.len() == 10 && text.bytes().all(|b| b.is_ascii_digit() || b == b'-');
        let day = text.parse().ok().filter(|_| is_plain);
        day.map(Self)
            .ok_or_else(|| format!("`{text}` is no day: write `2027-03-01`"))
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

macro_rules! as_text {
    ($name:ident, $schema:tt) => {
        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
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
                json_schema!($schema)
            }
        }
    };
}

as_text!(RequirementReference, { "type": "string", "description": "`pack/ID`, or an ID in whatever pack" });
as_text!(Day, { "type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$", "description": "a day: `2027-03-01`" });
