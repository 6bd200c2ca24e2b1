//! Points in time, and the clock as a port.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// A point in time, or an event time. Units: milliseconds since 1970-01-01 00:00 UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// Gives the time from microseconds, rounded down to milliseconds as Flink's watermarks are.
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros.div_euclid(1000))
    }

    /// Adds a duration; stays at the largest time instead of wrapping.
    #[must_use]
    pub fn plus(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)))
    }

    /// Gives the time that has passed since `earlier`, zero if it lies ahead.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match chrono::DateTime::from_timestamp_millis(self.0) {
            Some(t) => write!(f, "{}", t.format("%Y-%m-%d %H:%M:%S%.3f")),
            None => write!(f, "{} ms", self.0),
        }
    }
}

/// The promise that no row with an earlier event time is expected.
pub type Watermark = Timestamp;

/// Where the time comes from: the wall clock in production, a number in the simulation.
pub trait Clock: Send + Sync + fmt::Debug {
    /// Gives the time now.
    fn now(&self) -> Timestamp;
}
