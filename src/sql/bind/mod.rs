//! Turns an `INSERT ... SELECT` into a computation on batches.
//!
//! Sub-selects, named subqueries and `UNION ALL` leave no trace at run time: they are composed into
//! one filter and one expression for each column of the target, once for each table that is read. A
//! join with a Hive table is a lookup in a copy of that table.
//!
//! Invariants:
//! - Every expression has a Hive type, and every conversion is written out: the run time converts
//!   nothing by itself.
//! - A row of the result depends on one row of the source, on the time of its batch, and on the rows
//!   of dimensions as they are then.
//! - All problems are found in one pass; each has the place in the script and says what to do.

mod call;
mod describe;
mod expr;
mod frame;
mod insert;
mod join;
mod literal;
mod lookups;
mod pushdown;
mod query;
mod scope;
mod step;
mod transform;
mod typed;
mod watermark;

use dialect::ast::{self, Span};
use formats::table::Predicate;
use formats::types::HiveType;

pub use crate::sql::functions::Formatter;
pub use frame::SourceRows;
pub use insert::bind_inserts;
pub use step::{Dimensions, LookupKind, LookupQuery, LookupStep};
pub use transform::{PartitionColumn, PartitionValue, Transform, Transformed};
pub use watermark::{WatermarkSpec, bind_watermark};

/// What to do about a query that needs more rows than one at a time.
const STATELESS_HINT: &str = "a streaming INSERT computes each row for itself";

/// What the binder must know of tables.
pub trait Tables {
    /// Returns a table's columns, or nothing if there is no such table.
    fn table(&self, name: &TableName) -> Option<TableSchema>;

    /// Returns a table's columns in the types that its rows have when they are read, which a format
    /// may decide.
    fn read(&self, name: &TableName) -> Option<TableSchema> {
        self.table(name)
    }
}

/// Names a table as written: the database only if it was given.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TableName {
    /// The database; none for the current one.
    pub database: Option<String>,
    /// The table.
    pub table: String,
}

/// Lists the columns of a table.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TableSchema {
    /// The columns in the order declared, computed ones included, partition columns not.
    pub columns: Vec<TableColumn>,
    /// The partition columns.
    pub partitions: Vec<TableColumn>,
    /// Columns that are found by their names and that `*` does not mean; those above go before them.
    pub hidden: Vec<TableColumn>,
    /// What the table is.
    pub kind: TableKind,
    /// The column that carries the event time, if a watermark is declared.
    pub event_time: Option<String>,
}

impl TableSchema {
    /// Goes through the hidden columns that batches have, with their types.
    fn hidden(&self) -> impl Iterator<Item = (&str, &HiveType)> {
        let shown = |name: &str| {
            let mut all = self.columns.iter().chain(&self.partitions);
            all.any(|column| column.name.eq_ignore_ascii_case(name))
        };
        self.hidden.iter().filter_map(move |column| match &column.kind {
            TableColumnKind::Stored(ty) if !shown(&column.name) => Some((column.name.as_str(), ty)),
            TableColumnKind::Stored(_) | TableColumnKind::Computed(_) => None,
        })
    }
}

/// Says what a table is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum TableKind {
    /// A source of a stream, with a connector.
    #[default]
    Source,
    /// A table of the catalog.
    Hive,
}

/// Describes one column of a table.
#[derive(Debug, Clone, PartialEq)]
pub struct TableColumn {
    /// Its name.
    pub name: String,
    /// Where its values come from.
    pub kind: TableColumnKind,
}

/// Says where the values of a column come from.
#[derive(Debug, Clone, PartialEq)]
pub enum TableColumnKind {
    /// The batches of the source have it, in the order of these columns.
    Stored(HiveType),
    /// It is computed from the other columns: `name AS expr`.
    Computed(ast::Expr),
}

/// Says in which zone and with which settings a script is bound.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BindOptions {
    /// The session's time zone, `hive.local.time.zone`.
    pub time_zone: chrono_tz::Tz,
    /// What the letters of a date pattern mean, `hive.datetime.formatter`.
    pub formatter: Formatter,
}

impl Default for BindOptions {
    fn default() -> Self {
        Self { time_zone: chrono_tz::Tz::UTC, formatter: Formatter::default() }
    }
}

/// A problem found while binding.
#[derive(Debug, Clone, PartialEq)]
pub struct BindError {
    /// Where in the script.
    pub span: Span,
    /// What is wrong.
    pub message: String,
    /// What can be done about it.
    pub hint: Option<String>,
}

/// An `INSERT` whose names and types are resolved.
#[derive(Debug)]
pub struct BoundInsert {
    /// The table that is written.
    pub target: TableName,
    /// Where the script names it.
    pub span: Span,
    /// The hints behind its name.
    pub hints: Vec<ast::Hint>,
    /// Whether rows replace what is there.
    pub overwrite: bool,
    /// One for each table that is read; their rows are put together (`UNION ALL`).
    pub branches: Vec<BoundBranch>,
}

/// The rows one table gives to an `INSERT`.
#[derive(Debug)]
pub struct BoundBranch {
    /// The table that is read.
    pub source: TableName,
    /// Where the script names it.
    pub span: Span,
    /// The hints behind its name.
    pub hints: Vec<ast::Hint>,
    /// What rows fulfil at least that become rows of the target, as far as readers of files understand it.
    pub condition: Option<Predicate>,
    /// What happens to its batches.
    pub transform: Transform,
}

#[cfg(test)]
mod tests;
