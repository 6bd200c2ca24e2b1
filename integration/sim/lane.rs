//! A fake lane: reads rows of its split, keeps them open by partition, stages them at a barrier or before.

use std::collections::{BTreeMap, VecDeque};

use skep::checkpoint::Counts;
use skep::job::event::{AfterBarrier, Event, LaneSnapshot, SplitProgress, Step};
use skep::names::{CheckpointId, JobId, LaneId, part_file};
use skep::source::Split;
use skep::time::Timestamp;
use skep::write::{PartitionKey, StagedFile, Target};

use super::chance::Chance;
use super::workload::{Workload, path_of};
use super::world::{Brought, Store};

#[derive(Debug)]
pub(super) enum Command {
    Read(Split, u64),
    Barrier(CheckpointId, AfterBarrier),
}

#[derive(Debug)]
struct Reading {
    split: Split,
    next: usize,
    watermark: Option<Timestamp>,
    touched: bool,
}

impl Reading {
    fn progress(&self, done: bool) -> SplitProgress {
        let (id, next) = (self.split.id.clone(), self.next as u64);
        SplitProgress { id, next, done, watermark: self.watermark }
    }
}

/// The lane; what it tells arrives in order.
#[derive(Debug)]
pub(super) struct Lane {
    id: LaneId,
    job: JobId,
    run: CheckpointId,
    pub(super) commands: VecDeque<Command>,
    pub(super) events: VecDeque<Event>,
    reading: Option<Reading>,
    ended: Vec<SplitProgress>,
    halted: bool,
    told: bool,
    open: BTreeMap<PartitionKey, Vec<usize>>,
    staged: Vec<StagedFile>,
    dropped: Vec<usize>,
    counts: Counts,
    files: u64,
}

impl Lane {
    pub(super) fn new(id: LaneId, job: JobId, run: CheckpointId) -> Self {
        Self {
            id,
            job,
            run,
            commands: VecDeque::new(),
            events: VecDeque::new(),
            reading: None,
            ended: Vec::new(),
            halted: false,
            told: false,
            open: BTreeMap::new(),
            staged: Vec::new(),
            dropped: Vec::new(),
            counts: Counts::default(),
            files: 0,
        }
    }

    pub(super) fn can_work(&self) -> bool {
        !self.commands.is_empty() || (self.reading.is_some() && !self.halted)
    }

    /// Carries out one command or reads some rows; gives what a barrier has closed.
    pub(super) fn step(
        &mut self,
        chance: &mut Chance,
        workload: &Workload,
        store: &mut Store,
        watermark: Option<Timestamp>,
    ) -> Option<(CheckpointId, Brought)> {
        match self.commands.pop_front() {
            Some(Command::Read(split, from)) => {
                if self.reading.is_some() {
                    store.broken.get_or_insert(format!("lane {} has two splits", self.id));
                }
                let next = from as usize;
                self.reading = Some(Reading { split, next, watermark: None, touched: true });
                None
            }
            Some(Command::Barrier(id, after)) => Some((id, self.barrier(id, after, store))),
            None => {
                self.read(chance, workload, store, watermark);
                None
            }
        }
    }

    fn read(
        &mut self,
        chance: &mut Chance,
        workload: &Workload,
        store: &mut Store,
        watermark: Option<Timestamp>,
    ) {
        let Some(mut reading) = self.reading.take() else { return };
        let (file, begin, end) = workload.file_of(&reading.split);
        if file.deleted {
            let error = skep::error::Error::not_found("the file is gone");
            let error = error.with("path", path_of(&reading.split));
            self.events.push_back(Event::Failed { step: Step::Lane(self.id), error });
            return;
        }
        if reading.next >= end {
            self.ended.push(reading.progress(true));
            let split = reading.split.id.clone();
            self.events.push_back(Event::SplitEnded { lane: self.id, split });
            return;
        }
        let until = (reading.next + 1 + chance.of(9) as usize).min(end);
        for at in reading.next..until {
            let row = file.rows.start + begin + at;
            let time = workload.rows[row].time;
            let behind = workload.out_of_order.as_millis() as i64;
            reading.watermark = reading.watermark.max(time.map(|t| Timestamp(t.0 - behind)));
            self.counts.rows_in += 1;
            match workload.place(row, watermark) {
                None => {
                    self.counts.late_dropped += 1;
                    self.dropped.push(row);
                }
                Some(key) => {
                    if key.target == Target::DeadLetters {
                        self.counts.rejected += 1;
                    } else {
                        self.counts.rows_out += 1;
                    }
                    self.open.entry(key).or_default().push(row);
                }
            }
        }
        reading.next = until;
        reading.touched = true;
        if !self.told || chance.of(4) == 0 {
            self.told = true;
            self.events.push_back(Event::Progress { split: reading.split.id.clone() });
        }
        self.reading = Some(reading);
        // Some file has its size.
        if chance.of(12) == 0
            && let Some((key, rows)) = self.open.pop_first()
        {
            self.close(key, rows, store);
        }
    }

    fn close(&mut self, key: PartitionKey, rows: Vec<usize>, store: &mut Store) {
        self.files += 1;
        let name = part_file(&self.job, self.run, self.id, self.files, "parquet");
        self.staged.push(store.stage(key, name, rows));
    }

    fn barrier(&mut self, id: CheckpointId, after: AfterBarrier, store: &mut Store) -> Brought {
        for (key, rows) in std::mem::take(&mut self.open) {
            self.close(key, rows, store);
        }
        let mut splits = std::mem::take(&mut self.ended);
        if let Some(reading) = self.reading.as_mut().filter(|reading| reading.touched) {
            reading.touched = false;
            splits.push(reading.progress(false));
        }
        self.halted |= after == AfterBarrier::Halt;
        self.told = false;
        let files = std::mem::take(&mut self.staged);
        let dropped = std::mem::take(&mut self.dropped);
        let counts = std::mem::take(&mut self.counts);
        let snapshot = LaneSnapshot { splits, files: files.clone(), counts };
        self.events.push_back(Event::Drained { lane: self.id, checkpoint: id, snapshot });
        Brought { files, dropped }
    }
}
