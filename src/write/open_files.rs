//! Which file takes rows, which to encode and which to close. Pure: it holds the rows and decides; the lane encodes.
//!
//! Rows are kept as pieces of shared batches and encoded late, one row group at a time, so that an open partition costs
//! its rows and nothing more. Memory is freed in the order that makes the best files: first buffers that are full row
//! groups, then, above the soft bound, the largest that still make good ones, and at the hard bound whatever there is.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::budget::{MemoryBudget, Piece, Pressure};
use super::rolling::{FileState, RollReason, RollingPolicy};
use crate::time::Timestamp;

/// Rows from which a row group is good enough to be encoded early.
const GOOD_ROWS: usize = 16_384;

/// Number of a partition in its lane.
pub type PartitionNumber = u32;

/// What the lane does next.
#[derive(Debug, PartialEq, Eq)]
pub enum Work {
    /// Encode the buffered rows of this partition as a row group.
    Encode(PartitionNumber),
    /// Encode what is buffered, then close the partition's file.
    Close(PartitionNumber, RollReason),
}

/// The open files of a lane; `F` is what the encoder keeps of a file whose first row group is written.
#[derive(Debug)]
pub struct OpenFiles<F> {
    files: BTreeMap<PartitionNumber, OpenFile<F>>,
    policy: RollingPolicy,
    /// Rows and buffered bytes of a full row group or stripe.
    full: (usize, usize),
    budget: Arc<MemoryBudget>,
    todo: Vec<Work>,
    encoder_bytes: usize,
    checked_at: Option<Timestamp>,
}

#[derive(Debug)]
struct OpenFile<F> {
    written: Option<F>,
    encoder_bytes: usize,
    pieces: Vec<Piece>,
    rows: usize,
    bytes: usize,
    state: FileState,
}

impl<F> OpenFiles<F> {
    /// Makes a set without open files; `full` says how many rows and bytes are a full row group.
    pub fn new(policy: RollingPolicy, full: (usize, usize), budget: Arc<MemoryBudget>) -> Self {
        Self {
            files: BTreeMap::new(),
            policy,
            full,
            budget,
            todo: Vec::new(),
            encoder_bytes: 0,
            checked_at: None,
        }
    }

    /// Gives the number of open files.
    pub fn len(&self) -> usize {
        self.files.len()
    }

    /// Tells whether no file is open.
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// Takes rows for a partition; opens a file if it has none.
    pub fn append(&mut self, partition: PartitionNumber, piece: Piece, now: Timestamp) {
        let file = self.files.entry(partition).or_insert_with(|| OpenFile {
            written: None,
            encoder_bytes: 0,
            pieces: Vec::new(),
            rows: 0,
            bytes: 0,
            state: FileState { bytes: 0, opened_at: now, last_rows_at: now },
        });
        file.state.last_rows_at = now;
        file.rows += piece.rows();
        file.bytes += piece.bytes();
        file.pieces.push(piece);
        let enough = usize::try_from(self.policy.file_size.saturating_mul(4)).unwrap_or(usize::MAX);
        if file.rows >= self.full.0 || file.bytes >= self.full.1.min(enough) {
            self.todo.push(Work::Encode(partition));
        }
    }

    /// Gives the next thing to do, or `None` if rows may be buffered on.
    pub fn next_work(&mut self, now: Timestamp) -> Option<Work> {
        if self.todo.is_empty() {
            self.look_at_memory();
            self.look_at_ages(now);
        }
        self.todo.pop()
    }

    fn look_at_memory(&mut self) {
        let pressure = self.budget.pressure(self.encoder_bytes);
        match pressure {
            Pressure::Low => {}
            Pressure::Soft => {
                let good = self.files.iter().filter(|(_, f)| f.rows >= GOOD_ROWS);
                if let Some((number, _)) = good.max_by_key(|(_, f)| f.bytes) {
                    self.todo.push(Work::Encode(*number));
                }
            }
            Pressure::Hard => self.free_half(),
        }
    }

    /// Encodes the largest buffers until half of the limit is free, and closes files if the encoder's own state is too much.
    fn free_half(&mut self) {
        let goal = self.budget.limit() / 2;
        if self.encoder_bytes > goal / 2 {
            let mut oldest: Vec<_> =
                self.files.iter().filter(|(_, f)| f.written.is_some()).collect();
            oldest.sort_by_key(|(_, f)| f.state.last_rows_at);
            let half = oldest.len().div_ceil(2);
            let numbers = oldest.iter().take(half).map(|(n, _)| **n);
            self.todo.extend(numbers.map(|n| Work::Close(n, RollReason::Memory)));
            return;
        }
        let mut largest: Vec<_> = self.files.iter().filter(|(_, f)| f.rows > 0).collect();
        largest.sort_by_key(|(_, f)| std::cmp::Reverse(f.bytes));
        let mut used = self.budget.used();
        for (number, file) in largest {
            if used <= goal {
                break;
            }
            used = used.saturating_sub(file.bytes);
            self.todo.push(Work::Encode(*number));
        }
    }

    fn look_at_ages(&mut self, now: Timestamp) {
        if self.checked_at.is_some_and(|at| now.since(at) < self.policy.check_interval) {
            return;
        }
        self.checked_at = Some(now);
        for (number, file) in &self.files {
            if let Some(reason) = self.policy.should_roll(&file.state, now) {
                self.todo.push(Work::Close(*number, reason));
            }
        }
    }

    /// Gives the partitions of all open files in order, to be closed for a checkpoint.
    pub fn all(&self) -> Vec<PartitionNumber> {
        self.files.keys().copied().collect()
    }

    /// Takes the buffered rows of a partition, to be encoded. Empty if there are none.
    pub fn take_rows(&mut self, partition: PartitionNumber) -> Vec<Piece> {
        let Some(file) = self.files.get_mut(&partition) else { return Vec::new() };
        file.rows = 0;
        file.bytes = 0;
        std::mem::take(&mut file.pieces)
    }

    /// Takes what the encoder keeps of a partition's file, if its first row group is written.
    pub fn take_written(&mut self, partition: PartitionNumber) -> Option<F> {
        self.files.get_mut(&partition)?.written.take()
    }

    /// Puts back what the encoder keeps of a file: its state, the state's size in memory, and the file's bytes so far.
    pub fn written(&mut self, partition: PartitionNumber, state: F, memory: usize, bytes: u64) {
        let Some(file) = self.files.get_mut(&partition) else { return };
        self.encoder_bytes = self.encoder_bytes - file.encoder_bytes + memory;
        file.encoder_bytes = memory;
        file.written = Some(state);
        file.state.bytes = bytes;
        if bytes >= self.policy.file_size {
            self.todo.push(Work::Close(partition, RollReason::Size));
        }
    }

    /// Forgets a file that is closed.
    pub fn closed(&mut self, partition: PartitionNumber) {
        if let Some(file) = self.files.remove(&partition) {
            self.encoder_bytes -= file.encoder_bytes;
        }
    }
}
