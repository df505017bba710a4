//! Dates, date-times and times that know how precise they are.

use super::decimal::Decimal;
use std::cmp::Ordering;
use std::fmt;

/// Which of the three kinds of point in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TemporalKind {
    /// A calendar date: year, month or day precision.
    Date,
    /// A date with a time of day, perhaps with an offset from UTC.
    DateTime,
    /// A time of day.
    Time,
}

/// The finest part that is known. Fractions of a second belong to the second.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Precision {
    /// Year.
    Year,
    /// Month.
    Month,
    /// Day.
    Day,
    /// Hour.
    Hour,
    /// Minute.
    Minute,
    /// Second, with its fraction.
    Second,
}

/// A date, date-time or time. Parts beyond the precision hold their lowest value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Temporal {
    pub(crate) kind: TemporalKind,
    pub(crate) precision: Precision,
    pub(crate) year: i32,
    pub(crate) month: u8,
    pub(crate) day: u8,
    pub(crate) hour: u8,
    pub(crate) minute: u8,
    pub(crate) second: u8,
    pub(crate) nanosecond: u32,
    pub(crate) fraction_digits: u8,
    /// Minutes east of UTC.
    pub(crate) offset: Option<i16>,
}

const NANOS: i128 = 1_000_000_000;
const DAY: i128 = 86_400 * NANOS;

impl Temporal {
    const START: Self = Self {
        kind: TemporalKind::Date,
        precision: Precision::Year,
        year: 1,
        month: 1,
        day: 1,
        hour: 0,
        minute: 0,
        second: 0,
        nanosecond: 0,
        fraction_digits: 0,
        offset: None,
    };

    /// Whether this is a date, a date-time or a time.
    pub fn kind(self) -> TemporalKind {
        self.kind
    }

    /// The finest part that is known.
    pub fn precision(self) -> Precision {
        self.precision
    }

    /// Reads `2014`, `2014-02`, `2014-02-28`, or any of them with `T` and perhaps a time and an offset.
    pub fn parse(text: &str) -> Option<Self> {
        match text.split_once('T') {
            Some((date, time)) => Self::parse_date_time(date, time),
            None => Self::parse_date(text),
        }
    }

    /// Year, month and day, as far as they are given, and only days that the calendar has.
    fn parse_date(text: &str) -> Option<Self> {
        let mut parts = text.split('-');
        let mut date = Self {
            year: number(parts.next()?, 4)? as i32,
            ..Self::START
        };
        if let Some(month) = parts.next() {
            date.month = within(number(month, 2)?, 1, 12)?;
            date.precision = Precision::Month;
        }
        if let Some(day) = parts.next() {
            date.day = within(
                number(day, 2)?,
                1,
                days_in_month(date.year, date.month).into(),
            )?;
            date.precision = Precision::Day;
        }
        (parts.next().is_none() && date.year > 0).then_some(date)
    }

    /// The time may be missing after the `T`; an offset without a time means nothing.
    fn parse_date_time(date: &str, time: &str) -> Option<Self> {
        let date = Self::parse_date(date)?;
        let (clock, offset) = split_offset(time)?;
        if clock.is_empty() {
            let kind = TemporalKind::DateTime;
            return offset.is_none().then_some(Self { kind, ..date });
        }
        if date.precision != Precision::Day {
            return None;
        }
        let time = Self::parse_time(clock)?;
        Some(Self {
            kind: TemporalKind::DateTime,
            year: date.year,
            month: date.month,
            day: date.day,
            offset,
            ..time
        })
    }

    /// Reads `10`, `10:30`, `10:30:05` or `10:30:05.250`.
    pub fn parse_time(text: &str) -> Option<Self> {
        let mut parts = text.split(':');
        let mut time = Self {
            kind: TemporalKind::Time,
            precision: Precision::Hour,
            hour: within(number(parts.next()?, 2)?, 0, 23)?,
            ..Self::START
        };
        if let Some(minute) = parts.next() {
            time.minute = within(number(minute, 2)?, 0, 59)?;
            time.precision = Precision::Minute;
        }
        if let Some(second) = parts.next() {
            time.precision = Precision::Second;
            let (second, fraction) = second.split_once('.').unwrap_or((second, "0"));
            let has_fraction = text.contains('.');
            time.second = within(number(second, 2)?, 0, 60)?;
            (time.nanosecond, time.fraction_digits) = fraction_of_second(fraction)?;
            time.fraction_digits *= u8::from(has_fraction);
        }
        parts.next().is_none().then_some(time)
    }

    /// The date without its time.
    pub(crate) fn date(self) -> Self {
        Self {
            precision: self.precision.min(Precision::Day),
            year: self.year,
            month: self.month,
            day: self.day,
            ..Self::START
        }
    }

    /// The time without its date and offset.
    pub(crate) fn time(self) -> Self {
        Self {
            kind: TemporalKind::Time,
            year: 1,
            month: 1,
            day: 1,
            offset: None,
            ..self
        }
    }

    /// How two points in time stand to each other; `None` where their precision or their offset leaves it open, or
    /// where one is a time of day and the other is not.
    pub(crate) fn compare(self, other: Self) -> Option<Ordering> {
        if (self.kind == TemporalKind::Time) != (other.kind == TemporalKind::Time) {
            return None;
        }
        let timed = |point: Self| point.precision >= Precision::Hour;
        match (self.offset, other.offset) {
            (Some(_), Some(_)) => self.in_utc().compare_parts(other.in_utc()),
            (None, Some(_)) if timed(self) && self.kind != TemporalKind::Time => {
                compare_without_offset(self, other)
            }
            (Some(_), None) if timed(other) => {
                compare_without_offset(other, self).map(Ordering::reverse)
            }
            (None | Some(_), None | Some(_)) => self.compare_parts(other),
        }
    }

    /// Part by part as far as both go; equal up to there and one goes further leaves it open.
    fn compare_parts(self, other: Self) -> Option<Ordering> {
        let shared = self.precision.min(other.precision);
        let mut order = Ordering::Equal;
        for (precision, left, right) in parts(self, other) {
            if precision <= shared {
                order = order.then(left.cmp(&right));
            }
        }
        if order == Ordering::Equal && self.precision != other.precision {
            return None;
        }
        Some(order)
    }

    fn in_utc(self) -> Self {
        let minutes = i128::from(self.offset.unwrap_or(0));
        let mut shifted = self.shifted(-minutes * 60 * NANOS);
        shifted.offset = Some(0);
        shifted
    }

    /// Nanoseconds on the local clock since the year 1.
    fn local_nanoseconds(self) -> i128 {
        let days = days_from_civil(self.year, self.month, self.day);
        let seconds =
            i128::from(self.hour) * 3600 + i128::from(self.minute) * 60 + i128::from(self.second);
        i128::from(days) * DAY + seconds * NANOS + i128::from(self.nanosecond)
    }

    /// The same point, moved on its local clock.
    fn shifted(self, nanoseconds: i128) -> Self {
        let total = self.local_nanoseconds() + nanoseconds;
        let (year, month, day) = civil_from_days(total.div_euclid(DAY) as i64);
        let rest = total.rem_euclid(DAY);
        let seconds = (rest / NANOS) as u32;
        Self {
            year,
            month,
            day,
            hour: (seconds / 3600) as u8,
            minute: (seconds / 60 % 60) as u8,
            second: (seconds % 60) as u8,
            nanosecond: (rest % NANOS) as u32,
            ..self
        }
    }

    /// Adds an amount of a calendar unit; parts finer than the precision are cut. `None` out of the years 1 to 9999,
    /// and for a unit that a time of day cannot take.
    pub(crate) fn plus(self, amount: Decimal, unit: CalendarUnit) -> Option<Self> {
        if self.kind == TemporalKind::Time && unit < CalendarUnit::Hour {
            return None;
        }
        let (amount, unit) = coarsened(amount, unit, self.precision)?;
        let whole = || amount.checked_whole_div(Decimal::ONE)?.to_integer();
        let moved = match unit {
            CalendarUnit::Year => self.plus_months(whole()?.checked_mul(12)?)?,
            CalendarUnit::Month => self.plus_months(whole()?)?,
            CalendarUnit::Week | CalendarUnit::Day | CalendarUnit::Hour | CalendarUnit::Minute => {
                self.plus_nanoseconds(i128::from(whole()?), unit)?
            }
            CalendarUnit::Second | CalendarUnit::Millisecond => {
                let scaled = amount.checked_mul(Decimal::from(unit.nanoseconds() as i64))?;
                self.plus_nanoseconds(
                    i128::from(scaled.rounded(0).to_integer()?),
                    CalendarUnit::Second,
                )?
            }
        };
        (1..=9999).contains(&moved.year).then_some(moved)
    }

    /// A day that the month does not have becomes its last: 31 January and a month is 28 February.
    fn plus_months(self, months: i64) -> Option<Self> {
        let total = (i64::from(self.year) * 12 + i64::from(self.month) - 1).checked_add(months)?;
        let year = i32::try_from(total.div_euclid(12)).ok()?;
        let month = total.rem_euclid(12) as u8 + 1;
        let day = self.day.min(days_in_month(year, month));
        Some(Self {
            year,
            month,
            day,
            ..self
        })
    }

    /// A time of day goes round at midnight; a span beyond ten thousand years is refused before it overflows.
    fn plus_nanoseconds(self, amount: i128, unit: CalendarUnit) -> Option<Self> {
        let factor = if unit == CalendarUnit::Second {
            1
        } else {
            unit.nanoseconds()
        };
        let nanoseconds = amount.checked_mul(factor)?;
        if nanoseconds.abs() > 10_000 * 366 * DAY {
            return None;
        }
        let moved = self.shifted(nanoseconds);
        if self.kind == TemporalKind::Time {
            return Some(moved.time());
        }
        Some(moved)
    }
}

impl fmt::Display for Temporal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.kind != TemporalKind::Time {
            write!(formatter, "{:04}", self.year)?;
            if self.precision >= Precision::Month {
                write!(formatter, "-{:02}", self.month)?;
            }
            if self.precision >= Precision::Day {
                write!(formatter, "-{:02}", self.day)?;
            }
        }
        if self.kind == TemporalKind::DateTime && self.precision >= Precision::Hour {
            write!(formatter, "T")?;
        }
        self.write_clock(formatter)?;
        match self.offset {
            None => Ok(()),
            Some(0) => write!(formatter, "Z"),
            Some(offset) => {
                let sign = if offset < 0 { '-' } else { '+' };
                write!(
                    formatter,
                    "{sign}{:02}:{:02}",
                    offset.abs() / 60,
                    offset.abs() % 60
                )
            }
        }
    }
}

impl Temporal {
    /// The time of day, as far as it is known.
    fn write_clock(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.precision >= Precision::Hour {
            write!(formatter, "{:02}", self.hour)?;
        }
        if self.precision >= Precision::Minute {
            write!(formatter, ":{:02}", self.minute)?;
        }
        if self.precision >= Precision::Second {
            write!(formatter, ":{:02}", self.second)?;
        }
        if self.fraction_digits > 0 {
            let nanoseconds = format!("{:09}", self.nanosecond);
            write!(
                formatter,
                ".{}",
                &nanoseconds[..usize::from(self.fraction_digits)]
            )?;
        }
        Ok(())
    }
}

/// Units of time, coarse to fine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum CalendarUnit {
    /// A calendar year.
    Year,
    /// A calendar month.
    Month,
    /// Seven days.
    Week,
    /// A day.
    Day,
    /// An hour.
    Hour,
    /// A minute.
    Minute,
    /// A second.
    Second,
    /// A thousandth of a second.
    Millisecond,
}

impl CalendarUnit {
    /// The unit that a keyword names, singular or plural.
    pub fn from_word(word: &str) -> Option<Self> {
        Some(match word.strip_suffix('s').unwrap_or(word) {
            "year" => Self::Year,
            "month" => Self::Month,
            "week" => Self::Week,
            "day" => Self::Day,
            "hour" => Self::Hour,
            "minute" => Self::Minute,
            "second" => Self::Second,
            "millisecond" => Self::Millisecond,
            _ => return None,
        })
    }

    /// The keyword, singular.
    pub fn word(self) -> &'static str {
        match self {
            Self::Year => "year",
            Self::Month => "month",
            Self::Week => "week",
            Self::Day => "day",
            Self::Hour => "hour",
            Self::Minute => "minute",
            Self::Second => "second",
            Self::Millisecond => "millisecond",
        }
    }

    /// How long a unit lasts; years and months by FHIRPath's convention of 365 and 30 days.
    fn nanoseconds(self) -> i128 {
        match self {
            Self::Year => 365 * DAY,
            Self::Month => 30 * DAY,
            Self::Week => 7 * DAY,
            Self::Day => DAY,
            Self::Hour => 3600 * NANOS,
            Self::Minute => 60 * NANOS,
            Self::Second => NANOS,
            Self::Millisecond => NANOS / 1000,
        }
    }
}

/// An amount of a unit finer than the precision becomes an amount of the unit of the precision: 36 months to a year
/// are 3 years.
fn coarsened(
    amount: Decimal,
    unit: CalendarUnit,
    precision: Precision,
) -> Option<(Decimal, CalendarUnit)> {
    let coarse = match precision {
        Precision::Year => CalendarUnit::Year,
        Precision::Month => CalendarUnit::Month,
        Precision::Day => CalendarUnit::Day,
        Precision::Hour => CalendarUnit::Hour,
        Precision::Minute => CalendarUnit::Minute,
        Precision::Second => return Some((amount, unit)),
    };
    if unit <= coarse || (unit == CalendarUnit::Week && coarse == CalendarUnit::Day) {
        return Some((amount, unit));
    }
    if unit == CalendarUnit::Month {
        return Some((amount.checked_whole_div(Decimal::from(12))?, coarse));
    }
    let seconds = amount.checked_mul(Decimal::new(unit.nanoseconds(), 9))?;
    let amount = seconds.checked_whole_div(Decimal::new(coarse.nanoseconds(), 9))?;
    Some((amount, coarse))
}

/// Without an offset a local time lies anywhere between UTC-12 and UTC+14.
fn compare_without_offset(local: Temporal, zoned: Temporal) -> Option<Ordering> {
    let instant = zoned.in_utc().local_nanoseconds();
    let clock = local.local_nanoseconds();
    let hour = 3600 * NANOS;
    if clock - 14 * hour > instant {
        return Some(Ordering::Greater);
    }
    // The last moment of a partly known time is less than an hour after its first.
    (clock + 13 * hour < instant).then_some(Ordering::Less)
}

/// The parts from coarse to fine; a second and its fraction are one.
fn parts(left: Temporal, right: Temporal) -> [(Precision, i64, i64); 6] {
    let second =
        |point: Temporal| i64::from(point.second) * NANOS as i64 + i64::from(point.nanosecond);
    [
        (Precision::Year, left.year.into(), right.year.into()),
        (Precision::Month, left.month.into(), right.month.into()),
        (Precision::Day, left.day.into(), right.day.into()),
        (Precision::Hour, left.hour.into(), right.hour.into()),
        (Precision::Minute, left.minute.into(), right.minute.into()),
        (Precision::Second, second(left), second(right)),
    ]
}

fn number(text: &str, width: usize) -> Option<u32> {
    let digits = text.len() == width && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().ok())?
}

fn within(number: u32, low: u32, high: u32) -> Option<u8> {
    (low..=high).contains(&number).then_some(number as u8)
}

/// Digits beyond the nanosecond are dropped: no clock that FHIR meets has them.
fn fraction_of_second(fraction: &str) -> Option<(u32, u8)> {
    if fraction.is_empty() || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let kept = &fraction[..fraction.len().min(9)];
    let nanoseconds = format!("{kept:0<9}").parse().ok()?;
    Some((nanoseconds, kept.len() as u8))
}

/// Splits `10:30:00+01:00` into the clock time and the offset in minutes.
fn split_offset(time: &str) -> Option<(&str, Option<i16>)> {
    if let Some(clock) = time.strip_suffix('Z') {
        return Some((clock, Some(0)));
    }
    let Some(at) = time.find(['+', '-']) else {
        return Some((time, None));
    };
    let (clock, offset) = time.split_at(at);
    let (hours, minutes) = offset[1..].split_once(':')?;
    let minutes = number(minutes, 2).filter(|minutes| *minutes < 60)?;
    let total = (within(number(hours, 2)?, 0, 14)? as i16) * 60 + minutes as i16;
    let sign = if offset.starts_with('-') { -1 } else { 1 };
    Some((clock, Some(sign * total)))
}

/// The Gregorian calendar, also for years before it.
pub(crate) fn days_in_month(year: i32, month: u8) -> u8 {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days since 1 January of the year 1 of the Gregorian calendar.
fn days_from_civil(year: i32, month: u8, day: u8) -> i64 {
    let before = i64::from(year) - 1;
    let leap_days = before.div_euclid(4) - before.div_euclid(100) + before.div_euclid(400);
    let in_year: i64 = (1..month)
        .map(|month| i64::from(days_in_month(year, month)))
        .sum();
    before * 365 + leap_days + in_year + i64::from(day) - 1
}

/// Starts from a year that is never too late, and goes on from there: a handful of rounds at most.
fn civil_from_days(days: i64) -> (i32, u8, u8) {
    let mut year = (days.div_euclid(366) + 1) as i32;
    while days_from_civil(year + 1, 1, 1) <= days {
        year += 1;
    }
    let mut rest = days - days_from_civil(year, 1, 1);
    let mut month = 1;
    while rest >= i64::from(days_in_month(year, month)) {
        rest -= i64::from(days_in_month(year, month));
        month += 1;
    }
    (year, month, rest as u8 + 1)
}
