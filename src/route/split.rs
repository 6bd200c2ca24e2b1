//! Takes batches apart by partition.
//!
//! # Why
//! With thousands of open partitions a batch has few rows for each. Taking each partition's rows into a batch of its own
//! would cost a dozen allocations a row; sorting a collection of batches once and pointing into it costs 16 bytes a piece.
//! Large groups still get a batch of their own, so that a busy partition does not pin the rows of quiet ones.

use std::sync::Arc;

use arrow::array::UInt32Array;
use arrow::compute::{concat_batches, take_record_batch};
use arrow::record_batch::RecordBatch;

use crate::error::{Error, Result};
use crate::write::budget::{Held, MemoryBudget, Piece};
use crate::write::open_files::PartitionNumber;

/// Rows after which a collection is split.
const COLLECT_ROWS: usize = 65_536;
/// Rows from which a partition's share gets a batch of its own.
const OWN_BATCH_ROWS: usize = 1024;

/// Collects batches with mixed partitions and splits them.
///
/// Shape: the pieces' rows add up to the input's; rows keep their order within a partition.
#[derive(Debug)]
pub struct Splitter {
    budget: Arc<MemoryBudget>,
    batches: Vec<Arc<Held>>,
    numbers: Vec<PartitionNumber>,
}

impl Splitter {
    /// Makes an empty collection.
    pub fn new(budget: Arc<MemoryBudget>) -> Self {
        Self { budget, batches: Vec::new(), numbers: Vec::new() }
    }

    /// Takes a batch and each row's partition; gives true once a split is due.
    pub fn push(&mut self, batch: RecordBatch, numbers: &[PartitionNumber]) -> bool {
        self.batches.push(Held::new(batch, &self.budget));
        self.numbers.extend_from_slice(numbers);
        self.numbers.len() >= COLLECT_ROWS
    }

    /// Tells whether nothing is collected.
    pub fn is_empty(&self) -> bool {
        self.batches.is_empty()
    }

    /// Splits what is collected.
    ///
    /// # Errors
    /// `Internal` if the batches do not fit each other.
    pub fn split(&mut self) -> Result<Vec<(PartitionNumber, Piece)>> {
        let (Some(first), numbers) = (self.batches.first(), std::mem::take(&mut self.numbers))
        else {
            return Ok(Vec::new());
        };
        let failed = |e| Error::internal("cannot split a batch by partition").with_source(e);
        let schema = first.batch().schema();
        let all =
            concat_batches(&schema, self.batches.iter().map(|h| h.batch())).map_err(failed)?;
        self.batches.clear();
        let groups = group(&numbers);
        let mut pieces = Vec::with_capacity(groups.len());
        let mut small = Vec::new();
        for (number, rows) in &groups {
            if rows.len() >= OWN_BATCH_ROWS {
                let rows = UInt32Array::from(rows.clone());
                let own = take_record_batch(&all, &rows).map_err(failed)?;
                pieces.push((*number, Piece::whole(own, &self.budget)));
            } else {
                small.extend_from_slice(rows);
            }
        }
        if small.is_empty() {
            return Ok(pieces);
        }
        let rest = take_record_batch(&all, &UInt32Array::from(small)).map_err(failed)?;
        let rest = Held::new(rest, &self.budget);
        let mut offset = 0;
        for (number, rows) in groups.iter().filter(|(_, rows)| rows.len() < OWN_BATCH_ROWS) {
            let len = u32::try_from(rows.len()).unwrap_or(u32::MAX);
            pieces.push((*number, Piece::of(&rest, offset, len)));
            offset += len;
        }
        Ok(pieces)
    }
}

/// Gives the row indices of each partition, partitions in order of their first row's appearance by number.
fn group(numbers: &[PartitionNumber]) -> Vec<(PartitionNumber, Vec<u32>)> {
    let largest = numbers.iter().copied().max().unwrap_or(0) as usize;
    let mut counts = vec![0u32; largest + 1];
    for number in numbers {
        counts[*number as usize] += 1;
    }
    let mut slots = vec![u32::MAX; largest + 1];
    let mut groups: Vec<(PartitionNumber, Vec<u32>)> = Vec::new();
    for (row, number) in (0u32..).zip(numbers) {
        let slot = &mut slots[*number as usize];
        if *slot == u32::MAX {
            *slot = u32::try_from(groups.len()).unwrap_or(u32::MAX);
            groups.push((*number, Vec::with_capacity(counts[*number as usize] as usize)));
        }
        groups[*slot as usize].1.push(row);
    }
    groups
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use arrow::array::{ArrayRef, AsArray, Int64Array};
    use arrow::datatypes::Int64Type;

    use super::*;

    fn batch(values: std::ops::Range<i64>) -> RecordBatch {
        let column: ArrayRef = Arc::new(Int64Array::from_iter_values(values));
        RecordBatch::try_from_iter([("a", column)]).unwrap()
    }

    #[test]
    fn every_row_comes_out_once_in_order_and_memory_is_given_back() {
        let budget = MemoryBudget::new(1 << 30);
        let mut splitter = Splitter::new(Arc::clone(&budget));
        let partition = |row: i64| if row % 3 == 0 { 7 } else { u32::try_from(row % 501).unwrap() };
        let mut expected: BTreeMap<u32, Vec<i64>> = BTreeMap::new();
        let mut due = false;
        for start in (0..80_000).step_by(8000) {
            let rows = start..start + 8000;
            let numbers: Vec<u32> = rows.clone().map(partition).collect();
            due |= splitter.push(batch(rows.clone()), &numbers);
            for (row, number) in rows.zip(numbers) {
                expected.entry(number).or_default().push(row);
            }
        }
        assert!(due);
        let mut got: BTreeMap<u32, Vec<i64>> = BTreeMap::new();
        let pieces = splitter.split().unwrap();
        for (number, piece) in &pieces {
            let batch = piece.to_batch();
            let values = batch.column(0).as_primitive::<Int64Type>().values().to_vec();
            assert!(got.insert(*number, values).is_none(), "one piece a partition");
        }
        assert_eq!(got, expected);
        assert!(splitter.is_empty() && splitter.split().unwrap().is_empty());
        drop(pieces);
        assert_eq!(budget.used(), 0);
    }
}
