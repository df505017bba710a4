//! Why an evaluation has no value.

use std::fmt;

/// An error on its way out. It is rare, and must not make every result as large as itself.
pub(crate) type Fault = Box<EvaluationError>;

/// Why an expression has no value over a resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EvaluationError {
    /// Whose fault it is.
    pub kind: EvaluationErrorKind,
    /// Byte offset in the expression.
    pub position: usize,
    /// What is wrong: lowercase, no full stop.
    pub message: String,
    /// What would be right, where that can be told.
    pub help: Option<String>,
}

/// The kinds of reasons for having no value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum EvaluationErrorKind {
    /// The expression does not fit the data: several items where one is due, a text plus a number…
    Mismatch,
    /// A clock, definitions or terminology would be needed and are not at hand.
    Unavailable,
    /// The evaluation took more steps than it may.
    Limit,
}

impl EvaluationError {
    /// The expression does not fit the data.
    #[cold]
    pub(crate) fn new(position: usize, message: impl Into<String>) -> Fault {
        Self::of(EvaluationErrorKind::Mismatch, position, message.into())
    }

    /// What would be needed is not at hand.
    #[cold]
    pub(crate) fn unavailable(position: usize, message: impl Into<String>) -> Fault {
        Self::of(EvaluationErrorKind::Unavailable, position, message.into())
    }

    /// A bound is reached.
    #[cold]
    pub(crate) fn limit(position: usize, message: impl Into<String>) -> Fault {
        Self::of(EvaluationErrorKind::Limit, position, message.into())
    }

    fn of(kind: EvaluationErrorKind, position: usize, message: String) -> Fault {
        Box::new(Self {
            kind,
            position,
            message,
            help: None,
        })
    }

    pub(crate) fn with_help(mut self: Box<Self>, help: impl Into<String>) -> Fault {
        self.help = Some(help.into());
        self
    }
}

impl fmt::Display for EvaluationError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "{} (at character {})",
            self.message,
            self.position + 1
        )?;
        match &self.help {
            Some(help) => write!(formatter, "; {help}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for EvaluationError {}
