//! What a search asks for: its parameters, read and checked before anything is looked at.

use super::Scope;
use super::criterion::{self, Criterion, Reading};
use super::faults;
use super::parameters::{is_common, parameter};
use super::related::{Reach, Rule as Related, Way};
use super::sort::Rule as Order;
use super::subset::{self, View};
use crate::serve::fhir_r4::defects::DefectId;
use crate::serve::fhir_r4::prefer::Handling;
use crate::serve::fhir_r4::primitive::shortened;
use crate::serve::fhir_r4::problem::Problem;
use crate::serve::fhir_r4::query::Query;
use crate::serve::fhir_r4::route::Target;
use crate::serve::fhir_r4::types::{self, OFFERED};

/// A page of this many matches, where the client does not say.
pub const DEFAULT_COUNT: usize = 50;
/// A page never has more matches than this.
pub const MAX_COUNT: usize = 1000;

/// A search that can be executed.
#[derive(Debug, Default)]
pub struct Plan {
    /// The types to look in, each with its conditions.
    pub types: Vec<(&'static str, Vec<Criterion>)>,
    /// The patient whose compartment is looked in.
    pub within: Option<Target>,
    /// The order.
    pub order: Vec<Order>,
    /// Matches on a page.
    pub count: usize,
    /// The page: the state that it looks at (nothing for the present), and the matches before it.
    pub page: (Option<u64>, usize),
    /// Whether the number of all matches is told.
    pub total: Total,
    /// How much of each match is shown.
    pub view: View,
    /// What comes along.
    pub related: Vec<Related>,
    /// The parameters that count, for the links.
    pub used: Query,
    /// The names of the parameters that were ignored.
    pub ignored: Vec<String>,
}

/// Whether a searchset says how many matches there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Total {
    /// It does.
    #[default]
    Told,
    /// The client does not need it.
    Left,
}

/// Reads the parameters of a search in one type.
///
/// # Errors
/// 400 for what cannot be searched for.
pub fn in_type(
    scope: &Scope,
    resource_type: &'static str,
    query: &Query,
    handling: Handling,
) -> Result<Plan, Problem> {
    read(scope, vec![resource_type], query, handling)
}

/// Reads the parameters of a search in several types: those that `_type` names, or all.
///
/// # Errors
/// 400 for what cannot be searched for in all of them.
pub fn in_types(scope: &Scope, query: &Query, handling: Handling) -> Result<Plan, Problem> {
    let named: Vec<&str> = query
        .all("_type")
        .flat_map(|text| text.split(','))
        .filter(|name| !name.is_empty())
        .collect();
    let known = |name: &&str| {
        types::offered(name)
            .map(|kind| kind.name)
            .ok_or_else(|| unknown_type(name))
    };
    let mut names = named
        .iter()
        .map(known)
        .collect::<Result<Vec<_>, Problem>>()?;
    if names.is_empty() {
        names = OFFERED.iter().map(|kind| kind.name).collect();
    }
    names.dedup();
    read(scope, names, query, handling)
}

fn read(
    scope: &Scope,
    names: Vec<&'static str>,
    query: &Query,
    handling: Handling,
) -> Result<Plan, Problem> {
    let mut plan = Plan {
        count: DEFAULT_COUNT,
        ..Plan::default()
    };
    plan.types = names.into_iter().map(|name| (name, Vec::new())).collect();
    plan.view = subset::read(query.get("_summary"), query.get("_elements"))?;
    for (name, text) in query.iter() {
        let known = control(&mut plan, name, text)? || condition(scope, &mut plan, name, text)?;
        if known && !text.is_empty() {
            if name != "_page" {
                plan.used.push(name, text);
            }
        } else if !known
            && handling == Handling::Strict
            && !scope.has(DefectId::IgnoresStrictHandling)
        {
            return Err(Problem::new(
                400,
                "not-supported",
                format!("`{}` is not a search parameter here", shortened(name)),
            ));
        } else if !known {
            plan.ignored.push(name.to_owned());
        }
    }
    if scope.has(DefectId::RepeatedIsOr) {
        plan.types
            .iter_mut()
            .for_each(|(_, criteria)| faults::merge_repeated(criteria));
    }
    if plan.count == 0 {
        plan.view = View::Count;
    }
    Ok(plan)
}

/// Reads a parameter that shapes the result; says whether it was one.
fn control(plan: &mut Plan, name: &str, text: &str) -> Result<bool, Problem> {
    let (bare, modifier) = name.split_once(':').unwrap_or((name, ""));
    match bare {
        "_summary" | "_elements" | "_format" | "_pretty" | "_type" => return Ok(true),
        _ if text.is_empty() => return Ok(CONTROLS.contains(&bare)),
        "_count" => plan.count = number(name, text)?.min(MAX_COUNT),
        "_sort" => return Ok(order(plan, text)),
        "_total" => plan.total = total(text)?,
        "_page" => plan.page = page(text)?,
        "_include" => plan
            .related
            .push(Related::read(Way::Forward, reach(modifier)?, text)?),
        "_revinclude" => plan
            .related
            .push(Related::read(Way::Reverse, reach(modifier)?, text)?),
        "_query" | "_filter" => {
            return Err(Problem::new(
                400,
                "not-supported",
                format!("`{bare}` is not supported"),
            ));
        }
        _ => return Ok(false),
    }
    Ok(true)
}

const CONTROLS: &[&str] = &[
    "_count",
    "_sort",
    "_total",
    "_page",
    "_include",
    "_revinclude",
    "_query",
    "_filter",
];

fn reach(modifier: &str) -> Result<Reach, Problem> {
    match modifier {
        "" => Ok(Reach::Matches),
        "iterate" | "recurse" => Ok(Reach::Everything),
        other => Err(Problem::new(
            400,
            "not-supported",
            format!("an include has no modifier `{}`", shortened(other)),
        )),
    }
}

/// An order by a parameter that some type lacks counts as unknown.
fn order(plan: &mut Plan, text: &str) -> bool {
    let rules: Vec<Order> = text.split(',').map(Order::read).collect();
    let known = |rule: &Order| {
        plan.types
            .iter()
            .all(|(kind, _)| parameter(kind, &rule.name).is_some())
    };
    let all_known = rules.iter().all(known);
    if all_known {
        plan.order = rules;
    }
    all_known
}

fn total(text: &str) -> Result<Total, Problem> {
    match text {
        "none" => Ok(Total::Left),
        "estimate" | "accurate" => Ok(Total::Told),
        other => Err(Problem::bad_request(format!(
            "`{}` is not a total: none, estimate or accurate",
            shortened(other)
        ))),
    }
}

fn page(text: &str) -> Result<(Option<u64>, usize), Problem> {
    let numbers = text
        .split_once('.')
        .and_then(|(state, skipped)| Some((state.parse().ok()?, skipped.parse().ok()?)));
    let (state, skipped) = numbers
        .ok_or_else(|| Problem::bad_request("this page link was not given by this server"))?;
    Ok((Some(state), skipped))
}

fn number(name: &str, text: &str) -> Result<usize, Problem> {
    text.parse().map_err(|_| {
        Problem::bad_request(format!("`{name}` is a number, not `{}`", shortened(text)))
    })
}

/// Reads a parameter as a condition of every type; says whether it was one.
fn condition(scope: &Scope, plan: &mut Plan, name: &str, text: &str) -> Result<bool, Problem> {
    let mut readings = Vec::new();
    for (kind, _) in &plan.types {
        readings.push(criterion::read(scope, kind, name, text)?);
    }
    let unknown = readings
        .iter()
        .filter(|reading| matches!(reading, Reading::Unknown))
        .count();
    if unknown == readings.len() {
        return Ok(false);
    }
    if unknown > 0 && !is_common(name) && !scope.has(DefectId::MixedSearchTakesAnyParameter) {
        let text = format!(
            "`{}` is not a search parameter of all these types",
            shortened(name)
        );
        return Err(Problem::new(400, "not-supported", text));
    }
    for ((_, criteria), reading) in plan.types.iter_mut().zip(readings) {
        if let Reading::Condition(criterion) = reading {
            criteria.push(criterion);
        }
    }
    Ok(true)
}

fn unknown_type(name: &str) -> Problem {
    Problem::new(
        400,
        "not-supported",
        format!(
            "`{}` is not a resource type of this server",
            shortened(name)
        ),
    )
}
