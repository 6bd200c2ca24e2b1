//! What names in an expression can mean.

use std::sync::Arc;

use arrow::datatypes::{Field, Schema, SchemaRef};
use datafusion_common::Column;
use datafusion_expr::Expr;
use dialect::ast;

use super::expr::Binder;
use super::typed::Typed;
use super::{TableColumnKind, TableSchema};

/// What is wrong with a name, and what to do about it.
type Problem = (String, Option<String>);

/// The columns that names can mean.
#[derive(Debug)]
pub(super) struct Scope {
    pub(super) alias: Option<String>,
    pub(super) columns: Vec<(String, Typed)>,
}

impl Scope {
    /// Gives a scope without columns.
    pub(super) fn empty() -> Self {
        Self { alias: None, columns: Vec::new() }
    }

    /// Returns the columns in order.
    pub(super) fn columns(&self) -> impl Iterator<Item = &Typed> {
        self.columns.iter().map(|(_, typed)| typed)
    }

    /// Finds a column by its name, with or without the table's; returns it with the names of
    /// fields that follow.
    ///
    /// # Errors
    /// What is wrong, and what to do about it.
    pub(super) fn find<'n>(
        &self,
        name: &'n ast::ObjectName,
    ) -> Result<(Typed, &'n [ast::Ident]), Problem> {
        let parts = name.parts.as_slice();
        let is_table =
            |part: &ast::Ident| self.alias.as_deref().is_some_and(|alias| part.is(alias));
        let at = match parts {
            [table, _, ..] if is_table(table) => 1,
            [database, table, _, ..] if is_table(table) && !self.has(database) => 2,
            _ => 0,
        };
        let Some((column, fields)) = parts.get(at..).and_then(<[_]>::split_first) else {
            return Err((format!("unknown column {name}"), None));
        };
        let mut found = self.columns.iter().filter(|(known, _)| column.is(known));
        match (found.next(), found.next()) {
            (Some((_, typed)), None) => Ok((typed.clone(), fields)),
            (Some(_), Some(_)) => {
                let hint = "give the columns of the sub-select different names";
                Err((format!("column {} is ambiguous", column.value), Some(hint.to_owned())))
            }
            (None, _) if at == 0 && parts.len() > 1 => {
                let known = self.alias.as_deref().unwrap_or("no table");
                Err((format!("unknown table in {name}"), Some(format!("in scope: {known}"))))
            }
            (None, _) => Err(self.unknown(&column.value)),
        }
    }

    fn has(&self, column: &ast::Ident) -> bool {
        self.columns.iter().any(|(known, _)| column.is(known))
    }

    fn unknown(&self, column: &str) -> Problem {
        let names: Vec<&str> = self.columns.iter().map(|(name, _)| name.as_str()).collect();
        let near = crate::sql::functions::nearest(column, names.iter().copied());
        let hint = match near.and_then(|i| names.get(i)) {
            Some(name) => Some(format!("did you mean {name}?")),
            None if names.is_empty() => None,
            None => Some(format!("columns here: {}", names.join(", "))),
        };
        (format!("unknown column {column}"), hint)
    }
}

impl Binder<'_> {
    /// Binds the columns of a table that is read: those its batches have, partition columns last, and
    /// those computed from columns before them.
    pub(super) fn source(
        &mut self,
        schema: &TableSchema,
        alias: Option<String>,
    ) -> (SchemaRef, Vec<(String, Typed)>) {
        let mut fields = Vec::new();
        let mut scope = Scope { alias, columns: Vec::new() };
        let all = || schema.columns.iter().chain(&schema.partitions);
        for column in all() {
            if let TableColumnKind::Stored(ty) = &column.kind {
                fields.push(Field::new(&column.name, ty.to_arrow(), true));
                let expr = Expr::Column(Column::new_unqualified(&column.name));
                scope.columns.push((column.name.clone(), Typed::leaf(expr, ty.clone())));
            }
        }
        let mut columns = Vec::new();
        for column in all() {
            let name = column.name.clone();
            match &column.kind {
                TableColumnKind::Stored(_) => {
                    columns.extend(scope.columns.iter().find(|(known, _)| *known == name).cloned());
                }
                TableColumnKind::Computed(expr) => {
                    let typed = self.expr(expr, &scope);
                    scope.columns.push((name.clone(), typed.clone()));
                    columns.push((name, typed));
                }
            }
        }
        (Arc::new(Schema::new(fields)), columns)
    }
}
