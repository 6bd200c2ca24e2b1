//! The walk over the row groups of a file.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::vec::IntoIter;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use arrow::error::ArrowError;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowPredicateFn, ArrowReaderMetadata, ParquetRecordBatchReader,
    ParquetRecordBatchReaderBuilder, RowFilter,
};
use parquet::file::metadata::ColumnChunkMetaData;

use super::super::read::next_batch;
use super::columns::{self, Form, Selected};
use super::prune::{Left, Pruner, Target};
use super::{Opened, options};
use crate::table::{Blocks, FitRules, Predicate, TableColumn, fit, fit_batch};
use crate::{FormatError, Result};

/// What is wanted of a file.
#[derive(Debug)]
pub(super) struct Want {
    pub(super) columns: Vec<TableColumn>,
    pub(super) schema: SchemaRef,
    pub(super) predicate: Option<Predicate>,
    pub(super) targets: Vec<Target>,
    pub(super) batch_rows: usize,
}

/// Gives the batches of a file, one row group after another.
pub(crate) struct Scan {
    opened: Opened,
    selected: Selected,
    rules: FitRules,
    groups: IntoIter<usize>,
    want: Want,
    current: Option<Group>,
    /// Where the row group begins that was opened last.
    block: u64,
    tested: Arc<Tested>,
    /// The forms in which a row group was decoded last, and the metadata that say so.
    decoded: Option<(Vec<(usize, Form)>, ArrowReaderMetadata)>,
}

/// One row group that is being read.
struct Group {
    reader: ParquetRecordBatchReader,
    /// Rows that must come; unknown if a filter decides.
    left: Option<usize>,
}

/// How many rows were tested by a filter, and how many passed.
#[derive(Debug, Default)]
struct Tested {
    rows: AtomicU64,
    passed: AtomicU64,
}

impl Scan {
    pub(super) fn new(
        opened: Opened,
        selected: Selected,
        rules: FitRules,
        groups: Vec<usize>,
        want: Want,
    ) -> Self {
        let groups = groups.into_iter();
        Self {
            opened,
            selected,
            rules,
            groups,
            want,
            current: None,
            block: 0,
            tested: Arc::default(),
            decoded: None,
        }
    }

    /// Opens the next row group of which something is left.
    fn next_group(&mut self) -> Result<Option<Group>> {
        let metadata = Arc::clone(self.opened.metadata.metadata());
        while let Some(group) = self.groups.next() {
            let rows = usize::try_from(metadata.row_group(group).num_rows())
                .map_err(|_| FormatError::data("parquet footer has a negative count"))?;
            let mut left = rows;
            let mut selection = None;
            if let Some(predicate) = &self.want.predicate {
                let pruner = Pruner {
                    chunks: &self.opened.chunks,
                    metadata: &metadata,
                    targets: &self.want.targets,
                    rules: &self.rules,
                };
                match pruner.look(group, predicate) {
                    Left::Nothing(_) => continue,
                    Left::All => {}
                    Left::Rows(chosen) => {
                        left = chosen.row_count();
                        selection = Some(chosen);
                    }
                }
            }
            let columns = self.of_group(group)?;
            let builder = ParquetRecordBatchReaderBuilder::new_with_metadata(
                self.opened.chunks.clone(),
                columns,
            );
            let mut builder = builder
                .with_batch_size(self.want.batch_rows)
                .with_row_groups(vec![group])
                .with_projection(self.selected.mask.clone());
            if let Some(selection) = selection {
                builder = builder.with_row_selection(selection);
            }
            let filter = self.row_filter(group);
            let filtered = filter.is_some();
            if let Some(filter) = filter {
                builder = builder.with_row_filter(filter);
            }
            let reader = builder
                .build()
                .map_err(|e| FormatError::data("cannot read a parquet row group").with_source(e))?;
            self.block = super::start_of(metadata.row_group(group));
            return Ok(Some(Group { reader, left: (!filtered).then_some(left) }));
        }
        Ok(None)
    }

    /// Returns the file's metadata with the forms in which a row group is decoded.
    fn of_group(&mut self, group: usize) -> Result<ArrowReaderMetadata> {
        let metadata = self.opened.metadata.metadata();
        let forms = columns::forms(metadata.row_group(group), &self.selected.leaves);
        if forms.is_empty() {
            return Ok(self.opened.metadata.clone());
        }
        if let Some((_, known)) = self.decoded.as_ref().filter(|(same, _)| *same == forms) {
            return Ok(known.clone());
        }
        let schema = columns::schema_in(self.opened.metadata.schema(), &forms);
        let made =
            ArrowReaderMetadata::try_new(Arc::clone(metadata), options().with_schema(schema));
        let made =
            made.map_err(|e| FormatError::data("cannot read a parquet file").with_source(e))?;
        self.decoded = Some((forms, made.clone()));
        Ok(made)
    }

    /// Makes a filter by which only matching rows of the other columns are decoded, where that pays:
    /// the other columns are larger than those of the condition, and few rows passed so far.
    fn row_filter(&self, group: usize) -> Option<RowFilter> {
        let predicate = self.want.predicate.as_ref()?;
        if self.want.targets.len() != predicate.columns().len() {
            return None;
        }
        let tested = self.tested.rows.load(Ordering::Relaxed);
        if tested > 0 && self.tested.passed.load(Ordering::Relaxed) > tested / 2 {
            return None;
        }
        let metadata = self.opened.metadata.metadata();
        let size = |leaf: usize| {
            metadata
                .row_group(group)
                .columns()
                .get(leaf)
                .map_or(0, ColumnChunkMetaData::compressed_size)
        };
        let mut leaves: Vec<usize> = self.want.targets.iter().map(|t| t.leaf).collect();
        leaves.sort_unstable();
        leaves.dedup();
        let tests: i64 = leaves.iter().map(|leaf| size(*leaf)).sum();
        let others = self.selected.leaves.iter().filter(|leaf| !leaves.contains(leaf));
        if others.map(|leaf| size(*leaf)).sum::<i64>() <= tests {
            return None;
        }
        let schema = metadata.file_metadata().schema_descr();
        if leaves.iter().any(|leaf| schema.column(*leaf).path().parts().len() != 1) {
            return None;
        }
        let mask = ProjectionMask::leaves(schema, leaves.iter().copied());
        let test = Test {
            predicate: predicate.clone(),
            columns: leaves
                .iter()
                .filter_map(|leaf| self.want.targets.iter().find(|t| t.leaf == *leaf).cloned())
                .collect(),
            rules: self.rules.clone(),
            tested: Arc::clone(&self.tested),
        };
        let filter = ArrowPredicateFn::new(mask, move |batch| test.rows(&batch));
        Some(RowFilter::new(vec![Box::new(filter)]))
    }

    fn next_batch(&mut self) -> Result<Option<RecordBatch>> {
        loop {
            if self.current.is_none() {
                self.current = self.next_group()?;
            }
            let Some(group) = &mut self.current else { return Ok(None) };
            let Some(batch) = next_batch(&mut group.reader) else {
                if let Some(missing) = group.left.filter(|left| *left > 0) {
                    let message = "parquet file has fewer rows than its footer says";
                    return Err(FormatError::data(message).with("missing", missing));
                }
                self.current = None;
                continue;
            };
            let batch = batch?;
            if let Some(left) = &mut group.left {
                *left = left.saturating_sub(batch.num_rows());
            }
            let Want { columns, schema, .. } = &self.want;
            return fit_batch(&batch, &self.selected.places, columns, schema, &self.rules)
                .map(Some);
        }
    }
}

impl Iterator for Scan {
    type Item = Result<RecordBatch>;

    fn next(&mut self) -> Option<Self::Item> {
        self.next_batch().transpose()
    }
}

impl Blocks for Scan {
    fn block(&self) -> u64 {
        self.block
    }
}

/// Tests the rows of a batch that has only the columns of a condition.
struct Test {
    predicate: Predicate,
    columns: Vec<Target>,
    rules: FitRules,
    tested: Arc<Tested>,
}

impl Test {
    fn rows(&self, batch: &RecordBatch) -> Result<arrow::array::BooleanArray, ArrowError> {
        let external = |e: FormatError| ArrowError::ExternalError(Box::new(e));
        let arrays = self.columns.iter().zip(batch.columns()).map(|(target, array)| {
            // Conditions on a char have no spaces at its end, and so has the file.
            let rules = FitRules { pad: false, ..self.rules.clone() };
            Ok((target.path.clone(), fit(array, &target.ty, &rules)?, true))
        });
        let arrays = arrays.collect::<Result<Vec<_>>>().map_err(external)?;
        let batch = RecordBatch::try_from_iter_with_nullable(arrays)?;
        let mask = self.predicate.evaluate(&batch).map_err(external)?;
        self.tested.rows.fetch_add(batch.num_rows() as u64, Ordering::Relaxed);
        self.tested.passed.fetch_add(mask.true_count() as u64, Ordering::Relaxed);
        Ok(mask)
    }
}
