//! Locks, transactions, prepared statements, and what stops others' work.

use super::{Expr, Ident, NumberLit, ObjectName, PartitionSpec, Statement, StringLit};

/// `LOCK TABLE | DATABASE ... SHARED | EXCLUSIVE`.
#[derive(Debug, Clone, PartialEq)]
pub struct Lock {
    /// What is locked.
    pub object: LockObject,
    /// How.
    pub mode: LockMode,
}

/// `UNLOCK TABLE | DATABASE ...`.
#[derive(Debug, Clone, PartialEq)]
pub struct Unlock {
    /// What is unlocked.
    pub object: LockObject,
}

/// What can be locked.
#[derive(Debug, Clone, PartialEq)]
pub enum LockObject {
    /// `TABLE table [PARTITION (...)]`.
    Table {
        /// The table.
        name: ObjectName,
        /// Only this partition.
        partition: Option<PartitionSpec>,
    },
    /// `DATABASE | SCHEMA database`.
    Database(Ident),
}

/// How something is locked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LockMode {
    /// `SHARED`: others may read.
    Shared,
    /// `EXCLUSIVE`.
    Exclusive,
}

/// `KILL QUERY 'id' ['id' ...]`.
#[derive(Debug, Clone, PartialEq)]
pub struct KillQuery {
    /// The ids; never empty.
    pub ids: Vec<StringLit>,
}

/// `ABORT TRANSACTIONS | COMPACTIONS id [id ...]`.
#[derive(Debug, Clone, PartialEq)]
pub struct Abort {
    /// What is aborted.
    pub kind: AbortKind,
    /// The ids; never empty.
    pub ids: Vec<NumberLit>,
}

/// What can be aborted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AbortKind {
    /// `TRANSACTIONS`.
    Transactions,
    /// `COMPACTIONS`.
    Compactions,
}

/// Where a transaction begins and ends.
#[derive(Debug, Clone, PartialEq)]
pub enum Transaction {
    /// `START TRANSACTION [mode, ...]`.
    Start(Vec<TransactionMode>),
    /// `COMMIT [WORK]`.
    Commit,
    /// `ROLLBACK [WORK]`.
    Rollback,
    /// `SET AUTOCOMMIT TRUE | FALSE`.
    Autocommit(bool),
}

/// How a transaction behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TransactionMode {
    /// `READ ONLY`.
    ReadOnly,
    /// `READ WRITE`.
    ReadWrite,
    /// `ISOLATION LEVEL SNAPSHOT`.
    Snapshot,
}

/// `PREPARE name FROM statement`.
#[derive(Debug, Clone, PartialEq)]
pub struct Prepare {
    /// Its name.
    pub name: Ident,
    /// A query or an `INSERT`, with `?` where values will stand.
    pub statement: Box<Statement>,
}

/// `EXECUTE name USING constant, ...`.
#[derive(Debug, Clone, PartialEq)]
pub struct Execute {
    /// Which prepared statement.
    pub name: Ident,
    /// The values of its `?`; never empty.
    pub values: Vec<Expr>,
}
