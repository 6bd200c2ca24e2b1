//! Parquet files back to batches, for merging small files and counting rows.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::{DataType, Field, FieldRef, Fields, Schema, SchemaRef, TimeUnit};
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReader,
    ParquetRecordBatchReaderBuilder,
};
use parquet::errors::ParquetError;
use parquet::file::metadata::{ColumnChunkMetaData, ParquetMetaData, ParquetMetaDataReader};
use parquet::file::reader::ChunkReader;

use crate::{FileStats, FormatError, Result};

/// Gives the rows of a file batch by batch.
pub struct Batches {
    schema: SchemaRef,
    reader: ParquetRecordBatchReader,
    /// Rows that the footer promises and that did not come yet.
    left: u64,
}

impl fmt::Debug for Batches {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Batches").field("schema", &self.schema).finish_non_exhaustive()
    }
}

impl Batches {
    /// Returns the schema that all batches have.
    pub fn schema(&self) -> &SchemaRef {
        &self.schema
    }
}

impl Iterator for Batches {
    type Item = Result<RecordBatch>;

    fn next(&mut self) -> Option<Self::Item> {
        let Some(batch) = next_batch(&mut self.reader) else {
            let missing = std::mem::take(&mut self.left);
            let error = || FormatError::data("parquet file has fewer rows than its footer says");
            return (missing > 0).then(|| Err(error().with("missing", missing)));
        };
        match &batch {
            Ok(rows) => self.left = self.left.saturating_sub(rows.num_rows() as u64),
            Err(_) => self.left = 0,
        }
        Some(batch)
    }
}

/// Gives the next batch of a reader.
///
/// Levels of a broken page can lead the decoder behind its bytes, where it panics (parquet 59.3, packed definition levels): to whoever
/// reads, that is broken data like any other.
pub(super) fn next_batch(reader: &mut ParquetRecordBatchReader) -> Option<Result<RecordBatch>> {
    let failed = || FormatError::data("cannot read parquet rows");
    match catch_unwind(AssertUnwindSafe(|| reader.next())) {
        Ok(batch) => Some(batch?.map_err(|e| failed().with_source(e))),
        Err(_) => Some(Err(failed().with("why", "a page is broken"))),
    }
}

/// Reads a whole file in batches of at most `batch_rows` rows.
///
/// Shape: the columns of the file in its order. Timestamps of every physical type, INT96 among
/// them, come in microseconds, so that years up to 9999 fit; INT96 without a zone, as it lies in
/// the file. An Arrow schema that a writer left in the metadata is not looked at.
///
/// # Errors
/// [`ErrorKind::Data`](crate::ErrorKind::Data) if the file is not Parquet or its footer is broken;
/// the iterator gives the same for broken pages.
pub fn read_batches<R: ChunkReader + 'static>(input: R, batch_rows: usize) -> Result<Batches> {
    let broken = |e: ParquetError| FormatError::data("cannot open the parquet file").with_source(e);
    let plain = ArrowReaderOptions::new().with_skip_arrow_metadata(true);
    let metadata = ArrowReaderMetadata::load(&input, plain.clone()).map_err(broken)?;
    check(metadata.metadata())?;
    let fields = metadata.schema().fields().iter().map(in_micros);
    let schema = Arc::new(Schema::new(fields.collect::<Fields>()));
    let options = plain.with_schema(Arc::clone(&schema));
    let metadata =
        ArrowReaderMetadata::try_new(Arc::clone(metadata.metadata()), options).map_err(broken)?;
    let left = count(metadata.metadata())?.rows;
    let reader = ParquetRecordBatchReaderBuilder::new_with_metadata(input, metadata)
        .with_batch_size(batch_rows.max(1))
        .build()
        .map_err(broken)?;
    Ok(Batches { schema, reader, left })
}

/// Replaces nanoseconds by microseconds, at any depth.
fn in_micros(field: &FieldRef) -> FieldRef {
    let ty = match field.data_type() {
        DataType::Timestamp(TimeUnit::Nanosecond, zone) => {
            DataType::Timestamp(TimeUnit::Microsecond, zone.clone())
        }
        DataType::List(element) => DataType::List(in_micros(element)),
        DataType::Map(entries, sorted) => DataType::Map(in_micros(entries), *sorted),
        DataType::Struct(fields) => DataType::Struct(fields.iter().map(in_micros).collect()),
        _ => return Arc::clone(field),
    };
    Arc::new(Field::new(field.name(), ty, field.is_nullable()))
}

/// Returns a file's counts from its footer alone.
///
/// # Errors
/// [`ErrorKind::Data`](crate::ErrorKind::Data) if the file is not Parquet or its footer is broken.
pub fn footer<R: ChunkReader>(input: &R) -> Result<FileStats> {
    let metadata = ParquetMetaDataReader::new().parse_and_finish(input);
    let metadata =
        metadata.map_err(|e| FormatError::data("cannot read the parquet footer").with_source(e))?;
    Ok(FileStats { bytes: input.len(), ..count(&metadata)? })
}

/// Refuses a footer with negative places, lengths or counts, on which the `parquet` crate panics.
pub(super) fn check(metadata: &ParquetMetaData) -> Result<()> {
    for group in metadata.row_groups() {
        let negative = |column: &ColumnChunkMetaData| {
            let numbers = [
                column.data_page_offset(),
                column.dictionary_page_offset().unwrap_or(0),
                column.compressed_size(),
                column.num_values(),
            ];
            numbers.into_iter().any(|n| n < 0)
        };
        if group.num_rows() < 0 || group.columns().iter().any(negative) {
            return Err(FormatError::data("parquet footer has a negative place or length"));
        }
    }
    Ok(())
}

/// Adds the counts of all row groups up.
fn count(metadata: &ParquetMetaData) -> Result<FileStats> {
    let positive = |n: i64| {
        u64::try_from(n).map_err(|_| FormatError::data("parquet footer has a negative count"))
    };
    metadata.row_groups().iter().try_fold(FileStats::default(), |stats, group| {
        Ok(FileStats {
            rows: stats.rows.saturating_add(positive(group.num_rows())?),
            raw_bytes: stats.raw_bytes.saturating_add(positive(group.total_byte_size())?),
            ..stats
        })
    })
}
