//! What packages say of codes, over small definitions of our own.

use super::{
    CodeRef, CodeStanding, Known, Limits, Lookup, Membership, Packaged, SystemKind, Terminology,
    expand, lookup,
};
use crate::fhir::Resource;
use crate::fhir::definitions::{Definitions, Loose, Version};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::sync::Arc;

fn packaged(resources: &[Value]) -> Packaged {
    let parsed = resources.iter().map(|resource| {
        let text = resource.to_string();
        Arc::new(Resource::parse_json(text.as_bytes()).expect(&text))
    });
    let library = Arc::new(Loose::new("test", parsed));
    Packaged::new(Arc::new(Definitions::new(Version::R4, vec![library])))
}

/// A zoo: mammals with dogs and cats, birds, and a code that nobody should use.
fn animals() -> Value {
    json!({
        "resourceType": "CodeSystem", "url": "http://zoo/animals", "version": "2.0", "name": "Animals",
        "content": "complete", "caseSensitive": true,
        "property": [
            { "code": "legs", "type": "integer" },
            { "code": "above", "uri": "http://hl7.org/fhir/concept-properties#parent", "type": "code" },
            { "code": "status", "type": "code" }
        ],
        "concept": [
            { "code": "mammal", "display": "Mammal", "property": [{ "code": "notSelectable", "valueBoolean": true }],
              "concept": [
                { "code": "dog", "display": "Dog", "property": [{ "code": "legs", "valueInteger": 4 }],
                  "designation": [{ "language": "de", "value": "Hund" }], "concept": [{ "code": "poodle" }] },
                { "code": "cat", "property": [{ "code": "legs", "valueInteger": 4 }] }
            ] },
            { "code": "bird", "property": [{ "code": "legs", "valueInteger": 2 }] },
            { "code": "bat", "property": [{ "code": "above", "valueCode": "mammal" }] },
            { "code": "dodo", "property": [{ "code": "status", "valueCode": "retired" }] }
        ]
    })
}

fn set(url: &str, compose: Value) -> Value {
    json!({ "resourceType": "ValueSet", "url": url, "version": "1", "name": "Set", "status": "active", "compose": compose })
}

/// A value set of one include of the zoo.
fn zoo(include: &Value) -> Value {
    let mut include = include.clone();
    include["system"] = "http://zoo/animals".into();
    set("http://zoo/set", json!({ "include": [include] }))
}

fn coded<'t>(system: &'t str, code: &'t str) -> CodeRef<'t> {
    CodeRef {
        system: (!system.is_empty()).then_some(system),
        code,
        ..CodeRef::default()
    }
}

/// The letters of three answers, for tables.
fn letter(membership: &Membership) -> char {
    match membership {
        Membership::Member => 'y',
        Membership::NotMember(_) => 'n',
        Membership::Undecided(_) => '?',
    }
}

fn members(terminology: &Packaged, url: &str, codes: &[&str]) -> String {
    let ask = |code: &&str| terminology.member(&coded("", code), url);
    codes.iter().map(|code| letter(&ask(code))).collect()
}

#[test]
fn filters_take_the_codes_that_they_say() {
    let codes = [
        "mammal", "dog", "poodle", "cat", "bird", "bat", "dodo", "ghost",
    ];
    for (property, operation, value, expected) in [
        ("concept", "is-a", "mammal", "yyyynynn"),
        ("concept", "descendent-of", "mammal", "nyyynynn"),
        ("concept", "is-not-a", "mammal", "nnnnynyn"),
        ("concept", "child-of", "mammal", "nynynynn"),
        ("concept", "descendent-leaf", "mammal", "nnyynynn"),
        ("concept", "generalizes", "poodle", "yyynnnnn"),
        ("concept", "=", "cat", "nnnynnnn"),
        ("concept", "in", "cat, bat", "nnnynynn"),
        ("concept", "not-in", "cat,bat", "yyynynyn"),
        ("legs", "=", "4", "nynynnnn"),
        ("legs", "exists", "true", "nynyynnn"),
        ("legs", "exists", "false", "ynynnyyn"),
        ("code", "regex", "b.*", "nnnnyynn"),
        ("code", "regex", "a", "nnnnnnnn"),
        ("parent", "=", "mammal", "nynynynn"),
        ("inactive", "=", "true", "nnnnnnyn"),
        ("code", "regex", "(", "???????n"),
        ("concept", "sounds-like", "cat", "???????n"),
    ] {
        let filter =
            json!({ "filter": [{ "property": property, "op": operation, "value": value }] });
        let terminology = packaged(&[animals(), zoo(&filter)]);
        let found = members(&terminology, "http://zoo/set", &codes);
        assert_eq!(found, expected, "{property} {operation} {value}");
    }
}

#[test]
fn includes_add_up_and_excludes_take_away() {
    let terminology = packaged(&[
        animals(),
        set(
            "http://zoo/pets",
            json!({ "include": [
            { "system": "http://zoo/animals", "concept": [{ "code": "dog" }, { "code": "cat" }, { "code": "bird" }] },
            { "system": "http://zoo/toys", "concept": [{ "code": "robot" }] }
        ], "exclude": [{ "system": "http://zoo/animals", "concept": [{ "code": "bird" }] }] }),
        ),
        set(
            "http://zoo/furry",
            json!({ "include": [
            { "system": "http://zoo/animals", "filter": [{ "property": "concept", "op": "is-a", "value": "mammal" }],
              "valueSet": ["http://zoo/pets"] }
        ] }),
        ),
        set(
            "http://zoo/active",
            json!({ "inactive": false, "include": [{ "system": "http://zoo/animals" }] }),
        ),
    ]);
    let codes = ["dog", "cat", "bird", "robot", "bat", "dodo"];
    assert_eq!(members(&terminology, "http://zoo/pets", &codes), "yynynn");
    assert_eq!(members(&terminology, "http://zoo/furry", &codes), "yynnnn");
    assert_eq!(members(&terminology, "http://zoo/active", &codes), "yyynyn");
    let elsewhere = terminology.member(&coded("http://zoo/plants", "dog"), "http://zoo/pets");
    assert_eq!(letter(&elsewhere), 'n');
    let pets = terminology.value_set("http://zoo/pets").expect("known");
    assert_eq!(
        terminology.system_of("robot", &pets).as_deref(),
        Some("http://zoo/toys")
    );
}

#[test]
#[expect(clippy::too_many_lines, reason = "one zoo, many questions")]
fn what_is_not_at_hand_is_undecided_only_where_it_matters() {
    let sct = "http://snomed.info/sct";
    let terminology = packaged(&[
        animals(),
        set(
            "http://zoo/mixed",
            json!({ "include": [
            { "system": "http://zoo/animals", "concept": [{ "code": "dog" }] }, { "system": sct }
        ] }),
        ),
        set(
            "http://zoo/left-out",
            json!({ "include": [{ "system": sct,
            "extension": [{ "url": "urn:plugfest:codes-left-out", "valueInteger": 3 }] }] }),
        ),
        set(
            "http://zoo/imports",
            json!({ "include": [{ "valueSet": ["http://zoo/nowhere"] }] }),
        ),
        set(
            "http://zoo/old",
            json!({ "include": [{ "system": "http://zoo/animals", "version": "1.0" }] }),
        ),
        set(
            "http://zoo/constraint",
            json!({ "include": [{ "system": sct,
            "filter": [{ "property": "constraint", "op": "=", "value": "73211009 OR << 404684003" }] }] }),
        ),
        json!({ "resourceType": "ValueSet", "url": "http://zoo/expanded", "expansion": { "contains": [
            { "system": sct, "code": "73211009" }] } }),
    ]);
    let ask = |system, code, url| letter(&terminology.member(&coded(system, code), url));
    assert_eq!(ask("http://zoo/animals", "dog", "http://zoo/mixed"), 'y');
    assert_eq!(ask("http://zoo/animals", "cat", "http://zoo/mixed"), 'n');
    assert_eq!(ask(sct, "73211009", "http://zoo/mixed"), '?');
    assert_eq!(
        ask(sct, "73211008", "http://zoo/mixed"),
        'n',
        "the check digit is wrong"
    );
    assert_eq!(ask("http://loinc.org", "8867-4", "http://zoo/mixed"), 'n');
    assert_eq!(ask(sct, "73211009", "http://zoo/left-out"), '?');
    assert_eq!(ask("http://zoo/animals", "dog", "http://zoo/imports"), '?');
    assert_eq!(ask("http://zoo/animals", "dog", "http://zoo/nowhere"), '?');
    assert_eq!(ask("http://zoo/animals", "dog", "http://zoo/old"), 'y');
    assert_eq!(ask("http://zoo/animals", "unicorn", "http://zoo/old"), '?');
    assert_eq!(ask(sct, "73211009", "http://zoo/constraint"), 'y');
    assert_eq!(ask(sct, "22298006", "http://zoo/constraint"), '?');
    assert_eq!(ask(sct, "73211009", "http://zoo/expanded"), 'y');
    assert_eq!(ask(sct, "22298006", "http://zoo/expanded"), 'n');
    assert_eq!(ask(sct, "73211009", "http://snomed.info/sct?fhir_vs"), '?');
    assert_eq!(
        ask(
            sct,
            "73211009",
            "http://snomed.info/sct?fhir_vs=isa/73211009"
        ),
        'y'
    );
    assert_eq!(
        ask(
            "http://loinc.org",
            "8867-4",
            "http://snomed.info/sct?fhir_vs"
        ),
        'n'
    );
}

#[test]
fn messages_say_what_would_be_right() {
    let terminology = packaged(&[
        animals(),
        zoo(&json!({ "concept": [{ "code": "dog" }, { "code": "cat" }] })),
    ]);
    let message = |code: &CodeRef<'_>| match terminology.member(code, "http://zoo/set") {
        Membership::NotMember(why) | Membership::Undecided(why) => why,
        Membership::Member => "member".to_owned(),
    };
    assert_eq!(
        message(&coded("", "cow")),
        "`cow` is not one of the 2 codes of Set: dog, cat"
    );
    assert_eq!(
        message(&coded("http://zoo/plants", "dog")),
        "`http://zoo/plants#dog` is not one of the 2 codes of Set: dog, cat"
    );
}

#[test]
#[expect(clippy::too_many_lines, reason = "one zoo, many questions")]
fn a_code_stands_in_its_system_with_all_its_names() {
    let supplement = json!({
        "resourceType": "CodeSystem", "url": "http://zoo/names", "content": "supplement", "supplements": "http://zoo/animals",
        "concept": [{ "code": "dog", "designation": [{ "language": "fr", "value": "Chien" }] }]
    });
    let terminology = packaged(&[animals(), supplement, set("http://zoo/set", json!({}))]);
    let fits = |display| {
        let code = CodeRef {
            display: Some(display),
            ..coded("http://zoo/animals", "dog")
        };
        match terminology.standing(&code) {
            CodeStanding::Known(Known { display_fits, .. }) => display_fits,
            other @ (CodeStanding::Unknown(_) | CodeStanding::Undecided(_)) => panic!("{other:?}"),
        }
    };
    for (display, expected) in [
        ("dog", true),
        ("  DOG ", true),
        ("Hund", true),
        ("chien", true),
        ("Cat", false),
    ] {
        assert_eq!(fits(display), Some(expected), "{display}");
    }
    let standing = |code| terminology.standing(&coded("http://zoo/animals", code));
    assert!(matches!(standing("unicorn"), CodeStanding::Unknown(_)));
    assert!(
        matches!(standing("Dog"), CodeStanding::Unknown(_)),
        "case counts"
    );
    assert!(matches!(
        standing("dodo"),
        CodeStanding::Known(Known {
            is_inactive: true,
            ..
        })
    ));
    assert!(matches!(
        standing("mammal"),
        CodeStanding::Known(Known {
            is_abstract: true,
            ..
        })
    ));
    let other_version = CodeRef {
        version: Some("9"),
        ..coded("http://zoo/animals", "dog")
    };
    assert!(matches!(
        terminology.standing(&other_version),
        CodeStanding::Undecided(_)
    ));
    assert_eq!(
        terminology.subsumes("http://zoo/animals", "mammal", "bat"),
        Some(true)
    );
    assert_eq!(
        terminology.subsumes("http://zoo/animals", "bird", "bat"),
        Some(false)
    );
    assert_eq!(
        terminology.subsumes("http://zoo/animals", "bird", "unicorn"),
        None
    );
    for (url, expected) in [
        (
            "http://zoo/names",
            SystemKind::Supplement(Some("http://zoo/animals".to_owned())),
        ),
        ("http://zoo/set", SystemKind::ValueSet),
        ("zoo", SystemKind::Relative),
        ("http://loinc.org", SystemKind::BuiltIn),
        ("http://zoo/nowhere", SystemKind::Unknown),
    ] {
        assert_eq!(terminology.kind_of_system(url), expected, "{url}");
    }
}

#[test]
fn a_system_that_is_here_in_part_accuses_nobody() {
    let fragment = json!({ "resourceType": "CodeSystem", "url": "http://zoo/part", "content": "fragment",
        "concept": [{ "code": "ant" }] });
    let filtered = set(
        "http://zoo/below",
        json!({ "include": [{ "system": "http://zoo/part",
        "filter": [{ "property": "concept", "op": "is-a", "value": "insect" }] }] }),
    );
    let whole = set(
        "http://zoo/all",
        json!({ "include": [{ "system": "http://zoo/part" }] }),
    );
    let terminology = packaged(&[fragment, filtered, whole]);
    assert!(matches!(
        terminology.standing(&coded("http://zoo/part", "ANT")),
        CodeStanding::Known(_)
    ));
    assert!(matches!(
        terminology.standing(&coded("http://zoo/part", "bee")),
        CodeStanding::Undecided(_)
    ));
    assert_eq!(
        members(&terminology, "http://zoo/all", &["ant", "bee"]),
        "y?"
    );
    assert_eq!(
        members(&terminology, "http://zoo/below", &["ant", "bee", "insect"]),
        "??y"
    );
}

#[test]
fn an_expansion_lists_what_belongs_and_says_what_it_cannot_list() {
    let terminology = packaged(&[
        animals(),
        zoo(&json!({ "filter": [{ "property": "concept", "op": "is-a", "value": "mammal" }] })),
        set(
            "http://zoo/open",
            json!({ "include": [{ "system": "http://loinc.org" }, { "valueSet": ["http://zoo/set"] }] }),
        ),
    ]);
    let limits = Limits {
        codes: 3,
        steps: 1000,
    };
    let codes = |url: &str, filter| {
        let set = terminology.value_set(url).expect(url);
        let found = expand(&terminology, &set, filter, limits);
        let codes: Vec<_> = found
            .contains
            .iter()
            .map(|entry| entry.code.clone())
            .collect();
        (codes.join(" "), found.total, found.undecided.len())
    };
    assert_eq!(
        codes("http://zoo/set", ""),
        ("mammal dog poodle".to_owned(), Some(5), 0)
    );
    assert_eq!(
        codes("http://zoo/set", "AT"),
        ("cat bat".to_owned(), Some(2), 0)
    );
    assert_eq!(codes("http://zoo/open", "").2, 1);
    let Lookup::Found(dog) = lookup(&terminology, &coded("http://zoo/animals", "dog")) else {
        panic!("a dog");
    };
    assert_eq!(
        (dog.parents, dog.children),
        (vec!["mammal".to_owned()], vec!["poodle".to_owned()])
    );
}

#[test]
fn cycles_and_endless_imports_end() {
    let import = |urls: &[String]| json!({ "include": urls.iter().map(|url| json!({ "valueSet": [url] })).collect::<Vec<_>>() });
    let name = |at: usize| format!("http://zoo/{at}");
    // Each imports the next one twice: two to the power of thirty ways.
    let mut sets: Vec<_> = (0..30)
        .map(|at| set(&name(at), import(&[name(at + 1), name(at + 1)])))
        .collect();
    sets.push(set(&name(30), import(&[name(30)])));
    let deep = (100..400).map(|at| set(&name(at), import(&[name(at + 1)])));
    sets.extend(deep);
    let terminology = packaged(&sets);
    for at in [0, 15, 30, 100] {
        let answer = terminology.member(&coded("", "dog"), &name(at));
        assert_eq!(letter(&answer), '?', "{at}: {answer:?}");
        let set = terminology.value_set(&name(at)).expect("known");
        let _ = expand(
            &terminology,
            &set,
            "",
            Limits {
                codes: 10,
                steps: 1000,
            },
        );
    }
}

#[test]
fn parents_in_a_circle_end() {
    let system = json!({ "resourceType": "CodeSystem", "url": "http://zoo/animals", "content": "complete", "concept": [
        { "code": "a", "property": [{ "code": "parent", "valueCode": "b" }] },
        { "code": "b", "property": [{ "code": "parent", "valueCode": "a" }] }
    ] });
    let terminology = packaged(&[
        system,
        zoo(&json!({ "filter": [{ "property": "concept", "op": "is-a", "value": "a" }] })),
    ]);
    assert_eq!(members(&terminology, "http://zoo/set", &["a", "b"]), "yy");
    assert_eq!(
        terminology.subsumes("http://zoo/animals", "a", "b"),
        Some(true)
    );
}

proptest! {
    #[test]
    fn whatever_a_filter_says_there_is_an_answer(
        property in "code|concept|legs|parent|status|[a-z]{0,4}",
        operation in "is-a|descendent-of|is-not-a|=|in|not-in|regex|exists|generalizes|child-of|[a-z]{0,4}",
        value in "\\PC{0,20}",
        code in "\\PC{0,20}",
    ) {
        let filter = json!({ "filter": [{ "property": property, "op": operation, "value": value }] });
        let terminology = packaged(&[animals(), zoo(&filter)]);
        let _ = terminology.member(&coded("", &code), "http://zoo/set");
        let _ = terminology.member(&coded("http://zoo/animals", &code), "http://zoo/set");
    }

    #[test]
    fn whatever_a_code_looks_like_its_system_answers(code in "\\PC{0,30}") {
        let terminology = packaged(&[]);
        for system in ["http://snomed.info/sct", "http://loinc.org", "http://unitsofmeasure.org", "urn:ietf:bcp:47",
            "urn:ietf:bcp:13", "urn:iso:std:iso:3166", "urn:iso:std:iso:3166:-2", "urn:iso:std:iso:4217",
            "https://www.iana.org/time-zones", "https://dmd.nhs.uk"] {
            let _ = terminology.standing(&coded(system, &code));
        }
    }
}

#[test]
fn some_codes_stand_for_many() {
    let system = json!({ "resourceType": "CodeSystem", "url": "http://zoo/animals", "content": "complete", "caseSensitive": true,
        "concept": [
            { "code": "NNxxx", "display": "Number where the xxx is the ISO table 3166 3-character (alphabetic) country code" },
            { "code": "HL7nnnn", "display": "Codes where nnnn is the table number" },
            { "code": "99zzz", "display": "Local code where z is an alphanumeric character" },
            { "code": "fooxxx", "display": "A foo" }
        ] });
    let terminology = packaged(&[system, zoo(&json!({}))]);
    let codes = [
        "NNFIN", "NNxxx", "NNXXX", "NNFI", "HL70203", "HL7abcd", "99abc", "99a-c", "foobar",
    ];
    assert_eq!(members(&terminology, "http://zoo/set", &codes), "yynnynynn");
}

#[test]
fn standards_and_regions_are_value_sets_too() {
    let terminology = packaged(&[set(
        "http://zoo/regions",
        json!({ "include": [{
        "system": "http://unstats.un.org/unsd/methods/m49/m49.htm",
        "filter": [{ "property": "class", "op": "=", "value": "region" }] }] }),
    )]);
    assert_eq!(
        members(
            &terminology,
            "http://www.rfc-editor.org/bcp/bcp13.txt",
            &["text/plain", "text"]
        ),
        "yn"
    );
    assert_eq!(
        members(
            &terminology,
            "http://tools.ietf.org/html/bcp47",
            &["en-GB", "english"]
        ),
        "yn"
    );
    assert_eq!(
        members(
            &terminology,
            "http://zoo/regions",
            &["150", "276", "722", "EU"]
        ),
        "yn?n"
    );
}

#[test]
fn units_are_filtered_by_what_they_measure() {
    let terminology = packaged(&[set(
        "http://zoo/times",
        json!({ "include": [{ "system": "http://unitsofmeasure.org",
        "filter": [{ "property": "canonical", "op": "=", "value": "a" }] }] }),
    )]);
    assert_eq!(
        members(&terminology, "http://zoo/times", &["min", "h", "mg", "foo"]),
        "yynn"
    );
}
