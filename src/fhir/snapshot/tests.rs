//! Rules of snapshots, each with a small differential over the definitions of R4.

use super::{MAX_ELEMENTS, Order, SnapshotError, complete, generate};
use crate::fhir::definitions::{
    Definitions, ElementDefinition, Loose, Max, SlicingRules, Structure, Trail, Version,
};
use crate::fhir::tree::Resource;
use std::fmt::Write;
use std::sync::Arc;

const URL: &str = "http://example.org/fhir/StructureDefinition/mine";

/// A profile on a type, from the elements of its differential as JSON.
fn profile(url: &str, kind: &str, base: &str, elements: &str) -> Arc<Resource> {
    let body = format!(
        r#"{{"resourceType":"StructureDefinition","url":"{url}","name":"Mine","status":"draft","kind":"resource","abstract":false,"type":"{kind}","baseDefinition":"{base}","derivation":"constraint","differential":{{"element":[{elements}]}}}}"#
    );
    Arc::new(Resource::parse_json(body.as_bytes()).unwrap())
}

fn on(kind: &str, elements: &str) -> Arc<Resource> {
    let base = format!("http://hl7.org/fhir/StructureDefinition/{kind}");
    profile(URL, kind, &base, elements)
}

fn made(kind: &str, elements: &str) -> Result<Structure, SnapshotError> {
    let core = Definitions::core(Version::R4);
    let resource = generate(
        &core,
        &on(kind, elements),
        Order::Any,
        &mut Trail::default(),
    )?;
    Ok(Structure::read(&Arc::new(resource)).unwrap())
}

fn refused(kind: &str, elements: &str) -> String {
    made(kind, elements).expect_err(elements).to_string()
}

fn ids(structure: &Structure, prefix: &str) -> Vec<String> {
    let ids = structure
        .snapshot
        .iter()
        .map(|element| element.id.to_string());
    ids.filter(|id| id.starts_with(prefix)).collect()
}

fn element<'s>(structure: &'s Structure, id: &str) -> &'s ElementDefinition {
    let mut elements = structure.snapshot.iter();
    elements.find(|element| *element.id == *id).expect(id)
}

#[test]
fn what_is_not_mentioned_stays_as_it_is() {
    let made = made(
        "Patient",
        r#"{"path":"Patient.name","min":1,"mustSupport":true}"#,
    )
    .unwrap();
    let core = Definitions::core(Version::R4);
    let patient = core.structure_of_type("Patient").unwrap();
    assert_eq!(ids(&made, ""), ids(&patient, ""));
    let name = element(&made, "Patient.name");
    assert_eq!((name.min, name.must_support), (Some(1), Some(true)));
    assert_eq!(name.max, Some(Max::Many));
    let base = name.base.as_ref().unwrap();
    assert_eq!((&*base.path, base.min), ("Patient.name", 0));
}

#[test]
fn types_are_unfolded_where_the_differential_goes_into_them() {
    let made = made("Patient", r#"{"path":"Patient.name.family","min":1}"#).unwrap();
    let below = ids(&made, "Patient.name.");
    assert!(
        below.contains(&"Patient.name.given".to_owned()),
        "{below:?}"
    );
    let family = element(&made, "Patient.name.family");
    assert_eq!(family.min, Some(1));
    assert_eq!(&*family.base.as_ref().unwrap().path, "HumanName.family");
}

#[test]
fn an_element_that_refers_to_another_has_its_content() {
    let made = made(
        "Questionnaire",
        r#"{"path":"Questionnaire.item.item.text","min":1}"#,
    )
    .unwrap();
    let inner = element(&made, "Questionnaire.item.item");
    assert_eq!(inner.content_reference, None);
    assert_eq!(&*inner.types[0].code, "BackboneElement");
    assert_eq!(element(&made, "Questionnaire.item.item.text").min, Some(1));
    assert_eq!(element(&made, "Questionnaire.item.text").min, Some(0));
    let deeper = element(&made, "Questionnaire.item.item.item");
    let reference = deeper.content_reference.as_deref();
    assert_eq!(
        reference,
        Some("http://hl7.org/fhir/StructureDefinition/Questionnaire#Questionnaire.item")
    );
}

/// The slicing of `Patient.identifier` by system, and two slices.
const SLICES: &str = r#"
    {"path":"Patient.identifier","slicing":{"discriminator":[{"type":"value","path":"system"}],"rules":"open"},"max":"3"},
    {"path":"Patient.identifier.value","min":1},
    {"path":"Patient.identifier","sliceName":"a","min":1},
    {"path":"Patient.identifier.system","fixedUri":"http://a.example"},
    {"path":"Patient.identifier","sliceName":"b"}"#;

#[test]
fn slices_are_copies_of_the_element_and_have_what_is_said_of_all() {
    let made = made("Patient", SLICES).unwrap();
    let starts: Vec<String> = ids(&made, "Patient.identifier")
        .into_iter()
        .filter(|id| id.matches('.').count() == 1)
        .collect();
    assert_eq!(
        starts,
        [
            "Patient.identifier",
            "Patient.identifier:a",
            "Patient.identifier:b"
        ]
    );
    let limits = |id| {
        let element = element(&made, id);
        (element.min, element.max)
    };
    assert_eq!(
        limits("Patient.identifier:a"),
        (Some(1), Some(Max::Times(3)))
    );
    assert_eq!(
        limits("Patient.identifier:b"),
        (Some(0), Some(Max::Times(3)))
    );
    assert_eq!(limits("Patient.identifier:a.value").0, Some(1));
    assert_eq!(limits("Patient.identifier:b.value").0, Some(1));
    assert!(
        element(&made, "Patient.identifier:a.system")
            .fixed
            .is_some()
    );
    assert!(
        element(&made, "Patient.identifier:b.system")
            .fixed
            .is_none()
    );
}

#[test]
fn slices_of_the_base_are_found_by_name_and_new_ones_follow() {
    let core = Definitions::core(Version::R4);
    let base = on("Patient", SLICES);
    let known = core.with([Arc::new(Loose::new("base", [base])) as _]);
    let mine = profile(
        "http://example.org/derived",
        "Patient",
        URL,
        r#"{"path":"Patient.identifier","sliceName":"c"},
           {"id":"Patient.identifier:a.value","path":"Patient.identifier.value","mustSupport":true},
           {"path":"Patient.identifier","sliceName":"c/d","max":"1"}"#,
    );
    let structure = Structure::read(&mine).unwrap();
    let made = complete(&known, &structure, &mut Trail::default()).unwrap();
    let slices: Vec<_> = made
        .snapshot
        .iter()
        .filter(|element| &*element.path == "Patient.identifier")
        .filter_map(|element| element.slice_name.as_deref())
        .collect();
    assert_eq!(slices, ["a", "b", "c", "c/d"]);
    assert_eq!(
        element(&made, "Patient.identifier:a.value").must_support,
        Some(true)
    );
}

#[test]
fn extensions_are_sliced_by_address_and_described_by_their_own_definition() {
    let birth_time = "http://hl7.org/fhir/StructureDefinition/patient-birthTime";
    let made = made(
        "Patient",
        &format!(
            r#"{{"path":"Patient.birthDate.extension","sliceName":"time","type":[{{"code":"Extension","profile":["{birth_time}"]}}]}}"#
        ),
    )
    .unwrap();
    let slicing = element(&made, "Patient.birthDate.extension")
        .slicing
        .as_ref();
    let slicing = slicing.unwrap();
    assert_eq!(&*slicing.discriminators[0].path, "url");
    let slice = element(&made, "Patient.birthDate.extension:time");
    assert_eq!((slice.min, slice.max), (Some(0), Some(Max::Times(1))));
    assert_eq!(&*slice.types[0].profiles[0], birth_time);
}

#[test]
fn a_choice_is_sliced_by_type_however_the_type_is_named() {
    for elements in [
        r#"{"path":"Observation.valueQuantity","mustSupport":true}"#,
        r#"{"path":"Observation.value[x]","sliceName":"valueQuantity","mustSupport":true}"#,
    ] {
        let made = made("Observation", elements).unwrap();
        let whole = element(&made, "Observation.value[x]");
        let slicing = whole.slicing.as_ref().unwrap();
        assert_eq!(&*slicing.discriminators[0].kind, "type");
        assert_eq!(slicing.rules, SlicingRules::Open, "other types may be used");
        assert!(whole.types.len() > 1);
        let slice = element(&made, "Observation.value[x]:valueQuantity");
        assert_eq!(slice.types.len(), 1);
        assert_eq!(slice.must_support, Some(true));
    }
}

#[test]
fn a_type_that_must_be_used_leaves_no_other() {
    let made = made(
        "Observation",
        r#"{"path":"Observation.valueQuantity","min":1}"#,
    )
    .unwrap();
    let whole = element(&made, "Observation.value[x]");
    assert_eq!((whole.min, whole.types.len()), (Some(1), 1));
    let rules = whole.slicing.as_ref().unwrap().rules;
    assert_eq!(rules, SlicingRules::Closed);
}

#[test]
fn invariants_accumulate_with_their_source() {
    let made = made(
        "Patient",
        r#"{"path":"Patient","constraint":[{"key":"my-1","severity":"error","human":"h","expression":"name.exists()"}]}"#,
    )
    .unwrap();
    let constraints = &element(&made, "Patient").constraints;
    let mine = constraints
        .iter()
        .find(|constraint| &*constraint.key == "my-1");
    assert_eq!(mine.unwrap().source.as_deref(), Some(URL));
    assert!(
        constraints
            .iter()
            .any(|constraint| &*constraint.key == "dom-2")
    );
}

#[test]
fn a_binding_may_be_stated_in_parts() {
    let made = made(
        "Patient",
        r#"{"path":"Patient.maritalStatus","binding":{"strength":"required"}}"#,
    )
    .unwrap();
    let binding = element(&made, "Patient.maritalStatus").binding.as_ref();
    let value_set = binding.and_then(|binding| binding.value_set.as_deref());
    assert!(value_set.unwrap().contains("marital-status"));
}

#[test]
#[expect(
    clippy::too_many_lines,
    reason = "a row for each thing that is refused"
)]
fn illegal_differentials_are_refused_with_the_reason() {
    let rows = [
        (
            "Patient",
            r#"{"path":"Patient.nmae","min":1}"#,
            "did you mean `name`",
        ),
        (
            "Patient",
            r#"{"path":"Patiemt.name"}"#,
            "does not start with `Patient.`",
        ),
        (
            "Patient",
            r#"{"path":"Patient..name"}"#,
            "is no element's name",
        ),
        (
            "Patient",
            r#"{"path":"Patient.gender","max":"2"}"#,
            "the maximum is above",
        ),
        (
            "Patient",
            r#"{"path":"Patient.link.other","min":0}"#,
            "a minimum of 0 is below",
        ),
        (
            "Patient",
            r#"{"path":"Patient.name","min":3,"max":"2"}"#,
            "the minimum, 3, is above",
        ),
        (
            "Patient",
            r#"{"path":"Patient.gender","type":[{"code":"string"}]}"#,
            "is none of those",
        ),
        (
            "Patient",
            r#"{"path":"Patient.gender","fixedString":"male"}"#,
            "which is no type",
        ),
        (
            "Patient",
            r#"{"path":"Patient.gender","binding":{"strength":"preferred"}}"#,
            "required binding",
        ),
        (
            "Patient",
            r#"{"path":"Patient.name","sliceName":"a"}"#,
            "how it is sliced",
        ),
        (
            "Patient",
            r#"{"path":"Patient","slicing":{"rules":"open"}}"#,
            "the root cannot be sliced",
        ),
        (
            "Patient",
            r#"{"path":"Patient.name","min":1},{"path":"Patient.name","max":"1"}"#,
            "stated twice",
        ),
        (
            "Patient",
            r#"{"path":"Patient.name","slicing":{"discriminator":[{"type":"magic","path":"use"}],"rules":"open"}}"#,
            "no kind of discriminator",
        ),
        (
            "Observation",
            r#"{"path":"Observation.value[x]","sliceName":"amount","type":[{"code":"Quantity"}]}"#,
            "must be called `valueQuantity`",
        ),
        (
            "Observation",
            r#"{"path":"Observation.valueAddress","min":1}"#,
            "no such element",
        ),
        (
            "Observation",
            r#"{"path":"Observation.subject","type":[{"code":"Reference","targetProfile":["http://hl7.org/fhir/StructureDefinition/Medication"]}]}"#,
            "the target",
        ),
    ];
    for (kind, elements, reason) in rows {
        let message = refused(kind, elements);
        assert!(message.contains(reason), "{elements}\n{message}");
    }
}

#[test]
fn order_counts_where_it_is_asked_for() {
    let core = Definitions::core(Version::R4);
    let unsorted = on(
        "Patient",
        r#"{"path":"Patient.gender","min":1},{"path":"Patient.name","min":1}"#,
    );
    let make = |order| generate(&core, &unsorted, order, &mut Trail::default());
    assert!(make(Order::Any).is_ok());
    let message = make(Order::OfTheBase).unwrap_err().to_string();
    assert!(message.contains("out of order"), "{message}");
    let structure = Structure::read(&unsorted).unwrap();
    let sorted = super::sorted(&core, &structure, &mut Trail::default()).unwrap();
    let paths: Vec<&str> = sorted.iter().map(|element| &*element.path).collect();
    assert_eq!(paths, ["Patient.name", "Patient.gender"]);
}

#[test]
fn small_faults_are_passed_over_where_data_is_validated() {
    let core = Definitions::core(Version::R4);
    for elements in [
        r#"{"path":"Patient.gender","max":"2"}"#,
        r#"{"path":"Patient.name","sliceName":"a","min":1}"#,
        r#"{"path":"Patient.gender","binding":{"strength":"preferred"}}"#,
    ] {
        let structure = Structure::read(&on("Patient", elements)).unwrap();
        let made = complete(&core, &structure, &mut Trail::default());
        assert!(made.is_ok(), "{elements}: {made:?}");
    }
}

#[test]
fn a_profile_in_xml_gives_json_with_lists_and_numbers() {
    let core = Definitions::core(Version::R4);
    let body = r#"<StructureDefinition xmlns="http://hl7.org/fhir"><url value="http://example.org/x"/><name value="X"/><status value="draft"/><kind value="resource"/><abstract value="false"/><type value="Patient"/><baseDefinition value="http://hl7.org/fhir/StructureDefinition/Patient"/><derivation value="constraint"/><differential><element id="Patient.name"><path value="Patient.name"/><alias value="label"/><min value="1"/><mustSupport value="true"/></element></differential></StructureDefinition>"#;
    let resource = Arc::new(Resource::parse_xml(body.as_bytes()).unwrap());
    let made = generate(&core, &resource, Order::Any, &mut Trail::default()).unwrap();
    let source = made.source();
    for expected in [
        r#""abstract":false"#,
        r#""alias":["label"]"#,
        r#""min":1,"#,
        r#""mustSupport":true"#,
    ] {
        assert!(source.contains(expected), "{expected}");
    }
}

#[test]
fn profiles_that_build_on_themselves_are_refused() {
    let core = Definitions::core(Version::R4);
    let (one, other) = ("http://example.org/one", "http://example.org/other");
    let circle = [
        profile(one, "Patient", other, ""),
        profile(other, "Patient", one, ""),
    ];
    let known = core.with([Arc::new(Loose::new("circle", circle)) as _]);
    let message = known.structure(one).unwrap_err().to_string();
    assert!(message.contains("builds on itself"), "{message}");
}

#[test]
fn an_extension_may_hold_itself_but_not_be_itself() {
    let core = Definitions::core(Version::R4);
    let own = format!(r#""type":[{{"code":"Extension","profile":["{URL}"]}}]"#);
    let inside = format!(r#"{{"path":"Extension.extension","sliceName":"again",{own}}}"#);
    let make = |elements: &str| {
        generate(
            &core,
            &on("Extension", elements),
            Order::Any,
            &mut Trail::default(),
        )
    };
    assert!(make(&inside).is_ok());
    let message = make(&format!(r#"{{"path":"Extension",{own}}}"#)).unwrap_err();
    assert!(message.to_string().contains("the root cannot"), "{message}");
}

/// Rows of JSON, with a number in each.
fn rows(count: usize, row: impl Fn(usize) -> String) -> String {
    let mut elements = String::new();
    for number in 0..count {
        let comma = if number > 0 { "," } else { "" };
        write!(elements, "{comma}{}", row(number)).unwrap();
    }
    elements
}

#[test]
fn hostile_profiles_meet_a_bound() {
    let slicing = r#"{"path":"Patient.contact","slicing":{"discriminator":[{"type":"value","path":"gender"}],"rules":"open"}},"#;
    let slice = |number| format!(r#"{{"path":"Patient.contact","sliceName":"s{number}"}}"#);
    let message = refused("Patient", &format!("{slicing}{}", rows(5_000, slice)));
    assert!(message.contains("more than 20000 elements"), "{message}");

    let message = refused("Patient", &rows(MAX_ELEMENTS + 1, slice));
    assert!(message.contains("too long"), "{message}");

    let deep = format!(r#"{{"path":"Patient{}"}}"#, ".extension".repeat(60));
    let message = refused("Patient", &deep);
    assert!(message.contains("too deep"), "{message}");

    let unknown = |number| format!(r#"{{"path":"Patient.name","sliceName":"s{number}"}}"#);
    let message = refused("Patient", &rows(3_000, unknown));
    assert!(message.contains("how it is sliced"), "{message}");

    let aliases = rows(2_000, |number| format!(r#""a{number}""#));
    let message = refused(
        "Patient",
        &format!(r#"{{"path":"Patient.name","alias":[{aliases}]}}"#),
    );
    assert!(message.contains("too many"), "{message}");
}

#[test]
fn work_that_is_shared_by_many_slices_meets_a_bound() {
    let slicing = r#"{"path":"Patient.contact","slicing":{"discriminator":[{"type":"value","path":"gender"}],"rules":"open"}},"#;
    let common = |number| format!(r#"{{"path":"Patient.contact.x{number}","min":1}},"#);
    let slice = |number| format!(r#",{{"path":"Patient.contact","sliceName":"s{number}"}}"#);
    let elements = format!(
        "{slicing}{}{{\"path\":\"Patient.contact.gender\"}}{}",
        (0..2_000).map(common).collect::<String>(),
        (0..2_000).map(slice).collect::<String>()
    );
    assert!(made("Patient", &elements).is_err());
}

#[test]
fn a_long_chain_of_profiles_inside_each_other_is_followed_on_a_small_stack() {
    let chain = |number: usize| {
        let next = format!("http://example.org/e{}", number + 1);
        let path = "Extension.extension.extension.extension.extension.extension.extension";
        profile(
            &format!("http://example.org/e{number}"),
            "Extension",
            "http://hl7.org/fhir/StructureDefinition/Extension",
            &format!(
                r#"{{"path":"{path}","sliceName":"s","type":[{{"code":"Extension","profile":["{next}"]}}]}}"#
            ),
        )
    };
    let core = Definitions::core(Version::R4);
    let chain = (0..200).map(chain).collect::<Vec<_>>();
    let known = core.with([Arc::new(Loose::new("chain", chain)) as _]);
    assert!(known.structure("http://example.org/e0").is_ok());
}

/// Parts of which differentials are put together at random.
const STEPS: [&str; 14] = [
    "name",
    "family",
    "identifier",
    "system",
    "extension",
    "url",
    "value[x]",
    "valueString",
    "deceased[x]",
    "deceasedBoolean",
    "contact",
    "link",
    "nothing",
    "",
];
const SAYINGS: [&str; 12] = [
    r#""min":1"#,
    r#""max":"0""#,
    r#""max":"*""#,
    r#""sliceName":"a""#,
    r#""sliceName":"a/b""#,
    r#""sliceName":"deceasedBoolean""#,
    r#""slicing":{"discriminator":[{"type":"value","path":"$this"}],"rules":"closed"}"#,
    r#""slicing":{"rules":"open"}"#,
    r#""type":[{"code":"boolean"}]"#,
    r#""type":[{"code":"Extension","profile":["http://hl7.org/fhir/StructureDefinition/patient-birthTime"]}]"#,
    r##""contentReference":"#Patient.contact""##,
    r#""binding":{"strength":"required"},"fixedBoolean":true"#,
];

proptest::proptest! {
    #![proptest_config(proptest::test_runner::Config::with_cases(200))]
    #[test]
    fn no_differential_breaks_the_engine(
        elements in proptest::collection::vec(
            (
                proptest::collection::vec(0..STEPS.len(), 0..5),
                proptest::collection::vec(0..SAYINGS.len(), 0..3),
            ),
            0..12,
        )
    ) {
        let property = |said: &&usize| SAYINGS[**said].split('"').nth(1);
        let element = |(steps, sayings): &(Vec<usize>, Vec<usize>)| {
            let path: String = steps.iter().map(|step| format!(".{}", STEPS[*step])).collect();
            let mut sayings: Vec<&usize> = sayings.iter().collect();
            sayings.sort_by_key(property);
            sayings.dedup_by_key(|said| property(said));
            let said: String = sayings.iter().map(|said| format!(",{}", SAYINGS[**said])).collect();
            format!(r#"{{"path":"Patient{path}"{said}}}"#)
        };
        let elements: Vec<String> = elements.iter().map(element).collect();
        let resource = on("Patient", &elements.join(","));
        let core = Definitions::core(Version::R4);
        let structure = Structure::read(&resource).unwrap();
        let _ = complete(&core, &structure, &mut Trail::default());
        let _ = generate(&core, &resource, Order::OfTheBase, &mut Trail::default());
    }
}
