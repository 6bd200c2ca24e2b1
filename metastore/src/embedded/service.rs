//! What the thrift server does in one transaction beyond the [`Catalog`](crate::Catalog) port.

use super::rows::{self, Partitions, Scan};
use super::store::EmbeddedStore;
use super::{events, extras};
use crate::error::{Error, Result};
use crate::model::{Partition, Table};
use crate::names::{PartitionPath, TableName};

/// What to do about a thing that is there already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Existing {
    /// It is an error.
    Refuse,
    /// It stays as it is.
    Keep,
}

impl EmbeddedStore {
    /// Adds partitions, all or none, whatever those that are there hold; gives the new ones as stored.
    pub(crate) fn insert_partitions(
        &self,
        table: &TableName,
        partitions: &[Partition],
        existing: Existing,
    ) -> Result<Vec<Partition>> {
        self.connections.write(|tx| {
            let (id, table) = rows::table(tx, table)?;
            let mut store = Partitions::new(tx, &table.name, id);
            let mut added = Vec::with_capacity(partitions.len());
            for partition in partitions {
                let path = table.partition_path(&partition.spec)?;
                if store.exists(&path)? {
                    if existing == Existing::Keep {
                        continue;
                    }
                    return Err(Error::already_exists("partition exists already")
                        .with("table", &table.name)
                        .with("partition", &path));
                }
                let partition = table.placed(partition)?;
                store.insert(&path, &partition)?;
                added.push(partition);
            }
            if !added.is_empty() {
                let specs = added.iter().map(|p| &p.spec);
                events::of_partitions(tx, "ADD_PARTITION", &table.name, specs)?;
            }
            Ok(added)
        })
    }

    /// Gives a partition other values, and what else it holds; its statistics go with it.
    pub(crate) fn rename_partition(
        &self,
        table: &TableName,
        old: &PartitionPath,
        partition: &Partition,
    ) -> Result<()> {
        self.connections.write(|tx| {
            let (id, table) = rows::table(tx, table)?;
            let mut store = Partitions::new(tx, &table.name, id);
            let new = table.partition_path(&partition.spec)?;
            if !store.exists(old)? {
                return Err(Error::not_found("partition not found")
                    .with("table", &table.name)
                    .with("partition", old));
            }
            if new != *old && store.exists(&new)? {
                return Err(Error::already_exists("partition exists already")
                    .with("table", &table.name)
                    .with("partition", &new));
            }
            rows::rename_partition(tx, id, old, &new)?;
            extras::rename_statistics(tx, id, old.as_str(), new.as_str())?;
            store.update(&new, &table.placed(partition)?)?;
            let spec = [&partition.spec];
            events::of_partitions(tx, "ALTER_PARTITION", &table.name, spec)
        })
    }

    /// Reads a table and those of its partitions that a scan lets through, in the order of their names.
    pub(crate) fn scan_partitions(
        &self,
        table: &TableName,
        scan: &Scan<'_>,
    ) -> Result<Vec<Partition>> {
        self.connections.read(|tx| {
            let id = rows::table_id(tx, table)?;
            rows::partitions(tx, table, id, scan)
        })
    }

    /// Reads the names of those partitions that a scan lets through.
    pub(crate) fn scan_names(&self, table: &TableName, scan: &Scan<'_>) -> Result<Vec<String>> {
        self.connections.read(|tx| {
            let id = rows::table_id(tx, table)?;
            rows::scan_names(tx, id, scan)
        })
    }

    /// Gives the number of a table, which another table never gets while it is there.
    pub(crate) fn table_number(&self, table: &TableName) -> Result<i64> {
        self.connections.read(|tx| rows::table_id(tx, table))
    }

    /// Reads the tables of a database that `fits` lets through, in the order of their names.
    pub(crate) fn tables(
        &self,
        database: &str,
        fits: &dyn Fn(&Table) -> bool,
    ) -> Result<Vec<Table>> {
        self.connections.read(|tx| {
            let (id, _) = rows::database(tx, database)?;
            let mut tables = rows::tables(tx, id)?;
            tables.retain(|table| fits(table));
            Ok(tables)
        })
    }
}
