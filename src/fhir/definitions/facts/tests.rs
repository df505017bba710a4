use super::{LEFT_OUT, Reduction, RootConstraints, note_root_constraints, of};
use crate::fhir::definitions::{Others, Snomed, Structure, Wording, all, text};
use crate::fhir::tree::Resource;
use std::sync::Arc;

fn json(body: &str) -> Resource {
    Resource::parse_json(body.as_bytes()).unwrap()
}

fn reduced(resource: &Resource, reduction: Reduction) -> String {
    let mut roots = RootConstraints::new();
    note_root_constraints(&mut roots, json(ELEMENT).root());
    of(resource.root(), reduction, &roots).unwrap()
}

/// The type that all others come from.
const ELEMENT: &str = r#"{"resourceType":"StructureDefinition","type":"Element","snapshot":{"element":[
    {"path":"Element","constraint":[{"key":"ele-1","severity":"error","human":"not empty","expression":"hasValue()"}]}]}}"#;

const THING: &str = r#"{"resourceType":"StructureDefinition","id":"Thing","text":{"status":"generated"},
    "extension":[{"url":"http://hl7.org/fhir/StructureDefinition/structuredefinition-fmm","valueInteger":5},
        {"url":"http://a.example/rule","valueDecimal":1.10}],
    "url":"http://a.example/Thing","name":"Thing","description":"words","abstract":false,"kind":"resource","type":"Thing",
    "derivation":"specialization","snapshot":{"element":[
    {"id":"Thing","path":"Thing","short":"s","min":0,"max":"*","isModifier":false,
        "constraint":[{"key":"ele-1","severity":"error","human":"h","expression":"hasValue()"}]},
    {"id":"Thing.code","path":"Thing.code","definition":"d","min":0,"max":"1",
        "base":{"path":"Thing.code","min":0,"max":"1"},"type":[{"code":"code","_profile":[null]}],"fixedCode":"a\"b",
        "constraint":[{"key":"ele-1","severity":"error","expression":"hasValue()"},
            {"key":"t-1","severity":"warning","human":"h","expression":"$this = 1"}],"isSummary":true},
    {"id":"Thing.code:x","path":"Thing.code","sliceName":"x","base":{"path":"Thing.code","min":0,"max":"*"}}]},
    "differential":{"element":[{"path":"Thing"}]}}"#;

#[test]
fn facts_stay_and_words_go() {
    let facts = reduced(&json(THING), Reduction::EMBEDDED);
    assert_eq!(
        facts,
        concat!(
            r#"{"resourceType":"StructureDefinition","extension":[{"url":"http://a.example/rule","valueDecimal":1.10}],"#,
            r#""url":"http://a.example/Thing","name":"Thing","kind":"resource","abstract":false,"type":"Thing","#,
            r#""derivation":"specialization","snapshot":{"element":[{"path":"Thing","min":0,"max":"*","#,
            r#""constraint":[{"key":"ele-1","severity":"error","expression":"hasValue()"}]},"#,
            r#"{"path":"Thing.code","min":0,"max":"1","type":[{"code":"code"}],"fixedCode":"a\"b","#,
            r#""constraint":[{"key":"t-1","severity":"warning","expression":"$this = 1"}],"isSummary":true},"#,
            r#"{"id":"Thing.code:x","path":"Thing.code","sliceName":"x","base":{"path":"Thing.code","min":0,"max":"*"}}]}}"#,
        )
    );
    let with_words = reduced(&json(THING), Reduction::CACHE);
    assert!(with_words.contains(r#""human":"h""#) && !with_words.contains("description"));
}

#[test]
fn what_is_left_out_is_filled_in_when_it_is_read() {
    let facts = Arc::new(json(&reduced(&json(THING), Reduction::EMBEDDED)));
    let structure = Structure::read(&facts).unwrap();
    let code = &structure.snapshot[1];
    assert_eq!(&*code.id, "Thing.code");
    assert_eq!(&*code.base.as_ref().unwrap().path, "Thing.code");
}

#[test]
fn facts_of_facts_are_the_same() {
    let once = reduced(&json(THING), Reduction::EMBEDDED);
    assert_eq!(reduced(&json(&once), Reduction::EMBEDDED), once);
}

#[test]
fn xml_gives_the_same_facts_as_json() {
    let xml = r#"<ValueSet xmlns="http://hl7.org/fhir"><url value="http://a.example/v"/><name value="V"/>
        <experimental value="true"/><compose><inactive value="false"/><include><system value="http://a.example/c"/>
        <concept><code value="1"/><display value="one"/></concept></include></compose></ValueSet>"#;
    let body = r#"{"resourceType":"ValueSet","url":"http://a.example/v","name":"V","experimental":true,"compose":{
        "inactive":false,"include":[{"system":"http://a.example/c","concept":[{"code":"1","display":"one"}]}]}}"#;
    let xml = Resource::parse_xml(xml.as_bytes()).unwrap();
    let expected = reduced(&json(body), Reduction::EMBEDDED);
    assert_eq!(reduced(&xml, Reduction::EMBEDDED), expected);
    assert!(expected.contains(r#""experimental":true"#));
}

#[test]
fn values_of_any_type_keep_their_form() {
    let element = |value: &str| {
        format!(
            r#"{{"resourceType":"StructureDefinition","differential":{{"element":[{{"path":"A.b",{value}}}]}}}}"#
        )
    };
    for value in [
        r#""fixedDecimal":1.100"#,
        r#""patternCodeableConcept":{"coding":[{"system":"http://a.example","code":"1","userSelected":true}]}"#,
        r#""fixedString":"a","_fixedString":{"extension":[{"url":"http://a.example/x","valueBoolean":true}]}"#,
        r#""patternHumanName":{"given":["a",null],"_given":[null,{"extension":[{"url":"http://a.example/x"}]}]}"#,
    ] {
        let facts = reduced(&json(&element(value)), Reduction::EMBEDDED);
        assert!(facts.contains(value), "{facts}");
    }
}

#[test]
fn codes_of_snomed_ct_are_left_out_and_marked() {
    let set = json(
        r#"{"resourceType":"ValueSet","url":"http://a.example/v","compose":{"include":[
        {"system":"http://snomed.info/sct","concept":[{"code":"1"},{"code":"2"}],"valueSet":["http://a.example/w"]},
        {"system":"http://snomed.info/sct"},{"system":"http://a.example/c","concept":[{"code":"3"}]}]},
        "expansion":{"contains":[{"system":"http://snomed.info/sct","code":"4"},{"system":"http://a.example/c","code":"3"}]}}"#,
    );
    let facts = json(&reduced(&set, Reduction::EMBEDDED));
    let compose = facts.root().child("compose").unwrap();
    let includes: Vec<_> = all(compose, "include").collect();
    let mark = includes[0].child("extension").unwrap();
    assert_eq!(text(mark, "url"), Some(LEFT_OUT));
    assert_eq!(text(mark, "valueInteger"), Some("2"));
    assert_eq!(text(includes[0], "valueSet"), Some("http://a.example/w"));
    assert!(includes[0].child("concept").is_none());
    assert!(includes[1].child("extension").is_none());
    assert!(includes[2].child("concept").is_some());
    let expansion = facts.root().child("expansion").unwrap();
    assert_eq!(all(expansion, "contains").count(), 1);
    assert!(expansion.child("extension").is_some());
    assert!(reduced(&set, Reduction::CACHE).contains(r#""code":"2""#));
}

#[test]
fn other_kinds_are_kept_whole_or_not_at_all() {
    let form = json(
        r#"{"resourceType":"Questionnaire","url":"http://a.example/q","text":{"div":"x"},"item":[{"linkId":"1","required":false}]}"#,
    );
    let roots = RootConstraints::new();
    assert_eq!(of(form.root(), Reduction::EMBEDDED, &roots), None);
    let kept = Reduction {
        wording: Wording::LeaveOut,
        snomed: Snomed::Keep,
        others: Others::Keep,
    };
    let expected = r#"{"resourceType":"Questionnaire","url":"http://a.example/q","item":[{"linkId":"1","required":false}]}"#;
    assert_eq!(of(form.root(), kept, &roots).as_deref(), Some(expected));
}
