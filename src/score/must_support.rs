//! Must-support over a whole run: which elements that profiles want supported were seen in replies, and which never were.
//!
//! A fact for readers, never a verdict: what a supplier has no data for cannot be seen.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::check::{Claims, Knowledge, Profiles, View, Wants};
use crate::fhir::definitions::{ElementDefinition, Structure};
use crate::fhir::validate::MustSupports;
use crate::fhir::{Element, Format, NoShapes, Resource, to_json};
use crate::judge::Recorded;
use crate::model::{CaseId, Instant, Side};
use crate::plan::{Plan, Standing};
use crate::report::view;
use crate::scenario::{Script, StepKind};
use crate::template::Scope;

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
        let named = self.named.get(&(case.clone(), step));
        let named = named.into_iter().flatten().map(String::as_str);
        count(resource, named.collect(), knowledge, tables);
        if self.claims.is_some() {
            count(resource, claims(resource), knowledge, tables);
            for inside in entries(resource) {
                count(&inside, claims(&inside), knowledge, tables);
            }
        }
    }
}

/// The profiles that a resource claims.
fn claims(resource: &Resource) -> BTreeSet<&str> {
    let meta = resource.root().child("meta").into_iter();
    let children = meta.flat_map(|meta| meta.children());
    let claims = children.filter(|child| child.name() == "profile");
    claims.filter_map(Element::value).collect()
}

/// The entries of a Bundle, as texts.
#[derive(Deserialize)]
struct Bundle<'b> {
    #[serde(borrow, default)]
    entry: Option<&'b RawValue>,
}

#[derive(Deserialize)]
struct Entry<'b> {
    #[serde(borrow, default)]
    resource: Option<&'b RawValue>,
}

/// The resources in a Bundle, each by itself. XML becomes JSON on the way: names and values are the same.
fn entries(bundle: &Resource) -> Vec<Resource> {
    if bundle.type_name() != Some("Bundle") {
        return Vec::new();
    }
    let text: Cow<'_, str> = match bundle.format() {
        Format::Json => Cow::Borrowed(bundle.source()),
        Format::Xml => Cow::Owned(to_json(bundle, &NoShapes)),
    };
    let Ok(Bundle { entry: Some(list) }) = serde_json::from_str(&text) else {
        return Vec::new();
    };
    // XML does not show that a single entry is a list.
    let entries: Vec<Entry<'_>> = serde_json::from_str(list.get())
        .or_else(|_| serde_json::from_str(list.get()).map(|one| vec![one]))
        .unwrap_or_default();
    let texts = entries.iter().filter_map(|entry| entry.resource);
    texts
        .filter_map(|text| Resource::parse_json(text.get().as_bytes()).ok())
        .collect()
}

/// By address, as it is claimed or named; `None` where nobody has the profile, or it wants nothing supported.
type Tables = BTreeMap<String, Option<Table>>;

fn count(
    resource: &Resource,
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
            table.count(resource, knowledge);
        }
    }
}

/// One profile.
struct Table {
    profile: String,
    structure: Arc<Structure>,
    resources: u32,
    supports: MustSupports,
}

impl Table {
    fn of(profile: &str, knowledge: &Knowledge) -> Option<Self> {
        let structure = knowledge.definitions().structure(profile).ok()?;
        let wanted = structure.snapshot.iter().any(is_wanted);
        (structure.is_profile() && wanted).then(|| Self {
            profile: profile.to_owned(),
            structure,
            resources: 0,
            supports: MustSupports::default(),
        })
    }

    /// What is of another type shows nothing of this profile.
    fn count(&mut self, resource: &Resource, knowledge: &Knowledge) {
        if resource.type_name() != Some(&*self.structure.type_name) {
            return;
        }
        let validator = knowledge.validator();
        let seen = validator.see_must_support(resource, &self.profile, &mut self.supports);
        self.resources += u32::from(seen.is_ok());
    }

    fn view(self) -> view::MustSupport {
        let listing = self.supports.listing();
        let seen: BTreeMap<&str, u64> = listing
            .iter()
            .map(|one| (one.element.as_str(), one.seen))
            .collect();
        let wanted = self
            .structure
            .snapshot
            .iter()
            .filter(|element| is_wanted(element));
        let elements = wanted.map(|element| view::MustSupportElement {
            element: element.id.to_string(),
            seen: seen.get(&*element.id).copied().unwrap_or_default(),
        });
        view::MustSupport {
            elements: elements.collect(),
            profile: self.profile,
            resources: self.resources,
        }
    }
}

/// The root is there wherever the resource is.
fn is_wanted(element: &ElementDefinition) -> bool {
    element.must_support == Some(true) && element.path.contains('.')
}

/// The values that every case of a run knows.
struct Values<'p>(&'p Plan);

impl Scope for Values<'_> {
    fn value(&self, name: &str) -> Option<Cow<'_, str>> {
        let value = self.0.context.values.get(name)?;
        Some(Cow::Borrowed(value))
    }

    fn now(&self) -> Instant {
        Instant::from_micros(0)
    }

    fn random(&self, _: &str, _: usize) -> [u8; 32] {
        [0; 32]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_are_found_in_both_formats() {
        let json = br#"{"resourceType": "Bundle", "entry": [{"resource": {"resourceType": "Patient", "meta": {"profile": ["a:b"]}}}, {}]}"#;
        let xml = br#"<Bundle xmlns="http://hl7.org/fhir"><entry><resource><Patient><meta><profile value="a:b"/></meta></Patient></resource></entry></Bundle>"#;
        for bundle in [Resource::parse_json(json), Resource::parse_xml(xml)] {
            let entries = entries(&bundle.unwrap());
            assert_eq!(entries.len(), 1);
            assert_eq!(claims(&entries[0]), BTreeSet::from(["a:b"]));
        }
        let other = Resource::parse_json(br#"{"resourceType": "List", "entry": [{}]}"#).unwrap();
        assert!(entries(&other).is_empty());
    }
}
