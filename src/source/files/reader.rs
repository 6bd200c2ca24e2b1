//! Reads the records of one split, block by block.
//!
//! ```text
//!            carry            read now                zeros
//!   buffer  |‾‾‾‾‾‾|‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾|‾‾‾‾‾‾‾‾‾‾|
//!           0      whole records        end  carry of the next block
//! ```
//!
//! A record belongs to the split in which it begins. So a reader of lines that begins inside a file
//! looks from one byte earlier for a line feed and begins behind it, which on a border is no move at
//! all; and it reads on to the first border at or behind the split's end.

use formats::message::PADDING;

use super::borders::{Found, RecordBorders, Scanner};
use super::input::Input;
use crate::error::{Error, Result};
use crate::source::{Block, Payload, SplitReader};

/// Bytes of a record that is too long which are kept for the dead letter.
const HEAD_BYTES: usize = 16 << 10;
/// Bytes passed over before the caller gets its turn: some ms of plain, 50 ms of compressed data.
const SKIP_BYTES: u64 = 32 << 20;
/// Bytes read behind the end of a split at first: enough for the rest of most records.
const OVERSHOOT_BYTES: usize = 16 << 10;
/// Bytes of a byte order mark.
const BYTE_ORDER_MARK: usize = 3;
/// A recycled buffer that has grown beyond this many blocks is let go.
const RECYCLED_BLOCKS: usize = 2;

/// How much is read at once.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// Bytes of a block, unless one record is longer.
    pub(super) block: usize,
    /// Bytes of the longest record, its line feed not counted.
    pub(super) record: usize,
}

/// Reads one split.
#[derive(Debug)]
pub(super) struct FileReader {
    input: Input,
    scanner: Scanner,
    limits: Limits,
    /// Records that begin here or later belong to the next split.
    end: Option<u64>,
    phase: Phase,
    /// Bytes that are read and not given out.
    carry: Vec<u8>,
    /// How many of them the scanner has seen.
    scanned: usize,
    /// Position of the first of them.
    position: u64,
}

#[derive(Debug)]
enum Phase {
    /// At the begin of a file: a byte order mark and `header` records come before the first record.
    Begin { header: u32 },
    /// Passing over the bytes before this position, which come from a decompressor.
    Discard { until: u64 },
    /// Passing over the rest of a record that is not for this reader, then over `more` others.
    Skip { more: u32 },
    /// Giving out blocks.
    Read,
    /// Passing over the rest of a record that is too long.
    TooLong { at: u64, head: Vec<u8> },
    /// All is given out.
    End,
}

impl FileReader {
    /// Makes a reader that begins at `from`, a position given out before or the begin of a split.
    pub(super) fn new(
        mut input: Input,
        borders: RecordBorders,
        (from, end): (u64, Option<u64>),
        header: u32,
        limits: Limits,
    ) -> Result<Self> {
        // A buffer must at least hold what is read to look for a byte order mark.
        let record = limits.record.max(BYTE_ORDER_MARK);
        let limits = Limits { block: limits.block.clamp(1, record), record };
        let (phase, position) = match (from, borders) {
            (0, _) => (Phase::Begin { header }, 0),
            _ if end.is_some_and(|end| from >= end) => (Phase::End, from),
            _ if !input.is_plain() => (Phase::Discard { until: from }, 0),
            (_, RecordBorders::Lines) => (Phase::Skip { more: 0 }, from - 1),
            (_, RecordBorders::QuotedCsv { .. }) => (Phase::Read, from),
        };
        if input.is_plain() {
            input.seek(position)?;
        }
        let scanner = Scanner::new(borders);
        Ok(Self { input, scanner, limits, end, phase, carry: Vec::new(), scanned: 0, position })
    }

    /// Passes over what comes before the first record. Gives that record's position, or `None` if
    /// there is more to pass over and the caller shall have its turn.
    pub(super) fn pass_head(&mut self) -> Result<Option<u64>> {
        let mut budget = SKIP_BYTES;
        loop {
            match self.phase {
                Phase::Begin { header } => {
                    self.pass_byte_order_mark()?;
                    self.phase = match header.checked_sub(1) {
                        Some(more) => Phase::Skip { more },
                        None => Phase::Read,
                    };
                }
                Phase::Discard { until } => {
                    if !self.discard(until, &mut budget)? {
                        return Ok(None);
                    }
                    self.phase = Phase::Read;
                }
                Phase::Skip { more } => {
                    if !self.pass_record(self.end, &mut budget)? {
                        return Ok(None);
                    }
                    self.phase = match more.checked_sub(1) {
                        _ if self.is_past_end() => Phase::End,
                        Some(more) => Phase::Skip { more },
                        None => Phase::Read,
                    };
                }
                Phase::Read | Phase::TooLong { .. } | Phase::End => return Ok(Some(self.position)),
            }
        }
    }

    fn is_past_end(&self) -> bool {
        self.end.is_some_and(|end| self.position >= end)
            || (self.carry.is_empty() && self.input.is_at_end())
    }

    fn pass_byte_order_mark(&mut self) -> Result<()> {
        let mut head = [0; BYTE_ORDER_MARK];
        let n = self.input.read(&mut head)?;
        match head[..n] {
            [0xEF, 0xBB, 0xBF] => self.position += 3,
            [0xFE, 0xFF, ..] | [0xFF, 0xFE, ..] => {
                return Err(Error::data("file is written in UTF-16; only UTF-8 is read")
                    .with("file", self.input.path())
                    .with_hint("convert it, e.g. with: iconv -f UTF-16 -t UTF-8"));
            }
            _ => self.carry.extend_from_slice(&head[..n]),
        }
        Ok(())
    }

    /// Passes over the bytes before `until`; false if there are more of them than `budget`.
    fn discard(&mut self, until: u64, budget: &mut u64) -> Result<bool> {
        let mut buffer = vec![0; self.limits.block];
        while self.position < until {
            if *budget == 0 {
                return Ok(false);
            }
            let left = usize::try_from(until - self.position).unwrap_or(usize::MAX);
            let want = left.min(buffer.len());
            let n = self.input.read(&mut buffer[..want])?;
            self.position += n as u64;
            *budget = budget.saturating_sub(n as u64);
            if n < want {
                return Err(Error::data("file ends before the position at which reading stopped")
                    .with("file", self.input.path())
                    .with("position", until)
                    .with("end", self.position));
            }
        }
        Ok(true)
    }

    /// Passes over bytes up to the next border, or to `until` or the file's end if there is none
    /// before; false if there are more than `budget`.
    fn pass_record(&mut self, until: Option<u64>, budget: &mut u64) -> Result<bool> {
        loop {
            let from = self.scanned;
            if let Found::Stop(border) = self.scanner.scan(&self.carry, from, from + 1) {
                self.carry.drain(..border);
                self.scanned = 0;
                self.position += border as u64;
                return Ok(true);
            }
            self.position += self.carry.len() as u64;
            *budget = budget.saturating_sub(self.carry.len() as u64);
            self.carry.clear();
            self.scanned = 0;
            if self.input.is_at_end() || until.is_some_and(|until| self.position >= until) {
                return Ok(true);
            }
            if *budget == 0 {
                return Ok(false);
            }
            self.carry.resize(self.limits.block, 0);
            let n = self.input.read(&mut self.carry)?;
            self.carry.truncate(n);
        }
    }

    fn read_block(&mut self, mut bytes: Vec<u8>) -> Result<Option<Payload>> {
        let longest = self.limits.record + 1;
        let mut limit = self.limits.block.max(self.carry.len());
        if bytes.capacity() > RECYCLED_BLOCKS * limit + PADDING {
            bytes = Vec::new();
        }
        let mut filled = self.carry.len();
        let mut scanned = self.scanned;
        loop {
            // Growing zeroes the new part only; a recycled buffer is not touched at all.
            bytes.resize(bytes.len().max(limit + PADDING), 0);
            if !self.carry.is_empty() {
                bytes[..filled].copy_from_slice(&self.carry);
                self.carry.clear();
            }
            let want = self.wanted(filled, limit);
            filled += self.input.read(&mut bytes[filled..filled + want])?;
            match self.scanner.scan(&bytes[..filled], scanned, self.stop()) {
                Found::Stop(border) => {
                    self.phase = Phase::End;
                    return Ok(Some(self.give(bytes, border)));
                }
                Found::Last(Some(border)) => {
                    self.carry.extend_from_slice(&bytes[border..filled]);
                    self.scanned = self.carry.len();
                    return Ok(Some(self.give(bytes, border)));
                }
                Found::Last(None) => scanned = filled,
            }
            if filled == longest {
                let head = bytes[..filled.min(HEAD_BYTES)].to_vec();
                let at = self.position;
                self.position += filled as u64;
                self.scanned = 0;
                return self.pass_too_long(at, head).map(Some);
            }
            if self.input.is_at_end() {
                self.phase = Phase::End;
                return Ok((filled > 0).then(|| self.give(bytes, filled)));
            }
            if filled == limit {
                limit = limit.saturating_mul(2).min(longest);
            }
        }
    }

    /// Gives the index in the buffer at or behind which the first border ends the split.
    fn stop(&self) -> usize {
        let left = self.end.map(|end| end.saturating_sub(self.position));
        left.and_then(|left| usize::try_from(left).ok()).unwrap_or(usize::MAX)
    }

    /// Gives the number of bytes to read: not much beyond the end of the split.
    fn wanted(&self, filled: usize, limit: usize) -> usize {
        let overshoot = filled.max(OVERSHOOT_BYTES);
        let to_end = self.stop().saturating_sub(filled);
        to_end.saturating_add(overshoot).min(limit - filled)
    }

    fn give(&mut self, mut bytes: Vec<u8>, end: usize) -> Payload {
        bytes[end..end + PADDING].fill(0);
        let base = self.position;
        self.position += end as u64;
        Payload::Bytes(Block { bytes, start: 0, end, base })
    }

    fn pass_too_long(&mut self, at: u64, head: Vec<u8>) -> Result<Payload> {
        let mut budget = SKIP_BYTES;
        if !self.pass_record(None, &mut budget)? {
            self.phase = Phase::TooLong { at, head };
            return Ok(Payload::Idle);
        }
        self.phase = if self.is_past_end() { Phase::End } else { Phase::Read };
        Ok(Payload::TooLong { at, length: self.position - at, head, next: self.position })
    }
}

impl SplitReader for FileReader {
    fn next(&mut self, recycled: Option<Vec<u8>>) -> Result<Option<Payload>> {
        if self.pass_head()?.is_none() {
            return Ok(Some(Payload::Idle));
        }
        match std::mem::replace(&mut self.phase, Phase::Read) {
            Phase::TooLong { at, head } => self.pass_too_long(at, head).map(Some),
            Phase::End => {
                self.phase = Phase::End;
                self.input.require_in_place()?;
                Ok(None)
            }
            _ => match self.read_block(recycled.unwrap_or_default())? {
                None => {
                    self.input.require_in_place()?;
                    Ok(None)
                }
                payload => Ok(payload),
            },
        }
    }
}
