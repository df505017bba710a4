//! Expressions and values that nobody would write.

use super::super::*;
use super::{BUNDLE, evaluate, resource};
use crate::fhir::types::BuiltIn;
use proptest::prelude::*;

/// Expressions of the kinds that constraints, search parameters and checks hold.
const REAL: &[&str] = &[
    "hasValue() or (children().count() > id.count())",
    "extension.exists() != value.exists()",
    "contained.where(('#' + id in %resource.descendants().reference).not()).empty()",
    "entry.all(request.exists() = (%resource.type = 'batch' or %resource.type = 'history'))",
    "entry.resource.name.where(use = 'official').given.first()",
    "entry.where(fullUrl.exists()).select(fullUrl & resource.meta.versionId).isDistinct()",
    "name.exists() implies name.matches('^[A-Z]([A-Za-z0-9_]){1,254}$')",
    "(low.empty() or ((low.code.exists() and (low.system = %ucum)) implies low.value <= high.value))",
    "entry.resource.value.ofType(Quantity).value.lowBoundary(2) < 10.5 'mg'",
    "iif(entry.count() > 1, entry[1].resource as Observation, {}).subject.resolve().birthDate + 3 'mo'",
    "defineVariable('n', entry.resource.name).select(%n.given.join(' ') | 'x').sort($this desc, -$index)",
    "entry.resource.repeat(contained | partOf).descendants().aggregate($total + $this.length(), 0)",
    "@2024-02-29T10:00:00.123+01:00 - 1.5 hours ~ now() and today() != @T10:30 or 1L > 0x",
    "'aGk='.decode('base64').replaceMatches('(h)(i)', '$2$1').toChars().skip(-1).take(9223372036854775807)",
    "%vs-administrative-gender.substring(3, 99).split('/').last().upper().encode('hex').escape('html')",
    "coalesce({}, entry.resource.birthDate.toDateTime(), 5 days).type().name.trace('t', $this)",
];

#[test]
fn hostile_expressions_end() {
    for text in [
        "(".repeat(50_000),
        "-".repeat(50_000),
        "a[".repeat(20_000),
        "a.where(".repeat(5_000),
        "a is b ".repeat(9_000),
    ] {
        assert!(Expression::parse(&text).is_err(), "{}", &text[..20]);
    }
    assert!(
        Expression::parse(&"a.".repeat(40_000))
            .unwrap_err()
            .message
            .contains("longer than")
    );
    // The deepest trees that are taken must be walked without exhausting the stack.
    let (left, right) = (
        "(".repeat(60),
        " * 1 + 1 | 1 < 1 = 1 in 1 and 1 or 1 implies 1)".repeat(60),
    );
    assert!(Expression::parse(&format!("{left}1{right}")).is_err());
    for levels in 1..20 {
        let (left, right) = (
            "(".repeat(levels),
            " * 1 + 1 | 1 < 1 = 1 in 1 and 1 or 1 implies 1)".repeat(levels),
        );
        if let Ok(expression) = Expression::parse(&format!("{left}1{right}")) {
            let (bundle, variables) = (resource(BUNDLE), Variables::new());
            let _ = expression
                .evaluate(&bundle, &variables)
                .map(|found| found.len());
        }
    }
    let nested = format!("{}true{}", "$this.select($this).where(true).select($this).where(true).select($this).where(true).where(".repeat(60), ")".repeat(60));
    let (bundle, variables) = (resource(BUNDLE), Variables::new());
    let expression = Expression::parse(&nested).unwrap();
    assert_eq!(expression.evaluate(&bundle, &variables).unwrap().len(), 1);
    assert_eq!(
        expression.holds_at(bundle.root(), &variables),
        Ok(Some(true))
    );
    let long = vec!["1"; 5_000].join(" | ");
    assert!(
        Expression::parse(&long).is_ok(),
        "a long chain is no nesting"
    );
    let growing = [
        "(1|2|3|4|5|6|7|8|9|10|11|12|13|14|15|16|17|18|19|20|21|22|23|24|25|26|27|28|29|30).aggregate($total + $total, 'xxxxxxxxxx')",
        "'x'.replace('', 'yyyyyyyyyy').replace('', 'zzzzzzzzzzzzzzzzzzzzzzzzzzzzz').replace('', 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa').replace('', 'bbbbbbbbbbbbbbbbbbbbbbbbb').replace('', 'ccccccccccccccccccccccccc')",
    ];
    for text in growing {
        assert_eq!(
            evaluate(text).unwrap_err().kind,
            EvaluationErrorKind::Limit,
            "{text}"
        );
    }
}

#[test]
fn patterns_are_bounded() {
    let huge = Expression::parse("'a'.matches('((a{1000}){1000}){1000}')").unwrap_err();
    assert!(huge.message.contains("no regular expression"), "{huge}");
    let unknown = Expression::parse("'a'.matches('a', 'q')").unwrap_err();
    assert_eq!(unknown.message, "`q` is no flag: there are `i` and `m`");
    let computed = evaluate("'a'.matches('((a{1000}){1000}){1000}' & '')").unwrap_err();
    assert_eq!(computed.kind, EvaluationErrorKind::Mismatch);
}

/// All that can be done with a text that is perhaps an expression.
fn exercise(text: &str) {
    let (bundle, variables) = (resource(BUNDLE), Variables::new().with_max_steps(20_000));
    let Ok(expression) = Expression::parse_published(text) else {
        return;
    };
    let _ = expression.check("Bundle", &BuiltIn);
    let found = expression.evaluate(&bundle, &variables);
    let truth = expression.holds_at(bundle.root(), &variables);
    if let (Ok(found), Ok(truth)) = (&found, &truth) {
        // A condition is what the collection says, however it was asked.
        assert_eq!(found.truth(), *truth, "{text}");
    }
    let _ = found.map(|found| (found.texts(), found.locations()));
    let strict = variables.clone().with_members(Members::Strict);
    let _ = expression
        .evaluate(&bundle, &strict)
        .map(|found| found.len());
}

#[test]
fn real_expressions_are_exercised() {
    for text in REAL {
        exercise(text);
    }
}

proptest! {
    #[test]
    fn no_text_makes_the_parser_panic(text in ".{0,60}") {
        let _ = Expression::parse(&text);
    }

    #[test]
    fn no_soup_of_tokens_makes_evaluation_panic(tokens in prop::collection::vec(prop::sample::select(vec![
        "entry", ".", "resource", "where(", ")", "(", "$this", "1", "'a'", "=", "|", " and ", " is ", "Patient", "{}", "[",
        "]", "first()", "@2024-02-29", "@T10:30", " + ", " - ", "1 day", "2.5", "4 'mg'", " ~ ", " > ", "name", "given",
        "birthDate", "value", "toString()", "lowBoundary(", "highBoundary()", "round(", "power(", "substring(", " div ",
        " mod ", "*", "/", "-", "select(", "descendants()", "ofType(", "Quantity", ",", "9223372036854775807",
        "12345678901234567890.123456789", "repeat(", "aggregate(", "$total", "sort(", "exp()", "ln()", "sqrt()", " in ",
    ]), 0..16)) {
        exercise(&tokens.concat());
    }

    #[test]
    fn no_mutation_of_a_real_expression_makes_anything_panic(
        one in prop::sample::select(REAL),
        other in prop::sample::select(REAL),
        cuts in (0_usize..120, 0_usize..120, 0_usize..120),
        letter in prop::char::any(),
    ) {
        let at = |text: &str, cut: usize| text.char_indices().map(|(at, _)| at).nth(cut).unwrap_or(text.len());
        let (head, tail) = (&one[..at(one, cuts.0)], &other[at(other, cuts.1)..]);
        exercise(&format!("{head}{tail}"));
        exercise(&format!("{head}{letter}{}", &one[at(one, cuts.0)..]));
        let dropped = at(one, cuts.0).max(at(one, cuts.2));
        exercise(&format!("{}{}", &one[..at(one, cuts.0).min(at(one, cuts.2))], &one[dropped..]));
        exercise(&format!("({one}) {} ({tail})", ["and", "=", "|", "+", "~", "in", "implies"][cuts.2 % 7]));
    }

    #[test]
    fn decimals_print_what_they_read(text in "-?(0|[1-9][0-9]{0,15})(\\.[0-9]{1,12})?") {
        let number = Decimal::parse(&text).unwrap();
        let printed = number.to_string();
        prop_assert_eq!(printed.trim_start_matches('-'), text.trim_start_matches('-'));
        prop_assert_eq!(number.checked_add(Decimal::ONE).and_then(|sum| sum.checked_sub(Decimal::ONE)), Some(number));
    }

    #[test]
    fn days_come_back(days in -700_000_i64..2_000_000, back in 0_i64..100_000) {
        let start = Temporal::parse("2000-01-01").unwrap();
        let unit = CalendarUnit::Day;
        if let Some(moved) = start.plus(Decimal::from(days), unit) {
            prop_assert_eq!(Temporal::parse(&moved.to_string()), Some(moved));
            if let Some(further) = moved.plus(Decimal::from(back), unit) {
                prop_assert_eq!(further.plus(Decimal::from(-back), unit), Some(moved));
            }
        }
    }

    #[test]
    fn no_text_makes_dates_or_units_panic(text in ".{0,20}", clock in "[-0-9T:.Z+]{0,25}", code in "[a-zA-Z0-9./()*\\[\\]{}_%^-]{0,14}") {
        let _ = (Temporal::parse(&text), Temporal::parse_time(&text), Decimal::parse(&text));
        let _ = (Temporal::parse(&clock).map(|point| point.compare(point)), Temporal::parse_time(&clock));
        let _ = (units::Measure::parse(&text), units::Measure::parse(&code));
    }
}
