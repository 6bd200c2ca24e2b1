//! Parquet files as Hive, Spark, Flink and the rest of the world read them.
//!
//! ```text
//!            batches of one file                    batches of another file
//!                    └────────────┐        ┌────────────┘
//!                                 ▼        ▼
//!                       Encoder (codec context, scratch buffers)
//!                                 │        │
//!        bytes of a row group ◄───┘        └───► bytes of a row group
//!        + its metadata in an OpenFile           + its metadata in an OpenFile
//! ```
//!
//! One [`Encoder`] serves any number of files. Rows are encoded late, a whole row group at a time,
//! so an [`OpenFile`] holds only where its column chunks are and what values they span.
//!
//! Invariants: a row group that failed leaves file and output as they were; the bytes given out in
//! order are the file; pages end at row borders.
//!
//! # Why
//! An encoder of our own, on the metadata types and the page writer of the `parquet` crate: that
//! crate's Arrow writer keeps one codec context for every column of every open file, tries a
//! dictionary for each of them, and cannot write INT96, the only timestamp Hive before 4 reads.

mod column;
mod dictionary;
mod encode;
mod footer;
mod hybrid;
mod layout;
mod leaf;
mod numbers;
mod options;
mod read;
mod scan;
mod schema;
mod texts;
mod values;

pub use encode::{Encoder, OpenFile};
pub use options::{ParquetDecimal, ParquetOptions, ParquetTimestamp};
pub use read::{Batches, footer, read_batches};
pub(crate) use scan::{Chunks, describe, open};
pub use scan::{SkippedBy, file_columns};

#[cfg(test)]
mod tests;
