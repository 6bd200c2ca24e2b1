//! Statements that change data.

use super::{
    Expr, From, Ident, ObjectName, Query, RowFormat, Select, Span, StatementKind, Storage,
    StringLit, With,
};

/// `[WITH ...] INSERT target query`.
#[derive(Debug, Clone, PartialEq)]
pub struct Insert {
    /// Named subqueries written before `INSERT`.
    pub with: Option<With>,
    /// Where the rows go.
    pub target: InsertTarget,
    /// What gives the rows.
    pub query: Box<Query>,
}

/// `[WITH ...] FROM source branch branch ...`: one scan, several targets.
#[derive(Debug, Clone, PartialEq)]
pub struct FromInsert {
    /// Named subqueries.
    pub with: Option<With>,
    /// What is read.
    pub from: From,
    /// The branches; never empty.
    pub branches: Vec<InsertBranch>,
}

/// `INSERT target SELECT ...` behind a common `FROM`.
#[derive(Debug, Clone, PartialEq)]
pub struct InsertBranch {
    /// The whole branch.
    pub span: Span,
    /// Where the rows go; none for a branch that only selects.
    pub target: Option<InsertTarget>,
    /// What is selected. Its body is a [`Select`] without `FROM`, and it has no `WITH`.
    pub query: Box<Query>,
}

impl InsertBranch {
    /// Returns the branch's select.
    pub fn select(&self) -> Option<&Select> {
        match &self.query.body {
            super::QueryBody::Select(select) => Some(select),
            _ => None,
        }
    }
}

/// `INSERT INTO | OVERWRITE destination [IF NOT EXISTS] [(column, ...)]`.
#[derive(Debug, Clone, PartialEq)]
pub struct InsertTarget {
    /// The whole clause.
    pub span: Span,
    /// Whether rows are added or replace others.
    pub mode: InsertMode,
    /// Where they go.
    pub destination: Destination,
    /// `IF NOT EXISTS`: leave partitions that exist.
    pub if_not_exists: bool,
    /// Which columns; empty if not there.
    pub columns: Vec<Ident>,
}

/// `INTO` or `OVERWRITE`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InsertMode {
    /// Rows are added.
    Into,
    /// Rows replace what is there.
    Overwrite,
}

/// Where inserted rows go.
#[derive(Debug, Clone, PartialEq)]
pub enum Destination {
    /// `[TABLE] name [PARTITION (...)]`.
    Table {
        /// The table.
        name: ObjectName,
        /// Its hints, such as `OPTIONS('k'='v')`.
        hints: Vec<super::Hint>,
        /// Which partitions.
        partition: Option<PartitionSpec>,
    },
    /// `[LOCAL] DIRECTORY 'path' [ROW FORMAT ...] [STORED AS ...]`.
    Directory {
        /// Whether it is on the local disk.
        local: bool,
        /// Where.
        path: StringLit,
        /// How rows are written.
        row_format: Option<RowFormat>,
        /// In which format.
        storage: Option<Storage>,
    },
}

/// `PARTITION (a = 'x', b, ...)`.
#[derive(Debug, Clone, PartialEq)]
pub struct PartitionSpec {
    /// The whole clause.
    pub span: Span,
    /// The columns; never empty.
    pub values: Vec<PartitionValue>,
}

/// `column = value` (static) or `column` (dynamic).
#[derive(Debug, Clone, PartialEq)]
pub struct PartitionValue {
    /// The whole item.
    pub span: Span,
    /// What is done with the column before it is compared, in tables partitioned by transforms.
    pub transform: Option<PartitionFunction>,
    /// The partition column.
    pub name: Ident,
    /// Its value; none if each row gives its own. Hive demands a constant.
    pub value: Option<Expr>,
}

/// `name(column)` or `name(number, column)` in a partition: `day(ts) = ...`, `bucket(8, id) = ...`.
#[derive(Debug, Clone, PartialEq)]
pub struct PartitionFunction {
    /// Its name, as it was written: `day` and `days` mean the same.
    pub name: Ident,
    /// The number of buckets or the width.
    pub number: Option<super::NumberLit>,
}

/// `PARTITION (a > 'x', b LIKE 'y')`: which partitions.
#[derive(Debug, Clone, PartialEq)]
pub struct PartitionFilter {
    /// The whole clause.
    pub span: Span,
    /// What they must fulfil, all of it; never empty.
    pub conditions: Vec<PartitionCondition>,
}

/// `column op value` in a partition filter.
#[derive(Debug, Clone, PartialEq)]
pub struct PartitionCondition {
    /// The whole condition.
    pub span: Span,
    /// What is done with the column before it is compared.
    pub transform: Option<PartitionFunction>,
    /// The partition column.
    pub name: Ident,
    /// How it is compared.
    pub op: PartitionOp,
    /// With what: a constant.
    pub value: Expr,
}

/// How a partition filter compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PartitionOp {
    /// `=`.
    Eq,
    /// `==`.
    EqEq,
    /// `<>`.
    NotEq,
    /// `!=`.
    BangEq,
    /// `<=`.
    LtEq,
    /// `<`.
    Lt,
    /// `>=`.
    GtEq,
    /// `>`.
    Gt,
    /// `LIKE`.
    Like,
}

/// `EXECUTE STATEMENT SET BEGIN insert; insert; ... END`.
#[derive(Debug, Clone, PartialEq)]
pub struct StatementSet {
    /// The statements; each is an [`StatementKind::Insert`] or [`StatementKind::FromInsert`].
    pub statements: Vec<super::Statement>,
}

impl StatementSet {
    /// Tells whether a statement may stand in a set.
    pub const fn allows(kind: &StatementKind) -> bool {
        matches!(kind, StatementKind::Insert(_) | StatementKind::FromInsert(_))
    }
}
