//! Defects of conditional interactions.

use super::Facts;
use crate::serve::fhir_r4::message::{Reply, Request};
use crate::serve::fhir_r4::problem::Problem;
use crate::serve::fhir_r4::route::Interaction;

pub fn create_answers_200(facts: &Facts, reply: &mut Reply) {
    if is_conditional_create(facts) && reply.status == 201 {
        reply.status = 200;
    }
}

pub fn create_match_is_201(facts: &Facts, reply: &mut Reply) {
    if is_conditional_create(facts) && reply.status == 200 {
        reply.status = 201;
    }
}

pub fn several_matches_are_bad_request(_: &Facts, reply: &mut Reply) {
    if reply.status == 412 && String::from_utf8_lossy(&reply.body).contains("multiple-matches") {
        reply.status = 400;
    }
}

pub fn update_create_answers_200(facts: &Facts, reply: &mut Reply) {
    if matches!(facts.interaction, Some(Interaction::ConditionalUpdate(_))) && reply.status == 201 {
        reply.status = 200;
    }
}

pub fn delete_is_refused(_: &Request, interaction: &Interaction) -> Option<Problem> {
    matches!(interaction, Interaction::ConditionalDelete(_))
        .then(|| Problem::precondition("nothing is deleted by a search"))
}

pub fn update_is_server_error(_: &Request, interaction: &Interaction) -> Option<Problem> {
    let failure = || Problem::new(500, "exception", "the update failed");
    matches!(interaction, Interaction::ConditionalUpdate(_)).then(failure)
}

pub fn patch_without_match_is_fine(facts: &Facts, reply: &mut Reply) {
    if matches!(facts.interaction, Some(Interaction::ConditionalPatch(_))) && reply.status == 404 {
        reply.status = 200;
    }
}

fn is_conditional_create(facts: &Facts) -> bool {
    matches!(facts.interaction, Some(Interaction::Create(_)))
        && facts.request.headers.get("If-None-Exist").is_some()
}
