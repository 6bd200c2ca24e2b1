//! Measures reading of table files of every format, in CPU seconds of one thread.
//!
//! Run with `cargo bench -p formats --bench read -- FORMAT COLUMNS FILE [CONDITION]`: FORMAT is
//! `parquet`, `orc`, `avro`, `text` (fields end with commas), `csv` or `json`, COLUMNS are
//! `name:type;name:type`, and CONDITION leaves out what it can. The file is read in pieces from the
//! disk, as tables are; the figure is the best of several rounds. `integration/bench/read.py` has
//! pyarrow and DuckDB read the same files.

#![expect(clippy::print_stdout, reason = "a measuring program")]
#![expect(clippy::unwrap_used, reason = "a file that cannot be read ends it")]

use std::fs::{self, File};
use std::hint::black_box;
use std::io;
use std::os::unix::fs::FileExt;
use std::sync::Arc;

use bytes::Bytes;
use formats::Input;
use formats::serde_names::{Format, OPEN_CSV_SERDE};
use formats::table::{Descriptor, ReadRequest, TableColumn, open, parse_condition};

const ROUNDS: usize = 5;

/// A file on the disk.
#[derive(Debug)]
struct Disk(File, u64);

impl Input for Disk {
    fn size(&self) -> u64 {
        self.1
    }

    fn read_at(&self, offset: u64, length: usize) -> io::Result<Bytes> {
        let mut buffer = vec![0; length];
        self.0.read_exact_at(&mut buffer, offset)?;
        Ok(buffer.into())
    }
}

/// Returns the seconds that this thread has computed.
fn cpu() -> f64 {
    let text = fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    text.split(' ').next().unwrap().parse::<f64>().unwrap() / 1e9
}

fn descriptor(format: &str, columns: &str) -> Descriptor {
    let columns = columns.split(';').map(|column| {
        let (name, ty) = column.split_once(':').unwrap();
        TableColumn::new(name, ty.parse().unwrap())
    });
    let columns: Vec<TableColumn> = columns.collect();
    let stored = |format| Descriptor::stored_as(format, columns.clone());
    match format {
        "parquet" => stored(Format::Parquet),
        "orc" => stored(Format::Orc),
        "avro" => stored(Format::Avro),
        "json" => stored(Format::JsonFile),
        "csv" => Descriptor { serde: OPEN_CSV_SERDE.to_owned(), ..stored(Format::TextFile) },
        _ => {
            let mut text = stored(Format::TextFile);
            text.properties.insert("field.delim".to_owned(), ",".to_owned());
            text
        }
    }
}

fn main() {
    let args: Vec<String> = std::env::args().skip(1).filter(|a| a != "--bench").collect();
    let [format, columns, path, condition @ ..] = args.as_slice() else {
        println!("usage: read FORMAT COLUMNS FILE [CONDITION]");
        return;
    };
    let descriptor = descriptor(format, columns);
    let mut request = ReadRequest { file_name: path.clone(), ..ReadRequest::default() };
    request.predicate =
        condition.first().map(|text| parse_condition(text, &descriptor.columns).unwrap());
    let (mut least, mut rows) = (f64::INFINITY, 0);
    for _ in 0..ROUNDS {
        let started = cpu();
        let file = File::open(path).unwrap();
        let size = file.metadata().unwrap().len();
        let reader = open(&descriptor, Arc::new(Disk(file, size)), &request).unwrap();
        rows = reader.map(|batch| black_box(batch.unwrap()).num_rows()).sum();
        least = least.min(cpu() - started);
    }
    println!("{rows} rows {least:.4} s");
}
