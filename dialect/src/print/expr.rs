//! Expressions.

use super::Printer;
use super::words::{interval_unit, is_test, quantifier, set_quantifier, time_unit};
use crate::ast::{
    Accessor, Binary, Expr, ExprKind, FunctionArg, FunctionCall, Interval, LikeOp, Literal,
    NullTreatment, NumberSuffix, TrimSide, UnaryOp,
};
use crate::parser::{COMPARE, IS, Level, NOT, PLUS};

/// What stands between the left side of a comparison and its operator.
const NOT_WORD: [&str; 2] = [" ", " NOT "];

impl Printer {
    pub(super) fn expr(&mut self, expr: &Expr) {
        self.expr_kind(&expr.kind);
    }

    /// Puts an item of a list of values, where `DEFAULT` needs no parentheses. Elsewhere it would be
    /// a column of that name without them.
    pub(super) fn value(&mut self, value: &Expr) {
        match value.kind {
            ExprKind::Default => self.put("DEFAULT"),
            _ => self.expr(value),
        }
    }

    pub(super) fn exprs(&mut self, exprs: &[Expr]) {
        self.list(exprs, ", ", Self::expr);
    }

    /// Puts an expression in parentheses unless it has no operators outside of them.
    pub(super) fn primary(&mut self, expr: &Expr) {
        self.operand(expr, Level::MAX - 1);
    }

    pub(super) fn function_arg(&mut self, arg: &FunctionArg) {
        match arg {
            FunctionArg::Expr(expr) => self.expr(expr),
            FunctionArg::Wildcard(_) => self.put("*"),
            FunctionArg::QualifiedWildcard(name) => {
                self.name(name);
                self.put(".*");
            }
        }
    }

    /// Puts an expression in parentheses if an operator in it binds looser than `+`.
    pub(super) fn sum(&mut self, expr: &Expr) {
        self.operand(expr, PLUS - 1);
    }

    /// Puts an operand, in parentheses unless it binds tighter than `level`.
    fn operand(&mut self, expr: &Expr, level: Level) {
        if expr.kind.level() > level {
            self.expr(expr);
        } else {
            self.put("(");
            self.expr(expr);
            self.put(")");
        }
    }

    fn expr_kind(&mut self, kind: &ExprKind) {
        match kind {
            ExprKind::Literal(literal) => self.literal(literal),
            ExprKind::Interval(interval) => self.interval(interval),
            ExprKind::Default => self.put("(DEFAULT)"),
            ExprKind::Name(name) => self.name(name),
            ExprKind::Access { base, path } => self.access(base, path),
            ExprKind::Unary { ops, operand } => self.unary(ops, operand),
            ExprKind::Binary(binary) => self.binary(binary),
            ExprKind::Is { operand, negated, test } => {
                self.operand(operand, IS);
                self.put(if *negated { " IS NOT " } else { " IS " });
                self.put(is_test(*test));
            }
            ExprKind::Exists(query) => {
                self.put("EXISTS ");
                self.subquery(query);
            }
            ExprKind::Subquery(query) => self.subquery(query),
            ExprKind::Case { .. } => self.case(kind),
            ExprKind::Function(call) => self.function(call),
            ExprKind::Row(values) => self.parens(values, Self::value),
            ExprKind::Cast { .. }
            | ExprKind::Extract { .. }
            | ExprKind::FloorTo { .. }
            | ExprKind::Trim { .. } => self.special_form(kind),
            ExprKind::Between { .. }
            | ExprKind::InList { .. }
            | ExprKind::InSubquery { .. }
            | ExprKind::Like { .. }
            | ExprKind::LikeQuantified { .. }
            | ExprKind::Quantified { .. } => self.comparison(kind),
        }
    }

    /// Puts the left side of a comparison, and `NOT` if it is there.
    fn left_side(&mut self, operand: &Expr, not: &'static str) {
        self.operand(operand, COMPARE);
        self.put(not);
    }

    fn comparison(&mut self, kind: &ExprKind) {
        match kind {
            ExprKind::Between { operand, negated, low, high } => {
                self.left_side(operand, NOT_WORD[usize::from(*negated)]);
                self.put("BETWEEN ");
                self.operand(low, COMPARE);
                self.put(" AND ");
                self.operand(high, COMPARE);
            }
            ExprKind::InList { operand, negated, list } => {
                self.left_side(operand, NOT_WORD[usize::from(*negated)]);
                self.put("IN ");
                self.parens(list, Self::value);
            }
            ExprKind::InSubquery { operand, negated, query } => {
                self.left_side(operand, NOT_WORD[usize::from(*negated)]);
                self.put("IN ");
                self.subquery(query);
            }
            ExprKind::Like { operand, negated, op, pattern } => {
                self.left_side(operand, NOT_WORD[usize::from(*negated)]);
                self.put(match op {
                    LikeOp::Like => "LIKE ",
                    LikeOp::Rlike => "RLIKE ",
                    LikeOp::Regexp => "REGEXP ",
                });
                self.operand(pattern, COMPARE);
            }
            ExprKind::LikeQuantified { operand, negated, quantifier: which, patterns } => {
                self.left_side(operand, NOT_WORD[usize::from(*negated)]);
                self.put("LIKE ");
                self.put(quantifier(*which));
                self.put(" ");
                self.parens(patterns, Self::expr);
            }
            ExprKind::Quantified { operand, negated, op, quantifier: which, query } => {
                self.left_side(operand, NOT_WORD[usize::from(*negated)]);
                self.put(op.text());
                self.put(" ");
                self.put(quantifier(*which));
                self.put(" ");
                self.subquery(query);
            }
            _ => {}
        }
    }

    fn unary(&mut self, ops: &[UnaryOp], operand: &Expr) {
        for (i, op) in ops.iter().enumerate() {
            // Two signs without a blank could be a comment.
            self.put(if i > 0 && !op.is_not() { " " } else { "" });
            self.put(match op {
                UnaryOp::Plus => "+",
                UnaryOp::Minus => "-",
                UnaryOp::BitNot => "~",
                UnaryOp::Not => "NOT ",
                UnaryOp::Bang => "! ",
            });
        }
        let not = ops.iter().any(|op| op.is_not());
        self.operand(operand, if not { NOT } else { Level::MAX - 1 });
    }

    fn binary(&mut self, binary: &Binary) {
        let level = binary.rest.first().map_or(Level::MAX, |rest| rest.op.level());
        self.operand(&binary.first, level);
        for rest in &binary.rest {
            self.put(" ");
            self.put(rest.op.text());
            self.put(" ");
            self.operand(&rest.operand, level);
        }
    }

    fn access(&mut self, base: &Expr, path: &[Accessor]) {
        // A name before a field, and a number before a point, would be read as one.
        let joins = matches!(&base.kind, ExprKind::Name(_) | ExprKind::Literal(Literal::Number(_)))
            && matches!(path.first(), Some(Accessor::Field(_)));
        if joins {
            self.put("(");
            self.expr(base);
            self.put(")");
        } else {
            self.operand(base, Level::MAX - 1);
        }
        for step in path {
            match step {
                Accessor::Field(name) => {
                    self.put(".");
                    self.ident(name);
                }
                Accessor::Index(index) => {
                    self.put("[");
                    self.expr(index);
                    self.put("]");
                }
            }
        }
    }

    fn literal(&mut self, literal: &Literal) {
        match literal {
            Literal::Null => self.put("NULL"),
            Literal::Boolean(true) => self.put("TRUE"),
            Literal::Boolean(false) => self.put("FALSE"),
            Literal::Number(number) => self.put(&number.raw),
            Literal::String(string) => self.string(string),
            Literal::Strings(strings) => self.list(strings, " ", Self::string),
            Literal::Charset { charset, raw } => {
                self.put(charset);
                self.put(" ");
                self.put(raw);
            }
            Literal::Date(string) => {
                self.put("DATE ");
                self.string(string);
            }
            Literal::Timestamp(string) => {
                self.put("TIMESTAMP ");
                self.string(string);
            }
            Literal::TimestampLocalTz(string) => {
                self.put("TIMESTAMPLOCALTZ ");
                self.string(string);
            }
            Literal::Parameter(_) => self.put("?"),
        }
    }

    /// Puts a constant where an interval has no `INTERVAL` before it.
    pub(super) fn constant(&mut self, expr: &Expr) {
        match &expr.kind {
            ExprKind::Interval(interval) => {
                self.expr(&interval.value);
                self.interval_unit(interval.unit);
            }
            _ => self.primary(expr),
        }
    }

    fn interval(&mut self, interval: &Interval) {
        self.put("INTERVAL ");
        let plain = match &interval.value.kind {
            ExprKind::Literal(Literal::String(_)) => true,
            ExprKind::Literal(Literal::Number(number)) => number.suffix == NumberSuffix::None,
            _ => false,
        };
        if plain {
            self.expr(&interval.value);
        } else {
            self.put("(");
            self.expr(&interval.value);
            self.put(")");
        }
        self.interval_unit(interval.unit);
    }

    fn interval_unit(&mut self, unit: crate::ast::IntervalUnit) {
        self.put(" ");
        self.put(interval_unit(unit));
    }

    fn case(&mut self, kind: &ExprKind) {
        let ExprKind::Case { operand, branches, otherwise } = kind else { return };
        self.put("CASE");
        if let Some(operand) = operand {
            self.put(" ");
            self.expr(operand);
        }
        for branch in branches {
            self.put(" WHEN ");
            self.expr(&branch.when);
            self.put(" THEN ");
            self.expr(&branch.then);
        }
        if let Some(otherwise) = otherwise {
            self.put(" ELSE ");
            self.expr(otherwise);
        }
        self.put(" END");
    }

    /// Puts the forms that look like functions but have words between their arguments.
    fn special_form(&mut self, kind: &ExprKind) {
        match kind {
            ExprKind::Cast { operand, data_type, format } => {
                self.put("CAST(");
                self.expr(operand);
                self.put(" AS ");
                self.data_type(data_type);
                self.string_clause("FORMAT", format.as_ref());
            }
            ExprKind::Extract { unit, operand } => {
                self.put("EXTRACT(");
                self.put(time_unit(*unit));
                self.put(" FROM ");
                self.expr(operand);
            }
            ExprKind::FloorTo { operand, unit } => {
                self.put("FLOOR(");
                self.expr(operand);
                self.put(" TO ");
                self.put(time_unit(*unit));
            }
            ExprKind::Trim { side, characters, operand } => {
                self.put("TRIM(");
                self.put(match side {
                    None => "",
                    Some(TrimSide::Leading) => "LEADING ",
                    Some(TrimSide::Trailing) => "TRAILING ",
                    Some(TrimSide::Both) => "BOTH ",
                });
                if let Some(characters) = characters {
                    self.expr(characters);
                    self.put(" ");
                }
                self.put("FROM ");
                self.expr(operand);
            }
            _ => return,
        }
        self.put(")");
    }

    pub(super) fn function(&mut self, call: &FunctionCall) {
        self.name(&call.name);
        let bare = call.name.as_single().is_some_and(|name| {
            !name.quoted && (name.is("current_date") || name.is("current_timestamp"))
        });
        if bare && call.args.is_empty() && call.over.is_none() {
            return;
        }
        self.put("(");
        if let Some(quantifier) = call.quantifier {
            self.put(set_quantifier(quantifier));
            self.put(if call.args.is_empty() { "" } else { " " });
        }
        self.list(&call.args, ", ", Self::function_arg);
        self.put(")");
        match call.nulls {
            Some(NullTreatment::Respect) => self.put(" RESPECT NULLS"),
            Some(NullTreatment::Ignore) => self.put(" IGNORE NULLS"),
            None => {}
        }
        if !call.within_group.is_empty() {
            self.put(" WITHIN GROUP (ORDER BY ");
            self.sort_items(&call.within_group);
            self.put(")");
        }
        if let Some(over) = &call.over {
            self.put(" OVER ");
            self.window_ref(over);
        }
    }
}
