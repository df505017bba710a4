//! What an evaluation is given from outside: variables, the clock, limits, and knowledge of types and terminology.

use super::temporal::{Precision, Temporal, TemporalKind};
use super::value::Value;
use crate::fhir::tree::{Element, Resource};
use crate::fhir::types::{BuiltIn, Types};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// Everything that an expression may ask for beside its resource. Reading a clock or a file is the caller's business.
#[derive(Clone)]
pub struct Variables<'r> {
    pub(crate) named: BTreeMap<String, Vec<Value<'r>>>,
    pub(crate) clock: Option<Temporal>,
    pub(crate) max_steps: u64,
    pub(crate) members: Members,
    pub(crate) casts: Casts,
    pub(crate) nothing: Nothing,
    pub(crate) types: &'r dyn Types,
    pub(crate) services: &'r dyn Services,
}

/// What an unknown element name means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Members {
    /// Nothing is there.
    Lenient,
    /// The expression is wrong, where the type's elements are known.
    Strict,
}

/// What `=` and `!=` say where one side is empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Nothing {
    /// Nothing, as FHIRPath says.
    Open,
    /// Nothing equals nothing, and differs from all else: constraints that STU3 publishes (`obs-7`) count on it.
    Compared,
}

/// What `as` takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Casts {
    /// A single item, as FHIRPath says.
    Single,
    /// Any number of items, each cast alone: constraints that R4 itself publishes (`dom-3`) count on it.
    EachItem,
}

/// Questions that need definitions, terminology, other resources or a clock. What cannot be said ends the evaluation as
/// unavailable: it is neither true nor false.
pub trait Services {
    /// Whether an element conforms to a profile; `None` where the profile is not at hand.
    fn conforms_to(&self, element: Element<'_>, profile: &str) -> Option<bool>;

    /// Whether a code, Coding or CodeableConcept is in a value set. `Ok(None)` where the value set is not at hand, an
    /// error where that has a reason to tell.
    fn member_of(&self, element: Element<'_>, value_set: &str) -> Result<Option<bool>, String>;

    /// The element that a reference names, outside of the resource at hand.
    fn resolve(&self, reference: &str) -> Option<Element<'_>>;

    /// Whether a Coding (or one of a CodeableConcept) is the other, or an ancestor of it; `None` where the code system is
    /// not at hand.
    fn subsumes(&self, ancestor: Element<'_>, descendant: Element<'_>) -> Option<bool> {
        let _ = (ancestor, descendant);
        None
    }

    /// The moment of the evaluation, where [`Variables::with_clock`] gave none.
    fn now(&self) -> Option<Temporal> {
        None
    }
}

/// No definitions, no terminology, no other resources.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoServices;

impl Services for NoServices {
    fn conforms_to(&self, _element: Element<'_>, _profile: &str) -> Option<bool> {
        None
    }

    fn member_of(&self, _element: Element<'_>, _value_set: &str) -> Result<Option<bool>, String> {
        Ok(None)
    }

    fn resolve(&self, _reference: &str) -> Option<Element<'_>> {
        None
    }
}

/// Steps that an evaluation may take by default: far above any honest expression, well below a second.
pub const DEFAULT_MAX_STEPS: u64 = 5_000_000;

impl Default for Variables<'_> {
    fn default() -> Self {
        Self {
            named: BTreeMap::new(),
            clock: None,
            max_steps: DEFAULT_MAX_STEPS,
            members: Members::Lenient,
            casts: Casts::Single,
            nothing: Nothing::Open,
            types: &BuiltIn,
            services: &NoServices,
        }
    }
}

impl<'r> Variables<'r> {
    /// No variables, no clock, default limits.
    pub fn new() -> Self {
        Self::default()
    }

    /// Defines `%name` as a text.
    #[must_use]
    pub fn with_text(self, name: &str, text: impl Into<Cow<'r, str>>) -> Self {
        self.with_values(name, vec![Value::Text(text.into())])
    }

    /// Defines `%name` as the root of another resource.
    #[must_use]
    pub fn with_resource(self, name: &str, resource: &'r Resource) -> Self {
        self.with_values(name, vec![Value::Element(resource.root())])
    }

    /// Defines `%name` as these items.
    #[must_use]
    pub fn with_values(mut self, name: &str, values: Vec<Value<'r>>) -> Self {
        self.named.insert(name.to_owned(), values);
        self
    }

    /// Sets what `now()`, `today()` and `timeOfDay()` tell: an instant such as `2026-11-24T10:00:00.000Z`.
    /// `None` where the text is no such instant.
    pub fn with_clock(mut self, instant: &str) -> Option<Self> {
        let clock = Temporal::parse(instant)?;
        let complete = clock.kind == TemporalKind::DateTime && clock.precision == Precision::Second;
        self.clock = (complete && clock.offset.is_some()).then_some(clock);
        self.clock.is_some().then_some(self)
    }

    /// Bounds the work of one evaluation.
    #[must_use]
    pub fn with_max_steps(self, max_steps: u64) -> Self {
        Self { max_steps, ..self }
    }

    /// Decides what an unknown element name means.
    #[must_use]
    pub fn with_members(self, members: Members) -> Self {
        Self { members, ..self }
    }

    /// Decides what `as` takes.
    #[must_use]
    pub fn with_casts(self, casts: Casts) -> Self {
        Self { casts, ..self }
    }

    /// Decides what equals nothing.
    #[must_use]
    pub fn with_nothing(self, nothing: Nothing) -> Self {
        Self { nothing, ..self }
    }

    /// Replaces the knowledge of types.
    #[must_use]
    pub fn with_types(self, types: &'r dyn Types) -> Self {
        Self { types, ..self }
    }

    /// Adds definitions, terminology or other resources.
    #[must_use]
    pub fn with_services(self, services: &'r dyn Services) -> Self {
        Self { services, ..self }
    }
}
