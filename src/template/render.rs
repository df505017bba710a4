//! From parts to text.

use std::borrow::Cow;
use std::fmt;

use super::{Expression, Part};
use crate::diag::Place;
use crate::model::Instant;

/// Where values come from while a step is put together or judged.
pub trait Scope {
    /// The value under a name.
    fn value(&self, name: &str) -> Option<Cow<'_, str>>;
    /// The time that `now()` means: the moment of the exchange, never the system clock.
    fn now(&self) -> Instant;
    /// Bytes that depend on the run's seed, the case, the step, and the place of the call, and on nothing else.
    fn random(&self, source: &str, site: usize) -> [u8; 32];
}

/// The language that surrounds a hole, whose special characters a value must not bring in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Escape {
    /// Plain text.
    None,
    /// Inside a FHIRPath string literal.
    FhirPath,
    /// Inside a regular expression.
    Regex,
    /// Inside the path or query of a URL: all but the unreserved characters of RFC 3986 and `/`, `|`, `,`, `:`.
    Url,
}

/// Why a template could not be filled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unresolved {
    /// The name, or the call.
    pub name: String,
    /// In words, where it is more than a missing value.
    pub problem: Option<String>,
    /// Where the template stands.
    pub place: Place,
}

impl fmt::Display for Unresolved {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.problem {
            Some(problem) => write!(f, "`{{{{{}}}}}`: {problem}", self.name),
            None => write!(f, "`{{{{{}}}}}` has no value at this step", self.name),
        }
    }
}

pub(super) fn render(
    parts: &[Part],
    scope: &dyn Scope,
    escape: Escape,
    place: &Place,
) -> Result<String, Unresolved> {
    let mut text = String::new();
    for part in parts {
        match part {
            Part::Literal(literal) => text.push_str(literal),
            Part::Hole(expression, offset) => {
                let filler = Filler {
                    scope,
                    place,
                    site: place.span.start + offset,
                };
                text.push_str(&escaped(&filler.evaluate(expression)?, escape));
            }
        }
    }
    Ok(text)
}

fn escaped(value: &str, escape: Escape) -> Cow<'_, str> {
    match escape {
        Escape::None => Cow::Borrowed(value),
        Escape::FhirPath => value.replace('\\', "\\\\").replace('\'', "\\'").into(),
        Escape::Regex => regex::escape(value).into(),
        Escape::Url => percent_encoding::utf8_percent_encode(value, URL_VALUE).into(),
    }
}

const URL_VALUE: &percent_encoding::AsciiSet = &percent_encoding::NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b'/')
    .remove(b'|')
    .remove(b',')
    .remove(b':')
    .remove(b'%');

/// What a function may look at.
pub(super) struct Filler<'a> {
    pub(super) scope: &'a dyn Scope,
    pub(super) place: &'a Place,
    pub(super) site: usize,
}

impl Filler<'_> {
    fn evaluate(&self, expression: &Expression) -> Result<String, Unresolved> {
        match expression {
            Expression::Literal(text) => Ok(text.clone()),
            Expression::Value(name) => self.value(name),
            Expression::Call(function, arguments) => {
                let arguments: Result<Vec<_>, _> = arguments
                    .iter()
                    .map(|argument| self.evaluate(argument))
                    .collect();
                (function.call)(self, &arguments?)
                    .map_err(|problem| self.unresolved(function.usage, Some(problem)))
            }
        }
    }

    fn value(&self, name: &str) -> Result<String, Unresolved> {
        match self.scope.value(name) {
            Some(value) => Ok(value.into_owned()),
            None => Err(self.unresolved(name, None)),
        }
    }

    fn unresolved(&self, name: &str, problem: Option<String>) -> Unresolved {
        Unresolved {
            name: name.to_owned(),
            problem,
            place: self.place.clone(),
        }
    }

    /// Seeded bytes for this call.
    pub(super) fn random(&self) -> [u8; 32] {
        self.scope.random(&self.place.source.name, self.site)
    }
}
