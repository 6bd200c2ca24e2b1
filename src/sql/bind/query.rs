//! Queries: sub-selects, named subqueries and `UNION ALL` composed into one select for each table that is read.

use std::collections::BTreeMap;

use arrow::datatypes::SchemaRef;
use datafusion_expr::{Expr, Operator};
use dialect::ast::{self, QueryBody, Relation, SelectItem, SetOperator};
use formats::types::HiveType;

use super::expr::Binder;
use super::join::Lookup;
use super::scope::{Relation as Named, Scope};
use super::typed::{Typed, junction};
use super::{STATELESS_HINT, TableColumnKind, TableKind, TableName, TableSchema, Tables};
use crate::sql::functions::coerce;

/// How deep named subqueries and sub-selects may refer to each other.
const MAX_DEPTH: usize = 64;
/// How many tables one INSERT may read, each counted as often as it is read.
const MAX_BRANCHES: usize = 256;

/// The rows one table gives, as far as the query is bound.
#[derive(Debug, Clone)]
pub(super) struct Rows {
    pub(super) base: Base,
    pub(super) columns: Vec<(String, Typed)>,
}

/// Where rows come from, and what they go through.
#[derive(Debug, Clone)]
pub(super) struct Base {
    pub(super) source: TableName,
    pub(super) span: ast::Span,
    pub(super) hints: Vec<ast::Hint>,
    pub(super) kind: TableKind,
    /// The columns of the table, with their types.
    pub(super) input: SchemaRef,
    pub(super) types: Vec<(String, HiveType)>,
    pub(super) event_time: Option<Expr>,
    /// What rows must fulfil, over the columns of the table and of the lookups.
    pub(super) filter: Option<Typed>,
    /// The tables that they are joined with.
    pub(super) lookups: Vec<Lookup>,
    /// Whether a problem keeps them from being compiled.
    pub(super) broken: bool,
}

/// The rows of a `FROM`: what names mean in the rest of the select.
#[derive(Debug, Clone)]
pub(super) struct Joined {
    pub(super) base: Base,
    pub(super) scope: Scope,
}

impl Rows {
    /// Gives the columns a name to be found by.
    fn named(self, alias: Option<String>) -> Joined {
        Joined { base: self.base, scope: Scope::of(Named::new(alias, self.columns)) }
    }
}

impl Base {
    /// Adds a condition.
    pub(super) fn filter(&mut self, binder: &mut Binder<'_>, condition: Typed, span: ast::Span) {
        let all = self.filter.take().into_iter().chain([condition]).collect();
        self.filter = Some(binder.bounded(junction(Operator::And, all), span));
    }
}

pub(super) type Ctes<'a> = BTreeMap<String, &'a ast::Cte>;

/// Binds queries; what it reads is asked from `tables`.
pub(super) struct Queries<'a> {
    pub(super) tables: &'a dyn Tables,
    pub(super) binder: Binder<'a>,
    pub(super) depth: usize,
}

impl<'a> Queries<'a> {
    /// Binds a query; gives one entry for each table that it reads.
    pub(super) fn query(&mut self, query: &'a ast::Query, outer: &Ctes<'a>) -> Vec<Rows> {
        let mut ctes = outer.clone();
        add(&mut ctes, query.with.as_ref());
        self.refuse_stateful(query);
        self.nested(query.span, |this| this.body(&query.body, &ctes))
    }

    fn nested<R>(&mut self, span: ast::Span, bind: impl FnOnce(&mut Self) -> Vec<R>) -> Vec<R> {
        if self.depth >= MAX_DEPTH {
            self.binder.error(span, "queries are nested too deep, or refer to themselves", "");
            return Vec::new();
        }
        self.depth += 1;
        let rows = bind(self);
        self.depth -= 1;
        rows
    }

    fn refuse_stateful(&mut self, query: &ast::Query) {
        let hint = "a streaming INSERT computes each row for itself; sort and limit when you read";
        for (there, clause) in [
            (query.order_by.first().map(|item| item.span), "ORDER BY"),
            (query.cluster_by.first().map(|expr| expr.span), "CLUSTER BY"),
            (query.distribute_by.first().map(|expr| expr.span), "DISTRIBUTE BY"),
            (query.sort_by.first().map(|item| item.span), "SORT BY"),
            (query.limit.as_ref().map(|limit| limit.span), "LIMIT"),
        ] {
            if let Some(span) = there {
                self.binder.error(span, format!("{clause} needs all rows at once"), hint);
            }
        }
    }

    fn body(&mut self, body: &'a QueryBody, ctes: &Ctes<'a>) -> Vec<Rows> {
        match body {
            QueryBody::Select(select) => self.select(select, None, ctes),
            QueryBody::Nested(query) => self.query(query, ctes),
            QueryBody::Values(values) => {
                let hint = "put the rows into a file and read it as a source table";
                self.binder.error(values.span, "VALUES is not a source of a pipeline", hint);
                Vec::new()
            }
            QueryBody::SetOperation(set) => {
                let mut all = vec![self.body(&set.first, ctes)];
                for rest in &set.rest {
                    let union_all = rest.op == SetOperator::Union
                        && rest.quantifier == Some(ast::SetQuantifier::All);
                    if !union_all {
                        let message = "this set operation needs all rows at once";
                        self.binder.error(rest.span, message, "only UNION ALL is possible");
                    }
                    all.push(self.body(&rest.operand, ctes));
                }
                self.unite(all, set.rest.first().map_or(ast::Span::default(), |r| r.span))
            }
        }
    }

    /// Gives all parts the column names of the first and types that fit all.
    fn unite(&mut self, parts: Vec<Vec<Rows>>, span: ast::Span) -> Vec<Rows> {
        let mut all: Vec<Rows> = parts.into_iter().flatten().collect();
        let Some(first) = all.first() else { return all };
        if all.len() > MAX_BRANCHES {
            let message = format!("the query reads more than {MAX_BRANCHES} tables");
            self.binder.error(span, message, "write several INSERTs");
            return Vec::new();
        }
        let names: Vec<String> = first.columns.iter().map(|(name, _)| name.clone()).collect();
        if let Some(other) = all.iter().find(|rows| rows.columns.len() != names.len()) {
            let (these, those) = (names.len(), other.columns.len());
            let message = format!("one part of UNION ALL has {these} columns, another {those}");
            self.binder.error(span, message, "select as many columns in each part");
            return Vec::new();
        }
        for (i, name) in names.into_iter().enumerate() {
            let types = all.iter().filter_map(|rows| rows.columns.get(i)).map(|(_, c)| &c.ty);
            let mut meet = HiveType::Void;
            for ty in types {
                match coerce::common(&meet, ty) {
                    Some(common) => meet = common,
                    None => {
                        let message =
                            format!("column {name} is {meet} in one part, {ty} in another");
                        self.binder.error(span, message, "CAST them to one type");
                        return Vec::new();
                    }
                }
            }
            for (known, value) in all.iter_mut().filter_map(|rows| rows.columns.get_mut(i)) {
                known.clone_from(&name);
                *value = self.binder.convert(value.clone(), &meet, span);
            }
        }
        all
    }

    /// Binds a select; `from` is given for the parts of a `FROM ... INSERT`.
    pub(super) fn select(
        &mut self,
        select: &'a ast::Select,
        from: Option<&'a ast::From>,
        ctes: &Ctes<'a>,
    ) -> Vec<Rows> {
        let distinct = select.quantifier == Some(ast::SetQuantifier::Distinct);
        for (there, clause) in [
            (select.group_by.as_ref().map(|group| group.span), "GROUP BY"),
            (select.having.as_ref().map(|expr| expr.span), "HAVING"),
            (select.qualify.as_ref().map(|expr| expr.span), "QUALIFY"),
            (select.windows.first().map(|window| window.span), "WINDOW"),
            (distinct.then_some(select.span), "SELECT DISTINCT"),
        ] {
            if let Some(span) = there {
                let message = format!("{clause} needs more rows than one");
                self.binder.error(span, message, STATELESS_HINT);
            }
        }
        if let Some(view) = &select.lateral_view {
            self.binder.error(view.span, "LATERAL VIEW is not supported in a streaming INSERT", "");
        }
        let Some(from) = select.from.as_ref().or(from) else {
            self.binder.error(select.span, "a SELECT without FROM has no source", "name a table");
            return Vec::new();
        };
        let inputs = self.from(from, ctes);
        inputs.into_iter().map(|rows| self.project(select, rows)).collect()
    }

    fn from(&mut self, from: &'a ast::From, ctes: &Ctes<'a>) -> Vec<Joined> {
        if let Relation::Table(table) = &from.first.relation
            && let Some(as_of) = &table.as_of
        {
            let hint = "it belongs behind a Hive table that is joined";
            let message = "time travel is not supported in a streaming INSERT";
            self.binder.error(as_of.span, message, hint);
        }
        let first = self.relation(&from.first, ctes);
        from.joins.iter().fold(first, |left, join| self.join(left, join, ctes))
    }

    /// Binds one member of a `FROM`.
    pub(super) fn relation(
        &mut self,
        source: &'a ast::TableSource,
        ctes: &Ctes<'a>,
    ) -> Vec<Joined> {
        if let Some(view) = source.lateral_views.first() {
            self.binder.error(view.span, "LATERAL VIEW is not supported in a streaming INSERT", "");
        }
        match &source.relation {
            Relation::Table(table) => self.table(table, ctes),
            Relation::Subquery { query, alias } => {
                let alias = alias.as_ref().map(|a| a.value.to_lowercase());
                let rows = self.query(query, ctes);
                rows.into_iter().map(|rows| rows.named(alias.clone())).collect()
            }
            Relation::Nested(from) => self.nested(from.span, |this| this.from(from, ctes)),
            Relation::Values { values, .. } => {
                let hint = "put the rows into a file and read it as a source table";
                self.binder.error(values.span, "VALUES is not a source of a pipeline", hint);
                Vec::new()
            }
            Relation::Function(function) => {
                let message = "a function over a table is not supported in a streaming INSERT";
                self.binder.error(function.span, message, "");
                Vec::new()
            }
            Relation::UniqueJoin(_) => {
                let message = "UNIQUEJOIN is not supported in a streaming INSERT";
                self.binder.error(source.span, message, "");
                Vec::new()
            }
        }
    }

    fn table(&mut self, table: &'a ast::TableRef, ctes: &Ctes<'a>) -> Vec<Joined> {
        if let Some(sample) = &table.sample {
            let message = "TABLESAMPLE is not supported in a streaming INSERT";
            self.binder.error(sample.span, message, "filter with WHERE");
        }
        let span = table.name.span;
        let alias = table.alias.as_ref().or_else(|| table.name.parts.last());
        let alias = alias.map(|a| a.value.to_lowercase());
        if let Some(cte) = table.name.as_single().and_then(|n| ctes.get(&n.value.to_lowercase())) {
            let cte: &'a ast::Cte = cte;
            // A named subquery sees those before it, not itself.
            let mut visible = ctes.clone();
            visible.remove(&cte.name.value.to_lowercase());
            let mut rows = self.nested(span, |this| this.query(&cte.query, &visible));
            for one in &mut rows {
                for (column, name) in one.columns.iter_mut().zip(&cte.columns) {
                    column.0 = name.value.to_lowercase();
                }
            }
            return rows.into_iter().map(|rows| rows.named(alias.clone())).collect();
        }
        let name = match table.name.parts.as_slice() {
            [table] => TableName { database: None, table: table.value.to_lowercase() },
            [db, table] => TableName {
                database: Some(db.value.to_lowercase()),
                table: table.value.to_lowercase(),
            },
            _ => {
                self.binder.error(span, "a table's name has one or two parts", "write db.table");
                return Vec::new();
            }
        };
        let Some(schema) = self.tables.read(&name) else {
            let hint = "define it with CREATE TABLE ... WITH ('connector'='...') before the INSERT";
            self.binder.error(span, format!("no source table {}", table.name), hint);
            return Vec::new();
        };
        let (input, relation) = self.binder.source(&schema, alias);
        let time = schema.event_time.as_ref();
        let time = relation.columns.iter().find(|(known, _)| Some(known) == time);
        let base = Base {
            source: name,
            span,
            hints: table.hints.clone(),
            kind: schema.kind,
            types: stored(&schema),
            input,
            event_time: time.map(|(_, column)| column.expr.clone()),
            filter: None,
            lookups: Vec::new(),
            broken: false,
        };
        vec![Joined { base, scope: Scope::of(relation) }]
    }

    fn project(&mut self, select: &'a ast::Select, from: Joined) -> Rows {
        let Joined { mut base, scope } = from;
        if let Some(expr) = &select.filter {
            let own = self.binder.expr(expr, &scope);
            let own = self.binder.convert(own, &HiveType::Boolean, expr.span);
            base.filter(&mut self.binder, own, expr.span);
        }
        let mut columns = Vec::new();
        for item in &select.items {
            match item {
                SelectItem::Wildcard(span) => columns.extend(selected(scope.all(), *span)),
                SelectItem::QualifiedWildcard { span, qualifier } => {
                    let name = qualifier.parts.last().map(|p| p.value.to_lowercase());
                    let known = name.and_then(|name| scope.of_relation(&name));
                    if known.is_none() {
                        let hint = match scope.aliases() {
                            none if none.is_empty() => none,
                            aliases => format!("in scope: {aliases}"),
                        };
                        self.binder.error(*span, format!("unknown table {qualifier}"), &hint);
                    }
                    let known = known.unwrap_or_default().iter();
                    columns
                        .extend(selected(known.map(|(name, typed)| (name.as_str(), typed)), *span));
                }
                SelectItem::Transform(transform) => {
                    let hint = "use built-in functions instead of a script";
                    let message = "TRANSFORM is not supported in a streaming INSERT";
                    self.binder.error(transform.span, message, hint);
                }
                SelectItem::Expr { expr, aliases, .. } => {
                    let typed = self.binder.expr(expr, &scope).selected(expr.span);
                    let name = aliases.first().map(|a| a.value.to_lowercase());
                    let name = name.or_else(|| match &expr.kind {
                        ast::ExprKind::Name(name) => {
                            name.parts.last().map(|p| p.value.to_lowercase())
                        }
                        _ => None,
                    });
                    // Hive names the others by their position.
                    columns.push((name.unwrap_or_else(|| format!("_c{}", columns.len())), typed));
                }
            }
        }
        Rows { base, columns }
    }
}

/// Lists the columns that a table has in its files, partition columns last.
fn stored(schema: &TableSchema) -> Vec<(String, HiveType)> {
    let all = schema.columns.iter().chain(&schema.partitions);
    let stored = all.filter_map(|column| match &column.kind {
        TableColumnKind::Stored(ty) => Some((column.name.clone(), ty.clone())),
        TableColumnKind::Computed(_) => None,
    });
    let hidden = schema.hidden().map(|(name, ty)| (name.to_owned(), ty.clone()));
    stored.chain(hidden).collect()
}

fn selected<'s>(
    columns: impl IntoIterator<Item = (&'s str, &'s Typed)>,
    at: ast::Span,
) -> impl Iterator<Item = (String, Typed)> {
    columns.into_iter().map(move |(name, typed)| (name.to_owned(), typed.clone().selected(at)))
}

/// Adds named subqueries to those in scope.
pub(super) fn add<'a>(ctes: &mut Ctes<'a>, with: Option<&'a ast::With>) {
    for cte in with.into_iter().flat_map(|with| &with.ctes) {
        ctes.insert(cte.name.value.to_lowercase(), cte);
    }
}
