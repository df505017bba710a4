//! What validation finds.

use crate::fhir::error::ParseError;
use crate::fhir::tree::{Element, Place};

/// How grave an issue is, as an OperationOutcome says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Grade {
    /// Nothing more can be looked at.
    Fatal,
    /// The resource is not valid.
    Error,
    /// Something to look at.
    Warning,
    /// Good to know.
    Information,
}

/// What an issue is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum IssueKind {
    /// The body cannot be read, or only by guessing.
    Parse,
    /// An element that is unknown, misplaced or missing content.
    Structure,
    /// Too few or too many.
    Cardinality,
    /// A type that is not allowed.
    Type,
    /// A value against its format, limits, fixed value or pattern.
    Value,
    /// An invariant that does not hold.
    Invariant,
    /// A code outside of its value set or code system.
    Binding,
    /// A reference that leads to nothing, or to the wrong thing.
    Reference,
    /// A repetition that fits no slice, or too many.
    Slicing,
    /// An extension that is unknown or misplaced.
    Extension,
    /// What could not be decided: a definition, a code system or a resource is not at hand. Never an error, never a pass.
    Undecided,
}

impl IssueKind {
    /// The word for it in output.
    pub fn word(self) -> &'static str {
        match self {
            Self::Parse => "parse",
            Self::Structure => "structure",
            Self::Cardinality => "cardinality",
            Self::Type => "type",
            Self::Value => "value",
            Self::Invariant => "invariant",
            Self::Binding => "binding",
            Self::Reference => "reference",
            Self::Slicing => "slicing",
            Self::Extension => "extension",
            Self::Undecided => "undecided",
        }
    }
}

/// What an undecided issue keeps open: only the weighty ones make a command end with "undecided".
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weight {
    /// A required binding, a profile or an invariant.
    Decisive,
    /// Anything else.
    Minor,
}

/// One thing that validation found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issue {
    /// How grave it is.
    pub grade: Grade,
    /// What it is about.
    pub kind: IssueKind,
    /// The code of an OperationOutcome's issue (IssueType), such as `structure`, `required`, `value`, `invariant`,
    /// `code-invalid`, `not-found`, `business-rule`.
    pub code: &'static str,
    /// Where.
    pub place: Place,
    /// What was seen and what would be right: lowercase, no full stop.
    pub message: String,
    /// The canonical address of the profile that is not met.
    pub profile: Option<String>,
    /// The key of the invariant.
    pub constraint: Option<String>,
    /// For an undecided issue, what it keeps open.
    pub weight: Weight,
}

impl Issue {
    /// An error at an element.
    pub fn error(
        kind: IssueKind,
        code: &'static str,
        element: Element<'_>,
        message: impl Into<String>,
    ) -> Self {
        Self {
            grade: Grade::Error,
            kind,
            code,
            place: element.place(),
            message: message.into(),
            profile: None,
            constraint: None,
            weight: Weight::Minor,
        }
    }

    /// A body that cannot be read.
    pub fn unreadable(error: &ParseError) -> Self {
        let place = Place {
            path: String::new(),
            line: error.line,
            column: error.column,
        };
        Self {
            grade: Grade::Fatal,
            kind: IssueKind::Parse,
            code: "structure",
            place,
            message: error.message.clone(),
            profile: None,
            constraint: None,
            weight: Weight::Minor,
        }
    }

    /// A warning at an element.
    pub fn warning(
        kind: IssueKind,
        code: &'static str,
        element: Element<'_>,
        message: impl Into<String>,
    ) -> Self {
        Self {
            grade: Grade::Warning,
            ..Self::error(kind, code, element, message)
        }
    }

    /// A hint at an element.
    pub fn information(
        kind: IssueKind,
        code: &'static str,
        element: Element<'_>,
        message: impl Into<String>,
    ) -> Self {
        Self {
            grade: Grade::Information,
            ..Self::error(kind, code, element, message)
        }
    }

    /// Something that cannot be decided at an element.
    pub fn undecided(weight: Weight, element: Element<'_>, message: impl Into<String>) -> Self {
        Self {
            weight,
            ..Self::information(IssueKind::Undecided, "incomplete", element, message)
        }
    }

    /// The profile that is not met.
    pub fn of_profile(self, profile: impl Into<String>) -> Self {
        Self {
            profile: Some(profile.into()),
            ..self
        }
    }

    /// The invariant that does not hold.
    pub fn of_constraint(self, key: impl Into<String>) -> Self {
        Self {
            constraint: Some(key.into()),
            ..self
        }
    }

    /// Whether it makes the resource invalid.
    pub fn is_error(&self) -> bool {
        matches!(self.grade, Grade::Fatal | Grade::Error)
    }
}
