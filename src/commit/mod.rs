//! Stage 6: makes files, then partitions, visible.
//!
//! ```text
//! checkpoint ─► publish ─► trigger ─► announce: metastore ─► _SUCCESS ─► command
//!   (saved)     staged      due?       in this order, each step may run twice
//! ```
//!
//! [`trigger`], [`policy`] and [`compact::plan`] decide; [`publish`], [`announce`] and the merging in [`compact`] act. Must not know: open files, sources,
//! how a checkpoint is kept.

pub mod announce;
mod command;
pub mod compact;
pub mod policy;
pub mod publish;
mod statistics;
#[cfg(test)]
mod testing;
pub mod trigger;

use crate::write::PartitionKey;

/// A partition to be announced, with what has been written to it since its last announcement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommitItem {
    /// Which partition.
    pub key: PartitionKey,
    /// Tells this announcement from others, and stays the same when it is tried again.
    pub commit_id: String,
    /// Rows.
    pub rows: u64,
    /// Files.
    pub files: u64,
    /// Bytes of these files.
    pub bytes: u64,
    /// Raw size of the rows, in Hive's sense of `rawDataSize`.
    pub raw_bytes: u64,
}
