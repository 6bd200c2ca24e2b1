//! Partitions, files and warehouses for tests.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, UNIX_EPOCH};

use formats::serde_names::Format;
use formats::table::Descriptor;
use metastore::names::{DEFAULT_PARTITION_NAME, PartitionPath, TableName};
use metastore::{Catalog, FieldSchema, Partition, Table};

use super::{DataFile, Files, ReadTable, TablePartition};
use crate::source::FileIdentity;
use crate::time::{Clock, Timestamp};

/// Makes a partition of the table in `file:/w/t`.
pub(super) fn partition(name: &str, create_time: i32) -> TablePartition {
    let spec = PartitionPath::parse_spec(name, DEFAULT_PARTITION_NAME).unwrap();
    TablePartition {
        name: name.to_owned(),
        values: spec.iter().map(|(_, value)| value.map(str::to_owned)).collect(),
        location: format!("file:/w/t/{name}").trim_end_matches('/').to_owned(),
        descriptor: Arc::new(Descriptor::default()),
        renamed: BTreeMap::new(),
        create_time,
        parameters: BTreeMap::new(),
    }
}

/// Makes a file whose version is told by its inode.
pub(super) fn file(path: &str, inode: u64) -> DataFile {
    let identity = FileIdentity { size: 1000, modified_ns: 1_000_000_000, inode };
    DataFile::new(path.to_owned(), identity)
}

/// A warehouse with one table, `default.t`, and a clock that stands where it is put.
#[derive(Debug)]
pub(super) struct Warehouse {
    folder: tempfile::TempDir,
    /// The catalog of the warehouse.
    pub(super) catalog: Arc<dyn Catalog>,
    /// Its files.
    pub(super) files: Arc<Files>,
    now: Arc<AtomicI64>,
}

#[derive(Debug)]
struct Stopped(Arc<AtomicI64>);

impl Clock for Stopped {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.load(Ordering::Relaxed))
    }
}

/// When the files of a test are written, unless it says otherwise: long before the clock's time. Units: seconds.
const LONG_AGO: u64 = 1_700_000_000;

impl Warehouse {
    pub(super) fn new(format: Format, columns: &[(&str, &str)], keys: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let catalog = crate::catalog::open(folder.path()).unwrap();
        let mut table = Table::new(name());
        let names = format.class_names();
        table.sd.input_format = Some(names.input_format.to_owned());
        table.sd.output_format = Some(names.output_format.to_owned());
        table.sd.serde_info.serialization_lib = Some(names.serde.to_owned());
        table.sd.cols = columns.iter().map(|(name, ty)| FieldSchema::new(*name, *ty)).collect();
        table.partition_keys = keys.iter().map(|key| FieldSchema::new(*key, "string")).collect();
        catalog.create_table(&table).unwrap();
        let now = Arc::new(AtomicI64::new(1_800_000_000_000));
        Self { folder, catalog, files: Arc::new(Files::new()), now }
    }

    pub(super) fn table(&self) -> ReadTable {
        ReadTable::new(self.catalog.get_table(&name()).unwrap()).unwrap()
    }

    pub(super) fn clock(&self) -> Arc<dyn Clock> {
        Arc::new(Stopped(Arc::clone(&self.now)))
    }

    pub(super) fn now(&self) -> Timestamp {
        self.clock().now()
    }

    /// Lets time pass. Units: seconds.
    pub(super) fn wait(&self, seconds: i64) {
        self.now.fetch_add(seconds * 1000, Ordering::Relaxed);
    }

    pub(super) fn path(&self, below: &str) -> PathBuf {
        self.folder.path().canonicalize().unwrap().join("t").join(below)
    }

    /// Announces partitions.
    pub(super) fn announce(&self, names: &[&str]) {
        let table = self.table().table;
        let partition = |name: &&str| {
            let spec = PartitionPath::parse_spec(name, DEFAULT_PARTITION_NAME).unwrap();
            Partition::of_table(&table, spec)
        };
        let partitions: Vec<Partition> = names.iter().map(partition).collect();
        self.catalog.add_partitions(&table.name, &partitions).unwrap();
    }

    pub(super) fn drop(&self, partition: &str) {
        self.catalog.drop_partitions(&name(), &[partition.parse().unwrap()]).unwrap();
    }

    /// Writes a file, long ago.
    pub(super) fn write(&self, below: &str, bytes: impl AsRef<[u8]>) {
        self.write_at(below, bytes, LONG_AGO);
    }

    /// Writes a file in a second since 1970; its folder was changed then, too.
    pub(super) fn write_at(&self, below: &str, bytes: impl AsRef<[u8]>, second: u64) {
        let path = self.path(below);
        let folder = path.parent().unwrap();
        fs::create_dir_all(folder).unwrap();
        // Times of folders differ by what was put into them, as they would if time passed.
        let entries = fs::read_dir(folder).unwrap().count() as u64;
        fs::write(&path, bytes).unwrap();
        let time = UNIX_EPOCH + Duration::from_secs(second);
        for (path, time) in
            [(path.as_path(), time), (folder, time + Duration::from_millis(entries))]
        {
            fs::File::open(path).unwrap().set_modified(time).unwrap();
        }
    }

    pub(super) fn remove(&self, below: &str) {
        fs::remove_file(self.path(below)).unwrap();
    }
}

/// The table's name.
pub(super) fn name() -> TableName {
    TableName::new("default", "t").unwrap()
}
