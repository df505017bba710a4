//! `pack.yaml` and `requirements.yaml`, as people write them.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::{DefaultValue, Standard};
use crate::model::{
    AreaId, Certainty, LevelId, Obligation, PackId, RequirementId, RoleId, SourceCheck, SourceRef,
};
use crate::scenario::{ConditionFile, Version};
use crate::template::Template;
use crate::yaml::{Node, Spanned};

/// `pack.yaml`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(title = "plugfest pack")]
pub(super) struct PackFile {
    #[expect(dead_code, reason = "reading it is the check")]
    pub plugfest: Version,
    /// The pack's id; its folder has the same name.
    pub pack: Spanned<PackId>,
    /// Its title.
    pub title: String,
    /// Its own version.
    pub version: String,
    /// The standard that it tests.
    pub standard: Standard,
    /// The licence of its files (SPDX).
    pub licence: String,
    /// What it is about, for people who choose.
    #[serde(default)]
    pub about: String,
    /// The standard's actors.
    pub roles: BTreeMap<RoleId, RoleFile>,
    /// The role that is tested.
    pub subject: Spanned<RoleId>,
    /// The role that plugfest takes.
    pub driver: Spanned<RoleId>,
    /// The endpoint of the supplier file that paths are joined to.
    pub endpoint: String,
    /// Headers of every request: a text each, or a list.
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, Template>")]
    pub headers: Option<Node>,
    /// The parts that readers look at together, in the order of reports: id → title.
    #[schemars(with = "BTreeMap<String, String>")]
    pub areas: Node,
    /// Named sets of requirements, the smallest first.
    #[serde(default)]
    #[schemars(with = "BTreeMap<LevelId, LevelFile>")]
    pub levels: Option<Node>,
    /// What scenarios may use as `{{values.NAME}}`.
    #[serde(default)]
    pub values: BTreeMap<String, DefaultValue>,
    /// What a supplier may claim or not: name → what it means.
    #[serde(default)]
    pub claims: BTreeMap<String, String>,
    /// Claims that a supplier makes only by saying so; where nothing is said, all the others are made.
    #[serde(default)]
    pub stated_claims: Vec<Spanned<String>>,
    /// A condition for nearly everything.
    #[serde(default)]
    pub applies: Option<AppliesFile>,
    /// FHIR packages that profile checks want.
    #[serde(default)]
    pub fhir: Option<FhirFile>,
    /// How areas weigh in progress figures.
    #[serde(default)]
    #[expect(dead_code, reason = "one rule exists, and reading it is the check")]
    pub scoring: Option<ScoringFile>,
}

/// An actor of the standard.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RoleFile {
    /// Its title.
    pub title: String,
}

/// A named set of requirements.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct LevelFile {
    /// Its title.
    pub title: String,
    /// Whole areas that belong to it.
    #[serde(default)]
    pub areas: Vec<Spanned<AreaId>>,
    /// Single requirements that belong to it.
    #[serde(default)]
    pub requirements: Vec<Spanned<RequirementId>>,
}

/// A condition for nearly everything.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct AppliesFile {
    /// A fragment that runs once.
    pub r#use: Spanned<String>,
    /// A FHIRPath that must be true of its reply.
    #[schemars(with = "String")]
    pub holds: Node,
    /// Requirements that are judged all the same.
    #[serde(default)]
    pub except: Vec<Spanned<RequirementId>>,
}

impl AppliesFile {
    pub(super) fn condition(&self) -> ConditionFile {
        ConditionFile {
            r#use: self.r#use.clone(),
            with: None,
            holds: Some(self.holds.clone()),
            r#if: None,
        }
    }
}

/// What FHIR it rests on.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct FhirFile {
    /// `R4`, `STU3`, `R4B`, `R5`: by whose rules `fhir-valid` and `fhirpath` judge. R4 where a pack has no `fhir`.
    pub release: Spanned<String>,
    /// Packages, `name#version`: where profiles, value sets and code systems come from.
    #[serde(default)]
    pub packages: Vec<Spanned<String>>,
}

/// How areas weigh.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ScoringFile {
    /// `equal`: areas weigh the same, requirements weigh the same inside an area.
    #[expect(dead_code, reason = "one rule exists, and reading it is the check")]
    pub areas: AreaWeights,
}

/// How areas weigh.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(super) enum AreaWeights {
    /// All the same.
    Equal,
}

/// `requirements.yaml`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "plugfest requirements")]
pub(super) struct RequirementsFile {
    #[expect(dead_code, reason = "reading it is the check")]
    pub plugfest: Version,
    /// The published list.
    pub requirements: Vec<Spanned<RequirementFile>>,
}

/// One testable statement of a standard, in our words.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct RequirementFile {
    /// Unique in the pack.
    pub id: RequirementId,
    /// How binding it is.
    pub obligation: Obligation,
    /// How certain it is that the standard demands it.
    pub certainty: Certainty,
    /// Whether the cited source was read for this row.
    pub verified: SourceCheck,
    /// Whose duty it is.
    pub actor: RoleId,
    /// The part of the standard that it belongs to.
    pub area: AreaId,
    /// What must be so.
    pub text: String,
    /// Where it is demanded.
    pub source: SourceRef,
    /// Why no check verifies it, where none does.
    #[serde(default)]
    pub not_tested: Option<NotTestedFile>,
}

/// Why no check verifies a requirement.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NotTestedFile {
    /// The reason.
    pub because: String,
    /// Where to read on.
    #[serde(default)]
    pub see: Option<String>,
}
