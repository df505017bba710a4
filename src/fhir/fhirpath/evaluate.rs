//! Walks the tree of an expression over elements.

use super::ast::{Literal, Node, NodeKind, Operation, Operator, Sign, Step, TypeOperator, Yields};
pub(crate) use super::error::{EvaluationError, Fault};
use super::functions::Invocation;
use super::items::Items;
use super::typing::KnownTypes;
use super::value::{Collection, Trace, Value, truth_of};
use super::variables::{Casts, Members, Variables};
use super::{arithmetic, compare, functions, navigate, system, walk};
use crate::fhir::tree::Element;
use std::borrow::Cow;

/// Items, or why there are none.
pub(crate) type Outcome<'r> = Result<Items<'r>, Fault>;

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
    pub(super) fn refuse_in_strict_mode(&self, first: &Node, steps: &[Step]) -> Result<(), Fault> {
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
    pub(super) fn chain(
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
