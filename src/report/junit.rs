//! `junit.xml`: one test case per check, for build servers.
//!
//! What neither gate nor exit code counts (SHOULD, advisory) is a success with a warning in its output: a build server knows no
//! third colour. A requirement without checks is a skipped case, so that the published list never shrinks.

use std::io;

use quick_junit::{NonSuccessKind, TestCase, TestCaseStatus, TestSuite};

use super::view::{Check, Pack, Report, Requirement};
use super::{Exchanges, Format, inert};
use crate::model::VerdictKind;

/// The row of [`FORMATS`](super::FORMATS).
pub const FORMAT: Format = Format {
    name: "junit",
    file: Some("junit.xml"),
    summary: "one test case per check, for build servers",
    write,
};

fn write(report: &Report, _: &dyn Exchanges, out: &mut dyn io::Write) -> io::Result<()> {
    let mut document = quick_junit::Report::new("plugfest");
    for pack in &report.packs {
        document.add_test_suites(suites(report, pack));
    }
    document.serialize(out).map_err(io::Error::other)
}

/// One suite per area, in the pack's order, then one for areas that the pack does not list.
fn suites(report: &Report, pack: &Pack) -> Vec<TestSuite> {
    let listed = |id: &str| pack.areas.iter().any(|area| area.id == id);
    let mut suites: Vec<TestSuite> = pack
        .areas
        .iter()
        .map(|area| {
            suite(report, pack, &area.title, |requirement| {
                requirement.area == area.id
            })
        })
        .collect();
    suites.push(suite(report, pack, "other", |requirement| {
        !listed(&requirement.area)
    }));
    suites.retain(|suite| suite.tests > 0);
    suites
}

fn suite(
    report: &Report,
    pack: &Pack,
    title: &str,
    belongs: impl Fn(&Requirement) -> bool,
) -> TestSuite {
    let mut suite = TestSuite::new(inert::line(&format!("{}: {title}", pack.pack)).as_ref());
    for (name, value) in properties(report, pack) {
        suite.add_property((name, inert::line(value).as_ref()));
    }
    for requirement in pack
        .requirements
        .iter()
        .filter(|requirement| belongs(requirement))
    {
        suite.add_test_cases(cases(pack, requirement));
    }
    suite
}

fn properties<'a>(report: &'a Report, pack: &'a Pack) -> [(&'static str, &'a str); 9] {
    [
        ("supplier", &report.supplier.name),
        ("product", &report.supplier.product),
        ("product-version", &report.supplier.version),
        ("pack-version", &pack.version),
        ("pack-digest", &pack.digest),
        ("verdict", pack.verdict.as_str()),
        ("plugfest", &report.plugfest),
        ("assurance", report.run.assurance.as_str()),
        ("started", &report.run.started),
    ]
}

fn cases(pack: &Pack, requirement: &Requirement) -> Vec<TestCase> {
    let class = format!("{}.{}", pack.pack, requirement.id);
    if requirement.checks.is_empty() {
        let mut status = TestCaseStatus::skipped();
        status.set_message(
            inert::line(&format!(
                "{}: {}",
                requirement.state.label(),
                requirement.reason
            ))
            .as_ref(),
        );
        let mut case = TestCase::new(requirement.state.label(), status);
        case.set_classname(inert::line(&class).as_ref());
        return vec![case];
    }
    requirement
        .checks
        .iter()
        .map(|check| case(&class, requirement, check))
        .collect()
}

fn case(class: &str, requirement: &Requirement, check: &Check) -> TestCase {
    let name = format!("{} › {} › {}", check.scenario, check.step, check.check);
    let mut case = TestCase::new(inert::line(&name).as_ref(), status(requirement, check));
    case.set_classname(inert::line(class).as_ref());
    if check.verdict == VerdictKind::Fail && !requirement.counts_for_the_gate() {
        case.set_system_out(inert::visible(&warning(requirement, check)).as_ref());
    }
    case
}

fn status(requirement: &Requirement, check: &Check) -> TestCaseStatus {
    match check.verdict {
        VerdictKind::Pass => TestCaseStatus::success(),
        VerdictKind::Fail if requirement.counts_for_the_gate() => failure(requirement, check),
        VerdictKind::Fail => TestCaseStatus::success(),
        VerdictKind::Inconclusive | VerdictKind::Error => {
            let status = TestCaseStatus::non_success(NonSuccessKind::Error);
            told(
                status,
                check.verdict.as_str(),
                &check.reason,
                requirement,
                check,
            )
        }
        VerdictKind::NotApplicable | VerdictKind::NotRun | VerdictKind::Disabled => {
            let mut status = TestCaseStatus::skipped();
            status.set_type(check.verdict.as_str());
            status.set_message(inert::clipped(
                &format!("{}: {}", check.verdict.as_str(), check.reason),
                500,
            ));
            status
        }
    }
}

fn failure(requirement: &Requirement, check: &Check) -> TestCaseStatus {
    let status = TestCaseStatus::non_success(NonSuccessKind::Failure);
    let kind = if requirement.is_known() {
        "known-deviation"
    } else {
        "fail"
    };
    told(status, kind, &observed(check), requirement, check)
}

fn told(
    mut status: TestCaseStatus,
    kind: &str,
    message: &str,
    requirement: &Requirement,
    check: &Check,
) -> TestCaseStatus {
    status.set_type(kind);
    status.set_message(inert::clipped(message, 500));
    status.set_description(inert::visible(&details(requirement, check)).as_ref());
    status
}

fn observed(check: &Check) -> String {
    match &check.expected {
        Some(expected) => format!("observed {}; expected {expected}", check.reason),
        None => format!("observed {}", check.reason),
    }
}

fn warning(requirement: &Requirement, check: &Check) -> String {
    let kind = if requirement.advisory {
        "advisory "
    } else {
        ""
    };
    format!(
        "warning: {kind}{} {}\n{}",
        requirement.obligation,
        observed(check),
        details(requirement, check)
    )
}

fn details(requirement: &Requirement, check: &Check) -> String {
    let mut lines = vec![
        format!(
            "{} {}: {}",
            requirement.id, requirement.obligation, requirement.text
        ),
        format!(
            "at {}:{}:{}",
            check.place.file, check.place.line, check.place.column
        ),
    ];
    lines.extend(
        check
            .because
            .as_ref()
            .map(|because| format!("because {because}")),
    );
    lines.extend(
        check
            .exchanges
            .first()
            .map(|number| format!("evidence: exchange {number:04} {}", place(check))),
    );
    lines.extend(
        requirement
            .deviation
            .as_ref()
            .map(|known| format!("known deviation until {}: {}", known.until, known.because)),
    );
    lines.push(format!("see {} {}", requirement.section, requirement.url));
    lines.join("\n")
}

fn place(check: &Check) -> &str {
    check.evidence.as_deref().unwrap_or_default()
}
