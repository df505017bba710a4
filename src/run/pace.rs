//! Politeness: how many cases at once, and how many requests a second.

use std::num::NonZeroU16;
use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::Instant;

/// The pace of a run.
#[derive(Debug)]
pub struct Pace {
    /// How many cases run side by side.
    pub jobs: NonZeroU16,
    /// The least time between the starts of two requests; zero means no limit.
    interval: Duration,
    next: Mutex<Option<Instant>>,
}

impl Pace {
    /// A pace of so many cases at once, and a least time between two requests.
    pub fn new(jobs: NonZeroU16, interval: Duration) -> Self {
        Self {
            jobs,
            interval,
            next: Mutex::new(None),
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
