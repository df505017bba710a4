//! Quantities: an amount and a unit, compared across units where both are known.

use super::decimal::Decimal;
use super::temporal::CalendarUnit;
use super::units::Measure;
use std::borrow::Cow;
use std::cmp::Ordering;
use std::fmt;

/// An amount of a unit.
#[derive(Debug, Clone, PartialEq)]
pub struct Quantity<'r> {
    /// The amount.
    pub value: Decimal,
    /// The unit.
    pub unit: Unit<'r>,
}

/// What a quantity counts.
#[derive(Debug, Clone, PartialEq)]
pub enum Unit<'r> {
    /// A calendar keyword such as `month`, which is no fixed span of time.
    Calendar(CalendarUnit),
    /// A UCUM code such as `mg`; `1` counts things.
    Code(Cow<'r, str>),
}

impl<'r> Quantity<'r> {
    /// A plain number as a quantity.
    pub(crate) fn of_number(value: Decimal) -> Self {
        Self {
            value,
            unit: Unit::Code(Cow::Borrowed("1")),
        }
    }

    /// Reads `5`, `5.5 'mg'` or `4 days`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let end = text
            .find(|letter: char| letter.is_whitespace() || letter == '\'')
            .unwrap_or(text.len());
        let value = Decimal::parse(&text[..end])?;
        let unit = text[end..].trim_start();
        if unit.is_empty() {
            return Some(Self::of_number(value));
        }
        if let Some(code) = unit
            .strip_prefix('\'')
            .and_then(|rest| rest.strip_suffix('\''))
        {
            let unit = Unit::Code(Cow::Owned(code.to_owned()));
            return Some(Self { value, unit });
        }
        let unit = Unit::Calendar(CalendarUnit::from_word(unit)?);
        Some(Self { value, unit })
    }

    /// How two quantities stand to each other; `None` where their units cannot be compared.
    pub(crate) fn compare(&self, other: &Quantity<'_>) -> Option<Ordering> {
        if self.unit.is_same(&other.unit) {
            return Some(self.value.cmp(&other.value));
        }
        let (left, right) = self.unit.common_measures(&other.unit)?;
        Some(left.in_base(self.value)?.cmp(&right.in_base(other.value)?))
    }

    /// Equal at the precision of the less precise of the two, in the coarser of the two units.
    pub(crate) fn is_equivalent(&self, other: &Quantity<'_>) -> bool {
        if self.unit.is_same(&other.unit) {
            return equivalent_numbers(self.value, other.value);
        }
        let measures = match (self.unit.measure(), other.unit.measure()) {
            (Some(left), Some(right)) if left.measures_the_same(&right) => (left, right),
            (Some(_) | None, Some(_) | None) => return false,
        };
        let (left, right) = measures;
        let converted = if left.is_coarser_than(&right) {
            right
                .in_base(other.value)
                .and_then(|base| left.of_base(base))
                .map(|value| (self.value, value))
        } else {
            left.in_base(self.value)
                .and_then(|base| right.of_base(base))
                .map(|value| (other.value, value))
        };
        converted.is_some_and(|(coarse, fine)| {
            let scale = coarse.significant_scale().min(fine.scale());
            coarse.rounded(scale) == fine.rounded(scale)
        })
    }

    /// Whether both amounts are of the same kind.
    pub(crate) fn is_comparable(&self, other: &Quantity<'_>) -> bool {
        self.unit.is_same(&other.unit) || self.unit.common_measures(&other.unit).is_some()
    }

    /// The sum, in the unit of the left; `None` where the units differ in kind.
    pub(crate) fn plus(&self, other: &Quantity<'_>) -> Option<Self> {
        let amount = if self.unit.is_same(&other.unit) {
            other.value
        } else {
            let (left, right) = self.unit.common_measures(&other.unit)?;
            left.of_base(right.in_base(other.value)?)?
        };
        Some(Self {
            value: self.value.checked_add(amount)?,
            unit: self.unit.clone(),
        })
    }

    /// The product, with the units multiplied; `1` leaves the other unit as it is.
    pub(crate) fn times(&self, other: &Quantity<'_>) -> Option<Quantity<'static>> {
        let value = self.value.checked_mul(other.value)?;
        let unit = match (self.unit.code(), other.unit.code()) {
            (code, "1") | ("1", code) => code.to_owned(),
            (left, right) => format!("({left}).({right})"),
        };
        Some(Quantity::of(value, unit))
    }

    /// The quotient, with the units divided.
    pub(crate) fn over(&self, other: &Quantity<'_>) -> Option<Quantity<'static>> {
        let value = self.value.checked_div(other.value)?;
        let unit = match (self.unit.code(), other.unit.code()) {
            (code, "1") => code.to_owned(),
            (left, right) if left == right => "1".to_owned(),
            (left, right) => format!("({left})/({right})"),
        };
        Some(Quantity::of(value, unit))
    }

    pub(crate) fn is_calendar(&self) -> bool {
        matches!(self.unit, Unit::Calendar(_))
    }

    fn of(value: Decimal, code: String) -> Quantity<'static> {
        Quantity {
            value,
            unit: Unit::Code(Cow::Owned(code)),
        }
    }

    pub(crate) fn with_value(&self, value: Decimal) -> Self {
        Self {
            value,
            unit: self.unit.clone(),
        }
    }
}

impl Unit<'_> {
    /// The UCUM code; calendar units have that of the span they last on average.
    pub(crate) fn code(&self) -> &str {
        match self {
            Self::Code(code) => code,
            Self::Calendar(CalendarUnit::Year) => "a",
            Self::Calendar(CalendarUnit::Month) => "mo",
            Self::Calendar(CalendarUnit::Week) => "wk",
            Self::Calendar(CalendarUnit::Day) => "d",
            Self::Calendar(CalendarUnit::Hour) => "h",
            Self::Calendar(CalendarUnit::Minute) => "min",
            Self::Calendar(CalendarUnit::Second) => "s",
            Self::Calendar(CalendarUnit::Millisecond) => "ms",
        }
    }

    /// The same unit, spelled the same: known to no table, it still compares with itself.
    fn is_same(&self, other: &Unit<'_>) -> bool {
        match (self, other) {
            (Unit::Calendar(left), Unit::Calendar(right)) => left == right,
            (Unit::Code(left), Unit::Code(right)) => left == right,
            (Unit::Calendar(_), Unit::Code(_)) | (Unit::Code(_), Unit::Calendar(_)) => false,
        }
    }

    fn measure(&self) -> Option<Measure> {
        Measure::parse(self.code())
    }

    /// The measures of two units of one kind. A calendar year or month is no UCUM year or month.
    fn common_measures(&self, other: &Unit<'_>) -> Option<(Measure, Measure)> {
        let varies = |unit: &Unit<'_>| {
            matches!(
                unit,
                Unit::Calendar(CalendarUnit::Year | CalendarUnit::Month)
            )
        };
        if varies(self) || varies(other) {
            return months_measures(self, other);
        }
        let (left, right) = (self.measure()?, other.measure()?);
        left.measures_the_same(&right).then_some((left, right))
    }

    /// The calendar unit for date arithmetic. UCUM years and months are refused: they are fixed spans.
    pub(crate) fn calendar(&self) -> Option<CalendarUnit> {
        match self {
            Unit::Calendar(unit) => Some(*unit),
            Unit::Code(code) => match code.as_ref() {
                "wk" => Some(CalendarUnit::Week),
                "d" => Some(CalendarUnit::Day),
                "h" => Some(CalendarUnit::Hour),
                "min" => Some(CalendarUnit::Minute),
                "s" => Some(CalendarUnit::Second),
                "ms" => Some(CalendarUnit::Millisecond),
                word => CalendarUnit::from_word(word),
            },
        }
    }
}

/// Years and months compare with each other alone: a year has twelve months.
fn months_measures(left: &Unit<'_>, right: &Unit<'_>) -> Option<(Measure, Measure)> {
    let months = |unit: &Unit<'_>| match unit {
        Unit::Calendar(CalendarUnit::Year) => Measure::parse("12"),
        Unit::Calendar(CalendarUnit::Month) => Measure::parse("1"),
        Unit::Calendar(_) | Unit::Code(_) => None,
    };
    Some((months(left)?, months(right)?))
}

/// Equal once both are rounded to the precision of the less precise; zeros at the end say nothing.
pub(crate) fn equivalent_numbers(left: Decimal, right: Decimal) -> bool {
    let scale = left.significant_scale().min(right.significant_scale());
    left.rounded(scale) == right.rounded(scale)
}

impl fmt::Display for Quantity<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.unit {
            Unit::Calendar(unit) => {
                let plural = if self.value == Decimal::ONE { "" } else { "s" };
                write!(formatter, "{} {}{plural}", self.value, unit.word())
            }
            Unit::Code(code) => write!(formatter, "{} '{code}'", self.value),
        }
    }
}
