//! What every report shows, as plain data; its JSON form is `report.json`.

use std::collections::BTreeMap;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::{Certainty, Obligation};

/// The JSON Schema of `report.json`, for whoever reads it by program.
pub fn schema() -> schemars::Schema {
    schemars::schema_for!(Report)
}

/// One run of one or more packs against one supplier.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Report {
    /// The version of plugfest that judged.
    pub plugfest: String,
    /// Who was tested.
    pub supplier: Supplier,
    /// How, when and by whom.
    pub run: Run,
    /// The result per pack.
    pub packs: Vec<Pack>,
    /// What the reader must know besides: expired deviations, a pack that has changed since the run, a cancelled run.
    pub notes: Vec<String>,
}

/// Who was tested.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Supplier {
    /// The supplier's id.
    pub id: String,
    /// The supplier's name.
    pub name: String,
    /// The product; empty where nobody said.
    pub product: String,
    /// The product's version; empty where nobody said.
    pub version: String,
    /// Endpoint name → base URL.
    pub endpoints: BTreeMap<String, String>,
}

/// How, when and by whom it was run: the assurance that a result carries.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Run {
    /// When the run started, RFC 3339.
    pub started: String,
    /// When its last exchange ended, RFC 3339.
    pub finished: String,
    /// `complete` or `cancelled`: a run that was interrupted is resumed, not judged.
    pub state: RunState,
    /// The seed that makes the run repeatable, hexadecimal.
    pub seed: String,
    /// How many exchanges were recorded.
    pub exchanges: u32,
    /// How many cases were planned.
    pub cases: u32,
    /// Options that narrow or change what a run can show, as on the command line: `--read-only`, `--level core`.
    pub options: Vec<String>,
    /// Who ran it, by the word of whoever started it.
    pub assurance: RunBy,
    /// How many times the run was started (resumed runs count each start).
    pub attempts: u32,
}

/// Who ran it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum RunBy {
    /// The supplier itself; also where nobody says anything else.
    #[default]
    #[serde(rename = "self")]
    Supplier,
    /// The supplier, before a witness.
    Witnessed,
    /// Another supplier.
    Peer,
    /// Somebody who is independent of the supplier.
    Laboratory,
}

/// Whether the run came to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum RunState {
    /// All that was planned was tried.
    Complete,
    /// Somebody stopped it, or its deadline passed.
    Cancelled,
}

/// The result of one pack.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Pack {
    /// The pack's id.
    pub pack: String,
    /// Its title.
    pub title: String,
    /// Its version.
    pub version: String,
    /// SHA-256 over all its files, `sha256:` and hexadecimal digits.
    pub digest: String,
    /// The standard that it tests.
    pub standard: Standard,
    /// The role that was tested.
    pub role: String,
    /// The gate, which comes first, whatever the percentage.
    pub verdict: Conformance,
    /// Per obligation (`SHALL`, `SHALL NOT`, `SHOULD`, `SHOULD NOT`, `MAY`) and, apart, `advisory`: how the whole published list stands.
    pub counts: BTreeMap<String, Counts>,
    /// The same per area, in the pack's order, advisory requirements among them.
    pub areas: Vec<Area>,
    /// Named sets of requirements, all or nothing.
    pub levels: Vec<Level>,
    /// Progress as a figure, 0 to 100, areas weighing the same (SHALL only, advisory left out); progress, not a verdict.
    pub progress: u32,
    /// The same for SHOULD: a quality figure of its own.
    pub quality: u32,
    /// Of the pack's checks, how many are proved able to fail, where that was measured.
    pub proved: Option<Proved>,
    /// What lies behind the violated requirements: one row for each cause, the one behind most requirements first.
    pub causes: Vec<Cause>,
    /// Every requirement of the published list, in its order.
    pub requirements: Vec<Requirement>,
    /// What replies showed of the elements that profiles want supported, for each profile that they were held against. A fact,
    /// never a verdict.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub must_support: Vec<MustSupport>,
}

/// The must-support elements of one profile over a whole run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MustSupport {
    /// The profile's canonical address.
    pub profile: String,
    /// How many resources in replies were looked at: those that claim it, or were held against it.
    pub resources: u32,
    /// Its must-support elements, in the profile's order.
    pub elements: Vec<MustSupportElement>,
}

/// A must-support element over a whole run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MustSupportElement {
    /// Its id in the profile, such as `Patient.identifier:nhsNumber.value`.
    pub element: String,
    /// In how many of the resources it was seen: 0 is never; `null` where it stands in a slice that could not be told from others.
    pub seen: Option<u32>,
}

/// The standard that a pack tests.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Standard {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Where it is published.
    pub url: String,
}

/// The word of a supplier's role in a standard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Conformance {
    /// Every testable, applicable, non-advisory SHALL is satisfied: in the tested scope.
    Conformant,
    /// None is violated, but not every one is shown.
    NotDemonstrated,
    /// At least one is violated.
    NonConformant,
}

/// The state of a requirement.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// At least one check passed, and none says otherwise.
    Satisfied,
    /// At least one check failed.
    Violated,
    /// Checks ran or should have, and neither can be said.
    Undetermined,
    /// No check exists, or none was selected.
    Untested,
    /// A claim or an observed condition excludes it.
    NotApplicable,
}

/// The five columns of coverage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct Counts {
    /// Shown to hold.
    pub satisfied: u32,
    /// Shown not to hold.
    pub violated: u32,
    /// Neither.
    pub undetermined: u32,
    /// Nobody looked.
    pub untested: u32,
    /// Excluded.
    pub not_applicable: u32,
}

/// A part of a standard that readers look at together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Area {
    /// Its id.
    pub id: String,
    /// Its title.
    pub title: String,
    /// How its requirements stand.
    pub counts: Counts,
}

/// A named set of requirements.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Level {
    /// Its id.
    pub id: String,
    /// Its title.
    pub title: String,
    /// All or nothing.
    pub verdict: Conformance,
    /// How its requirements stand.
    pub counts: Counts,
}

/// The pack's own strength.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Proved {
    /// Checks that some defect of a reference supplier makes fail.
    pub proved: u32,
    /// All checks.
    pub checks: u32,
}

/// One observation behind one or more violated requirements.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Cause {
    /// In words: `status: wanted 412, observed 200`.
    pub summary: String,
    /// The requirements that it violates.
    pub requirements: Vec<String>,
    /// Whether one of them counts for the gate.
    pub binding: bool,
}

/// One requirement of the published list and what was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Requirement {
    /// Its id.
    pub id: String,
    /// How binding it is.
    pub obligation: Obligation,
    /// How certain it is that the standard demands it.
    pub certainty: Certainty,
    /// Never makes a supplier non-conformant.
    pub advisory: bool,
    /// The area's id.
    pub area: String,
    /// What must be so.
    pub text: String,
    /// The clause.
    pub section: String,
    /// The page of the clause.
    pub url: String,
    /// What was found.
    pub state: State,
    /// Why it is not tested, not applicable or undetermined; empty elsewhere.
    pub reason: String,
    /// A known deviation that covers it.
    pub deviation: Option<Deviation>,
    /// The checks that prove it, in the plan's order.
    pub checks: Vec<Check>,
}

/// A deviation that the supplier or the organiser knows of: still a failure, but not news.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Deviation {
    /// Why.
    pub because: String,
    /// Until when (a date).
    pub until: String,
    /// Whether that date had passed when the run started.
    pub expired: bool,
}

/// One planned check and its verdict.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Check {
    /// The case: the scenario's id, with the row in brackets where it has rows.
    pub scenario: Arc<str>,
    /// The step's name.
    pub step: Arc<str>,
    /// The check in a line: `status 412`.
    pub check: Arc<str>,
    /// `pass`, `fail`, `inconclusive`, `error`, `not-applicable`, `not-run`, `disabled`.
    pub verdict: Verdict,
    /// What was observed, or why there is no observation.
    pub reason: Arc<str>,
    /// What would have been right; where the verdict is `fail`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected: Option<Arc<str>>,
    /// The author's line for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub because: Option<Arc<str>>,
    /// The exact place inside the first exchange, such as `reply/headers/4`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evidence: Option<Arc<str>>,
    /// Where the check is written.
    pub place: Arc<Place>,
    /// The exchanges that the verdict rests on, by their numbers in results.jsonl.
    pub exchanges: Cited,
}

/// The exchanges that a verdict rests on: none or one, in four bytes and a bit, since a long run has very many. In JSON, a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(try_from = "Vec<u32>", into = "Vec<u32>")]
pub struct Cited(Option<u32>);

impl From<Option<u32>> for Cited {
    fn from(number: Option<u32>) -> Self {
        Self(number)
    }
}

impl From<Cited> for Vec<u32> {
    fn from(cited: Cited) -> Self {
        cited.to_vec()
    }
}

impl TryFrom<Vec<u32>> for Cited {
    type Error = &'static str;
    fn try_from(numbers: Vec<u32>) -> Result<Self, Self::Error> {
        match numbers.as_slice() {
            [] => Ok(Self(None)),
            [number] => Ok(Self(Some(*number))),
            _ => Err("a verdict rests on one exchange at most"),
        }
    }
}

impl std::ops::Deref for Cited {
    type Target = [u32];
    fn deref(&self) -> &[u32] {
        self.0.as_slice()
    }
}

impl JsonSchema for Cited {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Exchanges".into()
    }
    fn inline_schema() -> bool {
        true
    }
    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        Vec::<u32>::json_schema(generator)
    }
}

/// The word of a verdict, as in results.jsonl.
pub type Verdict = crate::model::VerdictKind;

/// A place in a scenario file, with the line itself, so that a report needs no files.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Place {
    /// The file, as the pack names it.
    pub file: String,
    /// Line, from 1.
    pub line: u32,
    /// Column, from 1, in characters.
    pub column: u32,
    /// How many characters the carets span, on the first line.
    pub length: u32,
    /// The text of the line.
    pub text: String,
}

impl Counts {
    /// Counts one requirement.
    pub fn add(&mut self, state: State) {
        let column = match state {
            State::Satisfied => &mut self.satisfied,
            State::Violated => &mut self.violated,
            State::Undetermined => &mut self.undetermined,
            State::Untested => &mut self.untested,
            State::NotApplicable => &mut self.not_applicable,
        };
        *column += 1;
    }

    /// All that were counted.
    pub fn total(&self) -> u32 {
        self.satisfied + self.violated + self.undetermined + self.untested + self.not_applicable
    }
}
