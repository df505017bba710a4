//! What a Questionnaire asks, as far as answers can be compared with it.

use crate::fhir::definitions::{all, choice, flag, number, text};
use crate::fhir::tree::Element;

/// One item of a questionnaire.
#[derive(Debug)]
pub(super) struct Question<'q> {
    pub(super) element: Element<'q>,
    pub(super) link_id: &'q str,
    pub(super) kind: Type<'q>,
    pub(super) is_required: bool,
    pub(super) repeats: bool,
    pub(super) max_length: Option<u32>,
    pub(super) inner: Vec<Question<'q>>,
}

/// What kind of item it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Type<'q> {
    /// Items inside, and no answer.
    Group,
    /// A text to read.
    Display,
    /// A question whose answers have this type.
    Answered(&'q str),
}

/// How deep questions are read; the tree itself is bounded, too.
const MAX_DEPTH: usize = 100;

impl<'q> Question<'q> {
    /// All questions of a questionnaire.
    pub(super) fn read_all(questionnaire: Element<'q>) -> Vec<Self> {
        read(questionnaire, 0)
    }

    /// The question of a link id, at any depth.
    pub(super) fn find<'s>(questions: &'s [Self], link_id: &str) -> Option<&'s Self> {
        questions
            .iter()
            .find_map(|question| match question.link_id == link_id {
                true => Some(question),
                false => Self::find(&question.inner, link_id),
            })
    }

    /// The values of an extension of the question, by the end of its address.
    pub(super) fn extensions(&self, name: &str) -> impl Iterator<Item = Element<'q>> {
        let ending = format!("/{name}");
        let meant = move |extension: &Element<'q>| {
            text(*extension, "url").is_some_and(|url| url.ends_with(&ending))
        };
        all(self.element, "extension")
            .filter(meant)
            .filter_map(|extension| choice(extension, "value"))
    }

    /// The value of an extension of the question.
    pub(super) fn extension(&self, name: &str) -> Option<Element<'q>> {
        self.extensions(name).next()
    }

    /// The answers that may be chosen: `answerOption.value[x]`, and STU3's `option.value[x]`.
    pub(super) fn options(&self) -> impl Iterator<Item = (Element<'q>, Element<'q>)> {
        let options = self
            .element
            .children()
            .filter(|child| matches!(child.name(), "answerOption" | "option"));
        options.filter_map(|option| Some((option, choice(option, "value")?)))
    }

    /// The value set that answers are chosen from: `answerValueSet`, and STU3's `options.reference`.
    pub(super) fn value_set(&self) -> Option<&'q str> {
        let stu3 = || text(self.element.child("options")?, "reference");
        text(self.element, "answerValueSet").or_else(stu3)
    }

    /// Whether an answer may also be a text, or another value of the type.
    pub(super) fn is_open(&self) -> bool {
        let constraint = text(self.element, "answerConstraint");
        self.kind == Type::Answered("open-choice")
            || matches!(constraint, Some("optionsOrString" | "optionsOrType"))
    }
}

fn read(holder: Element<'_>, depth: usize) -> Vec<Question<'_>> {
    if depth > MAX_DEPTH {
        return Vec::new();
    }
    all(holder, "item")
        .map(|item| Question {
            element: item,
            link_id: text(item, "linkId").unwrap_or_default(),
            kind: match text(item, "type").unwrap_or_default() {
                "group" => Type::Group,
                "display" => Type::Display,
                other => Type::Answered(other),
            },
            is_required: flag(item, "required") == Some(true),
            repeats: flag(item, "repeats") == Some(true),
            max_length: number(item, "maxLength"),
            inner: read(item, depth + 1),
        })
        .collect()
}
