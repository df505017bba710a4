//! What a write answers, as the client prefers it.

use crate::serve::fhir_r4::call::{Answer, Call, Context};
use crate::serve::fhir_r4::message::Headers;
use crate::serve::fhir_r4::prefer::Return;
use crate::serve::fhir_r4::problem::information;
use crate::serve::fhir_r4::store::Version;

/// The answer to a write that stored (or found) a version.
pub fn written(context: &Context, call: &Call, status: u16, version: &Version) -> Answer {
    let body = match call.prefer.returns {
        Return::Minimal => None,
        Return::Unsaid | Return::Representation => version.resource.clone(),
        Return::OperationOutcome => Some(information(format!("{} is stored", version.location()))),
    };
    let mut answer = Answer::about(status, version, body);
    if status == 201 {
        answer.headers.set(
            "Location",
            format!("{}/{}", context.base, version.location()),
        );
    }
    answer
}

/// The answer to a delete. It is the same whether something was there or not.
pub fn gone(call: &Call, version: Option<&Version>) -> Answer {
    let asked = call.prefer.returns == Return::OperationOutcome;
    let body = asked.then(|| information("nothing is there any more"));
    let status = if body.is_some() { 200 } else { 204 };
    let mut answer = Answer {
        status,
        headers: Headers::default(),
        body,
    };
    if let Some(etag) = version.and_then(Version::etag) {
        answer.headers.set("ETag", etag);
    }
    answer
}
