//! How fast a pipeline may read.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::time::Timestamp;

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Rows.
    Rows,
    /// Bytes of what is read, before it is decoded; rows of sources that have no bytes.
    Bytes,
}

/// Most that a pipeline may read in a second.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RateLimit {
    /// How much; not zero.
    pub per_second: u64,
    /// Of what.
    pub unit: Unit,
}

/// Shared by the lanes of a pipeline: who has read more than the limit allows waits until it does.
///
/// A block is read whole, so the rate is kept over some blocks and not within one. What was not read while there was
/// nothing to read is not caught up, but for the last tenth of a second.
#[derive(Debug)]
pub struct Pace {
    limit: Option<RateLimit>,
    /// Until when what was read is paid for. Units: nanoseconds since 1970.
    paid_until: Mutex<i128>,
}

/// What may be caught up.
const BURST: Duration = Duration::from_millis(100);

impl Pace {
    /// Makes a pace; without a limit nobody waits.
    pub fn new(limit: Option<RateLimit>) -> Self {
        Self { limit, paid_until: Mutex::new(0) }
    }

    /// Tells how long a lane must wait before it reads on.
    pub fn wait(&self, now: Timestamp) -> Duration {
        if self.limit.is_none() {
            return Duration::ZERO;
        }
        let ahead = *self.paid_until.lock().unwrap_or_else(PoisonError::into_inner) - nanos(now);
        u64::try_from(ahead).map_or(Duration::ZERO, Duration::from_nanos)
    }

    /// Takes note of what a lane has read.
    pub fn read(&self, rows: u64, bytes: u64, now: Timestamp) {
        let Some(limit) = self.limit else { return };
        let amount = match limit.unit {
            Unit::Bytes if bytes > 0 => bytes,
            Unit::Bytes | Unit::Rows => rows,
        };
        let cost = i128::from(amount) * 1_000_000_000 / i128::from(limit.per_second.max(1));
        let mut paid = self.paid_until.lock().unwrap_or_else(PoisonError::into_inner);
        let earliest = nanos(now) - BURST.as_nanos().cast_signed();
        *paid = (*paid).max(earliest) + cost;
    }
}

fn nanos(at: Timestamp) -> i128 {
    i128::from(at.0) * 1_000_000
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_read_is_paid_for_with_time() {
        for (unit, rows, bytes) in
            [(Unit::Rows, 1000, 7), (Unit::Bytes, 7, 1000), (Unit::Bytes, 1000, 0)]
        {
            let pace = Pace::new(Some(RateLimit { per_second: 1000, unit }));
            let now = Timestamp(1_000_000);
            assert_eq!(pace.wait(now), Duration::ZERO);
            pace.read(rows, bytes, now);
            assert_eq!(pace.wait(now), Duration::from_millis(900), "a tenth is given in advance");
            pace.read(rows, bytes, now);
            assert_eq!(pace.wait(Timestamp(1_001_000)), Duration::from_millis(900));
            // After a long silence nothing is caught up.
            let later = Timestamp(9_000_000);
            assert_eq!(pace.wait(later), Duration::ZERO);
            pace.read(rows, bytes, later);
            assert_eq!(pace.wait(later), Duration::from_millis(900));
        }
        let free = Pace::new(None);
        free.read(u64::MAX, u64::MAX, Timestamp(0));
        assert_eq!(free.wait(Timestamp(0)), Duration::ZERO);
    }
}
