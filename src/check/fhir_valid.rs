//! `fhir-valid`: whether a body is a valid FHIR resource.

use std::collections::BTreeSet;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;

use super::arguments::OneOrMany;
use super::knowledge::{Advice, Rules};
use super::unclaimed::{has_claims, is_about_a_claim, unclaimed};
use super::{Check, EITHER, Examined, Kind, Subject, Wants, Weight, settle, words};
use crate::diag::Diagnostic;
use crate::fhir::Resource;
use crate::fhir::validate::{Grade, Issue, IssueKind, Weight as Gravity};
use crate::model::{Finding, Seen};
use crate::template::Template;
use crate::yaml::{Node, Spanned, decode};

pub(super) const KIND: Kind = Kind {
    name: "fhir-valid",
    summary: "the body is a valid FHIR resource",
    explanation: "Validates the body in-process: against the base of the pack's FHIR release (`fhir: { release: R4 }` of `pack.yaml`), the profiles that \
it claims in `meta.profile`, and those of `profile`. `claims: false` leaves out what it claims; `fhir-valid: base` is short for that. Violates where an \
issue of `severity` (error, unless it says warning) or above is found, and where the body is no resource. `ignore` names constraints that do not count, \
each with a reason. Inconclusive where no such issue is found, but a required binding, a profile or an invariant could not be decided: a package, a value \
set or a code system is not at hand. The packages that profiles come from stand in `fhir: { packages: [name#version] }` of `pack.yaml`.",
    examples: &[
        "fhir-valid: {}",
        "fhir-valid: base",
        "fhir-valid: { profile: \"http://hl7.org/fhir/StructureDefinition/bmi\", claims: false }",
        "fhir-valid: { profile: [\"http://hl7.org/fhir/StructureDefinition/vitalsigns\", \"{{values.profile}}\"] }",
        "fhir-valid: { severity: warning, ignore: [{ constraint: dom-6, reason: the narrative is made by the viewer }] }",
    ],
    weight: Weight::Judges,
    sides: EITHER,
    schema,
    parse,
};

/// How many issues are shown.
const SHOWN: usize = 3;
/// How many characters of an issue are shown.
const ISSUE: usize = 240;

/// What a resource is held against beside its base.
#[derive(Debug)]
pub struct Profiles {
    /// Addresses; they may have holes.
    pub named: Vec<Template>,
    /// Whether what it claims counts.
    pub claims: Claims,
}

/// Whether a resource is held against what it claims in `meta.profile`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Claims {
    /// It is.
    Count,
    /// It is not.
    Ignored,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(inline)]
struct Arguments {
    /// The canonical address of a profile, or several that must all hold.
    #[serde(default)]
    profile: Option<OneOrMany<Template>>,
    /// Whether the profiles that the resource claims count; they do, unless this says `false`.
    #[serde(default)]
    claims: Option<bool>,
    /// Constraints that do not count.
    #[serde(default)]
    ignore: Option<OneOrMany<IgnoredFile>>,
    /// The least grave issue that violates.
    #[serde(default)]
    severity: Severity,
}

/// A constraint that does not count.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(inline)]
struct IgnoredFile {
    /// Its key, such as `dom-6`.
    constraint: Spanned<String>,
    /// Why.
    reason: Spanned<String>,
}

/// The least grave issue that violates.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum Severity {
    /// Errors, and what is fatal.
    #[default]
    Error,
    /// Warnings, too.
    Warning,
}

/// What is asked.
#[derive(Debug)]
struct FhirValid {
    profiles: Profiles,
    rules: Rules,
    severity: Severity,
}

fn schema(generator: &mut SchemaGenerator) -> Schema {
    let map = generator.subschema_for::<Arguments>();
    json_schema!({ "anyOf": [{ "const": "base" }, map] })
}

fn parse(node: &Node) -> Result<Box<dyn Check>, Diagnostic> {
    match node.scalar() {
        None => {}
        Some("base") => {
            return Ok(Box::new(FhirValid {
                profiles: Profiles {
                    named: Vec::new(),
                    claims: Claims::Ignored,
                },
                rules: Rules::default(),
                severity: Severity::Error,
            }));
        }
        Some(word) => {
            let message = format!("`{word}` means nothing here");
            return Err(Diagnostic::error("bad-value", message).at(&node.place).help(
                "write `base`, `{}` for base and claims, or `{ profile: … }` with a profile's address",
            ));
        }
    }
    let arguments: Arguments = decode(node)?;
    let claims = match arguments.claims {
        None | Some(true) => Claims::Count,
        Some(false) => Claims::Ignored,
    };
    Ok(Box::new(FhirValid {
        profiles: Profiles {
            named: arguments
                .profile
                .map_or_else(Vec::new, |OneOrMany(all)| all),
            claims,
        },
        rules: Rules {
            ignored: ignored(arguments.ignore)?,
            advice: match arguments.severity {
                Severity::Error => Advice::Passes,
                Severity::Warning => Advice::Warns,
            },
        },
        severity: arguments.severity,
    }))
}

/// What is left out without a reason is left out for ever.
fn ignored(rows: Option<OneOrMany<IgnoredFile>>) -> Result<BTreeSet<String>, Diagnostic> {
    let rows = rows.map_or_else(Vec::new, |OneOrMany(rows)| rows);
    let empty = |text: &Spanned<String>| text.value.trim().is_empty();
    for row in &rows {
        if let Some(text) = [&row.constraint, &row.reason]
            .into_iter()
            .find(|text| empty(text))
        {
            return Err(Diagnostic::error("bad-value", "this says nothing")
                .at(&text.place)
                .help("name the constraint's key, and why it does not count here"));
        }
    }
    Ok(rows.into_iter().map(|row| row.constraint.value).collect())
}

impl FhirValid {
    fn examine(&self, subject: &Subject<'_>) -> Examined {
        let named = self
            .profiles
            .named
            .iter()
            .map(|profile| subject.fill(profile));
        let named = named.collect::<Result<Vec<_>, _>>()?;
        let expected = self.expected(&named, subject);
        let resource = subject.resource(&expected)?;
        let names: Vec<&str> = named.iter().map(|name| &**name).collect();
        let issues = self.issues(resource, &names, subject)?;
        if let Some(finding) = self.violation(&issues, &expected, subject) {
            return Err(finding);
        }
        let open = issues
            .iter()
            .filter(|issue| is_open(issue) || self.counts(issue));
        let open: Vec<&Issue> = open.collect();
        match open.is_empty() {
            true => Ok(Seen::new(
                holds(resource, &issues),
                words::body_place(subject.side),
            )),
            false => Err(Finding::undecidable(format!(
                "whether the body is {expected} cannot be decided: {}{}",
                told(&open),
                subject.knowledge.lacks()
            ))),
        }
    }

    /// A modifier extension that nobody knows is refused; where a package is missing, it is we who do not know it.
    fn violation(
        &self,
        issues: &[Issue],
        expected: &str,
        subject: &Subject<'_>,
    ) -> Option<Finding> {
        let is_ours = |issue: &Issue| {
            issue.kind == IssueKind::Extension && !subject.knowledge.missing().is_empty()
        };
        let wrong = issues
            .iter()
            .filter(|issue| self.counts(issue) && !is_ours(issue));
        let wrong: Vec<&Issue> = wrong.collect();
        let place = &wrong.first()?.place;
        let place = match place.path.is_empty() {
            true => words::body_position(subject.side, place.line, place.column),
            false => subject.element_place(place),
        };
        Some(Finding::Violates {
            seen: Seen::new(told(&wrong), place),
            expected: expected.into(),
        })
    }

    fn issues(
        &self,
        resource: &Resource,
        profiles: &[&str],
        subject: &Subject<'_>,
    ) -> Examined<Vec<Issue>> {
        let validator = subject.knowledge.validator(&self.rules);
        if self.profiles.claims == Claims::Count || !has_claims(resource) {
            return Ok(validator.validate(resource, profiles));
        }
        let Some(resource) = unclaimed(resource) else {
            return Err(Finding::undecidable(
                "a profile is claimed with escapes in its address: it cannot be left out",
            ));
        };
        let mut issues = validator.validate(&resource, profiles);
        issues.retain(|issue| !is_about_a_claim(issue));
        Ok(issues)
    }

    fn counts(&self, issue: &Issue) -> bool {
        let floor = match self.severity {
            Severity::Error => Grade::Error,
            Severity::Warning => Grade::Warning,
        };
        issue.kind != IssueKind::Undecided && issue.grade <= floor
    }

    /// `a valid R4 resource by http://…`
    fn expected(&self, profiles: &[impl AsRef<str>], subject: &Subject<'_>) -> String {
        let release = subject.knowledge.release();
        let by = match profiles {
            [] => String::new(),
            many => format!(" by {}", words::listed(many)),
        };
        let without = match self.severity {
            Severity::Error => "",
            Severity::Warning => " without warnings",
        };
        format!("a valid {release} resource{by}{without}")
    }
}

/// `a valid Patient`; what could not be decided and decides nothing is counted.
fn holds(resource: &Resource, issues: &[Issue]) -> String {
    let name = words::shown(resource.type_name().unwrap_or("resource"));
    let minor = issues
        .iter()
        .filter(|issue| issue.kind == IssueKind::Undecided);
    match minor.count() {
        0 => format!("a valid {name}"),
        count => format!(
            "a valid {name}, with {} that could not be decided",
            words::counted(count, "detail", "details")
        ),
    }
}

/// Whether an issue keeps open whether the resource is valid.
fn is_open(issue: &Issue) -> bool {
    issue.kind == IssueKind::Undecided && issue.weight == Gravity::Decisive
}

/// The first issues, and how many more there are. Where each stands is said, since they may be far apart.
fn told(issues: &[&Issue]) -> String {
    let shown = issues.iter().take(SHOWN).map(|issue| one(issue));
    let mut line = shown.collect::<Vec<_>>().join("; ");
    if issues.len() > SHOWN {
        line += &format!("; and {} more", issues.len() - SHOWN);
    }
    line
}

/// `Patient.birthDate (2:14): what is wrong [profile, constraint]`
fn one(issue: &Issue) -> String {
    let place = &issue.place;
    let by: Vec<&str> = [&issue.profile, &issue.constraint]
        .into_iter()
        .filter_map(Option::as_deref)
        .collect();
    let by = match by.is_empty() {
        true => String::new(),
        false => format!(" [{}]", by.join(", ")),
    };
    let path = match place.path.is_empty() {
        true => "the body".to_owned(),
        false => words::cut_to(&place.path, 80),
    };
    let text = format!(
        "{path} ({}:{}): {}{by}",
        place.line, place.column, issue.message
    );
    words::cut_to(&text, ISSUE)
}

impl Check for FhirValid {
    fn evaluate(&self, subject: &Subject<'_>) -> Finding {
        settle(self.examine(subject))
    }

    fn summary(&self) -> String {
        let mut parts = Vec::new();
        match (self.profiles.named.as_slice(), self.profiles.claims) {
            ([], Claims::Ignored) => parts.push("base".to_owned()),
            ([], Claims::Count) => parts.push("base and claims".to_owned()),
            (named, claims) => {
                let named: Vec<String> = named.iter().map(words::written).collect();
                parts.push(words::listed(&named));
                if claims == Claims::Ignored {
                    parts.push("no claims".into());
                }
            }
        }
        if self.severity == Severity::Warning {
            parts.push("no warnings".into());
        }
        if !self.rules.ignored.is_empty() {
            let keys: Vec<&String> = self.rules.ignored.iter().collect();
            parts.push(format!("but for {}", words::listed(&keys)));
        }
        parts.join(", ")
    }

    fn wants(&self) -> Vec<Wants<'_>> {
        vec![Wants::Profiles(&self.profiles)]
    }
}

#[cfg(test)]
pub(super) mod tests {
    use crate::check::tests::{Case, case};

    /// A profile of a package: a Patient who has a birth date, and a gender from a value set that is not at hand.
    pub(in crate::check) const PROFILE: &str = r#"{"resourceType": "StructureDefinition", "url": "http://test.example/born",
        "name": "Born", "status": "active", "kind": "resource", "abstract": false, "type": "Patient",
        "baseDefinition": "http://hl7.org/fhir/StructureDefinition/Patient", "derivation": "constraint",
        "differential": {"element": [{"id": "Patient", "path": "Patient"},
            {"id": "Patient.birthDate", "path": "Patient.birthDate", "min": 1},
            {"id": "Patient.maritalStatus", "path": "Patient.maritalStatus",
             "binding": {"strength": "required", "valueSet": "http://test.example/nowhere"}}]}}"#;

    const VALID: &str = r#"200

{"resourceType": "Patient", "active": true, "text": {"status": "generated", "div": "<div xmlns=\"http://www.w3.org/1999/xhtml\">A</div>"}}"#;
    const BARE: &str = "200\n\n{\"resourceType\": \"Patient\", \"active\": true}";
    const INVALID: &str = "200\n\n{\"resourceType\": \"Patient\",\n \"birthDate\": \"soon\", \"colour\": 1, \"active\": [true], \"gender\": \"mail\", \"name\": [{}]}";
    const CLAIMING: &str = "200\n\n{\"resourceType\": \"Patient\", \"meta\": {\"profile\": [\"http://test.example/born\"]}}";
    const FAR: &str = "200\n\n{\"resourceType\": \"Patient\", \"meta\": {\"profile\": [\"http://far.example/away\"]}}";
    const ODD: &str = "200\n\n{\"resourceType\": \"Patient\", \"maritalStatus\": {\"coding\": [{\"system\": \"http://hl7.org/fhir/administrative-gender\", \"code\": \"male\"}]}}";
    const OPEN: &str = "200\n\n{\"resourceType\": \"Patient\", \"birthDate\": \"2020-01-01\", \"maritalStatus\": {\"coding\": [{\"system\": \"http://a.example\", \"code\": \"b\"}]}}";

    pub(in crate::check) const CASES: &[Case] = &[
        case(
            "fhir-valid: {}",
            VALID,
            "holds a valid Patient @ reply/body",
        ),
        case(
            "fhir-valid: base",
            BARE,
            "holds a valid Patient @ reply/body",
        ),
        case(
            "fhir-valid: {}",
            INVALID,
            "violates Patient.birthDate (2:2): `soon` is not a date that exists; Patient.colour (2:23): `Patient` has no element `colour`; Patient.active[0] (2:47): `active` must not be a JSON array; and 2 more @ reply/body#Patient.birthDate:2:2, wanted a valid R4 resource",
        ),
        case(
            "fhir-valid: {}",
            CLAIMING,
            "violates Patient (1:1): `Patient.birthDate` is missing: it must occur [http://test.example/born] @ reply/body#Patient:1:1, wanted a valid R4 resource",
        ),
        case(
            "fhir-valid: base",
            CLAIMING,
            "holds a valid Patient @ reply/body",
        ),
        case(
            "fhir-valid: { profile: 'http://test.example/born', claims: false }",
            BARE,
            "violates Patient (1:1): `Patient.birthDate` is missing: it must occur [http://test.example/born] @ reply/body#Patient:1:1, wanted a valid R4 resource by http://test.example/born",
        ),
        case(
            "fhir-valid: {}",
            FAR,
            "undecidable whether the body is a valid R4 resource cannot be decided: Patient.meta.profile[0] (1:50): the resource claims the profile `http://far.example/away`, which cannot be applied: its definition is not at hand; the package far.away#1.0.0 is not at hand",
        ),
        case(
            "fhir-valid: base",
            FAR,
            "holds a valid Patient @ reply/body",
        ),
        case(
            "fhir-valid: { profile: 'http://test.example/born' }",
            OPEN,
            "undecidable whether the body is a valid R4 resource by http://test.example/born cannot be decided: Patient.maritalStatus (1:56): whether the code belongs to `http://test.example/nowhere` cannot be decided: the value set http://test.example/nowhere is not at hand; the package far.away#1.0.0 is not at hand",
        ),
        case(
            "fhir-valid: {}",
            OPEN,
            "holds a valid Patient, with 1 detail that could not be decided @ reply/body",
        ),
        case(
            "fhir-valid: { severity: warning }",
            BARE,
            "violates Patient (1:1): `dom-6` does not hold: text.`div`.exists() [http://hl7.org/fhir/StructureDefinition/Patient|4.0.1, dom-6] @ reply/body#Patient:1:1, wanted a valid R4 resource without warnings",
        ),
        case(
            "fhir-valid: { severity: warning, ignore: { constraint: dom-6, reason: no narrative } }",
            ODD,
            "violates Patient.maritalStatus (1:29): `http://hl7.org/fhir/administrative-gender#male` is not in the value set Marital Status Codes (http://hl7.org/fhir/ValueSet/marital-status|4.0.1); unless no code of the set fits, one of it is due @ reply/body#Patient.maritalStatus:1:29, wanted a valid R4 resource without warnings",
        ),
        case("fhir-valid: {}", ODD, "holds a valid Patient @ reply/body"),
        case(
            "fhir-valid: { severity: warning }",
            VALID,
            "holds a valid Patient @ reply/body",
        ),
        case(
            "fhir-valid: {}",
            "!timeout late",
            "undecidable no reply came: timeout: late",
        ),
        case(
            "fhir-valid: { severity: warning, ignore: [{ constraint: dom-6, reason: no narrative }] }",
            BARE,
            "holds a valid Patient @ reply/body",
        ),
        case(
            "fhir-valid: { ignore: { constraint: dom-6 } }",
            BARE,
            "missing-field `{ constraint: dom-6 }`: `reason` is missing",
        ),
        case(
            "fhir-valid: { ignore: { constraint: dom-6, reason: '' } }",
            BARE,
            "bad-value `''`: this says nothing",
        ),
        case(
            "fhir-valid: profile",
            BARE,
            "bad-value `profile`: `profile` means nothing here",
        ),
        case(
            "fhir-valid: { profile: '{{kept.nothing}}' }",
            BARE,
            "undecidable `{{kept.nothing}}` has no value at this step",
        ),
        case(
            "fhir-valid: {}",
            "200\n\nhello",
            "violates neither JSON nor XML: hello @ reply/body, wanted a valid R4 resource",
        ),
        case(
            "fhir-valid: {}",
            "200\n\n{}",
            "violates the body (1:1): a resource must name its type in `resourceType` @ reply/body:1:1, wanted a valid R4 resource",
        ),
        case(
            "request fhir-valid: {}",
            "PUT http://localhost/Patient/17\n\n{\"resourceType\": \"Patient\", \"active\": 1}\n---\n200",
            "violates Patient.active (1:29): `Patient.active` is a boolean and so `true` or `false` in JSON, not a number @ request/body#Patient.active:1:29, wanted a valid R4 resource",
        ),
    ];
}
