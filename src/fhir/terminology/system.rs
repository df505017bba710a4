//! A code system as it can be asked: from a package, from the tables and grammars of this engine, or both.

use super::built_in::{BuiltIn, Look};
use super::code_system::{CaseRule, CodeSystem, Content};
use super::concept::Concept;
use std::fmt;
use std::sync::Arc;

/// One code system of one version.
#[derive(Debug)]
pub(super) struct System {
    pub(super) url: Box<str>,
    /// The version that was asked for.
    pub(super) version: Option<Box<str>>,
    pub(super) packaged: Option<Arc<CodeSystem>>,
    /// Another version, where the one that was asked for is not at hand.
    pub(super) other: Option<Arc<CodeSystem>>,
    pub(super) built_in: Option<&'static BuiltIn>,
}

/// What a system says of a code.
pub(super) enum Found<'s> {
    /// A concept of a package.
    Concept(Concept<'s>),
    /// A concept of another version than the one that was asked for.
    Elsewhere(Concept<'s>),
    /// A code of a table or a grammar, with the name that the table has for it.
    BuiltIn(Option<String>),
    /// No such code.
    No(Refusal<'s>),
    /// That cannot be told.
    Open(Doubt<'s>),
}

/// Why a code does not exist; put into words only when somebody reads it.
#[derive(Clone)]
pub(super) enum Refusal<'s> {
    NotIn(&'s System),
    Malformed(String),
}

/// Why something cannot be told; put into words only when somebody reads it.
#[derive(Clone)]
pub(super) enum Doubt<'s> {
    /// The code system is not at hand, or not whole.
    System(&'s System),
    /// The definition's codes of this system were left out where it was packed.
    LeftOut(&'s System),
    /// Anything else.
    Said(String),
}

impl System {
    /// What is known of a code.
    pub(super) fn find(&self, code: &str) -> Found<'_> {
        if let Some(system) = &self.packaged {
            if let Some(concept) = system.concept(code) {
                return Found::Concept(concept);
            }
            if system.content() == Content::Complete {
                return Found::No(Refusal::NotIn(self));
            }
        }
        if let Some(concept) = self.other.as_ref().and_then(|other| other.concept(code)) {
            return Found::Elsewhere(concept);
        }
        let Some(built_in) = self.built_in else {
            return Found::Open(Doubt::System(self));
        };
        match (built_in.look)(code) {
            Look::Known(display) => Found::BuiltIn(display),
            Look::Unknown(why) => Found::No(Refusal::Malformed(why)),
            Look::Undecided => Found::Open(Doubt::System(self)),
        }
    }

    /// Whether every code of the system is at hand.
    pub(super) fn is_whole(&self) -> bool {
        let packaged = self.packaged.as_ref();
        packaged.is_some_and(|system| system.content() == Content::Complete)
    }

    /// Whether codes that differ by case alone are the same.
    pub(super) fn ignores_case(&self) -> bool {
        match (self.at_hand(), self.built_in) {
            (Some(system), _) => system.case() == CaseRule::Insensitive,
            (None, Some(built_in)) => built_in.case == CaseRule::Insensitive,
            (None, None) => false,
        }
    }

    /// The version that was asked for, or else another one.
    pub(super) fn at_hand(&self) -> Option<&CodeSystem> {
        self.packaged.as_deref().or(self.other.as_deref())
    }

    /// The name for people.
    pub(super) fn title(&self) -> &str {
        match (self.built_in, self.at_hand()) {
            (Some(built_in), _) => built_in.name,
            (None, Some(system)) => system.title(),
            (None, None) => &self.url,
        }
    }
}

impl fmt::Display for Refusal<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed(why) => formatter.write_str(why),
            Self::NotIn(system) => {
                write!(formatter, "it is not a code of {}", system.title())?;
                if system.title() != &*system.url {
                    write!(formatter, " ({})", system.url)?;
                }
                let packaged = system.packaged.as_ref();
                match packaged.and_then(|system| system.version()) {
                    Some(version) => write!(formatter, ", version {version}"),
                    None => Ok(()),
                }
            }
        }
    }
}

impl fmt::Display for Doubt<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let system = match self {
            Self::Said(why) => return formatter.write_str(why),
            Self::LeftOut(system) => {
                let title = system.title();
                return write!(
                    formatter,
                    "its codes of {title} are left out here (the licence of {title} asks for that)"
                );
            }
            Self::System(system) => system,
        };
        let title = system.title();
        if let (Some(version), Some(other)) = (&system.version, &system.other) {
            let other = other.version().unwrap_or("without version");
            return write!(
                formatter,
                "version {version} of the code system {title} is not at hand ({other} is)"
            );
        }
        match system.packaged.as_ref().map(|system| system.content()) {
            Some(Content::Fragment) => write!(formatter, "only a part of {title} is at hand"),
            Some(Content::Example) => write!(formatter, "only examples of {title} are at hand"),
            Some(Content::Complete | Content::NotPresent | Content::Supplement) | None => {
                write!(formatter, "the codes of {title} are not at hand")
            }
        }
    }
}
