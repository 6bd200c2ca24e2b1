//! Which columns and which rows of a table are printed.

use arrow::array::{Array, AsArray, BooleanArray, RecordBatch};
use arrow::compute::{filter_record_batch, prep_null_mask_filter};
use dialect::ast::{self, QueryBody, SelectItem, StatementKind};
use dialect::{Diagnostic, render};
use formats::table::TableColumn;
use formats::types::HiveType;

use super::super::{WallClock, tell};
use super::skips;
use crate::error::{Error, Result};
use crate::read::scan::virtual_columns;
use crate::read::{ReadTable, ScanPlan};
use crate::sql::bind::{
    self, BindOptions, TableColumnKind, TableSchema, Tables, Transform, bind_inserts,
};
use crate::time::Clock as _;

/// Name of the table that a condition is written to; no table can have it.
const TARGET: &str = "the condition";

/// What is printed of a table.
#[derive(Debug)]
pub(super) struct Query {
    /// All columns that are read: first those of the condition, then those that are printed.
    plan: ScanPlan,
    counting: ScanPlan,
    columns: Vec<TableColumn>,
    condition: Option<Condition>,
}

/// Which rows are printed.
#[derive(Debug)]
struct Condition {
    text: String,
    /// Gives one boolean column.
    transform: Transform,
    /// Number of columns that it reads.
    reads: usize,
}

impl Query {
    /// Makes the query of columns, or all of them, and of a condition.
    ///
    /// # Errors
    /// `Schema` for a column that the table does not have; `Config` for a condition with mistakes, which are told.
    pub(super) fn new(
        table: &ReadTable,
        columns: Option<&[String]>,
        condition: Option<&str>,
    ) -> Result<Self> {
        let names: Option<Vec<&str>> =
            columns.map(|names| names.iter().map(|name| name.trim()).collect());
        let printed = ScanPlan::new(table, names.as_deref())?;
        let columns = printed.table_columns();
        let Some(text) = condition else {
            let counting = ScanPlan::new(table, Some(&[]))?;
            return Ok(Self { plan: printed, counting, columns, condition: None });
        };
        let known = known(table);
        // What a condition may name: any column whose name is in its text.
        let lower = text.to_lowercase();
        let named = known.iter().filter(|column| lower.contains(&column.name.to_lowercase()));
        let named: Vec<&str> = named.map(|column| column.name.as_str()).collect();
        let mut counting = ScanPlan::new(table, Some(&named))?;
        let (transform, pushed) = bound(table, &counting.table_columns(), &known, text)?;
        counting.predicate = pushed;
        let mut plan = counting.clone();
        plan.columns.extend(printed.columns);
        let condition = Condition { text: text.to_owned(), transform, reads: named.len() };
        Ok(Self { plan, counting, columns, condition: Some(condition) })
    }

    /// Gives what is read of the files.
    pub(super) fn plan(&self) -> &ScanPlan {
        &self.plan
    }

    /// Gives what is read to count rows.
    pub(super) fn counting(&self) -> &ScanPlan {
        &self.counting
    }

    /// Gives the columns that are printed.
    pub(super) fn columns(&self) -> &[TableColumn] {
        &self.columns
    }

    /// Gives the condition as it was written; empty if there is none.
    pub(super) fn text(&self) -> &str {
        self.condition.as_ref().map_or("", |condition| &condition.text)
    }

    /// Gives the rows to print, of a batch of [`plan`](Self::plan).
    ///
    /// # Errors
    /// `Data` if the condition cannot be computed for a value.
    pub(super) fn apply(&self, batch: &RecordBatch) -> Result<RecordBatch> {
        let Some(condition) = &self.condition else { return Ok(batch.clone()) };
        let failed = |e| Error::internal("cannot leave rows out").with_source(e);
        let mask = condition.mask(batch)?;
        let printed: Vec<usize> = (condition.reads..batch.num_columns()).collect();
        let printed = batch.project(&printed).map_err(failed)?;
        filter_record_batch(&printed, &mask).map_err(failed)
    }

    /// Counts the rows to print, of a batch of [`counting`](Self::counting).
    ///
    /// # Errors
    /// As [`apply`](Self::apply).
    pub(super) fn count(&self, batch: &RecordBatch) -> Result<u64> {
        let rows = match &self.condition {
            Some(condition) => condition.mask(batch)?.true_count(),
            None => batch.num_rows(),
        };
        Ok(rows as u64)
    }
}

impl Condition {
    /// Tells for each row whether it fulfils the condition; the first columns are those that it reads.
    fn mask(&self, batch: &RecordBatch) -> Result<BooleanArray> {
        let reads: Vec<usize> = (0..self.reads).collect();
        let read = batch.project(&reads);
        let read = read.map_err(|e| Error::internal("a batch lacks a column").with_source(e))?;
        let done = self.transform.apply(&read, WallClock.now())?;
        let mask = done.data.columns().first().and_then(|column| column.as_boolean_opt());
        let mask = mask.ok_or_else(|| Error::internal("a condition is not boolean"))?;
        // NULL counts as false.
        Ok(if mask.null_count() > 0 { prep_null_mask_filter(mask) } else { mask.clone() })
    }
}

/// Gives all columns that a condition can name.
fn known(table: &ReadTable) -> Vec<TableColumn> {
    let all = table.columns.iter().chain(&table.partition_columns).cloned();
    all.chain(virtual_columns()).collect()
}

/// The table, and where its rows would go.
struct View<'a> {
    table: &'a str,
    columns: &'a [TableColumn],
}

impl Tables for View<'_> {
    fn table(&self, name: &bind::TableName) -> Option<TableSchema> {
        let stored = |name: &str, ty: HiveType| bind::TableColumn {
            name: name.to_owned(),
            kind: TableColumnKind::Stored(ty),
        };
        let columns = if name.table == TARGET {
            vec![stored("holds", HiveType::Boolean)]
        } else if name.table == self.table {
            let columns = self.columns.iter();
            columns.map(|c| stored(&c.name.to_lowercase(), c.ty.clone())).collect()
        } else {
            return None;
        };
        Some(TableSchema { columns, ..TableSchema::default() })
    }
}

/// Binds a condition over the columns that it reads; gives also what readers of files can be told of it.
fn bound(
    table: &ReadTable,
    reads: &[TableColumn],
    known: &[TableColumn],
    text: &str,
) -> Result<(Transform, Option<formats::table::Predicate>)> {
    let name = table.table.name.table();
    // A line of its own, so that a mistake is shown in what was typed.
    let statement = format!("INSERT INTO `{TARGET}` SELECT (\n{text}\n) FROM `{name}`");
    let wrong = |problems: Vec<Diagnostic>| {
        for problem in &problems {
            tell(&render(problem, &statement, "--where"));
        }
        Error::config("the condition has mistakes")
            .with("condition", text)
            .with("columns", known.iter().map(|c| c.name.as_str()).collect::<Vec<_>>().join(", "))
    };
    let parsed = dialect::parse_statement(&statement).map_err(wrong)?;
    let Some(condition) = condition(&parsed) else {
        return Err(wrong(vec![Diagnostic::new(parsed.span, "this is not one condition")]));
    };
    let view = View { table: name, columns: reads };
    let bound = bind_inserts(&parsed, &view, &BindOptions::default());
    let bound = bound.map_err(|errors| {
        let diagnostic = |e: bind::BindError| {
            let diagnostic = Diagnostic::new(e.span, e.message);
            match e.hint {
                Some(hint) => diagnostic.with_hint(hint),
                None => diagnostic,
            }
        };
        wrong(errors.into_iter().map(diagnostic).collect())
    })?;
    let mut branches = bound.into_iter().flat_map(|insert| insert.branches);
    match (branches.next(), branches.next()) {
        (Some(one), None) => Ok((one.transform, skips::predicate(condition, known, &statement))),
        _ => Err(wrong(vec![Diagnostic::new(parsed.span, "this is not one condition")])),
    }
}

/// Finds what was typed in the statement around it; nothing if it has reached beyond its place.
fn condition(statement: &ast::Statement) -> Option<&ast::Expr> {
    let StatementKind::Insert(insert) = &statement.kind else { return None };
    let QueryBody::Select(select) = &insert.query.body else { return None };
    match select.items.as_slice() {
        [SelectItem::Expr { expr, aliases, .. }]
            if aliases.is_empty() && select.filter.is_none() =>
        {
            Some(expr)
        }
        _ => None,
    }
}
