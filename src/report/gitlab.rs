//! `gl-code-quality.json`: violated requirements in GitLab's merge request widget.

use std::io;

use serde::Serialize;

use super::view::{Pack, Place, Report, Requirement};
use super::{Exchanges, Format, fingerprint, inert, priorities};
use crate::model::Obligation;

/// The row of [`FORMATS`](super::FORMATS).
pub const FORMAT: Format = Format {
    name: "gitlab",
    file: Some("gl-code-quality.json"),
    summary: "violated requirements as a GitLab code quality report",
    write,
};

#[derive(Serialize)]
struct Issue {
    description: String,
    check_name: String,
    fingerprint: String,
    severity: &'static str,
    location: Location,
}

#[derive(Serialize)]
struct Location {
    path: String,
    lines: Lines,
}

#[derive(Serialize)]
struct Lines {
    begin: u32,
}

fn write(report: &Report, _: &dyn Exchanges, out: &mut dyn io::Write) -> io::Result<()> {
    let issues: Vec<Issue> = report
        .packs
        .iter()
        .flat_map(|pack| {
            priorities::violated(pack)
                .into_iter()
                .flat_map(|requirement| issues(pack, requirement))
        })
        .collect();
    inert::write_json(&issues, out)
}

/// One issue for each line that failed: a scenario with a hundred rows is one line to look at.
fn issues(pack: &Pack, requirement: &Requirement) -> Vec<Issue> {
    fingerprint::by_line(requirement)
        .into_iter()
        .map(|line| issue(pack, requirement, &line))
        .collect()
}

fn issue(pack: &Pack, requirement: &Requirement, line: &fingerprint::Line<'_>) -> Issue {
    let observed = inert::clipped(&line.check.reason, 300);
    let description = format!(
        "{} {}: {} (observed {observed})",
        requirement.id,
        requirement.obligation,
        inert::line(&requirement.text)
    );
    Issue {
        description,
        check_name: format!("{}/{}", pack.pack, requirement.id),
        fingerprint: fingerprint::of(pack, requirement, line),
        severity: severity(requirement),
        location: location(&line.check.place),
    }
}

fn location(place: &Place) -> Location {
    Location {
        path: place.file.trim_start_matches("./").to_owned(),
        lines: Lines {
            begin: place.line.max(1),
        },
    }
}

/// GitLab's words, from `info` to `blocker`; a known deviation is no news and stops nothing.
fn severity(requirement: &Requirement) -> &'static str {
    if requirement.is_known() {
        return "info";
    }
    if requirement.counts_for_the_gate() {
        return "critical";
    }
    match requirement.obligation {
        Obligation::Shall | Obligation::ShallNot | Obligation::Should | Obligation::ShouldNot => {
            "minor"
        }
        Obligation::May => "info",
    }
}
