use crate::fhir::definitions::Version;
use crate::fhir::validate::rules::tests::issues_beside;
use serde_json::{Value, json};

/// The errors of a completed response with these items to a questionnaire with those.
fn errors(questions: &Value, items: &Value) -> Vec<String> {
    let questionnaire =
        json!({"resourceType": "Questionnaire", "url": "http://example.org/q", "item": questions});
    let response = json!({"resourceType": "QuestionnaireResponse", "questionnaire": "http://example.org/q",
        "status": "completed", "item": items});
    let issues = issues_beside(Version::R4, &response, &[questionnaire]);
    let errors = issues.into_iter().filter(|issue| issue.is_error());
    errors.map(|issue| issue.message).collect()
}

fn answered(link_id: &str, answer: &Value) -> Value {
    json!({"linkId": link_id, "answer": [answer]})
}

#[test]
fn answers_are_there_and_have_the_type_of_their_question() {
    let questions = json!([{"linkId": "a", "type": "integer", "required": true}, {"linkId": "b", "type": "string", "maxLength": 3}]);
    assert!(
        errors(
            &questions,
            &json!([answered("a", &json!({"valueInteger": 1}))])
        )
        .is_empty()
    );
    assert_eq!(
        errors(
            &questions,
            &json!([answered("b", &json!({"valueString": "abc"}))])
        )
        .len(),
        1
    );
    assert_eq!(
        errors(
            &questions,
            &json!([answered("a", &json!({"valueString": "1"}))])
        )
        .len(),
        1
    );
    let long = json!([
        answered("a", &json!({"valueInteger": 1})),
        answered("b", &json!({"valueString": "abcd"}))
    ]);
    assert_eq!(errors(&questions, &long).len(), 1);
}

#[test]
fn items_stand_where_and_in_the_order_that_they_are_asked() {
    let questions = json!([{"linkId": "a", "type": "string"}, {"linkId": "g", "type": "group", "item": [{"linkId": "b", "type": "string"}]}]);
    let (a, b) = (
        answered("a", &json!({"valueString": "x"})),
        answered("b", &json!({"valueString": "x"})),
    );
    assert!(errors(&questions, &json!([a, {"linkId": "g", "item": [b]}])).is_empty());
    assert_eq!(errors(&questions, &json!([a, b])).len(), 1);
    assert_eq!(
        errors(&questions, &json!([{"linkId": "g", "item": [b]}, a])).len(),
        1
    );
    assert_eq!(
        errors(
            &questions,
            &json!([answered("unknown", &json!({"valueString": "x"}))])
        )
        .len(),
        1
    );
}

#[test]
fn questions_that_are_not_enabled_have_no_answers() {
    let condition = json!([{"question": "a", "operator": "=", "answerBoolean": true}]);
    let questions = json!([{"linkId": "a", "type": "boolean"}, {"linkId": "b", "type": "string", "required": true, "enableWhen": condition}]);
    let said = |yes: bool, further: bool| {
        let mut items = vec![answered("a", &json!({"valueBoolean": yes}))];
        if further {
            items.push(answered("b", &json!({"valueString": "x"})));
        }
        errors(&questions, &Value::Array(items)).len()
    };
    assert_eq!((said(true, true), said(true, false)), (0, 1));
    assert_eq!((said(false, false), said(false, true)), (0, 1));
}

#[test]
fn an_expression_enables_a_question_too() {
    let expression = json!([{"url": "http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire-enableWhenExpression",
        "valueExpression": {"language": "text/fhirpath", "expression": "%resource.item.where(linkId='a').answer.value"}}]);
    let questions = json!([{"linkId": "a", "type": "boolean"}, {"linkId": "b", "type": "string", "extension": expression}]);
    let said = |yes: bool| {
        let items = json!([
            answered("a", &json!({"valueBoolean": yes})),
            answered("b", &json!({"valueString": "x"}))
        ]);
        errors(&questions, &items).len()
    };
    assert_eq!((said(true), said(false)), (0, 1));
}

#[test]
fn codes_come_from_the_options() {
    let options = json!([{"valueCoding": {"system": "http://example.org/cs", "code": "a"}}]);
    let questions = json!([{"linkId": "a", "type": "choice", "answerOption": options}]);
    let chosen = |code: &str| {
        errors(
            &questions,
            &json!([answered(
                "a",
                &json!({"valueCoding": {"system": "http://example.org/cs", "code": code}})
            )]),
        )
        .len()
    };
    assert_eq!((chosen("a"), chosen("b")), (0, 1));
}
