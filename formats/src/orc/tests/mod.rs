//! What the writer writes and the reader reads, and how the reader takes bytes that nobody wrote.

mod broken;
mod describe;
mod evolution;
mod foreign;
mod pruning;
mod round_trip;

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, BinaryArray, BooleanArray, Date32Array, Decimal128Array,
    Float32Array, Float64Array, Int8Array, Int16Array, Int32Array, Int64Array, ListArray, MapArray,
    RecordBatch, StringArray, StructArray, TimestampMicrosecondArray, UnionArray, new_null_array,
};
use arrow::buffer::{NullBuffer, OffsetBuffer, ScalarBuffer};
use arrow::compute::concat_batches;
use arrow::datatypes::{DataType, Schema};
use arrow::util::display::array_value_to_string;
use bytes::Bytes;

use super::{OrcEncoder, OrcFile, OrcOptions, OrcRead};
use crate::types::{HiveType, StructField};

/// A small generator, so that all runs test the same rows.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % limit
    }

    /// Gives numbers that make runs of every kind: repeats, steps, small ones, a few large ones.
    fn number(&mut self, row: usize) -> i64 {
        let row = row as i64;
        match row / 700 % 6 {
            0 => 7,
            1 => row * 3,
            2 => row * 3 + self.below(3) as i64,
            3 => self.below(1000) as i64 - 500,
            4 if self.below(60) == 0 => self.below(1 << 50) as i64,
            4 => self.below(100) as i64,
            _ => (self.below(1 << 53) as i64).wrapping_mul(5001).wrapping_sub(1 << 60),
        }
    }
}

fn nulls(rows: usize, share: u64, random: &mut Random) -> Option<NullBuffer> {
    (share > 0).then(|| (0..rows).map(|_| random.below(share) != 0).collect())
}

/// Makes an array of a type; every `share`th value is null, none if 0.
fn array(ty: &HiveType, rows: usize, share: u64, random: &mut Random) -> ArrayRef {
    let nulls = nulls(rows, share, random);
    let valid = |row| nulls.as_ref().is_none_or(|n: &NullBuffer| n.is_valid(row));
    macro_rules! numbers {
        ($array:ty, $convert:expr) => {{
            let convert = $convert;
            let values = (0..rows).map(|row| valid(row).then(|| convert(random.number(row), row)));
            Arc::new(values.collect::<$array>())
        }};
    }
    match ty {
        HiveType::Boolean => numbers!(BooleanArray, |n: i64, _| n % 3 == 0),
        HiveType::TinyInt => numbers!(Int8Array, |n: i64, _| n as i8),
        HiveType::SmallInt => numbers!(Int16Array, |n: i64, _| n as i16),
        HiveType::Int => numbers!(Int32Array, |n: i64, _| n as i32),
        HiveType::BigInt => numbers!(Int64Array, |n: i64, _| n),
        HiveType::Float => numbers!(Float32Array, |n: i64, _| n as f32 / 3.0),
        HiveType::Double => numbers!(Float64Array, |n: i64, _| n as f64 / 3.0),
        HiveType::Date => numbers!(Date32Array, |n: i64, _| (n % 3_000_000) as i32),
        HiveType::Timestamp | HiveType::TimestampLocalTz => {
            let values = (0..rows).map(|row| {
                let n = random.number(row) % 200_000_000_000_000_000;
                // The second before 1970 cannot be told from the one after it.
                valid(row).then_some(if n < 0 { n - 1_000_000 } else { n })
            });
            let array = values.collect::<TimestampMicrosecondArray>();
            let zone = (*ty == HiveType::TimestampLocalTz).then_some("UTC");
            Arc::new(array.with_timezone_opt(zone))
        }
        HiveType::Decimal { precision, scale } => {
            let limit = 10i128.pow(u32::from(*precision));
            let values = (0..rows).map(|row| {
                let wide = i128::from(random.number(row)) * i128::from(random.number(row));
                valid(row).then_some(wide % limit)
            });
            let array = values.collect::<Decimal128Array>();
            Arc::new(array.with_precision_and_scale(*precision, *scale as i8).unwrap())
        }
        HiveType::String | HiveType::Varchar(_) | HiveType::Char(_) => {
            let values = (0..rows).map(|row| {
                let n = random.number(row);
                let text =
                    if row % 2000 < 1000 { format!("wört {}", n % 40) } else { n.to_string() };
                let text = match ty {
                    HiveType::Char(length) => {
                        format!("{text:<width$.width$}", width = *length as usize)
                    }
                    HiveType::Varchar(length) => text.chars().take(*length as usize).collect(),
                    _ => text,
                };
                valid(row).then_some(text)
            });
            Arc::new(values.collect::<StringArray>())
        }
        HiveType::Binary => {
            let values = (0..rows).map(|row| {
                let n = random.number(row);
                valid(row).then(|| n.to_le_bytes()[..(n & 7) as usize].to_vec())
            });
            Arc::new(values.collect::<BinaryArray>())
        }
        HiveType::Array(element) => {
            let offsets = offsets(rows, &valid, random);
            let values = array(element, *offsets.last().unwrap() as usize, share, random);
            let DataType::List(field) = ty.to_arrow() else { unreachable!() };
            Arc::new(ListArray::new(field, offsets, values, nulls.clone()))
        }
        HiveType::Map(key, value) => {
            let offsets = offsets(rows, &valid, random);
            let count = *offsets.last().unwrap() as usize;
            let columns = vec![array(key, count, 0, random), array(value, count, share, random)];
            let DataType::Map(field, _) = ty.to_arrow() else { unreachable!() };
            let DataType::Struct(fields) = field.data_type() else { unreachable!() };
            let entries = StructArray::new(fields.clone(), columns, None);
            Arc::new(MapArray::new(Arc::clone(&field), offsets, entries, nulls.clone(), false))
        }
        HiveType::Struct(fields) => {
            let columns = fields.iter().map(|f| array(&f.ty, rows, share, random));
            let columns = columns.collect();
            let DataType::Struct(fields) = ty.to_arrow() else { unreachable!() };
            masked(StructArray::new(fields, columns, nulls.clone()))
        }
        HiveType::Union(parts) => {
            let DataType::Union(fields, _) = ty.to_arrow() else { unreachable!() };
            let mut counts = vec![0; parts.len()];
            let (mut ids, mut offsets) = (Vec::new(), Vec::new());
            for _ in 0..rows {
                let tag = random.below(parts.len() as u64) as usize;
                ids.push(tag as i8);
                offsets.push(counts[tag]);
                counts[tag] += 1;
            }
            let children = parts.iter().zip(&counts);
            let children = children.map(|(ty, n)| array(ty, *n as usize, share, random)).collect();
            let (ids, offsets) = (ScalarBuffer::from(ids), ScalarBuffer::from(offsets));
            Arc::new(UnionArray::try_new(fields, ids, Some(offsets), children).unwrap())
        }
        _ => new_null_array(&ty.to_arrow(), rows),
    }
}

/// Makes the fields of null structs null, as they come back.
fn masked(array: StructArray) -> ArrayRef {
    let Some(nulls) = array.nulls() else { return Arc::new(array) };
    let places = nulls.iter().enumerate().map(|(i, valid)| valid.then_some(i as u32));
    let places = places.collect::<arrow::array::UInt32Array>();
    let columns = array.columns().iter();
    let columns = columns.map(|c| arrow::compute::take(c, &places, None).unwrap()).collect();
    Arc::new(StructArray::new(array.fields().clone(), columns, Some(nulls.clone())))
}

fn offsets(rows: usize, valid: &dyn Fn(usize) -> bool, random: &mut Random) -> OffsetBuffer<i32> {
    let lengths = (0..rows).map(|row| if valid(row) { random.below(4) as usize } else { 0 });
    OffsetBuffer::from_lengths(lengths)
}

/// Every type of Hive, and some nested ones.
fn all_types() -> Vec<StructField> {
    let texts = [
        "boolean",
        "tinyint",
        "smallint",
        "int",
        "bigint",
        "float",
        "double",
        "decimal(7,2)",
        "decimal(38,10)",
        "string",
        "varchar(5)",
        "char(7)",
        "binary",
        "date",
        "timestamp",
        "timestamp with local time zone",
        "array<int>",
        "map<string,bigint>",
        "struct<a:int,b:string>",
        "uniontype<int,string>",
        "array<struct<x:array<string>,y:map<int,decimal(10,3)>>>",
        "struct<u:array<uniontype<double,struct<z:boolean>>>,v:struct<w:timestamp>>",
    ];
    let fields = texts.iter().enumerate();
    fields.map(|(i, t)| StructField { name: format!("c{i}"), ty: t.parse().unwrap() }).collect()
}

fn batch(fields: &[StructField], rows: usize, share: u64, random: &mut Random) -> RecordBatch {
    let columns = fields.iter().map(|f| array(&f.ty, rows, share, random)).collect();
    let DataType::Struct(arrow) = HiveType::Struct(fields.to_vec()).to_arrow() else {
        unreachable!()
    };
    RecordBatch::try_new(Arc::new(Schema::new(arrow)), columns).unwrap()
}

fn encode(fields: &[StructField], stripes: &[RecordBatch], options: &OrcOptions) -> Bytes {
    let types: Vec<_> = fields.iter().map(|f| f.ty.clone()).collect();
    let DataType::Struct(arrow) = HiveType::Struct(fields.to_vec()).to_arrow() else {
        unreachable!()
    };
    let schema = Schema::new(arrow);
    let mut encoder = OrcEncoder::new(&schema, Some(&types), options).unwrap();
    let (mut file, mut out) = (encoder.start(), Vec::new());
    for stripe in stripes {
        encoder.stripes(&mut file, std::slice::from_ref(stripe), &mut out).unwrap();
    }
    let stats = encoder.finish(file, &mut out).unwrap();
    assert_eq!(stats.bytes, out.len() as u64);
    Bytes::from(out)
}

fn decode(bytes: &Bytes, what: &OrcRead) -> RecordBatch {
    let batches = OrcFile::open(bytes.clone()).unwrap().read(what).unwrap();
    let schema = Arc::clone(batches.schema());
    let all: Vec<_> = batches.map(Result::unwrap).collect();
    concat_batches(&schema, &all).unwrap()
}

fn integers(batch: &RecordBatch, column: usize) -> Vec<i64> {
    batch.column(column).as_primitive::<arrow::datatypes::Int64Type>().values().to_vec()
}

/// Compares value by value as text: unions of equal values may lie differently in memory.
fn assert_same(a: &RecordBatch, b: &RecordBatch) {
    assert_eq!(a.num_rows(), b.num_rows());
    for (column, field) in a.schema().fields().iter().enumerate() {
        let (x, y) = (a.column(column), b.column(column));
        if !field.data_type().to_string().contains("Union") {
            assert_eq!(x, y, "{}", field.name());
            continue;
        }
        for row in 0..a.num_rows() {
            let shown = |c: &ArrayRef| array_value_to_string(c, row).unwrap();
            assert_eq!(shown(x), shown(y), "{} of row {row}", field.name());
        }
    }
}
