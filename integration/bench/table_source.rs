//! How fast a table is read as a source, beside the bare decoder; and what a look at a large table costs.
//!
//! ```text
//! cargo run --release --example table_source -- scan WAREHOUSE TABLE      # of tables that `skep ingest` wrote
//! cargo run --release --example table_source -- poll EMPTY_FOLDER 100000  # makes so many partitions first
//! ```

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a benchmark")]
#![expect(clippy::disallowed_methods, reason = "it measures the wall clock")]

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use formats::serde_names::Format;
use formats::table::{ReadRequest, open};
use metastore::names::{PartitionSpec, TableName};
use metastore::{Catalog, FieldSchema, Partition, Table, location};
use skep::names::LaneId;
use skep::read::enumerator::{ReplacedFiles, Rules};
use skep::read::order::Order;
use skep::read::source::{TableOptions, TableSource};
use skep::read::{Files, ReadTable, ScanPlan};
use skep::source::{Offsets, Payload, Source};
use skep::time::{Clock, Timestamp};

/// Rounds of a scan; the best counts.
const ROUNDS: usize = 3;

#[derive(Debug)]
struct Moved(AtomicI64);

impl Clock for Moved {
    fn now(&self) -> Timestamp {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        let now = i64::try_from(now.as_millis()).unwrap();
        Timestamp(now + self.0.load(Ordering::Relaxed))
    }
}

fn source(
    catalog: &Arc<dyn Catalog>,
    name: &TableName,
    interval: Option<Duration>,
    clock: Arc<dyn Clock>,
) -> TableSource {
    let table = ReadTable::new(catalog.get_table(name).unwrap()).unwrap();
    let mut plan = ScanPlan::new(&table, None).unwrap();
    plan.batch_rows = 16_384;
    let rules = Rules {
        branch: 0,
        table: name.to_string(),
        order: Order::PartitionName,
        start: None,
        replaced: ReplacedFiles::Read,
        watermark: None,
    };
    let options = TableOptions {
        table: name.clone(),
        rules,
        schema: plan.schema(),
        plan,
        monitor_interval: interval,
        split_bytes: 128 << 20,
    };
    TableSource::new(options, Arc::clone(catalog), Arc::new(Files::new()), clock)
}

/// Lists once and takes in what is found, as a job does.
fn discover(source: &TableSource, known: &mut Offsets) -> (Vec<skep::source::Split>, bool) {
    let found = source.discover(known).unwrap();
    for delta in &found.tables {
        known.tables.entry(delta.branch).or_default().apply(delta);
    }
    (found.splits, found.left.is_empty())
}

fn scan(warehouse: &Path, name: &TableName) {
    let catalog = skep::catalog::open(warehouse).unwrap();
    let files = Files::new();
    let table = ReadTable::new(catalog.get_table(name).unwrap()).unwrap();
    let rate = |rows: usize, begun: Instant| rows as f64 / begun.elapsed().as_secs_f64() / 1e6;
    let (mut bare, mut reader) = (0_f64, 0_f64);
    for _ in 0..ROUNDS {
        let (begun, mut rows) = (Instant::now(), 0);
        for partition in table.partitions(catalog.as_ref(), None) {
            let partition = partition.unwrap();
            for file in files.list(&partition.location).unwrap() {
                let request = ReadRequest { batch_rows: 16_384, ..ReadRequest::default() };
                let input = files.open(&file).unwrap();
                for batch in open(&partition.descriptor, input, &request).unwrap() {
                    rows += batch.unwrap().num_rows();
                }
            }
        }
        bare = bare.max(rate(rows, begun));
        let decoded = rows;
        let (begun, mut rows) = (Instant::now(), 0);
        let source = source(&catalog, name, None, Arc::new(Moved(AtomicI64::new(0))));
        let mut known = Offsets::default();
        loop {
            let (splits, done) = discover(&source, &mut known);
            for split in &splits {
                let mut split = source.open(split, 0, LaneId(0)).unwrap();
                while let Some(payload) = split.next(None).unwrap() {
                    let Payload::Rows { batch, .. } = payload else { continue };
                    rows += batch.num_rows();
                }
            }
            if done {
                break;
            }
        }
        reader = reader.max(rate(rows, begun));
        assert_eq!(rows, decoded);
        println!("{name}: {rows} rows, bare decoder {bare:.2}, source {reader:.2} million rows/s");
    }
    println!("{name}: the source reads at {:.3} of the bare decoder's rate", reader / bare);
}

fn poll(folder: &Path, count: usize) {
    let catalog = skep::catalog::open(folder).unwrap();
    let name = TableName::new("default", "t").unwrap();
    let names = Format::Parquet.class_names();
    let mut table = Table::new(name.clone());
    table.sd.input_format = Some(names.input_format.to_owned());
    table.sd.serde_info.serialization_lib = Some(names.serde.to_owned());
    table.sd.cols = vec![FieldSchema::new("id", "bigint")];
    table.partition_keys = vec![FieldSchema::new("p", "string")];
    let table = catalog.create_table(&table).unwrap();
    let add = |numbers: &[usize]| {
        let mut partitions = Vec::new();
        for n in numbers {
            let spec = PartitionSpec::new([("p", Some(format!("{n:07}")))]);
            let place = location::to_path(&table.partition_location(&spec).unwrap()).unwrap();
            std::fs::create_dir_all(&place).unwrap();
            // Complete by its ending; nobody opens it here.
            std::fs::write(place.join("part-0.parquet"), "PAR1PAR1").unwrap();
            partitions.push(Partition::of_table(&table, spec));
        }
        catalog.add_partitions(&name, &partitions).unwrap();
    };
    let begun = Instant::now();
    let numbers: Vec<usize> = (0..count).collect();
    numbers.chunks(1000).for_each(add);
    println!("{count} partitions made in {:.1} s", begun.elapsed().as_secs_f64());
    let clock = Arc::new(Moved(AtomicI64::new(0)));
    let moved = Arc::clone(&clock);
    let source = source(&catalog, &name, Some(Duration::from_secs(60)), clock);
    let mut known = Offsets::default();
    let begun = Instant::now();
    while !discover(&source, &mut known).1 {}
    println!("the first look takes {:.2} s", begun.elapsed().as_secs_f64());
    let state = serde_json::to_string(&known).unwrap();
    println!(
        "the state has {} bytes, {:.1} a partition",
        state.len(),
        state.len() as f64 / count as f64
    );
    // Long after everything was written, as in a table of months.
    moved.0.fetch_add(86_400_000, Ordering::Relaxed);
    for n in 0..10 {
        add(&[count + n]);
        moved.0.fetch_add(60_000, Ordering::Relaxed);
        let (before, begun) = (source.calls(), Instant::now());
        let (_, done) = discover(&source, &mut known);
        let (took, after) = (begun.elapsed(), source.calls());
        assert!(done);
        println!(
            "a look with one new partition takes {:.1} ms: {} folders listed, {} asked for their time, {} partitions and {} names read",
            took.as_secs_f64() * 1e3,
            after.listed - before.listed,
            after.asked - before.asked,
            after.fetched - before.fetched,
            after.names - before.names,
        );
    }
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["scan", warehouse, table] => scan(Path::new(warehouse), &table.parse().unwrap()),
        ["poll", folder, count] => poll(Path::new(folder), count.parse().unwrap()),
        _ => println!("scan WAREHOUSE TABLE | poll EMPTY_FOLDER COUNT"),
    }
}
