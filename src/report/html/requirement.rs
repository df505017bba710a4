//! Every requirement of the published lists, with its checks: the long part of the page, so its rows are lean.

use std::collections::BTreeMap;
use std::io;

use minijinja::{Value, context};
use serde::Serialize;

use super::templates::{Piece, Templates, anchor};
use crate::model::{Obligation, VerdictKind};
use crate::report::view::{Check, Counts, Pack, Report, Requirement, State};
use crate::report::{inert, links, priorities, words};

/// Writes the filters, then every requirement by area.
pub fn section(templates: &Templates, report: &Report, out: &mut dyn io::Write) -> io::Result<()> {
    templates.write(Piece::Filters, filters(report), out)?;
    for pack in &report.packs {
        for (id, title) in areas(pack) {
            area(templates, report, pack, id, title, out)?;
        }
    }
    out.write_all(b"</section>\n")
}

/// The pack's areas in their order, then those that only requirements name.
fn areas(pack: &Pack) -> Vec<(&str, &str)> {
    let mut areas: Vec<(&str, &str)> = pack
        .areas
        .iter()
        .map(|area| (area.id.as_str(), area.title.as_str()))
        .collect();
    for requirement in &pack.requirements {
        if !areas.iter().any(|(id, _)| *id == requirement.area) {
            areas.push((&requirement.area, &requirement.area));
        }
    }
    areas
}

fn area(
    templates: &Templates,
    report: &Report,
    pack: &Pack,
    id: &str,
    title: &str,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    let mut requirements = pack
        .requirements
        .iter()
        .filter(|requirement| requirement.area == id)
        .peekable();
    if requirements.peek().is_none() {
        return Ok(());
    }
    let title = if report.packs.len() > 1 {
        format!("{}: {title}", pack.title)
    } else {
        title.to_owned()
    };
    let shown = minijinja::HtmlEscape(&inert::line(&title)).to_string();
    writeln!(out, "<section class=\"area\">\n<h3>{shown}</h3>")?;
    for requirement in requirements {
        templates.write(Piece::Requirement, row(pack, requirement), out)?;
    }
    writeln!(out, "</section>")
}

fn filters(report: &Report) -> Value {
    let mut states = Counts::default();
    let mut obligations: BTreeMap<&str, u32> = BTreeMap::new();
    let mut verdicts: BTreeMap<VerdictKind, u32> = BTreeMap::new();
    let all = || report.packs.iter().flat_map(|pack| &pack.requirements);
    for requirement in all() {
        states.add(requirement.state);
        *obligations.entry(group(requirement)).or_default() += 1;
        requirement
            .checks
            .iter()
            .for_each(|check| *verdicts.entry(check.verdict).or_default() += 1);
    }
    let number = |group: &str| obligations.get(group).copied().unwrap_or_default();
    context! {
        all => all().count(),
        checks => verdicts.values().sum::<u32>(),
        states => State::ALL.map(|state| context! { word => state.as_str(), label => state.label(), number => states.of(state) }).to_vec(),
        obligations => GROUPS.map(|(word, label)| context! { word, label, number => number(word) }).to_vec(),
        verdicts => VerdictKind::ALL.map(|verdict| context! {
            word => verdict.as_str(), meaning => words::verdict_meaning(verdict),
            number => verdicts.get(&verdict).copied().unwrap_or_default(),
        }).to_vec(),
    }
}

/// What a reader filters by: the word in class names, and the words for people.
const GROUPS: [(&str, &str); 4] = [
    ("shall", "SHALL, SHALL NOT"),
    ("should", "SHOULD, SHOULD NOT"),
    ("may", "MAY"),
    ("advisory", "advisory"),
];

fn group(requirement: &Requirement) -> &'static str {
    if requirement.advisory {
        return "advisory";
    }
    match requirement.obligation {
        Obligation::Shall | Obligation::ShallNot => "shall",
        Obligation::Should | Obligation::ShouldNot => "should",
        Obligation::May => "may",
    }
}

#[derive(Serialize)]
struct Row<'a> {
    anchor: String,
    id: &'a str,
    classes: String,
    state: &'static str,
    label: &'static str,
    obligation: &'static str,
    certainty: &'static str,
    advisory: bool,
    text: &'a str,
    section: &'a str,
    url: Option<String>,
    reason: &'a str,
    deviation: &'a Option<crate::report::view::Deviation>,
    first_failure: Option<CheckRow<'a>>,
    tally: String,
    checks: Vec<CheckRow<'a>>,
}

#[derive(Serialize)]
struct CheckRow<'a> {
    verdict: &'static str,
    scenario: &'a str,
    step: &'a str,
    check: &'a str,
    reason: &'a str,
    expected: Option<&'a str>,
    because: Option<&'a str>,
    evidence: Option<&'a str>,
    file: &'a str,
    line: u32,
    exchanges: &'a [u32],
}

fn row<'a>(pack: &Pack, requirement: &'a Requirement) -> Row<'a> {
    let tally = tally(requirement);
    let mut checks: Vec<&Check> = requirement.checks.iter().collect();
    // A hundred rows pass and one fails: the one comes first.
    checks.sort_by_key(|check| weight(check.verdict));
    let kinds: Vec<String> = tally
        .keys()
        .map(|verdict| format!(" h-{}", verdict.as_str()))
        .collect();
    Row {
        anchor: anchor(&pack.pack, &requirement.id),
        id: &requirement.id,
        classes: format!(
            "s-{} o-{}{}",
            requirement.state.as_str(),
            group(requirement),
            kinds.concat()
        ),
        state: requirement.state.as_str(),
        label: requirement.state.label(),
        obligation: requirement.obligation.as_str(),
        certainty: requirement.certainty.as_str(),
        advisory: requirement.advisory,
        text: &requirement.text,
        section: &requirement.section,
        url: links::web(&requirement.url),
        reason: &requirement.reason,
        deviation: &requirement.deviation,
        first_failure: priorities::failed(requirement).next().map(check_row),
        tally: in_words(&tally),
        checks: checks.into_iter().map(check_row).collect(),
    }
}

fn check_row(check: &Check) -> CheckRow<'_> {
    CheckRow {
        verdict: check.verdict.as_str(),
        scenario: &check.scenario,
        step: &check.step,
        check: &check.check,
        reason: &check.reason,
        expected: check.expected.as_deref(),
        because: check.because.as_deref(),
        evidence: check.evidence.as_deref(),
        file: &check.place.file,
        line: check.place.line,
        exchanges: &check.exchanges,
    }
}

fn tally(requirement: &Requirement) -> BTreeMap<VerdictKind, usize> {
    let mut tally = BTreeMap::new();
    requirement
        .checks
        .iter()
        .for_each(|check| *tally.entry(check.verdict).or_default() += 1);
    tally
}

/// `4 checks: 3 pass, 1 fail`
fn in_words(tally: &BTreeMap<VerdictKind, usize>) -> String {
    let parts: Vec<String> = tally
        .iter()
        .map(|(verdict, number)| format!("{number} {}", verdict.as_str()))
        .collect();
    format!(
        "{}: {}",
        words::count(tally.values().sum(), "check"),
        parts.join(", ")
    )
}

fn weight(verdict: VerdictKind) -> u8 {
    match verdict {
        VerdictKind::Fail => 0,
        VerdictKind::Error => 1,
        VerdictKind::Inconclusive => 2,
        VerdictKind::NotRun => 3,
        VerdictKind::Disabled => 4,
        VerdictKind::NotApplicable => 5,
        VerdictKind::Pass => 6,
    }
}
