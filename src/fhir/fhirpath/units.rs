//! A useful part of UCUM: units as an exact factor to base units and the powers of those base units.

use super::decimal::Decimal;

/// What a unit measures: `numerator / denominator` times base units to these powers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Measure {
    numerator: Decimal,
    denominator: Decimal,
    powers: [i8; BASES],
}

/// Base units: metre, gram, second, radian, kelvin, coulomb, candela, and mole (which UCUM counts as a number).
const BASES: usize = 8;

const M: usize = 0;
const G: usize = 1;
const S: usize = 2;
const RAD: usize = 3;
const K: usize = 4;
const C: usize = 5;
const CD: usize = 6;
const MOL: usize = 7;

/// (code, takes prefixes, factor, powers of base units)
type Row = (&'static str, Prefixes, &'static str, &'static [(usize, i8)]);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Prefixes {
    Taken,
    Refused,
}
use Prefixes::{Refused, Taken};

const UNITS: &[Row] = &[
    ("m", Taken, "1", &[(M, 1)]),
    ("g", Taken, "1", &[(G, 1)]),
    ("s", Taken, "1", &[(S, 1)]),
    ("rad", Taken, "1", &[(RAD, 1)]),
    ("K", Taken, "1", &[(K, 1)]),
    ("C", Taken, "1", &[(C, 1)]),
    ("cd", Taken, "1", &[(CD, 1)]),
    ("mol", Taken, "1", &[(MOL, 1)]),
    ("min", Refused, "60", &[(S, 1)]),
    ("h", Refused, "3600", &[(S, 1)]),
    ("d", Refused, "86400", &[(S, 1)]),
    ("wk", Refused, "604800", &[(S, 1)]),
    ("mo", Refused, "2629800", &[(S, 1)]),
    ("a", Refused, "31557600", &[(S, 1)]),
    ("%", Refused, "0.01", &[]),
    ("[ppth]", Refused, "0.001", &[]),
    ("[ppm]", Refused, "0.000001", &[]),
    ("L", Taken, "0.001", &[(M, 3)]),
    ("l", Taken, "0.001", &[(M, 3)]),
    ("ar", Taken, "100", &[(M, 2)]),
    ("t", Taken, "1000000", &[(G, 1)]),
    ("Hz", Taken, "1", &[(S, -1)]),
    ("N", Taken, "1000", &[(G, 1), (M, 1), (S, -2)]),
    ("Pa", Taken, "1000", &[(G, 1), (M, -1), (S, -2)]),
    ("bar", Taken, "100000000", &[(G, 1), (M, -1), (S, -2)]),
    ("J", Taken, "1000", &[(G, 1), (M, 2), (S, -2)]),
    ("W", Taken, "1000", &[(G, 1), (M, 2), (S, -3)]),
    ("cal", Taken, "4184", &[(G, 1), (M, 2), (S, -2)]),
    ("A", Taken, "1", &[(C, 1), (S, -1)]),
    ("V", Taken, "1000", &[(G, 1), (M, 2), (S, -2), (C, -1)]),
    ("eq", Taken, "1", &[(MOL, 1)]),
    ("osm", Taken, "1", &[(MOL, 1)]),
    ("kat", Taken, "1", &[(MOL, 1), (S, -1)]),
    ("U", Taken, "0.000001", &[(MOL, 1), (S, -1)]), // per minute: see `measure_of_atom`
    ("m[Hg]", Taken, "133322000", &[(G, 1), (M, -1), (S, -2)]),
    ("m[H2O]", Taken, "9806650", &[(G, 1), (M, -1), (S, -2)]),
    ("[in_i]", Refused, "0.0254", &[(M, 1)]),
    ("[ft_i]", Refused, "0.3048", &[(M, 1)]),
    ("[yd_i]", Refused, "0.9144", &[(M, 1)]),
    ("[mi_i]", Refused, "1609.344", &[(M, 1)]),
    ("[lb_av]", Refused, "453.59237", &[(G, 1)]),
    ("[oz_av]", Refused, "28.349523125", &[(G, 1)]),
    ("[gr]", Refused, "0.06479891", &[(G, 1)]),
    ("[stone_av]", Refused, "6350.29318", &[(G, 1)]),
    ("[foz_us]", Refused, "0.0000295735295625", &[(M, 3)]),
    ("[gal_us]", Refused, "0.003785411784", &[(M, 3)]),
];

const PREFIXES: &[(&str, i32)] = &[
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
];

impl Measure {
    const ONE: Self = Self {
        numerator: Decimal::ONE,
        denominator: Decimal::ONE,
        powers: [0; BASES],
    };

    /// Reads a UCUM code such as `mg/dL` or `m2`; `None` for what the table does not know.
    pub(crate) fn parse(code: &str) -> Option<Self> {
        let mut reader = Reader {
            rest: code,
            depth: 0,
        };
        let measure = reader.terms()?;
        reader.rest.is_empty().then_some(measure)
    }

    /// Whether amounts of the two units can be compared.
    pub(crate) fn measures_the_same(&self, other: &Self) -> bool {
        self.powers == other.powers
    }

    /// The amount in base units.
    pub(crate) fn in_base(&self, amount: Decimal) -> Option<Decimal> {
        amount
            .checked_mul(self.numerator)?
            .checked_div(self.denominator)
    }

    /// An amount in base units, in this unit.
    pub(crate) fn of_base(&self, amount: Decimal) -> Option<Decimal> {
        amount
            .checked_mul(self.denominator)?
            .checked_div(self.numerator)
    }

    /// Whether one of this unit is at least one of the other.
    pub(crate) fn is_coarser_than(&self, other: &Self) -> bool {
        self.in_base(Decimal::ONE) >= other.in_base(Decimal::ONE)
    }

    /// Factors multiply, powers add.
    fn times(&self, other: &Self) -> Option<Self> {
        let mut powers = self.powers;
        for (power, more) in powers.iter_mut().zip(other.powers) {
            *power = power.checked_add(more)?;
        }
        Some(Self {
            numerator: self.numerator.checked_mul(other.numerator)?,
            denominator: self.denominator.checked_mul(other.denominator)?,
            powers,
        })
    }

    /// One over the unit.
    fn inverse(&self) -> Self {
        Self {
            numerator: self.denominator,
            denominator: self.numerator,
            powers: self.powers.map(|power| -power),
        }
    }

    /// Exponents are small; what overflows is no unit that anyone measures in.
    fn raised(&self, exponent: i8) -> Option<Self> {
        let base = if exponent < 0 { self.inverse() } else { *self };
        let mut product = Self::ONE;
        for _ in 0..exponent.unsigned_abs() {
            product = product.times(&base)?;
        }
        Some(product)
    }
}

struct Reader<'c> {
    rest: &'c str,
    depth: usize,
}

impl Reader<'_> {
    /// Factors joined by `.` and `/`, from left to right.
    fn terms(&mut self) -> Option<Measure> {
        let mut measure = if self.eat("/") {
            self.factor()?.inverse()
        } else {
            self.factor()?
        };
        loop {
            if self.eat(".") {
                measure = measure.times(&self.factor()?)?;
            } else if self.eat("/") {
                measure = measure.times(&self.factor()?.inverse())?;
            } else {
                return Some(measure);
            }
        }
    }

    /// One factor: brackets, an annotation that counts as 1, or a unit.
    fn factor(&mut self) -> Option<Measure> {
        if self.rest.starts_with('{') {
            return self.annotation().then_some(Measure::ONE);
        }
        if self.eat("(") {
            self.depth += 1;
            let measure = (self.depth < 8).then(|| self.terms())??;
            return self.eat(")").then_some(measure);
        }
        let end = self
            .rest
            .find(['.', '/', '(', ')', '{'])
            .unwrap_or(self.rest.len());
        let (atom, rest) = self.rest.split_at(end);
        self.rest = rest;
        self.annotation();
        measure_of_atom(atom)
    }

    /// Skips `{…}`, which changes nothing in value.
    fn annotation(&mut self) -> bool {
        let Some(end) = self
            .rest
            .strip_prefix('{')
            .and_then(|inner| inner.find('}'))
        else {
            return false;
        };
        self.rest = &self.rest[end + 2..];
        true
    }

    /// Takes a symbol if it is next.
    fn eat(&mut self, symbol: &str) -> bool {
        let Some(rest) = self.rest.strip_prefix(symbol) else {
            return false;
        };
        self.rest = rest;
        true
    }
}

/// A unit with its prefix and exponent, a power of ten such as `10*3`, or a whole number.
fn measure_of_atom(atom: &str) -> Option<Measure> {
    if let Some(exponent) = atom
        .strip_prefix("10*")
        .or_else(|| atom.strip_prefix("10^"))
    {
        return power_of_ten(exponent.parse().ok()?);
    }
    if !atom.is_empty() && atom.bytes().all(|byte| byte.is_ascii_digit()) {
        let numerator = Decimal::parse(atom).filter(|number| !number.is_zero())?;
        return Some(Measure {
            numerator,
            ..Measure::ONE
        });
    }
    let digits = atom
        .trim_end_matches(|character: char| character.is_ascii_digit())
        .len();
    let mut end = digits;
    if digits < atom.len() && atom[..digits].ends_with(['-', '+']) {
        end -= 1;
    }
    let exponent = if end == atom.len() {
        1
    } else {
        atom[end..].parse().ok()?
    };
    prefixed(&atom[..end])?.raised(exponent)
}

/// `10*3` and the like; huge exponents are out of range.
fn power_of_ten(exponent: i32) -> Option<Measure> {
    let factor = Decimal::parse(&format!("1e{}", exponent.abs()))?;
    let measure = Measure {
        numerator: factor,
        ..Measure::ONE
    };
    Some(if exponent < 0 {
        measure.inverse()
    } else {
        measure
    })
}

/// A unit by itself first: `cd` is the candela, not a centiday.
fn prefixed(symbol: &str) -> Option<Measure> {
    if let Some(row) = UNITS.iter().find(|row| row.0 == symbol) {
        return measure_of(row);
    }
    PREFIXES.iter().find_map(|(prefix, exponent)| {
        let unit = symbol.strip_prefix(prefix)?;
        let row = UNITS.iter().find(|row| row.0 == unit && row.1 == Taken)?;
        measure_of(row)?.times(&power_of_ten(*exponent)?)
    })
}

/// The row of a unit as a measure.
fn measure_of(row: &Row) -> Option<Measure> {
    let mut measure = Measure {
        numerator: Decimal::parse(row.2)?,
        ..Measure::ONE
    };
    for (base, power) in row.3 {
        measure.powers[*base] = *power;
    }
    if row.0 == "U" {
        measure.denominator = Decimal::from(60);
    }
    Some(measure)
}
