//! Rows that become a batch.

use std::sync::Arc;

use arrow::array::{RecordBatch, RecordBatchOptions};
use arrow::datatypes::SchemaRef;
use arrow::error::ArrowError;

use super::Column;
use crate::types::HiveType;
use crate::{FormatError, Result};

/// The columns of a batch that is being filled.
///
/// Columns that nobody asked for have no builder, so that their values are not even parsed.
#[derive(Debug)]
pub(crate) struct Rows {
    schema: SchemaRef,
    columns: Vec<Column>,
    count: usize,
    /// How many make a batch.
    most: usize,
}

impl Rows {
    pub(crate) fn new(schema: SchemaRef, types: &[HiveType], batch_rows: usize) -> Self {
        let room = batch_rows.min(8_192);
        let columns = types.iter().map(|ty| Column::new(ty, room)).collect();
        Self { schema, columns, count: 0, most: batch_rows.max(1) }
    }

    pub(crate) fn columns(&mut self) -> &mut [Column] {
        &mut self.columns
    }

    pub(crate) fn len(&self) -> usize {
        self.count
    }

    /// Counts a row; columns that got no value for it get NULL.
    #[inline]
    pub(crate) fn end_row(&mut self) {
        self.end_rows(1);
    }

    /// Counts rows; columns that got no values for the last of them get NULL.
    #[inline]
    pub(crate) fn end_rows(&mut self, rows: usize) {
        self.count += rows;
        for column in &mut self.columns {
            while column.len() < self.count {
                column.push_null();
            }
        }
    }

    /// How many rows are missing to a full batch.
    pub(crate) fn room(&self) -> usize {
        self.most.saturating_sub(self.count)
    }

    /// Tells whether the batch should be taken out.
    #[inline]
    pub(crate) fn is_full(&self) -> bool {
        self.count >= self.most || self.columns.iter().any(Column::is_full)
    }

    /// Takes the rows out as a batch.
    pub(crate) fn finish(&mut self) -> Result<RecordBatch> {
        let rows = std::mem::take(&mut self.count);
        let failed = |e: ArrowError| FormatError::data("rows make no batch").with_source(e);
        let arrays = self.columns.iter_mut().map(Column::finish).collect::<Result<_, _>>();
        let options = RecordBatchOptions::new().with_row_count(Some(rows));
        RecordBatch::try_new_with_options(
            Arc::clone(&self.schema),
            arrays.map_err(failed)?,
            &options,
        )
        .map_err(failed)
    }
}
