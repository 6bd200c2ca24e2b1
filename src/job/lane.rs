//! A lane: one thread that reads its splits and carries their rows from bytes to staged files.
//!
//! ```text
//! reader ─► block ─► decoder ─► batch ─► transform ─► LaneWriter (route, buffer, encode, stage)
//!                      └─► dead letters
//! ```
//!
//! A lane works in blocks; between two blocks it looks for commands. It reads its splits in turn, a block of each. What it tells the job is facts. It is the shell of
//! `write::OpenFiles` and `route::Router`, which decide.

use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crossbeam_channel::{Receiver, RecvError, RecvTimeoutError, Sender, TryRecvError};
use formats::message::BadRecord;

use super::alignment::Board;
use super::event::{AfterBarrier, Event, LaneSnapshot, SplitProgress, Step};
use super::lane_rows::{Decoding, row_record};
use super::lane_writer::{LaneWriter, Unplaced};
use super::pace::Pace;
use super::plan::{Branch, Plan};
use crate::decode::dead_letter::Limit;
use crate::error::{Error, Result};
use crate::names::{CheckpointId, LaneId};
use crate::source::records::RecordBlock;
use crate::source::{Payload, Split, SplitDetail, SplitId, SplitReader};
use crate::time::{Clock, Timestamp, Watermark};

/// Pause between two looks at splits that wait.
const WAITING: Duration = Duration::from_millis(50);
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
    /// How much of the splits' weight is read: [`Split::weight`].
    pub weight: AtomicU64,
    /// How fast they may read.
    pub pace: Pace,
    /// The limit on dead letters.
    pub limit: Limit,
    /// Event times of splits that are kept together.
    pub board: Mutex<Board>,
}

impl Shared {
    /// Makes the shared state of a pipeline's lanes.
    pub fn new(limit: Limit, pace: Pace) -> Self {
        Self {
            watermark: AtomicI64::new(i64::MIN),
            rows_in: AtomicU64::new(0),
            rows_out: AtomicU64::new(0),
            rejected: AtomicU64::new(0),
            bytes_in: AtomicU64::new(0),
            weight: AtomicU64::new(0),
            pace,
            limit,
            board: Mutex::default(),
        }
    }
}

impl Shared {
    fn board(&self) -> std::sync::MutexGuard<'_, Board> {
        self.board.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A lane's thread.
#[derive(Debug)]
pub struct Lane {
    pub(super) id: LaneId,
    pub(super) plan: Arc<Plan>,
    pub(super) shared: Arc<Shared>,
    pub(super) clock: Arc<dyn Clock>,
    commands: Receiver<Command>,
    events: Sender<Event>,
    pub(super) writer: LaneWriter,
    /// Its splits; the first is the next to be read.
    readings: VecDeque<Reading>,
    /// How the payloads of a branch are decoded.
    pub(super) decodings: BTreeMap<u16, Decoding>,
    ended: Vec<SplitProgress>,
    halted: bool,
    pub(super) recycled: Option<Vec<u8>>,
    pub(super) bad: Vec<BadRecord>,
}

/// A split that is being read.
#[derive(Debug)]
pub(super) struct Reading {
    pub(super) split: Split,
    reader: Box<dyn SplitReader>,
    pub(super) next: u64,
    /// What is left of its weight.
    weight: u64,
    pub(super) watermark: Option<Watermark>,
    touched: bool,
    reported_at: Timestamp,
    /// Messages that cannot be decoded yet, from an index on, and when that is tried again.
    pub(super) waiting: Option<(RecordBlock, usize, Timestamp)>,
    /// When it has last given rows.
    rows_at: Timestamp,
    /// When it has last looked at the splits it is aligned with.
    aligned_at: Timestamp,
    /// It is too far ahead of them.
    ahead: bool,
    /// It waits for a dimension that has nothing to be joined with yet.
    unready: bool,
}

impl Reading {
    /// Tells whether there is nothing to be done now.
    fn is_waiting(&self) -> bool {
        self.waiting.is_some() || self.ahead || self.unready
    }

    fn progress(&self, done: bool) -> SplitProgress {
        let id = self.split.id.clone();
        SplitProgress { id, next: self.next, done, watermark: self.watermark }
    }
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
            clock,
            readings: VecDeque::new(),
            decodings: BTreeMap::new(),
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
            // What was read too fast is waited for before more is read.
            let debt = self.shared.pace.wait(self.clock.now()).min(WAITING);
            let Ok(command) = self.command(debt) else { return Ok(()) };
            match command {
                Some(Command::Read(split, from)) => self.open(split, from)?,
                Some(Command::Barrier(id, after)) => self.barrier(id, after)?,
                None if debt > Duration::ZERO => {}
                None => self.step()?,
            }
        }
    }

    /// Looks for a command; waits for one only if there is nothing to read, or for `pause`. Fails once there will be none.
    fn command(&self, pause: Duration) -> std::result::Result<Option<Command>, RecvError> {
        if self.readings.is_empty() || self.halted {
            return self.commands.recv().map(Some);
        }
        // Splits that all wait for something else are looked at now and then.
        let waiting = self.readings.iter().all(Reading::is_waiting);
        let pause = if waiting { WAITING } else { pause };
        let found = if pause > Duration::ZERO {
            self.commands.recv_timeout(pause)
        } else {
            // Even no time at all would be waited for with the processor given away.
            self.commands.try_recv().map_err(|e| match e {
                TryRecvError::Empty => RecvTimeoutError::Timeout,
                TryRecvError::Disconnected => RecvTimeoutError::Disconnected,
            })
        };
        match found {
            Ok(command) => Ok(Some(command)),
            Err(RecvTimeoutError::Timeout) => Ok(None),
            Err(RecvTimeoutError::Disconnected) => Err(RecvError),
        }
    }

    fn send(&self, event: Event) {
        // A job that has ended no longer listens; the closed command channel ends the lane as well.
        drop(self.events.send(event));
    }

    fn open(&mut self, split: Split, from: u64) -> Result<()> {
        let plan = Arc::clone(&self.plan);
        let branch = branch(&plan, &split)?;
        let reader = branch.source.open(&split, from, self.id)?;
        if !self.decodings.contains_key(&split.branch)
            && let Some(decoding) = Decoding::new(branch)?
        {
            self.decodings.insert(split.branch, decoding);
        }
        self.readings.push_back(Reading {
            weight: split.weight(from).unwrap_or(0),
            split,
            reader,
            next: from,
            watermark: None,
            touched: true,
            reported_at: Timestamp(i64::MIN),
            waiting: None,
            rows_at: self.clock.now(),
            aligned_at: Timestamp(i64::MIN),
            ahead: false,
            unready: false,
        });
        Ok(())
    }

    fn barrier(&mut self, id: CheckpointId, after: AfterBarrier) -> Result<()> {
        let (files, counts) = self.writer.drain(self.clock.now())?;
        let mut splits = std::mem::take(&mut self.ended);
        for reading in &mut self.readings {
            reading.reported_at = Timestamp(i64::MIN);
            if std::mem::take(&mut reading.touched) {
                splits.push(reading.progress(false));
            }
        }
        self.halted |= after == AfterBarrier::Halt;
        let snapshot = LaneSnapshot { splits, files, counts };
        self.send(Event::Drained { lane: self.id, checkpoint: id, snapshot });
        Ok(())
    }

    /// Reads one payload of the split whose turn it is and carries its rows on.
    fn step(&mut self) -> Result<()> {
        let Some(mut reading) = self.readings.pop_front() else { return Ok(()) };
        let now = self.clock.now();
        let before = (self.writer.counts.rows_in, reading.next);
        self.align(&mut reading, now)?;
        reading.unready = branch(&self.plan, &reading.split)?.transform.waits();
        if reading.ahead || reading.unready {
            self.writer.work(now)?;
            self.readings.push_back(reading);
            return Ok(());
        }
        if let Some((block, at, again_at)) = reading.waiting.take() {
            if now < again_at {
                reading.waiting = Some((block, at, again_at));
                self.readings.push_back(reading);
                return Ok(());
            }
            self.messages(&mut reading, block, at, now)?;
        } else {
            match reading.reader.next(self.recycled.take())? {
                None => return self.end(&reading),
                Some(Payload::Idle) => {
                    self.writer.work(now)?;
                    self.readings.push_back(reading);
                    return Ok(());
                }
                Some(Payload::Bytes(block)) => self.bytes(&mut reading, block, now)?,
                Some(Payload::Records(block)) => self.messages(&mut reading, block, 0, now)?,
                Some(Payload::Rows { batch, next }) => {
                    let plan = Arc::clone(&self.plan);
                    let branch = branch(&plan, &reading.split)?;
                    let first = reading.next;
                    for Unplaced { row, reason } in self.rows(&mut reading, branch, &batch, now)? {
                        let at = first + row as u64;
                        let raw = row_record(&reading.split, &branch.transform, &batch, row)?;
                        let length = raw.len() as u64;
                        let letter = self.letter(&reading.split, at, length, &raw, reason, None);
                        self.writer.reject(&letter)?;
                    }
                    reading.next = next;
                }
                Some(Payload::TooLong { at, length, head, next }) => {
                    self.too_long(&reading.split, (at, length), &head, now)?;
                    reading.next = next;
                }
            }
        }
        reading.touched = true;
        reading.rows_at = now;
        self.account(&mut reading, before, now);
        if now.0 >= reading.reported_at.0.saturating_add(REPORT_EVERY) {
            reading.reported_at = now;
            self.send(Event::Progress { split: reading.split.id.clone() });
        }
        self.readings.push_back(reading);
        Ok(())
    }

    /// Counts what a step has read, for the pace and the progress display.
    fn account(&self, reading: &mut Reading, (rows, position): (u64, u64), now: Timestamp) {
        let moved = reading.next.saturating_sub(position);
        let bytes =
            if matches!(reading.split.detail, SplitDetail::File { .. }) { moved } else { 0 };
        let rows = self.writer.counts.rows_in.saturating_sub(rows);
        self.shared.pace.read(rows, bytes, now);
        let counts = !matches!(reading.split.detail, SplitDetail::TableFile { .. });
        let counted = if counts { moved.min(reading.weight) } else { 0 };
        reading.weight -= counted;
        self.shared.weight.fetch_add(counted, Ordering::Relaxed);
    }

    /// Finds out now and then whether a split is too far ahead of those it is aligned with.
    fn align(&self, reading: &mut Reading, now: Timestamp) -> Result<()> {
        let Some(with) = &branch(&self.plan, &reading.split)?.alignment else { return Ok(()) };
        if now < reading.aligned_at.plus(with.update_interval) {
            return Ok(());
        }
        reading.aligned_at = now;
        let times = (reading.rows_at, now);
        let limit = self.shared.board().tell(&reading.split.id, with, reading.watermark, times);
        reading.ahead = reading.watermark.zip(limit).is_some_and(|(own, limit)| own > limit);
        Ok(())
    }

    fn end(&mut self, reading: &Reading) -> Result<()> {
        self.ended.push(reading.progress(true));
        self.shared.weight.fetch_add(reading.weight, Ordering::Relaxed);
        self.shared.board().leave(&reading.split.id);
        self.writer.work(self.clock.now())?;
        let split: SplitId = reading.split.id.clone();
        self.send(Event::SplitEnded { lane: self.id, split });
        Ok(())
    }
}

pub(super) fn branch<'a>(plan: &'a Plan, split: &Split) -> Result<&'a Branch> {
    plan.branches
        .get(usize::from(split.branch))
        .ok_or_else(|| Error::internal("a split of an unknown branch").with("split", &split.id))
}

/// Names where a split's records come from.
pub(super) fn place(split: &Split) -> String {
    match &split.detail {
        SplitDetail::File { path, .. } => path.clone(),
        SplitDetail::Sequence { .. } => split.id.to_string(),
        SplitDetail::Partition { topic, partition, .. } => format!("{topic}/{partition}"),
        SplitDetail::TableFile { path, bytes: (0, _), .. } => path.clone(),
        SplitDetail::TableFile { path, bytes: (from, _), .. } => format!("{path}@{from}"),
    }
}
