//! A file that is open for reading, and the walk over its rows.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{DataType, Schema, SchemaRef};
use parquet::file::reader::ChunkReader;

use super::decoder::Decoder;
use super::leaf::{Settings, TimestampUnit};
use super::plan::{Plan, Rules, plan};
use super::predicate::OrcPredicate;
use super::source::{Context, Input};
use super::stripe::{Index, Streams, Whole, stripe_footer, wanted_rows};
use super::tail::{Tail, decompressor};
use super::time::{is_hybrid, rounding};
use crate::orc::meta::{OrcCompression, StripeInfo};
use crate::orc::schema::hive_type;
use crate::types::{HiveType, StructField};
use crate::{FileStats, FormatError, Result};

/// Bytes that are fetched at once where row groups are left out.
const SMALL_PIECE: usize = 128 << 10;

/// Knows what the end of an ORC file says.
#[derive(Clone)]
pub struct OrcFile {
    pub(super) input: Arc<dyn Input>,
    pub(super) tail: Arc<Tail>,
    columns: Arc<[StructField]>,
}

impl fmt::Debug for OrcFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OrcFile").field("columns", &self.columns).finish_non_exhaustive()
    }
}

/// Chooses what is read of a file; the default is all of it.
#[derive(Clone, Debug, Default)]
pub struct OrcRead {
    /// The wanted columns with their types in the table; all of the file's without it.
    ///
    /// A struct type with fewer fields than the file's reads only these. A column the file does not
    /// have is NULL; one of another type is converted as Hive does.
    pub columns: Option<Vec<StructField>>,
    /// Whether columns are found by position (`orc.force.positional.evolution`).
    pub positional: bool,
    /// Leaves out stripes and row groups without rows of interest; the batches may have others.
    pub predicate: Option<OrcPredicate>,
    /// Reads only the stripes that begin in this range of bytes, so that splits add up to the file.
    pub range: Option<Range<u64>>,
    /// Most rows of a batch; 0 is 8192.
    pub batch_rows: usize,
    /// The unit of timestamps.
    pub timestamp_unit: TimestampUnit,
}

impl OrcFile {
    /// Reads the tail of a file.
    ///
    /// An empty file has no rows and no columns: Hive leaves such files where nothing was inserted.
    ///
    /// # Errors
    /// [`ErrorKind::Data`](crate::ErrorKind::Data) if it is not a whole ORC file,
    /// [`ErrorKind::Unsupported`](crate::ErrorKind::Unsupported) if it is encrypted or uses an
    /// unknown codec.
    pub fn open<R: ChunkReader + 'static>(input: R) -> Result<Self> {
        let length = input.len();
        let input: Arc<dyn Input> = Arc::new(input);
        let tail = Tail::read(&input, length)?;
        let HiveType::Struct(columns) = hive_type(&tail.footer.types, 0)? else {
            return Err(FormatError::internal("an orc file whose rows are not structs"));
        };
        Ok(Self { input, tail: Arc::new(tail), columns: columns.into() })
    }

    /// Returns the columns of the file.
    pub fn columns(&self) -> &[StructField] {
        &self.columns
    }

    /// Returns the file's counts; the raw size is that of Hive's statistics.
    pub fn stats(&self) -> FileStats {
        let footer = &self.tail.footer;
        FileStats {
            rows: footer.rows,
            bytes: self.tail.length,
            raw_bytes: crate::orc::write::raw_data(&footer.types, &footer.statistics),
        }
    }

    /// Returns the number of stripes.
    pub fn stripes(&self) -> usize {
        self.tail.footer.stripes.len()
    }

    /// Returns the codec of the file.
    pub fn compression(&self) -> OrcCompression {
        self.tail.post.compression
    }

    /// Returns what the writer says of itself.
    pub fn software(&self) -> &str {
        &self.tail.footer.software
    }

    /// Returns the user metadata.
    pub fn user_metadata(&self) -> &[(String, Vec<u8>)] {
        &self.tail.footer.user_metadata
    }

    /// Reads rows in batches.
    ///
    /// # Errors
    /// [`ErrorKind::Schema`](crate::ErrorKind::Schema) if a column cannot be read as the wanted
    /// type; the iterator gives [`ErrorKind::Data`](crate::ErrorKind::Data) for broken stripes.
    pub fn read(&self, what: &OrcRead) -> Result<OrcBatches> {
        let rules = Rules {
            types: &self.tail.footer.types,
            positional: what.positional,
            unit: what.timestamp_unit,
        };
        let plan = plan(rules, what.columns.as_deref())?;
        let DataType::Struct(fields) = plan.output() else {
            return Err(FormatError::internal("orc rows are not structs"));
        };
        let schema = Arc::new(Schema::new(fields.clone()));
        let mut wanted = Vec::new();
        let mut first = 0u64;
        for (number, info) in self.tail.footer.stripes.iter().enumerate() {
            let in_range = what.range.as_ref().is_none_or(|range| range.contains(&info.offset));
            if in_range && self.may_match(what.predicate.as_ref(), number) {
                wanted.push((first, *info));
            }
            first = first.saturating_add(info.rows);
        }
        let mut context = Context::new(Arc::clone(&self.input), decompressor(&self.tail.post)?);
        if what.predicate.is_some() {
            context.piece = SMALL_PIECE;
        }
        Ok(OrcBatches {
            tail: Arc::clone(&self.tail),
            plan,
            schema,
            predicate: what.predicate.clone(),
            batch_rows: if what.batch_rows == 0 { 8192 } else { what.batch_rows },
            unit: what.timestamp_unit,
            context,
            stripes: wanted.into_iter(),
            open: None,
            first_row: 0,
            stripe: 0,
        })
    }

    fn may_match(&self, predicate: Option<&OrcPredicate>, stripe: usize) -> bool {
        let types = &self.tail.footer.types;
        let statistics = self.tail.stripes.get(stripe);
        predicate
            .zip(statistics)
            .is_none_or(|(predicate, known)| predicate.may_match(types, &Whole(known)))
    }
}

/// Gives the rows of a file batch by batch.
#[derive(Debug)]
pub struct OrcBatches {
    tail: Arc<Tail>,
    plan: Plan,
    schema: SchemaRef,
    predicate: Option<OrcPredicate>,
    batch_rows: usize,
    unit: TimestampUnit,
    context: Context,
    /// Stripes to be read, and the number of the first row of each.
    stripes: std::vec::IntoIter<(u64, StripeInfo)>,
    open: Option<OpenStripe>,
    first_row: u64,
    stripe: u64,
}

/// A stripe that is being read.
#[derive(Debug)]
struct OpenStripe {
    /// The number of its first row in the file.
    first: u64,
    decoder: Decoder,
    index: Index,
    /// Rows that are wanted, and not read yet.
    wanted: std::vec::IntoIter<Range<u64>>,
    run: Range<u64>,
    /// Row at which the decoders are.
    at: u64,
}

impl OrcBatches {
    /// Returns the schema that all batches have.
    pub fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// Returns the number, in the file, of the first row of the batch that was given last.
    pub fn first_row(&self) -> u64 {
        self.first_row
    }

    /// Returns where in the file the stripe begins whose rows were given last.
    pub fn stripe(&self) -> u64 {
        self.stripe
    }

    fn open(&mut self, first: u64, info: &StripeInfo) -> Result<OpenStripe> {
        let footer = stripe_footer(info, &mut self.context)?;
        let mut streams = Streams::new(info, &footer)?;
        let (index, wanted) = self.select(info, &mut streams)?;
        let settings = Settings {
            unit: self.unit,
            hybrid: is_hybrid(&self.tail.footer, &self.tail.post),
            decimal64: self.tail.has_decimal64(),
            rounding: rounding(&self.tail.footer, &self.tail.post),
            zone: footer.zone.clone(),
        };
        let decoder = if wanted.is_empty() {
            // Nothing of the stripe is wanted, so none of its streams is opened.
            let nothing = Plan { column: None, ..self.plan.clone() };
            Decoder::new(&nothing, &mut streams, &settings, &mut self.context)?
        } else {
            Decoder::new(&self.plan, &mut streams, &settings, &mut self.context)?
        };
        Ok(OpenStripe { first, decoder, index, wanted: wanted.into_iter(), run: 0..0, at: 0 })
    }

    /// Decides which rows of a stripe are read.
    fn select(
        &mut self,
        info: &StripeInfo,
        streams: &mut Streams<'_>,
    ) -> Result<(Index, Vec<Range<u64>>)> {
        let all = std::iter::once(0..info.rows).collect();
        let stride = self.tail.footer.row_index_stride;
        let Some(predicate) = self.predicate.as_ref().filter(|_| stride > 0) else {
            return Ok((Index::default(), all));
        };
        if info.index_length == 0 || info.rows <= u64::from(stride) && info.rows < 2 {
            return Ok((Index::default(), all));
        }
        let mut columns = Vec::new();
        predicate.columns(&self.tail.footer.types, &mut columns);
        let asked = columns.clone();
        self.plan.columns(&mut columns);
        let mut index = Index::read(&columns, (streams, &self.tail), &mut self.context)?;
        index.read_blooms(&asked, (streams, &self.tail), &mut self.context)?;
        let wanted = wanted_rows(predicate, info.rows, &self.tail, &index);
        Ok((index, wanted))
    }

    fn next_batch(&mut self) -> Result<Option<RecordBatch>> {
        loop {
            if self.open.is_none() {
                let Some((first, info)) = self.stripes.next() else { return Ok(None) };
                self.open = Some(self.open(first, &info)?);
                self.stripe = info.offset;
            }
            let Some(open) = &mut self.open else { continue };
            if open.run.is_empty() {
                let Some(run) = open.wanted.next() else {
                    self.open = None;
                    continue;
                };
                if run.start != open.at {
                    let stride = u64::from(self.tail.footer.row_index_stride).max(1);
                    let group = (run.start / stride) as usize;
                    let positions = |column| open.index.positions(column, group);
                    open.decoder.seek(&positions, &mut self.context)?;
                }
                open.run = run;
                continue;
            }
            let left = open.run.end - open.run.start;
            let rows = usize::try_from(left).unwrap_or(usize::MAX).min(self.batch_rows);
            let array = open.decoder.read(rows, &mut self.context)?;
            self.first_row = open.first + open.run.start;
            open.run.start += rows as u64;
            open.at = open.run.start;
            return self.batch(&array, rows).map(Some);
        }
    }

    fn batch(&self, rows: &dyn Array, count: usize) -> Result<RecordBatch> {
        let Some(rows) = rows.as_struct_opt() else {
            return Err(FormatError::internal("orc rows are not structs"));
        };
        let options = arrow::array::RecordBatchOptions::new().with_row_count(Some(count));
        RecordBatch::try_new_with_options(
            Arc::clone(&self.schema),
            rows.columns().to_vec(),
            &options,
        )
        .map_err(|e| FormatError::internal("decoded orc rows do not fit").with_source(e))
    }
}

impl Iterator for OrcBatches {
    type Item = Result<RecordBatch>;

    fn next(&mut self) -> Option<Self::Item> {
        let next = self.next_batch().transpose();
        if matches!(next, Some(Err(_))) {
            self.open = None;
            self.stripes = Vec::new().into_iter();
        }
        next
    }
}
