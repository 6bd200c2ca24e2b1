//! Stage 6: makes files, then partitions, visible.
//!
//! ```text
//! checkpoint ─► publish ─► trigger ─► announce: metastore ─► _SUCCESS ─► command
//!   (saved)     staged      due?       in this order, each step may run twice
//! ```
//!
//! [`trigger`], [`policy`] and [`compact::plan`] decide; [`publish`], [`announce`], [`swap`] and the merging in [`compact`] act. Must not know: open files,
//! sources, how a checkpoint is kept.

pub mod announce;
mod command;
pub mod compact;
pub mod policy;
pub mod publish;
mod statistics;
pub mod swap;
#[cfg(test)]
mod testing;
pub mod trigger;

use self::announce::Announcer;
use self::swap::Swapper;
use crate::error::Result;
use crate::time::Timestamp;
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

/// What is done with partitions that are due.
#[derive(Debug)]
pub enum Committer {
    /// They are complete where they are: tell of them.
    Announce(Announcer),
    /// They were built beside the live ones: put them in their place first.
    Swap(Box<Swapper>),
}

impl Committer {
    /// Commits partitions. May be repeated.
    ///
    /// # Errors
    /// As [`Announcer::announce`] and [`Swapper::commit`].
    pub fn commit(&mut self, items: &[CommitItem], now: Timestamp) -> Result<()> {
        match self {
            Self::Announce(announcer) => announcer.announce(items, now),
            Self::Swap(swapper) => swapper.commit(items, now),
        }
    }
}
