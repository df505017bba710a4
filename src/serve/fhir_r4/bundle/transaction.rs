//! A transaction: all entries or none, in the order of their methods, whatever their order in the Bundle.

use super::rewrite::{KINDS, REFERENCE, Renaming, conditional_references, rewrite};
use super::{Done, Entry};
use crate::serve::fhir_r4::call::{Answer, Call, Context, Payload, Standing};
use crate::serve::fhir_r4::defects::DefectId;
use crate::serve::fhir_r4::message::Method;
use crate::serve::fhir_r4::primitive::shortened;
use crate::serve::fhir_r4::problem::Problem;
use crate::serve::fhir_r4::read::{current, find};
use crate::serve::fhir_r4::route::{Interaction, Target};
use crate::serve::fhir_r4::search::Scope;
use crate::serve::fhir_r4::search::plan;
use crate::serve::fhir_r4::store::Store;
use crate::serve::fhir_r4::{operations, prefer, types, write};
use std::collections::{BTreeMap, BTreeSet};

/// Performs the entries. The answers are in the order of the Bundle.
///
/// # Errors
/// The failure of the first entry that fails. Then nothing has changed.
pub fn perform(
    context: &Context,
    store: &mut Store,
    entries: Vec<Entry>,
) -> Result<Vec<Done>, Problem> {
    let context = Context {
        standing: Standing::Transaction,
        ..*context
    };
    let before = store.sequence();
    let result = all(&context, store, entries);
    if result.is_err() && !context.has(DefectId::FailedTransactionKeepsItsStart) {
        store.roll_back(before);
    }
    result
}

/// An entry with what it will do, and to which resource.
struct Step {
    place: usize,
    method: Method,
    call: Call,
    target: Option<Target>,
    full_url: Option<String>,
    /// The condition of a conditional create finds a resource, or another entry with the same condition makes it.
    existing: Existing,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Existing {
    /// There is none.
    No,
    /// It was there before.
    Found,
    /// An earlier entry makes it.
    Twin,
}

/// Deletes come first: what later conditions look for is what they leave. Then the rest is resolved, and done.
fn all(context: &Context, store: &mut Store, entries: Vec<Entry>) -> Result<Vec<Done>, Problem> {
    let read = |entry: &Entry| step(entry).map_err(|problem| at(problem, entry.place));
    let mut steps = entries.iter().map(read).collect::<Result<Vec<_>, _>>()?;
    let mut done = Vec::new();
    if !context.has(DefectId::TransactionFollowsTheBundlesOrder) {
        steps.sort_by_key(|step| rank(step.method));
        let deletes = steps.partition_point(|step| step.method == Method::Delete);
        resolve(context, store, &mut steps[..deletes])?;
        demand_distinct(context, &steps)?;
        execute_all(context, store, &steps[..deletes], &mut done)?;
    }
    let rest = done.len();
    resolve(context, store, &mut steps[rest..])?;
    demand_distinct(context, &steps)?;
    rename(context, &mut steps)?;
    resolve_conditional_references(context, store, &mut steps)?;
    execute_all(context, store, &steps[rest..], &mut done)?;
    demand_integrity(store, &steps)?;
    if !context.has(DefectId::TransactionAnswersInItsOrder) {
        done.sort_by_key(|(place, _)| *place);
    }
    Ok(done.into_iter().map(|(_, done)| done).collect())
}

fn execute_all(
    context: &Context,
    store: &mut Store,
    steps: &[Step],
    done: &mut Vec<(usize, Done)>,
) -> Result<(), Problem> {
    for step in steps {
        if step.existing == Existing::Twin && context.has(DefectId::TransactionJoinsSameConditions)
        {
            continue;
        }
        let answer = execute(context, store, step).map_err(|problem| at(problem, step.place))?;
        done.push((
            step.place,
            Done {
                method: step.method,
                result: Ok(answer),
            },
        ));
    }
    Ok(())
}

fn rank(method: Method) -> u8 {
    match method {
        Method::Delete => 0,
        Method::Post => 1,
        Method::Put | Method::Patch => 2,
        Method::Get | Method::Head | Method::Options | Method::Other => 3,
    }
}

/// Says in the first issue which entry failed.
fn at(mut problem: Problem, place: usize) -> Problem {
    if let Some(issue) = problem
        .issues
        .first_mut()
        .filter(|issue| !issue.text.starts_with("Bundle.entry["))
    {
        issue.text = format!("Bundle.entry[{place}]: {}", issue.text);
    }
    problem
}

fn step(entry: &Entry) -> Result<Step, Problem> {
    let call = entry.call()?;
    if call.interaction == Interaction::Bundle {
        return Err(Problem::bad_request(
            "a transaction does not hold a Bundle to process",
        ));
    }
    if operations::effect(&call.interaction) == operations::Effect::Changes {
        return Err(Problem::new(
            400,
            "not-supported",
            "an operation that changes something is not part of a transaction here",
        ));
    }
    let target = explicit_target(&call.interaction);
    Ok(Step {
        place: entry.place,
        method: entry.method,
        call,
        target,
        full_url: entry.full_url.clone(),
        existing: Existing::No,
    })
}

/// The resource that the URL of an entry names.
fn explicit_target(interaction: &Interaction) -> Option<Target> {
    if let Interaction::Update(target) | Interaction::Patch(target) | Interaction::Delete(target) =
        interaction
    {
        return Some(target.clone());
    }
    None
}

/// Finds out which resource each entry is about, before anything changes: conditions are searched for, and new
/// resources get their ids.
fn resolve(context: &Context, store: &mut Store, steps: &mut [Step]) -> Result<(), Problem> {
    let mut created: BTreeMap<(&'static str, String), Target> = BTreeMap::new();
    for step in steps {
        let place = step.place;
        resolve_one(context, store, step, &mut created).map_err(|problem| at(problem, place))?;
    }
    Ok(())
}

fn resolve_one(
    context: &Context,
    store: &mut Store,
    step: &mut Step,
    created: &mut BTreeMap<(&'static str, String), Target>,
) -> Result<(), Problem> {
    match step.call.interaction.clone() {
        Interaction::Create(kind) => resolve_create(context, store, step, kind, created),
        Interaction::ConditionalUpdate(kind)
        | Interaction::ConditionalPatch(kind)
        | Interaction::ConditionalDelete(kind) => resolve_conditional(context, store, step, kind),
        Interaction::Update(_)
        | Interaction::Patch(_)
        | Interaction::Delete(_)
        | Interaction::Capabilities
        | Interaction::Read(_)
        | Interaction::ReadVersion(..)
        | Interaction::HistoryInstance(_)
        | Interaction::HistoryType(_)
        | Interaction::HistorySystem
        | Interaction::SearchType(_)
        | Interaction::SearchSystem
        | Interaction::SearchCompartment(..)
        | Interaction::Operation(..)
        | Interaction::Bundle => Ok(()),
    }
}

fn resolve_create(
    context: &Context,
    store: &mut Store,
    step: &mut Step,
    kind: &'static str,
    created: &mut BTreeMap<(&'static str, String), Target>,
) -> Result<(), Problem> {
    let condition = step
        .call
        .conditions
        .if_none_exist
        .clone()
        .filter(|_| !context.has(DefectId::EntriesIgnoreIfNoneExist));
    if condition.is_some() && context.has(DefectId::EntriesRefuseIfNoneExist) {
        return Err(Problem::bad_request("ifNoneExist is not supported"));
    }
    if let Some(condition) = &condition {
        if let Some(twin) = created.get(&(kind, condition.clone())) {
            (step.target, step.existing) = (Some(twin.clone()), Existing::Twin);
            return Ok(());
        }
        match find(context, store, kind, &write::criteria(condition)?)?.as_slice() {
            [] => {}
            [found] => {
                (step.target, step.existing) = (Some(found.clone()), Existing::Found);
                return Ok(());
            }
            _ => {
                return Err(Problem::new(
                    412,
                    "multiple-matches",
                    "the condition finds more than one resource",
                ));
            }
        }
    }
    let target = Target {
        resource_type: kind,
        id: store.fresh_id(kind),
    };
    if let Some(condition) = condition {
        created.insert((kind, condition), target.clone());
    }
    step.target = Some(target);
    Ok(())
}

/// A conditional entry that finds one resource is from here on an entry about that resource.
fn resolve_conditional(
    context: &Context,
    store: &mut Store,
    step: &mut Step,
    kind: &'static str,
) -> Result<(), Problem> {
    if types::offered(kind).is_none_or(|kind| !kind.conditional) {
        return Ok(());
    }
    let own = step
        .call
        .payload
        .resource()
        .and_then(|resource| resource.text("id"))
        .map(str::to_owned);
    let updates = matches!(step.call.interaction, Interaction::ConditionalUpdate(_));
    let found = find(context, store, kind, &step.call.query)?;
    step.target = match (found.as_slice(), own) {
        ([found], Some(own)) if updates && own != found.id => {
            return Err(Problem::bad_request(
                "the body's id is not that of the resource that the criteria find",
            ));
        }
        ([found], _) => Some(found.clone()),
        ([], Some(id)) if updates => Some(Target {
            resource_type: kind,
            id,
        }),
        ([], None) if updates => Some(Target {
            resource_type: kind,
            id: store.fresh_id(kind),
        }),
        _ => None,
    };
    Ok(())
}

/// Refuses two entries that change the same resource.
fn demand_distinct(context: &Context, steps: &[Step]) -> Result<(), Problem> {
    if context.has(DefectId::TransactionTakesAnIdentityTwice) {
        return Ok(());
    }
    let mut seen = BTreeSet::new();
    let changing = steps
        .iter()
        .filter(|step| matches!(step.method, Method::Put | Method::Patch | Method::Delete))
        .filter(|step| {
            step.method == Method::Put || !context.has(DefectId::TransactionChecksUpdatesOnly)
        });
    for target in changing.filter_map(|step| step.target.as_ref()) {
        if !seen.insert(target) {
            return Err(Problem::new(
                400,
                "duplicate",
                format!("{} is changed by more than one entry", target.reference()),
            ));
        }
    }
    Ok(())
}

/// What the entries call each other, and where they are.
fn names(context: &Context, steps: &[Step]) -> BTreeMap<String, String> {
    let written = steps
        .iter()
        .filter(|step| matches!(step.method, Method::Post | Method::Put));
    let pairs = written
        .filter_map(|step| Some((step.full_url.clone()?, step.target.as_ref()?.reference())));
    pairs
        .filter(|(url, _)| !url.starts_with(context.base))
        .collect()
}

/// Rewrites the references of the entries to each other.
fn rename(context: &Context, steps: &mut [Step]) -> Result<(), Problem> {
    let kinds = kinds(context);
    let all = names(context, steps);
    for place in 0..steps.len() {
        let looks_back = context.has(DefectId::TransactionLooksBackOnly);
        let earlier = looks_back.then(|| names(context, &steps[..place]));
        let step = &mut steps[place];
        let names = earlier.as_ref().unwrap_or(&all);
        let renaming = Renaming {
            names,
            full_url: step.full_url.as_deref(),
            kinds: &kinds,
        };
        let Payload::Resource(resource) = &mut step.call.payload else {
            continue;
        };
        let before = resource.clone();
        rewrite(resource, &renaming);
        if context.has(DefectId::ReferencesBetweenEntriesAreRefused) && *resource != before {
            return Err(Problem::bad_request("entries cannot refer to each other"));
        }
    }
    Ok(())
}

/// The kinds of elements that are rewritten; defects leave some out, or add one.
fn kinds(context: &Context) -> Vec<&'static str> {
    let left_out = |kind: &&str| {
        context.has(DefectId::TransactionKeepsUuids)
            || (context.has(DefectId::TransactionKeepsUuidsInNarratives) && *kind == "xhtml")
            || (context.has(DefectId::TransactionKeepsUuidsInElements)
                && !["xhtml", REFERENCE].contains(kind))
    };
    let canonical = context
        .has(DefectId::TransactionRewritesCanonicals)
        .then_some("canonical");
    KINDS
        .into_iter()
        .filter(|kind| !left_out(kind))
        .chain(canonical)
        .collect()
}

/// Replaces conditional references by the one resource that each finds: on the server, or else among the new ones.
fn resolve_conditional_references(
    context: &Context,
    store: &Store,
    steps: &mut [Step],
) -> Result<(), Problem> {
    let mut wanted = Vec::new();
    for step in steps.iter() {
        if let Some(resource) = step.call.payload.resource() {
            conditional_references(resource, &mut wanted);
        }
    }
    if wanted.is_empty() || context.has(DefectId::TransactionKeepsConditionalReferences) {
        return Ok(());
    }
    if context.has(DefectId::ConditionalReferencesAreRefused) {
        return Err(Problem::bad_request(
            "conditional references are not supported",
        ));
    }
    let mut names = BTreeMap::new();
    for text in wanted {
        match sought(context, store, steps, &text) {
            Ok(target) => names.insert(text, target.reference()),
            Err(_) if context.has(DefectId::ConditionalReferenceMayFindNothing) => None,
            Err(problem) => return Err(problem),
        };
    }
    for step in steps.iter_mut() {
        if let Payload::Resource(resource) = &mut step.call.payload {
            rewrite(
                resource,
                &Renaming {
                    names: &names,
                    full_url: None,
                    kinds: &[REFERENCE],
                },
            );
        }
    }
    Ok(())
}

/// The one resource that a conditional reference finds.
fn sought(context: &Context, store: &Store, steps: &[Step], text: &str) -> Result<Target, Problem> {
    let (kind, query) = text.split_once('?').unwrap_or((text, ""));
    let refusal =
        |what: &str| Problem::precondition(format!("the reference `{}` {what}", shortened(text)));
    let kind = types::offered(kind)
        .ok_or_else(|| refusal("names no resource type"))?
        .name;
    let mut found = find(context, store, kind, &write::criteria(query)?)?;
    if found.is_empty() {
        found = among_new(&context.scope(store), steps, kind, query)?;
    }
    match found.as_slice() {
        [one] => Ok(one.clone()),
        [first, ..] if context.has(DefectId::ConditionalReferenceTakesTheFirst) => {
            Ok(first.clone())
        }
        [] => Err(refusal("finds nothing")),
        _ => Err(refusal("finds more than one resource")),
    }
}

fn among_new(
    scope: &Scope,
    steps: &[Step],
    kind: &'static str,
    query: &str,
) -> Result<Vec<Target>, Problem> {
    let plan = plan::in_type(
        scope,
        kind,
        &write::criteria(query)?,
        prefer::Handling::Strict,
    )?;
    let criteria = plan
        .types
        .into_iter()
        .flat_map(|(_, criteria)| criteria)
        .collect::<Vec<_>>();
    let fits = |step: &&Step| {
        let resource = step
            .call
            .payload
            .resource()
            .filter(|resource| resource.resource_type() == kind);
        step.method == Method::Post
            && resource.is_some_and(|resource| {
                criteria
                    .iter()
                    .all(|criterion| criterion.is_met(scope, resource))
            })
    };
    Ok(steps
        .iter()
        .filter(fits)
        .filter_map(|step| step.target.clone())
        .collect())
}

fn execute(context: &Context, store: &mut Store, step: &Step) -> Result<Answer, Problem> {
    match (&step.call.interaction, &step.target) {
        (Interaction::Create(_), Some(target))
            if step.existing == Existing::Found && context.has(DefectId::EntriesUpdateTheMatch) =>
        {
            write::update_as(context, store, target, &step.call)
        }
        (Interaction::Create(_), Some(target)) if step.existing != Existing::No => {
            let version = current(context, store, target)?;
            Ok(Answer::about(200, version, version.resource.clone()))
        }
        (Interaction::Create(_), Some(target)) => {
            write::create_as(context, store, target, &step.call)
        }
        (Interaction::ConditionalUpdate(_), Some(target)) => {
            write::update_as(context, store, target, &step.call)
        }
        _ => write::perform(context, store, &step.call),
    }
}

/// What was deleted must not be referred to at the end, whatever came first.
fn demand_integrity(store: &Store, steps: &[Step]) -> Result<(), Problem> {
    let deleted = steps
        .iter()
        .filter(|step| step.method == Method::Delete)
        .filter_map(|step| step.target.as_ref());
    let mut gone = deleted.filter(|target| store.current(target).is_err());
    gone.try_for_each(|target| write::demand_unreferenced(store, target))
}
