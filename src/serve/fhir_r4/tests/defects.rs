//! The table of defects: its ids, its requirements, and that each defect shows.

use super::{Probe, request};
use crate::serve::Need;
use crate::serve::fhir_r4::defects::{DefectId, all};
use crate::serve::fhir_r4::message::{Headers, Reply};
use std::collections::BTreeSet;
use std::path::Path;

#[test]
fn ids_are_unique_and_well_formed() {
    let ids: BTreeSet<&str> = all().iter().map(|defect| defect.id).collect();
    assert_eq!(ids.len(), all().len());
    let plain = |id: &&str| {
        id.bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
    };
    assert!(ids.iter().all(plain), "{ids:?}");
    let titles: BTreeSet<&str> = all().iter().map(|defect| defect.title).collect();
    assert_eq!(titles.len(), all().len());
}

#[test]
fn an_unknown_id_gets_a_suggestion() {
    assert_eq!("create-answers-200".parse(), Ok(DefectId::CreateAnswers200));
    let unknown = "create-answer-200".parse::<DefectId>().unwrap_err();
    assert_eq!(unknown.suggestion, Some("create-answers-200"));
    assert!("zzz".parse::<DefectId>().unwrap_err().suggestion.is_none());
}

#[test]
fn every_broken_requirement_is_in_the_catalogue() {
    let file =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/requirements/international.yaml");
    let Ok(text) = std::fs::read_to_string(&file) else {
        let count = all().len();
        eprintln!(
            "SKIPPED: the requirements of {count} defects were not looked up, for there is no {}",
            file.display()
        );
        return;
    };
    let known: BTreeSet<&str> = text
        .lines()
        .filter_map(|line| line.strip_prefix("- id: "))
        .map(str::trim)
        .collect();
    assert!(known.contains("FHIR-CAP-001"), "the catalogue was not read");
    for defect in all() {
        assert!(!defect.breaks.is_empty(), "{} breaks nothing", defect.id);
        for requirement in defect.breaks {
            assert!(
                known.contains(requirement),
                "{} breaks {requirement}, which nobody knows",
                defect.id
            );
        }
    }
    let broken: BTreeSet<&str> = all()
        .iter()
        .flat_map(|defect| defect.breaks)
        .copied()
        .collect();
    let of_packs = [
        "CAP", "CN", "READ", "VREAD", "HIST", "CREATE", "UPDATE", "CONC", "COND", "PATCH", "DEL",
        "SRCH", "TXN", "BATCH", "OP", "ERR", "HDR", "SEC",
    ];
    let ours = |id: &&&str| {
        id.strip_prefix("FHIR-")
            .and_then(|rest| rest.split('-').next())
            .is_some_and(|area| of_packs.contains(&area))
    };
    let unbroken: Vec<&&str> = known
        .iter()
        .filter(ours)
        .filter(|id| !broken.contains(**id))
        .collect();
    // An intermediary is no server.
    assert_eq!(unbroken, [&"FHIR-HDR-002"]);
}

#[test]
fn every_defect_shows_in_some_reply() {
    let sound = replies(None);
    let guarded = replies(Some("secret"));
    let hidden: Vec<&str> = all()
        .iter()
        // TLS needs a socket: see the test of the edge.
        .filter(|defect| !defect.needs.contains(&Need::Tls))
        .filter(|defect| {
            let needs_token = defect.needs.contains(&Need::Token);
            let (token, expected) = if needs_token {
                (Some("secret"), &guarded)
            } else {
                (None, &sound)
            };
            let mut faulty = Probe::with(&[defect.id.parse().unwrap()], token);
            // The replies are compared one by one: most defects show early.
            probes()
                .zip(expected)
                .all(|(text, expected)| without_length(faulty.send(text)) == *expected)
        })
        .map(|defect| defect.id)
        .collect();
    assert_eq!(hidden, Vec::<&str>::new(), "these defects show in no reply");
}

/// What a sound server answers to the probes.
fn replies(token: Option<&str>) -> Vec<Reply> {
    let mut probe = Probe::with(&[], token);
    probes()
        .map(|text| without_length(probe.send(text)))
        .collect()
}

fn probes() -> impl Iterator<Item = &'static str> {
    include_str!("probes.http")
        .split("\n###")
        .skip(1)
        .map(|text| text.split_once('\n').map_or("", |(_, request)| request))
}

/// The length says nothing that the body does not, but for HEAD.
fn without_length(reply: Reply) -> Reply {
    let mut headers = Headers::default();
    reply
        .headers
        .iter()
        .filter(|(name, _)| *name != "Content-Length")
        .for_each(|(name, value)| headers.add(name, value));
    Reply { headers, ..reply }
}

#[test]
fn the_probes_are_read() {
    assert!(probes().count() > 100);
    let first = request(probes().next().unwrap(), jiff::Timestamp::UNIX_EPOCH);
    assert_eq!(first.path, "/fhir/metadata");
    assert_eq!(first.headers.get("X-Request-Id"), Some("probe-1"));
}
