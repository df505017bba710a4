//! What an address stands for, where a code system is expected.

use super::built_in::built_in;
use super::code_system::{CodeSystem, Content};
use super::packaged::Packaged;
use crate::fhir::definitions::Canonical;

/// What a `system` names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SystemKind {
    /// A code system that is at hand, whole or in part.
    CodeSystem(Content),
    /// A code system that no package lists: its codes are known by a table, a grammar, or their syntax.
    BuiltIn,
    /// A supplement, which adds to another code system and has no codes of its own: that other one.
    Supplement(Option<String>),
    /// A value set.
    ValueSet,
    /// Another definition: its resource type.
    Other(String),
    /// No absolute address at all.
    Relative,
    /// Nothing that is at hand.
    Unknown,
}

impl Packaged {
    /// What an address stands for, where a code system is expected.
    pub fn kind_of_system(&self, url: &str) -> SystemKind {
        if !is_absolute(url) {
            return SystemKind::Relative;
        }
        if built_in(url).is_some() {
            return SystemKind::BuiltIn;
        }
        if let Some(resource) = self.resource(url, "CodeSystem") {
            return match CodeSystem::read(&resource) {
                Some(system) if system.content() == Content::Supplement => {
                    SystemKind::Supplement(system.supplements().map(str::to_owned))
                }
                Some(system) => SystemKind::CodeSystem(system.content()),
                None => SystemKind::Unknown,
            };
        }
        match self.definitions().find(url) {
            Some(found) if found.type_name() == Some("ValueSet") => SystemKind::ValueSet,
            Some(found) => SystemKind::Other(found.type_name().unwrap_or_default().to_owned()),
            None if looks_like_a_value_set(url) => SystemKind::ValueSet,
            None => SystemKind::Unknown,
        }
    }
}

/// A scheme, a colon, and something behind it.
fn is_absolute(url: &str) -> bool {
    let Some((scheme, rest)) = url.split_once(':') else {
        return false;
    };
    let mut letters = scheme.bytes();
    let starts = letters
        .next()
        .is_some_and(|first| first.is_ascii_alphabetic());
    let goes_on = |byte: u8| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte);
    starts && letters.all(goes_on) && !rest.is_empty()
}

/// FHIR's own value sets, of whatever release, stand below these addresses.
fn looks_like_a_value_set(url: &str) -> bool {
    let url = Canonical::of(url).url;
    [
        "http://hl7.org/fhir/ValueSet/",
        "http://terminology.hl7.org/ValueSet/",
    ]
    .iter()
    .any(|base| url.starts_with(base))
}
