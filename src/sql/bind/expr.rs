//! Expressions: names resolved, types found, every conversion written out.

use datafusion_common::ScalarValue;
use datafusion_expr::expr::{Case, ScalarFunction};
use datafusion_expr::{BinaryExpr, Expr, Operator};
use dialect::ast::{self, BinaryOp, ExprKind, IsTest, Literal, NumberSuffix, UnaryOp};
use formats::types::HiveType;

use super::query::Scope;
use super::{BindError, BindOptions};
use crate::catalog::types::hive_type;
use crate::sql::functions::{self, Arg, Refusal, Session, cast};

/// An expression with its Hive type.
#[derive(Debug, Clone)]
pub(super) struct Typed {
    pub(super) expr: Expr,
    pub(super) ty: HiveType,
}

impl Typed {
    pub(super) fn null() -> Self {
        Self { expr: Expr::Literal(ScalarValue::Null, None), ty: HiveType::Void }
    }

    fn literal(value: ScalarValue, ty: HiveType) -> Self {
        Self { expr: Expr::Literal(value, None), ty }
    }

    fn constant(&self) -> Option<&ScalarValue> {
        match &self.expr {
            Expr::Literal(value, _) => Some(value),
            _ => None,
        }
    }
}

/// Binds expressions of one query; problems are collected, and NULL stands for what is wrong.
#[derive(Debug)]
pub(super) struct Binder<'a> {
    pub(super) options: &'a BindOptions,
    pub(super) errors: Vec<BindError>,
}

impl Binder<'_> {
    pub(super) fn session(&self) -> Session {
        Session { time_zone: self.options.time_zone, ..Session::default() }
    }

    pub(super) fn error(&mut self, span: ast::Span, message: impl Into<String>, hint: &str) {
        let hint = (!hint.is_empty()).then(|| hint.to_owned());
        self.errors.push(BindError { span, message: message.into(), hint });
    }

    fn refuse(&mut self, span: ast::Span, message: impl Into<String>, hint: &str) -> Typed {
        self.error(span, message, hint);
        Typed::null()
    }

    /// Binds an expression over the columns in scope.
    pub(super) fn expr(&mut self, expr: &ast::Expr, scope: &Scope) -> Typed {
        let span = expr.span;
        match &expr.kind {
            ExprKind::Literal(literal) => self.literal(literal, span),
            ExprKind::Name(name) => self.name(name, scope),
            ExprKind::Unary { op, operand } => self.unary(*op, operand, span, scope),
            ExprKind::Binary(binary) => self.binary(binary, scope),
            ExprKind::Is { operand, negated, test } => {
                let operand = self.expr(operand, scope);
                self.is(operand, *test, *negated, span)
            }
            ExprKind::Between { operand, negated, low, high } => {
                let value = self.expr(operand, scope);
                let (low, high) = (self.expr(low, scope), self.expr(high, scope));
                let from = self.call(">=", vec![value.clone(), low], span);
                let to = self.call("<=", vec![value, high], span);
                negate(junction(Operator::And, from, to), *negated)
            }
            ExprKind::InList { operand, negated, list } => {
                let value = self.expr(operand, scope);
                let mut any: Option<Typed> = None;
                for item in list {
                    let item = self.expr(item, scope);
                    let equal = self.call("=", vec![value.clone(), item], span);
                    any = Some(match any {
                        None => equal,
                        Some(before) => junction(Operator::Or, before, equal),
                    });
                }
                negate(any.unwrap_or_else(Typed::null), *negated)
            }
            ExprKind::Like { operand, negated, op, pattern } => {
                let args = vec![self.expr(operand, scope), self.expr(pattern, scope)];
                let name = if *op == ast::LikeOp::Like { "like" } else { "rlike" };
                negate(self.call(name, args, span), *negated)
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
            ExprKind::Trim { side, characters: None, operand } => {
                let arg = self.expr(operand, scope);
                let name = match side {
                    Some(ast::TrimSide::Leading) => "ltrim",
                    Some(ast::TrimSide::Trailing) => "rtrim",
                    Some(ast::TrimSide::Both) | None => "trim",
                };
                self.call(name, vec![arg], span)
            }
            ExprKind::Function(call) => self.function(call, span, scope),
            ExprKind::Exists(_)
            | ExprKind::Subquery(_)
            | ExprKind::InSubquery { .. }
            | ExprKind::Quantified { .. } => self.refuse(
                span,
                "a subquery as a value needs more than one row at a time",
                "a streaming INSERT computes each row for itself: join beforehand",
            ),
            ExprKind::Interval(_)
            | ExprKind::Default
            | ExprKind::Access { .. }
            | ExprKind::LikeQuantified { .. }
            | ExprKind::Cast { .. }
            | ExprKind::FloorTo { .. }
            | ExprKind::Trim { .. }
            | ExprKind::Row(_) => {
                self.refuse(span, "this expression is not supported in a streaming INSERT", "")
            }
        }
    }

    /// Source: Hive `TypeCheckProcFactory`: the smallest of int and bigint; with a point, decimal.
    fn literal(&mut self, literal: &Literal, span: ast::Span) -> Typed {
        match literal {
            Literal::Null => Typed::null(),
            Literal::Boolean(b) => {
                Typed::literal(ScalarValue::Boolean(Some(*b)), HiveType::Boolean)
            }
            Literal::String(text) => string(text.value().into_owned()),
            Literal::Strings(parts) => {
                string(parts.iter().map(|part| part.value().into_owned()).collect())
            }
            Literal::Number(number) => self.number(number, span),
            Literal::Date(text) => {
                self.convert(string(text.value().into_owned()), &HiveType::Date, span)
            }
            Literal::Timestamp(text) => {
                self.convert(string(text.value().into_owned()), &HiveType::Timestamp, span)
            }
            Literal::TimestampLocalTz(text) => {
                self.convert(string(text.value().into_owned()), &HiveType::TimestampLocalTz, span)
            }
            Literal::Charset { .. } | Literal::Parameter => {
                self.refuse(span, "this literal is not supported in a streaming INSERT", "")
            }
        }
    }

    fn number(&mut self, number: &ast::NumberLit, span: ast::Span) -> Typed {
        let digits = number.digits();
        let whole = || digits.parse::<i64>().ok();
        let literal = match number.suffix {
            NumberSuffix::TinyInt => whole()
                .and_then(|n| i8::try_from(n).ok())
                .map(|n| Typed::literal(ScalarValue::Int8(Some(n)), HiveType::TinyInt)),
            NumberSuffix::SmallInt => whole()
                .and_then(|n| i16::try_from(n).ok())
                .map(|n| Typed::literal(ScalarValue::Int16(Some(n)), HiveType::SmallInt)),
            NumberSuffix::BigInt => {
                whole().map(|n| Typed::literal(ScalarValue::Int64(Some(n)), HiveType::BigInt))
            }
            NumberSuffix::None if whole().is_some() => whole().map(|n| match i32::try_from(n) {
                Ok(n) => Typed::literal(ScalarValue::Int32(Some(n)), HiveType::Int),
                Err(_) => Typed::literal(ScalarValue::Int64(Some(n)), HiveType::BigInt),
            }),
            NumberSuffix::None | NumberSuffix::Decimal if !digits.contains(['e', 'E']) => {
                decimal(digits)
            }
            NumberSuffix::None | NumberSuffix::Double | NumberSuffix::Decimal => digits
                .parse::<f64>()
                .ok()
                .map(|n| Typed::literal(ScalarValue::Float64(Some(n)), HiveType::Double)),
        };
        literal.unwrap_or_else(|| {
            self.refuse(span, format!("{} does not fit its type", number.raw), "")
        })
    }

    fn name(&mut self, name: &ast::ObjectName, scope: &Scope) -> Typed {
        match scope.find(name) {
            Ok(typed) => typed,
            Err((message, hint)) => self.refuse(name.span, message, &hint.unwrap_or_default()),
        }
    }

    fn unary(&mut self, op: UnaryOp, operand: &ast::Expr, span: ast::Span, scope: &Scope) -> Typed {
        let value = self.expr(operand, scope);
        match op {
            UnaryOp::Plus => value,
            UnaryOp::Minus => match negated(&value) {
                Some(literal) => literal,
                None => self.call("negative", vec![value], span),
            },
            UnaryOp::BitNot => self.call("~", vec![value], span),
            UnaryOp::Not | UnaryOp::Bang => {
                let value = self.convert(value, &HiveType::Boolean, span);
                negate(value, true)
            }
        }
    }

    fn binary(&mut self, binary: &ast::Binary, scope: &Scope) -> Typed {
        let mut left = self.expr(&binary.first, scope);
        let mut interval_span = binary.first.span;
        for rest in &binary.rest {
            interval_span = interval_span.to(rest.operand.span);
            let right = self.expr(&rest.operand, scope);
            left = self.operate(rest.op, left, right, interval_span);
        }
        left
    }

    fn operate(&mut self, op: BinaryOp, left: Typed, right: Typed, span: ast::Span) -> Typed {
        let name = match op {
            BinaryOp::Or | BinaryOp::And => {
                let left = self.convert(left, &HiveType::Boolean, span);
                let right = self.convert(right, &HiveType::Boolean, span);
                let op = if op == BinaryOp::Or { Operator::Or } else { Operator::And };
                return junction(op, left, right);
            }
            BinaryOp::Eq | BinaryOp::DoubleEq => "=",
            BinaryOp::NullSafeEq | BinaryOp::IsNotDistinctFrom => "<=>",
            BinaryOp::IsDistinctFrom => {
                return negate(self.call("<=>", vec![left, right], span), true);
            }
            BinaryOp::NotEq | BinaryOp::BangEq => "<>",
            BinaryOp::Lt => "<",
            BinaryOp::LtEq => "<=",
            BinaryOp::Gt => ">",
            BinaryOp::GtEq => ">=",
            BinaryOp::BitOr => "|",
            BinaryOp::BitAnd => "&",
            BinaryOp::BitXor => "^",
            BinaryOp::Concat => "concat",
            BinaryOp::Plus => "+",
            BinaryOp::Minus => "-",
            BinaryOp::Multiply => "*",
            BinaryOp::Divide => "/",
            BinaryOp::Modulo => "%",
            BinaryOp::IntegerDivide => "div",
        };
        self.call(name, vec![left, right], span)
    }

    fn is(&mut self, value: Typed, test: IsTest, negated: bool, span: ast::Span) -> Typed {
        let expr = match test {
            IsTest::Null | IsTest::Unknown => Expr::IsNull(Box::new(value.expr)),
            IsTest::True => {
                Expr::IsTrue(Box::new(self.convert(value, &HiveType::Boolean, span).expr))
            }
            IsTest::False => {
                Expr::IsFalse(Box::new(self.convert(value, &HiveType::Boolean, span).expr))
            }
        };
        negate(Typed { expr, ty: HiveType::Boolean }, negated)
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
                None => self.convert(when, &HiveType::Boolean, branch.span),
                Some(value) => self.call("=", vec![value.clone(), when], branch.span),
            });
            values.push((self.expr(&branch.then, scope), branch.then.span));
        }
        if let Some(expr) = otherwise {
            values.push((self.expr(expr, scope), expr.span));
        }
        let types: Vec<&HiveType> = values.iter().map(|(value, _)| &value.ty).collect();
        let ty = common_type(&types);
        let mut values: Vec<Box<Expr>> = values
            .into_iter()
            .map(|(value, span)| Box::new(self.convert(value, &ty, span).expr))
            .collect();
        let otherwise = otherwise.and_then(|_| values.pop());
        let pairs = whens.into_iter().map(|when| Box::new(when.expr)).zip(values).collect();
        Typed { expr: Expr::Case(Case::new(None, pairs, otherwise)), ty }
    }

    fn function(&mut self, call: &ast::FunctionCall, span: ast::Span, scope: &Scope) -> Typed {
        let name = call.name.to_string().to_lowercase();
        if call.over.is_some() || call.quantifier.is_some() || !call.within_group.is_empty() {
            let message = format!("{name} here needs more than one row at a time");
            let hint = "a streaming INSERT computes each row for itself";
            return self.refuse(span, message, hint);
        }
        if AGGREGATES.contains(&name.as_str()) {
            let message =
                format!("{name} is an aggregate, which needs more than one row at a time");
            return self.refuse(span, message, "a streaming INSERT computes each row for itself");
        }
        let mut args = Vec::new();
        for arg in &call.args {
            match arg {
                ast::FunctionArg::Expr(expr) => args.push(self.expr(expr, scope)),
                ast::FunctionArg::Wildcard(at) => self.error(*at, "* has no place here", ""),
                ast::FunctionArg::QualifiedWildcard(name) => {
                    self.error(name.span, "* has no place here", "");
                }
            }
        }
        self.call(&name, args, span)
    }

    /// Calls a function or operator, with its arguments converted to what it takes.
    pub(super) fn call(&mut self, name: &str, args: Vec<Typed>, span: ast::Span) -> Typed {
        let known: Vec<Arg<'_>> =
            args.iter().map(|arg| Arg { ty: &arg.ty, value: arg.constant() }).collect();
        match functions::resolve(name, &known, self.session()) {
            Ok(resolved) => {
                let types = resolved.args;
                let args = args
                    .into_iter()
                    .zip(&types)
                    .map(|(arg, ty)| self.convert(arg, ty, span).expr)
                    .collect();
                let call = ScalarFunction::new_udf(resolved.function, args);
                Typed { expr: Expr::ScalarFunction(call), ty: resolved.returns }
            }
            Err(Refusal::Unknown(closest)) => {
                let hint = closest.map(|c| format!("did you mean {c}?")).unwrap_or_default();
                self.refuse(span, format!("unknown function {name}"), &hint)
            }
            Err(refusal) => self.refuse(span, format!("{name}: {refusal}"), ""),
        }
    }

    /// Converts a value to a type, if it is not of that type already.
    pub(super) fn convert(&mut self, value: Typed, to: &HiveType, span: ast::Span) -> Typed {
        if value.ty == *to {
            return value;
        }
        if value.ty == HiveType::Void {
            let null = ScalarValue::try_from(&to.to_arrow()).unwrap_or(ScalarValue::Null);
            return Typed { expr: Expr::Literal(null, None), ty: to.clone() };
        }
        if !cast::can_cast(&value.ty, to) {
            let message = format!("{} cannot become {to}", value.ty);
            return self.refuse(span, message, "convert it with functions that say how");
        }
        let same = value.ty.to_arrow() == to.to_arrow() && *to == HiveType::String;
        if same && matches!(value.ty, HiveType::Varchar(_)) {
            return Typed { expr: value.expr, ty: to.clone() };
        }
        let function = std::sync::Arc::new(cast::udf(to, self.session()));
        let call = ScalarFunction::new_udf(function, vec![value.expr]);
        Typed { expr: Expr::ScalarFunction(call), ty: to.clone() }
    }
}

/// Hive's aggregates, to say what they are instead of that they are unknown.
const AGGREGATES: &[&str] = &[
    "avg",
    "collect_list",
    "collect_set",
    "corr",
    "count",
    "covar_pop",
    "covar_samp",
    "max",
    "min",
    "ntile",
    "percentile",
    "percentile_approx",
    "stddev",
    "stddev_pop",
    "stddev_samp",
    "sum",
    "variance",
    "var_pop",
    "var_samp",
];

fn string(value: String) -> Typed {
    Typed::literal(ScalarValue::Utf8(Some(value)), HiveType::String)
}

fn decimal(digits: &str) -> Option<Typed> {
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let value: i128 = format!("{whole}{fraction}").parse().ok()?;
    let scale = u8::try_from(fraction.len()).ok()?;
    let all = whole.trim_start_matches('0').len() + fraction.len();
    let precision = u8::try_from(all.max(1)).ok().filter(|p| *p <= 38)?;
    let value = ScalarValue::Decimal128(Some(value), precision, scale.cast_signed());
    Some(Typed::literal(value, HiveType::Decimal { precision, scale }))
}

fn negated(value: &Typed) -> Option<Typed> {
    let constant = value.constant()?.arithmetic_negate().ok()?;
    Some(Typed::literal(constant, value.ty.clone()))
}

fn junction(op: Operator, left: Typed, right: Typed) -> Typed {
    let expr = BinaryExpr::new(Box::new(left.expr), op, Box::new(right.expr));
    Typed { expr: Expr::BinaryExpr(expr), ty: HiveType::Boolean }
}

fn negate(value: Typed, wanted: bool) -> Typed {
    if wanted { Typed { expr: Expr::Not(Box::new(value.expr)), ty: value.ty } } else { value }
}

/// Gives the type to which all of these can be converted.
///
/// Source: Hive `FunctionRegistry.getCommonClassForUnionAll`.
pub(super) fn common_type(types: &[&HiveType]) -> HiveType {
    let mut common = HiveType::Void;
    for ty in types {
        common = match (&common, *ty) {
            (a, b) if a == b => common,
            (HiveType::Void, b) => b.clone(),
            (_, HiveType::Void) => common,
            (a, b) => wider(a, b),
        };
    }
    common
}

fn wider(a: &HiveType, b: &HiveType) -> HiveType {
    use HiveType as H;
    let rank = |ty: &H| match ty {
        H::TinyInt => Some(1),
        H::SmallInt => Some(2),
        H::Int => Some(3),
        H::BigInt => Some(4),
        H::Decimal { .. } => Some(5),
        H::Float => Some(6),
        H::Double => Some(7),
        _ => None,
    };
    let digits = |ty: &H| match ty {
        H::TinyInt => (3, 0),
        H::SmallInt => (5, 0),
        H::Int => (10, 0),
        H::Decimal { precision, scale } => (*precision - *scale, *scale),
        _ => (19, 0),
    };
    match (rank(a), rank(b)) {
        (Some(x), Some(y)) if x.max(y) == 5 => {
            let ((wa, sa), (wb, sb)) = (digits(a), digits(b));
            let scale = sa.max(sb);
            H::Decimal { precision: (wa.max(wb) + scale).min(38), scale }
        }
        (Some(x), Some(y)) => {
            if x >= y {
                a.clone()
            } else {
                b.clone()
            }
        }
        _ => match (a, b) {
            (H::Date, H::Timestamp) | (H::Timestamp, H::Date) => H::Timestamp,
            _ => H::String,
        },
    }
}
