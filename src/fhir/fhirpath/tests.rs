//! Tests of what the official suite leaves out: errors, limits, variables, references, places.

mod checks;
mod hostile;
mod language;

use super::*;
use crate::fhir::types::BuiltIn;

fn resource(json: &str) -> Resource {
    Resource::parse_json(json.as_bytes()).unwrap()
}

const BUNDLE: &str = r##"{
  "resourceType": "Bundle",
  "entry": [
    { "fullUrl": "http://a/Patient/1", "resource": {
      "resourceType": "Patient", "id": "1", "birthDate": "2000-02-29", "active": true,
      "name": [{ "family": "Ng", "given": ["Li", "Wu"] }], "managingOrganization": { "reference": "#o" },
      "contained": [{ "resourceType": "Organization", "id": "o", "name": "Ward", "partOf": { "reference": "#" } }] } },
    { "fullUrl": "http://a/Observation/2", "resource": {
      "resourceType": "Observation", "id": "2", "subject": { "reference": "Patient/1" },
      "performer": [{ "reference": "http://a/Patient/1/_history/4" }, { "reference": "http://b/Patient/1" }],
      "valueQuantity": { "value": 1.50, "unit": "g", "system": "http://unitsofmeasure.org", "code": "g" } } }
  ]
}"##;

fn evaluate(expression: &str) -> Result<Vec<String>, EvaluationError> {
    let (resource, variables) = (resource(BUNDLE), Variables::new());
    let expression =
        Expression::parse(expression).unwrap_or_else(|error| panic!("{expression}: {error}"));
    expression
        .evaluate(&resource, &variables)
        .map(|found| found.texts())
}

fn texts(expression: &str) -> Vec<String> {
    evaluate(expression).unwrap_or_else(|error| panic!("{expression}: {error}"))
}

#[test]
fn expressions_yield_texts() {
    let rows: &[(&str, &[&str])] = &[
        ("Bundle.entry.resource.id", &["1", "2"]),
        ("entry.resource.ofType(Patient).name.given", &["Li", "Wu"]),
        (
            "entry.resource.where($this is Observation).value.value + 1",
            &["2.50"],
        ),
        ("entry[1].resource.value.toString()", &["1.50 'g'"]),
        ("entry[1].resource.value > 1400 'mg'", &["true"]),
        ("entry.resource.subject.resolve().id", &["1"]),
        ("entry.resource.performer.resolve().id", &["1"]),
        (
            "entry.resource.managingOrganization.resolve().name",
            &["Ward"],
        ),
        ("entry.resource.contained.partOf.resolve().id", &["1"]),
        (
            "entry.resource.ofType(Patient).birthDate + 1 year",
            &["2001-02-28"],
        ),
        ("entry.first().resource.birthDate.yearOf() div 4", &["500"]),
        ("entry.resource.type().name", &["Patient", "Observation"]),
        ("entry.resource.is(Resource)", &[]),
        ("entry.last().resource.is(DomainResource)", &["true"]),
        ("entry.resource.descendants().ofType(Quantity).unit", &["g"]),
        ("entry.select($index)", &["0", "1"]),
        (
            "entry.resource.name.given.aggregate($total & $this, '')",
            &["LiWu"],
        ),
        ("entry.resource.nothing.empty()", &["true"]),
        ("iif(entry.exists(), 'some', 1 / 0)", &["some"]),
        ("%context.type().name | %resource.type().name", &["Bundle"]),
        ("1.combine(1).distinct().count()", &["1"]),
        ("'a,b'.split(',').join('-')", &["a-b"]),
        ("@2024-02-28T23:30:00Z + 1 hour", &["2024-02-29T00:30:00Z"]),
        ("@T23:30 + 45 minutes", &["00:15"]),
        ("(1 | 2 | 3).sort(-$this)", &["3", "2", "1"]),
        ("4 'm' / 2 's' = 2 'm/s'", &["true"]),
        ("1 'km'.toQuantity('m').value", &["1000"]),
        (
            "entry.resource.name.first()",
            &["<Bundle.entry[0].resource.name[0]>"],
        ),
    ];
    for (expression, wanted) in rows {
        if *expression == "entry.resource.is(Resource)" {
            assert!(
                evaluate(expression).is_err(),
                "two items have no single type"
            );
            continue;
        }
        assert_eq!(&texts(expression), wanted, "{expression}");
    }
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table of cases")]
fn bad_expressions_say_where_and_what_would_be_right() {
    let rows = [
        (
            "name.exsits()",
            5,
            "no function `exsits`",
            Some("did you mean `exists`?"),
        ),
        (
            "name.where(use = \"x\")",
            17,
            "`\"` has no meaning in FHIRPath",
            Some("texts stand in single quotes"),
        ),
        (
            "name.where(use == 'x')",
            16,
            "expected a value, found `=`",
            None,
        ),
        (
            "name.where(use = 'x'",
            20,
            "expected `,` or `)`, found the end of the expression",
            None,
        ),
        (
            "name.first(1)",
            5,
            "`first` takes no argument, not 1",
            Some("the first item"),
        ),
        (
            "Observation.valueString",
            12,
            "`valueString` is how the body spells it: in FHIRPath the element is `value`",
            Some("write `value`, or `value.ofType(string)`"),
        ),
        (
            "a AND b",
            2,
            "expected an operator or the end of the expression, found `AND`",
            Some("operators are lowercase"),
        ),
        (
            "!a",
            0,
            "`!` has no meaning in FHIRPath",
            Some("write `.not()` to negate, `!=` to compare"),
        ),
        (
            "@2024-13",
            0,
            "`@2024-13` is no date, date-time or time",
            Some("write such as `@2014-02-28`, `@2014-02-28T14:30:00+01:00` or `@T14:30`"),
        ),
        (
            "$that",
            0,
            "`$that` is not known: there are `$this`, `$index` and `$total`",
            None,
        ),
        ("'a", 0, "the text that starts with ' is not closed", None),
        (
            "'\\x'",
            1,
            "this `\\` starts no escape that FHIRPath knows",
            Some("write `\\\\` for a backslash"),
        ),
        (
            "a.is('b')",
            5,
            "`is` takes the name of a type, such as `Quantity`",
            None,
        ),
        (
            "a.matches('(')",
            10,
            "`(` is no regular expression that is supported: unclosed group",
            None,
        ),
        ("a is System.Foo", 5, "there is no type `System.Foo`", None),
        (
            "",
            0,
            "expected a value, found the end of the expression",
            None,
        ),
    ];
    for (text, position, message, help) in rows {
        let error = Expression::parse(text).unwrap_err();
        let found = (
            error.position,
            error.message.as_str(),
            error.help.as_deref(),
        );
        assert_eq!(found, (position, message, help), "{text}");
    }
}

#[test]
fn evaluation_errors_say_whose_fault_it_is() {
    use EvaluationErrorKind::{Limit, Mismatch, Unavailable};
    let rows = [
        (
            "entry.single()",
            Mismatch,
            "the input of `single` must be a single item, and there are 2",
        ),
        (
            "'a' + 1",
            Mismatch,
            "`+` does not apply to the String `a` and the Integer `1`",
        ),
        (
            "entry.resource.name.startsWith('a')",
            Mismatch,
            "the input of `startsWith` must be a text, not the HumanName `Bundle.entry[0].resource.name[0]`",
        ),
        (
            "entry.resource.active > 1",
            Mismatch,
            "the boolean `Bundle.entry[0].resource.active` and the Integer `1` have no order",
        ),
        ("%nobody", Mismatch, "the variable `%nobody` has no value"),
        (
            "now() > @2020",
            Unavailable,
            "`now()` needs a clock, and none was given",
        ),
        (
            "entry[0].resource.conformsTo('urn:x')",
            Unavailable,
            "the profile `urn:x` is not at hand",
        ),
        (
            "entry[0].resource.active.memberOf('urn:x')",
            Unavailable,
            "the value set `urn:x` is not at hand",
        ),
        (
            "entry[0].resource.as(Patint)",
            Mismatch,
            "there is no type `Patint`",
        ),
        (
            "'x'.repeat($this & 'z')",
            Limit,
            "the evaluation takes more than 5000000 steps",
        ),
    ];
    for (expression, kind, message) in rows {
        let error = evaluate(expression).unwrap_err();
        assert_eq!(
            (error.kind, error.message.as_str()),
            (kind, message),
            "{expression}"
        );
    }
}

#[test]
fn variables_and_the_clock_come_from_outside() {
    let (bundle, created) = (
        resource(BUNDLE),
        resource(r#"{"resourceType": "Patient", "id": "9"}"#),
    );
    let variables = Variables::new()
        .with_text("name", "Ng")
        .with_resource("created", &created)
        .with_clock("2026-11-24T10:00:00+01:00")
        .unwrap();
    let rows = [
        ("entry.resource.where(name.family = %name).exists()", "true"),
        ("%created.id", "9"),
        ("now()", "2026-11-24T10:00:00+01:00"),
        ("today()", "2026-11-24"),
        ("timeOfDay()", "10:00:00"),
        ("%`name`", "Ng"),
    ];
    for (text, wanted) in rows {
        let expression = Expression::parse(text).unwrap();
        let found = expression.evaluate(&bundle, &variables).unwrap();
        assert_eq!(found.texts(), [wanted], "{text}");
    }
    assert!(Variables::new().with_clock("2026-11-24").is_none());
    let error = Expression::parse("%craeted")
        .unwrap()
        .evaluate(&bundle, &variables)
        .map(|found| found.len())
        .unwrap_err();
    assert_eq!(error.help.as_deref(), Some("did you mean `%created`?"));
}

#[test]
fn collections_know_truth_and_places() {
    let (bundle, variables) = (resource(BUNDLE), Variables::new());
    let ask = |text: &str| {
        let expression = Expression::parse(text).unwrap();
        let found = expression.evaluate(&bundle, &variables).unwrap();
        (found.truth(), found.len(), found.locations())
    };
    assert_eq!(
        ask("entry.resource.active"),
        (
            Some(true),
            1,
            vec!["Bundle.entry[0].resource.active (line 5, column 72)".to_owned()]
        )
    );
    assert_eq!(ask("{}"), (None, 0, vec![]));
    assert_eq!(ask("entry.exists().not()"), (Some(false), 1, vec![]));
    assert_eq!(ask("entry").0, None);
    assert_eq!(ask("'text'").0, Some(true));
}

#[test]
fn an_element_can_be_the_context() {
    let (bundle, variables) = (resource(BUNDLE), Variables::new());
    let patient = bundle
        .root()
        .descendants()
        .find(|element| element.resource_type() == Some("Patient"))
        .unwrap();
    let organization = patient.child("contained").unwrap();
    let ask = |context: Element<'_>, text: &str| {
        let expression = Expression::parse(text).unwrap();
        let texts = |found: Collection<'_>| found.texts();
        // The collection must not outlive the expression.
        expression
            .evaluate_at(context, &variables)
            .map(texts)
            .unwrap()
    };
    assert_eq!(ask(patient.child("name").unwrap(), "family"), ["Ng"]);
    assert_eq!(ask(organization, "%resource.id"), ["o"]);
    assert_eq!(ask(organization, "%rootResource.id"), ["1"]);
    assert_eq!(ask(patient, "Patient.id"), ["1"]);
}

#[test]
fn casts_may_take_each_item() {
    let bundle = resource(BUNDLE);
    let expression = Expression::parse("descendants().as(date) | %context.id").unwrap();
    let strict = Variables::new();
    assert!(expression.evaluate(&bundle, &strict).is_err());
    let loose = Variables::new().with_casts(Casts::EachItem);
    let found = expression.evaluate(&bundle, &loose).unwrap();
    assert_eq!(found.texts(), ["2000-02-29"]);
    assert_eq!(expression.variables().collect::<Vec<_>>(), ["context"]);
}

#[test]
fn strict_members_find_typing_errors() {
    let bundle = resource(BUNDLE);
    let variables = Variables::new().with_members(Members::Strict);
    let expression = Expression::parse("entry[0].resource.name.familly").unwrap();
    let error = expression
        .evaluate(&bundle, &variables)
        .map(|found| found.len())
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "HumanName has no element `familly` (at character 24); did you mean `family`?"
    );
}

#[test]
fn untyped_texts_take_the_type_of_the_other_side() {
    let xml = "<Basic xmlns='http://hl7.org/fhir'><a value='10'/><b value='9'/><c value='true'/><d value='2024-03'/></Basic>";
    let basic = Resource::parse_xml(xml.as_bytes()).unwrap();
    let variables = Variables::new();
    for text in [
        "a > 9.5",
        "a = 10.0",
        "b < a",
        "c = true",
        "c",
        "d < @2024-04",
        "a + 1 = 11",
        "a.toInteger() = 10",
        "d = '2024-03'",
        "(a | b).where($this > 9) = 10",
    ] {
        let expression = Expression::parse(text).unwrap();
        let found = expression
            .evaluate(&basic, &variables)
            .unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!(found.truth(), Some(true), "{text}");
    }
}

#[test]
fn functions_are_documented_once() {
    let mut names: Vec<&str> = function_docs().map(|row| row.name).collect();
    assert!(names.len() > 90 && function_docs().all(|row| row.doc.len() > 8));
    names.sort_unstable();
    let before = names.len();
    names.dedup();
    assert_eq!(names.len(), before);
}

#[test]
fn other_knowledge_can_take_the_place_of_the_tables() {
    struct Known;
    impl Services for Known {
        fn conforms_to(&self, element: Element<'_>, profile: &str) -> Option<bool> {
            Some(profile == "urn:x" && element.resource_type().is_some())
        }
        fn member_of(&self, element: Element<'_>, _: &str) -> Result<Option<bool>, String> {
            Ok(Some(element.value() == Some("true")))
        }
        fn resolve(&self, _reference: &str) -> Option<Element<'_>> {
            None
        }
    }
    let bundle = resource(BUNDLE);
    let variables = Variables::new().with_services(&Known).with_types(&BuiltIn);
    for text in [
        "entry[0].resource.conformsTo('urn:x')",
        "entry.resource.active.memberOf('urn:y')",
    ] {
        let expression = Expression::parse(text).unwrap();
        assert_eq!(
            expression.evaluate(&bundle, &variables).unwrap().truth(),
            Some(true),
            "{text}"
        );
    }
    let other =
        "entry[0].resource.conformsTo('http://hl7.org/fhir/StructureDefinition/Observation')";
    assert_eq!(texts(other), ["false"]);
}
