//! The frame of the page: masthead first, colophon last.

use std::io;

use minijinja::{Value, context};

use super::templates::{self, Piece, Templates};
use crate::report::view::{Conformance, Report, RunState, State};
use crate::report::words;

/// From the doctype to the masthead.
pub fn top(templates: &Templates, report: &Report, out: &mut dyn io::Write) -> io::Result<()> {
    let supplier = &report.supplier;
    let subject = words::subject(supplier).collect::<Vec<_>>().join(" ");
    let packs: Vec<Value> = report
        .packs
        .iter()
        .enumerate()
        .map(|(number, pack)| {
            context! {
                number, title => pack.title, role => pack.role,
                standard => format!("{} {}", pack.standard.name, pack.standard.version),
                verdict => pack.verdict.as_str(), label => pack.verdict.label(),
            }
        })
        .collect();
    let worst = report
        .packs
        .iter()
        .map(|pack| pack.verdict)
        .fold(Conformance::Conformant, Conformance::worse);
    let context = context! {
        policy => templates::security_policy(),
        style => Value::from_safe_string(templates::STYLE.to_owned()),
        subject, packs,
        supplier => supplier,
        worst => worst.label(),
        date => words::date(&report.run.started),
        unfinished => unfinished(report.run.state),
        notes => report.notes,
    };
    templates.write(Piece::Top, context, out)
}

/// From the last section to the end.
pub fn bottom(templates: &Templates, report: &Report, out: &mut dyn io::Write) -> io::Result<()> {
    let context = context! {
        plugfest => report.plugfest,
        script => Value::from_safe_string(templates::SCRIPT.to_owned()),
        states => meanings(),
    };
    templates.write(Piece::Bottom, context, out)
}

/// Each state with what it says.
pub fn meanings() -> Vec<Value> {
    State::ALL
        .map(|state| context! { state => state.as_str(), label => state.label(), meaning => state.meaning() })
        .into()
}

/// What the reader must know of a run that did not come to its end.
pub fn unfinished(state: RunState) -> &'static str {
    match state {
        RunState::Complete => "",
        RunState::Cancelled => {
            "The run was cancelled before its end. What was recorded until then was judged; the rest shows as not run."
        }
    }
}
