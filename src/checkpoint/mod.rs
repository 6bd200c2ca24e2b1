//! Stage 5: what must survive a crash.
//!
//! A [`Checkpoint`] is a value; `codec` turns it into versioned bytes and back, `store` keeps it on disk. It is
//! self-contained: names in it are relative to the table's folder or to the state folder, so it can be moved.

pub mod codec;
pub mod store;

use serde::{Deserialize, Serialize};

use crate::names::{CheckpointId, JobId};
use crate::source::Offsets;
use crate::time::{Timestamp, Watermark};
use crate::write::{PartitionKey, StagedFile};

/// Everything from which a pipeline goes on after a crash.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Checkpoint {
    /// Its number.
    pub id: CheckpointId,
    /// The pipeline's identity.
    pub job: JobId,
    /// When it was made.
    pub at: Timestamp,
    /// How far the source has been read.
    pub offsets: Offsets,
    /// The watermark at its barrier.
    pub watermark: Option<Watermark>,
    /// Files to be made visible by this checkpoint; complete and durable.
    pub staged: Vec<StagedFile>,
    /// Staged files that this checkpoint has replaced (compaction) and that are deleted after it is saved.
    pub obsolete: Vec<StagedFile>,
    /// Partitions with visible or held files that are not announced yet.
    pub pending: Vec<Pending>,
    /// Counts since the pipeline's first start.
    pub counts: Counts,
    /// True once a bounded source has been read to its end and all its partitions are announced.
    pub finished: bool,
}

/// A partition that waits to be announced.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Pending {
    /// Which partition.
    #[serde(flatten)]
    pub key: PartitionKey,
    /// When its first rows since the last announcement were checkpointed; the process-time trigger counts from here.
    pub first_seen: Timestamp,
    /// When its latest rows were checkpointed.
    pub last_rows: Timestamp,
    /// The last checkpoint that brought rows.
    pub last_checkpoint: CheckpointId,
    /// The checkpoint at which it became due, if it has; part of the announcement's id.
    pub due: Option<CheckpointId>,
    /// Rows since the last announcement.
    pub rows: u64,
    /// Files since the last announcement.
    pub files: u64,
    /// Bytes of these files.
    pub bytes: u64,
    /// Raw size of the rows, in Hive's sense of `rawDataSize`.
    pub raw_bytes: u64,
    /// Staged files held back for compaction.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub held: Vec<StagedFile>,
}

/// Rows counted since the pipeline's first start; exact, since they are part of the checkpoint.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Records read.
    pub rows_in: u64,
    /// Rows written to the table.
    pub rows_out: u64,
    /// Rows that the `WHERE` clause left out.
    pub filtered: u64,
    /// Rows outside of the range that was asked for.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub outside: u64,
    /// Records that went to the dead letters.
    pub rejected: u64,
    /// Records skipped by `ignore-parse-errors`.
    pub skipped: u64,
    /// Rows that came for a partition after it was complete.
    pub late: u64,
    /// Late rows that were dropped by `sink.late-data`.
    pub late_dropped: u64,
    /// Files published.
    pub files: u64,
    /// Bytes published.
    pub bytes: u64,
    /// Partitions announced, counting repeated announcements.
    pub partitions: u64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature that serde asks for")]
fn is_zero(count: &u64) -> bool {
    *count == 0
}

impl Counts {
    /// Adds other counts to these.
    pub fn add(&mut self, other: &Self) {
        self.rows_in += other.rows_in;
        self.rows_out += other.rows_out;
        self.filtered += other.filtered;
        self.outside += other.outside;
        self.rejected += other.rejected;
        self.skipped += other.skipped;
        self.late += other.late;
        self.late_dropped += other.late_dropped;
        self.files += other.files;
        self.bytes += other.bytes;
        self.partitions += other.partitions;
    }
}
