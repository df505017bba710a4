//! What authors write, and what would be sent.

use std::borrow::Cow;

use super::*;
use crate::diag::Source;
use crate::model::Instant;

struct Values;

impl Scope for Values {
    fn value(&self, name: &str) -> Option<Cow<'_, str>> {
        let value = match name {
            "create.id" => "17",
            "values.odd" => "a/../b c?&=#ü",
            "next" => "http://sut.test:8080/fhir?page=2&_x=a%20b",
            "location" => "/fhir/Patient/3/_history/1",
            "evil" => "http://elsewhere.test/fhir/Patient",
            "climb" => "../../admin",
            "hidden-climb" => "..%2F..%2Fadmin",
            "quote" => "O'Neill \"Söhne\"\\",
            "break" => "a\r\nX-Injected: b",
            "file" => "patient",
            _ => return None,
        };
        Some(value.into())
    }
    fn now(&self) -> Instant {
        Instant::from_micros(0)
    }
    fn random(&self, _: &str, _: usize) -> [u8; 32] {
        [7; 32]
    }
}

fn files() -> Files {
    let mut files = Files::default();
    let mut add = |path: &str, bytes: &[u8]| files.entries.insert(path.into(), bytes.into());
    add(
        "fixtures/patient.json",
        br#"{"resourceType": "Patient", "id": "x", "active": true, "n": 1.10, "name": [{"family": "A", "given": ["{{create.id}}"]}]}"#,
    );
    add(
        "fixtures/patient.xml",
        b"<Patient><id value=\"{{create.id}}\"/></Patient>",
    );
    add("fixtures/raw.bin", b"\xff\xfe{{");
    files
}

fn endpoints() -> Vec<(String, String)> {
    vec![
        ("fhir".into(), "http://sut.test:8080/fhir".into()),
        ("other".into(), "https://other.test".into()),
    ]
}

fn action(yaml: &str) -> Result<Box<dyn Action>, Diagnostic> {
    let node = crate::yaml::parse(&Source::new("t.yaml", yaml))?;
    parse(&node, &files())
}

fn prepare(yaml: &str) -> Result<Outgoing, Unsendable> {
    let headers = Headers(vec![("Accept".into(), "application/fhir+json".into())]);
    let action = action(yaml).unwrap_or_else(|diagnostic| {
        panic!(
            "{yaml}: {}",
            crate::diag::render(&diagnostic, crate::diag::Style::Plain)
        )
    });
    action.prepare(&Surroundings {
        scope: &Values,
        endpoints: &endpoints(),
        endpoint: "fhir",
        headers: &headers,
    })
}

#[test]
fn urls_are_joined_and_encoded() {
    let base = "http://sut.test:8080/fhir";
    let cases = [
        ("get: /Patient/{{create.id}}", "/Patient/17"),
        ("get: Patient", "/Patient"),
        ("get: ''", ""),
        ("post: /", "/"),
        ("get: '?_summary=count'", "?_summary=count"),
        (
            "get: \"/Patient/{{quote}}\"",
            "/Patient/O%27Neill%20%22S%C3%B6hne%22%5C",
        ),
        ("get: '{{next}}'", "?page=2&_x=a%20b"),
        (
            "get: '{{next}}&n={{values.odd}}'",
            "?page=2&_x=a%20b&n=a/../b%20c%3F%26%3D%23%C3%BC",
        ),
        ("get: '{{location}}'", "/Patient/3/_history/1"),
        (
            "{ get: /P, query: { _count: 2, birthdate: [ge1980-01-01, lt1981-01-01], 'family:exact': Müller & co+, no: null } }",
            "/P?_count=2&birthdate=ge1980-01-01&birthdate=lt1981-01-01&family:exact=M%C3%BCller%20%26%20co%2B",
        ),
        (
            "{ get: '/P?a=1', query: { b: 'x|y,z' } }",
            "/P?a=1&b=x%7Cy,z",
        ),
        ("get: //Patient", "//Patient"),
        ("get: 'http://SUT.test:8080/fhir/x'", "/x"),
    ];
    for (yaml, expected) in cases {
        let outgoing = prepare(yaml).unwrap_or_else(|problem| panic!("{yaml}: {problem:?}"));
        assert_eq!(outgoing.url, format!("{base}{expected}"), "{yaml}");
    }
    let other = prepare("{ get: /x, endpoint: other }").unwrap();
    assert_eq!(other.url, "https://other.test/x");
}

#[test]
fn nothing_is_sent_elsewhere() {
    let cases = [
        "get: '{{evil}}'",
        "get: http://elsewhere.test/fhir",
        "get: https://sut.test:8080/fhir",
        "get: http://sut.test:8081/fhir",
        "get: http://sut.test:8080/fhirish",
        "get: http://sut.test:8080/",
        "get: http://user:pass@sut.test:8080/fhir",
        "get: http://sut.test:8080@elsewhere.test/fhir",
        "get: /../admin",
        "get: /%2e%2e/admin",
        "get: /..%2fadmin",
        "get: /..\\admin",
        "get: '/{{climb}}'",
        "get: '/{{hidden-climb}}'",
        "get: '{{climb}}'",
        "get: file:///etc/passwd",
    ];
    for yaml in cases {
        let outcome = prepare(yaml);
        assert!(
            matches!(outcome, Err(Unsendable::Elsewhere(_))),
            "{yaml}: {outcome:?}"
        );
    }
}

#[test]
fn headers_are_merged() {
    let outgoing = prepare(
        "{ get: /x, headers: { accept: null, Prefer: [a, b], If-Match: 'W/\"{{create.id}}\"' } }",
    )
    .unwrap();
    let expected = [("Prefer", "a"), ("Prefer", "b"), ("If-Match", "W/\"17\"")];
    assert_eq!(
        outgoing.headers.0,
        expected.map(|(name, value)| (name.to_owned(), value.to_owned()))
    );
    let outgoing =
        prepare("{ post: /x, body: { text: hi }, headers: { Content-Type: null } }").unwrap();
    assert_eq!(
        outgoing.headers.0.len(),
        1,
        "only the pack's: {:?}",
        outgoing.headers
    );
    let injected = prepare("{ get: /x, headers: { X: '{{break}}' } }");
    assert!(
        matches!(injected, Err(Unsendable::Broken(_))),
        "{injected:?}"
    );
}

#[test]
fn bodies_are_filled() {
    let cases = [
        (
            "file: fixtures/patient.xml",
            "<Patient><id value=\"17\"/></Patient>",
            "application/fhir+xml",
        ),
        (
            "file: 'fixtures/{{file}}.xml'",
            "<Patient><id value=\"17\"/></Patient>",
            "application/fhir+xml",
        ),
        (
            "{ file: fixtures/patient.json, set: { id: '{{quote}}', 'name[0].family': B, 'name[1].use': usual, deceased: false, 'a.b[0]': 1.50 }, unset: [active] }",
            "{\"resourceType\":\"Patient\",\"id\":\"O'Neill \\\"Söhne\\\"\\\\\",\"n\":1.10,\"name\":[{\"family\":\"B\",\"given\":[\"17\"]},{\"use\":\"usual\"}],\"deceased\":false,\"a\":{\"b\":[1.50]}}",
            "application/fhir+json",
        ),
        (
            "json: { a: ['{{quote}}', 1.0, null, true], b: {} }",
            "{\"a\":[\"O'Neill \\\"Söhne\\\"\\\\\",1.0,null,true],\"b\":{}}",
            "application/fhir+json",
        ),
        (
            "{ text: 'id={{create.id}}', media-type: text/csv }",
            "id=17",
            "text/csv",
        ),
        (
            "form: { a: 'x y&z', b: [1, 2] }",
            "a=x+y%26z&b=1&b=2",
            "application/x-www-form-urlencoded",
        ),
        (
            "multipart: [{ name: 'a\"', text: '{{create.id}}', type: text/plain, filename: a.txt }]",
            "--plugfest-07070707070707070707070707070707\r\nContent-Disposition: form-data; name=\"a%22\"; filename=\"a.txt\"\r\nContent-Type: text/plain\r\n\r\n17\r\n--plugfest-07070707070707070707070707070707--\r\n",
            "multipart/form-data; boundary=plugfest-07070707070707070707070707070707",
        ),
    ];
    for (body, expected, media_type) in cases {
        let body = if body.starts_with('{') {
            body.to_owned()
        } else {
            format!("{{ {body} }}")
        };
        let outgoing = prepare(&format!("{{ post: /x, body: {body} }}"))
            .unwrap_or_else(|problem| panic!("{body}: {problem:?}"));
        assert_eq!(String::from_utf8_lossy(&outgoing.body), expected, "{body}");
        assert_eq!(
            outgoing.headers.first("content-type"),
            Some(media_type),
            "{body}"
        );
    }
    let binary = prepare("{ put: /x, body: { file: fixtures/raw.bin } }").unwrap();
    assert_eq!(binary.body, b"\xff\xfe{{");
}

#[test]
fn raw_stands_as_it_is() {
    let outgoing = prepare("{ raw: \"GET /x HTTP/1.1\\r\\nHost: {{create.id}}\\r\\n\\r\\n\", endpoint: other, auth: none }").unwrap();
    assert_eq!(
        outgoing.raw.as_deref(),
        Some(&b"GET /x HTTP/1.1\r\nHost: 17\r\n\r\n"[..])
    );
    assert_eq!(
        (outgoing.url.as_str(), outgoing.auth),
        ("https://other.test/", AuthChoice::None)
    );
}

#[test]
fn methods_and_effects() {
    let cases = [
        ("get: /x", "GET", Effect::Reads),
        ("delete: '/x/{{create.id}}'", "DELETE", Effect::Writes),
        ("method: { name: PURGE, path: / }", "PURGE", Effect::Writes),
        ("raw: \"HEAD / HTTP/1.1\\r\\n\\r\\n\"", "RAW", Effect::Reads),
        ("raw: nonsense", "RAW", Effect::Writes),
    ];
    for (yaml, method, effect) in cases {
        assert_eq!(action(yaml).unwrap().effect(), effect, "{yaml}");
        assert_eq!(prepare(yaml).unwrap().method, method, "{yaml}");
    }
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table of cases")]
fn mistakes_have_a_place() {
    let cases = [
        ("gt: /x", "unknown-field", "gt"),
        ("{}", "missing-field", "{}"),
        ("{ get: /x, post: /y }", "bad-value", "post"),
        ("{ get: /x, raw: y }", "bad-value", "raw"),
        ("{ raw: y, body: { text: x } }", "unknown-field", "body"),
        ("{ get: /x, headers: { 'a b': c } }", "bad-value", "'a b'"),
        (
            "{ get: /x, headers: { Content-Length: 1 } }",
            "bad-value",
            "Content-Length",
        ),
        (
            "{ get: /x, headers: { a: { b: c } } }",
            "unknown-field",
            "b",
        ),
        ("{ get: /x, query: [a] }", "wrong-type", "[a]"),
        ("{ get: '/x/{{a b}}' }", "template-syntax", "{{a b}}"),
        (
            "{ put: /x, body: { file: fixtures/patent.json } }",
            "missing-file",
            "fixtures/patent.json",
        ),
        (
            "{ put: /x, body: { file: ../secret } }",
            "outside-pack",
            "../secret",
        ),
        ("{ put: /x, body: { fil: a } }", "unknown-field", "fil"),
        (
            "{ put: /x, body: { text: a, json: { a: b } } }",
            "bad-value",
            "{ text: a, json: { a: b } }",
        ),
        ("{ put: /x, body: {} }", "missing-field", "{}"),
        (
            "{ put: /x, body: { text: a, set: { a: b } } }",
            "bad-value",
            "{ text: a, set: { a: b } }",
        ),
        (
            "{ put: /x, body: { file: fixtures/patient.xml, unset: [a] } }",
            "bad-value",
            "fixtures/patient.xml",
        ),
        (
            "{ put: /x, body: { file: fixtures/patient.json, unset: [nothing] } }",
            "bad-value",
            "nothing",
        ),
        (
            "{ put: /x, body: { file: fixtures/patient.json, set: { 'name[5]': a } } }",
            "bad-value",
            "'name[5]'",
        ),
        (
            "{ put: /x, body: { file: fixtures/patient.json, set: { 'name..x': a } } }",
            "bad-value",
            "'name..x'",
        ),
        (
            "{ put: /x, body: { file: fixtures/patient.json, set: { 'id.x': a } } }",
            "bad-value",
            "'id.x'",
        ),
    ];
    for (yaml, code, at) in cases {
        let diagnostic = action(yaml)
            .err()
            .unwrap_or_else(|| panic!("{yaml} was taken"));
        let place = diagnostic
            .place
            .as_ref()
            .map(|place| place.text().to_owned());
        assert_eq!(
            (diagnostic.code, place.as_deref()),
            (code, Some(at)),
            "{yaml}"
        );
    }
    let missing = prepare("get: /{{nobody}}");
    assert!(
        matches!(missing, Err(Unsendable::Unresolved(_))),
        "{missing:?}"
    );
}

#[test]
fn the_schema_wants_exactly_one_method() {
    let mut generator = schemars::SchemaGenerator::default();
    let schema = (super::super::ROW.schema)(&mut generator);
    let definitions = serde_json::to_string(&generator.take_definitions(true)).unwrap();
    assert!(serde_json::to_string(&schema).unwrap().contains("Http"));
    assert!(definitions.contains("\"oneOf\""), "{definitions}");
    assert!(definitions.contains("HttpBody") && definitions.contains("additionalProperties"));
}

#[test]
fn what_is_optional_is_left_out_where_it_is_missing() {
    let outgoing = prepare(
        "{ put: /Patient/1, query: { a: { optional: '{{create.id}}' }, b: { optional: '{{gone}}' } }, \
         headers: { If-Match: { optional: 'W/\"{{gone}}\"' }, X-Id: [{ optional: '{{create.id}}' }, b, { optional: '{{gone}}' }], \
         Accept: { optional: '{{gone}}' } }, body: { form: { c: { optional: '{{gone}}' }, d: 1 } } }",
    )
    .unwrap();
    assert_eq!(outgoing.url, "http://sut.test:8080/fhir/Patient/1?a=17");
    assert_eq!(outgoing.body, b"d=1");
    let headers: Vec<(&str, &str)> = outgoing
        .headers
        .0
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    assert_eq!(
        headers,
        [
            ("X-Id", "17"),
            ("X-Id", "b"),
            ("Content-Type", "application/x-www-form-urlencoded"),
        ]
    );
    assert!(matches!(
        prepare("{ get: /, headers: { X: { optional: \"{{random('a', 1)}}\" } } }"),
        Err(Unsendable::Unresolved(_))
    ));
    for (yaml, code) in [
        (
            "{ get: /, headers: { X: { optional: fixed } } }",
            "bad-value",
        ),
        (
            "{ get: /, headers: { X: { optinal: '{{a}}' } } }",
            "unknown-field",
        ),
        ("{ get: /, headers: { X: {} } }", "wrong-type"),
    ] {
        let diagnostic = action(yaml).unwrap_err();
        assert_eq!(diagnostic.code, code, "{yaml}");
        assert!(diagnostic.place.is_some(), "{yaml}");
    }
}
