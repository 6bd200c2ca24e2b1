//! Splits that were chosen once: a bounded range of another source that stays the same over restarts.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::error::Result;
use crate::names::LaneId;
use crate::source::tables::{PartitionHash, TableDelta};
use crate::source::{Discovery, Offsets, Source, Split, SplitDetail, SplitReader, SplitState};

/// A part of a source.
#[derive(Debug)]
pub struct FixedSource {
    source: Arc<dyn Source>,
    splits: Vec<Split>,
}

impl FixedSource {
    /// Makes a source of some splits of another.
    pub fn new(source: Arc<dyn Source>, splits: Vec<Split>) -> Self {
        Self { source, splits }
    }
}

/// What stands for the table's name in the state of table splits: each of them is a partition without files there.
const TABLE: &str = "(fixed)";

impl FixedSource {
    /// Gives the table splits that were not given out yet, and what becomes known by giving them out.
    fn of_tables(&self, known: &Offsets) -> (Vec<Split>, Vec<TableDelta>) {
        let is = |split: &&Split| matches!(split.detail, SplitDetail::TableFile { .. });
        let Some(branch) = self.splits.iter().find(is).map(|split| split.branch) else {
            return (Vec::new(), Vec::new());
        };
        let state = known.tables.get(&branch).filter(|state| state.table == TABLE);
        let (mut splits, mut partitions) = (Vec::new(), Vec::new());
        for (number, split) in (0u64..).zip(&self.splits).filter(|(_, split)| is(split)) {
            // The high bits say where an entry is kept.
            let name = PartitionHash(number.reverse_bits());
            if state.is_none_or(|state| state.known.files(name).is_none()) {
                splits.push(split.clone());
                partitions.push((name, Some(Vec::new())));
            }
        }
        partitions.sort_by_key(|(name, _)| *name);
        let delta = TableDelta { branch, table: TABLE.to_owned(), partitions, written: Vec::new() };
        (splits, vec![delta])
    }
}

impl Source for FixedSource {
    /// Gives the splits that are not known; those of files that were read to their end are known by the file.
    fn discover(&self, known: &Offsets) -> Result<Discovery> {
        let new = |split: &&Split| {
            if matches!(split.detail, SplitDetail::TableFile { .. }) {
                return false;
            }
            let finished =
                split.finished_key().is_some_and(|key| known.finished.contains_key(&key));
            !finished && !known.splits.contains_key(&split.id)
        };
        let mut splits: Vec<Split> = self.splits.iter().filter(new).cloned().collect();
        let (of_tables, tables) = self.of_tables(known);
        splits.extend(of_tables);
        Ok(Discovery { splits, tables, complete: true, ..Discovery::default() })
    }

    fn open(&self, split: &Split, from: u64, lane: LaneId) -> Result<Box<dyn SplitReader>> {
        self.source.open(split, from, lane)
    }
    // Nobody is told what is visible: where a live pipeline goes on is not for this one to say.
}

/// What of a source a live pipeline has read.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Share {
    /// The splits, each up to where the pipeline has read.
    pub splits: Vec<Split>,
    /// Files, partitions or sequences that the pipeline has not read to their end.
    pub left: u64,
}

/// Cuts splits down to what a pipeline with these offsets has read.
///
/// The rest is left to it: whatever it publishes later stays beside what is made of the share, so a row that were in both
/// would be there twice.
pub fn read_by(found: Vec<Split>, live: &Offsets) -> Share {
    let mut share = Share::default();
    let mut files = BTreeSet::new();
    for split in found {
        let Some(key) = split.finished_key() else {
            let whole = share.take(&split, live);
            share.left += u64::from(!whole);
            continue;
        };
        if live.finished.contains_key(&key) {
            share.splits.push(split);
        } else if files.insert(key.clone()) {
            share.left += 1;
            // The pipeline has cut the file in its own way.
            let own = live.splits.values();
            for state in own.filter(|s| s.split.finished_key().as_ref() == Some(&key)) {
                share.push(&state.split, if state.done { u64::MAX } else { state.next });
            }
        }
    }
    share
}

impl Share {
    /// Takes what was read of a partition or a sequence; tells whether that is all of it.
    fn take(&mut self, split: &Split, live: &Offsets) -> bool {
        if let SplitDetail::Sequence { .. } = split.detail {
            // Rows are dealt out to the pipeline's sequences, whose number may be another.
            let own = |s: &&SplitState| {
                s.split.branch == split.branch
                    && matches!(s.split.detail, SplitDetail::Sequence { .. })
            };
            let mut whole = true;
            for state in live.splits.values().filter(own) {
                if self.splits.iter().all(|known| known.id != state.split.id) {
                    self.push(&state.split, state.next);
                }
                whole &= state.done;
            }
            return whole;
        }
        let Some(state) = live.splits.get(&split.id) else { return false };
        self.push(split, state.next);
        split.weight(state.next) == Some(0)
    }

    fn push(&mut self, split: &Split, read: u64) {
        let cut = split.until(read);
        if cut.weight(cut.start) != Some(0) {
            self.splits.push(cut);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{FileIdentity, SplitId};

    fn file(path: &str, start: u64, end: Option<u64>) -> Split {
        let identity = FileIdentity { size: 100, modified_ns: 1, inode: 1 };
        Split {
            id: SplitId(format!("b0:{path}@{start}")),
            branch: 0,
            start,
            detail: SplitDetail::File { path: path.to_owned(), identity, end },
        }
    }

    fn partition(n: i32, start: u64, end: u64) -> Split {
        let detail = SplitDetail::Partition { topic: "t".to_owned(), partition: n, end: Some(end) };
        Split { id: SplitId(format!("b0:t/{n}")), branch: 0, start, detail }
    }

    fn sequence(index: u64, of: u64, end: Option<u64>) -> Split {
        let id = SplitId(format!("b0:datagen@{index}/{of}"));
        Split { id, branch: 0, start: 0, detail: SplitDetail::Sequence { end, index, of } }
    }

    fn offsets(states: &[(Split, u64, bool)], finished: &[&str]) -> Offsets {
        let state = |(split, next, done): &(Split, u64, bool)| {
            let (split, next, done) = (split.clone(), *next, *done);
            (split.id.clone(), SplitState { split, next, done, watermark: None })
        };
        let identity = FileIdentity { size: 100, modified_ns: 1, inode: 1 };
        Offsets {
            splits: states.iter().map(state).collect(),
            finished: finished.iter().map(|key| ((*key).to_owned(), identity.clone())).collect(),
            ..Offsets::default()
        }
    }

    #[test]
    fn only_what_a_pipeline_has_read_is_read_again() {
        let live = offsets(
            &[
                (file("/b", 0, Some(40)), 40, true),
                (file("/b", 40, None), 70, false),
                (file("/c", 0, None), 0, false),
                (partition(0, 5, 1000), 50, false),
                (partition(1, 0, 1000), 300, false),
                (sequence(0, 2, None), 10, false),
                (sequence(1, 2, None), 8, false),
            ],
            &["0:/a"],
        );
        let splits = |found: Vec<Split>| {
            let share = read_by(found, &live);
            (share.splits, share.left)
        };
        // A file that is read to its end, one that is not, one that was not begun, one that is not known.
        let found = vec![file("/a", 0, Some(60)), file("/a", 60, None)];
        assert_eq!(splits(found.clone()), (found, 0));
        let own = vec![file("/b", 0, Some(40)), file("/b", 40, Some(70))];
        assert_eq!(splits(vec![file("/b", 0, Some(60)), file("/b", 60, None)]), (own, 1));
        assert_eq!(splits(vec![file("/c", 0, None)]), (vec![], 1));
        assert_eq!(splits(vec![file("/d", 0, None)]), (vec![], 1));
        // From before the pipeline began to where it is, or to where the range ends.
        assert_eq!(splits(vec![partition(0, 0, 80)]), (vec![partition(0, 0, 50)], 1));
        assert_eq!(splits(vec![partition(1, 10, 80)]), (vec![partition(1, 10, 80)], 0));
        assert_eq!(splits(vec![partition(2, 0, 80)]), (vec![], 1));
        let own = vec![sequence(0, 2, Some(10)), sequence(1, 2, Some(8))];
        assert_eq!(splits(vec![sequence(0, 1, None)]), (own, 1));
    }

    #[derive(Debug)]
    struct Nothing;

    impl Source for Nothing {
        fn discover(&self, _: &Offsets) -> Result<Discovery> {
            Ok(Discovery::default())
        }
        fn open(&self, split: &Split, _: u64, _: LaneId) -> Result<Box<dyn SplitReader>> {
            Err(crate::error::Error::not_found(split.id.to_string()))
        }
    }

    #[test]
    fn the_range_stays_the_same_over_restarts() {
        let all = vec![file("/a", 0, Some(50)), file("/a", 50, None), partition(0, 0, 9)];
        let source = FixedSource::new(Arc::new(Nothing), all.clone());
        let left = |known: &Offsets| {
            let found = source.discover(known).unwrap();
            assert!(found.complete && found.forget.is_empty());
            found.splits
        };
        assert_eq!(left(&Offsets::default()), all);
        assert_eq!(
            left(&offsets(&[(all[1].clone(), 60, false)], &[])),
            [all[0].clone(), all[2].clone()]
        );
        assert_eq!(left(&offsets(&[], &["0:/a"])), [all[2].clone()]);
    }

    #[test]
    fn files_of_tables_are_given_out_once() {
        let of_table = |path: &str| {
            let identity = FileIdentity { size: 100, modified_ns: 1, inode: 1 };
            let (partition, bytes) = ("dt=1".to_owned(), (0, 100));
            let path = path.to_owned();
            let id = SplitId(format!("b1:{path}"));
            let detail = SplitDetail::TableFile {
                partition,
                rank: 0,
                path,
                identity,
                bytes,
                time: None,
                seen: None,
            };
            Split { id, branch: 1, start: 0, detail }
        };
        let all = vec![of_table("/t/a"), of_table("/t/b")];
        let source = FixedSource::new(Arc::new(Nothing), all.clone());
        let mut known = Offsets::default();
        let first = source.discover(&known).unwrap();
        assert_eq!(first.splits, all);
        for delta in &first.tables {
            known.tables.entry(delta.branch).or_default().apply(delta);
        }
        // The job does not say which of them it still reads.
        assert_eq!(source.discover(&known).unwrap().splits, []);
        let one = TableDelta {
            partitions: first.tables[0].partitions[..1].to_vec(),
            ..first.tables[0].clone()
        };
        let mut known = Offsets::default();
        known.tables.entry(1).or_default().apply(&one);
        assert_eq!(source.discover(&known).unwrap().splits, all[1..]);
    }
}
