//! The way to the supplier.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use crate::model::{Connection, Outcome, Request, Timing};
use crate::protocol::Outgoing;

/// What came of sending a message: an exchange without its place in the run.
#[derive(Debug, Clone)]
pub struct Sent {
    /// What was sent, secrets redacted.
    pub request: Request,
    /// How it ended.
    pub outcome: Outcome,
    /// The connection that carried it.
    pub connection: Connection,
    /// How long it took.
    pub timing: Timing,
}

/// The way to one supplier's system.
pub trait Transport: Send + Sync {
    /// Sends a message and waits for its reply, at most as long as the step's own deadline, where it has one.
    fn exchange<'a>(
        &'a self,
        outgoing: &'a Outgoing,
        within: Option<Duration>,
    ) -> Pin<Box<dyn Future<Output = Sent> + Send + 'a>>;
}
