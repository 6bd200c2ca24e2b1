//! Sorting and windows.

use super::Printer;
use crate::ast::{
    Direction, Expr, ExprKind, FrameBound, FrameUnit, NullsOrder, Partitioning, SortItem,
    WindowRef, WindowSpec,
};

impl Printer {
    /// Puts the expressions of `CLUSTER BY` and the like.
    pub(super) fn expressions(&mut self, exprs: &[Expr]) {
        let query = exprs.first().is_some_and(is_subquery);
        self.list_or_parens(query, |p| p.exprs(exprs));
    }

    pub(super) fn sort_by(&mut self, items: &[SortItem]) {
        let query = items.first().is_some_and(|item| is_subquery(&item.expr));
        self.list_or_parens(query, |p| p.sort_items(items));
    }

    /// Puts a list; in parentheses if it begins with one, which would be read as that of the list.
    fn list_or_parens(&mut self, query: bool, list: impl FnOnce(&mut Self)) {
        let start = self.out.len();
        list(self);
        if !query && self.out[start..].starts_with('(') {
            self.out.insert(start, '(');
            self.put(")");
        }
    }

    pub(super) fn sort_items(&mut self, items: &[SortItem]) {
        self.list(items, ", ", Self::sort_item);
    }

    pub(super) fn sort_item(&mut self, item: &SortItem) {
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
        self.put("(");
        if let Some(base) = &spec.base {
            self.ident(base);
        }
        if let Some(partitioning) = &spec.partitioning {
            self.partitioning(partitioning);
        }
        if let Some(frame) = &spec.frame {
            self.window_clause(match frame.unit {
                FrameUnit::Rows => "ROWS ",
                FrameUnit::Range => "RANGE ",
            });
            let start = frame_bound(&frame.start);
            match &frame.end {
                Some(end) => self.put(&format!("BETWEEN {start} AND {}", frame_bound(end))),
                None => self.put(&start),
            }
        }
        self.put(")");
    }

    /// Begins a clause of a window, with a blank unless it is the first.
    fn window_clause(&mut self, words: &str) {
        if !self.out.ends_with('(') {
            self.put(" ");
        }
        self.put(words);
    }

    pub(super) fn partitioning(&mut self, partitioning: &Partitioning) {
        let (exprs, items) = match partitioning {
            Partitioning::PartitionBy { partition_by, order_by } => {
                (Some(("PARTITION BY ", partition_by)), Some(("ORDER BY ", order_by)))
            }
            Partitioning::DistributeBy { distribute_by, sort_by } => {
                (Some(("DISTRIBUTE BY ", distribute_by)), Some(("SORT BY ", sort_by)))
            }
            Partitioning::ClusterBy(exprs) => (Some(("CLUSTER BY ", exprs)), None),
        };
        if let Some((words, exprs)) = exprs.filter(|(_, exprs)| !exprs.is_empty()) {
            self.window_clause(words);
            self.expressions(exprs);
        }
        if let Some((words, items)) = items.filter(|(_, items)| !items.is_empty()) {
            self.window_clause(words);
            if words == "SORT BY " { self.sort_by(items) } else { self.sort_items(items) }
        }
    }
}

fn is_subquery(expr: &Expr) -> bool {
    matches!(expr.kind, ExprKind::Subquery(_))
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
