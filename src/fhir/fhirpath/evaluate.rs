//! Walks the tree of an expression over elements.

use super::ast::{
    Literal, Logic, Node, NodeKind, Operation, Operator, Sign, Step, TypeOperator, Yields,
};
use super::functions::Invocation;
use super::items::Items;
use super::typing::KnownTypes;
use super::value::{Collection, Trace, Value, truth_of};
use super::variables::{Casts, Members, Variables};
use super::{arithmetic, compare, equality, functions, navigate, system, walk};
use crate::fhir::tree::Element;
use std::borrow::Cow;
use std::fmt;

/// Items, or why there are none.
pub(crate) type Outcome<'r> = Result<Items<'r>, Fault>;

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

/// One evaluation: what it may use, and what it has used up.
pub(crate) struct Evaluator<'r> {
    pub(crate) variables: &'r Variables<'r>,
    pub(crate) context: Element<'r>,
    steps_left: u64,
    pub(crate) traces: Vec<Trace>,
    /// What `defineVariable()` has defined where the evaluation stands, innermost last.
    pub(crate) defined: Vec<(Cow<'r, str>, Items<'r>)>,
    /// The entries of the enclosing Bundle by address, once `resolve()` was asked.
    pub(crate) bundle: Option<navigate::BundleIndex<'r>>,
    pub(crate) known_types: KnownTypes<'r>,
}

/// What `$this`, `$index` and `$total` are.
#[derive(Clone, Copy)]
pub(crate) struct Scope<'s, 'r> {
    pub(crate) this: &'s [Value<'r>],
    pub(crate) index: Option<usize>,
    pub(crate) total: Option<&'s [Value<'r>]>,
}

impl<'r> Evaluator<'r> {
    /// Ready for an evaluation at an element.
    pub(super) fn new(variables: &'r Variables<'r>, context: Element<'r>) -> Self {
        Self {
            variables,
            context,
            steps_left: variables.max_steps,
            traces: Vec::new(),
            defined: Vec::new(),
            bundle: None,
            known_types: KnownTypes::default(),
        }
    }

    /// Ready for another evaluation, with what was learnt of the Bundle.
    pub(super) fn start(&mut self, context: Element<'r>) {
        self.context = context;
        self.steps_left = self.variables.max_steps;
        self.traces.clear();
        self.defined.clear();
    }

    /// A whole expression, with the context as its input.
    pub(super) fn whole(&mut self, node: &'r Node) -> Result<Collection<'r>, Fault> {
        let this = [Value::Element(self.context)];
        let items = self.evaluate(node, Scope::of(&this))?;
        let traces = std::mem::take(&mut self.traces);
        Ok(Collection { items, traces })
    }

    /// A whole expression as a condition.
    pub(super) fn whole_truth(&mut self, node: &'r Node) -> Result<Option<bool>, Fault> {
        let this = [Value::Element(self.context)];
        let scope = Scope::of(&this);
        if self.variables.casts == Casts::Single || node.yields == Yields::Truth {
            return self.truth(node, scope);
        }
        let items = self.evaluate(node, scope)?;
        match &*items {
            // STU3's own `ele-1` joins its conditions with `|`, and means that there is something.
            [_, _, ..] => Ok(Some(true)),
            at_most_one => self.boolean(at_most_one, node.position),
        }
    }

    /// Evaluates one node. Recursion is bounded by the parser's limit on nesting.
    pub(crate) fn evaluate(&mut self, node: &'r Node, scope: Scope<'_, 'r>) -> Outcome<'r> {
        self.charge(1, node.position)?;
        match &node.kind {
            NodeKind::Empty => Ok(Items::Empty),
            NodeKind::Literal(literal) => Ok(Items::One(value_of(literal))),
            NodeKind::This => Ok(Items::of(scope.this)),
            NodeKind::Index => Ok(Items::from(
                scope.index.map(|index| Value::Integer(index as i64)),
            )),
            NodeKind::Total => Ok(Items::of(scope.total.unwrap_or_default())),
            NodeKind::Variable(variable) => navigate::variable(self, variable, node.position),
            NodeKind::Head(member) => navigate::head(self, scope, member),
            NodeKind::Path(..) | NodeKind::Chain(..) | NodeKind::Not(_)
                if node.yields == Yields::Truth =>
            {
                self.truth(node, scope).map(truth)
            }
            NodeKind::Not(inner) => {
                let inner = self.truth(inner, scope)?;
                Ok(truth(inner.map(|inner| !inner)))
            }
            NodeKind::Path(first, steps) => self.path(first, steps, scope),
            NodeKind::Chain(first, operations) => self.chain(first, operations, scope),
            NodeKind::Signed(sign, operand) => {
                let items = self.evaluate(operand, scope)?;
                arithmetic::signed(self, *sign == Sign::Minus, &items, node.position)
            }
            NodeKind::TypeTest(operand, operator, specifier) => {
                let items = self.evaluate(operand, scope)?;
                match operator {
                    TypeOperator::Is => functions::is_type(self, &items, specifier),
                    TypeOperator::As => functions::as_type(self, items, specifier),
                }
            }
        }
    }

    /// Evaluates one node as a condition: singleton evaluation, with as few collections as can be.
    pub(crate) fn truth(
        &mut self,
        node: &'r Node,
        scope: Scope<'_, 'r>,
    ) -> Result<Option<bool>, Fault> {
        self.charge(1, node.position)?;
        match &node.kind {
            NodeKind::Path(inner, steps) if steps.is_empty() => self.truth(inner, scope),
            NodeKind::Path(first, steps) if node.yields == Yields::Truth => {
                self.refuse_in_strict_mode(first, steps)?;
                self.asked(first, scope, |evaluator, input| {
                    walk::truth(evaluator, input, steps, scope)
                })
            }
            NodeKind::Not(inner) => Ok(self.truth(inner, scope)?.map(|inner| !inner)),
            NodeKind::Chain(first, operations) => match operations.as_slice() {
                [operation, ..] if operation.operator.logic().is_some() => {
                    self.logic_chain(first, operations, scope)
                }
                [operation] if node.yields == Yields::Truth => {
                    self.comparison(first, operation, scope)
                }
                _ => {
                    let items = self.chain(first, operations, scope)?;
                    self.boolean(&items, node.position)
                }
            },
            NodeKind::Empty
            | NodeKind::Literal(_)
            | NodeKind::This
            | NodeKind::Index
            | NodeKind::Total
            | NodeKind::Variable(_)
            | NodeKind::Head(_)
            | NodeKind::Path(..)
            | NodeKind::Signed(..)
            | NodeKind::TypeTest(..) => {
                let items = self.evaluate(node, scope)?;
                self.boolean(&items, node.position)
            }
        }
    }

    /// A node that yields a count.
    fn count(&mut self, node: &'r Node, scope: Scope<'_, 'r>) -> Result<i64, Fault> {
        if let NodeKind::Literal(Literal::Integer(number)) = &node.kind {
            return Ok(*number);
        }
        let NodeKind::Path(first, steps) = &node.kind else {
            // invariant: nothing else yields a count.
            return Ok(0);
        };
        if steps.is_empty() {
            return self.count(first, scope);
        }
        self.refuse_in_strict_mode(first, steps)?;
        self.asked(first, scope, |evaluator, input| {
            walk::count(evaluator, input, steps, scope)
        })
    }

    /// Asks a question of what a path starts with.
    fn asked<T>(
        &mut self,
        first: &'r Node,
        scope: Scope<'_, 'r>,
        ask: impl FnOnce(&mut Self, &[Value<'r>]) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        if let NodeKind::This = first.kind {
            return ask(self, scope.this);
        }
        let input = self.evaluate(first, scope)?;
        ask(self, &input)
    }

    /// One operator that compares, with what can be compared without collections first.
    fn comparison(
        &mut self,
        left: &'r Node,
        operation: &'r Operation,
        scope: Scope<'_, 'r>,
    ) -> Result<Option<bool>, Fault> {
        let (operator, right) = (operation.operator, &operation.operand);
        match (left.yields, right.yields) {
            (Yields::Truth, Yields::Truth)
                if matches!(operator, Operator::Equal | Operator::NotEqual) =>
            {
                let left = self.truth_apart(left, scope)?;
                let right = self.truth_apart(right, scope)?;
                let both = left.zip(right);
                Ok(both.map(|(left, right)| (left == right) == (operator == Operator::Equal)))
            }
            (Yields::Count, Yields::Count) if operator.of_numbers(0, 0).is_some() => {
                let left = self.count(left, scope)?;
                let right = self.count(right, scope)?;
                Ok(operator.of_numbers(left, right))
            }
            _ => {
                let left = self.apart(left, scope)?;
                match (operator, right.union_parts()) {
                    (Operator::In, Some((first, others))) => {
                        self.is_in_any(&left, first, others, operation.position, scope)
                    }
                    _ => self.compared(&left, operation, scope),
                }
            }
        }
    }

    /// Whether an item is in `a | b | c`: the union is never made, and what comes after a hit not evaluated.
    fn is_in_any(
        &mut self,
        item: &[Value<'r>],
        first: &'r Node,
        others: &'r [Operation],
        position: usize,
        scope: Scope<'_, 'r>,
    ) -> Result<Option<bool>, Fault> {
        let parts = std::iter::once(first).chain(others.iter().map(|other| &other.operand));
        for part in parts {
            let items = self.apart(part, scope)?;
            match compare::membership(self, item, &items, position)? {
                Some(false) => {}
                settled => return Ok(settled),
            }
        }
        Ok(Some(false))
    }

    /// Evaluates an argument with an item as `$this`; what is defined there is not seen outside.
    pub(crate) fn evaluate_for(
        &mut self,
        node: &'r Node,
        item: &Value<'r>,
        scope: Scope<'_, 'r>,
    ) -> Outcome<'r> {
        let scope = Scope {
            this: std::slice::from_ref(item),
            index: None,
            ..scope
        };
        self.apart(node, scope)
    }

    /// Evaluates an argument as a condition on an item.
    pub(crate) fn truth_for(
        &mut self,
        node: &'r Node,
        item: &Value<'r>,
        scope: Scope<'_, 'r>,
    ) -> Result<Option<bool>, Fault> {
        let scope = Scope {
            this: std::slice::from_ref(item),
            index: None,
            ..scope
        };
        self.truth_apart(node, scope)
    }

    /// Evaluates an operand or an argument: a variable that it defines is known in it alone.
    pub(crate) fn apart(&mut self, node: &'r Node, scope: Scope<'_, 'r>) -> Outcome<'r> {
        let known = self.defined.len();
        let outcome = self.evaluate(node, scope);
        self.defined.truncate(known);
        outcome
    }

    /// The same as a condition.
    pub(crate) fn truth_apart(
        &mut self,
        node: &'r Node,
        scope: Scope<'_, 'r>,
    ) -> Result<Option<bool>, Fault> {
        let known = self.defined.len();
        let outcome = self.truth(node, scope);
        self.defined.truncate(known);
        outcome
    }

    /// Each step takes what the one before it has found.
    fn path(&mut self, first: &'r Node, steps: &'r [Step], scope: Scope<'_, 'r>) -> Outcome<'r> {
        self.refuse_in_strict_mode(first, steps)?;
        if let NodeKind::This = first.kind
            && steps.first().is_some_and(Step::streams)
        {
            let (items, rest) = walk::stretch(self, scope.this, steps, scope)?;
            return self.steps(items, rest, scope);
        }
        let items = self.evaluate(first, scope)?;
        self.steps(items, steps, scope)
    }

    /// What strict mode knows of a path before it is walked.
    fn refuse_in_strict_mode(&self, first: &Node, steps: &[Step]) -> Result<(), Fault> {
        if self.variables.members == Members::Lenient {
            return Ok(());
        }
        navigate::refuse_after_cast(self, first, steps.first())?;
        navigate::refuse_unordered(steps)
    }

    fn steps(
        &mut self,
        mut items: Items<'r>,
        mut steps: &'r [Step],
        scope: Scope<'_, 'r>,
    ) -> Outcome<'r> {
        while let Some((step, rest)) = steps.split_first() {
            (items, steps) = match step {
                step if step.streams() => walk::stretch(self, &items, steps, scope)?,
                Step::Call(call) => {
                    let input = items;
                    let found = functions::invoke(self, Invocation { input, call, scope })?;
                    (found, rest)
                }
                Step::Item(index) => (self.item(items, index, scope)?, rest),
                // invariant: a member streams.
                Step::Member(_) => (items, rest),
            };
        }
        Ok(items)
    }

    /// `[index]`: an index outside of the collection finds nothing, as FHIRPath wants.
    fn item(&mut self, items: Items<'r>, index: &'r Node, scope: Scope<'_, 'r>) -> Outcome<'r> {
        let index_items = self.apart(index, scope)?;
        let at = self.integer(&index_items, "the index", index.position)?;
        let at = at.and_then(|at| usize::try_from(at).ok());
        Ok(Items::from(at.and_then(|at| items.into_nth(at))))
    }

    /// Operators of one level group from the left.
    fn chain(
        &mut self,
        first: &'r Node,
        operations: &'r [Operation],
        scope: Scope<'_, 'r>,
    ) -> Outcome<'r> {
        let mut left = self.apart(first, scope)?;
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
        match operation.operator {
            Operator::Union => {
                let right = self.apart(&operation.operand, scope)?;
                compare::union(self, left, right, position)
            }
            Operator::Concatenate => {
                let right = self.apart(&operation.operand, scope)?;
                arithmetic::concatenate(self, &left, &right, position)
            }
            Operator::Arithmetic(operator) => {
                let right = self.apart(&operation.operand, scope)?;
                arithmetic::calculate(self, operator, &left, &right, position)
            }
            Operator::Logic(_)
            | Operator::Equal
            | Operator::NotEqual
            | Operator::Equivalent
            | Operator::NotEquivalent
            | Operator::Order(_)
            | Operator::In
            | Operator::Contains => self.compared(&left, operation, scope).map(truth),
        }
    }

    /// One operator that yields a truth value, or nothing.
    fn compared(
        &mut self,
        left: &[Value<'r>],
        operation: &'r Operation,
        scope: Scope<'_, 'r>,
    ) -> Result<Option<bool>, Fault> {
        let position = operation.position;
        let right = self.apart(&operation.operand, scope)?;
        match operation.operator {
            Operator::Equal => equality::equal(self, left, &right, position),
            Operator::NotEqual => {
                let equal = equality::equal(self, left, &right, position)?;
                Ok(equal.map(|equal| !equal))
            }
            Operator::Equivalent => equality::equivalent(self, left, &right, position).map(Some),
            Operator::NotEquivalent => {
                let equivalent = equality::equivalent(self, left, &right, position)?;
                Ok(Some(!equivalent))
            }
            Operator::Order(order) => compare::ordered(self, order, left, &right, position),
            Operator::In => compare::membership(self, left, &right, position),
            Operator::Contains => compare::membership(self, &right, left, position),
            // invariant: a level of logic is evaluated as such, and the others yield items.
            Operator::Logic(_)
            | Operator::Union
            | Operator::Concatenate
            | Operator::Arithmetic(_) => Ok(None),
        }
    }

    /// Operators of three-valued logic, from left to right.
    fn logic_chain(
        &mut self,
        first: &'r Node,
        operations: &'r [Operation],
        scope: Scope<'_, 'r>,
    ) -> Result<Option<bool>, Fault> {
        let mut left = self.truth_apart(first, scope)?;
        for operation in operations {
            if let Some(logic) = operation.operator.logic() {
                left = self.logic(logic, left, &operation.operand, scope)?;
            }
        }
        Ok(left)
    }

    /// What the left side settles is not evaluated on the right.
    fn logic(
        &mut self,
        logic: Logic,
        left: Option<bool>,
        right: &'r Node,
        scope: Scope<'_, 'r>,
    ) -> Result<Option<bool>, Fault> {
        match (logic, left) {
            (Logic::And, Some(false)) => return Ok(Some(false)),
            (Logic::Or, Some(true)) | (Logic::Implies, Some(false)) => return Ok(Some(true)),
            (Logic::And | Logic::Or | Logic::Implies | Logic::Xor, _) => {}
        }
        let right = self.truth_apart(right, scope)?;
        Ok(match logic {
            Logic::And if right == Some(false) => Some(false),
            Logic::And => left.and(right),
            Logic::Or | Logic::Implies if right == Some(true) => Some(true),
            // What the left side is here, settled nothing: false for `or`, true for `implies`, or open.
            Logic::Or | Logic::Implies => left.and(right),
            Logic::Xor => left.zip(right).map(|(left, right)| left != right),
        })
    }

    /// Takes steps from what is left.
    pub(crate) fn charge(&mut self, steps: usize, position: usize) -> Result<(), Fault> {
        match self.steps_left.checked_sub(steps as u64) {
            Some(left) => {
                self.steps_left = left;
                Ok(())
            }
            None => {
                let most = self.variables.max_steps;
                let message = format!("the evaluation takes more than {most} steps");
                Err(EvaluationError::limit(position, message))
            }
        }
    }

    /// The only item, if there is one.
    pub(crate) fn single<'i>(
        &self,
        items: &'i [Value<'r>],
        what: &str,
        position: usize,
    ) -> Result<Option<&'i Value<'r>>, Fault> {
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
    ) -> Result<Option<bool>, Fault> {
        Ok(self.single(items, "a condition", position)?.map(truth_of))
    }

    /// A whole number, for arguments and indices; an XML text that reads as one counts.
    pub(crate) fn integer(
        &self,
        items: &[Value<'r>],
        what: &str,
        position: usize,
    ) -> Result<Option<i64>, Fault> {
        let Some(item) = self.single(items, what, position)? else {
            return Ok(None);
        };
        match system::system_value(self, item) {
            Some(Value::Integer(number) | Value::Long(number)) => Ok(Some(number)),
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
    ) -> Result<Option<Cow<'r, str>>, Fault> {
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
            | Value::Long(_)
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

impl<'s, 'r> Scope<'s, 'r> {
    /// The scope of a whole expression.
    fn of(this: &'s [Value<'r>]) -> Self {
        Self {
            this,
            index: None,
            total: None,
        }
    }
}

/// A truth value, or nothing, as items.
pub(crate) fn truth<'r>(truth: Option<bool>) -> Items<'r> {
    Items::from(truth.map(Value::Boolean))
}

/// Literals are borrowed from the expression, so that using one costs no memory.
fn value_of(literal: &Literal) -> Value<'_> {
    match literal {
        Literal::Boolean(truth) => Value::Boolean(*truth),
        Literal::Integer(number) => Value::Integer(*number),
        Literal::Long(number) => Value::Long(*number),
        Literal::Decimal(number) => Value::Decimal(*number),
        Literal::Text(text) => Value::Text(Cow::Borrowed(text)),
        Literal::Temporal(point) => Value::Temporal(*point),
        Literal::Quantity(quantity) => Value::Quantity(quantity.clone()),
    }
}
