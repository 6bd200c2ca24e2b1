//! A pipeline's resolved description: no option is missing, no text is left to interpret.

use std::path::PathBuf;
use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use formats::message::MessageFormat;
use formats::table::{Descriptor, Layout, TableEncoder, WriteOptions};
use metastore::names::TableName;

use super::alignment::Alignment;
use super::event::JobPlan;
use super::pace::RateLimit;
use super::scope::{RowTimes, Scope};
use crate::commit::policy::Policy;
use crate::commit::trigger::Trigger;
use crate::decode::dead_letter::MaxRate;
use crate::decode::records::RecordPlan;
use crate::error::{Error, Result};
use crate::source::Source;
use crate::sql::bind::{PartitionColumn, Transform, WatermarkSpec};
use crate::write::rolling::RollingPolicy;

/// A resolved pipeline: one `INSERT` into one table.
#[derive(Debug)]
pub struct Plan {
    /// Name by which its state is known.
    pub name: String,
    /// The table it writes.
    pub table: TableName,
    /// What the state machine must know; the job's id is filled in from the state.
    pub job: JobPlan,
    /// The parts of its `UNION ALL`, at least one.
    pub branches: Vec<Branch>,
    /// Partition columns in order.
    pub partitions: Vec<PartitionColumn>,
    /// Name of the folder for null values.
    pub default_partition: String,
    /// How files are encoded.
    pub encoding: Encoding,
    /// When files close.
    pub rolling: RollingPolicy,
    /// When partitions are complete.
    pub trigger: Option<Trigger>,
    /// How they are announced, in order.
    pub policies: Vec<Policy>,
    /// What happens to rows for complete partitions.
    pub late: LatePolicy,
    /// How many records may be rejected.
    pub max_rate: Option<MaxRate>,
    /// Which partitions it may write; rows for others are left out and counted.
    pub scope: Scope,
    /// How fast it may read.
    pub rate_limit: Option<RateLimit>,
    /// The table's folder.
    pub location: PathBuf,
    /// The folder of the side table for late rows, if rows go there.
    pub late_location: Option<PathBuf>,
    /// The pipeline's state folder.
    pub state: PathBuf,
}

/// How the files of a table are encoded.
#[derive(Debug, Clone)]
pub struct Encoding {
    /// The table's format, properties and columns.
    pub descriptor: Descriptor,
    /// What the pipeline's options say beyond it.
    pub options: WriteOptions,
}

impl Encoding {
    /// Returns how many rows, and bytes of rows in memory, make a full piece of a file: a row group,
    /// a stripe, some blocks.
    pub fn full(&self) -> (usize, usize) {
        match self.descriptor.layout() {
            Ok(Layout::Orc) => (1 << 20, self.options.orc.stripe_bytes),
            Ok(Layout::Parquet) => (131_072, 48 << 20),
            _ => (131_072, 16 << 20),
        }
    }

    /// Makes an encoder.
    ///
    /// # Errors
    /// `Schema` or `Unsupported` if the table cannot be written.
    pub fn encoder(&self) -> Result<TableEncoder> {
        let made = TableEncoder::new(&self.descriptor, &self.options);
        made.map_err(|e| Error::schema("cannot write this table").with_source(e))
    }
}

/// One part of a pipeline's `UNION ALL`.
#[derive(Debug)]
pub struct Branch {
    /// Name of the source table.
    pub table: String,
    /// Where records come from.
    pub source: Arc<dyn Source>,
    /// How blocks of records are decoded; `None` if the source gives messages or rows.
    pub format: Option<MessageFormat>,
    /// How messages are decoded; `None` if the source gives no messages.
    pub records: Option<RecordPlan>,
    /// Event time and its delay.
    pub watermark: Option<WatermarkSpec>,
    /// How its splits are kept together in event time, if they are.
    pub alignment: Option<Alignment>,
    /// Which rows are read, by event time; the others are left out and counted.
    pub rows: Option<RowTimes>,
    /// Filter, projection, assignment.
    pub transform: Transform,
}

/// What happens to rows for partitions that are complete (`sink.late-data`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LatePolicy {
    /// They are written and the partition is announced again.
    Recommit,
    /// They go to the side table.
    SideTable,
    /// They are dropped and counted.
    Drop,
}

impl Plan {
    /// Gives the table's data columns: the same for every branch.
    ///
    /// # Errors
    /// `Internal` if there is no branch.
    pub fn output_schema(&self) -> Result<SchemaRef> {
        let first = self.branches.first();
        let first = first.ok_or_else(|| Error::internal("a pipeline without a source"))?;
        Ok(first.transform.output_schema())
    }
}
