//! Codes that stand for many: `NNxxx`, "where the xxx is the ISO table 3166 3-character (alphabetic) country code".
//!
//! HL7's v2 tables write such codes, and say in the display what is put in their place.

use super::built_in::is_country;
use super::concept::Concept;

/// A code whose end is to be replaced.
#[derive(Debug)]
pub(super) struct Placeholder {
    pub(super) index: u32,
    prefix: Box<str>,
    length: usize,
    stands_for: StandsFor,
}

/// What is put in the place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum StandsFor {
    Digits,
    LettersAndDigits,
    Country,
}

/// The fewest equal letters that are a placeholder.
const SHORTEST: usize = 3;

impl Placeholder {
    /// The placeholder in a concept's code, where its display explains it.
    pub(super) fn of(concept: Concept<'_>) -> Option<Self> {
        let code = concept.code();
        let last = code.chars().next_back()?;
        let prefix = code.trim_end_matches(last);
        let length = code.len() - prefix.len();
        let explanation = concept.display().or(concept.definition())?;
        let words: Vec<&str> = explanation.split_whitespace().collect();
        if length < SHORTEST || !words.contains(&"where") {
            return None;
        }
        let stands_for = match last {
            'n' => StandsFor::Digits,
            'x' if words.contains(&"3166") => StandsFor::Country,
            'x' | 'z' => StandsFor::LettersAndDigits,
            _ => return None,
        };
        Some(Self {
            index: concept.index,
            prefix: prefix.into(),
            length,
            stands_for,
        })
    }

    /// Whether a code is one of those that it stands for.
    pub(super) fn covers(&self, code: &str) -> bool {
        let Some(rest) = code.strip_prefix(&*self.prefix) else {
            return false;
        };
        if self.stands_for == StandsFor::Country {
            return is_country(rest) && rest.len() == self.length;
        }
        let fits = |byte: u8| match self.stands_for {
            StandsFor::Digits => byte.is_ascii_digit(),
            StandsFor::LettersAndDigits | StandsFor::Country => byte.is_ascii_alphanumeric(),
        };
        rest.len() == self.length && rest.bytes().all(fits)
    }
}
