//! Versions of packages, and their order.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use super::SyntaxError;

/// The longest version that is read, in bytes.
const MAX_LENGTH: usize = 128;

/// The version of a package: `4.0.1`, `1.3.0-ballot`, or a moving one such as `current`, `current$branch` and `dev`.
///
/// Ordered as Semantic Versioning 2.0.0 says: by numbers, a label before its release, labels part by part. What is no number
/// (`current`, `dev`) comes before all that are, so that it is never the latest. Dates such as `2018.09` are numbers, too.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackageVersion {
    text: String,
    numbers: Option<Numbers>,
}

/// Major, minor and patch (zero where they are not written), how many were written, and where the label starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Numbers {
    triple: [u64; 3],
    written: usize,
    /// The range of the label in the text, build metadata left out.
    label: Option<(usize, usize)>,
}

impl PackageVersion {
    /// As it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Major, minor and patch; `None` for a moving version.
    pub fn triple(&self) -> Option<[u64; 3]> {
        self.numbers.map(|numbers| numbers.triple)
    }

    /// What follows the first `-`: `ballot` of `1.3.0-ballot+7`.
    pub fn label(&self) -> Option<&str> {
        let (start, end) = self.numbers?.label?;
        self.text.get(start..end)
    }

    /// Whether this is a release: numbers without a label.
    pub fn is_release(&self) -> bool {
        self.numbers.is_some_and(|numbers| numbers.label.is_none())
    }

    /// How many numbers were written: 2 of `4.0`; 0 for a moving version.
    pub(super) fn written(&self) -> usize {
        self.numbers.map_or(0, |numbers| numbers.written)
    }

    /// A release.
    pub(super) fn of(triple: [u64; 3]) -> Self {
        let [major, minor, patch] = triple;
        Self {
            text: format!("{major}.{minor}.{patch}"),
            numbers: Some(Numbers {
                triple,
                written: 3,
                label: None,
            }),
        }
    }
}

impl FromStr for PackageVersion {
    type Err = SyntaxError;

    /// Letters, digits and `.-_+$`: a version becomes part of a folder's name, so it is never a path.
    fn from_str(text: &str) -> Result<Self, SyntaxError> {
        let wrong = |why| SyntaxError::new("package version", text, why);
        if text.is_empty() || text.len() > MAX_LENGTH {
            return Err(wrong("it needs 1 to 128 characters"));
        }
        let known = |byte: u8| byte.is_ascii_alphanumeric() || b".-_+$".contains(&byte);
        if !text.bytes().all(known)
            || !text.starts_with(|first: char| first.is_ascii_alphanumeric())
        {
            return Err(wrong(
                "it is written as `4.0.1`, `1.3.0-ballot` or `current`",
            ));
        }
        Ok(Self {
            text: text.to_owned(),
            numbers: numbers(text),
        })
    }
}

/// The numbers of a version; none where it does not begin with one to three of them. A fourth and further ones only order nothing.
fn numbers(text: &str) -> Option<Numbers> {
    let core_end = text.find(['-', '+']).unwrap_or(text.len());
    let (mut triple, mut written) = ([0; 3], 0);
    for part in text[..core_end].split('.') {
        let number = part.parse().ok().filter(|_| !part.starts_with('+'))?;
        if let Some(place) = triple.get_mut(written) {
            *place = number;
            written += 1;
        }
    }
    let rest = text[core_end..].starts_with('-');
    let end = text[core_end..]
        .find('+')
        .map_or(text.len(), |plus| core_end + plus);
    Some(Numbers {
        triple,
        written,
        label: rest.then_some((core_end + 1, end)),
    })
}

impl fmt::Display for PackageVersion {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}

impl PartialOrd for PackageVersion {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for PackageVersion {
    fn cmp(&self, other: &Self) -> Ordering {
        // `None` of an Option is the least, which is where moving versions belong.
        let by_numbers = self.triple().cmp(&other.triple());
        by_numbers
            .then_with(|| labels(self.label(), other.label()))
            // `1.0` and `1.0.0`, or two builds: equal in rank, and still two versions.
            .then_with(|| self.text.cmp(&other.text))
    }
}

/// A release comes after its labels; labels are compared part by part, numbers before words, and the longer one is later.
fn labels(one: Option<&str>, other: Option<&str>) -> Ordering {
    let (Some(one), Some(other)) = (one, other) else {
        return one.is_none().cmp(&other.is_none());
    };
    let part = |part: &str| match part.parse::<u64>() {
        Ok(number) => (0, number, String::new()),
        Err(_) => (1, 0, part.to_owned()),
    };
    one.split('.').map(part).cmp(other.split('.').map(part))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(text: &str) -> PackageVersion {
        text.parse().unwrap()
    }

    #[test]
    fn versions_are_ordered() {
        let order = [
            "current",
            "dev",
            "0.0.0-backup20250531",
            "0.22.0-pre-release",
            "1.0.0-alpha",
            "1.0.0-alpha.1",
            "1.0.0-alpha.beta",
            "1.0.0-beta.2",
            "1.0.0-beta.11",
            "1.0.0",
            "1.1",
            "1.1.0",
            "1.10.0",
            "4.0.1",
            "2018.9.1",
        ];
        for pair in order.windows(2) {
            assert!(version(pair[0]) < version(pair[1]), "{pair:?}");
        }
    }

    #[test]
    fn what_a_version_says() {
        let ballot = version("1.3.0-ballot.2+build-7");
        assert_eq!(
            (ballot.triple(), ballot.label()),
            (Some([1, 3, 0]), Some("ballot.2"))
        );
        assert!(version("4.0.1+7").is_release() && !ballot.is_release());
        assert_eq!(version("current$main").triple(), None);
        for wrong in [
            "",
            "../x",
            "1.0/2",
            "$x",
            "-1",
            "1 0",
            "1\\0",
            &"1".repeat(129),
        ] {
            assert!(wrong.parse::<PackageVersion>().is_err(), "{wrong}");
        }
        assert_eq!(
            version(&"9".repeat(40)).triple(),
            None,
            "a number that no number holds"
        );
    }
}
