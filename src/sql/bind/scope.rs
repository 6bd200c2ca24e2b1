//! What names in an expression can mean.

use std::collections::BTreeSet;
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
#[derive(Debug, Clone, Default)]
pub(super) struct Scope {
    pub(super) relations: Vec<Relation>,
}

/// The columns of one table or sub-select.
#[derive(Debug, Clone)]
pub(super) struct Relation {
    pub(super) alias: Option<String>,
    pub(super) columns: Vec<(String, Typed)>,
    /// Columns that only their names mean, if no other column has the name.
    pub(super) hidden: Vec<(String, Typed)>,
    /// Columns that `USING` takes for those of the relations before.
    pub(super) merged: Vec<String>,
}

impl Relation {
    /// Takes the columns of a table or sub-select.
    pub(super) fn new(alias: Option<String>, columns: Vec<(String, Typed)>) -> Self {
        Self { alias, columns, hidden: Vec::new(), merged: Vec::new() }
    }

    fn named<'s>(&'s self, column: &'s ast::Ident) -> impl Iterator<Item = &'s Typed> {
        let is = |(known, _): &&'s (String, Typed)| column.is(known);
        let shown = self.columns.iter().any(|known| is(&known));
        let all = if shown { &self.columns } else { &self.hidden };
        all.iter().filter(is).map(|(_, typed)| typed)
    }
}

impl Scope {
    /// Gives a scope without columns.
    pub(super) fn empty() -> Self {
        Self::default()
    }

    /// Gives a scope of one relation.
    pub(super) fn of(relation: Relation) -> Self {
        Self { relations: vec![relation] }
    }

    /// Returns the columns that `*` means: those of `USING` first, then the others in order.
    pub(super) fn all(&self) -> Vec<(&str, &Typed)> {
        let merged = |name: &str| self.relations.iter().any(|r| r.merged.iter().any(|m| m == name));
        let own = self.relations.iter().flat_map(|relation| {
            relation.columns.iter().filter(|(name, _)| !relation.merged.contains(name))
        });
        let own = || own.clone().map(|(name, typed)| (name.as_str(), typed));
        own()
            .filter(|(name, _)| merged(name))
            .chain(own().filter(|(name, _)| !merged(name)))
            .collect()
    }

    /// Returns the columns of the relation with an alias.
    pub(super) fn of_relation(&self, alias: &str) -> Option<&[(String, Typed)]> {
        let found = self.relations.iter().find(|relation| relation.alias.as_deref() == Some(alias));
        found.map(|relation| relation.columns.as_slice())
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
        let is_table = |part: &ast::Ident| self.of_table(part).next().is_some();
        let (at, table) = match parts {
            [table, _, ..] if is_table(table) => (1, Some(table)),
            [database, table, _, ..] if is_table(table) && !self.has(database) => (2, Some(table)),
            _ => (0, None),
        };
        let Some((column, fields)) = parts.get(at..).and_then(<[_]>::split_first) else {
            return Err((format!("unknown column {name}"), None));
        };
        let found: Vec<&Typed> = match table {
            Some(table) => self.of_table(table).flat_map(|r| r.named(column)).collect(),
            None => self.unqualified(column).collect(),
        };
        match found.as_slice() {
            [typed] => Ok(((*typed).clone(), fields)),
            [] if at == 0 && parts.len() > 1 => {
                let known = self.aliases();
                let known = if known.is_empty() { "no table".to_owned() } else { known };
                Err((format!("unknown table in {name}"), Some(format!("in scope: {known}"))))
            }
            [] => Err(self.unknown(&column.value)),
            _ => Err((format!("column {} is ambiguous", column.value), Some(self.which(column)))),
        }
    }

    fn of_table<'s>(&'s self, table: &'s ast::Ident) -> impl Iterator<Item = &'s Relation> {
        let named = |r: &&Relation| r.alias.as_deref().is_some_and(|alias| table.is(alias));
        self.relations.iter().filter(named)
    }

    fn unqualified<'s>(&'s self, column: &'s ast::Ident) -> impl Iterator<Item = &'s Typed> {
        let open = |r: &&Relation| !r.merged.iter().any(|merged| column.is(merged));
        self.relations.iter().filter(open).flat_map(|relation| relation.named(column))
    }

    /// Says how an ambiguous column can be told apart.
    fn which(&self, column: &ast::Ident) -> String {
        let with = self.relations.iter().filter(|r| r.named(column).next().is_some());
        let aliases: BTreeSet<&String> = with.filter_map(|r| r.alias.as_ref()).collect();
        let names = aliases.into_iter().map(|alias| format!("{alias}.{}", column.value));
        let names: Vec<String> = names.collect();
        if names.len() > 1 {
            return format!("write {}", names.join(" or "));
        }
        "give the columns of the sub-select different names".to_owned()
    }

    /// Lists the names of the tables.
    pub(super) fn aliases(&self) -> String {
        let names: Vec<&str> = self.relations.iter().filter_map(|r| r.alias.as_deref()).collect();
        names.join(", ")
    }

    fn has(&self, column: &ast::Ident) -> bool {
        self.relations.iter().any(|relation| relation.named(column).next().is_some())
    }

    fn unknown(&self, column: &str) -> Problem {
        let names: Vec<&str> = self
            .relations
            .iter()
            .flat_map(|relation| relation.columns.iter().map(|(name, _)| name.as_str()))
            .collect();
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
    ) -> (SchemaRef, Relation) {
        let mut fields = Vec::new();
        let all = || schema.columns.iter().chain(&schema.partitions);
        let mut known = Vec::new();
        for column in all() {
            if let TableColumnKind::Stored(ty) = &column.kind {
                fields.push(Field::new(&column.name, ty.to_arrow(), true));
                let expr = Expr::Column(Column::new_unqualified(&column.name));
                known.push((column.name.clone(), Typed::leaf(expr, ty.clone())));
            }
        }
        let mut columns = Vec::new();
        for column in all() {
            let name = column.name.clone();
            match &column.kind {
                TableColumnKind::Stored(_) => {
                    columns.extend(known.iter().find(|(other, _)| *other == name).cloned());
                }
                TableColumnKind::Computed(expr) => {
                    let scope = Scope::of(Relation::new(alias.clone(), known.clone()));
                    let typed = self.expr(expr, &scope);
                    known.push((name.clone(), typed.clone()));
                    columns.push((name, typed));
                }
            }
        }
        let mut hidden = Vec::new();
        for (name, ty) in schema.hidden() {
            fields.push(Field::new(name, ty.to_arrow(), true));
            let expr = Expr::Column(Column::new_unqualified(name));
            hidden.push((name.to_owned(), Typed::leaf(expr, ty.clone())));
        }
        let relation = Relation { hidden, ..Relation::new(alias, columns) };
        (Arc::new(Schema::new(fields)), relation)
    }
}
