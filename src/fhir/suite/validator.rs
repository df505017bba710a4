//! The validator suite: resources with the outcome that the reference validator gives.

use super::World;
use crate::fhir::definitions::{Definitions, Library, Loose, Version};
use crate::fhir::terminology::Packaged;
use crate::fhir::tree::Resource;
use crate::fhir::validate::{
    Grade, Issue, IssueKind, Options, Resolver, UnknownExtensions, Validator,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

/// The suite's list of cases.
#[derive(Debug, Deserialize)]
pub struct Manifest {
    /// In the order of the file.
    pub cases: Vec<Case>,
}

/// One resource, and how it is to be looked at.
#[derive(Debug, Deserialize)]
pub struct Case {
    /// Such as `R4.capstmt`.
    pub id: String,
    /// As the manifest spells it: `R3`, `R4`, `R4B`, `R5`.
    pub fhir_version: String,
    /// The area that it belongs to.
    pub module: String,
    /// `none`, `packaged`, `external-lenient`.
    pub terminology: String,
    /// The resource's path.
    pub file: String,
    /// Further definitions and resources that hold for all runs.
    #[serde(default)]
    pub supporting: Vec<String>,
    /// Profiles at hand.
    #[serde(default)]
    pub profiles: Vec<String>,
    /// Packages at hand.
    #[serde(default)]
    pub packages: Vec<String>,
    /// Resources that references may lead to.
    #[serde(default)]
    pub reference_targets: Vec<String>,
    /// Settings of the reference validator.
    #[serde(default)]
    pub options: Settings,
    /// `base`, and perhaps `profile`.
    pub runs: BTreeMap<String, Run>,
}

/// Settings of the reference validator that change what it finds.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct Settings {
    /// Whether addresses of examples are allowed; they are unless this says no.
    examples: Option<bool>,
    /// How advice is reported.
    best_practice: Option<String>,
    /// Whether comments in JSON are allowed.
    allow_comments: Option<bool>,
    /// Whether texts that look like HTML are errors.
    security_checks: Option<bool>,
    /// How a display that is none of its code's own is reported.
    wrong_displays: Option<String>,
    /// Whether references that must lead into the same Bundle are looked at outside of Bundles.
    #[serde(rename = "enforceAggregationOutsideBundles")]
    aggregation_outside_bundles: Option<bool>,
    /// Whether the types that addresses of references name are counted on.
    #[serde(rename = "assumeValidRestReferences")]
    assume_valid_rest_references: Option<bool>,
    /// The same for the run against a profile.
    #[serde(rename = "profile.assumeValidRestReferences")]
    profile_assume_valid_rest_references: Option<bool>,
    /// Whether contained resources are looked at.
    #[serde(rename = "validateContains")]
    validate_contains: Option<String>,
    /// Whether references must lead somewhere.
    #[serde(rename = "validateReference")]
    validate_reference: Option<String>,
}

/// One way of looking at a case.
#[derive(Debug, Deserialize)]
pub struct Run {
    /// The path of the profile to validate against.
    pub profile: Option<String>,
    /// Definitions beside it.
    #[serde(default)]
    pub profile_supporting: Vec<String>,
    /// Packages beside it.
    #[serde(default)]
    pub profile_packages: Vec<String>,
    /// What the reference validator says.
    pub expected: Expected,
}

/// What the reference validator says of a run.
#[derive(Debug, Deserialize)]
pub struct Expected {
    /// How many errors.
    pub errors: usize,
    /// What they are.
    #[serde(default)]
    pub issues: Vec<ExpectedIssue>,
}

/// An issue of the reference validator.
#[derive(Debug, Deserialize)]
pub struct ExpectedIssue {
    severity: String,
    #[serde(default)]
    expression: Vec<String>,
    #[serde(default)]
    text: String,
}

/// What came of one run.
#[derive(Debug)]
pub struct RunOutcome {
    /// `base` or `profile`.
    pub mode: String,
    /// What we found; `None` where we panicked.
    pub issues: Option<Vec<Issue>>,
    /// How many errors were due.
    pub expected_errors: usize,
}

/// How runs came out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Tally {
    /// Resources.
    pub cases: usize,
    /// Resources, each against its base and perhaps a profile.
    pub runs: usize,
    /// Runs that are valid, or invalid, for both.
    pub agreed: usize,
    /// Runs in which we alone found an error.
    pub false_accusations: usize,
    /// Runs in which we alone found none.
    pub missed: usize,
    /// Runs with something that we could not decide.
    pub undecided: usize,
    /// Runs in which we found as many errors.
    pub same_error_count: usize,
    /// Runs that ended in a panic.
    pub panics: usize,
}

/// A run on which we and the reference validator do not agree.
#[derive(Debug, Clone, Serialize)]
pub struct Disagreement {
    /// The case.
    pub id: String,
    /// `base` or `profile`.
    pub run: String,
    /// `false-accusation`, `missed` or `panic`.
    pub kind: &'static str,
    /// The errors of the reference validator.
    pub expected: Vec<String>,
    /// Ours.
    pub found: Vec<String>,
}

/// The whole suite, added up.
#[derive(Debug, Default, Serialize)]
pub struct Summary {
    /// Everything.
    pub total: Tally,
    /// By release.
    pub by_version: BTreeMap<String, Tally>,
    /// By area.
    pub by_module: BTreeMap<String, Tally>,
    /// By what they ask of terminology.
    pub by_terminology: BTreeMap<String, Tally>,
    /// In the order of the manifest.
    pub disagreements: Vec<Disagreement>,
    /// Runs that agree, but with another number of errors: `id run: due / found`.
    pub other_counts: Vec<String>,
}

impl Manifest {
    /// Reads a manifest.
    pub fn read(bytes: &[u8]) -> Result<Self, String> {
        serde_json::from_slice(bytes).map_err(|error| error.to_string())
    }
}

impl Case {
    /// Runs a case in all its ways.
    pub fn run(&self, world: &dyn World) -> Result<Vec<RunOutcome>, String> {
        let version = Version::parse(&self.fhir_version).ok_or_else(|| {
            format!(
                "`{}` is no release of FHIR that is known here",
                self.fhir_version
            )
        })?;
        let bytes = world
            .file(&self.file)
            .ok_or_else(|| format!("`{}` is missing", self.file))?;
        let run = |(mode, run): (&String, &Run)| {
            let issues = catch_unwind(AssertUnwindSafe(|| self.look(world, version, &bytes, run)));
            let issues = issues.ok().transpose()?;
            Ok(RunOutcome {
                mode: mode.clone(),
                issues,
                expected_errors: run.expected.errors,
            })
        };
        self.runs.iter().map(run).collect()
    }

    fn look(
        &self,
        world: &dyn World,
        version: Version,
        bytes: &[u8],
        run: &Run,
    ) -> Result<Vec<Issue>, String> {
        let mut libraries: Vec<Arc<dyn Library>> = Vec::new();
        for package in self.packages.iter().chain(&run.profile_packages) {
            libraries.extend(world.package(package)?);
        }
        let own = self
            .supporting
            .iter()
            .chain(&self.profiles)
            .chain(&run.profile_supporting)
            .chain(&run.profile);
        let own: Vec<_> = own.filter_map(|path| resource(world, path)).collect();
        libraries.push(Arc::new(Loose::new("the case", own)));
        let definitions = Arc::new(world.definitions(version).with(libraries));
        let targets = self.reference_targets.iter();
        let targets = targets.filter_map(|path| Some((path.clone(), resource(world, path)?)));
        let validator = Validator::new(
            definitions.clone(),
            Arc::new(Packaged::new(definitions)),
            self.options(),
        )
        .with_resolver(Arc::new(Targets(targets.collect())))
        .with_other_versions(Arc::new(|other| Some(Arc::new(Definitions::core(other)))));
        let profile = run
            .profile
            .as_deref()
            .and_then(|path| resource(world, path));
        let profile = profile
            .as_ref()
            .and_then(|profile| profile.root().child("url")?.value());
        Ok(validator.validate_bytes(bytes, profile.as_slice()).issues)
    }

    fn options(&self) -> Options {
        let settings = &self.options;
        Options {
            best_practice: settings.best_practice.is_some(),
            allow_examples: settings.examples != Some(false),
            allow_comments: settings.allow_comments == Some(true),
            check_references: settings.validate_reference.is_some(),
            security_checks: settings.security_checks == Some(true),
            ignore_types_in_addresses: settings.validate_reference.is_none()
                && settings.assume_valid_rest_references != Some(true)
                && settings.profile_assume_valid_rest_references != Some(true),
            skip_contained: settings.validate_contains.as_deref() == Some("IGNORE"),
            unknown_extensions: UnknownExtensions::Refused,
            wrong_displays_are_warnings: settings.wrong_displays.is_some(),
            aggregation_outside_bundles: settings.aggregation_outside_bundles,
            follow_references: settings.validate_reference.as_deref() == Some("CHECK_VALID"),
            // Any moment after the suite was made.
            clock: Some("2026-07-01T00:00:00.000Z".to_owned()),
            ..Options::default()
        }
    }
}

/// A file of the suite as a resource, in either format.
fn resource(world: &dyn World, path: &str) -> Option<Arc<Resource>> {
    let bytes = world.file(path)?;
    Resource::parse_any(&bytes).ok().map(Arc::new)
}

/// Resources that references may lead to, with their paths. As in the reference harness, `Practitioner/1` leads to
/// `practitioner-1.json`, whatever that holds; failing that, to the resource of this type and id.
struct Targets(Vec<(String, Arc<Resource>)>);

impl Resolver for Targets {
    fn resolve(&self, reference: &str) -> Option<Arc<Resource>> {
        let wanted = reference.to_ascii_lowercase().replace('/', "-");
        let mut known = self.0.iter();
        let found = known.find(|(path, _)| {
            let file = path.rsplit('/').next().unwrap_or(path);
            let stem = file.rsplit_once('.').map_or(file, |(stem, _)| stem);
            stem.eq_ignore_ascii_case(&wanted)
        });
        let found = found.or_else(|| {
            self.0
                .iter()
                .find(|(_, resource)| is_named(resource, reference))
        });
        found.map(|(_, resource)| resource.clone())
    }
}

/// Whether a reference ends with the type and id of a resource.
fn is_named(resource: &Resource, reference: &str) -> bool {
    let id = resource.root().child("id").and_then(|id| id.value());
    let address = resource
        .type_name()
        .zip(id)
        .map(|(kind, id)| format!("{kind}/{id}"));
    let rest = address.and_then(|address| reference.strip_suffix(address.as_str()));
    rest.is_some_and(|rest| rest.is_empty() || rest.ends_with('/'))
}

impl Summary {
    /// Adds a case.
    pub fn add(&mut self, case: &Case, outcomes: &[RunOutcome]) {
        let tally = Tally::of(outcomes);
        self.total.add(tally);
        let parts = [
            (&mut self.by_version, &case.fhir_version),
            (&mut self.by_module, &case.module),
            (&mut self.by_terminology, &case.terminology),
        ];
        for (part, name) in parts {
            part.entry(name.clone()).or_default().add(tally);
        }
        for outcome in outcomes {
            self.note(case, outcome);
        }
    }

    fn note(&mut self, case: &Case, outcome: &RunOutcome) {
        let found = outcome.errors();
        let kind = match (
            &outcome.issues,
            outcome.expected_errors > 0,
            found.is_empty(),
        ) {
            (None, _, _) => "panic",
            (Some(_), false, false) => "false-accusation",
            (Some(_), true, true) => "missed",
            (Some(_), _, _) => {
                if found.len() != outcome.expected_errors {
                    let due = outcome.expected_errors;
                    self.other_counts.push(format!(
                        "{} {}: {due} / {}",
                        case.id,
                        outcome.mode,
                        found.len()
                    ));
                }
                return;
            }
        };
        let expected = case
            .runs
            .get(&outcome.mode)
            .map(|run| run.expected.errors());
        self.disagreements.push(Disagreement {
            id: case.id.clone(),
            run: outcome.mode.clone(),
            kind,
            expected: expected.unwrap_or_default(),
            found,
        });
    }
}

impl Expected {
    fn errors(&self) -> Vec<String> {
        let errors = self
            .issues
            .iter()
            .filter(|issue| matches!(issue.severity.as_str(), "error" | "fatal"));
        errors
            .map(|issue| format!("{}: {}", issue.expression.join(", "), issue.text))
            .collect()
    }
}

impl RunOutcome {
    /// Our errors, in words.
    fn errors(&self) -> Vec<String> {
        let errors = self
            .issues
            .iter()
            .flatten()
            .filter(|issue| issue.is_error());
        errors
            .map(|issue| format!("{}: {}", issue.place, issue.message))
            .collect()
    }
}

impl Tally {
    fn of(outcomes: &[RunOutcome]) -> Self {
        let mut tally = Self {
            cases: 1,
            ..Self::default()
        };
        for outcome in outcomes {
            tally.runs += 1;
            let Some(issues) = &outcome.issues else {
                tally.panics += 1;
                continue;
            };
            let errors = issues
                .iter()
                .filter(|issue| matches!(issue.grade, Grade::Fatal | Grade::Error))
                .count();
            match (outcome.expected_errors > 0, errors > 0) {
                (false, true) => tally.false_accusations += 1,
                (true, false) => tally.missed += 1,
                (true, true) | (false, false) => tally.agreed += 1,
            }
            tally.same_error_count += usize::from(errors == outcome.expected_errors);
            let is_open = issues
                .iter()
                .any(|issue| issue.kind == IssueKind::Undecided);
            tally.undecided += usize::from(is_open);
        }
        tally
    }

    fn add(&mut self, other: Self) {
        self.cases += other.cases;
        self.runs += other.runs;
        self.agreed += other.agreed;
        self.false_accusations += other.false_accusations;
        self.missed += other.missed;
        self.undecided += other.undecided;
        self.same_error_count += other.same_error_count;
        self.panics += other.panics;
    }
}
