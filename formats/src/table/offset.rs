//! The virtual column that tells where in its file a row lies.

use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array, RecordBatch, RecordBatchOptions};
use arrow::datatypes::SchemaRef;

use super::descriptor::{Descriptor, TableColumn};
use super::fit::schema_of;
use super::read::{ReadRequest, TableReader};
use crate::{FormatError, Result};

/// The name of Hive's virtual column; a request for a column of this name and the type `bigint`, in a
/// table that has none itself, gets where rows lie.
///
/// In text that is the byte at which a row's line begins, counted in the unpacked text of a compressed
/// file. In Parquet it is the first byte of the row group, in ORC that of the stripe. Other formats
/// are refused.
///
/// Source: Hive `VirtualColumn.BLOCKOFFSET`, which for text is the same. Of Parquet and ORC, Hive tells
/// how far the reader had come, in proportion, which says nothing of the row.
pub const BLOCK_OFFSET: &str = "block__offset__inside__file";

/// Finds the virtual column in a request.
pub(crate) fn asked(descriptor: &Descriptor, columns: &[TableColumn]) -> Option<usize> {
    let is = |column: &TableColumn| column.name.eq_ignore_ascii_case(BLOCK_OFFSET);
    if descriptor.columns.iter().any(is) { None } else { columns.iter().position(is) }
}

/// Gives batches none of which has rows of two blocks.
pub(crate) trait Blocks: Iterator<Item = Result<RecordBatch>> {
    /// Returns where the block begins whose rows were given last.
    fn block(&self) -> u64;
}

/// Where the virtual column goes among others.
#[derive(Debug)]
pub(crate) struct OffsetColumn {
    at: Option<usize>,
    columns: Vec<TableColumn>,
    schema: SchemaRef,
}

impl OffsetColumn {
    /// Takes the virtual column out of a request, if it is there.
    pub(crate) fn take(descriptor: &Descriptor, request: &ReadRequest) -> (Self, ReadRequest) {
        let columns = request.columns(descriptor).to_vec();
        let at = asked(descriptor, &columns);
        let mut rest = request.clone();
        if let Some(at) = at {
            let mut others = columns.clone();
            others.remove(at);
            rest.columns = Some(others);
        }
        (Self { at, schema: schema_of(&columns), columns }, rest)
    }

    /// Makes the reader of batches that lack the column, if it was asked for.
    pub(crate) fn reader(self, mut batches: impl Blocks + Send + 'static) -> TableReader {
        let Some(at) = self.at else { return TableReader::new(&self.columns, batches) };
        let schema = self.schema;
        let with = std::iter::from_fn(move || {
            let batch = batches.next()?;
            Some(batch.and_then(|batch| insert(&batch, at, batches.block(), &schema)))
        });
        TableReader::new(&self.columns, with)
    }
}

/// Makes a column of the same place in every row.
///
/// # Errors
/// [`ErrorKind::Data`](crate::ErrorKind::Data) for a place that no file has.
pub(crate) fn column(block: u64, rows: usize) -> Result<ArrayRef> {
    let block = i64::try_from(block)
        .map_err(|_| FormatError::data("a block begins beyond all files").with("byte", block))?;
    Ok(Arc::new(Int64Array::from_value(block, rows)))
}

fn insert(batch: &RecordBatch, at: usize, block: u64, schema: &SchemaRef) -> Result<RecordBatch> {
    let mut arrays = batch.columns().to_vec();
    arrays.insert(at, column(block, batch.num_rows())?);
    let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
    RecordBatch::try_new_with_options(Arc::clone(schema), arrays, &options)
        .map_err(|e| FormatError::schema("the virtual column is a bigint").with_source(e))
}
