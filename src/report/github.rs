//! Annotations for GitHub Actions, on standard output.
//!
//! GitHub shows ten errors, ten warnings and ten notices of a step and drops the rest without a word, so the most important come
//! first and a last notice counts what is not shown.

use std::io;

use super::priorities;
use super::view::{Check, Pack, Report, Requirement};
use super::{Exchanges, Format, inert, words};

/// The row of [`FORMATS`](super::FORMATS).
pub const FORMAT: Format = Format {
    name: "github",
    file: None,
    summary: "annotations on the lines of a pull request, for GitHub Actions",
    write,
};

/// As many of one level as GitHub shows for one step.
const SHOWN: usize = 10;

fn write(report: &Report, _: &dyn Exchanges, out: &mut dyn io::Write) -> io::Result<()> {
    let all = report.packs.iter().flat_map(|pack| {
        priorities::violated(pack)
            .into_iter()
            .map(move |found| (pack, found))
    });
    let stops_the_build =
        |requirement: &Requirement| requirement.counts_for_the_gate() && !requirement.is_known();
    let (errors, warnings): (Vec<_>, Vec<_>) =
        all.partition(|(_, requirement)| stops_the_build(requirement));
    for (pack, requirement) in errors.iter().take(SHOWN) {
        annotate(out, "error", pack, requirement)?;
    }
    for (pack, requirement) in warnings.iter().take(SHOWN) {
        annotate(out, "warning", pack, requirement)?;
    }
    let left_out = errors.len().saturating_sub(SHOWN) + warnings.len().saturating_sub(SHOWN);
    for pack in report.packs.iter().take(SHOWN) {
        summarise(out, report, pack, left_out)?;
    }
    Ok(())
}

fn annotate(
    out: &mut dyn io::Write,
    level: &str,
    pack: &Pack,
    requirement: &Requirement,
) -> io::Result<()> {
    let title = format!(
        "{}/{} {}",
        pack.pack, requirement.id, requirement.obligation
    );
    let message = message(requirement);
    let Some(check) = priorities::failed(requirement).next() else {
        return writeln!(
            out,
            "::{level} title={}::{}",
            property(&title),
            data(&message)
        );
    };
    writeln!(
        out,
        "::{level} {},title={}::{}",
        place(check),
        property(&title),
        data(&message)
    )
}

fn place(check: &Check) -> String {
    let place = &check.place;
    let end = place.column.saturating_add(place.length.max(1));
    format!(
        "file={},line={},col={},endColumn={end}",
        property(&place.file),
        place.line,
        place.column
    )
}

fn message(requirement: &Requirement) -> String {
    let mut message = inert::clipped(&requirement.text, 300);
    if let Some(check) = priorities::failed(requirement).next() {
        message.push_str(&format!(
            "\nobserved {}",
            inert::clipped(&check.reason, 300)
        ));
        if let Some(expected) = &check.expected {
            message.push_str(&format!("; expected {}", inert::clipped(expected, 300)));
        }
    }
    if let Some(known) = &requirement.deviation {
        let still = if known.expired {
            "expired deviation"
        } else {
            "known deviation"
        };
        message.push_str(&format!(
            "\n{still} until {}: {}",
            inert::line(&known.until),
            inert::clipped(&known.because, 300)
        ));
    }
    message.push_str(&format!("\nsee {}", inert::line(&requirement.url)));
    message
}

fn summarise(
    out: &mut dyn io::Write,
    report: &Report,
    pack: &Pack,
    left_out: usize,
) -> io::Result<()> {
    let violated = priorities::gate_in_state(pack, super::view::State::Violated).len();
    let mut message = format!(
        "{} is {}: {} violated",
        report.supplier.name,
        pack.verdict.label(),
        words::count(violated, "binding requirement")
    );
    if left_out > 0 {
        message.push_str(&format!(
            "; {} not annotated here, see the report",
            words::count(left_out, "violated requirement")
        ));
    }
    writeln!(
        out,
        "::notice title={}::{}",
        property(&format!("plugfest {}", pack.pack)),
        data(&message)
    )
}

/// The text after `::`: what would end the command or start another is percent-encoded.
fn data(text: &str) -> String {
    inert::visible(text)
        .replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

/// A property's value: colons and commas end it too.
fn property(text: &str) -> String {
    data(&inert::line(text))
        .replace(':', "%3A")
        .replace(',', "%2C")
}
