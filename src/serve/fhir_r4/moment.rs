//! FHIR dates and times as spans: `1980` is the whole year, an instant is a moment as wide as its last digit.

use jiff::civil::{Date, DateTime};
use jiff::tz::{Offset, TimeZone};
use jiff::{Span as Length, Timestamp};

/// A half-open stretch of time in microseconds since 1970: `low <= t < high`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span {
    /// The first microsecond of the span.
    pub low: i64,
    /// The first microsecond after the span.
    pub high: i64,
}

impl Span {
    /// All of time: what is open at both ends.
    pub const ALWAYS: Span = Span {
        low: i64::MIN,
        high: i64::MAX,
    };

    /// Whether the other span lies in this one.
    pub fn contains(self, other: Span) -> bool {
        self.low <= other.low && other.high <= self.high
    }

    /// Whether the spans share a moment.
    pub fn overlaps(self, other: Span) -> bool {
        self.low < other.high && other.low < self.high
    }
}

/// How much of a date a text gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[expect(
    missing_docs,
    reason = "each variant is the smallest unit that the text gives"
)]
pub enum Precision {
    Year,
    Month,
    Day,
    Minute,
    Second,
}

/// Reads a FHIR date, dateTime or instant. A time without a zone counts as UTC. `None` when it is none of them.
pub fn span(text: &str) -> Option<(Span, Precision)> {
    if !text.is_ascii() {
        return None;
    }
    let Some((date, time)) = text.split_once('T') else {
        return whole(text);
    };
    let (span, Precision::Day) = whole(date)? else {
        return None;
    };
    let (clock, offset) = zone(time)?;
    let (from_midnight, width, precision) = clock_time(clock)?;
    let low = span.low + from_midnight - offset;
    Some((
        Span {
            low,
            high: low + width,
        },
        precision,
    ))
}

/// A timestamp as FHIR writes an instant, to the millisecond.
pub fn instant(time: Timestamp) -> String {
    let at = time.to_zoned(TimeZone::UTC).datetime();
    format!(
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z",
        at.year(),
        at.month(),
        at.day(),
        at.hour(),
        at.minute(),
        at.second(),
        at.millisecond()
    )
}

/// A timestamp as HTTP writes a date.
pub fn http_date(time: Timestamp) -> String {
    let at = time.to_zoned(TimeZone::UTC).datetime();
    let day = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
        [at.weekday().to_sunday_zero_offset() as usize % 7];
    const MONTHS: [&str; 12] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ];
    let month = MONTHS[(at.month() as usize + 11) % 12];
    format!(
        "{day}, {:02} {month} {:04} {:02}:{:02}:{:02} GMT",
        at.day(),
        at.year(),
        at.hour(),
        at.minute(),
        at.second()
    )
}

/// Reads an HTTP date in the form that is sent today; `None` for any other text.
pub fn read_http_date(text: &str) -> Option<Timestamp> {
    let time = jiff::fmt::strtime::parse("%a, %d %b %Y %H:%M:%S GMT", text)
        .ok()?
        .to_datetime()
        .ok()?;
    TimeZone::UTC.to_timestamp(time).ok()
}

fn whole(text: &str) -> Option<(Span, Precision)> {
    let mut parts = text.split('-');
    let year = digits(parts.next()?, 4)? as i16;
    let month = parts.next().map(|part| digits(part, 2));
    let day = parts.next().map(|part| digits(part, 2));
    if parts.next().is_some() || year == 0 {
        return None;
    }
    match (month, day) {
        (None, _) => range(
            Date::new(year, 1, 1).ok()?,
            Length::new().years(1),
            Precision::Year,
        ),
        (Some(month), None) => range(
            Date::new(year, month? as i8, 1).ok()?,
            Length::new().months(1),
            Precision::Month,
        ),
        (Some(month), Some(day)) => range(
            Date::new(year, month? as i8, day? as i8).ok()?,
            Length::new().days(1),
            Precision::Day,
        ),
    }
}

fn range(first: Date, length: Length, precision: Precision) -> Option<(Span, Precision)> {
    let low = micros(first.to_datetime(jiff::civil::Time::midnight()))?;
    // The last year of the calendar has no successor: then the span simply never ends.
    let after = first
        .checked_add(length)
        .ok()
        .and_then(|date| micros(date.to_datetime(jiff::civil::Time::midnight())));
    Some((
        Span {
            low,
            high: after.unwrap_or(i64::MAX),
        },
        precision,
    ))
}

fn micros(at: DateTime) -> Option<i64> {
    Offset::UTC
        .to_timestamp(at)
        .ok()
        .map(Timestamp::as_microsecond)
}

/// Splits a time from its zone and gives the zone's offset in microseconds. The plus of a zone may have become a blank
/// on its way through a URL.
fn zone(text: &str) -> Option<(&str, i64)> {
    if let Some(clock) = text.strip_suffix('Z') {
        return Some((clock, 0));
    }
    let Some(sign) = text.rfind(['+', '-', ' ']) else {
        return Some((text, 0));
    };
    let (hours, minutes) = text[sign + 1..].split_once(':')?;
    let (hours, minutes) = (digits(hours, 2)?, digits(minutes, 2)?);
    if hours > 14 || minutes > 59 {
        return None;
    }
    let offset = (hours * 60 + minutes) * 60_000_000;
    Some((
        &text[..sign],
        if text[sign..].starts_with('-') {
            -offset
        } else {
            offset
        },
    ))
}

fn clock_time(text: &str) -> Option<(i64, i64, Precision)> {
    let mut parts = text.splitn(3, ':');
    let hour = digits(parts.next()?, 2).filter(|hour| *hour < 24)?;
    let minute = digits(parts.next()?, 2).filter(|minute| *minute < 60)?;
    let start = (hour * 60 + minute) * 60_000_000;
    let Some(seconds) = parts.next() else {
        return Some((start, 60_000_000, Precision::Minute));
    };
    let (whole, fraction) = seconds.split_once('.').unwrap_or((seconds, "0"));
    let second = digits(whole, 2).filter(|second| *second <= 60)?;
    if fraction.is_empty()
        || fraction.len() > 18
        || !fraction.bytes().all(|byte| byte.is_ascii_digit())
    {
        return None;
    }
    let width = if seconds.contains('.') {
        10_i64.pow(6_u32.saturating_sub(fraction.len() as u32))
    } else {
        1_000_000
    };
    let micros = format!("{fraction:0<6}")[..6].parse::<i64>().ok()?;
    Some((
        start + second * 1_000_000 + micros,
        width,
        Precision::Second,
    ))
}

fn digits(text: &str, length: usize) -> Option<i64> {
    (text.len() == length && text.bytes().all(|byte| byte.is_ascii_digit()))
        .then(|| text.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_year_is_as_long_as_its_days() {
        let (year, precision) = span("1980").unwrap();
        assert_eq!(precision, Precision::Year);
        assert!(year.contains(span("1980-12-31").unwrap().0));
        assert!(!year.contains(span("1981-01-01").unwrap().0));
        assert_eq!(
            span("1980-02").unwrap().0.high,
            span("1980-03").unwrap().0.low
        );
    }

    #[test]
    fn zones_move_the_moment() {
        assert_eq!(
            span("2020-01-01T01:00:00+01:00").unwrap().0,
            span("2020-01-01T00:00:00Z").unwrap().0
        );
        assert_eq!(
            span("2020-01-01T00:00:00.5Z").unwrap().0.high
                - span("2020-01-01T00:00:00.5Z").unwrap().0.low,
            100_000
        );
    }

    #[test]
    fn what_is_no_date_is_refused() {
        for text in [
            "",
            "80",
            "1980-13",
            "1980-02-30",
            "23 May 2009",
            "1980-1-1",
            "1980-01-01T25:00:00Z",
            "1980-01T10:00",
            "1980-01-01T10",
            "0000",
            "1980-01-01-01",
            "é",
        ] {
            assert!(span(text).is_none(), "{text} was read");
        }
    }

    #[test]
    fn http_dates_go_there_and_back() {
        let time: Timestamp = "2024-02-29T09:08:07.123Z".parse().unwrap();
        assert_eq!(http_date(time), "Thu, 29 Feb 2024 09:08:07 GMT");
        assert_eq!(instant(time), "2024-02-29T09:08:07.123Z");
        assert_eq!(
            read_http_date("Thu, 29 Feb 2024 09:08:07 GMT")
                .unwrap()
                .as_second(),
            time.as_second()
        );
        assert!(read_http_date("yesterday").is_none());
    }
}
