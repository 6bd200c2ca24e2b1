//! Transactional tables: which files of a folder are a table's rows now, and which rows were deleted.
//!
//! ```text
//!  names of the folder ─┐
//!                       ├─► Snapshot: data files ─► open ─► rows ─► without deleted ones ─► batches
//!  valid write ids ─────┘            └─► delete events, by bucket ───────────┘
//! ```
//!
//! A transaction of Hive writes folders of its own and changes no file: `delta_2_2_0000` has rows that
//! it added, `delete_delta_2_2_0000` the ids of rows that it deleted, and a compaction leaves what
//! several of them amount to in `delta_1_5` or `base_5`. So a reader chooses folders by their names
//! and by the transactions that it may see, and drops rows whose ids are among the delete events.
//!
//! A row's id is the write id of the transaction that added it, its bucket and its number. Rows that
//! were there before the table was transactional, or were loaded as plain files, have computed ids.
//! The events of Hive 2 are known too: updates and deletes beside the inserts of one delta.
//!
//! Plain tables have snapshots as well: all their visible files.
//!
//! Whoever reads a table again and again reads each transaction once: files tell which write ids they
//! have ([`DataFile::write_ids`]), and rows can be left out by theirs ([`DataFile::only`]), so that a
//! compaction gives no row twice.
//!
//! Source: Hive `AcidUtils.getAcidState`, `OrcRawRecordMerger`, `BucketCodec`,
//! `VectorizedOrcAcidRowBatchReader`.

mod deletes;
mod id_set;
mod names;
mod read;
mod row_id;
mod snapshot;
#[cfg(test)]
mod tests;
mod write_ids;

pub use id_set::WriteIdSet;
pub use row_id::{ROW_ID, row_id_type};
pub use snapshot::{DataFile, Entry, Snapshot, Transactional};
pub use write_ids::WriteIds;
