//! Stage 6: makes files, then partitions, visible.
//!
//! ```text
//! checkpoint ─► publish ─► trigger ─► announce: metastore ─► _SUCCESS ─► command
//!   (saved)     staged      due?       in this order, each step may run twice
//! ```
//!
//! [`trigger`] and `policy` decide; `publish`, `announce` and the merge in `compact` act. Must not know: open files, sources,
//! how a checkpoint is kept.

mod extractor;
mod java_time;
pub mod trigger;
