//! Tables as the place where rows come from: what a metastore knows of them, their files, their rows.
//!
//! ```text
//!  metastore ─► ReadTable ─► TablePartition ─► Files: visible files ─► scan: one file or a range of it ─► batches
//!               columns      its own format    └► View: those of transactions that are seen
//! ```
//!
//! Only announced partitions are read, and only files whose names, and the names of the folders they are in below the
//! partition, do not begin with `_` or `.`. Every file is read by the format of its own partition, and gives the columns
//! that the table has today. In transactional tables the transactions decide which files are read, and which rows of them.
//!
//! Must not know: pipelines, SQL, where the rows go.

pub mod dimension;
pub mod enumerator;
pub mod files;
pub mod listing;
pub mod order;
pub mod scan;
mod settle;
pub mod source;
pub mod state;
mod table;
pub mod view;

pub use files::{DataFile, Files};
pub use scan::{ScanColumn, ScanPlan, scan, split_ranges};
pub use table::{ReadTable, TablePartition};
pub use view::View;

#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
