//! MeasureReports against their Measure (measurereport.html).

use super::Context;
use crate::fhir::definitions::{Canonical, all, text};
use crate::fhir::tree::Element;
use crate::fhir::validate::{Issue, IssueKind, Weight};

/// Looks at one report.
pub(super) fn look(context: &Context<'_>, report: Element<'_>, issues: &mut Vec<Issue>) {
    subjects(report, issues);
    let Some(named) = report.child("measure") else {
        return;
    };
    let address = named.value().unwrap_or_default();
    let found = context
        .definitions
        .find(address)
        .or_else(|| context.definitions.find(Canonical::of(address).url));
    let Some(measure) = found.filter(|found| found.type_name() == Some("Measure")) else {
        let message = format!(
            "the measure `{address}` is not at hand, so the report was not compared with it"
        );
        issues.push(Issue::undecided(Weight::Minor, named, message));
        return;
    };
    scored(report, measure.root(), issues);
    populations(report, measure.root(), issues);
}

/// Lists of subjects are for reports of that kind.
fn subjects(report: Element<'_>, issues: &mut Vec<Issue>) {
    if text(report, "type") == Some("subject-list") {
        return;
    }
    let populations = report
        .descendants()
        .filter(|element| element.name() == "population");
    for population in populations.filter(|population| population.child("subjectResults").is_some())
    {
        let message = "only reports of type `subject-list` list their subjects";
        issues.push(Issue::error(
            IssueKind::Structure,
            "business-rule",
            population,
            message,
        ));
    }
}

/// A cohort is counted, and has no score.
fn scored(report: Element<'_>, measure: Element<'_>, issues: &mut Vec<Issue>) {
    let coding = measure
        .child("scoring")
        .and_then(|scoring| scoring.child("coding"));
    if coding.and_then(|coding| text(coding, "code")) != Some("cohort") {
        return;
    }
    for score in all(report, "group").filter_map(|group| group.child("measureScore")) {
        let message = "the measure is scored as a cohort, so there is no score to report";
        issues.push(Issue::error(
            IssueKind::Value,
            "business-rule",
            score,
            message,
        ));
    }
}

/// The populations of a report are those of the measure.
fn populations(report: Element<'_>, measure: Element<'_>, issues: &mut Vec<Issue>) {
    let codes = |holder: Element<'_>| -> Vec<String> {
        let codings = holder
            .child("code")
            .into_iter()
            .flat_map(|code| all(code, "coding"));
        codings
            .filter_map(|coding| {
                Some(format!(
                    "{}#{}",
                    text(coding, "system").unwrap_or_default(),
                    text(coding, "code")?
                ))
            })
            .collect()
    };
    let known: Vec<String> = all(measure, "group")
        .flat_map(|group| all(group, "population"))
        .flat_map(codes)
        .collect();
    if known.is_empty() {
        return;
    }
    for population in all(report, "group").flat_map(|group| all(group, "population")) {
        let found = codes(population);
        if !found.is_empty() && !found.iter().any(|code| known.contains(code)) {
            let message = format!("the measure has no population `{}`", found.join(", "));
            issues.push(Issue::error(
                IssueKind::Binding,
                "business-rule",
                population,
                message,
            ));
        }
    }
}
