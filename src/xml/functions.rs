//! The functions of XPath 1.0 that paths may call: one row each.

use super::document::Node;
use super::evaluate::{Context, EvaluationError, Evaluator};
use super::value::Value;

/// One function.
#[derive(Debug)]
pub(super) struct Function {
    pub(super) name: &'static str,
    /// Least and most arguments.
    pub(super) arity: (usize, usize),
    pub(super) takes: Takes,
    /// What it does, in one line.
    pub(super) doc: &'static str,
    pub(super) implementation: Implementation,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Takes {
    /// Any values.
    Values,
    /// Sets of nodes alone.
    Nodes,
}

type Implementation = for<'e, 'd, 'v> fn(
    &'e mut Evaluator,
    Context<'d>,
    &'v [Value<'d>],
) -> Result<Value<'d>, EvaluationError>;

/// A function as documentation shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FunctionDoc {
    /// Such as `starts-with`.
    pub name: &'static str,
    /// Least and most arguments; `usize::MAX` for any number.
    pub arity: (usize, usize),
    /// What it does, in one line.
    pub doc: &'static str,
}

/// All functions, for documentation.
pub fn function_docs() -> impl Iterator<Item = FunctionDoc> {
    FUNCTIONS.iter().map(|function| FunctionDoc {
        name: function.name,
        arity: function.arity,
        doc: function.doc,
    })
}

pub(super) fn find(name: &str) -> Option<&'static Function> {
    FUNCTIONS.iter().find(|function| function.name == name)
}

/// The candidate nearest to a misspelt name, where one is near.
pub(super) fn nearest_of<'c>(
    name: &str,
    candidates: impl Iterator<Item = &'c str>,
) -> Option<&'c str> {
    let scored =
        candidates.map(|candidate| (strsim::damerau_levenshtein(name, candidate), candidate));
    let (distance, nearest) = scored.min()?;
    (distance <= 1 + name.len() / 4).then_some(nearest)
}

const fn row(
    name: &'static str,
    arity: (usize, usize),
    takes: Takes,
    doc: &'static str,
    implementation: Implementation,
) -> Function {
    Function {
        name,
        arity,
        takes,
        doc,
        implementation,
    }
}

const FUNCTIONS: &[Function] = &[
    row(
        "count",
        (1, 1),
        Takes::Nodes,
        "how many nodes there are",
        count,
    ),
    row(
        "sum",
        (1, 1),
        Takes::Nodes,
        "the sum of the nodes' numbers",
        sum,
    ),
    row(
        "position",
        (0, 0),
        Takes::Values,
        "the place among the nodes that are filtered, from 1",
        position,
    ),
    row(
        "last",
        (0, 0),
        Takes::Values,
        "how many nodes are filtered",
        last,
    ),
    row(
        "local-name",
        (0, 1),
        Takes::Nodes,
        "the name of the first node, without prefix",
        local_name,
    ),
    row(
        "name",
        (0, 1),
        Takes::Nodes,
        "the name of the first node, without prefix",
        local_name,
    ),
    row(
        "namespace-uri",
        (0, 1),
        Takes::Nodes,
        "the namespace of the first node",
        namespace_uri,
    ),
    row(
        "string",
        (0, 1),
        Takes::Values,
        "the value as a text",
        string,
    ),
    row(
        "number",
        (0, 1),
        Takes::Values,
        "the value as a number",
        number,
    ),
    row(
        "boolean",
        (1, 1),
        Takes::Values,
        "the value as a truth value",
        boolean,
    ),
    row(
        "not",
        (1, 1),
        Takes::Values,
        "the opposite truth value",
        not,
    ),
    row("true", (0, 0), Takes::Values, "true", |_, _, _| {
        Ok(Value::Boolean(true))
    }),
    row("false", (0, 0), Takes::Values, "false", |_, _, _| {
        Ok(Value::Boolean(false))
    }),
    row(
        "concat",
        (2, usize::MAX),
        Takes::Values,
        "the texts in one",
        concat,
    ),
    row(
        "contains",
        (2, 2),
        Takes::Values,
        "true when the first text holds the second",
        contains,
    ),
    row(
        "starts-with",
        (2, 2),
        Takes::Values,
        "true when the first text starts with the second",
        starts_with,
    ),
    row(
        "substring",
        (2, 3),
        Takes::Values,
        "the text from a position, from 1, of a length if one is given",
        substring,
    ),
    row(
        "substring-before",
        (2, 2),
        Takes::Values,
        "what stands before the second text in the first",
        substring_before,
    ),
    row(
        "substring-after",
        (2, 2),
        Takes::Values,
        "what stands after the second text in the first",
        substring_after,
    ),
    row(
        "string-length",
        (0, 1),
        Takes::Values,
        "how many characters the text has",
        string_length,
    ),
    row(
        "normalize-space",
        (0, 1),
        Takes::Values,
        "the text with single spaces and none around it",
        normalize_space,
    ),
    row(
        "translate",
        (3, 3),
        Takes::Values,
        "the text with characters of the second replaced by those of the third",
        translate,
    ),
    row(
        "floor",
        (1, 1),
        Takes::Values,
        "the next whole number downwards",
        |evaluator, _, values| rounded(evaluator, values, f64::floor),
    ),
    row(
        "ceiling",
        (1, 1),
        Takes::Values,
        "the next whole number upwards",
        |evaluator, _, values| rounded(evaluator, values, f64::ceil),
    ),
    row(
        "round",
        (1, 1),
        Takes::Values,
        "the nearest whole number",
        |evaluator, _, values| rounded(evaluator, values, |number| (number + 0.5).floor()),
    ),
];

type Outcome<'d> = Result<Value<'d>, EvaluationError>;

fn nodes<'v, 'd>(values: &'v [Value<'d>]) -> &'v [Node<'d>] {
    match values.first() {
        Some(Value::Nodes(nodes)) => nodes,
        Some(Value::Text(_) | Value::Number(_) | Value::Boolean(_)) | None => &[],
    }
}

fn count<'d>(_: &mut Evaluator, _: Context<'d>, values: &[Value<'d>]) -> Outcome<'d> {
    Ok(Value::Number(nodes(values).len() as f64))
}

fn sum<'d>(evaluator: &mut Evaluator, _: Context<'d>, values: &[Value<'d>]) -> Outcome<'d> {
    let mut total = 0.0;
    for node in nodes(values) {
        total += Value::Text(evaluator.node_text(*node)?).number();
    }
    Ok(Value::Number(total))
}

fn position<'d>(_: &mut Evaluator, context: Context<'d>, _: &[Value<'d>]) -> Outcome<'d> {
    Ok(Value::Number(context.position as f64))
}

fn last<'d>(_: &mut Evaluator, context: Context<'d>, _: &[Value<'d>]) -> Outcome<'d> {
    Ok(Value::Number(context.size as f64))
}

/// The node that a name is asked of: the first given, or the one at hand.
fn named<'d>(context: Context<'d>, values: &[Value<'d>]) -> Option<Node<'d>> {
    if values.is_empty() {
        return Some(context.node);
    }
    nodes(values).first().copied()
}

fn local_name<'d>(_: &mut Evaluator, context: Context<'d>, values: &[Value<'d>]) -> Outcome<'d> {
    let name = named(context, values).map(Node::name).unwrap_or_default();
    Ok(Value::Text(name.to_owned()))
}

fn namespace_uri<'d>(_: &mut Evaluator, context: Context<'d>, values: &[Value<'d>]) -> Outcome<'d> {
    let namespace = named(context, values).and_then(Node::namespace);
    Ok(Value::Text(namespace.unwrap_or_default().to_owned()))
}

/// The text of an argument, or of the node at hand where it is left out.
fn text_or_here<'d>(
    evaluator: &mut Evaluator,
    context: Context<'d>,
    values: &[Value<'d>],
) -> Result<String, EvaluationError> {
    match values.first() {
        Some(value) => evaluator.text(value),
        None => evaluator.node_text(context.node),
    }
}

fn string<'d>(
    evaluator: &mut Evaluator,
    context: Context<'d>,
    values: &[Value<'d>],
) -> Outcome<'d> {
    text_or_here(evaluator, context, values).map(Value::Text)
}

fn number<'d>(
    evaluator: &mut Evaluator,
    context: Context<'d>,
    values: &[Value<'d>],
) -> Outcome<'d> {
    let number = match values.first() {
        Some(value) => evaluator.number(value)?,
        None => Value::Text(evaluator.node_text(context.node)?).number(),
    };
    Ok(Value::Number(number))
}

fn boolean<'d>(_: &mut Evaluator, _: Context<'d>, values: &[Value<'d>]) -> Outcome<'d> {
    Ok(Value::Boolean(values[0].truth()))
}

fn not<'d>(_: &mut Evaluator, _: Context<'d>, values: &[Value<'d>]) -> Outcome<'d> {
    Ok(Value::Boolean(!values[0].truth()))
}

fn concat<'d>(evaluator: &mut Evaluator, _: Context<'d>, values: &[Value<'d>]) -> Outcome<'d> {
    let mut whole = String::new();
    for value in values {
        whole.push_str(&evaluator.text(value)?);
    }
    evaluator.charge(whole.len() / 64)?;
    Ok(Value::Text(whole))
}

fn two_texts(
    evaluator: &mut Evaluator,
    values: &[Value<'_>],
) -> Result<(String, String), EvaluationError> {
    Ok((evaluator.text(&values[0])?, evaluator.text(&values[1])?))
}

fn contains<'d>(evaluator: &mut Evaluator, _: Context<'d>, values: &[Value<'d>]) -> Outcome<'d> {
    let (text, part) = two_texts(evaluator, values)?;
    Ok(Value::Boolean(text.contains(&part)))
}

fn starts_with<'d>(evaluator: &mut Evaluator, _: Context<'d>, values: &[Value<'d>]) -> Outcome<'d> {
    let (text, part) = two_texts(evaluator, values)?;
    Ok(Value::Boolean(text.starts_with(&part)))
}

fn substring_before<'d>(
    evaluator: &mut Evaluator,
    _: Context<'d>,
    values: &[Value<'d>],
) -> Outcome<'d> {
    let (text, part) = two_texts(evaluator, values)?;
    let before = text.split_once(&part).map(|(before, _)| before.to_owned());
    Ok(Value::Text(before.unwrap_or_default()))
}

fn substring_after<'d>(
    evaluator: &mut Evaluator,
    _: Context<'d>,
    values: &[Value<'d>],
) -> Outcome<'d> {
    let (text, part) = two_texts(evaluator, values)?;
    let after = text.split_once(&part).map(|(_, after)| after.to_owned());
    Ok(Value::Text(after.unwrap_or_default()))
}

/// Characters whose position, from 1, lies in the rounded range; not-a-number means none.
fn substring<'d>(evaluator: &mut Evaluator, _: Context<'d>, values: &[Value<'d>]) -> Outcome<'d> {
    let text = evaluator.text(&values[0])?;
    let nearest = |number: f64| (number + 0.5).floor();
    let start = nearest(evaluator.number(&values[1])?);
    let end = match values.get(2) {
        Some(length) => start + nearest(evaluator.number(length)?),
        None => f64::INFINITY,
    };
    let numbered = text.chars().zip(1_u32..);
    let inside = numbered.filter(|(_, at)| f64::from(*at) >= start && f64::from(*at) < end);
    Ok(Value::Text(inside.map(|(letter, _)| letter).collect()))
}

fn string_length<'d>(
    evaluator: &mut Evaluator,
    context: Context<'d>,
    values: &[Value<'d>],
) -> Outcome<'d> {
    let text = text_or_here(evaluator, context, values)?;
    Ok(Value::Number(text.chars().count() as f64))
}

fn normalize_space<'d>(
    evaluator: &mut Evaluator,
    context: Context<'d>,
    values: &[Value<'d>],
) -> Outcome<'d> {
    let text = text_or_here(evaluator, context, values)?;
    let words: Vec<&str> = text.split_ascii_whitespace().collect();
    Ok(Value::Text(words.join(" ")))
}

fn translate<'d>(evaluator: &mut Evaluator, _: Context<'d>, values: &[Value<'d>]) -> Outcome<'d> {
    let (text, from) = two_texts(evaluator, values)?;
    let to: Vec<char> = evaluator.text(&values[2])?.chars().collect();
    evaluator.charge(text.len().saturating_mul(from.len()) / 16)?;
    let replaced =
        text.chars().filter_map(
            |letter| match from.chars().position(|other| other == letter) {
                Some(at) => to.get(at).copied(),
                None => Some(letter),
            },
        );
    Ok(Value::Text(replaced.collect()))
}

fn rounded<'d>(
    evaluator: &mut Evaluator,
    values: &[Value<'d>],
    round: fn(f64) -> f64,
) -> Outcome<'d> {
    Ok(Value::Number(round(evaluator.number(&values[0])?)))
}
