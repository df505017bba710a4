//! Dates in HTTP headers (RFC 9110, 5.6.7).

const DAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
const LONG_DAYS: [&str; 7] = [
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
    "Sunday",
];
const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

/// Reads an IMF-fixdate, such as `Sun, 06 Nov 1994 08:49:37 GMT`: the second that it names, counted from the epoch.
///
/// # Errors
/// What is wrong with it, in words.
pub(super) fn read(text: &str) -> Result<i64, &'static str> {
    let Some(parts) = parts(text) else {
        return Err(other_form(text));
    };
    let Some(month) = MONTHS.iter().position(|month| *month == parts.month) else {
        return Err("the month is none of Jan to Dec");
    };
    // A leap second is allowed, and names the second after it, as clocks do that know none.
    if parts.hour > 23 || parts.minute > 59 || parts.second > 60 {
        return Err("there is no such time of day");
    }
    let Ok(date) = jiff::civil::Date::new(parts.year, month as i8 + 1, parts.day) else {
        return Err("there is no such day");
    };
    let weekday = usize::try_from(date.weekday().to_monday_zero_offset());
    if weekday.is_ok_and(|weekday| DAYS[weekday] != parts.weekday) {
        return Err("the day of the week is not that of the date");
    }
    let midnight = jiff::tz::TimeZone::UTC.to_timestamp(date.at(0, 0, 0, 0));
    let midnight = midnight.map_err(|_| "there is no such day")?.as_second();
    let of_day = i64::from(parts.hour) * 3600 + i64::from(parts.minute) * 60;
    Ok(midnight + of_day + i64::from(parts.second))
}

/// The second that an instant names, be it an IMF-fixdate or one of RFC 3339 such as FHIR's; `None` where it is neither.
pub(super) fn second(text: &str) -> Option<i64> {
    if let Ok(second) = read(text) {
        return Some(second);
    }
    let instant: jiff::Timestamp = text.parse().ok()?;
    i64::try_from(instant.as_nanosecond().div_euclid(1_000_000_000)).ok()
}

/// The columns of an IMF-fixdate.
struct Parts<'a> {
    weekday: &'a str,
    day: i8,
    month: &'a str,
    year: i16,
    hour: u8,
    minute: u8,
    second: u8,
}

/// Fixed columns: `Sun, 06 Nov 1994 08:49:37 GMT`.
fn parts(text: &str) -> Option<Parts<'_>> {
    let separators = [
        (3, ", "),
        (7, " "),
        (11, " "),
        (16, " "),
        (19, ":"),
        (22, ":"),
        (25, " GMT"),
    ];
    let in_form = text.len() == 29
        && text.is_ascii()
        && separators
            .iter()
            .all(|(at, separator)| text[*at..].starts_with(separator));
    if !in_form {
        return None;
    }
    Some(Parts {
        weekday: &text[..3],
        day: digits(&text[5..7])? as i8,
        month: &text[8..11],
        year: digits(&text[12..16])? as i16,
        hour: digits(&text[17..19])? as u8,
        minute: digits(&text[20..22])? as u8,
        second: digits(&text[23..25])? as u8,
    })
}

/// At most four digits, and nothing else.
fn digits(text: &str) -> Option<u16> {
    let all = text.bytes().all(|byte| byte.is_ascii_digit());
    all.then(|| text.parse().ok()).flatten()
}

/// The forms that RFC 9110 tells recipients to understand and senders never to send.
fn other_form(text: &str) -> &'static str {
    if LONG_DAYS.iter().any(|day| text.starts_with(day)) {
        return "an obsolete form of RFC 850";
    }
    if DAYS.iter().any(|day| text.starts_with(day)) && text.as_bytes().get(3) == Some(&b' ') {
        return "an obsolete form of C's asctime";
    }
    if text.get(..5).is_some_and(|start| start.ends_with('-')) {
        return "an ISO 8601 date, not one of HTTP";
    }
    "no IMF-fixdate"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_of_http() {
        for good in [
            "Sun, 06 Nov 1994 08:49:37 GMT",
            "Sat, 31 Dec 2016 23:59:60 GMT",
            "Thu, 29 Feb 2024 00:00:00 GMT",
        ] {
            assert!(read(good).is_ok(), "{good}");
        }
        let bad = [
            (
                "Sunday, 06-Nov-94 08:49:37 GMT",
                "an obsolete form of RFC 850",
            ),
            (
                "Sun Nov  6 08:49:37 1994",
                "an obsolete form of C's asctime",
            ),
            (
                "Mon, 06 Nov 1994 08:49:37 GMT",
                "the day of the week is not that of the date",
            ),
            ("Sun, 30 Feb 2024 08:49:37 GMT", "there is no such day"),
            (
                "Sun, 06 Nov 1994 24:00:00 GMT",
                "there is no such time of day",
            ),
            (
                "Sun, 06 nov 1994 08:49:37 GMT",
                "the month is none of Jan to Dec",
            ),
            ("Sun, 06 Nov 1994 08:49:37 UTC", "no IMF-fixdate"),
            ("Sun, 6 Nov 1994 08:49:37 GMT", "no IMF-fixdate"),
            ("Sun, +6 Nov 1994 08:49:37 GMT", "no IMF-fixdate"),
            ("2024-02-29T00:00:00Z", "an ISO 8601 date, not one of HTTP"),
            ("", "no IMF-fixdate"),
            ("ééééééééééééééé", "no IMF-fixdate"),
        ];
        for (text, expected) in bad {
            assert_eq!(read(text), Err(expected), "{text}");
        }
    }

    #[test]
    fn two_forms_name_one_second() {
        let same = [
            ("Sun, 06 Nov 1994 08:49:37 GMT", "1994-11-06T08:49:37Z"),
            (
                "Sun, 06 Nov 1994 08:49:37 GMT",
                "1994-11-06T09:49:37.999+01:00",
            ),
            ("Sat, 31 Dec 2016 23:59:60 GMT", "2017-01-01T00:00:00.5Z"),
            ("Thu, 01 Jan 1970 00:00:00 GMT", "1969-12-31T19:00:00-05:00"),
            ("Wed, 31 Dec 1969 23:59:59 GMT", "1969-12-31T23:59:59.75Z"),
        ];
        for (one, other) in same {
            assert!(second(one).is_some(), "{one}");
            assert_eq!(second(one), second(other), "{one} {other}");
        }
        for none in [
            "",
            "1994-11-06",
            "1994-11-06T08:49:37",
            "08:49:37",
            "Sun, 06 Nov 1994 08:49:37",
        ] {
            assert_eq!(second(none), None, "{none}");
        }
    }
}
