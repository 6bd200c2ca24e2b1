//! Transactions and write ids, as far as Hive's clients need them to write and read transactional tables.
//!
//! Invariants: ids only grow and are never used twice. A row stands for a transaction that is open or aborted; a committed one has none,
//! and its write ids are no longer kept: what is not known is valid. A transaction without a sign of life for [`TIMEOUT_SECONDS`] is
//! aborted.
//!
//! Source: Hive `TxnHandler`.

use rusqlite::Connection;

use super::connection::failed;
use super::rows::{execute, one};
use super::store::EmbeddedStore;
use crate::ValidWriteIds;
use crate::error::{Error, Result};

/// Hive's `metastore.txn.timeout`.
pub(super) const TIMEOUT_SECONDS: i64 = 300;

/// Most aborted transactions that are remembered without write ids.
const KEPT_ABORTED: i64 = 10_000;

/// State of a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TransactionState {
    Open,
    Aborted,
    /// Committed, or never opened: the caller knows the highest id.
    Gone,
}

/// A transaction that is open or aborted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Transaction {
    pub(crate) id: i64,
    pub(crate) aborted: bool,
    pub(crate) kind: i32,
    pub(crate) user: String,
    pub(crate) host: String,
    pub(crate) started: i64,
    pub(crate) heartbeat: i64,
}

/// All transactions that are open or aborted, in order, and the highest id that was ever given.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct TransactionList {
    pub(crate) high_water_mark: i64,
    pub(crate) all: Vec<Transaction>,
}

pub(super) fn state(tx: &Connection, id: i64) -> Result<TransactionState> {
    let aborted = one(tx, "SELECT aborted FROM transactions WHERE id = ?", [id], |r| r.get(0))?;
    Ok(match aborted {
        None => TransactionState::Gone,
        Some(true) => TransactionState::Aborted,
        Some(false) => TransactionState::Open,
    })
}

/// Aborts what is overdue; part of every change.
pub(super) fn expire(tx: &Connection) -> Result<()> {
    let sql =
        "UPDATE transactions SET aborted = 1 WHERE aborted = 0 AND heartbeat < unixepoch() - ?";
    execute(tx, sql, [TIMEOUT_SECONDS])?;
    let sql = "DELETE FROM locks WHERE heartbeat < unixepoch() - ?1
               OR transaction_id IN (SELECT id FROM transactions WHERE aborted = 1)";
    execute(tx, sql, [TIMEOUT_SECONDS])?;
    let sql =
        "DELETE FROM transactions WHERE aborted = 1 AND id < (SELECT max(id) FROM transactions) - ?
               AND id NOT IN (SELECT transaction_id FROM write_ids)";
    execute(tx, sql, [KEPT_ABORTED]).map(drop)
}

fn finish(tx: &Connection, id: i64) -> Result<()> {
    execute(tx, "DELETE FROM locks WHERE transaction_id = ?", [id]).map(drop)
}

fn last_id(tx: &Connection) -> Result<i64> {
    let sql = "SELECT seq FROM sqlite_sequence WHERE name = 'transactions'";
    Ok(one(tx, sql, [], |row| row.get(0))?.unwrap_or(0))
}

fn list(tx: &Connection) -> Result<TransactionList> {
    let sql =
        "SELECT id, aborted, kind, user, host, started, heartbeat FROM transactions ORDER BY id";
    let all = tx
        .prepare_cached(sql)
        .and_then(|mut s| {
            s.query_map([], |row| {
                Ok(Transaction {
                    id: row.get(0)?,
                    aborted: row.get(1)?,
                    kind: row.get(2)?,
                    user: row.get(3)?,
                    host: row.get(4)?,
                    started: row.get(5)?,
                    heartbeat: row.get(6)?,
                })
            })?
            .collect()
        })
        .map_err(|e| failed("cannot read from the metastore", e))?;
    Ok(TransactionList { high_water_mark: last_id(tx)?, all })
}

impl EmbeddedStore {
    /// Opens transactions and gives their ids in order.
    pub(crate) fn open_transactions(
        &self,
        count: usize,
        kind: i32,
        user: &str,
        host: &str,
    ) -> Result<Vec<i64>> {
        self.connections.write(|tx| {
            expire(tx)?;
            let sql = "INSERT INTO transactions (aborted, kind, user, host, started, heartbeat)
                       VALUES (0, ?, ?, ?, unixepoch(), unixepoch())";
            let mut ids = Vec::with_capacity(count);
            for _ in 0..count {
                execute(tx, sql, (kind, user, host))?;
                ids.push(tx.last_insert_rowid());
            }
            Ok(ids)
        })
    }

    /// Commits an open transaction, or tells why it cannot; [`TransactionState::Open`] = it was open and is committed now.
    pub(crate) fn commit_transaction(&self, id: i64) -> Result<TransactionState> {
        self.connections.write(|tx| {
            let before = state(tx, id)?;
            if before == TransactionState::Open {
                finish(tx, id)?;
                execute(tx, "DELETE FROM write_ids WHERE transaction_id = ?", [id])?;
                execute(tx, "DELETE FROM transactions WHERE id = ?", [id])?;
            }
            Ok(before)
        })
    }

    /// Aborts an open transaction and tells what it was before.
    pub(crate) fn abort_transaction(&self, id: i64) -> Result<TransactionState> {
        self.connections.write(|tx| {
            let before = state(tx, id)?;
            if before == TransactionState::Open {
                finish(tx, id)?;
                execute(tx, "UPDATE transactions SET aborted = 1 WHERE id = ?", [id])?;
            }
            Ok(before)
        })
    }

    /// Notes that the client of a transaction lives, and tells the transaction's state.
    pub(crate) fn heartbeat_transaction(&self, id: i64) -> Result<TransactionState> {
        self.connections.write(|tx| {
            expire(tx)?;
            let sql =
                "UPDATE transactions SET heartbeat = unixepoch() WHERE id = ? AND aborted = 0";
            execute(tx, sql, [id])?;
            execute(tx, "UPDATE locks SET heartbeat = unixepoch() WHERE transaction_id = ?", [id])?;
            state(tx, id)
        })
    }

    /// Lists transactions that are open or aborted.
    pub(crate) fn transactions(&self) -> Result<TransactionList> {
        self.connections.read(|tx| list(tx))
    }

    /// Gives each transaction its write id of a table: the one it has, or the next.
    pub(crate) fn allocate_write_ids(
        &self,
        table: &str,
        transactions: &[i64],
    ) -> Result<Vec<(i64, i64)>> {
        self.connections.write(|tx| {
            let mut given = Vec::with_capacity(transactions.len());
            for &id in transactions {
                if state(tx, id)? != TransactionState::Open {
                    return Err(Error::conflict("transaction is not open").with("transaction", id));
                }
                let find = "SELECT write_id FROM write_ids WHERE table_name = ? AND transaction_id = ?";
                if let Some(write_id) = one(tx, find, (table, id), |row| row.get(0))? {
                    given.push((id, write_id));
                    continue;
                }
                let next = "INSERT INTO last_write_ids (table_name, write_id) VALUES (?, 1)
                            ON CONFLICT (table_name) DO UPDATE SET write_id = write_id + 1 RETURNING write_id";
                let write_id: i64 = one(tx, next, [table], |row| row.get(0))?
                    .ok_or_else(|| Error::internal("no write id was given"))?;
                let sql =
                    "INSERT INTO write_ids (table_name, write_id, transaction_id) VALUES (?, ?, ?)";
                execute(tx, sql, (table, write_id, id))?;
                given.push((id, write_id));
            }
            Ok(given)
        })
    }

    /// Tells which write ids of a table a reader must not see: those of transactions that are open or aborted, or that the reader's
    /// snapshot does not know as committed.
    pub(crate) fn write_ids_without(
        &self,
        table: &str,
        hidden: &dyn Fn(i64) -> bool,
    ) -> Result<ValidWriteIds> {
        self.connections.read(|tx| {
            let last = "SELECT write_id FROM last_write_ids WHERE table_name = ?";
            let high_water_mark = one(tx, last, [table], |row| row.get(0))?.unwrap_or(0);
            let sql = "SELECT w.write_id, w.transaction_id, coalesce(t.aborted, 0) FROM write_ids w
                       LEFT JOIN transactions t ON t.id = w.transaction_id WHERE w.table_name = ? ORDER BY w.write_id";
            let rows: Vec<(i64, i64, bool)> = tx
                .prepare_cached(sql)
                .and_then(|mut s| {
                    s.query_map([table], |r| Ok((r.get(0)?, r.get(1)?, r.get(2)?)))?.collect()
                })
                .map_err(|e| failed("cannot read from the metastore", e))?;
            let mut ids = ValidWriteIds { high_water_mark, ..ValidWriteIds::default() };
            for (write_id, transaction, aborted) in rows {
                if hidden(transaction) {
                    ids.invalid.push((write_id, aborted));
                    if !aborted && ids.min_open.is_none() {
                        ids.min_open = Some(write_id);
                    }
                }
            }
            Ok(ids)
        })
    }
}
