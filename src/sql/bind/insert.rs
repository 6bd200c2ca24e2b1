//! Inserts: the columns of a query to those of a table, by position, with static and dynamic partition values.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::datatypes::Field;
use datafusion_common::ScalarValue;
use datafusion_expr::Expr;
use datafusion_expr::expr::ScalarFunction;
use dialect::ast::{self, Destination, InsertMode, InsertTarget, QueryBody, StatementKind};
use formats::types::HiveType;

use super::expr::Binder;
use super::lookups;
use super::pushdown;
use super::query::{Queries, Rows, add};
use super::transform::{PartitionColumn, PartitionValue, Transform};
use super::typed::Typed;
use super::{
    BindError, BindOptions, BoundBranch, BoundInsert, TableColumn, TableColumnKind, TableName,
    TableSchema, Tables,
};
use crate::sql::functions::{cast, partition};

/// Binds the inserts of a statement: one, or several for `FROM ... INSERT ... INSERT`.
///
/// # Errors
/// Every problem that was found.
pub fn bind_inserts(
    statement: &ast::Statement,
    tables: &dyn Tables,
    options: &BindOptions,
) -> Result<Vec<BoundInsert>, Vec<BindError>> {
    let binder = Binder { options, errors: Vec::new() };
    let mut queries = Queries { tables, binder, depth: 0 };
    let mut bound = Vec::new();
    match &statement.kind {
        StatementKind::Insert(insert) => {
            let mut ctes = BTreeMap::new();
            add(&mut ctes, insert.with.as_ref());
            let rows = queries.query(&insert.query, &ctes);
            bound.extend(queries.insert(&insert.target, rows));
        }
        StatementKind::FromInsert(multi) => {
            let mut ctes = BTreeMap::new();
            add(&mut ctes, multi.with.as_ref());
            for branch in &multi.branches {
                let (Some(target), QueryBody::Select(select)) =
                    (&branch.target, &branch.query.body)
                else {
                    queries.binder.error(branch.span, "each part needs INSERT and SELECT", "");
                    continue;
                };
                let rows = queries.select(select, Some(&multi.from), &ctes);
                bound.extend(queries.insert(target, rows));
            }
        }
        _ => queries.binder.error(statement.span, "this is not an INSERT", ""),
    }
    let mut errors = queries.binder.errors;
    let mut seen = Vec::new();
    errors.retain(|e| {
        let new =
            !seen.iter().any(|(s, m): &(ast::Span, String)| s.same(e.span) && *m == e.message);
        seen.push((e.span, e.message.clone()));
        new
    });
    if errors.is_empty() { Ok(bound) } else { Err(errors) }
}

impl Queries<'_> {
    fn insert(&mut self, target: &InsertTarget, rows: Vec<Rows>) -> Option<BoundInsert> {
        let Destination::Table { name, hints, partition } = &target.destination else {
            let hint = "insert into a table and read its folder";
            self.binder.error(target.span, "INSERT ... DIRECTORY is not supported here", hint);
            return None;
        };
        let (database, table) = match name.parts.as_slice() {
            [table] => (None, table),
            [database, table] => (Some(database.value.to_lowercase()), table),
            _ => {
                self.binder.error(name.span, "a table's name has one or two parts", "");
                return None;
            }
        };
        let bound = TableName { database, table: table.value.to_lowercase() };
        let Some(schema) = self.tables.table(&bound) else {
            let hint = "create it with CREATE TABLE before the INSERT";
            self.binder.error(name.span, format!("no table {name}"), hint);
            return None;
        };
        let partitions = self.partition_spec(partition.as_ref(), &schema, name.span);
        let mut branches = Vec::new();
        for one in rows {
            let Rows { base, columns } = one;
            let (source, span, hints) = (base.source.clone(), base.span, base.hints.clone());
            let condition =
                base.filter.as_ref().and_then(|f| pushdown::predicate(&f.expr, &base.types));
            let Some(assigned) = self.assign(target, &schema, &partitions, columns) else {
                continue;
            };
            let Some(parts) = lookups::plan(&mut self.binder, base, assigned) else { continue };
            match Transform::compile(parts) {
                Ok(transform) => {
                    branches.push(BoundBranch { source, span, hints, condition, transform });
                }
                Err(error) => {
                    let message = format!("cannot compile the query: {error:?}");
                    self.binder.error(target.span, message, "please report it");
                }
            }
        }
        let overwrite = target.mode == InsertMode::Overwrite;
        let hints = hints.clone();
        Some(BoundInsert { target: bound, span: name.span, hints, overwrite, branches })
    }

    /// Gives each partition column's static value, `None` for a dynamic one.
    fn partition_spec(
        &mut self,
        written: Option<&ast::PartitionSpec>,
        schema: &TableSchema,
        span: ast::Span,
    ) -> Vec<Option<Option<String>>> {
        let mut values: Vec<Option<Option<String>>> = vec![None; schema.partitions.len()];
        let Some(written) = written else { return values };
        if schema.partitions.is_empty() {
            self.binder.error(written.span, "the table is not partitioned", "leave PARTITION out");
        }
        let scope = super::scope::Scope::empty();
        for value in &written.values {
            let Some(at) = schema.partitions.iter().position(|c| value.name.is(&c.name)) else {
                let message = format!("{} is not a partition column", value.name.value);
                self.binder.error(value.span, message, "");
                continue;
            };
            if value.transform.is_some() {
                let hint = "name the partition column itself";
                self.binder.error(value.span, "a partition cannot be given by a function", hint);
                continue;
            }
            let Some(expr) = &value.value else { continue };
            let typed = self.binder.expr(expr, &scope);
            let given = typed.constant().is_some_and(|value| !value.is_null());
            let ty = schema.partitions.get(at).map_or(HiveType::String, stored);
            let text = self.partition_text(typed, &ty, expr.span);
            let Expr::Literal(ScalarValue::Utf8(text), _) = text else {
                let hint = "a value that differs from row to row comes last in the SELECT";
                self.binder.error(expr.span, "a static partition value must be a constant", hint);
                continue;
            };
            if given && text.is_none() {
                let message =
                    format!("the value of partition column {} is no {ty}", value.name.value);
                self.binder.error(expr.span, message, "");
            }
            if let Some(slot) = values.get_mut(at) {
                *slot = Some(text);
            }
        }
        let first_dynamic = values.iter().position(Option::is_none);
        if values.iter().skip(first_dynamic.unwrap_or(values.len())).any(Option::is_some) {
            let hint = "give the first partition columns a value, the last ones none";
            self.binder.error(span, "a dynamic partition column comes before a static one", hint);
        }
        values
    }

    /// Maps the columns of a query to those of the table.
    ///
    /// Source: Hive `SemanticAnalyzer.genConversionSelectOperator`: by position, dynamic partition columns last.
    fn assign(
        &mut self,
        target: &InsertTarget,
        schema: &TableSchema,
        partitions: &[Option<Option<String>>],
        given: Vec<(String, Typed)>,
    ) -> Option<Assigned> {
        let dynamic: Vec<&TableColumn> = schema
            .partitions
            .iter()
            .zip(partitions)
            .filter_map(|(column, value)| value.is_none().then_some(column))
            .collect();
        let wanted: Vec<&TableColumn> =
            schema.columns.iter().chain(dynamic.iter().copied()).collect();
        let values = self.by_column(target, &wanted, given)?;
        let mut values = values.into_iter();
        let mut columns = Vec::new();
        for (column, value) in schema.columns.iter().zip(values.by_ref()) {
            let value = if self.fits(&value, column, target.span) { value } else { Typed::null() };
            let typed = self.binder.convert(value, &stored(column), target.span);
            let typed = self.binder.bounded(typed, target.span);
            let field = Field::new(&column.name, stored(column).to_arrow(), true);
            columns.push((field, typed.expr));
        }
        let mut exprs = Vec::new();
        for (column, value) in dynamic.iter().zip(values) {
            self.fits(&value, column, target.span);
            exprs.push(self.partition_text(value, &stored(column), target.span));
        }
        let mut next = 0;
        let named = schema.partitions.iter().zip(partitions).map(|(column, value)| {
            let value = match value {
                Some(text) => PartitionValue::Static(text.clone()),
                None => {
                    next += 1;
                    PartitionValue::Dynamic(next - 1)
                }
            };
            PartitionColumn { name: column.name.clone(), value }
        });
        Some(Assigned { columns, partitions: named.collect(), dynamic: exprs })
    }

    /// Tells whether a value can be converted to the type of a column; if not, says so.
    fn fits(&mut self, value: &Typed, column: &TableColumn, target: ast::Span) -> bool {
        let ty = stored(column);
        let fits = value.ty == HiveType::Void || cast::can_cast(&value.ty, &ty);
        if !fits {
            let message = format!("column {} is {ty}, the query gives {}", column.name, value.ty);
            let hint = "columns go by position, not by name";
            self.binder.error(value.at.unwrap_or(target), message, hint);
        }
        fits
    }

    /// Makes a value the text of a partition column, once for each distinct value where that can
    /// be told.
    fn partition_text(&mut self, value: Typed, ty: &HiveType, span: ast::Span) -> Expr {
        let session = self.binder.session();
        // Whole numbers, dates and times have the same text in a column of strings.
        let printed = matches!(
            value.ty,
            HiveType::TinyInt
                | HiveType::SmallInt
                | HiveType::Int
                | HiveType::BigInt
                | HiveType::Date
                | HiveType::Timestamp
        );
        if *ty == HiveType::String && printed && value.constant().is_none() {
            let text = Arc::new(partition::partition_text(session));
            return Expr::ScalarFunction(ScalarFunction::new_udf(text, vec![value.expr]));
        }
        let text = value.ty == HiveType::String && *ty == HiveType::String;
        if let Expr::ScalarFunction(call) = &value.expr
            && text
            && call.name() == "date_format"
            && matches!(call.args.get(1), Some(Expr::Literal(value, _)) if !value.is_null())
        {
            let runs = Arc::new(partition::date_format_runs(session));
            return Expr::ScalarFunction(ScalarFunction::new_udf(runs, call.args.clone()));
        }
        let value = self.binder.convert(value, ty, span).expr;
        if let Expr::Literal(constant, _) = &value {
            return Expr::Literal(partition::constant_text(constant, session), None);
        }
        let text = Arc::new(partition::partition_text(session));
        Expr::ScalarFunction(ScalarFunction::new_udf(text, vec![value]))
    }

    /// Puts a query's columns into the table's order; columns that the list leaves out are NULL.
    fn by_column(
        &mut self,
        target: &InsertTarget,
        wanted: &[&TableColumn],
        given: Vec<(String, Typed)>,
    ) -> Option<Vec<Typed>> {
        let list: Vec<String> = target.columns.iter().map(|c| c.value.to_lowercase()).collect();
        let expected = if list.is_empty() { wanted.len() } else { list.len() };
        if given.len() != expected {
            let names: Vec<&str> = wanted.iter().map(|c| c.name.as_str()).collect();
            let message =
                format!("the table takes {expected} columns, but the query gives {}", given.len());
            let hint = format!("expected, in this order: {}", names.join(", "));
            self.binder.error(target.span, message, &hint);
            return None;
        }
        if list.is_empty() {
            return Some(given.into_iter().map(|(_, typed)| typed).collect());
        }
        for (name, written) in list.iter().zip(&target.columns) {
            if !wanted.iter().any(|c| c.name == *name) {
                self.binder.error(written.span, format!("the table has no column {name}"), "");
            }
            if list.iter().filter(|other| *other == name).count() > 1 {
                self.binder.error(written.span, format!("column {name} is listed twice"), "");
            }
        }
        let mut by_name: BTreeMap<String, Typed> =
            list.into_iter().zip(given.into_iter().map(|(_, typed)| typed)).collect();
        let all = wanted.iter().map(|c| by_name.remove(&c.name).unwrap_or_else(Typed::null));
        Some(all.collect())
    }
}

/// What each column of the target is.
#[derive(Debug)]
pub(super) struct Assigned {
    pub(super) columns: Vec<(Field, Expr)>,
    pub(super) partitions: Vec<PartitionColumn>,
    pub(super) dynamic: Vec<Expr>,
}

fn stored(column: &TableColumn) -> HiveType {
    match &column.kind {
        TableColumnKind::Stored(ty) => ty.clone(),
        TableColumnKind::Computed(_) => HiveType::String,
    }
}
