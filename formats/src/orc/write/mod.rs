//! Batches to ORC files.

mod bits;
mod column;
mod encode;
mod numbers;
mod parts;
mod runs;
mod size;
mod stripe;
mod text;

pub use encode::{OpenOrcFile, OrcEncoder};
pub(super) use size::raw_data;

/// The point in time from which timestamps are counted: 2015-01-01 00:00:00 UTC, in seconds.
pub(super) const EPOCH: i64 = 1_420_070_400;

#[cfg(test)]
mod tests;
