//! `announce URI FOLDER [LOCATION]`: announces a partition of one row for every line of stdin, and prints when.
//!
//! Makes the table `announced` (`id int`, partitioned by `p int`) of text files in the folder, which others may know by
//! another location, as a server of objects does. A line of stdout is the partition's
//! number and the nanoseconds since 1970 before and after the call that announced it.

#![expect(clippy::print_stdout, clippy::unwrap_used, clippy::panic, reason = "a measurement")]
#![expect(clippy::disallowed_methods, reason = "it measures time")]

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use metastore::client::{HiveCatalog, Options};
use metastore::{Catalog as _, FieldSchema, Partition, PartitionSpec, Table, location};

fn now() -> u128 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_nanos()
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [uri, folder, place @ ..] = arguments.as_slice() else {
        panic!("announce URI FOLDER [LOCATION]")
    };
    let catalog = HiveCatalog::new(Options::new(vec![uri.clone()])).unwrap();
    let mut table = Table::new("announced".parse().unwrap());
    table.sd.cols.push(FieldSchema::new("id", "int"));
    table.partition_keys.push(FieldSchema::new("p", "int"));
    let here = || location::from_path(Path::new(folder)).unwrap();
    table.sd.location = Some(place.first().cloned().unwrap_or_else(here));
    table.sd.input_format = Some("org.apache.hadoop.mapred.TextInputFormat".to_owned());
    let output = "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat";
    table.sd.output_format = Some(output.to_owned());
    let serde = "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe";
    table.sd.serde_info.serialization_lib = Some(serde.to_owned());
    let table = catalog.create_table(&table).unwrap();
    println!("ready");
    for n in 0.. {
        std::io::stdout().flush().unwrap();
        let mut line = String::new();
        if std::io::stdin().read_line(&mut line).unwrap() == 0 {
            return;
        }
        let place = Path::new(folder).join(format!("p={n}"));
        fs::create_dir_all(&place).unwrap();
        fs::write(place.join("part-0"), format!("{n}\n")).unwrap();
        let spec = PartitionSpec::new([("p", Some(n.to_string()))]);
        let before = now();
        catalog.add_partitions(&table.name, &[Partition::of_table(&table, spec)]).unwrap();
        println!("{n} {before} {}", now());
    }
}
