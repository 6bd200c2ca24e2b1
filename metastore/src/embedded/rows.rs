//! Rows of the metastore's tables ↔ the model. Works inside the caller's transaction.
//!
//! Definitions are JSON in one column each: they are read and written whole. What is searched has columns of its own. A partition's storage
//! descriptor without its location is shared with all partitions stored alike.

use std::collections::HashMap;

use rusqlite::types::{FromSql, Value};
use rusqlite::{Connection, OptionalExtension, Params, Row};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::connection::failed;
use crate::error::{Error, Result};
use crate::filter::Predicate;
use crate::model::{Database, Partition, StorageDescriptor, Table};
use crate::names::{PartitionPath, PartitionSpec, TableName};

/// Identity of a row; never shown outside.
pub(super) type Id = i64;

pub(super) fn json<T: Serialize>(value: &T) -> Result<String> {
    serde_json::to_string(value)
        .map_err(|e| Error::internal("cannot write a metastore entry as json").with_source(e))
}

pub(super) fn from_json<T: DeserializeOwned>(text: &str) -> Result<T> {
    serde_json::from_str(text)
        .map_err(|e| Error::internal("metastore entry is damaged").with_source(e))
}

pub(super) fn execute(tx: &Connection, sql: &str, params: impl Params) -> Result<usize> {
    tx.prepare_cached(sql)
        .and_then(|mut s| s.execute(params))
        .map_err(|e| failed("cannot write to the metastore", e))
}

pub(super) fn one<T>(
    tx: &Connection,
    sql: &str,
    params: impl Params,
    read: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>,
) -> Result<Option<T>> {
    tx.prepare_cached(sql)
        .and_then(|mut s| s.query_row(params, read).optional())
        .map_err(|e| failed("cannot read from the metastore", e))
}

/// Reads the first column of every row that a query finds.
pub(super) fn values<T: FromSql>(
    tx: &Connection,
    sql: &str,
    params: impl Params,
) -> Result<Vec<T>> {
    tx.prepare_cached(sql)
        .and_then(|mut s| s.query_map(params, |row| row.get(0))?.collect())
        .map_err(|e| failed("cannot read from the metastore", e))
}

pub(super) fn find_database(tx: &Connection, name: &str) -> Result<Option<(Id, Database)>> {
    let found = one(tx, "SELECT id, content FROM databases WHERE name = ?", [name], |row| {
        Ok((row.get(0)?, row.get::<_, String>(1)?))
    })?;
    found.map(|(id, content)| Ok((id, from_json(&content)?))).transpose()
}

pub(super) fn database(tx: &Connection, name: &str) -> Result<(Id, Database)> {
    find_database(tx, name)?
        .ok_or_else(|| Error::not_found("database not found").with("database", name))
}

pub(super) fn database_names(tx: &Connection) -> Result<Vec<String>> {
    values(tx, "SELECT name FROM databases ORDER BY name", [])
}

pub(super) fn insert_database(tx: &Connection, database: &Database) -> Result<()> {
    let sql = "INSERT INTO databases (name, content) VALUES (?, ?)";
    execute(tx, sql, (&database.name, json(database)?)).map(drop)
}

pub(super) fn update_database(tx: &Connection, id: Id, database: &Database) -> Result<()> {
    execute(tx, "UPDATE databases SET content = ? WHERE id = ?", (json(database)?, id)).map(drop)
}

pub(super) fn delete_database(tx: &Connection, id: Id) -> Result<()> {
    execute(tx, "DELETE FROM databases WHERE id = ?", [id]).map(drop)
}

pub(super) fn find_table(tx: &Connection, name: &TableName) -> Result<Option<(Id, Table)>> {
    let sql = "SELECT t.id, t.content FROM databases d JOIN tables t ON t.database_id = d.id WHERE d.name = ? AND t.name = ?";
    let found = one(tx, sql, (name.database(), name.table()), |row| {
        Ok((row.get(0)?, row.get::<_, String>(1)?))
    })?;
    found.map(|(id, content)| Ok((id, from_json(&content)?))).transpose()
}

pub(super) fn table(tx: &Connection, name: &TableName) -> Result<(Id, Table)> {
    find_table(tx, name)?.ok_or_else(|| table_missing(name))
}

/// Finds a table without reading its definition.
pub(super) fn table_id(tx: &Connection, name: &TableName) -> Result<Id> {
    let sql = "SELECT t.id FROM databases d JOIN tables t ON t.database_id = d.id WHERE d.name = ? AND t.name = ?";
    one(tx, sql, (name.database(), name.table()), |row| row.get(0))?
        .ok_or_else(|| table_missing(name))
}

fn table_missing(name: &TableName) -> Error {
    Error::not_found("table not found").with("table", name)
}

pub(super) fn table_names(tx: &Connection, database_id: Id) -> Result<Vec<String>> {
    values(tx, "SELECT name FROM tables WHERE database_id = ? ORDER BY name", [database_id])
}

/// Reads a database's tables in the order of their names.
pub(super) fn tables(tx: &Connection, database_id: Id) -> Result<Vec<Table>> {
    let sql = "SELECT content FROM tables WHERE database_id = ? ORDER BY name";
    values::<String>(tx, sql, [database_id])?.iter().map(|content| from_json(content)).collect()
}

pub(super) fn insert_table(tx: &Connection, database_id: Id, table: &Table) -> Result<()> {
    let sql = "INSERT INTO tables (database_id, name, content) VALUES (?, ?, ?)";
    execute(tx, sql, (database_id, table.name.table(), json(table)?)).map(drop)
}

pub(super) fn update_table(tx: &Connection, id: Id, database_id: Id, table: &Table) -> Result<()> {
    let sql = "UPDATE tables SET database_id = ?, name = ?, content = ? WHERE id = ?";
    execute(tx, sql, (database_id, table.name.table(), json(table)?, id)).map(drop)
}

pub(super) fn delete_table(tx: &Connection, id: Id) -> Result<()> {
    execute(tx, "DELETE FROM partitions WHERE table_id = ?", [id])?;
    execute(tx, "DELETE FROM tables WHERE id = ?", [id]).map(drop)
}

/// Lists the folders of partitions that are not below `folder`.
pub(super) fn locations_outside(
    tx: &Connection,
    table_id: Id,
    folder: &str,
) -> Result<Vec<String>> {
    let sql = "SELECT DISTINCT location FROM partitions WHERE table_id = ?1
               AND substr(location || '/', 1, length(?2) + 1) <> ?2 || '/' ORDER BY location";
    values(tx, sql, (table_id, folder.trim_end_matches('/')))
}

/// Lists partition names in byte order behind `after`, at most `limit`.
pub(super) fn partition_names(
    tx: &Connection,
    table_id: Id,
    predicate: Option<&Predicate>,
    after: &str,
    limit: usize,
) -> Result<Vec<PartitionPath>> {
    let prefix = predicate.map(Predicate::path_prefix).unwrap_or_default();
    let end = end_of(&prefix);
    let start = after.max(prefix.as_str());
    let sql = "SELECT name FROM partitions
               WHERE table_id = ?1 AND name >= ?2 AND name < ?3 AND name <> ?4 ORDER BY name";
    let cannot = |error| failed("cannot read from the metastore", error);
    let mut statement = tx.prepare_cached(sql).map_err(cannot)?;
    let mut rows = statement.query((table_id, start, end, after)).map_err(cannot)?;
    let mut names = Vec::new();
    while names.len() < limit
        && let Some(row) = rows.next().map_err(cannot)?
    {
        let name = stored_path(row.get(0).map_err(cannot)?)?;
        let fits = match predicate {
            Some(predicate) => predicate.matches(&name.to_spec()?),
            None => true,
        };
        if fits {
            names.push(name);
        }
    }
    Ok(names)
}

/// Gives what is right behind the names below a folder.
///
/// Names that start with the prefix are the prefix itself and what follows prefix + '/'; '0' comes right behind '/'.
/// Without a prefix the end is a blob, which is behind every text.
fn end_of(prefix: &str) -> Value {
    if prefix.is_empty() { Value::Blob(Vec::new()) } else { Value::Text(format!("{prefix}0")) }
}

fn stored_path(name: String) -> Result<PartitionPath> {
    PartitionPath::try_from(name)
        .map_err(|e| Error::internal("metastore entry is damaged").with_source(e))
}

pub(super) fn delete_partition(tx: &Connection, table_id: Id, name: &PartitionPath) -> Result<()> {
    let sql = "DELETE FROM column_statistics WHERE table_id = ? AND partition = ?";
    execute(tx, sql, (table_id, name.as_str()))?;
    execute(tx, "DELETE FROM partitions WHERE table_id = ? AND name = ?", (table_id, name.as_str()))
        .map(drop)
}

/// Reads the partitions below a folder that `fits` lets through, in the order of their names.
pub(super) fn partitions(
    tx: &Connection,
    table: &TableName,
    table_id: Id,
    scan: &Scan<'_>,
) -> Result<Vec<Partition>> {
    let sql = "SELECT name, storage_id, location, create_time, last_access_time, parameters FROM partitions
               WHERE table_id = ?1 AND name >= ?2 AND name < ?3 ORDER BY name";
    let cannot = |error| failed("cannot read from the metastore", error);
    let mut statement = tx.prepare_cached(sql).map_err(cannot)?;
    let end = end_of(scan.prefix);
    let mut rows = statement.query((table_id, scan.prefix, end)).map_err(cannot)?;
    let mut store = Partitions::new(tx, table, table_id);
    let mut found = Vec::new();
    while found.len() < scan.limit
        && let Some(row) = rows.next().map_err(cannot)?
    {
        let spec = stored_path(row.get(0).map_err(cannot)?)?.to_spec()?;
        if scan.fits.is_some_and(|fits| !fits(&spec)) {
            continue;
        }
        let location: String = row.get(2).map_err(cannot)?;
        let parameters: String = row.get(5).map_err(cannot)?;
        found.push(Partition {
            table: table.clone(),
            spec,
            create_time: row.get(3).map_err(cannot)?,
            last_access_time: row.get(4).map_err(cannot)?,
            sd: StorageDescriptor {
                location: Some(location),
                ..store.storage(row.get(1).map_err(cannot)?)?
            },
            parameters: from_json(&parameters)?,
        });
    }
    Ok(found)
}

/// Reads the names of partitions, as [`partitions`].
pub(super) fn scan_names(tx: &Connection, table_id: Id, scan: &Scan<'_>) -> Result<Vec<String>> {
    let sql = "SELECT name FROM partitions WHERE table_id = ?1 AND name >= ?2 AND name < ?3 ORDER BY name";
    let cannot = |error| failed("cannot read from the metastore", error);
    let mut statement = tx.prepare_cached(sql).map_err(cannot)?;
    let end = end_of(scan.prefix);
    let mut rows = statement.query((table_id, scan.prefix, end)).map_err(cannot)?;
    let mut names = Vec::new();
    while names.len() < scan.limit
        && let Some(row) = rows.next().map_err(cannot)?
    {
        let name: String = row.get(0).map_err(cannot)?;
        let fits = match scan.fits {
            Some(fits) => fits(&stored_path(name.clone())?.to_spec()?),
            None => true,
        };
        if fits {
            names.push(name);
        }
    }
    Ok(names)
}

pub(super) fn rename_partition(
    tx: &Connection,
    table_id: Id,
    old: &PartitionPath,
    new: &PartitionPath,
) -> Result<()> {
    let sql = "UPDATE partitions SET name = ? WHERE table_id = ? AND name = ?";
    execute(tx, sql, (new.as_str(), table_id, old.as_str())).map(drop)
}

/// Which partitions to read.
pub(crate) struct Scan<'a> {
    /// Leading folders that all of them have; may be empty.
    pub(crate) prefix: &'a str,
    /// Which of these; `None` = all.
    pub(crate) fits: Option<&'a dyn Fn(&PartitionSpec) -> bool>,
    /// Most of them.
    pub(crate) limit: usize,
}

/// Reads and writes partitions of one table; remembers the storage descriptors that it met.
pub(super) struct Partitions<'a> {
    tx: &'a Connection,
    table: &'a TableName,
    table_id: Id,
    known: HashMap<Id, StorageDescriptor>,
}

impl<'a> Partitions<'a> {
    pub(super) fn new(tx: &'a Connection, table: &'a TableName, table_id: Id) -> Self {
        Self { tx, table, table_id, known: HashMap::new() }
    }

    pub(super) fn get(&mut self, name: &PartitionPath) -> Result<Option<Partition>> {
        let sql = "SELECT storage_id, location, create_time, last_access_time, parameters FROM partitions WHERE table_id = ? AND name = ?";
        let row = one(self.tx, sql, (self.table_id, name.as_str()), |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get::<_, String>(4)?))
        })?;
        let Some((storage_id, location, create_time, last_access_time, parameters)) = row else {
            return Ok(None);
        };
        Ok(Some(Partition {
            table: self.table.clone(),
            spec: name.to_spec()?,
            create_time,
            last_access_time,
            sd: StorageDescriptor { location: Some(location), ..self.storage(storage_id)? },
            parameters: from_json(&parameters)?,
        }))
    }

    pub(super) fn exists(&self, name: &PartitionPath) -> Result<bool> {
        let sql = "SELECT 1 FROM partitions WHERE table_id = ? AND name = ?";
        Ok(one(self.tx, sql, (self.table_id, name.as_str()), |_| Ok(()))?.is_some())
    }

    pub(super) fn insert(&mut self, name: &PartitionPath, partition: &Partition) -> Result<()> {
        let sql = "INSERT INTO partitions (storage_id, location, create_time, last_access_time, parameters, table_id, name)
                   VALUES (?, ?, ?, ?, ?, ?, ?)";
        self.put(sql, name, partition).map(drop)
    }

    /// Replaces a partition; false if it is missing.
    pub(super) fn update(&mut self, name: &PartitionPath, partition: &Partition) -> Result<bool> {
        let sql = "UPDATE partitions SET storage_id = ?, location = ?, create_time = ?, last_access_time = ?, parameters = ?
                   WHERE table_id = ? AND name = ?";
        self.put(sql, name, partition).map(|rows| rows > 0)
    }

    fn put(&mut self, sql: &str, name: &PartitionPath, p: &Partition) -> Result<usize> {
        let location =
            p.sd.location.as_deref().ok_or_else(|| Error::internal("partition has no location"))?;
        let storage = StorageDescriptor { location: None, ..p.sd.clone() };
        let storage_id = self.storage_id(&storage)?;
        let parameters = json(&p.parameters)?;
        let values = (
            storage_id,
            location,
            p.create_time,
            p.last_access_time,
            parameters,
            self.table_id,
            name.as_str(),
        );
        execute(self.tx, sql, values)
    }

    fn storage(&mut self, id: Id) -> Result<StorageDescriptor> {
        if let Some(storage) = self.known.get(&id) {
            return Ok(storage.clone());
        }
        let content: String =
            one(self.tx, "SELECT content FROM storage WHERE id = ?", [id], |row| row.get(0))?
                .ok_or_else(|| {
                    Error::internal("metastore entry is damaged").with("table", self.table)
                })?;
        let storage: StorageDescriptor = from_json(&content)?;
        self.known.insert(id, storage.clone());
        Ok(storage)
    }

    fn storage_id(&mut self, storage: &StorageDescriptor) -> Result<Id> {
        if let Some((id, _)) = self.known.iter().find(|(_, known)| *known == storage) {
            return Ok(*id);
        }
        let content = json(storage)?;
        let find = "SELECT id FROM storage WHERE table_id = ? AND content = ?";
        let id = if let Some(id) = one(self.tx, find, (self.table_id, &content), |row| row.get(0))?
        {
            id
        } else {
            execute(
                self.tx,
                "INSERT INTO storage (table_id, content) VALUES (?, ?)",
                (self.table_id, &content),
            )?;
            self.tx.last_insert_rowid()
        };
        self.known.insert(id, storage.clone());
        Ok(id)
    }
}
