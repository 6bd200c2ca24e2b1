//! Queries: set operations, `SELECT` and the clauses behind it.

use super::Tree;
use crate::ast::{
    Cte, Direction, Expr, ExprKind, FromInsert, GroupBy, GroupByModifier, InsertTarget, NullsOrder,
    Query, QueryBody, Select, SelectItem, SetOperation, SetOperationRest, SetOperator,
    SetQuantifier, SortItem, Values, ValuesRow, With,
};

/// What stands around a query and hangs below its own nodes in Hive's tree.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Around<'a> {
    /// Named subqueries, the first child of the query.
    pub(super) with: Option<&'a With>,
    /// Where the rows go; a temporary file if nowhere.
    pub(super) target: Option<&'a InsertTarget>,
    /// The queries in parentheses around this one, innermost first: their sorting and limits.
    tails: &'a [&'a Query],
}

impl<'a> Around<'a> {
    pub(super) const fn new(with: Option<&'a With>, target: Option<&'a InsertTarget>) -> Self {
        Self { with, target, tails: &[] }
    }
}

impl Tree {
    /// Puts a query with its `WITH`.
    pub(super) fn query(&mut self, query: &Query) {
        self.query_around(query, Around::default());
    }

    pub(super) fn query_around(&mut self, query: &Query, around: Around<'_>) {
        let around = Around { with: query.with.as_ref().or(around.with), ..around };
        match &query.body {
            QueryBody::SetOperation(operation) if query.has_no_tail() => {
                self.set_operation(operation, around);
            }
            QueryBody::SetOperation(operation) => {
                let mut tails = vec![query];
                tails.extend_from_slice(around.tails);
                let around = Around { tails: &tails, ..around };
                self.over_subquery("tok_select", around, |tree| {
                    tree.set_operation(operation, Around::default());
                });
            }
            body => {
                let mut tails = vec![query];
                tails.extend_from_slice(around.tails);
                self.body(body, Around { tails: &tails, ..around });
            }
        }
    }

    fn body(&mut self, body: &QueryBody, around: Around<'_>) {
        match body {
            QueryBody::Select(select) => self.select_query(select, around),
            QueryBody::Values(values) => self.values_query(values, around),
            QueryBody::Nested(query) => self.query_around(query, around),
            QueryBody::SetOperation(operation) => self.set_operation(operation, around),
        }
    }

    // ── set operations ───────────────────────────────────────────────

    /// Puts a query of everything from a subquery with a made-up name.
    fn over_subquery(&mut self, select: &str, around: Around<'_>, sub: impl FnOnce(&mut Self)) {
        self.node("tok_query", |tree| {
            tree.with(around.with);
            tree.node("tok_from", |tree| {
                tree.node("tok_subquery", |tree| {
                    sub(tree);
                    tree.union_alias();
                });
            });
            tree.select_everything(select, around);
        });
    }

    fn select_everything(&mut self, select: &str, around: Around<'_>) {
        self.node("tok_insert", |tree| {
            tree.target(around.target);
            tree.node(select, |tree| {
                tree.node("tok_selexpr", |tree| tree.leaf("tok_setcolref"));
            });
            tree.tails(around.tails);
        });
    }

    fn set_operation(&mut self, operation: &SetOperation, around: Around<'_>) {
        // Behind `FROM x SELECT ...`, Hive folds without making a query of each `UNION`.
        let from_first = operation.first.is_from_first();
        let complete = operation.rest.last().is_some_and(SetOperationRest::is_union_distinct);
        if complete && !from_first {
            self.fold(operation, &operation.rest, around);
        } else {
            self.over_subquery("tok_select", around, |tree| {
                if from_first {
                    tree.fold_plain(operation);
                } else {
                    tree.fold(operation, &operation.rest, Around::default());
                }
            });
        }
    }

    /// Puts a run of set operations, left-associative; `around` is for the last one.
    fn fold(&mut self, operation: &SetOperation, rest: &[SetOperationRest], around: Around<'_>) {
        let mut opened = Vec::with_capacity(rest.len());
        for (i, item) in rest.iter().enumerate().rev() {
            let with = if i + 1 == rest.len() { around.with } else { None };
            opened.push(self.open_operation(item, with));
        }
        self.body(&operation.first, Around::default());
        for (i, item) in rest.iter().enumerate() {
            self.body(&item.operand, Around::default());
            let around = if i + 1 == rest.len() { around } else { Around::default() };
            if let Some(open) = opened.pop() {
                self.close_operation(open, around);
            }
        }
    }

    fn open_operation(&mut self, item: &SetOperationRest, with: Option<&With>) -> Operation {
        if !item.is_union_distinct() {
            return Operation::Plain(self.open(item.node_name()));
        }
        let query = self.open("tok_query");
        self.with(with);
        let from = self.open("tok_from");
        let subquery = self.open("tok_subquery");
        Operation::Distinct([query, from, subquery, self.open("tok_unionall")])
    }

    fn close_operation(&mut self, operation: Operation, around: Around<'_>) {
        match operation {
            Operation::Plain(open) => self.close(open),
            Operation::Distinct([query, from, subquery, union]) => {
                self.close(union);
                self.union_alias();
                self.close(subquery);
                self.close(from);
                self.select_everything("tok_selectdi", around);
                self.close(query);
            }
        }
    }

    fn fold_plain(&mut self, operation: &SetOperation) {
        let rest = &operation.rest;
        let mut opened: Vec<_> =
            rest.iter().rev().map(|item| self.open(item.node_name())).collect();
        self.body(&operation.first, Around::default());
        for item in rest {
            self.body(&item.operand, Around::default());
            if let Some(open) = opened.pop() {
                self.close(open);
            }
        }
    }

    // ── one query ────────────────────────────────────────────────────

    fn select_query(&mut self, select: &Select, around: Around<'_>) {
        self.node("tok_query", |tree| {
            tree.with(around.with);
            if let Some(from) = &select.from {
                tree.from(from);
            }
            tree.select_insert(select, around);
        });
    }

    /// Puts the `INSERT` node of a select.
    fn select_insert(&mut self, select: &Select, around: Around<'_>) {
        self.node("tok_insert", |tree| {
            tree.target(around.target);
            tree.select_list(select);
            if let Some(view) = &select.lateral_view {
                tree.node(view.node_name(), |tree| tree.lateral_select(view));
            }
            tree.optional("tok_where", select.filter.as_ref());
            if let Some(group_by) = &select.group_by {
                tree.group_by(group_by);
            }
            tree.optional("tok_having", select.having.as_ref());
            let first = around.tails.split_first();
            if let (true, Some((own, rest))) = (select.from_first, first) {
                tree.sorting(own);
                tree.windows(select);
                tree.limit(own);
                tree.tails(rest);
            } else {
                tree.windows(select);
                tree.tails(around.tails);
            }
        });
    }

    /// Puts `FROM source INSERT ... SELECT ... INSERT ... SELECT ...`.
    pub(super) fn multi_insert(&mut self, insert: &FromInsert) {
        self.node("tok_query", |tree| {
            tree.with(insert.with.as_ref());
            tree.from(&insert.from);
            for branch in &insert.branches {
                if let QueryBody::Select(select) = &branch.query.body {
                    let tails = [&*branch.query];
                    let target = branch.target.as_ref();
                    tree.select_insert(select, Around { with: None, target, tails: &tails });
                }
            }
        });
    }

    fn values_query(&mut self, values: &Values, around: Around<'_>) {
        self.node("tok_query", |tree| {
            tree.with(around.with);
            tree.node("tok_insert", |tree| {
                tree.target(around.target);
                tree.node("tok_select", |tree| {
                    tree.node("tok_selexpr", |tree| tree.inline_values(values));
                });
                tree.tails(around.tails);
            });
        });
    }

    /// Puts `VALUES` as the function call that Hive makes of it.
    pub(super) fn inline_values(&mut self, values: &Values) {
        self.node("tok_function", |tree| {
            tree.leaf("inline");
            tree.node("tok_function", |tree| {
                tree.leaf("array");
                tree.each(values.rows.iter(), Self::values_row);
            });
        });
    }

    pub(super) fn values_row(&mut self, row: &ValuesRow) {
        self.node("tok_function", |tree| {
            tree.leaf("struct");
            for (i, value) in row.values.iter().enumerate() {
                match value.kind {
                    // In a row with names, it is a column like any other.
                    ExprKind::Default if !row.aliases.is_empty() => {
                        tree.node("tok_table_or_col", |tree| tree.leaf("default"));
                    }
                    _ => tree.expr(value),
                }
                match row.aliases.get(i) {
                    Some(Some(alias)) => tree.node("tok_alias", |tree| tree.ident(alias)),
                    // If one value has a name, Hive names the others by their position.
                    Some(None) => {
                        tree.node("tok_alias", |tree| tree.text(&format!("col{}", i + 1)));
                    }
                    None => {}
                }
            }
        });
    }

    pub(super) fn with(&mut self, with: Option<&With>) {
        if let Some(with) = with {
            self.node("tok_cte", |tree| tree.each(with.ctes.iter(), Self::cte));
        }
    }

    fn cte(&mut self, cte: &Cte) {
        self.node("tok_subquery", |tree| {
            tree.query(&cte.query);
            tree.ident(&cte.name);
            tree.column_list(&cte.columns);
        });
    }

    // ── clauses ──────────────────────────────────────────────────────

    fn select_list(&mut self, select: &Select) {
        let distinct = select.quantifier == Some(SetQuantifier::Distinct);
        self.node(if distinct { "tok_selectdi" } else { "tok_select" }, |tree| {
            select.hints.iter().for_each(|hint| tree.text(&hint.text));
            tree.each(select.items.iter(), Self::select_item);
        });
    }

    fn select_item(&mut self, item: &SelectItem) {
        self.node("tok_selexpr", |tree| match item {
            SelectItem::Wildcard(_) => tree.leaf("tok_allcolref"),
            SelectItem::QualifiedWildcard { qualifier, .. } => {
                tree.node("tok_allcolref", |tree| tree.table_name(qualifier));
            }
            SelectItem::Expr { expr, aliases, .. } => {
                tree.expr(expr);
                tree.each(aliases.iter(), Self::ident);
            }
            SelectItem::Transform(transform) => tree.transform(transform),
        });
    }

    fn group_by(&mut self, group_by: &GroupBy) {
        let name = match &group_by.modifier {
            Some(GroupByModifier::WithRollup | GroupByModifier::Rollup) => "tok_rollup_groupby",
            Some(GroupByModifier::WithCube | GroupByModifier::Cube) => "tok_cube_groupby",
            Some(GroupByModifier::GroupingSets(_)) => "tok_grouping_sets",
            None if group_by.exprs.is_empty() => {
                // Hive has no rewrite rule for it: the two tokens stay.
                self.leaf("(");
                return self.leaf(")");
            }
            None => "tok_groupby",
        };
        self.node(name, |tree| {
            tree.exprs(&group_by.exprs);
            if let Some(GroupByModifier::GroupingSets(sets)) = &group_by.modifier {
                for set in sets {
                    tree.node("tok_grouping_sets_expression", |tree| tree.exprs(&set.exprs));
                }
            }
        });
    }

    fn windows(&mut self, select: &Select) {
        if !select.windows.is_empty() {
            self.node("window", |tree| {
                for window in &select.windows {
                    tree.node("tok_windowdef", |tree| {
                        tree.ident(&window.name);
                        tree.window(&window.window, None);
                    });
                }
            });
        }
        self.optional("tok_qualify", select.qualify.as_ref());
    }

    fn tails(&mut self, tails: &[&Query]) {
        for query in tails {
            self.sorting(query);
            self.limit(query);
        }
    }

    fn sorting(&mut self, query: &Query) {
        self.sort_items("tok_orderby", &query.order_by);
        self.expr_list("tok_clusterby", &query.cluster_by);
        self.expr_list("tok_distributeby", &query.distribute_by);
        self.sort_items("tok_sortby", &query.sort_by);
    }

    pub(super) fn limit(&mut self, query: &Query) {
        let Some(limit) = &query.limit else { return };
        self.node("tok_limit", |tree| {
            tree.each(limit.offset.iter(), Self::expr);
            tree.expr(&limit.count);
        });
    }

    pub(super) fn sort_items(&mut self, name: &str, items: &[SortItem]) {
        if !items.is_empty() {
            self.node(name, |tree| tree.each(items.iter(), Self::sort_item));
        }
    }

    fn sort_item(&mut self, item: &SortItem) {
        let descending = item.direction == Some(Direction::Desc);
        let last = item.nulls.map_or(!descending, |nulls| nulls == NullsOrder::Last);
        let name = if descending { "tok_tabsortcolnamedesc" } else { "tok_tabsortcolnameasc" };
        self.node(name, |tree| {
            let nulls = if last { "tok_nulls_last" } else { "tok_nulls_first" };
            tree.node(nulls, |tree| tree.expr(&item.expr));
        });
    }

    // ── small pieces ─────────────────────────────────────────────────

    pub(super) fn optional(&mut self, name: &str, expr: Option<&Expr>) {
        if let Some(expr) = expr {
            self.node(name, |tree| tree.expr(expr));
        }
    }

    /// Puts a node with expressions below it, if there are any.
    pub(super) fn expr_list(&mut self, name: &str, exprs: &[Expr]) {
        if !exprs.is_empty() {
            self.node(name, |tree| tree.exprs(exprs));
        }
    }

    pub(super) fn exprs(&mut self, exprs: &[Expr]) {
        self.each(exprs.iter(), Self::expr);
    }
}

/// The nodes of a set operation that are open.
#[derive(Debug)]
enum Operation {
    Plain(super::Open),
    /// `UNION DISTINCT`: a query over `UNION ALL`.
    Distinct([super::Open; 4]),
}

impl SetOperationRest {
    fn is_union_distinct(&self) -> bool {
        self.op == SetOperator::Union && self.quantifier != Some(SetQuantifier::All)
    }

    fn node_name(&self) -> &'static str {
        match (self.op, self.quantifier == Some(SetQuantifier::All)) {
            (SetOperator::Union, true) => "tok_unionall",
            (SetOperator::Union, false) => "tok_uniondistinct",
            (SetOperator::Intersect, true) => "tok_intersectall",
            (SetOperator::Intersect, false) => "tok_intersectdistinct",
            (SetOperator::Except | SetOperator::Minus, true) => "tok_exceptall",
            (SetOperator::Except | SetOperator::Minus, false) => "tok_exceptdistinct",
        }
    }
}
