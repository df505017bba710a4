//! Questionnaires (questionnaire.html): conditions, and what a derived questionnaire may change.

use super::Context;
use crate::fhir::definitions::{Version, all, choice, flag, text};
use crate::fhir::tree::Element;
use crate::fhir::validate::{Issue, IssueKind, Weight};
use std::collections::BTreeMap;

/// Looks at one questionnaire.
pub(super) fn look(context: &Context<'_>, questionnaire: Element<'_>, issues: &mut Vec<Issue>) {
    let items = items_of(questionnaire);
    for item in items.values() {
        for condition in all(*item, "enableWhen") {
            asked(condition, *item, &items, issues);
        }
        behaviour(context, *item, issues);
    }
    for base in all(questionnaire, "derivedFrom") {
        derived(context, base, &items, issues);
    }
}

/// All items at any depth by link id.
fn items_of(questionnaire: Element<'_>) -> BTreeMap<&str, Element<'_>> {
    let items = questionnaire
        .descendants()
        .filter(|element| element.name() == "item");
    items
        .filter_map(|item| Some((text(item, "linkId")?, item)))
        .collect()
}

/// Several conditions need a behaviour: `que-12` says so of two and more in words, and of three and more in the
/// expression that R4 and R4B publish.
fn behaviour(context: &Context<'_>, item: Element<'_>, issues: &mut Vec<Issue>) {
    let is_stated_short = matches!(context.definitions.version(), Version::R4 | Version::R4B);
    let conditions = all(item, "enableWhen").count();
    if is_stated_short && conditions == 2 && item.child("enableBehavior").is_none() {
        let message = "`enableBehavior` must say whether one of the two conditions is enough";
        let issue = Issue::error(IssueKind::Invariant, "invariant", item, message);
        issues.push(issue.of_constraint("que-12"));
    }
}

/// A condition names another question, and none of those inside its own.
fn asked(
    condition: Element<'_>,
    item: Element<'_>,
    items: &BTreeMap<&str, Element<'_>>,
    issues: &mut Vec<Issue>,
) {
    let Some(question) = text(condition, "question") else {
        return;
    };
    match items.get(question) {
        None => {
            let message = format!("the condition asks for `{question}`, and there is no such item");
            issues.push(Issue::error(
                IssueKind::Reference,
                "business-rule",
                condition,
                message,
            ));
        }
        Some(found) if is_within(*found, item) => {
            let message = format!(
                "the condition asks for `{question}`, which is inside of the item that it enables"
            );
            issues.push(Issue::error(
                IssueKind::Reference,
                "business-rule",
                item,
                message,
            ));
        }
        Some(_) => {}
    }
}

fn is_within(inner: Element<'_>, outer: Element<'_>) -> bool {
    let mut here = Some(inner);
    while let Some(element) = here {
        if element == outer {
            return true;
        }
        here = element.parent();
    }
    false
}

/// Items that the base has, too, keep what its readers rely on: where the derivation promises that.
fn derived(
    context: &Context<'_>,
    base: Element<'_>,
    items: &BTreeMap<&str, Element<'_>>,
    issues: &mut Vec<Issue>,
) {
    let promised = all(base, "extension").any(|extension| {
        let is_kind = text(extension, "url")
            .is_some_and(|url| url.ends_with("/questionnaire-derivationType"));
        let code = choice(extension, "value")
            .and_then(|value| value.value().or_else(|| text(value, "code")));
        is_kind && matches!(code, Some("compliesWith" | "extends"))
    });
    let Some(address) = base.value().filter(|_| promised) else {
        return;
    };
    let Some(found) = context
        .definitions
        .find(address)
        .filter(|found| found.type_name() == Some("Questionnaire"))
    else {
        let message = format!(
            "the questionnaire `{address}` is not at hand, so the items were not compared with it"
        );
        issues.push(Issue::undecided(Weight::Minor, base, message));
        return;
    };
    let theirs = items_of(found.root());
    for (link_id, item) in items {
        if let Some(original) = theirs.get(link_id) {
            compared(*item, *original, issues);
        }
    }
}

fn compared(item: Element<'_>, original: Element<'_>, issues: &mut Vec<Issue>) {
    let link_id = text(item, "linkId").unwrap_or_default();
    let mut wrong = |place: Option<Element<'_>>, message: String| {
        issues.push(Issue::error(
            IssueKind::Value,
            "business-rule",
            place.unwrap_or(item),
            message,
        ));
    };
    let kinds = (text(item, "type"), text(original, "type"));
    if kinds.0 != kinds.1 {
        let due = kinds.1.unwrap_or_default();
        wrong(
            item.child("type"),
            format!("`{link_id}` has the type {due} in the base, and keeps it"),
        );
    }
    if flag(item, "repeats") == Some(true) && flag(original, "repeats") != Some(true) {
        wrong(
            item.child("repeats"),
            format!("`{link_id}` does not repeat in the base, and so not here"),
        );
    }
    if flag(item, "required") != Some(true) && flag(original, "required") == Some(true) {
        wrong(
            item.child("required"),
            format!("`{link_id}` is required in the base, and so here"),
        );
    }
    let options: Vec<Element<'_>> = all(original, "answerOption")
        .filter_map(|option| choice(option, "value"))
        .collect();
    if options.is_empty() {
        return;
    }
    for option in all(item, "answerOption") {
        let value = choice(option, "value");
        if value.is_some_and(|value| {
            !options
                .iter()
                .any(|known| super::response::same(*known, value))
        }) {
            wrong(
                Some(option),
                format!("`{link_id}` does not have this option in the base"),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::fhir::definitions::Version;
    use crate::fhir::validate::rules::tests::{issues_beside, messages};
    use serde_json::{Value, json};

    fn questionnaire(items: &Value) -> Value {
        json!({"resourceType": "Questionnaire", "item": items})
    }

    #[test]
    fn two_conditions_need_a_behaviour() {
        let condition = json!({"question": "a", "operator": "exists", "answerBoolean": true});
        let items = |conditions: usize, behaviour: Value| {
            questionnaire(
                &json!([{"linkId": "a"}, {"linkId": "b", "enableWhen": vec![condition.clone(); conditions], "enableBehavior": behaviour}]),
            )
        };
        assert_eq!(messages(&items(1, Value::Null)).len(), 0);
        assert_eq!(messages(&items(2, json!("all"))).len(), 0);
        let two = questionnaire(
            &json!([{"linkId": "a"}, {"linkId": "b", "enableWhen": [condition, condition]}]),
        );
        assert_eq!(messages(&two).len(), 1);
        assert_eq!(issues_beside(Version::R5, &two, &[]).len(), 0);
    }

    #[test]
    fn a_condition_asks_for_another_item() {
        let asks = |question: &str| {
            let condition =
                json!([{"question": question, "operator": "exists", "answerBoolean": true}]);
            messages(&questionnaire(&json!([{"linkId": "a"}, {"linkId": "b", "enableWhen": condition, "item": [{"linkId": "c"}]}]))).len()
        };
        assert_eq!((asks("a"), asks("c"), asks("d")), (0, 1, 1));
    }
}
