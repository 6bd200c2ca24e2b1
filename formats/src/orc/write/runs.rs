//! Run lengths: bytes, and integers in the second form with its four encodings.
//!
//! Source: the ORC specification, "Run Length Encoding". Each call encodes a whole slice, so runs
//! end where a row group ends and positions never point into a run.

use super::super::proto::{put_varint, zigzag};

/// Most values of a run.
const MAX_RUN: usize = 512;
/// Longest run in the form of a short repeat.
const SHORT_REPEAT: usize = 10;

/// Appends bytes as runs and literals.
pub(super) fn put_bytes(bytes: &[u8], out: &mut Vec<u8>) {
    let mut literals = 0;
    let mut at = 0;
    while at < bytes.len() {
        let byte = bytes[at];
        let limit = &bytes[at..bytes.len().min(at + 130)];
        let run = limit.iter().position(|b| *b != byte).unwrap_or(limit.len());
        if run >= 3 {
            put_literals(&bytes[literals..at], out);
            out.push((run - 3) as u8);
            out.push(byte);
            literals = at + run;
        }
        at += run;
    }
    put_literals(&bytes[literals..], out);
}

fn put_literals(bytes: &[u8], out: &mut Vec<u8>) {
    for chunk in bytes.chunks(128) {
        out.push((chunk.len() as u8).wrapping_neg());
        out.extend_from_slice(chunk);
    }
}

/// Encodes integers; keeps a buffer between calls.
#[derive(Debug, Default)]
pub(super) struct Integers {
    aligned: bool,
    packed: Vec<u64>,
}

/// Says what a run of values looks like.
struct Shape {
    /// Width of the largest value as it is stored.
    width: u32,
    /// All differences have one sign, and none overflows.
    monotonic: bool,
    /// All differences are equal.
    constant_delta: bool,
    /// Width of the largest difference after the first.
    delta_width: u32,
    low: i64,
    high: i64,
}

fn bits(n: u64) -> u32 {
    64 - n.leading_zeros()
}

fn stored(value: i64, signed: bool) -> u64 {
    if signed { zigzag(value) } else { value.cast_unsigned() }
}

impl Integers {
    /// Makes an encoder; `aligned` rounds widths up to what is fast to unpack and compresses well.
    pub(super) fn new(aligned: bool) -> Self {
        Self { aligned, packed: Vec::new() }
    }

    /// Appends all values; without a sign they are at least 0.
    pub(super) fn put(&mut self, values: &[i64], signed: bool, out: &mut Vec<u8>) {
        let mut at = 0;
        while at < values.len() {
            let repeat = repeats(&values[at..]);
            if repeat >= 3 {
                put_repeat(values[at], repeat, signed, out);
                at += repeat;
                continue;
            }
            let len = before_repeat(&values[at..]);
            self.put_run(&values[at..at + len], signed, out);
            at += len;
        }
    }

    /// Appends one value many times.
    pub(super) fn put_constant(value: i64, mut count: usize, signed: bool, out: &mut Vec<u8>) {
        while count > 0 {
            let run = count.min(MAX_RUN);
            if run >= 3 {
                put_repeat(value, run, signed, out);
            } else {
                Self::default().put_run(&[value, value][..run], signed, out);
            }
            count -= run;
        }
    }

    fn put_run(&mut self, values: &[i64], signed: bool, out: &mut Vec<u8>) {
        let shape = Shape::of(values, signed);
        if values.len() > 2 && shape.constant_delta {
            put_delta_head(values, 0, signed, out);
            return;
        }
        let width = self.fixed(shape.width);
        let direct = width as usize * values.len();
        if values.len() > 2 && shape.monotonic {
            // A width of 1 would read as "all differences are equal".
            let delta_width = self.fixed(shape.delta_width.max(2));
            let delta = 128 + delta_width as usize * (values.len() - 2);
            if delta < direct {
                self.put_delta(values, delta_width, signed, out);
                return;
            }
        }
        if values.len() >= 32 && shape.width > 3 && self.put_patched(values, &shape, direct, out) {
            return;
        }
        put_head(0b01, width_code(width), values.len(), out);
        self.packed.clear();
        self.packed.extend(values.iter().map(|v| stored(*v, signed)));
        pack(&self.packed, width, out);
    }

    fn fixed(&self, width: u32) -> u32 {
        if self.aligned { aligned_width(width) } else { fixed_width(width) }
    }

    fn put_delta(&mut self, values: &[i64], width: u32, signed: bool, out: &mut Vec<u8>) {
        put_delta_head(values, width, signed, out);
        self.packed.clear();
        self.packed.extend(values[1..].windows(2).map(|w| w[1].abs_diff(w[0])));
        pack(&self.packed, width, out);
    }

    /// Appends the run with its few large values apart, if that is smaller than `direct` bits.
    fn put_patched(
        &mut self,
        values: &[i64],
        shape: &Shape,
        direct: usize,
        out: &mut Vec<u8>,
    ) -> bool {
        let base = shape.low;
        let Some(span) = shape.high.checked_sub(base) else { return false };
        if base.unsigned_abs() >= 1 << 55 {
            return false;
        }
        let full = bits(span.cast_unsigned());
        let mut counts = [0u16; 65];
        for value in values {
            counts[bits(value.wrapping_sub(base).cast_unsigned()) as usize] += 1;
        }
        // At most a twentieth of the values is patched, and never more than 31 patches.
        let mut allowed = (values.len() / 20).min(25) as u16;
        let mut width = full;
        while width > 1 && counts[width as usize] <= allowed {
            allowed -= counts[width as usize];
            width -= 1;
        }
        let width = self.fixed(width.max(1));
        if width >= full {
            return false;
        }
        let patch_width = fixed_width(full - width);
        let mut patches: Vec<(usize, u64)> = Vec::with_capacity(31);
        let (mut last, mut largest_gap) = (0, 0);
        for (i, value) in values.iter().enumerate() {
            let reduced = value.wrapping_sub(base).cast_unsigned();
            if bits(reduced) > width {
                let mut gap = i - last;
                while gap > 255 {
                    patches.push((255, 0));
                    (gap, largest_gap) = (gap - 255, 255);
                }
                largest_gap = largest_gap.max(gap);
                patches.push((gap, reduced >> width));
                last = i;
            }
        }
        let gap_width = bits(largest_gap as u64).max(1);
        let sign_and_base = bits(base.unsigned_abs()) + 1;
        let base_bytes = sign_and_base.div_ceil(8).max(1);
        if patches.len() > 31 || gap_width + patch_width > 64 {
            return false;
        }
        let patch_bits = fixed_width(gap_width + patch_width);
        let size = 16
            + base_bytes as usize * 8
            + width as usize * values.len()
            + patch_bits as usize * patches.len();
        if size >= direct {
            return false;
        }
        put_head(0b10, width_code(width), values.len(), out);
        out.push(((base_bytes - 1) << 5) as u8 | width_code(patch_width) as u8);
        out.push(((gap_width - 1) << 5) as u8 | patches.len() as u8);
        let sign = if base < 0 { 1u64 << (base_bytes * 8 - 1) } else { 0 };
        let all = (base.unsigned_abs() | sign).to_be_bytes();
        out.extend_from_slice(&all[8 - base_bytes as usize..]);
        let mask = if width == 64 { u64::MAX } else { (1 << width) - 1 };
        self.packed.clear();
        let reduced = values.iter().map(|v| v.wrapping_sub(base).cast_unsigned() & mask);
        self.packed.extend(reduced);
        pack(&self.packed, width, out);
        self.packed.clear();
        let entries = patches.iter().map(|(gap, patch)| (*gap as u64) << patch_width | patch);
        self.packed.extend(entries);
        pack(&self.packed, patch_bits, out);
        true
    }
}

impl Shape {
    fn of(values: &[i64], signed: bool) -> Self {
        let (mut low, mut high, mut all) = (i64::MAX, i64::MIN, 0);
        for value in values {
            low = low.min(*value);
            high = high.max(*value);
            all |= stored(*value, signed);
        }
        let mut shape = Self {
            width: bits(all).max(1),
            monotonic: false,
            constant_delta: false,
            delta_width: 0,
            low,
            high,
        };
        // Differences that overflow are never stored.
        if values.len() < 3 || high.checked_sub(low).is_none() {
            return shape;
        }
        let first = values[1] - values[0];
        let (mut below, mut above, mut differ, mut widest) = (false, false, 0, 0);
        for pair in values.windows(2) {
            let delta = pair[1].wrapping_sub(pair[0]);
            below |= delta < 0;
            above |= delta > 0;
            differ |= delta ^ first;
        }
        // The sign of the first difference is that of all, and zero counts as rising.
        shape.monotonic = !(below && (above || first == 0));
        shape.constant_delta = differ == 0;
        if shape.monotonic {
            for pair in values[1..].windows(2) {
                widest |= pair[1].abs_diff(pair[0]);
            }
            shape.delta_width = bits(widest);
        }
        shape
    }
}

/// Returns how often the first value comes in a row, up to the length of a run.
fn repeats(values: &[i64]) -> usize {
    let limit = &values[..values.len().min(MAX_RUN)];
    limit.iter().position(|v| *v != limit[0]).unwrap_or(limit.len())
}

/// Returns how many values make a run before one comes again and again.
fn before_repeat(values: &[i64]) -> usize {
    const WORTH: usize = 8;
    let limit = values.len().min(MAX_RUN);
    let mut same = 1;
    for i in 1..limit {
        same = if values[i] == values[i - 1] { same + 1 } else { 1 };
        if same == WORTH && i + 1 > WORTH {
            return i + 1 - WORTH;
        }
    }
    limit
}

fn put_repeat(value: i64, count: usize, signed: bool, out: &mut Vec<u8>) {
    if count <= SHORT_REPEAT {
        let value = stored(value, signed);
        let bytes = bits(value).div_ceil(8).max(1);
        out.push(((bytes - 1) << 3) as u8 | (count - 3) as u8);
        out.extend_from_slice(&value.to_be_bytes()[8 - bytes as usize..]);
    } else {
        put_head(0b11, 0, count, out);
        put_varint(stored(value, signed), out);
        put_varint(0, out);
    }
}

fn put_delta_head(values: &[i64], width: u32, signed: bool, out: &mut Vec<u8>) {
    put_head(0b11, if width == 0 { 0 } else { width_code(width) }, values.len(), out);
    put_varint(stored(values[0], signed), out);
    put_varint(zigzag(values[1] - values[0]), out);
}

fn put_head(kind: u8, code: u32, count: usize, out: &mut Vec<u8>) {
    let count = count - 1;
    out.push(kind << 6 | (code << 1) as u8 | (count >> 8) as u8);
    out.push(count as u8);
}

/// Rounds a width up to one that the format has.
fn fixed_width(width: u32) -> u32 {
    match width {
        0 => 1,
        1..=24 => width,
        25..=26 => 26,
        27..=28 => 28,
        29..=30 => 30,
        31..=32 => 32,
        33..=40 => 40,
        41..=48 => 48,
        49..=56 => 56,
        _ => 64,
    }
}

fn aligned_width(width: u32) -> u32 {
    match width {
        0..=1 => 1,
        2 => 2,
        3..=4 => 4,
        5..=8 => 8,
        _ => width.div_ceil(8) * 8,
    }
}

fn width_code(width: u32) -> u32 {
    match width {
        1..=24 => width - 1,
        26 => 24,
        28 => 25,
        30 => 26,
        32 => 27,
        40 => 28,
        48 => 29,
        56 => 30,
        _ => 31,
    }
}

/// Appends values of a width, the highest bit first.
fn pack(values: &[u64], width: u32, out: &mut Vec<u8>) {
    if width.is_multiple_of(8) {
        let skip = 8 - width as usize / 8;
        out.reserve(values.len() * (8 - skip));
        for value in values {
            out.extend_from_slice(&value.to_be_bytes()[skip..]);
        }
        return;
    }
    // Widths that are no multiple of 8 are below 32, so there is always room in the word.
    let (mut word, mut used) = (0u64, 0);
    for value in values {
        word = word << width | value;
        used += width;
        if used >= 32 {
            used -= 32;
            out.extend_from_slice(&((word >> used) as u32).to_be_bytes());
            word &= (1 << used) - 1;
        }
    }
    while used > 0 {
        let rest = used.min(8);
        let byte = (word >> (used - rest)) << (8 - rest);
        out.push(byte as u8);
        used -= rest;
        word &= (1 << used) - 1;
    }
}
