//! Tests of reading JSON and XML, driven by tables.

use super::{Element, FormIssueKind, Kind, Resource};
use crate::fhir::types::BuiltIn;
use proptest::prelude::*;

fn json(text: &str) -> Resource {
    Resource::parse_json(text.as_bytes()).unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn xml(text: &str) -> Resource {
    Resource::parse_xml(text.as_bytes()).unwrap_or_else(|error| panic!("{text}: {error}"))
}

/// `path = value` of every element that has a value.
fn outline(resource: &Resource) -> Vec<String> {
    let valued = resource.root().descendants();
    let rows =
        valued.filter_map(|element| Some(format!("{} = {}", element.path(), element.value()?)));
    rows.collect()
}

fn issues(resource: &Resource) -> Vec<(FormIssueKind, &str)> {
    let issues = resource.form_issues().iter();
    issues
        .map(|issue| (issue.kind, issue.path.as_str()))
        .collect()
}

const PATIENT_JSON: &str = r#"{
  "resourceType": "Patient",
  "id": "p1",
  "_birthDate": { "extension": [{ "url": "urn:time", "valueTime": "10:30" }] },
  "name": [{ "family": "Jack\u0073on\n", "given": ["Ann", null, "Bea"], "_given": [null, { "id": "g2" }, null] }],
  "birthDate": "1974-12-25",
  "multipleBirthInteger": 2,
  "contained": [{ "resourceType": "Organization", "id": "o1", "active": true }]
}"#;

#[test]
fn json_becomes_elements() {
    let patient = json(PATIENT_JSON);
    assert_eq!(patient.type_name(), Some("Patient"));
    assert!(
        patient.form_issues().is_empty(),
        "{:?}",
        patient.form_issues()
    );
    let wanted = [
        "Patient.id = p1",
        "Patient.name[0].family = Jackson\n",
        "Patient.name[0].given[0] = Ann",
        "Patient.name[0].given[1].id = g2",
        "Patient.name[0].given[2] = Bea",
        "Patient.birthDate = 1974-12-25",
        "Patient.birthDate.extension[0].url = urn:time",
        "Patient.birthDate.extension[0].value = 10:30",
        "Patient.multipleBirth = 2",
        "Patient.contained[0].id = o1",
        "Patient.contained[0].active = true",
    ];
    assert_eq!(outline(&patient), wanted);
}

#[test]
fn xml_becomes_the_same_elements() {
    let patient = xml(
        "<f:Patient xmlns:f='http://hl7.org/fhir'><f:id value='p1'/>\n<f:text><f:status value='generated'/>\
         <div xmlns='http://www.w3.org/1999/xhtml'>a <b>b</b></div></f:text>\
         <f:contained><f:Organization><f:id value='o1'/><f:active value='true'/></f:Organization></f:contained>\
         <f:name><f:family value='A&amp;B'/><f:given value='Ann'/><f:given id='g2'/></f:name>\
         <f:birthDate value='1974-12-25'><f:extension url='urn:time'><f:valueTime value='10:30'/></f:extension></f:birthDate>\
         </f:Patient>",
    );
    assert_eq!(patient.type_name(), Some("Patient"));
    assert!(
        patient.form_issues().is_empty(),
        "{:?}",
        patient.form_issues()
    );
    let wanted = [
        "Patient.id = p1",
        "Patient.text.status = generated",
        "Patient.text.div = <div xmlns='http://www.w3.org/1999/xhtml'>a <b>b</b></div>",
        "Patient.contained.id = o1",
        "Patient.contained.active = true",
        "Patient.name.family = A&B",
        "Patient.name.given[0] = Ann",
        "Patient.name.given[1].id = g2",
        "Patient.birthDate = 1974-12-25",
        "Patient.birthDate.extension.url = urn:time",
        "Patient.birthDate.extension.value = 10:30",
    ];
    assert_eq!(outline(&patient), wanted);
}

#[test]
fn a_narrative_stands_alone() {
    let patient = xml(
        "<Patient xmlns='http://hl7.org/fhir' xmlns:h='http://www.w3.org/1999/xhtml'><text><h:div>a <h:b>b</h:b></h:div></text></Patient>",
    );
    let div = "<h:div xmlns:h=\"http://www.w3.org/1999/xhtml\">a <h:b>b</h:b></h:div>";
    assert_eq!(outline(&patient), [format!("Patient.text.div = {div}")]);
}

#[test]
fn elements_know_their_place_and_type() {
    let patient = json(PATIENT_JSON);
    let find = |path: &str| {
        let mut all = patient.root().descendants();
        all.find(|element| element.path() == path).unwrap()
    };
    let place = |path: &str| find(path).place().to_string();
    assert_eq!(
        place("Patient.name[0].given[2]"),
        "Patient.name[0].given[2] (line 5, column 65)"
    );
    assert_eq!(
        place("Patient.birthDate"),
        "Patient.birthDate (line 6, column 3)"
    );
    let type_of = |path: &str| find(path).type_name(&BuiltIn);
    assert_eq!(type_of("Patient.name[0]"), Some("HumanName"));
    assert_eq!(type_of("Patient.birthDate"), Some("date"));
    assert_eq!(type_of("Patient.multipleBirth"), Some("integer"));
    assert_eq!(
        type_of("Patient.birthDate.extension[0].value"),
        Some("time")
    );
    assert_eq!(type_of("Patient.contained[0]"), Some("Organization"));
    let organization = find("Patient.contained[0].active").nearest_resource();
    assert_eq!(organization.resource_type(), Some("Organization"));
    assert_eq!(
        organization.parent().and_then(Element::resource_type),
        Some("Patient")
    );
}

#[test]
fn numbers_keep_their_text() {
    let observation =
        json(r#"{"a": 1.50, "b": -0, "c": 1e400, "d": 123456789012345678901234567890.10}"#);
    let found: Vec<_> = observation
        .root()
        .children()
        .map(|child| (child.kind(), child.value()))
        .collect();
    let number = |text| (Kind::Number, Some(text));
    assert_eq!(
        found,
        [
            number("1.50"),
            number("-0"),
            number("1e400"),
            number("123456789012345678901234567890.10")
        ]
    );
    assert_eq!(observation.type_name(), None);
}

#[test]
fn a_resource_type_is_an_element_outside_of_containers() {
    let scenario = json(
        r#"{"resourceType": "ExampleScenario", "instance": [{"resourceId": "a", "resourceType": "Patient"}]}"#,
    );
    assert!(
        outline(&scenario)
            .contains(&"ExampleScenario.instance[0].resourceType = Patient".to_owned())
    );
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table of cases")]
fn bad_json_says_where_and_why() {
    let rows: &[(&[u8], &str)] = &[
        (
            b"",
            "line 1, column 1: expected a JSON value, found the end of the body",
        ),
        (
            b"[]",
            "line 1, column 1: a FHIR resource in JSON is an object: `{ … }`",
        ),
        (
            b"{\"a\": 1,\n \"a\": 2}",
            "line 2, column 2: the property `a` comes twice in one object",
        ),
        (
            b"{\"a\": 1} x",
            "line 1, column 10: there is text after the end of the JSON value",
        ),
        (
            b"{\"a\": \"\xC3\xA9\xFF\"}",
            "line 1, column 9: the byte 0xFF is not UTF-8, which FHIR requires",
        ),
        (
            b"{\"a\": 01}",
            "line 1, column 7: a number must not start with a zero that counts for nothing",
        ),
        (
            b"{\"a\": 1.}",
            "line 1, column 9: expected a digit, found `}`",
        ),
        (
            b"{\"a\": \"\n\"}",
            "line 1, column 8: a control character in a string must be escaped",
        ),
        (
            b"{\"a\": \"\\x\"}",
            "line 1, column 8: a `\\` in a string must start one of \\\" \\\\ \\/ \\b \\f \\n \\r \\t \\uXXXX",
        ),
        (
            b"{\"a\": \"\\ud800\"}",
            "line 1, column 8: a `\\u` escape names half of a surrogate pair",
        ),
        (
            b"{\"a\": \"\\u00g0\"}",
            "line 1, column 8: `\\u` needs four hexadecimal digits",
        ),
        (
            b"{\"a\": nul}",
            "line 1, column 7: expected a JSON value, found `n`",
        ),
        (
            b"{\"a\" 1}",
            "line 1, column 6: expected `:` after the property name, found `1`",
        ),
        (
            b"{a: 1}",
            "line 1, column 2: expected a property name in double quotes, found `a`",
        ),
        (
            b"{\"a\": [1 2]}",
            "line 1, column 10: expected `,` or `]`, found `2`",
        ),
        (
            b"{\"a\": \"b",
            "line 1, column 9: the string is not closed before the end of the body",
        ),
    ];
    for (body, wanted) in rows {
        let error = Resource::parse_json(body).unwrap_err();
        assert_eq!(error.to_string(), *wanted);
    }
}

#[test]
fn surrogate_pairs_make_one_character() {
    assert_eq!(
        outline(&json(r#"{"a": "\ud83d\udd25 \u00e9"}"#)),
        ["a = 🔥 é"]
    );
}

#[test]
fn hostile_bodies_are_refused() {
    let deep = "[".repeat(100_000);
    let error = Resource::parse_json(format!("{{\"a\": {deep}").as_bytes()).unwrap_err();
    assert!(error.message.contains("nests deeper"), "{error}");
    let deep = "{\"a\":".repeat(100_000);
    assert!(Resource::parse_json(deep.as_bytes()).is_err());
    let deep = format!(
        "<P xmlns='http://hl7.org/fhir'>{}{}</P>",
        "<a>".repeat(100_000),
        "</a>".repeat(100_000)
    );
    let error = Resource::parse_xml(deep.as_bytes()).unwrap_err();
    assert!(error.message.contains("nests deeper"), "{error}");
    let laughs = "<!DOCTYPE P [<!ENTITY a 'ha'><!ENTITY b '&a;&a;&a;'>]>\n<P xmlns='http://hl7.org/fhir'><a value='&b;'/></P>";
    let error = Resource::parse_xml(laughs.as_bytes()).unwrap_err();
    assert!(
        error.message.contains("document type declaration"),
        "{error}"
    );
    let many: String = (0..300).map(|at| format!(" a{at}=''")).collect();
    let error = Resource::parse_xml(format!("<P{many}/>").as_bytes()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "line 1, column 1: a tag has more than 256 attributes"
    );
    let error = Resource::parse_xml(b"<P><a></P>").unwrap_err();
    assert_eq!(
        error.to_string(),
        "line 1, column 7: not well-formed XML: expected `</a>`, found `</P>`"
    );
    assert!(Resource::parse_xml(b"<P>\xFF</P>").is_err());
}

#[test]
fn faults_of_form_in_json_are_noted() {
    use FormIssueKind::{
        EmptyArray, EmptyObject, EmptyText, MisalignedExtension, NestedArray, Null,
    };
    let rows: &[(&str, &[(FormIssueKind, &str)])] = &[
        (r#""name": []"#, &[(EmptyArray, "Patient.name")]),
        (r#""name": [{}]"#, &[(EmptyObject, "Patient.name[0]")]),
        (
            r#""maritalStatus": {}"#,
            &[(EmptyObject, "Patient.maritalStatus")],
        ),
        (r#""active": null"#, &[(Null, "Patient.active")]),
        (r#""name": [null]"#, &[(Null, "Patient.name[0]")]),
        (
            r#""name": [{"given": ["a", null]}]"#,
            &[(Null, "Patient.name[0].given[1]")],
        ),
        (r#""gender": """#, &[(EmptyText, "Patient.gender")]),
        (
            r#""name": [[{"family": "a"}]]"#,
            &[(NestedArray, "Patient.name[0]")],
        ),
        (
            r#""active": true, "_active": []"#,
            &[(MisalignedExtension, "Patient.active")],
        ),
        (
            r#""name": [{"given": ["a"], "_given": [null, {"id": "b"}]}]"#,
            &[(MisalignedExtension, "Patient.name[0].given")],
        ),
        (
            r#""maritalStatus": {"text": "a"}, "_maritalStatus": {"id": "b"}"#,
            &[(MisalignedExtension, "Patient.maritalStatus")],
        ),
        (r#""_birthDate": {"id": "a"}"#, &[]),
    ];
    for (property, wanted) in rows {
        let patient = json(&format!("{{\"resourceType\": \"Patient\", {property}}}"));
        assert_eq!(&issues(&patient), wanted, "{property}");
    }
    let marked = Resource::parse_json(b"\xEF\xBB\xBF{\"resourceType\": \"Patient\"}").unwrap();
    assert_eq!(issues(&marked), [(FormIssueKind::ByteOrderMark, "")]);
}

#[test]
fn faults_of_form_in_xml_are_noted() {
    use FormIssueKind::{
        CrowdedContainer, EmptyObject, EmptyText, StrayText, UnknownAttribute, WrongNamespace,
    };
    let rows: &[(&str, &[(FormIssueKind, &str)])] = &[
        ("<active value=''/>", &[(EmptyText, "Patient.active")]),
        ("<active/>", &[(EmptyObject, "Patient.active")]),
        (
            "<active value='true' x='1'/>",
            &[(UnknownAttribute, "Patient.active")],
        ),
        ("text", &[(StrayText, "Patient")]),
        (
            "<a xmlns='urn:x' value='1'/>",
            &[(WrongNamespace, "Patient.a")],
        ),
        (
            "<contained><A><id value='1'/></A><B><id value='2'/></B></contained>",
            &[(CrowdedContainer, "Patient.contained")],
        ),
        ("<!-- a comment --><active value='true'/>", &[]),
    ];
    for (inner, wanted) in rows {
        let patient = xml(&format!(
            "<Patient xmlns='http://hl7.org/fhir'>{inner}</Patient>"
        ));
        assert_eq!(&issues(&patient), wanted, "{inner}");
    }
}

proptest! {
    #[test]
    fn no_bytes_make_the_readers_panic(bytes in prop::collection::vec(any::<u8>(), 0..120)) {
        let _ = Resource::parse_json(&bytes);
        let _ = Resource::parse_xml(&bytes);
    }

    #[test]
    fn no_soup_of_json_makes_the_reader_panic(tokens in prop::collection::vec(prop::sample::select(vec![
        "{", "}", "[", "]", ",", ":", "null", "1.5", "true", "\"a\"", "\"_a\"", "\"resourceType\"", "\"contained\"",
        "\"\\u0041\"", "\"_\"", "\"__a\"", " ",
    ]), 0..40)) {
        if let Ok(resource) = Resource::parse_json(tokens.concat().as_bytes()) {
            prop_assert_eq!(resource.root().descendants().count(), outline_all(&resource));
        }
    }

    #[test]
    fn any_json_object_is_read_whole(value in json_object(3)) {
        let text = value.to_string();
        let resource = Resource::parse_json(text.as_bytes());
        prop_assert!(resource.is_ok(), "{} {:?}", text, resource.err());
    }

    #[test]
    fn no_soup_of_xml_makes_the_reader_panic(tokens in prop::collection::vec(prop::sample::select(vec![
        "<a>", "</a>", "<a ", "/>", ">", "xmlns='http://hl7.org/fhir'", " value='1'", "<B>", "</B>", "x", "&amp;", "<!--", "-->",
        "<f:a xmlns:f='urn:f' f:b='&lt;'/>",
    ]), 0..30)) {
        if let Ok(resource) = Resource::parse_xml(tokens.concat().as_bytes()) {
            prop_assert_eq!(resource.root().descendants().count(), outline_all(&resource));
        }
    }
}

/// Asks everything of every element, and counts them by walking.
fn outline_all(resource: &Resource) -> usize {
    fn walk(element: Element<'_>) -> usize {
        let _ = (
            element.place(),
            element.value(),
            element.index(),
            element.type_name(&BuiltIn),
        );
        1 + element.children().map(walk).sum::<usize>()
    }
    walk(resource.root()) - 1
}

fn json_object(depth: u32) -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(serde_json::Value::from),
        any::<f64>().prop_map(serde_json::Value::from),
        ".{0,8}".prop_map(serde_json::Value::from),
    ];
    let nested = leaf.prop_recursive(depth, 40, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(serde_json::Value::from),
            prop::collection::btree_map("_?[a-c]{1,2}", inner, 0..6).prop_map(object),
        ]
    });
    prop::collection::btree_map("_?[a-c]{1,2}", nested, 0..6).prop_map(object)
}

fn object(map: std::collections::BTreeMap<String, serde_json::Value>) -> serde_json::Value {
    serde_json::Value::Object(map.into_iter().collect())
}
