//! What an encoder must know of one kind of leaf values, and booleans.

use arrow::array::{Array, AsArray, BooleanArray, BooleanBufferBuilder};

/// Names a stretch of present values in one of the arrays of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Run {
    pub(super) chunk: usize,
    pub(super) start: usize,
    pub(super) len: usize,
}

/// Holds a least and a greatest value in the form statistics have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Bounds {
    pub(super) min: Box<[u8]>,
    pub(super) max: Box<[u8]>,
    pub(super) min_exact: bool,
    pub(super) max_exact: bool,
}

/// Reads and writes one kind of leaf values.
pub(super) trait Values {
    /// One array, made ready for reading.
    type Chunk<'a>: Copy;
    type Value<'a>: Copy;
    /// Whether a dictionary may pay.
    const DICTIONARY: bool = true;
    /// Whether Parquet defines an order, so that statistics make sense.
    const ORDERED: bool = true;

    /// Takes an array, or nothing if it has another type.
    fn chunk<'a>(&self, array: &'a dyn Array) -> Option<Self::Chunk<'a>>;

    /// Returns about how many bytes a run takes in a page, at constant cost.
    fn bytes(&self, chunk: Self::Chunk<'_>, run: Run) -> usize;

    fn iter<'a>(&self, chunk: Self::Chunk<'a>, run: Run) -> impl Iterator<Item = Self::Value<'a>>;

    /// Returns how many bytes a value takes in PLAIN encoding.
    fn size(&self, value: Self::Value<'_>) -> usize;

    /// Appends one value in PLAIN encoding.
    fn put(&self, value: Self::Value<'_>, out: &mut Vec<u8>);

    /// Appends a page's values in PLAIN encoding.
    fn plain(&self, chunks: &[Self::Chunk<'_>], runs: &[Run], out: &mut Vec<u8>) {
        for run in runs {
            self.iter(chunks[run.chunk], *run).for_each(|v| self.put(v, out));
        }
    }

    fn hash(&self, value: Self::Value<'_>) -> u64;

    /// Tells whether two values are written alike.
    fn same(&self, a: Self::Value<'_>, b: Self::Value<'_>) -> bool;

    fn less(&self, a: Self::Value<'_>, b: Self::Value<'_>) -> bool;

    /// Returns the least and the greatest of the values that have an order.
    fn extent<'a>(
        &self,
        values: impl Iterator<Item = Self::Value<'a>>,
    ) -> Option<(Self::Value<'a>, Self::Value<'a>)>;

    /// Returns the least and the greatest value of a page.
    fn extent_of_runs<'a>(
        &self,
        chunks: &[Self::Chunk<'a>],
        runs: &[Run],
    ) -> Option<(Self::Value<'a>, Self::Value<'a>)> {
        let extents = runs.iter().map(|run| self.extent(self.iter(chunks[run.chunk], *run)));
        extents.fold(None, |all, one| self.merge(all, one))
    }

    /// Tells whether values between the two can be stored without loss.
    fn fits(&self, _low: Self::Value<'_>, _high: Self::Value<'_>) -> bool {
        true
    }

    fn merge<'a>(
        &self,
        a: Option<(Self::Value<'a>, Self::Value<'a>)>,
        b: Option<(Self::Value<'a>, Self::Value<'a>)>,
    ) -> Option<(Self::Value<'a>, Self::Value<'a>)> {
        let (Some((low, high)), Some((l, h))) = (a, b) else { return a.or(b) };
        Some((if self.less(l, low) { l } else { low }, if self.less(high, h) { h } else { high }))
    }

    /// Returns bounds for statistics; nothing if short ones cannot be named.
    fn bounds(&self, low: Self::Value<'_>, high: Self::Value<'_>) -> Option<Bounds>;
}

/// Spreads the bits of a value over a hash.
pub(super) fn mix(x: u64) -> u64 {
    let product = u128::from(x).wrapping_mul(0x9E37_79B9_7F4A_7C15_F39C_C060_5CED_C835);
    low64(product >> 64) ^ low64(product)
}

#[expect(clippy::cast_possible_truncation, reason = "the low half is what is asked for")]
pub(super) fn low64(x: u128) -> u64 {
    x as u64
}

/// Booleans, a bit each.
pub(super) struct Booleans;

impl Values for Booleans {
    type Chunk<'a> = &'a BooleanArray;
    type Value<'a> = bool;
    const DICTIONARY: bool = false;

    fn chunk<'a>(&self, array: &'a dyn Array) -> Option<&'a BooleanArray> {
        array.as_boolean_opt()
    }

    fn bytes(&self, _: &BooleanArray, run: Run) -> usize {
        run.len.div_ceil(8)
    }

    fn iter<'a>(&self, chunk: Self::Chunk<'a>, run: Run) -> impl Iterator<Item = Self::Value<'a>> {
        (run.start..run.start + run.len).map(|i| chunk.value(i))
    }

    fn size(&self, _: bool) -> usize {
        1
    }

    fn put(&self, value: bool, out: &mut Vec<u8>) {
        out.push(u8::from(value));
    }

    fn plain(&self, chunks: &[Self::Chunk<'_>], runs: &[Run], out: &mut Vec<u8>) {
        let mut bits = BooleanBufferBuilder::new(runs.iter().map(|r| r.len).sum());
        for run in runs {
            let values = chunks[run.chunk].values();
            let start = values.offset() + run.start;
            bits.append_packed_range(start..start + run.len, values.values());
        }
        out.extend_from_slice(bits.as_slice());
    }

    fn hash(&self, value: bool) -> u64 {
        u64::from(value)
    }

    fn same(&self, a: bool, b: bool) -> bool {
        a == b
    }

    fn less(&self, a: bool, b: bool) -> bool {
        !a & b
    }

    fn extent<'a>(
        &self,
        values: impl Iterator<Item = Self::Value<'a>>,
    ) -> Option<(Self::Value<'a>, Self::Value<'a>)> {
        values.fold(None, |all, v| self.merge(all, Some((v, v))))
    }

    fn extent_of_runs<'a>(
        &self,
        chunks: &[Self::Chunk<'a>],
        runs: &[Run],
    ) -> Option<(Self::Value<'a>, Self::Value<'a>)> {
        runs.iter().filter(|run| run.len > 0).fold(None, |all, run| {
            let values = chunks[run.chunk].values().slice(run.start, run.len);
            self.merge(all, Some((!values.has_false(), values.has_true())))
        })
    }

    fn bounds(&self, low: bool, high: bool) -> Option<Bounds> {
        let (min, max) = ([u8::from(low)].into(), [u8::from(high)].into());
        Some(Bounds { min, max, min_exact: true, max_exact: true })
    }
}
