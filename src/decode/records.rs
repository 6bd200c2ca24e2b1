//! Messages to rows: the value's columns, the key's, and those that say where the message comes from.
//!
//! ```text
//!  record: key ──► key decoder ────► columns of `key.fields`  ┐
//!          value ► value decoder ──► the other columns        ├─► batch in the order of the source table
//!          offset, time, headers ──► metadata columns         ┘
//! ```
//!
//! A message with a bad key or value leaves no row. One without a value is the deletion of its key; it has no row either
//! (`raw` makes a NULL of it).

use std::sync::Arc;

use arrow::array::{
    ArrayRef, BinaryBuilder, Int32Array, Int64Array, MapBuilder, MapFieldNames, RecordBatch,
    RecordBatchOptions, StringArray, StringBuilder, TimestampMicrosecondArray,
};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Schema, SchemaRef, TimeUnit};
use chrono::{Offset as _, TimeZone as _};
use chrono_tz::Tz;
use formats::message::{BadRecord, Decoder, MessageFormat};

use crate::error::{Error, Result};
use crate::source::records::{Record, RecordBlock};

/// Rows of a decoded batch: larger ones fall out of the caches.
const BATCH_ROWS: usize = 8192;

/// What a metadata column shows. Source: Flink's Kafka connector, `METADATA FROM`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Metadata {
    /// `topic`.
    Topic,
    /// `partition`.
    Partition,
    /// `offset`.
    Offset,
    /// `timestamp`.
    Timestamp,
    /// `timestamp-type`.
    TimestampType,
    /// `leader-epoch`.
    LeaderEpoch,
    /// `headers`.
    Headers,
}

impl Metadata {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Topic,
        Self::Partition,
        Self::Offset,
        Self::Timestamp,
        Self::TimestampType,
        Self::LeaderEpoch,
        Self::Headers,
    ];

    /// Gives its key.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Topic => "topic",
            Self::Partition => "partition",
            Self::Offset => "offset",
            Self::Timestamp => "timestamp",
            Self::TimestampType => "timestamp-type",
            Self::LeaderEpoch => "leader-epoch",
            Self::Headers => "headers",
        }
    }

    /// Tells whether a column of this type can show it.
    pub fn fits(self, data_type: &DataType) -> bool {
        match self {
            Self::Topic | Self::TimestampType => matches!(data_type, DataType::Utf8),
            Self::Partition | Self::LeaderEpoch => {
                matches!(data_type, DataType::Int32 | DataType::Int64)
            }
            Self::Offset => matches!(data_type, DataType::Int64),
            Self::Timestamp => matches!(data_type, DataType::Timestamp(..) | DataType::Int64),
            Self::Headers => match data_type {
                DataType::Map(entries, _) => match entries.data_type() {
                    DataType::Struct(pair) => matches!(
                        pair.iter().map(|f| f.data_type()).collect::<Vec<_>>().as_slice(),
                        [DataType::Utf8, DataType::Binary]
                    ),
                    _ => false,
                },
                _ => false,
            },
        }
    }
}

/// How a key or a value is decoded, and which of the table's columns it fills.
#[derive(Debug, Clone)]
pub struct Part {
    /// Its format.
    pub format: MessageFormat,
    /// Positions of its columns in the source's schema.
    pub columns: Vec<usize>,
    /// What stands before the key's column names in the table, and not in the message.
    pub prefix: String,
}

/// How the messages of a source become rows of its table.
#[derive(Debug, Clone)]
pub struct RecordPlan {
    /// The value.
    pub value: Part,
    /// The key, if a column is filled from it alone.
    pub key: Option<Part>,
    /// Positions of the metadata columns.
    pub metadata: Vec<(usize, Metadata)>,
    /// The zone in which a message's time becomes a TIMESTAMP without one.
    pub zone: Tz,
}

/// A message without a row.
#[derive(Debug)]
pub struct BadMessage {
    /// Its index in the block.
    pub record: usize,
    /// What is wrong with it.
    pub reason: String,
    /// The column whose value is to blame.
    pub column: Option<String>,
}

/// Where a block of messages comes from.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    /// The topic.
    pub topic: &'a str,
    /// The partition.
    pub partition: i32,
}

/// Decodes messages into batches of a source's schema.
#[derive(Debug)]
pub struct RecordDecoder {
    schema: SchemaRef,
    value: Decoder,
    value_columns: Vec<usize>,
    key: Option<(Decoder, Vec<usize>)>,
    metadata: Vec<(usize, Metadata)>,
    zone: Tz,
    /// Index in the block of each row's message.
    kept: Vec<u32>,
    skipped: u64,
    failure: Option<Error>,
}

impl RecordDecoder {
    /// Makes the decoder of a source.
    ///
    /// # Errors
    /// `Config` or `Schema` for a column that cannot be decoded.
    pub fn new(schema: &SchemaRef, plan: &RecordPlan) -> Result<Self> {
        let decoder = |part: &Part| {
            let fields = part.columns.iter().filter_map(|at| schema.fields().get(*at));
            let named = |field: &Arc<arrow::datatypes::Field>| {
                let name = field.name().strip_prefix(&part.prefix).unwrap_or(field.name());
                field.as_ref().clone().with_name(name)
            };
            let fields: Vec<_> = fields.map(named).collect();
            let schema = Arc::new(Schema::new(fields));
            Decoder::new(&schema, &part.format, BATCH_ROWS)
                .map_err(|e| Error::config("cannot decode this source").with_source(e))
        };
        Ok(Self {
            value: decoder(&plan.value)?,
            value_columns: plan.value.columns.clone(),
            key: match &plan.key {
                Some(part) => Some((decoder(part)?, part.columns.clone())),
                None => None,
            },
            metadata: plan.metadata.clone(),
            zone: plan.zone,
            schema: Arc::clone(schema),
            kept: Vec::with_capacity(BATCH_ROWS),
            skipped: 0,
            failure: None,
        })
    }

    /// Decodes messages from index `from` until the batch is full; gives the index after the last one.
    ///
    /// It ends before a message that refers to something that cannot be had now, such as its schema; then
    /// [`take_failure`](Self::take_failure) says why.
    pub fn decode(&mut self, block: &RecordBlock, from: usize, bad: &mut Vec<BadMessage>) -> usize {
        let mut at = from;
        for record in block.records.iter().skip(from) {
            if self.value.is_full() {
                break;
            }
            match self.one(&block.bytes, record) {
                Ok(true) => self.kept.push(u32::try_from(at).unwrap_or(u32::MAX)),
                Ok(false) => self.skipped += 1,
                Err(BadRecord { reason, column, .. }) => {
                    self.failure = self.failure.take().or_else(|| self.failed());
                    if self.failure.is_some() {
                        return at;
                    }
                    bad.push(BadMessage { record: at, reason, column });
                }
            }
            at += 1;
        }
        at
    }

    /// Decodes one message; false if it has no row and that is as it should be.
    #[inline]
    fn one(&mut self, bytes: &[u8], record: &Record) -> Result<bool, BadRecord> {
        let rows = self.value.rows();
        let Some((start, end)) = record.value.range() else {
            if !self.value.takes_null() {
                return Ok(false);
            }
            self.value.decode_null()?;
            return self.key(bytes, record, rows).map(|()| true);
        };
        self.value.decode_message(bytes, start, end)?;
        if self.value.rows() == rows {
            return Ok(false);
        }
        self.key(bytes, record, rows)?;
        Ok(true)
    }

    fn key(&mut self, bytes: &[u8], record: &Record, rows: usize) -> Result<(), BadRecord> {
        let Some((decoder, _)) = &mut self.key else { return Ok(()) };
        let done = match record.key.range() {
            None => decoder.decode_null(),
            Some((start, end)) => decoder.decode_message(bytes, start, end),
        };
        let done = done.and_then(|()| {
            // A key that ignores parse errors may have left no row.
            if decoder.rows() > rows { Ok(()) } else { decoder.decode_null() }
        });
        done.inspect_err(|_| self.value.truncate(rows))
            .map_err(|bad| BadRecord { reason: format!("key: {}", bad.reason), ..bad })
    }

    /// Takes the reason why decoding ended before a message.
    pub fn take_failure(&mut self) -> Option<Error> {
        self.failure.take()
    }

    fn failed(&mut self) -> Option<Error> {
        let key = self.key.as_mut().and_then(|(decoder, _)| decoder.take_failure());
        let failure = self.value.take_failure().or(key)?;
        Some(Error::unavailable("cannot decode messages now").with_source(failure))
    }

    /// Rows held.
    pub fn rows(&self) -> usize {
        self.kept.len()
    }

    /// Takes the number of messages since the last time that had no row, as they should.
    pub fn take_skipped(&mut self) -> u64 {
        std::mem::take(&mut self.skipped)
    }

    /// Takes the rows held, and the index of each row's message in the block they were decoded from.
    ///
    /// # Errors
    /// `Internal` if the columns do not make a batch.
    pub fn finish(
        &mut self,
        block: &RecordBlock,
        place: Place<'_>,
    ) -> Result<(RecordBatch, Vec<u32>)> {
        let kept = std::mem::replace(&mut self.kept, Vec::with_capacity(BATCH_ROWS));
        let mut columns: Vec<Option<ArrayRef>> = vec![None; self.schema.fields().len()];
        let mut put = |at: usize, array: ArrayRef| {
            if let Some(column) = columns.get_mut(at) {
                *column = Some(array);
            }
        };
        if let Some((decoder, at)) = &mut self.key {
            let batch = finish(decoder)?;
            at.iter().zip(batch.columns()).for_each(|(at, array)| put(*at, Arc::clone(array)));
        }
        let batch = finish(&mut self.value)?;
        let at = self.value_columns.iter();
        at.zip(batch.columns()).for_each(|(at, array)| put(*at, Arc::clone(array)));
        for (at, what) in &self.metadata {
            let Some(field) = self.schema.fields().get(*at) else { continue };
            let records = Kept { block, kept: &kept };
            put(*at, records.column(*what, place, field.data_type(), self.zone)?);
        }
        let columns: Option<Vec<ArrayRef>> = columns.into_iter().collect();
        let columns = columns.ok_or_else(|| Error::internal("a column that nothing fills"))?;
        let options = RecordBatchOptions::new().with_row_count(Some(kept.len()));
        let batch = RecordBatch::try_new_with_options(Arc::clone(&self.schema), columns, &options)
            .map_err(|e| Error::internal("decoded columns make no batch").with_source(e))?;
        Ok((batch, kept))
    }
}

fn finish(decoder: &mut Decoder) -> Result<RecordBatch> {
    decoder.finish().map_err(|e| Error::internal("cannot make a batch").with_source(e))
}

/// The messages that have a row.
struct Kept<'a> {
    block: &'a RecordBlock,
    kept: &'a [u32],
}

impl Kept<'_> {
    fn records(&self) -> impl Iterator<Item = &Record> {
        self.kept.iter().filter_map(|at| self.block.records.get(*at as usize))
    }

    fn column(
        &self,
        what: Metadata,
        place: Place<'_>,
        wanted: &DataType,
        zone: Tz,
    ) -> Result<ArrayRef> {
        let rows = self.kept.len();
        let array: ArrayRef = match what {
            Metadata::Topic => Arc::new(StringArray::from(vec![place.topic; rows])),
            Metadata::Partition => Arc::new(Int32Array::from(vec![place.partition; rows])),
            Metadata::Offset => {
                Arc::new(self.records().map(|r| Some(r.offset as i64)).collect::<Int64Array>())
            }
            Metadata::Timestamp => return self.timestamps(wanted, zone),
            Metadata::TimestampType => {
                let names = self.records().map(|r| Some(r.time_kind.name()));
                Arc::new(names.collect::<StringArray>())
            }
            Metadata::LeaderEpoch => {
                let epochs =
                    self.records().map(|r| (r.leader_epoch >= 0).then_some(r.leader_epoch));
                Arc::new(epochs.collect::<Int32Array>())
            }
            Metadata::Headers => self.headers(wanted)?,
        };
        if array.data_type() == wanted {
            return Ok(array);
        }
        cast(&array, wanted)
            .map_err(|e| Error::schema("a metadata column has another type").with_source(e))
    }

    fn timestamps(&self, wanted: &DataType, zone: Tz) -> Result<ArrayRef> {
        let times = self.records().map(|r| (r.timestamp >= 0).then_some(r.timestamp));
        match wanted {
            DataType::Int64 => Ok(Arc::new(times.collect::<Int64Array>())),
            DataType::Timestamp(TimeUnit::Microsecond, None) => {
                let mut local = LocalTime { zone, quarter: i64::MIN, offset_ms: 0 };
                let times = times.map(|t| t.map(|t| local.of(t).saturating_mul(1000)));
                Ok(Arc::new(times.collect::<TimestampMicrosecondArray>()))
            }
            _ => {
                let times = times.map(|t| t.map(|t| t.saturating_mul(1000)));
                let array: TimestampMicrosecondArray = times.collect();
                Ok(Arc::new(array.with_data_type(wanted.clone())))
            }
        }
    }

    fn headers(&self, wanted: &DataType) -> Result<ArrayRef> {
        let DataType::Map(entries, _) = wanted else {
            return Err(Error::internal("headers are a map"));
        };
        let DataType::Struct(pair) = entries.data_type() else {
            return Err(Error::internal("a map of headers without entries"));
        };
        let [key, value] = pair.as_ref() else {
            return Err(Error::internal("a map of headers without entries"));
        };
        let names = MapFieldNames {
            entry: entries.name().clone(),
            key: key.name().clone(),
            value: value.name().clone(),
        };
        let mut map = MapBuilder::new(Some(names), StringBuilder::new(), BinaryBuilder::new())
            .with_keys_field(Arc::clone(key))
            .with_values_field(Arc::clone(value));
        let failed = |e| Error::internal("cannot make a map of headers").with_source(e);
        for record in self.records() {
            // As in a Java map, of two headers of one name the last one counts.
            let all = self.block.headers(record);
            for (n, (name, value)) in all.iter().enumerate() {
                if all.iter().skip(n + 1).any(|(later, _)| later == name) {
                    continue;
                }
                map.keys().append_value(name);
                map.values().append_option(*value);
            }
            map.append(true).map_err(failed)?;
        }
        Ok(Arc::new(map.finish()))
    }
}

/// Turns instants into the wall clock of a zone; neighbours share the look-up.
struct LocalTime {
    zone: Tz,
    quarter: i64,
    offset_ms: i64,
}

/// Zones change their offset at full quarters of an hour. Units: milliseconds.
const QUARTER: i64 = 15 * 60 * 1000;

impl LocalTime {
    fn of(&mut self, instant_ms: i64) -> i64 {
        let quarter = instant_ms.div_euclid(QUARTER);
        if quarter != self.quarter {
            self.quarter = quarter;
            let utc = chrono::DateTime::from_timestamp_millis(instant_ms);
            let offset = utc.map(|utc| self.zone.offset_from_utc_datetime(&utc.naive_utc()).fix());
            self.offset_ms = offset.map_or(0, |o| i64::from(o.local_minus_utc()) * 1000);
        }
        instant_ms.saturating_add(self.offset_ms)
    }
}

#[cfg(test)]
mod tests;
