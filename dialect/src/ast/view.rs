//! Statements about views and materialized views.

use super::{
    AddPartitions, DropPartitions, Ident, ObjectName, PartitionTransform, Properties, Query,
    RowFormat, Span, Storage, StringLit,
};

/// `CREATE [OR REPLACE] VIEW [IF NOT EXISTS] name [(...)] ... AS query`.
#[derive(Debug, Clone, PartialEq)]
pub struct CreateView {
    /// `OR REPLACE`.
    pub or_replace: bool,
    /// `IF NOT EXISTS`.
    pub if_not_exists: bool,
    /// Its name.
    pub name: ObjectName,
    /// Names of its columns; empty if not there.
    pub columns: Vec<ViewColumn>,
    /// `COMMENT 'text'`.
    pub comment: Option<StringLit>,
    /// `PARTITIONED ON ...`.
    pub partitioned_on: Option<ViewPartitions>,
    /// `TBLPROPERTIES (...)`.
    pub properties: Option<Properties>,
    /// What it shows.
    pub query: Box<Query>,
}

/// `name [COMMENT 'text']` of a view's column.
#[derive(Debug, Clone, PartialEq)]
pub struct ViewColumn {
    /// The whole item.
    pub span: Span,
    /// Its name.
    pub name: Ident,
    /// Its comment.
    pub comment: Option<StringLit>,
}

/// `PARTITIONED ON ...` of a view.
#[derive(Debug, Clone, PartialEq)]
pub enum ViewPartitions {
    /// `(column, ...)`.
    Columns(Vec<Ident>),
    /// `SPEC (transform, ...)`.
    Spec(Vec<PartitionTransform>),
}

/// `ALTER VIEW name ...`.
#[derive(Debug, Clone, PartialEq)]
pub struct AlterView {
    /// Which view.
    pub name: ObjectName,
    /// What is changed.
    pub action: AlterViewAction,
}

/// What is changed in a view. Hive takes an `AS` before each of these.
#[derive(Debug, Clone, PartialEq)]
pub enum AlterViewAction {
    /// `AS query`.
    Query(Box<Query>),
    /// `RENAME TO name`.
    Rename(ObjectName),
    /// `SET TBLPROPERTIES (...)`.
    SetProperties(Properties),
    /// `UNSET TBLPROPERTIES [IF EXISTS] (...)`.
    UnsetProperties {
        /// `IF EXISTS`.
        if_exists: bool,
        /// Which.
        properties: Properties,
    },
    /// `ADD [IF NOT EXISTS] PARTITION (...) ...`.
    AddPartitions(AddPartitions),
    /// `DROP [IF EXISTS] PARTITION (...), ...`.
    DropPartitions(DropPartitions),
}

/// `CREATE MATERIALIZED VIEW [IF NOT EXISTS] name ... AS query`.
#[derive(Debug, Clone, PartialEq)]
pub struct CreateMaterializedView {
    /// `IF NOT EXISTS`.
    pub if_not_exists: bool,
    /// Its name.
    pub name: ObjectName,
    /// `DISABLE REWRITE`: queries are not rewritten to read it.
    pub disable_rewrite: bool,
    /// `COMMENT 'text'`.
    pub comment: Option<StringLit>,
    /// `PARTITIONED ON ...`.
    pub partitioned_on: Option<ViewPartitions>,
    /// `CLUSTERED ON ...` or `DISTRIBUTED ON ... SORTED ON ...`.
    pub organization: Option<ViewOrganization>,
    /// `ROW FORMAT ...`.
    pub row_format: Option<RowFormat>,
    /// `STORED AS | BY ...`.
    pub storage: Option<Storage>,
    /// `LOCATION 'path'`.
    pub location: Option<StringLit>,
    /// `TBLPROPERTIES (...)`.
    pub properties: Option<Properties>,
    /// What it holds.
    pub query: Box<Query>,
}

/// How the rows of a materialized view are divided and sorted.
#[derive(Debug, Clone, PartialEq)]
pub enum ViewOrganization {
    /// `CLUSTERED ON (column, ...)`.
    Clustered(Vec<Ident>),
    /// `DISTRIBUTED ON (column, ...) SORTED ON (column, ...)`.
    Distributed {
        /// Columns that divide.
        distributed: Vec<Ident>,
        /// Columns that sort.
        sorted: Vec<Ident>,
    },
}

/// `ALTER MATERIALIZED VIEW name ...`.
#[derive(Debug, Clone, PartialEq)]
pub struct AlterMaterializedView {
    /// Which view.
    pub name: ObjectName,
    /// What is done.
    pub action: MaterializedViewAction,
}

/// What is done with a materialized view.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MaterializedViewAction {
    /// `ENABLE REWRITE`.
    EnableRewrite,
    /// `DISABLE REWRITE`.
    DisableRewrite,
    /// `REBUILD`.
    Rebuild,
}

/// `DROP [MATERIALIZED] VIEW [IF EXISTS] name`.
#[derive(Debug, Clone, PartialEq)]
pub struct DropView {
    /// `MATERIALIZED`.
    pub materialized: bool,
    /// `IF EXISTS`.
    pub if_exists: bool,
    /// Which view; at most two parts.
    pub name: ObjectName,
}
