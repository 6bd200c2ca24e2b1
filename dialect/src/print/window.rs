//! Sorting and windows.

use super::Printer;
use crate::ast::{
    Direction, Expr, ExprKind, FrameBound, FrameUnit, NullsOrder, Partitioning, SortItem,
    WindowRef, WindowSpec,
};

impl Printer {
    /// Puts the expressions of `CLUSTER BY` and the like. A row alone would be read as the list.
    pub(super) fn expressions(&mut self, exprs: &[Expr]) {
        match exprs {
            [Expr { kind: ExprKind::Row(_), .. }] => self.parens(exprs, Self::expr),
            _ => self.exprs(exprs),
        }
    }

    pub(super) fn sort_by(&mut self, items: &[SortItem]) {
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
