//! Run lengths back to values: integers of both forms, bytes, bits.

use arrow::buffer::{BooleanBuffer, Buffer};

use super::super::proto::unzigzag;
use super::source::{Context, Source};
use crate::cursor::varint;
use crate::{FormatError, Result};

/// Bytes of the longest run of integers: 512 values of 8 bytes, patches and headers.
const LONGEST_RUN: usize = 512 * 8 + 31 * 8 + 32;

fn broken(what: &str) -> FormatError {
    FormatError::data(format!("a run of an orc stream is broken: {what}"))
}

/// Reads integers.
#[derive(Debug)]
pub(super) struct IntegerRuns {
    source: Source,
    signed: bool,
    /// Whether runs have the second form.
    v2: bool,
    /// The values of the last run, and how many of them are done.
    run: Vec<i64>,
    done: usize,
}

impl IntegerRuns {
    pub(super) fn new(source: Source, signed: bool, v2: bool) -> Self {
        Self { source, signed, v2, run: Vec::new(), done: 0 }
    }

    /// Appends the next `count` values to `out`.
    pub(super) fn read(
        &mut self,
        mut count: usize,
        out: &mut Vec<i64>,
        context: &mut Context,
    ) -> Result<()> {
        while count > 0 {
            if self.done == self.run.len() {
                self.next_run(context)?;
            }
            let taken = (self.run.len() - self.done).min(count);
            out.extend_from_slice(&self.run[self.done..self.done + taken]);
            self.done += taken;
            count -= taken;
        }
        Ok(())
    }

    /// Goes to a position of the index.
    pub(super) fn seek(
        &mut self,
        positions: &mut impl Iterator<Item = u64>,
        context: &mut Context,
    ) -> Result<()> {
        self.source.seek(positions, context)?;
        self.run.clear();
        self.done = 0;
        let mut skip = positions.next().ok_or_else(|| broken("a position is missing"))?;
        if self.source.length() == 0 {
            return Ok(());
        }
        while skip > 0 {
            self.next_run(context)?;
            self.done = self.run.len().min(usize::try_from(skip).unwrap_or(usize::MAX));
            skip -= self.done as u64;
        }
        Ok(())
    }

    fn next_run(&mut self, context: &mut Context) -> Result<()> {
        self.run.clear();
        self.done = 0;
        let bytes = self.source.peek(LONGEST_RUN, context)?;
        let before = bytes.len();
        let mut rest = bytes;
        if rest.is_empty() {
            return Err(FormatError::data("an orc stream ends too early"));
        }
        let decoded = if self.v2 {
            run_v2(&mut rest, self.signed, &mut self.run)
        } else {
            run_v1(&mut rest, self.signed, &mut self.run)
        };
        decoded.ok_or_else(|| broken("it is cut off or has impossible widths"))?;
        let taken = before - rest.len();
        self.source.advance(taken, context);
        Ok(())
    }
}

fn take<'a>(bytes: &mut &'a [u8], count: usize) -> Option<&'a [u8]> {
    let (taken, rest) = bytes.split_at_checked(count)?;
    *bytes = rest;
    Some(taken)
}

fn byte(bytes: &mut &[u8]) -> Option<u8> {
    take(bytes, 1).map(|b| b[0])
}

fn value(bytes: &mut &[u8], signed: bool) -> Option<i64> {
    let n = varint(bytes)?;
    Some(if signed { unzigzag(n) } else { n.cast_signed() })
}

fn run_v1(bytes: &mut &[u8], signed: bool, run: &mut Vec<i64>) -> Option<()> {
    let control = byte(bytes)?.cast_signed();
    if control >= 0 {
        let delta = i64::from(byte(bytes)?.cast_signed());
        let mut next = value(bytes, signed)?;
        for _ in 0..i32::from(control) + 3 {
            run.push(next);
            next = next.wrapping_add(delta);
        }
    } else {
        for _ in 0..-i32::from(control) {
            run.push(value(bytes, signed)?);
        }
    }
    Some(())
}

fn run_v2(bytes: &mut &[u8], signed: bool, run: &mut Vec<i64>) -> Option<()> {
    let head = byte(bytes)?;
    if head >> 6 == 0 {
        let width = usize::from(head >> 3 & 7) + 1;
        let bits = big_endian(take(bytes, width)?);
        let value = if signed { unzigzag(bits) } else { bits.cast_signed() };
        run.resize(usize::from(head & 7) + 3, value);
        return Some(());
    }
    let width = width_of(head >> 1 & 31);
    let count = usize::from(head & 1) << 8 | usize::from(byte(bytes)?);
    let count = count + 1;
    match head >> 6 {
        1 => unpack(bytes, width, count, run, |bits| {
            if signed { unzigzag(bits) } else { bits.cast_signed() }
        }),
        2 => patched(bytes, width, count, run),
        _ => {
            let code = head >> 1 & 31;
            delta(bytes, if code == 0 { 0 } else { width }, count, signed, run)
        }
    }
}

fn big_endian(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0, |n, b| n << 8 | u64::from(*b))
}

fn width_of(code: u8) -> u32 {
    match code {
        0..=23 => u32::from(code) + 1,
        24 => 26,
        25 => 28,
        26 => 30,
        27 => 32,
        28 => 40,
        29 => 48,
        30 => 56,
        _ => 64,
    }
}

fn closest_width(width: u32) -> u32 {
    match width {
        0..=24 => width.max(1),
        25..=26 => 26,
        27..=28 => 28,
        29..=30 => 30,
        31..=32 => 32,
        _ => width.div_ceil(8) * 8,
    }
}

fn delta(
    bytes: &mut &[u8],
    width: u32,
    count: usize,
    signed: bool,
    run: &mut Vec<i64>,
) -> Option<()> {
    let mut last = value(bytes, signed)?;
    let first = value(bytes, true)?;
    run.push(last);
    if count == 1 {
        return Some(());
    }
    last = last.wrapping_add(first);
    run.push(last);
    if width == 0 {
        for _ in 2..count {
            last = last.wrapping_add(first);
            run.push(last);
        }
        return Some(());
    }
    unpack(bytes, width, count - 2, run, u64::cast_signed)?;
    for delta in &mut run[2..] {
        last = if first < 0 { last.wrapping_sub(*delta) } else { last.wrapping_add(*delta) };
        *delta = last;
    }
    Some(())
}

fn patched(bytes: &mut &[u8], width: u32, count: usize, run: &mut Vec<i64>) -> Option<()> {
    let (third, fourth) = (byte(bytes)?, byte(bytes)?);
    let base_bytes = usize::from(third >> 5) + 1;
    let patch_width = width_of(third & 31);
    let gap_width = u32::from(fourth >> 5) + 1;
    let patches = usize::from(fourth & 31);
    let base = big_endian(take(bytes, base_bytes)?);
    let sign = 1u64 << (base_bytes * 8 - 1);
    let base = if base & sign == 0 {
        base.cast_signed()
    } else {
        (base & !sign).cast_signed().wrapping_neg()
    };
    unpack(bytes, width, count, run, u64::cast_signed)?;
    let entry_width = closest_width(gap_width + patch_width);
    if entry_width > 64 {
        return None;
    }
    let mut entries = Vec::with_capacity(patches);
    unpack(bytes, entry_width, patches, &mut entries, u64::cast_signed)?;
    let mask = if patch_width == 64 { u64::MAX } else { (1 << patch_width) - 1 };
    let mut at = 0;
    for entry in entries {
        let entry = entry.cast_unsigned();
        let gap = if patch_width == 64 { 0 } else { entry >> patch_width };
        at += usize::try_from(gap).ok()?;
        let patch = entry & mask;
        // A gap that is too long for one entry is continued by the next.
        if gap == 255 && patch == 0 {
            continue;
        }
        *run.get_mut(at)? |= patch.checked_shl(width)?.cast_signed();
    }
    for value in run {
        *value = value.wrapping_add(base);
    }
    Some(())
}

/// Appends `count` values of a width that begin at the next byte.
fn unpack(
    bytes: &mut &[u8],
    width: u32,
    count: usize,
    out: &mut Vec<i64>,
    value: impl Fn(u64) -> i64 + Copy,
) -> Option<()> {
    let packed = take(bytes, (width as usize * count).div_ceil(8))?;
    match width {
        8 => out.extend(packed.iter().map(|b| value(u64::from(*b)))),
        16 => words(packed, out, |b: [u8; 2]| value(u64::from(u16::from_be_bytes(b)))),
        24 => words(packed, out, |b: [u8; 3]| {
            value(u64::from(u32::from_be_bytes([0, b[0], b[1], b[2]])))
        }),
        32 => words(packed, out, |b: [u8; 4]| value(u64::from(u32::from_be_bytes(b)))),
        40 => words(packed, out, |b: [u8; 5]| value(big_endian(&b))),
        48 => words(packed, out, |b: [u8; 6]| value(big_endian(&b))),
        56 => words(packed, out, |b: [u8; 7]| value(big_endian(&b))),
        64 => words(packed, out, |b: [u8; 8]| value(u64::from_be_bytes(b))),
        _ => unpack_bits(packed, width, count, out, value),
    }
    Some(())
}

fn words<const N: usize>(packed: &[u8], out: &mut Vec<i64>, value: impl Fn([u8; N]) -> i64) {
    out.extend(packed.as_chunks::<N>().0.iter().map(|b| value(*b)));
}

/// Unpacks widths below 32 that are not whole bytes.
fn unpack_bits(
    packed: &[u8],
    width: u32,
    count: usize,
    out: &mut Vec<i64>,
    value: impl Fn(u64) -> i64 + Copy,
) {
    let mask = (1u64 << width) - 1;
    let (mut word, mut have, mut left) = (0u64, 0, packed);
    out.extend((0..count).map(|_| {
        if have < width {
            if let Some((four, rest)) = left.split_first_chunk::<4>() {
                word = word << 32 | u64::from(u32::from_be_bytes(*four));
                have += 32;
                left = rest;
            } else {
                while let Some((byte, rest)) = left.split_first().filter(|_| have < width) {
                    word = word << 8 | u64::from(*byte);
                    have += 8;
                    left = rest;
                }
            }
        }
        have = have.saturating_sub(width);
        value(word >> have & mask)
    }));
}

/// Reads bytes.
#[derive(Debug)]
pub(super) struct ByteRuns {
    source: Source,
    /// Values left of the open run; they repeat `repeated`, or follow in the stream.
    left: usize,
    repeated: Option<u8>,
}

impl ByteRuns {
    pub(super) fn new(source: Source) -> Self {
        Self { source, left: 0, repeated: None }
    }

    fn next_run(&mut self, context: &mut Context) -> Result<()> {
        let bytes = self.source.peek(2, context)?;
        let &[control, ..] = bytes else {
            return Err(FormatError::data("an orc stream ends too early"));
        };
        let taken = if control < 0x80 {
            let value = bytes.get(1).ok_or_else(|| broken("its value is missing"))?;
            (self.left, self.repeated) = (usize::from(control) + 3, Some(*value));
            2
        } else {
            (self.left, self.repeated) = (usize::from(control.wrapping_neg()), None);
            1
        };
        self.source.advance(taken, context);
        Ok(())
    }

    /// Appends the next `count` bytes to `out`.
    pub(super) fn read(
        &mut self,
        mut count: usize,
        out: &mut Vec<u8>,
        context: &mut Context,
    ) -> Result<()> {
        while count > 0 {
            if self.left == 0 {
                self.next_run(context)?;
            }
            let taken = self.left.min(count);
            match self.repeated {
                Some(value) => out.resize(out.len() + taken, value),
                None => self.source.copy(taken, out, context)?,
            }
            self.left -= taken;
            count -= taken;
        }
        Ok(())
    }

    /// Goes to a position of the index.
    pub(super) fn seek(
        &mut self,
        positions: &mut impl Iterator<Item = u64>,
        context: &mut Context,
    ) -> Result<()> {
        self.source.seek(positions, context)?;
        self.left = 0;
        let skip = positions.next().ok_or_else(|| broken("a position is missing"))?;
        if self.source.length() == 0 {
            return Ok(());
        }
        let skip = usize::try_from(skip).ok().filter(|n| *n <= 130);
        let skip = skip.ok_or_else(|| broken("a position points behind its run"))?;
        self.read(skip, &mut Vec::with_capacity(skip), context)
    }
}

/// Reads bits.
#[derive(Debug)]
pub(super) struct BitRuns {
    bytes: ByteRuns,
    /// The last byte that was read, its bits reversed, and how many of them are done.
    last: u8,
    done: usize,
}

impl BitRuns {
    pub(super) fn new(source: Source) -> Self {
        Self { bytes: ByteRuns::new(source), last: 0, done: 8 }
    }

    /// Returns the next `count` bits.
    pub(super) fn read(&mut self, count: usize, context: &mut Context) -> Result<BooleanBuffer> {
        let mut bytes = Vec::with_capacity(count / 8 + 2);
        let mut start = 0;
        if self.done < 8 {
            bytes.push(self.last);
            start = self.done;
        }
        let before = bytes.len();
        let need = (start + count).div_ceil(8).saturating_sub(before);
        self.bytes.read(need, &mut bytes, context)?;
        for byte in &mut bytes[before..] {
            *byte = byte.reverse_bits();
        }
        if let Some(last) = bytes.last() {
            self.last = *last;
            self.done = (start + count) - (bytes.len() - 1) * 8;
        }
        Ok(BooleanBuffer::new(Buffer::from_vec(bytes), start, count))
    }

    /// Goes to a position of the index.
    pub(super) fn seek(
        &mut self,
        positions: &mut impl Iterator<Item = u64>,
        context: &mut Context,
    ) -> Result<()> {
        self.bytes.seek(positions, context)?;
        self.done = 8;
        let bits = positions.next().ok_or_else(|| broken("a position is missing"))?;
        if self.bytes.source.length() == 0 || bits == 0 {
            return Ok(());
        }
        if bits > 8 {
            return Err(broken("a position points behind its byte"));
        }
        self.read(bits as usize, context).map(drop)
    }
}
