//! Rows made up from a seed.
//!
//! A row's values depend on the seed, the names of the columns and the row's number only, so rows
//! read again after a restart are the same, whatever the batches and lanes. The rows are dealt out
//! to the lanes in turn: split `i` of `n` has the rows `i`, `i + n`, `i + 2n`, ...
//!
//! For the same reason time does not come from the clock: row `r` has the time
//! `epoch + r / rows-per-second`. The clock only says when it may be given out.

mod column;
mod pace;
mod random;
mod values;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use arrow::datatypes::SchemaRef;
use arrow::record_batch::{RecordBatch, RecordBatchOptions};

use self::column::{Column, Path};
use self::pace::Pace;
use self::random::Cell;
use crate::error::{Error, Result};
use crate::names::LaneId;
use crate::source::{
    Discovery, Offsets, Payload, Source, Split, SplitDetail, SplitId, SplitReader,
};
use crate::time::{Clock, Timestamp};

/// Rows of a batch.
const BATCH_ROWS: u64 = 8192;
/// Bytes of a batch, about; wide rows make smaller batches.
const BATCH_BYTES: u64 = 16 << 20;
/// Bytes of a row at most.
const ROW_BYTES: u64 = 64 << 20;
/// Longest time for which a reader waits for its rows to be due.
const MAX_WAIT: Duration = Duration::from_millis(100);
/// Rows in a second that the rows' times tell if they are made as fast as possible.
const DEFAULT_RATE: u64 = 10_000;

/// How the values of a column are made.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum FieldKind {
    /// Independent values.
    Random,
    /// One number after the other, each once.
    Sequence {
        /// First number.
        start: i64,
        /// Last number.
        end: i64,
    },
}

/// A bound of random numbers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Number {
    /// A whole number.
    Whole(i64),
    /// A number with a fraction, or a large one.
    Real(f64),
}

/// How long random text and collections are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Length {
    /// As long as it says.
    Fixed(u32),
    /// Between 1 and this.
    UpTo(u32),
}

/// How one column, or a part of one, is made. Source: Flink's `fields.#.*` options.
#[derive(Debug, Clone, PartialEq)]
pub struct FieldOptions {
    /// How its values are made.
    pub kind: FieldKind,
    /// Smallest random number; without it the smallest of an integer type, and else about 0.
    pub min: Option<Number>,
    /// Largest random number; without it the largest of the type.
    pub max: Option<Number>,
    /// Length; without it 100 for text and bytes, and 3 for collections.
    pub length: Option<Length>,
    /// How far before the row's time a random timestamp may lie.
    pub max_past: Duration,
    /// Share of NULL, from 0 to 1.
    pub null_rate: f64,
}

impl Default for FieldOptions {
    fn default() -> Self {
        Self {
            kind: FieldKind::Random,
            min: None,
            max: None,
            length: None,
            max_past: Duration::ZERO,
            null_rate: 0.0,
        }
    }
}

/// What a `datagen` source makes.
#[derive(Debug, Clone)]
pub struct DatagenOptions {
    /// The columns.
    pub schema: SchemaRef,
    /// Options of columns by lower-case name. A part is named behind a dot: `array.element`,
    /// `map.key`, `map.value`, `row.field`.
    pub fields: BTreeMap<String, FieldOptions>,
    /// Rows made in a second over all lanes; without it as fast as possible.
    pub rows_per_second: Option<u64>,
    /// Rows in all; the shortest sequence may end the source earlier.
    pub number_of_rows: Option<u64>,
    /// The same seed makes the same rows.
    pub seed: u64,
    /// Time of row 0.
    pub epoch: Timestamp,
    /// Number of splits.
    pub lanes: u64,
    /// Which branch of the pipeline this is.
    pub branch: u16,
}

impl DatagenOptions {
    /// Time of row 0 if nobody says otherwise: 2024-01-01 00:00 UTC.
    pub const DEFAULT_EPOCH: Timestamp = Timestamp(1_704_067_200_000);

    /// Gives the options of a source with random columns and without end.
    pub fn new(schema: SchemaRef) -> Self {
        Self {
            schema,
            fields: BTreeMap::new(),
            rows_per_second: Some(DEFAULT_RATE),
            number_of_rows: None,
            seed: 0,
            epoch: Self::DEFAULT_EPOCH,
            lanes: 1,
            branch: 0,
        }
    }
}

/// Rows made up from a seed, as a source.
#[derive(Debug)]
pub struct DatagenSource {
    generator: Arc<Generator>,
    clock: Arc<dyn Clock>,
    rows: Option<u64>,
    rows_per_second: Option<u64>,
    lanes: u64,
    branch: u16,
}

/// Makes any row, given its number.
#[derive(Debug)]
struct Generator {
    schema: SchemaRef,
    columns: Vec<Column>,
    epoch: Timestamp,
    rate: u64,
    batch_rows: u64,
}

impl DatagenSource {
    /// Makes the source; `clock` says when a row may be given out.
    ///
    /// # Errors
    /// `Config` for options that do not fit their column or name none; `Unsupported` for a type of
    /// which no values are made.
    pub fn new(options: DatagenOptions, clock: Arc<dyn Clock>) -> Result<Self> {
        let DatagenOptions { schema, mut fields, rows_per_second, epoch, lanes, branch, .. } =
            options;
        if rows_per_second == Some(0) {
            return Err(Error::config("rows-per-second is 0, so no row is ever made"));
        }
        let sequences: Vec<u64> = fields.values().filter_map(sequence_length).collect();
        let columns = schema
            .fields()
            .iter()
            .map(|field| Column::new(field, &Path::new(field.name()), options.seed, &mut fields));
        let columns = columns.collect::<Result<Vec<_>>>()?;
        if let Some(name) = fields.keys().next() {
            return Err(Error::config("options of a column that is not there")
                .with("column", name)
                .with_hint(
                    "name a column of the table; a part of one is array.element, map.key, \
                     map.value or row.field",
                ));
        }
        let width: u64 = columns.iter().map(Column::width).fold(0, u64::saturating_add);
        if width > ROW_BYTES {
            return Err(Error::config("rows are too long")
                .with("bytes", width)
                .with("most", ROW_BYTES)
                .with_hint("lower the 'length' of columns"));
        }
        let batch_rows = (BATCH_BYTES / width.max(1)).clamp(1, BATCH_ROWS);
        let rate = rows_per_second.unwrap_or(DEFAULT_RATE);
        Ok(Self {
            generator: Arc::new(Generator { schema, columns, epoch, rate, batch_rows }),
            clock,
            rows: sequences.into_iter().chain(options.number_of_rows).min(),
            rows_per_second,
            lanes: lanes.max(1),
            branch,
        })
    }

    fn split(&self, index: u64) -> Option<Split> {
        // Of r rows, split i of n has those below r that leave i when divided by n.
        let end = self.rows.map(|rows| rows.saturating_sub(index).div_ceil(self.lanes));
        (end != Some(0)).then(|| Split {
            id: SplitId(format!("b{}:datagen@{index}/{}", self.branch, self.lanes)),
            branch: self.branch,
            start: 0,
            detail: SplitDetail::Sequence { end, index, of: self.lanes },
        })
    }
}

impl Source for DatagenSource {
    /// Gives all splits at once; none if some are known, since all rows are dealt out with them,
    /// whatever the options say by then.
    fn discover(&self, known: &Offsets) -> Result<Discovery> {
        let ours = |split: &Split| {
            split.branch == self.branch && matches!(split.detail, SplitDetail::Sequence { .. })
        };
        let splits = if known.splits.values().any(|state| ours(&state.split)) {
            Vec::new()
        } else {
            (0..self.lanes).filter_map(|index| self.split(index)).collect()
        };
        Ok(Discovery { splits, complete: true, ..Discovery::default() })
    }

    fn open(&self, split: &Split, from: u64, _lane: LaneId) -> Result<Box<dyn SplitReader>> {
        let SplitDetail::Sequence { end, index, of } = split.detail else {
            return Err(Error::internal("split is not of generated rows").with("split", &split.id));
        };
        crate::ensure!(of > 0 && index < of, "split {} is none of {of}", split.id);
        Ok(Box::new(DatagenReader {
            generator: Arc::clone(&self.generator),
            clock: Arc::clone(&self.clock),
            pace: self.rows_per_second.map(|rate| Pace::new(rate, of, from, self.clock.now())),
            index,
            of,
            next: from,
            end: end.unwrap_or(u64::MAX),
        }))
    }
}

/// Makes the rows of one split.
struct DatagenReader {
    generator: Arc<Generator>,
    clock: Arc<dyn Clock>,
    pace: Option<Pace>,
    index: u64,
    of: u64,
    next: u64,
    end: u64,
}

impl fmt::Debug for DatagenReader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DatagenReader")
            .field("index", &self.index)
            .field("of", &self.of)
            .field("next", &self.next)
            .field("end", &self.end)
            .finish_non_exhaustive()
    }
}

impl SplitReader for DatagenReader {
    fn next(&mut self, _recycled: Option<Vec<u8>>) -> Result<Option<Payload>> {
        let left = self.end.saturating_sub(self.next).min(self.generator.batch_rows);
        if left == 0 {
            return Ok(None);
        }
        let rows = match &mut self.pace {
            None => left,
            Some(pace) => {
                let wait = pace.wait(self.next, left, self.clock.now()).min(MAX_WAIT);
                if !wait.is_zero() {
                    // Whoever wakes the thread early only makes a smaller batch.
                    std::thread::park_timeout(wait);
                }
                pace.due(self.next, self.clock.now()).min(left)
            }
        };
        if rows == 0 {
            return Ok(Some(Payload::Idle));
        }
        let batch = self.generator.batch(self.index, self.of, self.next, rows)?;
        self.next += rows;
        Ok(Some(Payload::Rows { batch, next: self.next }))
    }
}

impl Generator {
    fn batch(&self, index: u64, of: u64, from: u64, rows: u64) -> Result<RecordBatch> {
        let number = |position: u64| position.wrapping_mul(of).wrapping_add(index);
        let cells: Vec<Cell> = (from..from + rows)
            .map(|position| {
                let row = number(position);
                Cell { id: row, row, micros: self.micros(row) }
            })
            .collect();
        let arrays = self.columns.iter().map(|column| column.make(&cells));
        let arrays = arrays.collect::<Result<Vec<_>>>()?;
        let options = RecordBatchOptions::new().with_row_count(Some(cells.len()));
        RecordBatch::try_new_with_options(Arc::clone(&self.schema), arrays, &options)
            .map_err(|e| Error::internal("generated columns make no batch").with_source(e))
    }

    /// Gives a row's time. Units: microseconds since 1970.
    fn micros(&self, row: u64) -> i64 {
        let after = u128::from(row) * 1_000_000 / u128::from(self.rate);
        let after = i64::try_from(after).unwrap_or(i64::MAX);
        self.epoch.0.saturating_mul(1000).saturating_add(after)
    }
}

/// Gives the number of values of a sequence; 0 if its end lies before its start.
fn sequence_length(field: &FieldOptions) -> Option<u64> {
    match field.kind {
        FieldKind::Random => None,
        FieldKind::Sequence { start, end } if start > end => Some(0),
        FieldKind::Sequence { start, end } => Some(start.abs_diff(end).saturating_add(1)),
    }
}

#[cfg(test)]
mod tests;
