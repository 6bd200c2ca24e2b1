//! Measures reading and writing of ORC files, in CPU seconds of one thread.
//!
//! Run with `cargo bench -p formats --bench orc -- FILE.orc [COLUMN LOW HIGH]`: reads all of the
//! file, then the rows whose column is an integer from LOW to HIGH, then writes what was read with
//! each codec and all statistics and indexes. Each figure is the best of several rounds.

#![expect(clippy::print_stdout, reason = "a measuring program")]
#![expect(clippy::unwrap_used, reason = "a file that cannot be read ends it")]

use std::fs;
use std::hint::black_box;

use arrow::array::RecordBatch;
use bytes::Bytes;
use formats::orc::{
    OrcComparison, OrcCompression, OrcEncoder, OrcFile, OrcOptions, OrcPredicate, OrcRead, OrcValue,
};

const ROUNDS: usize = 5;
const BATCH_ROWS: usize = 32_768;
/// Rows of a stripe, as an ingest buffers them.
const STRIPE_ROWS: usize = 1 << 20;

/// Returns the seconds that this thread has computed.
fn cpu() -> f64 {
    let text = fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    text.split(' ').next().unwrap().parse::<f64>().unwrap() / 1e9
}

fn best<T>(mut run: impl FnMut() -> T) -> (f64, T) {
    let mut least = f64::INFINITY;
    let mut result = None;
    for _ in 0..ROUNDS {
        let started = cpu();
        result = Some(black_box(run()));
        least = least.min(cpu() - started);
    }
    (least, result.unwrap())
}

fn rows(bytes: &Bytes, predicate: Option<OrcPredicate>) -> usize {
    let what = OrcRead { predicate, batch_rows: BATCH_ROWS, ..OrcRead::default() };
    let batches = OrcFile::open(bytes.clone()).unwrap().read(&what).unwrap();
    batches.map(|batch| black_box(batch.unwrap()).num_rows()).sum()
}

fn one_column(bytes: &Bytes, column: usize) -> usize {
    let file = OrcFile::open(bytes.clone()).unwrap();
    let columns = Some(vec![file.columns()[column].clone()]);
    let what = OrcRead { columns, batch_rows: BATCH_ROWS, ..OrcRead::default() };
    file.read(&what).unwrap().map(|batch| black_box(batch.unwrap()).num_rows()).sum()
}

fn write(batches: &[RecordBatch], compression: OrcCompression) -> usize {
    let options = OrcOptions { compression, ..OrcOptions::default() };
    let mut encoder = OrcEncoder::new(&batches[0].schema(), None, &options).unwrap();
    let (mut file, mut out, mut length) = (encoder.start(), Vec::new(), 0);
    for batches in batches.chunks(STRIPE_ROWS / BATCH_ROWS) {
        out.clear();
        encoder.stripes(&mut file, batches, &mut out).unwrap();
        length += black_box(&out).len();
    }
    out.clear();
    encoder.finish(file, &mut out).unwrap();
    length + out.len()
}

fn main() {
    let args: Vec<String> = std::env::args().skip(1).filter(|a| a != "--bench").collect();
    let Some(path) = args.first() else {
        println!("usage: orc FILE.orc [COLUMN LOW HIGH]");
        return;
    };
    let bytes = Bytes::from(fs::read(path).unwrap());
    let file = OrcFile::open(bytes.clone()).unwrap();
    println!("{path}: {:?}, {} stripes, {} bytes", file.compression(), file.stripes(), bytes.len());
    let (seconds, count) = best(|| rows(&bytes, None));
    println!("read: {count} rows in {seconds:.3} s");
    for (number, column) in file.columns().iter().enumerate() {
        let (seconds, _) = best(|| one_column(&bytes, number));
        println!("read {} {}: {seconds:.3} s", column.name, column.ty);
    }
    if let [_, column, low, high] = &args[..] {
        let bound = |comparison, value: &String| OrcPredicate::Compare {
            column: column.clone(),
            comparison,
            value: OrcValue::Integer(value.parse().unwrap()),
        };
        let predicate = OrcPredicate::And(vec![
            bound(OrcComparison::GreaterOrEqual, low),
            bound(OrcComparison::LessOrEqual, high),
        ]);
        let (seconds, count) = best(|| rows(&bytes, Some(predicate.clone())));
        println!("read {column} from {low} to {high}: {count} rows in {seconds:.4} s");
    }
    let what = OrcRead { batch_rows: BATCH_ROWS, ..OrcRead::default() };
    let batches: Vec<_> = file.read(&what).unwrap().map(Result::unwrap).collect();
    for codec in [
        OrcCompression::None,
        OrcCompression::Snappy,
        OrcCompression::Lz4,
        OrcCompression::Zstd,
        OrcCompression::Zlib,
    ] {
        let (seconds, length) = best(|| write(&batches, codec));
        println!("write {codec:?}: {length} bytes in {seconds:.3} s");
    }
}
