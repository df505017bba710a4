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

/// Markup that a supplier could hope to bring in: none of it may stand in a page as markup.
const MARKUP: [&str; 3] = ["<script>alert", "<img src=x", "onerror=alert(1)>"];

#[test]
fn what_a_supplier_sent_is_inert_in_every_format() {
    let report = sample::hostile(8);
    for row in FORMATS
        .iter()
        .filter(|row| matches!(row.name, "html" | "junit" | "markdown"))
    {
        let text = written(row.name, &report);
        for markup in MARKUP {
            assert!(!text.contains(markup), "{}: {markup}", row.name);
        }
        // A direction override could make a page read otherwise than it is.
        assert!(!text.contains('\u{202e}'), "{}", row.name);
    }
    let shown = HOSTILE
        .iter()
        .filter(|text| !text.trim().is_empty())
        .count();
    assert!(shown > 0, "the sample must be hostile");
}

#[test]
fn machines_can_read_what_is_written_for_them() {
    for report in [sample::report(8), sample::hostile(8)] {
        roxmltree::Document::parse(&written("junit", &report)).expect("JUnit is XML");
        for name in ["json", "sarif", "gitlab"] {
            serde_json::from_str::<serde_json::Value>(&written(name, &report)).expect("it is JSON");
        }
        let back: Report =
            serde_json::from_str(&written("json", &report)).expect("report.json reads back");
        assert_eq!(back.packs.len(), report.packs.len());
    }
}

#[test]
fn a_step_summary_stays_small() {
    let text = written("markdown", &sample::report(400));
    assert!(text.len() < 1 << 20, "{} bytes", text.len());
}

#[test]
fn every_state_and_verdict_is_told_in_words() {
    let html = written("html", &sample::report(8));
    for word in [
        "satisfied",
        "violated",
        "undetermined",
        "untested",
        "not applicable",
        "inconclusive",
        "not-run",
    ] {
        assert!(html.contains(word), "{word}");
    }
}
