//! Ending a run early.

use std::sync::Arc;

use tokio::sync::watch;

/// How far a run is asked to stop.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Stop {
    /// It goes on.
    #[default]
    No,
    /// No new step; cleanup is done.
    Gently(Arc<str>),
    /// No cleanup either.
    AtOnce(Arc<str>),
}

impl Stop {
    /// Why; `None` where it goes on.
    pub fn reason(&self) -> Option<&Arc<str>> {
        match self {
            Self::No => None,
            Self::Gently(reason) | Self::AtOnce(reason) => Some(reason),
        }
    }
}

/// The handle by which a run is stopped, from wherever.
#[derive(Debug, Clone)]
pub struct Stopper {
    sender: Arc<watch::Sender<Stop>>,
}

impl Default for Stopper {
    fn default() -> Self {
        Self {
            sender: Arc::new(watch::Sender::new(Stop::No)),
        }
    }
}

impl Stopper {
    /// Asks for a stop with cleanup; asked again, without. The first reason stays.
    pub fn stop(&self, reason: &str) {
        self.sender.send_modify(|stop| {
            *stop = match std::mem::take(stop) {
                Stop::No => Stop::Gently(reason.into()),
                Stop::Gently(first) | Stop::AtOnce(first) => Stop::AtOnce(first),
            }
        });
    }

    /// Asks for a stop without cleanup: there is nobody to clean up at.
    pub fn stop_at_once(&self, reason: &str) {
        self.sender.send_modify(|stop| {
            let first = stop.reason().cloned();
            *stop = Stop::AtOnce(first.unwrap_or_else(|| reason.into()));
        });
    }

    /// How far it is asked to stop.
    pub fn state(&self) -> Stop {
        self.sender.borrow().clone()
    }

    /// Resolves once it is asked to stop.
    pub async fn stopped(&self) {
        let mut receiver = self.sender.subscribe();
        // invariant: the sender lives in `self`, so waiting cannot fail.
        let _ = receiver.wait_for(|stop| *stop != Stop::No).await;
    }
}
