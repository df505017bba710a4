//! Reports, seen from outside: every format shows the whole truth, and nothing that a supplier sent leaves its place.

#[path = "report/sample.rs"]
mod sample;

use plugfest::report::terminal::{Style, Verbosity, summary};
use plugfest::report::view::Report;
use plugfest::report::{FORMATS, format};

use sample::{HOSTILE, Recorded};

/// What a format writes.
fn written(name: &str, report: &Report) -> String {
    let mut out = Vec::new();
    let row = format(name).expect("a row of FORMATS");
    (row.write)(report, &Recorded, &mut out).expect("memory takes everything");
    String::from_utf8(out).expect("reports are UTF-8")
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
    let coloured = terminal(
        &sample::report(8),
        plugfest::diag::Style::Coloured,
        Verbosity::Normal,
    );
    std::fs::write(folder.join("terminal.txt"), coloured).unwrap();
    let plain = terminal(
        &sample::hostile(8),
        plugfest::diag::Style::Plain,
        Verbosity::Verbose,
    );
    std::fs::write(folder.join("terminal-hostile.txt"), plain).unwrap();
}

/// The summary on a terminal.
fn terminal(report: &Report, colour: plugfest::diag::Style, verbosity: Verbosity) -> String {
    let style = Style {
        colour,
        width: 120,
        verbosity,
        report: "plugfest-report/index.html",
        evidence: "plugfest-report/results.jsonl",
    };
    summary(report, &Recorded, style)
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
