//! A valid file with changed bytes is rows, or an error.

#![no_main]

use std::sync::{Arc, OnceLock};

use arrow::array::{Array, ArrayRef, RecordBatch, new_null_array};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field, Schema};
use bytes::Bytes;
use formats::orc::{OrcCompression, OrcEncoder, OrcFile, OrcOptions, OrcPredicate, OrcRead};
use libfuzzer_sys::fuzz_target;

const TYPES: [&str; 12] = [
    "boolean", "tinyint", "int", "bigint", "float", "double", "decimal(20,3)", "string",
    "timestamp", "date", "array<int>", "map<string,struct<a:int>>",
];

fn file() -> &'static [u8] {
    static FILE: OnceLock<Vec<u8>> = OnceLock::new();
    FILE.get_or_init(|| {
        let numbers: ArrayRef =
            Arc::new((0..300i64).map(|i| (i % 7 != 0).then_some(i * i)).collect::<arrow::array::Int64Array>());
        let (mut fields, mut columns) = (Vec::new(), Vec::new());
        for (i, text) in TYPES.iter().enumerate() {
            let ty: formats::types::HiveType = text.parse().unwrap();
            let arrow: DataType = ty.to_arrow();
            let column = cast(&numbers, &arrow).ok().filter(|c| c.len() == 300);
            columns.push(column.unwrap_or_else(|| new_null_array(&arrow, 300)));
            fields.push(Field::new(format!("c{i}"), arrow, true));
        }
        let batch = RecordBatch::try_new(Arc::new(Schema::new(fields)), columns).unwrap();
        let options = OrcOptions {
            compression: OrcCompression::None,
            row_index_stride: 1000,
            bloom_columns: vec!["c3".to_owned()],
            ..OrcOptions::default()
        };
        let mut encoder = OrcEncoder::new(&batch.schema(), None, &options).unwrap();
        let (mut open, mut out) = (encoder.start(), Vec::new());
        encoder.stripes(&mut open, &[batch], &mut out).unwrap();
        encoder.finish(open, &mut out).unwrap();
        out
    })
}

fuzz_target!(|data: &[u8]| {
    let mut changed = file().to_vec();
    for change in data.chunks_exact(3) {
        let place = usize::from(u16::from_le_bytes([change[0], change[1]])) % changed.len();
        changed[place] = change[2];
    }
    let Ok(file) = OrcFile::open(Bytes::from(changed)) else { return };
    for predicate in [None, Some(OrcPredicate::IsNotNull("c3".to_owned()))] {
        let what = OrcRead { predicate, batch_rows: 100, ..OrcRead::default() };
        let Ok(batches) = file.read(&what) else { return };
        for batch in batches.take(64) {
            if batch.is_err() {
                break;
            }
        }
    }
});
