//! Leaf values of variable length: texts and byte strings.

use std::marker::PhantomData;

use arrow::array::{Array, GenericByteArray};
use arrow::datatypes::{BinaryType, ByteArrayType, Utf8Type};

use super::values::{Bounds, Run, Values, mix};

/// Longest bound in statistics, in bytes.
const MAX_BOUND: usize = 64;

/// Values of variable length, in one of Arrow's two layouts with 32 bit offsets.
pub(super) struct Bytes<T> {
    trim: bool,
    types: PhantomData<T>,
}

pub(super) type Text = Bytes<Utf8Type>;
pub(super) type Binary = Bytes<BinaryType>;

impl<T> Bytes<T> {
    /// Reads the values as they are.
    pub(super) fn whole() -> Self {
        Self { trim: false, types: PhantomData }
    }

    /// Reads the values without spaces at their end.
    pub(super) fn without_filling() -> Self {
        Self { trim: true, types: PhantomData }
    }
}

/// Returns the first eight bytes so that numbers compare as the texts do.
fn prefix(v: &[u8]) -> u64 {
    match v.first_chunk::<8>() {
        Some(first) => u64::from_be_bytes(*first),
        None if v.is_empty() => 0,
        None => v.iter().fold(0, |key, b| key << 8 | u64::from(*b)) << (64 - 8 * v.len()),
    }
}

impl<T: ByteArrayType<Offset = i32>> Values for Bytes<T> {
    type Chunk<'a> = (&'a [i32], &'a [u8]);
    type Value<'a> = &'a [u8];

    fn chunk<'a>(&self, array: &'a dyn Array) -> Option<Self::Chunk<'a>> {
        let array = array.as_any().downcast_ref::<GenericByteArray<T>>()?;
        Some((array.value_offsets(), array.value_data()))
    }

    fn bytes(&self, (offsets, _): Self::Chunk<'_>, run: Run) -> usize {
        index(offsets[run.start + run.len]) - index(offsets[run.start]) + 4 * run.len
    }

    fn iter<'a>(
        &self,
        (offsets, data): Self::Chunk<'a>,
        run: Run,
    ) -> impl Iterator<Item = &'a [u8]> {
        let trim = self.trim;
        offsets[run.start..=run.start + run.len].windows(2).map(move |w| {
            let value = &data[index(w[0])..index(w[1])];
            if trim { without_filling(value) } else { value }
        })
    }

    fn size(&self, value: &[u8]) -> usize {
        4 + value.len()
    }

    fn put(&self, value: &[u8], out: &mut Vec<u8>) {
        out.extend_from_slice(&length(value));
        out.extend_from_slice(value);
    }

    fn plain(&self, chunks: &[Self::Chunk<'_>], runs: &[Run], out: &mut Vec<u8>) {
        for run in runs {
            let (offsets, data) = chunks[run.chunk];
            if self.trim {
                self.iter((offsets, data), *run).for_each(|v| self.put(v, out));
                continue;
            }
            let mut at = out.len();
            out.resize(at + self.bytes((offsets, data), *run) + BLOCK, 0);
            for ends in offsets[run.start..=run.start + run.len].windows(2) {
                let (start, end) = (index(ends[0]), index(ends[1]));
                out[at..at + 4].copy_from_slice(&length(&data[start..end]));
                at += 4;
                copy(data, start, end, &mut out[at..]);
                at += end - start;
            }
            out.truncate(at);
        }
    }

    fn hash(&self, value: &[u8]) -> u64 {
        let (Some(first), Some(last)) = (value.first_chunk::<8>(), value.last_chunk::<8>()) else {
            return mix(prefix(value) ^ (value.len() as u64) << 32);
        };
        let ends = mix(u64::from_le_bytes(*first)) ^ u64::from_le_bytes(*last).rotate_left(32);
        let mut hash = ends ^ value.len() as u64;
        if value.len() > 16 {
            let (middle, _) = value[8..].as_chunks::<8>();
            hash = middle.iter().fold(hash, |h, c| mix(h ^ u64::from_le_bytes(*c)));
        }
        mix(hash)
    }

    fn same(&self, a: &[u8], b: &[u8]) -> bool {
        a == b
    }

    fn less(&self, a: &[u8], b: &[u8]) -> bool {
        a < b
    }

    fn extent<'a>(
        &self,
        mut values: impl Iterator<Item = &'a [u8]>,
    ) -> Option<(&'a [u8], &'a [u8])> {
        let first = values.next()?;
        let low = (prefix(first), first);
        let (low, high) = values.fold((low, low), |(low, high), v| {
            let v = (prefix(v), v);
            (if v < low { v } else { low }, if v > high { v } else { high })
        });
        Some((low.1, high.1))
    }

    fn bounds(&self, low: &[u8], high: &[u8]) -> Option<Bounds> {
        let text = T::DATA_TYPE == Utf8Type::DATA_TYPE;
        let (cut, increment) = if text {
            (cut_text as Cut, increment_text as Increment)
        } else {
            (cut_bytes as Cut, increment_bytes as Increment)
        };
        let min = cut(low);
        let max_exact = high.len() <= MAX_BOUND;
        let max = if max_exact { high.to_vec() } else { increment(cut(high))? };
        let min_exact = min.len() == low.len();
        Some(Bounds { min: min.into(), max: max.into(), min_exact, max_exact })
    }
}

/// Cuts a bound.
type Cut = fn(&[u8]) -> &[u8];
/// Returns something greater than all that begin with a cut bound.
type Increment = fn(&[u8]) -> Option<Vec<u8>>;

fn without_filling(value: &[u8]) -> &[u8] {
    let len = value.iter().rposition(|b| *b != b' ').map_or(0, |last| last + 1);
    &value[..len]
}

fn index(offset: i32) -> usize {
    offset.cast_unsigned() as usize
}

#[expect(clippy::cast_possible_truncation, reason = "arrays with 32 bit offsets hold 2 GB at most")]
fn length(value: &[u8]) -> [u8; 4] {
    (value.len() as u32).to_le_bytes()
}

/// Bytes that are copied at once, also beyond the end of a value.
const BLOCK: usize = 16;

/// Copies `data[start..end]` to the begin of `out`, which must be a block longer; what follows the
/// copy there changes.
fn copy(data: &[u8], start: usize, end: usize, out: &mut [u8]) {
    let mut at = 0;
    while start + at < end {
        let from = data[start + at..].first_chunk::<BLOCK>();
        let (Some(from), Some(to)) = (from, out[at..].first_chunk_mut::<BLOCK>()) else {
            return out[at..end - start].copy_from_slice(&data[start + at..end]);
        };
        *to = *from;
        at += BLOCK;
    }
}

fn cut_bytes(value: &[u8]) -> &[u8] {
    &value[..value.len().min(MAX_BOUND)]
}

/// Cuts between characters only.
fn cut_text(value: &[u8]) -> &[u8] {
    if value.len() <= MAX_BOUND {
        return value;
    }
    let is_border = |at: &usize| value[*at] & 0xc0 != 0x80;
    &value[..(MAX_BOUND - 3..=MAX_BOUND).rev().find(is_border).unwrap_or(MAX_BOUND)]
}

/// Counts the last byte that can be counted up.
fn increment_bytes(cut: &[u8]) -> Option<Vec<u8>> {
    let at = cut.iter().rposition(|b| *b < 0xff)?;
    let mut bytes = cut[..=at].to_vec();
    *bytes.last_mut()? += 1;
    Some(bytes)
}

/// Takes the next character in place of the last one that has a next one of the same length.
fn increment_text(cut: &[u8]) -> Option<Vec<u8>> {
    let text = std::str::from_utf8(cut).ok()?;
    text.char_indices().rev().find_map(|(at, last)| {
        let next = match u32::from(last) + 1 {
            0xd800 => 0xe000,
            code => code,
        };
        let next = char::from_u32(next).filter(|c| c.len_utf8() == last.len_utf8())?;
        Some([&cut[..at], next.encode_utf8(&mut [0; 4]).as_bytes()].concat())
    })
}
