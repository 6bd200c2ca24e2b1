//! Random batches of any type, with slices, nulls, and garbage behind the nulls.

#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "any value will do"
)]

use std::sync::Arc;

use arrow::array::*;
use arrow::buffer::{NullBuffer, OffsetBuffer};
use arrow::datatypes::*;

use crate::parquet::{ParquetOptions, ParquetTimestamp};
use crate::types::HiveType;

/// Gives the same values for the same seed.
pub(super) struct Random {
    state: u64,
    whole_millis: bool,
}

impl Random {
    pub(super) fn new(seed: u64, options: &ParquetOptions) -> Self {
        let whole_millis = options.timestamp == ParquetTimestamp::Int64Millis;
        Self { state: seed, whole_millis }
    }

    fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.state;
        z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ z >> 31
    }

    fn below(&mut self, n: u64) -> u64 {
        self.next() % n
    }

    /// Gives small and repeated numbers mostly, extremes now and then.
    fn number(&mut self) -> i64 {
        match self.below(8) {
            0 => i64::MAX,
            1 => i64::MIN,
            2 => self.next() as i64,
            _ => self.below(5) as i64 - 2,
        }
    }

    /// Gives a batch cut out of a longer one.
    pub(super) fn batch(
        &mut self,
        schema: &SchemaRef,
        types: &[HiveType],
        rows: usize,
    ) -> RecordBatch {
        let (before, after) = (self.below(20) as usize, self.below(20) as usize);
        let columns = types.iter().map(|t| {
            let rate = [0, 0, 10, 50, 100][self.below(5) as usize];
            self.array(t, before + rows + after, rate).slice(before, rows)
        });
        let columns = columns.collect();
        let options = RecordBatchOptions::new().with_row_count(Some(rows));
        RecordBatch::try_new_with_options(Arc::clone(schema), columns, &options).unwrap()
    }

    fn nulls(&mut self, len: usize, percent: u64) -> Option<NullBuffer> {
        (percent > 0).then(|| (0..len).map(|_| self.below(100) >= percent).collect())
    }

    fn array(&mut self, ty: &HiveType, len: usize, percent: u64) -> ArrayRef {
        let nulls = self.nulls(len, percent);
        macro_rules! numbers {
            ($array:ty, $value:expr) => {
                Arc::new(<$array>::new((0..len).map(|_| $value(self)).collect(), nulls))
            };
        }
        match ty {
            HiveType::Boolean => {
                let same = self.below(2) == 0;
                Arc::new(BooleanArray::new(
                    (0..len).map(|_| same || self.below(2) == 0).collect(),
                    nulls,
                ))
            }
            HiveType::TinyInt => numbers!(Int8Array, |r: &mut Self| r.number() as i8),
            HiveType::SmallInt => numbers!(Int16Array, |r: &mut Self| r.number() as i16),
            HiveType::Int => numbers!(Int32Array, |r: &mut Self| r.number() as i32),
            HiveType::Date => numbers!(Date32Array, |r: &mut Self| r.number() as i32),
            HiveType::BigInt => numbers!(Int64Array, Self::number),
            HiveType::Float => numbers!(Float32Array, |r: &mut Self| r.float() as f32),
            HiveType::Double => numbers!(Float64Array, Self::float),
            HiveType::Timestamp | HiveType::TimestampLocalTz => {
                let values = (0..len).map(|_| self.time()).collect();
                let array = TimestampMicrosecondArray::new(values, nulls);
                let zone = (*ty == HiveType::TimestampLocalTz).then_some("UTC");
                Arc::new(array.with_timezone_opt(zone))
            }
            HiveType::Decimal { precision, scale } => {
                let values = (0..len).map(|_| self.unscaled(*precision)).collect();
                let array = Decimal128Array::new(values, nulls);
                Arc::new(array.with_precision_and_scale(*precision, scale.cast_signed()).unwrap())
            }
            HiveType::String | HiveType::Varchar(_) | HiveType::Char(_) => {
                let texts: Vec<_> = (0..len).map(|_| self.text()).collect();
                let plain = StringArray::from_iter_values(texts);
                Arc::new(StringArray::new(plain.offsets().clone(), plain.values().clone(), nulls))
            }
            HiveType::Binary => {
                let texts: Vec<_> = (0..len).map(|_| self.text()).collect();
                let plain = BinaryArray::from_iter_values(texts);
                Arc::new(BinaryArray::new(plain.offsets().clone(), plain.values().clone(), nulls))
            }
            HiveType::Array(element) => {
                let offsets = self.offsets(len);
                let inner = self.array(element, *offsets.last().unwrap() as usize + 3, percent);
                let field = Arc::new(Field::new("item", element.to_arrow(), true));
                Arc::new(ListArray::new(field, offsets, inner, nulls))
            }
            HiveType::Map(key, value) => {
                let offsets = self.offsets(len);
                let inner = *offsets.last().unwrap() as usize;
                let columns = vec![self.array(key, inner, 0), self.array(value, inner, percent)];
                let DataType::Map(field, _) = ty.to_arrow() else { panic!("not a map") };
                let DataType::Struct(fields) = field.data_type().clone() else { panic!("no") };
                let entries = StructArray::new(fields, columns, None);
                Arc::new(MapArray::new(field, offsets, entries, nulls, false))
            }
            HiveType::Struct(parts) => {
                let DataType::Struct(fields) = ty.to_arrow() else { panic!("not a struct") };
                let columns = parts.iter().map(|p| self.array(&p.ty, len, percent)).collect();
                Arc::new(StructArray::new(fields, columns, nulls))
            }
            other => panic!("{other} cannot be stored"),
        }
    }

    fn offsets(&mut self, len: usize) -> OffsetBuffer<i32> {
        let longest = [1, 2, 4, 12][self.below(4) as usize];
        OffsetBuffer::from_lengths((0..len).map(|_| self.below(longest) as usize))
    }

    fn unscaled(&mut self, precision: u8) -> i128 {
        let limit = 10i128.pow(precision.into());
        match self.below(4) {
            0 => limit - 1,
            1 => 1 - limit,
            2 => (i128::from(self.next()) << 64 | i128::from(self.next())) % limit,
            _ => i128::from(self.below(3)) - 1,
        }
    }

    fn float(&mut self) -> f64 {
        const ODD: [f64; 6] = [f64::NAN, 0.0, -0.0, f64::INFINITY, f64::NEG_INFINITY, 1e-300];
        match self.below(4) {
            0 => ODD[self.below(6) as usize],
            1 => f64::from_bits(self.next()),
            _ => self.below(4) as f64,
        }
    }

    /// Gives a time from year 1 to 9999.
    fn time(&mut self) -> i64 {
        let span = 315_537_897_600_000_000;
        let time = match self.below(4) {
            0 => -1,
            1 => self.below(3) as i64 * 86_400_000_000,
            _ => self.below(span) as i64 - 62_135_596_800_000_000,
        };
        if self.whole_millis { time.div_euclid(1000) * 1000 } else { time }
    }

    /// Gives a text that does not end in a space.
    fn text(&mut self) -> String {
        match self.below(6) {
            0 => String::new(),
            1 => "é".repeat(self.below(100) as usize),
            2 => format!(" {:x}", self.next()),
            3 => "\u{10ffff}".repeat(self.below(20) as usize),
            4 => "z".repeat(self.below(200) as usize),
            _ => format!("value {}", self.below(4)),
        }
    }
}
