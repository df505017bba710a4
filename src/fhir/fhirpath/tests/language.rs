//! What FHIRPath 3 and FHIR R5 add, and the finer points of the language.

use super::super::*;
use super::{BUNDLE, evaluate, resource, texts};

#[test]
#[expect(clippy::too_many_lines, reason = "a table of cases")]
fn newer_functions_yield_texts() {
    let rows: &[(&str, &[&str])] = &[
        ("defineVariable('v', 'x').select(%v)", &["x"]),
        (
            "entry.resource.name.given.defineVariable('all').select($this & '/' & %all.count().toString())",
            &["Li/2", "Wu/2"],
        ),
        (
            "defineVariable('a', 'x').select(%a) | defineVariable('a', 'y').select(%a)",
            &["x", "y"],
        ),
        (
            "defineVariable('r', 'r-').select(defineVariable('v', '1' | '2').select(%v)).select(%r & $this)",
            &["r-1", "r-2"],
        ),
        ("coalesce({}, entry.resource.id, 'none')", &["1", "2"]),
        ("coalesce({}, {})", &[]),
        ("entry.resource.coalesce(name.family, 1 / 0)", &["Ng"]),
        ("1L + 1", &["2"]),
        ("(1L + 1).type().name", &["Long"]),
        ("'12'.toLong().is(Long)", &["true"]),
        ("1L = 1 and 2L > 1.5", &["true"]),
        ("(1 | 2 | 3 | 4).sum()", &["10"]),
        ("(1 | 2 | 4).avg().round(2)", &["2.33"]),
        ("('b' | 'a' | 'c').min() & ('b' | 'a' | 'c').max()", &["ac"]),
        ("{}.sum().empty()", &["true"]),
        ("(3 | 1 | 2).sort($this desc)", &["3", "2", "1"]),
        ("(3 | 1 | 2).sort($this asc)", &["1", "2", "3"]),
        ("'Abc'.matches('^abc$', 'i')", &["true"]),
        (
            "'a\nb'.matches('^b', 'm') and 'a\nb'.matches('^b').not()",
            &["true"],
        ),
        (
            "'Abc'.matchesFull('b') or 'aBc'.replaceMatches('b', 'x', 'i') = 'axc'",
            &["true"],
        ),
        (
            "@2024-02-28T23:30:00.250+05:30.timezoneOffsetOf()",
            &["5.5"],
        ),
        ("@T10:30:00.250.millisecondOf()", &["250"]),
        ("(1 | 2).combine(2 | 3, true).count()", &["4"]),
        ("entry.resource.repeatAll(contained).id", &["o"]),
        (
            "1.587.lowBoundary(2) | 1.587.highBoundary(2)",
            &["1.58", "1.59"],
        ),
        (
            "(-0.0034).lowBoundary(1) = 0 and 0.0034.highBoundary(1) = 0",
            &["true"],
        ),
        (
            "@2014-01-05T10:30.precision() | 1.10.precision()",
            &["12", "2"],
        ),
        ("'b' in ('a' | 'b' | 1 / 'x')", &["true"]),
        ("'c' in ('a' | entry.resource.id)", &["false"]),
        ("{} in ('a' | 'b')", &[]),
        ("'a' in ('a' | 'b') and ('a' | 'b') contains 'b'", &["true"]),
        ("entry.resource.where($this is FHIR.Patient).id", &["1"]),
        (
            "entry.first().resource.active is System.Boolean",
            &["false"],
        ),
        ("entry.first().resource.active.type().namespace", &["FHIR"]),
        ("entry.where($index = 1).resource.id", &["2"]),
        (
            "entry.exists($index = 1) and entry.all($index < 2)",
            &["true"],
        ),
        (
            "%vs-x | %`ext-y`",
            &[
                "http://hl7.org/fhir/ValueSet/x",
                "http://hl7.org/fhir/StructureDefinition/y",
            ],
        ),
        ("1 year = 12 months and 1 'a' = 1 year", &[]),
        ("iif(true, 'only')", &["only"]),
        ("iif(false, 1 / 'a')", &[]),
        ("'a'.not()", &["false"]),
        ("entry.nothing.exists().not().not()", &["false"]),
        ("(1 = 1).not() = false and true.not().not()", &["true"]),
        (
            "entry.count() > 1 and 2 >= entry.count() and 3 != entry.count()",
            &["true"],
        ),
        ("entry.exists() = entry.nothing.empty()", &["true"]),
        ("entry.resource.children().count() > 5", &["true"]),
        (
            "entry.descendants().where($this = 'Ng').exists()",
            &["true"],
        ),
    ];
    for (expression, wanted) in rows {
        assert_eq!(&texts(expression), wanted, "{expression}");
    }
}

#[test]
fn newer_functions_say_what_is_wrong() {
    use EvaluationErrorKind::{Mismatch, Unavailable};
    let rows = [
        (
            "defineVariable('v').defineVariable('v')",
            Mismatch,
            "the variable `%v` has a value already",
        ),
        (
            "defineVariable('context')",
            Mismatch,
            "the variable `%context` has a value already",
        ),
        (
            "defineVariable('a', 1).id | defineVariable('b', 2).select(%a)",
            Mismatch,
            "the variable `%a` has no value",
        ),
        (
            "entry.resource.active.subsumes(entry.resource.active)",
            Unavailable,
            "the code system is not at hand",
        ),
        (
            "entry.elementDefinition()",
            Unavailable,
            "`elementDefinition` needs definitions that are not at hand",
        ),
        (
            "hasTemplateIdOf('urn:x')",
            Unavailable,
            "`hasTemplateIdOf` needs definitions that are not at hand",
        ),
        (
            "(1 | 2).iif(true, 1)",
            Mismatch,
            "the input of `iif` must be a single item, and there are 2",
        ),
        (
            "('a' | 1).sum()",
            Mismatch,
            "`+` does not apply to the String `a` and the Integer `1`",
        ),
    ];
    for (expression, kind, message) in rows {
        let error = evaluate(expression).unwrap_err();
        let found = (error.kind, error.message.as_str());
        assert_eq!(found, (kind, message), "{expression}");
    }
}

#[test]
fn a_variable_that_the_expression_defines_is_not_asked_for() {
    let expression = Expression::parse("defineVariable('v', %given).select(%v)").unwrap();
    assert_eq!(expression.variables().collect::<Vec<_>>(), ["given"]);
}

#[test]
fn published_expressions_may_use_double_quotes() {
    let text = "\"a:b\".contains(\":\")";
    assert!(Expression::parse(text).is_err());
    let expression = Expression::parse_published(text).unwrap();
    let (bundle, variables) = (resource(BUNDLE), Variables::new());
    assert_eq!(
        expression.holds_at(bundle.root(), &variables),
        Ok(Some(true))
    );
}

#[test]
fn published_constraints_ask_for_values() {
    let (bundle, single) = (resource(BUNDLE), Variables::new());
    let published = single.clone().with_casts(Casts::EachItem);
    let expression = Expression::parse("entry.first().resource.active is Boolean").unwrap();
    assert_eq!(expression.holds_at(bundle.root(), &single), Ok(Some(false)));
    assert_eq!(
        expression.holds_at(bundle.root(), &published),
        Ok(Some(true))
    );
}

#[test]
fn published_constraints_may_find_several_items() {
    let (bundle, single) = (resource(BUNDLE), Variables::new());
    let published = single.clone().with_casts(Casts::EachItem);
    let text = "hasValue() | (children().count() > id.count())";
    let expression = Expression::parse(text).unwrap();
    assert!(expression.holds_at(bundle.root(), &single).is_err());
    assert_eq!(
        expression.holds_at(bundle.root(), &published),
        Ok(Some(true))
    );
}

#[test]
fn services_answer_or_leave_open() {
    struct Answers(Resource);
    impl Services for Answers {
        fn conforms_to(&self, _element: Element<'_>, _profile: &str) -> Option<bool> {
            None
        }
        fn member_of(&self, _: Element<'_>, value_set: &str) -> Result<Option<bool>, String> {
            match value_set {
                "urn:yes" => Ok(Some(true)),
                "urn:big" => Err("the value set needs SNOMED CT".to_owned()),
                _ => Ok(None),
            }
        }
        fn resolve(&self, reference: &str) -> Option<Element<'_>> {
            (reference == "http://b/Patient/1").then(|| self.0.root())
        }
        fn subsumes(&self, ancestor: Element<'_>, descendant: Element<'_>) -> Option<bool> {
            Some(ancestor == descendant)
        }
        fn now(&self) -> Option<Temporal> {
            Temporal::parse("2026-11-24T10:00:00Z")
        }
    }
    let services = Answers(resource(
        r#"{"resourceType": "Patient", "id": "elsewhere"}"#,
    ));
    let bundle = resource(BUNDLE);
    let variables = Variables::new().with_services(&services);
    let ask = |text: &str| {
        let expression = Expression::parse(text).unwrap();
        let found = expression.evaluate(&bundle, &variables);
        found
            .map(|found| found.texts())
            .map_err(|error| (error.kind, error.message))
    };
    assert_eq!(
        ask("entry.resource.performer.resolve().id").unwrap(),
        ["1", "elsewhere"]
    );
    assert_eq!(
        ask("entry.resource.active.memberOf('urn:yes')").unwrap(),
        ["true"]
    );
    assert_eq!(
        ask("entry.resource.active.subsumedBy(%context.entry.resource.active)").unwrap(),
        ["true"]
    );
    assert_eq!(ask("today()").unwrap(), ["2026-11-24"]);
    let unavailable = |message: &str| Err((EvaluationErrorKind::Unavailable, message.to_owned()));
    assert_eq!(
        ask("entry.resource.active.memberOf('urn:big')"),
        unavailable("the value set needs SNOMED CT")
    );
    assert_eq!(
        ask("entry.resource.active.memberOf('urn:x')"),
        unavailable("the value set `urn:x` is not at hand")
    );
}

#[test]
fn a_session_evaluates_again_and_again() {
    let (bundle, variables) = (resource(BUNDLE), Variables::new().with_max_steps(2_000));
    let (resolves, holds) = (
        Expression::parse("subject.resolve().id").unwrap(),
        Expression::parse("performer.resolve().exists() and defineVariable('v').exists()").unwrap(),
    );
    let observation = bundle
        .root()
        .descendants()
        .find(|element| element.resource_type() == Some("Observation"))
        .unwrap();
    let mut session = Session::new(&variables, bundle.root());
    for _ in 0..100 {
        assert_eq!(
            session.evaluate_at(&resolves, observation).unwrap().texts(),
            ["1"]
        );
        assert_eq!(session.holds_at(&holds, observation), Ok(Some(true)));
    }
}
