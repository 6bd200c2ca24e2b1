//! How fast metastores are with one table of many partitions: `rates COUNT URI...`, all in one run. The URI `embedded` is this
//! crate's own, served over thrift from this process.
//!
//! Every metastore gets the same calls over thrift from one client: partitions added in calls of 100, read by name in calls of 100, found by
//! a filter (one day of three hundred), all names listed. They take turns, so that whatever else the machine does hits all of them.

#![expect(clippy::print_stdout, clippy::disallowed_methods, reason = "a command that measures")]

use std::sync::Arc;
use std::time::{Duration, Instant};

use metastore::client::{HiveCatalog, Options};
use metastore::server::{self, Server};
use metastore::{
    Catalog, Database, EmbeddedStore, FieldSchema, Filter, Partition, PartitionPath,
    PartitionQuery, PartitionSpec, Result, Table, TableName,
};

/// Partitions of one turn; the client splits them into calls of 100.
const CHUNK: usize = 1000;

/// Partitions that are read by name, spread over the table.
const READ: usize = 10_000;

/// Turns of what is done as a whole.
const ROUNDS: usize = 10;

/// One metastore and the time that it took.
struct Side {
    uri: String,
    catalog: HiveCatalog,
    table: Table,
    names: Vec<PartitionPath>,
    add: Duration,
    list: Duration,
    get: Duration,
    filter: Duration,
    /// Partitions that were read by name, and found by a filter.
    found: (usize, usize),
}

fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let count: usize = arguments.next().and_then(|n| n.parse().ok()).unwrap_or(100_000);
    println!("{count} partitions; add, get, names: partitions a second; filter: milliseconds");
    let folder = std::env::temp_dir().join(format!("skep-rates-{}", std::process::id()));
    let warehouse = format!("file:{}", folder.join("warehouse").display());
    let store = EmbeddedStore::open(&folder.join("metastore.db"), &warehouse)?;
    let listen = ([127, 0, 0, 1], 0).into();
    let options = server::Options { listen, ..server::Options::default() };
    let server = Server::start(Arc::new(store), &options)?;
    let own = format!("thrift://{}", server.address());
    let sides: Result<Vec<Side>> =
        arguments.map(|uri| Side::new(&uri, if uri == "embedded" { &own } else { &uri })).collect();
    let measured = sides.and_then(|sides| measure(sides, count));
    drop(server);
    std::fs::remove_dir_all(&folder).ok();
    measured
}

fn timed<T>(total: &mut Duration, run: impl FnOnce() -> Result<T>) -> Result<T> {
    let started = Instant::now();
    let result = run();
    *total += started.elapsed();
    result
}

fn measure(mut sides: Vec<Side>, count: usize) -> Result<()> {
    for start in (0..count).step_by(CHUNK) {
        for side in &mut sides {
            side.add(start..(start + CHUNK).min(count))?;
        }
    }
    for _ in 0..ROUNDS {
        for side in &mut sides {
            side.list()?;
        }
    }
    for turn in 0..READ.div_ceil(CHUNK) {
        for side in &mut sides {
            side.get(turn)?;
        }
    }
    for _ in 0..ROUNDS {
        for side in &mut sides {
            side.filter()?;
        }
    }
    for side in &sides {
        side.print(count);
        side.catalog.drop_table(&side.table.name)?;
    }
    Ok(())
}

impl Side {
    fn new(name: &str, address: &str) -> Result<Self> {
        let catalog = HiveCatalog::new(Options::new(vec![address.to_owned()]))?;
        let table = make(&catalog)?;
        let zero = Duration::ZERO;
        let (add, list, get, filter) = (zero, zero, zero, zero);
        let (uri, names, found) = (name.to_owned(), Vec::new(), (0, 0));
        Ok(Self { uri, catalog, table, names, add, list, get, filter, found })
    }

    fn add(&mut self, numbers: std::ops::Range<usize>) -> Result<()> {
        let partition = |n| Partition::of_table(&self.table, spec(n));
        let some: Vec<Partition> = numbers.map(partition).collect();
        timed(&mut self.add, || self.catalog.add_partitions(&self.table.name, &some)).map(drop)
    }

    fn list(&mut self) -> Result<()> {
        let query = PartitionQuery { limit: usize::MAX, ..PartitionQuery::default() };
        let (catalog, table) = (&self.catalog, &self.table.name);
        self.names = timed(&mut self.list, || catalog.list_partition_names(table, &query))?;
        Ok(())
    }

    fn get(&mut self, turn: usize) -> Result<()> {
        let spread = self.names.iter().step_by(self.names.len().div_ceil(READ).max(1));
        let some: Vec<_> = spread.skip(turn * CHUNK).take(CHUNK).cloned().collect();
        let (catalog, table) = (&self.catalog, &self.table.name);
        self.found.0 += timed(&mut self.get, || catalog.get_partitions(table, &some))?.len();
        Ok(())
    }

    fn filter(&mut self) -> Result<()> {
        let filter = Filter::parse("dt = '2026-0007'")?;
        let (catalog, table) = (&self.catalog, &self.table.name);
        let found = timed(&mut self.filter, || catalog.filter_partitions(table, &filter, None))?;
        self.found.1 = found.len();
        Ok(())
    }

    fn print(&self, count: usize) {
        let rate = |things: usize, time: Duration| things as f64 / time.as_secs_f64();
        println!(
            "{}: add {:.0}, get {:.0}, names {:.0}, filter {:.1} ms for {}",
            self.uri,
            rate(count, self.add),
            rate(self.found.0, self.get),
            rate(self.names.len() * ROUNDS, self.list),
            self.filter.as_secs_f64() * 1000.0 / ROUNDS as f64,
            self.found.1
        );
    }
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
