//! Statements that remove tables, or what is in them.

use super::{Ident, ObjectName, PartitionSpec, Span, StringLit};

/// `DROP TABLE [IF EXISTS] name [PURGE] [FOR [METADATA] REPLICATION ('id')]`.
#[derive(Debug, Clone, PartialEq)]
pub struct DropTable {
    /// `IF EXISTS`.
    pub if_exists: bool,
    /// Which table.
    pub name: ObjectName,
    /// `PURGE`: past the trash.
    pub purge: bool,
    /// `FOR REPLICATION`: only what is older than an event.
    pub replication: Option<ReplicationClause>,
}

/// `FOR [METADATA] REPLICATION ('id')`.
#[derive(Debug, Clone, PartialEq)]
pub struct ReplicationClause {
    /// The whole clause.
    pub span: Span,
    /// `METADATA`: without the data.
    pub metadata: bool,
    /// The event.
    pub event: StringLit,
}

/// `TRUNCATE [TABLE] name [PARTITION (...)] [COLUMNS (...)] [FORCE]`.
#[derive(Debug, Clone, PartialEq)]
pub struct TruncateTable {
    /// Which table.
    pub name: ObjectName,
    /// Which partitions.
    pub partition: Option<PartitionSpec>,
    /// `COLUMNS (...)`: only these; empty if not there.
    pub columns: Vec<Ident>,
    /// `FORCE`: also what Hive does not own.
    pub force: bool,
}

/// What happens to what depends on the dropped or changed thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DropBehavior {
    /// `RESTRICT`: refuse.
    Restrict,
    /// `CASCADE`: drop or change it too.
    Cascade,
}
