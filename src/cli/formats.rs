//! Writing the reports that were asked for.

use std::io;
use std::path::{Path, PathBuf};

use clap::Args;

use super::out::{Console, Failure};
use crate::diag::Diagnostic;
use crate::report::terminal::{self, Verbosity};
use crate::report::view::Report;
use crate::report::{self, Exchanges, FORMATS, Format};
use crate::store::write_with;

/// Where reports go.
#[derive(Debug, Clone, Args)]
pub struct Output {
    /// The formats to write: html, json, junit, markdown, sarif, github, gitlab
    #[arg(
        long,
        value_delimiter = ',',
        default_value = "html,json",
        value_name = "LIST"
    )]
    pub format: Vec<String>,
    /// Show every finding in full
    #[arg(long, short)]
    pub verbose: bool,
}

impl Output {
    /// The rows of the formats.
    ///
    /// # Errors
    /// A format that does not exist.
    pub fn formats(&self) -> Result<Vec<&'static Format>, Failure> {
        let find = |name: &String| {
            report::format(name).ok_or_else(|| {
                let diagnostic = Diagnostic::error("usage", format!("there is no format `{name}`"));
                Failure::from(diagnostic.suggest(name, FORMATS.iter().map(|row| row.name)))
            })
        };
        self.format.iter().map(find).collect()
    }

    /// Writes the reports to a folder and the summary to the terminal.
    ///
    /// # Errors
    /// What the system says.
    pub fn write(
        &self,
        folder: &Path,
        report: &Report,
        exchanges: &dyn Exchanges,
        console: &Console,
    ) -> Result<(), Failure> {
        let formats = self.formats()?;
        for format in &formats {
            match format.file {
                Some(file) => write_with(&folder.join(file), |out| {
                    (format.write)(report, exchanges, out)
                })?,
                None => (format.write)(report, exchanges, &mut io::stdout().lock())?,
            }
        }
        let shown = formats
            .iter()
            .find_map(|format| format.file)
            .map(|file| folder.join(file));
        console.print(&self.summary(folder, shown, report, exchanges, console));
        Ok(())
    }

    fn summary(
        &self,
        folder: &Path,
        shown: Option<PathBuf>,
        report: &Report,
        exchanges: &dyn Exchanges,
        console: &Console,
    ) -> String {
        let verbosity = match (console.quiet, self.verbose) {
            (true, _) => Verbosity::Quiet,
            (false, true) => Verbosity::Verbose,
            (false, false) => Verbosity::Normal,
        };
        let path = |path: PathBuf| path.to_string_lossy().into_owned();
        let style = terminal::Style {
            colour: console.out,
            width: console.width(),
            verbosity,
            report: &shown.map(path).unwrap_or_default(),
            evidence: &path(folder.join("results.jsonl")),
        };
        terminal::summary(report, exchanges, style)
    }
}
