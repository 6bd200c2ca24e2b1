//! Dimensions: tables that a stream's rows are joined with, each held in memory once.
//!
//! ```text
//! files of the table ─► LookupQuery::part (filter, keys, columns) ─► LookupTable ◄── probe(keys of a batch) ── Transform
//!                                                                     shared, replaced as a whole
//! ```
//!
//! A [`LookupTable`] never changes: a newer one takes its place behind the port [`Dimension`], so that a batch is joined
//! with one state of the table and nobody waits for a lock.

mod keys;
mod pairs;
mod table;

use std::fmt::Debug;
use std::sync::Arc;

pub use keys::can_be_key;
pub(crate) use pairs::Pairs;
pub(crate) use table::Output;
pub use table::{LookupPart, LookupTable};

/// Stands for no row of a table.
const NONE: u32 = u32::MAX;

/// A table that rows are joined with, as it is now.
pub trait Dimension: Send + Sync + Debug {
    /// Gives the newest copy, or nothing as long as the table has no partition to be read. Cheap.
    ///
    /// Once there is a copy, there is always one.
    fn current(&self) -> Option<Arc<LookupTable>>;
}
