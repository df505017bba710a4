//! Conditions: what yields a truth value is evaluated as one, with as few collections as can be.

use super::ast::{Literal, Logic, Node, NodeKind, Operation, Operator, Yields};
use super::error::Fault;
use super::evaluate::{Evaluator, Scope};
use super::value::Value;
use super::{compare, equality, walk};

impl<'r> Evaluator<'r> {
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

    /// One operator that yields a truth value, or nothing.
    pub(super) fn compared(
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
}
