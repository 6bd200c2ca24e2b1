//! Decoding what was encoded is tested with the reader; here is what no reader shows.

use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array, RecordBatch, StringArray};

use crate::orc::{OrcEncoder, OrcOptions};

fn rows(from: i64, to: i64) -> RecordBatch {
    let ids: ArrayRef = Arc::new(Int64Array::from_iter_values(from..to));
    let texts = (from..to).map(|i| (i % 5 != 0).then(|| format!("text {}", i % 100)));
    let texts: ArrayRef = Arc::new(texts.collect::<StringArray>());
    RecordBatch::try_from_iter([("id", ids), ("s", texts)]).unwrap()
}

fn encode(batches: &[RecordBatch], options: &OrcOptions) -> Vec<u8> {
    let mut encoder = OrcEncoder::new(&batches[0].schema(), None, options).unwrap();
    let (mut file, mut out) = (encoder.start(), Vec::new());
    encoder.stripes(&mut file, batches, &mut out).unwrap();
    let stats = encoder.finish(file, &mut out).unwrap();
    assert_eq!(stats.bytes, out.len() as u64);
    out
}

#[test]
fn the_same_rows_give_the_same_bytes_however_they_are_batched() {
    let options = OrcOptions { stripe_bytes: 200_000, ..Default::default() };
    let whole = encode(&[rows(0, 50_000)], &options);
    let cut = encode(&[rows(0, 7), rows(7, 33_333), rows(33_333, 50_000)], &options);
    assert!(whole == cut);
}

#[test]
fn an_open_file_is_small() {
    let batch = rows(0, 10_000);
    let mut encoder = OrcEncoder::new(&batch.schema(), None, &OrcOptions::default()).unwrap();
    let (mut file, mut out) = (encoder.start(), Vec::new());
    for _ in 0..200 {
        encoder.stripes(&mut file, std::slice::from_ref(&batch), &mut out).unwrap();
    }
    assert!(file.memory() < 64 << 10, "{}", file.memory());
}

#[test]
fn a_failed_stripe_leaves_no_trace() {
    let batch = rows(0, 100);
    let mut encoder = OrcEncoder::new(&batch.schema(), None, &OrcOptions::default()).unwrap();
    let (mut file, mut out) = (encoder.start(), Vec::new());
    encoder.stripes(&mut file, std::slice::from_ref(&batch), &mut out).unwrap();
    let (len, memory) = (out.len(), file.memory());
    let other = batch.project(&[1, 0]).unwrap();
    assert!(encoder.stripes(&mut file, &[batch, other], &mut out).is_err());
    assert_eq!((out.len(), file.rows(), file.memory()), (len, 100, memory));
}
