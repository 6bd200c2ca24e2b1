//! Tables: from a storage descriptor to a reader or a writer of its files.
//!
//! ```text
//!  class names, properties, columns ──► Layout ──► open(file)  ──► batches of the columns
//!                                           └────► create(...) ──► bytes of a file
//! ```
//!
//! A [`Descriptor`] is what a metastore keeps of a table or of one of its partitions. Every file is
//! read by the descriptor of its own partition, so that a table whose partitions differ in format
//! is read as one: all readers give the columns that were asked for, in the types asked for.

mod condition;
mod descriptor;
mod fit;
mod offset;
mod orc;
mod predicate;
mod read;
mod write;

pub use crate::text::values_of;
pub use condition::parse_condition;
pub use descriptor::{Descriptor, HiveVersion, Layout, RowFormat, TableColumn};
pub use fit::schema_of;
pub use offset::BLOCK_OFFSET;
pub use orc::orc_columns;
pub(crate) use orc::{
    condition as orc_condition, describe as describe_orc, wanted_fields as orc_fields,
};
pub use predicate::{ColumnBounds, Compare, Predicate, Scalar};
pub use read::{ReadOptions, ReadRequest, TableReader, open};
pub use write::{OpenTableFile, TableEncoder, WriteOptions, file_stats};

pub(crate) use fit::{FitRules, WRITER_ZONE, WriterClock, fit, fit_batch, push_fitted};
pub(crate) use offset::{Blocks, OffsetColumn, asked as offset_asked, column as offset_column};
pub(crate) use predicate::{decimal_text, scalars};
pub(crate) use write::PlainFile;

#[cfg(test)]
mod tests;

#[cfg(test)]
mod robust;
