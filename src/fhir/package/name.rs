//! Names of packages.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use super::SyntaxError;

/// The longest name: what npm allows.
const MAX_LENGTH: usize = 214;

/// The name of a FHIR package, such as `hl7.fhir.uv.ips`.
///
/// The specification wants lower case; packages with capitals are published all the same, and the tools that share the cache
/// compare names without regard to case. So do we, and keep the spelling.
#[derive(Debug, Clone)]
pub struct PackageName {
    text: String,
    folded: String,
}

impl PackageName {
    /// As it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// In lower case, as registries want it.
    pub fn folded(&self) -> &str {
        &self.folded
    }
}

impl FromStr for PackageName {
    type Err = SyntaxError;

    /// Letters, digits, `-`, `_` and single dots, beginning with a letter or digit: never a path, whatever a stranger writes.
    fn from_str(text: &str) -> Result<Self, SyntaxError> {
        let wrong = |why| SyntaxError::new("package name", text, why);
        if text.is_empty() || text.len() > MAX_LENGTH {
            return Err(wrong("it needs 1 to 214 characters"));
        }
        let is_part = |part: &str| {
            part.starts_with(|first: char| first.is_ascii_alphanumeric())
                && part
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
        };
        if !text.split('.').all(is_part) {
            return Err(wrong(
                "it is made of parts such as `hl7.fhir.us.core`: letters, digits, `-` and `_` between dots",
            ));
        }
        Ok(Self {
            text: text.to_owned(),
            folded: text.to_ascii_lowercase(),
        })
    }
}

impl fmt::Display for PackageName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}

impl PartialEq for PackageName {
    fn eq(&self, other: &Self) -> bool {
        self.folded == other.folded
    }
}

impl Eq for PackageName {}

impl PartialOrd for PackageName {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for PackageName {
    fn cmp(&self, other: &Self) -> Ordering {
        self.folded.cmp(&other.folded)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_never_paths() {
        for name in ["hl7.fhir.us.core", "NHSD.Assets.STU3", "ihe.iti_x.mhd-1"] {
            assert_eq!(name.parse::<PackageName>().unwrap().as_str(), name);
        }
        let long = "a".repeat(MAX_LENGTH + 1);
        for name in [
            "", ".", "..", "a..b", "a.", ".a", "a/b", "a\\b", "@scope/a", "a b", "a#1", "-a", &long,
        ] {
            assert!(name.parse::<PackageName>().is_err(), "{name}");
        }
    }

    #[test]
    fn case_makes_no_other_name() {
        let [one, other] = ["NHSD.Assets", "nhsd.assets"].map(|name| name.parse::<PackageName>());
        assert_eq!(one, other);
    }
}
