//! Rows on their way through the steps of a transform.
//!
//! Each step, a filter or a join, is a layer on the rows before it. A column is cut or gathered when it is first read, so
//! that those which nobody reads cost nothing.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, RecordBatch, UInt32Array};
use arrow::compute::{filter, prep_null_mask_filter, take};
use arrow::datatypes::{Field, UInt32Type};
use arrow::error::ArrowError;

use super::transform::Program;
use crate::error::{Error, Result};
use crate::sql::lookup::{LookupTable, Pairs};
use crate::time::Timestamp;

/// Which row of the source's batch each row of a result comes from.
#[derive(Debug, Clone)]
pub enum SourceRows {
    /// All rows, each once, in order.
    All,
    /// Those for which this is true, in order.
    Kept(BooleanArray),
    /// These, ascending; a row that a join has multiplied is there several times.
    Each(UInt32Array),
}

impl SourceRows {
    /// Counts the rows of a source's batch of `rows` that have become at least one row.
    pub fn count(&self, rows: usize) -> usize {
        match self {
            Self::All => rows,
            Self::Kept(mask) => mask.true_count(),
            Self::Each(each) => {
                let each = each.values();
                let new = each.windows(2).filter(|pair| pair[0] != pair[1]).count();
                new + usize::from(!each.is_empty())
            }
        }
    }

    /// Lists the row of the source's batch for each row of the result; `None` if they are the same.
    pub fn list(&self) -> Option<Vec<usize>> {
        match self {
            Self::All => None,
            Self::Kept(mask) => Some((0..mask.len()).filter(|row| mask.value(*row)).collect()),
            Self::Each(each) => Some(each.values().iter().map(|row| *row as usize).collect()),
        }
    }
}

/// The rows after some steps.
#[derive(Debug)]
pub(super) struct Frame<'a> {
    layer: Layer<'a>,
    rows: usize,
    now: Timestamp,
    /// What has been cut or gathered already.
    done: Vec<Option<ArrayRef>>,
}

#[derive(Debug)]
enum Layer<'a> {
    Batch(&'a RecordBatch),
    Kept { of: Box<Frame<'a>>, keep: BooleanArray },
    Joined { of: Box<Frame<'a>>, pairs: Pairs, with: Joined },
}

/// What a join adds.
#[derive(Debug, Clone)]
struct Joined {
    table: Arc<LookupTable>,
    /// The types of the columns that it adds.
    fields: Vec<Arc<Field>>,
}

impl<'a> Frame<'a> {
    /// Takes all rows of a batch; `now` is the time in expressions.
    pub(super) fn new(batch: &'a RecordBatch, now: Timestamp) -> Self {
        let layer = Layer::Batch(batch);
        Self { layer, rows: batch.num_rows(), now, done: Vec::new() }
    }

    /// Returns how many rows there are.
    pub(super) fn rows(&self) -> usize {
        self.rows
    }

    fn width(&self) -> usize {
        match &self.layer {
            Layer::Batch(batch) => batch.num_columns(),
            Layer::Kept { of, .. } => of.width(),
            Layer::Joined { of, with, .. } => of.width() + with.fields.len(),
        }
    }

    fn with(self, rows: usize, layer: impl FnOnce(Box<Self>) -> Layer<'a>) -> Self {
        let now = self.now;
        let mut made = Self { layer: layer(Box::new(self)), rows, now, done: Vec::new() };
        made.done = vec![None; made.width()];
        made
    }

    /// Keeps the rows for which the mask is true.
    pub(super) fn keep(self, keep: Option<BooleanArray>) -> Self {
        let Some(keep) = keep else { return self };
        let rows = keep.true_count();
        self.with(rows, |of| Layer::Kept { of, keep })
    }

    /// Keeps the rows for which a condition is true; NULL counts as false.
    ///
    /// # Errors
    /// As the condition's.
    pub(super) fn filter(mut self, condition: Option<&Program>) -> Result<Self> {
        let Some(condition) = condition else { return Ok(self) };
        let mask = self.mask(condition)?;
        let keep = (mask.true_count() != self.rows).then_some(mask);
        Ok(self.keep(keep))
    }

    /// Tells for which rows a condition is true; NULL counts as false.
    ///
    /// # Errors
    /// As the condition's.
    pub(super) fn mask(&mut self, condition: &Program) -> Result<BooleanArray> {
        let mask = self.run(condition)?;
        let mask =
            mask.as_boolean_opt().ok_or_else(|| Error::internal("a filter is not boolean"))?;
        Ok(if mask.null_count() > 0 { prep_null_mask_filter(mask) } else { mask.clone() })
    }

    /// Puts a table's rows beside those of the frame.
    pub(super) fn join(
        self,
        pairs: Pairs,
        table: &Arc<LookupTable>,
        fields: &[Arc<Field>],
    ) -> Self {
        let with = Joined { table: Arc::clone(table), fields: fields.to_vec() };
        self.with(pairs.right.len(), |of| Layer::Joined { of, pairs, with })
    }

    /// Gives back what a join was put on, with its pairs.
    ///
    /// # Errors
    /// `Internal` if the last step was no join.
    pub(super) fn unjoin(self) -> Result<(Self, Pairs)> {
        match self.layer {
            Layer::Joined { of, pairs, .. } => Ok((*of, pairs)),
            Layer::Batch(_) | Layer::Kept { .. } => {
                Err(Error::internal("the last step of a transform is no join"))
            }
        }
    }

    /// Computes one value for each row.
    ///
    /// # Errors
    /// As the expression's.
    pub(super) fn run(&mut self, program: &Program) -> Result<ArrayRef> {
        let reads = program.reads();
        let columns = reads.iter().map(|&i| self.column(i)).collect::<Result<Vec<_>>>()?;
        program.run(columns, self.rows, self.now)
    }

    fn column(&mut self, index: usize) -> Result<ArrayRef> {
        if let Some(Some(done)) = self.done.get(index) {
            return Ok(Arc::clone(done));
        }
        let failed = |e: ArrowError| Error::internal("cannot cut a column").with_source(e);
        let column = match &mut self.layer {
            Layer::Batch(batch) => {
                let column = batch.columns().get(index);
                let column = column.ok_or_else(|| Error::internal("a batch lacks a column"))?;
                return Ok(Arc::clone(column));
            }
            Layer::Kept { of, keep } => filter(&of.column(index)?, keep).map_err(failed)?,
            Layer::Joined { of, pairs, with } => match index.checked_sub(of.width()) {
                None => {
                    let column = of.column(index)?;
                    match &pairs.left {
                        None => column,
                        Some(left) => take(&column, left, None).map_err(failed)?,
                    }
                }
                Some(added) => with.column(added, &pairs.right)?,
            },
        };
        if let Some(slot) = self.done.get_mut(index) {
            *slot = Some(Arc::clone(&column));
        }
        Ok(column)
    }

    /// Tells which row of the batch each row comes from.
    ///
    /// # Errors
    /// `Internal` if the steps do not fit each other.
    pub(super) fn source_rows(&self) -> Result<SourceRows> {
        let failed = |e: ArrowError| Error::internal("cannot follow rows").with_source(e);
        let (of, step) = match &self.layer {
            Layer::Batch(_) => return Ok(SourceRows::All),
            Layer::Kept { of, keep } => (of.source_rows()?, Step::Keep(keep)),
            Layer::Joined { of, pairs, .. } => match &pairs.left {
                None => return of.source_rows(),
                Some(left) => (of.source_rows()?, Step::Take(left)),
            },
        };
        let each = match (&of, step) {
            (SourceRows::All, Step::Keep(keep)) => return Ok(SourceRows::Kept(keep.clone())),
            (SourceRows::All, Step::Take(left)) => return Ok(SourceRows::Each(left.clone())),
            (SourceRows::Kept(_), step) => {
                let all = of.list().unwrap_or_default();
                let all = UInt32Array::from_iter_values(all.into_iter().map(|row| row as u32));
                step.on(&all)
            }
            (SourceRows::Each(each), step) => step.on(each),
        };
        each.map(SourceRows::Each).map_err(failed)
    }
}

/// How a step changes the rows before it.
enum Step<'s> {
    Keep(&'s BooleanArray),
    Take(&'s UInt32Array),
}

impl Step<'_> {
    fn on(self, rows: &UInt32Array) -> Result<UInt32Array, ArrowError> {
        let done = match self {
            Self::Keep(keep) => filter(rows, keep)?,
            Self::Take(left) => take(rows, left, None)?,
        };
        Ok(done.as_primitive::<UInt32Type>().clone())
    }
}

impl Joined {
    fn column(&self, index: usize, rows: &UInt32Array) -> Result<ArrayRef> {
        let lacks = || Error::internal("a dimension lacks a column");
        match self.table.columns().get(index) {
            Some(column) => take(column, rows, None)
                .map_err(|e| Error::internal("cannot gather a column").with_source(e)),
            // A table without rows has no columns.
            None if rows.null_count() == rows.len() => {
                let field = self.fields.get(index).ok_or_else(lacks)?;
                Ok(arrow::array::new_null_array(field.data_type(), rows.len()))
            }
            None => Err(lacks()),
        }
    }
}
