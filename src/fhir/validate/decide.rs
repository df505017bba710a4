//! Decides invariants at an element, and says so where they do not hold or cannot be decided.

use super::errata;
use super::invariant::{Invariant, Rule};
use super::run::Run;
use super::shape::{Node, Shape};
use super::{Grade, IssueKind, Weight};
use crate::fhir::definitions::{Constraint, Severity};
use crate::fhir::fhirpath::{
    Collection, EvaluationError, EvaluationErrorKind, Expression, ExpressionError, Value,
};
use crate::fhir::tree::{Element, Kind};

/// What an invariant comes to.
enum Decision {
    Holds,
    Broken,
    Open(String),
}

impl<'v> Run<'v> {
    /// All invariants of a node.
    pub(super) fn invariants(&mut self, element: Element<'v>, shape: &'v Shape, node: &'v Node) {
        for invariant in &node.invariants {
            let constraint = &shape.definition(node).constraints[invariant.at as usize];
            self.invariant(element, (shape, node), invariant, constraint);
        }
    }

    fn invariant(
        &mut self,
        element: Element<'v>,
        (shape, node): (&'v Shape, &'v Node),
        invariant: &'v Invariant,
        constraint: &'v Constraint,
    ) {
        let options = &self.validator.options;
        if constraint.best_practice && !options.best_practice {
            return;
        }
        if !self.spend(20) {
            return;
        }
        let decision = self.decision(element, node, invariant, constraint);
        if matches!(decision, Decision::Holds)
            || self
                .validator
                .options
                .ignored_constraints
                .contains(&*constraint.key)
        {
            return;
        }
        match decision {
            Decision::Holds => {}
            Decision::Broken => self.broken(element, shape, constraint),
            Decision::Open(why) => {
                let issue = self.report(
                    Grade::Information,
                    IssueKind::Undecided,
                    "incomplete",
                    element,
                    || {
                        format!(
                            "the invariant `{}` cannot be decided: {why}",
                            constraint.key
                        )
                    },
                );
                if let Some(issue) = issue {
                    issue.weight = Weight::Decisive;
                    issue.constraint = Some(constraint.key.to_string());
                    issue.profile = Some(shape.canonical.clone());
                }
            }
        }
    }

    fn broken(&mut self, element: Element<'v>, shape: &'v Shape, constraint: &'v Constraint) {
        let grade = match constraint.severity {
            Severity::Error if !constraint.best_practice => Grade::Error,
            Severity::Error | Severity::Warning => Grade::Warning,
        };
        let issue = self.report(grade, IssueKind::Invariant, "invariant", element, || {
            let rule = constraint
                .human
                .as_deref()
                .or(constraint.expression.as_deref());
            format!(
                "`{}` does not hold: {}",
                constraint.key,
                rule.unwrap_or_default()
            )
        });
        if let Some(issue) = issue {
            issue.constraint = Some(constraint.key.to_string());
            issue.profile = Some(shape.canonical.clone());
        }
    }

    fn decision(
        &mut self,
        element: Element<'v>,
        node: &'v Node,
        invariant: &'v Invariant,
        constraint: &'v Constraint,
    ) -> Decision {
        match &invariant.rule {
            Rule::Native(function) if function(element) => Decision::Holds,
            Rule::Native(_) => Decision::Broken,
            Rule::Silent => Decision::Open("it has no expression".to_owned()),
            Rule::Path(parsed) => {
                let text = constraint.expression.as_deref().unwrap_or_default();
                match parsed.get_or_init(|| parse(text)) {
                    Ok(expression) => self.evaluated(element, node, expression),
                    Err(error) => Decision::Open(format!("its expression is wrong: {error}")),
                }
            }
        }
    }

    /// The truth of an expression: as the specification has it for invariants, nothing is not true. What rests on a
    /// reference that leads nowhere known is open.
    fn evaluated(
        &mut self,
        element: Element<'v>,
        node: &'v Node,
        expression: &'v Expression,
    ) -> Decision {
        self.answers.took_a_miss();
        let found = match element.parent() {
            // What holds a resource asks about it: the resource in question is the one around.
            Some(above) if element.kind() == Kind::Resource && node.definition != 0 => {
                let around = vec![Value::Element(above.nearest_resource())];
                let variables = self
                    .validator
                    .variables(self.answers)
                    .with_values("resource", around);
                expression
                    .evaluate_at(element, &variables)
                    .map(|found| is_true(&found))
            }
            Some(_) | None => {
                let found = self.session.evaluate_at(expression, element);
                found.map(|found| is_true(&found))
            }
        };
        match found {
            Ok(true) => Decision::Holds,
            Ok(false) if self.answers.took_a_miss() => {
                Decision::Open("a reference cannot be resolved".to_owned())
            }
            Ok(false) => Decision::Broken,
            Err(error) => open(&error),
        }
    }
}

/// R5 itself publishes an invariant (`eld-11`) with double quotes around a text.
fn parse(text: &str) -> Result<Expression, ExpressionError> {
    let text = errata::expression(text);
    Expression::parse(text).or_else(|error| match text.contains('"') {
        true => Expression::parse(&text.replace('"', "'")).map_err(|_| error),
        false => Err(error),
    })
}

fn open(error: &EvaluationError) -> Decision {
    match error.kind {
        EvaluationErrorKind::Mismatch
        | EvaluationErrorKind::Unavailable
        | EvaluationErrorKind::Limit => Decision::Open(error.to_string()),
    }
}

/// A single truth value counts as itself, anything else that is there as true.
pub(super) fn is_true(found: &Collection<'_>) -> bool {
    match found.items() {
        [] => false,
        [Value::Boolean(truth)] => *truth,
        [Value::Element(element)] => element.value() != Some("false"),
        _ => true,
    }
}
