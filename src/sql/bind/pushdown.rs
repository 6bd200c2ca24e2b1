//! What readers of files can be told of a filter.

use datafusion_common::ScalarValue;
use datafusion_expr::{BinaryExpr, Expr, Operator};
use formats::table::{Compare, Predicate, Scalar};
use formats::types::HiveType;

/// Says what rows that fulfil a filter fulfil at least, as far as readers of files understand it.
pub(super) fn predicate(filter: &Expr, columns: &[(String, HiveType)]) -> Option<Predicate> {
    match filter {
        Expr::BinaryExpr(BinaryExpr { left, op: Operator::And, right }) => {
            let (left, right) = (predicate(left, columns), predicate(right, columns));
            match (left, right) {
                (Some(left), Some(right)) => Some(Predicate::And(vec![left, right])),
                (one, other) => one.or(other),
            }
        }
        Expr::BinaryExpr(BinaryExpr { left, op: Operator::Or, right }) => {
            Some(Predicate::Or(vec![predicate(left, columns)?, predicate(right, columns)?]))
        }
        Expr::IsNull(inner) => Some(Predicate::IsNull(column(inner, columns)?.0)),
        Expr::IsNotNull(inner) => Some(Predicate::IsNotNull(column(inner, columns)?.0)),
        Expr::InList(list) if !list.negated => {
            let (name, ty) = column(&list.expr, columns)?;
            let values = list.list.iter().map(|value| scalar(value, &ty));
            Some(Predicate::In(name, values.collect::<Option<_>>()?))
        }
        Expr::ScalarFunction(call) => {
            let (op, turned) = match call.func.name() {
                "=" => (Compare::Equal, Compare::Equal),
                "<>" => (Compare::NotEqual, Compare::NotEqual),
                "<" => (Compare::Less, Compare::Greater),
                "<=" => (Compare::LessOrEqual, Compare::GreaterOrEqual),
                ">" => (Compare::Greater, Compare::Less),
                ">=" => (Compare::GreaterOrEqual, Compare::LessOrEqual),
                _ => return None,
            };
            let [a, b] = call.args.as_slice() else { return None };
            let (one, op, value) = match column(a, columns) {
                Some(one) => (one, op, b),
                None => (column(b, columns)?, turned, a),
            };
            Some(Predicate::Compare(one.0, op, scalar(value, &one.1)?))
        }
        _ => None,
    }
}

/// Takes an expression for a column whose values files have as they are compared.
fn column(expr: &Expr, columns: &[(String, HiveType)]) -> Option<(String, HiveType)> {
    let Expr::Column(column) = expr else { return None };
    columns.iter().find(|(name, _)| *name == column.name).cloned()
}

/// Gives a constant that is compared with values of a type; `None` where a file's order may be another one.
fn scalar(expr: &Expr, ty: &HiveType) -> Option<Scalar> {
    use HiveType as H;
    let Expr::Literal(value, _) = expr else { return None };
    Some(match (value, ty) {
        (ScalarValue::Boolean(Some(v)), H::Boolean) => Scalar::Bool(*v),
        (ScalarValue::Int8(Some(v)), H::TinyInt) => Scalar::Number((*v).into(), 0),
        (ScalarValue::Int16(Some(v)), H::SmallInt) => Scalar::Number((*v).into(), 0),
        (ScalarValue::Int32(Some(v)), H::Int) => Scalar::Number((*v).into(), 0),
        (ScalarValue::Int64(Some(v)), H::BigInt) => Scalar::Number((*v).into(), 0),
        (ScalarValue::Decimal128(Some(v), _, scale), H::Decimal { .. }) => {
            Scalar::Number(*v, u8::try_from(*scale).ok()?)
        }
        (ScalarValue::Utf8(Some(v)), H::String) => Scalar::Text(v.clone().into_bytes()),
        (ScalarValue::Date32(Some(v)), H::Date) => Scalar::Date(*v),
        (ScalarValue::TimestampMicrosecond(Some(v), None), H::Timestamp) => Scalar::Timestamp(*v),
        _ => return None,
    })
}
