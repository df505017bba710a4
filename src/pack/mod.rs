//! Packs: one standard's requirements and scenarios, as data.
//!
//! [`Pack::load`] reads a folder's files; [`lint`] says what is wrong with it beyond that; [`Coverage`] counts what its checks verify.

mod coverage;
mod digest;
mod load;
mod manifest;
mod proof;
mod schema;
mod unused;

pub use coverage::{Coverage, lint};
pub use digest::{PROOF_FILE, digest};
pub use load::Part;
pub use proof::ProofRecord;
pub use schema::{pack_schema, requirements_schema};

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::fhir::definitions::Version;
use crate::model::{AreaId, Files, Headers, LevelId, PackId, Requirement, RequirementId, RoleId};
use crate::scenario::{Condition, Scenario, Surroundings};

/// One standard's requirements and scenarios.
#[derive(Debug)]
pub struct Pack {
    /// Its id.
    pub id: PackId,
    /// Its title.
    pub title: String,
    /// Its own version.
    pub version: String,
    /// What it is about, for people who choose.
    pub about: String,
    /// The licence of its files.
    pub licence: String,
    /// The standard that it tests.
    pub standard: Standard,
    /// The standard's actors → title.
    pub roles: BTreeMap<RoleId, String>,
    /// The role that is tested.
    pub subject: RoleId,
    /// The role that plugfest takes.
    pub driver: RoleId,
    /// The endpoint of the supplier file that paths are joined to.
    pub endpoint: String,
    /// Headers of every request.
    pub headers: Headers,
    /// Areas in the order of reports, with their titles.
    pub areas: Vec<(AreaId, String)>,
    /// Named sets of requirements.
    pub levels: Vec<Level>,
    /// Values that scenarios may use.
    pub values: BTreeMap<String, DefaultValue>,
    /// What a supplier may claim or not, with what it means.
    pub claims: BTreeMap<String, String>,
    /// Those of them that nobody makes by saying nothing.
    pub stated_claims: BTreeSet<String>,
    /// A condition for nearly everything, and what is judged all the same.
    pub applies: Option<Applies>,
    /// The release of FHIR by which its checks judge.
    pub fhir_release: Version,
    /// FHIR packages that profile checks want, `name#version`.
    pub fhir_packages: Vec<String>,
    /// The published list, in its order.
    pub requirements: Vec<Arc<Requirement>>,
    /// The scenarios, sorted by id.
    pub scenarios: Vec<Arc<Scenario>>,
    /// SHA-256 over all its files.
    pub digest: String,
    /// Its own strength, where that was measured at this digest.
    pub proof: Option<ProofRecord>,
    /// Its files.
    pub files: Files,
}

/// The standard that a pack tests.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Standard {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Where it is published.
    pub url: String,
}

/// A named set of requirements, all or nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Level {
    /// Its id.
    pub id: LevelId,
    /// Its title.
    pub title: String,
    /// What belongs to it.
    pub requirements: BTreeSet<RequirementId>,
}

/// A value that scenarios may use, unless a supplier file sets another.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DefaultValue {
    /// What it is where nobody says otherwise.
    pub default: String,
    /// What it is for.
    pub about: String,
}

/// A condition for nearly everything in a pack.
#[derive(Debug)]
pub struct Applies {
    /// What must hold.
    pub condition: Arc<Condition>,
    /// Requirements that are judged all the same.
    pub except: BTreeSet<RequirementId>,
}

impl Pack {
    /// The requirement of an id.
    pub fn requirement(&self, id: &RequirementId) -> Option<&Arc<Requirement>> {
        self.requirements
            .iter()
            .find(|requirement| requirement.id == *id)
    }

    /// What its scenarios may refer to.
    pub fn surroundings(&self) -> Surroundings {
        Surroundings {
            roles: self.roles.keys().cloned().collect(),
            driver: self.driver.clone(),
            subject: self.subject.clone(),
            values: self.values.keys().cloned().collect(),
            claims: self.claims.keys().cloned().collect(),
            requirements: Some(
                self.requirements
                    .iter()
                    .map(|requirement| requirement.id.clone())
                    .collect(),
            ),
        }
    }
}
