//! A parsed path, and the shape of it.

use super::document::{Document, Node};
use super::evaluate::{self, EvaluationError};
use super::functions::Function;
use super::parser;
use super::value::Value;
use std::collections::BTreeMap;
use std::fmt;

/// Namespace prefixes that a path may use.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Prefixes {
    by_prefix: BTreeMap<String, String>,
    default: Option<String>,
}

impl Prefixes {
    /// No prefixes.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a prefix for a namespace.
    #[must_use]
    pub fn with(mut self, prefix: &str, namespace: &str) -> Self {
        self.by_prefix
            .insert(prefix.to_owned(), namespace.to_owned());
        self
    }

    /// Sets the namespace of element names without prefix. (XPath 1.0 itself has none; attributes never take it.)
    #[must_use]
    pub fn with_default(self, namespace: &str) -> Self {
        Self {
            default: Some(namespace.to_owned()),
            ..self
        }
    }

    pub(super) fn namespace(&self, prefix: &str) -> Option<&str> {
        self.by_prefix.get(prefix).map(String::as_str)
    }

    pub(super) fn default_namespace(&self) -> Option<&str> {
        self.default.as_deref()
    }

    pub(super) fn known(&self) -> impl Iterator<Item = &str> {
        self.by_prefix.keys().map(String::as_str)
    }
}

/// A parsed XPath. `Send + Sync`; evaluating does not change it.
#[derive(Debug, Clone)]
pub struct Path {
    text: String,
    expression: Expression,
}

/// Why a text is no path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PathError {
    /// Byte offset in the path.
    pub position: usize,
    /// What is wrong: lowercase, no full stop.
    pub message: String,
    /// What would be right, where that can be told.
    pub help: Option<String>,
}

impl Path {
    /// Parses a path; every prefix in it must be in `prefixes`.
    pub fn parse(text: &str, prefixes: &Prefixes) -> Result<Self, PathError> {
        let expression = parser::parse(text, prefixes)?;
        let text = text.to_owned();
        Ok(Self { text, expression })
    }

    /// The path as it was written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Evaluates from the root of a document. Fails only where the work would exceed its bound.
    pub fn evaluate<'d>(&self, document: &'d Document) -> Result<Value<'d>, EvaluationError> {
        self.evaluate_at(document.root())
    }

    /// Evaluates from a node; a path that starts with `/` still starts at the root.
    pub fn evaluate_at<'d>(&self, node: Node<'d>) -> Result<Value<'d>, EvaluationError> {
        evaluate::evaluate(&self.expression, node)
    }
}

impl PathError {
    pub(super) fn new(position: usize, message: impl Into<String>) -> Self {
        Self {
            position,
            message: message.into(),
            help: None,
        }
    }

    pub(super) fn with_help(self, help: impl Into<String>) -> Self {
        Self {
            help: Some(help.into()),
            ..self
        }
    }
}

impl fmt::Display for PathError {
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

impl std::error::Error for PathError {}

/// Operators of one level stand in a flat chain, so that depth comes from brackets alone.
#[derive(Debug, Clone)]
pub(super) enum Expression {
    Text(String),
    Number(f64),
    /// What comes first, and what follows from left to right.
    Chain(Box<Expression>, Vec<(Operator, Expression)>),
    Negative(Box<Expression>),
    Call(&'static Function, Vec<Expression>),
    Location(Location),
}

/// A start and the steps from it.
#[derive(Debug, Clone)]
pub(super) struct Location {
    pub(super) start: Start,
    pub(super) steps: Vec<Step>,
}

#[derive(Debug, Clone)]
pub(super) enum Start {
    /// `/…`
    Root,
    /// Where the evaluation stands.
    Here,
    /// An expression in brackets or a call, with its predicates.
    Filter(Box<Expression>, Vec<Expression>),
}

#[derive(Debug, Clone)]
pub(super) struct Step {
    pub(super) axis: Axis,
    pub(super) test: Test,
    pub(super) predicates: Vec<Expression>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Axis {
    Child,
    Descendant,
    DescendantOrSelf,
    Attribute,
    Itself,
    Parent,
    Ancestor,
    AncestorOrSelf,
    FollowingSibling,
    PrecedingSibling,
}

impl Axis {
    /// The axes by name.
    pub(super) const TABLE: [(&'static str, Self); 10] = [
        ("child", Self::Child),
        ("descendant", Self::Descendant),
        ("descendant-or-self", Self::DescendantOrSelf),
        ("attribute", Self::Attribute),
        ("self", Self::Itself),
        ("parent", Self::Parent),
        ("ancestor", Self::Ancestor),
        ("ancestor-or-self", Self::AncestorOrSelf),
        ("following-sibling", Self::FollowingSibling),
        ("preceding-sibling", Self::PrecedingSibling),
    ];
}

/// Which nodes of an axis a step takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Test {
    /// `node()`
    Any,
    /// `text()`
    Text,
    /// A name or `*`, in a namespace or `prefix:*`.
    Name {
        namespace: Namespace,
        name: Option<String>,
    },
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Namespace {
    /// `*`
    Any,
    None,
    Named(String),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operator {
    Or,
    And,
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Plus,
    Minus,
    Times,
    Divide,
    Remainder,
    Union,
}

impl Operator {
    /// Spelling, operator, and how tightly it binds (a higher level binds tighter).
    pub(super) const TABLE: [(&'static str, Self, u8); 14] = [
        ("or", Self::Or, 1),
        ("and", Self::And, 2),
        ("=", Self::Equal, 3),
        ("!=", Self::NotEqual, 3),
        ("<", Self::Less, 4),
        ("<=", Self::LessOrEqual, 4),
        (">", Self::Greater, 4),
        (">=", Self::GreaterOrEqual, 4),
        ("+", Self::Plus, 5),
        ("-", Self::Minus, 5),
        ("*", Self::Times, 6),
        ("div", Self::Divide, 6),
        ("mod", Self::Remainder, 6),
        ("|", Self::Union, 8),
    ];
}

/// What kind of value an expression has, known before it is evaluated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    Nodes,
    Single,
}

impl Expression {
    /// Only paths and unions of them have nodes.
    pub(super) fn shape(&self) -> Shape {
        match self {
            Self::Location(_) => Shape::Nodes,
            Self::Chain(_, rest)
                if rest
                    .iter()
                    .all(|(operator, _)| *operator == Operator::Union) =>
            {
                Shape::Nodes
            }
            Self::Chain(..)
            | Self::Text(_)
            | Self::Number(_)
            | Self::Negative(_)
            | Self::Call(..) => Shape::Single,
        }
    }
}
