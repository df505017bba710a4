//! The atoms of UCUM: base units, prefixes, and all other units as a value in terms of them.

use super::measure::{Function, Measure};
use super::parse;
use super::ratio::Factor;
use crate::fhir::terminology::index::Table;
use std::sync::OnceLock;

/// The base units, in the order in which canonical units are written.
pub(super) const BASE_UNITS: [&str; 7] = ["m", "s", "g", "rad", "K", "C", "cd"];

/// One unit symbol.
#[derive(Debug)]
pub(super) struct Atom {
    pub(super) takes_prefixes: bool,
    definition: Definition,
    measure: OnceLock<Option<Measure>>,
}

#[derive(Debug)]
enum Definition {
    Base(usize),
    /// So many of another unit.
    Ratio(&'static str, &'static str),
    /// A unit that can be compared with nothing but itself.
    Arbitrary(u16),
    /// `IU` is another spelling of `iU`.
    Function(Function, &'static str, &'static str),
}

const ROWS: &str = include_str!("units.txt");

/// Prefixes and their powers of ten; of two that begin alike the longer one comes first.
pub(super) const PREFIXES: [(&str, i32); 20] = [
    ("da", 1),
    ("Y", 24),
    ("Z", 21),
    ("E", 18),
    ("P", 15),
    ("T", 12),
    ("G", 9),
    ("M", 6),
    ("k", 3),
    ("h", 2),
    ("d", -1),
    ("c", -2),
    ("m", -3),
    ("u", -6),
    ("n", -9),
    ("p", -12),
    ("f", -15),
    ("a", -18),
    ("z", -21),
    ("y", -24),
];

/// Binary prefixes, for bits and bytes.
pub(super) const BINARY_PREFIXES: [(&str, i32); 4] =
    [("Ki", 10), ("Mi", 20), ("Gi", 30), ("Ti", 40)];

/// The atom of a symbol.
pub(super) fn atom(symbol: &str) -> Option<&'static Atom> {
    static ATOMS: OnceLock<Table<&'static str, Atom>> = OnceLock::new();
    ATOMS.get_or_init(atoms).get(symbol)
}

fn atoms() -> Table<&'static str, Atom> {
    let bases = BASE_UNITS.iter().enumerate();
    let bases = bases.map(|(at, symbol)| (*symbol, Atom::new(true, Definition::Base(at))));
    bases
        .chain(ROWS.lines().enumerate().filter_map(row))
        .collect()
}

/// `code metric kind value unit`
fn row((number, line): (usize, &'static str)) -> Option<(&'static str, Atom)> {
    let mut columns = line.split(' ');
    let (code, prefixes, kind) = (columns.next()?, columns.next()?, columns.next()?);
    let (value, unit) = (columns.next()?, columns.next()?);
    let definition = match kind {
        "ratio" => Definition::Ratio(value, unit),
        // A unit that is just another spelling stands for the same thing.
        "arbitrary" if unit != "1" => Definition::Ratio(value, unit),
        "arbitrary" => Definition::Arbitrary(number as u16),
        name => Definition::Function(Function::named(name)?, value, unit),
    };
    Some((code, Atom::new(prefixes == "metric", definition)))
}

impl Atom {
    fn new(takes_prefixes: bool, definition: Definition) -> Self {
        Self {
            takes_prefixes,
            definition,
            measure: OnceLock::new(),
        }
    }

    /// What the unit measures; the table is worked out one unit at a time, when it is asked for.
    pub(super) fn measure(&self) -> Option<&Measure> {
        self.measure.get_or_init(|| self.work_out()).as_ref()
    }

    fn work_out(&self) -> Option<Measure> {
        let of = |value: &str, unit: &str| {
            let unit = parse::measure(unit).ok()?;
            Some(unit.scaled(Factor::parse(value)?))
        };
        match &self.definition {
            Definition::Base(at) => Some(Measure::base(*at)),
            Definition::Arbitrary(number) => Some(Measure::arbitrary(*number)),
            Definition::Ratio(value, unit) => of(value, unit),
            Definition::Function(function, value, unit) => {
                Some(of(value, unit)?.by_function(*function))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{ROWS, atom};

    #[test]
    fn every_row_is_a_unit_that_can_be_worked_out() {
        for line in ROWS.lines() {
            let code = line.split(' ').next().unwrap_or_default();
            let measure = atom(code).and_then(|atom| atom.measure());
            assert!(measure.is_some(), "{line}");
        }
    }
}
