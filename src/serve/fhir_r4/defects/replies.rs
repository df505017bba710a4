//! Defects of finished replies.

use super::Facts;
use crate::serve::fhir_r4::message::Reply;
use crate::serve::fhir_r4::route::Interaction;

pub(super) fn create_answers_200(facts: &Facts, reply: &mut Reply) {
    if matches!(facts.interaction, Some(Interaction::Create(_))) && reply.status == 201 {
        reply.status = 200;
    }
}

pub(super) fn read_without_etag(facts: &Facts, reply: &mut Reply) {
    if matches!(facts.interaction, Some(Interaction::Read(_))) {
        reply.headers.remove("ETag");
    }
}
