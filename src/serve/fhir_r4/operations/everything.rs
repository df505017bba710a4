//! `$everything`: a patient with all that belongs to it.

use super::parameter;
use crate::serve::fhir_r4::call::{Answer, Call, Context};
use crate::serve::fhir_r4::json::Json;
use crate::serve::fhir_r4::moment::span;
use crate::serve::fhir_r4::problem::Problem;
use crate::serve::fhir_r4::read::current;
use crate::serve::fhir_r4::route::Level;
use crate::serve::fhir_r4::search::Scope;
use crate::serve::fhir_r4::search::related::{Reach, Rule, Way, related};
use crate::serve::fhir_r4::search::run::{entry, is_member, link};
use crate::serve::fhir_r4::search::subset::View;
use crate::serve::fhir_r4::store::{Store, Version};
use crate::serve::fhir_r4::types::OFFERED;

/// The compartment of one patient, or of all; with `_type` only those types, with `_since` only what is newer. What the
/// members refer to comes along.
pub fn read(
    context: &Context,
    store: &Store,
    level: &Level,
    call: &Call,
) -> Result<Answer, Problem> {
    let scope = context.scope(store);
    let patients: Vec<&Version> = match level {
        Level::Instance(target) => vec![current(context, store, target)?],
        Level::Type(_) | Level::System => store.current_at("Patient", scope.sequence).collect(),
    };
    let since = parameter(call, "_since")
        .map(|text| span(text).ok_or_else(|| Problem::bad_request("`_since` is not an instant")))
        .transpose()?;
    let newer = |version: &&Version| {
        since.is_none_or(|(since, _)| version.last_updated.as_microsecond() >= since.low)
    };
    let types = parameter(call, "_type");
    let wanted = |version: &&Version| {
        types.is_none_or(|types| {
            types
                .split(',')
                .any(|kind| kind == version.target.resource_type)
        })
    };
    let mut found: Vec<&Version> = Vec::new();
    for patient in &patients {
        found.extend(
            members(&scope, patient)
                .filter(|version| !patients.contains_target(version))
                .filter(newer)
                .filter(wanted),
        );
    }
    let mut all: Vec<&Version> = patients.iter().copied().chain(found).collect();
    if types.is_none() {
        let rule = Rule::read(Way::Forward, Reach::Matches, "*")?;
        let along = related(&scope, &[rule], &all);
        all.extend(along);
    }
    Ok(Answer::ok(bundle(context, &scope, level, &all)))
}

fn members<'a>(scope: &Scope<'a>, patient: &'a Version) -> impl Iterator<Item = &'a Version> {
    let scope = *scope;
    let everything = OFFERED
        .iter()
        .flat_map(move |kind| scope.store.current_at(kind.name, scope.sequence));
    everything.filter(move |version| is_member(&scope, version, &patient.target))
}

trait ContainsTarget {
    fn contains_target(&self, version: &Version) -> bool;
}

impl ContainsTarget for Vec<&Version> {
    fn contains_target(&self, version: &Version) -> bool {
        self.iter().any(|other| other.target == version.target)
    }
}

fn bundle(context: &Context, scope: &Scope, level: &Level, all: &[&Version]) -> Json {
    let path = match level {
        Level::Instance(target) => format!("{}/$everything", target.reference()),
        Level::Type(_) | Level::System => "Patient/$everything".to_owned(),
    };
    Json::object([
        ("resourceType", "Bundle".into()),
        ("type", "searchset".into()),
        ("total", all.len().into()),
        (
            "link",
            Json::list([link("self", &format!("{}/{path}", context.base))]),
        ),
        (
            "entry",
            Json::list(
                all.iter()
                    .map(|version| entry(scope, version, "match", &View::Whole)),
            ),
        ),
    ])
}
