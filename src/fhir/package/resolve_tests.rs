use super::*;

/// Packages by `name#version`, each with its dependencies.
struct Shelf(BTreeMap<PackageId, Manifest>);

impl Shelf {
    fn of(rows: &[(&str, &[&str])]) -> Self {
        let row = |(id, dependencies): &(&str, &[&str])| {
            let manifest = manifest(id, dependencies);
            (manifest.id.clone(), manifest)
        };
        Self(rows.iter().map(row).collect())
    }

    fn resolve(&self, list: &[&str], settings: &Settings) -> Resolution {
        let list: Vec<PackageReference> = list.iter().map(|text| text.parse().unwrap()).collect();
        resolve(&list, self, settings)
    }
}

impl Catalogue for Shelf {
    fn versions(&self, name: &PackageName) -> Vec<PackageVersion> {
        let ids = self.0.keys().filter(|id| id.name == *name);
        ids.map(|id| id.version.clone()).collect()
    }

    fn manifest(&self, id: &PackageId) -> Option<Manifest> {
        self.0.get(id).cloned()
    }
}

fn manifest(id: &str, dependencies: &[&str]) -> Manifest {
    let (name, version) = id.split_once('#').unwrap();
    let dependencies: Vec<String> = dependencies
        .iter()
        .map(|text| {
            let (name, range) = text.split_once('#').unwrap();
            format!("{name:?}: {range:?}")
        })
        .collect();
    let text = format!(
        r#"{{ "name": {name:?}, "version": {version:?}, "fhirVersions": ["4.0.1"], "dependencies": {{ {} }} }}"#,
        dependencies.join(",")
    );
    Manifest::parse(text.as_bytes()).unwrap()
}

fn order(resolution: &Resolution) -> Vec<String> {
    resolution
        .packages
        .iter()
        .map(|one| one.id.to_string())
        .collect()
}

#[test]
fn dependencies_come_first_and_the_list_keeps_its_order() {
    let shelf = Shelf::of(&[
        ("a.guide#1.0.0", &["a.base#1.0.x", "a.terms#latest"]),
        ("a.base#1.0.0", &["a.core#4.0.1"]),
        ("a.base#1.0.2", &["a.core#4.0.1"]),
        ("a.terms#2.0.0", &["a.core#4.0.1"]),
        ("a.core#4.0.1", &[]),
        ("a.other#1.0.0", &[]),
    ]);
    let resolution = shelf.resolve(&["a.guide", "a.other#1.0.0"], &Settings::default());
    assert_eq!(
        order(&resolution),
        [
            "a.core#4.0.1",
            "a.base#1.0.2",
            "a.terms#2.0.0",
            "a.guide#1.0.0",
            "a.other#1.0.0"
        ]
    );
    assert!(resolution.notes.is_empty());
    let guide: Vec<String> = resolution.packages[3]
        .dependencies
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(guide, ["a.base#1.0.2", "a.terms#2.0.0"]);
}

#[test]
fn the_nearest_version_is_taken_and_told() {
    let shelf = Shelf::of(&[
        (
            "a.guide#1.0.0",
            &["a.base#2.5.0", "a.no#1.0.0", "hl7.terminology#5.0.0"],
        ),
        ("a.base#2.8.17-x", &[]),
        ("a.base#1.0.0", &[]),
        ("hl7.terminology.r4#7.0.1", &[]),
    ]);
    let resolution = shelf.resolve(&["a.guide#1.0.0"], &Settings::default());
    assert_eq!(
        order(&resolution),
        [
            "a.base#2.8.17-x",
            "hl7.terminology.r4#7.0.1",
            "a.guide#1.0.0"
        ]
    );
    let by = Some("a.guide#1.0.0".parse().unwrap());
    assert_eq!(resolution.notes.len(), 3);
    assert_eq!(
        resolution.notes[0],
        Note::Substituted {
            wanted: "a.base#2.5.0".parse().unwrap(),
            used: "a.base#2.8.17-x".parse().unwrap(),
            by: by.clone()
        }
    );
    assert_eq!(
        resolution.notes[1],
        Note::Missing {
            wanted: "a.no#1.0.0".parse().unwrap(),
            by
        }
    );
    assert!(
        matches!(&resolution.notes[2], Note::Substituted { used, .. } if used.name.as_str() == "hl7.terminology.r4")
    );
}

#[test]
fn built_in_packages_are_not_loaded_and_corrections_do() {
    let settings = Settings {
        built_in: vec![
            "hl7.fhir.r3.core#3.0.1".parse().unwrap(),
            "hl7.fhir.r4.core#4.0.1".parse().unwrap(),
        ],
        ..Settings::default()
    };
    let shelf = Shelf::of(&[
        ("a.guide#1.0.0", &["hl7.fhir.r3.core#3.0.2"]),
        ("a.old#1.0.0", &["hl7.fhir.core#3.0.1"]),
    ]);
    let resolution = shelf.resolve(&["a.guide#1.0.0", "a.old#1.0.0"], &settings);
    assert_eq!(order(&resolution), ["a.guide#1.0.0", "a.old#1.0.0"]);
    assert_eq!(
        resolution.built_in,
        BTreeSet::from(["hl7.fhir.r3.core#3.0.1".parse().unwrap()])
    );
    assert_eq!(resolution.notes.len(), 1);
    let own = Shelf::of(&[
        ("hl7.fhir.r4.core#4.0.1", &[]),
        ("a.a#1.0.0", &["hl7.fhir.r4.core#4.0.1"]),
    ]);
    let resolution = own.resolve(&["a.a", "hl7.fhir.r4.core#4.0.1"], &settings);
    assert_eq!(
        order(&resolution),
        ["hl7.fhir.r4.core#4.0.1", "a.a#1.0.0"],
        "whoever lists it wants their own"
    );
    let resolution = own.resolve(&["a.a"], &settings);
    assert_eq!(
        (order(&resolution), resolution.listed),
        (
            vec!["a.a#1.0.0".to_owned()],
            vec!["a.a#1.0.0".parse().unwrap()]
        )
    );
}

#[test]
fn cycles_are_named_once_and_loaded_all_the_same() {
    let shelf = Shelf::of(&[
        ("a.a#1.0.0", &["a.b#1.0.0"]),
        ("a.b#1.0.0", &["a.c#1.0.0"]),
        ("a.c#1.0.0", &["a.b#1.0.0", "a.c#1.0.0"]),
    ]);
    let resolution = shelf.resolve(&["a.a#1.0.0"], &Settings::default());
    assert_eq!(order(&resolution), ["a.c#1.0.0", "a.b#1.0.0", "a.a#1.0.0"]);
    let ids =
        |texts: &[&str]| Note::Cycle(texts.iter().map(|text| text.parse().unwrap()).collect());
    assert_eq!(
        resolution.notes,
        [ids(&["a.b#1.0.0", "a.c#1.0.0"]), ids(&["a.c#1.0.0"])]
    );
}

#[test]
fn the_nearer_wish_wins_and_the_user_may_load_two() {
    let shelf = Shelf::of(&[
        ("a.a#1.0.0", &["a.x#1.0.0", "a.b#1.0.0"]),
        ("a.b#1.0.0", &["a.x#2.0.0"]),
        ("a.x#1.0.0", &[]),
        ("a.x#2.0.0", &[]),
    ]);
    let resolution = shelf.resolve(&["a.a#1.0.0"], &Settings::default());
    assert_eq!(order(&resolution), ["a.x#1.0.0", "a.b#1.0.0", "a.a#1.0.0"]);
    assert!(
        matches!(&resolution.notes[..], [Note::Conflict { used, .. }] if used.version.as_str() == "1.0.0")
    );
    let poorer = Shelf::of(&[
        ("a.a#1.0.0", &["a.x#1.0.0", "a.b#1.0.0"]),
        ("a.b#1.0.0", &["a.x#2.0.0"]),
        ("a.x#1.0.0", &[]),
    ]);
    let resolution = poorer.resolve(&["a.a#1.0.0"], &Settings::default());
    assert!(
        matches!(&resolution.notes[..], [Note::Substituted { .. }]),
        "there is only one to choose"
    );
    let resolution = shelf.resolve(&["a.a#1.0.0", "a.x#2.0.0"], &Settings::default());
    assert!(
        order(&resolution).contains(&"a.x#2.0.0".to_owned())
            && !order(&resolution).contains(&"a.x#1.0.0".to_owned())
    );
    let resolution = shelf.resolve(
        &["a.x#1.0.0", "a.x#2.0.0", "a.x#2.0.0"],
        &Settings::default(),
    );
    assert_eq!((order(&resolution).len(), resolution.notes.len()), (2, 0));
}

#[test]
fn overrides_go_before_everything() {
    let shelf = Shelf::of(&[
        ("a.a#1.0.0", &["a.x#1.0.0"]),
        ("a.x#1.0.0", &[]),
        ("a.y#3.0.0", &[]),
    ]);
    let settings = Settings {
        overrides: vec!["a.x=a.y#3.0.0".parse().unwrap()],
        ..Settings::default()
    };
    let resolution = shelf.resolve(&["a.a#1.0.0"], &settings);
    assert_eq!(order(&resolution), ["a.y#3.0.0", "a.a#1.0.0"]);
    assert!(matches!(&resolution.notes[..], [Note::Overridden { .. }]));
}

#[test]
fn a_hostile_shelf_ends() {
    /// Every version of every package exists and needs two more.
    struct Endless;
    impl Catalogue for Endless {
        fn versions(&self, _: &PackageName) -> Vec<PackageVersion> {
            Vec::new()
        }
        fn manifest(&self, id: &PackageId) -> Option<Manifest> {
            let next = [format!("{}a#1.0.0", id.name), format!("{}b#1.0.0", id.name)];
            Some(manifest(&id.to_string(), &[&next[0], &next[1]]))
        }
    }
    let resolution = resolve(
        &["a.a#1.0.0".parse().unwrap()],
        &Endless,
        &Settings::default(),
    );
    assert_eq!(resolution.packages.len(), MAX_PACKAGES);
    assert!(resolution.notes.contains(&Note::TooMany));
}
