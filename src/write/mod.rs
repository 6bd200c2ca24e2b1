//! Stage 4: open files, rolling, staging.
//!
//! [`OpenFiles`] decides which file takes rows and which to encode or close; it holds the rows as shared Arrow batches and
//! encodes late, so an open partition costs its rows and nothing more. `stage` carries the bytes to disk where readers do
//! not see them.

pub mod budget;
pub mod open_files;
pub mod rolling;
pub mod stage;

use serde::{Deserialize, Serialize};

/// Which folder a file belongs to.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum Target {
    /// The table that the pipeline writes.
    #[default]
    Table,
    /// The side table for late rows.
    LateTable,
    /// The pipeline's dead letters.
    DeadLetters,
}

impl Target {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature that serde asks for")]
    fn is_table(&self) -> bool {
        *self == Self::Table
    }
}

/// A partition of one of the pipeline's targets.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct PartitionKey {
    /// Whose partition.
    #[serde(default, skip_serializing_if = "Target::is_table")]
    pub target: Target,
    /// Its folder below the table's, escaped as Hive does: `dt=2026-01-01/hr=07`; empty if not partitioned.
    pub path: String,
}

/// A file that is complete, durable and invisible.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StagedFile {
    /// Where it belongs.
    #[serde(flatten)]
    pub key: PartitionKey,
    /// Its name once it is visible; while staged, `.stage` follows.
    pub name: String,
    /// Rows in it.
    pub rows: u64,
    /// Bytes in it.
    pub bytes: u64,
    /// Raw size of the rows, in Hive's sense of `rawDataSize`.
    pub raw_bytes: u64,
}
