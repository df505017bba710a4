//! `status`: the reply's status code.

use std::ops::RangeInclusive;
use std::sync::Arc;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;

use super::arguments::OneOrMany;
use super::{Check, Examined, Kind, REPLY, Subject, Weight, settle, words};
use crate::diag::Diagnostic;
use crate::model::{Finding, Seen};
use crate::template::Template;
use crate::yaml::{Node, Spanned, decode};

pub(super) const KIND: Kind = Kind {
    name: "status",
    summary: "the reply's status code",
    explanation: "Holds where the status code is the one that is given, or one of the list, or of a class such as `4xx`; with `not`, where it \
is none of them. A text may come from a row (`status: \"{{case.status}}\"`) and hold several, between commas. \
A reply that is no HTTP violates; without a reply the check is inconclusive.",
    examples: &[
        "status: 412",
        "status: [200, 204]",
        "status: 2xx",
        "status: { class: 4xx }",
        "status: { not: [405, 501] }",
    ],
    weight: Weight::Judges,
    sides: REPLY,
    schema,
    parse,
};

/// Codes, and whether it must be one of them.
#[derive(Debug)]
struct Status {
    wanted: Wanted,
    sense: Sense,
    /// What is told to people, made once.
    expected: Arc<str>,
}

/// Whether the codes are those that are right, or those that are wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sense {
    Is,
    IsNot,
}

/// Codes, known when the file is read or when the check is asked.
#[derive(Debug)]
enum Wanted {
    Known(Vec<RangeInclusive<u16>>),
    Open(Vec<Template>),
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(inline)]
struct Arguments {
    /// One of these classes, such as `4xx`.
    #[serde(default)]
    class: Option<OneOrMany<Spanned<Template>>>,
    /// None of these codes or classes.
    #[serde(default)]
    not: Option<OneOrMany<Spanned<Template>>>,
}

fn schema(generator: &mut SchemaGenerator) -> Schema {
    let code = json_schema!({ "type": ["integer", "string"], "description": "a code, a class such as `4xx`, or a `{{…}}`" });
    let map = generator.subschema_for::<Arguments>();
    json_schema!({ "anyOf": [code, { "type": "array", "items": code, "minItems": 1 }, map] })
}

fn parse(node: &Node) -> Result<Box<dyn Check>, Diagnostic> {
    if node.entries().is_empty() {
        let codes: OneOrMany<Spanned<Template>> = short_form(node)?;
        return Ok(Box::new(Status::new(codes.0, Sense::Is)?));
    }
    let arguments: Arguments = decode(node)?;
    let status = match (arguments.class, arguments.not) {
        (Some(class), None) => Status::new(class.0, Sense::Is),
        (None, Some(not)) => Status::new(not.0, Sense::IsNot),
        (Some(_), Some(_)) | (None, None) => {
            let message = "wanted either `class` or `not`";
            Err(Diagnostic::error("bad-value", message).at(&node.place))
        }
    };
    Ok(Box::new(status?))
}

/// One code or several, without a map around them.
fn short_form(node: &Node) -> Result<OneOrMany<Spanned<Template>>, Diagnostic> {
    match node.scalar().is_none() && node.items().is_empty() {
        true => Err(Diagnostic::error(
            "wrong-type",
            format!(
                "wanted a status code, a list of them, or a map; found {}",
                node.describe()
            ),
        )
        .at(&node.place)),
        false => decode(node),
    }
}

impl Status {
    /// What is known is parsed here: asking then compares numbers and clones two interned words.
    fn new(codes: Vec<Spanned<Template>>, sense: Sense) -> Result<Self, Diagnostic> {
        let mut known = Vec::new();
        for code in &codes {
            if let Some(text) = code.value.literal() {
                known.extend(ranges(text).map_err(|message| {
                    Diagnostic::error("bad-value", message)
                        .at(&code.place)
                        .help("write a code from 100 to 599, or a class such as `4xx`")
                })?);
            }
        }
        let templates: Vec<Template> = codes.into_iter().map(|code| code.value).collect();
        let told = words::alternatives(&templates.iter().map(words::written).collect::<Vec<_>>());
        let open = templates.iter().any(|text| text.literal().is_none());
        Ok(Self {
            expected: match sense {
                Sense::Is => told.into(),
                Sense::IsNot => format!("not {told}").into(),
            },
            wanted: match open {
                true => Wanted::Open(templates),
                false => Wanted::Known(known),
            },
            sense,
        })
    }

    fn examine(&self, subject: &Subject<'_>) -> Examined {
        let status = subject.reply()?.status;
        let among = match &self.wanted {
            Wanted::Known(ranges) => ranges.iter().any(|range| range.contains(&status)),
            Wanted::Open(texts) => filled(texts, subject)?
                .iter()
                .any(|range| range.contains(&status)),
        };
        let sense = if among { Sense::Is } else { Sense::IsNot };
        let seen = Seen {
            observed: words::status(status),
            place: words::status_place(),
        };
        match sense == self.sense {
            true => Ok(seen),
            false => Err(Finding::Violates {
                seen,
                expected: self.told(subject)?,
            }),
        }
    }

    /// What would have been right, holes filled.
    fn told(&self, subject: &Subject<'_>) -> Examined<Arc<str>> {
        let Wanted::Open(texts) = &self.wanted else {
            return Ok(self.expected.clone());
        };
        let texts: Examined<Vec<_>> = texts.iter().map(|text| subject.fill(text)).collect();
        let told = words::alternatives(&texts?);
        Ok(match self.sense {
            Sense::Is => told.into(),
            Sense::IsNot => format!("not {told}").into(),
        })
    }
}

/// Codes from rows and earlier steps; what is no code there is a mistake of the pack.
fn filled(texts: &[Template], subject: &Subject<'_>) -> Examined<Vec<RangeInclusive<u16>>> {
    let mut all = Vec::new();
    for text in texts {
        all.extend(ranges(&subject.fill(text)?).map_err(Finding::broken)?);
    }
    Ok(all)
}

/// `200`, `4xx`, and several of them between commas.
fn ranges(text: &str) -> Result<Vec<RangeInclusive<u16>>, String> {
    text.split(',').map(|part| range(part.trim())).collect()
}

/// HTTP knows the classes 1xx to 5xx.
fn range(text: &str) -> Result<RangeInclusive<u16>, String> {
    let wrong = || format!("`{}` is no status code", words::shown(text));
    if let Some(class) = text.strip_suffix("xx").or(text.strip_suffix("XX")) {
        let class: u16 = class.parse().map_err(|_| wrong())?;
        let first = class
            .checked_mul(100)
            .filter(|first| (100..=500).contains(first));
        return first.map(|first| first..=first + 99).ok_or_else(wrong);
    }
    let code: u16 = text.parse().map_err(|_| wrong())?;
    (100..=599)
        .contains(&code)
        .then_some(code..=code)
        .ok_or_else(wrong)
}

impl Check for Status {
    fn evaluate(&self, subject: &Subject<'_>) -> Finding {
        settle(self.examine(subject))
    }

    fn summary(&self) -> String {
        self.expected.to_string()
    }
}

#[cfg(test)]
pub(super) mod tests {
    use crate::check::tests::{Case, case};

    pub(in crate::check) const CASES: &[Case] = &[
        case("status: 412", "412", "holds 412 @ reply/status"),
        case(
            "status: 412",
            "200",
            "violates 200 @ reply/status, wanted 412",
        ),
        case("status: [200, 204]", "204", "holds 204 @ reply/status"),
        case(
            "status: [200, 201, 204]",
            "500",
            "violates 500 @ reply/status, wanted 200, 201 or 204",
        ),
        case("status: { class: 4xx }", "418", "holds 418 @ reply/status"),
        case(
            "status: { class: [2xx, 4xx] }",
            "302",
            "violates 302 @ reply/status, wanted 2xx or 4xx",
        ),
        case("status: 2xx", "299", "holds 299 @ reply/status"),
        case(
            "status: { not: [405, 5xx] }",
            "404",
            "holds 404 @ reply/status",
        ),
        case(
            "status: { not: [405, 5xx] }",
            "501",
            "violates 501 @ reply/status, wanted not 405 or 5xx",
        ),
        case(
            "status: \"{{case.status}}\"",
            "422",
            "holds 422 @ reply/status",
        ),
        case(
            "status: \"{{case.status}}\"",
            "200",
            "violates 200 @ reply/status, wanted 400, 422",
        ),
        case(
            "status: \"{{case.word}}\"",
            "200",
            "broken `many` is no status code",
        ),
        case(
            "status: \"{{nobody}}\"",
            "200",
            "undecidable `{{nobody}}` has no value at this step",
        ),
        case(
            "status: 200",
            "!timeout 10s passed",
            "undecidable no reply came: timeout: 10s passed",
        ),
        case(
            "status: 200",
            "!malformed `SSH-2.0` is no status line",
            "violates malformed: `SSH-2.0` is no status line @ reply, wanted an HTTP reply",
        ),
        case(
            "status: 999",
            "200",
            "bad-value `999`: `999` is no status code",
        ),
        case(
            "status: 4xxx",
            "200",
            "bad-value `4xxx`: `4xxx` is no status code",
        ),
        case(
            "status: {}",
            "200",
            "wrong-type `{}`: wanted a status code, a list of them, or a map; found a map",
        ),
        case(
            "status: { clas: 4xx }",
            "200",
            "unknown-field `clas`: `clas` means nothing here",
        ),
    ];
}
