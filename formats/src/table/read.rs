//! The port that opens files of every format.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use chrono_tz::Tz;

use super::descriptor::{Descriptor, HiveVersion, Layout, TableColumn};
use super::fit::schema_of;
use super::offset;
use super::predicate::Predicate;
use crate::input::Input;
use crate::{FormatError, Result};

/// Chooses how files are understood where Hive leaves a choice.
#[derive(Clone, Debug, PartialEq)]
pub struct ReadOptions {
    /// The zone of the reader, and of writers that did not leave theirs in the file.
    pub zone: Tz,
    /// Whose reading counts where Hive's versions differ and the file does not tell its writer;
    /// `None` for the reading that keeps most of what the file says.
    ///
    /// The table property `hive.reader.version` goes before it.
    pub version: Option<HiveVersion>,
    /// Whether columns are found by position instead of by name, in formats with names.
    ///
    /// Source: Hive `parquet.column.index.access`, which is looked at too.
    pub by_position: bool,
}

impl Default for ReadOptions {
    fn default() -> Self {
        Self { zone: Tz::UTC, version: None, by_position: false }
    }
}

/// Says what is wanted of a file.
#[derive(Clone, Debug, PartialEq)]
pub struct ReadRequest {
    /// The columns to give, in this order; `None` for all. A struct with fewer fields than the
    /// table's gives only these.
    pub columns: Option<Vec<TableColumn>>,
    /// What rows must fulfil. Rows that do not may be left out, and may be given all the same.
    pub predicate: Option<Predicate>,
    /// The bytes whose rows are wanted: a row belongs to the range in which it, or its group,
    /// begins, so that ranges that follow each other give every row once.
    pub range: Option<Range<u64>>,
    /// Most rows in a batch.
    pub batch_rows: usize,
    /// The name of the file, whose end tells how text is compressed.
    pub file_name: String,
    /// How the file is understood.
    pub options: ReadOptions,
}

impl Default for ReadRequest {
    fn default() -> Self {
        Self {
            columns: None,
            predicate: None,
            range: None,
            batch_rows: 32_768,
            file_name: String::new(),
            options: ReadOptions::default(),
        }
    }
}

impl ReadRequest {
    /// Returns the columns to give.
    pub fn columns<'a>(&'a self, descriptor: &'a Descriptor) -> &'a [TableColumn] {
        self.columns.as_deref().unwrap_or(&descriptor.columns)
    }

    /// Returns whose reading of doubtful values counts.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) for an unknown `hive.reader.version`.
    pub fn version(&self, descriptor: &Descriptor) -> Result<Option<HiveVersion>> {
        match descriptor.property("hive.reader.version") {
            Some(version) => version.parse().map(Some),
            None => Ok(self.options.version),
        }
    }
}

/// Gives the rows of a file batch by batch.
pub struct TableReader {
    schema: SchemaRef,
    batches: Box<dyn Iterator<Item = Result<RecordBatch>> + Send>,
    failed: bool,
}

impl fmt::Debug for TableReader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TableReader").field("schema", &self.schema).finish_non_exhaustive()
    }
}

impl TableReader {
    /// Makes a reader of batches that have the schema of the columns.
    pub(crate) fn new(
        columns: &[TableColumn],
        batches: impl Iterator<Item = Result<RecordBatch>> + Send + 'static,
    ) -> Self {
        Self { schema: schema_of(columns), batches: Box::new(batches), failed: false }
    }

    /// Returns the schema that all batches have.
    pub fn schema(&self) -> &SchemaRef {
        &self.schema
    }
}

/// Gives batches up to the first error.
impl Iterator for TableReader {
    type Item = Result<RecordBatch>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.failed {
            return None;
        }
        let batch = self.batches.next()?;
        self.failed = batch.is_err();
        Some(batch)
    }
}

/// Opens a file of a table or partition.
///
/// Shape: the columns that the request names, in the Arrow types of [`HiveType::to_arrow`]; columns
/// that the file lacks are NULL. [`BLOCK_OFFSET`](super::BLOCK_OFFSET) is where rows lie. A file of no bytes has no rows, as Hive leaves them behind.
/// Limit: one batch and what the format needs for it, such as a row group's pages, are in memory.
///
/// # Errors
/// [`ErrorKind::Unsupported`](crate::ErrorKind::Unsupported) for a format or feature that is not
/// read, [`ErrorKind::Schema`](crate::ErrorKind::Schema) for columns that do not fit the file's,
/// [`ErrorKind::Config`](crate::ErrorKind::Config) for table properties that make no sense,
/// [`ErrorKind::Data`](crate::ErrorKind::Data) for a broken file; the reader gives the same.
///
/// [`HiveType::to_arrow`]: crate::types::HiveType::to_arrow
pub fn open(
    descriptor: &Descriptor,
    input: Arc<dyn Input>,
    request: &ReadRequest,
) -> Result<TableReader> {
    let layout = descriptor.layout()?;
    if input.size() == 0 {
        return Ok(TableReader::new(request.columns(descriptor), std::iter::empty()));
    }
    if !matches!(layout, Layout::Parquet | Layout::Orc | Layout::Text(_))
        && offset::asked(descriptor, request.columns(descriptor)).is_some()
    {
        return Err(FormatError::unsupported(
            "where a row lies is told of text, parquet and orc files alone",
        )
        .with("column", offset::BLOCK_OFFSET)
        .with("input format", &descriptor.input_format));
    }
    match layout {
        Layout::Parquet => crate::parquet::open(descriptor, input, request),
        Layout::Text(format) => crate::text::open(descriptor, format, input, request),
        Layout::Sequence(format) => {
            crate::hadoop::open_sequence(descriptor, format, input, request)
        }
        Layout::RcText => crate::hadoop::open_rcfile(descriptor, true, input, request),
        Layout::RcBinary => crate::hadoop::open_rcfile(descriptor, false, input, request),
        Layout::Avro => crate::avro::open(descriptor, input, request),
        Layout::Orc => super::orc::open(descriptor, input, request),
    }
}
