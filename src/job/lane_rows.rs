//! What a lane does with what a reader hands out: blocks of bytes, rows, messages.
//!
//! ```text
//! block ──► decoder ──► batch ──► transform ──► LaneWriter
//!              └──► dead letters
//! ```

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use arrow::array::Array as _;
use arrow::compute::filter_record_batch;
use arrow::datatypes::Field;
use arrow::record_batch::RecordBatch;
use formats::message::{BadRecord, Decoder};
use formats::serde_names::Format;
use formats::table::{Descriptor, TableColumn, TableEncoder, WriteOptions};
use formats::types::HiveType;

use super::lane::{Lane, Reading, branch, place};
use super::lane_writer::{Unplaced, in_source_rows};
use super::plan::Branch;
use crate::decode::dead_letter::{DeadLetter, Raw};
use crate::decode::records::{BadMessage, Place, RecordDecoder};
use crate::error::{Error, Result};
use crate::source::records::RecordBlock;
use crate::source::{Block, Split, SplitDetail};
use crate::sql::bind::{SourceRows, Transform};
use crate::time::Timestamp;

/// Rows of a decoded batch: larger ones fall out of the caches.
const BATCH_ROWS: usize = 8192;
/// Rows that joins may make of a batch before it is taken in halves.
const JOINED_ROWS: usize = 1 << 20;
/// Pause before messages are decoded again that could not be decoded then.
const DECODE_AGAIN: Duration = Duration::from_secs(1);

/// How a branch's payloads are decoded in a lane; the readers of its splits share it, since each leaves it empty.
#[derive(Debug)]
pub(super) enum Decoding {
    /// Blocks of records.
    Blocks(Box<Decoder>),
    /// Messages.
    Messages(Box<RecordDecoder>),
}

impl Decoding {
    /// # Errors
    /// `Config` or `Schema` for a column that cannot be decoded.
    pub(super) fn new(branch: &Branch) -> Result<Option<Self>> {
        let schema = branch.transform.input_schema();
        if let Some(plan) = &branch.records {
            return Ok(Some(Self::Messages(Box::new(RecordDecoder::new(&schema, plan)?))));
        }
        let Some(format) = &branch.format else { return Ok(None) };
        let made = Decoder::new(&schema, format, BATCH_ROWS);
        let decoder =
            made.map_err(|e| Error::config("cannot decode this source").with_source(e))?;
        Ok(Some(Self::Blocks(Box::new(decoder))))
    }
}

impl Lane {
    pub(super) fn bytes(
        &mut self,
        reading: &mut Reading,
        block: Block,
        now: Timestamp,
    ) -> Result<()> {
        let plan = Arc::clone(&self.plan);
        let branch = branch(&plan, &reading.split)?;
        let Some(Decoding::Blocks(mut decoder)) = self.decodings.remove(&reading.split.branch)
        else {
            return Err(Error::internal("bytes from a source without a format"));
        };
        let mut at = block.start;
        while at < block.end {
            let from = at;
            let skipped = decoder.skipped_records();
            at = decoder.decode_block(&block.bytes, from, block.end, &mut self.bad);
            let rows = decoder.rows();
            let skipped = decoder.skipped_records() - skipped;
            self.writer.counts.skipped += skipped;
            let bad = std::mem::take(&mut self.bad);
            let records = rows as u64 + bad.len() as u64 + skipped;
            self.writer.counts.rows_in += bad.len() as u64 + skipped;
            let limit = self.shared.limit.count(records, bad.len() as u64, now);
            limit.map_err(|e| with_example(e, &reading.split, &block, bad.last()))?;
            self.bad_records(&reading.split, &block, &bad)?;
            self.bad = bad;
            self.bad.clear();
            if rows > 0 {
                let batch = decoder
                    .finish()
                    .map_err(|e| Error::internal("cannot make a batch").with_source(e))?;
                let unplaced = self.rows(reading, branch, &batch, now)?;
                if !unplaced.is_empty() {
                    self.unplaced(reading, branch, &block, from, unplaced)?;
                }
            }
        }
        self.decodings.insert(reading.split.branch, Decoding::Blocks(decoder));
        reading.next = block.base + block.end as u64;
        self.shared.bytes_in.fetch_add((block.end - block.start) as u64, Ordering::Relaxed);
        self.recycled = Some(block.bytes);
        Ok(())
    }

    pub(super) fn rows(
        &mut self,
        reading: &mut Reading,
        branch: &Branch,
        batch: &RecordBatch,
        now: Timestamp,
    ) -> Result<Vec<Unplaced>> {
        if let Some(spec) = &branch.watermark {
            reading.watermark = reading.watermark.max(spec.watermark(batch)?);
        }
        let rows_out = self.writer.counts.rows_out;
        let live = self.shared.watermark.load(Ordering::Relaxed);
        let live = (live > i64::MIN).then_some(Timestamp(live));
        let (inside, source_rows) = self.in_range(branch, batch)?;
        let mut unplaced = Vec::new();
        let mut pieces = vec![(0, inside.unwrap_or_else(|| batch.clone()))];
        while let Some((at, piece)) = pieces.pop() {
            let rows = piece.num_rows();
            let Some(transformed) = branch.transform.apply_within(&piece, now, JOINED_ROWS)? else {
                let half = rows / 2;
                pieces.push((at + half, piece.slice(half, rows - half)));
                pieces.push((at, piece.slice(0, half)));
                continue;
            };
            let some = self.writer.rows(transformed, rows as u64, live, now)?;
            unplaced.extend(some.into_iter().map(|one| Unplaced { row: one.row + at, ..one }));
        }
        let unplaced = in_source_rows(unplaced, &source_rows);
        self.shared.rows_in.fetch_add(batch.num_rows() as u64, Ordering::Relaxed);
        self.shared.rows_out.fetch_add(self.writer.counts.rows_out - rows_out, Ordering::Relaxed);
        Ok(unplaced)
    }

    /// Leaves out the rows whose event time is not asked for; without any to leave out, there is no other batch.
    fn in_range(
        &mut self,
        branch: &Branch,
        batch: &RecordBatch,
    ) -> Result<(Option<RecordBatch>, SourceRows)> {
        let Some((range, spec)) = branch.rows.as_ref().zip(branch.watermark.as_ref()) else {
            return Ok((None, SourceRows::All));
        };
        let Some(kept) = range.select(spec, batch)? else { return Ok((None, SourceRows::All)) };
        let inside = filter_record_batch(batch, &kept)
            .map_err(|e| Error::internal("cannot leave rows out").with_source(e))?;
        let outside = (batch.num_rows() - inside.num_rows()) as u64;
        self.writer.counts.rows_in += outside;
        self.writer.counts.outside += outside;
        Ok((Some(inside), SourceRows::Kept(kept)))
    }

    /// Takes note of a record that no reader can hold.
    pub(super) fn too_long(
        &mut self,
        split: &Split,
        (at, length): (u64, u64),
        head: &[u8],
        now: Timestamp,
    ) -> Result<()> {
        let reason = "the record is longer than can be held (128 MiB)".to_owned();
        let letter = self.letter(split, at, length, head, reason, None);
        self.shared.limit.count(1, 1, now)?;
        self.shared.rejected.fetch_add(1, Ordering::Relaxed);
        self.writer.counts.rows_in += 1;
        self.writer.counts.rejected += 1;
        self.writer.reject(&letter)
    }

    /// Decodes messages from index `from` on and carries their rows on.
    ///
    /// What refers to something that cannot be had now waits in the reading, and everything behind it.
    pub(super) fn messages(
        &mut self,
        reading: &mut Reading,
        block: RecordBlock,
        from: usize,
        now: Timestamp,
    ) -> Result<()> {
        let plan = Arc::clone(&self.plan);
        let branch = branch(&plan, &reading.split)?;
        let Some(Decoding::Messages(mut decoder)) = self.decodings.remove(&reading.split.branch)
        else {
            return Err(Error::internal("messages from a source without a format"));
        };
        let SplitDetail::Partition { topic, partition, .. } = &reading.split.detail else {
            return Err(Error::internal("messages of a split that is no partition"));
        };
        let (topic, partition) = (topic.clone(), *partition);
        let (mut at, mut failure, mut bad) = (from, None, Vec::new());
        while at < block.records.len() && failure.is_none() {
            at = decoder.decode(&block, at, &mut bad);
            failure = decoder.take_failure();
            let skipped = decoder.take_skipped();
            self.writer.counts.skipped += skipped;
            self.writer.counts.rows_in += bad.len() as u64 + skipped;
            let records = decoder.rows() as u64 + bad.len() as u64 + skipped;
            let limit = self.shared.limit.count(records, bad.len() as u64, now);
            limit.map_err(|e| with_bad_message(e, &reading.split, &block, bad.last()))?;
            for BadMessage { record, reason, column } in bad.drain(..) {
                self.writer.counts.rejected += 1;
                self.shared.rejected.fetch_add(1, Ordering::Relaxed);
                self.message_letter(&reading.split, &block, record, reason, column)?;
            }
            if decoder.rows() > 0 {
                let place = Place { topic: &topic, partition };
                let (batch, kept) = decoder.finish(&block, place)?;
                let unplaced = self.rows(reading, branch, &batch, now)?;
                let count = unplaced.len() as u64;
                for Unplaced { row, reason } in unplaced {
                    let record = kept.get(row).map_or(usize::MAX, |at| *at as usize);
                    self.message_letter(&reading.split, &block, record, reason, None)?;
                }
                if count > 0 {
                    self.shared.limit.count(0, count, now)?;
                    self.shared.rejected.fetch_add(count, Ordering::Relaxed);
                }
            }
        }
        self.decodings.insert(reading.split.branch, Decoding::Messages(decoder));
        let next = block.records.get(at).map_or(block.next, |record| record.offset);
        reading.next = next;
        match failure {
            Some(error) => {
                tracing::warn!(split = %reading.split.id, offset = next, error = ?error, "messages cannot be decoded yet, trying again");
                reading.waiting = Some((block, at, now.plus(DECODE_AGAIN)));
            }
            None => {
                self.shared.bytes_in.fetch_add(block.size, Ordering::Relaxed);
                self.recycled = Some(block.bytes);
            }
        }
        Ok(())
    }

    fn message_letter(
        &mut self,
        split: &Split,
        block: &RecordBlock,
        record: usize,
        reason: String,
        column: Option<String>,
    ) -> Result<()> {
        let Some(record) = block.records.get(record) else {
            return Err(Error::internal("a row of no message").with("split", &split.id));
        };
        let raw = record.value.of(&block.bytes).unwrap_or_default();
        let letter = self.letter(split, record.offset, raw.len() as u64, raw, reason, column);
        self.writer.reject(&letter)
    }

    fn bad_records(&mut self, split: &Split, block: &Block, bad: &[BadRecord]) -> Result<()> {
        for record in bad {
            let raw = &block.bytes[record.start..record.end];
            let at = block.base + record.start as u64;
            let reason = record.reason.clone();
            let column = record.column.clone();
            let letter = self.letter(split, at, raw.len() as u64, raw, reason, column);
            self.writer.reject(&letter)?;
        }
        self.shared.rejected.fetch_add(bad.len() as u64, Ordering::Relaxed);
        self.writer.counts.rejected += bad.len() as u64;
        Ok(())
    }

    /// Sends rows that no partition can take to the dead letters as the records they were.
    ///
    /// Rare, so the records are found by decoding the range once more, a record at a time.
    fn unplaced(
        &mut self,
        reading: &Reading,
        branch: &Branch,
        block: &Block,
        from: usize,
        unplaced: Vec<Unplaced>,
    ) -> Result<()> {
        let format = branch.format.as_ref();
        let format = format.ok_or_else(|| Error::internal("a block without a format"))?;
        let mut one = Decoder::new(&branch.transform.input_schema(), format, 1)
            .map_err(|e| Error::internal("cannot decode a block again").with_source(e))?;
        let (mut at, mut ignored, mut row) = (from, Vec::new(), 0);
        let count = unplaced.len() as u64;
        let mut unplaced = unplaced.into_iter().peekable();
        while at < block.end && unplaced.peek().is_some() {
            let start = at;
            at = one.decode_block(&block.bytes, start, block.end, &mut ignored);
            if one.rows() == 0 {
                continue;
            }
            one.finish().map_err(|e| Error::internal("cannot make a row").with_source(e))?;
            let start = ignored.last().map_or(start, |bad: &BadRecord| bad.end.max(start));
            ignored.clear();
            if let Some(Unplaced { reason, .. }) = unplaced.next_if(|u| u.row == row) {
                let raw = block.bytes[start..at].trim_ascii();
                let position = block.base + start as u64;
                let length = raw.len() as u64;
                let letter = self.letter(&reading.split, position, length, raw, reason, None);
                self.writer.reject(&letter)?;
            }
            row += 1;
        }
        self.shared.limit.count(0, count, self.clock.now())?;
        self.shared.rejected.fetch_add(count, Ordering::Relaxed);
        Ok(())
    }

    pub(super) fn letter(
        &self,
        split: &Split,
        offset: u64,
        length: u64,
        raw: &[u8],
        reason: String,
        column: Option<String>,
    ) -> DeadLetter {
        let table = branch(&self.plan, split).map(|b| b.table.clone()).unwrap_or_default();
        DeadLetter {
            at: self.clock.now(),
            table,
            source: place(split),
            offset,
            length,
            reason,
            column,
            raw: Raw::keep(raw, length),
        }
    }
}

/// Gives a row of a table as a JSON record of the columns that are read, NULLs among them; nothing for other rows.
///
/// What JSON cannot hold (unions) is a text for whoever looks at the dead letters: such a row cannot be read again.
pub(super) fn row_record(
    split: &Split,
    transform: &Transform,
    batch: &RecordBatch,
    row: usize,
) -> Result<Vec<u8>> {
    if !matches!(split.detail, SplitDetail::TableFile { .. }) {
        return Ok(Vec::new());
    }
    let reads: Vec<usize> = transform.reads().into_iter().collect();
    let one = batch.slice(row, 1).project(&reads);
    let one = one.map_err(|e| Error::internal("a batch lacks a column").with_source(e))?;
    json_record(&one).or_else(|_| {
        let schema = one.schema();
        let cells = schema.fields().iter().zip(one.columns()).map(|(field, column)| {
            let text = arrow::util::display::array_value_to_string(column, 0).unwrap_or_default();
            let text = column.is_valid(0).then_some(text);
            (field.name().clone(), serde_json::Value::from(text))
        });
        Ok(serde_json::Value::Object(cells.collect()).to_string().into_bytes())
    })
}

fn json_record(row: &RecordBatch) -> formats::Result<Vec<u8>> {
    let column = |field: &Arc<Field>| {
        Ok(TableColumn::new(field.name(), HiveType::from_arrow(field.data_type())?))
    };
    let columns = row.schema().fields().iter().map(column).collect::<formats::Result<_>>()?;
    let json = Descriptor::stored_as(Format::JsonFile, columns);
    let mut encoder = TableEncoder::new(&json, &WriteOptions::default())?;
    let (mut file, mut record) = (encoder.start(), Vec::new());
    encoder.append(&mut file, std::slice::from_ref(row), &mut record)?;
    record.truncate(record.trim_ascii_end().len());
    Ok(record)
}

/// Adds the record that has passed the limit: those since the last checkpoint are not among the dead letters.
fn with_example(error: Error, split: &Split, block: &Block, bad: Option<&BadRecord>) -> Error {
    let Some(bad) = bad else { return error };
    let error = error
        .with("for example", &bad.reason)
        .with("at", format!("{}:{}", place(split), block.base + bad.start as u64));
    match &bad.column {
        Some(column) => error.with("column", column),
        None => error,
    }
}

fn with_bad_message(
    error: Error,
    split: &Split,
    block: &RecordBlock,
    bad: Option<&BadMessage>,
) -> Error {
    let Some(bad) = bad else { return error };
    let offset = block.records.get(bad.record).map_or(0, |record| record.offset);
    let error =
        error.with("for example", &bad.reason).with("at", format!("{}:{offset}", place(split)));
    match &bad.column {
        Some(column) => error.with("column", column),
        None => error,
    }
}
