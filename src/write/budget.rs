//! The process's bound on buffered rows (`write.memory`), shared by all lanes.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use arrow::record_batch::RecordBatch;

/// Above this share of the limit, buffers that make good row groups are encoded ahead of time.
const SOFT_SHARE: usize = 2;
/// And above this many bytes whatever the limit: more buffered rows make no better files.
const SOFT_BYTES: usize = 128 << 20;

/// Counts the bytes of buffered rows of the whole process against a limit. Units: bytes.
#[derive(Debug)]
pub struct MemoryBudget {
    limit: usize,
    used: AtomicUsize,
}

/// How full the memory is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Pressure {
    /// Buffer on.
    Low,
    /// Encode what makes good row groups.
    Soft,
    /// Encode whatever there is until the use has halved.
    Hard,
}

impl MemoryBudget {
    /// Makes a budget of `limit` bytes.
    pub fn new(limit: u64) -> Arc<Self> {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        Arc::new(Self { limit, used: AtomicUsize::new(0) })
    }

    /// Gives the limit.
    pub fn limit(&self) -> usize {
        self.limit
    }

    /// Gives the bytes in use.
    pub fn used(&self) -> usize {
        self.used.load(Ordering::Relaxed)
    }

    /// Tells how full the memory is; `own` bytes of the caller's that are not rows count as well.
    pub fn pressure(&self, own: usize) -> Pressure {
        let used = self.used() + own;
        if used > self.limit {
            Pressure::Hard
        } else if used > (self.limit / SOFT_SHARE).min(SOFT_BYTES) {
            Pressure::Soft
        } else {
            Pressure::Low
        }
    }
}

/// A batch whose memory is counted for as long as anybody holds it.
#[derive(Debug)]
pub struct Held {
    batch: RecordBatch,
    bytes: usize,
    budget: Arc<MemoryBudget>,
}

impl Held {
    /// Takes a batch into the budget.
    pub fn new(batch: RecordBatch, budget: &Arc<MemoryBudget>) -> Arc<Self> {
        let bytes = batch.get_array_memory_size();
        budget.used.fetch_add(bytes, Ordering::Relaxed);
        Arc::new(Self { batch, bytes, budget: Arc::clone(budget) })
    }

    /// Gives the batch.
    pub fn batch(&self) -> &RecordBatch {
        &self.batch
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.budget.used.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

/// A run of rows of a held batch. Cheap: no array is sliced before it is encoded.
#[derive(Debug, Clone)]
pub struct Piece {
    held: Arc<Held>,
    offset: u32,
    rows: u32,
}

impl Piece {
    /// Makes a piece of a whole batch.
    pub fn whole(batch: RecordBatch, budget: &Arc<MemoryBudget>) -> Self {
        let rows = u32::try_from(batch.num_rows()).unwrap_or(u32::MAX);
        Self { held: Held::new(batch, budget), offset: 0, rows }
    }

    /// Makes a piece of some rows of a held batch.
    pub fn of(held: &Arc<Held>, offset: u32, rows: u32) -> Self {
        Self { held: Arc::clone(held), offset, rows }
    }

    /// Gives the number of rows.
    pub fn rows(&self) -> usize {
        self.rows as usize
    }

    /// Gives the piece's share of its batch's bytes.
    pub fn bytes(&self) -> usize {
        let all = self.held.batch.num_rows().max(1);
        (self.held.bytes as u128 * u128::from(self.rows) / all as u128) as usize
    }

    /// Gives the rows as a batch; zero-copy.
    pub fn to_batch(&self) -> RecordBatch {
        let batch = &self.held.batch;
        if self.rows as usize == batch.num_rows() {
            return batch.clone();
        }
        batch.slice(self.offset as usize, self.rows as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow::array::{ArrayRef, Int64Array};

    #[test]
    fn memory_is_counted_until_the_last_piece_is_gone() {
        let budget = MemoryBudget::new(10_000);
        let column: ArrayRef = Arc::new(Int64Array::from_iter_values(0..1000));
        let batch = RecordBatch::try_from_iter([("a", column)]).unwrap();
        let held = Held::new(batch, &budget);
        let piece = Piece::of(&held, 10, 5);
        assert!(budget.used() >= 8000);
        assert_eq!(budget.pressure(0), Pressure::Soft);
        assert_eq!(budget.pressure(5000), Pressure::Hard);
        drop(held);
        assert!(budget.used() >= 8000, "the piece still pins the batch");
        assert_eq!(piece.to_batch().num_rows(), 5);
        assert!(piece.bytes() >= 40 && piece.bytes() < 60);
        drop(piece);
        assert_eq!((budget.used(), budget.pressure(0)), (0, Pressure::Low));
    }
}
