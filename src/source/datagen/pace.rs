//! When the rows of a split are due.

use std::time::Duration;

use crate::time::Timestamp;

/// Rows of less time than this are not worth a batch.
const BATCH_TIME: Duration = Duration::from_millis(50);
/// A split that could not keep up makes up for so much time, not more.
const MAX_CREDIT: Duration = Duration::from_secs(1);

/// Deals out the rows of one split evenly over time. Pure.
#[derive(Debug)]
pub(super) struct Pace {
    /// Rows in a second of all splits.
    rate: u64,
    /// Number of splits.
    of: u64,
    /// Position that was due at `begin`.
    from: u64,
    begin: Timestamp,
    seen: Timestamp,
}

impl Pace {
    pub(super) fn new(rate: u64, of: u64, from: u64, now: Timestamp) -> Self {
        Self { rate, of, from, begin: now, seen: now }
    }

    /// Gives the number of rows from `next` on that may be given out now.
    pub(super) fn due(&mut self, next: u64, now: Timestamp) -> u64 {
        if now < self.seen {
            // The clock was set back: the pace begins anew.
            (self.from, self.begin) = (next, now);
        }
        self.seen = now;
        let due = self.rows_in(now.since(self.begin)).saturating_sub(next - self.from);
        let credit = self.rows_in(MAX_CREDIT).max(1);
        if due <= credit {
            return due;
        }
        self.from = next;
        self.begin = Timestamp(now.0.saturating_sub_unsigned(millis(MAX_CREDIT)));
        credit
    }

    /// Gives the time until a batch of up to `rows` is due.
    pub(super) fn wait(&mut self, next: u64, rows: u64, now: Timestamp) -> Duration {
        let worth = self.rows_in(BATCH_TIME).clamp(1, rows.max(1));
        let due = self.due(next, now);
        if due >= worth {
            return Duration::ZERO;
        }
        let until = (next - self.from).saturating_add(worth);
        let nanos = u128::from(until) * u128::from(self.of) * 1_000_000_000 / u128::from(self.rate);
        let until = Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX));
        until.saturating_sub(now.since(self.begin)).max(Duration::from_micros(1))
    }

    fn rows_in(&self, time: Duration) -> u64 {
        let rows = time.as_millis() * u128::from(self.rate) / (u128::from(self.of) * 1000);
        u64::try_from(rows).unwrap_or(u64::MAX)
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deals_rows_out_evenly() {
        // Rate, splits, then (time in ms, rows due, wait in ms), each taking all that is due.
        type Step = (i64, u64, u64);
        let table: &[(u64, u64, &[Step])] = &[
            (1000, 1, &[(0, 0, 50), (10, 10, 40), (60, 50, 0), (1060, 1000, 0), (9060, 1000, 0)]),
            (1000, 4, &[(0, 0, 48), (100, 25, 0), (200, 25, 0)]),
            (1, 2, &[(0, 0, 2000), (1999, 0, 1), (2000, 1, 0), (3000, 0, 1000), (4000, 1, 0)]),
            (1000, 1, &[(100, 100, 0), (50, 0, 50), (70, 20, 30), (110, 40, 10)]),
            (u64::MAX, 1, &[(0, 0, 0), (1, u64::MAX / 1000, 0)]),
        ];
        for (rate, of, steps) in table {
            let mut pace = Pace::new(*rate, *of, 7, Timestamp(0));
            let mut next = 7;
            for (now, due, wait) in *steps {
                let waits = pace.wait(next, 8192, Timestamp(*now));
                assert_eq!(waits.as_millis(), u128::from(*wait), "{rate}/{of} at {now}");
                let rows = pace.due(next, Timestamp(*now));
                assert_eq!(rows, *due, "{rate}/{of} at {now}");
                next += rows;
            }
        }
    }
}
