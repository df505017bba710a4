//! Checks before there is data.

use super::super::*;
use crate::fhir::types::BuiltIn;

fn faults(expression: &str, root: &str) -> Vec<String> {
    let expression = Expression::parse(expression).unwrap();
    let errors = expression.check(root, &BuiltIn);
    errors.iter().map(ExpressionError::to_string).collect()
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table of cases")]
fn mistakes_are_found_with_their_place() {
    let rows = [
        (
            "name.familly.exists()",
            "HumanName has no element `familly` (at character 6); did you mean `family`?",
        ),
        (
            "Encounter.name",
            "the input is a Patient, not a Encounter (at character 1)",
        ),
        (
            "name.where(uze = 'official')",
            "HumanName has no element `uze` (at character 12); did you mean `use`?",
        ),
        (
            "name.select(given | famly)",
            "HumanName has no element `famly` (at character 21); did you mean `family`?",
        ),
        (
            "gender.as(string1)",
            "there is no type `string1` (at character 11)",
        ),
        (
            "gender is Coode",
            "there is no type `Coode` (at character 11)",
        ),
        (
            "Patient.children().skip(1)",
            "the items of `children()` have no order that a step could count on (at character 9)",
        ),
        (
            "descendants()[0]",
            "the items of `descendants()` have no order that a step could count on (at character 1)",
        ),
        (
            "(contact.name as Period).given",
            "Period has no element `given` (at character 26); did you mean `end`?",
        ),
        (
            "identifier.startsWith('x')",
            "`startsWith` is called on a text, and this is a Identifier (at character 12)",
        ),
        (
            "@1974-12-25 + 7",
            "this operator does not apply to a Date and a Integer (at character 13)",
        ),
        (
            "birthDate < 'x'",
            "this operator does not apply to a date and a String (at character 11)",
        ),
        (
            "name.given.abs()",
            "`abs` is called on a number, and this is a string (at character 12)",
        ),
        (
            "iif('x', 1, 2)",
            "the condition of `iif` must be a truth value, not a String (at character 5)",
        ),
        (
            "iif(active, name, contact.name).givn",
            "HumanName has no element `givn` (at character 33); did you mean `given`?",
        ),
        (
            "%context.nam",
            "Patient has no element `nam` (at character 10); did you mean `name`?",
        ),
    ];
    for (expression, wanted) in rows {
        let found = faults(expression, "Patient");
        let wanted = wanted.replace("; did you mean `end`?", "");
        let found: Vec<String> = found
            .iter()
            .map(|fault| fault.replace("; did you mean `end`?", ""))
            .collect();
        assert_eq!(found, [wanted], "{expression}");
    }
}

#[test]
fn what_cannot_be_told_is_passed_over() {
    for expression in [
        "name.family | contact.name.given",
        "Resource.id",
        "DomainResource.text",
        "contained.name.anything",
        "extension('urn:x').value.whatever",
        "managingOrganization.resolve().name",
        "deceased.exists() and deceased.ofType(dateTime) < today()",
        "children().where(anything = 1)",
        "%other.foo.bar",
        "repeat(whatever).code",
        "birthDate.startsWith('19')",
        "name.aggregate($total.anything + $this.given, 0)",
        "identifier.value.matches('^[0-9]+$') implies identifier.period.start <= now()",
    ] {
        assert_eq!(faults(expression, "Patient"), [""; 0], "{expression}");
    }
    assert_eq!(faults("anything.at.all", "Unheard"), [""; 0]);
}
