//! Reports: one plain view, one file per format.
//!
//! [`view::Report`] is what every format shows; it is also `report.json`. A format is one file and one row of [`FORMATS`]. Formats
//! depend on the view alone, never on the runner. Everything that a peer sent is shown as inert text.

pub mod curl;
mod fingerprint;
mod github;
mod gitlab;
mod html;
pub mod inert;
mod json;
mod junit;
mod links;
mod markdown;
mod priorities;
mod sarif;
pub mod terminal;
pub mod view;
pub mod words;

use std::io;

use crate::model::Exchange;
use view::Report;

/// A format: one row.
#[derive(Debug)]
pub struct Format {
    /// As `--format` names it.
    pub name: &'static str,
    /// The file that it is written to inside the output folder; `None` means standard output.
    pub file: Option<&'static str>,
    /// What it is for, in a line.
    pub summary: &'static str,
    /// Writes it.
    pub write: fn(&Report, &dyn Exchanges, &mut dyn io::Write) -> io::Result<()>,
}

/// The recorded exchanges, one at a time, so that memory stays flat.
pub trait Exchanges {
    /// The exchange of a number; `None` where it was not recorded.
    fn exchange(&self, number: u32) -> Option<Exchange>;
}

/// All formats.
pub static FORMATS: &[Format] = &[
    html::FORMAT,
    json::FORMAT,
    junit::FORMAT,
    markdown::FORMAT,
    sarif::FORMAT,
    github::FORMAT,
    gitlab::FORMAT,
];

/// The format of a name.
pub fn format(name: &str) -> Option<&'static Format> {
    FORMATS.iter().find(|row| row.name == name)
}
