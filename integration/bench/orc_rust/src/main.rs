//! Reads an ORC file with orc-rust: prints the rows and the least CPU seconds of several rounds.

use std::fs;

use bytes::Bytes;
use orc_rust::arrow_reader::ArrowReaderBuilder;

const ROUNDS: usize = 5;

fn cpu() -> f64 {
    let text = fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    text.split(' ').next().unwrap().parse::<f64>().unwrap() / 1e9
}

fn main() {
    let path = std::env::args().nth(1).expect("usage: orc-rust-bench FILE.orc");
    let bytes = Bytes::from(fs::read(path).unwrap());
    let (mut least, mut rows) = (f64::INFINITY, 0);
    for _ in 0..ROUNDS {
        let started = cpu();
        let builder = ArrowReaderBuilder::try_new(bytes.clone()).unwrap();
        let batches = builder.with_batch_size(32_768).build();
        rows = batches.map(|batch| batch.unwrap().num_rows()).sum();
        least = least.min(cpu() - started);
    }
    println!("read: {rows} rows in {least:.3} s");
}
