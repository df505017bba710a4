//! Defects of batches and transactions.

use super::Facts;
use super::tools::{each_entry, without_body};
use crate::serve::fhir_r4::call::Answer;
use crate::serve::fhir_r4::json::Json;
use crate::serve::fhir_r4::message::Reply;
use crate::serve::fhir_r4::problem::Problem;
use crate::serve::fhir_r4::route::Interaction;

pub fn transaction_answers_as_batch(facts: &Facts, answer: &mut Answer) {
    retype(facts, answer, "transaction-response", "batch-response");
}

pub fn batch_answers_as_transaction(facts: &Facts, answer: &mut Answer) {
    retype(facts, answer, "batch-response", "transaction-response");
}

pub fn without_status(facts: &Facts, answer: &mut Answer) {
    drop_from_responses(facts, answer, "status");
}

pub fn without_location(facts: &Facts, answer: &mut Answer) {
    drop_from_responses(facts, answer, "location");
}

pub fn location_leads_nowhere(facts: &Facts, answer: &mut Answer) {
    let bundle = answer
        .body
        .as_mut()
        .filter(|body| is_bundle(facts) && body.text("type") == Some("transaction-response"));
    let Some(bundle) = bundle else { return };
    each_entry(bundle, &|entry| {
        let Some(response) = entry.get_mut("response") else {
            return;
        };
        if let Some(location) = response
            .text("location")
            .map(|location| location.replacen("/_history/", "0/_history/", 1))
        {
            response.set("location", location);
        }
    });
}

pub fn without_etags(facts: &Facts, answer: &mut Answer) {
    drop_from_responses(facts, answer, "etag");
}

pub fn unoffered_are_fine(facts: &Facts, answer: &mut Answer) {
    if is_bundle(facts) {
        let body = Json::object([
            ("resourceType", "Bundle".into()),
            ("type", "transaction-response".into()),
        ]);
        *answer = Answer::ok(body);
    }
}

pub fn batch_failure_without_outcome(facts: &Facts, answer: &mut Answer) {
    let bundle = answer
        .body
        .as_mut()
        .filter(|body| is_bundle(facts) && body.text("type") == Some("batch-response"));
    if let Some(bundle) = bundle {
        each_entry(bundle, &|entry| {
            if let Some(response) = entry.get_mut("response") {
                response.remove("outcome");
            }
        });
    }
}

pub fn failed_transaction_is_fine(facts: &Facts, answer: &mut Answer) {
    let transaction = is_bundle(facts) && sent_transaction(facts) && answer.status >= 400;
    let Some(outcome) = answer.body.clone().filter(|_| transaction) else {
        return;
    };
    let response = Json::object([
        ("status", answer.status.to_string().into()),
        ("outcome", outcome),
    ]);
    answer.status = 200;
    answer.body = Some(Json::object([
        ("resourceType", "Bundle".into()),
        ("type", "transaction-response".into()),
        (
            "entry",
            Json::list([Json::object([("response", response)])]),
        ),
    ]));
}

pub fn failed_without_outcome(facts: &Facts, reply: &mut Reply) {
    if is_bundle(facts) && reply.status >= 400 {
        without_body(reply);
    }
}

pub fn empty_is_refused(facts: &Facts, answer: &mut Answer) {
    let empty = is_bundle(facts)
        && answer.status == 200
        && answer
            .body
            .as_ref()
            .is_some_and(|body| body.get("entry").is_none());
    if empty {
        let problem = Problem::bad_request("the Bundle has no entries");
        *answer = Answer {
            status: 400,
            body: Some(problem.outcome()),
            headers: problem.headers,
        };
    }
}

pub fn incomplete_entries_are_server_errors(facts: &Facts, reply: &mut Reply) {
    let text = String::from_utf8_lossy(&reply.body);
    let incomplete = text.contains("has no request")
        || text.contains("has no resource")
        || text.contains("is missing");
    if is_bundle(facts) && (400..500).contains(&reply.status) && incomplete {
        reply.status = 500;
    }
}

fn is_bundle(facts: &Facts) -> bool {
    facts.interaction == Some(&Interaction::Bundle)
}

fn sent_transaction(facts: &Facts) -> bool {
    let text = String::from_utf8_lossy(&facts.request.body);
    text.contains("\"transaction\"")
}

fn retype(facts: &Facts, answer: &mut Answer, from: &str, to: &str) {
    let bundle = answer
        .body
        .as_mut()
        .filter(|body| is_bundle(facts) && body.text("type") == Some(from));
    if let Some(bundle) = bundle {
        bundle.set("type", to);
    }
}

fn drop_from_responses(facts: &Facts, answer: &mut Answer, name: &str) {
    let bundle = answer
        .body
        .as_mut()
        .filter(|body| is_bundle(facts) && body.text("type") == Some("transaction-response"));
    if let Some(bundle) = bundle {
        each_entry(bundle, &|entry| {
            if let Some(response) = entry.get_mut("response") {
                response.remove(name);
            }
        });
    }
}
