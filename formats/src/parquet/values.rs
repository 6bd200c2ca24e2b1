//! The values of leaf columns: how they come out of Arrow arrays, lie in a page, hash and compare.

use std::marker::PhantomData;

use arrow::array::{
    Array, ArrowPrimitiveType, AsArray, BooleanArray, BooleanBufferBuilder, GenericByteArray,
};
use arrow::datatypes::{BinaryType, ByteArrayType, Utf8Type};

/// Longest bound of a text or binary column in statistics, in bytes.
pub(super) const MAX_BOUND: usize = 64;

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
    fn plain<'a>(&self, chunks: &[Self::Chunk<'a>], runs: &[Run], out: &mut Vec<u8>) {
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

fn mix(x: u64) -> u64 {
    let product = u128::from(x).wrapping_mul(0x9E37_79B9_7F4A_7C15_F39C_C060_5CED_C835);
    low64(product >> 64) ^ low64(product)
}

#[expect(clippy::cast_possible_truncation, reason = "the low half is what is asked for")]
fn low64(x: u128) -> u64 {
    x as u64
}

/// Says how wide numbers lie in a page; only decimals have a choice.
#[derive(Clone, Copy, Debug)]
pub(super) struct Form {
    pub(super) width: usize,
    pub(super) big_endian: bool,
    /// Most digits of a decimal.
    pub(super) precision: u8,
}

/// Writes a number in one physical type of Parquet.
pub(super) trait Physical: Copy + PartialOrd {
    const ORDERED: bool = true;
    /// Greater than or equal to every value, and less than or equal to every value.
    const EDGES: (Self, Self);

    fn write(values: impl Iterator<Item = Self>, form: Form, out: &mut [u8]);
    fn bits(self) -> u64;
    /// Tells whether both are written alike; zeros and NaNs of different bits are not.
    fn same(self, other: Self) -> bool {
        self.bits() == other.bits()
    }
    fn fits(self, _form: Form) -> bool {
        true
    }
    /// Returns the bounds that statistics must name instead.
    fn bound(low: Self, high: Self) -> (Self, Self) {
        (low, high)
    }
}

macro_rules! little_endian {
    ($ty:ty, $edges:expr, $bits:expr $(, $bound:expr)?) => {
        impl Physical for $ty {
            const EDGES: (Self, Self) = $edges;

            fn write(values: impl Iterator<Item = Self>, _: Form, out: &mut [u8]) {
                let (places, _) = out.as_chunks_mut::<{ size_of::<$ty>() }>();
                places.iter_mut().zip(values).for_each(|(place, v)| *place = v.to_le_bytes());
            }

            fn bits(self) -> u64 {
                $bits(self)
            }

            $(fn bound(low: Self, high: Self) -> (Self, Self) {
                $bound(low, high)
            })?
        }
    };
}

little_endian!(i32, (i32::MAX, i32::MIN), |v: i32| u64::from(v.cast_unsigned()));
little_endian!(i64, (i64::MAX, i64::MIN), i64::cast_unsigned);
// Parquet: readers cannot know which zero was meant, so a least value of 0 is named -0 and a
// greatest of -0 is named 0.
little_endian!(
    f32,
    (f32::INFINITY, f32::NEG_INFINITY),
    |v: f32| u64::from(v.to_bits()),
    |low: f32, high: f32| (
        if low == 0.0 { -0.0 } else { low },
        if high == 0.0 { 0.0 } else { high }
    )
);
little_endian!(f64, (f64::INFINITY, f64::NEG_INFINITY), f64::to_bits, |low: f64, high: f64| (
    if low == 0.0 { -0.0 } else { low },
    if high == 0.0 { 0.0 } else { high }
));

/// Microseconds since 1970 that are written as INT96: nanoseconds of the day, Julian day.
#[derive(Clone, Copy, PartialEq, PartialOrd)]
pub(super) struct Int96(i64);

const MICROS_PER_DAY: i64 = 86_400_000_000;
const JULIAN_DAY_OF_1970: i64 = 2_440_588;

impl Physical for Int96 {
    const ORDERED: bool = false;
    const EDGES: (Self, Self) = (Self(i64::MAX), Self(i64::MIN));

    fn write(values: impl Iterator<Item = Self>, _: Form, out: &mut [u8]) {
        let (places, _) = out.as_chunks_mut::<12>();
        for (place, v) in places.iter_mut().zip(values) {
            let nanos = v.0.rem_euclid(MICROS_PER_DAY) * 1000;
            let day = v.0.div_euclid(MICROS_PER_DAY) + JULIAN_DAY_OF_1970;
            // The day has 28 bits at most: Timestamps of 64 bits end within 300,000 years.
            let both = i128::from(day) << 64 | i128::from(nanos);
            place.copy_from_slice(&both.to_le_bytes()[..12]);
        }
    }

    fn bits(self) -> u64 {
        self.0.cast_unsigned()
    }
}

/// The unscaled value of a decimal.
#[derive(Clone, Copy, PartialEq, PartialOrd)]
pub(super) struct Unscaled(pub(super) i128);

impl Physical for Unscaled {
    const EDGES: (Self, Self) = (Self(i128::MAX), Self(i128::MIN));

    fn write(values: impl Iterator<Item = Self>, form: Form, out: &mut [u8]) {
        let bits = |v: Self| low64(v.0.cast_unsigned());
        match (form.width, form.big_endian) {
            (8, true) => {
                let places = out.as_chunks_mut::<8>().0.iter_mut();
                places.zip(values).for_each(|(place, v)| *place = bits(v).to_be_bytes());
            }
            (8, false) => {
                let places = out.as_chunks_mut::<8>().0.iter_mut();
                places.zip(values).for_each(|(place, v)| *place = bits(v).to_le_bytes());
            }
            (width, true) => {
                let places = out.chunks_exact_mut(width);
                places.zip(values).for_each(|(place, v)| {
                    place.copy_from_slice(&v.0.to_be_bytes()[16 - width..]);
                });
            }
            (width, false) => {
                let places = out.chunks_exact_mut(width);
                places.zip(values).for_each(|(place, v)| {
                    place.copy_from_slice(&v.0.to_le_bytes()[..width]);
                });
            }
        }
    }

    fn bits(self) -> u64 {
        low64(self.0.cast_unsigned()) ^ low64(self.0.cast_unsigned() >> 64).rotate_left(32)
    }

    fn same(self, other: Self) -> bool {
        self == other
    }

    fn fits(self, form: Form) -> bool {
        self.0.unsigned_abs() < 10u128.pow(form.precision.into())
    }
}

/// Takes a physical value from the native value of an array.
pub(super) trait FromNative<N>: Physical {
    fn from_native(native: N) -> Self;
}

macro_rules! from_native {
    ($($native:ty => $physical:ty: $with:expr),+ $(,)?) => {
        $(impl FromNative<$native> for $physical {
            fn from_native(native: $native) -> Self {
                $with(native)
            }
        })+
    };
}

from_native! {
    i8 => i32: i32::from,
    i16 => i32: i32::from,
    i32 => i32: std::convert::identity,
    i64 => i64: std::convert::identity,
    f32 => f32: std::convert::identity,
    f64 => f64: std::convert::identity,
    i64 => Int96: Int96,
    i128 => Unscaled: Unscaled,
}

/// Values of an Arrow primitive type written in a physical type.
pub(super) struct Numbers<T, P> {
    form: Form,
    types: PhantomData<(T, P)>,
}

impl<T, P> Numbers<T, P> {
    pub(super) fn new(width: usize) -> Self {
        Self::with_form(Form { width, big_endian: false, precision: 0 })
    }

    pub(super) fn with_form(form: Form) -> Self {
        Self { form, types: PhantomData }
    }

    fn bytes_of(&self, value: P) -> Box<[u8]>
    where
        P: Physical,
    {
        let mut bytes = vec![0; self.form.width];
        P::write(std::iter::once(value), self.form, &mut bytes);
        bytes.into()
    }
}

impl<T: ArrowPrimitiveType, P: FromNative<T::Native>> Values for Numbers<T, P> {
    type Chunk<'a> = &'a [T::Native];
    type Value<'a> = P;
    const ORDERED: bool = P::ORDERED;

    fn chunk<'a>(&self, array: &'a dyn Array) -> Option<Self::Chunk<'a>> {
        array.as_primitive_opt::<T>().map(|a| &a.values()[..])
    }

    fn bytes(&self, _: Self::Chunk<'_>, run: Run) -> usize {
        run.len * self.form.width
    }

    fn iter<'a>(&self, chunk: Self::Chunk<'a>, run: Run) -> impl Iterator<Item = Self::Value<'a>> {
        chunk[run.start..run.start + run.len].iter().map(|v| P::from_native(*v))
    }

    fn size(&self, _: P) -> usize {
        self.form.width
    }

    fn put(&self, value: P, out: &mut Vec<u8>) {
        let at = out.len();
        out.resize(at + self.form.width, 0);
        P::write(std::iter::once(value), self.form, &mut out[at..]);
    }

    fn plain<'a>(&self, chunks: &[Self::Chunk<'a>], runs: &[Run], out: &mut Vec<u8>) {
        for run in runs {
            let at = out.len();
            out.resize(at + run.len * self.form.width, 0);
            P::write(self.iter(chunks[run.chunk], *run), self.form, &mut out[at..]);
        }
    }

    fn hash(&self, value: P) -> u64 {
        mix(value.bits())
    }

    fn same(&self, a: P, b: P) -> bool {
        a.same(b)
    }

    fn less(&self, a: P, b: P) -> bool {
        a < b
    }

    fn fits(&self, low: P, high: P) -> bool {
        low.fits(self.form) && high.fits(self.form)
    }

    fn extent<'a>(
        &self,
        values: impl Iterator<Item = Self::Value<'a>>,
    ) -> Option<(Self::Value<'a>, Self::Value<'a>)> {
        // NaN is neither less nor greater than anything, so it is passed over as Parquet wants.
        let (low, high) = values.fold(P::EDGES, |(low, high), v| {
            (if v < low { v } else { low }, if v > high { v } else { high })
        });
        (low <= high).then_some((low, high))
    }

    fn bounds(&self, low: P, high: P) -> Option<Bounds> {
        let (low, high) = P::bound(low, high);
        let (min, max) = (self.bytes_of(low), self.bytes_of(high));
        Some(Bounds { min, max, min_exact: true, max_exact: true })
    }
}

/// Values of variable length, in one of Arrow's two layouts with 32 bit offsets.
pub(super) struct Bytes<T> {
    trim: bool,
    types: PhantomData<T>,
}

pub(super) type Text = Bytes<Utf8Type>;
pub(super) type Binary = Bytes<BinaryType>;

impl<T> Bytes<T> {
    /// Makes the reader; `trim` leaves spaces at the end out.
    pub(super) fn new(trim: bool) -> Self {
        Self { trim, types: PhantomData }
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

    fn plain<'a>(&self, chunks: &[Self::Chunk<'a>], runs: &[Run], out: &mut Vec<u8>) {
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
        let min = cut(low, text);
        let max_exact = high.len() <= MAX_BOUND;
        let max = if max_exact { high.to_vec() } else { increment(cut(high, text), text)? };
        let min_exact = min.len() == low.len();
        Some(Bounds { min: min.into(), max: max.into(), min_exact, max_exact })
    }
}

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

/// Cuts a bound, and a text only between characters.
fn cut(value: &[u8], text: bool) -> &[u8] {
    if value.len() <= MAX_BOUND {
        return value;
    }
    let is_border = |at: &usize| !text || value[*at] & 0xc0 != 0x80;
    &value[..(MAX_BOUND - 3..=MAX_BOUND).rev().find(is_border).unwrap_or(MAX_BOUND)]
}

/// Returns the least text or byte string that is greater than all that begin with `cut`.
fn increment(cut: &[u8], text: bool) -> Option<Vec<u8>> {
    let next = |at: usize| -> Option<Vec<u8>> {
        let mut bytes = cut[..=at].to_vec();
        if !text {
            *bytes.last_mut()? = cut[at].checked_add(1)?;
            return Some(bytes);
        }
        let last = std::str::from_utf8(cut.get(at..)?).ok()?.chars().next()?;
        let mut code = u32::from(last) + 1;
        if code == 0xd800 {
            code = 0xe000;
        }
        let next = char::from_u32(code).filter(|c| c.len_utf8() == last.len_utf8())?;
        bytes.truncate(at);
        bytes.extend_from_slice(next.encode_utf8(&mut [0; 4]).as_bytes());
        Some(bytes)
    };
    (0..cut.len()).rev().find_map(next)
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

    fn plain<'a>(&self, chunks: &[Self::Chunk<'a>], runs: &[Run], out: &mut Vec<u8>) {
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
