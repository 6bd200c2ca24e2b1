//! Statements that move whole tables and files: `LOAD`, `EXPORT`, `IMPORT`, `REPL`.

use super::{Ident, ObjectName, PartitionSpec, Properties, ReplicationClause, Span, StringLit};

/// `LOAD DATA [LOCAL] INPATH 'path' [OVERWRITE] INTO TABLE table [PARTITION (...)] [INPUTFORMAT 'class'
/// SERDE 'class']`.
#[derive(Debug, Clone, PartialEq)]
pub struct Load {
    /// `LOCAL`: from the disk of the server, and copied instead of moved.
    pub local: bool,
    /// Where the files are.
    pub path: StringLit,
    /// `OVERWRITE`: they replace what is there.
    pub overwrite: bool,
    /// Into which table.
    pub table: ObjectName,
    /// Into which partition.
    pub partition: Option<PartitionSpec>,
    /// In which format they are; that of the table if none.
    pub format: Option<LoadFormat>,
}

/// `INPUTFORMAT 'class' SERDE 'class'`.
#[derive(Debug, Clone, PartialEq)]
pub struct LoadFormat {
    /// The whole clause.
    pub span: Span,
    /// The class that reads files.
    pub input: StringLit,
    /// The class that reads rows.
    pub serde: StringLit,
}

/// `EXPORT TABLE table [PARTITION (...)] TO 'path' [FOR [METADATA] REPLICATION ('id')]`.
#[derive(Debug, Clone, PartialEq)]
pub struct Export {
    /// Which table.
    pub table: ObjectName,
    /// Which partitions.
    pub partition: Option<PartitionSpec>,
    /// Where to.
    pub path: StringLit,
    /// For which replication.
    pub replication: Option<ReplicationClause>,
}

/// `IMPORT [[EXTERNAL] TABLE table [PARTITION (...)]] FROM 'path' [LOCATION 'path']`.
#[derive(Debug, Clone, PartialEq)]
pub struct Import {
    /// As which table; under its old name if none.
    pub table: Option<ImportTable>,
    /// Where from.
    pub path: StringLit,
    /// `LOCATION 'path'`: where the table's files will be.
    pub location: Option<StringLit>,
}

/// `[EXTERNAL] TABLE table [PARTITION (...)]`.
#[derive(Debug, Clone, PartialEq)]
pub struct ImportTable {
    /// `EXTERNAL`.
    pub external: bool,
    /// Its name.
    pub name: ObjectName,
    /// Which partition.
    pub partition: Option<PartitionSpec>,
}

/// `REPL ...`.
#[derive(Debug, Clone, PartialEq)]
pub enum Repl {
    /// `REPL DUMP policy [REPLACE policy] [WITH (...)]`.
    Dump {
        /// What is written.
        policy: ReplPolicy,
        /// `REPLACE policy`: what was written before.
        replaces: Option<ReplPolicy>,
        /// `WITH ('key' = 'value', ...)`.
        config: Option<Properties>,
    },
    /// `REPL LOAD policy [INTO database] [WITH (...)]`.
    Load {
        /// What is read.
        policy: ReplPolicy,
        /// `INTO database`.
        into: Option<Ident>,
        /// `WITH ('key' = 'value', ...)`.
        config: Option<Properties>,
    },
    /// `REPL STATUS database [WITH (...)]`.
    Status {
        /// Of which database.
        database: Ident,
        /// `WITH ('key' = 'value', ...)`.
        config: Option<Properties>,
    },
}

/// `database[.'included tables'[.'excluded tables']]`.
#[derive(Debug, Clone, PartialEq)]
pub struct ReplPolicy {
    /// From the first to the last part.
    pub span: Span,
    /// The database.
    pub database: Ident,
    /// Which of its tables; all if none.
    pub include: Option<StringLit>,
    /// Which of these not.
    pub exclude: Option<StringLit>,
}
