//! What a metastore keeps beside tables and partitions: column statistics, constraints, functions.
//!
//! Their content is opaque here: the bytes of a thrift struct.

use rusqlite::Connection;

use super::rows::{self, Id, execute, values};
use super::store::EmbeddedStore;
use crate::error::{Error, Result};
use crate::names::TableName;

/// Statistics of one column of a table (no partition: the empty name) or partition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Statistics {
    pub(crate) partition: String,
    pub(crate) column: String,
    pub(crate) content: Vec<u8>,
}

/// Kind of a constraint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ConstraintKind {
    Primary,
    Foreign,
    Unique,
    NotNull,
    Default,
    Check,
}

impl ConstraintKind {
    fn as_str(self) -> &'static str {
        match self {
            ConstraintKind::Primary => "primary",
            ConstraintKind::Foreign => "foreign",
            ConstraintKind::Unique => "unique",
            ConstraintKind::NotNull => "not null",
            ConstraintKind::Default => "default",
            ConstraintKind::Check => "check",
        }
    }
}

pub(super) fn rename_statistics(tx: &Connection, table: Id, old: &str, new: &str) -> Result<()> {
    let sql = "UPDATE column_statistics SET partition = ? WHERE table_id = ? AND partition = ?";
    execute(tx, sql, (new, table, old)).map(drop)
}

impl EmbeddedStore {
    /// Writes column statistics, all or none; they replace those of the same partition and column.
    pub(crate) fn put_statistics(
        &self,
        table: &TableName,
        engine: &str,
        all: &[Statistics],
    ) -> Result<()> {
        self.connections.write(|tx| {
            let id = rows::table_id(tx, table)?;
            for one in all {
                let sql = "INSERT OR REPLACE INTO column_statistics (table_id, partition, engine, name, content) VALUES (?, ?, ?, ?, ?)";
                execute(tx, sql, (id, &one.partition, engine, &one.column, &one.content))?;
            }
            Ok(())
        })
    }

    /// Reads the statistics of some columns of some partitions, in that order; what is missing is left out.
    pub(crate) fn statistics(
        &self,
        table: &TableName,
        engine: &str,
        partitions: &[String],
        columns: &[String],
    ) -> Result<Vec<Statistics>> {
        self.connections.read(|tx| {
            let id = rows::table_id(tx, table)?;
            let sql = "SELECT content FROM column_statistics WHERE table_id = ? AND partition = ? AND engine = ? AND name = ?";
            let mut found = Vec::new();
            for partition in partitions {
                for column in columns {
                    for content in values(tx, sql, (id, partition, engine, column))? {
                        let (partition, column) = (partition.clone(), column.clone());
                        found.push(Statistics { partition, column, content });
                    }
                }
            }
            Ok(found)
        })
    }

    /// Deletes statistics: of all columns if `column` is `None`, of all partitions and the table if `partition` is `None`.
    pub(crate) fn delete_statistics(
        &self,
        table: &TableName,
        partition: Option<&str>,
        column: Option<&str>,
    ) -> Result<usize> {
        self.connections.write(|tx| {
            let id = rows::table_id(tx, table)?;
            let sql = "DELETE FROM column_statistics WHERE table_id = ?1
                       AND (?2 IS NULL OR partition = ?2) AND (?3 IS NULL OR name = ?3)";
            execute(tx, sql, (id, partition, column))
        })
    }

    /// Adds constraints of one kind, each with its name.
    pub(crate) fn add_constraints(
        &self,
        table: &TableName,
        kind: ConstraintKind,
        all: &[(String, Vec<u8>)],
    ) -> Result<()> {
        self.connections.write(|tx| {
            let id = rows::table_id(tx, table)?;
            for (name, content) in all {
                let sql =
                    "INSERT INTO constraints (table_id, kind, name, content) VALUES (?, ?, ?, ?)";
                execute(tx, sql, (id, kind.as_str(), name, content))?;
            }
            Ok(())
        })
    }

    /// Reads a table's constraints of one kind in the order in which they were added; none if there is no such table.
    pub(crate) fn constraints(
        &self,
        table: &TableName,
        kind: ConstraintKind,
    ) -> Result<Vec<Vec<u8>>> {
        self.connections.read(|tx| {
            let Some((id, _)) = rows::find_table(tx, table)? else { return Ok(Vec::new()) };
            let sql = "SELECT content FROM constraints WHERE table_id = ? AND kind = ? ORDER BY id";
            values(tx, sql, (id, kind.as_str()))
        })
    }

    /// Drops a constraint; false if there is none of that name.
    pub(crate) fn drop_constraint(&self, table: &TableName, name: &str) -> Result<bool> {
        self.connections.write(|tx| {
            let id = rows::table_id(tx, table)?;
            let sql = "DELETE FROM constraints WHERE table_id = ? AND name = ?";
            Ok(execute(tx, sql, (id, name))? > 0)
        })
    }

    /// Writes a function; `replace` says whether there has to be one of that name or none.
    pub(crate) fn put_function(
        &self,
        database: &str,
        name: &str,
        content: &[u8],
        replace: super::Existing,
    ) -> Result<()> {
        self.connections.write(|tx| {
            let (id, _) = rows::database(tx, database)?;
            let names = "SELECT name FROM functions WHERE database_id = ? AND name = ?";
            let there = !values::<String>(tx, names, (id, name))?.is_empty();
            match (there, replace) {
                (true, super::Existing::Refuse) => {
                    return Err(
                        Error::already_exists("function exists already").with("function", name)
                    );
                }
                (false, super::Existing::Keep) => {
                    return Err(Error::not_found("function not found").with("function", name));
                }
                _ => {}
            }
            let sql =
                "INSERT OR REPLACE INTO functions (database_id, name, content) VALUES (?, ?, ?)";
            execute(tx, sql, (id, name, content)).map(drop)
        })
    }

    /// Drops a function; false if it is missing.
    pub(crate) fn drop_function(&self, database: &str, name: &str) -> Result<bool> {
        self.connections.write(|tx| {
            let (id, _) = rows::database(tx, database)?;
            let sql = "DELETE FROM functions WHERE database_id = ? AND name = ?";
            Ok(execute(tx, sql, (id, name))? > 0)
        })
    }

    /// Reads functions in the order of their names: of one database or of all.
    pub(crate) fn functions(&self, database: Option<&str>) -> Result<Vec<Vec<u8>>> {
        self.connections.read(|tx| {
            let sql = "SELECT f.content FROM functions f JOIN databases d ON d.id = f.database_id
                       WHERE ?1 IS NULL OR d.name = ?1 ORDER BY d.name, f.name";
            values(tx, sql, [database])
        })
    }
}
