//! Which files of a table are read next: what a listing has found, against what is known. Pure.
//!
//! ```text
//!  listing ─► take_in ─► found, in reading order ─► give(state) ─► splits + delta
//!                              ▲                                      │
//!                              └── state + delta ◄── the job takes both in at once
//! ```
//!
//! - A file is given out if it is visible, its partition is announced and not before the start, and its version is not in the
//!   state. Nothing else decides it: not whether the partition is older than others that were read, not whether it is known.
//! - Of a transactional table rows are given out by their write ids, see `written`.
//! - Splits come in the order of [`Order`], then by partition name, file name and range; at most as many at once as are asked for.
//! - The state knows every file of every partition that exists and is read, and nothing that is gone.
//! - What was given out stays in `found` until the state has it, so that asking twice gives the same answer.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;

use chrono_tz::Tz;

use super::files::DataFile;
use super::order::{Order, Start};
use super::state::{FileHash, PartitionHash, TableDelta, TableState, file_hash, partition_hash};
use super::table::TablePartition;
use super::view::{Seen, View};
use crate::error::Result;
use crate::partition_time::Extractor;
use crate::source::{Split, SplitDetail, SplitId};
use crate::time::{Timestamp, Watermark};

mod written;

/// How a table is read.
#[derive(Debug, Clone)]
pub struct Rules {
    /// Which branch of the pipeline reads it.
    pub branch: u16,
    /// The table, `database.name`.
    pub table: String,
    /// In which order.
    pub order: Order,
    /// From where on.
    pub start: Option<Start>,
    /// What happens to files that replace others.
    pub replaced: ReplacedFiles,
    /// How a partition's values are the watermark of its rows, if they are.
    pub watermark: Option<(Extractor, Tz)>,
}

/// What happens to the files that come in the same listing in which known ones of their partition vanish.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ReplacedFiles {
    /// They are new files, and read.
    #[default]
    Read,
    /// They hold rows that were read before, as after a compaction: they are taken as known.
    ///
    /// Of a transactional table compactions are known for what they are; only where one has left no trace of what it was made
    /// of, this decides.
    Skip,
}

/// What a look at a table has found.
#[derive(Debug, Clone, Default)]
pub struct Listing {
    /// Partitions that were looked at.
    pub partitions: Vec<Looked>,
    /// Names of partitions that are gone.
    pub gone: Vec<String>,
    /// These are all partitions that there are.
    pub all: bool,
}

/// A partition with its visible files.
#[derive(Debug, Clone)]
pub struct Looked {
    /// The partition.
    pub partition: Arc<TablePartition>,
    /// Files that can be read, in the order of their paths.
    pub files: Vec<DataFile>,
    /// Files that may still be written, which wait.
    pub unsettled: Vec<DataFile>,
    /// What the files are part of, if the table is transactional.
    pub view: Option<Arc<View>>,
}

/// What is to be read next.
#[derive(Debug, Default)]
pub struct Given {
    /// The splits, in order.
    pub splits: Vec<Split>,
    /// What becomes known by them.
    pub delta: TableDelta,
    /// There is more: the least watermark of what is left, if it has any.
    pub left: Option<Option<Watermark>>,
    /// Files that were taken as known although none of what they replace was given out.
    pub skipped: usize,
    /// What the splits' files are part of, by partition, as far as the table is transactional.
    pub views: BTreeMap<String, Arc<View>>,
}

/// Cuts a file into the ranges of its splits.
pub type Cut<'a> = &'a dyn Fn(&TablePartition, &DataFile) -> Result<Vec<Range<u64>>>;

/// Finds new files, and remembers those that it could not give out yet.
#[derive(Debug)]
pub struct Enumerator {
    rules: Rules,
    found: BTreeMap<Key, Found>,
    keys: BTreeMap<String, Key>,
    gone: BTreeSet<PartitionHash>,
    /// All partitions that there are, until the state has forgotten the others.
    all: Option<BTreeSet<PartitionHash>>,
}

/// Rank and name: reading order.
type Key = (i64, String);

/// A partition as the last look has seen it.
#[derive(Debug)]
struct Found {
    partition: Arc<TablePartition>,
    hash: PartitionHash,
    files: Vec<(FileHash, DataFile)>,
    unsettled: Vec<FileHash>,
    view: Option<Arc<View>>,
}

impl Enumerator {
    /// Makes one that has seen nothing yet.
    pub fn new(rules: Rules) -> Self {
        Self {
            rules,
            found: BTreeMap::new(),
            keys: BTreeMap::new(),
            gone: BTreeSet::new(),
            all: None,
        }
    }

    /// Takes in what a look has found: of each partition the last look counts.
    pub fn take_in(&mut self, listing: Listing) {
        if listing.all {
            let names = listing.partitions.iter().map(|looked| looked.partition.name.as_str());
            self.all = Some(names.map(partition_hash).collect());
            self.found.clear();
            self.keys.clear();
            self.gone.clear();
        }
        for name in listing.gone {
            if let Some(key) = self.keys.remove(&name) {
                self.found.remove(&key);
            }
            self.gone.insert(partition_hash(&name));
        }
        for looked in listing.partitions {
            if !self.rules.order.includes(&looked.partition, self.rules.start.as_ref()) {
                continue;
            }
            let name = looked.partition.name.clone();
            self.gone.remove(&partition_hash(&name));
            let key = (self.rules.order.rank(&looked.partition), name.clone());
            if let Some(before) = self.keys.insert(name, key.clone()) {
                self.found.remove(&before);
            }
            self.found.insert(key, self.rules.found(looked));
        }
    }

    /// Tells whether there may be something to give out.
    pub fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    /// Gives out what is new, at most about `limit` splits; all ranges of a file come together.
    ///
    /// Cost: in proportion to what is given out, and to what is found to be known already; partitions behind the limit are not
    /// looked at.
    ///
    /// # Errors
    /// As `cut`'s; nothing is given out then.
    pub fn give(&mut self, state: &TableState, limit: usize, cut: Cut<'_>) -> Result<Given> {
        let mut given = Given {
            delta: TableDelta {
                branch: self.rules.branch,
                table: self.rules.table.clone(),
                ..TableDelta::default()
            },
            ..Given::default()
        };
        self.forget(state, &mut given.delta);
        let mut settled = Vec::new();
        for (key, found) in &self.found {
            let mut left = given.splits.len() >= limit;
            if !left {
                let to_know = match &found.view {
                    None => self.rules.give(found, (state, key.0), limit, cut, &mut given)?,
                    Some(view) => self.rules.give_written(
                        view,
                        (found, state, key.0),
                        limit,
                        cut,
                        &mut given,
                    )?,
                };
                left = to_know == Step::Left;
                if to_know == Step::Settled {
                    settled.push(key.clone());
                }
            }
            if left {
                let time = self.rules.time(&found.partition);
                let least = given.left.map_or(time, |least| least.min(time));
                given.left = Some(least);
                if self.rules.watermark.is_none() {
                    break;
                }
            }
        }
        for key in settled {
            self.keys.remove(&key.1);
            self.found.remove(&key);
        }
        Ok(given)
    }

    /// Has the state forget partitions that are gone.
    fn forget(&mut self, state: &TableState, delta: &mut TableDelta) {
        self.gone.retain(|partition| state.knows(*partition));
        if let Some(all) = self.all.take() {
            let missed = state.partitions();
            self.gone.extend(missed.filter(|partition| !all.contains(partition)));
        }
        delta.partitions.extend(self.gone.iter().map(|partition| (*partition, None)));
    }
}

/// What is new in a partition.
struct Change<'a> {
    known: Vec<FileHash>,
    new: Vec<&'a (FileHash, DataFile)>,
    skipped: usize,
}

/// How far a partition was given out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    /// Something is left, for there were splits enough.
    Left,
    /// All of it, once the state has it.
    Given,
    /// All of it, and the state has it.
    Settled,
}

impl Step {
    const fn of(left: bool, is_new: bool) -> Self {
        match (left, is_new) {
            (true, _) => Self::Left,
            (false, true) => Self::Given,
            (false, false) => Self::Settled,
        }
    }
}

impl Rules {
    /// Gives out what is new in a partition of files.
    fn give(
        &self,
        found: &Found,
        (state, rank): (&TableState, i64),
        limit: usize,
        cut: Cut<'_>,
        given: &mut Given,
    ) -> Result<Step> {
        let step = self.compare(found, state);
        given.skipped += step.skipped;
        let (mut known, mut left) = (step.known, false);
        for (hash, file) in step.new {
            left = given.splits.len() >= limit;
            if left {
                break;
            }
            self.cut(rank, found, (*hash, file), cut, &mut given.splits)?;
            known.push(*hash);
        }
        known.sort_unstable();
        known.dedup();
        let is_new = state.known.files(found.hash) != Some(known.as_slice());
        if is_new {
            given.delta.partitions.push((found.hash, Some(known)));
        }
        Ok(Step::of(left, is_new))
    }

    /// Gives out what is new in a partition of transactions.
    fn give_written(
        &self,
        view: &Arc<View>,
        (found, state, rank): (&Found, &TableState, i64),
        limit: usize,
        cut: Cut<'_>,
        given: &mut Given,
    ) -> Result<Step> {
        let partition = &found.partition;
        let before = state.written.files(found.hash);
        let mut known = written::known(before.unwrap_or_default(), partition.create_time);
        let waits = |file: &DataFile| {
            let hash = file_hash(&partition.location, file);
            found.unsettled.contains(&hash)
        };
        let groups = written::groups(view, &known, waits, self.replaced)
            .map_err(|e| e.with("table", &self.table).with("partition", &partition.name))?;
        // What was read before the table was transactional is known by its files.
        let as_files = state.known.files(found.hash).unwrap_or_default();
        let mut left = false;
        for group in groups {
            left = given.splits.len() >= limit;
            if left {
                break;
            }
            given.skipped += group.skipped;
            for file in &group.files {
                let hash = file_hash(&partition.location, file);
                if self.includes(partition, file) && as_files.binary_search(&hash).is_err() {
                    self.cut(rank, found, (hash, file), cut, &mut given.splits)?;
                    given.views.insert(partition.name.clone(), Arc::clone(view));
                }
            }
            known.extend(&group.ids);
        }
        if !left
            && found.unsettled.is_empty()
            && let Some(last) = view.ids().decided()
        {
            known.insert(0, last);
        }
        let numbers = written::numbers(&known, partition.create_time);
        let is_new = before != Some(numbers.as_slice());
        if is_new {
            given.delta.written.push((found.hash, numbers));
        }
        Ok(Step::of(left, is_new))
    }

    fn found(&self, looked: Looked) -> Found {
        let Looked { partition, files, unsettled, view } = looked;
        let hash = |file: &DataFile| file_hash(&partition.location, file);
        let unsettled = unsettled.iter().map(hash).collect();
        let files = files.into_iter().filter(|file| self.includes(&partition, file));
        let files = files.map(|file| (hash(&file), file)).collect();
        Found { hash: partition_hash(&partition.name), files, unsettled, view, partition }
    }

    fn compare<'a>(&self, found: &'a Found, state: &TableState) -> Change<'a> {
        let before = state.known.files(found.hash);
        let is_known = |file: &FileHash| before.is_some_and(|b| b.binary_search(file).is_ok());
        let (mut known, mut new) = (Vec::new(), Vec::new());
        for file in &found.files {
            if is_known(&file.0) {
                known.push(file.0);
            } else {
                new.push(file);
            }
        }
        let (waiting, unsettled): (Vec<_>, Vec<_>) =
            found.unsettled.iter().copied().partition(is_known);
        known.extend(waiting);
        let vanished = before.map_or(0, <[_]>::len) > known.len();
        let mut skipped = 0;
        if vanished && self.replaced == ReplacedFiles::Skip {
            skipped = new.len();
            known.extend(new.drain(..).map(|(hash, _)| *hash));
            known.extend(unsettled);
        }
        Change { known, new, skipped }
    }

    fn includes(&self, partition: &TablePartition, file: &DataFile) -> bool {
        let start = self.start.as_ref().filter(|_| partition.values.is_empty());
        start.is_none_or(|start| start.includes_file(file.identity.modified_ns))
    }

    /// Gives the watermark of a partition's rows; the least one if its values name no time.
    fn time(&self, partition: &TablePartition) -> Option<Watermark> {
        let (extractor, zone) = self.watermark.as_ref()?;
        Some(extractor.instant(&partition.name, *zone).unwrap_or(Timestamp(i64::MIN)))
    }

    fn cut(
        &self,
        rank: i64,
        found: &Found,
        (hash, file): (FileHash, &DataFile),
        cut: Cut<'_>,
        splits: &mut Vec<Split>,
    ) -> Result<()> {
        let partition = &found.partition;
        let (branch, time) = (self.branch, self.time(partition));
        let ranges = cut(partition, file)?;
        splits.extend(ranges.into_iter().map(|range| Split {
            id: SplitId(format!("b{branch}:{}#{:016x}@{}", file.path, hash.0, range.start)),
            branch,
            start: 0,
            detail: SplitDetail::TableFile {
                partition: partition.name.clone(),
                rank,
                path: file.path.clone(),
                identity: file.identity.clone(),
                bytes: (range.start, range.end),
                time,
                seen: file.seen.as_ref().map(Seen::rows),
            },
        }));
        Ok(())
    }
}

#[cfg(test)]
mod tests;
