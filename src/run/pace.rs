//! Politeness: how many cases at once, and how many requests a second.

use std::num::NonZeroU16;
use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::Instant;

/// How the pauses of polling steps are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Waits {
    AsAsked,
    Short,
}

/// The pace of a run.
#[derive(Debug)]
pub struct Pace {
    /// How many cases run side by side.
    pub jobs: NonZeroU16,
    /// The least time between the starts of two requests; zero means no limit.
    interval: Duration,
    waits: Waits,
    next: Mutex<Option<Instant>>,
}

impl Pace {
    /// A pace of so many cases at once, and a least time between two requests.
    pub fn new(jobs: NonZeroU16, interval: Duration) -> Self {
        Self {
            jobs,
            interval,
            waits: Waits::AsAsked,
            next: Mutex::new(None),
        }
    }

    /// The same, where nothing gets better by waiting: pauses of polling steps are cut short.
    pub fn impatient(self) -> Self {
        Self {
            waits: Waits::Short,
            ..self
        }
    }

    /// How long a polling step really pauses.
    pub fn pause(&self, asked: Duration) -> Duration {
        match self.waits {
            Waits::AsAsked => asked,
            Waits::Short => asked / 100,
        }
    }

    /// Waits until the next request may start.
    pub async fn turn(&self) {
        if self.interval.is_zero() {
            return;
        }
        let mut next = self.next.lock().await;
        let now = Instant::now();
        let slot = next.unwrap_or(now).max(now);
        *next = Some(slot + self.interval);
        drop(next);
        tokio::time::sleep_until(slot).await;
    }
}
