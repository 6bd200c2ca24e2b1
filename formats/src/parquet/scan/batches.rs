//! The walk over the row groups of a file.

use std::sync::Arc;
use std::vec::IntoIter;

use arrow::array::{Array, BooleanArray, RecordBatch};
use arrow::compute::prep_null_mask_filter;
use arrow::datatypes::SchemaRef;
use parquet::arrow::arrow_reader::{ParquetRecordBatchReader, RowSelection};
use parquet::arrow::{FieldLevels, ProjectionMask, parquet_to_arrow_field_levels};
use parquet::file::metadata::ColumnChunkMetaData;

use super::super::read::next_batch;
use super::Opened;
use super::columns::{self, Form, Selected};
use super::pages::Group;
use super::prune::{Left, Pruner, Target};
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
    current: Option<Current>,
    /// Where the row group begins that was opened last.
    block: u64,
    tested: Tested,
    /// How the columns of the last row groups become arrays.
    levels: Vec<(Decoded, FieldLevels)>,
}

/// One row group that is being read.
struct Current {
    reader: ParquetRecordBatchReader,
    /// Rows that must come.
    left: usize,
}

/// How many rows were tested by a condition, and how many passed.
#[derive(Clone, Copy, Debug, Default)]
struct Tested {
    rows: u64,
    passed: u64,
}

/// The leaves that are read, and the forms of some of them.
type Decoded = (Vec<usize>, Vec<(usize, Form)>);

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
            tested: Tested::default(),
            levels: Vec::new(),
        }
    }

    /// Opens the next row group of which something is left.
    fn next_group(&mut self) -> Result<Option<Current>> {
        let metadata = Arc::clone(self.opened.metadata.metadata());
        while let Some(group) = self.groups.next() {
            let rows = usize::try_from(metadata.row_group(group).num_rows())
                .map_err(|_| FormatError::data("parquet footer has a negative count"))?;
            let count = |selection: &Option<RowSelection>| {
                selection.as_ref().map_or(rows, RowSelection::row_count)
            };
            let mut selection = match self.pruned(group) {
                Left::Nothing(_) => continue,
                Left::All => None,
                Left::Rows(rows) => Some(rows),
            };
            if let Some(test) = self.test(group) {
                let left = count(&selection);
                selection = Some(self.matching(group, (selection, left), &test)?);
            }
            let left = count(&selection);
            if left == 0 {
                continue;
            }
            let reader = self.reader(group, selection, None)?;
            self.block = super::start_of(metadata.row_group(group));
            return Ok(Some(Current { reader, left }));
        }
        Ok(None)
    }

    /// Tells what statistics and filters leave of a row group.
    fn pruned(&self, group: usize) -> Left {
        let Some(predicate) = &self.want.predicate else { return Left::All };
        let pruner = Pruner {
            chunks: &self.opened.chunks,
            metadata: self.opened.metadata.metadata(),
            targets: &self.want.targets,
            rules: &self.rules,
        };
        pruner.look(group, predicate)
    }

    /// Makes a reader of a row group: of the wanted columns, or of those of a condition.
    fn reader(
        &mut self,
        group: usize,
        selection: Option<RowSelection>,
        tested: Option<&[usize]>,
    ) -> Result<ParquetRecordBatchReader> {
        let failed = |e| FormatError::data("cannot read a parquet row group").with_source(e);
        let leaves = tested.unwrap_or(&self.selected.leaves);
        let metadata = self.opened.metadata.metadata();
        let key = (leaves.to_vec(), columns::forms(metadata.row_group(group), leaves));
        let known = self.levels.iter().position(|(same, _)| *same == key);
        let at = if let Some(at) = known {
            at
        } else {
            // One for the wanted columns and one for those of the condition, most of the time.
            self.levels.truncate(1);
            let schema = columns::schema_in(self.opened.metadata.schema(), &key.1);
            let descriptor = metadata.file_metadata().schema_descr();
            let mask = ProjectionMask::leaves(descriptor, leaves.iter().copied());
            let levels = parquet_to_arrow_field_levels(descriptor, mask, Some(schema.fields()));
            self.levels.insert(0, (key, levels.map_err(failed)?));
            0
        };
        let pages = Group {
            chunks: Arc::new(self.opened.chunks.clone()),
            metadata: Arc::clone(metadata),
            number: group,
            skips: selection.is_some(),
        };
        let (_, levels) = &self.levels[at];
        let rows = self.want.batch_rows;
        ParquetRecordBatchReader::try_new_with_row_groups(levels, &pages, rows, selection)
            .map_err(failed)
    }

    /// Reads the columns of a condition and selects, of so many rows, those that match it.
    fn matching(
        &mut self,
        group: usize,
        (selection, rows): (Option<RowSelection>, usize),
        test: &Test,
    ) -> Result<RowSelection> {
        let leaves: Vec<usize> = test.columns.iter().map(|target| target.leaf).collect();
        let mut reader = self.reader(group, selection.clone(), Some(&leaves))?;
        let (mut masks, mut left) = (Vec::new(), rows);
        while let Some(batch) = next_batch(&mut reader) {
            let mask = test.rows(&batch?)?;
            left = left.saturating_sub(mask.len());
            self.tested.rows += mask.len() as u64;
            self.tested.passed += mask.true_count() as u64;
            masks.push(mask);
        }
        if left > 0 {
            return Err(fewer_rows(left));
        }
        let matching = RowSelection::from_filters(&masks);
        Ok(match selection {
            Some(selection) => selection.and_then(&matching),
            None => matching,
        })
    }

    /// Makes a test by which only matching rows of the other columns are decoded, where that pays:
    /// the other columns are larger than those of the condition, and few rows passed so far.
    fn test(&self, group: usize) -> Option<Test> {
        let predicate = self.want.predicate.as_ref()?;
        if self.want.targets.len() != predicate.columns().len() {
            return None;
        }
        let Tested { rows, passed } = self.tested;
        if rows > 0 && passed > rows / 2 {
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
        let target = |leaf: &usize| self.want.targets.iter().find(|t| t.leaf == *leaf).cloned();
        Some(Test {
            predicate: predicate.clone(),
            columns: leaves.iter().filter_map(target).collect(),
            rules: self.rules.clone(),
        })
    }

    fn next_batch(&mut self) -> Result<Option<RecordBatch>> {
        loop {
            if self.current.is_none() {
                self.current = self.next_group()?;
            }
            let Some(group) = &mut self.current else { return Ok(None) };
            let Some(batch) = next_batch(&mut group.reader) else {
                if group.left > 0 {
                    return Err(fewer_rows(group.left));
                }
                self.current = None;
                continue;
            };
            let batch = batch?;
            group.left = group.left.saturating_sub(batch.num_rows());
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
}

impl Test {
    /// Tells which rows match.
    fn rows(&self, batch: &RecordBatch) -> Result<BooleanArray> {
        let arrays = self.columns.iter().zip(batch.columns()).map(|(target, array)| {
            // Conditions on a char have no spaces at its end, and so has the file.
            let rules = FitRules { pad: false, ..self.rules.clone() };
            Ok((target.path.clone(), fit(array, &target.ty, &rules)?, true))
        });
        let arrays = arrays.collect::<Result<Vec<_>>>()?;
        let batch = RecordBatch::try_from_iter_with_nullable(arrays).map_err(|e| {
            FormatError::internal("a condition's columns make no batch").with_source(e)
        })?;
        let mask = self.predicate.evaluate(&batch)?;
        Ok(if mask.null_count() > 0 { prep_null_mask_filter(&mask) } else { mask })
    }
}

fn fewer_rows(missing: usize) -> FormatError {
    FormatError::data("parquet file has fewer rows than its footer says").with("missing", missing)
}
