//! The kinds of line.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::exchange::StoredExchange;
use crate::model::{CaseId, Instant, Verdict, VerdictKind};
use crate::report::view::{RunBy, RunState};
use crate::scenario::StepCheck;
use crate::supplier::Deviation;

/// The version of the format.
pub const FORMAT: u32 = 1;

/// One line of a run file.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "kebab-case")]
pub enum Line {
    /// The first line.
    Header(Box<Header>),
    /// A run that was interrupted goes on.
    Resumed {
        /// When.
        at: Instant,
    },
    /// A case starts.
    Case(CaseStart),
    /// One request and its reply.
    Exchange(Box<StoredExchange>),
    /// A case has ended, or will not start.
    CaseEnd(CaseEnd),
    /// A check's verdict.
    Verdict(Box<VerdictLine>),
    /// The last line.
    Footer(Footer),
}

/// What was run, against whom, and how.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Header {
    /// The version of this format.
    pub format: u32,
    /// The version of plugfest that ran it.
    pub plugfest: String,
    /// When it started.
    pub started: Instant,
    /// The seed that makes it repeatable.
    pub seed: String,
    /// The supplier file, secrets by reference only.
    pub supplier: serde_json::Value,
    /// The packs, in their order.
    pub packs: Vec<PackRef>,
    /// The FHIR packages that its checks went by, sorted; the core of a release is in the binary.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fhir_packages: Vec<FhirPackage>,
    /// What was asked for.
    pub options: RunOptions,
}

/// A FHIR package that checks went by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FhirPackage {
    /// `name#version`.
    pub package: String,
    /// The digest of its definitions.
    pub digest: String,
}

/// A pack of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct PackRef {
    /// Its id.
    pub pack: String,
    /// Its version.
    pub version: String,
    /// The digest of all its files.
    pub digest: String,
    /// The folder or scenario file that it was read from; absent for a pack of the binary.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
}

/// What was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct RunOptions {
    /// Ids of scenarios, requirements or areas; empty means all.
    pub only: Vec<String>,
    /// A level.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub level: Option<String>,
    /// Whether writes were left out.
    pub read_only: bool,
    /// Who ran it.
    pub run_by: RunBy,
    /// Where the supplier file was, as it was typed: what it names lies beside it, and a resumed run needs that again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub supplier_file: Option<String>,
    /// The reference supplier of plugfest's own that was tested, where no product was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub embedded: Option<String>,
    /// FHIR packages that were named on the command line, as they were typed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub packages: Vec<String>,
    /// Folders full of FHIR packages, likewise.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub package_folders: Vec<String>,
    /// Known deviations of a baseline file, besides the supplier file's own.
    pub deviations: Vec<Deviation>,
}

/// A case starts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CaseStart {
    /// Which.
    pub case: CaseId,
    /// When.
    pub at: Instant,
}

/// A case has ended, or will not start.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CaseEnd {
    /// Which.
    pub case: CaseId,
    /// Why it was stopped, or never started; absent where it went to its end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stopped: Option<String>,
}

/// A check's verdict.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VerdictLine {
    /// The case.
    pub case: String,
    /// The step's name.
    pub step: String,
    /// The check in a line.
    pub check: String,
    /// The requirements that it proves.
    pub requirements: Vec<String>,
    /// The word.
    pub verdict: VerdictKind,
    /// What was observed, or why there is no observation.
    pub reason: Arc<str>,
    /// What would have been right.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected: Option<Arc<str>>,
    /// The exact place inside the exchange.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<Arc<str>>,
    /// The exchange that it rests on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exchange: Option<u32>,
    /// Where the check is written.
    pub written: String,
}

/// What makes the file a run: counts, and a digest of every byte before this line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Footer {
    /// Whether it came to its end.
    pub state: RunState,
    /// Why it was stopped, where it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stopped: Option<String>,
    /// When its last exchange ended.
    pub finished: Instant,
    /// How many exchanges.
    pub exchanges: u32,
    /// How many verdicts.
    pub verdicts: u32,
    /// SHA-256 of every byte before this line, `sha256:` and 64 digits.
    pub digest: String,
}

/// Reads a line.
///
/// # Errors
/// What is wrong with it, in words.
pub fn parse_line(text: &str) -> Result<Line, String> {
    serde_json::from_str(text).map_err(|error| error.to_string())
}

/// The line of a verdict.
pub fn verdict_line(
    case: &CaseId,
    step: &str,
    check: &StepCheck,
    verdict: &Verdict,
) -> VerdictLine {
    let (expected, place) = match verdict {
        Verdict::Fail { evidence, expected } => {
            (Some(expected.clone()), Some(evidence.seen.place.clone()))
        }
        Verdict::Pass(evidence) => (None, Some(evidence.seen.place.clone())),
        Verdict::Inconclusive { .. }
        | Verdict::Error { .. }
        | Verdict::NotApplicable { .. }
        | Verdict::NotRun { .. }
        | Verdict::Disabled { .. } => (None, None),
    };
    VerdictLine {
        case: case.to_string(),
        step: step.to_owned(),
        check: check.item.label().into_owned(),
        requirements: check.requirements.iter().map(ToString::to_string).collect(),
        verdict: verdict.kind(),
        reason: verdict.reason().clone(),
        expected,
        place,
        exchange: verdict.exchange(),
        written: check.item.place.label(),
    }
}
