//! A pack that holds what a server sends against FHIR and a profile of a package: with the package, without it, and judged again.

use std::path::{Path, PathBuf};

use plugfest::serve::{SUPPLIERS, Start};
use serde_json::{Value, json};

use super::{code, lines, plugfest, stderr, write};

const PACK: &str = "plugfest: 1
pack: profiles
title: Profiles
version: '1'
standard: { name: Profiles, version: '1', url: 'http://standard.example' }
licence: Apache-2.0
roles: { client: { title: Client }, server: { title: Server } }
subject: server
driver: client
endpoint: fhir
headers: { Accept: application/fhir+json }
areas: { all: All }
fhir: { release: R4, packages: ['test.born#1.0.0', 'far.away#2.0.0'] }
";

const SCENARIO: &str = "plugfest: 1
scenario: valid
title: What was written is read again, and valid
verifies: [BASE]
steps:
  - name: write
    send:
      http:
        put: /Patient/{{run.tag}}
        body:
          json:
            resourceType: Patient
            id: '{{run.tag}}'
            meta: { profile: ['http://test.example/born'] }
            text: { status: generated, div: '<div xmlns=\"http://www.w3.org/1999/xhtml\">A</div>' }
            birthDate: '2020-02-29'
    precondition: { status: 2xx }
  - name: read
    send: { http: { get: '/Patient/{{run.tag}}' } }
    checks:
      - fhir-valid: base
      - { fhir-valid: {}, cites: CLAIMED }
      - { fhir-valid: { profile: 'http://test.example/named' }, cites: BROKEN }
      - { fhir-valid: { profile: 'http://far.example/away' }, cites: FAR }
      - { fhirpath: \"Patient.birthDate.is(date) and conformsTo('http://test.example/born')\", cites: CLAIMED }
";

/// A package with two profiles: one for those who were born, one for those who have a name.
fn package(cache: &Path) -> PathBuf {
    let folder = cache.join("test.born#1.0.0").join("package");
    std::fs::create_dir_all(&folder).unwrap();
    let manifest = json!({"name": "test.born", "version": "1.0.0", "fhirVersions": ["4.0.1"]});
    write(&folder, "package.json", &manifest.to_string());
    for (name, element) in [("born", "birthDate"), ("named", "name")] {
        let profile = json!({
            "resourceType": "StructureDefinition", "id": name, "url": format!("http://test.example/{name}"), "name": name,
            "status": "active", "kind": "resource", "abstract": false, "type": "Patient", "derivation": "constraint",
            "baseDefinition": "http://hl7.org/fhir/StructureDefinition/Patient",
            "differential": {"element": [
                {"id": "Patient", "path": "Patient"},
                {"id": "Patient.telecom", "path": "Patient.telecom", "mustSupport": true},
                {"id": format!("Patient.{element}"), "path": format!("Patient.{element}"), "min": 1, "mustSupport": true},
            ]},
        });
        write(&folder, &format!("{name}.json"), &profile.to_string());
    }
    folder
}

/// The pack's folder.
fn pack(folder: &Path) -> String {
    let root = folder.join("profiles");
    std::fs::create_dir_all(root.join("scenarios")).unwrap();
    write(&root, "pack.yaml", PACK);
    let rows = ["BASE", "CLAIMED", "BROKEN", "FAR"].map(|id| {
        format!(
            "  - {{ id: {id}, obligation: SHALL, certainty: explicit, verified: read, actor: server, area: all, text: It is valid., \
            source: {{ section: one, url: 'http://standard.example' }} }}\n"
        )
    });
    let list = format!("plugfest: 1\nrequirements:\n{}", rows.concat());
    write(&root, "requirements.yaml", &list);
    write(&root.join("scenarios"), "valid.yaml", SCENARIO);
    root.to_string_lossy().into_owned()
}

fn report(out: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(out.join("report.json")).unwrap()).unwrap()
}

fn states(report: &Value) -> Vec<(&str, &str)> {
    let rows = report["packs"][0]["requirements"].as_array().unwrap();
    rows.iter()
        .map(|row| (row["id"].as_str().unwrap(), row["state"].as_str().unwrap()))
        .collect()
}

fn notes(report: &Value) -> String {
    report["notes"].to_string()
}

/// The reference supplier, as long as the runtime lives.
fn supplier(runtime: &tokio::runtime::Runtime) -> plugfest::serve::Running {
    let start = Start::new(([127, 0, 0, 1], 0).into());
    runtime.block_on((SUPPLIERS[0].start)(start)).unwrap()
}

/// A run against the reference supplier, which can be judged again.
struct Ran {
    folder: tempfile::TempDir,
    package: PathBuf,
    report: Value,
}

impl Ran {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let package = package(&folder.path().join("cache"));
        let pack = pack(folder.path());
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let supplier = supplier(&runtime);
        let mut ran = Self {
            folder,
            package,
            report: Value::Null,
        };
        let words = [
            "run",
            &pack,
            "--target",
            supplier.base_url(),
            "--format",
            "json,html",
            "--out",
        ];
        assert_eq!(ran.plugfest(&words), 1);
        ran.report = report(&ran.out());
        ran
    }

    fn out(&self) -> PathBuf {
        self.folder.path().join("out")
    }

    /// The exit code, with caches of its own.
    fn plugfest(&self, words: &[&str]) -> i32 {
        let ended = plugfest()
            .env("PLUGFEST_PACKAGE_CACHE", self.folder.path().join("cache"))
            .env("XDG_CACHE_HOME", self.folder.path().join("compiled"))
            .args(words)
            .arg(self.out())
            .output()
            .unwrap();
        let code = code(&ended);
        assert!(matches!(code, 0 | 1 | 3), "{code}: {}", stderr(&ended));
        code
    }

    fn judged_again(&self) -> (i32, Value) {
        let code = self.plugfest(&["judge", "--format", "json"]);
        (code, report(&self.out()))
    }
}

#[test]
fn replies_are_held_against_profiles_of_packages() {
    let ran = Ran::new();
    let expected = [
        ("BASE", "satisfied"),
        ("CLAIMED", "satisfied"),
        ("BROKEN", "violated"),
        ("FAR", "undetermined"),
    ];
    assert_eq!(states(&ran.report), expected, "{:#}", ran.report);
    let reason = |row: usize| {
        ran.report["packs"][0]["requirements"][row]["checks"][0]["reason"]
            .as_str()
            .unwrap()
    };
    assert_eq!(
        reason(2),
        "Patient (1:1): `Patient.name` is missing: it must occur [http://test.example/named]"
    );
    let far = "the package far.away#2.0.0 is not at hand";
    assert!(reason(3).ends_with(far), "{}", reason(3));
    let notes = notes(&ran.report);
    assert!(
        notes.contains("the FHIR package `far.away#2.0.0` is not at hand"),
        "{notes}"
    );
}

#[test]
fn what_profiles_want_supported_is_counted() {
    let ran = Ran::new();
    let seen = json!([
        {"profile": "http://test.example/born", "resources": 2, "elements": [
            {"element": "Patient.telecom", "seen": 0}, {"element": "Patient.birthDate", "seen": 2}]},
        {"profile": "http://test.example/named", "resources": 1, "elements": [
            {"element": "Patient.name", "seen": 0}, {"element": "Patient.telecom", "seen": 0}]},
    ]);
    assert_eq!(ran.report["packs"][0]["must_support"], seen);
    let page = std::fs::read_to_string(ran.out().join("index.html")).unwrap();
    assert!(
        page.contains("2 of 2 never seen in 1 resource"),
        "the page has the table"
    );
}

#[test]
fn whoever_judges_again_hears_of_other_packages() {
    let ran = Ran::new();
    let recorded = lines(&ran.out())[0]["fhir-packages"].clone();
    assert_eq!(recorded[0]["package"], "test.born#1.0.0", "{recorded}");
    assert_eq!(
        ran.judged_again(),
        (1, ran.report.clone()),
        "the same packages, the same report"
    );

    write(&ran.package, "born.json", "{}");
    let (code, changed) = ran.judged_again();
    assert_eq!(code, 1);
    assert_eq!(
        states(&changed)[1..3],
        [("CLAIMED", "undetermined"), ("BROKEN", "violated")]
    );
    assert!(
        notes(&changed).contains("is not the one that the run used"),
        "{}",
        notes(&changed)
    );

    std::fs::remove_dir_all(&ran.package).unwrap();
    let (code, without) = ran.judged_again();
    assert_eq!(code, 3, "nothing is violated any more");
    assert_eq!(states(&without)[0], ("BASE", "satisfied"));
    assert_eq!(states(&without)[2], ("BROKEN", "undetermined"));
    let lost = "the run used the FHIR package `test.born#1.0.0`";
    assert!(notes(&without).contains(lost), "{}", notes(&without));
}

#[test]
fn a_pack_names_packages_and_never_files() {
    let folder = tempfile::tempdir().unwrap();
    let pack = pack(folder.path());
    let wrong = PACK
        .replace("far.away#2.0.0", "../../secrets")
        .replace("R4,", "R7,");
    write(Path::new(&pack), "pack.yaml", &wrong);
    let lint = plugfest().args(["lint", &pack]).output().unwrap();
    let said = stderr(&lint);
    assert_eq!(code(&lint), 2, "{said}");
    for word in ["error[package-name]", "no FHIR release `R7`"] {
        assert!(said.contains(word), "{word}: {said}");
    }
}

#[test]
fn lint_doubts_what_fhir_does_not_have() {
    let folder = tempfile::tempdir().unwrap();
    let pack = pack(folder.path());
    let wrong = SCENARIO.replace("Patient.birthDate.is", "Patient.birthDat.is");
    write(&Path::new(&pack).join("scenarios"), "valid.yaml", &wrong);
    let lint = plugfest().args(["lint", &pack]).output().unwrap();
    let said = stderr(&lint);
    assert_eq!(code(&lint), 0, "a doubt is no mistake: {said}");
    for word in ["warning[expression-doubt]", "birthDate", "^^^^^^^^"] {
        assert!(said.contains(word), "{word}: {said}");
    }
}
