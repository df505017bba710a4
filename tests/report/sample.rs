//! A run as large and as nasty as real ones are, the same at every call: 166 requirements in 14 areas, every state, every
//! obligation, every verdict, and texts of a supplier who wishes the reader ill.

use std::collections::BTreeMap;
use std::sync::Arc;

use plugfest::model::{
    Certainty, Connection, Exchange, Fault, FaultKind, Headers, Instant, Obligation, Outcome,
    Owner, Payload, Reply, Request, Timing, VerdictKind,
};
use plugfest::report::Exchanges;
use plugfest::report::view::{
    Area, Cause, Check, Conformance, Counts, Deviation, Level, MustSupport, Pack, Place, Proved,
    Report, Requirement, Run, RunBy, RunState, Standard, State, Supplier,
};

/// What a supplier may send to harm whoever reads the report.
pub const HOSTILE: [&str; 8] = [
    "</script><img src=x onerror=alert(1)>",
    "\"><svg onload=alert(1)>' onmouseover='alert(1)",
    "{{ 7 * 7 }}{% raw %}${7*7}",
    "safe\u{202e}gpj.exe\u{2066}\u{200b}",
    "\u{1b}[2J\u{1b}]0;owned\u{7}\u{9b}31m",
    "a\n::error::forged\r\n::stop-commands::x",
    "`code` | [link](javascript:alert(1)) @everyone <!-- --> ]]>",
    "$(rm -rf /) `id` '; id #",
];

const AREAS: [(&str, &str, &str); 14] = [
    (
        "capability",
        "Capability statement",
        "The capability statement is available and describes what the server does.",
    ),
    (
        "read",
        "Read",
        "A read of an existing resource answers 200 with the resource of that id.",
    ),
    (
        "version-read",
        "Read of a version",
        "A read of a version answers with exactly that version.",
    ),
    (
        "create",
        "Create",
        "A create answers 201 with a Location header that names id and version.",
    ),
    (
        "update",
        "Update",
        "An update keeps the id and gives a new version.",
    ),
    (
        "versioning",
        "Versioning",
        "An update whose If-Match names an old version is refused.",
    ),
    (
        "patch",
        "Patch",
        "A patch that does not apply leaves the resource as it was.",
    ),
    (
        "delete",
        "Delete",
        "A deleted resource answers 410 or 404 and says which.",
    ),
    (
        "search",
        "Search",
        "A search answers with a Bundle of type searchset whose total is true.",
    ),
    (
        "paging",
        "Paging",
        "Following the next links visits every match exactly once.",
    ),
    (
        "conditional",
        "Conditional interactions",
        "A conditional create with one match creates nothing.",
    ),
    (
        "transaction",
        "Transaction and batch",
        "A transaction in which one entry fails changes nothing.",
    ),
    (
        "errors",
        "Errors",
        "An error comes with an OperationOutcome that says what was wrong.",
    ),
    (
        "representation",
        "Representations",
        "The media type of the reply is the one that was asked for.",
    ),
];

/// A pack's worth of results, each requirement with about so many checks.
pub fn report(checks: usize) -> Report {
    let pack = pack(checks);
    Report {
        plugfest: "0.1.0".into(),
        supplier: supplier(),
        run: run(checks),
        packs: vec![pack],
        notes: vec!["The deviation for FHIR-PATC-007 ended on 2026-09-30: it no longer excuses the failure.".into()],
    }
}

/// The same with a second, small pack that is not demonstrated, and texts of an author who wishes the reader ill too.
pub fn hostile(checks: usize) -> Report {
    let mut report = report(checks);
    report.supplier.name = HOSTILE[0].into();
    report.supplier.product = HOSTILE[3].into();
    report
        .supplier
        .endpoints
        .insert("evil".into(), HOSTILE[1].into());
    report.notes.extend(HOSTILE.map(str::to_owned));
    let mut other = pack(1);
    other.pack = HOSTILE[6].into();
    other.title = HOSTILE[1].into();
    other.verdict = Conformance::NotDemonstrated;
    other.areas[0].title = HOSTILE[4].into();
    other.requirements.truncate(24);
    for (number, requirement) in other.requirements.iter_mut().enumerate() {
        let text = HOSTILE[number % HOSTILE.len()];
        requirement.id = format!("{}{text}", requirement.id);
        requirement.text = text.into();
        requirement.section = text.into();
        requirement.url = format!("javascript:alert('{text}')");
        requirement.reason = text.into();
        for check in &mut requirement.checks {
            check.reason = text.into();
            check.expected = Some(text.into());
            check.because = Some(text.into());
            check.check = text.into();
            check.place = Arc::new(Place {
                file: text.into(),
                line: 0,
                column: 900,
                length: 0,
                text: text.into(),
            });
        }
    }
    other
        .causes
        .iter_mut()
        .for_each(|cause| cause.summary = HOSTILE[5].into());
    report.packs.push(other);
    report
}

fn supplier() -> Supplier {
    Supplier {
        id: "acme".into(),
        name: "Acme Health".into(),
        product: "AcmeGP".into(),
        version: "14.2.0".into(),
        endpoints: BTreeMap::from([("fhir".into(), "https://staging.acme.example/fhir".into())]),
    }
}

fn run(checks: usize) -> Run {
    Run {
        started: "2026-11-24T09:14:02.000000Z".into(),
        finished: "2026-11-24T09:14:33.900000Z".into(),
        state: RunState::Complete,
        seed: "7f3a9c21".into(),
        exchanges: 166 * 3,
        cases: (60 * checks) as u32,
        options: vec!["--level core".into()],
        assurance: RunBy::Supplier,
        attempts: 1,
    }
}

fn must_support() -> Vec<MustSupport> {
    serde_json::from_str(include_str!("must_support.json")).unwrap()
}

fn pack(checks: usize) -> Pack {
    let requirements: Vec<Requirement> =
        (0..166).map(|number| requirement(number, checks)).collect();
    let mut counts: BTreeMap<String, Counts> = BTreeMap::new();
    for requirement in &requirements {
        let row = if requirement.advisory {
            "advisory"
        } else {
            requirement.obligation.as_str()
        };
        counts.entry(row.into()).or_default().add(requirement.state);
    }
    Pack {
        pack: "fhir-r4-rest".into(),
        title: "FHIR R4 RESTful API, server".into(),
        version: "1.0.0".into(),
        digest: format!("sha256:{}", "5c1e9a07".repeat(8)),
        standard: Standard {
            name: "HL7 FHIR RESTful API".into(),
            version: "R4 4.0.1".into(),
            url: "https://hl7.org/fhir/R4/http.html".into(),
        },
        role: "server".into(),
        verdict: Conformance::NonConformant,
        counts,
        areas: AREAS
            .iter()
            .map(|(id, title, _)| area(id, title, &requirements))
            .collect(),
        levels: levels(&requirements),
        progress: 83,
        quality: 61,
        proved: Some(Proved {
            proved: 412,
            checks: 430,
        }),
        causes: causes(&requirements),
        requirements,
        must_support: must_support(),
    }
}

fn area(id: &str, title: &str, requirements: &[Requirement]) -> Area {
    let mut counts = Counts::default();
    requirements
        .iter()
        .filter(|requirement| requirement.area == id)
        .for_each(|requirement| counts.add(requirement.state));
    Area {
        id: id.into(),
        title: title.into(),
        counts,
    }
}

fn levels(requirements: &[Requirement]) -> Vec<Level> {
    let mut core = Counts::default();
    requirements
        .iter()
        .take(48)
        .for_each(|requirement| core.add(requirement.state));
    let foundation = Counts {
        satisfied: 12,
        not_applicable: 1,
        ..Counts::default()
    };
    vec![
        Level {
            id: "foundation".into(),
            title: "Foundation".into(),
            verdict: Conformance::Conformant,
            counts: foundation,
        },
        Level {
            id: "core".into(),
            title: "Core".into(),
            verdict: Conformance::NonConformant,
            counts: core,
        },
    ]
}

const CAUSES: [&str; 5] = [
    "status: expected 412, observed 200 (If-Match is ignored)",
    "outcome: an error without an OperationOutcome",
    "header ETag: absent",
    "bundle: total says 12, the pages hold 11",
    "header Last-Modified: not an IMF-fixdate",
];

/// Each violated requirement has one cause, every fifth a second one.
fn causes(requirements: &[Requirement]) -> Vec<Cause> {
    let violated: Vec<&Requirement> = requirements
        .iter()
        .filter(|requirement| requirement.state == State::Violated)
        .collect();
    let mut causes: Vec<Cause> = CAUSES
        .iter()
        .enumerate()
        .map(|(number, summary)| {
            let mine = |position: usize| {
                position % CAUSES.len() == number || (position % 5 == 4 && number == 0)
            };
            let rows: Vec<&&Requirement> = violated
                .iter()
                .enumerate()
                .filter(|(at, _)| mine(*at))
                .map(|(_, row)| row)
                .collect();
            Cause {
                summary: (*summary).into(),
                requirements: rows.iter().map(|row| row.id.clone()).collect(),
                binding: rows.iter().any(|row| row.counts_for_the_gate()),
            }
        })
        .collect();
    causes.sort_by_key(|cause| std::cmp::Reverse(cause.requirements.len()));
    causes
}

fn requirement(number: usize, checks: usize) -> Requirement {
    let (area, _, text) = AREAS[number * AREAS.len() / 166];
    let state = state(number);
    let obligation = obligation(number);
    let certainty = [
        Certainty::Explicit,
        Certainty::Declarative,
        Certainty::Explicit,
        Certainty::Derived,
    ][number / 3 % 4];
    let short: String = area
        .chars()
        .filter(char::is_ascii_alphabetic)
        .take(4)
        .collect::<String>()
        .to_ascii_uppercase();
    Requirement {
        id: format!("FHIR-{short}-{number:03}"),
        obligation,
        certainty,
        advisory: certainty == Certainty::Derived,
        area: area.into(),
        text: text.into(),
        section: format!("http.html#{area}"),
        url: format!("https://hl7.org/fhir/R4/http.html#{area}"),
        state,
        reason: reason(state, number),
        deviation: (state == State::Violated && number.is_multiple_of(7)).then(|| Deviation {
            because: "If-Match comes with release 15".into(),
            until: "2027-03-01".into(),
            expired: number % 2 == 1,
        }),
        checks: if state == State::Untested {
            Vec::new()
        } else {
            (0..checks)
                .map(|row| check(number, row, state, area))
                .collect()
        },
    }
}

fn state(number: usize) -> State {
    match number % 23 {
        3 | 14 => State::Violated,
        8 => State::Undetermined,
        5 | 17 => State::Untested,
        11 => State::NotApplicable,
        _ if number == 41 => State::Violated,
        _ => State::Satisfied,
    }
}

fn obligation(number: usize) -> Obligation {
    match number % 9 {
        0..=4 => Obligation::Shall,
        5 => Obligation::ShallNot,
        6 => Obligation::Should,
        7 => Obligation::ShouldNot,
        _ => Obligation::May,
    }
}

fn reason(state: State, number: usize) -> String {
    match state {
        State::Satisfied | State::Violated => "",
        State::Undetermined => "the search found no patient with more than one version",
        State::Untested if number.is_multiple_of(2) => "needs two clocks",
        State::Untested => "outside the selected level",
        State::NotApplicable => "the supplier does not claim `history`",
    }
    .into()
}

fn check(number: usize, row: usize, state: State, area: &str) -> Check {
    let verdict = verdict(number, row, state);
    let line = 31 + (row % 3) as u32;
    let observed = if row % 5 == 4 {
        HOSTILE[(number + row) % HOSTILE.len()]
    } else {
        "200"
    };
    let (file, text) = (
        format!("scenarios/fhir-r4-rest/scenarios/{area}.yaml"),
        "      - status: 412".to_owned(),
    );
    Check {
        scenario: if row > 2 {
            format!("stale-{area}[row-{row}]").into()
        } else {
            format!("stale-{area}").into()
        },
        step: "stale update".into(),
        check: "status 412".into(),
        verdict,
        reason: match verdict {
            VerdictKind::Pass => "412".into(),
            VerdictKind::Fail => observed.into(),
            VerdictKind::Inconclusive => "no reply: timeout: nothing came within 10 s".into(),
            VerdictKind::Error => "the package hl7.fhir.uv.ips is not at hand".into(),
            VerdictKind::NotApplicable => "the supplier does not claim `history`".into(),
            VerdictKind::NotRun => "the run was cancelled".into(),
            VerdictKind::Disabled => "withdrawn since 2026-10-01: the clause is disputed".into(),
        },
        expected: (verdict == VerdictKind::Fail).then(|| "412".into()),
        because: (number.is_multiple_of(4))
            .then(|| "two clients would overwrite each other's changes without noticing".into()),
        evidence: (verdict == VerdictKind::Fail).then(|| {
            if number.is_multiple_of(2) {
                "reply/status".into()
            } else {
                "reply/headers/1".into()
            }
        }),
        place: Arc::new(Place {
            file,
            line,
            column: 17,
            length: 3,
            text,
        }),
        exchanges: match verdict {
            VerdictKind::NotRun | VerdictKind::Disabled => None.into(),
            VerdictKind::Pass
            | VerdictKind::Fail
            | VerdictKind::Inconclusive
            | VerdictKind::Error
            | VerdictKind::NotApplicable => Some((number * 3 + row % 3) as u32 + 1).into(),
        },
    }
}

fn verdict(number: usize, row: usize, state: State) -> VerdictKind {
    match state {
        State::Satisfied => VerdictKind::Pass,
        State::Violated if row == 0 || (number == 41 && row.is_multiple_of(4)) => VerdictKind::Fail,
        State::Violated => VerdictKind::Pass,
        State::Undetermined if row == 0 => [
            VerdictKind::Inconclusive,
            VerdictKind::Error,
            VerdictKind::NotRun,
        ][number / 23 % 3],
        State::Undetermined => VerdictKind::Pass,
        State::Untested => VerdictKind::Disabled,
        State::NotApplicable if row == 1 => VerdictKind::Disabled,
        State::NotApplicable => VerdictKind::NotApplicable,
    }
}

/// Exchanges made up from their numbers; each as large as real ones are, some as nasty.
pub struct Recorded;

impl Exchanges for Recorded {
    fn exchange(&self, number: u32) -> Option<Exchange> {
        let (number_given, fault) = (number != 19, number % 40 == 17);
        let reply = Reply {
            status: if number.is_multiple_of(5) { 404 } else { 200 },
            version: "HTTP/1.1".into(),
            headers: Headers(vec![
                (
                    "Date".into(),
                    format!("Tue, 24 Nov 2026 09:14:{:02} GMT", number % 60),
                ),
                (
                    "Content-Type".into(),
                    "application/fhir+json; charset=UTF-8".into(),
                ),
                ("Server".into(), HOSTILE[number as usize % 6].into()),
            ]),
            body: Payload::new(reply_body(number)),
        };
        let outcome = match fault {
            false => Outcome::Replied(reply),
            true => Outcome::Failed(Fault {
                owner: Owner::Network,
                kind: FaultKind::Timeout,
                message: "nothing came within 10 s".into(),
            }),
        };
        number_given.then(|| Exchange {
            number,
            case: serde_json::from_str("\"stale-update\"").expect("a case"),
            step: 2,
            attempt: 0,
            from: "client".parse().expect("a role"),
            to: "server".parse().expect("a role"),
            at: Instant::from_micros(1_795_511_642_000_000 + i64::from(number) * 61_000),
            request: request(number),
            outcome,
            connection: Connection {
                peer: Some("192.0.2.7:443".into()),
                tls: None,
            },
            timing: Timing {
                first_byte: 9_000,
                total: 12_300,
            },
        })
    }
}

fn request(number: u32) -> Request {
    Request {
        method: if number.is_multiple_of(2) {
            "GET".into()
        } else {
            "PUT".into()
        },
        // Exchanges 6 and 12 are the same but for their time.
        url: format!(
            "https://staging.acme.example/fhir/Patient/{}",
            if number == 12 { 6 } else { number }
        ),
        headers: Headers(vec![
            ("Host".into(), "staging.acme.example".into()),
            ("Accept".into(), "application/fhir+json".into()),
            ("If-Match".into(), "W/\"1\"".into()),
            ("Authorization".into(), "Bearer [redacted]".into()),
        ]),
        body: match number % 2 {
            0 => Payload::default(),
            _ => Payload::new(
                format!("{{\"resourceType\":\"Patient\",\"id\":\"{number}\",\"active\":false}}")
                    .into_bytes(),
            ),
        },
    }
}

fn reply_body(number: u32) -> Vec<u8> {
    match number {
        6 | 12 => b"{\"resourceType\":\"Patient\",\"id\":\"6\"}".to_vec(),
        10 => format!("{{\"text\":\"{}\"}}", "0123456789".repeat(1_000_000)).into_bytes(),
        11 => (0..=255).cycle().take(70_000).collect(),
        13 => "[".repeat(100_000).into_bytes(),
        14 => HOSTILE.join("\n").into_bytes(),
        _ => format!(
            "{{\"resourceType\":\"Patient\",\"id\":\"{number}\",\"meta\":{{\"versionId\":\"2\"}},\"active\":false,\"name\":[{{\"family\":\"Jackson\",\"given\":[\"Zoë\",\"王\"]}}],\"weight\":72.50{}}}",
            ",\"note\":\"a line of a record as long as records are\"".repeat(12)
        )
        .into_bytes(),
    }
}

/// Few requirements, each of another kind: what snapshots are made of.
pub fn small() -> Report {
    let mut report = report(2);
    let kinds = [0, 3, 5, 8, 11, 14, 26, 31, 60, 72, 83];
    let pack = &mut report.packs[0];
    pack.requirements = kinds.iter().map(|number| requirement(*number, 2)).collect();
    pack.counts.clear();
    for requirement in &pack.requirements {
        let row = if requirement.advisory {
            "advisory"
        } else {
            requirement.obligation.as_str()
        };
        pack.counts
            .entry(row.into())
            .or_default()
            .add(requirement.state);
    }
    let requirements = &pack.requirements;
    pack.areas = AREAS
        .iter()
        .map(|(id, title, _)| area(id, title, requirements))
        .collect();
    pack.areas.retain(|area| area.counts.total() > 0);
    pack.causes = causes(requirements);
    pack.causes.retain(|cause| !cause.requirements.is_empty());
    report
}

/// A report that shows nothing but one violation, over and over, at great length.
pub fn endless(requirements: usize) -> Report {
    let mut report = report(1);
    let pack = &mut report.packs[0];
    let violated = pack
        .requirements
        .iter()
        .find(|requirement| requirement.state == State::Violated)
        .cloned()
        .expect("one");
    pack.requirements = (0..requirements)
        .map(|number| Requirement {
            id: format!("FHIR-X-{number}"),
            text: "a long text ".repeat(100),
            ..violated.clone()
        })
        .collect();
    report
}
