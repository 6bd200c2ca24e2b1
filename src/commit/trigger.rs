//! When a partition is announced.
//!
//! Pure: time and watermark are arguments. The watermark to pass in is the one of the published checkpoint, never the live
//! one, so that what a reader is told about is what it can see.

use std::fmt;
use std::time::Duration;

use chrono_tz::Tz;

use crate::checkpoint::Pending;
pub use crate::partition_time::Extractor;
use crate::time::{Timestamp, Watermark};

/// What makes a partition due.
#[derive(Debug, Clone, PartialEq)]
pub enum Trigger {
    /// The wall clock: `delay` after the partition's first rows were checkpointed.
    ProcessTime {
        /// How long to wait; zero announces after every checkpoint that brought rows.
        delay: Duration,
    },
    /// The watermark: `delay` after the time that the partition's values name.
    PartitionTime {
        /// How long the watermark must be past the partition's time: usually the length of a partition.
        delay: Duration,
        /// Zone in which partition values are read.
        zone: Tz,
        /// How values become a time.
        extractor: Extractor,
    },
    /// The source's end: a backfill swaps no partition that may still get rows.
    End,
}

/// Whether a partition can be announced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Readiness {
    /// Now.
    Due,
    /// Not yet, and what for.
    Waiting(Waiting),
}

/// What a partition waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Waiting {
    /// The watermark must pass `needs`.
    Watermark {
        /// The time that the watermark must be later than.
        needs: Timestamp,
        /// The watermark now, if there is one.
        has: Option<Watermark>,
    },
    /// The clock must pass this time.
    Until(Timestamp),
    /// All of the source must have been read.
    End,
}

impl Trigger {
    /// Gives the partition's time plus the delay.
    ///
    /// `None` for the process-time trigger, and if the values name no time (`__HIVE_DEFAULT_PARTITION__`): such a partition
    /// is due by the process-time rule with the same delay, where Flink fails the job.
    ///
    /// A local time that a change of clocks skips counts as that much later; one that happens twice counts as the earlier.
    ///
    /// Source: Flink `PartitionTimeCommitPredicate`; Java `LocalDateTime.atZone` for skipped and repeated times.
    pub fn threshold(&self, path: &str) -> Option<Timestamp> {
        match self {
            Self::ProcessTime { .. } | Self::End => None,
            Self::PartitionTime { delay, zone, extractor } => {
                Some(extractor.instant(path, *zone)?.plus(*delay))
            }
        }
    }

    /// Tells whether the partition is due; later than its time, not at it.
    ///
    /// Source: Flink `PartitionTimeCommitPredicate`, `ProcTimeCommitPredicate`.
    pub fn check(
        &self,
        pending: &Pending,
        watermark: Option<Watermark>,
        now: Timestamp,
    ) -> Readiness {
        if let Some(needs) = self.threshold(&pending.key.path) {
            return match watermark {
                Some(has) if has > needs => Readiness::Due,
                has => Readiness::Waiting(Waiting::Watermark { needs, has }),
            };
        }
        let delay = match self {
            Self::ProcessTime { delay } | Self::PartitionTime { delay, .. } => delay,
            Self::End => return Readiness::Waiting(Waiting::End),
        };
        let until = pending.first_seen.plus(*delay);
        if delay.is_zero() || now > until {
            Readiness::Due
        } else {
            Readiness::Waiting(Waiting::Until(until))
        }
    }
}

impl fmt::Display for Waiting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Watermark { needs, has: Some(has) } => {
                write!(f, "waiting for watermark later than {needs}, now {has}")
            }
            Self::Watermark { needs, has: None } => {
                write!(f, "waiting for watermark later than {needs}, none yet")
            }
            Self::Until(time) => write!(f, "waiting until after {time}"),
            Self::End => f.write_str("waiting until all of the source is read"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::names::CheckpointId;
    use crate::write::{PartitionKey, Target};

    const HOUR: Duration = Duration::from_hours(1);

    fn pending(path: &str, first_seen: i64) -> Pending {
        Pending {
            key: PartitionKey { target: Target::Table, path: path.to_owned() },
            first_seen: Timestamp(first_seen),
            last_rows: Timestamp(first_seen),
            last_checkpoint: CheckpointId(1),
            due: None,
            rows: 1,
            files: 1,
            bytes: 1,
            raw_bytes: 1,
            held: Vec::new(),
        }
    }

    fn hourly(zone: Tz, delay: Duration) -> Trigger {
        let columns = ["d".to_owned(), "e".to_owned()];
        let extractor = Extractor::new(Some("$d $e:00:00"), None, &columns).unwrap();
        Trigger::PartitionTime { delay, zone, extractor }
    }

    #[test]
    fn partition_time_is_read_in_its_zone() {
        use chrono_tz::{America::New_York, Asia::Shanghai, Pacific::Apia};
        for (zone, path, want) in [
            (Tz::UTC, "d=2020-05-03/e=7", 1_588_489_200_000),
            (Shanghai, "d=2020-05-03/e=7", 1_588_460_400_000),
            (Shanghai, "d=2020-05-03/e=07", 1_588_460_400_000),
            // Clocks go from 02:00 to 03:00: 02:00 counts as 03:00.
            (New_York, "d=2026-03-08/e=1", 1_772_949_600_000),
            (New_York, "d=2026-03-08/e=2", 1_772_953_200_000),
            (New_York, "d=2026-03-08/e=3", 1_772_953_200_000),
            // Clocks go from 02:00 back to 01:00: the first 01:00 counts.
            (New_York, "d=2026-11-01/e=1", 1_793_509_200_000),
            (New_York, "d=2026-11-01/e=2", 1_793_516_400_000),
            // A day that Samoa never had: 24 hours later.
            (Apia, "d=2011-12-30/e=12", 1_325_282_400_000),
            (Apia, "d=2011-12-31/e=12", 1_325_282_400_000),
        ] {
            let got = hourly(zone, Duration::ZERO).threshold(path);
            assert_eq!(got, Some(Timestamp(want)), "{zone} {path}");
        }
    }

    #[test]
    fn partition_time_compares_strictly() {
        let trigger = hourly(Tz::UTC, HOUR);
        let partition = pending("d=1970-01-01/e=1", 0);
        let needs = Timestamp(7_200_000);
        assert_eq!(trigger.threshold("d=1970-01-01/e=1"), Some(needs));
        let far = Timestamp(i64::MAX);
        for (watermark, due) in [
            (None, false),
            (Some(7_199_999), false),
            (Some(7_200_000), false),
            (Some(7_200_001), true),
        ] {
            let has = watermark.map(Timestamp);
            let want = if due {
                Readiness::Due
            } else {
                Readiness::Waiting(Waiting::Watermark { needs, has })
            };
            assert_eq!(trigger.check(&partition, has, far), want, "{watermark:?}");
        }
    }

    #[test]
    fn process_time_compares_strictly_unless_there_is_no_delay() {
        let partition = pending("d=1970-01-01/e=1", 500);
        for (delay, now, due) in
            [(0, 0, true), (0, 500, true), (100, 599, false), (100, 600, false), (100, 601, true)]
        {
            let trigger = Trigger::ProcessTime { delay: Duration::from_millis(delay) };
            let want = if due {
                Readiness::Due
            } else {
                Readiness::Waiting(Waiting::Until(Timestamp(600)))
            };
            assert_eq!(trigger.check(&partition, None, Timestamp(now)), want, "{delay} {now}");
            assert_eq!(trigger.threshold("d=1970-01-01/e=1"), None);
        }
    }

    #[test]
    fn values_that_name_no_time_wait_by_the_clock() {
        let trigger = hourly(Tz::UTC, HOUR);
        for path in ["d=__HIVE_DEFAULT_PARTITION__/e=1", "d=unknown/e=1", "d=2020-01-01", ""] {
            assert_eq!(trigger.threshold(path), None, "{path}");
            let partition = pending(path, 0);
            let wait = Readiness::Waiting(Waiting::Until(Timestamp(3_600_000)));
            let watermark = Some(Timestamp(i64::MAX));
            assert_eq!(trigger.check(&partition, watermark, Timestamp(3_600_000)), wait, "{path}");
            let got = trigger.check(&partition, None, Timestamp(3_600_001));
            assert_eq!(got, Readiness::Due, "{path}");
        }
    }

    #[test]
    fn a_reason_reads_well() {
        let needs = Timestamp(1_767_272_400_000);
        let has = Some(Timestamp(1_767_268_620_000));
        assert_eq!(
            Waiting::Watermark { needs, has }.to_string(),
            "waiting for watermark later than 2026-01-01 13:00:00.000, now 2026-01-01 11:57:00.000"
        );
        assert_eq!(
            Waiting::Watermark { needs, has: None }.to_string(),
            "waiting for watermark later than 2026-01-01 13:00:00.000, none yet"
        );
        assert_eq!(
            Waiting::Until(needs).to_string(),
            "waiting until after 2026-01-01 13:00:00.000"
        );
    }

    #[test]
    fn an_endless_delay_does_not_wrap() {
        let trigger = hourly(Tz::UTC, Duration::MAX);
        assert_eq!(trigger.threshold("d=2020-01-01/e=1"), Some(Timestamp(i64::MAX)));
    }
}
