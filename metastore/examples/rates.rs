//! How fast metastores are with one table of many partitions: `rates COUNT URI...`, all in one run. The URI `embedded` is this
//! crate's own, served over thrift from this process.
//!
//! Every metastore gets the same calls over thrift from one client: partitions added in calls of 100, read by name in calls of 100, found by
//! a filter (one day of three hundred), all names listed.

#![expect(clippy::print_stdout, clippy::disallowed_methods, reason = "a command that measures")]

use std::sync::Arc;
use std::time::Instant;

use metastore::client::{HiveCatalog, Options};
use metastore::server::{self, Server};
use metastore::{
    Catalog, Database, EmbeddedStore, FieldSchema, Filter, Partition, PartitionSpec, Result, Table,
    TableName,
};

/// Partitions of one call to the client, which splits it.
const CHUNK: usize = 1000;

fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let count: usize = arguments.next().and_then(|n| n.parse().ok()).unwrap_or(100_000);
    println!("{count} partitions; add, get, names: partitions a second; filter: milliseconds");
    for uri in arguments {
        if uri == "embedded" {
            let folder = std::env::temp_dir().join(format!("skep-rates-{}", std::process::id()));
            let warehouse = format!("file:{}", folder.join("warehouse").display());
            let store = EmbeddedStore::open(&folder.join("metastore.db"), &warehouse)?;
            let listen = ([127, 0, 0, 1], 0).into();
            let options = server::Options { listen, ..server::Options::default() };
            let server = Server::start(Arc::new(store), &options)?;
            measure(&format!("thrift://{}", server.address()), count)?;
            drop(server);
            std::fs::remove_dir_all(&folder).ok();
        } else {
            measure(&uri, count)?;
        }
    }
    Ok(())
}

fn measure(uri: &str, count: usize) -> Result<()> {
    let catalog = HiveCatalog::new(Options::new(vec![uri.to_owned()]))?;
    let table = make(&catalog)?;
    let all: Vec<Partition> = (0..count).map(|n| Partition::of_table(&table, spec(n))).collect();
    let started = Instant::now();
    for chunk in all.chunks(CHUNK) {
        catalog.add_partitions(&table.name, chunk)?;
    }
    let added = count as f64 / started.elapsed().as_secs_f64();

    let started = Instant::now();
    let names = catalog.list_partition_names(
        &table.name,
        &metastore::PartitionQuery { limit: usize::MAX, ..Default::default() },
    )?;
    let listed = names.len() as f64 / started.elapsed().as_secs_f64();

    // Spread over the table.
    let some: Vec<_> = names.iter().step_by(names.len().div_ceil(10_000)).cloned().collect();
    let started = Instant::now();
    let mut read = 0;
    for chunk in some.chunks(CHUNK) {
        read += catalog.get_partitions(&table.name, chunk)?.len();
    }
    let got = read as f64 / started.elapsed().as_secs_f64();

    let filter = Filter::parse("dt = '2026-0007'")?;
    let started = Instant::now();
    let rounds = 10;
    let mut found = 0;
    for _ in 0..rounds {
        found = catalog.filter_partitions(&table.name, &filter, None)?.len();
    }
    let millis = started.elapsed().as_secs_f64() * 1000.0 / f64::from(rounds);
    println!(
        "{uri}: add {added:.0}, get {got:.0}, names {listed:.0}, filter {millis:.1} ms for {found}"
    );
    catalog.drop_table(&table.name)?;
    Ok(())
}

/// 300 days of as many hours as it takes.
fn spec(n: usize) -> PartitionSpec {
    PartitionSpec::new([
        ("dt", Some(format!("2026-{:04}", n % 300))),
        ("hr", Some((n / 300).to_string())),
    ])
}

fn make(catalog: &HiveCatalog) -> Result<Table> {
    let database = Database { name: "rates".to_owned(), ..Database::default() };
    match catalog.create_database(&database) {
        Err(error) if error.kind() != metastore::Kind::AlreadyExists => return Err(error),
        _ => {}
    }
    let mut table = Table::new(TableName::new("rates", "many")?);
    table.sd.cols = vec![FieldSchema::new("id", "bigint"), FieldSchema::new("note", "string")];
    table.sd.input_format =
        Some("org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat".to_owned());
    table.sd.output_format =
        Some("org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat".to_owned());
    table.sd.serde_info.serialization_lib =
        Some("org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe".to_owned());
    table.partition_keys = vec![FieldSchema::new("dt", "string"), FieldSchema::new("hr", "int")];
    catalog.create_table(&table)
}
