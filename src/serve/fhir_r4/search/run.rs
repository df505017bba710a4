//! Executing a search.

use super::Scope;
use super::criterion::Criterion;
use super::matching::reference_of;
use super::parameters::membership;
use super::plan::{Plan, Total};
use super::related::related;
use super::sort::sort;
use super::subset::{self, View};
use crate::serve::fhir_r4::defects::DefectId;
use crate::serve::fhir_r4::json::Json;
use crate::serve::fhir_r4::problem::{Issue, outcome};
use crate::serve::fhir_r4::query::Query;
use crate::serve::fhir_r4::route::Target;
use crate::serve::fhir_r4::store::Version;

/// Executes a plan and gives the searchset. The path is that of the search below the base, for the links.
pub fn run(scope: &Scope, plan: &Plan, path: &str) -> Json {
    let scope = Scope {
        sequence: plan.page.0.unwrap_or(scope.sequence).min(scope.sequence),
        ..*scope
    };
    let mut found = matches(&scope, plan);
    if found.is_empty() && scope.has(DefectId::NothingFoundGivesAll) {
        found = plan
            .types
            .iter()
            .flat_map(|(kind, _)| scope.store.current_at(kind, scope.sequence))
            .collect();
    }
    sort(&plan.order, &mut found);
    let total = found.len();
    let page: Vec<&Version> = if plan.view == View::Count {
        Vec::new()
    } else {
        found
            .into_iter()
            .skip(scope.skipped(plan.page.1))
            .take(plan.count)
            .collect()
    };
    let after = plan.page.1 + page.len();
    let more = !page.is_empty() && after < total;
    let own = plan.page.0.map(|state| (state, plan.page.1));
    let mut links = vec![link("self", &url(&scope, path, &plan.used, own))];
    if more {
        links.push(link(
            "next",
            &url(&scope, path, &plan.used, Some((scope.sequence, after))),
        ));
    }
    if own.is_some() {
        links.push(link(
            "first",
            &url(&scope, path, &plan.used, Some((scope.sequence, 0))),
        ));
    }
    let total = if plan.total == Total::Told || plan.view == View::Count {
        total.into()
    } else {
        Json::Null
    };
    Json::object([
        ("resourceType", "Bundle".into()),
        ("type", "searchset".into()),
        ("total", total),
        ("link", Json::list(links)),
        ("entry", Json::list(entries(&scope, plan, &page))),
    ])
}

/// The resources that meet a plan's conditions, in the order of their creation.
pub fn matches<'a>(scope: &Scope<'a>, plan: &Plan) -> Vec<&'a Version> {
    plan.types
        .iter()
        .flat_map(|(kind, criteria)| in_type(scope, kind, criteria, plan.within.as_ref()))
        .collect()
}

/// Whether a resource belongs to a patient's compartment, the patient included.
pub fn is_member(scope: &Scope, version: &Version, patient: &Target) -> bool {
    let Some(resource) = &version.resource else {
        return false;
    };
    let wanted = patient.reference();
    let paths = membership(version.target.resource_type)
        .into_iter()
        .flat_map(|parameter| &parameter.paths);
    let mut values = paths.flat_map(|path| path.values(resource));
    version.target == *patient
        || values.any(|value| reference_of(value, scope.base) == Some(wanted.as_str()))
}

/// An entry of a searchset.
pub fn entry(scope: &Scope, version: &Version, mode: &str, view: &View) -> Json {
    let resource = version
        .resource
        .as_ref()
        .map(|resource| subset::apply(view, resource));
    Json::object([
        (
            "fullUrl",
            format!("{}/{}", scope.base, version.target.reference()).into(),
        ),
        ("resource", resource.into()),
        ("search", Json::object([("mode", mode.into())])),
    ])
}

/// A link of a Bundle.
pub fn link(relation: &str, url: &str) -> Json {
    Json::object([("relation", relation.into()), ("url", url.into())])
}

fn in_type<'a>(
    scope: &Scope<'a>,
    kind: &'static str,
    criteria: &[Criterion],
    within: Option<&Target>,
) -> Vec<&'a Version> {
    let met = |version: &&Version| {
        let resource = version.resource.as_ref();
        let inside = within.is_none_or(|patient| is_member(scope, version, patient));
        inside
            && resource.is_some_and(|resource| {
                criteria
                    .iter()
                    .all(|criterion| criterion.is_met(scope, resource))
            })
    };
    let ids = criteria.iter().find_map(Criterion::ids);
    let Some(mut ids) = ids.filter(|_| scope.looks_ids_up()) else {
        let current = scope.store.current_at(kind, scope.sequence);
        return current.chain(scope.undead(kind)).filter(met).collect();
    };
    ids.sort_unstable();
    ids.dedup();
    let targets = ids.into_iter().map(|id| Target {
        resource_type: kind,
        id: id.to_owned(),
    });
    let found =
        targets.filter_map(|target| scope.store.versions_at(&target, scope.sequence).next());
    found
        .filter(|version| version.resource.is_some())
        .filter(met)
        .collect()
}

fn entries(scope: &Scope, plan: &Plan, page: &[&Version]) -> Vec<Json> {
    let matched = page
        .iter()
        .map(|version| entry(scope, version, "match", &plan.view));
    let along = related(scope, &plan.related, page);
    let included = along
        .iter()
        .map(|version| entry(scope, version, "include", &View::Whole));
    let told = (!plan.ignored.is_empty() && plan.view != View::Count).then(|| warning(plan));
    matched.chain(included).chain(told).collect()
}

/// What was ignored is said, or a client takes a wider result for the one that it asked for.
fn warning(plan: &Plan) -> Json {
    let text = format!(
        "ignored, because they are not search parameters here: {}",
        plan.ignored.join(", ")
    );
    let issue = Issue {
        severity: "warning",
        code: "not-supported",
        text,
        place: String::new(),
    };
    Json::object([
        ("resource", outcome(&[issue])),
        ("search", Json::object([("mode", "outcome".into())])),
    ])
}

fn url(scope: &Scope, path: &str, used: &Query, page: Option<(u64, usize)>) -> String {
    let mut query = used.clone();
    if let Some((state, skipped)) = page {
        query.push("_page", format!("{state}.{skipped}"));
    }
    let slash = if path.is_empty() { "" } else { "/" };
    let mark = if query.is_empty() { "" } else { "?" };
    format!("{}{slash}{path}{mark}{}", scope.base, query.write())
}
