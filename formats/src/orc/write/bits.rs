//! Streams of bits: which values are present, and booleans.

use arrow::array::BooleanBufferBuilder;
use arrow::buffer::BooleanBuffer;

use super::runs;
use super::stripe::{Mark, Unit};

/// Collects the bits of a stripe.
#[derive(Debug)]
pub(super) struct Bits {
    bits: BooleanBufferBuilder,
    /// Bits before each row group.
    groups: Vec<usize>,
}

impl Default for Bits {
    fn default() -> Self {
        Self { bits: BooleanBufferBuilder::new(0), groups: Vec::new() }
    }
}

impl Bits {
    pub(super) fn clear(&mut self) {
        self.bits.truncate(0);
        self.groups.clear();
    }

    pub(super) fn begin_group(&mut self) {
        self.groups.push(self.bits.len());
    }

    fn len(&self) -> usize {
        self.bits.len()
    }

    /// Returns the bits before the open row group.
    pub(super) fn group_start(&self) -> usize {
        self.groups.last().copied().unwrap_or(0)
    }

    pub(super) fn append(&mut self, bits: &BooleanBuffer) {
        self.bits.append_buffer(bits);
    }

    pub(super) fn append_ones(&mut self, count: usize) {
        self.bits.append_n(count, true);
    }

    /// Counts the ones from a bit on.
    pub(super) fn ones_from(&self, start: usize) -> usize {
        let bits = self.bits.as_slice();
        let count = |from: usize, to: usize| (from..to).filter(|i| bit(bits, *i)).count();
        let aligned = start.next_multiple_of(8).min(self.len());
        let whole = &bits[aligned / 8..self.len() / 8];
        let last = (self.len() / 8 * 8).max(aligned);
        count(start, aligned)
            + whole.iter().map(|b| b.count_ones() as usize).sum::<usize>()
            + count(last, self.len())
    }

    /// Returns the stream and where its row groups begin.
    pub(super) fn encode(&self, out: &mut Vec<u8>) -> (Unit, Vec<Mark>) {
        out.clear();
        let mut bytes = self.bits.as_slice()[..self.len().div_ceil(8)].to_vec();
        if let (Some(last), used @ 1..) = (bytes.last_mut(), self.len() % 8) {
            *last &= (1 << used) - 1;
        }
        for byte in &mut bytes {
            *byte = byte.reverse_bits();
        }
        let mut marks = Vec::with_capacity(self.groups.len());
        let mut done = 0;
        for group in &self.groups {
            runs::put_bytes(&bytes[done..group / 8], out);
            done = group / 8;
            marks.push(Mark { offset: out.len(), bits: (group % 8) as u8 });
        }
        runs::put_bytes(&bytes[done..], out);
        (Unit::Bits, marks)
    }
}

fn bit(bits: &[u8], at: usize) -> bool {
    bits[at / 8] >> (at % 8) & 1 == 1
}
