//! The five columns as a table row and as a bar.

use serde::Serialize;

use crate::report::view::{Counts, State};

/// One row of a coverage table.
#[derive(Serialize)]
pub struct Row<'a> {
    /// What the row is about.
    pub title: &'a str,
    /// Five figures, in the order of [`State::ALL`].
    pub columns: Vec<Column>,
    /// All together.
    pub total: u32,
    /// The bar.
    pub bar: Bar,
}

/// One figure.
#[derive(Serialize)]
pub struct Column {
    /// The state's word in class names.
    pub state: &'static str,
    /// The state's word for people.
    pub label: &'static str,
    /// How many.
    pub number: u32,
}

/// A bar of five segments.
#[derive(Serialize)]
pub struct Bar {
    /// The bar in words, for those who do not see it.
    pub text: String,
    /// Segments that are wider than nothing.
    pub segments: Vec<Segment>,
}

/// A part of a bar, in per cent of its width with one decimal.
#[derive(Serialize)]
pub struct Segment {
    state: &'static str,
    x: String,
    width: String,
}

/// The row of these counts.
pub fn row<'a>(title: &'a str, counts: &Counts) -> Row<'a> {
    Row {
        title,
        columns: columns(counts),
        total: counts.total(),
        bar: bar(counts),
    }
}

/// The five figures.
pub fn columns(counts: &Counts) -> Vec<Column> {
    let column = |state: State| Column {
        state: state.as_str(),
        label: state.label(),
        number: counts.of(state),
    };
    State::ALL.map(column).into()
}

fn bar(counts: &Counts) -> Bar {
    let seen = || {
        State::ALL
            .into_iter()
            .map(|state| (state, counts.of(state)))
            .filter(|(_, number)| *number > 0)
    };
    let text: Vec<String> = seen()
        .map(|(state, number)| format!("{number} {}", state.label()))
        .collect();
    let mut before = 0;
    let segments = seen()
        .map(|(state, number)| {
            let (start, end) = (tenths(before, counts), tenths(before + number, counts));
            before += number;
            Segment {
                state: state.as_str(),
                x: per_cent(start),
                width: per_cent(end - start),
            }
        })
        .collect();
    Bar {
        text: text.join(", "),
        segments,
    }
}

/// Tenths of a per cent, by integers, so that every machine draws the same bar.
fn tenths(number: u32, counts: &Counts) -> u64 {
    u64::from(number) * 1000 / u64::from(counts.total().max(1))
}

fn per_cent(tenths: u64) -> String {
    format!("{}.{}", tenths / 10, tenths % 10)
}
