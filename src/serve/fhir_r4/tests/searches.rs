//! What a sound server finds.

use super::{BASE, Probe, issues};
use crate::serve::fhir_r4::json::Json;
use std::collections::BTreeSet;

/// The ids of the matches of a search, sorted.
fn found(probe: &mut Probe, query: &str) -> Vec<String> {
    let bundle = probe.json(&format!("GET /{query}"));
    assert_eq!(
        bundle.text("type"),
        Some("searchset"),
        "{query}: {}",
        issues(&bundle)
    );
    let mut ids: Vec<String> = entries(&bundle, "match")
        .iter()
        .map(|resource| resource.text("id").unwrap().to_owned())
        .collect();
    ids.sort_unstable();
    ids
}

/// The resources of the entries of a mode.
fn entries<'a>(bundle: &'a Json, mode: &str) -> Vec<&'a Json> {
    let of_mode =
        |entry: &&Json| entry.get("search").and_then(|search| search.text("mode")) == Some(mode);
    bundle
        .each("entry")
        .iter()
        .filter(of_mode)
        .filter_map(|entry| entry.get("resource"))
        .collect()
}

fn link<'a>(bundle: &'a Json, relation: &str) -> Option<&'a str> {
    bundle
        .each("link")
        .iter()
        .find(|link| link.text("relation") == Some(relation))
        .and_then(|link| link.text("url"))
}

/// Searches among the resources that the server starts with, and the ids that each finds.
const MATCHES: &[(&str, &str)] = &[
    ("Patient?family=m%C3%BCl", "pat-carl pat-dana"),
    ("Patient?family=MULLER", "pat-carl pat-dana"),
    ("Patient?family:exact=M%C3%BCller-Test", "pat-carl"),
    ("Patient?family:exact=m%C3%BCller-test", ""),
    (
        "Patient?family:contains=m%C3%BCller",
        "pat-carl pat-dana pat-egon",
    ),
    ("Patient?family=Comma\\,Test", "pat-fay"),
    (
        "Patient?family=Comma,Test",
        "pat-aaron pat-bea pat-fay pat-gus",
    ),
    ("Patient?name=sample", "pat-aaron"),
    (
        "Patient?address=sample&gender=male",
        "pat-aaron pat-carl pat-egon",
    ),
    (
        "Patient?identifier=https://plugfest.example/identifier/patient|PAT-0001",
        "pat-aaron",
    ),
    ("Patient?identifier=PAT-0001", "pat-aaron"),
    ("Patient?identifier=http://other|PAT-0001", ""),
    ("Patient?identifier=|PAT-0001", ""),
    ("Patient?identifier=|no-system-0007", "pat-gus"),
    (
        "Patient?gender=http://hl7.org/fhir/administrative-gender|other",
        "pat-fay",
    ),
    ("Patient?gender=male,other&gender=other", "pat-fay"),
    ("Patient?gender=male&gender=female", ""),
    (
        "Patient?gender:not=male&birthdate=ge1980&birthdate=lt1981",
        "pat-bea pat-dana",
    ),
    ("Patient?gender:missing=true", "pat-hana"),
    ("Patient?birthdate:missing=true", "pat-hana"),
    ("Patient?active=false", "pat-egon"),
    ("Patient?deceased=true", "pat-egon"),
    ("Patient?email=fay@plugfest.example", "pat-fay"),
    ("Patient?birthdate=1980", "pat-aaron pat-bea pat-dana"),
    ("Patient?birthdate=1980-06", "pat-bea"),
    (
        "Patient?birthdate=ne1980&birthdate=lt1985",
        "pat-carl pat-egon",
    ),
    (
        "Patient?birthdate=ge1980&birthdate=le1980",
        "pat-aaron pat-bea pat-dana",
    ),
    ("Patient?birthdate=sa1981-01-01&birthdate=eb2000", "pat-fay"),
    ("Encounter?date=2023-03-01", "enc-1"),
    ("Encounter?date=gt2023-06", "enc-2 enc-4"),
    ("Encounter?length=30|http://unitsofmeasure.org|min", "enc-1"),
    ("Encounter?class=AMB&status=finished", "enc-1 enc-3"),
    ("Observation?subject=Patient/pat-bea", "obs-4 obs-5"),
    ("Observation?patient=pat-bea", "obs-4 obs-5"),
    ("Observation?subject:Patient=pat-bea", "obs-4 obs-5"),
    (
        "Observation?subject=http://server.example/fhir/Patient/pat-bea",
        "obs-4 obs-5",
    ),
    ("Observation?subject=Patient/no-such-id", ""),
    (
        "Observation?subject:Patient.identifier=https://plugfest.example/identifier/patient|PAT-0002",
        "obs-4 obs-5",
    ),
    ("Observation?patient.name=carl", "obs-6"),
    (
        "Observation?value-quantity=5.4|http://unitsofmeasure.org|mmol/L",
        "obs-5",
    ),
    ("Observation?value-quantity=gt90", "obs-3 obs-8"),
    ("Observation?value-quantity=5.4||mmol/L", "obs-5"),
    (
        "Observation?code=http://loinc.org|8867-4&date=lt2023",
        "obs-4",
    ),
    ("Observation?component-code=8480-6", "obs-10"),
    ("Observation?code:text=blood", "obs-10"),
    (
        "Patient?_has:Observation:patient:code=2339-0",
        "pat-bea pat-carl",
    ),
    ("RiskAssessment?probability=gt0.5", "risk-2"),
    ("RiskAssessment?probability=0.2", "risk-1"),
    ("RiskAssessment?probability=0.15", "risk-1"),
    (
        "Questionnaire?url=https://plugfest.example/fhir/Questionnaire/sample",
        "quest-1",
    ),
    (
        "Questionnaire?url:below=https://plugfest.example/fhir",
        "quest-1",
    ),
    (
        "QuestionnaireResponse?questionnaire=https://plugfest.example/fhir/Questionnaire/sample",
        "answer-1",
    ),
    ("Patient?_id=pat-bea,pat-fay,none", "pat-bea pat-fay"),
    ("Patient?_id=PAT-BEA", ""),
    (
        "Patient?_lastUpdated=gt2024-01-10T09:13:30Z",
        "pat-aaron pat-hana",
    ),
    ("Patient/pat-bea/Observation", "obs-4 obs-5"),
    ("Patient/pat-bea/Observation?code=2339-0", "obs-5"),
    (
        "?_type=Condition,Observation&patient=pat-carl",
        "cond-3 obs-6",
    ),
];

#[test]
fn each_kind_of_parameter_finds_its_matches() {
    let mut probe = Probe::sound();
    for (query, wanted) in MATCHES {
        assert_eq!(found(&mut probe, query).join(" "), *wanted, "{query}");
    }
}

#[test]
fn an_empty_value_counts_for_nothing() {
    let mut probe = Probe::sound();
    for (empty, without) in [
        ("Patient?family=", "Patient"),
        ("Patient?gender=&family=test", "Patient?family=test"),
        ("Patient?birthdate=", "Patient"),
        ("Observation?subject=", "Observation"),
        ("Questionnaire?url=", "Questionnaire"),
        ("RiskAssessment?probability=", "RiskAssessment"),
    ] {
        assert_eq!(
            found(&mut probe, empty),
            found(&mut probe, without),
            "{empty}"
        );
    }
}

#[test]
fn what_cannot_be_searched_for_is_refused() {
    let mut probe = Probe::sound();
    for query in [
        "Patient?birthdate=23%20May%202009",
        "Patient?birthdate=notadate",
        "Patient?gender:nosuch=male",
        "Patient?family:nosuch=x",
        "Patient?birthdate:nosuch=1980",
        "Observation?value-quantity:nosuch=1",
        "Questionnaire?url:nosuch=x",
        "RiskAssessment?probability:nosuch=1",
        "Observation?subject:nosuch=x",
        "RiskAssessment?probability=much",
        "Patient?_query=nosuch",
        "Patient?_count=many",
        "Patient?_summary=some",
        "Patient?_total=roughly",
        "Patient?_include=Patient:nosuch",
        "Patient?_page=x",
        "?_type=Condition,Observation&onset-date=2020",
        "?_type=Nothing",
        "Patient?gender:missing=perhaps",
        "Observation?subject:Medication.code=x",
        "Patient?_filter=x",
    ] {
        let reply = probe.send(&format!("GET /{query}"));
        assert_eq!(
            reply.status,
            400,
            "{query}: {}",
            String::from_utf8_lossy(&reply.body)
        );
    }
}

#[test]
fn unknown_parameters_are_ignored_and_named_or_refused() {
    let mut probe = Probe::sound();
    let bundle = probe.json("GET /Patient?gender=other&zz=1");
    assert_eq!(
        link(&bundle, "self"),
        Some(format!("{BASE}/Patient?gender=other").as_str())
    );
    let outcome = entries(&bundle, "outcome");
    assert_eq!(
        outcome[0].each("issue")[0].text("severity"),
        Some("warning")
    );
    assert_eq!(
        probe.status("GET /Patient?zz=1\nPrefer: handling=lenient"),
        200
    );
    assert_eq!(
        probe.status("GET /Patient?zz=1\nPrefer: handling=strict"),
        400
    );
    assert_eq!(
        probe.status("GET /Patient?_sort=zz\nPrefer: handling=strict"),
        400
    );
}

#[test]
fn a_search_by_post_is_the_same() {
    let mut probe = Probe::sound();
    let form = "Content-Type: application/x-www-form-urlencoded\n\ngender=female";
    let posted = probe.json(&format!("POST /Patient/_search?_count=1\n{form}"));
    let got = probe.json("GET /Patient?_count=1&gender=female");
    assert_eq!(posted, got);
    assert_eq!(entries(&posted, "match").len(), 1);
    let all = probe.json("POST /_search\nContent-Type: application/x-www-form-urlencoded\n\n_type=Patient&gender=female");
    assert_eq!(all.get("total"), Some(&Json::from(2)));
}

#[test]
fn pages_visit_each_match_once_whatever_happens_meanwhile() {
    let mut probe = Probe::sound();
    let all: BTreeSet<String> = found(&mut probe, "Patient").into_iter().collect();
    let mut seen = Vec::new();
    let mut url = "Patient?_count=3&_sort=birthdate".to_owned();
    for _ in 0..10 {
        let page = probe.json(&format!("GET /{url}"));
        assert_eq!(page.get("total"), Some(&Json::from(all.len())));
        seen.extend(
            entries(&page, "match")
                .iter()
                .map(|resource| resource.text("id").unwrap().to_owned()),
        );
        // Somebody writes between the pages.
        probe.create(r#"{"resourceType":"Patient","birthDate":"1900-01-01"}"#);
        let Some(next) = link(&page, "next") else {
            break;
        };
        url = next
            .strip_prefix(BASE)
            .unwrap()
            .trim_start_matches('/')
            .to_owned();
    }
    assert_eq!(seen.len(), all.len());
    assert_eq!(seen.into_iter().collect::<BTreeSet<String>>(), all);
}

#[test]
fn results_are_shaped_as_asked() {
    let mut probe = Probe::sound();
    for query in ["Patient?_count=0", "Patient?_summary=count"] {
        let bundle = probe.json(&format!("GET /{query}"));
        assert_eq!(
            (bundle.get("total"), bundle.get("entry")),
            (Some(&Json::from(8)), None),
            "{query}"
        );
        assert!(link(&bundle, "self").is_some());
    }
    let sorted = probe.json("GET /Patient?_sort=-birthdate&birthdate:missing=false");
    let dates: Vec<&str> = entries(&sorted, "match")
        .iter()
        .map(|patient| patient.text("birthDate").unwrap())
        .collect();
    assert!(dates.is_sorted_by(|one, other| one >= other), "{dates:?}");
    let parts = probe.json("GET /Encounter?_elements=identifier");
    for resource in entries(&parts, "match") {
        assert!(
            resource.get("status").is_some()
                && resource.get("class").is_some()
                && resource.get("period").is_none()
        );
        assert!(resource.to_string().contains("SUBSETTED"));
    }
    let none = probe.json("GET /Patient?_total=none");
    assert_eq!(none.get("total"), None);
}

#[test]
fn includes_come_along_once() {
    let mut probe = Probe::sound();
    let bundle = probe.json("GET /Observation?patient=pat-aaron&_include=Observation:subject&_include=Observation:performer");
    let included: Vec<&str> = entries(&bundle, "include")
        .iter()
        .map(|resource| resource.text("id").unwrap())
        .collect();
    assert_eq!(included, ["pat-aaron", "prac-2"]);
    assert_eq!(bundle.get("total"), Some(&Json::from(4)));
    let reverse = probe.json("GET /Patient?_id=pat-bea&_revinclude=Observation:subject&_count=1");
    assert_eq!(entries(&reverse, "include").len(), 2);
    let iterated = probe.json("GET /Observation?_id=obs-1&_include=Observation:subject&_include:iterate=Patient:organization&_include:iterate=Organization:partof");
    assert_eq!(entries(&iterated, "include").len(), 3);
    let urls: BTreeSet<&str> = iterated
        .each("entry")
        .iter()
        .filter_map(|entry| entry.text("fullUrl"))
        .collect();
    assert_eq!(urls.len(), 4);
    assert!(urls.iter().all(|url| url.starts_with(BASE)));
}
