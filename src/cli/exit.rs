//! Exit codes, one row each: help texts, `plugfest explain exit-codes` and the docs come from here.

use super::out::{FAILED, WRONG_INPUT};
use crate::score::Exit;

/// An exit code.
#[derive(Debug)]
pub struct ExitCode {
    /// What the shell sees.
    pub code: u8,
    /// When.
    pub meaning: &'static str,
}

/// How many codes there are.
const COUNT: usize = 5;

/// All exit codes, in order.
pub fn codes() -> [ExitCode; COUNT] {
    let row = |code, meaning| ExitCode { code, meaning };
    [
        row(
            Exit::Satisfied.code(),
            "every tested, applicable and non-advisory SHALL is satisfied, or what was asked for was done",
        ),
        row(
            Exit::Violated.code(),
            "at least one of them is violated, beyond the deviations that are known and have not expired",
        ),
        row(
            WRONG_INPUT,
            "the command line, a pack, a scenario or a supplier file is wrong; nothing was tested",
        ),
        row(
            Exit::Undetermined.code(),
            "none is violated, but one is undetermined, or nothing could be tested at all",
        ),
        row(
            FAILED,
            "plugfest or its environment failed: a file could not be written, an address could not be had",
        ),
    ]
}

/// The codes as a paragraph of a help text.
pub fn list() -> String {
    let rows = codes().map(|row| format!("  {}  {}", row.code, row.meaning));
    format!("Exit codes:\n{}", rows.join("\n"))
}

/// The last lines of the help text of the whole.
pub fn help() -> String {
    format!(
        "{}\n\nResults go to standard output or into files, everything else to standard error. \
         `plugfest explain WORD` says more about any word that plugfest prints.",
        list()
    )
}
