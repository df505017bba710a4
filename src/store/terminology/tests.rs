//! A server on this machine that answers as it is told, and counts.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};

use super::TerminologyServer;
use crate::fhir::definitions::{Definitions, Version};
use crate::fhir::terminology::{CodeRef, CodeStanding, Known, Membership, Packaged, Terminology};

type Answer = fn(&str, &Value) -> (u16, Value);

/// Serves until the test process ends; the counter tells how often it was asked.
fn serve(answer: Answer) -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let asked = Arc::new(AtomicUsize::new(0));
    let counter = asked.clone();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            counter.fetch_add(1, Ordering::Relaxed);
            reply(stream, answer);
        }
    });
    (format!("http://{address}/r4"), asked)
}

/// Reads one request, answers it and closes.
fn reply(mut stream: TcpStream, answer: Answer) {
    let mut request = Vec::new();
    let mut chunk = [0; 4096];
    let (head, body) = loop {
        let read = stream.read(&mut chunk).unwrap_or(0);
        request.extend_from_slice(&chunk[..read]);
        let text = String::from_utf8_lossy(&request).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.to_lowercase();
            let length = length.split_once("content-length: ").unwrap().1;
            let length: usize = length.lines().next().unwrap().trim().parse().unwrap();
            if body.len() >= length {
                break (head.to_owned(), body.to_owned());
            }
        }
        assert!(read > 0, "a request was cut short: {text}");
    };
    let path = head.split(' ').nth(1).unwrap();
    let (status, body) = answer(path, &serde_json::from_str(&body).unwrap());
    let body = body.to_string();
    let head = format!(
        "HTTP/1.1 {status} Told\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        body.len()
    );
    let _ = stream.write_all((head + &body).as_bytes());
}

fn parameters(list: Value) -> Value {
    json!({ "resourceType": "Parameters", "parameter": list })
}

/// Knows one SNOMED CT code.
fn knows_diabetes(path: &str, asked: &Value) -> (u16, Value) {
    let text = asked.to_string();
    let has = |part: &str| text.contains(part);
    match path {
        "/r4/CodeSystem/$validate-code" if has("http://rare.example") => (
            200,
            parameters(json!([{ "name": "result", "valueBoolean": false },
                { "name": "x-unknown-system", "valueCanonical": "http://rare.example" }])),
        ),
        "/r4/CodeSystem/$validate-code" => {
            let right = has("73211009") && !has("Broken leg");
            (
                200,
                parameters(json!([{ "name": "result", "valueBoolean": right },
                { "name": "display", "valueString": "Diabetes mellitus" }])),
            )
        }
        "/r4/ValueSet/$validate-code" => (
            200,
            parameters(
                json!([{ "name": "result", "valueBoolean": has("73211009") },
            { "name": "message", "valueString": "not\nthere" }]),
            ),
        ),
        "/r4/CodeSystem/$subsumes" => (
            200,
            parameters(json!([{ "name": "outcome", "valueCode": "subsumes" }])),
        ),
        _ => (
            404,
            json!({ "resourceType": "OperationOutcome", "issue": [{ "diagnostics": "no such thing" }] }),
        ),
    }
}

const SNOMED: &str = "http://snomed.info/sct";
const CONDITIONS: &str = "http://hl7.org/fhir/ValueSet/condition-code";

fn code(code: &str) -> CodeRef<'_> {
    CodeRef {
        system: Some(SNOMED),
        code,
        ..CodeRef::default()
    }
}

fn packaged() -> Arc<Packaged> {
    Arc::new(Packaged::new(Arc::new(Definitions::core(Version::R4))))
}

#[test]
fn only_what_packages_leave_open_is_asked_and_nothing_twice() {
    let (url, asked) = serve(knows_diabetes);
    let cache = tempfile::tempdir().unwrap();
    let server = || TerminologyServer::at(&url, packaged(), Some(cache.path().to_owned())).unwrap();
    let first = server();
    let count = || asked.load(Ordering::Relaxed);
    let gender = CodeRef {
        code: "male",
        ..CodeRef::default()
    };
    assert_eq!(
        first.member(
            &gender,
            "http://hl7.org/fhir/ValueSet/administrative-gender"
        ),
        Membership::Member
    );
    assert!(
        matches!(
            first.member(&code("73211008"), CONDITIONS),
            Membership::NotMember(_)
        ),
        "the check digit is wrong"
    );
    assert_eq!(count(), 0, "packages know");
    for _ in 0..3 {
        assert_eq!(
            first.member(&code("73211009"), CONDITIONS),
            Membership::Member
        );
        let Membership::NotMember(why) = first.member(&code("22298006"), CONDITIONS) else {
            panic!("the server refuses it");
        };
        assert!(why.ends_with("not there"), "{why}");
    }
    assert_eq!(count(), 2);
    assert_eq!(
        server().member(&code("73211009"), CONDITIONS),
        Membership::Member
    );
    assert_eq!(count(), 2, "it was kept on disk");
    assert_eq!(first.subsumes(SNOMED, "404684003", "73211009"), Some(true));
}

#[test]
fn displays_are_right_where_the_server_says_so() {
    let (url, _) = serve(knows_diabetes);
    let server = TerminologyServer::at(&url, packaged(), None).unwrap();
    let fits = |display| {
        let asked = CodeRef {
            display: Some(display),
            ..code("73211009")
        };
        match server.standing(&asked) {
            CodeStanding::Known(Known { display_fits, .. }) => display_fits,
            CodeStanding::Unknown(why) | CodeStanding::Undecided(why) => panic!("{why}"),
        }
    };
    assert_eq!(fits("diabetes mellitus"), Some(true));
    assert_eq!(fits("DM"), Some(true));
    assert_eq!(fits("Broken leg"), Some(false));
}

#[test]
fn a_server_that_cannot_say_decides_nothing() {
    let undecided = |answer: Answer, system: &str| {
        let (url, asked) = serve(answer);
        let server = TerminologyServer::at(&url, packaged(), None).unwrap();
        let codes = ["73211009", "22298006", "404684003", "38341003", "195967001"];
        let whys = codes.map(|code| {
            let asked = CodeRef {
                system: Some(system),
                code,
                ..CodeRef::default()
            };
            match server.standing(&asked) {
                CodeStanding::Undecided(why) => why,
                CodeStanding::Known(_) | CodeStanding::Unknown(_) => panic!("{code}"),
            }
        });
        (whys[4].clone(), asked.load(Ordering::Relaxed))
    };
    let (why, asked) = undecided(|_, _| (500, json!({})), SNOMED);
    assert!(why.contains("not asked any more"), "{why}");
    assert_eq!(asked, 3, "a server that fails is left alone");
    let (why, asked) = undecided(
        |_, _| (422, json!({ "issue": [{ "diagnostics": "too costly" }] })),
        SNOMED,
    );
    assert!(why.contains("too costly"), "{why}");
    assert_eq!(asked, 5, "a refusal is an answer");
    let (why, _) = undecided(|_, _| (200, json!("a text")), SNOMED);
    assert!(why.contains("gave no result"), "{why}");
    let (why, _) = undecided(knows_diabetes, "http://rare.example");
    assert!(why.contains("does not know http://rare.example"), "{why}");
    let nobody = TerminologyServer::at("http://127.0.0.1:1", packaged(), None).unwrap();
    let answer = nobody.member(&code("73211009"), CONDITIONS);
    assert!(matches!(answer, Membership::Undecided(why) if why.contains("did not answer")));
    assert!(TerminologyServer::at("tx.example.org", packaged(), None).is_err());
}
