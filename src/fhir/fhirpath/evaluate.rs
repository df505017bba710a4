//! Walks the tree of an expression over elements.

use super::ast::{Literal, Logic, Node, NodeKind, Operation, Operator, Sign, Step, TypeOperator};
use super::functions::Invocation;
use super::value::{Collection, Trace, Value, truth_of};
use super::variables::Variables;
use super::{arithmetic, compare, equality, functions, navigate, system};
use crate::fhir::tree::Element;
use std::borrow::Cow;
use std::fmt;

/// Items under evaluation.
pub(crate) type Items<'r> = Vec<Value<'r>>;

/// Items, or why there are none.
pub(crate) type Outcome<'r> = Result<Items<'r>, EvaluationError>;

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
    pub(crate) fn new(position: usize, message: impl Into<String>) -> Self {
        Self {
            kind: EvaluationErrorKind::Mismatch,
            position,
            message: message.into(),
            help: None,
        }
    }

    pub(crate) fn unavailable(position: usize, message: impl Into<String>) -> Self {
        Self {
            kind: EvaluationErrorKind::Unavailable,
            ..Self::new(position, message)
        }
    }

    pub(crate) fn with_help(self, help: impl Into<String>) -> Self {
        Self {
            help: Some(help.into()),
            ..self
        }
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

/// Evaluates an expression with `context` as its input.
pub(super) fn evaluate<'r>(
    node: &'r Node,
    context: Element<'r>,
    variables: &'r Variables<'r>,
) -> Result<Collection<'r>, EvaluationError> {
    let mut evaluator = Evaluator {
        variables,
        context,
        steps_left: variables.max_steps,
        traces: Vec::new(),
        bundle: None,
    };
    let this = [Value::Element(context)];
    let scope = Scope {
        this: &this,
        index: None,
        total: None,
    };
    let items = evaluator.evaluate(node, scope)?;
    let traces = evaluator.traces;
    Ok(Collection { items, traces })
}

/// One evaluation: what it may use, and what it has used up.
pub(crate) struct Evaluator<'r> {
    pub(crate) variables: &'r Variables<'r>,
    pub(crate) context: Element<'r>,
    steps_left: u64,
    pub(crate) traces: Vec<Trace>,
    /// The entries of the enclosing Bundle by address, once `resolve()` was asked.
    pub(crate) bundle: Option<navigate::BundleIndex<'r>>,
}

/// What `$this`, `$index` and `$total` are.
#[derive(Clone, Copy)]
pub(crate) struct Scope<'s, 'r> {
    pub(crate) this: &'s [Value<'r>],
    pub(crate) index: Option<usize>,
    pub(crate) total: Option<&'s [Value<'r>]>,
}

impl<'r> Evaluator<'r> {
    /// Evaluates one node. Recursion is bounded by the parser's limit on nesting.
    pub(crate) fn evaluate(&mut self, node: &'r Node, scope: Scope<'_, 'r>) -> Outcome<'r> {
        self.charge(1, node.position)?;
        match &node.kind {
            NodeKind::Empty => Ok(Vec::new()),
            NodeKind::Literal(literal) => Ok(vec![value_of(literal)]),
            NodeKind::This => Ok(scope.this.to_vec()),
            NodeKind::Index => Ok(scope
                .index
                .map(|index| Value::Integer(index as i64))
                .into_iter()
                .collect()),
            NodeKind::Total => Ok(scope.total.unwrap_or_default().to_vec()),
            NodeKind::Variable(name) => navigate::variable(self, name, node.position),
            NodeKind::Member(member) => navigate::head(self, scope.this, member),
            NodeKind::Call(call) => {
                let input = scope.this.to_vec();
                functions::invoke(self, Invocation { input, call, scope })
            }
            NodeKind::Path(first, steps) => self.path(first, steps, scope),
            NodeKind::Signed(sign, operand) => {
                let items = self.evaluate(operand, scope)?;
                arithmetic::signed(self, *sign == Sign::Minus, &items, node.position)
            }
            NodeKind::Chain(first, operations) => self.chain(first, operations, scope),
            NodeKind::TypeTest(operand, operator, specifier) => {
                let items = self.evaluate(operand, scope)?;
                match operator {
                    TypeOperator::Is => functions::is_type(self, &items, specifier),
                    TypeOperator::As => functions::as_type(self, items, specifier),
                }
            }
        }
    }

    /// Each step takes what the one before it has found.
    fn path(&mut self, first: &'r Node, steps: &'r [Step], scope: Scope<'_, 'r>) -> Outcome<'r> {
        let mut items = self.evaluate(first, scope)?;
        navigate::refuse_after_cast(self, first, steps.first())?;
        for (at, step) in steps.iter().enumerate() {
            navigate::refuse_unordered(self, &steps[..at], step)?;
            items = match step {
                Step::Member(member) => navigate::member(self, &items, member)?,
                Step::Call(call) => functions::invoke(
                    self,
                    Invocation {
                        input: items,
                        call,
                        scope,
                    },
                )?,
                Step::Item(index) => self.item(items, index, scope)?,
            };
        }
        Ok(items)
    }

    /// `[index]`: an index outside of the collection finds nothing, as FHIRPath wants.
    fn item(&mut self, mut items: Items<'r>, index: &'r Node, scope: Scope<'_, 'r>) -> Outcome<'r> {
        let index_items = self.evaluate(index, scope)?;
        let Some(at) = self.integer(&index_items, "the index", index.position)? else {
            return Ok(Vec::new());
        };
        match usize::try_from(at) {
            Ok(at) if at < items.len() => Ok(vec![items.swap_remove(at)]),
            Ok(_) | Err(_) => Ok(Vec::new()),
        }
    }

    /// Operators of one level group from the left.
    fn chain(
        &mut self,
        first: &'r Node,
        operations: &'r [Operation],
        scope: Scope<'_, 'r>,
    ) -> Outcome<'r> {
        let mut left = self.evaluate(first, scope)?;
        for operation in operations {
            left = self.operation(left, operation, scope)?;
        }
        Ok(left)
    }

    /// One operator on what stands left of it; the right side is evaluated here.
    fn operation(
        &mut self,
        left: Items<'r>,
        operation: &'r Operation,
        scope: Scope<'_, 'r>,
    ) -> Outcome<'r> {
        let position = operation.position;
        if let Operator::Logic(logic) = operation.operator {
            return self.logic(logic, &left, operation, scope);
        }
        let right = self.evaluate(&operation.operand, scope)?;
        match operation.operator {
            // invariant: handled above, before the right side is evaluated.
            Operator::Logic(_) => Ok(Vec::new()),
            Operator::Equal => equality::equal(self, &left, &right, position).map(truth),
            Operator::NotEqual => {
                let equal = equality::equal(self, &left, &right, position)?;
                Ok(truth(equal.map(|equal| !equal)))
            }
            Operator::Equivalent => {
                let equivalent = equality::equivalent(self, &left, &right, position)?;
                Ok(truth(Some(equivalent)))
            }
            Operator::NotEquivalent => {
                let equivalent = equality::equivalent(self, &left, &right, position)?;
                Ok(truth(Some(!equivalent)))
            }
            Operator::Order(order) => compare::ordered(self, order, &left, &right, position),
            Operator::Union => compare::union(self, left, right, position),
            Operator::In => compare::membership(self, &left, &right, position),
            Operator::Contains => compare::membership(self, &right, &left, position),
            Operator::Concatenate => arithmetic::concatenate(self, &left, &right, position),
            Operator::Arithmetic(operator) => {
                arithmetic::calculate(self, operator, &left, &right, position)
            }
        }
    }

    /// Three-valued logic; what the left side settles is not evaluated on the right.
    fn logic(
        &mut self,
        logic: Logic,
        left: &[Value<'r>],
        operation: &'r Operation,
        scope: Scope<'_, 'r>,
    ) -> Outcome<'r> {
        let left = self.boolean(left, operation.position)?;
        let settled = match (logic, left) {
            (Logic::And, Some(false)) => Some(false),
            (Logic::Or, Some(true)) | (Logic::Implies, Some(false)) => Some(true),
            (Logic::And | Logic::Or | Logic::Implies | Logic::Xor, _) => None,
        };
        if settled.is_some() {
            return Ok(truth(settled));
        }
        let right = self.evaluate(&operation.operand, scope)?;
        let right = self.boolean(&right, operation.position)?;
        Ok(truth(match logic {
            Logic::And if right == Some(false) => Some(false),
            Logic::And => left.and(right),
            Logic::Or | Logic::Implies if right == Some(true) => Some(true),
            // What the left side is here, settled nothing: false for `or`, true for `implies`, or open.
            Logic::Or | Logic::Implies => left.and(right),
            Logic::Xor => left.zip(right).map(|(left, right)| left != right),
        }))
    }

    /// Takes steps from what is left.
    pub(crate) fn charge(&mut self, steps: usize, position: usize) -> Result<(), EvaluationError> {
        match self.steps_left.checked_sub(steps as u64) {
            Some(left) => {
                self.steps_left = left;
                Ok(())
            }
            None => Err(EvaluationError {
                kind: EvaluationErrorKind::Limit,
                ..EvaluationError::new(
                    position,
                    format!(
                        "the evaluation takes more than {} steps",
                        self.variables.max_steps
                    ),
                )
            }),
        }
    }

    /// The only item, if there is one.
    pub(crate) fn single<'i>(
        &self,
        items: &'i [Value<'r>],
        what: &str,
        position: usize,
    ) -> Result<Option<&'i Value<'r>>, EvaluationError> {
        match items {
            [] => Ok(None),
            [item] => Ok(Some(item)),
            several => {
                let message = format!(
                    "{what} must be a single item, and there are {}",
                    several.len()
                );
                Err(EvaluationError::new(position, message))
            }
        }
    }

    /// Singleton evaluation as a truth value.
    pub(crate) fn boolean(
        &self,
        items: &[Value<'r>],
        position: usize,
    ) -> Result<Option<bool>, EvaluationError> {
        Ok(self.single(items, "a condition", position)?.map(truth_of))
    }

    /// A whole number, for arguments and indices; an XML text that reads as one counts.
    pub(crate) fn integer(
        &self,
        items: &[Value<'r>],
        what: &str,
        position: usize,
    ) -> Result<Option<i64>, EvaluationError> {
        let Some(item) = self.single(items, what, position)? else {
            return Ok(None);
        };
        match system::system_value(self, item) {
            Some(Value::Integer(number)) => Ok(Some(number)),
            Some(Value::Text(text))
                if item.system_type().is_none() && text.parse::<i64>().is_ok() =>
            {
                Ok(text.parse().ok())
            }
            _ => Err(EvaluationError::new(
                position,
                format!("{what} must be a whole number"),
            )),
        }
    }

    /// A text argument; an element counts where it has a value.
    pub(crate) fn text(
        &self,
        items: &[Value<'r>],
        what: &str,
        position: usize,
    ) -> Result<Option<Cow<'r, str>>, EvaluationError> {
        let Some(item) = self.single(items, what, position)? else {
            return Ok(None);
        };
        match item {
            Value::Text(text) => Ok(Some(text.clone())),
            Value::Element(element) if element.value().is_some() => {
                Ok(element.value().map(Cow::Borrowed))
            }
            // A primitive that has nothing but extensions has no value to look at.
            Value::Element(element) if navigate::is_valueless_primitive(*element) => Ok(None),
            Value::Element(_)
            | Value::Boolean(_)
            | Value::Integer(_)
            | Value::Decimal(_)
            | Value::Temporal(_)
            | Value::Quantity(_)
            | Value::Type(_) => {
                let message = format!(
                    "{what} must be a text, not {}",
                    system::describe(self, item)
                );
                Err(EvaluationError::new(position, message)
                    .with_help("`toString()` makes a text of a simple value"))
            }
        }
    }
}

/// A truth value, or nothing, as items.
pub(crate) fn truth<'r>(truth: Option<bool>) -> Items<'r> {
    truth.map(Value::Boolean).into_iter().collect()
}

/// Literals are borrowed from the expression, so that using one costs no memory.
fn value_of(literal: &Literal) -> Value<'_> {
    match literal {
        Literal::Boolean(truth) => Value::Boolean(*truth),
        Literal::Integer(number) => Value::Integer(*number),
        Literal::Decimal(number) => Value::Decimal(*number),
        Literal::Text(text) => Value::Text(Cow::Borrowed(text)),
        Literal::Temporal(point) => Value::Temporal(*point),
        Literal::Quantity(quantity) => Value::Quantity(quantity.clone()),
    }
}
