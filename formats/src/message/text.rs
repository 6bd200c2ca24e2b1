//! Byte strings of a column in one buffer.

use arrow::buffer::OffsetBuffer;

use super::PADDING;
use super::reason::Reason;
use super::scan::slice;

/// Byte strings, one behind the other; the buffer is longer than what is used.
#[derive(Debug)]
pub(super) struct Text {
    pub(super) offsets: Vec<i32>,
    bytes: Vec<u8>,
    used: usize,
}

impl Text {
    pub(super) fn new(rows: usize, bytes: usize) -> Self {
        Self { offsets: first_offset(rows), bytes: vec![0; bytes + PADDING], used: 0 }
    }

    pub(super) fn truncate(&mut self, rows: usize) {
        self.offsets.truncate(rows + 1);
        self.used = last(&self.offsets);
    }

    /// The bytes of a row.
    pub(super) fn value(&self, row: usize) -> &[u8] {
        let offset = |i: usize| self.offsets.get(i).map_or(0, |o| o.cast_unsigned() as usize);
        slice(&self.bytes, offset(row), offset(row + 1))
    }

    /// Appends `block[start..end]`, in moves of fixed size where the block has room behind it.
    #[inline(always)]
    pub(super) fn push(&mut self, block: &[u8], start: usize, end: usize) -> Result<(), Reason> {
        let len = end - start;
        if self.bytes.len() < self.used + len + PADDING {
            self.grow(len)?;
        }
        let target = &mut self.bytes[self.used..];
        if len <= 16 {
            target[..16].copy_from_slice(&block[start..start + 16]);
        } else if len <= 64 {
            target[..64].copy_from_slice(&block[start..start + PADDING]);
        } else {
            target[..len].copy_from_slice(&block[start..end]);
        }
        self.used += len;
        self.offsets.push(self.used as i32);
        Ok(())
    }

    pub(super) fn push_slice(&mut self, bytes: &[u8]) -> Result<(), Reason> {
        if self.bytes.len() < self.used + bytes.len() + PADDING {
            self.grow(bytes.len())?;
        }
        self.bytes[self.used..self.used + bytes.len()].copy_from_slice(bytes);
        self.used += bytes.len();
        self.offsets.push(self.used as i32);
        Ok(())
    }

    #[cold]
    fn grow(&mut self, len: usize) -> Result<(), Reason> {
        if self.used + len > i32::MAX as usize {
            return Err(Reason::TooMuchText);
        }
        self.bytes.resize((self.bytes.len() * 2).max(self.used + len + PADDING), 0);
        Ok(())
    }

    pub(super) fn push_empty(&mut self) {
        self.offsets.push(self.used as i32);
    }

    pub(super) fn take(&mut self, rows: usize) -> (OffsetBuffer<i32>, Vec<u8>) {
        let fresh = Self::new(rows, self.used + self.used / 16);
        let mut full = std::mem::replace(self, fresh);
        full.bytes.truncate(full.used);
        (OffsetBuffer::new(full.offsets.into()), full.bytes)
    }
}

/// Offsets of no rows, with room for some.
pub(super) fn first_offset(rows: usize) -> Vec<i32> {
    let mut offsets = Vec::with_capacity(rows + 1);
    offsets.push(0);
    offsets
}

/// The end of the last row.
pub(super) fn last(offsets: &[i32]) -> usize {
    offsets.last().map_or(0, |o| o.cast_unsigned() as usize)
}
