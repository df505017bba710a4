//! Take away any exchange, and no new pass appears.

use std::collections::BTreeSet;
use std::sync::Arc;

use plugfest::judge::{CaseRecord, Recorded, judge};
use plugfest::model::{CaseId, VerdictKind};
use plugfest::pack::{Pack, Part};
use plugfest::plan::{Access, Context, Facts, Plan, Selection};
use plugfest::store::{Found, RunFolder, find_pack};

use super::plugfest;

/// A record without one of its exchanges.
struct Without<'a> {
    folder: &'a RunFolder,
    number: u32,
}

impl Recorded for Without<'_> {
    fn case(&self, id: &CaseId) -> Option<CaseRecord> {
        let mut record = self.folder.case(id)?;
        record
            .exchanges
            .retain(|exchange| exchange.number != self.number);
        Some(record)
    }
}

fn passes(plan: &Plan, recorded: &dyn Recorded) -> BTreeSet<(usize, usize)> {
    let mut passes = BTreeSet::new();
    judge(plan, recorded, |case, verdicts| {
        let passed = verdicts
            .verdicts
            .iter()
            .enumerate()
            .filter(|(_, verdict)| verdict.kind() == VerdictKind::Pass);
        passes.extend(passed.map(|(check, _)| (case, check)));
    });
    passes
}

#[test]
fn no_pass_appears_where_an_exchange_is_taken_away() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    plugfest()
        .args(["run", "fhir-r4-rest", "--seed", "7", "--out"])
        .arg(&out)
        .output()
        .unwrap();
    let run = RunFolder::open(&out).unwrap();
    let Found::Embedded(files) = find_pack("fhir-r4-rest").unwrap() else {
        panic!("it is in the binary")
    };
    let pack = Arc::new(Pack::load(files, Part::Whole).unwrap());
    let base = run.header.supplier["systems"]["target"]["endpoints"]["*"]
        .as_str()
        .unwrap()
        .to_owned();
    let facts = Facts {
        endpoints: vec![(pack.endpoint.clone(), base)],
        ..Facts::default()
    };
    let context = Context::new(&pack, &facts, &run.header.seed, Access::ReadWrite);
    let plan = Plan::new(pack, context, &facts, &Selection::default());
    let all = passes(&plan, &run);
    assert!(all.len() > 300, "{} passes", all.len());
    let mut lost = 0;
    // Some of the first, where the shared ones are, and a sample of all others.
    for number in
        (1..=run.exchanges).filter(|number| number % 41 == 1 || (*number < 30 && number % 3 == 0))
    {
        let fewer = passes(
            &plan,
            &Without {
                folder: &run,
                number,
            },
        );
        assert!(
            fewer.is_subset(&all),
            "without exchange {number}: {:?}",
            fewer.difference(&all).next()
        );
        lost += usize::from(fewer.len() < all.len());
    }
    assert!(lost > 0, "some exchange must matter");
}
