//! Stage 3: which partition each row belongs to, and the rows of a batch taken apart by partition. Pure.
//!
//! ```text
//! partition columns ─► Router: a number per row ─► Splitter: pieces of shared batches, one per partition
//! ```
//!
//! A batch whose rows all go to one partition passes whole. Others are collected until a split pays.

pub mod partition;
pub mod split;
