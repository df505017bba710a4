//! Deletes.

use super::answers::gone;
use super::demand_match;
use crate::serve::fhir_r4::call::{Answer, Call, Context, Standing};
use crate::serve::fhir_r4::defects::DefectId;
use crate::serve::fhir_r4::message::Method;
use crate::serve::fhir_r4::problem::Problem;
use crate::serve::fhir_r4::route::Target;
use crate::serve::fhir_r4::store::{Absent, Store};

/// Deletes one resource. A second delete, and one of what never was, does nothing and succeeds.
pub fn delete(
    context: &Context,
    store: &mut Store,
    target: &Target,
    call: &Call,
) -> Result<Answer, Problem> {
    let before = match store.current(target) {
        Ok(before) => before,
        Err(Absent::Deleted) if context.has(DefectId::SecondDeleteIsGone) => {
            return Err(Problem::new(410, "deleted", "it was deleted before"));
        }
        Err(Absent::Unknown) if context.has(DefectId::DeleteOfUnknownIsServerError) => {
            return Err(Problem::new(500, "exception", "there is nothing to delete"));
        }
        Err(_) => return Ok(gone(call, None)),
    };
    demand_match(context, Some(before), call)?;
    if context.standing == Standing::Alone {
        let referenced = demand_unreferenced(store, target);
        if referenced.is_err() && context.has(DefectId::ReferencedDeleteIsDone) {
            store.put(target, Method::Delete, None, context.now);
        }
        referenced?;
    }
    let version = store.put(target, Method::Delete, None, context.now);
    Ok(gone(call, Some(&version)))
}

/// Deletes several resources, or none of them if any is still referred to.
pub fn delete_all(
    context: &Context,
    store: &mut Store,
    found: &[Target],
    call: &Call,
) -> Result<Answer, Problem> {
    let before = store.sequence();
    for target in found {
        store.put(target, Method::Delete, None, context.now);
    }
    if let Err(problem) = found
        .iter()
        .try_for_each(|target| demand_unreferenced(store, target))
    {
        store.roll_back(before);
        return Err(problem);
    }
    Ok(gone(call, None))
}

/// Refuses to leave references that lead nowhere.
///
/// # Errors
/// 409 when current resources refer to this one.
pub fn demand_unreferenced(store: &Store, target: &Target) -> Result<(), Problem> {
    match store.references_to(target) {
        0 => Ok(()),
        count => {
            let text = format!(
                "{count} references to {} would lead nowhere",
                target.reference()
            );
            Err(Problem::new(409, "conflict", text))
        }
    }
}
