//! QuestionnaireResponse against its Questionnaire (R4 and R5, questionnaireresponse.html, "Rules for response").

mod answers;
mod enabled;
mod question;

use super::Context;
use crate::fhir::definitions::{Canonical, all, text};
use crate::fhir::tree::{Element, Resource};
use crate::fhir::validate::{Grade, Issue, IssueKind, Weight};
pub(super) use answers::{order, same};
use question::{Question, Type};
use std::sync::Arc;

/// Looks at one response.
pub(super) fn look(context: &Context<'_>, response: Element<'_>, issues: &mut Vec<Issue>) {
    let Some(named) = response.child("questionnaire") else {
        return;
    };
    let Some(address) = named.value().or_else(|| text(named, "reference")) else {
        return;
    };
    if let Some(id) = address.strip_prefix('#') {
        let mut contained = all(response, "contained");
        if let Some(found) = contained.find(|contained| text(*contained, "id") == Some(id)) {
            compare(context, response, found, issues);
        }
        return;
    }
    match questionnaire(context, address) {
        Some(found) if found.type_name() == Some("Questionnaire") => {
            compare(context, response, found.root(), issues)
        }
        Some(found) => {
            let kind = found.type_name().unwrap_or("something else");
            let message = format!("`{address}` leads to a {kind}, and a Questionnaire is due");
            issues.push(Issue::error(
                IssueKind::Reference,
                "invalid",
                named,
                message,
            ));
        }
        None => {
            let message = format!(
                "the questionnaire `{address}` is not at hand, so the answers were not compared with it"
            );
            issues.push(Issue::undecided(Weight::Minor, named, message));
        }
    }
}

/// By canonical address, or as a relative reference (STU3).
fn questionnaire(context: &Context<'_>, address: &str) -> Option<Arc<Resource>> {
    let wanted = Canonical::of(address);
    let exact = context.definitions.find(address);
    exact
        .or_else(|| context.definitions.find(wanted.url))
        .or_else(|| context.resolver?.resolve(address))
}

fn compare(
    context: &Context<'_>,
    response: Element<'_>,
    questionnaire: Element<'_>,
    issues: &mut Vec<Issue>,
) {
    let questions = Question::read_all(questionnaire);
    let is_open = text(response, "status") == Some("in-progress");
    let mut walk = Walk {
        context,
        response,
        questionnaire,
        all: &questions,
        missing: if is_open {
            Grade::Warning
        } else {
            Grade::Error
        },
        issues,
    };
    walk.items(&questions, response);
}

/// One comparison under way.
struct Walk<'w> {
    context: &'w Context<'w>,
    response: Element<'w>,
    questionnaire: Element<'w>,
    all: &'w [Question<'w>],
    /// How grave a missing answer is: a response in progress may still lack some.
    missing: Grade,
    issues: &'w mut Vec<Issue>,
}

impl<'w> Walk<'w> {
    /// The items below an element (the response, an item or an answer) against the questions that belong there.
    fn items(&mut self, questions: &[Question<'w>], holder: Element<'w>) {
        let items: Vec<Element<'w>> = all(holder, "item").collect();
        self.places(questions, holder, &items);
        for question in questions {
            let given: Vec<Element<'w>> = items
                .iter()
                .copied()
                .filter(|item| text(*item, "linkId") == Some(question.link_id))
                .collect();
            let is_enabled = enabled::is_enabled(
                self.context,
                question,
                holder,
                self.response,
                self.questionnaire,
            );
            match given.as_slice() {
                [] if is_enabled != Some(false) && question.is_required => {
                    self.missing(question, holder)
                }
                [] => {}
                given => self.given(question, given, is_enabled),
            }
        }
    }

    /// Items that belong elsewhere, or nowhere, or come in another order than their questions.
    fn places(&mut self, questions: &[Question<'w>], holder: Element<'w>, items: &[Element<'w>]) {
        let mut last = 0;
        for item in items {
            let Some(link_id) = text(*item, "linkId") else {
                continue;
            };
            let place = questions
                .iter()
                .position(|question| question.link_id == link_id);
            match place {
                Some(place) if place < last => {
                    let message = format!(
                        "item `{link_id}` stands behind an item that comes later in the questionnaire"
                    );
                    self.error(IssueKind::Structure, "structure", *item, message);
                }
                Some(place) => last = place,
                None => self.stray(link_id, holder, *item),
            }
        }
    }

    fn stray(&mut self, link_id: &str, holder: Element<'w>, item: Element<'w>) {
        match Question::find(self.all, link_id) {
            Some(_) => {
                let message = format!(
                    "item `{link_id}` stands in another place than its question in the questionnaire"
                );
                self.error(IssueKind::Structure, "structure", item, message);
            }
            None => {
                let message = format!("the questionnaire has no question `{link_id}`");
                self.error(IssueKind::Structure, "not-found", holder, message);
            }
        }
    }

    fn missing(&mut self, question: &Question<'w>, holder: Element<'w>) {
        let message = format!(
            "there is no answer to the required question `{}`",
            question.link_id
        );
        self.issues.push(Issue {
            grade: self.missing,
            ..Issue::error(IssueKind::Cardinality, "required", holder, message)
        });
    }

    /// One or several items for one question.
    fn given(&mut self, question: &Question<'w>, items: &[Element<'w>], is_enabled: Option<bool>) {
        if items.len() > 1 && !question.repeats {
            let message = format!(
                "question `{}` does not repeat, and there are {} items for it",
                question.link_id,
                items.len()
            );
            self.error(IssueKind::Cardinality, "invalid", items[1], message);
        }
        for item in items {
            self.item(question, *item, is_enabled);
        }
    }

    fn item(&mut self, question: &Question<'w>, item: Element<'w>, is_enabled: Option<bool>) {
        let answers: Vec<Element<'w>> = all(item, "answer").collect();
        if is_enabled == Some(false) {
            if !answers.is_empty() || all(item, "item").next().is_some() {
                let message = format!(
                    "question `{}` is not enabled, and still has an answer",
                    question.link_id
                );
                self.error(IssueKind::Structure, "invalid", item, message);
            }
            return;
        }
        match question.kind {
            Type::Group => return self.group(question, item, &answers),
            Type::Display => return,
            Type::Answered(_) => {}
        }
        answers::look(
            self.context,
            question,
            item,
            &answers,
            self.missing,
            self.issues,
        );
        for answer in &answers {
            self.items(&question.inner, *answer);
        }
        if all(item, "item").next().is_some() {
            let message = format!(
                "question `{}` is no group: what belongs to an answer stands in the answer",
                question.link_id
            );
            self.error(IssueKind::Structure, "structure", item, message);
        }
    }

    fn group(&mut self, question: &Question<'w>, item: Element<'w>, answers: &[Element<'w>]) {
        if let Some(answer) = answers.first() {
            let message = format!(
                "`{}` is a group, and a group has no answers",
                question.link_id
            );
            self.error(IssueKind::Structure, "structure", *answer, message);
        }
        if question.is_required && all(item, "item").next().is_none() {
            let message = format!(
                "there is nothing in the required group `{}`",
                question.link_id
            );
            self.error(IssueKind::Cardinality, "invariant", item, message);
            return;
        }
        self.items(&question.inner, item);
    }

    fn error(
        &mut self,
        kind: IssueKind,
        code: &'static str,
        element: Element<'_>,
        message: String,
    ) {
        self.issues.push(Issue::error(kind, code, element, message));
    }
}

#[cfg(test)]
mod tests;
