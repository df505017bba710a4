//! FHIRPath (N1): parse once, evaluate often, over element trees.

mod arithmetic;
mod ast;
mod check;
mod compare;
mod condition;
mod decimal;
mod equality;
mod error;
mod evaluate;
mod functions;
mod items;
mod lexer;
mod naming;
mod navigate;
mod parser;
mod quantity;
mod system;
mod temporal;
mod typing;
mod units;
mod value;
mod variables;
mod walk;

#[cfg(test)]
mod tests;

pub use decimal::Decimal;
pub use error::{EvaluationError, EvaluationErrorKind};
pub use functions::{FunctionDoc, function_docs};
pub use quantity::{Quantity, Unit};
pub use temporal::{CalendarUnit, Precision, Temporal, TemporalKind};
pub use value::{Collection, Trace, TypeName, Value};
pub use variables::{Casts, DEFAULT_MAX_STEPS, Members, NoServices, Nothing, Services, Variables};

use crate::fhir::tree::{Element, Resource};
use evaluate::Evaluator;
use std::collections::BTreeSet;
use std::fmt;

/// A parsed expression. `Send + Sync`; evaluating does not change it.
#[derive(Debug, Clone)]
pub struct Expression {
    text: String,
    node: ast::Node,
    variables: BTreeSet<String>,
}

/// Why a text is no expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExpressionError {
    /// Byte offset in the expression.
    pub position: usize,
    /// What is wrong: lowercase, no full stop.
    pub message: String,
    /// What would be right, where that can be told.
    pub help: Option<String>,
}

impl Expression {
    /// Parses an expression; an unknown function, a bad literal or a wrong count of arguments is an error here.
    pub fn parse(text: &str) -> Result<Self, ExpressionError> {
        Self::parse_with(text, lexer::Quotes::Single)
    }

    /// Parses an expression of a published definition: texts may stand in double quotes, as in R5's own `eld-11`.
    pub fn parse_published(text: &str) -> Result<Self, ExpressionError> {
        Self::parse_with(text, lexer::Quotes::Either)
    }

    fn parse_with(text: &str, quotes: lexer::Quotes) -> Result<Self, ExpressionError> {
        let (node, variables) = parser::parse(text, quotes)?;
        let text = text.to_owned();
        Ok(Self {
            text,
            node,
            variables,
        })
    }

    /// The expression as it was written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The names of the variables that the expression uses, without the percent sign, sorted: so that one without a
    /// value can be found before anything is evaluated.
    pub fn variables(&self) -> impl Iterator<Item = &str> {
        self.variables.iter().map(String::as_str)
    }

    /// All that can only be a mistake when the expression is evaluated at an element of a type: unknown elements, types
    /// that do not exist, operators and functions on impossible types, steps that count on an order that is none. What
    /// `types` does not know is passed over in silence.
    pub fn check(
        &self,
        root_type: &str,
        types: &dyn crate::fhir::types::Types,
    ) -> Vec<ExpressionError> {
        check::check(&self.node, root_type, types)
    }

    /// Evaluates over a whole resource.
    pub fn evaluate<'r>(
        &'r self,
        resource: &'r Resource,
        variables: &'r Variables<'r>,
    ) -> Result<Collection<'r>, EvaluationError> {
        self.evaluate_at(resource.root(), variables)
    }

    /// Evaluates with one element as the context: `%resource` is the resource that holds it.
    pub fn evaluate_at<'r>(
        &'r self,
        context: Element<'r>,
        variables: &'r Variables<'r>,
    ) -> Result<Collection<'r>, EvaluationError> {
        Evaluator::new(variables, context)
            .whole(&self.node)
            .map_err(|fault| *fault)
    }

    /// Whether the expression holds at an element, by singleton evaluation: a truth value is itself, any other single
    /// item is true, and an empty collection is `None`. Several items are an error, or true with [`Casts::EachItem`]. Dearer than [`Self::evaluate_at`]
    /// in nothing, and cheaper by the collections that are never made.
    pub fn holds_at<'r>(
        &'r self,
        context: Element<'r>,
        variables: &'r Variables<'r>,
    ) -> Result<Option<bool>, EvaluationError> {
        Evaluator::new(variables, context)
            .whole_truth(&self.node)
            .map_err(|fault| *fault)
    }
}

/// Many evaluations over the elements of a resource with the same variables: what one of them learns of the Bundle
/// around serves the next.
pub struct Session<'r> {
    evaluator: Evaluator<'r>,
}

impl<'r> Session<'r> {
    /// A session that starts anywhere in a resource.
    pub fn new(variables: &'r Variables<'r>, context: Element<'r>) -> Self {
        let evaluator = Evaluator::new(variables, context);
        Self { evaluator }
    }

    /// The same as [`Expression::evaluate_at`].
    pub fn evaluate_at(
        &mut self,
        expression: &'r Expression,
        context: Element<'r>,
    ) -> Result<Collection<'r>, EvaluationError> {
        self.evaluator.start(context);
        self.evaluator
            .whole(&expression.node)
            .map_err(|fault| *fault)
    }

    /// The same as [`Expression::holds_at`].
    pub fn holds_at(
        &mut self,
        expression: &'r Expression,
        context: Element<'r>,
    ) -> Result<Option<bool>, EvaluationError> {
        self.evaluator.start(context);
        self.evaluator
            .whole_truth(&expression.node)
            .map_err(|fault| *fault)
    }
}

impl ExpressionError {
    fn new(position: usize, message: impl Into<String>) -> Self {
        Self {
            position,
            message: message.into(),
            help: None,
        }
    }

    fn with_help(self, help: impl Into<String>) -> Self {
        Self {
            help: Some(help.into()),
            ..self
        }
    }

    /// FHIRPath names a choice element without its type.
    fn typed_choice(name: &str, base: &str, type_name: &str, position: usize) -> Self {
        let message =
            format!("`{name}` is how the body spells it: in FHIRPath the element is `{base}`");
        Self::new(position, message)
            .with_help(format!("write `{base}`, or `{base}.ofType({type_name})`"))
    }
}

impl fmt::Display for ExpressionError {
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

impl std::error::Error for ExpressionError {}
