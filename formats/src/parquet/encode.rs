//! One encoder for any number of open files.

use arrow::array::RecordBatch;
use arrow::datatypes::{DataType, Schema};
use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::writer::TrackedWrite;

use super::column::{Column, PageSink, Work};
use super::dictionary::Memory;
use super::footer::{self, Common, RowGroup};
use super::leaf::branch;
use super::options::ParquetOptions;
use super::schema::{self, Leaf};
use crate::types::HiveType;
use crate::{FileStats, FormatError, Result};

const MAGIC: &[u8] = b"PAR1";
/// Most row groups of a file: their number is 16 bits wide.
const MAX_ROW_GROUPS: usize = i16::MAX as usize;

/// Encodes row groups for any number of open files with one codec context and one set of buffers.
///
/// ```
/// # use std::sync::Arc;
/// # use arrow::array::{ArrayRef, Int64Array, RecordBatch};
/// # use formats::parquet::ParquetOptions;
/// # fn main() -> formats::Result<()> {
/// let ids: ArrayRef = Arc::new(Int64Array::from(vec![1, 2, 3]));
/// let batch = RecordBatch::try_from_iter([("id", ids)]).expect("one column");
/// let mut encoder = formats::Encoder::new(&batch.schema(), None, &ParquetOptions::default())?;
/// let (mut file, mut bytes) = (encoder.start(), Vec::new());
/// encoder.row_group(&mut file, &[batch], &mut bytes)?;
/// let stats = encoder.finish(file, &mut bytes)?;
/// assert_eq!((stats.rows, stats.bytes), (3, bytes.len() as u64));
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Encoder {
    options: ParquetOptions,
    common: Common,
    leaves: Vec<Leaf>,
    memories: Vec<Memory>,
    work: Work,
}

/// Keeps what a file needs until its footer is written: where its column chunks are.
#[derive(Debug, Default)]
pub struct OpenFile {
    /// Place of the next byte.
    offset: u64,
    rows: u64,
    row_groups: Vec<RowGroup>,
}

impl OpenFile {
    /// Returns the number of bytes given out so far.
    pub fn bytes(&self) -> u64 {
        self.offset
    }

    /// Returns the number of rows encoded so far.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// Returns about how many bytes of memory the file holds until it is finished.
    pub fn memory(&self) -> usize {
        size_of::<Self>() + self.row_groups.iter().map(RowGroup::memory).sum::<usize>()
    }
}

impl Encoder {
    /// Makes an encoder for files of one schema.
    ///
    /// The fields have the names of Hive's columns and the types of [`HiveType::to_arrow`]; texts
    /// may also come as `LargeUtf8`, `Utf8View` or dictionaries of them, and timestamps in any
    /// unit. Batches may differ from the schema in the same way, and in the names of inner fields.
    /// `hive_types` tells which texts are `char`s, whose filling is not stored.
    ///
    /// # Errors
    /// [`ErrorKind::Unsupported`](crate::ErrorKind::Unsupported) if a column's type cannot be
    /// stored (unions, intervals, maps with keys that are not primitive),
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) if an option is out of range.
    ///
    /// Source: Hive `HiveSchemaConverter`, `DataWritableWriter`.
    pub fn new(
        schema: &Schema,
        hive_types: Option<&[HiveType]>,
        options: &ParquetOptions,
    ) -> Result<Self> {
        options.check()?;
        let (descriptor, leaves) = schema::build(schema, hive_types, options)?;
        let common = Common {
            schema: descriptor,
            codec: footer::codec(options.compression).map_err(internal)?,
            created_by: options.created_by.clone(),
            key_value_metadata: key_value_metadata(schema, options),
        };
        let work = Work::new(options.compression)?;
        let memories = vec![Memory::default(); leaves.len()];
        Ok(Self { options: options.clone(), common, leaves, memories, work })
    }

    /// Opens a file; it has no bytes yet.
    pub fn start(&self) -> OpenFile {
        OpenFile::default()
    }

    /// Encodes one row group of all rows of `batches`, in order, and appends its bytes to `out`.
    ///
    /// Without rows nothing happens. After an error file and `out` are as before.
    ///
    /// Limit: a file has 32,767 row groups at most, a page less than 2 GB.
    ///
    /// # Errors
    /// [`ErrorKind::Schema`](crate::ErrorKind::Schema) if a batch has other columns than the
    /// encoder, [`ErrorKind::Data`](crate::ErrorKind::Data) if a value cannot be stored: a decimal
    /// with more digits than its type.
    pub fn row_group(
        &mut self,
        file: &mut OpenFile,
        batches: &[RecordBatch],
        out: &mut Vec<u8>,
    ) -> Result<()> {
        let rows = batches.iter().map(RecordBatch::num_rows).sum::<usize>();
        if rows == 0 {
            return Ok(());
        }
        if file.row_groups.len() == MAX_ROW_GROUPS {
            return Err(FormatError::unsupported("a parquet file has 32767 row groups at most"));
        }
        let start = out.len();
        let encoded = self.append_row_group(file, batches, rows, out);
        if encoded.is_err() {
            out.truncate(start);
        }
        file.row_groups.push(encoded?);
        file.offset += (out.len() - start) as u64;
        file.rows += rows as u64;
        Ok(())
    }

    fn append_row_group(
        &mut self,
        file: &OpenFile,
        batches: &[RecordBatch],
        rows: usize,
        out: &mut Vec<u8>,
    ) -> Result<RowGroup> {
        let columns = self.leaves.last().map_or(0, |leaf| leaf.column + 1);
        for batch in batches {
            if batch.num_columns() != columns {
                return Err(FormatError::schema(
                    "batch has another number of columns than the file",
                )
                .with("columns", batch.num_columns())
                .with("expected", columns));
            }
        }
        let (mut base, start) = (file.offset, out.len());
        if base == 0 {
            out.extend_from_slice(MAGIC);
            base = MAGIC.len() as u64;
        }
        let mut sink = TrackedWrite::new(out);
        let mut chunks = Vec::with_capacity(self.leaves.len());
        for (leaf, memory) in self.leaves.iter().zip(&mut self.memories) {
            let branches = batches.iter().map(|b| branch(b, leaf, self.options.time_zone));
            let branches = branches.collect::<Result<Vec<_>>>()?;
            self.work.layout.fill(leaf, &branches);
            let mut column = Column {
                options: &self.options,
                leaf,
                memory,
                work: &mut self.work,
                pages: PageSink::new(&mut sink, base),
            };
            chunks.push(column.encode(&branches)?);
        }
        let out = sink.into_inner().map_err(internal)?;
        // Filters lie behind the pages of their row group.
        for chunk in &mut chunks {
            let bloom = std::mem::take(&mut chunk.bloom);
            if !bloom.is_empty() {
                let written = out.len().saturating_sub(start) as u64;
                chunk.bloom_at = Some((file.offset + written, bloom.len()));
                out.extend_from_slice(&bloom);
            }
        }
        Ok(RowGroup { rows, offset: base, chunks: chunks.into() })
    }

    /// Appends the footer; the file is complete, also without any rows.
    ///
    /// # Errors
    /// [`ErrorKind::Internal`](crate::ErrorKind::Internal) if the metadata cannot be written.
    pub fn finish(&mut self, file: OpenFile, out: &mut Vec<u8>) -> Result<FileStats> {
        let OpenFile { offset: written, rows, row_groups } = file;
        let start = out.len();
        if written == 0 {
            out.extend_from_slice(MAGIC);
        }
        let offset = written.max(MAGIC.len() as u64);
        if let Err(e) = footer::write(&self.common, &row_groups, offset, out) {
            out.truncate(start);
            return Err(internal(e));
        }
        Ok(FileStats {
            rows,
            bytes: written + (out.len() - start) as u64,
            raw_bytes: row_groups.iter().map(RowGroup::uncompressed).sum(),
        })
    }
}

pub(super) fn internal(e: ParquetError) -> FormatError {
    FormatError::internal("cannot write parquet pages").with_source(e)
}

/// Collects what the footer says besides the schema: the options' pairs, and how Hive must read
/// dates and timestamps.
///
/// Source: Hive `DataWritableWriteSupport`; Hive 3.1 and 4 undo the zone, Hive 4 takes dates for
/// those of the hybrid calendar unless told otherwise.
fn key_value_metadata(schema: &Schema, options: &ParquetOptions) -> Vec<KeyValue> {
    let mut pairs = options.key_value_metadata.clone();
    let fields = schema.flattened_fields();
    let has = |is: fn(&DataType) -> bool| fields.iter().any(|f| is(f.data_type()));
    let mut add = |key: &str, value: &str| {
        if pairs.iter().all(|(k, _)| k != key) {
            pairs.push((key.to_owned(), value.to_owned()));
        }
    };
    if has(|t| matches!(t, DataType::Timestamp(..))) {
        add("writer.time.zone", options.time_zone.name());
        add("writer.zone.conversion.legacy", "false");
    }
    if has(|t| matches!(t, DataType::Date32 | DataType::Timestamp(..))) {
        add("writer.date.proleptic", "true");
    }
    pairs.into_iter().map(|(key, value)| KeyValue::new(key, value)).collect()
}
