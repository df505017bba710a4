//! `results.sarif`: SARIF 2.1.0 (OASIS), for code scanning services and editors.
//!
//! Every requirement of the published list is a rule; each line of a scenario that shows a violation is a result. A known deviation
//! is a result with a suppression, which is how SARIF says "still so, but not news".

use std::io;

use serde::Serialize;
use serde_json::{Value, json};

use super::view::{Check, Pack, Report, Requirement, RunState, State};
use super::{Exchanges, Format, fingerprint, inert, links};
use crate::model::Obligation;

/// The row of [`FORMATS`](super::FORMATS).
pub const FORMAT: Format = Format {
    name: "sarif",
    file: Some("results.sarif"),
    summary: "violated requirements as SARIF 2.1.0, for code scanning",
    write,
};

#[derive(Serialize)]
struct Log {
    #[serde(rename = "$schema")]
    schema: &'static str,
    version: &'static str,
    runs: Vec<Value>,
}

fn write(report: &Report, _: &dyn Exchanges, out: &mut dyn io::Write) -> io::Result<()> {
    let log = Log {
        schema: "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
        version: "2.1.0",
        runs: report.packs.iter().map(|pack| run(report, pack)).collect(),
    };
    inert::write_json(&log, out)
}

/// One run per pack: services tell the runs of one upload apart by `automationDetails.id`.
fn run(report: &Report, pack: &Pack) -> Value {
    let results: Vec<Value> = pack
        .requirements
        .iter()
        .enumerate()
        .flat_map(|(index, requirement)| results(pack, index, requirement))
        .collect();
    json!({
        "tool": { "driver": {
            "name": "plugfest",
            "version": report.plugfest,
            "rules": pack.requirements.iter().map(|requirement| rule(pack, requirement)).collect::<Vec<_>>(),
        } },
        "automationDetails": { "id": format!("plugfest/{}/{}/", report.supplier.id, pack.pack) },
        "invocations": [{
            "startTimeUtc": report.run.started,
            "endTimeUtc": report.run.finished,
            "executionSuccessful": report.run.state == RunState::Complete,
        }],
        "columnKind": "unicodeCodePoints",
        "properties": {
            "verdict": pack.verdict,
            "pack": { "id": pack.pack, "version": pack.version, "digest": pack.digest },
            "supplier": report.supplier,
            "counts": pack.counts,
            "assurance": report.run.assurance,
        },
        "results": results,
    })
}

fn rule(pack: &Pack, requirement: &Requirement) -> Value {
    let mut rule = json!({
        "id": rule_id(pack, requirement),
        "name": requirement.id,
        "shortDescription": { "text": requirement.text },
        "fullDescription": { "text": format!("{} {}", requirement.obligation, requirement.text) },
        "help": { "text": format!("{}, {} {}: {}", pack.standard.name, pack.standard.version, requirement.section, requirement.url) },
        "defaultConfiguration": { "level": level(requirement) },
        "properties": {
            "obligation": requirement.obligation,
            "certainty": requirement.certainty,
            "advisory": requirement.advisory,
            "area": requirement.area,
            "state": requirement.state,
        },
    });
    if let Some(url) = links::web(&requirement.url) {
        rule["helpUri"] = json!(url);
    }
    rule
}

fn rule_id(pack: &Pack, requirement: &Requirement) -> String {
    format!("{}/{}", pack.pack, requirement.id)
}

fn level(requirement: &Requirement) -> &'static str {
    if requirement.counts_for_the_gate() {
        return "error";
    }
    match requirement.obligation {
        Obligation::Shall | Obligation::ShallNot | Obligation::Should | Obligation::ShouldNot => {
            "warning"
        }
        Obligation::May => "note",
    }
}

fn results(pack: &Pack, index: usize, requirement: &Requirement) -> Vec<Value> {
    if requirement.state != State::Violated {
        return Vec::new();
    }
    let lines = fingerprint::by_line(requirement);
    lines
        .iter()
        .map(|line| result(pack, index, requirement, line))
        .collect()
}

fn result(
    pack: &Pack,
    index: usize,
    requirement: &Requirement,
    line: &fingerprint::Line<'_>,
) -> Value {
    let mut result = json!({
        "ruleId": rule_id(pack, requirement),
        "ruleIndex": index,
        "kind": "fail",
        "level": level(requirement),
        "message": { "text": message(requirement, line) },
        "locations": [location(line.check)],
        "partialFingerprints": { "plugfest/v1": fingerprint::of(pack, requirement, line) },
        "occurrenceCount": line.failures,
        "properties": {
            "scenario": line.check.scenario,
            "step": line.check.step,
            "exchanges": line.check.exchanges,
            "evidence": line.check.evidence,
        },
    });
    if let Some(known) = requirement
        .deviation
        .as_ref()
        .filter(|_| requirement.is_known())
    {
        let why = format!("known deviation until {}: {}", known.until, known.because);
        result["suppressions"] =
            json!([{ "kind": "external", "status": "accepted", "justification": why }]);
    }
    result
}

fn message(requirement: &Requirement, line: &fingerprint::Line<'_>) -> String {
    let check = line.check;
    let mut text = format!(
        "{} {}. Observed {}",
        requirement.id,
        inert::line(&requirement.text),
        inert::clipped(&check.reason, 500)
    );
    if let Some(expected) = &check.expected {
        text.push_str(&format!("; expected {}", inert::clipped(expected, 500)));
    }
    if let Some(because) = &check.because {
        text.push_str(&format!(" ({})", inert::line(because)));
    }
    text
}

fn location(check: &Check) -> Value {
    let place = &check.place;
    json!({ "physicalLocation": {
        "artifactLocation": { "uri": links::relative(&place.file) },
        "region": {
            "startLine": place.line.max(1),
            "startColumn": place.column.max(1),
            "endColumn": place.column.max(1).saturating_add(place.length.max(1)),
            "snippet": { "text": place.text },
        },
    } })
}
