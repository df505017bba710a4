//! `summary.md`: the result for a CI step summary or a pull request comment.
//!
//! A step summary holds a mebibyte and people read its first screen: the verdict comes first, then coverage, then what is violated,
//! and what no longer fits is counted. Texts of a supplier stand in code spans, where Markdown has no meaning.

use std::io;

use super::priorities::{self, Fix};
use super::view::{Counts, Pack, Report, Requirement, State};
use super::{Exchanges, Format, inert, links, words};
use crate::model::Obligation;

/// The row of [`FORMATS`](super::FORMATS).
pub const FORMAT: Format = Format {
    name: "markdown",
    file: Some("summary.md"),
    summary: "the result on one page, for a CI step summary",
    write,
};

/// Lists stop growing here, in bytes, for all packs together.
const BUDGET: usize = 56 * 1024;

/// What GitHub takes at most; a summary beyond is dropped whole.
const HARD_LIMIT: usize = 1024 * 1024 - 1024;

fn write(report: &Report, _: &dyn Exchanges, out: &mut dyn io::Write) -> io::Result<()> {
    let mut page = Page {
        text: String::new(),
        budget: BUDGET,
    };
    heading(&mut page, report);
    for pack in &report.packs {
        result(&mut page, report, pack);
    }
    // The verdicts of every pack come before the first list: lists are what is cut.
    for pack in &report.packs {
        page.budget = page.text.len() + BUDGET / report.packs.len().max(1);
        lists(&mut page, pack);
    }
    out.write_all(within(&page.text, HARD_LIMIT).as_bytes())
}

struct Page {
    text: String,
    budget: usize,
}

impl Page {
    fn line(&mut self, line: &str) {
        self.text.push_str(line);
        self.text.push('\n');
    }

    /// A list that stops where the budget ends, with a count of what is left out.
    fn list(&mut self, title: &str, rows: &[String]) {
        if rows.is_empty() {
            return;
        }
        self.line(&format!("\n#### {title}\n"));
        for (position, row) in rows.iter().enumerate() {
            if self.text.len() + row.len() > self.budget {
                return self.line(&format!(
                    "- … and {} more: see the report",
                    rows.len() - position
                ));
            }
            self.line(row);
        }
    }
}

fn heading(page: &mut Page, report: &Report) {
    let subject: Vec<String> = words::subject(&report.supplier).map(plain).collect();
    page.line(&format!("## {}\n", subject.join(" ").trim()));
    for note in &report.notes {
        page.line(&format!("> {}\n", plain(note)));
    }
}

fn result(page: &mut Page, report: &Report, pack: &Pack) {
    page.line(&format!(
        "### {} {}: **{}**\n",
        plain(&pack.title),
        plain(&pack.version),
        pack.verdict.label()
    ));
    page.line(&format!(
        "{} {}: {}.\n",
        plain(&pack.standard.name),
        plain(&pack.standard.version),
        pack.verdict.meaning()
    ));
    coverage(page, pack);
    page.line(&format!("\n{}\n", assurance(report, pack)));
}

fn coverage(page: &mut Page, pack: &Pack) {
    page.line("| | satisfied | violated | undetermined | untested | not applicable |");
    page.line("|---|--:|--:|--:|--:|--:|");
    let advisory = ("advisory", pack.counts.get("advisory"));
    let rows = Obligation::ALL
        .iter()
        .map(|obligation| (obligation.as_str(), pack.counts.get(obligation.as_str())));
    for (name, counts) in rows.chain([advisory]) {
        if let Some(counts) = counts.filter(|counts| counts.total() > 0) {
            page.line(&coverage_row(name, counts));
        }
    }
}

fn coverage_row(name: &str, counts: &Counts) -> String {
    let columns: Vec<String> = State::ALL
        .iter()
        .map(|state| counts.of(*state).to_string())
        .collect();
    format!("| {name} | {} |", columns.join(" | "))
}

fn assurance(report: &Report, pack: &Pack) -> String {
    let run = &report.run;
    let mut facts = vec![
        format!("Run by {}", run.assurance.label()),
        format!("{} to {}", plain(&run.started), plain(&run.finished)),
        words::count(run.attempts as usize, "attempt"),
        words::count(run.exchanges as usize, "exchange"),
        format!("plugfest {}", plain(&report.plugfest)),
        format!("pack {}", code(&pack.digest, 100)),
    ];
    facts.extend(pack.proved.map(|strength| {
        format!(
            "{} of {} checks proved able to fail",
            strength.proved, strength.checks
        )
    }));
    format!("<sub>{}</sub>", facts.join(" · "))
}

fn lists(page: &mut Page, pack: &Pack) {
    let (gate, others): (Vec<_>, Vec<_>) = priorities::violated(pack)
        .into_iter()
        .partition(|requirement| requirement.counts_for_the_gate());
    let name = plain(&pack.title);
    page.list(
        &format!("{name}: what to fix first"),
        &priorities::fixes(pack)
            .iter()
            .take(10)
            .map(fix)
            .collect::<Vec<_>>(),
    );
    page.list(
        &format!("{name}: violated"),
        &gate.into_iter().map(violated).collect::<Vec<_>>(),
    );
    page.list(
        &format!("{name}: SHALL that could not be shown"),
        &open(pack),
    );
    page.list(
        &format!("{name}: warnings (SHOULD and advisory)"),
        &others.into_iter().map(violated).collect::<Vec<_>>(),
    );
}

fn fix(fix: &Fix<'_>) -> String {
    let wins = if fix.satisfies.is_empty() {
        format!("one of several causes behind {}", ids(&fix.helps))
    } else {
        format!(
            "would satisfy {}: {}",
            words::count(fix.satisfies.len(), "requirement"),
            ids(&fix.satisfies)
        )
    };
    format!("1. {}: {wins}", code(&fix.cause.summary, 200))
}

fn ids(ids: &[&str]) -> String {
    let shown: Vec<String> = ids.iter().take(12).map(|id| plain(id)).collect();
    let rest = if ids.len() > 12 {
        format!(" and {} more", ids.len() - 12)
    } else {
        String::new()
    };
    format!("{}{rest}", shown.join(", "))
}

fn violated(requirement: &Requirement) -> String {
    let clause = match links::web(&requirement.url) {
        Some(url) => format!(
            "[{}](<{}>)",
            plain(&requirement.id),
            url.replace('>', "%3E")
        ),
        None => plain(&requirement.id),
    };
    let advisory = if requirement.advisory {
        ", advisory"
    } else {
        ""
    };
    let mut row = format!(
        "- {clause} ({}{advisory}) {}",
        requirement.obligation,
        plain(&requirement.text)
    );
    if let Some(check) = priorities::failed(requirement).next() {
        row.push_str(&format!(" Observed {}", code(&check.reason, 160)));
        if let Some(expected) = &check.expected {
            row.push_str(&format!(", expected {}", code(expected, 160)));
        }
        row.push_str(&format!(
            " at {}.",
            code(&format!("{}:{}", check.place.file, check.place.line), 200)
        ));
    }
    if let Some(known) = &requirement.deviation {
        let word = if known.expired {
            "Expired deviation"
        } else {
            "Known deviation"
        };
        row.push_str(&format!(
            " {word} until {}: {}",
            plain(&known.until),
            plain(&known.because)
        ));
    }
    row
}

/// Undetermined and untested SHALLs by their reason: why conformance is not shown.
fn open(pack: &Pack) -> Vec<String> {
    let mut rows = Vec::new();
    for state in [State::Undetermined, State::Untested] {
        for group in priorities::by_reason(&priorities::gate_in_state(pack, state)) {
            let names: Vec<&str> = group
                .requirements
                .iter()
                .map(|requirement| requirement.id.as_str())
                .collect();
            rows.push(format!(
                "- {}: {} ({})",
                state.label(),
                code(group.reason, 200),
                ids(&names)
            ));
        }
    }
    rows
}

/// A code span that this text cannot leave; safe in a table too.
fn code(text: &str, most: usize) -> String {
    let text = inert::clipped(text, most).replace('|', "¦");
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    if text.is_empty() {
        return "(no reason given)".to_owned();
    }
    format!("{fence} {text} {fence}")
}

/// Text without any meaning in Markdown: no markup, no HTML, no mention of people, no reference to issues, no link.
fn plain(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len() + 8);
    for c in inert::clipped(text, 600).chars() {
        match c {
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '&' => escaped.push_str("&amp;"),
            '@' => escaped.push_str("&#64;"),
            '\\' | '`' | '*' | '_' | '{' | '}' | '[' | ']' | '(' | ')' | '#' | '!' | '|' | '~'
            | '$' => escaped.extend(['\\', c]),
            seen => escaped.push(seen),
        }
    }
    // GitHub makes bare addresses links; these two are how they start.
    escaped
        .replace("://", "&#58;//")
        .replace("www.", "www&#46;")
}

/// At most so many bytes, cut at a line, with a word about it.
fn within(text: &str, most: usize) -> String {
    if text.len() <= most {
        return text.to_owned();
    }
    let cut = text[..text.floor_char_boundary(most)]
        .rfind('\n')
        .unwrap_or(0);
    format!(
        "{}\n\n… {} more bytes are left out: see the report\n",
        &text[..cut],
        text.len() - cut
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_escapes_its_place() {
        assert_eq!(code("a`b``c", 100), "``` a`b``c ```");
        assert_eq!(
            plain("@all <img> [x](y)"),
            "&#64;all &lt;img&gt; \\[x\\]\\(y\\)"
        );
        assert!(within(&"line\n".repeat(100), 50).len() < 150);
    }
}
