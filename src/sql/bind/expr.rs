//! Expressions: names resolved, types found, every conversion written out.

use datafusion_common::ScalarValue;
use datafusion_expr::expr::{Case, InList};
use datafusion_expr::{Expr, Operator};
use dialect::ast::{self, Accessor, BinaryOp, ExprKind, IsTest, UnaryOp};
use formats::types::HiveType;

use super::scope::Scope;
use super::typed::{Typed, junction, negate};
use super::{BindError, BindOptions, STATELESS_HINT};
use crate::catalog::types::hive_type;
use crate::sql::functions::{Session, coerce};

/// Binds expressions of one query; problems are collected, and NULL stands for what is wrong.
#[derive(Debug)]
pub(super) struct Binder<'a> {
    pub(super) options: &'a BindOptions,
    pub(super) errors: Vec<BindError>,
}

impl Binder<'_> {
    pub(super) fn session(&self) -> Session {
        Session { time_zone: self.options.time_zone, formatter: self.options.formatter }
    }

    pub(super) fn error(&mut self, span: ast::Span, message: impl Into<String>, hint: &str) {
        let hint = (!hint.is_empty()).then(|| hint.to_owned());
        self.errors.push(BindError { span, message: message.into(), hint });
    }

    pub(super) fn refuse(
        &mut self,
        span: ast::Span,
        message: impl Into<String>,
        hint: &str,
    ) -> Typed {
        self.error(span, message, hint);
        Typed::null()
    }

    /// Binds an expression over the columns in scope.
    pub(super) fn expr(&mut self, expr: &ast::Expr, scope: &Scope) -> Typed {
        let bound = self.any(expr, scope);
        self.bounded(bound, expr.span)
    }

    /// Refuses what is too large to be evaluated.
    pub(super) fn bounded(&mut self, value: Typed, span: ast::Span) -> Typed {
        if value.is_bounded() {
            return value;
        }
        let message = "the expression is too large";
        self.refuse(span, message, "sub-selects count in full wherever their columns are used")
    }

    fn any(&mut self, expr: &ast::Expr, scope: &Scope) -> Typed {
        let span = expr.span;
        match &expr.kind {
            ExprKind::Literal(literal) => self.literal(literal, span),
            ExprKind::Interval(interval) => self.interval(interval, span),
            ExprKind::Name(name) => self.name(name, scope),
            ExprKind::Access { base, path } => {
                let base = self.expr(base, scope);
                self.access(base, path, span, scope)
            }
            ExprKind::Unary { ops, operand } => {
                let value = self.expr(operand, scope);
                ops.iter().rev().fold(value, |value, op| self.unary(*op, value, span))
            }
            ExprKind::Binary(binary) => self.binary(binary, span, scope),
            ExprKind::Is { operand, negated, test } => {
                let operand = self.expr(operand, scope);
                let tested = self.is(operand, *test, span);
                negate(tested, *negated)
            }
            ExprKind::Between { operand, negated, low, high } => {
                let value = self.expr(operand, scope);
                let (low, high) = (self.expr(low, scope), self.expr(high, scope));
                let from = self.call(">=", vec![value.clone(), low], span);
                let to = self.call("<=", vec![value, high], span);
                negate(junction(Operator::And, vec![from, to]), *negated)
            }
            ExprKind::InList { operand, negated, list } => {
                let value = self.expr(operand, scope);
                let list = list.iter().map(|item| self.expr(item, scope)).collect();
                self.in_list(value, list, *negated, span)
            }
            ExprKind::Like { operand, negated, op, pattern } => {
                let args = vec![self.expr(operand, scope), self.expr(pattern, scope)];
                let name = if *op == ast::LikeOp::Like { "like" } else { "rlike" };
                negate(self.call(name, args, span), *negated)
            }
            ExprKind::LikeQuantified { operand, negated, quantifier, patterns } => {
                let value = self.expr(operand, scope);
                let tests = patterns.iter().map(|pattern| {
                    let pattern = self.expr(pattern, scope);
                    self.call("like", vec![value.clone(), pattern], span)
                });
                let all = *quantifier == ast::Quantifier::All;
                let op = if all { Operator::And } else { Operator::Or };
                negate(junction(op, tests.collect()), *negated)
            }
            ExprKind::Case { operand, branches, otherwise } => {
                self.case(operand.as_deref(), branches, otherwise.as_deref(), scope)
            }
            ExprKind::Cast { operand, data_type, format: None } => {
                let value = self.expr(operand, scope);
                match hive_type(data_type) {
                    Ok(ty) => self.convert(value, &ty, span),
                    Err(message) => self.refuse(data_type.span, message, ""),
                }
            }
            ExprKind::Extract { unit, operand } => {
                let name = format!("{unit:?}").to_lowercase();
                let arg = self.expr(operand, scope);
                self.call(&name, vec![arg], span)
            }
            ExprKind::FloorTo { operand, unit } => {
                let unit = Typed::text(format!("{unit:?}").to_lowercase());
                let arg = self.expr(operand, scope);
                self.call("floor to", vec![arg, unit], span)
            }
            ExprKind::Trim { side, characters, operand } => {
                let mut args = vec![self.expr(operand, scope)];
                args.extend(characters.iter().map(|c| self.expr(c, scope)));
                let name = match side {
                    Some(ast::TrimSide::Leading) => "ltrim",
                    Some(ast::TrimSide::Trailing) => "rtrim",
                    Some(ast::TrimSide::Both) | None => "trim",
                };
                self.call(name, args, span)
            }
            ExprKind::Function(call) => self.function(call, span, scope),
            ExprKind::Exists(_)
            | ExprKind::Subquery(_)
            | ExprKind::InSubquery { .. }
            | ExprKind::Quantified { .. } => {
                self.refuse(span, "a subquery as a value needs more rows than one", STATELESS_HINT)
            }
            ExprKind::Default => {
                self.refuse(span, "DEFAULT has no meaning here", "write the value itself")
            }
            ExprKind::Cast { .. } => {
                let hint = "use date_format, or to_timestamp with a pattern";
                self.refuse(span, "CAST ... FORMAT is not supported", hint)
            }
            ExprKind::Row(_) => {
                self.refuse(span, "a row as a value is not supported", "use struct(...)")
            }
        }
    }

    fn name(&mut self, name: &ast::ObjectName, scope: &Scope) -> Typed {
        match scope.find(name) {
            Ok((column, fields)) => fields.iter().fold(column, |base, field| {
                self.call(".", vec![base, Typed::text(&field.value)], name.span)
            }),
            Err((message, hint)) => self.refuse(name.span, message, &hint.unwrap_or_default()),
        }
    }

    fn access(&mut self, base: Typed, path: &[Accessor], span: ast::Span, scope: &Scope) -> Typed {
        path.iter().fold(base, |base, step| match step {
            Accessor::Field(name) => self.call(".", vec![base, Typed::text(&name.value)], span),
            Accessor::Index(index) => {
                let index = self.expr(index, scope);
                self.call("[]", vec![base, index], span)
            }
        })
    }

    fn unary(&mut self, op: UnaryOp, value: Typed, span: ast::Span) -> Typed {
        match op {
            UnaryOp::Plus => value,
            UnaryOp::Minus => self.call("negative", vec![value], span),
            UnaryOp::BitNot => self.call("~", vec![value], span),
            UnaryOp::Not | UnaryOp::Bang => {
                let value = self.convert(value, &HiveType::Boolean, span);
                negate(value, true)
            }
        }
    }

    /// Binds a run of operators. `AND`, `OR` and `||` take all operands at once, so that a long
    /// run is not nested deep.
    fn binary(&mut self, binary: &ast::Binary, span: ast::Span, scope: &Scope) -> Typed {
        let same = |op: BinaryOp| binary.rest.iter().all(|rest| rest.op == op);
        let junctions = [(BinaryOp::And, Operator::And), (BinaryOp::Or, Operator::Or)];
        let together = junctions.iter().find(|(op, _)| same(*op));
        if together.is_some() || same(BinaryOp::Concat) {
            let operands =
                std::iter::once(&*binary.first).chain(binary.rest.iter().map(|r| &r.operand));
            let operands: Vec<(Typed, ast::Span)> =
                operands.map(|operand| (self.expr(operand, scope), operand.span)).collect();
            let Some((_, op)) = together else {
                return self.call(
                    "||",
                    operands.into_iter().map(|(value, _)| value).collect(),
                    span,
                );
            };
            let conditions = operands
                .into_iter()
                .map(|(value, span)| self.convert(value, &HiveType::Boolean, span))
                .collect();
            return junction(*op, conditions);
        }
        let mut left = self.expr(&binary.first, scope);
        let mut so_far = binary.first.span;
        for rest in &binary.rest {
            so_far = so_far.to(rest.operand.span);
            let right = self.expr(&rest.operand, scope);
            let value = self.operate(rest.op, left, right, so_far);
            left = self.bounded(value, so_far);
        }
        left
    }

    fn operate(&mut self, op: BinaryOp, left: Typed, right: Typed, span: ast::Span) -> Typed {
        let name = match op {
            BinaryOp::Or | BinaryOp::And => {
                let left = self.convert(left, &HiveType::Boolean, span);
                let right = self.convert(right, &HiveType::Boolean, span);
                let op = if op == BinaryOp::Or { Operator::Or } else { Operator::And };
                return junction(op, vec![left, right]);
            }
            BinaryOp::IsDistinctFrom => {
                return negate(self.call("<=>", vec![left, right], span), true);
            }
            BinaryOp::Eq | BinaryOp::DoubleEq => "=",
            BinaryOp::NullSafeEq | BinaryOp::IsNotDistinctFrom => "<=>",
            BinaryOp::NotEq | BinaryOp::BangEq => "<>",
            BinaryOp::Lt => "<",
            BinaryOp::LtEq => "<=",
            BinaryOp::Gt => ">",
            BinaryOp::GtEq => ">=",
            BinaryOp::BitOr => "|",
            BinaryOp::BitAnd => "&",
            BinaryOp::BitXor => "^",
            BinaryOp::Concat => "||",
            BinaryOp::Plus => "+",
            BinaryOp::Minus => "-",
            BinaryOp::Multiply => "*",
            BinaryOp::Divide => "/",
            BinaryOp::Modulo => "%",
            BinaryOp::IntegerDivide => "div",
        };
        self.call(name, vec![left, right], span)
    }

    fn is(&mut self, value: Typed, test: IsTest, span: ast::Span) -> Typed {
        let make: fn(Box<Expr>) -> Expr = match test {
            IsTest::Null | IsTest::Unknown => {
                return Typed::unary(value, HiveType::Boolean, Expr::IsNull);
            }
            IsTest::True => Expr::IsTrue,
            IsTest::False => Expr::IsFalse,
        };
        let value = self.convert(value, &HiveType::Boolean, span);
        Typed::unary(value, HiveType::Boolean, make)
    }

    /// Source: Hive `GenericUDFIn`: all values are compared at one type.
    fn in_list(&mut self, value: Typed, list: Vec<Typed>, negated: bool, span: ast::Span) -> Typed {
        let meet = list
            .iter()
            .try_fold(value.ty.clone(), |ty, item| coerce::for_comparison(&ty, &item.ty));
        let Some(meet) = meet.filter(HiveType::is_primitive) else {
            let types: Vec<String> = list.iter().map(|item| item.ty.to_string()).collect();
            let message = format!("{} is never in ({})", value.ty, types.join(", "));
            return self.refuse(span, message, "convert the values to one type");
        };
        let value = self.convert(value, &meet, span);
        let list: Vec<Typed> =
            list.into_iter().map(|item| self.convert(item, &meet, span)).collect();
        // The kernel for lists knows neither -0.0 nor NaN as Hive does.
        let floating = matches!(meet, HiveType::Float | HiveType::Double | HiveType::Void);
        if floating || list.iter().any(|item| item.constant().is_none()) {
            let tests =
                list.into_iter().map(|item| self.call("=", vec![value.clone(), item], span));
            return negate(junction(Operator::Or, tests.collect()), negated);
        }
        let measure = Typed::measure(std::iter::once(&value).chain(&list));
        let list = list.into_iter().map(|item| item.expr).collect();
        let expr = Expr::InList(InList::new(Box::new(value.expr), list, negated));
        Typed::of(measure, expr, HiveType::Boolean)
    }

    fn case(
        &mut self,
        operand: Option<&ast::Expr>,
        branches: &[ast::WhenThen],
        otherwise: Option<&ast::Expr>,
        scope: &Scope,
    ) -> Typed {
        let operand = operand.map(|expr| self.expr(expr, scope));
        let mut whens = Vec::new();
        let mut values = Vec::new();
        for branch in branches {
            let when = self.expr(&branch.when, scope);
            whens.push(match &operand {
                None => self.convert(when, &HiveType::Boolean, branch.when.span),
                Some(value) => self.call("=", vec![value.clone(), when], branch.when.span),
            });
            values.push((self.expr(&branch.then, scope), branch.then.span));
        }
        if let Some(expr) = otherwise {
            values.push((self.expr(expr, scope), expr.span));
        }
        self.choose(whens, values)
    }

    /// Makes a choice between values of one type; there may be one value more than conditions.
    pub(super) fn choose(&mut self, whens: Vec<Typed>, values: Vec<(Typed, ast::Span)>) -> Typed {
        let mut ty = HiveType::Void;
        for (value, span) in &values {
            match coerce::common(&ty, &value.ty) {
                Some(common) => ty = common,
                None => {
                    let message = format!("one value is {ty}, another {}", value.ty);
                    self.error(*span, message, "all values must be of one type: CAST them");
                }
            }
        }
        let mut values: Vec<Typed> =
            values.into_iter().map(|(value, span)| self.convert(value, &ty, span)).collect();
        let measure = Typed::measure(whens.iter().chain(&values));
        let otherwise = (values.len() > whens.len()).then(|| values.pop()).flatten();
        let pairs = whens.into_iter().zip(values);
        let pairs = pairs.map(|(when, then)| (Box::new(when.expr), Box::new(then.expr))).collect();
        let otherwise = otherwise.map(|value| Box::new(value.expr));
        let ty = if ty == HiveType::Void { HiveType::String } else { ty };
        let typed_null = ScalarValue::try_from(&ty.to_arrow()).unwrap_or(ScalarValue::Null);
        let otherwise = otherwise.or_else(|| Some(Box::new(Expr::Literal(typed_null, None))));
        Typed::of(measure, Expr::Case(Case::new(None, pairs, otherwise)), ty)
    }
}
