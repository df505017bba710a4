//! What a run looks like on a terminal: the table first, then each violated requirement with carets into its scenario.

mod finding;
mod paint;
mod table;

use crate::diag;

use super::priorities::{self, Reason};
use super::view::{Pack, Report, Requirement, RunState, State};
use super::{Exchanges, inert, words};
use paint::Paint;

/// How the summary is to look.
#[derive(Debug, Clone, Copy)]
pub struct Style<'a> {
    /// With colour or without.
    pub colour: diag::Style,
    /// Columns of the terminal.
    pub width: usize,
    /// How much of it.
    pub verbosity: Verbosity,
    /// Where the report lies, as the reader would type it; empty where none was written.
    pub report: &'a str,
    /// Where the evidence lies; empty where none was kept.
    pub evidence: &'a str,
}

/// How much is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verbosity {
    /// The table and the last lines.
    Quiet,
    /// Each cause once, in full; what shares it in a line; warnings in a line.
    Normal,
    /// Everything in full.
    Verbose,
}

/// Blocks in full before the rest is counted.
const BLOCKS: usize = 20;

/// Lines of one list before the rest is counted.
const LINES: usize = 12;

/// The summary of a report; ends with a newline.
pub fn summary(report: &Report, exchanges: &dyn Exchanges, style: Style<'_>) -> String {
    let mut page = Page {
        lines: Vec::new(),
        paint: Paint(style.colour),
        style,
        exchanges,
    };
    for pack in &report.packs {
        page.pack(report, pack);
    }
    page.closing(report);
    let mut text = page.lines.join("\n");
    text.push('\n');
    text
}

/// The summary as it grows.
struct Page<'a> {
    lines: Vec<String>,
    paint: Paint,
    style: Style<'a>,
    exchanges: &'a dyn Exchanges,
}

impl Page<'_> {
    fn say(&mut self, line: impl Into<String>) {
        self.lines.push(line.into());
    }

    fn gap(&mut self) {
        self.say("");
    }

    fn pack(&mut self, report: &Report, pack: &Pack) {
        self.say(header(report, pack));
        self.gap();
        self.say(table::coverage(pack, self.paint, self.style.width));
        self.gap();
        if self.style.verbosity != Verbosity::Quiet {
            self.violated(pack);
            self.open(pack, State::Undetermined);
            self.open(pack, State::Untested);
        }
        self.outlook(pack);
        self.gap();
    }

    fn violated(&mut self, pack: &Pack) {
        let (gate, others): (Vec<_>, Vec<_>) = priorities::violated(pack)
            .into_iter()
            .partition(|requirement| requirement.counts_for_the_gate());
        let mut told = finding::Told::default();
        self.blocks(pack, &gate, &mut told);
        if self.style.verbosity == Verbosity::Verbose {
            return self.blocks(pack, &others, &mut told);
        }
        self.warnings(&others);
    }

    fn blocks(&mut self, pack: &Pack, requirements: &[&Requirement], told: &mut finding::Told) {
        let verbose = self.style.verbosity == Verbosity::Verbose;
        let most = if verbose { usize::MAX } else { BLOCKS };
        for requirement in requirements.iter().take(most) {
            let full = verbose || told.is_news(pack, requirement);
            let block = match full {
                true => finding::block(self, pack, requirement),
                false => finding::repeated(self, pack, requirement),
            };
            self.say(block);
            self.gap();
        }
        self.more(requirements.len(), most);
    }

    fn warnings(&mut self, requirements: &[&Requirement]) {
        for requirement in requirements.iter().take(LINES) {
            let line = finding::warning(self, requirement);
            self.say(line);
        }
        self.more(requirements.len(), LINES);
        if !requirements.is_empty() {
            self.gap();
        }
    }

    /// The SHALLs that are neither satisfied nor violated, by their reasons: why conformance is not demonstrated.
    fn open(&mut self, pack: &Pack, state: State) {
        let requirements = priorities::gate_in_state(pack, state);
        if requirements.is_empty() {
            return;
        }
        let title = format!(
            "{} {}: {}",
            words::count(requirements.len(), "SHALL"),
            state.label(),
            state.meaning()
        );
        self.say(format!("  {}", self.paint.state(state, &title)));
        let groups = priorities::by_reason(&requirements);
        let most = if self.style.verbosity == Verbosity::Verbose {
            usize::MAX
        } else {
            LINES
        };
        for group in groups.iter().take(most) {
            let line = reason_line(group, most);
            self.say(line);
        }
        self.more(groups.len(), most);
        self.gap();
    }

    fn more(&mut self, all: usize, shown: usize) {
        if all > shown {
            self.say(format!(
                "  … and {} more: --verbose shows all, and so does the report",
                all - shown
            ));
        }
    }

    /// How many causes there are, and what mending the first would win.
    fn outlook(&mut self, pack: &Pack) {
        let violated = priorities::gate_in_state(pack, State::Violated).len();
        let verdict = self.paint.conformance(pack.verdict, pack.verdict.label());
        if violated == 0 {
            return self.say(format!("  {verdict}: {}", pack.verdict.meaning()));
        }
        let causes = pack.causes.iter().filter(|cause| cause.binding).count();
        let behind = if causes == 0 {
            String::new()
        } else {
            format!(" with {}", words::count(causes, "cause"))
        };
        self.say(format!(
            "  {verdict}: {} violated{behind}.",
            words::count(violated, "SHALL")
        ));
        let fixes = priorities::fixes(pack);
        if let Some(fix) = fixes
            .iter()
            .find(|fix| fix.cause.binding && !fix.satisfies.is_empty())
        {
            let wins = words::count(fix.satisfies.len(), "requirement");
            self.say(format!(
                "  Fixing `{}` would satisfy {wins}.",
                inert::clipped(&fix.cause.summary, 100)
            ));
        }
    }

    fn closing(&mut self, report: &Report) {
        for note in &report.notes {
            self.say(format!(
                "  {} {}",
                self.paint.bold("note:"),
                inert::line(note)
            ));
        }
        let mut facts = Vec::new();
        for (name, place) in [
            ("report", self.style.report),
            ("evidence", self.style.evidence),
        ] {
            if !place.is_empty() {
                facts.push(format!("{name}: {}", inert::line(place)));
            }
        }
        facts.push(traffic(report));
        self.say(format!("  {}", facts.join("   ")));
    }
}

/// `plugfest 0.1.0   fhir-r4-rest 1.0.0 (sha256:5c1e…)   Acme Health AcmeGP 14.2.0   seed 7f3a`
fn header(report: &Report, pack: &Pack) -> String {
    let subject: Vec<&str> = words::subject(&report.supplier).collect();
    let parts = [
        format!("plugfest {}", report.plugfest),
        format!(
            "{} {} ({}…)",
            pack.pack,
            pack.version,
            words::short_digest(&pack.digest)
        ),
        subject.join(" "),
        format!("seed {}", report.run.seed),
    ];
    format!("  {}", inert::line(&parts.join("   ")))
}

fn reason_line(group: &Reason<'_>, most: usize) -> String {
    let reason = if group.reason.is_empty() {
        "no reason was given".to_owned()
    } else {
        inert::clipped(group.reason, 200)
    };
    let ids: Vec<&str> = group
        .requirements
        .iter()
        .take(most.min(6))
        .map(|requirement| requirement.id.as_str())
        .collect();
    let rest = group.requirements.len() - ids.len();
    let rest = if rest > 0 {
        format!(" and {rest} more")
    } else {
        String::new()
    };
    format!("    {}{rest}: {reason}", inert::line(&ids.join(", ")))
}

/// `212 exchanges in 1.9 s`, and a word where the run did not come to its end.
fn traffic(report: &Report) -> String {
    let exchanges = words::count(report.run.exchanges as usize, "exchange");
    let took = words::took(&report.run).map_or_else(String::new, |took| format!(" in {took}"));
    let end = match report.run.state {
        RunState::Complete => "",
        RunState::Cancelled => ", cancelled before the end",
    };
    format!("{exchanges}{took}{end}")
}
