//! The decoder: records of a block or message, the batch they fill, and the bad ones among them.

use std::sync::Arc;

use arrow::array::{RecordBatch, RecordBatchOptions};
use arrow::datatypes::{DataType, SchemaRef};
use memchr::memchr;

use super::avro::AvroReader;
use super::column::Column;
use super::csv::CsvReader;
use super::json::JsonReader;
use super::keys::Names;
use super::options::{JsonOptions, MessageFormat};
use super::raw::RawReader;
use super::reason::{Fail, Parsed, Reason};
use super::scan::{at, slice};
use super::value::Shared;
use super::{BadRecord, PADDING};
use crate::error::{FormatError, Result};

/// Bytes of records after which a batch is full, whatever its rows.
const BATCH_BYTES: usize = 32 << 20;

/// Bytes of one record beyond which it is bad.
const RECORD_BYTES: usize = 512 << 20;

/// Scratch space that is kept from batch to batch.
const SCRATCH_KEPT: usize = 1 << 20;

/// Decodes records into batches of one schema.
///
/// Shape: one row for each good record, in order; the batch's columns are the schema's.
/// Limit: a batch is full at `batch_rows` rows or 32 MB of records; one record has at most 512 MB.
#[derive(Debug)]
pub struct Decoder {
    schema: SchemaRef,
    pub(super) columns: Vec<Column>,
    pub(super) reader: Reader,
    pub(super) shared: Shared,
    batch_rows: usize,
    pub(super) rows: usize,
    pub(super) bytes: usize,
    pub(super) skipped: u64,
    /// A message with zeros behind it.
    pub(super) copy: Vec<u8>,
}

/// The reader of the format; all leave the position behind the record.
#[derive(Debug)]
pub(super) enum Reader {
    Json(Box<JsonReader>),
    Csv(Box<CsvReader>),
    Raw(RawReader),
    Avro(Box<AvroReader>),
}

impl Reader {
    #[inline]
    fn record(
        &mut self,
        columns: &mut [Column],
        shared: &mut Shared,
        block: &[u8],
        at_row: (usize, usize),
    ) -> Parsed {
        match self {
            Self::Json(json) => json.record(columns, shared, block, at_row),
            Self::Csv(csv) => csv.record(columns, shared, block, at_row),
            Self::Raw(raw) => raw.record(columns, shared, block, at_row.0),
            Self::Avro(avro) => avro.record(columns, shared, block, at_row.0),
        }
    }
}

impl Decoder {
    /// Makes a decoder for batches of up to `batch_rows` rows; 4,000 to 8,000 are fastest.
    ///
    /// # Errors
    /// [`Schema`](crate::ErrorKind::Schema) for a column whose type no payload is decoded to,
    /// [`Config`](crate::ErrorKind::Config) for options that contradict each other.
    pub fn new(schema: &SchemaRef, format: &MessageFormat, batch_rows: usize) -> Result<Self> {
        let batch_rows = batch_rows.max(1);
        let columns = schema.fields().iter().map(|field| Column::new(field, batch_rows, 0));
        let columns = columns.collect::<Result<Vec<_>>>()?;
        let mut shared = Shared { lenient: format.ignores_parse_errors(), ..Shared::default() };
        let reader = match format {
            MessageFormat::Csv(options) => {
                Reader::Csv(Box::new(CsvReader::new(options, schema.fields())?))
            }
            MessageFormat::Avro(options) => {
                Reader::Avro(Box::new(AvroReader::new(options, schema.fields(), &columns)?))
            }
            MessageFormat::Raw(options) => Reader::Raw(RawReader::new(*options, &columns)?),
            MessageFormat::Json(options) => {
                if options.fail_on_missing_field && options.ignore_parse_errors {
                    return Err(FormatError::config(
                        "json.fail-on-missing-field and json.ignore-parse-errors cannot both be true",
                    ));
                }
                shared.fail_on_missing = options.fail_on_missing_field;
                let names = Names::new(schema.fields());
                Reader::Json(Box::new(JsonReader::new(names, columns.len())))
            }
        };
        let schema = Arc::clone(schema);
        Ok(Self {
            schema,
            columns,
            reader,
            shared,
            batch_rows,
            rows: 0,
            bytes: 0,
            skipped: 0,
            copy: Vec::new(),
        })
    }

    /// Makes a decoder of JSON lines that takes what is in the usual form of its type and nothing else,
    /// for readers that read the other lines by rules of their own; the last of several keys of one
    /// column counts.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub(crate) fn of_usual_json(schema: &SchemaRef, batch_rows: usize) -> Result<Self> {
        let format = MessageFormat::Json(JsonOptions::default());
        let mut decoder = Self::new(schema, &format, batch_rows)?;
        let names = Names::new(schema.fields()).last_counts();
        decoder.reader = Reader::Json(Box::new(JsonReader::new(names, decoder.columns.len())));
        decoder.shared.usual_only = true;
        Ok(decoder)
    }

    /// Decodes the records of `block[start..end]`, behind which zeros must stand, until one is bad or the
    /// batch is full; gives the position behind the last good one, and whether a bad one stands there.
    pub(crate) fn decode_good(&mut self, block: &[u8], start: usize, end: usize) -> (usize, bool) {
        self.prepare(b' ', end);
        let mut pos = start;
        while pos < end && !self.is_full() {
            let nulled = self.shared.nulled;
            match self.record(block, pos) {
                Ok(next) => {
                    self.bytes += next - pos;
                    pos = next;
                }
                Err(fail) => {
                    self.cut(nulled);
                    if fail.reason() != Reason::Empty {
                        return (pos, true);
                    }
                    pos = memchr(b'\n', slice(block, pos, end)).map_or(end, |n| pos + n + 1);
                }
            }
        }
        (pos.min(end), false)
    }

    /// Decodes the records of `block[start..end]` until the batch is full or the range used up.
    ///
    /// Gives the position after the last record looked at; if it is below `end`, the batch is
    /// full and [`finish`](Self::finish) is due. Each record ends with a newline, the last one
    /// may end with the range. Bad records are appended to `bad`, except when parse errors are
    /// ignored, and leave no trace in the columns.
    ///
    /// Cost: a block that is not followed by [`PADDING`] zero bytes is copied first.
    pub fn decode_block(
        &mut self,
        block: &[u8],
        start: usize,
        end: usize,
        bad: &mut Vec<BadRecord>,
    ) -> usize {
        let end = end.min(block.len());
        if is_padded(block, end) {
            return self.lines(block, start, end, bad);
        }
        let copy = padded(slice(block, start, end));
        let known = bad.len();
        let taken = self.lines(&copy, 0, end.saturating_sub(start), bad);
        for record in bad.iter_mut().skip(known) {
            record.start += start;
            record.end += start;
        }
        start + taken
    }

    fn lines(
        &mut self,
        block: &[u8],
        mut pos: usize,
        end: usize,
        bad: &mut Vec<BadRecord>,
    ) -> usize {
        self.prepare(b' ', end);
        while pos < end && !self.is_full() {
            let nulled = self.shared.nulled;
            let fail = match self.record(block, pos) {
                Ok(next) => {
                    self.bytes += next - pos;
                    pos = next;
                    continue;
                }
                Err(fail) => fail,
            };
            let blamed = self.cut(nulled);
            let line = memchr(b'\n', slice(block, pos, end)).map_or(end, |n| pos + n);
            match fail.reason() {
                Reason::Empty => {}
                _ if self.shared.lenient => self.skipped += 1,
                _ => bad.push(self.bad_record(block, (pos, line), fail, blamed)),
            }
            pos = line + 1;
        }
        pos.min(end)
    }

    /// Appends the record at `pos`; gives the position after its newline.
    #[inline]
    pub(super) fn record(&mut self, block: &[u8], pos: usize) -> Parsed {
        let at_row = (pos, self.rows);
        let mut after = self.reader.record(&mut self.columns, &mut self.shared, block, at_row)?;
        if matches!(self.reader, Reader::Raw(_) | Reader::Avro(_)) {
            // These take the whole message, whatever it is.
            self.rows += 1;
            return Ok(after + 1);
        }
        if at(block, after) != b'\n' || self.shared.scan.newline == b'\n' {
            after = self.shared.scan.space(block, after);
            if after < self.shared.scan.end && at(block, after) != b'\n' {
                return Err(Reason::Trailing.at(after));
            }
        }
        if after - pos > RECORD_BYTES {
            return Err(Reason::TooLong.at(after));
        }
        self.rows += 1;
        Ok(after + 1)
    }

    pub(super) fn prepare(&mut self, newline: u8, end: usize) {
        self.shared.scan.newline = newline;
        self.shared.scan.end = end;
        if let Reader::Json(json) = &mut self.reader {
            json.prepare(&self.shared);
        }
    }

    /// Takes back what a bad record has left; gives the column to blame.
    #[cold]
    pub(super) fn cut(&mut self, nulled: u64) -> Option<usize> {
        self.shared.nulled = nulled;
        let rows = self.rows;
        self.columns.iter_mut().for_each(|column| column.truncate(rows));
        self.shared.blamed.take()
    }

    #[cold]
    pub(super) fn bad_record(
        &mut self,
        block: &[u8],
        (start, line): (usize, usize),
        fail: Fail,
        blamed: Option<usize>,
    ) -> BadRecord {
        let end = if line > start && at(block, line - 1) == b'\r' { line - 1 } else { line };
        let reason = fail.reason();
        let field = blamed.and_then(|c| self.schema.fields().get(c));
        let mut text = reason.text().to_owned();
        if reason == Reason::FieldCount {
            let (fields, columns) = (fail.position(), self.columns.len());
            text = format!("record has {fields} fields, but there are {columns} columns");
        } else if reason.is_syntax() {
            text.push_str(&format!(" at byte {}", fail.position().saturating_sub(start)));
        } else if let Some(field) = field {
            text.push(' ');
            text.push_str(&type_name(field.data_type()));
        }
        if let Reader::Avro(avro) = &mut self.reader
            && let Some(detail) = avro.detail.take()
        {
            text = detail;
        }
        BadRecord { start, end, column: field.map(|f| f.name().clone()), reason: text }
    }

    /// Rows held.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Tells if the batch takes no more records of a block; one without rows never is full.
    #[inline]
    pub fn is_full(&self) -> bool {
        self.rows >= self.batch_rows || self.bytes >= BATCH_BYTES
    }

    /// Malformed records skipped so far because parse errors are ignored.
    pub fn skipped_records(&self) -> u64 {
        self.skipped
    }

    /// Ill-typed values made NULL so far because parse errors are ignored.
    pub fn nulled_fields(&self) -> u64 {
        self.shared.nulled
    }

    /// Takes the rows held as a batch; there may be none.
    ///
    /// # Errors
    /// [`Internal`](crate::ErrorKind::Internal) if the columns do not make a batch.
    pub fn finish(&mut self) -> Result<RecordBatch> {
        let rows = std::mem::take(&mut self.rows);
        self.bytes = 0;
        self.shared.scan.scratch.shrink_to(SCRATCH_KEPT);
        let options = RecordBatchOptions::new().with_row_count(Some(rows));
        let arrays = self.columns.iter_mut().map(Column::finish).collect::<Result<Vec<_>, _>>();
        arrays
            .and_then(|arrays| {
                RecordBatch::try_new_with_options(Arc::clone(&self.schema), arrays, &options)
            })
            .map_err(|e| FormatError::internal("decoded columns make no batch").with_source(e))
    }
}

pub(super) fn is_padded(block: &[u8], end: usize) -> bool {
    block.get(end..end + PADDING).is_some_and(|padding| *padding == [0; PADDING])
}

fn padded(records: &[u8]) -> Vec<u8> {
    let mut copy = Vec::with_capacity(records.len() + PADDING);
    copy.extend_from_slice(records);
    copy.resize(records.len() + PADDING, 0);
    copy
}

/// Hive's name of a column type.
fn type_name(data_type: &DataType) -> String {
    let name = match data_type {
        DataType::Int8 => "tinyint",
        DataType::Int16 => "smallint",
        DataType::Int32 => "int",
        DataType::Int64 => "bigint",
        DataType::Float32 => "float",
        DataType::Float64 => "double",
        DataType::Utf8 => "string",
        DataType::Binary => "binary",
        DataType::Boolean => "boolean",
        DataType::Date32 => "date",
        DataType::Timestamp(_, None) => "timestamp",
        DataType::Timestamp(..) => "timestamp with local time zone",
        DataType::List(_) => "array",
        DataType::Map(..) => "map",
        DataType::Struct(_) => "struct",
        DataType::Decimal128(precision, scale) => return format!("decimal({precision},{scale})"),
        other => return other.to_string(),
    };
    name.to_owned()
}
