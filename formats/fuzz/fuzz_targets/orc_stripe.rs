//! A valid file with changed bytes is rows, or an error.

#![no_main]

use std::sync::{Arc, OnceLock};

use arrow::array::{Array, ArrayRef, Int64Array, ListArray, RecordBatch, StructArray, new_null_array};
use arrow::buffer::OffsetBuffer;
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field, Schema};
use formats::orc::{OrcCompression, OrcEncoder, OrcOptions};
use formats::types::HiveType;
use formats_fuzz::orc::read;
use libfuzzer_sys::fuzz_target;

const ROWS: usize = 1200;
const TYPES: [&str; 13] = [
    "bigint", "boolean", "tinyint", "int", "float", "double", "decimal(20,3)", "string", "string",
    "timestamp", "date", "array<int>", "struct<a:int,b:string>",
];
const CODECS: [OrcCompression; 5] = [
    OrcCompression::None,
    OrcCompression::Zlib,
    OrcCompression::Snappy,
    OrcCompression::Lz4,
    OrcCompression::Zstd,
];

fn column(numbers: &Int64Array, ty: &DataType, place: usize) -> ArrayRef {
    match ty {
        DataType::List(item) => {
            let lengths = OffsetBuffer::from_lengths((0..numbers.len()).map(|i| i % 3));
            let length = *lengths.last().unwrap() as usize;
            let long: Int64Array = (0..length as i64).map(Some).collect();
            let items = column(&long, item.data_type(), 0);
            Arc::new(ListArray::new(Arc::clone(item), lengths, items, numbers.nulls().cloned()))
        }
        DataType::Struct(fields) => {
            let inner = fields.iter().map(|f| column(numbers, f.data_type(), 0)).collect();
            Arc::new(StructArray::new(fields.clone(), inner, numbers.nulls().cloned()))
        }
        DataType::Utf8 if place == 8 => {
            let few: Int64Array = numbers.iter().map(|n| n.map(|n| n % 5)).collect();
            cast(&few, ty).unwrap()
        }
        DataType::Date32 => cast(&cast(numbers, &DataType::Int32).unwrap(), ty).unwrap(),
        _ => cast(numbers, ty).unwrap_or_else(|_| new_null_array(ty, numbers.len())),
    }
}

fn encode(compression: OrcCompression) -> Vec<u8> {
    let row = |i: i64| (i % 7 != 0 && i / 400 != 1).then_some(i * 10);
    let numbers: Int64Array = (0..ROWS as i64).map(row).collect();
    let (mut fields, mut columns) = (Vec::new(), Vec::new());
    for (i, text) in TYPES.iter().enumerate() {
        let arrow = text.parse::<HiveType>().unwrap().to_arrow();
        columns.push(column(&numbers, &arrow, i));
        fields.push(Field::new(format!("c{i}"), arrow, true));
    }
    let batch = RecordBatch::try_new(Arc::new(Schema::new(fields)), columns).unwrap();
    let options = OrcOptions {
        compression,
        row_index_stride: 1000,
        block_bytes: 4096,
        bloom_columns: vec!["c0".to_owned(), "c7".to_owned()],
        ..OrcOptions::default()
    };
    let mut encoder = OrcEncoder::new(&batch.schema(), None, &options).unwrap();
    let (mut open, mut out) = (encoder.start(), Vec::new());
    encoder.stripes(&mut open, &[batch], &mut out).unwrap();
    encoder.finish(open, &mut out).unwrap();
    out
}

fn files() -> &'static [Vec<u8>] {
    static FILES: OnceLock<Vec<Vec<u8>>> = OnceLock::new();
    FILES.get_or_init(|| CODECS.into_iter().map(encode).collect())
}

fuzz_target!(|data: &[u8]| {
    let Some((codec, changes)) = data.split_first() else { return };
    let mut changed = files()[usize::from(*codec) % CODECS.len()].clone();
    for change in changes.chunks_exact(4) {
        let place = u32::from_le_bytes([change[0], change[1], change[2], 0]) as usize % changed.len();
        // Half of the changes hit the end, where indexes of the stripe's footer and the tail are.
        let place = if change[0] & 1 == 1 { changed.len() - 1 - place % 2048 } else { place };
        changed[place] = change[3];
    }
    read(changed, 700);
});
