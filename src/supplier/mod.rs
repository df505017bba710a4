//! The supplier file: who is tested, where, with what claims; and the deviations that are known.
//!
//! [`Supplier`] holds references to secrets, never a secret, so it is also the form that goes into the header of a run file.
//! What it says is checked in two steps: [`Supplier::read`] for the file itself, [`lint`] against the packs that it names.

mod claims;
mod deviations;
pub mod init;
mod lint;
mod quantity;
mod secret;
mod system;

pub use claims::{Claims, Patient};
pub use deviations::{Baseline, Day, Deviation, RequirementReference, Standing};
pub use lint::{PackFacts, PackValue, lint};
pub use quantity::{Rate, Size, Wait};
pub use secret::{SecretReference, Vault};
pub use system::{AuthEntries, ClientFiles, Limits, Seat, System, TlsFiles};

use std::collections::BTreeMap;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::diag::{Diagnostic, Source};
use crate::model::{PackId, RoleId, SupplierId};
use crate::protocol::http::config::HttpUrl;
use crate::yaml;

/// The version of the language that this plugfest reads.
pub(crate) const LANGUAGE: u32 = 1;

/// A supplier file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Supplier {
    /// The version of the language: 1.
    pub plugfest: u32,
    /// Who.
    pub supplier: Identity,
    /// The systems that take part, by name.
    pub systems: BTreeMap<String, System>,
    /// What the product says it does, by pack. A pack that is not named here is claimed in full.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub claims: BTreeMap<PackId, Claims>,
    /// Values for the packs' scenarios, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub values: BTreeMap<String, String>,
    /// The packs' logical patients, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub patients: BTreeMap<String, Patient>,
    /// What is known not to conform, with a reason and an end.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub deviations: Vec<Deviation>,
}

/// Who is tested.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Identity {
    /// A short id, unique at an event.
    pub id: SupplierId,
    /// The supplier's name.
    pub name: String,
    /// The product's name; empty where only a URL is known.
    pub product: String,
    /// The product's version: a result is about this version and no other. Empty where only a URL is known.
    pub version: String,
}

impl Supplier {
    /// Reads a supplier file.
    ///
    /// # Errors
    /// Everything that is wrong with it, each with its place.
    pub fn read(source: &Arc<Source>) -> Result<Self, Vec<Diagnostic>> {
        let node = yaml::parse(source).map_err(|diagnostic| vec![diagnostic])?;
        lint::version(&node).map_err(|diagnostic| vec![diagnostic])?;
        let supplier: Self = yaml::decode(&node).map_err(|diagnostic| vec![diagnostic])?;
        let problems = lint::own(&node, &supplier);
        if problems.is_empty() {
            return Ok(supplier);
        }
        Err(problems)
    }

    /// The supplier that `--target URL` means: one system that plays every role at one URL, and claims everything but
    /// what a pack wants to hear in so many words. Nobody said which product that is, so it has no name and no version.
    ///
    /// # Errors
    /// `bad-target` where the text is no URL that can be tested.
    pub fn of_target(target: &str) -> Result<Self, Diagnostic> {
        let wrong = |why: String| Diagnostic::error("bad-target", format!("`{target}`: {why}"));
        let url: HttpUrl = target
            .parse()
            .map_err(|problem| wrong(format!("{problem}")))?;
        let parsed = url::Url::parse(target).map_err(|error| wrong(error.to_string()))?;
        if parsed.query().is_some() || parsed.fragment().is_some() {
            return Err(wrong(
                "the base of a service has no query and no fragment".into(),
            ));
        }
        let host = parsed.host_str().unwrap_or_default();
        let port = parsed.port().map(|port| format!(":{port}"));
        let id = id_of(host)
            .parse()
            .map_err(|error| wrong(format!("{error}")))?;
        let system = System::anything_at(url);
        Ok(Self {
            plugfest: LANGUAGE,
            supplier: Identity {
                id,
                name: format!("{host}{}", port.unwrap_or_default()),
                product: String::new(),
                version: String::new(),
            },
            systems: BTreeMap::from([("target".to_owned(), system)]),
            claims: BTreeMap::new(),
            values: BTreeMap::new(),
            patients: BTreeMap::new(),
            deviations: Vec::new(),
        })
    }

    /// The system that plays a role of a pack, with its name: the first that names the role, else the first that plays all.
    pub fn system_for(&self, pack: &PackId, role: &RoleId) -> Option<(&str, &System)> {
        let fit = |system: &System| system.plays.iter().map(|seat| seat.fit(pack, role)).max();
        let systems = self.systems.iter().rev();
        systems
            .map(|(name, system)| (fit(system).unwrap_or(system::Fit::None), name, system))
            .filter(|(fit, _, _)| *fit != system::Fit::None)
            .max_by_key(|(fit, _, _)| *fit)
            .map(|(_, name, system)| (name.as_str(), system))
    }

    /// What is claimed of a pack; `None` where the file does not name it, which claims all of it.
    pub fn claims_for(&self, pack: &PackId) -> Option<&Claims> {
        self.claims.get(pack)
    }

    /// What every report of this supplier must say, such as that certificates were not verified.
    pub fn notes(&self) -> Vec<String> {
        let systems = self.systems.iter();
        systems
            .filter(|(_, system)| system.tls.as_ref().is_some_and(|tls| tls.insecure))
            .map(|(name, _)| {
                format!("the certificate of system `{name}` was recorded, but not required to be trusted (`insecure`)")
            })
            .collect()
    }
}

/// A host as an id: what an id may not hold becomes a hyphen.
fn id_of(host: &str) -> String {
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.');
    let id: String = host
        .chars()
        .map(|c| if is_part(c) { c } else { '-' })
        .collect();
    let id = id.trim_matches('-');
    id.chars().take(128).collect()
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
