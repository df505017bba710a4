//! Whether a question is to be answered at all: `enableWhen`, and expressions.

use super::question::Question;
use crate::fhir::definitions::{all, choice, text};
use crate::fhir::fhirpath::{Expression, Value, Variables};
use crate::fhir::tree::Element;
use crate::fhir::validate::rules::Context;
use std::cmp::Ordering;

/// Whether a question is enabled where it stands; `None` where that cannot be told.
pub(super) fn is_enabled(
    context: &Context<'_>,
    question: &Question<'_>,
    holder: Element<'_>,
    response: Element<'_>,
    questionnaire: Element<'_>,
) -> Option<bool> {
    if let Some(by_expression) = expression_of(question) {
        return by_rule(context, by_expression, response, questionnaire);
    }
    let conditions: Vec<Element<'_>> = all(question.element, "enableWhen").collect();
    if conditions.is_empty() {
        return Some(true);
    }
    let mut met = conditions
        .iter()
        .map(|condition| is_met(*condition, holder));
    // STU3 has no behaviour to state: any condition is enough there.
    let needs_all = text(question.element, "enableBehavior") == Some("all");
    Some(if needs_all {
        met.all(|met| met)
    } else {
        met.any(|met| met)
    })
}

fn expression_of<'q>(question: &Question<'q>) -> Option<&'q str> {
    let found = question.extension("sdc-questionnaire-enableWhenExpression")?;
    text(found, "expression")
}

fn by_rule(
    _: &Context<'_>,
    rule: &str,
    response: Element<'_>,
    questionnaire: Element<'_>,
) -> Option<bool> {
    let expression = Expression::parse(rule).ok()?;
    let variables =
        Variables::new().with_values("questionnaire", vec![Value::Element(questionnaire)]);
    let found = expression.evaluate_at(response, &variables).ok()?;
    found.truth()
}

/// One condition; the answers that count are those of the nearest items of that question.
fn is_met(condition: Element<'_>, holder: Element<'_>) -> bool {
    let asked = text(condition, "question").unwrap_or_default();
    let answers = answers_near(holder, asked);
    let wanted = choice(condition, "answer");
    let has_answer = text(condition, "hasAnswer").and_then(|text| text.parse::<bool>().ok());
    let operator = text(condition, "operator");
    match (operator, has_answer, wanted) {
        (None, Some(exists), _) => answers.is_empty() != exists,
        (Some("exists"), _, Some(wanted)) => answers.is_empty() != (wanted.value() == Some("true")),
        (operator, _, Some(wanted)) => compare_any(&answers, operator.unwrap_or("="), wanted),
        _ => true,
    }
}

/// `!=` holds where there is an answer and it differs.
fn compare_any(answers: &[Element<'_>], operator: &str, wanted: Element<'_>) -> bool {
    let order = |answer: &Element<'_>| super::answers::order(*answer, wanted);
    answers.iter().any(|answer| match operator {
        "=" => super::answers::same(*answer, wanted),
        "!=" => !super::answers::same(*answer, wanted),
        ">" => order(answer) == Some(Ordering::Greater),
        "<" => order(answer) == Some(Ordering::Less),
        ">=" => matches!(order(answer), Some(Ordering::Greater | Ordering::Equal)),
        "<=" => matches!(order(answer), Some(Ordering::Less | Ordering::Equal)),
        _ => true,
    })
}

/// The values of the answers to a question: looked for from here outwards, so that repeated groups keep to themselves.
fn answers_near<'r>(holder: Element<'r>, link_id: &str) -> Vec<Element<'r>> {
    let mut here = Some(holder);
    while let Some(scope) = here {
        let mut found = Vec::new();
        collect(scope, link_id, &mut found);
        let is_the_one = text(scope, "linkId") == Some(link_id);
        if is_the_one {
            found.extend(values_of(scope));
        }
        if !found.is_empty() || scope.kind() == crate::fhir::tree::Kind::Resource {
            return found;
        }
        here = scope.parent();
    }
    Vec::new()
}

fn collect<'r>(scope: Element<'r>, link_id: &str, found: &mut Vec<Element<'r>>) {
    for item in scope
        .descendants()
        .filter(|element| element.name() == "item")
    {
        if text(item, "linkId") == Some(link_id) {
            found.extend(values_of(item));
        }
    }
}

fn values_of<'r>(item: Element<'r>) -> impl Iterator<Item = Element<'r>> {
    all(item, "answer").filter_map(|answer| choice(answer, "value"))
}
