//! Measures (measure.html, expressions-in-measures), and MeasureReports against them (measurereport.html).

use super::{Context, own_elements};
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
    groups(report, measure.root(), issues);
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

/// Criteria by name stand in a library, and the measure names it.
pub(super) fn look_at_measure(_: &Context<'_>, measure: Element<'_>, issues: &mut Vec<Issue>) {
    if measure.child("library").is_some() {
        return;
    }
    for criteria in own_elements(measure).filter(|element| element.name() == "criteria") {
        let is_name = match text(criteria, "language") {
            Some("text/cql-identifier" | "text/cql.identifier") => true,
            Some("text/cql") => text(criteria, "expression").is_some_and(is_identifier),
            Some(_) | None => false,
        };
        if is_name {
            let message =
                "the criteria are named, and the measure has no library that could define the name";
            issues.push(Issue::error(
                IssueKind::Reference,
                "business-rule",
                criteria,
                message,
            ));
        }
    }
}

/// A name in CQL: in double quotes, or a word.
fn is_identifier(expression: &str) -> bool {
    let quoted = expression
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'));
    let is_word = |text: &str| {
        text.starts_with(|first: char| first.is_alphabetic() || first == '_')
            && text
                .chars()
                .all(|next| next.is_alphanumeric() || next == '_')
    };
    quoted.map_or_else(
        || is_word(expression) && !matches!(expression, "true" | "false" | "null"),
        |name| !name.is_empty() && !name.contains('"'),
    )
}

/// System and code of all codings of an element's code.
fn codes(holder: Element<'_>) -> Vec<String> {
    let code = holder.child("code").into_iter();
    let codings = code.flat_map(|code| all(code, "coding"));
    codings
        .filter_map(|coding| {
            let system = text(coding, "system").unwrap_or_default();
            Some(format!("{system}#{}", text(coding, "code")?))
        })
        .collect()
}

/// The groups of a report are those of the measure.
fn groups(report: Element<'_>, measure: Element<'_>, issues: &mut Vec<Issue>) {
    let known: Vec<String> = all(measure, "group").flat_map(codes).collect();
    if known.is_empty() {
        return;
    }
    for group in all(report, "group") {
        let found = codes(group);
        if !found.is_empty() && !found.iter().any(|code| known.contains(code)) {
            let message = format!("the measure has no group `{}`", found.join(", "));
            issues.push(Issue::error(
                IssueKind::Binding,
                "business-rule",
                group,
                message,
            ));
        }
    }
}

/// The populations of a report are those of the measure.
fn populations(report: Element<'_>, measure: Element<'_>, issues: &mut Vec<Issue>) {
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

#[cfg(test)]
mod tests {
    use crate::fhir::definitions::Version;
    use crate::fhir::validate::rules::tests::issues_beside;
    use serde_json::{Value, json};

    fn errors(body: &Value) -> usize {
        let code =
            |code: &str| json!({"coding": [{"system": "http://example.org/cs", "code": code}]});
        let measure = json!({"resourceType": "Measure", "url": "http://example.org/m", "scoring": code("cohort"),
            "group": [{"code": code("all"), "population": [{"code": code("initial")}]}]});
        let issues = issues_beside(Version::R4, body, &[measure]);
        issues.iter().filter(|issue| issue.is_error()).count()
    }

    #[test]
    fn a_report_has_the_groups_and_populations_of_its_measure() {
        let report = |group: &str, population: &str, score: Value| {
            let code =
                |code: &str| json!({"coding": [{"system": "http://example.org/cs", "code": code}]});
            let mut group =
                json!({"code": code(group), "population": [{"code": code(population)}]});
            if !score.is_null() {
                group["measureScore"] = score;
            }
            errors(
                &json!({"resourceType": "MeasureReport", "type": "summary", "measure": "http://example.org/m", "group": [group]}),
            )
        };
        assert_eq!(report("all", "initial", Value::Null), 0);
        assert_eq!(report("some", "initial", Value::Null), 1);
        assert_eq!(report("all", "other", Value::Null), 1);
        assert_eq!(report("all", "initial", json!({"value": 1})), 1);
    }

    #[test]
    fn named_criteria_need_a_library() {
        let measure = |library: Value, language: &str, expression: &str| {
            let criteria = json!({"language": language, "expression": expression});
            let mut body = json!({"resourceType": "Measure", "group": [{"population": [{"criteria": criteria}]}]});
            if !library.is_null() {
                body["library"] = library;
            }
            errors(&body)
        };
        assert_eq!(measure(Value::Null, "text/cql-identifier", "Initial"), 1);
        assert_eq!(
            measure(Value::Null, "text/cql", "\"Initial Population\""),
            1
        );
        assert_eq!(
            measure(Value::Null, "text/cql", "[Patient] p where p.active"),
            0
        );
        assert_eq!(measure(Value::Null, "text/fhirpath", "active"), 0);
        assert_eq!(
            measure(
                json!(["http://example.org/lib"]),
                "text/cql-identifier",
                "Initial"
            ),
            0
        );
    }
}
