//! `any-of`: alternatives, of which one must hold wholly.

use schemars::{Schema, SchemaGenerator, json_schema};

use super::{Check, CheckItem, EITHER, Examined, Kind, Subject, Wants, Weight, settle};
use crate::diag::Diagnostic;
use crate::fhir::Types;
use crate::model::{Finding, Seen};
use crate::yaml::{Node, Spanned};

pub(super) const KIND: Kind = Kind {
    name: "any-of",
    summary: "alternatives, of which one must hold wholly",
    explanation: "A list of lists of checks: it holds where every check of one list holds. Where none does, it is inconclusive if one of them could \
still be right, else it violates, and what was seen is that of the nearest alternative: the one of which most checks hold. \
The checks inside have no `cites` and no `only-if`.",
    examples: &["any-of: [[{ status: 304 }, { body: empty }], [{ status: 200 }]]"],
    weight: Weight::Judges,
    sides: EITHER,
    schema,
    parse,
};

/// A list of lists; the items are those of `checks`.
fn schema(generator: &mut SchemaGenerator) -> Schema {
    let item = generator.subschema_for::<CheckItem>();
    let list = json_schema!({ "type": "array", "items": item, "minItems": 1 });
    json_schema!({ "type": "array", "items": list, "minItems": 1 })
}

/// The alternatives, each a list that must hold wholly.
#[derive(Debug)]
struct AnyOf(Vec<Vec<CheckItem>>);

fn parse(node: &Node) -> Result<Box<dyn Check>, Diagnostic> {
    if node.items().is_empty() {
        let message = format!(
            "wanted a list of lists of checks, found {}",
            node.describe()
        );
        return Err(Diagnostic::error("wrong-type", message).at(&node.place));
    }
    let lists: Result<Vec<_>, Vec<Diagnostic>> =
        node.items().iter().map(CheckItem::conditions).collect();
    match lists {
        Ok(lists) => Ok(Box::new(AnyOf(lists))),
        // invariant: an error holds at least one diagnostic.
        Err(found) => Err(found
            .into_iter()
            .next()
            .unwrap_or_else(|| Diagnostic::error("bad-value", "a check is wrong").at(&node.place))),
    }
}

/// How far an alternative got.
enum Tried {
    Holds(Seen),
    /// The first check that violates, and how many hold.
    Violates(Seen, usize),
    Undecidable(Finding),
    Broken(Finding),
}

impl AnyOf {
    fn examine(&self, subject: &Subject<'_>) -> Examined {
        let mut nearest: Option<(usize, Seen)> = None;
        let mut undecided = None;
        let mut broken = None;
        for list in &self.0 {
            match try_all(list, subject) {
                Tried::Holds(seen) => return Ok(seen),
                Tried::Undecidable(finding) => {
                    undecided.get_or_insert(finding);
                }
                Tried::Broken(finding) => {
                    broken.get_or_insert(finding);
                }
                Tried::Violates(seen, held) => {
                    if nearest.as_ref().is_none_or(|(most, _)| held > *most) {
                        nearest = Some((held, seen));
                    }
                }
            }
        }
        Err(match (broken.or(undecided), nearest) {
            (Some(finding), _) => finding,
            (None, Some((_, seen))) => Finding::Violates {
                seen,
                expected: self.summary().into(),
            },
            // invariant: every list was tried, and there is at least one.
            (None, None) => Finding::broken("there is no alternative"),
        })
    }
}

/// A violation decides, whatever else cannot be said.
fn try_all(list: &[CheckItem], subject: &Subject<'_>) -> Tried {
    let mut held: Vec<Seen> = Vec::new();
    let mut unsaid = None;
    let mut wrong = None;
    for item in list {
        match item.evaluate(subject) {
            Finding::Holds(seen) => held.push(located(item, seen)),
            Finding::Violates { seen, .. } => {
                let seen = located(item, seen);
                wrong.get_or_insert(Seen::new(
                    format!("{}: {}", item.summary, seen.observed),
                    seen.place,
                ));
            }
            finding @ Finding::Undecidable(_) => {
                unsaid.get_or_insert(Tried::Undecidable(finding));
            }
            finding @ Finding::Broken(_) => return Tried::Broken(finding),
        }
    }
    if let Some(seen) = wrong {
        return Tried::Violates(seen, held.len());
    }
    unsaid.unwrap_or_else(|| Tried::Holds(together(&held)))
}

/// The place of an item that looks at another step is in another exchange.
fn located(item: &CheckItem, seen: Seen) -> Seen {
    match &item.of {
        None => seen,
        Some(step) => Seen::new(
            seen.observed,
            format!("step {}: {}", step.value, seen.place),
        ),
    }
}

/// What was seen of an alternative that holds: all of it, at the place of its first check.
fn together(held: &[Seen]) -> Seen {
    let observed: Vec<&str> = held.iter().map(|seen| &*seen.observed).collect();
    let place = held.first().map(|seen| seen.place.clone());
    Seen::new(
        super::words::shown(&observed.join("; ")),
        place.unwrap_or_default(),
    )
}

impl Check for AnyOf {
    fn evaluate(&self, subject: &Subject<'_>) -> Finding {
        settle(self.examine(subject))
    }

    fn summary(&self) -> String {
        let lists = self.0.iter().map(|list| {
            let items: Vec<&str> = list.iter().map(|item| item.summary.as_str()).collect();
            items.join(" and ")
        });
        lists.collect::<Vec<_>>().join(", or ")
    }

    fn earlier_steps(&self) -> Vec<&Spanned<String>> {
        self.0
            .iter()
            .flatten()
            .flat_map(|item| item.earlier_steps())
            .collect()
    }

    fn wants(&self) -> Vec<Wants<'_>> {
        self.0.iter().flatten().flat_map(CheckItem::wants).collect()
    }

    fn doubts(&self, types: &dyn Types) -> Vec<Diagnostic> {
        let items = self.0.iter().flatten();
        items.flat_map(|item| item.doubts(types)).collect()
    }
}

#[cfg(test)]
pub(super) mod tests {
    use crate::check::tests::{Case, case};

    const CACHED: &str = "any-of: [[{ status: 304 }, { body: empty }], [{ status: 200 }]]";

    pub(in crate::check) const CASES: &[Case] = &[
        case(CACHED, "304", "holds 304; no body @ reply/status"),
        case(CACHED, "200\n\nx", "holds 200 @ reply/status"),
        case(
            CACHED,
            "304\n\nx",
            "violates body empty: 1 byte: x @ reply/body, wanted status 304 and body empty, or status 200",
        ),
        case(
            CACHED,
            "500",
            "violates status 304: 500 @ reply/status, wanted status 304 and body empty, or status 200",
        ),
        case(
            CACHED,
            "!timeout late",
            "undecidable no reply came: timeout: late",
        ),
        case(
            "any-of: [[{ status: 200, of: first }], [{ status: 500 }]]",
            "404",
            "undecidable step `first` was not sent",
        ),
        case(
            "any-of: [[{ status: 200, of: first }], [{ status: 404 }]]",
            "404",
            "holds 404 @ reply/status",
        ),
        case(
            "any-of: [[{ status: 200, of: first }], [{ status: 500 }]]",
            "404",
            "holds 200 @ step first: reply/status",
        )
        .after("first", "200"),
        case(
            "any-of: [[{ status: '{{case.word}}' }], [{ status: 500 }]]",
            "404",
            "broken `many` is no status code",
        ),
        case(
            "any-of: []",
            "404",
            "wrong-type `[]`: wanted a list of lists of checks, found a list",
        ),
        case("any-of: [[]]", "404", "empty `[]`: there is no check here"),
        case(
            "any-of: [[{ staus: 1 }]]",
            "404",
            "unknown-check `staus`: there is no check `staus`",
        ),
        case(
            "any-of: [[{ status: 200, cites: A }]]",
            "404",
            "unknown-field `cites`: `cites` means nothing in a condition",
        ),
        case(
            "request any-of: [[{ status: 200 }]]",
            "404",
            "broken a request has no status",
        ),
    ];
}
