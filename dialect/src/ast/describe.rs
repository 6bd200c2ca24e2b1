//! Statements that describe one thing, measure a table or compare it with its files.

use super::{Ident, ObjectName, PartitionCondition, PartitionSpec, Span, StringLit};

/// `DESCRIBE | DESC ...`.
#[derive(Debug, Clone, PartialEq)]
pub enum Describe {
    /// `DESCRIBE [EXTENDED | FORMATTED] table [PARTITION (...)] [column path]`.
    Table {
        /// How much is shown.
        detail: Option<DescribeDetail>,
        /// The table.
        table: ObjectName,
        /// Which partition.
        partition: Option<PartitionSpec>,
        /// A column and the way into it, `a.b.$elem$`; empty if not there.
        path: Vec<Ident>,
    },
    /// `DESCRIBE DATABASE | SCHEMA [EXTENDED] database`.
    Database {
        /// `EXTENDED`: with its properties.
        extended: bool,
        /// Which one.
        name: Ident,
    },
    /// `DESCRIBE CONNECTOR [EXTENDED] connector`.
    Connector {
        /// `EXTENDED`: with its properties.
        extended: bool,
        /// Which one.
        name: Ident,
    },
    /// `DESCRIBE FUNCTION [EXTENDED] function`.
    Function {
        /// `EXTENDED`: with examples.
        extended: bool,
        /// Which one.
        name: DescribedFunction,
    },
}

/// How much `DESCRIBE` shows of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DescribeDetail {
    /// `EXTENDED`.
    Extended,
    /// `FORMATTED`.
    Formatted,
}

/// A function as `DESCRIBE FUNCTION` names it.
#[derive(Debug, Clone, PartialEq)]
pub enum DescribedFunction {
    /// `f`, `db.f`.
    Name(ObjectName),
    /// `'f'`.
    String(StringLit),
    /// An operator, or a word of the language that is a function too: `<=>`, `CASE`, `INT`.
    Operator {
        /// Where.
        span: Span,
        /// As written.
        text: String,
    },
}

/// `ANALYZE TABLE table [PARTITION (...)] ...`.
#[derive(Debug, Clone, PartialEq)]
pub struct Analyze {
    /// The table.
    pub table: ObjectName,
    /// Which partitions.
    pub partition: Option<PartitionSpec>,
    /// What is done.
    pub action: AnalyzeAction,
}

/// What `ANALYZE TABLE` does.
#[derive(Debug, Clone, PartialEq)]
pub enum AnalyzeAction {
    /// `COMPUTE STATISTICS`.
    Statistics,
    /// `COMPUTE STATISTICS NOSCAN`: without reading rows.
    Noscan,
    /// `COMPUTE STATISTICS FOR COLUMNS [column, ...]`; all columns if the list is empty.
    Columns(Vec<Ident>),
    /// `CACHE METADATA`.
    CacheMetadata,
}

/// `MSCK [REPAIR] TABLE table [ADD | DROP | SYNC PARTITIONS [(...)]]`.
#[derive(Debug, Clone, PartialEq)]
pub struct Msck {
    /// `REPAIR`: also change the catalog.
    pub repair: bool,
    /// The table.
    pub table: ObjectName,
    /// What is changed; partitions are added if there is none.
    pub action: Option<MsckAction>,
}

/// `ADD | DROP | SYNC PARTITIONS [(column op value, ...)]`.
#[derive(Debug, Clone, PartialEq)]
pub struct MsckAction {
    /// Which way.
    pub kind: MsckKind,
    /// Which partitions; all if empty.
    pub filter: Vec<PartitionCondition>,
}

/// What `MSCK` does with partitions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MsckKind {
    /// `ADD`: those with a directory and no entry.
    Add,
    /// `DROP`: those with an entry and no directory.
    Drop,
    /// `SYNC`: both.
    Sync,
}
