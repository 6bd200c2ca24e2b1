//! Queries and `INSERT`.

use super::{Printer, expr::set_quantifier};
use crate::ast::{
    AsOfKind, Destination, Direction, Expr, ExprKind, FrameBound, FrameUnit, From, FromInsert,
    GroupBy, GroupByModifier, Insert, InsertMode, InsertTarget, Join, JoinConstraint, JoinKind,
    LateralSource, LateralView, NullsOrder, PartitionSpec, Partitioning, Query, QueryBody,
    Relation, SampleKind, Select, SelectItem, SetOperator, SortItem, TableRef, TableSource,
    Values, ValuesRow, WindowRef, WindowSpec,
};

impl Printer {
    /// Puts a query in parentheses, indented.
    pub(super) fn subquery(&mut self, query: &Query) {
        self.put("(");
        self.indented(|p| {
            p.line();
            p.query(query);
        });
        self.line();
        self.put(")");
    }

    pub(super) fn query(&mut self, query: &Query) {
        self.with(query.with.as_ref());
        self.query_body(&query.body);
        if !query.order_by.is_empty() {
            self.line();
            self.put("ORDER BY ");
            self.sort_items(&query.order_by);
        }
        if !query.cluster_by.is_empty() {
            self.line();
            self.put("CLUSTER BY ");
            self.expressions(&query.cluster_by);
        }
        if !query.distribute_by.is_empty() {
            self.line();
            self.put("DISTRIBUTE BY ");
            self.expressions(&query.distribute_by);
        }
        if !query.sort_by.is_empty() {
            self.line();
            self.put("SORT BY ");
            self.sort_by(&query.sort_by);
        }
        if let Some(limit) = &query.limit {
            self.line();
            self.put("LIMIT ");
            self.expr(&limit.count);
            if let Some(offset) = &limit.offset {
                self.put(" OFFSET ");
                self.expr(offset);
            }
        }
    }

    fn query_body(&mut self, body: &QueryBody) {
        match body {
            QueryBody::Select(select) => self.select(select),
            QueryBody::Values(values) => self.values(values),
            QueryBody::Nested(query) => self.subquery(query),
            QueryBody::SetOperation(operation) => {
                self.query_body(&operation.first);
                for rest in &operation.rest {
                    self.line();
                    self.put(match rest.op {
                        SetOperator::Union => "UNION",
                        SetOperator::Intersect => "INTERSECT",
                        SetOperator::Except => "EXCEPT",
                        SetOperator::Minus => "MINUS",
                    });
                    if let Some(quantifier) = rest.quantifier {
                        self.put(" ");
                        self.put(set_quantifier(quantifier));
                    }
                    self.line();
                    self.query_body(&rest.operand);
                }
            }
        }
    }

    fn select(&mut self, select: &Select) {
        if let (true, Some(from)) = (select.from_first, &select.from) {
            self.from(from);
            self.line();
        }
        self.put("SELECT");
        self.hints(&select.hints);
        if let Some(quantifier) = select.quantifier {
            self.put(" ");
            self.put(set_quantifier(quantifier));
        }
        self.put(" ");
        self.list(&select.items, ", ", Self::select_item);
        if let (false, Some(from)) = (select.from_first, &select.from) {
            self.line();
            self.from(from);
        }
        self.lateral_views(&select.lateral_views);
        if let Some(filter) = &select.filter {
            self.line();
            self.put("WHERE ");
            self.expr(filter);
        }
        if let Some(group_by) = &select.group_by {
            self.line();
            self.group_by(group_by);
        }
        if let Some(having) = &select.having {
            self.line();
            self.put("HAVING ");
            self.expr(having);
        }
        if !select.windows.is_empty() {
            self.line();
            self.put("WINDOW ");
            self.list(&select.windows, ", ", |p, window| {
                p.ident(&window.name);
                p.put(" AS ");
                p.window_ref(&window.window);
            });
        }
        if let Some(qualify) = &select.qualify {
            self.line();
            self.put("QUALIFY ");
            self.expr(qualify);
        }
    }

    fn select_item(&mut self, item: &SelectItem) {
        match item {
            SelectItem::Wildcard(_) => self.put("*"),
            SelectItem::QualifiedWildcard { qualifier, .. } => {
                self.name(qualifier);
                self.put(".*");
            }
            SelectItem::Expr { expr, aliases, .. } => {
                self.expr(expr);
                match aliases.as_slice() {
                    [] => {}
                    [alias] => {
                        self.put(" AS ");
                        self.ident(alias);
                    }
                    several => {
                        self.put(" AS ");
                        self.idents(several);
                    }
                }
            }
        }
    }

    fn values(&mut self, values: &Values) {
        self.put("VALUES ");
        self.list(&values.rows, ", ", Self::values_row);
    }

    fn values_row(&mut self, row: &ValuesRow) {
        self.put("(");
        for (i, value) in row.values.iter().enumerate() {
            if i > 0 {
                self.put(", ");
            }
            self.expr(value);
            if let Some(Some(alias)) = row.aliases.get(i) {
                self.put(" AS ");
                self.ident(alias);
            }
        }
        self.put(")");
    }

    fn group_by(&mut self, group_by: &GroupBy) {
        self.put("GROUP BY ");
        match &group_by.modifier {
            Some(GroupByModifier::Rollup) => {
                self.put("ROLLUP ");
                self.parens(&group_by.exprs, Self::expr);
                return;
            }
            Some(GroupByModifier::Cube) => {
                self.put("CUBE ");
                self.parens(&group_by.exprs, Self::expr);
                return;
            }
            _ => {}
        }
        if group_by.exprs.is_empty() {
            self.put("()");
        }
        self.exprs(&group_by.exprs);
        match &group_by.modifier {
            Some(GroupByModifier::WithRollup) => self.put(" WITH ROLLUP"),
            Some(GroupByModifier::WithCube) => self.put(" WITH CUBE"),
            Some(GroupByModifier::GroupingSets(sets)) => {
                self.put(" GROUPING SETS ");
                self.parens(sets, |p, set| p.parens(&set.exprs, Self::expr));
            }
            _ => {}
        }
    }

    // ── FROM ─────────────────────────────────────────────────────────

    fn from(&mut self, from: &From) {
        self.put("FROM ");
        self.joined_sources(from);
    }

    fn joined_sources(&mut self, from: &From) {
        self.table_source(&from.first);
        for join in &from.joins {
            self.join(join);
        }
    }

    fn join(&mut self, join: &Join) {
        if join.kind == JoinKind::Comma {
            self.put(", ");
        } else {
            self.line();
            self.put(match join.kind {
                JoinKind::Inner | JoinKind::Comma => "JOIN ",
                JoinKind::Cross => "CROSS JOIN ",
                JoinKind::Left => "LEFT JOIN ",
                JoinKind::Right => "RIGHT JOIN ",
                JoinKind::Full => "FULL JOIN ",
                JoinKind::LeftSemi => "LEFT SEMI JOIN ",
            });
        }
        self.table_source(&join.source);
        match &join.constraint {
            Some(JoinConstraint::On(condition)) => {
                self.put(" ON ");
                self.expr(condition);
            }
            Some(JoinConstraint::Using(columns)) => {
                self.put(" USING ");
                self.idents(columns);
            }
            None => {}
        }
    }

    fn table_source(&mut self, source: &TableSource) {
        match &source.relation {
            Relation::Table(table) => self.table_ref(table),
            Relation::Subquery { query, alias } => {
                self.subquery(query);
                if let Some(alias) = alias {
                    self.put(" AS ");
                    self.ident(alias);
                }
            }
            Relation::Values { values, alias, columns } => {
                self.put("TABLE(");
                self.values(values);
                self.put(") AS ");
                self.ident(alias);
                if !columns.is_empty() {
                    self.idents(columns);
                }
            }
            Relation::Nested(from) => {
                self.put("(");
                self.indented(|p| p.joined_sources(from));
                self.put(")");
            }
        }
        self.lateral_views(&source.lateral_views);
    }

    fn table_ref(&mut self, table: &TableRef) {
        self.name(&table.name);
        self.hints(&table.hints);
        if let Some(properties) = &table.properties {
            self.put(" ");
            self.property_list(properties);
        }
        if let Some(sample) = &table.sample {
            self.put(" TABLESAMPLE(");
            self.sample(&sample.kind);
            self.put(")");
        }
        if let Some(as_of) = &table.as_of {
            self.put(match as_of.kind {
                AsOfKind::SystemTime => " FOR SYSTEM_TIME AS OF ",
                AsOfKind::SystemVersion => " FOR SYSTEM_VERSION AS OF ",
            });
            self.expr(&as_of.value);
        }
        if let Some(alias) = &table.alias {
            self.put(" AS ");
            self.ident(alias);
        }
    }

    fn sample(&mut self, sample: &SampleKind) {
        match sample {
            SampleKind::Bucket { bucket, out_of, on } => {
                self.put("BUCKET ");
                self.put(&bucket.raw);
                self.put(" OUT OF ");
                self.put(&out_of.raw);
                if !on.is_empty() {
                    self.put(" ON ");
                    self.exprs(on);
                }
            }
            SampleKind::Percent(number) => {
                self.put(&number.raw);
                self.put(" PERCENT");
            }
            SampleKind::Rows(number) => {
                self.put(&number.raw);
                self.put(" ROWS");
            }
            SampleKind::Bytes(text) => self.put(text),
        }
    }

    fn lateral_views(&mut self, views: &[LateralView]) {
        for view in views {
            self.line();
            match &view.source {
                LateralSource::Function(call) => {
                    self.put(if view.outer { "LATERAL VIEW OUTER " } else { "LATERAL VIEW " });
                    self.function(call);
                    self.put(" ");
                    self.ident(&view.alias);
                    if !view.columns.is_empty() {
                        self.put(" AS ");
                        self.list(&view.columns, ", ", Self::ident);
                    }
                }
                LateralSource::Values(values) => {
                    self.put("LATERAL TABLE(");
                    self.values(values);
                    self.put(") AS ");
                    self.ident(&view.alias);
                    if !view.columns.is_empty() {
                        self.idents(&view.columns);
                    }
                }
            }
        }
    }

    // ── sorting and windows ──────────────────────────────────────────

    /// Puts the expressions of `CLUSTER BY` and the like. A row alone would be read as the list.
    fn expressions(&mut self, exprs: &[Expr]) {
        match exprs {
            [Expr { kind: ExprKind::Row(_), .. }] => self.parens(exprs, Self::expr),
            _ => self.exprs(exprs),
        }
    }

    fn sort_by(&mut self, items: &[SortItem]) {
        match items {
            [SortItem { expr: Expr { kind: ExprKind::Row(_), .. }, .. }] => {
                self.parens(items, Self::sort_item);
            }
            _ => self.sort_items(items),
        }
    }

    pub(super) fn sort_items(&mut self, items: &[SortItem]) {
        self.list(items, ", ", Self::sort_item);
    }

    fn sort_item(&mut self, item: &SortItem) {
        self.expr(&item.expr);
        self.sort_order(item.direction, item.nulls);
    }

    pub(super) fn sort_order(&mut self, direction: Option<Direction>, nulls: Option<NullsOrder>) {
        self.put(match direction {
            None => "",
            Some(Direction::Asc) => " ASC",
            Some(Direction::Desc) => " DESC",
        });
        self.put(match nulls {
            None => "",
            Some(NullsOrder::First) => " NULLS FIRST",
            Some(NullsOrder::Last) => " NULLS LAST",
        });
    }

    pub(super) fn window_ref(&mut self, window: &WindowRef) {
        match window {
            WindowRef::Named(name) => self.ident(name),
            WindowRef::Spec(spec) => self.window_spec(spec),
        }
    }

    fn window_spec(&mut self, spec: &WindowSpec) {
        let mut parts: Vec<String> = Vec::new();
        if let Some(base) = &spec.base {
            parts.push(part(|p| p.ident(base)));
        }
        match &spec.partitioning {
            Some(Partitioning::PartitionBy { partition_by, order_by }) => {
                if !partition_by.is_empty() {
                    parts.push(format!("PARTITION BY {}", part(|p| p.expressions(partition_by))));
                }
                if !order_by.is_empty() {
                    parts.push(format!("ORDER BY {}", part(|p| p.sort_items(order_by))));
                }
            }
            Some(Partitioning::DistributeBy { distribute_by, sort_by }) => {
                if !distribute_by.is_empty() {
                    let exprs = part(|p| p.expressions(distribute_by));
                    parts.push(format!("DISTRIBUTE BY {exprs}"));
                }
                if !sort_by.is_empty() {
                    parts.push(format!("SORT BY {}", part(|p| p.sort_by(sort_by))));
                }
            }
            Some(Partitioning::ClusterBy(exprs)) => {
                parts.push(format!("CLUSTER BY {}", part(|p| p.expressions(exprs))));
            }
            None => {}
        }
        if let Some(frame) = &spec.frame {
            let unit = match frame.unit {
                FrameUnit::Rows => "ROWS",
                FrameUnit::Range => "RANGE",
            };
            let start = frame_bound(&frame.start);
            parts.push(match &frame.end {
                Some(end) => format!("{unit} BETWEEN {start} AND {}", frame_bound(end)),
                None => format!("{unit} {start}"),
            });
        }
        self.put("(");
        self.put(&parts.join(" "));
        self.put(")");
    }

    // ── INSERT ───────────────────────────────────────────────────────

    pub(super) fn insert(&mut self, insert: &Insert) {
        self.with(insert.with.as_ref());
        self.insert_target(&insert.target);
        self.line();
        self.query(&insert.query);
    }

    pub(super) fn from_insert(&mut self, insert: &FromInsert) {
        self.with(insert.with.as_ref());
        self.from(&insert.from);
        for branch in &insert.branches {
            self.line();
            if let Some(target) = &branch.target {
                self.insert_target(target);
                self.line();
            }
            self.query(&branch.query);
        }
    }

    fn insert_target(&mut self, target: &InsertTarget) {
        self.put(match target.mode {
            InsertMode::Into => "INSERT INTO ",
            InsertMode::Overwrite => "INSERT OVERWRITE ",
        });
        match &target.destination {
            Destination::Table { name, hints, partition } => {
                self.put("TABLE ");
                self.name(name);
                self.hints(hints);
                if let Some(partition) = partition {
                    self.put(" ");
                    self.partition_spec(partition);
                }
            }
            Destination::Directory { local, path, row_format, storage } => {
                self.put(if *local { "LOCAL DIRECTORY " } else { "DIRECTORY " });
                self.string(path);
                if let Some(row_format) = row_format {
                    self.put(" ");
                    self.row_format(row_format);
                }
                if let Some(storage) = storage {
                    self.put(" ");
                    self.storage(storage);
                }
            }
        }
        if target.if_not_exists {
            self.put(" IF NOT EXISTS");
        }
        if !target.columns.is_empty() {
            self.put(" ");
            self.idents(&target.columns);
        }
    }

    fn partition_spec(&mut self, spec: &PartitionSpec) {
        self.put("PARTITION ");
        self.parens(&spec.values, |p, value| {
            p.ident(&value.name);
            if let Some(value) = &value.value {
                p.put(" = ");
                p.expr(value);
            }
        });
    }
}

/// Prints a part of a line for itself.
fn part(put: impl FnOnce(&mut Printer)) -> String {
    let mut printer = Printer::default();
    put(&mut printer);
    printer.out
}

fn frame_bound(bound: &FrameBound) -> String {
    match bound {
        FrameBound::UnboundedPreceding => "UNBOUNDED PRECEDING".to_owned(),
        FrameBound::UnboundedFollowing => "UNBOUNDED FOLLOWING".to_owned(),
        FrameBound::CurrentRow => "CURRENT ROW".to_owned(),
        FrameBound::Preceding(number) => format!("{} PRECEDING", number.raw),
        FrameBound::Following(number) => format!("{} FOLLOWING", number.raw),
    }
}
