//! Measures what catalog calls cost while a table grows: `cargo run --release -p metastore --example commit_cost [FOLDER]`.
//!
//! Times are medians in milliseconds. The folder (default: a temporary one) decides what a durable commit costs.
#![expect(clippy::print_stdout, reason = "prints a table")]
#![expect(clippy::disallowed_methods, reason = "measures wall time")]

use std::error::Error;
use std::path::PathBuf;
use std::time::Instant;

use metastore::model::keys;
use metastore::{
    Announcement, Catalog, EmbeddedStore, FieldSchema, Filter, Partition, PartitionPath,
    PartitionQuery, PartitionSpec, Table,
};

const SIZES: [usize; 3] = [0, 10_000, 100_000];
const ROUNDS: usize = 51;

fn main() -> Result<(), Box<dyn Error>> {
    let temporary = tempfile::tempdir()?;
    let folder = std::env::args().nth(1).map_or_else(|| temporary.path().to_owned(), PathBuf::from);
    let store = EmbeddedStore::open(&folder.join("commit_cost.db"), "/warehouse")?;
    let mut table = Table::new("commit_cost".parse()?);
    table.sd.cols =
        (0..20).map(|i| FieldSchema::new(format!("column_{i}"), "decimal(18,2)")).collect();
    table.partition_keys =
        vec![FieldSchema::new("n", "string"), FieldSchema::new("part", "string")];
    let table = store.create_table(&table)?;

    println!(
        "partitions | add 1000 | announce 1 | announce 100 | again 100 | get 100 | page of 1000 | 1 by filter"
    );
    let mut there = 0;
    for size in SIZES {
        let mut batches = Vec::new();
        while there < size {
            let started = Instant::now();
            let batch: Vec<_> = (there..there + 1000)
                .map(|i| Partition::of_table(&table, spec(i, "old")))
                .collect();
            store.add_partitions(&table.name, &batch)?;
            batches.push(started.elapsed().as_secs_f64() * 1e3);
            there += 1000;
        }
        let part = format!("size {size}");
        let one = median(|i| store.announce(&table.name, &[announcement(i, &part)]).map(drop))?;
        let hundred = |i: usize| -> Vec<_> {
            (0..100).map(|k| announcement(1000 + i * 100 + k, &part)).collect()
        };
        let many = median(|i| store.announce(&table.name, &hundred(i)).map(drop))?;
        let again = median(|i| store.announce(&table.name, &hundred(i)).map(drop))?;
        let paths: Vec<PartitionPath> =
            hundred(0).iter().map(|a| a.spec.to_path()).collect::<Result<_, _>>()?;
        let get = median(|_| store.get_partitions(&table.name, &paths).map(drop))?;
        let page = median(|_| {
            store.list_partition_names(&table.name, &PartitionQuery::default()).map(drop)
        })?;
        let filter = Filter::parse(&format!("n = '{}' and part = '{part}'", number(1000)))?;
        let query = PartitionQuery { filter: Some(&filter), ..PartitionQuery::default() };
        let filtered = median(|_| store.list_partition_names(&table.name, &query).map(drop))?;
        batches.sort_by(f64::total_cmp);
        let add = batches.get(batches.len() / 2).copied().unwrap_or_default();
        println!(
            "{size:>10} | {add:>8.2} | {one:>10.3} | {many:>12.3} | {again:>9.3} | {get:>7.3} | {page:>12.3} | {filtered:>11.3}"
        );
    }
    let started = Instant::now();
    let catalog: &dyn Catalog = &store;
    let names = catalog.partition_names(&table.name, None).collect::<Result<Vec<_>, _>>()?;
    println!("all {} names: {:.1} ms", names.len(), started.elapsed().as_secs_f64() * 1e3);
    let filter = Filter::parse("part like 'size%' and n < '5'")?;
    let started = Instant::now();
    let names =
        catalog.partition_names(&table.name, Some(&filter)).collect::<Result<Vec<_>, _>>()?;
    println!(
        "{} names of a filter without prefix: {:.1} ms",
        names.len(),
        started.elapsed().as_secs_f64() * 1e3
    );
    Ok(())
}

/// Spreads numbers over the key space, so that insertions hit all of the index.
fn number(i: usize) -> String {
    format!("{:08}", (i * 7919) % 1_000_003)
}

fn spec(i: usize, part: &str) -> PartitionSpec {
    PartitionSpec::new([("n", Some(number(i))), ("part", Some(part.to_owned()))])
}

fn announcement(i: usize, part: &str) -> Announcement {
    let statistics = [keys::NUM_FILES, keys::NUM_ROWS, keys::TOTAL_SIZE, keys::RAW_DATA_SIZE];
    Announcement {
        spec: spec(i, part),
        location: None,
        parameters: statistics.map(|key| (key.to_owned(), i.to_string())).into(),
        commit_id: format!("orders/{i}"),
        create_time: 1_767_225_600,
    }
}

fn median(mut run: impl FnMut(usize) -> metastore::Result<()>) -> metastore::Result<f64> {
    let mut times = Vec::with_capacity(ROUNDS);
    for round in 0..ROUNDS {
        let started = Instant::now();
        run(round)?;
        times.push(started.elapsed().as_secs_f64() * 1e3);
    }
    times.sort_by(f64::total_cmp);
    Ok(times[ROUNDS / 2])
}
