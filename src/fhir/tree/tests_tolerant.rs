//! Tests of reading on after faults, driven by tables.

use super::FormIssueKind as Fault;
use super::{Reading, Resource};

/// `kind line:column path` of every fault, and of what ended the reading.
fn faults(reading: &Reading) -> Vec<String> {
    let issues = reading.issues().iter();
    let mut rows: Vec<String> = issues
        .map(|issue| {
            format!(
                "{:?} {}:{} {}",
                issue.kind, issue.line, issue.column, issue.path
            )
            .trim_end()
            .to_owned()
        })
        .collect();
    rows.extend(
        reading
            .error()
            .map(|error| format!("stop {}:{}", error.line, error.column)),
    );
    rows
}

/// `path = value` of every element that has a value.
fn outline(reading: &Reading) -> Vec<String> {
    let resource = reading.resource().into_iter();
    let elements = resource.flat_map(|resource| resource.root().descendants());
    elements
        .filter_map(|element| Some(format!("{} = {}", element.path(), element.value()?)))
        .collect()
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table of cases")]
fn syntax_of_json_is_mended() {
    let rows: &[(&str, &[&str], &[&str])] = &[
        (
            "{\"a\": 1, // one\n/* two */ \"b\": 2}",
            &["Comment 1:10", "Comment 2:1"],
            &["a = 1", "b = 2"],
        ),
        (
            "{\"a\": [1, 2,],}",
            &["ExtraComma 1:12", "ExtraComma 1:14"],
            &["a[0] = 1", "a[1] = 2"],
        ),
        (
            "{,\"a\": [,1,,2]}",
            &["ExtraComma 1:2", "ExtraComma 1:9", "ExtraComma 1:11"],
            &["a[0] = 1", "a[1] = 2"],
        ),
        (
            "{\"a\": [1 2] \"b\": 3}",
            &["MissingComma 1:10", "MissingComma 1:13"],
            &["a[0] = 1", "a[1] = 2", "b = 3"],
        ),
        ("{\"a\" 1}", &["MissingColon 1:6"], &["a = 1"]),
        (
            "{a: b, $c-d_: [e]}",
            &[
                "UnquotedName 1:2",
                "UnquotedValue 1:5 a",
                "UnquotedName 1:8",
                "UnquotedValue 1:16 $c-d_[0]",
            ],
            &["a = b", "$c-d_[0] = e"],
        ),
        (
            "{'a': 'it\\'s \"so\"'}",
            &["SingleQuotes 1:2", "SingleQuotes 1:7 a"],
            &["a = it's \"so\""],
        ),
        (
            "{\"a\": 1, \"a\": 2, \"b\": 3}",
            &["DuplicateProperty 1:10"],
            &["a = 1", "b = 3"],
        ),
        (
            "{\"a\": [1], \"a\": [2, 3], \"a\": {\"c\": 4}}",
            &["DuplicateProperty 1:12", "DuplicateProperty 1:25"],
            &["a[0] = 1"],
        ),
        (
            "{\"a\": 01, \"b\": +1, \"c\": .5, \"d\": 1., \"e\": 1e, \"f\": -}",
            &[
                "NumberForm 1:7 a",
                "NumberForm 1:16 b",
                "NumberForm 1:25 c",
                "NumberForm 1:36 d",
                "NumberForm 1:45 e",
                "NumberForm 1:53 f",
            ],
            &["a = 01", "b = +1", "c = .5", "d = 1.", "e = 1e", "f = -"],
        ),
        (
            "{\"a\": \"b\tc\"}",
            &["ControlCharacter 1:9 a"],
            &["a = b\tc"],
        ),
        (
            "{\"a\": \"\\x \\u12 \\ud800 \\ud800\\u0041\"}",
            &[
                "BadEscape 1:8 a",
                "BadEscape 1:11 a",
                "BadEscape 1:16 a",
                "BadEscape 1:23 a",
            ],
            &["a = x 12 \u{FFFD} \u{FFFD}A"],
        ),
        (
            "{\"resourceType\": \"Patient\", \"resourceType\": {\"a\": [{}]}, \"active\": true}",
            &["DuplicateProperty 1:29 Patient", "EmptyObject 1:52 Patient"],
            &["Patient.active = true"],
        ),
        ("{\"a\": True}", &["UnquotedValue 1:7 a"], &["a = True"]),
    ];
    for (body, wanted, elements) in rows {
        let reading = Resource::read_json(*body);
        assert_eq!(&faults(&reading), wanted, "{body}");
        assert_eq!(&outline(&reading), elements, "{body}");
        assert!(Resource::parse_json(body.as_bytes()).is_err(), "{body}");
    }
}

#[test]
fn json_that_says_two_things_at_once_is_refused() {
    let rows: &[(&[u8], &[&str])] = &[
        (b"{\"a\": 1}}", &["stop 1:9"]),
        (b"{\"a\": 1, \"b\": null}\n{}", &["stop 2:1"]),
        (b"{\"a\": [1}", &["stop 1:9"]),
        (b"{\"a\": 1 ", &["stop 1:9"]),
        (b"{\"a\": 1 /* b }", &["stop 1:9"]),
        (
            b"{a \"b}",
            &["UnquotedName 1:2", "MissingColon 1:4", "stop 1:7"],
        ),
        (b"{\"a\": @}", &["stop 1:7"]),
        (b"[]", &["stop 1:1"]),
        (b"", &["stop 1:1"]),
        (b"\xFF\xFE{\0", &["Encoding 1:1", "stop 1:1"]),
    ];
    for (body, wanted) in rows {
        assert_eq!(
            &faults(&Resource::read_json(*body)),
            wanted,
            "{}",
            String::from_utf8_lossy(body)
        );
    }
}

#[test]
fn bytes_that_are_not_utf_8_are_noted_once() {
    let reading = Resource::read_json(b"{\"a\": \"\xE9\", \"b\": \"\xE8\"}".as_slice());
    assert_eq!(faults(&reading), ["NotUtf8 1:8"]);
    assert_eq!(outline(&reading), ["a = \u{FFFD}", "b = \u{FFFD}"]);
    let reading =
        Resource::read_xml(b"<P xmlns='http://hl7.org/fhir'>\n<a value='\xE9'/></P>".as_slice());
    assert_eq!(faults(&reading), ["stop 2:11"]);
}

#[test]
fn rules_of_fhir_in_xml_are_noted() {
    let rows: &[(&str, &[&str])] = &[
        (
            "<?xml version='1.0' encoding='ISO-8859-1'?><P xmlns='http://hl7.org/fhir'/>",
            &["Encoding 1:1"],
        ),
        (
            "<?xml version='1.0' encoding='UTF-16'?><P xmlns='http://hl7.org/fhir'/>",
            &["Encoding 1:1", "stop 1:1"],
        ),
        (
            "<P xmlns='http://hl7.org/fhir' xmlns:xsi='http://www.w3.org/2001/XMLSchema-instance' xsi:schemaLocation='x'/>",
            &["SchemaAttribute 1:1 P"],
        ),
        (
            "<P xmlns='http://hl7.org/fhir'><a id='' value='1'/><?x?></P>",
            &["EmptyAttribute 1:35 P.a.id", "ProcessingInstruction 1:52 P"],
        ),
        (
            "<P><a value='1'/><b xmlns='urn:b'><c value='1'/></b></P>",
            &["WrongNamespace 1:1 P", "WrongNamespace 1:18 P.b"],
        ),
        (
            "<P xmlns='http://hl7.org/fhir'><a> <![CDATA[x]]> y</a></P>",
            &["StrayText 1:45 P.a", "StrayText 1:50 P.a"],
        ),
        (
            "<P xmlns='http://hl7.org/fhir'><text><div><p>x</p></div></text></P>",
            &[],
        ),
        ("<!DOCTYPE P><P/>", &["stop 1:1"]),
        (
            "<P xmlns='http://hl7.org/fhir'><text><!DOCTYPE P></text></P>",
            &["stop 1:38"],
        ),
        (
            "<P xmlns='http://hl7.org/fhir'><a value='&nbsp;'/></P>",
            &["stop 1:42"],
        ),
        ("<P xmlns='http://hl7.org/fhir'/><P/>", &["stop 1:33"]),
        ("<P xmlns='http://hl7.org/fhir'><q:a/></P>", &["stop 1:32"]),
        (
            "<P xmlns='http://hl7.org/fhir'><a value='1' value='2'/></P>",
            &["stop 1:45"],
        ),
        (
            "<P xmlns='http://hl7.org/fhir'><a value='&#x1d;'/></P>",
            &["stop 1:42"],
        ),
        (
            "<?xml version='1.1'?><P xmlns='http://hl7.org/fhir'><a value='&#x1d;'/></P>",
            &[],
        ),
        (" <?xml version='1.0'?><P/>", &["stop 1:2"]),
        ("x<P/>", &["stop 1:1"]),
        ("<!-- -- --><P/>", &["stop 1:1"]),
    ];
    for (body, wanted) in rows {
        assert_eq!(&faults(&Resource::read_xml(*body)), wanted, "{body}");
    }
}

#[test]
fn faults_of_syntax_and_those_of_fhir_are_told_apart() {
    assert!(Fault::Comment.is_syntax() && !Fault::Comment.is_harmless());
    assert!(!Fault::EmptyArray.is_syntax() && Fault::ByteOrderMark.is_harmless());
}

#[test]
fn places_in_values_are_found_through_escapes() {
    let body = "{\"text\": {\"div\":\n \"a\\u00e9\\ud83d\\udd25\\n<b>\"}, \"x\": [\"\\\"q\\\"\"]}";
    let reading = Resource::read_json(body);
    let resource = reading.resource().unwrap();
    let div = resource
        .root()
        .descendants()
        .find(|element| element.name() == "div")
        .unwrap();
    let offset = div.value().unwrap().find("<b>").unwrap();
    assert_eq!(div.value_position(offset), (2, 24));
    let item = resource.root().child("x").unwrap();
    assert_eq!(item.value_position(1), (2, 40));
    let body = "<P xmlns='http://hl7.org/fhir' xmlns:h='http://www.w3.org/1999/xhtml'><text><h:div>\n<h:p>x</h:p></h:div></text></P>";
    let reading = Resource::read_xml(body);
    let resource = reading.resource().unwrap();
    let div = resource
        .root()
        .descendants()
        .find(|element| element.name() == "div")
        .unwrap();
    assert_eq!(
        div.value_position(div.value().unwrap().find("<h:p>").unwrap()),
        (2, 1)
    );
}
