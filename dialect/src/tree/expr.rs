//! Expressions.

use super::Tree;
use crate::ast::{
    Accessor, Binary, BinaryOp, DataType, Expr, ExprKind, FrameBound, FrameUnit, FunctionArg,
    FunctionCall, Interval, IntervalUnit, IsTest, LikeOp, Literal, NullTreatment, ObjectName,
    Partitioning, Quantifier, Query, SetQuantifier, StringLit, TimeUnit, TrimSide, TypeKind,
    UnaryOp, WhenThen, WindowFrame, WindowRef,
};

impl Tree {
    pub(super) fn expr(&mut self, expr: &Expr) {
        match &expr.kind {
            ExprKind::Literal(literal) => self.literal(literal),
            ExprKind::Interval(interval) => self.interval(interval),
            ExprKind::Default => {
                self.node("tok_table_or_col", |tree| tree.leaf("tok_default_value"));
            }
            ExprKind::Name(name) => self.column(name),
            ExprKind::Access { base, path } => self.access(base, path),
            ExprKind::Unary { ops, operand } => self.unary(ops, operand),
            ExprKind::Binary(binary) => self.binary(binary),
            ExprKind::Is { operand, negated, test } => {
                self.call(is_function(*test, *negated), |tree| tree.expr(operand));
            }
            ExprKind::Exists(query) => self.subquery("exists", None, query, None),
            ExprKind::Subquery(query) => self.node("tok_subquery_expr", |tree| {
                tree.leaf("tok_subquery_op");
                tree.query(query);
            }),
            ExprKind::Case { operand, branches, otherwise } => {
                self.case(operand.as_deref(), branches, otherwise.as_deref());
            }
            ExprKind::Cast { operand, data_type, format } => {
                self.cast(operand, data_type, format.as_ref());
            }
            ExprKind::Extract { unit, operand } => {
                self.call(extract_function(*unit), |tree| tree.expr(operand));
            }
            ExprKind::FloorTo { operand, unit } => {
                self.call(floor_function(*unit), |tree| tree.expr(operand));
            }
            ExprKind::Trim { side, characters, operand } => {
                self.call(trim_function(*side), |tree| {
                    tree.expr(operand);
                    tree.each(characters.as_deref(), Self::expr);
                });
            }
            ExprKind::Function(call) => self.function(call),
            ExprKind::Row(values) => self.call("struct", |tree| tree.exprs(values)),
            _ => self.predicate(&expr.kind),
        }
    }

    /// Puts a test that may be negated.
    fn predicate(&mut self, kind: &ExprKind) {
        match kind {
            ExprKind::Between { operand, negated, low, high } => self.negated(*negated, |tree| {
                tree.call("between", |tree| {
                    tree.leaf("kw_false");
                    tree.each([operand, low, high], |tree, part| tree.expr(part));
                });
            }),
            ExprKind::InList { operand, negated, list } => self.negated(*negated, |tree| {
                tree.call("in", |tree| {
                    tree.expr(operand);
                    tree.exprs(list);
                });
            }),
            ExprKind::InSubquery { operand, negated, query } => self.negated(*negated, |tree| {
                tree.subquery("kw_in", None, query, Some(operand));
            }),
            ExprKind::Like { operand, negated, op, pattern } => self.negated(*negated, |tree| {
                tree.node(like_name(*op), |tree| {
                    tree.expr(operand);
                    tree.expr(pattern);
                });
            }),
            ExprKind::LikeQuantified { operand, negated, quantifier, patterns } => {
                let all = *quantifier == Quantifier::All;
                self.negated(*negated, |tree| {
                    tree.call(if all { "likeall" } else { "likeany" }, |tree| {
                        tree.expr(operand);
                        tree.exprs(patterns);
                    });
                });
            }
            ExprKind::Quantified { operand, negated, op, quantifier, query } => {
                let word = match quantifier {
                    Quantifier::Any => "kw_some",
                    Quantifier::Some => "some",
                    Quantifier::All => "all",
                };
                self.negated(*negated, |tree| {
                    tree.subquery(word, Some(op.text()), query, Some(operand));
                });
            }
            _ => {}
        }
    }

    fn negated(&mut self, negated: bool, body: impl FnOnce(&mut Self)) {
        if negated { self.node("not", body) } else { body(self) }
    }

    /// Puts a call of a function of Hive's own.
    fn call(&mut self, name: &str, args: impl FnOnce(&mut Self)) {
        self.node("tok_function", |tree| {
            tree.leaf(name);
            args(tree);
        });
    }

    fn subquery(&mut self, word: &str, op: Option<&str>, query: &Query, left: Option<&Expr>) {
        self.node("tok_subquery_expr", |tree| {
            tree.node("tok_subquery_op", |tree| {
                tree.leaf(word);
                tree.each(op, Self::leaf);
            });
            tree.query(query);
            tree.each(left, Self::expr);
        });
    }

    /// Puts a column; each dot is an operator.
    pub(super) fn column(&mut self, name: &ObjectName) {
        let Some((first, rest)) = name.parts.split_first() else { return };
        let opened: Vec<_> = rest.iter().map(|_| self.open(".")).collect();
        self.node("tok_table_or_col", |tree| tree.ident(first));
        for (part, open) in rest.iter().zip(opened.into_iter().rev()) {
            self.ident(part);
            self.close(open);
        }
    }

    fn access(&mut self, base: &Expr, path: &[Accessor]) {
        let opened: Vec<_> = path
            .iter()
            .rev()
            .map(|step| {
                self.open(match step {
                    Accessor::Field(_) => ".",
                    Accessor::Index(_) => "[",
                })
            })
            .collect();
        self.expr(base);
        for (step, open) in path.iter().zip(opened.into_iter().rev()) {
            match step {
                Accessor::Field(name) => self.ident(name),
                Accessor::Index(index) => self.expr(index),
            }
            self.close(open);
        }
    }

    /// Puts a run of prefix operators. Hive makes the last one the root, and the others its first
    /// child.
    fn unary(&mut self, ops: &[UnaryOp], operand: &Expr) {
        let Some((last, before)) = ops.split_last() else { return };
        self.node(last.text(), |tree| {
            tree.unary_run(before);
            tree.expr(operand);
        });
    }

    fn unary_run(&mut self, ops: &[UnaryOp]) {
        let opened: Vec<_> = ops.iter().rev().map(|op| self.open(op.text())).collect();
        opened.into_iter().rev().for_each(|open| self.close(open));
    }

    fn binary(&mut self, binary: &Binary) {
        let mut opened = Vec::with_capacity(binary.rest.len());
        for rest in binary.rest.iter().rev() {
            opened.push(self.open_operator(rest.op));
        }
        self.expr(&binary.first);
        for rest in &binary.rest {
            self.expr(&rest.operand);
            if let Some((outer, inner)) = opened.pop() {
                self.each(inner, Self::close);
                self.close(outer);
            }
        }
    }

    fn open_operator(&mut self, op: BinaryOp) -> (super::Open, Option<super::Open>) {
        match op {
            BinaryOp::Concat => {
                let call = self.open("tok_function");
                self.leaf("concat");
                (call, None)
            }
            BinaryOp::IsDistinctFrom => {
                let not = self.open("not");
                (not, Some(self.open("<=>")))
            }
            BinaryOp::IsNotDistinctFrom => (self.open("<=>"), None),
            op => (self.open(operator_name(op)), None),
        }
    }

    fn case(&mut self, operand: Option<&Expr>, branches: &[WhenThen], otherwise: Option<&Expr>) {
        self.call(if operand.is_some() { "case" } else { "when" }, |tree| {
            tree.each(operand, Self::expr);
            for branch in branches {
                tree.expr(&branch.when);
                tree.expr(&branch.then);
            }
            tree.each(otherwise, Self::expr);
        });
    }

    fn cast(&mut self, operand: &Expr, data_type: &DataType, format: Option<&StringLit>) {
        self.node("tok_function", |tree| {
            let Some(format) = format else {
                tree.data_type(data_type);
                return tree.expr(operand);
            };
            tree.leaf("cast_format");
            tree.text(&type_number(&data_type.kind).to_string());
            tree.expr(operand);
            tree.string(format);
            match data_type.kind {
                TypeKind::Char(length) | TypeKind::Varchar(length) => {
                    tree.text(&length.to_string());
                }
                TypeKind::Decimal { precision: Some(precision), .. } => {
                    tree.text(&precision.to_string());
                }
                _ => {}
            }
        });
    }

    fn interval(&mut self, interval: &Interval) {
        self.call("internal_interval", |tree| {
            tree.text(&interval_number(interval.unit).to_string());
            tree.expr(&interval.value);
        });
    }

    fn literal(&mut self, literal: &Literal) {
        match literal {
            Literal::Null => self.leaf("tok_null"),
            Literal::Boolean(true) => self.leaf("true"),
            Literal::Boolean(false) => self.leaf("false"),
            Literal::Number(number) => self.text(&number.raw),
            Literal::String(string) => self.string(string),
            Literal::Strings(strings) => self.node("tok_stringliteralsequence", |tree| {
                tree.each(strings.iter(), Self::string);
            }),
            Literal::Charset { charset, raw } => self.node("tok_charsetliteral", |tree| {
                tree.text(charset);
                tree.text(raw);
            }),
            // Of these three, Hive keeps only the string, in a node that is no string.
            Literal::Date(string) | Literal::Timestamp(string) => self.text(&string.raw),
            Literal::TimestampLocalTz(string) => self.text(&string.raw),
            Literal::Parameter(number) => self.text(&number.0.to_string()),
        }
    }

    // ── functions and windows ────────────────────────────────────────

    pub(super) fn function(&mut self, call: &FunctionCall) {
        let star =
            call.quantifier.is_none() && matches!(call.args.as_slice(), [FunctionArg::Wildcard(_)]);
        let name = match call.quantifier {
            _ if star => "tok_functionstar",
            Some(SetQuantifier::Distinct) if call.within_group.is_empty() => "tok_functiondi",
            _ => "tok_function",
        };
        self.node(name, |tree| {
            tree.text(&call.name.to_string());
            if !star {
                tree.each(call.args.iter(), Self::function_arg);
            }
            if !call.within_group.is_empty() {
                tree.node("tok_within_group", |tree| {
                    tree.sort_items("tok_orderby", &call.within_group);
                });
            }
            if let Some(window) = &call.over {
                tree.window(window, call.nulls);
            }
        });
    }

    pub(super) fn function_arg(&mut self, arg: &FunctionArg) {
        match arg {
            FunctionArg::Expr(expr) => self.expr(expr),
            FunctionArg::Wildcard(_) => self.leaf("tok_allcolref"),
            FunctionArg::QualifiedWildcard(name) => {
                self.node("tok_allcolref", |tree| tree.table_name(name));
            }
        }
    }

    pub(super) fn window(&mut self, window: &WindowRef, nulls: Option<NullTreatment>) {
        self.node("tok_windowspec", |tree| {
            match window {
                WindowRef::Named(name) => tree.ident(name),
                WindowRef::Spec(spec) => {
                    tree.each(spec.base.iter(), Self::ident);
                    tree.each(spec.partitioning.iter(), Self::partitioning);
                    tree.each(spec.frame.iter(), Self::frame);
                }
            }
            match nulls {
                Some(NullTreatment::Respect) => tree.leaf("tok_respect_nulls"),
                Some(NullTreatment::Ignore) => tree.leaf("tok_ignore_nulls"),
                None => {}
            }
        });
    }

    pub(super) fn partitioning(&mut self, partitioning: &Partitioning) {
        self.node("tok_partitioningspec", |tree| match partitioning {
            Partitioning::PartitionBy { partition_by, order_by } => {
                tree.expr_list("tok_distributeby", partition_by);
                tree.sort_items("tok_orderby", order_by);
            }
            Partitioning::DistributeBy { distribute_by, sort_by } => {
                tree.expr_list("tok_distributeby", distribute_by);
                tree.sort_items("tok_sortby", sort_by);
            }
            Partitioning::ClusterBy(exprs) => tree.expr_list("tok_clusterby", exprs),
        });
    }

    fn frame(&mut self, frame: &WindowFrame) {
        let name = match frame.unit {
            FrameUnit::Rows => "tok_windowrange",
            FrameUnit::Range => "tok_windowvalues",
        };
        self.node(name, |tree| {
            tree.frame_bound(&frame.start);
            tree.each(frame.end.iter(), Self::frame_bound);
        });
    }

    fn frame_bound(&mut self, bound: &FrameBound) {
        match bound {
            FrameBound::CurrentRow => self.leaf("current"),
            FrameBound::UnboundedPreceding => {
                self.node("preceding", |tree| tree.leaf("unbounded"));
            }
            FrameBound::UnboundedFollowing => {
                self.node("following", |tree| tree.leaf("unbounded"));
            }
            FrameBound::Preceding(rows) => self.node("preceding", |tree| tree.text(&rows.raw)),
            FrameBound::Following(rows) => self.node("following", |tree| tree.text(&rows.raw)),
        }
    }
}

const fn operator_name(op: BinaryOp) -> &'static str {
    match op {
        BinaryOp::Or => "or",
        BinaryOp::And => "and",
        BinaryOp::IntegerDivide => "div",
        op => op.text(),
    }
}

const fn like_name(op: LikeOp) -> &'static str {
    match op {
        LikeOp::Like => "like",
        LikeOp::Rlike => "rlike",
        LikeOp::Regexp => "regexp",
    }
}

const fn is_function(test: IsTest, negated: bool) -> &'static str {
    match (test, negated) {
        (IsTest::Null | IsTest::Unknown, false) => "isnull",
        (IsTest::Null | IsTest::Unknown, true) => "isnotnull",
        (IsTest::True, false) => "istrue",
        (IsTest::True, true) => "isnottrue",
        (IsTest::False, false) => "isfalse",
        (IsTest::False, true) => "isnotfalse",
    }
}

const fn trim_function(side: Option<TrimSide>) -> &'static str {
    match side {
        Some(TrimSide::Leading) => "ltrim",
        Some(TrimSide::Trailing) => "rtrim",
        Some(TrimSide::Both) | None => "trim",
    }
}

const fn extract_function(unit: TimeUnit) -> &'static str {
    match unit {
        TimeUnit::Year => "year",
        TimeUnit::Quarter => "quarter",
        TimeUnit::Month => "month",
        TimeUnit::Week => "weekofyear",
        TimeUnit::Day => "day",
        TimeUnit::DayOfWeek => "dayofweek",
        TimeUnit::Hour => "hour",
        TimeUnit::Minute => "minute",
        TimeUnit::Second => "second",
    }
}

const fn floor_function(unit: TimeUnit) -> &'static str {
    match unit {
        TimeUnit::Year => "floor_year",
        TimeUnit::Quarter => "floor_quarter",
        TimeUnit::Month => "floor_month",
        TimeUnit::Week => "floor_week",
        TimeUnit::Day | TimeUnit::DayOfWeek => "floor_day",
        TimeUnit::Hour => "floor_hour",
        TimeUnit::Minute => "floor_minute",
        TimeUnit::Second => "floor_second",
    }
}

/// The number of an interval's unit among the tokens of Hive 4.1's grammar, which its tree shows.
pub(super) const fn interval_number(unit: IntervalUnit) -> u32 {
    match unit {
        IntervalUnit::Day => 1043,
        IntervalUnit::DayToSecond => 1045,
        IntervalUnit::Hour => 1046,
        IntervalUnit::Minute => 1047,
        IntervalUnit::Month => 1048,
        IntervalUnit::Second => 1049,
        IntervalUnit::Year => 1050,
        IntervalUnit::YearToMonth => 1052,
    }
}

/// The number of a type among the tokens of Hive 4.1's grammar, which the tree of
/// `CAST(... FORMAT ...)` shows.
const fn type_number(kind: &TypeKind) -> u32 {
    match kind {
        TypeKind::BigInt => 915,
        TypeKind::Binary => 916,
        TypeKind::Boolean => 918,
        TypeKind::Char(_) => 922,
        TypeKind::Date => 961,
        TypeKind::Datetime => 963,
        TypeKind::Decimal { .. } => 969,
        TypeKind::Double => 983,
        TypeKind::Float => 1012,
        TypeKind::Int => 1040,
        TypeKind::SmallInt => 1210,
        TypeKind::String => 1215,
        TypeKind::Timestamp { .. } | TypeKind::Time { .. } => 1262,
        TypeKind::TimestampLocalTz { .. } => 1264,
        TypeKind::TinyInt => 1266,
        TypeKind::Varchar(_) => 1293,
        // Only primitive types can be cast to.
        TypeKind::Array(_) | TypeKind::Map(..) | TypeKind::Struct(_) | TypeKind::Union(_) => 0,
    }
}
