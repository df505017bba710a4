//! What the commands print, with which exit code, and what they leave behind.

use std::fs;

use serde_json::json as value;
use tempfile::TempDir;

use crate::archive::{Entry, manifest, package, tgz, write};
use crate::{json, say};

#[test]
fn packages_are_added_listed_and_shown() {
    let folder = TempDir::new().expect("a folder");
    let here = folder.path();
    write(
        here,
        "base.tgz",
        &package(
            "a.base#1.0.0",
            &["hl7.fhir.r4.core#4.0.1"],
            &["http://example.org/a", "http://example.org/b"],
        ),
    );
    write(
        here,
        "guide.tgz",
        &package(
            "a.guide#2.0.0",
            &["a.base#1.0.0"],
            &["http://example.org/b", "http://example.org/c"],
        ),
    );
    let (code, out, err) = say(here, &["list"]);
    assert_eq!((code, out.as_str()), (0, ""));
    assert!(err.contains("no package in"), "{err}");

    let (code, out, err) = say(here, &["add", "guide.tgz", "base.tgz"]);
    assert_eq!(code, 0, "{err}");
    let rows: Vec<&str> = out.lines().skip(1).collect();
    assert_eq!(rows.len(), 2);
    assert!(
        rows[0].starts_with("a.base") && rows[1].starts_with("a.guide"),
        "{out}"
    );
    assert!(
        err.contains(
            "warning[package-clash]: `a.base#1.0.0` and `a.guide#2.0.0` both define 1 canonical"
        ),
        "{err}"
    );

    let listed = json(here, &["list"]);
    assert_eq!(listed[0]["name"], "a.base");
    assert_eq!(listed[1]["fhir_versions"], value!(["4.0.1"]));

    let shown = json(here, &["show", "a.guide#2.0.0"]);
    assert_eq!(
        shown["dependencies"],
        value!([{ "wanted": "a.base#1.0.0", "used": "a.base#1.0.0" }])
    );
    assert_eq!(shown["resources"], value!({ "ValueSet": 2 }));
    assert_eq!(shown["canonicals"][0]["url"], "http://example.org/b");
    let base = json(here, &["show", "base.tgz"]);
    assert_eq!(base["dependencies"][0]["used"], "built in");
    let (code, out, _) = say(here, &["show", "a.guide"]);
    assert!(
        code == 0 && out.contains("Stands upon") && out.contains("http://example.org/c"),
        "{out}"
    );
}

#[test]
fn the_lock_says_the_same_wherever_it_is_written() {
    let texts = [["guide.tgz", "base.tgz"], ["base.tgz", "guide.tgz"]].map(|order| {
        let folder = TempDir::new().expect("a folder");
        write(
            folder.path(),
            "base.tgz",
            &package("a.base#1.0.0", &[], &["http://example.org/a"]),
        );
        write(
            folder.path(),
            "guide.tgz",
            &package("a.guide#2.0.0", &["a.base#1.0.0"], &[]),
        );
        let (code, _, err) = say(folder.path(), &["add", order[0], order[1]]);
        assert_eq!(code, 0, "{err}");
        fs::read_to_string(folder.path().join("plugfest.lock")).expect("a lock")
    });
    assert_eq!(texts[0], texts[1]);
    assert!(texts[0].contains("digest: \"sha256:"), "{}", texts[0]);
}

#[test]
fn a_package_that_changed_is_not_taken_unless_told() {
    let folder = TempDir::new().expect("a folder");
    let here = folder.path();
    write(
        here,
        "p.tgz",
        &package("a.b#1.0.0", &[], &["http://example.org/a"]),
    );
    assert_eq!(say(here, &["add", "p.tgz"]).0, 0);
    write(
        here,
        "p.tgz",
        &package("a.b#1.0.0", &[], &["http://example.org/other"]),
    );
    let before = fs::read(here.join("plugfest.lock")).expect("a lock");
    let (code, _, err) = say(here, &["add", "p.tgz"]);
    assert_eq!(code, 2);
    assert!(err.contains("error[package-changed]"), "{err}");
    // Without the lock, the cache knows.
    let (code, _, err) = say(here, &["add", "p.tgz", "--lock", "other.lock"]);
    assert_eq!(code, 2);
    assert!(err.contains("the cache has another package"), "{err}");
    assert_eq!(
        fs::read(here.join("plugfest.lock")).expect("a lock"),
        before
    );
    let (code, out, err) = say(here, &["add", "p.tgz", "--replace"]);
    assert_eq!(code, 0, "{err}");
    assert!(out.contains("replaced"), "{out}");
    assert_ne!(
        fs::read(here.join("plugfest.lock")).expect("a lock"),
        before
    );
    assert_eq!(say(here, &["add"]).0, 0, "the lock and the cache agree");
}

/// Adds archives that each hold a sound manifest and one bad entry more: each is refused with words, and nothing is left of any.
fn are_refused(rows: &[(&[Entry<'_>], &str)]) {
    let folder = TempDir::new().expect("a folder");
    let here = folder.path();
    let own = manifest("a.b#1.0.0", &[]);
    for (more, says) in rows {
        let entries = [&[("package/package.json", b'0', own.as_slice())], *more].concat();
        write(here, "bad.tgz", &tgz(&entries));
        let (code, _, err) = say(here, &["add", "bad.tgz"]);
        assert_eq!(code, 2, "{says}: {err}");
        assert!(
            err.contains("error[package-archive]") && err.contains(says),
            "{says}: {err}"
        );
    }
    let cache = fs::read_dir(here.join("cache")).into_iter().flatten();
    let left: Vec<_> = cache
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.is_dir())
        .collect();
    assert!(
        left.is_empty() && !here.join("plugfest.lock").exists(),
        "{left:?}"
    );
}

#[test]
fn hostile_names_are_refused_and_named() {
    are_refused(&[
        (
            &[("package/../../x", b'0', b"")],
            "`package/../../x` leads upwards",
        ),
        (&[("/etc/x", b'0', b"")], "`/etc/x` is absolute"),
        (&[("package\\x", b'0', b"")], "holds a backslash"),
        (
            &[("package/x.json", b'2', b"")],
            "`package/x.json` is a link",
        ),
        (
            &[("package/x.json", b'3', b"")],
            "`package/x.json` is neither file nor folder",
        ),
        (
            &[
                ("package/x.json", b'0', b"1"),
                ("package/x.json", b'0', b"2"),
            ],
            "`package/x.json` is there twice",
        ),
    ]);
}

#[test]
fn bombs_and_what_is_no_package_are_refused() {
    are_refused(&[(
        &[("package/x.txt", b'0', &vec![b'0'; 16 << 20])],
        "it inflates to more than",
    )]);
    let folder = TempDir::new().expect("a folder");
    let here = folder.path();
    write(here, "text.tgz", b"no archive");
    write(here, "other.tgz", &tgz(&[("x/package.json", b'0', b"{}")]));
    for (file, says) in [
        ("text.tgz", "cannot be inflated"),
        ("other.tgz", "it has no `package/package.json`"),
    ] {
        let (code, _, err) = say(here, &["add", file]);
        assert!(code == 2 && err.contains(says), "{file}: {err}");
    }
}

#[test]
fn circles_and_gaps_are_told_of_and_do_not_stop_anything() {
    let folder = TempDir::new().expect("a folder");
    let here = folder.path();
    write(here, "a.tgz", &package("a.a#1.0.0", &["a.b#1.0.0"], &[]));
    write(
        here,
        "b.tgz",
        &package("a.b#1.2.0", &["a.a#1.0.0", "a.gone#1.0.0"], &[]),
    );
    let (code, _, err) = say(here, &["add", "a.tgz", "b.tgz"]);
    assert_eq!(code, 0, "{err}");
    for says in [
        "warning[package-version]: `a.b#1.0.0` is not at hand; `a.b#1.2.0` takes its place (`a.a#1.0.0` asks for it)",
        "warning[package-cycle]: packages stand upon each other in a circle: `a.a#1.0.0` → `a.b#1.2.0` → `a.a#1.0.0`",
        "warning[unknown-package]: the package `a.gone#1.0.0` is not at hand in any version (`a.b#1.2.0` asks for it)",
    ] {
        assert!(err.contains(says), "{says}\n{err}");
    }
}

#[test]
fn words_that_mean_nothing_say_what_would() {
    let folder = TempDir::new().expect("a folder");
    let here = folder.path();
    fs::create_dir(here.join("empty")).expect("a folder");
    fs::write(
        here.join("plugfest.lock"),
        "plugfest: 1\npackages:\n<<<<<<< ours\n",
    )
    .expect("a file");
    for (words, says) in [
        (&["show", "a b"][..], "error[package-name]"),
        (&["show", "a.b#1..x"], "error[package-name]"),
        (&["show", "a.b#1.0.0"], "error[unknown-package]"),
        (&["show", "./empty"], "is no FHIR package"),
        (&["show", "gone.tgz"], "there is no file or folder"),
        (
            &["show", "a.b", "--override", "x"],
            "error[unknown-package]",
        ),
        (&["show", "a.b", "--override", "/=/"], "error[package-name]"),
        (&["add"], "plugfest.lock:3:1"),
        (&["add", "--lock", "none.lock"], "error[empty]"),
    ] {
        let (code, out, err) = say(here, words);
        assert_eq!((code, out.as_str()), (2, ""), "{words:?}: {err}");
        assert!(err.contains(says), "{words:?}: {err}");
    }
}

/// The core packs inside plugfest can be made again: by anybody, from whatever form the same definitions come in.
#[test]
fn the_same_definitions_compile_to_the_same_bytes() {
    let folder = TempDir::new().expect("a folder");
    let here = folder.path();
    let system = |name: &str| {
        value!({ "resourceType": "CodeSystem", "url": format!("http://example.org/{name}"), "status": "active",
            "content": "complete", "caseSensitive": true, "description": "words", "concept": [{ "code": name }] })
    };
    let [one, two] = ["one", "two"].map(system);
    let bundle = value!({ "resourceType": "Bundle", "type": "collection",
        "entry": [{ "resource": two }, { "resource": one }] });
    let in_xml = r#"<CodeSystem xmlns="http://hl7.org/fhir"><url value="http://example.org/one"/><status value="active"/>
        <description value="words"/><caseSensitive value="true"/><content value="complete"/>
        <concept><code value="one"/></concept></CodeSystem>"#;
    fs::create_dir_all(here.join("plain/deep")).expect("folders");
    fs::create_dir(here.join("mixed")).expect("a folder");
    write(here, "plain/deep/one.json", one.to_string().as_bytes());
    write(here, "plain/two.json", two.to_string().as_bytes());
    write(here, "plain/readme.json", b"[]");
    write(here, "bundle.json", bundle.to_string().as_bytes());
    write(here, "mixed/one.xml", in_xml.as_bytes());
    let [one, two] = [one, two].map(|system| system.to_string().into_bytes());
    let entries: [Entry<'_>; 3] = [
        ("package/package.json", b'0', &manifest("a.b#1.0.0", &[])),
        ("package/one.json", b'0', &one),
        ("package/two.json", b'0', &two),
    ];
    let archive = tgz(&entries);
    write(here, "archive.tgz", &archive);

    let compile = |inputs: &[&str], output: &str| {
        let rest = ["--name", "a.b", "--release", "1.0.0", "--output", output];
        let words = [&["compile"], inputs, &rest].concat();
        let (code, out, err) = say(here, &words);
        assert_eq!(code, 0, "{err}");
        assert!(
            out.contains("CodeSystem") && out.contains("sha256:"),
            "{out}"
        );
        fs::read(here.join(output)).expect("the pack is written")
    };
    let expected = compile(&["plain"], "plain.pack");
    for (inputs, output) in [
        (&["plain/two.json", "plain/deep"][..], "files.pack"),
        (&["bundle.json"], "bundle.pack"),
        (&["mixed", "plain/two.json"], "mixed.pack"),
        (&["archive.tgz"], "archive.pack"),
    ] {
        assert!(compile(inputs, output) == expected, "{inputs:?}");
    }
    let words = [
        "compile",
        "plain/readme.json",
        "--name",
        "a",
        "--release",
        "1",
        "--output",
        "no.pack",
    ];
    let (code, _, err) = say(here, &words);
    assert!(code == 2 && err.contains("no-input"), "{err}");
    assert!(!here.join("no.pack").exists());
}
