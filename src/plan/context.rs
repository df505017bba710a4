//! What a run knows: values, endpoints, seed.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::Access;
use crate::check::Knowledge;
use crate::model::{CaseId, Headers};
use crate::pack::Pack;

/// What the supplier file says, as plain data.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Facts {
    /// Claims that are made; `None` where nobody said, which claims everything.
    pub claims: Option<BTreeSet<String>>,
    /// The level that is claimed.
    pub level: Option<String>,
    /// Values by name, without `values.`.
    pub values: BTreeMap<String, String>,
    /// Logical patient → the supplier's own number.
    pub patients: BTreeMap<String, String>,
    /// Endpoint name → base URL, the pack's own first.
    pub endpoints: Vec<(String, String)>,
}

/// What every case of a run may look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Context {
    /// Makes the run repeatable; hexadecimal.
    pub seed: String,
    /// Names that every case knows → text.
    pub values: BTreeMap<String, String>,
    /// Endpoint name → base URL.
    pub endpoints: Vec<(String, String)>,
    /// The endpoint that paths are joined to.
    pub endpoint: String,
    /// Headers of every request.
    pub headers: Headers,
    /// Whether anything may be changed at the supplier's.
    pub access: Access,
    /// What is known of FHIR.
    pub knowledge: Arc<Knowledge>,
}

impl Context {
    /// The context of a pack and a supplier under a seed.
    pub fn new(pack: &Pack, facts: &Facts, seed: &str, access: Access) -> Self {
        let mut values = BTreeMap::new();
        for (name, value) in &pack.values {
            values.insert(format!("values.{name}"), value.default.clone());
        }
        let given = facts
            .values
            .iter()
            .map(|(name, value)| (format!("values.{name}"), value.clone()));
        let patients = facts
            .patients
            .iter()
            .map(|(name, number)| (format!("patients.{name}"), number.clone()));
        let endpoints = facts
            .endpoints
            .iter()
            .map(|(name, url)| (format!("endpoint.{name}"), url.clone()));
        values.extend(given.chain(patients).chain(endpoints));
        values.insert("run.seed".into(), seed.to_owned());
        values.insert("run.tag".into(), tag(seed));
        Self {
            seed: seed.to_owned(),
            values,
            endpoints: facts.endpoints.clone(),
            endpoint: pack.endpoint.clone(),
            headers: pack.headers.clone(),
            access,
            knowledge: Arc::new(knowledge(pack)),
        }
    }

    /// The same, knowing more of FHIR.
    #[must_use]
    pub fn knowing(self, knowledge: Arc<Knowledge>) -> Self {
        Self { knowledge, ..self }
    }

    /// Bytes that depend on the seed, the case, the step, the attempt and the place of the call, and on nothing else.
    pub fn random(
        &self,
        case: &CaseId,
        step: u32,
        attempt: u32,
        source: &str,
        site: usize,
    ) -> [u8; 32] {
        let text = format!("{}\n{case}\n{step}\n{attempt}\n{source}\n{site}", self.seed);
        Sha256::digest(text).into()
    }
}

/// The core of the pack's FHIR release. Nobody has brought the packages that it asks for.
fn knowledge(pack: &Pack) -> Knowledge {
    Knowledge::core(pack.fhir_release).without(pack.fhir_packages.clone())
}

/// The tag by which a run's data can be told from others': from the seed, eight digits.
pub fn tag(seed: &str) -> String {
    let digest = Sha256::digest(format!("tag\n{seed}"));
    let digits: String = digest[..4]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    format!("plugfest-{digits}")
}
