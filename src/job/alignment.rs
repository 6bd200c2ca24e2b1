//! Watermark alignment: splits that are far ahead of the others of their group wait, so that rows meet in event time.
//!
//! A split that has not told an event time yet, or has been silent for longer than the idle time-out, holds nobody back.
//! Source: Flink `scan.watermark.alignment.*`.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::source::SplitId;
use crate::time::{Timestamp, Watermark};

/// How the splits of a source are aligned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alignment {
    /// The splits of all sources that name the same group are aligned with each other.
    pub group: String,
    /// How far ahead of the slowest one a split may be.
    pub max_drift: Duration,
    /// Time between two looks at the others.
    pub update_interval: Duration,
    /// After this silence a split holds nobody back.
    pub idle: Option<Duration>,
}

/// What the splits of a pipeline have told of their event time.
#[derive(Debug, Default)]
pub struct Board {
    seats: BTreeMap<SplitId, Seat>,
}

#[derive(Debug)]
struct Seat {
    group: String,
    watermark: Option<Watermark>,
    rows_at: Timestamp,
}

impl Board {
    /// Notes a split's watermark and when it has last given rows; gives up to where splits of its group may go.
    pub fn tell(
        &mut self,
        split: &SplitId,
        with: &Alignment,
        watermark: Option<Watermark>,
        (rows_at, now): (Timestamp, Timestamp),
    ) -> Option<Timestamp> {
        let seat = Seat { group: with.group.clone(), watermark, rows_at };
        self.seats.insert(split.clone(), seat);
        let idle = |seat: &Seat| with.idle.is_some_and(|t| now.since(seat.rows_at) >= t);
        let active = self.seats.values().filter(|seat| seat.group == with.group && !idle(seat));
        let slowest = active.filter_map(|seat| seat.watermark).min()?;
        Some(slowest.plus(with.max_drift))
    }

    /// Takes a split out that has ended.
    pub fn leave(&mut self, split: &SplitId) {
        self.seats.remove(split);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_slowest_active_split_of_the_group_sets_the_limit() {
        let with = |group: &str| Alignment {
            group: group.to_owned(),
            max_drift: Duration::from_millis(100),
            update_interval: Duration::from_secs(1),
            idle: Some(Duration::from_secs(60)),
        };
        let id = |name: &str| SplitId(name.to_owned());
        let (a, b) = (with("a"), with("b"));
        let mut board = Board::default();
        let at = |rows: i64, now: i64| (Timestamp(rows), Timestamp(now));
        assert_eq!(board.tell(&id("1"), &a, None, at(0, 0)), None, "nobody has told a time");
        assert_eq!(board.tell(&id("2"), &a, Some(Timestamp(50)), at(0, 0)), Some(Timestamp(150)));
        assert_eq!(board.tell(&id("3"), &b, Some(Timestamp(5)), at(0, 0)), Some(Timestamp(105)));
        assert_eq!(board.tell(&id("1"), &a, Some(Timestamp(900)), at(1, 1)), Some(Timestamp(150)));
        let later = at(59_000, 60_000);
        assert_eq!(board.tell(&id("1"), &a, Some(Timestamp(900)), later), Some(Timestamp(1000)));
        board.tell(&id("2"), &a, Some(Timestamp(60)), at(60_001, 60_001));
        board.leave(&id("2"));
        assert_eq!(board.tell(&id("1"), &a, Some(Timestamp(900)), later), Some(Timestamp(1000)));
    }
}
