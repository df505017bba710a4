//! Supplier files: read, refused with a place, linted against packs, written and read again.

use super::*;
use crate::protocol::http::config::{Auth, Trust};

const FULL: &str = r#"plugfest: 1
supplier: { id: acme, name: Acme Health, product: AcmeGP, version: 14.20 }
systems:
  record-server:
    plays: [fhir-r4-rest/server, gp-connect]
    endpoints:
      fhir: https://staging.acme.example/fhir/
      gp-connect: https://staging.acme.example/A82038/STU3/1
    auth:
      bearer: { token: { env: ACME_TOKEN } }
    tls: { ca: certs/ca.pem, client: { cert: certs/me.pem, key: certs/me.key }, insecure: true }
    limits: { jobs: 4, rate: 20/s, timeout: 500ms, body: 10MB, headers: 64kB }
  other:
    plays: [fhir-r4-rest]
    endpoints: { "*": http://127.0.0.1:8080 }
    auth:
      default: none
      reader: { basic: { user: ann, password: { file: secrets/ann } } }
      writer: { oauth2: { token-url: "https://id.acme.example/token", client-id: me, client-secret: { env: S }, secret-in: body, scope: a b, parameters: { audience: x } } }
      signer: { private-key-jwt: { token-url: "https://id.acme.example/token", client-id: me, key: { file: k.pem }, key-id: k1, algorithm: RS384 } }
      shown: mutual-tls
claims:
  fhir-r4-rest: { level: core, except: [history] }
values: { resource-type: Patient, count: 10, flag: true }
patients:
  has-allergies: "9000000009"
  plain: 9000000017
  no-consent: { none: "our staging has no such patient" }
deviations:
  - requirement: fhir-r4-rest/FHIR-CONC-001
    because: If-Match comes with release 15
    until: 2027-03-01
"#;

fn read(text: &str) -> Result<Supplier, Vec<Diagnostic>> {
    Supplier::read(&Source::new("acme.yaml", text))
}

fn full() -> Supplier {
    read(FULL).unwrap_or_else(|problems| panic!("{problems:?}"))
}

fn pack(id: &str) -> PackId {
    id.parse().unwrap()
}

#[test]
fn a_full_file_is_read() {
    let supplier = full();
    assert_eq!(supplier.supplier.version, "14.20", "as it was written");
    assert_eq!(supplier.values["count"], "10");
    assert_eq!(
        supplier.patients["plain"],
        Patient::Number("9000000017".into())
    );
    assert_eq!(
        supplier.patients["no-consent"],
        Patient::None("our staging has no such patient".into())
    );
    let server = &supplier.systems["record-server"];
    assert_eq!(
        server.limits.timeout(),
        std::time::Duration::from_millis(500)
    );
    assert_eq!(
        (server.limits.body(), server.limits.headers()),
        (10_000_000, 64_000)
    );
    let other = &supplier.systems["other"];
    assert_eq!(other.limits.timeout(), std::time::Duration::from_secs(30));
    assert_eq!(other.auth.0.len(), 5);
    assert!(matches!(other.auth.0["signer"], Auth::PrivateKeyJwt(_)));
    assert_eq!(supplier.notes().len(), 1, "insecure is shown");
}

#[test]
fn seats_and_endpoints_are_found() {
    let supplier = full();
    let found = |pack: &str, role: &str| {
        let (pack, role) = (pack.parse().unwrap(), role.parse().unwrap());
        supplier.system_for(&pack, &role).map(|(name, _)| name)
    };
    assert_eq!(
        found("fhir-r4-rest", "server"),
        Some("record-server"),
        "the more exact seat"
    );
    assert_eq!(found("fhir-r4-rest", "client"), Some("other"));
    assert_eq!(found("gp-connect", "provider"), Some("record-server"));
    assert_eq!(found("dicom", "archive"), None);
    let server = &supplier.systems["record-server"];
    assert_eq!(
        server.endpoint("fhir"),
        Some("https://staging.acme.example/fhir")
    );
    assert_eq!(server.endpoint("dicom"), None);
    let all = supplier.systems["other"].endpoints_for(&["fhir"]);
    assert_eq!(
        all,
        [("fhir".to_owned(), "http://127.0.0.1:8080".to_owned())]
    );
    let claims = supplier.claims_for(&pack("fhir-r4-rest")).unwrap();
    assert!(claims.make("write") && !claims.make("history"));
    assert_eq!(supplier.claims_for(&pack("gp-connect")), None);
}

#[test]
fn the_file_is_its_own_record() {
    let supplier = full();
    let json = serde_json::to_string(&supplier).unwrap();
    let again: Supplier = serde_json::from_str(&json).unwrap();
    assert_eq!(again, supplier);
    assert!(json.contains(r#"{"env":"ACME_TOKEN"}"#), "{json}");
}

#[test]
fn a_target_plays_everything() {
    let supplier = Supplier::of_target("http://127.0.0.1:8080/fhir/").unwrap();
    let (name, system) = supplier
        .system_for(&pack("any"), &"role".parse().unwrap())
        .unwrap();
    assert_eq!(
        (name, system.endpoint("whatever")),
        ("target", Some("http://127.0.0.1:8080/fhir"))
    );
    let who = &supplier.supplier;
    assert_eq!(
        [who.id.as_str(), &who.name, &who.product, &who.version],
        ["127.0.0.1", "127.0.0.1:8080", "", ""]
    );
    assert!(Supplier::of_target("http://[::1]:80/").is_ok());
    for wrong in [
        "",
        "fhir",
        "ftp://x",
        "/fhir",
        "http://",
        "http://u:p@x",
        "http://x?a=b",
        "http://x#y",
    ] {
        assert_eq!(
            Supplier::of_target(wrong).unwrap_err().code,
            "bad-target",
            "{wrong}"
        );
    }
}

/// A file of which one line is different.
fn with(line: &str, instead: &str) -> String {
    assert!(FULL.contains(line), "{line}");
    FULL.replacen(line, instead, 1)
}

/// What stands in the full file, what stands there instead, the code of the mistake, and what the carets stand under.
#[rustfmt::skip]
const MISTAKES: &[(&str, &str, &str, &str)] = &[
    ("plugfest: 1", "plugfest: 2", "unknown-version", "2"),
    ("product: AcmeGP", "produkt: AcmeGP", "unknown-field", "produkt"),
    ("id: acme", "id: a/b", "bad-value", "a/b"),
    ("{ env: ACME_TOKEN }", "s3cr3t-t0ken", "unsafe-secret", "s3cr3t-t0ken"),
    ("{ env: ACME_TOKEN }", "12345678", "unsafe-secret", "12345678"),
    ("{ env: ACME_TOKEN }", "{ enf: ACME_TOKEN }", "unknown-field", "enf"),
    ("{ env: ACME_TOKEN }", "{ env: A, file: b }", "bad-value", "{ env: A, file: b }"),
    ("key: certs/me.key", "key: \"-----BEGIN PRIVATE KEY-----\"", "unsafe-secret", "{ cert: certs/me.pem, key: \"-----BEGIN PRIVATE KEY-----\" }"),
    ("https://staging.acme.example/fhir/", "https://me:pw@staging.acme.example/fhir", "unsafe-secret", "https://me:pw@staging.acme.example/fhir"),
    ("https://staging.acme.example/fhir/", "staging.acme.example", "bad-value", "staging.acme.example"),
    ("https://staging.acme.example/fhir/", "https://staging.acme.example/fhir?x=y", "bad-value", "https://staging.acme.example/fhir?x=y"),
    ("bearer: { token: { env: ACME_TOKEN } }", "beerer: { token: { env: X } }", "bad-value", "token"),
    ("      default: none\n", "", "missing-field", "reader: { basic: { user: ann, password: { file: secrets/ann } } }"),
    ("algorithm: RS384", "algorithm: HS256", "bad-value", "HS256"),
    ("rate: 20/s", "rate: 20", "bad-value", "20"),
    ("jobs: 4", "jobs: 0", "bad-value", "0"),
    ("[fhir-r4-rest/server, gp-connect]", "[]", "empty", "[]"),
    ("until: 2027-03-01", "until: next year", "bad-value", "next year"),
    ("until: 2027-03-01", "until: 2027-02-30", "bad-value", "2027-02-30"),
    ("{ none: \"our staging has no such patient\" }", "{ non: x }", "unknown-field", "non"),
    (
        "    until: 2027-03-01\n",
        "    until: 2027-03-01\n  - { requirement: fhir-r4-rest/FHIR-CONC-001, because: x, until: 2027-01-01 }\n",
        "duplicate-id",
        "fhir-r4-rest/FHIR-CONC-001",
    ),
];

#[test]
fn mistakes_have_a_place() {
    for (line, instead, code, at) in MISTAKES {
        let problems = read(&with(line, instead)).expect_err(instead);
        let place = problems[0].place.as_ref().map(|place| place.text());
        assert_eq!(problems[0].code, *code, "{instead}: {problems:?}");
        assert!(
            place.is_some_and(|place| place.starts_with(at)),
            "{instead}: {problems:?}"
        );
    }
    let nobody = "plugfest: 1\nsupplier: { id: a, name: a, product: a, version: a }\nsystems: {}\n";
    assert_eq!(read(nobody).unwrap_err()[0].code, "empty");
}

#[test]
fn a_literal_secret_is_not_repeated() {
    for secret in ["s3cr3t-t0ken", "[s3cr3t-t0ken]"] {
        for problem in read(&with("{ env: ACME_TOKEN }", secret)).unwrap_err() {
            let notes = problem.notes.iter().map(|(_, text)| text.as_str());
            let said = format!(
                "{} {} {}",
                problem.message,
                problem.label,
                notes.collect::<String>()
            );
            assert!(!said.contains("s3cr3t"), "{said}");
        }
    }
}

fn facts() -> PackFacts {
    PackFacts {
        id: pack("fhir-r4-rest"),
        title: "FHIR R4 RESTful API, server".into(),
        roles: vec!["client".parse().unwrap(), "server".parse().unwrap()],
        subject: "server".parse().unwrap(),
        endpoint: "fhir".into(),
        values: vec![
            PackValue {
                name: "resource-type".into(),
                default: Some("Patient".into()),
                about: "a type".into(),
            },
            PackValue {
                name: "key: #odd".into(),
                default: None,
                about: "what\nfor".into(),
            },
        ],
        patients: vec!["has-allergies".into()],
        claims: vec![("history".into(), "keeps versions".into())],
        levels: vec![("core".parse().unwrap(), "Core".into())],
        requirements: vec!["FHIR-CONC-001".parse().unwrap()],
    }
}

fn day(text: &str) -> Day {
    text.parse().unwrap()
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table of cases")]
fn what_does_not_fit_the_packs_is_found() {
    let mut gp_connect = facts();
    (gp_connect.id, gp_connect.endpoint) = (pack("gp-connect"), "gp-connect".into());
    gp_connect.values.clear();
    let mut rest = facts();
    rest.values.truncate(1);
    let packs = [rest, gp_connect];
    let found = |text: &str, today: &str| -> Vec<(&'static str, String)> {
        let problems = lint(&Source::new("acme.yaml", text), &packs, day(today));
        problems
            .into_iter()
            .map(|problem| (problem.code, problem.place.unwrap().text().to_owned()))
            .collect()
    };
    let base = with(", count: 10, flag: true", "");
    assert_eq!(found(&base, "2027-03-01"), []);
    let cases = [
        (
            "fhir-r4-rest/server,",
            "fhir-r4-rst/server,",
            "unknown-pack",
            "fhir-r4-rst/server",
        ),
        (
            "fhir-r4-rest/server,",
            "fhir-r4-rest/sever,",
            "unknown-role",
            "fhir-r4-rest/sever",
        ),
        ("level: core", "level: cor", "unknown-level", "cor"),
        ("[history]", "[histry]", "bad-value", "[histry]"),
        (
            "resource-type: Patient",
            "resource-typ: Patient",
            "bad-value",
            "resource-typ",
        ),
        (
            "FHIR-CONC-001",
            "FHIR-CONC-002",
            "unknown-requirement",
            "fhir-r4-rest/FHIR-CONC-002",
        ),
        (
            "  fhir-r4-rest: { level",
            "  fhir-rest: { level",
            "unknown-pack",
            "fhir-rest",
        ),
    ];
    for (text, instead, code, at) in cases {
        assert!(base.contains(text), "{text}");
        assert_eq!(
            found(&base.replacen(text, instead, 1), "2027-03-01"),
            [(code, at.to_owned())],
            "{instead}"
        );
    }
    assert_eq!(found(&base, "2027-03-02")[0].0, "expired-deviation");
    let without = base.replacen("      gp-connect: https", "      gp-conect: https", 1);
    assert_eq!(found(&without, "2027-03-01")[0].0, "no-endpoint");
    let needy = lint(
        &Source::new("acme.yaml", base),
        &[facts(), packs[1].clone()],
        day("2027-03-01"),
    );
    assert_eq!(
        needy.iter().map(|problem| problem.code).collect::<Vec<_>>(),
        ["missing-field"]
    );
}

#[test]
fn a_new_file_lints_clean() {
    let mut second = facts();
    (second.id, second.endpoint) = (pack("gp-connect"), "gp connect: 1".into());
    second.values.clear();
    second.claims.clear();
    second.levels.clear();
    let mut optional = facts();
    optional.values.truncate(1);
    for packs in [vec![], vec![facts()], vec![optional], vec![facts(), second]] {
        let text = init::text(&packs);
        let problems = lint(
            &Source::new("new.yaml", text.as_str()),
            &packs,
            day("2026-01-01"),
        );
        assert!(problems.is_empty(), "{problems:?}\n{text}");
        assert!(
            text.lines()
                .filter(|line| line.starts_with("plugfest:"))
                .count()
                == 1,
            "{text}"
        );
    }
}

#[test]
fn deviations_live_and_end() {
    let supplier = full();
    let standing = |pack_id: &str, id: &str, today: &str| {
        supplier.deviations[0].standing(&pack(pack_id), &id.parse().unwrap(), day(today))
    };
    assert_eq!(
        standing("fhir-r4-rest", "FHIR-CONC-001", "2027-03-01"),
        Standing::Live
    );
    assert_eq!(
        standing("fhir-r4-rest", "FHIR-CONC-001", "2027-03-02"),
        Standing::Expired
    );
    assert_eq!(
        standing("fhir-r5-rest", "FHIR-CONC-001", "2027-03-01"),
        Standing::Other
    );
    assert_eq!(
        standing("fhir-r4-rest", "FHIR-CONC-002", "2027-03-01"),
        Standing::Other
    );

    let text = "plugfest: 1\ndeviations:\n  - { requirement: FHIR-CONC-001, because: 'why: #1', until: 2027-03-01 }\n";
    let baseline = Baseline::read(&Source::new("b", text)).unwrap();
    let deviation = &baseline.deviations[0];
    assert_eq!(
        (
            deviation.requirement.pack.as_ref(),
            deviation.because.as_str()
        ),
        (None, "why: #1")
    );
    assert!(Baseline::read(&Source::new("b", "plugfest: 1\ndeviation: []\n")).is_err());
}

/// An environment and files, as a test wants them.
struct Drawer;

impl Vault for Drawer {
    fn variable(&self, name: &str) -> Option<String> {
        match name {
            "ACME_TOKEN" => Some("s3cr3t-t0ken".into()),
            "S" => Some("abc".into()),
            _ => None,
        }
    }
    fn file(&self, path: &str) -> Result<Vec<u8>, String> {
        match path {
            "secrets/ann" => Ok(b"s3cr3t-pass\n".to_vec()),
            "certs/ca.pem" | "certs/me.pem" | "certs/me.key" => Ok(b"-----BEGIN".to_vec()),
            _ => Err("no such file".into()),
        }
    }
}

#[test]
fn secrets_are_looked_up_and_never_shown() {
    let supplier = full();
    let config = supplier.systems["record-server"].config(&Drawer);
    assert_eq!(config.endpoints.len(), 2);
    assert_eq!(config.tls.trust, Trust::Recorded);
    assert!(matches!(&config.auth["default"], Auth::Bearer(bearer) if bearer.token.is_ok()));
    let other = supplier.systems["other"].config(&Drawer);
    assert!(!format!("{config:?} {other:?}").contains("s3cr3t"));
    assert_eq!(supplier.systems["record-server"].missing(&Drawer), []);
    let missing = supplier.systems["other"].missing(&Drawer);
    assert_eq!(
        missing.len(),
        2,
        "one too short, one not there: {missing:?}"
    );
    assert!(missing.iter().all(|problem| problem.code == "no-secret"));
}

#[test]
fn the_schema_has_every_part() {
    let schema = serde_json::to_string(&schemars::schema_for!(Supplier)).unwrap();
    for part in [
        "private-key-jwt",
        "mutual-tls",
        "SecretReference",
        "token-url",
        "server-name",
        "until",
    ] {
        assert!(schema.contains(part), "{part}");
    }
}
