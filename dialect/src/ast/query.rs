//! Queries.

use super::{
    ColumnDef, Expr, FunctionArg, FunctionCall, Hint, Ident, NumberLit, ObjectName, Properties,
    RowFormat, SetQuantifier, Span, StringLit,
};

/// A query: `[WITH ...] body [ORDER BY ...] [CLUSTER BY ...] ... [LIMIT ...]`.
#[derive(Debug, Clone, PartialEq)]
pub struct Query {
    /// From its first to its last token, without enclosing parentheses.
    pub span: Span,
    /// Named subqueries.
    pub with: Option<With>,
    /// What gives the rows.
    pub body: QueryBody,
    /// `ORDER BY`; empty if not there.
    pub order_by: Vec<SortItem>,
    /// `CLUSTER BY`; empty if not there.
    pub cluster_by: Vec<Expr>,
    /// `DISTRIBUTE BY`; empty if not there.
    pub distribute_by: Vec<Expr>,
    /// `SORT BY`; empty if not there.
    pub sort_by: Vec<SortItem>,
    /// `LIMIT`.
    pub limit: Option<Limit>,
}

impl Query {
    /// Makes a query of a body, with nothing before and behind it.
    pub const fn of(body: QueryBody) -> Self {
        Self {
            span: Span { start: 0, end: 0 },
            with: None,
            body,
            order_by: Vec::new(),
            cluster_by: Vec::new(),
            distribute_by: Vec::new(),
            sort_by: Vec::new(),
            limit: None,
        }
    }

    /// Tells whether nothing stands behind the query's body.
    pub const fn has_no_tail(&self) -> bool {
        self.order_by.is_empty()
            && self.cluster_by.is_empty()
            && self.distribute_by.is_empty()
            && self.sort_by.is_empty()
            && self.limit.is_none()
    }
}

/// `WITH name AS (query), ...`.
#[derive(Debug, Clone, PartialEq)]
pub struct With {
    /// The whole clause.
    pub span: Span,
    /// The named subqueries; never empty.
    pub ctes: Vec<Cte>,
}

/// `name [(column, ...)] AS (query)`.
#[derive(Debug, Clone, PartialEq)]
pub struct Cte {
    /// The whole item.
    pub span: Span,
    /// Its name.
    pub name: Ident,
    /// Names of its columns; empty if not there.
    pub columns: Vec<Ident>,
    /// What it stands for.
    pub query: Box<Query>,
}

/// What gives the rows of a query.
#[derive(Debug, Clone, PartialEq)]
pub enum QueryBody {
    /// `SELECT ...`.
    Select(Box<Select>),
    /// `VALUES (...), ...`.
    Values(Values),
    /// `(query)`; or `FROM source SELECT ...` with its own sorting and limit as an operand of a set
    /// operation, which stands without parentheses.
    Nested(Box<Query>),
    /// `first UNION ... operand ...`.
    SetOperation(Box<SetOperation>),
}

impl QueryBody {
    /// Tells whether it is written `FROM source SELECT ...`.
    pub fn is_from_first(&self) -> bool {
        match self {
            Self::Select(select) => select.from_first,
            Self::Nested(query) => {
                matches!(&query.body, Self::Select(select) if select.from_first)
            }
            Self::Values(_) | Self::SetOperation(_) => false,
        }
    }
}

/// A left-associative run of set operations; Hive gives all of them the same precedence.
#[derive(Debug, Clone, PartialEq)]
pub struct SetOperation {
    /// The leftmost operand; never a [`QueryBody::SetOperation`].
    pub first: QueryBody,
    /// The others, each with the operator before it; never empty.
    pub rest: Vec<SetOperationRest>,
}

/// One set operator with its right operand.
#[derive(Debug, Clone, PartialEq)]
pub struct SetOperationRest {
    /// Operator and operand.
    pub span: Span,
    /// The operator.
    pub op: SetOperator,
    /// `ALL` or `DISTINCT`, if written; nothing means `DISTINCT`.
    pub quantifier: Option<SetQuantifier>,
    /// The right operand; never a [`QueryBody::SetOperation`].
    pub operand: QueryBody,
}

/// Set operators.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SetOperator {
    /// `UNION`.
    Union,
    /// `INTERSECT`.
    Intersect,
    /// `EXCEPT`.
    Except,
    /// `MINUS`, the same as `EXCEPT`.
    Minus,
}

/// `SELECT items FROM ... WHERE ... GROUP BY ... HAVING ... WINDOW ... QUALIFY ...`.
#[derive(Debug, Clone, PartialEq)]
pub struct Select {
    /// From `SELECT` (or `FROM`, if that comes first) to the last token.
    pub span: Span,
    /// Hints behind `SELECT`.
    pub hints: Vec<Hint>,
    /// `ALL` or `DISTINCT`, if written.
    pub quantifier: Option<SetQuantifier>,
    /// What is selected; never empty.
    pub items: Vec<SelectItem>,
    /// `FROM`; none for a query of constants.
    pub from: Option<From>,
    /// Whether `FROM` was written before `SELECT`.
    pub from_first: bool,
    /// The lateral view behind the select list, only where `FROM` comes first.
    pub lateral_view: Option<LateralView>,
    /// `WHERE`.
    pub filter: Option<Expr>,
    /// `GROUP BY`.
    pub group_by: Option<GroupBy>,
    /// `HAVING`.
    pub having: Option<Expr>,
    /// `WINDOW name AS (...), ...`; empty if not there.
    pub windows: Vec<WindowDef>,
    /// `QUALIFY`.
    pub qualify: Option<Expr>,
}

/// One item of a select list.
#[derive(Debug, Clone, PartialEq)]
pub enum SelectItem {
    /// `*`.
    Wildcard(Span),
    /// `t.*`, `db.t.*`.
    QualifiedWildcard {
        /// With the star.
        span: Span,
        /// What stands before the star.
        qualifier: ObjectName,
    },
    /// `expr [[AS] alias]`, `expr AS (alias, ...)`.
    Expr {
        /// With the alias.
        span: Span,
        /// The value.
        expr: Expr,
        /// Its alias; several for a function that gives several columns; empty if not there.
        aliases: Vec<Ident>,
    },
    /// `TRANSFORM (...) USING 'script'`, which is always the only item.
    Transform(Box<Transform>),
}

/// `TRANSFORM (arg, ...) ... USING 'script' [AS ...] ...`: rows go through a program.
#[derive(Debug, Clone, PartialEq)]
pub struct Transform {
    /// The whole clause.
    pub span: Span,
    /// With which words.
    pub keyword: TransformKeyword,
    /// What the program reads; never empty.
    pub args: Vec<FunctionArg>,
    /// How rows are written to the program; its record is a `RECORDWRITER`.
    pub input: ScriptSide,
    /// The command line.
    pub script: StringLit,
    /// What the program gives.
    pub columns: TransformOutput,
    /// How rows are read from the program; its record is a `RECORDREADER`.
    pub output: ScriptSide,
}

/// With which words a program is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TransformKeyword {
    /// `SELECT TRANSFORM (...)`.
    Transform,
    /// `MAP ...`, instead of `SELECT`.
    Map,
    /// `REDUCE ...`, instead of `SELECT`.
    Reduce,
}

/// How rows go to or come from a program.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ScriptSide {
    /// `ROW FORMAT ...`.
    pub row_format: Option<RowFormat>,
    /// `RECORDWRITER 'class'` or `RECORDREADER 'class'`.
    pub record: Option<StringLit>,
}

/// The columns that a program gives.
#[derive(Debug, Clone, PartialEq)]
pub enum TransformOutput {
    /// Nothing is said: a key and a value.
    None,
    /// `AS (name, ...)`.
    Names(Vec<Ident>),
    /// `AS (name type, ...)`.
    Columns(Vec<ColumnDef>),
}

/// `VALUES row, row, ...`.
#[derive(Debug, Clone, PartialEq)]
pub struct Values {
    /// The whole clause.
    pub span: Span,
    /// The rows; never empty.
    pub rows: Vec<ValuesRow>,
}

/// `(value, ...)`.
#[derive(Debug, Clone, PartialEq)]
pub struct ValuesRow {
    /// With parentheses.
    pub span: Span,
    /// The values; never empty. [`super::ExprKind::Default`] is allowed here.
    pub values: Vec<Expr>,
    /// Column aliases, only in the first row; empty, or one entry per value.
    pub aliases: Vec<Option<Ident>>,
}

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

/// `GROUP BY ...`.
#[derive(Debug, Clone, PartialEq)]
pub struct GroupBy {
    /// The whole clause.
    pub span: Span,
    /// By what; empty for `GROUP BY ()`.
    pub exprs: Vec<Expr>,
    /// What is added to plain grouping.
    pub modifier: Option<GroupByModifier>,
}

/// Several groupings at once.
#[derive(Debug, Clone, PartialEq)]
pub enum GroupByModifier {
    /// `WITH ROLLUP`.
    WithRollup,
    /// `WITH CUBE`.
    WithCube,
    /// `ROLLUP (...)`.
    Rollup,
    /// `CUBE (...)`.
    Cube,
    /// `GROUPING SETS ((a, b), a, ())`.
    GroupingSets(Vec<GroupingSet>),
}

/// One grouping set.
#[derive(Debug, Clone, PartialEq)]
pub struct GroupingSet {
    /// With parentheses.
    pub span: Span,
    /// Its expressions; empty for `()`.
    pub exprs: Vec<Expr>,
}

/// `expr [ASC | DESC] [NULLS FIRST | LAST]`.
#[derive(Debug, Clone, PartialEq)]
pub struct SortItem {
    /// The whole item.
    pub span: Span,
    /// By what.
    pub expr: Expr,
    /// In which direction, if written.
    pub direction: Option<Direction>,
    /// Where nulls go, if written.
    pub nulls: Option<NullsOrder>,
}

/// Directions of sorting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// `ASC`.
    Asc,
    /// `DESC`.
    Desc,
}

/// Where nulls go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NullsOrder {
    /// `NULLS FIRST`.
    First,
    /// `NULLS LAST`.
    Last,
}

/// `LIMIT count [OFFSET offset]`, `LIMIT offset, count`.
#[derive(Debug, Clone, PartialEq)]
pub struct Limit {
    /// The whole clause.
    pub span: Span,
    /// How many rows.
    pub count: Expr,
    /// How many rows are left out first.
    pub offset: Option<Expr>,
}

/// `OVER name`, `OVER (...)`.
#[derive(Debug, Clone, PartialEq)]
pub enum WindowRef {
    /// A window of the `WINDOW` clause.
    Named(Ident),
    /// A window written in place.
    Spec(WindowSpec),
}

/// `WINDOW name AS window`.
#[derive(Debug, Clone, PartialEq)]
pub struct WindowDef {
    /// The whole item.
    pub span: Span,
    /// Its name.
    pub name: Ident,
    /// The window.
    pub window: WindowRef,
}

/// `([name] [partitioning] [frame])`.
#[derive(Debug, Clone, PartialEq)]
pub struct WindowSpec {
    /// With parentheses.
    pub span: Span,
    /// The window that it extends.
    pub base: Option<Ident>,
    /// How rows are divided and sorted.
    pub partitioning: Option<Partitioning>,
    /// Which rows around the current one.
    pub frame: Option<WindowFrame>,
}

/// How rows are divided and sorted; at least one list is not empty.
#[derive(Debug, Clone, PartialEq)]
pub enum Partitioning {
    /// `PARTITION BY ... ORDER BY ...`, each optional.
    PartitionBy {
        /// How rows are divided.
        partition_by: Vec<Expr>,
        /// How they are sorted.
        order_by: Vec<SortItem>,
    },
    /// `DISTRIBUTE BY ... SORT BY ...`, each optional.
    DistributeBy {
        /// How rows are divided.
        distribute_by: Vec<Expr>,
        /// How they are sorted.
        sort_by: Vec<SortItem>,
    },
    /// `CLUSTER BY ...`.
    ClusterBy(Vec<Expr>),
}

/// `ROWS | RANGE start`, `ROWS | RANGE BETWEEN start AND end`.
#[derive(Debug, Clone, PartialEq)]
pub struct WindowFrame {
    /// The whole clause.
    pub span: Span,
    /// What the bounds count.
    pub unit: FrameUnit,
    /// The first row.
    pub start: FrameBound,
    /// The last row, if written.
    pub end: Option<FrameBound>,
}

/// What the bounds of a frame count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FrameUnit {
    /// Rows.
    Rows,
    /// Values of the sort key.
    Range,
}

/// One end of a frame.
#[derive(Debug, Clone, PartialEq)]
pub enum FrameBound {
    /// `UNBOUNDED PRECEDING`.
    UnboundedPreceding,
    /// `UNBOUNDED FOLLOWING`.
    UnboundedFollowing,
    /// `CURRENT ROW`.
    CurrentRow,
    /// `n PRECEDING`.
    Preceding(NumberLit),
    /// `n FOLLOWING`.
    Following(NumberLit),
}
