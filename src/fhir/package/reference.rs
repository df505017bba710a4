//! Packages as people and manifests name them.

use std::fmt;
use std::str::FromStr;

use super::{PackageName, PackageVersion, SyntaxError, VersionRange};

/// A package at a version: `hl7.fhir.us.core#6.1.0`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct PackageId {
    /// Its name.
    pub name: PackageName,
    /// Its version; `current` and `dev` are versions, too.
    pub version: PackageVersion,
}

impl fmt::Display for PackageId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}#{}", self.name, self.version)
    }
}

impl FromStr for PackageId {
    type Err = SyntaxError;

    /// `name#version`, both whole.
    fn from_str(text: &str) -> Result<Self, SyntaxError> {
        let reference: PackageReference = text.parse()?;
        match reference.range.exact() {
            Some(version) => Ok(Self {
                version: version.clone(),
                name: reference.name,
            }),
            None => Err(SyntaxError::new(
                "package",
                text,
                "it needs a version, as in `hl7.fhir.us.core#6.1.0`",
            )),
        }
    }
}

/// A package as somebody asks for it: `name#4.0.1`, `name@^4.0.0`, `name|4.0.1`, or `name` for its latest version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackageReference {
    /// Its name.
    pub name: PackageName,
    /// The versions that will do.
    pub range: VersionRange,
}

impl From<PackageId> for PackageReference {
    fn from(id: PackageId) -> Self {
        Self {
            name: id.name,
            range: VersionRange::exactly(id.version),
        }
    }
}

impl fmt::Display for PackageReference {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.range == VersionRange::latest() {
            true => write!(formatter, "{}", self.name),
            false => write!(formatter, "{}#{}", self.name, self.range),
        }
    }
}

impl FromStr for PackageReference {
    type Err = SyntaxError;

    fn from_str(text: &str) -> Result<Self, SyntaxError> {
        // FHIR tools write `#`, npm `@`, and canonical references `|`.
        let (name, range) = text.split_once(['#', '@', '|']).unwrap_or((text, ""));
        Ok(Self {
            name: name.parse()?,
            range: range.parse()?,
        })
    }
}

/// What stands in for a package, by the user's word: `name=name#1.2.3`, `name#1.0.0=other#2.0.0`, or `name#1.2.3` for every version of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Override {
    /// What is asked for: without a version, whatever version.
    pub of: PackageReference,
    /// What is taken.
    pub by: PackageReference,
}

impl Override {
    /// Whether it speaks of this request: of its name, and of its versions where it names some.
    pub(super) fn concerns(&self, wanted: &PackageReference) -> bool {
        let any = VersionRange::latest();
        self.of.name == wanted.name && (self.of.range == any || self.of.range == wanted.range)
    }
}

impl FromStr for Override {
    type Err = SyntaxError;

    fn from_str(text: &str) -> Result<Self, SyntaxError> {
        if let Some((of, by)) = text.split_once('=') {
            return Ok(Self {
                of: of.parse()?,
                by: by.parse()?,
            });
        }
        let by: PackageReference = text.parse()?;
        let of = PackageReference {
            name: by.name.clone(),
            range: VersionRange::latest(),
        };
        Ok(Self { of, by })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ways_to_write_a_package() {
        for text in [
            "hl7.fhir.us.core#6.1.0",
            "hl7.fhir.us.core@6.1.0",
            "hl7.fhir.us.core|6.1.0",
        ] {
            assert_eq!(
                text.parse::<PackageReference>().unwrap().to_string(),
                "hl7.fhir.us.core#6.1.0"
            );
            assert_eq!(
                text.parse::<PackageId>().unwrap().to_string(),
                "hl7.fhir.us.core#6.1.0"
            );
        }
        let latest: PackageReference = "a.b".parse().unwrap();
        assert_eq!(latest.range, VersionRange::latest());
        assert!("a.b".parse::<PackageId>().is_err() && "a.b#1.x".parse::<PackageId>().is_err());
        for wrong in ["#1.0.0", "a.b#..", "../a#1.0.0", "a.b##1"] {
            assert!(wrong.parse::<PackageReference>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn overrides_speak_of_one_version_or_all() {
        let wanted = |text: &str| text.parse::<PackageReference>().unwrap();
        let all: Override = "a.b#2.0.0".parse().unwrap();
        assert!(
            all.concerns(&wanted("a.b#1.0.0"))
                && all.concerns(&wanted("a.b@^1.0.0"))
                && !all.concerns(&wanted("a.c#1.0.0"))
        );
        let one: Override = "a.b#1.0.0=a.c#3.0.0".parse().unwrap();
        assert!(one.concerns(&wanted("a.b#1.0.0")) && !one.concerns(&wanted("a.b#1.0.1")));
        assert_eq!(one.by.to_string(), "a.c#3.0.0");
        // A minus stands in ranges, an equals sign does not at the place where names stand.
        assert!("=a.b".parse::<Override>().is_err());
    }
}
