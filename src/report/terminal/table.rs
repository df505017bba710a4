//! The table of coverage: areas, then obligations with the verdict beside them.

use comfy_table::{Attribute, Cell, CellAlignment, Color, ContentArrangement, Table, presets};

use crate::diag::Style;
use crate::model::Obligation;
use crate::report::inert;
use crate::report::view::{Counts, Pack, State};

use super::paint::Paint;

const COLUMNS: [&str; 5] = ["satisfied", "violated", "undetermined", "untested", "n/a"];

/// Areas, an empty line, obligations; every line indented by one more column than comfy-table's own.
pub fn coverage(pack: &Pack, paint: Paint, width: usize) -> String {
    let mut table = Table::new();
    table
        .load_preset(presets::NOTHING)
        .set_content_arrangement(ContentArrangement::Dynamic);
    table.set_width(u16::try_from(width.clamp(40, 1000)).unwrap_or(80));
    table.set_header(heading());
    for area in &pack.areas {
        table.add_row(row(&area.title, &area.counts, Cell::new("")));
    }
    if !pack.areas.is_empty() {
        table.add_row(vec![Cell::new(""); COLUMNS.len() + 2]);
    }
    for (position, (name, counts)) in obligations(pack).into_iter().enumerate() {
        let verdict = match position {
            0 => Cell::new(format!("→ {}", pack.verdict.as_str())).add_attribute(Attribute::Bold),
            _ => Cell::new(""),
        };
        table.add_row(row(name, counts, verdict));
    }
    match paint.0 {
        Style::Coloured => table.enforce_styling(),
        Style::Plain => table.force_no_tty(),
    };
    indented(&table.to_string())
}

fn heading() -> Vec<Cell> {
    let mut cells = vec![Cell::new("Area")];
    cells.extend(COLUMNS.map(|title| Cell::new(title).set_alignment(CellAlignment::Right)));
    cells.push(Cell::new(""));
    cells
}

fn obligations(pack: &Pack) -> Vec<(&str, &Counts)> {
    let names = Obligation::ALL
        .map(Obligation::as_str)
        .into_iter()
        .chain(["advisory"]);
    names
        .filter_map(|name| Some((name, pack.counts.get(name)?)))
        .filter(|(_, counts)| counts.total() > 0)
        .collect()
}

fn row(title: &str, counts: &Counts, verdict: Cell) -> Vec<Cell> {
    let mut cells = vec![Cell::new(inert::clipped(title, 40))];
    cells.extend(State::ALL.map(|state| number(state, counts.of(state))));
    cells.push(verdict);
    cells
}

fn number(state: State, number: u32) -> Cell {
    let cell = Cell::new(number).set_alignment(CellAlignment::Right);
    if number == 0 {
        return cell.add_attribute(Attribute::Dim);
    }
    match state {
        State::Violated => cell.fg(Color::DarkRed).add_attribute(Attribute::Bold),
        State::Undetermined => cell.fg(Color::DarkYellow),
        State::Satisfied => cell.fg(Color::DarkGreen),
        State::Untested | State::NotApplicable => cell,
    }
}

fn indented(table: &str) -> String {
    table
        .lines()
        .map(|line| format!(" {}", line.trim_end()))
        .collect::<Vec<_>>()
        .join("\n")
}
