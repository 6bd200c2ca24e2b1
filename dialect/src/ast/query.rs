//! Queries.

use super::{
    ColumnDef, Expr, From, FunctionArg, Hint, Ident, LateralView, NumberLit, ObjectName, RowFormat,
    SetQuantifier, Span, StringLit,
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
