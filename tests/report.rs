//! Reports, seen from outside: every format shows the whole truth, and nothing that a supplier sent leaves its place.
#![expect(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test that meets the unexpected may panic, and one that skips says so"
)]

#[path = "report/page.rs"]
mod page;
#[path = "report/sample.rs"]
mod sample;
#[path = "report/schema.rs"]
mod schema;
#[path = "report/shell.rs"]
mod shell;
#[path = "report/tags.rs"]
mod tags;

use std::collections::BTreeSet;

use plugfest::diag;
use plugfest::model::{Obligation, VerdictKind};
use plugfest::report::terminal::{Style, Verbosity, summary};
use plugfest::report::view::{self, Report, State};
use plugfest::report::{Exchanges, FORMATS, format, inert};
use serde_json::Value;

use sample::Recorded;

/// What a format writes.
fn written(name: &str, report: &Report) -> String {
    written_with(name, report, &Recorded)
}

fn written_with(name: &str, report: &Report, exchanges: &dyn Exchanges) -> String {
    let mut out = Vec::new();
    let row = format(name).expect("a row of FORMATS");
    (row.write)(report, exchanges, &mut out).expect("memory takes everything");
    String::from_utf8(out).expect("reports are UTF-8")
}

/// The summary on a terminal.
fn terminal(report: &Report, colour: diag::Style, verbosity: Verbosity) -> String {
    let style = Style {
        colour,
        width: 120,
        verbosity,
        report: "plugfest-report/index.html",
        evidence: "plugfest-report/results.jsonl",
    };
    summary(report, &Recorded, style)
}

#[test]
fn small_formats_look_like_this() {
    let report = sample::small();
    for name in ["github", "gitlab", "junit", "markdown", "sarif"] {
        insta::assert_snapshot!(name, written(name, &report));
    }
    insta::assert_snapshot!(
        "terminal",
        terminal(&report, diag::Style::Plain, Verbosity::Normal)
    );
    insta::assert_snapshot!(
        "terminal_quiet",
        terminal(&report, diag::Style::Plain, Verbosity::Quiet)
    );
    insta::assert_snapshot!(
        "terminal_verbose",
        terminal(&report, diag::Style::Plain, Verbosity::Verbose)
    );
}

#[test]
fn nothing_hidden_reaches_a_reader() {
    let report = sample::hostile(8);
    let mut texts: Vec<(&str, String)> = FORMATS
        .iter()
        .map(|row| (row.name, written(row.name, &report)))
        .collect();
    texts.push((
        "terminal",
        terminal(&report, diag::Style::Plain, Verbosity::Verbose),
    ));
    for (name, text) in texts {
        let hidden = text
            .chars()
            .find(|c| inert::is_hidden(*c) && *c != '\n' && *c != '\t');
        assert_eq!(hidden, None, "{name}");
    }
}

#[test]
fn every_state_verdict_and_obligation_is_shown() {
    let report = sample::report(8);
    let page = written("html", &report);
    for verdict in VerdictKind::ALL {
        assert!(
            page.contains(&format!("class=\"c v-{}\"", verdict.as_str())),
            "{verdict:?}"
        );
    }
    for obligation in Obligation::ALL {
        assert!(
            page.contains(&format!(">{}</span>", obligation.as_str())),
            "{obligation:?}"
        );
    }
    let markdown = written("markdown", &report);
    let words = terminal(&report, diag::Style::Plain, Verbosity::Normal);
    for state in State::ALL {
        assert!(
            page.contains(&format!("<article class=\"r s-{} ", state.as_str())),
            "{state:?}"
        );
        assert!(markdown.contains(state.label()), "{state:?}");
        assert!(
            words.contains(if state == State::NotApplicable {
                "n/a"
            } else {
                state.label()
            }),
            "{state:?}"
        );
    }
    for name in ["html", "json", "junit", "sarif"] {
        let text = written(name, &report);
        for requirement in &report.packs[0].requirements {
            assert!(text.contains(&requirement.id), "{name}: {}", requirement.id);
        }
    }
}

#[test]
fn the_same_report_gives_the_same_bytes() {
    for row in FORMATS {
        assert_eq!(
            written(row.name, &sample::hostile(3)),
            written(row.name, &sample::hostile(3)),
            "{}",
            row.name
        );
    }
}

#[test]
fn report_json_is_the_view_and_fits_its_schema() {
    let schema = serde_json::to_value(view::schema()).unwrap();
    for report in [sample::small(), sample::hostile(8)] {
        let text = written("json", &report);
        assert_eq!(serde_json::from_str::<Report>(&text).unwrap(), report);
        let value: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(
            schema::differences(&schema, &schema, &value, ""),
            Vec::<String>::new()
        );
    }
    let mut broken = serde_json::to_value(sample::small()).unwrap();
    broken["packs"][0]["requirements"][0]["state"] = "fine".into();
    assert_eq!(
        schema::differences(&schema, &schema, &broken, "").len(),
        1,
        "the schema tells right from wrong"
    );
}

#[test]
fn report_json_keeps_the_names_that_others_read() {
    let value: Value = serde_json::from_str(&written("json", &sample::small())).unwrap();
    let pack = &value["packs"][0];
    for name in [
        "pack",
        "version",
        "digest",
        "verdict",
        "counts",
        "requirements",
    ] {
        assert!(!pack[name].is_null(), "{name}");
    }
    for name in [
        "satisfied",
        "violated",
        "undetermined",
        "untested",
        "not_applicable",
    ] {
        assert!(
            pack["counts"]["SHALL"][name].is_u64() && pack["counts"]["advisory"][name].is_u64(),
            "{name}"
        );
    }
    let requirement = &pack["requirements"][0];
    for name in [
        "id",
        "obligation",
        "certainty",
        "advisory",
        "state",
        "checks",
    ] {
        assert!(!requirement[name].is_null(), "{name}");
    }
    for name in [
        "scenario",
        "step",
        "check",
        "verdict",
        "reason",
        "exchanges",
    ] {
        assert!(!requirement["checks"][0][name].is_null(), "{name}");
    }
}

/// The first test case of a requirement: its outcome element and that element's type.
fn junit_outcome(report: &Report) -> (String, String) {
    let text = written("junit", report);
    let document = roxmltree::Document::parse(&text).expect("JUnit is XML");
    let case = document
        .descendants()
        .find(|node| node.has_tag_name("testcase"))
        .expect("a test case");
    let outcome = case.children().find(|node| node.is_element()).map(|node| {
        (
            node.tag_name().name().to_owned(),
            node.attribute("type").unwrap_or_default().to_owned(),
        )
    });
    outcome.unwrap_or_default()
}

#[test]
fn junit_says_what_the_table_of_semantics_says() {
    let table = [
        (VerdictKind::Pass, "", ""),
        (VerdictKind::Fail, "failure", "fail"),
        (VerdictKind::Inconclusive, "error", "inconclusive"),
        (VerdictKind::Error, "error", "error"),
        (VerdictKind::NotApplicable, "skipped", "not-applicable"),
        (VerdictKind::NotRun, "skipped", "not-run"),
        (VerdictKind::Disabled, "skipped", "disabled"),
    ];
    let mut report = sample::small();
    report.packs[0].requirements.truncate(1);
    for (verdict, element, kind) in table {
        let requirement = &mut report.packs[0].requirements[0];
        (requirement.obligation, requirement.advisory) = (Obligation::Shall, false);
        requirement.checks.truncate(1);
        requirement.checks[0].verdict = verdict;
        assert_eq!(
            junit_outcome(&report),
            (element.into(), kind.into()),
            "{verdict:?}"
        );
    }
    report.packs[0].requirements[0].checks[0].verdict = VerdictKind::Fail;
    report.packs[0].requirements[0].obligation = Obligation::Should;
    assert_eq!(
        junit_outcome(&report).0,
        "system-out",
        "an unmet SHOULD is a warning"
    );
    report.packs[0].requirements[0].obligation = Obligation::Shall;
    report.packs[0].requirements[0].advisory = true;
    assert_eq!(
        junit_outcome(&report).0,
        "system-out",
        "an advisory failure is a warning"
    );
}

#[test]
fn junit_is_xml_whatever_was_sent_and_forgets_no_requirement() {
    let report = sample::hostile(8);
    let text = written("junit", &report);
    let document = roxmltree::Document::parse(&text).unwrap();
    let checks: usize = report
        .packs
        .iter()
        .flat_map(|pack| &pack.requirements)
        .map(|requirement| requirement.checks.len().max(1))
        .sum();
    assert_eq!(
        document
            .descendants()
            .filter(|node| node.has_tag_name("testcase"))
            .count(),
        checks
    );
}

#[test]
fn sarif_has_the_shape_of_the_standard() {
    let report = sample::hostile(8);
    serde_json::from_str::<Value>(&written("gitlab", &report)).expect("GitLab's is JSON too");
    let log: Value = serde_json::from_str(&written("sarif", &report)).unwrap();
    assert_eq!(log["version"], "2.1.0");
    for (run, pack) in log["runs"].as_array().unwrap().iter().zip(&report.packs) {
        let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
        assert_eq!(rules.len(), pack.requirements.len());
        assert!(rules.iter().all(|rule| {
            rule["helpUri"]
                .as_str()
                .is_none_or(|url| url.starts_with("https://"))
        }));
        let mut fingerprints = BTreeSet::new();
        for result in run["results"].as_array().unwrap() {
            let index = result["ruleIndex"].as_u64().unwrap() as usize;
            assert_eq!(rules[index]["id"], result["ruleId"]);
            let requirement = &pack.requirements[index];
            let binding = requirement.obligation.is_binding() && !requirement.advisory;
            assert_eq!(result["level"] == "error", binding, "{}", requirement.id);
            let place = &result["locations"][0]["physicalLocation"];
            assert!(place["region"]["startLine"].as_u64() >= Some(1));
            assert!(
                !place["artifactLocation"]["uri"]
                    .as_str()
                    .unwrap()
                    .contains([' ', '<', '"', ':'])
            );
            assert_eq!(result["suppressions"].is_array(), requirement.is_known());
            assert!(fingerprints.insert(result["partialFingerprints"]["plugfest/v1"].to_string()));
        }
    }
}

#[test]
fn fingerprints_survive_moved_lines() {
    let mut report = sample::small();
    let before: Value = serde_json::from_str(&written("gitlab", &report)).unwrap();
    for check in report.packs[0]
        .requirements
        .iter_mut()
        .flat_map(|requirement| &mut requirement.checks)
    {
        let place = std::sync::Arc::make_mut(&mut check.place);
        place.line += 7;
    }
    let after: Value = serde_json::from_str(&written("gitlab", &report)).unwrap();
    let names = |issues: &Value| {
        issues
            .as_array()
            .unwrap()
            .iter()
            .map(|issue| issue["fingerprint"].clone())
            .collect::<Vec<_>>()
    };
    assert!(!names(&before).is_empty());
    assert_eq!(names(&before), names(&after));
}

#[test]
fn github_gets_no_more_than_it_shows_and_no_forged_command() {
    for report in [sample::hostile(8), sample::endless(50)] {
        let text = written("github", &report);
        let count = |level: &str| text.lines().filter(|line| line.starts_with(level)).count();
        let (errors, warnings, notices) =
            (count("::error "), count("::warning "), count("::notice "));
        assert_eq!(
            errors + warnings + notices,
            text.lines().count(),
            "every line is one of ours"
        );
        assert!(errors <= 10 && warnings <= 10 && notices <= 10);
    }
    assert!(
        written("github", &sample::endless(50))
            .contains("40 violated requirements not annotated here")
    );
}

#[test]
fn a_summary_fits_and_says_what_it_leaves_out() {
    let text = written("markdown", &sample::endless(5000));
    assert!(text.len() < 64 * 1024, "{}", text.len());
    assert!(text.contains(" more: see the report"));
    let hostile = written("markdown", &sample::hostile(8));
    for line in hostile.lines() {
        let outside = outside_code(line);
        assert!(
            !outside.contains("<img")
                && !outside.contains("](javascript")
                && !outside.contains("@everyone"),
            "{line}"
        );
    }
}

/// A line of Markdown without its code spans: a fence of backticks ends at the next fence of the same length.
fn outside_code(line: &str) -> String {
    let mut outside = String::new();
    let mut rest = line;
    while let Some(at) = rest.find('`') {
        let fence = rest[at..].chars().take_while(|c| *c == '`').count();
        let after = &rest[at + fence..];
        let escaped = rest[..at].ends_with('\\');
        outside.push_str(&rest[..at]);
        let closing = "`".repeat(fence);
        let mut ends = after.match_indices(&closing).map(|(end, _)| end);
        let end = ends
            .find(|end| !after[..*end].ends_with('`') && !after[end + fence..].starts_with('`'));
        rest = match end {
            Some(end) if !escaped => &after[end + fence..],
            _ => after,
        };
    }
    outside + rest
}

#[test]
fn carets_stand_under_what_they_mean() {
    let mut report = sample::small();
    let check = report.packs[0]
        .requirements
        .iter_mut()
        .flat_map(|requirement| &mut requirement.checks);
    for check in check.filter(|check| check.verdict == VerdictKind::Fail) {
        let place = std::sync::Arc::make_mut(&mut check.place);
        place.text = "\t- \u{202e}status: é412".into();
        (place.column, place.length) = (13, 4);
    }
    let text = terminal(&report, diag::Style::Plain, Verbosity::Normal);
    let lines: Vec<&str> = text.lines().collect();
    let at = lines
        .iter()
        .position(|line| line.contains("é412"))
        .expect("the line of the scenario");
    let column = |line: &str, what: &str| line[..line.find(what).expect(what)].chars().count();
    assert_eq!(column(lines[at], "é412"), column(lines[at + 1], "^^^^"));
}

#[test]
fn colour_is_only_where_it_was_asked_for() {
    let report = sample::small();
    assert!(terminal(&report, diag::Style::Coloured, Verbosity::Normal).contains('\u{1b}'));
    assert!(!terminal(&report, diag::Style::Plain, Verbosity::Verbose).contains('\u{1b}'));
}

#[test]
fn a_report_of_nothing_is_still_a_report() {
    let mut report = sample::small();
    report.packs[0].requirements.clear();
    report.packs[0].areas.clear();
    report.packs[0].counts.clear();
    report.packs[0].causes.clear();
    let empty = Report {
        packs: Vec::new(),
        ..report.clone()
    };
    for report in [report, empty] {
        for row in FORMATS {
            written(row.name, &report);
        }
        terminal(&report, diag::Style::Plain, Verbosity::Normal);
    }
}

/// Writes samples for a look in a browser: `cargo test --test report -- --ignored --nocapture`.
#[test]
#[ignore = "writes files for a person to look at"]
fn write_samples() {
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("report");
    std::fs::create_dir_all(&folder).unwrap();
    for row in FORMATS {
        let file = row.file.unwrap_or("github.txt");
        std::fs::write(folder.join(file), written(row.name, &sample::report(8))).unwrap();
    }
    std::fs::write(
        folder.join("hostile.html"),
        written("html", &sample::hostile(8)),
    )
    .unwrap();
    std::fs::write(
        folder.join("large.html"),
        written("html", &sample::report(70)),
    )
    .unwrap();
    let coloured = terminal(&sample::report(8), diag::Style::Coloured, Verbosity::Normal);
    std::fs::write(folder.join("terminal.txt"), coloured).unwrap();
    let plain = terminal(&sample::hostile(8), diag::Style::Plain, Verbosity::Verbose);
    std::fs::write(folder.join("terminal-hostile.txt"), plain).unwrap();
}

/// Says how long large reports take; asserts nothing, since machines differ.
#[test]
#[ignore = "measures"]
fn measure() {
    let report = sample::report(100_000 / 150);
    let checks: usize = report.packs[0]
        .requirements
        .iter()
        .map(|requirement| requirement.checks.len())
        .sum();
    for row in FORMATS {
        let start = std::time::Instant::now();
        let size = written(row.name, &report).len();
        eprintln!(
            "{checks} verdicts as {}: {:?}, {size} bytes",
            row.name,
            start.elapsed()
        );
    }
}
