//! ORC files as Hive, Spark, Trino and the ORC libraries read and write them.
//!
//! ```text
//!  batches ──► OrcEncoder ──► stripes ─┐                       ┌─► OrcFile (tail) ─► which stripes,
//!              (one for any number     ├─► bytes of the file ──┤                     which row groups
//!  rows end ─► of open files) ► footer ┘                       └─► stripe decoder ─► batches
//! ```
//!
//! Rows are encoded late, a whole stripe at a time, so an open file holds only where its stripes
//! are and what values they span. The same rows give the same bytes, however they are batched.
//!
//! Invariants: a stripe that failed leaves file and output as they were; the bytes given out in
//! order are the file; runs end where row groups end, so no position points into a run.
//!
//! # Why
//! A writer of our own: files of the one on crates.io have neither statistics nor an index, and
//! Hive cannot open them.

mod bloom;
mod codec;
mod decimal;
mod lzo;
mod meta;
mod options;
mod proto;
mod read;
mod schema;
mod statistics;
#[cfg(test)]
mod tests;
mod write;

pub use decimal::Decimal;
pub use meta::OrcCompression;
pub use options::OrcOptions;
pub(crate) use read::describe;
pub use read::{
    OrcBatches, OrcComparison, OrcFile, OrcPredicate, OrcRead, OrcValue, TimestampUnit,
};
pub use write::{OpenOrcFile, OrcEncoder};
