//! The shapes of the files, as people write them: what serde reads and the JSON Schema says.

use std::borrow::Cow;
use std::collections::BTreeMap;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer};

use super::duration::Span;
use super::schema::{ConditionsSchema, KeepSchema, SendSchema, StepChecksSchema};
use crate::diag::Diagnostic;
use crate::model::{RequirementId, RoleId, ScenarioId};
use crate::template::Template;
use crate::yaml::{Node, Spanned, carry, decode};

/// `plugfest: 1`, the version of the language.
#[derive(Debug)]
pub(crate) struct Version;

impl<'de> Deserialize<'de> for Version {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let node = Node::deserialize(deserializer)?;
        if node.scalar() == Some("1") {
            return Ok(Self);
        }
        let found = node.scalar().unwrap_or("something else");
        let message = format!(
            "this file is for version `{found}` of the language; this plugfest reads version `1`"
        );
        Err(carry(
            Diagnostic::error("unknown-version", message)
                .at(&node.place)
                .help("write `plugfest: 1`, or use a plugfest that knows the newer language"),
        ))
    }
}

impl JsonSchema for Version {
    fn schema_name() -> Cow<'static, str> {
        "Version".into()
    }
    fn inline_schema() -> bool {
        true
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "const": 1, "description": "the version of the language" })
    }
}

/// A scenario file.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(title = "plugfest scenario")]
pub(crate) struct ScenarioFile {
    #[expect(dead_code, reason = "reading it is the check")]
    pub plugfest: Version,
    /// Unique in the pack; the file has the same name.
    pub scenario: Spanned<ScenarioId>,
    /// A sentence: what must be so.
    pub title: String,
    /// The requirements that its checks prove, unless a check has its own `cites`.
    #[serde(default)]
    pub verifies: Vec<Spanned<RequirementId>>,
    /// Who takes part.
    #[serde(default)]
    pub roles: Vec<Spanned<RoleId>>,
    /// Claims without which it does not apply.
    #[serde(default)]
    pub needs: Vec<Spanned<String>>,
    /// Conditions that are observed; not met means not applicable.
    #[serde(default)]
    pub when: Vec<ConditionFile>,
    /// Values, computed once per case.
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, Template>")]
    pub values: Option<Node>,
    /// One case per row: a name, and rows or a CSV file.
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, RowsSchema>")]
    pub each: Option<Node>,
    /// Withdrawn by the pack's owner.
    #[serde(default)]
    pub disabled: Option<DisabledFile>,
    /// What happens.
    #[serde(default)]
    #[schemars(with = "Vec<StepSchema>")]
    pub steps: Vec<Node>,
    /// What happens at the end, always.
    #[serde(default)]
    #[schemars(with = "Vec<StepSchema>")]
    pub cleanup: Vec<Node>,
}

/// Withdrawn by the pack's owner.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DisabledFile {
    /// Since when (a date).
    pub since: String,
    /// Why.
    pub because: String,
}

/// A condition: a fragment that runs once, and what must hold of its last exchange.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct ConditionFile {
    /// The fragment.
    pub r#use: Spanned<String>,
    /// Its parameters.
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, serde_json::Value>")]
    pub with: Option<Node>,
    /// A FHIRPath that must be true of the reply's body.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub holds: Option<Node>,
    /// Or checks that must all hold.
    #[serde(default)]
    #[schemars(with = "ConditionsSchema")]
    pub r#if: Option<Node>,
}

/// A fragment file.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(title = "plugfest fragment")]
pub(crate) struct FragmentFile {
    #[schemars(with = "Version")]
    pub plugfest: Node,
    /// Its name; the file has the same name.
    pub fragment: Spanned<String>,
    /// What it does.
    #[expect(dead_code, reason = "for readers of the file")]
    pub title: String,
    /// What it takes.
    #[serde(default)]
    pub parameters: BTreeMap<String, ParameterFile>,
    /// Whether it runs once for everybody who uses it with the same parameters.
    #[serde(default)]
    pub once: bool,
    /// Values, computed where it starts.
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, Template>")]
    pub values: Option<Node>,
    /// What happens.
    #[serde(default)]
    #[schemars(with = "Vec<StepSchema>")]
    pub steps: Vec<Node>,
    /// What happens at the end of the case that uses it; of a `once` fragment, at the end of the run.
    #[serde(default)]
    #[schemars(with = "Vec<StepSchema>")]
    pub cleanup: Vec<Node>,
}

/// A parameter of a fragment.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ParameterFile {
    /// What it is taken for where it is not given; without it, the parameter must be given.
    #[serde(default)]
    #[schemars(with = "Option<serde_json::Value>")]
    pub default: Option<Node>,
    /// What it is.
    #[serde(default)]
    #[expect(dead_code, reason = "for readers of the file")]
    pub about: String,
}

/// A step that uses a fragment.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct UseFile {
    /// The fragment.
    pub r#use: Spanned<String>,
    /// The name under which its values and steps are known; its own name by default.
    #[serde(default)]
    pub r#as: Option<Spanned<String>>,
    /// Its parameters.
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, serde_json::Value>")]
    pub with: Option<Node>,
    /// Verdicts on its last step.
    #[serde(default)]
    #[schemars(with = "StepChecksSchema")]
    pub checks: Option<Node>,
    /// What else must hold of its last step.
    #[serde(default)]
    #[schemars(with = "ConditionsSchema")]
    pub precondition: Option<Node>,
    /// Values from its last step.
    #[serde(default)]
    #[schemars(with = "KeepSchema")]
    pub keep: Option<Node>,
    /// All must hold, or none of its steps applies.
    #[serde(default)]
    #[schemars(with = "ConditionsSchema")]
    pub only_if: Option<Node>,
}

/// A step that sends something.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct SendFile {
    /// Unique in the scenario.
    #[serde(default)]
    pub name: Option<Spanned<String>>,
    /// Who sends; by default the pack's driver.
    #[serde(default)]
    pub from: Option<Spanned<RoleId>>,
    /// Who answers; by default the pack's subject.
    #[serde(default)]
    pub to: Option<Spanned<RoleId>>,
    /// What is sent: one key, the protocol.
    #[schemars(with = "SendSchema")]
    pub send: Node,
    /// All must hold, or the step does not apply.
    #[serde(default)]
    #[schemars(with = "ConditionsSchema")]
    pub only_if: Option<Node>,
    /// Polls.
    #[serde(default)]
    #[schemars(with = "UntilFile")]
    pub until: Option<Spanned<UntilFile>>,
    /// Its deadline.
    #[serde(default)]
    pub within: Option<Span>,
    /// A POST that changes nothing: allowed in read-only mode.
    #[serde(default)]
    pub safe: bool,
    /// What must hold for the rest of the scenario to mean anything.
    #[serde(default)]
    #[schemars(with = "ConditionsSchema")]
    pub precondition: Option<Node>,
    /// Verdicts.
    #[serde(default)]
    #[schemars(with = "StepChecksSchema")]
    pub checks: Option<Node>,
    /// Values for later steps.
    #[serde(default)]
    #[schemars(with = "KeepSchema")]
    pub keep: Option<Node>,
}

/// Polling.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct UntilFile {
    /// What must hold.
    #[schemars(with = "ConditionsSchema")]
    pub r#if: Node,
    /// The pause between two attempts.
    pub every: Span,
    /// The end of patience.
    pub at_most: Span,
    /// Whether a Retry-After of the reply sets the pause.
    #[serde(default)]
    pub follow: Option<FollowFile>,
}

/// What may set the pause.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum FollowFile {
    /// The reply's Retry-After header.
    RetryAfter,
}

/// A step, for the JSON Schema: it sends, or it uses.
#[derive(Debug, JsonSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "only its schema is used")]
pub(crate) enum StepSchema {
    /// It sends.
    Send(SendFile),
    /// It uses a fragment.
    Use(UseFile),
}

/// Rows, for the JSON Schema.
#[derive(Debug, JsonSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "only its schema is used")]
pub(crate) enum RowsSchema {
    /// A CSV file of the pack.
    File(String),
    /// Rows.
    Rows(Vec<BTreeMap<String, Template>>),
}

impl FragmentFile {
    /// Reads a fragment's file.
    pub(super) fn read(node: &Node) -> Result<Self, Diagnostic> {
        let file: Self = decode(node)?;
        decode::<Version>(&file.plugfest)?;
        Ok(file)
    }
}
