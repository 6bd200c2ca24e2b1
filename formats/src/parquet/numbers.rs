//! Leaf values of a fixed width: integers, floats, decimals, timestamps.

use std::marker::PhantomData;

use arrow::array::{Array, ArrowPrimitiveType, AsArray};

use super::values::{Bounds, Run, Values, low64, mix};

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

    fn plain(&self, chunks: &[Self::Chunk<'_>], runs: &[Run], out: &mut Vec<u8>) {
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
