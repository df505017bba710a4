//! One violated requirement, drawn like a mistake in a file: carets into the scenario, then what helps.

use std::collections::BTreeSet;

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

use crate::diag::Style;
use crate::report::view::{Check, Pack, Place, Requirement};
use crate::report::{curl, fingerprint, inert, priorities, words};

use super::{Page, Verbosity};

/// Scenario lines shown for one requirement before the rest is counted.
const LINES: usize = 3;

/// The causes that were told already.
#[derive(Default)]
pub struct Told(BTreeSet<String>);

impl Told {
    /// Whether some cause of this requirement was not told yet; from now on, all are.
    pub fn is_news(&mut self, pack: &Pack, requirement: &Requirement) -> bool {
        let causes = priorities::causes_of(pack, &requirement.id);
        let mut news = causes.is_empty();
        for cause in causes {
            news |= self.0.insert(cause.summary.clone());
        }
        news
    }
}

/// The requirement in full.
pub fn block(page: &Page<'_>, pack: &Pack, requirement: &Requirement) -> String {
    let verbose = page.style.verbosity == Verbosity::Verbose;
    let lines = fingerprint::by_line(requirement);
    let most = if verbose { lines.len() } else { LINES };
    let level = match requirement.counts_for_the_gate() {
        true => Level::ERROR,
        false => Level::WARNING,
    };
    let mut drawn = vec![title(page, requirement)];
    for (position, line) in lines.iter().take(most).enumerate() {
        let mut notes = wanted(line.check);
        if position + 1 == lines.len().min(most) {
            notes.extend(helpful(page, pack, requirement));
        }
        drawn.push(snippet(page, level.clone(), line, &notes));
    }
    if lines.len() > most {
        drawn.push(format!(
            "     … and {} more lines of scenarios",
            lines.len() - most
        ));
    }
    drawn.join("\n")
}

/// In two lines: its cause was told in full before.
pub fn repeated(page: &Page<'_>, pack: &Pack, requirement: &Requirement) -> String {
    let causes = priorities::causes_of(pack, &requirement.id);
    let summaries: Vec<String> = causes
        .iter()
        .map(|cause| inert::clipped(&cause.summary, 100))
        .collect();
    format!(
        "{}\n     = same cause as above: {}",
        title(page, requirement),
        summaries.join("; ")
    )
}

/// In one line: it counts for nothing but quality.
pub fn warning(page: &Page<'_>, requirement: &Requirement) -> String {
    let observed = priorities::failed(requirement)
        .next()
        .map(observed)
        .unwrap_or_default();
    format!(
        "{}{}",
        title(page, requirement),
        page.paint.dim(&format!(" ({observed})"))
    )
}

fn title(page: &Page<'_>, requirement: &Requirement) -> String {
    let word = match requirement.counts_for_the_gate() {
        true => page.paint.bad("fail"),
        false => page.paint.warning("warn"),
    };
    let advisory = if requirement.advisory {
        " advisory"
    } else {
        ""
    };
    let name = page.paint.bold(&inert::line(&requirement.id));
    let mut title = format!(
        "  {word} {name} {}{advisory}  {}",
        requirement.obligation,
        inert::clipped(&requirement.text, 300)
    );
    if let Some(known) = &requirement.deviation {
        let still = if known.expired {
            "deviation expired on"
        } else {
            "known deviation until"
        };
        title.push_str(&format!(
            " ({still} {}: {})",
            inert::line(&known.until),
            inert::clipped(&known.because, 200)
        ));
    }
    title
}

fn snippet(
    page: &Page<'_>,
    level: Level<'static>,
    line: &fingerprint::Line<'_>,
    notes: &[(&'static str, String)],
) -> String {
    let place = &line.check.place;
    let drawn = DrawnLine::of(place);
    let label = label(line);
    let file = inert::line(&place.file).into_owned();
    let annotation = AnnotationKind::Primary.span(drawn.carets).label(&label);
    let snippet = Snippet::source(&drawn.text)
        .line_start(place.line.max(1) as usize)
        .path(&file)
        .annotation(annotation);
    let mut group = Group::with_level(level).element(snippet);
    for (kind, text) in notes {
        group = group.element(Level::NOTE.with_name(*kind).message(text));
    }
    let renderer = match page.style.colour {
        Style::Coloured => Renderer::styled(),
        Style::Plain => Renderer::plain(),
    };
    let drawn = renderer
        .term_width(page.style.width.max(60))
        .render(&[group]);
    drawn
        .lines()
        .map(|line| format!("  {line}").trim_end().to_owned())
        .collect::<Vec<_>>()
        .join("\n")
}

fn label(line: &fingerprint::Line<'_>) -> String {
    let mut label = observed(line.check);
    if let Some(number) = line.check.exchanges.first() {
        label.push_str(&format!(" in exchange {number:04}"));
    }
    if line.failures > 1 {
        label.push_str(&format!(", and {} more like it", line.failures - 1));
    }
    label
}

fn observed(check: &Check) -> String {
    format!("observed {}", inert::clipped(&check.reason, 160))
}

/// A line of a scenario as the terminal shows it, and where its carets stand, in bytes.
///
/// What is hidden is spelled out, which moves everything behind it: so the three parts are drawn apart.
struct DrawnLine {
    text: String,
    carets: std::ops::Range<usize>,
}

impl DrawnLine {
    fn of(place: &Place) -> Self {
        let text = place.text.as_str();
        let at = |characters: usize| {
            text.char_indices()
                .nth(characters)
                .map_or(text.len(), |(byte, _)| byte)
        };
        let start = place.column.saturating_sub(1) as usize;
        let (from, to) = (at(start), at(start + place.length.max(1) as usize));
        let (before, marked) = (inert::line(&text[..from]), inert::line(&text[from..to]));
        let carets = before.len()..before.len() + marked.len();
        Self {
            text: format!("{before}{marked}{}", inert::line(&text[to..])),
            carets,
        }
    }
}

/// What would have been right at this line, and why the author asks.
fn wanted(check: &Check) -> Vec<(&'static str, String)> {
    let expected = check
        .expected
        .as_ref()
        .map(|text| ("expected", inert::clipped(text, 300)));
    let because = check
        .because
        .as_ref()
        .map(|text| ("because", inert::clipped(text, 300)));
    expected.into_iter().chain(because).collect()
}

/// What helps to understand and mend it: the clause, the request again, who shares the cause.
fn helpful(page: &Page<'_>, pack: &Pack, requirement: &Requirement) -> Vec<(&'static str, String)> {
    let clause = format!("{} {}", requirement.section, requirement.url);
    let mut notes = vec![("see", inert::clipped(&clause, 300))];
    let first = priorities::failed(requirement).next();
    notes.extend(
        first
            .and_then(|check| reproduce(page, check))
            .map(|command| ("try", command)),
    );
    notes.extend(same_cause(pack, requirement).map(|others| ("same cause", others)));
    notes
}

fn reproduce(page: &Page<'_>, check: &Check) -> Option<String> {
    let exchange = page.exchanges.exchange(*check.exchanges.first()?)?;
    curl::command(&exchange)
}

fn same_cause(pack: &Pack, requirement: &Requirement) -> Option<String> {
    let hints: Vec<String> = priorities::causes_of(pack, &requirement.id)
        .into_iter()
        .filter_map(|cause| {
            let others: Vec<&str> = cause
                .requirements
                .iter()
                .filter(|id| **id != requirement.id)
                .map(String::as_str)
                .collect();
            let shown = others
                .iter()
                .take(6)
                .copied()
                .collect::<Vec<_>>()
                .join(", ");
            let rest = if others.len() > 6 {
                format!(" and {}", words::count(others.len() - 6, "other"))
            } else {
                String::new()
            };
            (!others.is_empty())
                .then(|| format!("{shown}{rest} ({})", inert::clipped(&cause.summary, 100)))
        })
        .collect();
    (!hints.is_empty()).then(|| hints.join("; "))
}
