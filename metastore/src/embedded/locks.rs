//! Locks on databases, tables and partitions, as Hive's clients take them around a statement.
//!
//! A lock is given when nothing that came before it stands against it, given or waiting, so that nobody starves.
//!
//! Source: Hive `TxnHandler.checkLock`, `LockTypeComparator`.

use rusqlite::Connection;

use super::connection::failed;
use super::rows::{execute, one};
use super::store::EmbeddedStore;
use super::transactions::{self, TransactionState};
use crate::error::Result;

/// What is locked: a database, a table of it, or a partition of that.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LockPart {
    /// Hive's `LockType`: 1 shared read, 2 shared write, 3 exclusive, 4 exclusive write.
    pub(crate) kind: i32,
    pub(crate) database: String,
    pub(crate) table: Option<String>,
    pub(crate) partition: Option<String>,
}

/// Who wants which parts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LockRequest {
    /// 0 = outside of a transaction.
    pub(crate) transaction: i64,
    pub(crate) user: String,
    pub(crate) host: String,
    pub(crate) agent: String,
    pub(crate) parts: Vec<LockPart>,
}

/// State of a lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LockState {
    Acquired,
    Waiting,
    /// There is no such lock, or no longer.
    Missing,
    /// Its transaction is not open.
    NoTransaction,
}

/// Lock as it is listed: one entry per part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Lock {
    pub(crate) id: i64,
    pub(crate) part: LockPart,
    pub(crate) acquired: bool,
    pub(crate) transaction: i64,
    pub(crate) user: String,
    pub(crate) host: String,
    pub(crate) agent: String,
    pub(crate) heartbeat: i64,
}

/// Tells whether two kinds of lock on the same thing stand against each other.
fn conflict(a: i32, b: i32) -> bool {
    match (a.min(b), a.max(b)) {
        (_, 3) | (3, _) => true,
        (1, _) => false,
        // Writers among themselves.
        _ => true,
    }
}

/// Tells whether two parts overlap; a database's lock is of the database itself, not of its tables, unless it is exclusive.
fn overlap(a: &LockPart, b: &LockPart) -> bool {
    let same = |a: &Option<String>, b: &Option<String>| a.is_none() || b.is_none() || a == b;
    a.database == b.database && same(&a.table, &b.table) && same(&a.partition, &b.partition)
}

fn list(tx: &Connection) -> Result<Vec<Lock>> {
    let sql = "SELECT l.id, p.kind, p.database_name, p.table_name, p.partition, l.acquired, l.transaction_id, l.user, l.host, l.agent, l.heartbeat
               FROM locks l JOIN lock_parts p ON p.lock_id = l.id ORDER BY l.id, p.rowid";
    tx.prepare_cached(sql)
        .and_then(|mut s| {
            s.query_map([], |row| {
                Ok(Lock {
                    id: row.get(0)?,
                    part: LockPart {
                        kind: row.get(1)?,
                        database: row.get(2)?,
                        table: row.get(3)?,
                        partition: row.get(4)?,
                    },
                    acquired: row.get(5)?,
                    transaction: row.get(6)?,
                    user: row.get(7)?,
                    host: row.get(8)?,
                    agent: row.get(9)?,
                    heartbeat: row.get(10)?,
                })
            })?
            .collect()
        })
        .map_err(|e| failed("cannot read from the metastore", e))
}

/// Gives the lock if nothing stands against it.
fn try_acquire(tx: &Connection, id: i64) -> Result<LockState> {
    let all = list(tx)?;
    let Some(own) = all.iter().find(|lock| lock.id == id) else { return Ok(LockState::Missing) };
    let transaction = own.transaction;
    let blocked = all.iter().filter(|mine| mine.id == id).any(|mine| {
        all.iter().take_while(|other| other.id < id).any(|other| {
            let own_transaction = transaction != 0 && other.transaction == transaction;
            !own_transaction
                && overlap(&mine.part, &other.part)
                && conflict(mine.part.kind, other.part.kind)
        })
    });
    if blocked {
        return Ok(LockState::Waiting);
    }
    execute(tx, "UPDATE locks SET acquired = 1 WHERE id = ?", [id])?;
    Ok(LockState::Acquired)
}

impl EmbeddedStore {
    /// Asks for a lock and gives its id; it waits if it is not free.
    pub(crate) fn lock(&self, request: &LockRequest) -> Result<(i64, LockState)> {
        self.connections.write(|tx| {
            transactions::expire(tx)?;
            if request.transaction != 0
                && transactions::state(tx, request.transaction)? != TransactionState::Open
            {
                return Ok((0, LockState::NoTransaction));
            }
            let sql = "INSERT INTO locks (transaction_id, user, host, agent, heartbeat, acquired) VALUES (?, ?, ?, ?, unixepoch(), 0)";
            let (user, host, agent) = (&request.user, &request.host, &request.agent);
            execute(tx, sql, (request.transaction, user, host, agent))?;
            let id = tx.last_insert_rowid();
            for part in &request.parts {
                let sql = "INSERT INTO lock_parts (lock_id, kind, database_name, table_name, partition) VALUES (?, ?, ?, ?, ?)";
                execute(tx, sql, (id, part.kind, &part.database, &part.table, &part.partition))?;
            }
            Ok((id, try_acquire(tx, id)?))
        })
    }

    /// Notes that the holder of a lock lives, and gives the lock if it is free now.
    pub(crate) fn check_lock(&self, id: i64) -> Result<LockState> {
        self.connections.write(|tx| {
            transactions::expire(tx)?;
            execute(tx, "UPDATE locks SET heartbeat = unixepoch() WHERE id = ?", [id])?;
            try_acquire(tx, id)
        })
    }

    /// Notes that the holder of a lock lives; false if there is none.
    pub(crate) fn heartbeat_lock(&self, id: i64) -> Result<bool> {
        self.connections.write(|tx| {
            Ok(execute(tx, "UPDATE locks SET heartbeat = unixepoch() WHERE id = ?", [id])? > 0)
        })
    }

    /// Gives a lock back and tells the transaction that it was of; `None` if there is none.
    ///
    /// A lock of a transaction stays until that ends.
    pub(crate) fn unlock(&self, id: i64) -> Result<Option<i64>> {
        self.connections.write(|tx| {
            let sql = "SELECT transaction_id FROM locks WHERE id = ?";
            let transaction = one(tx, sql, [id], |row| row.get(0))?;
            if transaction == Some(0) {
                execute(tx, "DELETE FROM locks WHERE id = ?", [id])?;
            }
            Ok(transaction)
        })
    }

    /// Lists all locks, given and waiting.
    pub(crate) fn locks(&self) -> Result<Vec<Lock>> {
        self.connections.read(|tx| list(tx))
    }
}
