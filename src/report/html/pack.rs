//! The result of one pack: verdict, coverage, assurance; what it means; what to fix first.

use std::collections::BTreeMap;
use std::io;

use minijinja::{Value, context};

use super::coverage::{self, Row};
use super::page;
use super::templates::{Piece, Templates, anchor};
use crate::model::Obligation;
use crate::report::priorities::{self, Fix};
use crate::report::view::{Counts, MustSupport, Pack, Report, State};
use crate::report::{links, words};

/// Causes in full before the rest is folded away.
const CAUSES: usize = 8;

/// Writes the section.
pub fn result(
    templates: &Templates,
    report: &Report,
    pack: &Pack,
    number: usize,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    let context = context! {
        number,
        pack => context! {
            id => pack.pack, title => pack.title, version => pack.version, digest => pack.digest, role => pack.role,
            verdict => pack.verdict.as_str(), label => pack.verdict.label(), meaning => pack.verdict.meaning(),
            requirements => pack.requirements.len(), progress => pack.progress, quality => pack.quality,
        },
        standard => context! {
            name => pack.standard.name, version => pack.standard.version, url => links::web(&pack.standard.url),
        },
        gate => gate(pack),
        obligations => obligations(pack),
        areas => pack.areas.iter().map(|area| coverage::row(&area.title, &area.counts)).collect::<Vec<_>>(),
        levels => levels(pack),
        states => page::meanings(),
        assurance => assurance(report, pack),
        open => open(pack),
        fixes => fixes(pack),
        shown_fixes => CAUSES,
        must_support => pack.must_support.iter().map(supported).collect::<Vec<_>>(),
    };
    templates.write(Piece::Pack, context, out)
}

/// How the requirements stand that decide the verdict, and those that show quality.
fn gate(pack: &Pack) -> Value {
    let counted = |belongs: fn(&&crate::report::view::Requirement) -> bool| {
        let mut counts = Counts::default();
        pack.requirements
            .iter()
            .filter(belongs)
            .for_each(|requirement| counts.add(requirement.state));
        counts
    };
    let binding = counted(|requirement| requirement.counts_for_the_gate());
    let others = counted(|requirement| !requirement.counts_for_the_gate());
    context! {
        all => binding.total(), applicable => binding.total() - binding.not_applicable,
        satisfied => binding.satisfied, violated => binding.violated,
        undetermined => binding.undetermined, untested => binding.untested,
        not_applicable => binding.not_applicable,
        warnings => others.violated,
        unknown => binding.undetermined + binding.untested,
        known => pack.requirements.iter().filter(|r| r.state == State::Violated && r.is_known()).count(),
    }
}

fn obligations(pack: &Pack) -> Vec<Row<'_>> {
    let names = Obligation::ALL
        .map(Obligation::as_str)
        .into_iter()
        .chain(["advisory"]);
    names
        .filter_map(|name| Some((name, pack.counts.get(name)?)))
        .filter(|(_, counts)| counts.total() > 0)
        .map(|(name, counts)| coverage::row(name, counts))
        .collect()
}

fn levels(pack: &Pack) -> Vec<Value> {
    let level = |level: &crate::report::view::Level| {
        context! {
            title => level.title, verdict => level.verdict.as_str(), label => level.verdict.label(),
            row => coverage::row(&level.title, &level.counts),
        }
    };
    pack.levels.iter().map(level).collect()
}

fn assurance(report: &Report, pack: &Pack) -> Value {
    let run = &report.run;
    context! {
        who => run.assurance.label(),
        started => words::moment(&run.started), took => words::took(run).map(|took| took.replace(' ', "\u{a0}")), unfinished => page::unfinished(run.state),
        plugfest => report.plugfest, seed => run.seed,
        attempts => run.attempts,
        exchanges => words::count(run.exchanges as usize, "recorded exchange"),
        cases => words::count(run.cases as usize, "planned case"),
        options => run.options,
        endpoints => report.supplier.endpoints.iter().map(|(name, url)| context! { name, url }).collect::<Vec<_>>(),
        product => report.supplier.product, version => report.supplier.version,
        proved => pack.proved.map(|strength| context! { proved => strength.proved, checks => strength.checks }),
    }
}

/// Requirements of the gate that nobody knows about, by their reasons.
fn open(pack: &Pack) -> Vec<Value> {
    let mut rows = Vec::new();
    for state in [State::Undetermined, State::Untested] {
        for group in priorities::by_reason(&priorities::gate_in_state(pack, state)) {
            let ids: Vec<&str> = group
                .requirements
                .iter()
                .map(|requirement| requirement.id.as_str())
                .collect();
            rows.push(context! {
                state => state.as_str(), label => state.label(), reason => group.reason,
                count => words::count(ids.len(), "requirement"), ids => linked(pack, &ids),
            });
        }
    }
    rows
}

fn fixes(pack: &Pack) -> Vec<Value> {
    let fixes = priorities::fixes(pack);
    let gate: BTreeMap<&str, bool> = pack
        .requirements
        .iter()
        .map(|r| (r.id.as_str(), r.counts_for_the_gate()))
        .collect();
    fixes.iter().map(|fix| fix_row(pack, fix, &gate)).collect()
}

fn fix_row(pack: &Pack, fix: &Fix<'_>, gate: &BTreeMap<&str, bool>) -> Value {
    let of_the_gate = fix
        .satisfies
        .iter()
        .filter(|id| gate.get(**id) == Some(&true))
        .count();
    context! {
        summary => fix.cause.summary, binding => fix.cause.binding,
        satisfies => words::count(fix.satisfies.len(), "requirement"), wins => !fix.satisfies.is_empty(),
        of_the_gate,
        ids => linked(pack, &fix.satisfies), helps => linked(pack, &fix.helps),
    }
}

/// A profile's must-support elements: those that were never seen first in words, all of them in a table.
fn supported(table: &MustSupport) -> Value {
    let never = table
        .elements
        .iter()
        .filter(|element| element.seen == Some(0));
    let rows = table.elements.iter().map(|element| {
        let (state, seen) = match element.seen {
            None => ("undetermined", "cannot be told".to_owned()),
            Some(0) => ("untested", "never".to_owned()),
            Some(count) => ("satisfied", count.to_string()),
        };
        context! { element => element.element, state, seen }
    });
    context! {
        profile => table.profile, url => links::web(&table.profile),
        resources => words::count(table.resources as usize, "resource"),
        never => never.count(), all => table.elements.len(),
        rows => rows.collect::<Vec<_>>(),
    }
}

fn linked(pack: &Pack, ids: &[&str]) -> Vec<Value> {
    ids.iter()
        .map(|id| context! { id, anchor => anchor(&pack.pack, id) })
        .collect()
}
