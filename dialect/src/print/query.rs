//! Queries.

use super::Printer;
use super::words::set_quantifier;
use crate::ast::{
    GroupBy, GroupByModifier, Query, QueryBody, ScriptSide, Select, SelectItem, SetOperator,
    Transform, TransformKeyword, TransformOutput, Values, ValuesRow,
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
            QueryBody::Nested(query) if body.is_from_first() => self.query(query),
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
        if let [SelectItem::Transform(transform)] = select.items.as_slice()
            && transform.keyword != TransformKeyword::Transform
        {
            self.transform(transform);
        } else {
            self.select_list(select);
        }
        if let (false, Some(from)) = (select.from_first, &select.from) {
            self.line();
            self.from(from);
        }
        self.clauses(select);
    }

    fn select_list(&mut self, select: &Select) {
        self.put("SELECT");
        self.hints(&select.hints);
        if let Some(quantifier) = select.quantifier {
            self.put(" ");
            self.put(set_quantifier(quantifier));
        }
        self.put(" ");
        self.list(&select.items, ", ", Self::select_item);
    }

    fn clauses(&mut self, select: &Select) {
        self.lateral_views(select.lateral_view.as_slice());
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
            SelectItem::Transform(transform) => self.transform(transform),
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

    fn transform(&mut self, transform: &Transform) {
        match transform.keyword {
            TransformKeyword::Transform => {
                self.put("TRANSFORM ");
                self.parens(&transform.args, Self::function_arg);
            }
            TransformKeyword::Map => {
                self.put("MAP ");
                self.list(&transform.args, ", ", Self::function_arg);
            }
            TransformKeyword::Reduce => {
                self.put("REDUCE ");
                self.list(&transform.args, ", ", Self::function_arg);
            }
        }
        self.script_side(&transform.input, "RECORDWRITER");
        self.line();
        self.put("USING ");
        self.string(&transform.script);
        match &transform.columns {
            TransformOutput::None => {}
            TransformOutput::Names(names) => {
                self.put(" AS ");
                self.idents(names);
            }
            TransformOutput::Columns(columns) => {
                self.put(" AS ");
                self.parens(columns, Self::column);
            }
        }
        self.script_side(&transform.output, "RECORDREADER");
    }

    fn script_side(&mut self, side: &ScriptSide, record: &str) {
        if let Some(format) = &side.row_format {
            self.line();
            self.row_format(format);
        }
        self.string_clause(record, side.record.as_ref());
    }

    pub(super) fn values(&mut self, values: &Values) {
        self.put("VALUES ");
        self.list(&values.rows, ", ", Self::values_row);
    }

    pub(super) fn values_row(&mut self, row: &ValuesRow) {
        self.put("(");
        for (i, value) in row.values.iter().enumerate() {
            if i > 0 {
                self.put(", ");
            }
            match row.aliases.get(i) {
                Some(Some(alias)) => {
                    self.expr(value);
                    self.put(" AS ");
                    self.ident(alias);
                }
                _ => self.value(value),
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
}
