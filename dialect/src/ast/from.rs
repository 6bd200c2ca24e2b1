//! `FROM`: sources of rows, joins, lateral views.

use super::{
    Expr, FunctionCall, Hint, Ident, NumberLit, ObjectName, Partitioning, Properties, Query, Span,
    Values,
};

/// `FROM first [join ...]`.
#[derive(Debug, Clone, PartialEq)]
pub struct From {
    /// The whole clause.
    pub span: Span,
    /// The leftmost source.
    pub first: TableSource,
    /// What is joined to it, in order, left-associative.
    pub joins: Vec<Join>,
}

/// A source of rows with the lateral views behind it.
#[derive(Debug, Clone, PartialEq)]
pub struct TableSource {
    /// From its first to its last token.
    pub span: Span,
    /// The source.
    pub relation: Relation,
    /// `LATERAL VIEW ...`, in order, each applied to what stands before it.
    pub lateral_views: Vec<LateralView>,
}

/// What can stand in `FROM`.
#[derive(Debug, Clone, PartialEq)]
pub enum Relation {
    /// A table or a view.
    Table(Box<TableRef>),
    /// `(query) [AS] alias`.
    Subquery {
        /// The query.
        query: Box<Query>,
        /// Its name; Hive demands one.
        alias: Option<Ident>,
    },
    /// `TABLE(VALUES ...) [AS] alias [(column, ...)]`.
    Values {
        /// The rows.
        values: Values,
        /// Its name.
        alias: Ident,
        /// Names of the columns; empty if not there.
        columns: Vec<Ident>,
    },
    /// `(source JOIN source ...)`.
    Nested(Box<From>),
    /// `name(ON source PARTITION BY ...)`.
    Function(Box<TableFunction>),
    /// `UNIQUEJOIN [PRESERVE] table (key, ...), ...`, which is always the only source.
    UniqueJoin(Vec<UniqueJoinSource>),
}

/// `name(ON source [partitioning] [arg(value), ...]) [alias]`: a function over a table.
#[derive(Debug, Clone, PartialEq)]
pub struct TableFunction {
    /// From its name to its alias.
    pub span: Span,
    /// Its name.
    pub name: Ident,
    /// What it reads: a table, a subquery, or another function.
    pub input: Relation,
    /// How rows are divided and sorted.
    pub partitioning: Option<Partitioning>,
    /// Its arguments.
    pub args: Vec<TableFunctionArg>,
    /// Its alias.
    pub alias: Option<Ident>,
}

/// `name(value)`: an argument of a function over a table.
#[derive(Debug, Clone, PartialEq)]
pub struct TableFunctionArg {
    /// The whole argument.
    pub span: Span,
    /// Its name.
    pub name: Ident,
    /// Its value.
    pub value: Expr,
}

/// `[PRESERVE] table (key, ...)`.
#[derive(Debug, Clone, PartialEq)]
pub struct UniqueJoinSource {
    /// The whole item.
    pub span: Span,
    /// `PRESERVE`: keep rows without partner.
    pub preserve: bool,
    /// The table.
    pub table: TableRef,
    /// By what it is joined; never empty.
    pub keys: Vec<Expr>,
}

/// `name /*+ hint */ (properties) TABLESAMPLE(...) FOR SYSTEM_TIME AS OF ... [AS] alias`.
#[derive(Debug, Clone, PartialEq)]
pub struct TableRef {
    /// The table.
    pub name: ObjectName,
    /// Hints behind the name, such as `OPTIONS('k'='v')`.
    pub hints: Vec<Hint>,
    /// `('key' = 'value', ...)` behind the name.
    pub properties: Option<Properties>,
    /// `FOR SYSTEM_TIME | SYSTEM_VERSION AS OF ...`.
    pub as_of: Option<AsOf>,
    /// `TABLESAMPLE(...)`.
    pub sample: Option<TableSample>,
    /// Its alias.
    pub alias: Option<Ident>,
}

/// Which state of a table is read.
#[derive(Debug, Clone, PartialEq)]
pub struct AsOf {
    /// The whole clause.
    pub span: Span,
    /// By time or by version.
    pub kind: AsOfKind,
    /// The time or the version.
    pub value: Expr,
}

/// How the state of a table is named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AsOfKind {
    /// `FOR SYSTEM_TIME AS OF`.
    SystemTime,
    /// `FOR SYSTEM_VERSION AS OF`.
    SystemVersion,
}

/// `TABLESAMPLE(...)`.
#[derive(Debug, Clone, PartialEq)]
pub struct TableSample {
    /// The whole clause.
    pub span: Span,
    /// Which part of the table.
    pub kind: SampleKind,
}

/// Which part of a table is sampled.
#[derive(Debug, Clone, PartialEq)]
pub enum SampleKind {
    /// `BUCKET n OUT OF m [ON expr, ...]`.
    Bucket {
        /// Which bucket, from 1.
        bucket: NumberLit,
        /// Out of how many.
        out_of: NumberLit,
        /// By which expressions; empty if not there.
        on: Vec<Expr>,
    },
    /// `n PERCENT`.
    Percent(NumberLit),
    /// `n ROWS`.
    Rows(NumberLit),
    /// `100M`: a number of bytes as written.
    Bytes(String),
}

/// `JOIN source [ON expr | USING (column, ...)]`.
#[derive(Debug, Clone, PartialEq)]
pub struct Join {
    /// From the join's first word (or comma) to its last token.
    pub span: Span,
    /// Which rows stay.
    pub kind: JoinKind,
    /// The right side.
    pub source: TableSource,
    /// The condition.
    pub constraint: Option<JoinConstraint>,
}

/// Kinds of joins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JoinKind {
    /// `JOIN`, `INNER JOIN`.
    Inner,
    /// `,`.
    Comma,
    /// `CROSS JOIN`.
    Cross,
    /// `LEFT [OUTER] JOIN`.
    Left,
    /// `RIGHT [OUTER] JOIN`.
    Right,
    /// `FULL [OUTER] JOIN`.
    Full,
    /// `LEFT SEMI JOIN`.
    LeftSemi,
}

/// Conditions of a join.
#[derive(Debug, Clone, PartialEq)]
pub enum JoinConstraint {
    /// `ON expr`.
    On(Expr),
    /// `USING (column, ...)`.
    Using(Vec<Ident>),
}

/// `LATERAL VIEW [OUTER] function alias [AS column, ...]`.
#[derive(Debug, Clone, PartialEq)]
pub struct LateralView {
    /// The whole clause.
    pub span: Span,
    /// Whether rows without a result stay.
    pub outer: bool,
    /// What gives the rows.
    pub source: LateralSource,
    /// Its name.
    pub alias: Ident,
    /// Names of its columns; empty if not there.
    pub columns: Vec<Ident>,
}

/// What gives the rows of a lateral view.
#[derive(Debug, Clone, PartialEq)]
pub enum LateralSource {
    /// `LATERAL VIEW function`.
    Function(Box<FunctionCall>),
    /// `LATERAL TABLE(VALUES ...)`.
    Values(Values),
}
