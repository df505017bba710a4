//! Folders, archives and the cache, with packages that the tests write.

use std::fs;
use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use tempfile::TempDir;

use super::*;
use crate::fhir::package::{PackageId, digest};

fn manifest_text(id: &str) -> String {
    let (name, version) = id.split_once('#').unwrap();
    format!(r#"{{ "name": "{name}", "version": "{version}", "fhirVersions": ["4.0.1"] }}"#)
}

/// A folder with a package in it.
fn folder(id: &str, files: &[(&str, &str)]) -> TempDir {
    let folder = TempDir::new().unwrap();
    let manifest = manifest_text(id);
    let all = files
        .iter()
        .copied()
        .chain([("package.json", manifest.as_str())]);
    for (path, text) in all {
        let path = folder.path().join("package").join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

/// The same as an archive.
fn archive(files: &[(&str, &str)]) -> Vec<u8> {
    let mut tar = Vec::new();
    for (path, text) in files {
        let mut header = [0; 512];
        header[..path.len()].copy_from_slice(path.as_bytes());
        header[124..135].copy_from_slice(format!("{:011o}", text.len()).as_bytes());
        header[148..156].fill(b' ');
        header[156] = b'0';
        let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
        header[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
        tar.extend(header);
        tar.extend(text.as_bytes());
        tar.resize(tar.len().next_multiple_of(512), 0);
    }
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(&tar).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn a_package_is_one_package_in_every_shape() {
    let unpacked = folder(
        "a.b#1.0.0",
        &[
            ("x.json", "{}"),
            ("example/e.json", "{}"),
            ("notes.txt", "n"),
        ],
    );
    let packed = TempDir::new().unwrap();
    let file = packed.path().join("p.tgz");
    let manifest = manifest_text("a.b#1.0.0");
    fs::write(
        &file,
        archive(&[
            ("package/x.json", "{}"),
            ("package/package.json", &manifest),
        ]),
    )
    .unwrap();
    let sources = [
        Source::at(unpacked.path()).unwrap(),
        Source::at(&unpacked.path().join("package")).unwrap(),
        Source::at(&file).unwrap(),
    ];
    let digests = sources.map(|source| {
        assert_eq!(source.manifest().unwrap().id.to_string(), "a.b#1.0.0");
        assert_eq!(source.key().unwrap().len(), 64);
        digest(&source.files(Take::Definitions).unwrap())
    });
    assert!(digests.iter().all(|digest| *digest == digests[0]));
    let examples = Source::at(unpacked.path())
        .unwrap()
        .files(Take::Examples)
        .unwrap();
    let paths: Vec<&str> = examples.iter().map(|file| file.path.as_str()).collect();
    assert_eq!(paths, ["example/e.json", "package.json", "x.json"]);
    for nothing in [packed.path(), &packed.path().join("no")] {
        assert_eq!(Source::at(nothing).unwrap_err().code, "unknown-package");
    }
}

#[test]
fn a_key_changes_with_the_definitions() {
    let unpacked = folder("a.b#1.0.0", &[("x.json", "{}")]);
    let source = Source::at(unpacked.path()).unwrap();
    let before = source.key().unwrap();
    assert_eq!(before, source.key().unwrap());
    fs::write(unpacked.path().join("package/x.json"), "{ }").unwrap();
    assert_ne!(before, source.key().unwrap());
}

#[cfg(unix)]
#[test]
fn links_in_folders_are_not_followed() {
    let unpacked = folder("a.b#1.0.0", &[("x.json", "{}")]);
    let secret = unpacked.path().join("secret.json");
    fs::write(&secret, "{}").unwrap();
    std::os::unix::fs::symlink(&secret, unpacked.path().join("package/y.json")).unwrap();
    let source = Source::at(unpacked.path()).unwrap();
    assert_eq!(source.files(Take::Definitions).unwrap().len(), 2);
    fs::remove_file(unpacked.path().join("package/package.json")).unwrap();
    std::os::unix::fs::symlink(&secret, unpacked.path().join("package/package.json")).unwrap();
    assert_eq!(source.manifest().unwrap_err().code, "package-manifest");
}

#[test]
fn the_cache_has_the_layout_that_other_tools_expect() {
    let root = TempDir::new().unwrap();
    let cache = Cache::at(root.path().join("new"));
    assert!(cache.list().is_empty());
    let unpacked = folder(
        "a.b#1.0.0",
        &[
            ("x.json", "1"),
            ("example/e.json", "{}"),
            ("xml/x.xml", "<x/>"),
        ],
    );
    let source = Source::at(unpacked.path()).unwrap();
    let id: PackageId = "a.b#1.0.0".parse().unwrap();
    assert_eq!(
        cache.install(&source, Present::Keep).unwrap(),
        (id.clone(), Installed::Added)
    );
    for path in [
        "packages.ini",
        "a.b#1.0.0/package/x.json",
        "a.b#1.0.0/package/example/e.json",
        "a.b#1.0.0/package/xml/x.xml",
    ] {
        assert!(cache.root().join(path).is_file(), "{path}");
    }
    assert_eq!(cache.list()[0].id, id);
    assert!(
        cache.find(&"A.B#1.0.0".parse().unwrap()).is_some(),
        "case makes no other name"
    );
    assert_eq!(
        cache.install(&source, Present::Keep).unwrap().1,
        Installed::AlreadyThere
    );
    let other = folder("a.b#1.0.0", &[("x.json", "2")]);
    let other = Source::at(other.path()).unwrap();
    assert_eq!(
        cache.install(&other, Present::Keep).unwrap_err().code,
        "package-changed"
    );
    assert_eq!(
        cache.install(&other, Present::Replace).unwrap().1,
        Installed::Replaced
    );
    assert!(
        !cache.root().join("a.b#1.0.0/package/xml").exists(),
        "nothing of the old one is left"
    );
    let names: Vec<_> = fs::read_dir(cache.root())
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert_eq!(names.len(), 2, "{names:?}");
}

#[test]
fn what_moves_is_replaced_without_asking() {
    let root = TempDir::new().unwrap();
    let cache = Cache::at(root.path());
    for (text, how) in [("1", Installed::Added), ("2", Installed::Replaced)] {
        let build = folder("a.b#current", &[("x.json", text)]);
        let source = Source::at(build.path()).unwrap();
        assert_eq!(cache.install(&source, Present::Keep).unwrap().1, how);
    }
}

#[test]
fn a_refused_archive_leaves_nothing_behind() {
    let root = TempDir::new().unwrap();
    let cache = Cache::at(root.path().join("cache"));
    let file = root.path().join("bad.tgz");
    let manifest = manifest_text("a.b#1.0.0");
    let other = manifest_text("a.c#1.0.0");
    for (files, code) in [
        (
            vec![
                ("package/package.json", manifest.as_str()),
                ("package/../../x.json", "{}"),
            ],
            "package-archive",
        ),
        (
            vec![
                ("package/package.json", &manifest),
                ("package/x.json", "{}"),
                ("package/x.json", "{}"),
            ],
            "package-archive",
        ),
        (
            vec![
                ("package/package.json", &manifest),
                ("./package/package.json", &other),
            ],
            "package-archive",
        ),
        (
            vec![
                ("package/package.json", &manifest),
                ("package/x", "{}"),
                ("package/x/y.json", "{}"),
            ],
            "package-archive",
        ),
        (vec![("package/x.json", "{}")], "package-archive"),
        (vec![("package/package.json", "{}")], "package-manifest"),
    ] {
        fs::write(&file, archive(&files)).unwrap();
        let problem = cache
            .install(&Source::at(&file).unwrap(), Present::Keep)
            .unwrap_err();
        assert_eq!(problem.code, code, "{}", problem.message);
        assert!(cache.list().is_empty());
        let left = fs::read_dir(cache.root()).map_or(0, |entries| {
            entries
                .filter(|entry| entry.as_ref().unwrap().path().is_dir())
                .count()
        });
        assert_eq!(left, 0);
    }
    assert!(!root.path().join("x.json").exists());
}
