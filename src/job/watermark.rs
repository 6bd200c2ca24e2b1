//! The watermark of a pipeline: the smallest over its active splits, never going back.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::source::SplitId;
use crate::time::{Timestamp, Watermark};

/// Merges the watermarks of splits.
///
/// A split that has not given a watermark yet holds the merged one where it is. A split that is done, or has been silent
/// for longer than the idle time-out, no longer counts; if all are silent, nothing is held back and the largest counts.
/// A split that waits to be read counts if its watermark is known beforehand.
/// Source: Flink `StatusWatermarkValve` and `table.exec.source.idle-timeout`.
#[derive(Debug, Clone, Default)]
pub struct WatermarkTracker {
    merged: Option<Watermark>,
    splits: BTreeMap<SplitId, Part>,
    /// What is known of splits that nobody reads yet.
    waiting: BTreeMap<SplitId, Watermark>,
    /// The least watermark of what a branch has not even made splits of.
    left: BTreeMap<u16, Watermark>,
    idle_timeout: Option<Duration>,
}

#[derive(Debug, Clone)]
struct Part {
    watermark: Option<Watermark>,
    last_seen: Timestamp,
}

impl WatermarkTracker {
    /// Makes a tracker that goes on from a restored watermark.
    pub fn new(restored: Option<Watermark>, idle_timeout: Option<Duration>) -> Self {
        Self {
            merged: restored,
            splits: BTreeMap::new(),
            waiting: BTreeMap::new(),
            left: BTreeMap::new(),
            idle_timeout,
        }
    }

    /// Notes that a split waits to be read whose rows have this watermark at least.
    pub fn wait(&mut self, split: SplitId, watermark: Watermark) {
        self.waiting.insert(split, watermark);
    }

    /// Notes the least watermarks of what branches have found and given no splits for.
    pub fn leave(&mut self, left: &BTreeMap<u16, Option<Watermark>>) {
        self.left = left.iter().filter_map(|(branch, least)| Some((*branch, (*least)?))).collect();
    }

    /// Notes that a split is being read from now on; `watermark` is what an earlier run has seen of it.
    pub fn start(&mut self, split: SplitId, watermark: Option<Watermark>, now: Timestamp) {
        self.waiting.remove(&split);
        self.splits.insert(split, Part { watermark, last_seen: now });
    }

    /// Notes that a split has just given rows.
    pub fn seen(&mut self, split: &SplitId, now: Timestamp) {
        if let Some(part) = self.splits.get_mut(split) {
            part.last_seen = now;
        }
    }

    /// Raises a split's watermark to what its rows up to the barrier say.
    pub fn raise(&mut self, split: &SplitId, watermark: Option<Watermark>) {
        if let Some(part) = self.splits.get_mut(split) {
            part.watermark = part.watermark.max(watermark);
        }
    }

    /// Merges once more and takes out splits that are done.
    ///
    /// Call it after all splits have been raised: a split's last watermark still counts in this round.
    pub fn merge(&mut self, done: &[SplitId], now: Timestamp) -> Option<Watermark> {
        self.merged = self.merged.max(self.reached(now));
        for split in done {
            self.splits.remove(split);
        }
        self.merged
    }

    /// Tells whether the watermark would go on if it were merged now.
    pub fn would_advance(&self, now: Timestamp) -> bool {
        self.reached(now) > self.merged
    }

    fn reached(&self, now: Timestamp) -> Option<Watermark> {
        let idle = |part: &Part| self.idle_timeout.is_some_and(|t| now.since(part.last_seen) >= t);
        let waiting = self.waiting.values().chain(self.left.values()).map(|w| Some(*w));
        let active = self.splits.values().filter(|part| !idle(part)).map(|part| part.watermark);
        let mut active = active.chain(waiting).peekable();
        if active.peek().is_none() {
            return self.splits.values().map(|part| part.watermark).max().flatten();
        }
        active.min().flatten()
    }

    /// Gives the merged watermark.
    pub fn merged(&self) -> Option<Watermark> {
        self.merged
    }

    /// Gives the split that holds the watermark back, and since when it has been silent.
    pub fn held_back_by(&self, now: Timestamp) -> Option<(&SplitId, Duration)> {
        let (split, part) = self.splits.iter().min_by_key(|(_, part)| part.watermark)?;
        Some((split, now.since(part.last_seen)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(name: &str) -> SplitId {
        SplitId(name.to_owned())
    }

    #[test]
    fn the_smallest_active_split_decides_and_time_never_goes_back() {
        let mut w = WatermarkTracker::new(None, Some(Duration::from_secs(60)));
        let now = Timestamp(0);
        w.start(id("a"), None, now);
        w.start(id("b"), None, now);
        w.raise(&id("a"), Some(Timestamp(100)));
        assert_eq!(w.merge(&[], now), None, "b has not spoken yet");
        w.raise(&id("b"), Some(Timestamp(50)));
        assert_eq!(w.merge(&[], now), Some(Timestamp(50)));
        assert_eq!(w.held_back_by(Timestamp(7000)), Some((&id("b"), Duration::from_secs(7))));
        assert_eq!(w.merge(&[id("b")], now), Some(Timestamp(50)), "its last watermark counts");
        assert_eq!(w.merge(&[], now), Some(Timestamp(100)));
        w.start(id("c"), None, now);
        w.raise(&id("c"), Some(Timestamp(10)));
        assert_eq!(w.merge(&[], now), Some(Timestamp(100)), "it never goes back");
    }

    #[test]
    fn what_waits_to_be_read_holds_back_though_it_is_silent() {
        let mut w = WatermarkTracker::new(None, Some(Duration::from_secs(60)));
        w.wait(id("b"), Timestamp(20));
        w.leave(&BTreeMap::from([(0, Some(Timestamp(30))), (1, None)]));
        w.start(id("a"), Some(Timestamp(40)), Timestamp(0));
        assert_eq!(w.merge(&[id("a")], Timestamp(90_000)), Some(Timestamp(20)));
        w.start(id("b"), Some(Timestamp(20)), Timestamp(90_000));
        assert_eq!(w.merge(&[id("b")], Timestamp(90_000)), Some(Timestamp(20)));
        assert_eq!(w.merge(&[], Timestamp(90_000)), Some(Timestamp(30)), "what is left");
        w.leave(&BTreeMap::new());
        assert_eq!(w.merge(&[], Timestamp(90_000)), Some(Timestamp(30)), "nothing is read");
    }

    #[test]
    fn an_idle_split_stops_holding_back() {
        let mut w = WatermarkTracker::new(Some(Timestamp(5)), Some(Duration::from_secs(60)));
        w.start(id("a"), None, Timestamp(0));
        w.start(id("b"), None, Timestamp(0));
        w.raise(&id("a"), Some(Timestamp(100)));
        w.seen(&id("a"), Timestamp(60_000));
        assert_eq!(w.merge(&[], Timestamp(59_999)), Some(Timestamp(5)));
        assert_eq!(w.merge(&[], Timestamp(60_000)), Some(Timestamp(100)));
    }

    #[test]
    fn when_all_splits_are_idle_the_largest_counts() {
        let mut w = WatermarkTracker::new(None, Some(Duration::from_secs(60)));
        w.start(id("a"), None, Timestamp(0));
        w.start(id("b"), None, Timestamp(0));
        w.raise(&id("a"), Some(Timestamp(100)));
        w.raise(&id("b"), Some(Timestamp(50)));
        assert_eq!(w.merge(&[], Timestamp(1)), Some(Timestamp(50)));
        assert!(!w.would_advance(Timestamp(59_999)));
        assert!(w.would_advance(Timestamp(60_000)));
        assert_eq!(w.merge(&[], Timestamp(60_000)), Some(Timestamp(100)));
        assert!(!w.would_advance(Timestamp(60_000)));
    }

    #[test]
    fn a_split_that_is_silent_after_a_restart_counts_as_far_as_it_had_come() {
        let mut w = WatermarkTracker::new(Some(Timestamp(90)), None);
        w.start(id("a"), Some(Timestamp(100)), Timestamp(0));
        w.start(id("b"), Some(Timestamp(90)), Timestamp(0));
        w.raise(&id("b"), Some(Timestamp(95)));
        assert_eq!(w.merge(&[], Timestamp(1)), Some(Timestamp(95)));
    }
}
