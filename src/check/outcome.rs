//! `outcome`: the error report of FHIR, an OperationOutcome.

use std::borrow::Cow;

use schemars::JsonSchema;
use serde::Deserialize;

use super::arguments::{OneOrMany, Yes};
use super::fhirpath::named;
use super::{Check, EITHER, Examined, Kind, Subject, Weight, settle, words};
use crate::diag::Diagnostic;
use crate::fhir::{Element, Resource};
use crate::model::{Finding, Seen};
use crate::template::Template;
use crate::yaml::{Node, decode};

pub(super) const KIND: Kind = Kind {
    name: "outcome",
    summary: "the error report of FHIR, an OperationOutcome",
    explanation: "Holds where the body, in JSON or XML, is an OperationOutcome with at least one issue, and every issue has a severity and a code of \
FHIR R4's lists. With `severity`, `code` or `details`, one issue must have all of them; `details` is a part of the issue's text, of its codes' \
code or display, or of its diagnostics. `absent` wants anything else, or no body. A body that cannot be read violates.",
    examples: &[
        "outcome: {}",
        "outcome: { severity: [error, fatal] }",
        "outcome: { severity: error, code: [not-found, deleted] }",
        "outcome: { details: \"{{create.id}}\" }",
        "outcome: { absent: true }",
    ],
    weight: Weight::Judges,
    sides: EITHER,
    schema: |generator| generator.subschema_for::<Arguments>(),
    parse,
};

/// The value set `issue-severity` of FHIR R4.
const SEVERITIES: [&str; 4] = ["fatal", "error", "warning", "information"];

/// The value set `issue-type` of FHIR R4.
const CODES: [&str; 31] = [
    "invalid",
    "structure",
    "required",
    "value",
    "invariant",
    "security",
    "login",
    "unknown",
    "expired",
    "forbidden",
    "suppressed",
    "processing",
    "not-supported",
    "duplicate",
    "multiple-matches",
    "not-found",
    "deleted",
    "too-long",
    "code-invalid",
    "extension",
    "too-costly",
    "business-rule",
    "conflict",
    "transient",
    "lock-error",
    "no-store",
    "exception",
    "timeout",
    "incomplete",
    "throttled",
    "informational",
];

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(inline)]
struct Arguments {
    /// The issue's severity is one of these.
    #[serde(default)]
    severity: Option<OneOrMany<Template>>,
    /// The issue's code is one of these.
    #[serde(default)]
    code: Option<OneOrMany<Template>>,
    /// The issue says this, somewhere.
    #[serde(default)]
    details: Option<Template>,
    /// The body is no OperationOutcome.
    #[serde(default)]
    absent: Option<Yes>,
}

/// Whether an OperationOutcome is wanted.
#[derive(Debug)]
enum Outcome {
    Absent,
    Present(Filter),
}

/// What one issue must have.
#[derive(Debug)]
struct Filter {
    severity: Option<OneOrMany<Template>>,
    code: Option<OneOrMany<Template>>,
    details: Option<Template>,
}

fn parse(node: &Node) -> Result<Box<dyn Check>, Diagnostic> {
    let arguments: Arguments = decode(node)?;
    let filter = Filter {
        severity: arguments.severity,
        code: arguments.code,
        details: arguments.details,
    };
    match arguments.absent {
        None => Ok(Box::new(Outcome::Present(filter))),
        Some(Yes) if filter.templates().is_empty() => Ok(Box::new(Outcome::Absent)),
        Some(Yes) => Err(Diagnostic::error(
            "bad-value",
            "`absent` contradicts what stands beside it",
        )
        .at(&node.place)),
    }
}

impl Outcome {
    fn examine(&self, subject: &Subject<'_>) -> Examined {
        match self {
            Self::Absent => absent(subject),
            Self::Present(filter) => filter.examine(subject),
        }
    }
}

/// What cannot be read is not taken for the absence of an error report.
fn absent(subject: &Subject<'_>) -> Examined {
    let place = words::body_place(subject.side);
    let reading = subject.reading()?;
    if reading.body.is_empty() {
        return Ok(Seen::new("no body", place));
    }
    if reading.format().is_none() {
        return Ok(Seen::new("neither JSON nor XML", place));
    }
    let resource = subject.resource("no OperationOutcome")?;
    let seen = Seen::new(named(resource), place);
    match resource.type_name() {
        Some("OperationOutcome") => Err(Finding::Violates {
            seen,
            expected: "no OperationOutcome".into(),
        }),
        Some(_) | None => Ok(seen),
    }
}

impl Filter {
    fn examine(&self, subject: &Subject<'_>) -> Examined {
        let resource = subject.resource("an OperationOutcome")?;
        let issues = issues(resource, subject)?;
        for issue in &issues {
            coded(*issue, "severity", &SEVERITIES, subject)?;
            coded(*issue, "code", &CODES, subject)?;
        }
        let filled = Filled {
            severity: self
                .severity
                .as_ref()
                .map(|texts| texts.fill(subject))
                .transpose()?,
            code: self
                .code
                .as_ref()
                .map(|texts| texts.fill(subject))
                .transpose()?,
            details: self
                .details
                .as_ref()
                .map(|text| subject.fill(text))
                .transpose()?,
        };
        let found = issues.iter().find(|issue| filled.fits(**issue));
        if let Some(issue) = found {
            return Ok(Seen::new(
                told(*issue),
                subject.element_place(&issue.place()),
            ));
        }
        let observed: Vec<String> = issues.iter().take(9).map(|issue| told(*issue)).collect();
        // invariant: there is at least one issue.
        let place = issues
            .first()
            .map(|issue| subject.element_place(&issue.place()));
        let place = place.unwrap_or_else(|| words::body_place(subject.side));
        Err(Finding::violates(
            words::listed(&observed),
            place,
            filled.told(),
        ))
    }

    fn templates(&self) -> Vec<&Template> {
        let lists = self.severity.iter().chain(&self.code);
        lists
            .flat_map(|texts| &texts.0)
            .chain(&self.details)
            .collect()
    }

    fn summary(&self) -> String {
        let parts = [
            self.severity
                .as_ref()
                .map(|texts| format!("severity {}", texts.written())),
            self.code
                .as_ref()
                .map(|texts| format!("code {}", texts.written())),
            self.details
                .as_ref()
                .map(|text| format!("details {}", words::written(text))),
        ];
        let parts: Vec<String> = parts.into_iter().flatten().collect();
        match parts.is_empty() {
            true => "with an issue".into(),
            false => parts.join(", "),
        }
    }
}

/// The issues; a violation where there are none.
fn issues<'r>(resource: &'r Resource, subject: &Subject<'_>) -> Examined<Vec<Element<'r>>> {
    let place = words::body_place(subject.side);
    if resource.type_name() != Some("OperationOutcome") {
        return Err(Finding::violates(
            named(resource),
            place,
            "an OperationOutcome",
        ));
    }
    let issues: Vec<_> = resource
        .root()
        .children()
        .filter(|child| child.name() == "issue")
        .collect();
    match issues.is_empty() {
        true => Err(Finding::violates(
            "an OperationOutcome without issues",
            place,
            "at least one issue",
        )),
        false => Ok(issues),
    }
}

/// A code of a list that FHIR requires.
fn coded(issue: Element<'_>, name: &str, allowed: &[&str], subject: &Subject<'_>) -> Examined<()> {
    let expected = || format!("a {name} of FHIR's list, such as {}", allowed[1]);
    let Some(element) = issue.child(name) else {
        let place = subject.element_place(&issue.place());
        return Err(Finding::violates(
            format!("an issue without {name}"),
            place,
            expected(),
        ));
    };
    match element.value() {
        Some(value) if allowed.contains(&value) => Ok(()),
        value => {
            let observed = format!(
                "{name} {}",
                words::shown(value.unwrap_or("without a value"))
            );
            Err(Finding::violates(
                observed,
                subject.element_place(&element.place()),
                expected(),
            ))
        }
    }
}

/// A filter, holes filled.
struct Filled<'t> {
    severity: Option<Vec<Cow<'t, str>>>,
    code: Option<Vec<Cow<'t, str>>>,
    details: Option<Cow<'t, str>>,
}

impl Filled<'_> {
    fn fits(&self, issue: Element<'_>) -> bool {
        is_one_of(issue, "severity", self.severity.as_deref())
            && is_one_of(issue, "code", self.code.as_deref())
            && self
                .details
                .as_ref()
                .is_none_or(|wanted| says(issue, wanted))
    }

    fn told(&self) -> String {
        let parts = [
            self.severity
                .as_ref()
                .map(|texts| words::alternatives(texts)),
            self.code.as_ref().map(|texts| words::alternatives(texts)),
            self.details
                .as_ref()
                .map(|text| format!("details with {text}")),
        ];
        let parts: Vec<String> = parts.into_iter().flatten().collect();
        words::shown(&format!("an issue: {}", parts.join(", ")))
    }
}

fn is_one_of(issue: Element<'_>, name: &str, wanted: Option<&[Cow<'_, str>]>) -> bool {
    let Some(wanted) = wanted else {
        return true;
    };
    let value = issue.child(name).and_then(Element::value);
    value.is_some_and(|value| wanted.iter().any(|wanted| wanted == value))
}

/// Whether one of the texts that an issue has for people or programs holds a text.
fn says(issue: Element<'_>, wanted: &str) -> bool {
    texts(issue).iter().any(|text| text.contains(wanted))
}

/// For people and programs, the most telling first.
fn texts<'r>(issue: Element<'r>) -> Vec<&'r str> {
    let details = issue.child("details");
    let text = details.and_then(|details| details.child("text"));
    let codings = details
        .into_iter()
        .flat_map(Element::children)
        .filter(|child| child.name() == "coding");
    let coded = codings.flat_map(|coding| [coding.child("display"), coding.child("code")]);
    let all = [text, issue.child("diagnostics")].into_iter().chain(coded);
    all.flatten().filter_map(Element::value).collect()
}

/// `error not-found: no such patient`
fn told(issue: Element<'_>) -> String {
    let value = |name| {
        issue
            .child(name)
            .and_then(Element::value)
            .unwrap_or_default()
    };
    let head = format!("{} {}", value("severity"), value("code"));
    match texts(issue).first() {
        Some(text) => words::shown(&format!("{head}: {text}")),
        None => words::shown(&head),
    }
}

impl Check for Outcome {
    fn evaluate(&self, subject: &Subject<'_>) -> Finding {
        settle(self.examine(subject))
    }

    fn summary(&self) -> String {
        match self {
            Self::Absent => "absent".into(),
            Self::Present(filter) => filter.summary(),
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use crate::check::tests::{Case, case};

    const JSON: &str = "404\n\n{\"resourceType\": \"OperationOutcome\", \"issue\": [{\"severity\": \"warning\", \"code\": \"informational\"}, {\"severity\": \"error\", \"code\": \"not-found\", \"details\": {\"text\": \"no patient 17\", \"coding\": [{\"code\": \"NO_RECORD\"}]}}]}";
    const XML: &str = "404\nContent-Type: application/fhir+xml\n\n<OperationOutcome xmlns=\"http://hl7.org/fhir\"><issue><severity value=\"fatal\"/><code value=\"exception\"/><diagnostics value=\"down\"/></issue></OperationOutcome>";

    pub(in crate::check) const CASES: &[Case] = &[
        case(
            "outcome: {}",
            JSON,
            "holds warning informational @ reply/body#OperationOutcome.issue[0]:1:48",
        ),
        case(
            "outcome: {}",
            XML,
            "holds fatal exception: down @ reply/body#OperationOutcome.issue:1:47",
        ),
        case(
            "outcome: { severity: [error, fatal] }",
            JSON,
            "holds error not-found: no patient 17 @ reply/body#OperationOutcome.issue[1]:1:98",
        ),
        case(
            "outcome: { severity: [error, fatal], code: deleted }",
            JSON,
            "violates warning informational, error not-found: no patient 17 @ reply/body#OperationOutcome.issue[0]:1:48, wanted an issue: error or fatal, deleted",
        ),
        case(
            "outcome: { severity: warning, code: not-found }",
            JSON,
            "violates warning informational, error not-found: no patient 17 @ reply/body#OperationOutcome.issue[0]:1:48, wanted an issue: warning, not-found",
        ),
        case(
            "outcome: { details: '{{kept.id}}' }",
            JSON,
            "holds error not-found: no patient 17 @ reply/body#OperationOutcome.issue[1]:1:98",
        ),
        case(
            "outcome: { details: NO_RECORD }",
            JSON,
            "holds error not-found: no patient 17 @ reply/body#OperationOutcome.issue[1]:1:98",
        ),
        case(
            "outcome: { details: x }",
            XML,
            "violates fatal exception: down @ reply/body#OperationOutcome.issue:1:47, wanted an issue: details with x",
        ),
        case(
            "outcome: {}",
            "404\n\n{\"resourceType\": \"OperationOutcome\"}",
            "violates an OperationOutcome without issues @ reply/body, wanted at least one issue",
        ),
        case(
            "outcome: {}",
            "404\n\n{\"resourceType\": \"OperationOutcome\", \"issue\": [{\"severity\": \"severe\", \"code\": \"invalid\"}]}",
            "violates severity severe @ reply/body#OperationOutcome.issue[0].severity:1:49, wanted a severity of FHIR's list, such as error",
        ),
        case(
            "outcome: {}",
            "404\n\n{\"resourceType\": \"OperationOutcome\", \"issue\": [{\"severity\": \"error\"}]}",
            "violates an issue without code @ reply/body#OperationOutcome.issue[0]:1:48, wanted a code of FHIR's list, such as structure",
        ),
        case(
            "outcome: {}",
            "404\n\n{\"resourceType\": \"Patient\"}",
            "violates the Patient @ reply/body, wanted an OperationOutcome",
        ),
        case(
            "outcome: {}",
            "404\n\n{}",
            "violates a body without a resource type @ reply/body, wanted an OperationOutcome",
        ),
        case(
            "outcome: {}",
            "404\nContent-Type: text/html\n\n<html><body>",
            "violates line 1, column 13: not well-formed XML: `body` is not closed before the end @ reply/body:1:13, wanted an OperationOutcome",
        ),
        case(
            "outcome: {}",
            "404",
            "violates the body is empty @ reply/body, wanted an OperationOutcome",
        ),
        case(
            "outcome: {}",
            "!timeout late",
            "undecidable no reply came: timeout: late",
        ),
        case(
            "outcome: { absent: true }",
            JSON,
            "violates the OperationOutcome @ reply/body, wanted no OperationOutcome",
        ),
        case(
            "outcome: { absent: true }",
            "200",
            "holds no body @ reply/body",
        ),
        case(
            "outcome: { absent: true }",
            "200\n\n{\"resourceType\": \"Patient\"}",
            "holds the Patient @ reply/body",
        ),
        case(
            "outcome: { absent: true }",
            "200\nContent-Type: text/plain\n\nhello",
            "holds neither JSON nor XML @ reply/body",
        ),
        case(
            "outcome: { absent: true }",
            "200\n\n{",
            "violates line 1, column 2: expected a property name in double quotes, found the end of the body @ reply/body:1:2, wanted no OperationOutcome",
        ),
        case(
            "outcome: { absent: true, code: x }",
            "200",
            "bad-value `{ absent: true, code: x }`: `absent` contradicts what stands beside it",
        ),
        case(
            "outcome: { level: x }",
            "200",
            "unknown-field `level`: `level` means nothing here",
        ),
    ];
}
