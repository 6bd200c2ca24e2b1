//! When a failed step is tried again.

use std::time::Duration;

use crate::time::Timestamp;

/// First and longest pause before a failed action is tried again.
const BACK_OFF: (Duration, Duration) = (Duration::from_millis(200), Duration::from_secs(30));

/// Counts failed attempts and says when the next one is due.
#[derive(Debug, Default)]
pub(super) struct Retry {
    pub(super) attempts: u32,
    at: Option<Timestamp>,
}

impl Retry {
    pub(super) fn fail(&mut self, now: Timestamp) -> Timestamp {
        let pause = BACK_OFF.0.saturating_mul(1 << self.attempts.min(20)).min(BACK_OFF.1);
        self.attempts += 1;
        let at = now.plus(pause);
        self.at = Some(at);
        at
    }

    pub(super) fn waits(&self, now: Timestamp) -> bool {
        self.at.is_some_and(|at| at > now)
    }

    pub(super) fn due(&mut self, now: Timestamp) -> bool {
        self.at.is_some_and(|at| at <= now) && self.at.take().is_some()
    }

    pub(super) fn hurry(&mut self, now: Timestamp) {
        self.at = self.at.map(|at| at.min(now));
    }

    pub(super) fn reset(&mut self) {
        *self = Self::default();
    }
}
