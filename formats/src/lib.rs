//! Bytes to rows and rows to bytes: the file formats of Hive tables and the payloads of streams.
//!
//! Everything here is plain synchronous code over values: bytes in, batches out, and the other way
//! round. Nothing opens a file, talks to a network or reads the clock.

pub mod acid;
pub mod avro;
pub mod calendar;
pub mod codec;
pub mod compression;
mod cursor;
mod error;
mod gather;
mod hadoop;
mod input;
pub mod inspect;
pub mod message;
pub mod orc;
pub mod parquet;
mod rows;
pub mod serde_names;
pub mod table;
mod text;
pub mod types;

pub use error::{ErrorKind, FormatError, Result};
pub use input::{Files, Input};
pub use parquet::{Encoder, OpenFile};
pub use table::file_stats;

/// Counts what is in one data file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FileStats {
    /// Number of rows.
    pub rows: u64,
    /// Length of the file.
    pub bytes: u64,
    /// Length of the rows before compression, as Hive's `rawDataSize` counts them for the format.
    pub raw_bytes: u64,
}
