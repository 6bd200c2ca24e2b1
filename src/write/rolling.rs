//! When an open part file closes. Pure.

use std::time::Duration;

use crate::time::Timestamp;

/// When an open part file closes; Flink's `sink.rolling-policy.*`. Every file also closes at a checkpoint.
#[derive(Debug, Clone)]
pub struct RollingPolicy {
    /// `file-size`: bytes of a full file.
    pub file_size: u64,
    /// `rollover-interval`: longest time a file is open.
    pub rollover_interval: Duration,
    /// `inactivity-interval`: longest time a file is open without new rows.
    pub inactivity_interval: Duration,
    /// `check-interval`: how often the two intervals are looked at.
    pub check_interval: Duration,
}

/// Why a file closes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RollReason {
    /// It is full.
    Size,
    /// It has been open for long enough.
    Age,
    /// It has had no rows for long enough.
    Inactivity,
    /// A checkpoint needs it whole.
    Checkpoint,
    /// There are too many open files for the memory.
    Memory,
}

/// What the policy looks at. Units: bytes, milliseconds.
#[derive(Debug, Clone, Copy)]
pub struct FileState {
    /// Encoded bytes so far.
    pub bytes: u64,
    /// When its first rows came.
    pub opened_at: Timestamp,
    /// When its latest rows came.
    pub last_rows_at: Timestamp,
}

impl RollingPolicy {
    /// Tells whether and why a file closes now.
    ///
    /// Source: Flink `FileSystemTableSink.TableRollingPolicy` (size tested on every write, ages by a timer).
    pub fn should_roll(&self, file: &FileState, now: Timestamp) -> Option<RollReason> {
        if file.bytes >= self.file_size {
            Some(RollReason::Size)
        } else if now.since(file.opened_at) >= self.rollover_interval {
            Some(RollReason::Age)
        } else if now.since(file.last_rows_at) >= self.inactivity_interval {
            Some(RollReason::Inactivity)
        } else {
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_roll_by_size_then_age_then_silence() {
        let policy = RollingPolicy {
            file_size: 100,
            rollover_interval: Duration::from_millis(1000),
            inactivity_interval: Duration::from_millis(300),
            check_interval: Duration::from_millis(10),
        };
        let cases = [
            (99, 0, 0, 299, None),
            (99, 0, 0, 300, Some(RollReason::Inactivity)),
            (100, 0, 0, 0, Some(RollReason::Size)),
            (0, 0, 900, 999, None),
            (0, 0, 900, 1000, Some(RollReason::Age)),
        ];
        for (bytes, opened, last, now, expected) in cases {
            let file =
                FileState { bytes, opened_at: Timestamp(opened), last_rows_at: Timestamp(last) };
            assert_eq!(policy.should_roll(&file, Timestamp(now)), expected, "{file:?} at {now}");
        }
    }
}
