//! The answers to one question: how many, of which type, within which limits, and from which options.

use super::question::{Question, Type};
use crate::fhir::definitions::{all, choice, text};
use crate::fhir::fhirpath::{Decimal, Quantity, Temporal, Unit};
use crate::fhir::terminology::{CodeRef, Membership};
use crate::fhir::tree::Element;
use crate::fhir::validate::rules::Context;
use crate::fhir::validate::rules::attachment::bytes_in;
use crate::fhir::validate::{Grade, Issue, IssueKind, Weight};
use std::borrow::Cow;
use std::cmp::Ordering;

/// Looks at all answers of one item.
pub(super) fn look(
    context: &Context<'_>,
    question: &Question<'_>,
    item: Element<'_>,
    answers: &[Element<'_>],
    missing: Grade,
    issues: &mut Vec<Issue>,
) {
    let mut look = Look {
        context,
        question,
        issues,
    };
    look.count(item, answers, missing);
    let values: Vec<(Element<'_>, Element<'_>)> = answers
        .iter()
        .filter_map(|answer| Some((*answer, choice(*answer, "value")?)))
        .collect();
    for (answer, value) in &values {
        look.value(*answer, *value);
    }
    look.exclusive(&values);
}

struct Look<'l> {
    context: &'l Context<'l>,
    question: &'l Question<'l>,
    issues: &'l mut Vec<Issue>,
}

impl Look<'_> {
    fn count(&mut self, item: Element<'_>, answers: &[Element<'_>], missing: Grade) {
        let (count, question) = (answers.len(), self.question);
        if count == 0 && question.is_required {
            let message = format!(
                "there is no answer to the required question `{}`",
                question.link_id
            );
            self.issues.push(Issue {
                grade: missing,
                ..Issue::error(IssueKind::Cardinality, "required", item, message)
            });
            return;
        }
        if count > 1 && !question.repeats {
            let message = format!(
                "question `{}` takes one answer, and there are {count}",
                question.link_id
            );
            self.error(IssueKind::Cardinality, "invalid", item, message);
        }
        let limit = |name: &str| question.extension(name)?.value()?.parse::<usize>().ok();
        if let Some(least) = limit("questionnaire-minOccurs").filter(|least| count < *least) {
            let message = format!(
                "question `{}` takes at least {least} answers, and there are {count}",
                question.link_id
            );
            self.issues.push(Issue {
                grade: missing,
                ..Issue::error(IssueKind::Cardinality, "invalid", item, message)
            });
        }
        if let Some(most) = limit("questionnaire-maxOccurs").filter(|most| count > *most) {
            let message = format!(
                "question `{}` takes at most {most} answers, and there are {count}",
                question.link_id
            );
            self.error(IssueKind::Cardinality, "invalid", item, message);
        }
    }

    fn value(&mut self, answer: Element<'_>, value: Element<'_>) {
        let Type::Answered(kind) = self.question.kind else {
            return;
        };
        let found = value.name().trim_start_matches("value");
        let allowed = allowed_types(kind, self.question);
        if !allowed.is_empty() && !allowed.contains(&found) {
            let message = format!(
                "question `{}` takes an answer of type {}, not {found}",
                self.question.link_id,
                allowed.join(" or ")
            );
            self.error(IssueKind::Type, "invariant", value, message);
            return;
        }
        self.limits(value, found);
        match found {
            "Attachment" => self.attachment(answer, value),
            "Reference" => self.reference(value),
            "Coding" => self.coding(answer, value),
            "String" if matches!(kind, "choice" | "open-choice" | "coding") => {
                self.option_text(answer, value)
            }
            _ => self.option(value, found),
        }
    }

    /// `minValue`, `maxValue`, their quantities, and lengths.
    fn limits(&mut self, value: Element<'_>, found: &str) {
        let names = match found {
            "Quantity" => [
                "sdc-questionnaire-minQuantity",
                "sdc-questionnaire-maxQuantity",
            ],
            _ => ["minValue", "maxValue"],
        };
        let wrong = [
            (Ordering::Less, "less", "least"),
            (Ordering::Greater, "greater", "greatest"),
        ];
        for (name, (side, word, limit_word)) in names.iter().zip(wrong) {
            let Some(limit) = self.question.extension(name) else {
                continue;
            };
            if found == "Quantity" && !has_units(value, limit) {
                let message = format!(
                    "the quantity has no formal unit, so it cannot be compared with the {limit_word} value {}",
                    shown(limit)
                );
                self.error(IssueKind::Value, "invariant", value, message);
            } else if order(value, limit) == Some(side) {
                let message = format!(
                    "`{}` is {word} than the {limit_word} value {}",
                    shown(value),
                    shown(limit)
                );
                self.error(IssueKind::Value, "invariant", value, message);
            }
        }
        let Some(written) = value.value() else { return };
        if let Some(most) = self
            .question
            .max_length
            .filter(|most| written.chars().count() > *most as usize)
        {
            self.error(
                IssueKind::Value,
                "invariant",
                value,
                format!("the answer is longer than {most} characters"),
            );
        }
        let least = self
            .question
            .extension("minLength")
            .and_then(|found| found.value()?.parse::<usize>().ok());
        if let Some(least) = least.filter(|least| written.chars().count() < *least) {
            self.error(
                IssueKind::Value,
                "invariant",
                value,
                format!("the answer is shorter than {least} characters"),
            );
        }
    }

    fn attachment(&mut self, answer: Element<'_>, value: Element<'_>) {
        let size = size_of(value);
        let most = self
            .question
            .extension("maxSize")
            .and_then(|found| found.value()?.parse::<f64>().ok());
        if let Some((size, most)) = size.zip(most).filter(|(size, most)| *size as f64 > *most) {
            let message =
                format!("the attachment is too large: {size} bytes, and {most} are allowed");
            self.error(IssueKind::Value, "required", answer, message);
        }
        let types: Vec<&str> = self
            .question
            .extensions("mimeType")
            .filter_map(Element::value)
            .collect();
        let found = text(value, "contentType").unwrap_or_default();
        if !types.is_empty() && !types.contains(&found) {
            let message = format!(
                "the attachment is `{found}`, and {} is due",
                types.join(" or ")
            );
            self.error(IssueKind::Value, "invariant", value, message);
        }
    }

    fn reference(&mut self, value: Element<'_>) {
        let allowed: Vec<&str> = self
            .question
            .extensions("questionnaire-referenceResource")
            .filter_map(Element::value)
            .collect();
        let written = text(value, "reference").unwrap_or_default();
        if let Some(scheme_like) = written
            .split(':')
            .next()
            .filter(|before| before.contains(' '))
        {
            let message =
                format!("`{written}` is no reference: there is a space in `{scheme_like}`");
            self.error(IssueKind::Reference, "invalid", value, message);
        }
        let mut parts = written.rsplit('/');
        let kind = parts.nth(1).or_else(|| text(value, "type"));
        let Some(kind) =
            kind.filter(|kind| kind.starts_with(|letter: char| letter.is_ascii_uppercase()))
        else {
            return;
        };
        if self.context.definitions.structure_of_type(kind).is_err() {
            self.error(
                IssueKind::Reference,
                "invariant",
                value,
                format!("there is no resource type `{kind}` in `{written}`"),
            );
        } else if !allowed.is_empty() && !allowed.contains(&kind) {
            let message = format!(
                "`{written}` leads to a {kind}, and {} is due",
                allowed.join(" or ")
            );
            self.error(IssueKind::Reference, "invariant", value, message);
        }
    }

    /// A code from the options, or from the value set.
    fn coding(&mut self, answer: Element<'_>, value: Element<'_>) {
        let options: Vec<Element<'_>> = self.question.options().map(|(_, value)| value).collect();
        if !options.is_empty()
            && !options.iter().any(|option| same(*option, value))
            && !is_other(self.question)
        {
            let message = format!(
                "`{}` is none of the options of question `{}`",
                shown(value),
                self.question.link_id
            );
            self.error(IssueKind::Binding, "code-invalid", value, message);
        }
        let Some(value_set) = self.question.value_set() else {
            return;
        };
        let code = CodeRef {
            system: text(value, "system"),
            version: text(value, "version"),
            code: text(value, "code").unwrap_or_default(),
            display: text(value, "display"),
        };
        match self.context.terminology.member(&code, value_set) {
            Membership::Member => {}
            Membership::NotMember(_) if is_other(self.question) => {}
            Membership::NotMember(why) => {
                let message = format!(
                    "the answer is not in the value set of question `{}`: {why}",
                    self.question.link_id
                );
                self.error(IssueKind::Binding, "code-invalid", answer, message);
            }
            Membership::Undecided(why) => {
                let message = format!(
                    "whether the answer is in the value set of question `{}` is open: {why}",
                    self.question.link_id
                );
                self.issues
                    .push(Issue::undecided(Weight::Minor, answer, message));
            }
        }
    }

    /// A text where options are codes: only where the question is open, or has such an option.
    fn option_text(&mut self, answer: Element<'_>, value: Element<'_>) {
        let options: Vec<Element<'_>> = self.question.options().map(|(_, value)| value).collect();
        if self.question.is_open()
            || options.is_empty()
            || options.iter().any(|option| same(*option, value))
        {
            return;
        }
        let message = format!(
            "`{}` is none of the options of question `{}`",
            shown(value),
            self.question.link_id
        );
        self.error(IssueKind::Value, "invariant", answer, message);
    }

    /// Options of simple types.
    fn option(&mut self, value: Element<'_>, found: &str) {
        let options: Vec<Element<'_>> = self.question.options().map(|(_, value)| value).collect();
        if options.is_empty()
            || self.question.is_open()
            || options.iter().any(|option| same(*option, value))
        {
            return;
        }
        let message = format!(
            "the {found} `{}` is none of the options of question `{}`",
            shown(value),
            self.question.link_id
        );
        self.error(IssueKind::Value, "invariant", value, message);
    }

    /// An option that excludes all others stands alone.
    fn exclusive(&mut self, values: &[(Element<'_>, Element<'_>)]) {
        if values.len() < 2 {
            return;
        }
        for (answer, value) in values {
            let excludes = self
                .question
                .options()
                .any(|(option, choice)| is_exclusive(option) && same(choice, *value));
            if excludes {
                let message = format!(
                    "`{}` excludes all other answers, and there are others",
                    shown(*value)
                );
                self.error(IssueKind::Value, "invariant", *answer, message);
            }
        }
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

/// The types that an answer may have, as they end the name of `value[x]`.
fn allowed_types(kind: &str, question: &Question<'_>) -> &'static [&'static str] {
    let has_options_of = |name: &str| {
        question
            .options()
            .any(|(_, value)| value.name().ends_with(name))
    };
    match kind {
        "boolean" => &["Boolean"],
        "decimal" => &["Decimal"],
        "integer" => &["Integer"],
        "date" => &["Date"],
        "dateTime" => &["DateTime"],
        "time" => &["Time"],
        "string" | "text" => &["String"],
        "url" => &["Uri"],
        "attachment" => &["Attachment"],
        "reference" => &["Reference"],
        "quantity" => &["Quantity"],
        "coding" if question.is_open() => &["Coding", "String"],
        "coding" => &["Coding"],
        // A choice may have options of simple types.
        "choice" if has_options_of("Coding") || question.value_set().is_some() => {
            &["Coding", "String"]
        }
        "choice" | "open-choice" => &["Coding", "String", "Integer", "Date", "Time", "Reference"],
        _ => &[],
    }
}

fn is_other(question: &Question<'_>) -> bool {
    question.is_open() && text(question.element, "answerConstraint") != Some("optionsOrString")
}

fn is_exclusive(option: Element<'_>) -> bool {
    let mut extensions = all(option, "extension");
    extensions.any(|extension| {
        let url = text(extension, "url").unwrap_or_default();
        url.ends_with("/questionnaire-optionExclusive")
            && text(extension, "valueBoolean") == Some("true")
    })
}

/// The size that is stated, or that of the data.
fn size_of(attachment: Element<'_>) -> Option<usize> {
    let stated = text(attachment, "size").and_then(|size| size.parse().ok());
    stated.or_else(|| text(attachment, "data").and_then(bytes_in))
}

/// Whether two values are the same: codes by system and code, simple values by their text.
pub(in crate::fhir::validate::rules) fn same(left: Element<'_>, right: Element<'_>) -> bool {
    if let Some((left, right)) = left.value().zip(right.value()) {
        return left == right || order_of_texts(left, right) == Some(Ordering::Equal);
    }
    let part = |name: &str| (text(left, name), text(right, name));
    let agrees = |name: &str| part(name).0 == part(name).1;
    match part("code") {
        (None, None) => agrees("reference") && agrees("value") && agrees("display"),
        _ => agrees("code") && agrees("system") && agrees("value"),
    }
}

/// Which of two values comes first; `None` where they cannot be compared.
pub(in crate::fhir::validate::rules) fn order(
    left: Element<'_>,
    right: Element<'_>,
) -> Option<Ordering> {
    match left.value().zip(right.value()) {
        Some((left, right)) => order_of_texts(left, right),
        None => order_of_quantities(left, right),
    }
}

fn order_of_texts(left: &str, right: &str) -> Option<Ordering> {
    let decimals = Decimal::parse(left).zip(Decimal::parse(right));
    if let Some((left, right)) = decimals {
        return left.partial_cmp(&right);
    }
    let points = Temporal::parse(left).zip(Temporal::parse(right));
    points.and_then(|(left, right)| left.compare(right))
}

fn has_units(value: Element<'_>, limit: Element<'_>) -> bool {
    let has_unit =
        |quantity| text(quantity, "system").is_some() && text(quantity, "code").is_some();
    has_unit(value) && has_unit(limit)
}

/// Units that stand in a fixed proportion are compared by it.
fn order_of_quantities(left: Element<'_>, right: Element<'_>) -> Option<Ordering> {
    let read = |quantity| {
        let unit = Unit::Code(Cow::Borrowed(text(quantity, "code")?));
        let value = Decimal::parse(text(quantity, "value")?)?;
        Some(Quantity { value, unit })
    };
    read(left)?.compare(&read(right)?)
}

/// A value in words.
fn shown(value: Element<'_>) -> String {
    if let Some(written) = value.value() {
        return written.to_owned();
    }
    let parts = ["value", "unit", "system", "code", "reference", "display"];
    let found = parts.iter().filter_map(|part| text(value, part));
    found.collect::<Vec<_>>().join(" ")
}
