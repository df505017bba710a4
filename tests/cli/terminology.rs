//! `plugfest fhir expand` and `lookup`: what is known of codes without a package.

use super::{json, say};

#[test]
fn a_value_set_is_listed_with_its_total() {
    let gender = "http://hl7.org/fhir/ValueSet/administrative-gender";
    let found = json(&["fhir", "expand", gender, "--format", "json"]);
    assert_eq!(found["total"], 4);
    let codes: Vec<_> = found["contains"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["code"].as_str().unwrap())
        .collect();
    assert_eq!(codes, ["male", "female", "other", "unknown"]);
    let female = say(&["fhir", "expand", gender, "--filter", "FEM"]);
    assert!(
        female.out.contains("female") && !female.out.contains("other"),
        "{}",
        female.out
    );
    let open = say(&[
        "fhir",
        "expand",
        "http://hl7.org/fhir/ValueSet/observation-codes",
    ]);
    assert!(open.err.contains("LOINC"), "{}", open.err);
    assert_eq!(
        say(&["fhir", "expand", "http://nowhere.example/ValueSet/x"]).code,
        2
    );
}

#[test]
fn a_code_exists_or_not_or_that_cannot_be_told() {
    for (system, code, expected, word) in [
        (
            "http://hl7.org/fhir/administrative-gender",
            "male",
            0,
            "Male",
        ),
        ("http://unitsofmeasure.org", "mg/dL", 0, "UCUM"),
        ("http://unitsofmeasure.org", "mg//dL", 1, "UCUM"),
        ("http://snomed.info/sct", "73211009", 3, "SNOMED CT"),
        ("http://snomed.info/sct", "73211008", 1, "check digit"),
    ] {
        let said = say(&["fhir", "lookup", system, code]);
        assert_eq!(said.code, expected, "{system} {code}: {}", said.err);
        assert!((said.out + &said.err).contains(word), "{system} {code}");
    }
    let act = json(&[
        "fhir",
        "lookup",
        "http://terminology.hl7.org/CodeSystem/v3-ActCode",
        "AMB",
        "--format",
        "json",
    ]);
    assert_eq!(act["display"], "ambulatory");
    assert_eq!(act["parents"][0], "_ActEncounterCode");
}
