//! Batches and transactions of a sound server.

use super::{BASE, Probe, issues};
use crate::serve::fhir_r4::capability::Bundles;
use crate::serve::fhir_r4::defects::Defects;
use crate::serve::fhir_r4::json::{Json, parse};
use crate::serve::fhir_r4::service::Service;

/// Sends a Bundle of entries, each given as resource, method, URL and further parts of the request.
fn send(probe: &mut Probe, kind: &str, entries: &[&str]) -> (u16, Json) {
    let body = format!(
        r#"{{"resourceType":"Bundle","type":"{kind}","entry":[{}]}}"#,
        entries.join(",")
    );
    let reply = probe.write("POST /", &body);
    (
        reply.status,
        parse(std::str::from_utf8(&reply.body).unwrap()).unwrap(),
    )
}

/// An entry; the full URL and the resource may be empty.
fn entry(url: &str, resource: &str, request: &str) -> String {
    let full_url = if url.is_empty() {
        String::new()
    } else {
        format!(r#""fullUrl":"{url}","#)
    };
    let resource = if resource.is_empty() {
        String::new()
    } else {
        format!(r#""resource":{resource},"#)
    };
    let (method, rest) = request.split_once(' ').unwrap();
    let (target, more) = rest.split_once(' ').unwrap_or((rest, ""));
    format!(r#"{{{full_url}{resource}"request":{{"method":"{method}","url":"{target}"{more}}}}}"#)
}

fn statuses(bundle: &Json) -> Vec<&str> {
    let status = |entry: &'_ Json| {
        entry
            .get("response")
            .and_then(|response| response.get("status"))
            .and_then(Json::as_text)
            .is_some()
    };
    assert!(bundle.each("entry").iter().all(status), "{bundle}");
    bundle
        .each("entry")
        .iter()
        .map(|entry| &entry.get("response").unwrap().text("status").unwrap()[..3])
        .collect()
}

fn patient(value: &str) -> String {
    format!(
        r#"{{"resourceType":"Patient","identifier":[{{"system":"http://t","value":"{value}"}}]}}"#
    )
}

fn total(probe: &mut Probe, query: &str) -> String {
    probe
        .json(&format!("GET /{query}"))
        .get("total")
        .unwrap()
        .scalar()
        .unwrap()
        .to_owned()
}

const ONE: &str = "urn:uuid:00000000-0000-4000-8000-000000000001";
const TWO: &str = "urn:uuid:00000000-0000-4000-8000-000000000002";

#[test]
fn answers_keep_the_order_and_processing_has_its_own() {
    let mut probe = Probe::sound();
    let seen = entry("", "", "GET Patient?identifier=http://t|new");
    let made = entry(ONE, &patient("new"), "POST Patient");
    let gone = entry("", "", "DELETE Questionnaire/quest-1");
    let (status, bundle) = send(&mut probe, "transaction", &[&seen, &made, &gone]);
    assert_eq!(
        (status, bundle.text("type")),
        (200, Some("transaction-response"))
    );
    assert_eq!(statuses(&bundle), ["200", "201", "204"]);
    assert_eq!(
        bundle.each("entry")[0]
            .get("resource")
            .unwrap()
            .get("total"),
        Some(&Json::from(1))
    );
    let response = bundle.each("entry")[1].get("response").unwrap();
    assert!(
        response
            .text("location")
            .unwrap()
            .starts_with(&format!("{BASE}/Patient/"))
    );
    assert_eq!(response.text("etag"), Some("W/\"1\""));
}

#[test]
fn references_become_what_they_mean() {
    let mut probe = Probe::sound();
    let one = format!(
        r#"{{"resourceType":"Patient","identifier":[{{"system":"http://t","value":"one"}}],"link":[{{"other":{{"reference":"{TWO}"}},"type":"seealso"}}]}}"#
    );
    let two = format!(
        r#"{{"resourceType":"Patient","identifier":[{{"system":"http://t","value":"two"}}],"link":[{{"other":{{"reference":"{ONE}"}},"type":"seealso"}}]}}"#
    );
    let (status, bundle) = send(
        &mut probe,
        "transaction",
        &[
            &entry(ONE, &one, "POST Patient"),
            &entry(TWO, &two, "POST Patient"),
        ],
    );
    assert_eq!(status, 200, "{}", issues(&bundle));
    let linked = |probe: &mut Probe, value: &str| {
        let bundle = probe.json(&format!("GET /Patient?identifier=http://t|{value}"));
        let resource = bundle.each("entry")[0].get("resource").unwrap().clone();
        let other = resource.each("link")[0]
            .get("other")
            .unwrap()
            .text("reference")
            .unwrap()
            .to_owned();
        (format!("Patient/{}", resource.text("id").unwrap()), other)
    };
    let (first, second) = (linked(&mut probe, "one"), linked(&mut probe, "two"));
    assert_eq!((&first.0, &first.1), (&second.1, &second.0));
}

#[test]
fn conditional_references_find_one_or_fail() {
    let mut probe = Probe::sound();
    let observation = |query: &str| {
        let resource = format!(
            r#"{{"resourceType":"Observation","identifier":[{{"value":"cond"}}],"status":"final","code":{{"text":"c"}},"subject":{{"reference":"Patient?{query}"}}}}"#
        );
        entry("", &resource, "POST Observation")
    };
    let good = observation("identifier=https://plugfest.example/identifier/patient|PAT-0002");
    assert_eq!(send(&mut probe, "transaction", &[&good]).0, 200);
    assert_eq!(
        total(
            &mut probe,
            "Observation?identifier=cond&subject=Patient/pat-bea"
        ),
        "1"
    );
    for query in [
        "identifier=http://t|none",
        "family=testpatient",
        "nonsense=1",
    ] {
        assert!(
            (400..500).contains(&send(&mut probe, "transaction", &[&observation(query)]).0),
            "{query}"
        );
    }
    let new = entry(ONE, &patient("fresh"), "POST Patient");
    assert_eq!(
        send(
            &mut probe,
            "transaction",
            &[&observation("identifier=http://t|fresh"), &new]
        )
        .0,
        200
    );
}

#[test]
fn one_failure_fails_all() {
    let good = [
        entry(ONE, &patient("kept"), "POST Patient"),
        entry(
            "",
            r#"{"resourceType":"Patient","id":"pat-fay"}"#,
            "PUT Patient/pat-fay",
        ),
        entry("", "", "DELETE Questionnaire/quest-1"),
    ];
    for bad in [
        entry(
            TWO,
            r#"{"resourceType":"Patient","gender":"pigeon"}"#,
            "POST Patient",
        ),
        entry("", "", "GET Patient?birthdate=notadate"),
        entry("", "", "GET Patient/$nosuch"),
        entry("", "", "GET Patient/no-such-id"),
        entry("", "", "DELETE Patient/pat-bea"),
        entry(
            "",
            r#"{"resourceType":"Patient","id":"pat-gus"}"#,
            r#"PUT Patient/pat-gus ,"ifMatch":"W/\"9\"""#,
        ),
        entry("", &patient("x"), "POST Patient/$meta-add"),
    ] {
        let mut probe = Probe::sound();
        let entries: Vec<&str> = good.iter().chain([&bad]).map(String::as_str).collect();
        let (status, outcome) = send(&mut probe, "transaction", &entries);
        assert!((400..500).contains(&status), "{bad}");
        assert_eq!(outcome.resource_type(), "OperationOutcome");
        assert_eq!(
            total(&mut probe, "Patient?identifier=http://t|kept"),
            "0",
            "{bad}"
        );
        assert!(probe.json("GET /Patient/pat-fay").get("name").is_some());
        assert_eq!(probe.status("GET /Questionnaire/quest-1"), 200);
    }
}

#[test]
fn the_same_identity_twice_is_refused() {
    let put = entry(
        "",
        r#"{"resourceType":"Patient","id":"pat-fay"}"#,
        "PUT Patient/pat-fay",
    );
    let delete = entry("", "", "DELETE Patient/pat-fay");
    let patch = entry(
        "",
        r#"{"resourceType":"Binary","contentType":"application/json-patch+json","data":"W10="}"#,
        "PATCH Patient/pat-fay",
    );
    let conditional = entry(
        "",
        r#"{"resourceType":"Patient"}"#,
        "PUT Patient?identifier=PAT-0006",
    );
    for pair in [
        [&put, &put],
        [&delete, &put],
        [&put, &patch],
        [&put, &conditional],
        [&delete, &delete],
    ] {
        let mut probe = Probe::sound();
        let (status, outcome) = send(&mut probe, "transaction", &[pair[0], pair[1]]);
        assert_eq!(status, 400, "{pair:?}: {}", issues(&outcome));
    }
    let mut probe = Probe::sound();
    for single in [&put, &patch, &conditional, &delete] {
        let (status, outcome) = send(&mut probe, "transaction", &[single]);
        assert_eq!(status, 200, "{single}: {}", issues(&outcome));
    }
}

#[test]
fn conditions_of_entries_count() {
    let mut probe = Probe::sound();
    let twin = entry(
        "",
        &patient("twin"),
        r#"POST Patient ,"ifNoneExist":"identifier=http://t|twin""#,
    );
    let (status, bundle) = send(&mut probe, "transaction", &[&twin, &twin]);
    assert_eq!((status, statuses(&bundle)), (200, vec!["201", "200"]));
    let (_, bundle) = send(&mut probe, "transaction", &[&twin]);
    assert_eq!(statuses(&bundle), ["200"]);
    assert_eq!(total(&mut probe, "Patient?identifier=http://t|twin"), "1");
    let update = entry(
        "",
        r#"{"resourceType":"Patient","id":"pat-gus"}"#,
        r#"PUT Patient/pat-gus ,"ifMatch":"W/\"1\"""#,
    );
    assert_eq!(send(&mut probe, "transaction", &[&update]).0, 200);
    assert_eq!(send(&mut probe, "transaction", &[&update]).0, 412);
}

#[test]
fn bundles_that_are_none_are_refused() {
    let mut probe = Probe::sound();
    assert_eq!(
        probe
            .write(
                "POST /",
                r#"{"resourceType":"Bundle","type":"transaction"}"#
            )
            .status,
        200
    );
    for body in [
        r#"{"resourceType":"Bundle","type":"collection"}"#,
        r#"{"resourceType":"Patient"}"#,
        r#"{"resourceType":"Bundle","type":"transaction","entry":[{"resource":{"resourceType":"Patient"}}]}"#,
        r#"{"resourceType":"Bundle","type":"batch","entry":[{"request":{"method":"POST","url":"Patient"}}]}"#,
        r#"{"resourceType":"Bundle","type":"batch","entry":[{"request":{"method":"PUT","url":"Patient/1"}}]}"#,
        r#"{"resourceType":"Bundle","type":"batch","entry":{}}"#,
    ] {
        assert!(
            [400, 422].contains(&probe.write("POST /", body).status),
            "{body}"
        );
    }
}

#[test]
fn an_entry_of_a_batch_fails_alone() {
    let mut probe = Probe::sound();
    let good = entry("", &patient("batch"), "POST Patient");
    let unknown = entry("", "", "GET Patient/no-such-id");
    let wrong = entry(
        "",
        r#"{"resourceType":"Patient","id":"a"}"#,
        "PUT Patient/b",
    );
    let read = entry("", "", "GET Patient/pat-bea");
    let (status, bundle) = send(&mut probe, "batch", &[&good, &unknown, &wrong, &read]);
    assert_eq!((status, bundle.text("type")), (200, Some("batch-response")));
    assert_eq!(statuses(&bundle), ["201", "404", "400", "200"]);
    assert!(
        bundle.each("entry")[1]
            .get("response")
            .unwrap()
            .get("outcome")
            .is_some()
    );
    assert_eq!(total(&mut probe, "Patient?identifier=http://t|batch"), "1");
}

#[test]
fn a_server_without_bundles_says_so() {
    let service = Service::new(BASE, None, Bundles::Refused, Defects::new(&[]));
    let now = jiff::Timestamp::UNIX_EPOCH;
    let refused = service.handle(super::request("POST /\nContent-Type: application/fhir+json\n\n{\"resourceType\":\"Bundle\",\"type\":\"batch\"}", now));
    assert_eq!(refused.status, 400);
    let statement = service.handle(super::request("GET /metadata", now));
    assert!(!String::from_utf8_lossy(&statement.body).contains("\"transaction\""));
}
