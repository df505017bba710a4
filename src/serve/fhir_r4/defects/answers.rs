//! Defects of answers.

use super::Facts;
use crate::serve::fhir_r4::call::Answer;
use crate::serve::fhir_r4::problem::Problem;
use crate::serve::fhir_r4::route::Interaction;

pub(super) fn capability_missing(facts: &Facts, answer: &mut Answer) {
    if facts.interaction == Some(&Interaction::Capabilities) {
        let problem = Problem::not_found("there is nothing at this path");
        *answer = Answer {
            status: problem.status,
            body: Some(problem.outcome()),
            headers: problem.headers,
        };
    }
}
