//! What was measured of a pack's own strength.

use serde::{Deserialize, Serialize};

use super::digest::PROOF_FILE;
use crate::model::Files;

/// How many of a pack's checks are proved able to fail, at a digest of the pack.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProofRecord {
    /// The digest of the pack that was proved.
    pub digest: String,
    /// How many checks it has.
    pub checks: u32,
    /// How many of them some defect of a reference supplier makes fail.
    pub proved: u32,
    /// How many defects were tried.
    pub defects: u32,
}

impl ProofRecord {
    /// The record among a pack's files, where there is one and the pack has not changed since.
    pub(super) fn of(files: &Files, digest: &str) -> Option<Self> {
        let record: Self = serde_json::from_str(files.text(PROOF_FILE).ok()?).ok()?;
        (record.digest == digest).then_some(record)
    }

    /// The file's text.
    pub fn text(&self) -> String {
        format!(
            "{{\n  \"digest\": \"{}\",\n  \"checks\": {},\n  \"proved\": {},\n  \"defects\": {}\n}}\n",
            self.digest, self.checks, self.proved, self.defects
        )
    }
}
