//! Must-support over a whole run: which elements that profiles want supported were seen in replies, and which never were.
//!
//! A fact for readers, never a verdict: what a supplier has no data for cannot be seen.

mod presence;

use std::collections::{BTreeMap, BTreeSet};

use crate::check::{Claims, Knowledge, Profiles, View, Wants};
use crate::fhir::definitions::{ElementDefinition, Structure};
use crate::fhir::{Element, Resource};
use crate::judge::Recorded;
use crate::model::{CaseId, Instant, Side};
use crate::plan::{Plan, Standing};
use crate::report::view;
use crate::scenario::{Script, StepKind};
use crate::template::Scope;
use presence::{Presence, present};

/// How many profiles are followed: what servers claim may be any number.
const MAX_PROFILES: usize = 200;

/// What was seen, one entry for each profile that a `fhir-valid` check held a reply against, sorted by address. Profiles that
/// are not at hand have none.
pub fn must_support(plan: &Plan, recorded: &dyn Recorded) -> Vec<view::MustSupport> {
    let asked = Asked::of(plan);
    if asked.is_nothing() {
        return Vec::new();
    }
    let mut tables = BTreeMap::new();
    for (case, _) in scripts(plan) {
        let Some(record) = recorded.case(case) else {
            continue;
        };
        for exchange in record.exchanges {
            let step = exchange.step;
            let view = View::new(exchange);
            let resource = view.reading(Side::Reply).map(|reading| reading.resource());
            if let Some(Ok(resource)) = resource {
                asked.look(case, step, resource, &plan.context.knowledge, &mut tables);
            }
        }
    }
    tables.into_values().flatten().map(Table::view).collect()
}

/// Everything that runs, and under which id it is recorded.
fn scripts(plan: &Plan) -> impl Iterator<Item = (&CaseId, &Script)> {
    let shared = plan.shared.iter().map(|(id, shared)| (id, &shared.script));
    let running = plan
        .cases
        .iter()
        .filter(|case| case.standing == Standing::Runs);
    shared.chain(running.map(|case| (&case.id, &case.scenario.script)))
}

/// Which replies are held against which profiles.
#[derive(Debug, Default)]
struct Asked {
    /// By case and step.
    named: BTreeMap<(CaseId, u32), BTreeSet<String>>,
    /// Whether what resources claim counts anywhere.
    claims: Option<Claims>,
}

impl Asked {
    fn of(plan: &Plan) -> Self {
        let mut asked = Self::default();
        for (case, script) in scripts(plan) {
            for (index, step) in script.steps.iter().enumerate() {
                let judged = step.checks.iter().filter(|check| check.side == Side::Reply);
                let own = judged.filter(|check| check.item.of.is_none());
                let wants = own.flat_map(|check| check.item.check.wants());
                let place = match &step.kind {
                    StepKind::Send { .. } => (case.clone(), index),
                    // Checks on what a shared fragment did are about its last exchange.
                    StepKind::Shared(shared) => {
                        let last = shared.script.steps.len().saturating_sub(1);
                        (plan.shared_id(shared), last)
                    }
                };
                let place = (place.0, u32::try_from(place.1).unwrap_or(u32::MAX));
                wants.for_each(|wants| asked.take(wants, &place, plan));
            }
        }
        asked
    }

    fn take(&mut self, wants: Wants<'_>, place: &(CaseId, u32), plan: &Plan) {
        let Wants::Profiles(Profiles { named, claims }) = wants else {
            return;
        };
        if *claims == Claims::Count {
            self.claims = Some(Claims::Count);
        }
        let scope = Values(plan);
        // What only an earlier reply could tell is not known here.
        let named = named
            .iter()
            .filter_map(|profile| profile.render(&scope).ok());
        let known = self.named.entry(place.clone()).or_default();
        known.extend(named.map(|profile| profile.into_owned()));
    }

    fn is_nothing(&self) -> bool {
        self.claims.is_none() && self.named.values().all(BTreeSet::is_empty)
    }

    fn look(
        &self,
        case: &CaseId,
        step: u32,
        resource: &Resource,
        knowledge: &Knowledge,
        tables: &mut Tables,
    ) {
        let root = resource.root();
        let named = self.named.get(&(case.clone(), step));
        let named = named.into_iter().flatten().map(String::as_str);
        count(root, named.collect(), knowledge, tables);
        if self.claims.is_some() {
            let entries = root.children().filter(|child| child.name() == "entry");
            let inside = entries.filter_map(|entry| entry.child("resource"));
            for claiming in inside.chain([root]) {
                count(claiming, claims(claiming), knowledge, tables);
            }
        }
    }
}

/// The profiles that a resource claims.
fn claims(resource: Element<'_>) -> BTreeSet<&str> {
    let meta = resource.child("meta").into_iter();
    let children = meta.flat_map(|meta| meta.children());
    let claims = children.filter(|child| child.name() == "profile");
    claims.filter_map(Element::value).collect()
}

/// By address, as it is claimed or named; `None` where nobody has the profile, or it is none.
type Tables = BTreeMap<String, Option<Table>>;

fn count(
    resource: Element<'_>,
    profiles: BTreeSet<&str>,
    knowledge: &Knowledge,
    tables: &mut Tables,
) {
    for profile in profiles {
        if !tables.contains_key(profile) && tables.len() < MAX_PROFILES {
            tables.insert(profile.to_owned(), Table::of(profile, knowledge));
        }
        let table = tables.get_mut(profile).and_then(Option::as_mut);
        if let Some(table) = table {
            table.count(resource);
        }
    }
}

/// One profile.
struct Table {
    profile: String,
    structure: std::sync::Arc<Structure>,
    resources: u32,
    /// How often each element of the list was seen; `None` where that cannot be told.
    seen: Vec<(usize, Option<u32>)>,
}

impl Table {
    fn of(profile: &str, knowledge: &Knowledge) -> Option<Self> {
        let structure = knowledge.definitions().structure(profile).ok()?;
        let wanted = |element: &ElementDefinition| {
            element.must_support == Some(true) && element.path.contains('.')
        };
        let elements = structure.snapshot.iter().enumerate();
        let seen: Vec<_> = elements
            .filter(|(_, element)| wanted(element))
            .map(|(at, _)| (at, Some(0)))
            .collect();
        (structure.is_profile() && !seen.is_empty()).then(|| Self {
            profile: profile.to_owned(),
            structure,
            resources: 0,
            seen,
        })
    }

    fn count(&mut self, resource: Element<'_>) {
        if resource.resource_type() != Some(&*self.structure.type_name) {
            return;
        }
        self.resources += 1;
        for (at, seen) in &mut self.seen {
            let element = &self.structure.snapshot[*at];
            *seen = match (present(resource, &self.structure, element), *seen) {
                (Presence::Present, Some(count)) => Some(count + 1),
                (Presence::Absent, count) => count,
                (Presence::Unknown, _) | (Presence::Present, None) => None,
            };
        }
    }

    fn view(self) -> view::MustSupport {
        let elements = self.seen.iter().map(|(at, seen)| view::MustSupportElement {
            element: self.structure.snapshot[*at].id.to_string(),
            seen: *seen,
        });
        view::MustSupport {
            elements: elements.collect(),
            profile: self.profile,
            resources: self.resources,
        }
    }
}

/// The values that every case of a run knows.
struct Values<'p>(&'p Plan);

impl Scope for Values<'_> {
    fn value(&self, name: &str) -> Option<std::borrow::Cow<'_, str>> {
        let value = self.0.context.values.get(name)?;
        Some(std::borrow::Cow::Borrowed(value))
    }

    fn now(&self) -> Instant {
        Instant::from_micros(0)
    }

    fn random(&self, _: &str, _: usize) -> [u8; 32] {
        [0; 32]
    }
}
