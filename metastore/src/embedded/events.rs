//! Notification events: what changed, in order, kept for [`KEPT_SECONDS`].
//!
//! Every change of a definition records its event in its own transaction. Ids only grow and are never used twice; times are `SQLite`'s.
//!
//! Source: Hive `DbNotificationListener`; the messages have the fields of its `JSONMessage` without the thrift objects.

use rusqlite::Connection;
use serde_json::{Value, json};

use super::connection::failed;
use super::rows::{execute, one};
use super::store::EmbeddedStore;
use crate::error::Result;
use crate::events::{MAX_BEHIND, TableChanges, TableEvent};
use crate::model::Table;
use crate::names::{PartitionSpec, TableName};

/// How long events are kept, as Hive does: one day.
const KEPT_SECONDS: i64 = 86_400;

/// Most partitions that one event names; what is beyond is a further event.
const MAX_PARTITIONS: usize = 1000;

/// One change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Event {
    pub(crate) id: i64,
    /// Seconds since 1970.
    pub(crate) time: i64,
    /// Hive's word, such as `ADD_PARTITION`.
    pub(crate) kind: String,
    pub(crate) database: String,
    pub(crate) table: Option<String>,
    /// JSON.
    pub(crate) message: String,
}

fn record(
    tx: &Connection,
    kind: &str,
    database: &str,
    table: Option<&str>,
    mut message: Value,
) -> Result<()> {
    let now: i64 = one(tx, "SELECT unixepoch()", [], |row| row.get(0))?.unwrap_or(0);
    if let Some(fields) = message.as_object_mut() {
        fields.insert("server".to_owned(), "".into());
        fields.insert("servicePrincipal".to_owned(), "".into());
        fields.insert("db".to_owned(), database.into());
        if let Some(table) = table {
            fields.insert("table".to_owned(), table.into());
        }
        fields.insert("timestamp".to_owned(), now.into());
    }
    execute(tx, "DELETE FROM events WHERE time < ?", [now - KEPT_SECONDS])?;
    let sql = "INSERT INTO events (time, kind, database_name, table_name, message) VALUES (?, ?, ?, ?, ?)";
    execute(tx, sql, (now, kind, database, table, message.to_string())).map(drop)
}

pub(super) fn of_database(tx: &Connection, kind: &str, database: &str) -> Result<()> {
    record(tx, kind, database, None, json!({}))
}

pub(super) fn of_table(tx: &Connection, kind: &str, table: &TableName) -> Result<()> {
    record(tx, kind, table.database(), Some(table.table()), json!({}))
}

pub(super) fn of_partitions<'a>(
    tx: &Connection,
    kind: &str,
    table: &TableName,
    specs: impl IntoIterator<Item = &'a PartitionSpec>,
) -> Result<()> {
    let values = |spec: &PartitionSpec| -> Value {
        let pairs = spec.columns().zip(spec.to_values());
        Value::Object(pairs.map(|(column, value)| (column.to_owned(), value.into())).collect())
    };
    let all: Vec<Value> = specs.into_iter().map(values).collect();
    for some in all.chunks(MAX_PARTITIONS) {
        let message = json!({ "partitions": some });
        record(tx, kind, table.database(), Some(table.table()), message)?;
    }
    Ok(())
}

fn unread(e: rusqlite::Error) -> crate::Error {
    failed("cannot read from the metastore", e)
}

fn newest(tx: &Connection) -> Result<i64> {
    let sql = "SELECT seq FROM sqlite_sequence WHERE name = 'events'";
    Ok(one(tx, sql, [], |row| row.get(0))?.unwrap_or(0))
}

impl EmbeddedStore {
    /// Reads the events behind `after`, the oldest first.
    pub(crate) fn events(&self, after: i64, limit: usize) -> Result<Vec<Event>> {
        self.connections.read(|tx| {
            let sql = "SELECT id, time, kind, database_name, table_name, message FROM events WHERE id > ? ORDER BY id LIMIT ?";
            let limit = i64::try_from(limit).unwrap_or(i64::MAX);
            tx.prepare_cached(sql)
                .and_then(|mut s| {
                    s.query_map((after, limit), |row| {
                        Ok(Event {
                            id: row.get(0)?,
                            time: row.get(1)?,
                            kind: row.get(2)?,
                            database: row.get(3)?,
                            table: row.get(4)?,
                            message: row.get(5)?,
                        })
                    })?
                    .collect()
                })
                .map_err(|e| failed("cannot read from the metastore", e))
        })
    }

    /// Gives the id of the newest event, also if it was deleted since; 0 if there was none.
    pub(crate) fn newest_event(&self) -> Result<i64> {
        self.connections.read(|tx| newest(tx))
    }

    /// Reads what has happened to a table since an event; nothing if some of it was deleted.
    pub(super) fn events_since(&self, table: &Table, after: i64) -> Result<Option<TableChanges>> {
        self.connections.read(|tx| {
            let newest = newest(tx)?;
            if !(0..=MAX_BEHIND).contains(&(newest - after)) {
                return Ok(None);
            }
            let mut changes = TableChanges::after(after);
            if newest == after {
                return Ok(Some(changes));
            }
            // Numbers have no gaps, so the next one is there unless it was deleted.
            let sql = "SELECT id FROM events WHERE id = ?";
            if one(tx, sql, [after + 1], |row| row.get::<_, i64>(0))?.is_none() {
                return Ok(None);
            }
            let sql = "SELECT id, kind, message FROM events WHERE id > ? AND database_name = ? AND table_name = ? ORDER BY id";
            let mut statement = tx.prepare_cached(sql).map_err(unread)?;
            let name = &table.name;
            let mut rows =
                statement.query((after, name.database(), name.table())).map_err(unread)?;
            while let Some(row) = rows.next().map_err(unread)? {
                let text = |at| row.get_ref(at).and_then(|value| Ok(value.as_str()?));
                let event = TableEvent {
                    id: row.get(0).map_err(unread)?,
                    kind: text(1).map_err(unread)?,
                    message: text(2).map_err(unread)?,
                    format: "json-0.2",
                };
                changes.take_in(table, event);
            }
            changes.last = newest;
            Ok(Some(changes))
        })
    }
}
