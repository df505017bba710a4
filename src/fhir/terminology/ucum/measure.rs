//! What a unit measures, and conversion.

use super::parse;
use super::ratio::Factor;
use super::table::BASE_UNITS;
use crate::fhir::Decimal;
use std::cmp::Ordering;

/// A unit of UCUM, read from its case-sensitive code.
#[derive(Debug, Clone, PartialEq)]
pub struct Unit {
    measure: Measure,
}

/// A factor, the base units that it stands before, and how the scale runs.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Measure {
    factor: Factor,
    powers: [i32; BASE_UNITS.len()],
    /// Arbitrary units by their number in the table, each with its power; in order, none with power 0.
    arbitrary: Vec<(u16, i32)>,
    scale: Scale,
}

/// How the numbers of a unit run.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Scale {
    /// Twice the number is twice the amount.
    Ratio,
    /// The number, times a prefix, goes through a function.
    Function(Function, Factor),
    /// A special unit with a power or among others: it has a meaning, but no conversion.
    Broken,
}

/// The functions of special units: from their number to the amount in the unit that they build on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Function {
    Celsius,
    Fahrenheit,
    Reaumur,
    TangentTimes100,
    SlopePercent,
    PowerOf(i32),
    NegativePowerOf(i32),
    HalfPowerOf10,
    Exponential,
    Square,
}

impl Function {
    /// By the name that the table gives.
    pub(super) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "Cel" => Self::Celsius,
            "degF" => Self::Fahrenheit,
            "degRe" => Self::Reaumur,
            "tanTimes100" => Self::TangentTimes100,
            "100tan" => Self::SlopePercent,
            "hpX" => Self::NegativePowerOf(10),
            "hpC" => Self::NegativePowerOf(100),
            "hpM" => Self::NegativePowerOf(1_000),
            "hpQ" => Self::NegativePowerOf(50_000),
            "pH" => Self::NegativePowerOf(10),
            "ln" => Self::Exponential,
            "lg" => Self::PowerOf(10),
            "lgTimes2" => Self::HalfPowerOf10,
            "ld" => Self::PowerOf(2),
            "sqrt" => Self::Square,
            _ => return None,
        })
    }

    /// What is added to the number before the factor applies, for scales that only start elsewhere.
    fn offset(self) -> Option<&'static str> {
        match self {
            Self::Celsius => Some("273.15"),
            Self::Fahrenheit => Some("459.67"),
            Self::Reaumur => Some("218.52"),
            Self::TangentTimes100
            | Self::SlopePercent
            | Self::PowerOf(_)
            | Self::NegativePowerOf(_)
            | Self::HalfPowerOf10
            | Self::Exponential
            | Self::Square => None,
        }
    }

    fn to_amount(self, number: f64) -> f64 {
        match self {
            Self::Celsius | Self::Fahrenheit | Self::Reaumur => number,
            Self::TangentTimes100 | Self::SlopePercent => (number / 100.0).atan(),
            Self::PowerOf(base) => f64::from(base).powf(number),
            Self::NegativePowerOf(base) => f64::from(base).powf(-number),
            Self::HalfPowerOf10 => 10_f64.powf(number / 2.0),
            Self::Exponential => number.exp(),
            Self::Square => number * number,
        }
    }

    fn to_number(self, amount: f64) -> f64 {
        match self {
            Self::Celsius | Self::Fahrenheit | Self::Reaumur => amount,
            Self::TangentTimes100 | Self::SlopePercent => amount.tan() * 100.0,
            Self::PowerOf(base) => amount.log(f64::from(base)),
            Self::NegativePowerOf(base) => -amount.log(f64::from(base)),
            Self::HalfPowerOf10 => amount.log10() * 2.0,
            Self::Exponential => amount.ln(),
            Self::Square => amount.sqrt(),
        }
    }
}

impl Unit {
    /// Reads a unit expression such as `mg/dL`; the error says what is wrong with it.
    pub fn parse(code: &str) -> Result<Self, String> {
        let measure = parse::measure(code)?;
        Ok(Self { measure })
    }

    /// Whether amounts of both units measure the same thing.
    pub fn is_comparable(&self, other: &Self) -> bool {
        self.measure.powers == other.measure.powers
            && self.measure.arbitrary == other.measure.arbitrary
    }

    /// The base units with their powers, such as `g.m-3`; `1` where there are none.
    pub fn canonical(&self) -> String {
        let power = |power: i32| match power {
            1 => String::new(),
            power => power.to_string(),
        };
        let bases = BASE_UNITS.iter().zip(self.measure.powers);
        let bases = bases.filter(|(_, found)| *found != 0);
        let mut parts: Vec<_> = bases
            .map(|(unit, found)| format!("{unit}{}", power(found)))
            .collect();
        let arbitrary = self.measure.arbitrary.iter();
        parts.extend(arbitrary.map(|(number, found)| format!("{{{number}}}{}", power(*found))));
        match parts.is_empty() {
            true => "1".to_owned(),
            false => parts.join("."),
        }
    }

    /// Whether one of this unit is more than one of the other; `None` where they measure different things.
    pub fn is_coarser_than(&self, other: &Self) -> Option<bool> {
        let order = compare(Decimal::ONE, self, Decimal::ONE, other)?;
        Some(order == Ordering::Greater)
    }

    fn is_same_scale(&self, other: &Self) -> bool {
        self.measure == other.measure
    }
}

/// An amount in another unit: exact where both units are, to the precision of a float otherwise. `None` where the units
/// measure different things, or the result is out of range.
pub fn convert(amount: Decimal, from: &Unit, to: &Unit) -> Option<Decimal> {
    if !from.is_comparable(to) {
        return None;
    }
    if from.is_same_scale(to) {
        return Some(amount);
    }
    if let (Scale::Ratio, Scale::Ratio) = (from.measure.scale, to.measure.scale) {
        let factor = from.measure.factor.times(to.measure.factor.inverse());
        return factor.applied_to(amount);
    }
    to.measure.of_base(from.measure.in_base(amount)?)
}

/// How two amounts stand to each other; `None` where they measure different things.
pub fn compare(
    left: Decimal,
    unit: &Unit,
    right: Decimal,
    unit_of_right: &Unit,
) -> Option<Ordering> {
    let right = convert(right, unit_of_right, unit)?;
    left.partial_cmp(&right)
}

impl Measure {
    pub(super) const ONE: Self = Self {
        factor: Factor::ONE,
        powers: [0; BASE_UNITS.len()],
        arbitrary: Vec::new(),
        scale: Scale::Ratio,
    };

    /// One of a base unit.
    pub(super) fn base(at: usize) -> Self {
        let mut measure = Self::ONE;
        measure.powers[at] = 1;
        measure
    }

    /// One of a unit that is like no other.
    pub(super) fn arbitrary(number: u16) -> Self {
        Self {
            arbitrary: vec![(number, 1)],
            ..Self::ONE
        }
    }

    /// So many of this; a prefix works on the number of a special unit.
    pub(super) fn scaled(self, factor: Factor) -> Self {
        match self.scale {
            Scale::Ratio => Self {
                factor: self.factor.times(factor),
                ..self
            },
            Scale::Function(function, prefix) => Self {
                scale: Scale::Function(function, prefix.times(factor)),
                ..self
            },
            Scale::Broken => self,
        }
    }

    /// The special unit that a function makes of this.
    pub(super) fn by_function(self, function: Function) -> Self {
        Self {
            scale: Scale::Function(function, Factor::ONE),
            ..self
        }
    }

    /// Factors multiply, powers add. Exponents are bounded by the parser, and so are their sums.
    pub(super) fn times(self, other: &Self) -> Self {
        let mut powers = self.powers;
        for (power, more) in powers.iter_mut().zip(other.powers) {
            *power = power.saturating_add(more);
        }
        Self {
            factor: self.factor.times(other.factor),
            powers,
            arbitrary: joined(&self.arbitrary, &other.arbitrary),
            scale: match (self.is_one(), other.is_one()) {
                (true, _) => other.scale,
                (_, true) => self.scale,
                (false, false) => together(self.scale, other.scale),
            },
        }
    }

    fn is_one(&self) -> bool {
        *self == Self::ONE
    }

    pub(super) fn raised(&self, exponent: i32) -> Self {
        if exponent == 1 {
            return self.clone();
        }
        let arbitrary = self.arbitrary.iter();
        let arbitrary = arbitrary.map(|(number, power)| (*number, power.saturating_mul(exponent)));
        Self {
            factor: self.factor.raised(exponent),
            powers: self.powers.map(|power| power.saturating_mul(exponent)),
            arbitrary: arbitrary.filter(|(_, power)| *power != 0).collect(),
            scale: match self.scale {
                Scale::Ratio => Scale::Ratio,
                Scale::Function(..) | Scale::Broken => Scale::Broken,
            },
        }
    }

    /// The amount in base units.
    fn in_base(&self, amount: Decimal) -> Option<Decimal> {
        let (function, prefix) = match self.scale {
            Scale::Ratio => return self.factor.applied_to(amount),
            Scale::Function(function, prefix) => (function, prefix),
            Scale::Broken => return None,
        };
        let number = prefix.applied_to(amount)?;
        match function.offset() {
            Some(offset) => self
                .factor
                .applied_to(number.checked_add(Decimal::parse(offset)?)?),
            None => Decimal::from_f64(function.to_amount(number.to_f64()) * self.factor.as_float()),
        }
    }

    /// An amount in base units, in this unit.
    fn of_base(&self, amount: Decimal) -> Option<Decimal> {
        let (function, prefix) = match self.scale {
            Scale::Ratio => return self.factor.inverse().applied_to(amount),
            Scale::Function(function, prefix) => (function, prefix),
            Scale::Broken => return None,
        };
        let number = match function.offset() {
            Some(offset) => {
                let shifted = self.factor.inverse().applied_to(amount)?;
                shifted.checked_sub(Decimal::parse(offset)?)?
            }
            None => {
                Decimal::from_f64(function.to_number(amount.to_f64() / self.factor.as_float()))?
            }
        };
        prefix.inverse().applied_to(number)
    }
}

fn together(left: Scale, right: Scale) -> Scale {
    match (left, right) {
        (Scale::Ratio, Scale::Ratio) => Scale::Ratio,
        (Scale::Ratio | Scale::Function(..) | Scale::Broken, _) => Scale::Broken,
    }
}

fn joined(left: &[(u16, i32)], right: &[(u16, i32)]) -> Vec<(u16, i32)> {
    let mut joined = left.to_vec();
    for (number, power) in right {
        match joined.iter_mut().find(|(known, _)| known == number) {
            Some((_, known)) => *known = known.saturating_add(*power),
            None => joined.push((*number, *power)),
        }
    }
    joined.retain(|(_, power)| *power != 0);
    joined.sort_unstable();
    joined
}
