//! The releases of FHIR that the engine knows.

use std::fmt;

/// A release of FHIR.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Version {
    /// STU3, 3.0
    Stu3,
    /// R4, 4.0
    R4,
    /// R4B, 4.3
    R4B,
    /// R5, 5.0
    R5,
}

impl Version {
    /// All releases, oldest first.
    pub const ALL: [Self; 4] = [Self::Stu3, Self::R4, Self::R4B, Self::R5];

    /// Reads `R4`, `r4`, `STU3`, `R3`, `4.0`, `4.0.1`, `fhir-4.0`…; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        match text.trim().to_ascii_uppercase().as_str() {
            "STU3" | "R3" | "DSTU3" => return Some(Self::Stu3),
            "R4" => return Some(Self::R4),
            "R4B" => return Some(Self::R4B),
            "R5" => return Some(Self::R5),
            _ => {}
        }
        let mut parts = text.trim().split('.');
        match (parts.next()?, parts.next()?) {
            ("3", "0") => Some(Self::Stu3),
            ("4", "0") => Some(Self::R4),
            ("4", "1" | "3") => Some(Self::R4B),
            ("5", "0") => Some(Self::R5),
            _ => None,
        }
    }

    /// The publication's number, such as `4.0.1`.
    pub fn number(self) -> &'static str {
        match self {
            Self::Stu3 => "3.0.1",
            Self::R4 => "4.0.1",
            Self::R4B => "4.3.0",
            Self::R5 => "5.0.0",
        }
    }

    /// The id of the package that defines this release, such as `hl7.fhir.r4.core`.
    pub fn core_package(self) -> &'static str {
        match self {
            Self::Stu3 => "hl7.fhir.r3.core",
            Self::R4 => "hl7.fhir.r4.core",
            Self::R4B => "hl7.fhir.r4b.core",
            Self::R5 => "hl7.fhir.r5.core",
        }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Stu3 => "STU3",
            Self::R4 => "R4",
            Self::R4B => "R4B",
            Self::R5 => "R5",
        })
    }
}
