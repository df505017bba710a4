use super::{Pack, PackError, compile};
use crate::fhir::definitions::{
    Definitions, Entry, Library, Reduction, SNOMED_CT, Version, core_pack,
};
use crate::fhir::tree::Resource;
use proptest::prelude::*;
use std::sync::Arc;

fn resource(body: &str) -> Arc<Resource> {
    Arc::new(Resource::parse_json(body.as_bytes()).unwrap())
}

/// A code system, twice in two versions, a value set, and things that are left out.
fn resources() -> Vec<Arc<Resource>> {
    let system = |version: &str, code: &str| {
        resource(&format!(
            r#"{{"resourceType":"CodeSystem","url":"http://a.example/cs","version":"{version}","status":"active",
            "content":"complete","description":"long","concept":[{{"code":"{code}","display":"ü"}}]}}"#
        ))
    };
    let loinc = r#"{"resourceType":"ValueSet","url":"urn:uuid:1","compose":{"include":[{"system":"http://loinc.org"}]}}"#;
    let bundle = r#"{"resourceType":"Bundle","entry":[{"resource":
        {"resourceType":"SearchParameter","url":"http://a.example/sp","code":"x","base":["Patient"]}}]}"#;
    let others = [
        loinc,
        bundle,
        r#"{"resourceType":"Patient","url":"http://a.example/p"}"#,
        r#"{"a":1}"#,
    ];
    let others = others.into_iter().map(resource);
    [system("1.0.0", "old"), system("1.1.0", "new")]
        .into_iter()
        .chain(others)
        .collect()
}

fn compiled(resources: &[Arc<Resource>]) -> Vec<u8> {
    compile("a.b", "1", resources, Reduction::EMBEDDED)
        .unwrap()
        .bytes
}

#[test]
fn what_goes_in_comes_out() {
    let made = compile("a.b", "1", &resources(), Reduction::EMBEDDED).unwrap();
    assert_eq!(made.kept.values().sum::<usize>(), 4);
    assert_eq!(made.left_out.get("Patient"), Some(&1));
    assert!(made.clashes.is_empty());
    let pack = Pack::open(made.bytes).unwrap();
    assert_eq!(pack.name(), "a.b#1");
    assert!(pack.notice().contains("LOINC"));
    let code = |version| {
        let found = pack.find("http://a.example/cs", version)?;
        let concept = found.root().child("concept")?;
        Some(concept.child("code")?.value()?.to_owned())
    };
    assert_eq!(code(None).as_deref(), Some("new"));
    assert_eq!(code(Some("1.0.0")).as_deref(), Some("old"));
    assert_eq!(code(Some("1.1")).as_deref(), Some("new"));
    assert_eq!(code(Some("2")), None);
    assert!(pack.find("urn:uuid:1", None).is_some());
    for unknown in [
        "",
        "/",
        "http://a.example/c",
        "http://a.example/cs/",
        "http://a.example/p",
    ] {
        assert!(pack.find(unknown, None).is_none(), "{unknown}");
    }
    let entries = pack.entries();
    let parameter = entries
        .iter()
        .find(|entry| &*entry.kind == "SearchParameter");
    assert_eq!(parameter.unwrap().subject.as_deref(), Some("x"));
    assert_eq!(entries.len(), pack.len());
}

#[test]
fn the_order_of_the_sources_is_of_no_account() {
    let mut resources = resources();
    let expected = compiled(&resources);
    for _ in 0..resources.len() {
        resources.rotate_left(1);
        assert_eq!(compiled(&resources), expected);
    }
    resources.reverse();
    assert_eq!(compiled(&resources), expected);
}

#[test]
fn of_two_contents_the_longer_counts_and_is_told() {
    let system = |name: &str| {
        resource(&format!(
            r#"{{"resourceType":"CodeSystem","url":"http://a.example/c","name":"{name}"}}"#
        ))
    };
    let both = [system("short"), system("longer"), system("longer")];
    let made = compile("a", "1", &both, Reduction::EMBEDDED).unwrap();
    assert_eq!(made.clashes, ["http://a.example/c"]);
    let facts = Pack::open(made.bytes)
        .unwrap()
        .facts("http://a.example/c", None);
    assert!(
        String::from_utf8(facts.unwrap())
            .unwrap()
            .contains("longer")
    );
}

#[test]
fn an_empty_pack_is_one() {
    let pack = Pack::open(compiled(&[])).unwrap();
    assert!(pack.is_empty() && pack.entries().is_empty());
    assert!(pack.find("http://a.example/cs", None).is_none());
}

#[test]
fn other_bytes_are_refused() {
    assert_eq!(Pack::open(vec![]).unwrap_err(), PackError::NotAPack);
    assert_eq!(
        Pack::open(b"PK\x03\x04".to_vec()).unwrap_err(),
        PackError::NotAPack
    );
    let bytes = compiled(&resources());
    for length in 0..bytes.len() {
        ask(bytes[..length].to_vec());
    }
    let mut huge = bytes.clone();
    huge[16..20].copy_from_slice(&u32::MAX.to_le_bytes());
    assert_eq!(Pack::open(huge).unwrap_err(), PackError::Broken("index"));
}

/// Asks everything of bytes that may be a pack.
fn ask(bytes: Vec<u8>) {
    let Ok(pack) = Pack::open(bytes) else { return };
    let _ = (pack.name(), pack.notice());
    for entry in pack.entries() {
        let _ = pack.find(&entry.url, entry.version.as_deref());
    }
    let _ = pack.find("http://a.example/cs", None);
}

proptest! {
    #[test]
    fn damaged_packs_harm_nobody(changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8)) {
        let mut bytes = compiled(&resources());
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        ask(bytes);
    }
}

#[test]
fn the_core_of_every_release_is_at_hand_and_small() {
    for version in Version::ALL {
        let pack = core_pack(version).unwrap();
        assert!(
            pack.bytes.len() <= 1_500_000,
            "{version}: {}",
            pack.bytes.len()
        );
        assert!(
            pack.name().starts_with(version.core_package()),
            "{}",
            pack.name()
        );
        let definitions = Definitions::core(version);
        for name in ["Patient", "Extension", "Bundle", "string", "Element"] {
            let structure = definitions.structure_of_type(name).unwrap();
            assert_eq!(&*structure.type_name, name);
            assert!(!structure.snapshot.is_empty());
        }
        for set in ["administrative-gender", "identifier-use", "all-types"] {
            let url = format!("http://hl7.org/fhir/ValueSet/{set}");
            let found = definitions.find(&url).is_some();
            assert!(found || set == "all-types", "{version} {set}");
        }
    }
}

/// SNOMED CT needs a licence that not every reader has: no code of it is given away, and its place is marked.
#[test]
fn the_core_holds_no_code_of_snomed_ct() {
    for version in Version::ALL {
        let pack = core_pack(version).unwrap();
        let mut places = 0;
        for entry in pack.entries() {
            let found = pack.find(&entry.url, entry.version.as_deref()).unwrap();
            assert_eq!(
                Entry::of(&found),
                Some(entry.clone()),
                "the pack must be made anew"
            );
            let holders = found.root().descendants();
            let holders = holders.filter(|element| {
                let system = element.child("system");
                system.and_then(|system| system.value()) == Some(SNOMED_CT)
            });
            for holder in holders {
                let codes = ["code", "concept", "filter"].map(|name| holder.child(name).is_some());
                assert_eq!(codes, [false; 3], "{version} {}", entry.url);
                places += 1;
            }
        }
        assert!(places > 50, "{version}: {places}");
    }
}
