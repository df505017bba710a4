//! Resources that come along with the matches: `_include` and `_revinclude`.

use super::Scope;
use super::matching::reference_of;
use super::parameters::{Kind, Parameter, parameter, parameters};
use crate::serve::fhir_r4::defects::DefectId;
use crate::serve::fhir_r4::primitive::shortened;
use crate::serve::fhir_r4::problem::Problem;
use crate::serve::fhir_r4::route::Target;
use crate::serve::fhir_r4::store::Version;
use crate::serve::fhir_r4::types;
use std::collections::BTreeSet;

/// A page never brings along more than this.
const MAX_RELATED: usize = 1000;

/// Which way a reference is followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// From a match to what it refers to.
    Forward,
    /// From a match to what refers to it.
    Reverse,
}

/// Whether a rule is used again on what it found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Only the matches.
    Matches,
    /// What came along, too (`:iterate`).
    Everything,
}

/// One rule: references of a type by a parameter (or by any) to a type (or to any).
#[derive(Debug)]
pub struct Rule {
    way: Way,
    reach: Reach,
    source: Option<&'static str>,
    parameter: Option<&'static Parameter>,
    target: Option<&'static str>,
}

impl Rule {
    /// Reads the value of `_include` or `_revinclude`: `Type:parameter`, `Type:parameter:Type`, `Type:*` or `*`.
    ///
    /// # Errors
    /// 400 for a type or parameter that is not known.
    pub fn read(way: Way, reach: Reach, text: &str) -> Result<Rule, Problem> {
        let wrong = || {
            Problem::bad_request(format!(
                "`{}` is not a reference that can be included",
                shortened(text)
            ))
        };
        let mut parts = text.splitn(3, ':');
        let source = match parts.next() {
            Some("*") if way == Way::Forward => {
                return Ok(Rule {
                    way,
                    reach,
                    source: None,
                    parameter: None,
                    target: None,
                });
            }
            Some(name) => types::offered(name).ok_or_else(wrong)?.name,
            None => return Err(wrong()),
        };
        let parameter = match parts.next() {
            Some("*") => None,
            Some(name) => Some(
                parameter(source, name)
                    .filter(|found| found.kind == Kind::Reference)
                    .ok_or_else(wrong)?,
            ),
            None => return Err(wrong()),
        };
        let target = match parts.next() {
            Some(name) => Some(types::offered(name).ok_or_else(wrong)?.name),
            None => None,
        };
        Ok(Rule {
            way,
            reach,
            source: Some(source),
            parameter,
            target,
        })
    }
}

/// The resources that the rules bring along with a page of matches, each once and none that is on the page.
pub fn related<'a>(scope: &Scope<'a>, rules: &[Rule], page: &[&'a Version]) -> Vec<&'a Version> {
    let mut seen: BTreeSet<&Target> = page.iter().map(|version| &version.target).collect();
    let mut found: Vec<&Version> = Vec::new();
    let mut latest: Vec<&Version> = page.to_vec();
    let mut first = true;
    while !latest.is_empty() && found.len() < MAX_RELATED {
        let active = rules
            .iter()
            .filter(|rule| first || rule.reach == Reach::Everything);
        let candidates: Vec<&Version> = active
            .flat_map(|rule| {
                latest
                    .iter()
                    .flat_map(|version| follow(scope, rule, version))
            })
            .collect();
        latest = candidates
            .into_iter()
            .filter(|version| seen.insert(&version.target))
            .collect();
        found.extend(&latest);
        first = false;
    }
    found.truncate(MAX_RELATED);
    if scope.has(DefectId::IncludeBringsOthers) && !rules.is_empty() {
        found.extend(
            scope
                .store
                .current_at("Organization", scope.sequence)
                .next(),
        );
    }
    found
}

fn follow<'a>(scope: &Scope<'a>, rule: &Rule, version: &'a Version) -> Vec<&'a Version> {
    match rule.way {
        Way::Forward => referred(scope, rule, version),
        Way::Reverse => referring(scope, rule, version),
    }
}

fn referred<'a>(scope: &Scope<'a>, rule: &Rule, version: &'a Version) -> Vec<&'a Version> {
    if rule
        .source
        .is_some_and(|source| source != version.target.resource_type)
    {
        return Vec::new();
    }
    references(scope, rule, version)
        .iter()
        .filter_map(|target| current(scope, target))
        .collect()
}

fn referring<'a>(scope: &Scope<'a>, rule: &Rule, version: &'a Version) -> Vec<&'a Version> {
    let Some(source) = rule.source else {
        return Vec::new();
    };
    let sources = scope.store.current_at(source, scope.sequence);
    sources
        .filter(|candidate| {
            references(scope, rule, candidate).contains(&version.target)
                || scope.has(DefectId::RevincludeBringsAll)
        })
        .collect()
}

/// What a resource refers to by the rule's parameter.
fn references(scope: &Scope, rule: &Rule, version: &Version) -> Vec<Target> {
    let Some(resource) = &version.resource else {
        return Vec::new();
    };
    let own = parameters(version.target.resource_type)
        .iter()
        .filter(|parameter| parameter.kind == Kind::Reference);
    let used = own.filter(|parameter| {
        rule.parameter
            .is_none_or(|wanted| std::ptr::eq(wanted, *parameter))
    });
    let pairs =
        used.flat_map(|parameter| parameter.paths.iter().map(move |path| (parameter, path)));
    let targets = pairs.flat_map(|(parameter, path)| {
        let found = path
            .values(resource)
            .into_iter()
            .filter_map(|value| target(reference_of(value, scope.base)?));
        found
            .filter(|target| parameter.targets.contains(&target.resource_type))
            .collect::<Vec<_>>()
    });
    targets
        .filter(|target| {
            rule.target
                .is_none_or(|wanted| wanted == target.resource_type)
        })
        .collect()
}

fn target(reference: &str) -> Option<Target> {
    let (kind, id) = reference.split_once('/')?;
    Some(Target {
        resource_type: types::offered(kind)?.name,
        id: id.to_owned(),
    })
}

fn current<'a>(scope: &Scope<'a>, target: &Target) -> Option<&'a Version> {
    scope
        .store
        .versions_at(target, scope.sequence)
        .next()
        .filter(|version| version.resource.is_some())
}
