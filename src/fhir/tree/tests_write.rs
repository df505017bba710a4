//! Tests of the writers: what is written reads back as the same tree.

use super::{Element, Kind, NoShapes, Resource, Shape, Shapes, to_json, to_xml};
use crate::fhir::difference::equivalent;
use proptest::prelude::*;

/// A few rows of Patient's definition.
struct Rows;

impl Shapes for Rows {
    fn shape(&self, parent_type: &str, element: &str) -> Option<Shape<'_>> {
        let rows = [
            ("Patient", "id", "id", false),
            ("Patient", "text", "Narrative", false),
            ("Patient", "contained", "Resource", true),
            ("Patient", "active", "boolean", false),
            ("Patient", "name", "HumanName", true),
            ("Patient", "birthDate", "date", false),
            ("Patient", "multipleBirthInteger", "integer", false),
            ("Patient", "contact", "Patient.contact", true),
            ("Patient.contact", "name", "HumanName", false),
            ("Narrative", "status", "code", false),
            ("Narrative", "div", "xhtml", false),
            ("HumanName", "id", "string", false),
            ("HumanName", "family", "string", false),
            ("HumanName", "given", "string", true),
            ("date", "extension", "Extension", true),
            ("string", "extension", "Extension", true),
            ("Extension", "url", "uri", false),
            ("Extension", "valueDecimal", "decimal", false),
        ];
        let at = rows
            .iter()
            .position(|row| (row.0, row.1) == (parent_type, element))?;
        Some(Shape {
            type_name: rows[at].2,
            repeats: rows[at].3,
            order: at as u32,
        })
    }
}

const JSON: &str = r#"{"resourceType":"Patient","id":"p","text":{"status":"generated","div":"<div xmlns=\"http://www.w3.org/1999/xhtml\">a &amp; \"b\"</div>"},"contained":[{"resourceType":"Patient","id":"c"}],"active":true,"name":[{"id":"n","family":"A & <B>\n","given":["Ann",null,"Bea"],"_given":[null,{"extension":[{"url":"urn:x","valueDecimal":1.10}]},null]}],"_birthDate":{"extension":[{"url":"urn:y","valueDecimal":-0}]},"multipleBirthInteger":2,"contact":[{"name":{"family":"C"}}]}"#;

const XML: &str = r#"<Patient xmlns="http://hl7.org/fhir"><id value="p"/><text><status value="generated"/><div xmlns="http://www.w3.org/1999/xhtml">a &amp; "b"</div></text><contained><Patient><id value="c"/></Patient></contained><active value="true"/><name id="n"><family value="A &amp; &lt;B>&#10;"/><given value="Ann"/><given><extension url="urn:x"><valueDecimal value="1.10"/></extension></given><given value="Bea"/></name><birthDate><extension url="urn:y"><valueDecimal value="-0"/></extension></birthDate><multipleBirthInteger value="2"/><contact><name><family value="C"/></name></contact></Patient>"#;

#[test]
fn each_format_becomes_the_other() {
    let json = Resource::parse_json(JSON.as_bytes()).unwrap();
    let xml = Resource::parse_xml(XML.as_bytes()).unwrap();
    assert_eq!(to_xml(&json, &Rows).unwrap(), XML);
    assert_eq!(to_json(&xml, &Rows), JSON);
    assert_eq!(to_json(&json, &NoShapes), JSON);
    assert_eq!(to_xml(&xml, &NoShapes).unwrap(), XML);
    assert_eq!(equivalent(&json, &xml, &[]), []);
}

#[test]
fn xml_is_written_in_the_order_of_the_definition() {
    let body = r#"{"multipleBirthInteger":2,"name":[{"family":"A","id":"n"}],"id":"p","resourceType":"Patient","odd":1}"#;
    let written = to_xml(&Resource::parse_json(body.as_bytes()).unwrap(), &Rows).unwrap();
    let wanted = r#"<Patient xmlns="http://hl7.org/fhir"><id value="p"/><name id="n"><family value="A"/></name><multipleBirthInteger value="2"/><odd value="1"/></Patient>"#;
    assert_eq!(written, wanted);
}

#[test]
fn what_xml_cannot_say_is_an_error() {
    let rows = [
        (r#"{"a":1}"#, "XML needs the type of the resource"),
        (r#"{"resourceType":"P","a b":1}"#, "`a b` is no name in XML"),
        (
            r#"{"resourceType":"P","a":"\u0001"}"#,
            "XML has no way to write the character `\\u{1}`",
        ),
        (
            r#"{"resourceType":"P","text":{"div":"<div>&nbsp;</div>"}}"#,
            "`&nbsp;` is not an entity of XML: write the character itself",
        ),
    ];
    for (body, wanted) in rows {
        let error = to_xml(&Resource::parse_json(body.as_bytes()).unwrap(), &NoShapes).unwrap_err();
        assert_eq!(error.message, wanted, "{body}");
    }
}

/// Everything that two trees say, compared.
fn assert_same(one: Element<'_>, other: Element<'_>, context: &str) {
    let facts = |element: Element<'_>| {
        (
            element.name().to_owned(),
            element.kind(),
            element.value().map(str::to_owned),
            element.index(),
            element.resource_type().map(str::to_owned),
        )
    };
    assert_eq!(facts(one), facts(other), "{context}");
    assert_eq!(
        one.children().count(),
        other.children().count(),
        "{} in {context}",
        one.path()
    );
    for (one, other) in one.children().zip(other.children()) {
        assert_same(one, other, context);
    }
}

/// Every node names its parent, its descendants follow it, and lists count from 0 without a gap.
fn assert_sound(element: Element<'_>) {
    let mut before: Option<Element<'_>> = None;
    for child in element.children() {
        assert_eq!(child.parent(), Some(element));
        assert_eq!(child.name_hash(), super::name_hash(child.name()));
        let follows = before.is_some_and(|before| before.name() == child.name());
        match (follows, child.index()) {
            (true, Some(index)) if element.resource.format() == super::Format::Json => {
                assert_eq!(before.and_then(Element::index), index.checked_sub(1));
            }
            (false, Some(index)) if element.resource.format() == super::Format::Json => {
                assert_eq!(index, 0)
            }
            (_, _) => {}
        }
        assert!(matches!(child.kind(), Kind::Complex | Kind::Resource) == child.value().is_none());
        assert_sound(child);
        before = Some(child);
    }
}

fn value() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just("null".to_owned()),
        Just("true".to_owned()),
        "-?(0|[1-9][0-9]{0,3})(\\.[0-9]{1,2})?".prop_map(String::from),
        "[a-zé\"\\\\\n<&]{0,4}".prop_map(|text| serde_json::Value::from(text).to_string()),
    ];
    leaf.prop_recursive(4, 40, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4)
                .prop_map(|items| format!("[{}]", items.join(","))),
            prop::collection::vec(("_?[a-c]|contained|resourceType", inner), 0..5).prop_map(
                |members| {
                    let members: Vec<String> = members
                        .iter()
                        .map(|(name, value)| format!("\"{name}\":{value}"))
                        .collect();
                    format!("{{{}}}", members.join(","))
                }
            ),
        ]
    })
}

fn element_xml() -> impl Strategy<Value = String> {
    let leaf = ("[a-c]", "[a-z&é\n]{0,3}").prop_map(|(name, value)| {
        let value = value.replace('&', "&amp;");
        format!("<{name} value=\"{value}\"/>")
    });
    leaf.prop_recursive(4, 30, 4, |inner| {
        (
            prop::sample::select(vec!["a", "b", "extension", "Patient", "text"]),
            prop::option::of("[a-z]{1,2}"),
            prop::option::of("[a-z]{1,2}"),
            prop::collection::vec(inner, 0..4),
        )
            .prop_map(|(name, id, url, children)| {
                let id = id.map(|id| format!(" id='{id}'")).unwrap_or_default();
                let url = url
                    .filter(|_| name == "extension")
                    .map(|url| format!(" url='{url}'"))
                    .unwrap_or_default();
                format!("<{name}{id}{url}>{}</{name}>", children.concat())
            })
    })
}

proptest! {
    #[test]
    fn json_written_reads_back_the_same(members in prop::collection::vec(("_?[a-c]|contained|resourceType", value()), 0..6)) {
        let members: Vec<String> = members.iter().map(|(name, value)| format!("\"{name}\": {value}")).collect();
        let body = format!("{{{}}}", members.join(", "));
        let reading = Resource::read_json(body.as_str());
        let resource = reading.resource().unwrap();
        assert_sound(resource.root());
        let written = to_json(resource, &NoShapes);
        let again = Resource::parse_json(written.as_bytes()).unwrap();
        assert_same(resource.root(), again.root(), &format!("{body} → {written}"));
    }

    #[test]
    fn xml_written_reads_back_the_same(children in prop::collection::vec(element_xml(), 0..4)) {
        let body = format!("<Patient xmlns='http://hl7.org/fhir'>{}</Patient>", children.concat());
        let resource = Resource::parse_xml(body.as_bytes()).unwrap();
        assert_sound(resource.root());
        let written = to_xml(&resource, &NoShapes).unwrap();
        let again = Resource::parse_xml(written.as_bytes()).unwrap();
        assert_same(resource.root(), again.root(), &format!("{body} → {written}"));
    }

    #[test]
    fn faults_are_mended_wherever_they_are(tokens in prop::collection::vec(prop::sample::select(vec![
        "{", "}", "[", "]", ",", ":", "null", "1.5", "01", "+", "tru", "\"a\"", "\"_a\"", "'b'", "\"resourceType\"", "\"contained\"",
        "\"\\u0041\"", "\"\\ud800\"", "\"\t\"", "\"_\"", "//x\n", "/*", "*/", " ", "é",
    ]), 0..40)) {
        let body = format!("{{{}}}", tokens.concat());
        let reading = Resource::read_json(body.as_str());
        if let Some(resource) = reading.resource() {
            assert_sound(resource.root());
            let written = to_json(resource, &NoShapes);
            let again = Resource::parse_json(written.as_bytes());
            prop_assert!(again.is_ok(), "{} → {} {:?}", body, written, again.err());
        }
        let strict = Resource::parse_json(body.as_bytes()).is_ok();
        prop_assert_eq!(strict, reading.error().is_none() && !reading.issues().iter().any(|issue| issue.kind.is_syntax()));
    }

    /// An independent reader takes and refuses the same documents.
    #[test]
    fn xml_is_well_formed_where_another_reader_says_so(tokens in prop::collection::vec(prop::sample::select(vec![
        "<a>", "</a>", "<a ", "<b", "/>", ">", " xmlns='urn:x'", " xmlns:p='urn:p'", " value='1'", " p:q=\"2\"", "<p:B>", "</p:B>", "x", "&amp;", "&#65;", "&#0;", "&no;",
        "<!--", "-->", "-", "<?x y?>", "<![CDATA[", "]]>", "]", "\n", "'", "=",
    ]), 0..14)) {
        let body = format!("<r>{}</r>", tokens.concat());
        let ours = Resource::parse_xml(body.as_bytes());
        let theirs = roxmltree::Document::parse(&body);
        prop_assert_eq!(ours.is_ok(), theirs.is_ok(), "{} {:?} {:?}", body, ours.err(), theirs.err());
    }
}
