//! Statements about the session and about other statements.

use super::{Ident, Span, Statement};

/// `USE database`.
#[derive(Debug, Clone, PartialEq)]
pub struct Use {
    /// The database.
    pub database: Ident,
}

/// `SET`, in Hive's form (raw text to the end of the statement) or Flink's (two strings).
#[derive(Debug, Clone, PartialEq)]
pub enum Set {
    /// `SET`: show what was set.
    All,
    /// `SET -v`: show everything.
    Verbose,
    /// `SET key`: show one setting.
    Show(SetKey),
    /// `SET key = value`.
    Assign {
        /// The key.
        key: SetKey,
        /// Where the value is.
        value_span: Span,
        /// The value without the blanks around it; without quotes in Flink's form.
        value: String,
    },
}

/// The key of a setting: `hive.x`, `hiveconf:x`, `hivevar:x`, `system:x`, `env:x`, `'x'`.
#[derive(Debug, Clone, PartialEq)]
pub struct SetKey {
    /// Where, quotes included.
    pub span: Span,
    /// The key as written, with its namespace; without quotes in Flink's form.
    pub name: String,
    /// In which form it was written.
    pub style: SetStyle,
}

/// The two forms of `SET` and `RESET`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SetStyle {
    /// `SET key = value`: the value is the rest of the statement, quotes and all.
    Hive,
    /// `SET 'key' = 'value'`.
    Flink,
}

/// `RESET`, `RESET -d key ...`, `RESET 'key'`.
#[derive(Debug, Clone, PartialEq)]
pub struct Reset {
    /// Which settings; empty for all.
    pub keys: Vec<SetKey>,
    /// `-d`: to the built-in default instead of the value at the start of the session.
    pub to_default: bool,
}

/// `EXPLAIN [option ...] statement`.
#[derive(Debug, Clone, PartialEq)]
pub struct Explain {
    /// What is shown.
    pub options: Vec<ExplainOption>,
    /// The statement explained.
    pub statement: Box<Statement>,
}

/// What `EXPLAIN` shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExplainOption {
    /// `EXTENDED`.
    Extended,
    /// `FORMATTED`.
    Formatted,
    /// `DEPENDENCY`.
    Dependency,
    /// `CBO`.
    Cbo,
    /// `CBO COST`.
    CboCost,
    /// `CBO JOINCOST`.
    CboJoinCost,
    /// `LOGICAL`.
    Logical,
    /// `AUTHORIZATION`.
    Authorization,
    /// `ANALYZE`.
    Analyze,
    /// `REOPTIMIZATION`.
    Reoptimization,
    /// `LOCKS`.
    Locks,
    /// `AST`.
    Ast,
    /// `VECTORIZATION [ONLY] [SUMMARY | OPERATOR | EXPRESSION | DETAIL]`.
    Vectorization {
        /// Only the vectorization, not the plan.
        only: bool,
        /// How much of it.
        detail: Option<VectorizationDetail>,
    },
    /// `DEBUG`.
    Debug,
    /// `DDL`.
    Ddl,
    /// `REWRITE`: alone, and only of a query or an `INSERT`.
    Rewrite,
}

/// How much `EXPLAIN VECTORIZATION` shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VectorizationDetail {
    /// `SUMMARY`.
    Summary,
    /// `OPERATOR`.
    Operator,
    /// `EXPRESSION`.
    Expression,
    /// `DETAIL`.
    Detail,
}
