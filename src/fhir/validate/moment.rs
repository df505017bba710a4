//! Dates and times: format and calendar.

use super::primitive::shown;

/// What is wrong with a `date`: `YYYY`, `YYYY-MM` or `YYYY-MM-DD`.
pub(super) fn date_fault(text: &str) -> Option<String> {
    match day_part(text) {
        Some("") => None,
        Some(_) | None => Some(format!("`{}` is not a date that exists", shown(text))),
    }
}

/// What is wrong with a `dateTime`: a date, or a full date with time and zone.
pub(super) fn date_time_fault(text: &str) -> Option<String> {
    let fault = || format!("`{}` is not a date and time that exists", shown(text));
    let Some(rest) = day_part(text) else {
        return Some(fault());
    };
    if rest.is_empty() {
        return None;
    }
    let whole_day = text.len() - rest.len() >= "YYYY-MM-DD".len();
    let Some(rest) = rest
        .strip_prefix('T')
        .filter(|_| whole_day)
        .and_then(time_part)
    else {
        return Some(fault());
    };
    if rest.is_empty() {
        return Some(format!(
            "`{}` has a time, and so needs a time zone",
            shown(text)
        ));
    }
    (!is_zone(rest)).then(fault)
}

/// What is wrong with an `instant`: date, time to the second, and zone.
pub(super) fn instant_fault(text: &str) -> Option<String> {
    if text.contains('T') {
        return date_time_fault(text);
    }
    Some(format!(
        "`{}` is not an instant: date, time and zone are needed",
        shown(text)
    ))
}

/// What is wrong with a `time`: `hh:mm:ss`.
pub(super) fn time_fault(text: &str) -> Option<String> {
    match time_part(text) {
        Some("") => None,
        Some(_) | None => Some(format!(
            "`{}` is not a time such as `14:05:00`",
            shown(text)
        )),
    }
}

/// Takes a year, month or day from the front; what follows is left. `None` where no date stands there.
fn day_part(text: &str) -> Option<&str> {
    let (year, rest) = number(text, 4)?;
    if year == 0 {
        return None;
    }
    let Some(rest) = rest.strip_prefix('-') else {
        return Some(rest);
    };
    let (month, rest) = number(rest, 2)?;
    if !(1..=12).contains(&month) {
        return None;
    }
    let Some(rest) = rest.strip_prefix('-') else {
        return Some(rest);
    };
    let (day, rest) = number(rest, 2)?;
    (1..=days_of(year, month)).contains(&day).then_some(rest)
}

/// Takes `hh:mm:ss.fff` from the front; a leap second is a second.
fn time_part(text: &str) -> Option<&str> {
    let (hour, rest) = number(text, 2)?;
    let (minute, rest) = number(rest.strip_prefix(':')?, 2)?;
    let (second, rest) = number(rest.strip_prefix(':')?, 2)?;
    if hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let Some(fraction) = rest.strip_prefix('.') else {
        return Some(rest);
    };
    let rest = fraction.trim_start_matches(|letter: char| letter.is_ascii_digit());
    (rest.len() < fraction.len()).then_some(rest)
}

/// `Z`, or an offset up to 14:00.
fn is_zone(text: &str) -> bool {
    if text == "Z" {
        return true;
    }
    let parts = || {
        let (hour, rest) = number(text.strip_prefix(['+', '-'])?, 2)?;
        let (minute, rest) = number(rest.strip_prefix(':')?, 2)?;
        let within = (hour < 14 && minute < 60) || (hour == 14 && minute == 0);
        Some(within && rest.is_empty())
    };
    parts() == Some(true)
}

/// So many digits from the front, as a number.
fn number(text: &str, digits: usize) -> Option<(u32, &str)> {
    let front = text.as_bytes().get(..digits)?;
    if !front.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let value = front
        .iter()
        .fold(0, |value, digit| value * 10 + u32::from(digit - b'0'));
    Some((value, &text[digits..]))
}

fn days_of(year: u32, month: u32) -> u32 {
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_calendar_counts() {
        for fine in ["2024", "2024-02", "2024-02-29", "1900-12-31"] {
            assert_eq!(date_fault(fine), None, "{fine}");
        }
        for wrong in [
            "",
            "24",
            "0000",
            "2024-13",
            "2023-02-29",
            "1900-02-29",
            "2024-2-3",
            "2024-01-01T",
        ] {
            assert!(date_fault(wrong).is_some(), "{wrong}");
        }
    }

    #[test]
    fn a_time_needs_a_zone() {
        for fine in [
            "2024",
            "2024-02-29T23:59:60Z",
            "2024-02-29T00:00:00.123+14:00",
        ] {
            assert_eq!(date_time_fault(fine), None, "{fine}");
        }
        for wrong in [
            "2024T10:00:00Z",
            "2024-02-29T10:00Z",
            "2024-02-29T24:00:00Z",
            "2024-02-29T10:00:00",
            "2024-02-29T10:00:00.Z",
            "2024-02-29T10:00:00+14:01",
            "2024-02-29 10:00:00Z",
        ] {
            assert!(date_time_fault(wrong).is_some(), "{wrong}");
        }
        assert!(instant_fault("2024-02-29").is_some());
        assert_eq!(time_fault("10:00:00"), None);
        assert!(time_fault("10:00").is_some());
    }
}
