//! One helper for the tests of all kinds: an exchange in a compact notation, and what a check must say of it.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use proptest::prelude::*;

use super::*;
use crate::diag::Source;
use crate::fhir::Resource;
use crate::fhir::definitions::{Library, Loose, Version};
use crate::model::{
    Connection, Exchange, Fault, FaultKind, Headers, Instant, Outcome, Owner, Payload, Reply,
    Request, Timing, TlsFacts,
};
use crate::template::Scope;

/// A check, an exchange, and the finding.
///
/// The check may start with `request `: then that side is judged. The exchange is a reply, or a request and a reply between which
/// stands `---`; a reply starts with its status, or with `!` and a fault. The finding is spelled as [`spell`] does; a check that
/// cannot be read is spelled by its diagnostics.
pub(super) struct Case {
    pub(super) check: &'static str,
    exchange: &'static str,
    pub(super) finding: &'static str,
    earlier: Option<(&'static str, &'static str)>,
}

pub(super) const fn case(
    check: &'static str,
    exchange: &'static str,
    finding: &'static str,
) -> Case {
    Case {
        check,
        exchange,
        finding,
        earlier: None,
    }
}

impl Case {
    /// The same, after an earlier step.
    pub(super) const fn after(mut self, step: &'static str, exchange: &'static str) -> Self {
        self.earlier = Some((step, exchange));
        self
    }

    /// What is wrong, where the check says something else.
    fn objection(&self) -> Option<String> {
        let (side, text) = match self.check.strip_prefix("request ") {
            Some(text) => (Side::Request, text),
            None => (Side::Reply, self.check),
        };
        let earlier: Vec<_> = self.earlier.into_iter().collect();
        let fixture = Fixture::new(self.exchange, &earlier);
        let said = match CheckItem::parse(&node(text)) {
            Ok(item) => spell(&item.evaluate(&fixture.subject(side))),
            Err(found) => found.iter().map(diagnosed).collect::<Vec<_>>().join("; "),
        };
        let told = || {
            format!(
                "{}\n{}\n  said: {said}\n  want: {}\n",
                self.check, self.exchange, self.finding
            )
        };
        (said != self.finding).then(told)
    }
}

/// Runs cases, and shows all that are wrong at once.
pub(super) fn run<'c>(cases: impl IntoIterator<Item = &'c Case>) {
    let wrong: Vec<String> = cases.into_iter().filter_map(Case::objection).collect();
    assert!(
        wrong.is_empty(),
        "{} cases:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

fn diagnosed(diagnostic: &Diagnostic) -> String {
    let at = diagnostic
        .place
        .as_ref()
        .map(|place| place.text().trim().to_owned());
    format!(
        "{} `{}`: {}",
        diagnostic.code,
        at.unwrap_or_default(),
        diagnostic.message
    )
}

fn spell(finding: &Finding) -> String {
    match finding {
        Finding::Holds(seen) => format!("holds {} @ {}", seen.observed, seen.place),
        Finding::Violates { seen, expected } => {
            format!(
                "violates {} @ {}, wanted {expected}",
                seen.observed, seen.place
            )
        }
        Finding::Undecidable(reason) => format!("undecidable {reason}"),
        Finding::Broken(reason) => format!("broken {reason}"),
    }
}

/// A scalar or map of a scenario file.
pub(super) fn node(text: &str) -> Node {
    crate::yaml::parse(&Source::new("t.yaml", text)).unwrap()
}

pub(super) fn check(text: &str) -> CheckItem {
    CheckItem::parse(&node(text)).unwrap()
}

/// Everything that a subject borrows.
pub(super) struct Fixture {
    view: View,
    earlier: BTreeMap<String, View>,
}

impl Fixture {
    pub(super) fn new(exchange: &str, earlier: &[(&str, &str)]) -> Self {
        let earlier = earlier
            .iter()
            .map(|(step, text)| ((*step).to_owned(), view(text)));
        Self {
            view: view(exchange),
            earlier: earlier.collect(),
        }
    }

    pub(super) fn subject(&self, side: Side) -> Subject<'_> {
        Subject {
            view: &self.view,
            side,
            scope: &Values,
            earlier: self,
            knowledge: &KNOWLEDGE,
        }
    }
}

/// One small profile above the core of R4, and one package that nobody has.
static KNOWLEDGE: LazyLock<Knowledge> = LazyLock::new(|| {
    let profile = Resource::parse_json(fhir_valid::tests::PROFILE.as_bytes()).unwrap();
    let library: Arc<dyn Library> = Arc::new(Loose::new("test", [Arc::new(profile)]));
    Knowledge::core(Version::R4)
        .with_packages(vec![library])
        .without(vec!["far.away#1.0.0".into()])
        .at(AT)
});

impl Earlier for Fixture {
    fn step(&self, name: &str) -> Option<&View> {
        self.earlier.get(name)
    }
}

/// The values that templates find.
struct Values;

impl Scope for Values {
    fn value(&self, name: &str) -> Option<Cow<'_, str>> {
        let value = match name {
            "case.status" => "400, 422",
            "case.word" => "many",
            "kept.word" => "total",
            "kept.id" => "17",
            "kept.etag" => "W/\"1\"",
            "kept.quote" => "a'b",
            "kept.type" => "Patient",
            _ => return None,
        };
        Some(value.into())
    }
    fn now(&self) -> Instant {
        AT.parse().unwrap()
    }
    fn random(&self, _: &str, _: usize) -> [u8; 32] {
        [7; 32]
    }
}

const AT: &str = "2026-11-25T13:20:00Z";

fn view(text: &str) -> View {
    let (request, reply) = text
        .split_once("\n---\n")
        .unwrap_or(("GET http://localhost/Patient", text));
    View::new(Arc::new(exchange(request, reply)))
}

fn exchange(request: &str, reply: &str) -> Exchange {
    let (line, headers, body) = message(request);
    let (method, url) = line.split_once(' ').unwrap();
    let (status, ..) = message(reply);
    let words: BTreeMap<&str, &str> = status
        .split(' ')
        .filter_map(|word| word.split_once('='))
        .collect();
    let took = words.get("took").map_or(1500, |took| took.parse().unwrap());
    Exchange {
        number: 1,
        case: serde_json::from_str("\"t\"").unwrap(),
        step: 0,
        attempt: 0,
        from: "client".parse().unwrap(),
        to: "server".parse().unwrap(),
        at: AT.parse().unwrap(),
        request: Request {
            method: method.into(),
            url: url.into(),
            headers,
            body,
        },
        outcome: outcome(reply),
        connection: Connection {
            peer: None,
            tls: tls(&words),
        },
        timing: Timing {
            first_byte: 1,
            total: took,
        },
    }
}

fn message(text: &str) -> (&str, Headers, Payload) {
    let (head, body) = text.split_once("\n\n").unwrap_or((text, ""));
    let mut lines = head.lines();
    let first = lines.next().unwrap_or_default();
    let headers = lines.map(|line| line.split_once(": ").unwrap());
    let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned()));
    (
        first,
        Headers(headers.collect()),
        Payload::new(body.as_bytes()),
    )
}

fn outcome(text: &str) -> Outcome {
    if let Some(fault) = text.strip_prefix('!') {
        let (kind, message) = fault.split_once(' ').unwrap();
        let kind: FaultKind = serde_json::from_value(kind.into()).unwrap();
        return Outcome::Failed(Fault {
            owner: Owner::Supplier,
            kind,
            message: message.into(),
        });
    }
    let (line, headers, body) = message(text);
    let status = line.split(' ').next().unwrap().parse().unwrap();
    Outcome::Replied(Reply {
        status,
        version: "HTTP/1.1".into(),
        headers,
        body,
    })
}

fn tls(words: &BTreeMap<&str, &str>) -> Option<TlsFacts> {
    let said = |name: &str| {
        words
            .get(name)
            .map_or(Ok(()), |problem| Err((*problem).to_owned()))
    };
    Some(TlsFacts {
        version: (*words.get("tls")?).to_owned(),
        server_name: "localhost".into(),
        chain: said("chain"),
        host_name: said("host"),
        not_before: "2026-01-01T00:00:00Z".parse().unwrap(),
        not_after: words.get("expires")?.parse().unwrap(),
    })
}

/// The cases of each kind.
const ALL: &[(&str, &[Case])] = &[
    ("status", status::tests::CASES),
    ("header", header::tests::CASES),
    ("json", json::tests::CASES),
    ("fhirpath", fhirpath::tests::CASES),
    ("fhir-valid", fhir_valid::tests::CASES),
    ("xpath", xpath::tests::CASES),
    ("body", body::tests::CASES),
    ("outcome", outcome::tests::CASES),
    ("bundle", bundle::tests::CASES),
    ("time", time::tests::CASES),
    ("tls", tls::tests::CASES),
    ("same-as", same_as::tests::CASES),
    ("any-of", any_of::tests::CASES),
];

#[test]
fn every_kind_says_what_it_must() {
    run(ALL.iter().flat_map(|(_, cases)| *cases));
}

#[test]
fn every_kind_is_shown_to_hold_and_to_violate() {
    for kind in KINDS {
        let cases = ALL.iter().find(|(name, _)| *name == kind.name);
        let (_, cases) = cases.unwrap_or_else(|| panic!("{} has no cases", kind.name));
        for outcome in ["holds", "violates", "undecidable"] {
            let shown = cases.iter().any(|case| case.finding.starts_with(outcome));
            assert!(shown, "no case of `{}` {outcome}", kind.name);
        }
    }
}

#[test]
fn rows_are_complete_and_their_examples_are_read() {
    for kind in KINDS {
        assert!(
            !kind.summary.is_empty() && !kind.explanation.is_empty() && !kind.examples.is_empty(),
            "{kind:?}"
        );
        for example in kind.examples {
            let item = CheckItem::parse(&node(example));
            let item = item.unwrap_or_else(|found| panic!("{example}: {found:?}"));
            assert_eq!(item.kind.name, kind.name, "{example}");
            assert!(
                item.summary.len() > kind.name.len() + 1 && !item.summary.contains('\n'),
                "{}",
                item.summary
            );
        }
    }
}

#[test]
fn the_schema_describes_all_kinds() {
    let schema = SchemaGenerator::default().into_root_schema_for::<CheckItem>();
    let schema = serde_json::to_value(schema).unwrap();
    for kind in KINDS {
        assert!(schema["properties"][kind.name].is_object(), "{kind:?}");
    }
    let header = &schema["properties"]["header"]["anyOf"][1]["properties"];
    assert!(header["media-type"].is_object(), "{header}");
}

#[test]
fn a_status_is_interned() {
    let item = check("status: 200");
    let fixture = Fixture::new("200", &[]);
    let ask = || {
        let Finding::Holds(seen) = item.evaluate(&fixture.subject(Side::Reply)) else {
            panic!("{item:?} does not hold");
        };
        seen
    };
    assert!(
        Arc::ptr_eq(&ask().observed, &ask().observed) && Arc::ptr_eq(&ask().place, &ask().place)
    );
}

/// Every check of every example and case that can be read, for hostile exchanges.
static CHECKS: LazyLock<Vec<CheckItem>> = LazyLock::new(|| {
    let cases = ALL.iter().flat_map(|(_, cases)| *cases);
    let cases = cases.map(|case| case.check.trim_start_matches("request "));
    let examples = KINDS.iter().flat_map(|kind| kind.examples.iter().copied());
    let texts = cases.chain(examples);
    texts
        .filter_map(|text| CheckItem::parse(&node(text)).ok())
        .collect()
});

fn hostile(status: u16, media_type: &str, body: Vec<u8>) -> Fixture {
    let mut fixture = Fixture::new("200", &[("first", "200"), ("create", "200")]);
    let mut exchange = (*fixture.view.exchange).clone();
    exchange.request.body = Payload::new(body.clone());
    exchange.outcome = Outcome::Replied(Reply {
        status,
        version: "HTTP/1.1".into(),
        headers: Headers(
            ["Content-Type", "ETag", "Last-Modified"]
                .map(|name| (name.to_owned(), media_type.to_owned()))
                .to_vec(),
        ),
        body: Payload::new(body),
    });
    fixture.view = View::new(Arc::new(exchange));
    let earlier = fixture.view.clone();
    fixture.earlier.insert("get".into(), earlier);
    fixture
}

fn ask_all(fixture: &Fixture) -> Vec<String> {
    let sides = [Side::Request, Side::Reply];
    let ask = |side| {
        CHECKS
            .iter()
            .map(move |item| spell(&item.evaluate(&fixture.subject(side))))
    };
    sides.into_iter().flat_map(ask).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]
    #[test]
    fn no_bytes_make_a_check_panic(status: u16, media_type in ".{0,40}", body: Vec<u8>) {
        for media_type in [media_type.as_str(), "application/fhir+json", "application/fhir+xml"] {
            let said = ask_all(&hostile(status, media_type, body.clone()));
            prop_assert_eq!(&said, &ask_all(&hostile(status, media_type, body.clone())), "same input, same words");
        }
    }

    #[test]
    fn no_cut_or_changed_body_makes_a_check_panic(cut in 0..SOUND.len(), at in 0..SOUND.len(), byte: u8) {
        let mut body = SOUND.as_bytes().to_vec();
        body[at] = byte;
        body.truncate(cut);
        ask_all(&hostile(200, "application/fhir+json", body));
    }
}

const SOUND: &str = r#"{"resourceType":"Bundle","type":"searchset","total":1,"link":[{"relation":"self","url":"http://localhost/Patient"}],"entry":[{"fullUrl":"http://localhost/Patient/17","resource":{"resourceType":"Patient","id":"17","active":true}}]}"#;

#[test]
fn deep_and_strange_bodies_are_survived() {
    let bodies = [
        "[".repeat(200_000),
        "{\"a\":".repeat(200_000),
        "<a>".repeat(100_000),
        "\u{feff}{}".into(),
        "\0".into(),
    ];
    for body in bodies {
        for media_type in ["application/fhir+json", "application/fhir+xml", ""] {
            let said = ask_all(&hostile(200, media_type, body.clone().into_bytes()));
            assert!(
                said.iter().all(|words| words.chars().count() < 1500),
                "short"
            );
        }
    }
}
