//! The registry protocol, against a registry that is served from here.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::thread;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use plugfest::store::packages::{Options, Origin, Registry, load};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha512};
use tempfile::TempDir;

use crate::archive::package;
use crate::{options, say};

/// Bodies by path, each with its status; and the paths that were asked for.
struct Shelf {
    base: String,
    asked: Arc<Mutex<Vec<String>>>,
}

type Pages = BTreeMap<String, (u16, Vec<u8>)>;

impl Shelf {
    /// Serves pages, made once the address is known; the thread ends with the test's process.
    fn serve(pages: impl FnOnce(&str) -> Pages) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let base = format!("http://{}", listener.local_addr().expect("an address"));
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (pages, log) = (pages(&base), asked.clone());
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let _ = answer(stream, &pages, &log);
            }
        });
        Self { base, asked }
    }

    /// A registry with some packages, by `name#version`.
    fn of(packages: &[(&str, Vec<u8>)]) -> Self {
        Self::serve(|base| pages(base, packages))
    }

    fn options(&self, cache: &Path) -> Options {
        Options {
            registry: Some(Registry::at(&self.base).expect("a registry")),
            ..options(cache)
        }
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().expect("a log").clone()
    }
}

fn answer(stream: TcpStream, pages: &Pages, log: &Mutex<Vec<String>>) -> std::io::Result<()> {
    let mut lines = BufReader::new(&stream).lines();
    let first = lines.next().unwrap_or_else(|| Ok(String::new()))?;
    while lines
        .next()
        .is_some_and(|line| line.is_ok_and(|line| !line.is_empty()))
    {}
    let path = first.split(' ').nth(1).unwrap_or_default().to_owned();
    log.lock().expect("a log").push(path.clone());
    let (status, body) = pages.get(&path).cloned().unwrap_or((404, Vec::new()));
    let location = if status == 302 {
        format!("Location: {}\r\n", String::from_utf8_lossy(&body))
    } else {
        String::new()
    };
    let head = format!(
        "HTTP/1.1 {status} X\r\n{location}Content-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    (&stream).write_all(&[head.as_bytes(), &body].concat())
}

fn pages(base: &str, packages: &[(&str, Vec<u8>)]) -> Pages {
    let mut pages = Pages::new();
    let mut listings: BTreeMap<&str, Map<String, Value>> = BTreeMap::new();
    for (id, bytes) in packages {
        let (name, version) = id.split_once('#').expect("name#version");
        let file = format!("/files/{name}-{version}.tgz");
        let integrity = format!("sha512-{}", STANDARD.encode(Sha512::digest(bytes)));
        let row = json!({ "name": name, "version": version, "dist": { "tarball": format!("{base}{file}"), "integrity": integrity } });
        listings
            .entry(name)
            .or_default()
            .insert(version.to_owned(), row);
        pages.insert(file, (200, bytes.clone()));
    }
    for (name, versions) in listings {
        let listing = json!({ "name": name, "versions": versions }).to_string();
        pages.insert(format!("/{name}"), (200, listing.into_bytes()));
    }
    pages
}

fn guide() -> Vec<(&'static str, Vec<u8>)> {
    let of = |id: &'static str, dependencies: &[&str]| {
        (id, package(id, dependencies, &["http://example.org/vs"]))
    };
    vec![
        of("a.guide#1.0.0", &["a.base#1.0.x"]),
        of("a.base#1.0.0", &[]),
        of("a.base#1.0.7", &[]),
        of("a.base#2.0.0", &[]),
    ]
}

#[test]
fn what_is_missing_is_fetched_once_and_kept() {
    let shelf = Shelf::of(&guide());
    let cache = TempDir::new().expect("a folder");
    let words = ["a.guide#1.0.0".to_owned()];
    let loaded = load(&words, &shelf.options(cache.path())).expect("fetched");
    let ids: Vec<String> = loaded
        .packages
        .iter()
        .map(|package| package.id.to_string())
        .collect();
    assert_eq!(ids, ["a.base#1.0.7", "a.guide#1.0.0"]);
    assert!(loaded.packages.iter().all(
        |package| matches!(&package.origin, Origin::Registry(url) if url.starts_with(&shelf.base))
    ));
    assert_eq!(
        shelf.asked(),
        [
            "/a.guide",
            "/files/a.guide-1.0.0.tgz",
            "/a.base",
            "/files/a.base-1.0.7.tgz"
        ]
    );
    assert!(
        cache
            .path()
            .join("a.base#1.0.7/package/ValueSet-v0.json")
            .is_file()
    );

    // From now on, nobody need be asked.
    let loaded = load(&words, &options(cache.path())).expect("at hand");
    assert!(
        loaded
            .packages
            .iter()
            .all(|package| package.origin == Origin::Cache)
    );
    assert_eq!(shelf.asked().len(), 4);
}

#[test]
fn nothing_is_fetched_unless_told() {
    let cache = TempDir::new().expect("a folder");
    let problems =
        load(&["a.guide#1.0.0".to_owned()], &options(cache.path())).expect_err("not at hand");
    assert_eq!(problems[0].code, "unknown-package");
}

/// A registry that does wrong what can be done wrong, a package for each way.
fn misbehaving() -> Shelf {
    let good = package("a.b#1.0.0", &[], &[]);
    let listing = |tarball: &str| {
        let row = json!({ "dist": { "tarball": tarball } });
        let elsewhere = json!({ "dist": { "tarball": "file:///etc/passwd" } });
        json!({ "versions": { "1.0.0": row, "../2": row, "3.0.0": elsewhere } })
            .to_string()
            .into_bytes()
    };
    Shelf::serve(|base| {
        let mut pages = pages(base, &[("a.changed#1.0.0", good.clone())]);
        let changed = package("a.changed#1.0.0", &[], &["http://example.org/x"]);
        for (path, status, body) in [
            ("/files/a.changed-1.0.0.tgz", 200, changed),
            ("/a.b", 200, listing("/moved.tgz")),
            ("/a.other", 200, listing("/file.tgz")),
            ("/a.gone", 200, listing("/gone.tgz")),
            ("/a.circle", 302, b"/a.circle".to_vec()),
            ("/a.no-json", 200, b"<html>".to_vec()),
            ("/a.broken", 500, Vec::new()),
            ("/a.no-archive", 200, listing("/a.no-json")),
            ("/moved.tgz", 302, b"/file.tgz".to_vec()),
            ("/file.tgz", 200, good),
        ] {
            pages.insert(path.to_owned(), (status, body));
        }
        pages
    })
}

#[test]
fn a_registry_that_misbehaves_is_told_of() {
    let shelf = misbehaving();
    let cache = TempDir::new().expect("a folder");
    let fetch = |word: &str| load(&[word.to_owned()], &shelf.options(cache.path()));
    assert_eq!(
        fetch("a.b#1.0.0")
            .expect("a redirect is followed")
            .packages
            .len(),
        1
    );
    for (word, code, says) in [
        ("a.changed#1.0.0", "package-registry", "SHA-512"),
        (
            "a.other#1.0.0",
            "package-registry",
            "the registry sent `a.b#1.0.0`",
        ),
        ("a.gone#1.0.0", "package-registry", "does not have it"),
        ("a.gone#3.0.0", "package-registry", "does not have it"),
        ("a.circle#1.0.0", "package-registry", "redirects too often"),
        ("a.no-json", "package-registry", "cannot be read"),
        ("a.broken", "package-registry", "500"),
        ("a.no-archive#1.0.0", "package-archive", "is refused"),
        ("a.unknown", "unknown-package", "not at hand"),
    ] {
        let problems = fetch(word).expect_err(word);
        let said = problems
            .iter()
            .any(|problem| problem.code == code && problem.message.contains(says));
        assert!(said, "{word}: {problems:?}");
    }
    assert!(
        !cache.path().join("a.changed#1.0.0").exists()
            && !cache.path().join("a.other#1.0.0").exists()
    );
}

#[test]
fn what_was_locked_is_fetched_as_it_was_locked_or_not_at_all() {
    let folder = TempDir::new().expect("a folder");
    let shelf = Shelf::of(&guide());
    let (code, out, err) = say(
        folder.path(),
        &["add", "a.guide#1.0.0", "--registry", &shelf.base],
    );
    assert_eq!(code, 0, "{err}");
    assert!(out.contains("added"), "{out}");
    let lock = std::fs::read_to_string(folder.path().join("plugfest.lock")).expect("a lock");
    assert!(
        lock.contains(&format!(
            "source: \"{}/files/a.base-1.0.7.tgz\"",
            shelf.base
        )),
        "{lock}"
    );

    // Another machine, the same lock, the same registry: the same packages.
    std::fs::remove_dir_all(folder.path().join("cache")).expect("a cache");
    let (code, _, err) = say(folder.path(), &["add", "--registry", &shelf.base]);
    assert_eq!(code, 0, "{err}");
    assert_eq!(
        std::fs::read_to_string(folder.path().join("plugfest.lock")).expect("a lock"),
        lock
    );

    // A registry that gives other content under the same version.
    std::fs::remove_dir_all(folder.path().join("cache")).expect("a cache");
    let other = package(
        "a.guide#1.0.0",
        &["a.base#1.0.x"],
        &["http://example.org/other"],
    );
    let other = Shelf::of(&[
        ("a.guide#1.0.0", other),
        (
            "a.base#1.0.7",
            package("a.base#1.0.7", &[], &["http://example.org/vs"]),
        ),
    ]);
    let (code, _, err) = say(folder.path(), &["add", "--registry", &other.base]);
    assert_eq!(code, 2, "{err}");
    assert!(err.contains("error[package-changed]"), "{err}");
    assert!(!folder.path().join("cache/a.guide#1.0.0").exists());

    // Nobody there: the environment's fault.
    let (code, _, err) = say(
        folder.path(),
        &["add", "a.more", "--registry", "http://127.0.0.1:1"],
    );
    assert_eq!(code, 4, "{err}");
    let (code, _, err) = say(
        folder.path(),
        &["add", "a.more", "--registry", "ftp://example.org"],
    );
    assert_eq!(code, 2, "{err}");
}
