//! Expressions that know their Hive type and how large they are.

use datafusion_common::ScalarValue;
use datafusion_expr::{BinaryExpr, Expr, Operator};
use dialect::ast;
use formats::types::HiveType;

/// How deep expressions may be nested, sub-selects composed into them included: evaluation is
/// recursive.
const MAX_HEIGHT: u32 = 128;
/// How many parts an expression may have, sub-selects composed into it included.
const MAX_SIZE: u32 = 20_000;

/// An expression with its Hive type.
#[derive(Debug, Clone)]
pub(super) struct Typed {
    pub(super) expr: Expr,
    pub(super) ty: HiveType,
    /// Where a query selects it, if it does.
    pub(super) at: Option<ast::Span>,
    /// How deep it is nested.
    height: u32,
    /// How many parts it has.
    size: u32,
}

impl Typed {
    /// Makes an expression of one part.
    pub(super) fn leaf(expr: Expr, ty: HiveType) -> Self {
        Self { expr, ty, at: None, height: 1, size: 1 }
    }

    pub(super) fn null() -> Self {
        Self::literal(ScalarValue::Null, HiveType::Void)
    }

    pub(super) fn literal(value: ScalarValue, ty: HiveType) -> Self {
        Self::leaf(Expr::Literal(value, None), ty)
    }

    pub(super) fn text(value: impl Into<String>) -> Self {
        Self::literal(ScalarValue::Utf8(Some(value.into())), HiveType::String)
    }

    pub(super) fn constant(&self) -> Option<&ScalarValue> {
        match &self.expr {
            Expr::Literal(value, _) => Some(value),
            _ => None,
        }
    }

    /// Measures an expression by its parts.
    pub(super) fn measure<'t>(parts: impl IntoIterator<Item = &'t Self>) -> (u32, u32) {
        parts.into_iter().fold((1, 1), |(height, size), part| {
            (height.max(part.height + 1), size.saturating_add(part.size))
        })
    }

    /// Makes an expression of measured parts.
    pub(super) fn of((height, size): (u32, u32), expr: Expr, ty: HiveType) -> Self {
        Self { expr, ty, at: None, height, size }
    }

    /// Takes the values for those of another type with the same values.
    pub(super) fn with_type(self, ty: &HiveType) -> Self {
        Self { ty: ty.clone(), ..self }
    }

    /// Says where a query selects the value.
    pub(super) fn selected(self, at: ast::Span) -> Self {
        Self { at: Some(at), ..self }
    }

    /// Tells whether the expression is small enough to be evaluated.
    pub(super) fn is_bounded(&self) -> bool {
        self.height <= MAX_HEIGHT && self.size <= MAX_SIZE
    }

    /// Makes an expression of one operand.
    pub(super) fn unary(operand: Self, ty: HiveType, make: impl FnOnce(Box<Expr>) -> Expr) -> Self {
        let measure = Self::measure([&operand]);
        Self::of(measure, make(Box::new(operand.expr)), ty)
    }
}

/// Joins conditions by `AND` or `OR`, in halves, so that many are not nested deep.
pub(super) fn junction(op: Operator, mut conditions: Vec<Typed>) -> Typed {
    if conditions.len() > 2 {
        let right = conditions.split_off(conditions.len() / 2);
        return junction(op, vec![junction(op, conditions), junction(op, right)]);
    }
    let (Some(right), left) = (conditions.pop(), conditions.pop()) else { return Typed::null() };
    let Some(left) = left else { return right };
    let measure = Typed::measure([&left, &right]);
    let expr = BinaryExpr::new(Box::new(left.expr), op, Box::new(right.expr));
    Typed::of(measure, Expr::BinaryExpr(expr), HiveType::Boolean)
}

/// Negates a condition where that is wanted.
pub(super) fn negate(value: Typed, wanted: bool) -> Typed {
    if wanted { Typed::unary(value, HiveType::Boolean, Expr::Not) } else { value }
}
