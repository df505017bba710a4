//! Exchanges in a run file.

use serde::{Deserialize, Serialize};

use super::body::{self, LargeBody, Lies, StoredBody};
use crate::model::{
    CaseId, Connection, Exchange, Fault, Headers, Instant, Outcome, Reply, Request, RoleId, Side,
    Timing,
};

const NO_OUTCOME: &str = "an exchange has a reply or a fault, and not both";

/// An exchange as it is stored.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StoredExchange {
    /// Counts from 1.
    pub number: u32,
    /// The case that it belongs to.
    pub case: CaseId,
    /// The step's index.
    pub step: u32,
    /// Counts from 0 where a step polls.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub attempt: u32,
    from: RoleId,
    to: RoleId,
    at: Instant,
    request: StoredRequest,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reply: Option<StoredReply>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    fault: Option<Fault>,
    connection: Connection,
    timing: Timing,
}

impl StoredExchange {
    /// When it ended.
    pub fn ended(&self) -> Instant {
        Instant::from_micros(
            self.at
                .as_micros()
                .saturating_add(i64::try_from(self.timing.total).unwrap_or(i64::MAX)),
        )
    }

    /// Whether the line alone can be restored, and where the bodies lie.
    ///
    /// # Errors
    /// Neither reply nor fault, or both; a body that is no Base64.
    pub fn check(&self) -> Result<Lies, String> {
        if self.reply.is_some() == self.fault.is_some() {
            return Err(NO_OUTCOME.into());
        }
        let reply = self.reply.as_ref().and_then(|reply| reply.body.as_ref());
        Ok(body::check(self.request.body.as_ref())?.max(body::check(reply)?))
    }
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde asks for a reference"
)]
fn is_zero(number: &u32) -> bool {
    *number == 0
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredRequest {
    method: String,
    url: String,
    headers: Headers,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    body: Option<StoredBody>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredReply {
    status: u16,
    version: String,
    headers: Headers,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    body: Option<StoredBody>,
}

/// An exchange as it is stored, and the bodies that go to files of their own.
pub fn store(exchange: &Exchange) -> (StoredExchange, Vec<LargeBody>) {
    let mut large = Vec::new();
    let number = exchange.number;
    let request = StoredRequest {
        method: exchange.request.method.clone(),
        url: exchange.request.url.clone(),
        headers: exchange.request.headers.clone(),
        body: body::store(&exchange.request.body, number, Side::Request, &mut large),
    };
    let (reply, fault) = match &exchange.outcome {
        Outcome::Failed(fault) => (None, Some(fault.clone())),
        Outcome::Replied(reply) => {
            let body = body::store(&reply.body, number, Side::Reply, &mut large);
            let reply = StoredReply {
                status: reply.status,
                version: reply.version.clone(),
                headers: reply.headers.clone(),
                body,
            };
            (Some(reply), None)
        }
    };
    let stored = StoredExchange {
        number,
        case: exchange.case.clone(),
        step: exchange.step,
        attempt: exchange.attempt,
        from: exchange.from.clone(),
        to: exchange.to.clone(),
        at: exchange.at,
        request,
        reply,
        fault,
        connection: exchange.connection.clone(),
        timing: exchange.timing,
    };
    (stored, large)
}

/// The exchange that was stored; large bodies are asked for by their path.
///
/// # Errors
/// What [`StoredExchange::check`] says; a body that is not there, or has changed.
pub fn restore(
    stored: StoredExchange,
    read: &dyn Fn(&str) -> Result<Vec<u8>, String>,
) -> Result<Exchange, String> {
    let request = Request {
        method: stored.request.method,
        url: stored.request.url,
        headers: stored.request.headers,
        body: body::restore(stored.request.body, read)?,
    };
    let outcome = match (stored.reply, stored.fault) {
        (Some(reply), None) => Outcome::Replied(Reply {
            status: reply.status,
            version: reply.version,
            headers: reply.headers,
            body: body::restore(reply.body, read)?,
        }),
        (None, Some(fault)) => Outcome::Failed(fault),
        (Some(_), Some(_)) | (None, None) => return Err(NO_OUTCOME.into()),
    };
    Ok(Exchange {
        number: stored.number,
        case: stored.case,
        step: stored.step,
        attempt: stored.attempt,
        from: stored.from,
        to: stored.to,
        at: stored.at,
        request,
        outcome,
        connection: stored.connection,
        timing: stored.timing,
    })
}
