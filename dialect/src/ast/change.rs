//! Statements that change rows in place.

use super::{Expr, Hint, Ident, ObjectName, Span, TableSource, ValuesRow};

/// `UPDATE table SET column = value, ... [WHERE condition]`.
#[derive(Debug, Clone, PartialEq)]
pub struct Update {
    /// Which table.
    pub table: ObjectName,
    /// What is set. Hive's grammar takes a `SET` with nothing behind it.
    pub assignments: Vec<Assignment>,
    /// In which rows; in all if there is no condition.
    pub filter: Option<Expr>,
}

/// `column = value`.
#[derive(Debug, Clone, PartialEq)]
pub struct Assignment {
    /// The whole item.
    pub span: Span,
    /// The column.
    pub column: Ident,
    /// Whether the sign is written `==`.
    pub doubled: bool,
    /// Its new value; [`super::ExprKind::Default`] is allowed here.
    pub value: Expr,
}

/// `DELETE FROM table [WHERE condition]`.
#[derive(Debug, Clone, PartialEq)]
pub struct Delete {
    /// Which table.
    pub table: ObjectName,
    /// Which rows; all if there is no condition.
    pub filter: Option<Expr>,
}

/// `MERGE INTO table [[AS] alias] USING source ON condition WHEN ... [WHEN ...]...`.
#[derive(Debug, Clone, PartialEq)]
pub struct Merge {
    /// Hints behind `MERGE`.
    pub hints: Vec<Hint>,
    /// Which table is changed.
    pub table: ObjectName,
    /// Its alias.
    pub alias: Option<Ident>,
    /// What is merged into it.
    pub source: TableSource,
    /// Which rows belong together.
    pub condition: Expr,
    /// What is done with rows that have a partner, in order.
    pub matched: Vec<MergeMatched>,
    /// What is done with rows of the source without partner.
    pub not_matched: Option<MergeNotMatched>,
}

/// `WHEN MATCHED [AND condition] THEN UPDATE SET ... | DELETE`.
#[derive(Debug, Clone, PartialEq)]
pub struct MergeMatched {
    /// The whole clause.
    pub span: Span,
    /// For which rows.
    pub condition: Option<Expr>,
    /// What is done with them.
    pub action: MergeAction,
}

/// What is done with a row that has a partner.
#[derive(Debug, Clone, PartialEq)]
pub enum MergeAction {
    /// `UPDATE SET column = value, ...`.
    Update(Vec<Assignment>),
    /// `DELETE`.
    Delete,
}

/// `WHEN NOT MATCHED [AND condition] THEN INSERT [(column, ...)] VALUES (value, ...)`.
#[derive(Debug, Clone, PartialEq)]
pub struct MergeNotMatched {
    /// The whole clause.
    pub span: Span,
    /// For which rows.
    pub condition: Option<Expr>,
    /// Into which columns; empty if not there.
    pub columns: Vec<Ident>,
    /// The new row.
    pub row: ValuesRow,
}
