//! Walks a parsed path over a document. The work is counted and bounded.

use super::document::{Node, NodeKind};
use super::expression::{Axis, Expression, Location, Namespace, Operator, Start, Step, Test};
use super::value::Value;
use std::fmt;

/// How many nodes and values one evaluation may touch.
pub const MAX_STEPS: usize = 20_000_000;

/// An evaluation that was ended because it took too much work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EvaluationError {
    /// What is wrong: lowercase, no full stop.
    pub message: String,
}

impl fmt::Display for EvaluationError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message)
    }
}

impl std::error::Error for EvaluationError {}

/// Evaluates an expression with `node` as the place to start from.
pub(super) fn evaluate<'d>(
    expression: &Expression,
    node: Node<'d>,
) -> Result<Value<'d>, EvaluationError> {
    let mut evaluator = Evaluator {
        steps_left: MAX_STEPS,
    };
    let context = Context {
        node,
        position: 1,
        size: 1,
    };
    evaluator.evaluate(expression, context)
}

/// Where an expression is evaluated.
#[derive(Clone, Copy)]
pub(super) struct Context<'d> {
    pub(super) node: Node<'d>,
    /// The place among the nodes that a predicate filters, from 1.
    pub(super) position: usize,
    pub(super) size: usize,
}

pub(super) struct Evaluator {
    steps_left: usize,
}

type Nodes<'d> = Vec<Node<'d>>;

impl Evaluator {
    /// Evaluates one expression. Recursion is bounded by the parser's limit on nesting.
    pub(super) fn evaluate<'d>(
        &mut self,
        expression: &Expression,
        context: Context<'d>,
    ) -> Result<Value<'d>, EvaluationError> {
        self.charge(1)?;
        match expression {
            Expression::Text(text) => Ok(Value::Text(text.clone())),
            Expression::Number(number) => Ok(Value::Number(*number)),
            Expression::Negative(inner) => {
                let value = self.evaluate(inner, context)?;
                Ok(Value::Number(-self.number(&value)?))
            }
            Expression::Chain(first, rest) => self.chain(first, rest, context),
            Expression::Call(function, arguments) => {
                let mut values = Vec::with_capacity(arguments.len());
                for argument in arguments {
                    values.push(self.evaluate(argument, context)?);
                }
                (function.implementation)(self, context, &values)
            }
            Expression::Location(location) => self.location(location, context).map(Value::Nodes),
        }
    }

    /// Operators group from the left; `and` and `or` stop where the left side settles them.
    fn chain<'d>(
        &mut self,
        first: &Expression,
        rest: &[(Operator, Expression)],
        context: Context<'d>,
    ) -> Result<Value<'d>, EvaluationError> {
        let mut left = self.evaluate(first, context)?;
        for (operator, right) in rest {
            // What the left side settles is not evaluated on the right.
            let settled = (*operator == Operator::Or && left.truth())
                || (*operator == Operator::And && !left.truth());
            if settled {
                left = Value::Boolean(*operator == Operator::Or);
                continue;
            }
            let right = self.evaluate(right, context)?;
            left = self.operate(*operator, left, right)?;
        }
        Ok(left)
    }

    /// One operator on two values.
    fn operate<'d>(
        &mut self,
        operator: Operator,
        left: Value<'d>,
        right: Value<'d>,
    ) -> Result<Value<'d>, EvaluationError> {
        let arithmetic = |calculate: fn(f64, f64) -> f64, evaluator: &mut Self| {
            let (left, right) = (evaluator.number(&left)?, evaluator.number(&right)?);
            Ok(Value::Number(calculate(left, right)))
        };
        match operator {
            Operator::Or | Operator::And => Ok(Value::Boolean(right.truth())),
            Operator::Equal
            | Operator::NotEqual
            | Operator::Less
            | Operator::LessOrEqual
            | Operator::Greater
            | Operator::GreaterOrEqual => self.compare(operator, &left, &right).map(Value::Boolean),
            Operator::Plus => arithmetic(|left, right| left + right, self),
            Operator::Minus => arithmetic(|left, right| left - right, self),
            Operator::Times => arithmetic(|left, right| left * right, self),
            Operator::Divide => arithmetic(|left, right| left / right, self),
            Operator::Remainder => arithmetic(|left, right| left % right, self),
            Operator::Union => Ok(union(left, right)),
        }
    }

    /// Nodes compare when any of them does; against a truth value, a set of nodes counts as one.
    fn compare(
        &mut self,
        operator: Operator,
        left: &Value<'_>,
        right: &Value<'_>,
    ) -> Result<bool, EvaluationError> {
        let boolean = [left, right]
            .iter()
            .any(|side| matches!(side, Value::Boolean(_)));
        let equality = matches!(operator, Operator::Equal | Operator::NotEqual);
        if boolean && equality {
            return Ok((left.truth() == right.truth()) == (operator == Operator::Equal));
        }
        let (lefts, rights) = (self.singles(left)?, self.singles(right)?);
        for left in &lefts {
            for right in &rights {
                self.charge(1)?;
                if compare_singles(operator, left, right) {
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }

    /// A value as single values: the text of each node, or itself.
    fn singles<'d>(&mut self, value: &Value<'d>) -> Result<Vec<Value<'d>>, EvaluationError> {
        let Value::Nodes(nodes) = value else {
            return Ok(vec![value.clone()]);
        };
        let mut texts = Vec::with_capacity(nodes.len());
        for node in nodes {
            texts.push(Value::Text(self.node_text(*node)?));
        }
        Ok(texts)
    }

    /// Each step takes the nodes that the one before it has found.
    fn location<'d>(
        &mut self,
        location: &Location,
        context: Context<'d>,
    ) -> Result<Nodes<'d>, EvaluationError> {
        let mut nodes = match &location.start {
            Start::Here => vec![context.node],
            Start::Root => vec![root_of(context.node)],
            Start::Filter(expression, predicates) => {
                let value = self.evaluate(expression, context)?;
                // invariant: the parser lets only nodes have predicates and steps.
                let Value::Nodes(nodes) = value else {
                    return Ok(Vec::new());
                };
                self.filter(nodes, predicates)?
            }
        };
        let mut steps = location.steps.as_slice();
        while let Some((step, rest)) = steps.split_first() {
            (nodes, steps) = match shortcut(step, rest) {
                Some(direct) => (self.step(&nodes, &direct)?, &rest[1..]),
                None => (self.step(&nodes, step)?, rest),
            };
        }
        Ok(nodes)
    }

    /// The nodes of an axis that fit, from every node, once each and in document order.
    fn step<'d>(&mut self, nodes: &[Node<'d>], step: &Step) -> Result<Nodes<'d>, EvaluationError> {
        let mut found = Vec::new();
        let mut covered = 0;
        for node in nodes {
            let below = matches!(step.axis, Axis::Descendant | Axis::DescendantOrSelf);
            // Nodes stand in document order: what is below an earlier one has been found already.
            if below && step.predicates.is_empty() && node.id < covered {
                continue;
            }
            covered = covered.max(node.id + node.size());
            self.charge(axis_cost(*node, step.axis))?;
            let candidates = axis_nodes(*node, step.axis);
            let fitting = candidates
                .into_iter()
                .filter(|node| fits(*node, step))
                .collect();
            found.extend(self.filter(fitting, &step.predicates)?);
        }
        Ok(in_document_order(found))
    }

    /// Applies predicates one after the other; a number means a position.
    fn filter<'d>(
        &mut self,
        mut nodes: Nodes<'d>,
        predicates: &[Expression],
    ) -> Result<Nodes<'d>, EvaluationError> {
        for predicate in predicates {
            let size = nodes.len();
            let mut kept = Vec::new();
            for (at, node) in nodes.into_iter().enumerate() {
                let position = at + 1;
                let context = Context {
                    node,
                    position,
                    size,
                };
                let keeps = match self.evaluate(predicate, context)? {
                    Value::Number(number) => number == position as f64,
                    other @ (Value::Nodes(_) | Value::Text(_) | Value::Boolean(_)) => other.truth(),
                };
                if keeps {
                    kept.push(node);
                }
            }
            nodes = kept;
        }
        Ok(nodes)
    }

    /// The text of a value, with the length of it counted as work.
    pub(super) fn text(&mut self, value: &Value<'_>) -> Result<String, EvaluationError> {
        match value {
            Value::Nodes(nodes) => match nodes.first() {
                Some(node) => self.node_text(*node),
                None => Ok(String::new()),
            },
            Value::Text(_) | Value::Number(_) | Value::Boolean(_) => {
                let text = value.text();
                self.charge(text.len() / 64)?;
                Ok(text)
            }
        }
    }

    pub(super) fn node_text(&mut self, node: Node<'_>) -> Result<String, EvaluationError> {
        self.charge(1 + node.size() + node.text_length() / 64)?;
        Ok(node.text())
    }

    pub(super) fn number(&mut self, value: &Value<'_>) -> Result<f64, EvaluationError> {
        match value {
            Value::Nodes(_) => Ok(Value::Text(self.text(value)?).number()),
            Value::Text(_) | Value::Number(_) | Value::Boolean(_) => Ok(value.number()),
        }
    }

    /// Takes steps from what is left.
    pub(super) fn charge(&mut self, steps: usize) -> Result<(), EvaluationError> {
        match self.steps_left.checked_sub(steps) {
            Some(left) => {
                self.steps_left = left;
                Ok(())
            }
            None => Err(EvaluationError {
                message: format!("the path takes more than {MAX_STEPS} steps over this document"),
            }),
        }
    }
}

/// `//name` is one walk, unless a predicate counts positions among siblings.
fn shortcut(step: &Step, rest: &[Step]) -> Option<Step> {
    let next = rest.first()?;
    let anything =
        step.axis == Axis::DescendantOrSelf && step.test == Test::Any && step.predicates.is_empty();
    let direct = next.axis == Axis::Child && next.predicates.is_empty();
    (anything && direct).then(|| Step {
        axis: Axis::Descendant,
        ..next.clone()
    })
}

/// A number on either side makes it a comparison of numbers, and so does any order.
fn compare_singles(operator: Operator, left: &Value<'_>, right: &Value<'_>) -> bool {
    let numbers = matches!(left, Value::Number(_)) || matches!(right, Value::Number(_));
    match operator {
        Operator::Equal if !numbers => left.text() == right.text(),
        Operator::NotEqual if !numbers => left.text() != right.text(),
        Operator::Equal => left.number() == right.number(),
        Operator::NotEqual => left.number() != right.number(),
        Operator::Less => left.number() < right.number(),
        Operator::LessOrEqual => left.number() <= right.number(),
        Operator::Greater => left.number() > right.number(),
        Operator::GreaterOrEqual => left.number() >= right.number(),
        Operator::Or
        | Operator::And
        | Operator::Plus
        | Operator::Minus
        | Operator::Times
        | Operator::Divide
        | Operator::Remainder
        | Operator::Union => false,
    }
}

/// Nodes of both sides, once each.
fn union<'d>(left: Value<'d>, right: Value<'d>) -> Value<'d> {
    // invariant: the parser lets `|` join nodes only.
    let (Value::Nodes(mut nodes), Value::Nodes(more)) = (left, right) else {
        return Value::Nodes(Vec::new());
    };
    nodes.extend(more);
    Value::Nodes(in_document_order(nodes))
}

/// Most steps find nodes in order already; sorting is for the others.
fn in_document_order(mut nodes: Nodes<'_>) -> Nodes<'_> {
    if !nodes.is_sorted_by(|one, other| one.id < other.id) {
        nodes.sort_unstable_by_key(|node| node.id);
        nodes.dedup();
    }
    nodes
}

/// What `/` starts from.
fn root_of(node: Node<'_>) -> Node<'_> {
    let mut here = node;
    while let Some(above) = here.parent() {
        here = above;
    }
    here
}

/// How many nodes an axis may touch.
fn axis_cost(node: Node<'_>, axis: Axis) -> usize {
    match axis {
        Axis::Descendant | Axis::DescendantOrSelf => node.size(),
        Axis::Child => 1 + node.children().count(),
        Axis::FollowingSibling | Axis::PrecedingSibling => {
            1 + node.parent().map_or(0, |parent| parent.children().count())
        }
        Axis::Attribute | Axis::Itself | Axis::Parent | Axis::Ancestor | Axis::AncestorOrSelf => 4,
    }
}

/// The nodes of an axis, nearest first.
fn axis_nodes<'d>(node: Node<'d>, axis: Axis) -> Nodes<'d> {
    let ancestors = || std::iter::successors(node.parent(), |above| above.parent());
    let siblings = || {
        let parent = node.parent().filter(|_| node.kind() != NodeKind::Attribute);
        parent.into_iter().flat_map(|parent| parent.children())
    };
    match axis {
        Axis::Child => node.children().collect(),
        Axis::Descendant => node.descendants().collect(),
        Axis::DescendantOrSelf => std::iter::once(node).chain(node.descendants()).collect(),
        Axis::Attribute => node.attributes().collect(),
        Axis::Itself => vec![node],
        Axis::Parent => node.parent().into_iter().collect(),
        Axis::Ancestor => ancestors().collect(),
        Axis::AncestorOrSelf => std::iter::once(node).chain(ancestors()).collect(),
        Axis::FollowingSibling => siblings().filter(|other| other.id > node.id).collect(),
        Axis::PrecedingSibling => {
            let mut before: Nodes<'d> = siblings().filter(|other| other.id < node.id).collect();
            before.reverse();
            before
        }
    }
}

/// The test of a step. A name on the attribute axis means attributes, on any other axis elements.
fn fits(node: Node<'_>, step: &Step) -> bool {
    let (namespace, name) = match &step.test {
        Test::Any => return true,
        Test::Text => return node.kind() == NodeKind::Text,
        Test::Name { namespace, name } => (namespace, name),
    };
    let principal = match step.axis {
        Axis::Attribute => NodeKind::Attribute,
        Axis::Child
        | Axis::Descendant
        | Axis::DescendantOrSelf
        | Axis::Itself
        | Axis::Parent
        | Axis::Ancestor
        | Axis::AncestorOrSelf
        | Axis::FollowingSibling
        | Axis::PrecedingSibling => NodeKind::Element,
    };
    let in_namespace = match namespace {
        Namespace::Any => true,
        Namespace::None => node.namespace().is_none(),
        Namespace::Named(wanted) => node.namespace() == Some(wanted),
    };
    let named = name.as_ref().is_none_or(|wanted| node.name() == wanted);
    node.kind() == principal && in_namespace && named
}
