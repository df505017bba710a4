//! `time`: how long the exchange took.

use schemars::JsonSchema;
use serde::Deserialize;

use super::arguments::Duration;
use super::{Check, Examined, Kind, REPLY, Subject, Weight, settle};
use crate::diag::Diagnostic;
use crate::model::{Finding, Seen};
use crate::yaml::{Node, decode};

pub(super) const KIND: Kind = Kind {
    name: "time",
    summary: "how long the exchange took",
    explanation: "Compares the time from sending to the end of the reply. A violation is a warning: it depends on the network and on the \
machine that measures. It counts only where the check itself cites a requirement (`cites`) that demands the time.",
    examples: &["time: 2s", "time: { within: 500ms }"],
    weight: Weight::Warns,
    sides: REPLY,
    schema: |generator| {
        let (short, map) = (
            generator.subschema_for::<Duration>(),
            generator.subschema_for::<Arguments>(),
        );
        schemars::json_schema!({ "anyOf": [short, map] })
    },
    parse,
};

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(inline)]
struct Arguments {
    /// The longest that is right.
    within: Duration,
}

/// The longest that is right.
#[derive(Debug)]
struct Time(Duration);

fn parse(node: &Node) -> Result<Box<dyn Check>, Diagnostic> {
    let within = match node.scalar() {
        Some(_) => decode(node)?,
        None => decode::<Arguments>(node)?.within,
    };
    Ok(Box::new(Time(within)))
}

impl Time {
    fn examine(&self, subject: &Subject<'_>) -> Examined {
        subject.reply()?;
        let took = subject.exchange().timing.total;
        let seen = Seen::new(
            format!("{}.{:03} ms", took / 1000, took % 1000),
            "timing/total",
        );
        match took <= self.0.micros {
            true => Ok(seen),
            false => Err(Finding::Violates {
                seen,
                expected: self.summary().into(),
            }),
        }
    }
}

impl Check for Time {
    fn evaluate(&self, subject: &Subject<'_>) -> Finding {
        settle(self.examine(subject))
    }

    fn summary(&self) -> String {
        format!("within {}", self.0)
    }
}

#[cfg(test)]
pub(super) mod tests {
    use crate::check::tests::{Case, case};

    pub(in crate::check) const CASES: &[Case] = &[
        case(
            "time: { within: 2s }",
            "200 took=2000000",
            "holds 2000.000 ms @ timing/total",
        ),
        case(
            "time: 2s",
            "200 took=2000001",
            "violates 2000.001 ms @ timing/total, wanted within 2s",
        ),
        case(
            "time: 2s",
            "!timeout 10s passed",
            "undecidable no reply came: timeout: 10s passed",
        ),
        case(
            "time: soon",
            "200",
            "bad-value `soon`: `soon` is no span of time: write `500ms`, `2s`, `10m`, `24h` or `14d`",
        ),
        case(
            "time: { in: 2s }",
            "200",
            "unknown-field `in`: `in` means nothing here",
        ),
    ];
}
