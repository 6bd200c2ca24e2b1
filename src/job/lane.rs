//! A lane: one thread that reads its splits and carries their rows from bytes to staged files.
//!
//! ```text
//! reader ─► block ─► decoder ─► batch ─► transform ─► LaneWriter (route, buffer, encode, stage)
//!                      └─► dead letters
//! ```
//!
//! A lane works in blocks; between two blocks it looks for commands. What it tells the job is facts. It is the shell of
//! `write::OpenFiles` and `route::Router`, which decide.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use crossbeam_channel::{Receiver, Sender, TryRecvError};
use formats::message::{BadRecord, Decoder};

use super::event::{AfterBarrier, Event, LaneSnapshot, SplitProgress, Step};
use super::lane_writer::{LaneWriter, Unplaced};
use super::plan::{Branch, Plan};
use crate::decode::dead_letter::{DeadLetter, Limit, Raw};
use crate::error::{Error, Result};
use crate::names::{CheckpointId, LaneId};
use crate::source::{Block, Payload, Split, SplitDetail, SplitReader};
use crate::time::{Clock, Timestamp, Watermark};

/// Rows of a decoded batch: larger ones fall out of the caches.
const BATCH_ROWS: usize = 8192;
/// Time between two reports of progress. Units: milliseconds.
const REPORT_EVERY: i64 = 50;

/// What the job tells a lane.
#[derive(Debug)]
pub enum Command {
    /// Read a split from a position on.
    Read(Split, u64),
    /// Close all files and say what was done, then go on or read no more.
    Barrier(CheckpointId, AfterBarrier),
}

/// What the lanes of a pipeline share.
#[derive(Debug)]
pub struct Shared {
    /// The watermark of the last published checkpoint, or `i64::MIN`.
    pub watermark: AtomicI64,
    /// Rows read since the start of the process; for the progress display only.
    pub rows_in: AtomicU64,
    /// Rows written.
    pub rows_out: AtomicU64,
    /// Records rejected.
    pub rejected: AtomicU64,
    /// Bytes read.
    pub bytes_in: AtomicU64,
    /// The limit on dead letters.
    pub limit: Limit,
}

impl Shared {
    /// Makes the shared state of a pipeline's lanes.
    pub fn new(limit: Limit) -> Self {
        Self {
            watermark: AtomicI64::new(i64::MIN),
            rows_in: AtomicU64::new(0),
            rows_out: AtomicU64::new(0),
            rejected: AtomicU64::new(0),
            bytes_in: AtomicU64::new(0),
            limit,
        }
    }
}

/// A lane's thread.
#[derive(Debug)]
pub struct Lane {
    id: LaneId,
    plan: Arc<Plan>,
    shared: Arc<Shared>,
    clock: Arc<dyn Clock>,
    commands: Receiver<Command>,
    events: Sender<Event>,
    writer: LaneWriter,
    reading: Option<Reading>,
    ended: Vec<SplitProgress>,
    halted: bool,
    reported_at: Timestamp,
    recycled: Option<Vec<u8>>,
    bad: Vec<BadRecord>,
}

#[derive(Debug)]
struct Reading {
    split: Split,
    reader: Box<dyn SplitReader>,
    decoder: Option<Decoder>,
    next: u64,
    watermark: Option<Watermark>,
    touched: bool,
}

/// What a lane is made of.
#[derive(Debug)]
pub struct LaneParts {
    /// Its number.
    pub id: LaneId,
    /// The pipeline.
    pub plan: Arc<Plan>,
    /// What it shares with the other lanes.
    pub shared: Arc<Shared>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Where commands come from; the lane ends when they do.
    pub commands: Receiver<Command>,
    /// Where facts go.
    pub events: Sender<Event>,
    /// Its files.
    pub writer: LaneWriter,
}

impl Lane {
    /// Makes a lane that reads nothing yet.
    pub fn new(parts: LaneParts) -> Self {
        let LaneParts { id, plan, shared, clock, commands, events, writer } = parts;
        Self {
            id,
            plan,
            shared,
            commands,
            events,
            writer,
            reported_at: Timestamp(i64::MIN),
            clock,
            reading: None,
            ended: Vec::new(),
            halted: false,
            recycled: None,
            bad: Vec::new(),
        }
    }

    /// Works until the commands end or something fails; failures go to the job.
    pub fn run(mut self) {
        if let Err(error) = self.work() {
            let step = Step::Lane(self.id);
            // A job that has ended already does not listen; then nobody needs to know.
            drop(self.events.send(Event::Failed { step, error }));
        }
    }

    fn work(&mut self) -> Result<()> {
        loop {
            let busy = self.reading.is_some() && !self.halted;
            let command = if busy {
                match self.commands.try_recv() {
                    Ok(command) => Some(command),
                    Err(TryRecvError::Empty) => None,
                    Err(TryRecvError::Disconnected) => return Ok(()),
                }
            } else {
                match self.commands.recv() {
                    Ok(command) => Some(command),
                    Err(_) => return Ok(()),
                }
            };
            match command {
                Some(Command::Read(split, from)) => self.open(split, from)?,
                Some(Command::Barrier(id, after)) => self.barrier(id, after)?,
                None => self.step()?,
            }
        }
    }

    fn send(&self, event: Event) {
        // A job that has ended no longer listens; the closed command channel ends the lane as well.
        drop(self.events.send(event));
    }

    fn open(&mut self, split: Split, from: u64) -> Result<()> {
        let plan = Arc::clone(&self.plan);
        let branch = branch(&plan, &split)?;
        let reader = branch.source.open(&split, from)?;
        let decoder = match &branch.format {
            None => None,
            Some(format) => {
                let schema = branch.transform.input_schema();
                let made = Decoder::new(&schema, format, BATCH_ROWS);
                Some(made.map_err(|e| Error::config("cannot decode this source").with_source(e))?)
            }
        };
        self.reading =
            Some(Reading { split, reader, decoder, next: from, watermark: None, touched: true });
        Ok(())
    }

    fn barrier(&mut self, id: CheckpointId, after: AfterBarrier) -> Result<()> {
        let (files, counts) = self.writer.drain(self.clock.now())?;
        let mut splits = std::mem::take(&mut self.ended);
        if let Some(reading) = self.reading.as_mut().filter(|r| r.touched) {
            reading.touched = false;
            splits.push(SplitProgress {
                id: reading.split.id.clone(),
                next: reading.next,
                done: false,
                watermark: reading.watermark,
            });
        }
        self.halted |= after == AfterBarrier::Halt;
        self.reported_at = Timestamp(i64::MIN);
        let snapshot = LaneSnapshot { splits, files, counts };
        self.send(Event::Drained { lane: self.id, checkpoint: id, snapshot });
        Ok(())
    }

    /// Reads one payload and carries its rows on.
    fn step(&mut self) -> Result<()> {
        let Some(mut reading) = self.reading.take() else { return Ok(()) };
        let now = self.clock.now();
        match reading.reader.next(self.recycled.take())? {
            None => return self.end(&reading),
            Some(Payload::Idle) => {
                self.writer.work(now)?;
                self.reading = Some(reading);
                return Ok(());
            }
            Some(Payload::Bytes(block)) => self.bytes(&mut reading, block, now)?,
            Some(Payload::Rows { batch, next }) => {
                let plan = Arc::clone(&self.plan);
                let branch = branch(&plan, &reading.split)?;
                let first = reading.next;
                for Unplaced { row, reason } in self.rows(&mut reading, branch, &batch, now)? {
                    let at = first + row as u64;
                    let letter = self.letter(&reading.split, at, 0, &[], reason, None);
                    self.writer.reject(&letter)?;
                }
                reading.next = next;
            }
            Some(Payload::TooLong { at, length, head, next }) => {
                let reason = "the record is longer than can be held (128 MiB)".to_owned();
                let letter = self.letter(&reading.split, at, length, &head, reason, None);
                self.shared.limit.count(1, 1, now)?;
                self.shared.rejected.fetch_add(1, Ordering::Relaxed);
                self.writer.counts.rows_in += 1;
                self.writer.counts.rejected += 1;
                self.writer.reject(&letter)?;
                reading.next = next;
            }
        }
        reading.touched = true;
        if now.0 >= self.reported_at.0.saturating_add(REPORT_EVERY) {
            self.reported_at = now;
            self.send(Event::Progress { split: reading.split.id.clone() });
        }
        self.reading = Some(reading);
        Ok(())
    }

    fn end(&mut self, reading: &Reading) -> Result<()> {
        self.ended.push(SplitProgress {
            id: reading.split.id.clone(),
            next: reading.next,
            done: true,
            watermark: reading.watermark,
        });
        self.writer.work(self.clock.now())?;
        self.send(Event::SplitEnded { lane: self.id });
        Ok(())
    }

    fn bytes(&mut self, reading: &mut Reading, block: Block, now: Timestamp) -> Result<()> {
        let plan = Arc::clone(&self.plan);
        let branch = branch(&plan, &reading.split)?;
        let Some(mut decoder) = reading.decoder.take() else {
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
        reading.decoder = Some(decoder);
        reading.next = block.base + block.end as u64;
        self.shared.bytes_in.fetch_add((block.end - block.start) as u64, Ordering::Relaxed);
        self.recycled = Some(block.bytes);
        Ok(())
    }

    fn rows(
        &mut self,
        reading: &mut Reading,
        branch: &Branch,
        batch: &arrow::record_batch::RecordBatch,
        now: Timestamp,
    ) -> Result<Vec<Unplaced>> {
        if let Some(spec) = &branch.watermark {
            reading.watermark = reading.watermark.max(spec.watermark(batch)?);
        }
        let rows = batch.num_rows() as u64;
        let rows_out = self.writer.counts.rows_out;
        let transformed = branch.transform.apply(batch, now)?;
        let live = self.shared.watermark.load(Ordering::Relaxed);
        let live = (live > i64::MIN).then_some(Timestamp(live));
        let unplaced = self.writer.rows(transformed, rows, live, now)?;
        self.shared.rows_in.fetch_add(rows, Ordering::Relaxed);
        self.shared.rows_out.fetch_add(self.writer.counts.rows_out - rows_out, Ordering::Relaxed);
        Ok(unplaced)
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

    fn letter(
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

fn branch<'a>(plan: &'a Plan, split: &Split) -> Result<&'a Branch> {
    plan.branches
        .get(usize::from(split.branch))
        .ok_or_else(|| Error::internal("a split of an unknown branch").with("split", &split.id))
}

/// Names where a split's records come from.
fn place(split: &Split) -> String {
    match &split.detail {
        SplitDetail::File { path, .. } => path.clone(),
        SplitDetail::Sequence { .. } => split.id.to_string(),
    }
}
