//! Packages that are in use.

use std::collections::BTreeMap;

use plugfest::fhir::package::{Index, IndexOrigin, PackageFile, Take, digest};
use plugfest::store::packages::{Cache, Installed, Present, Source, load};
use serde_json::Value;
use tempfile::TempDir;

use crate::{archives, options, real_packages};

#[test]
fn real_packages_hold_what_their_inventory_says() {
    let Some(folder) = real_packages() else {
        return;
    };
    let inventory = std::fs::read(folder.join("inventory.json")).expect("an inventory");
    let inventory: Vec<Value> = serde_json::from_slice(&inventory).expect("JSON");
    let mut seen = 0;
    for row in &inventory {
        let file = folder.join(row["file"].as_str().expect("a name"));
        let source = Source::at(&file).expect("a package");
        assert_eq!(
            source.manifest().expect("a manifest").id.to_string(),
            row["id"],
            "{}",
            file.display()
        );
        let files = source.files(Take::Definitions).expect("sound");
        let index = Index::of(&files);
        let wanted: BTreeMap<&str, u64> = row["counts"]
            .as_object()
            .expect("counts")
            .iter()
            .map(|(kind, count)| (kind.as_str(), count.as_u64().expect("a count")))
            .collect();
        let found: BTreeMap<&str, u64> = index
            .counts()
            .into_iter()
            .map(|(kind, count)| (kind, count as u64))
            .collect();
        assert_eq!(found, wanted, "{}", file.display());
        seen += 1;
    }
    assert_eq!(seen, archives(&folder).len());
}

#[test]
fn a_packages_own_list_says_what_its_files_say() {
    let Some(folder) = real_packages() else {
        return;
    };
    let mut compared = 0;
    // The small ones; the large ones differ in nothing but size.
    for path in archives(&folder)
        .iter()
        .filter(|path| path.metadata().expect("a file").len() < 500_000)
    {
        let files = Source::at(path)
            .and_then(|source| source.files(Take::Definitions))
            .expect("sound");
        let listed = Index::of(&files);
        if listed.origin != IndexOrigin::Listed {
            continue;
        }
        let bare: Vec<PackageFile> = files
            .into_iter()
            .filter(|file| file.path != ".index.json")
            .collect();
        let scanned = Index::of(&bare);
        let facts = |index: &Index| -> Vec<_> {
            let rows = index.entries.iter();
            rows.map(|row| {
                (
                    row.file.clone(),
                    row.resource_type.clone(),
                    row.url.clone(),
                    row.version.clone(),
                )
            })
            .collect()
        };
        assert_eq!(facts(&listed), facts(&scanned), "{}", path.display());
        compared += 1;
    }
    assert!(
        compared > 10,
        "only {compared} packages have a list that is used"
    );
}

#[test]
fn real_packages_find_what_they_stand_upon() {
    let Some(folder) = real_packages() else {
        return;
    };
    let cache = TempDir::new().expect("a folder");
    let mut options = options(cache.path());
    options.shelves = vec![folder.clone()];
    options.settings.built_in = ["hl7.fhir.r3.core#3.0.1", "hl7.fhir.r4.core#4.0.1"]
        .map(|id| id.parse().expect("an id"))
        .into();
    let loaded = load(
        &[
            "uk.nhsengland.r4".into(),
            "gpc.stu3.fhir-assets#1.1.3".into(),
        ],
        &options,
    )
    .expect("all at hand");
    let order: Vec<String> = loaded
        .packages
        .iter()
        .map(|package| package.id.to_string())
        .collect();
    assert_eq!(
        order,
        [
            "fhir.r4.ukcore.stu3.currentbuild#0.22.0-pre-release",
            "fhir.r4.nhsengland.stu1#1.3.0",
            "uk.nhsengland.r4#0.0.1",
            "careconnect.stu3#1.3.0-hl7uk.20190531",
            "gpc.stu3.fhir-assets#1.1.3",
        ]
    );
    assert_eq!(loaded.listed.len(), 2);
    assert_eq!(loaded.built_in.len(), 2);
    assert!(
        loaded
            .warnings
            .iter()
            .all(|warning| warning.code == "package-version"),
        "{:?}",
        loaded.warnings
    );

    // The terminology of R4 and the extensions of R4 need each other.
    let loaded = load(&["hl7.terminology.r4".into()], &options).expect("all at hand");
    assert_eq!(loaded.packages.len(), 2);
    assert!(
        loaded
            .warnings
            .iter()
            .any(|warning| warning.code == "package-cycle"),
        "{:?}",
        loaded.warnings
    );
}

#[test]
fn a_real_package_is_the_same_in_the_cache() {
    let Some(folder) = real_packages() else {
        return;
    };
    let root = TempDir::new().expect("a folder");
    let cache = Cache::at(root.path());
    for name in [
        "fhir.r4.ukcore.stu1-1.0.2.tgz",
        "hl7.fhir.us.core-3.1.1.tgz",
        "uk.nhsdigital.bars.r4-1.35.0.tgz",
    ] {
        let source = Source::at(&folder.join(name)).expect("a package");
        let (id, installed) = cache.install(&source, Present::Keep).expect("sound");
        assert_eq!(installed, Installed::Added);
        let cached = Source::Folder(cache.find(&id).expect("it is there"));
        let files = |source: &Source, take| source.files(take).expect("sound");
        assert_eq!(
            files(&cached, Take::Everything),
            files(&source, Take::Everything),
            "{name}"
        );
        assert_eq!(
            digest(&files(&cached, Take::Definitions)),
            digest(&files(&source, Take::Definitions))
        );
    }
}
