//! `each`: one case per row, inline or from a CSV fixture.

use crate::diag::Diagnostic;
use crate::model::Files;
use crate::yaml::{Node, no_file};

/// The most rows that one scenario may have.
pub const MAX_ROWS: usize = 100_000;

/// The rows of a scenario.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rows {
    /// The name under which a row's columns are known: `case` gives `{{case.value}}`.
    pub name: String,
    /// The names of all columns.
    pub columns: Vec<String>,
    /// The rows.
    pub rows: Vec<Row>,
}

/// One row. There may be many thousands, so it holds its texts and nothing else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Its name in reports: the column `name`, else its number from 1.
    pub name: Box<str>,
    /// One for each column; `None` where an inline row leaves it out.
    values: Box<[Option<Box<str>>]>,
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
        let (columns, rows) = match content.scalar() {
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
            columns,
            rows,
        })
    }

    /// The text of a column of a row.
    pub fn value<'a>(&self, row: &'a Row, column: &str) -> Option<&'a str> {
        let position = self.columns.iter().position(|known| known == column)?;
        row.values.get(position)?.as_deref()
    }
}

fn distinct(rows: &[Row], content: &Node) -> Result<(), Diagnostic> {
    let mut names: Vec<&str> = rows.iter().map(|row| &*row.name).collect();
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

/// The columns and the rows.
type Table = (Vec<String>, Vec<Row>);

fn from_list(content: &Node) -> Result<Table, Diagnostic> {
    let mut columns: Vec<String> = Vec::new();
    for (key, _) in content.items().iter().flat_map(Node::entries) {
        if !columns.contains(&key.text) {
            columns.push(key.text.clone());
        }
    }
    let rows = content.items().iter().enumerate().map(|(number, item)| {
        let scalars = item
            .entries()
            .iter()
            .all(|(_, value)| value.scalar().is_some());
        if item.entries().is_empty() || !scalars {
            let message = "a row is a map of column and text";
            return Err(Diagnostic::error("wrong-type", message).at(&item.place));
        }
        let values = columns
            .iter()
            .map(|column| item.get(column).and_then(Node::scalar));
        Ok(row(number, &columns, values))
    });
    let rows = rows.collect::<Result<Vec<_>, _>>()?;
    Ok((columns, rows))
}

fn from_csv(path: &str, node: &Node, files: &Files) -> Result<Table, Diagnostic> {
    let text = files
        .text(path)
        .map_err(|problem| no_file(problem, path, &node.place, files))?;
    let mut reader = csv::ReaderBuilder::new()
        .trim(csv::Trim::All)
        .from_reader(text.as_bytes());
    let wrong = |error: csv::Error| {
        Diagnostic::error("bad-value", format!("`{path}` is no CSV: {error}")).at(&node.place)
    };
    let header = reader.headers().map_err(wrong)?;
    let columns: Vec<String> = header.iter().map(str::to_owned).collect();
    let records = reader.records().take(MAX_ROWS + 1).enumerate();
    let rows = records.map(|(number, record)| {
        let record = record.map_err(wrong)?;
        Ok(row(number, &columns, record.iter().map(Some)))
    });
    let rows = rows.collect::<Result<Vec<_>, Diagnostic>>()?;
    Ok((columns, rows))
}

fn row<'a>(
    number: usize,
    columns: &[String],
    values: impl Iterator<Item = Option<&'a str>>,
) -> Row {
    let values: Box<[Option<Box<str>>]> = values.map(|value| value.map(Box::from)).collect();
    let named = columns.iter().position(|column| column == "name");
    let name = named.and_then(|position| values.get(position)?.clone());
    Row {
        name: name.unwrap_or_else(|| (number + 1).to_string().into()),
        values,
    }
}
