//! The functions of FHIRPath: one row each, in families.

mod aggregates;
mod boundaries;
mod conversion;
mod existence;
mod fhir;
mod filtering;
mod math;
mod sets;
mod strings;
mod time;
mod types;

use super::ExpressionError;
use super::ast::{Call, Node};
use super::decimal::Decimal;
use super::evaluate::{EvaluationError, Evaluator, Fault, Outcome, Scope};
use super::items::Items;
use super::value::Value;
use regex::{Regex, RegexBuilder};
use std::borrow::Cow;

pub(super) use types::{as_type, is_type};

/// One function.
#[derive(Debug)]
pub(crate) struct Function {
    pub(crate) name: &'static str,
    /// Least and most arguments.
    pub(crate) arity: (usize, usize),
    pub(crate) arguments: Arguments,
    /// What it does, in one line.
    pub(crate) doc: &'static str,
    pub(crate) implementation: Implementation,
}

/// What the arguments of a function are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Arguments {
    /// Expressions.
    Expressions,
    /// The name of a type.
    Type,
    /// A regular expression first.
    Pattern,
}

pub(crate) type Implementation =
    for<'e, 'i, 'r> fn(&'e mut Evaluator<'r>, Invocation<'i, 'r>) -> Outcome<'r>;

/// A call under evaluation.
pub(crate) struct Invocation<'i, 'r> {
    /// What the function is called on.
    pub(crate) input: Items<'r>,
    pub(crate) call: &'r Call,
    /// What `$this` is outside of the function.
    pub(crate) scope: Scope<'i, 'r>,
}

/// A function as documentation shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FunctionDoc {
    /// Such as `where`.
    pub name: &'static str,
    /// Least and most arguments; `usize::MAX` for any number.
    pub arity: (usize, usize),
    /// What it does, in one line.
    pub doc: &'static str,
}

const FAMILIES: [&[Function]; 11] = [
    aggregates::FUNCTIONS,
    existence::FUNCTIONS,
    filtering::FUNCTIONS,
    sets::FUNCTIONS,
    types::FUNCTIONS,
    conversion::FUNCTIONS,
    strings::FUNCTIONS,
    math::FUNCTIONS,
    time::FUNCTIONS,
    boundaries::FUNCTIONS,
    fhir::FUNCTIONS,
];

/// All functions, for documentation.
pub fn function_docs() -> impl Iterator<Item = FunctionDoc> {
    all().map(|function| FunctionDoc {
        name: function.name,
        arity: function.arity,
        doc: function.doc,
    })
}

fn all() -> impl Iterator<Item = &'static Function> {
    FAMILIES.iter().flat_map(|family| family.iter())
}

pub(super) fn find(name: &str) -> Option<&'static Function> {
    all().find(|function| function.name == name)
}

/// The function whose name is nearest to a misspelt one.
pub(super) fn nearest(name: &str) -> Option<&'static str> {
    nearest_of(name, all().map(|function| function.name))
}

/// The candidate nearest to a misspelt name, where one is near.
pub(super) fn nearest_of<'c>(
    name: &str,
    candidates: impl Iterator<Item = &'c str>,
) -> Option<&'c str> {
    let lower = name.to_lowercase();
    let scored = candidates.map(|candidate| {
        (
            strsim::damerau_levenshtein(&lower, &candidate.to_lowercase()),
            candidate,
        )
    });
    let (distance, nearest) = scored.min()?;
    (distance <= 1 + name.len() / 4).then_some(nearest)
}

/// Calls a function.
pub(super) fn invoke<'r>(
    evaluator: &mut Evaluator<'r>,
    invocation: Invocation<'_, 'r>,
) -> Outcome<'r> {
    evaluator.charge(1 + invocation.input.len(), invocation.call.position)?;
    (invocation.call.function.implementation)(evaluator, invocation)
}

impl<'r> Invocation<'_, 'r> {
    fn position(&self) -> usize {
        self.call.position
    }

    fn name(&self) -> &'static str {
        self.call.function.name
    }

    /// The items of an argument, evaluated where the call stands; `None` for an argument that is left out.
    fn argument(
        &self,
        evaluator: &mut Evaluator<'r>,
        at: usize,
    ) -> Result<Option<Items<'r>>, Fault> {
        let Some(node) = self.call.arguments.get(at) else {
            return Ok(None);
        };
        evaluator.apart(node, self.scope).map(Some)
    }

    /// The items of an argument, empty where it is left out.
    fn items(&self, evaluator: &mut Evaluator<'r>, at: usize) -> Outcome<'r> {
        Ok(self.argument(evaluator, at)?.unwrap_or_default())
    }

    /// Evaluates an argument with an item of the input as `$this`.
    fn with_item(
        &self,
        evaluator: &mut Evaluator<'r>,
        at: usize,
        item: &Value<'r>,
        index: usize,
    ) -> Outcome<'r> {
        let node: &'r Node = &self.call.arguments[at];
        let scope = Scope {
            this: std::slice::from_ref(item),
            index: Some(index),
            total: self.scope.total,
        };
        evaluator.apart(node, scope)
    }

    /// Evaluates an argument as a condition on an item of the input.
    fn is_met(
        &self,
        evaluator: &mut Evaluator<'r>,
        at: usize,
        item: &Value<'r>,
        index: usize,
    ) -> Result<Option<bool>, Fault> {
        let node: &'r Node = &self.call.arguments[at];
        let scope = Scope {
            this: std::slice::from_ref(item),
            index: Some(index),
            total: self.scope.total,
        };
        evaluator.truth_apart(node, scope)
    }

    fn integer(&self, evaluator: &mut Evaluator<'r>, at: usize) -> Result<Option<i64>, Fault> {
        let items = self.items(evaluator, at)?;
        evaluator.integer(
            &items,
            &format!("the argument of `{}`", self.name()),
            self.position(),
        )
    }

    fn text(
        &self,
        evaluator: &mut Evaluator<'r>,
        at: usize,
    ) -> Result<Option<Cow<'r, str>>, Fault> {
        let items = self.items(evaluator, at)?;
        evaluator.text(
            &items,
            &format!("the argument of `{}`", self.name()),
            self.position(),
        )
    }

    /// The input as a single text.
    fn input_text(&self, evaluator: &Evaluator<'r>) -> Result<Option<Cow<'r, str>>, Fault> {
        evaluator.text(
            &self.input,
            &format!("the input of `{}`", self.name()),
            self.position(),
        )
    }

    /// The single input item, if there is one.
    fn single(&self, evaluator: &Evaluator<'r>) -> Result<Option<Value<'r>>, Fault> {
        let what = format!("the input of `{}`", self.name());
        Ok(evaluator
            .single(&self.input, &what, self.position())?
            .cloned())
    }

    fn error(&self, message: impl Into<String>) -> Fault {
        EvaluationError::new(self.position(), message)
    }
}

/// The compiled pattern of a call whose pattern is a literal; a bad pattern is an error of the expression.
pub(super) fn literal_pattern(call: &Call) -> Result<Option<Regex>, ExpressionError> {
    let Some(first) = call.arguments.first() else {
        return Ok(None);
    };
    let flags = match call.function.name {
        "replaceMatches" => call.arguments.get(2),
        _ => call.arguments.get(1),
    };
    let flags = flags.map_or(Some(""), Node::literal_text);
    let (Some(text), Some(flags)) = (first.literal_text(), flags) else {
        return Ok(None);
    };
    let whole = call.function.name == "matchesFull";
    let compiled = pattern(text, flags, whole);
    compiled
        .map(Some)
        .map_err(|error| ExpressionError::new(first.position, error))
}

/// Compiles a regular expression: a dot matches line ends too, as FHIRPath asks. Size is bounded, and matching is linear.
fn pattern(text: &str, flags: &str, whole: bool) -> Result<Regex, String> {
    let text = if whole {
        format!("^(?:{text})$")
    } else {
        text.to_owned()
    };
    if let Some(unknown) = flags.chars().find(|flag| !"ims".contains(*flag)) {
        return Err(format!("`{unknown}` is no flag: there are `i` and `m`"));
    }
    let built = RegexBuilder::new(&text)
        .dot_matches_new_line(true)
        .case_insensitive(flags.contains('i'))
        .multi_line(flags.contains('m'))
        .size_limit(MAX_PATTERN)
        .dfa_size_limit(MAX_PATTERN)
        .nest_limit(100)
        .build();
    built.map_err(|error| {
        let reason = error.to_string();
        let last = reason
            .lines()
            .last()
            .unwrap_or_default()
            .trim_start_matches("error: ");
        format!("`{text}` is no regular expression that is supported: {last}")
    })
}

/// How large a compiled regular expression may be, in bytes.
const MAX_PATTERN: usize = 1 << 20;

fn number_value<'r>(number: Option<Decimal>) -> Items<'r> {
    Items::from(number.map(Value::Decimal))
}

fn text_value<'r>(text: impl Into<Cow<'r, str>>) -> Items<'r> {
    Items::One(Value::Text(text.into()))
}
