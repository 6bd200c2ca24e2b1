//! Stage 1: where records come from.
//!
//! A [`Source`] lists [`Split`]s and opens readers for them; a reader hands out [`Payload`]s in order. A split is read by
//! one lane from start to end. Its place is one number, the *position*: bytes for files, rows for `datagen`, the offset for
//! Kafka. A position that a reader has given out is always a record border, so that reading goes on there after a restart.
//! A lane reads the ranges of files one after the other, and all its Kafka partitions in turn.
//!
//! Must not know: schemas, tables, checkpoints' bytes.

pub mod datagen;
pub mod files;
pub mod fixed;
pub mod kafka;
pub mod records;
pub mod tables;

use std::collections::BTreeMap;
use std::fmt;

use arrow::record_batch::RecordBatch;
use serde::{Deserialize, Serialize};

use self::records::RecordBlock;
use self::tables::{TableDelta, TableState};
use crate::error::Result;
use crate::names::LaneId;
use crate::time::Watermark;

/// Name of a split, unique and stable within its pipeline, e.g. `b0:/data/in.json@67108864`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SplitId(pub String);

impl fmt::Display for SplitId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A unit of reading: a range of a file, or one sequence of generated rows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Split {
    /// Its name.
    pub id: SplitId,
    /// Which branch of the pipeline's `UNION ALL` reads it, from 0.
    pub branch: u16,
    /// First position.
    pub start: u64,
    /// What the source needs to open it.
    pub detail: SplitDetail,
}

/// What a source needs to open a split.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum SplitDetail {
    /// A byte range of a file; for compressed files the whole file, positions counting decompressed bytes.
    File {
        /// Absolute path.
        path: String,
        /// What the file was when it was listed.
        identity: FileIdentity,
        /// Position at which the last record of the split has begun or before; `None`: the file's end.
        end: Option<u64>,
    },
    /// Generated rows `start..end` with a seed of their own.
    Sequence {
        /// Position after the last row; `None`: without end.
        end: Option<u64>,
        /// Index of this sequence among `of`: rows are dealt out in turn.
        index: u64,
        /// Number of sequences.
        of: u64,
    },
    /// A partition of a Kafka topic; positions are its offsets.
    Partition {
        /// The topic.
        topic: String,
        /// The partition's number.
        partition: i32,
        /// Offset after the last record that is read; `None`: without end.
        end: Option<u64>,
    },
    /// A file of a table, or some of its bytes; positions count what was read since the begin of them.
    TableFile {
        /// Name of the partition, `dt=1/hr=2`; empty for an unpartitioned table.
        partition: String,
        /// Where the partition stands in reading order, as far as its name does not say.
        rank: i64,
        /// Where the file is.
        path: String,
        /// What the file was when it was listed.
        identity: FileIdentity,
        /// The bytes, from the first to the one behind the last.
        bytes: (u64, u64),
        /// The time that the partition's values name, where it is the watermark of its rows.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        time: Option<Watermark>,
        /// Which of its rows are read, if the table is transactional.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        seen: Option<SeenRows>,
    },
}

/// Which rows of a transactional table's file are read: always the same, whatever is written and compacted meanwhile.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeenRows {
    /// The write ids whose rows and deletes are seen, in Hive's spelling.
    pub valid: String,
    /// Where ranges of write ids whose rows are wanted begin and end, in turn; empty for all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub only: Vec<i64>,
}

impl SplitDetail {
    /// Tells whether a lane reads such splits in turn rather than one after the other: they may have no end.
    pub fn is_shared(&self) -> bool {
        matches!(self, Self::Partition { .. })
    }

    /// Gives the watermark that the split has before any of its rows is read.
    pub fn watermark(&self) -> Option<Watermark> {
        match self {
            Self::TableFile { time, .. } => *time,
            Self::File { .. } | Self::Sequence { .. } | Self::Partition { .. } => None,
        }
    }
}

impl Split {
    /// Gives how much there is to read from position `from` on, for the progress display: bytes of files, rows, or
    /// messages. `None`: there is no end. Compressed files count by their size on disk, though positions do not.
    pub fn weight(&self, from: u64) -> Option<u64> {
        let end = match &self.detail {
            SplitDetail::File { identity, end, .. } => Some(end.unwrap_or(identity.size)),
            SplitDetail::Sequence { end, .. } | SplitDetail::Partition { end, .. } => *end,
            // Its positions count rows, so it counts whole until it is read to its end.
            SplitDetail::TableFile { bytes, .. } => return Some(bytes.1.saturating_sub(bytes.0)),
        };
        end.map(|end| end.saturating_sub(from))
    }

    /// Gives the split up to a position that a reader has given out, if it does not end before. Those of tables' files stay
    /// whole.
    #[must_use]
    pub fn until(&self, position: u64) -> Self {
        let mut cut = self.clone();
        match &mut cut.detail {
            // Positions in a compressed file count other bytes than its size does.
            SplitDetail::File { .. } if position == u64::MAX => {}
            SplitDetail::TableFile { .. } => {}
            SplitDetail::File { end, .. }
            | SplitDetail::Sequence { end, .. }
            | SplitDetail::Partition { end, .. } => {
                *end = Some(end.map_or(position, |end| end.min(position)));
            }
        }
        cut
    }

    /// Gives the key in [`Offsets::finished`] of the split's file, if it is of one.
    pub fn finished_key(&self) -> Option<String> {
        match &self.detail {
            SplitDetail::File { path, .. } => Some(format!("{}:{path}", self.branch)),
            SplitDetail::Sequence { .. }
            | SplitDetail::Partition { .. }
            | SplitDetail::TableFile { .. } => None,
        }
    }
}

/// What tells a file from another one that has taken its name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileIdentity {
    /// Size in bytes.
    pub size: u64,
    /// Modification time, nanoseconds since 1970 UTC.
    pub modified_ns: i64,
    /// Inode number.
    pub inode: u64,
}

/// How far a split has been read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SplitState {
    /// The split.
    #[serde(flatten)]
    pub split: Split,
    /// Position of the first record that is not in the checkpoint yet.
    pub next: u64,
    /// True once its last record is in the checkpoint.
    pub done: bool,
    /// How far its event time has come, so that a split that is silent after a restart does not hold back the others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub watermark: Option<Watermark>,
}

/// How far everything has been read. Cost: proportional to the files that still exist, not to all ever read.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offsets {
    /// What each branch reads: the others say by its number whose they are. Empty in the oldest checkpoints.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sources: Vec<String>,
    /// Splits of files that are not finished.
    pub splits: BTreeMap<SplitId, SplitState>,
    /// Finished files by `branch:path`, kept while the file exists so that it is not read twice.
    pub finished: BTreeMap<String, FileIdentity>,
    /// What has been given out of the tables that are read, by branch.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tables: BTreeMap<u16, TableState>,
}

impl Offsets {
    /// Gives each source the number that it has now, when the parts of the script's `UNION ALL` have changed places.
    ///
    /// A source that is gone has its place taken by the new one that stands there, if there are as many as before: it was
    /// renamed. Else what was known of it is dropped. Of two branches that read the same, each keeps its turn.
    pub fn adopt(&mut self, names: &[String]) {
        let before = std::mem::replace(&mut self.sources, names.to_vec());
        if before.is_empty() || before == names {
            return;
        }
        let mut free: Vec<usize> = (0..names.len()).collect();
        let mut places: Vec<Option<usize>> = before
            .iter()
            .map(|name| {
                let at = free.iter().position(|new| names[*new] == *name)?;
                Some(free.remove(at))
            })
            .collect();
        if before.len() == names.len() {
            let gone = places.iter_mut().filter(|place| place.is_none());
            gone.zip(free).for_each(|(place, new)| *place = Some(new));
        }
        let number = |branch: u16| {
            let place = places.get(usize::from(branch)).copied().flatten();
            place.and_then(|place| u16::try_from(place).ok())
        };
        self.renumber(&number);
    }

    fn renumber(&mut self, number: &dyn Fn(u16) -> Option<u16>) {
        let splits = std::mem::take(&mut self.splits).into_values().filter_map(|mut state| {
            let split = &mut state.split;
            let new = number(split.branch)?;
            if let Some(rest) = split.id.0.strip_prefix(&format!("b{}:", split.branch)) {
                split.id = SplitId(format!("b{new}:{rest}"));
            }
            split.branch = new;
            Some((state.split.id.clone(), state))
        });
        self.splits = splits.collect();
        let finished = std::mem::take(&mut self.finished).into_iter().filter_map(|(key, file)| {
            let (branch, path) = key.split_once(':')?;
            Some((format!("{}:{path}", number(branch.parse().ok()?)?), file))
        });
        self.finished = finished.collect();
        let tables = std::mem::take(&mut self.tables).into_iter();
        self.tables = tables.filter_map(|(branch, table)| Some((number(branch)?, table))).collect();
    }
}

/// What a listing of the source has found.
#[derive(Debug, Default)]
pub struct Discovery {
    /// Splits not known before, in the order in which they should be read.
    pub splits: Vec<Split>,
    /// Keys of [`Offsets::finished`] whose files are gone.
    pub forget: Vec<String>,
    /// What becomes known of tables by the new splits; taken in together with them.
    pub tables: Vec<TableDelta>,
    /// For each branch that has more to read than it has given out: the least watermark of what is left, if it has any.
    pub left: BTreeMap<u16, Option<Watermark>>,
    /// True if nothing can ever be added: the source is bounded and fully listed.
    pub complete: bool,
}

/// A block of whole records as bytes.
#[derive(Debug)]
pub struct Block {
    /// The bytes; at least [`formats::message::PADDING`] zeros follow `end`.
    pub bytes: Vec<u8>,
    /// Where the records begin and end in `bytes`.
    pub start: usize,
    /// See `start`.
    pub end: usize,
    /// Position of `bytes[0]` in the split's source partition (may lie before the split's start).
    pub base: u64,
}

/// What a reader hands out.
#[derive(Debug)]
pub enum Payload {
    /// Records as bytes, to be decoded.
    Bytes(Block),
    /// Rows with the table's schema; `next` is the position after them.
    Rows {
        /// The rows.
        batch: RecordBatch,
        /// The position after them.
        next: u64,
    },
    /// Messages with their offsets, to be decoded one by one.
    Records(RecordBlock),
    /// Nothing now, though the split has not ended; ask again (the reader has waited a little already).
    Idle,
    /// One record too long to be held: it goes to the dead letters by its first bytes.
    TooLong {
        /// Position of its first byte.
        at: u64,
        /// Its length in bytes, with the line feed that ends it.
        length: u64,
        /// Its first bytes.
        head: Vec<u8>,
        /// The position after it.
        next: u64,
    },
}

/// Reads one split in order.
pub trait SplitReader: Send + fmt::Debug {
    /// Gives the next records, or `None` at the end of the split. Blocks for at most about 100 ms.
    ///
    /// `recycled` is a buffer to be used again, if the caller has one. Its content does not matter; one that is not
    /// cleared saves zeroing it.
    ///
    /// # Errors
    /// `NotFound` or `Data` if the file vanished or changed; `Unavailable` if it cannot be read now.
    fn next(&mut self, recycled: Option<Vec<u8>>) -> Result<Option<Payload>>;
}

/// Where records come from.
pub trait Source: Send + Sync + fmt::Debug {
    /// Lists what there is to read and is not in `known`.
    ///
    /// # Errors
    /// `NotFound` if the path does not exist, `Data` if a file that was read has changed since.
    fn discover(&self, known: &Offsets) -> Result<Discovery>;

    /// Opens a reader of `split` that begins at position `from`; readers of one lane may share what is costly.
    ///
    /// # Errors
    /// `NotFound` or `Data` if the file vanished or changed since it was listed.
    fn open(&self, split: &Split, from: u64, lane: LaneId) -> Result<Box<dyn SplitReader>>;

    /// Takes note that rows up to `offsets` are visible to readers. May be called twice; nothing depends on it.
    ///
    /// # Errors
    /// `Unavailable` if whoever should know cannot be told; the next call says it again.
    fn ack(&self, offsets: &Offsets) -> Result<()> {
        let _ = offsets;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offsets(names: &[&str]) -> Offsets {
        let identity = FileIdentity { size: 1, modified_ns: 2, inode: 3 };
        let mut all = Offsets { sources: texts(names), ..Offsets::default() };
        for (branch, name) in (0u16..).zip(names) {
            let detail =
                SplitDetail::Partition { topic: (*name).to_owned(), partition: 0, end: None };
            let id = SplitId(format!("b{branch}:{name}/0"));
            let split = Split { id: id.clone(), branch, start: 0, detail };
            all.splits.insert(id, SplitState { split, next: 1, done: false, watermark: None });
            all.finished.insert(format!("{branch}:/in/{name}:x"), identity.clone());
            all.tables.insert(branch, TableState::new(*name));
        }
        all
    }

    fn texts(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn sources_keep_their_positions_when_they_change_places() {
        for (before, now, wanted) in [
            (&["a", "b"][..], &["b", "a"][..], &["b", "a"][..]),
            (&["a", "b"], &["c", "a", "b"], &["", "a", "b"]),
            (&["a", "b", "c"], &["c", "a"], &["c", "a"]),
            // Renamed, and what stood behind it came before it.
            (&["a", "b"], &["b", "x"], &["b", "a"]),
            (&["a"], &["x"], &["a"]),
            (&["a", "b"], &["x"], &[""]),
            (&["a", "a", "b"], &["a", "b", "a"], &["a", "b", "a"]),
        ] {
            let mut all = offsets(before);
            all.adopt(&texts(now));
            assert_eq!(all.sources, texts(now));
            let wanted = (0u16..).zip(wanted).filter(|(_, name)| !name.is_empty());
            let wanted: Vec<(u16, String)> =
                wanted.map(|(n, name)| (n, (*name).to_owned())).collect();
            let tables = all.tables.iter().map(|(n, table)| (*n, table.table.clone()));
            assert_eq!(tables.collect::<Vec<_>>(), wanted, "{before:?} {now:?}");
            let splits = all.splits.iter().map(|(id, state)| {
                let SplitDetail::Partition { topic, .. } = &state.split.detail else { panic!() };
                assert_eq!(id.0, format!("b{}:{topic}/0", state.split.branch));
                (state.split.branch, topic.clone())
            });
            assert_eq!(splits.collect::<Vec<_>>(), wanted, "{before:?} {now:?}");
            let finished: Vec<String> = all.finished.into_keys().collect();
            let keys = wanted.iter().map(|(n, name)| format!("{n}:/in/{name}:x"));
            assert_eq!(finished, keys.collect::<Vec<_>>(), "{before:?} {now:?}");
        }
    }

    #[test]
    fn the_oldest_checkpoints_do_not_say_what_they_read() {
        let mut all = offsets(&["a", "b"]);
        all.sources.clear();
        let tables = all.tables.clone();
        all.adopt(&texts(&["b", "a"]));
        assert_eq!((all.tables, all.sources), (tables, texts(&["b", "a"])));
    }
}
