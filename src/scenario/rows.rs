//! `each`: one case per row, inline or from a CSV fixture.

use std::sync::Arc;

use crate::diag::{Diagnostic, Source};
use crate::model::{Files, NoFile};
use crate::yaml::Node;

/// The most rows that one scenario may have.
pub const MAX_ROWS: usize = 100_000;

/// The rows of a scenario.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rows {
    /// The name under which a row's columns are known: `case` gives `{{case.value}}`.
    pub name: String,
    /// The rows.
    pub rows: Vec<Arc<Row>>,
}

/// One row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Its name in reports: the column `name`, else its number from 1.
    pub name: String,
    /// Column → text.
    pub columns: Vec<(String, String)>,
}

impl Rows {
    /// Reads `each`.
    ///
    /// # Errors
    /// `wrong-type`, `empty`, `missing-file`, `bad-value`, `duplicate-id`, with the place.
    pub fn read(node: &Node, files: &Files) -> Result<Self, Diagnostic> {
        let [(key, content)] = node.entries() else {
            return Err(
                Diagnostic::error("wrong-type", "`each` wants one name with its rows")
                    .at(&node.place),
            );
        };
        let rows = match content.scalar() {
            Some(path) => from_csv(path, content, files)?,
            None => from_list(content)?,
        };
        if rows.is_empty() {
            return Err(Diagnostic::error("empty", "`each` has no rows").at(&content.place));
        }
        if rows.len() > MAX_ROWS {
            return Err(
                Diagnostic::error("bad-value", format!("more than {MAX_ROWS} rows"))
                    .at(&content.place),
            );
        }
        distinct(&rows, content)?;
        Ok(Self {
            name: key.text.clone(),
            rows: rows.into_iter().map(Arc::new).collect(),
        })
    }

    /// The names of the columns: those of the first row.
    pub fn columns(&self) -> impl Iterator<Item = &str> {
        self.rows
            .iter()
            .take(1)
            .flat_map(|row| row.columns.iter().map(|(column, _)| column.as_str()))
    }
}

fn distinct(rows: &[Row], content: &Node) -> Result<(), Diagnostic> {
    let mut names: Vec<&str> = rows.iter().map(|row| row.name.as_str()).collect();
    names.sort_unstable();
    match names.windows(2).find(|pair| pair[0] == pair[1]) {
        Some(pair) => Err(Diagnostic::error(
            "duplicate-id",
            format!("two rows are called `{}`", pair[0]),
        )
        .at(&content.place)),
        None => Ok(()),
    }
}

fn from_list(content: &Node) -> Result<Vec<Row>, Diagnostic> {
    let rows = content.items().iter().enumerate();
    rows.map(|(number, item)| {
        let columns: Option<Vec<_>> = item
            .entries()
            .iter()
            .map(|(key, value)| Some((key.text.clone(), value.scalar()?.to_owned())))
            .collect();
        match columns {
            Some(columns) if !columns.is_empty() => Ok(named(number, columns)),
            _ => Err(
                Diagnostic::error("wrong-type", "a row is a map of column and text")
                    .at(&item.place),
            ),
        }
    })
    .collect()
}

fn from_csv(path: &str, node: &Node, files: &Files) -> Result<Vec<Row>, Diagnostic> {
    let text = files
        .text(path)
        .map_err(|problem| no_file(problem, path, node))?;
    let source = Source::new(files.shown(path), text);
    let mut reader = csv::ReaderBuilder::new()
        .trim(csv::Trim::All)
        .from_reader(source.text.as_bytes());
    let wrong = |error: csv::Error| {
        Diagnostic::error("bad-value", format!("`{path}` is no CSV: {error}")).at(&node.place)
    };
    let header = reader.headers().map_err(wrong)?.clone();
    let records = reader.records().take(MAX_ROWS + 1).enumerate();
    records
        .map(|(number, record)| {
            let record = record.map_err(wrong)?;
            let columns = header
                .iter()
                .zip(record.iter())
                .map(|(column, text)| (column.to_owned(), text.to_owned()));
            Ok(named(number, columns.collect()))
        })
        .collect()
}

/// The diagnostic for a file that cannot be had.
pub(crate) fn no_file(problem: NoFile, path: &str, node: &Node) -> Diagnostic {
    let (code, message) = match problem {
        NoFile::Missing => ("missing-file", format!("`{path}` is not in the pack")),
        NoFile::Outside => ("outside-pack", format!("`{path}` leads out of the pack")),
        NoFile::NoText => ("bad-value", format!("`{path}` is no UTF-8 text")),
    };
    Diagnostic::error(code, message).at(&node.place)
}

fn named(number: usize, columns: Vec<(String, String)>) -> Row {
    let named = columns
        .iter()
        .find(|(column, _)| column == "name")
        .map(|(_, name)| name.clone());
    Row {
        name: named.unwrap_or_else(|| (number + 1).to_string()),
        columns,
    }
}
