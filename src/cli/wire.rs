//! The HTTP wire as a run's way to the supplier.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use crate::protocol::Outgoing;
use crate::protocol::http::config::Config;
use crate::protocol::http::wire::{Limits, Wire};
use crate::run::{Sent, Transport};
use crate::store::now;

/// A wire with its limits.
#[derive(Debug)]
pub struct Wired {
    wire: Wire,
    limits: Limits,
}

impl Wired {
    /// The way to a system.
    pub fn new(config: Config, limits: Limits) -> Self {
        Self {
            wire: Wire::new(config),
            limits,
        }
    }
}

impl Transport for Wired {
    fn exchange<'a>(
        &'a self,
        outgoing: &'a Outgoing,
        within: Option<Duration>,
    ) -> Pin<Box<dyn Future<Output = Sent> + Send + 'a>> {
        let limits = Limits {
            deadline: within.unwrap_or(self.limits.deadline),
            ..self.limits
        };
        Box::pin(async move {
            let recorded = self.wire.exchange(outgoing, limits, &now).await;
            Sent {
                request: recorded.request,
                outcome: recorded.outcome,
                connection: recorded.connection,
                timing: recorded.timing,
            }
        })
    }
}
