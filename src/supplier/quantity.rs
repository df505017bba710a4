//! Quantities with units, as people write them: `20/s`, `30s`, `10MB`.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

macro_rules! quantity {
    ($(#[$doc:meta])* $name:ident, $inner:ty, $pattern:literal, $about:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub struct $name($inner);

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = Cow::<str>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }

        impl JsonSchema for $name {
            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }
            fn inline_schema() -> bool {
                true
            }
            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({ "type": "string", "pattern": $pattern, "description": $about })
            }
        }
    };
}

quantity!(
    /// How often something may happen: `20/s`, `300/m`.
    Rate, (u32, Unit), "^[1-9][0-9]{0,6}/(s|m|h)$", "how often: `20/s`, `300/m`, `5000/h`"
);
quantity!(
    /// A length of time: `500ms`, `30s`, `2m`.
    Wait, Duration, "^[0-9]{1,15}(ms|s|m|h)$", "a length of time: `500ms`, `30s`, `2m`"
);
quantity!(
    /// A number of bytes: `512`, `64kB`, `10MB`. Units are thousands.
    Size, u64, "^[0-9]{1,15}(B|kB|MB|GB)?$", "a number of bytes: `64kB`, `10MB`"
);

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Unit {
    Second,
    Minute,
    Hour,
}

impl Rate {
    /// The time from one to the next, at this rate.
    pub fn interval(self) -> Duration {
        let period = match self.0.1 {
            Unit::Second => 1,
            Unit::Minute => 60,
            Unit::Hour => 3_600,
        };
        Duration::from_secs(period) / self.0.0.max(1)
    }
}

impl FromStr for Rate {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is no rate: write `20/s`, `300/m` or `5000/h`");
        let (count, unit) = text.split_once('/').ok_or_else(wrong)?;
        let unit = match unit {
            "s" => Unit::Second,
            "m" => Unit::Minute,
            "h" => Unit::Hour,
            _ => return Err(wrong()),
        };
        let count: u32 = digits(count, 7).ok_or_else(wrong)?;
        if count == 0 {
            return Err(format!("`{text}` would never send anything"));
        }
        Ok(Self((count, unit)))
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unit = match self.0.1 {
            Unit::Second => 's',
            Unit::Minute => 'm',
            Unit::Hour => 'h',
        };
        write!(f, "{}/{unit}", self.0.0)
    }
}

impl Wait {
    /// As a duration.
    pub fn duration(self) -> Duration {
        self.0
    }
}

impl FromStr for Wait {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is no length of time: write `500ms`, `30s` or `2m`");
        let (count, unit) = split(text);
        let millis = match unit {
            "ms" => 1,
            "s" => 1_000,
            "m" => 60_000,
            "h" => 3_600_000,
            _ => return Err(wrong()),
        };
        let count: u64 = digits(count, 15).ok_or_else(wrong)?;
        let millis = count.checked_mul(millis).ok_or_else(wrong)?;
        Ok(Self(Duration::from_millis(millis)))
    }
}

impl fmt::Display for Wait {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let millis = self.0.as_millis();
        match millis % 1_000 {
            0 => write!(f, "{}s", millis / 1_000),
            _ => write!(f, "{millis}ms"),
        }
    }
}

impl Size {
    /// In bytes.
    pub fn bytes(self) -> u64 {
        self.0
    }
}

impl FromStr for Size {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is no number of bytes: write `64kB` or `10MB`");
        let (count, unit) = split(text);
        let factor = match unit {
            "" | "B" => 1,
            "kB" => 1_000,
            "MB" => 1_000_000,
            "GB" => 1_000_000_000,
            _ => return Err(wrong()),
        };
        let count: u64 = digits(count, 15).ok_or_else(wrong)?;
        count.checked_mul(factor).map(Self).ok_or_else(wrong)
    }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            bytes if bytes > 0 && bytes % 1_000_000 == 0 => write!(f, "{}MB", bytes / 1_000_000),
            bytes if bytes > 0 && bytes % 1_000 == 0 => write!(f, "{}kB", bytes / 1_000),
            bytes => write!(f, "{bytes}B"),
        }
    }
}

fn split(text: &str) -> (&str, &str) {
    let end = text
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(text.len());
    text.split_at(end)
}

fn digits<T: FromStr>(text: &str, at_most: usize) -> Option<T> {
    let plain =
        !text.is_empty() && text.len() <= at_most && text.bytes().all(|b| b.is_ascii_digit());
    text.parse().ok().filter(|_| plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_are_read_and_written_again() {
        for text in ["20/s", "300/m", "1/h"] {
            assert_eq!(text.parse::<Rate>().unwrap().to_string(), text);
        }
        for text in ["500ms", "30s", "999999999s"] {
            assert_eq!(text.parse::<Wait>().unwrap().to_string(), text);
        }
        for text in ["10MB", "64kB", "5B", "0B"] {
            assert_eq!(text.parse::<Size>().unwrap().to_string(), text);
        }
        assert_eq!(
            "20/s".parse::<Rate>().unwrap().interval(),
            Duration::from_millis(50)
        );
        assert_eq!(
            "2m".parse::<Wait>().unwrap().duration(),
            Duration::from_secs(120)
        );
    }

    #[test]
    fn nonsense_is_refused() {
        for text in [
            "",
            "20",
            "0/s",
            "-1/s",
            "+1/s",
            "20/d",
            "99999999/s",
            "1.5/s",
        ] {
            assert!(text.parse::<Rate>().is_err(), "{text}");
        }
        for text in [
            "",
            "s",
            "10",
            "1.5s",
            "9999999999999999s",
            "999999999999999h",
            "1d",
        ] {
            assert!(text.parse::<Wait>().is_err(), "{text}");
        }
        for text in ["", "MB", "10mb", "10 MB", "999999999999999GB"] {
            assert!(text.parse::<Size>().is_err(), "{text}");
        }
    }
}
