//! The second half of a lane: rows of a batch to partitions, buffers, row groups and staged files.

use std::sync::Arc;

use arrow::array::UInt32Array;
use arrow::compute::take_record_batch;
use arrow::record_batch::RecordBatch;
use formats::table::{OpenTableFile, TableEncoder};

use super::plan::{LatePolicy, Plan};
use crate::checkpoint::Counts;
use crate::decode::dead_letter::DeadLetter;
use crate::error::{Error, Result};
use crate::names::{CheckpointId, JobId, LaneId, part_file};
use crate::route::partition::{Routed, Router};
use crate::route::split::Splitter;
use crate::sql::bind::{PartitionValue, SourceRows, Transformed};
use crate::time::{Timestamp, Watermark};
use crate::write::budget::{MemoryBudget, Piece};
use crate::write::open_files::{OpenFiles, PartitionNumber, Work};
use crate::write::stage::Stager;
use crate::write::{PartitionKey, StagedFile, Target};

/// Marks the number of a partition's twin in the side table for late rows.
const LATE: PartitionNumber = 1 << 31;
/// Partitions a lane remembers beyond a checkpoint.
const REMEMBERED: usize = 4096;
/// Bytes of dead letters that are collected before they are staged.
const LETTERS_BUFFER: usize = 1 << 20;

/// A row that no partition can take.
#[derive(Debug)]
pub struct Unplaced {
    /// Its index in the source's batch.
    pub row: usize,
    /// Why.
    pub reason: String,
}

/// Writes the rows of a lane.
#[derive(Debug)]
pub struct LaneWriter {
    id: LaneId,
    job: JobId,
    run: CheckpointId,
    plan: Arc<Plan>,
    budget: Arc<MemoryBudget>,
    router: Router,
    thresholds: Vec<Option<Timestamp>>,
    /// Whether partitions, by their number, are in the run's range.
    in_scope: Vec<bool>,
    splitter: Splitter,
    open: OpenFiles<Written>,
    encoder: TableEncoder,
    extension: String,
    stager: Stager,
    next_file: u64,
    staged: Vec<StagedFile>,
    letters: Letters,
    out: Vec<u8>,
    /// What was counted since the last barrier.
    pub counts: Counts,
}

/// A file whose first row group is staged.
#[derive(Debug)]
struct Written {
    name: String,
    file: OpenTableFile,
    bytes: u64,
}

#[derive(Debug, Default)]
struct Letters {
    name: Option<String>,
    buffer: Vec<u8>,
    rows: u64,
    bytes: u64,
}

/// What a lane's writer is made of.
#[derive(Debug)]
pub struct WriterParts {
    /// The lane's number.
    pub id: LaneId,
    /// The job's identity, part of file names.
    pub job: JobId,
    /// The run's number, part of file names.
    pub run: CheckpointId,
    /// The pipeline.
    pub plan: Arc<Plan>,
    /// The process's bound on buffered rows.
    pub budget: Arc<MemoryBudget>,
    /// Where files are staged.
    pub stager: Stager,
}

impl LaneWriter {
    /// Makes a writer without open files.
    ///
    /// # Errors
    /// `Schema` if the table's columns cannot be encoded.
    pub fn new(parts: WriterParts) -> Result<Self> {
        let WriterParts { id, job, run, plan, budget, stager } = parts;
        let encoder = plan.encoding.encoder()?;
        let columns = plan.partitions.iter().map(|column| {
            let fixed = match &column.value {
                PartitionValue::Static(value) => Some(value.clone()),
                PartitionValue::Dynamic(_) => None,
            };
            (column.name.clone(), fixed)
        });
        Ok(Self {
            router: Router::new(columns.collect(), plan.default_partition.clone()),
            thresholds: Vec::new(),
            in_scope: Vec::new(),
            splitter: Splitter::new(Arc::clone(&budget)),
            open: OpenFiles::new(plan.rolling.clone(), plan.encoding.full(), Arc::clone(&budget)),
            extension: encoder.extension(),
            encoder,
            next_file: 0,
            staged: Vec::new(),
            letters: Letters::default(),
            out: Vec::new(),
            counts: Counts::default(),
            id,
            job,
            run,
            plan,
            budget,
            stager,
        })
    }

    /// Takes the rows a batch of `rows_in` source rows has become; gives those no partition can take.
    ///
    /// # Errors
    /// As the stages': `Unavailable` if the disk does not take the bytes.
    pub fn rows(
        &mut self,
        transformed: Transformed,
        rows_in: u64,
        watermark: Option<Watermark>,
        now: Timestamp,
    ) -> Result<Vec<Unplaced>> {
        let Transformed { data, partitions, source_rows } = transformed;
        let rows = data.num_rows();
        self.counts.rows_in += rows_in;
        self.counts.filtered += rows_in - source_rows.count(rows_in as usize) as u64;
        if rows == 0 {
            return Ok(Vec::new());
        }
        let routed = self.router.route(&partitions, rows)?;
        self.learn();
        let unplaced = match routed {
            Routed::One(number) => self.one(number, data, watermark, now)?,
            Routed::Each(numbers) => self.each(&numbers, data, watermark, now)?,
        };
        self.work(now)?;
        Ok(in_source_rows(unplaced, &source_rows))
    }

    /// Computes from when on rows of newly numbered partitions are late, and whether they are wanted.
    fn learn(&mut self) {
        for number in self.thresholds.len()..self.router.len() {
            let route = u32::try_from(number).ok().and_then(|n| self.router.get(n));
            let path = route.and_then(|r| r.path.as_ref().ok());
            let trigger = self.plan.trigger.as_ref();
            self.thresholds.push(trigger.zip(path).and_then(|(t, p)| t.threshold(p)));
            self.in_scope.push(path.is_none_or(|path| self.plan.scope.has(path)));
        }
    }

    /// Finds where rows of a partition go now.
    fn place(&self, number: PartitionNumber, watermark: Option<Watermark>) -> Place {
        if self.bad_path(number).is_some() {
            return Place { to: To::Nowhere, late: false };
        }
        if self.in_scope.get(number as usize) == Some(&false) {
            return Place { to: To::Outside, late: false };
        }
        let threshold = self.thresholds.get(number as usize).copied().flatten();
        let late = threshold.zip(watermark).is_some_and(|(threshold, now)| now > threshold);
        let to = match self.plan.late {
            LatePolicy::SideTable if late => To::File(number | LATE),
            LatePolicy::Drop if late => To::Drop,
            LatePolicy::Recommit | LatePolicy::SideTable | LatePolicy::Drop => To::File(number),
        };
        Place { to, late }
    }

    fn count(&mut self, place: Place, rows: u64) {
        self.counts.late += if place.late { rows } else { 0 };
        match place.to {
            To::File(_) => self.counts.rows_out += rows,
            To::Drop => self.counts.late_dropped += rows,
            To::Outside => self.counts.outside += rows,
            To::Nowhere => self.counts.rejected += rows,
        }
    }

    fn bad_path(&self, number: PartitionNumber) -> Option<&str> {
        self.router.get(number)?.path.as_ref().err().map(String::as_str)
    }

    fn one(
        &mut self,
        number: PartitionNumber,
        data: RecordBatch,
        watermark: Option<Watermark>,
        now: Timestamp,
    ) -> Result<Vec<Unplaced>> {
        let place = self.place(number, watermark);
        self.count(place, data.num_rows() as u64);
        match place.to {
            To::File(number) if self.splitter.is_empty() => {
                self.open.append(number, Piece::whole(data, &self.budget), now);
            }
            To::File(number) => {
                let numbers = vec![number; data.num_rows()];
                self.collect(data, &numbers, now)?;
            }
            To::Drop | To::Outside => {}
            To::Nowhere => {
                let reason = self.bad_path(number).unwrap_or_default().to_owned();
                let all = 0..data.num_rows();
                return Ok(all.map(|row| Unplaced { row, reason: reason.clone() }).collect());
            }
        }
        Ok(Vec::new())
    }

    fn each(
        &mut self,
        numbers: &[PartitionNumber],
        data: RecordBatch,
        watermark: Option<Watermark>,
        now: Timestamp,
    ) -> Result<Vec<Unplaced>> {
        let mut unplaced = Vec::new();
        let mut to = Vec::with_capacity(numbers.len());
        let mut keep = Vec::with_capacity(numbers.len());
        let (mut last, mut place) = (None, Place { to: To::Drop, late: false });
        for (row, number) in (0u32..).zip(numbers) {
            if last != Some(*number) {
                last = Some(*number);
                place = self.place(*number, watermark);
            }
            self.count(place, 1);
            match place.to {
                To::File(number) => {
                    to.push(number);
                    keep.push(row);
                }
                To::Drop | To::Outside => {}
                To::Nowhere => {
                    let reason = self.bad_path(*number).unwrap_or_default().to_owned();
                    unplaced.push(Unplaced { row: row as usize, reason });
                }
            }
        }
        if keep.len() == data.num_rows() {
            self.collect(data, &to, now)?;
        } else if !keep.is_empty() {
            let kept = take_record_batch(&data, &UInt32Array::from(keep))
                .map_err(|e| Error::internal("cannot leave rows out").with_source(e))?;
            self.collect(kept, &to, now)?;
        }
        Ok(unplaced)
    }

    fn collect(
        &mut self,
        data: RecordBatch,
        numbers: &[PartitionNumber],
        now: Timestamp,
    ) -> Result<()> {
        if self.splitter.push(data, numbers) { self.split(now) } else { Ok(()) }
    }

    fn split(&mut self, now: Timestamp) -> Result<()> {
        for (number, piece) in self.splitter.split()? {
            self.open.append(number, piece, now);
        }
        Ok(())
    }

    /// Encodes and closes what is due.
    ///
    /// # Errors
    /// `Unavailable` if the disk does not take the bytes.
    pub fn work(&mut self, now: Timestamp) -> Result<()> {
        while let Some(work) = self.open.next_work(now) {
            match work {
                Work::Encode(number) => self.encode(number)?,
                Work::Close(number, _) => self.close(number)?,
            }
        }
        Ok(())
    }

    fn key(&self, number: PartitionNumber) -> Result<PartitionKey> {
        let route = self.router.get(number & !LATE);
        let path = route.and_then(|route| route.path.as_ref().ok());
        let path = path.ok_or_else(|| Error::internal("an open file of an unknown partition"))?;
        let target = if number & LATE == 0 { Target::Table } else { Target::LateTable };
        Ok(PartitionKey { target, path: path.clone() })
    }

    fn name(&mut self, extension: &str) -> String {
        self.next_file += 1;
        part_file(&self.job, self.run, self.id, self.next_file, extension)
    }

    /// Encodes the buffered rows of a partition as one row group and stages its bytes.
    fn encode(&mut self, number: PartitionNumber) -> Result<()> {
        let pieces = self.open.take_rows(number);
        if pieces.is_empty() {
            return Ok(());
        }
        let batches: Vec<RecordBatch> = pieces.iter().map(Piece::to_batch).collect();
        let mut written = match self.open.take_written(number) {
            Some(written) => written,
            None => {
                let extension = self.extension.clone();
                Written { name: self.name(&extension), file: self.encoder.start(), bytes: 0 }
            }
        };
        self.out.clear();
        self.encoder
            .append(&mut written.file, &batches, &mut self.out)
            .map_err(|e| Error::internal("cannot encode rows").with_source(e))?;
        drop((batches, pieces));
        let target = if number & LATE == 0 { Target::Table } else { Target::LateTable };
        self.stager.append(target, &written.name, &self.out)?;
        written.bytes += self.out.len() as u64;
        let (memory, bytes) = (written.file.memory(), written.bytes);
        self.open.written(number, written, memory, bytes);
        Ok(())
    }

    fn close(&mut self, number: PartitionNumber) -> Result<()> {
        self.encode(number)?;
        let Some(written) = self.open.take_written(number) else {
            self.open.closed(number);
            return Ok(());
        };
        let key = self.key(number)?;
        self.out.clear();
        let stats = self
            .encoder
            .finish(written.file, &mut self.out)
            .map_err(|e| Error::internal("cannot finish a file").with_source(e))?;
        self.stager.append(key.target, &written.name, &self.out)?;
        self.stager.seal(key.target, &written.name)?;
        self.staged.push(StagedFile {
            key,
            name: written.name,
            rows: stats.rows,
            bytes: stats.bytes,
            raw_bytes: stats.raw_bytes,
        });
        self.open.closed(number);
        Ok(())
    }

    /// Takes a record that cannot be decoded or placed.
    ///
    /// # Errors
    /// `Unavailable` if the disk does not take the bytes.
    pub fn reject(&mut self, letter: &DeadLetter) -> Result<()> {
        letter.write_line(&mut self.letters.buffer)?;
        self.letters.rows += 1;
        if self.letters.buffer.len() >= LETTERS_BUFFER { self.stage_letters() } else { Ok(()) }
    }

    fn stage_letters(&mut self) -> Result<()> {
        let name = match self.letters.name.take() {
            Some(name) => name,
            None => self.name("jsonl"),
        };
        self.stager.append(Target::DeadLetters, &name, &self.letters.buffer)?;
        self.letters.bytes += self.letters.buffer.len() as u64;
        self.letters.buffer.clear();
        self.letters.name = Some(name);
        Ok(())
    }

    /// Closes every file; gives what has been staged and counted since the last time, durable.
    ///
    /// # Errors
    /// `Unavailable` if the disk does not take the bytes.
    pub fn drain(&mut self, now: Timestamp) -> Result<(Vec<StagedFile>, Counts)> {
        self.split(now)?;
        for number in self.open.all() {
            self.close(number)?;
        }
        if self.letters.rows > 0 {
            self.stage_letters()?;
            let Letters { name, rows, bytes, .. } = std::mem::take(&mut self.letters);
            let name = name.ok_or_else(|| Error::internal("dead letters without a file"))?;
            self.stager.seal(Target::DeadLetters, &name)?;
            let key = PartitionKey { target: Target::DeadLetters, path: String::new() };
            self.staged.push(StagedFile { key, name, rows, bytes, raw_bytes: bytes });
        }
        self.stager.sync()?;
        // No file is open, so no number is in use: the memory of partitions seen once is given back.
        if self.router.len() > REMEMBERED {
            self.router.clear();
            self.thresholds.clear();
            self.in_scope.clear();
        }
        Ok((std::mem::take(&mut self.staged), std::mem::take(&mut self.counts)))
    }
}

/// Where rows of a partition go now, and whether they are late.
#[derive(Debug, Clone, Copy)]
struct Place {
    to: To,
    late: bool,
}

#[derive(Debug, Clone, Copy)]
enum To {
    File(PartitionNumber),
    Drop,
    Outside,
    Nowhere,
}

/// Turns row numbers of the transformed batch into those of the source's batch, each once.
pub(super) fn in_source_rows(
    mut unplaced: Vec<Unplaced>,
    source_rows: &SourceRows,
) -> Vec<Unplaced> {
    if unplaced.is_empty() {
        return unplaced;
    }
    if let Some(rows) = source_rows.list() {
        for one in &mut unplaced {
            one.row = rows.get(one.row).copied().unwrap_or(one.row);
        }
    }
    unplaced.dedup_by_key(|one| one.row);
    unplaced
}
