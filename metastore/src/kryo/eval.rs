//! The expression over one partition's values.

use std::cmp::Ordering;

use super::call;
use super::layout::Kryo;
use super::tree::Expr;
use super::value::Value;
use crate::error::{Error, Result};
use crate::model::FieldSchema;
use crate::names::{DEFAULT_PARTITION_NAME, PartitionSpec};

/// One partition's values by column.
pub(super) struct Row<'a> {
    keys: &'a [FieldSchema],
    spec: &'a PartitionSpec,
    null_is_text: bool,
}

impl<'a> Row<'a> {
    pub(super) fn new(
        keys: &'a [FieldSchema],
        spec: &'a PartitionSpec,
        null_is_text: bool,
    ) -> Self {
        Self { keys, spec, null_is_text }
    }

    fn value(&self, name: &str) -> Value {
        let Some(key) = self.keys.iter().find(|key| key.name == name) else { return Value::Null };
        match self.spec.get(name).flatten() {
            Some(text) => Value::of_column(text, &key.type_text),
            None if self.null_is_text && is_text(&key.type_text) => {
                Value::Text(DEFAULT_PARTITION_NAME.to_owned())
            }
            None => Value::Null,
        }
    }
}

fn is_text(type_text: &str) -> bool {
    type_text == "string" || type_text.starts_with("varchar") || type_text.starts_with("char")
}

/// Checks that all columns are partition columns and all functions are known.
pub(super) fn check(expr: &Expr, keys: &[FieldSchema]) -> Result<()> {
    match expr {
        Expr::Column { name } => {
            if keys.iter().any(|key| key.name == *name) {
                return Ok(());
            }
            Err(Error::config(
                "partition expression names a column that is none of the partition's",
            )
            .with("column", name))
        }
        Expr::Constant { .. } => Ok(()),
        Expr::Call { function, args, .. } => {
            if !call::is_known(function) {
                return Err(Error::unsupported("partition expression has an unknown function")
                    .with("function", function));
            }
            args.iter().try_for_each(|arg| check(arg, keys))
        }
    }
}

/// Tells whether a metastore turns the expression into a filter: plain comparisons under and and or.
///
/// Those of Hive 4 do it also with varchar columns and `is [not] null`, which looks for NULL itself.
///
/// Source: Hive `PartFilterExprUtil.makeExpressionTree`, `Filter.g`, `PartFilterVisitor`; found by asking them.
pub(super) fn is_filter(expr: &Expr, kryo: Kryo, keys: &[FieldSchema]) -> bool {
    let Expr::Call { function, args, .. } = expr else { return false };
    let plain = |name: &String| {
        kryo == Kryo::V5
            || keys.iter().any(|key| key.name == *name && !key.type_text.contains("char"))
    };
    match function.as_str() {
        "GenericUDFOPAnd" | "GenericUDFOPOr" => args.iter().all(|arg| is_filter(arg, kryo, keys)),
        "GenericUDFOPEqual"
        | "GenericUDFOPNotEqual"
        | "GenericUDFOPLessThan"
        | "GenericUDFOPEqualOrLessThan"
        | "GenericUDFOPGreaterThan"
        | "GenericUDFOPEqualOrGreaterThan" => match args.as_slice() {
            [Expr::Column { name }, constant] | [constant, Expr::Column { name }] => {
                plain(name) && is_literal(constant)
            }
            _ => false,
        },
        "GenericUDFOPNull" | "GenericUDFOPNotNull" => {
            kryo == Kryo::V5 && matches!(args.as_slice(), [Expr::Column { .. }])
        }
        _ => false,
    }
}

/// Tells whether a constant can be written into a filter.
fn is_literal(expr: &Expr) -> bool {
    match expr {
        Expr::Constant { value: Value::Text(text), .. } => !text.contains(['\'', '"', '\\']),
        Expr::Constant { value: Value::Integer(_) | Value::Date(_), .. } => true,
        _ => false,
    }
}

/// Computes an expression; what cannot be computed is NULL.
pub(super) fn evaluate(expr: &Expr, row: &Row<'_>) -> Value {
    let (function, args, type_text) = match expr {
        Expr::Column { name } => return row.value(name),
        Expr::Constant { value, .. } => return value.clone(),
        Expr::Call { function, args, type_text } => (function.as_str(), args, type_text),
    };
    let mut values = args.iter().map(|arg| evaluate(arg, row));
    match function {
        "GenericUDFOPAnd" => all(values, false),
        "GenericUDFOPOr" => all(values, true),
        "GenericUDFOPNot" => match values.next() {
            Some(Value::Bool(value)) => Value::Bool(!value),
            _ => Value::Null,
        },
        "GenericUDFOPNull" => Value::Bool(args.first().is_none_or(|arg| is_null(arg, row))),
        "GenericUDFOPNotNull" => Value::Bool(!args.first().is_none_or(|arg| is_null(arg, row))),
        "GenericUDFCoalesce" | "GenericUDFNvl" => {
            values.find(|value| *value != Value::Null).unwrap_or(Value::Null)
        }
        "GenericUDFIf" => match (values.next(), values.next(), values.next()) {
            (Some(Value::Bool(true)), Some(then), _) => then,
            (_, _, Some(other)) => other,
            _ => Value::Null,
        },
        "GenericUDFWhen" => when(&values.collect::<Vec<_>>()),
        "GenericUDFCase" => case(&values.collect::<Vec<_>>()),
        "GenericUDFIn" => in_list(&values.collect::<Vec<_>>()),
        "GenericUDFBetween" => between(&values.collect::<Vec<_>>()),
        _ => call::apply(function, &values.collect::<Vec<_>>(), type_text),
    }
}

/// Tells whether an expression is NULL, whatever text stands for it.
fn is_null(expr: &Expr, row: &Row<'_>) -> bool {
    evaluate(expr, &Row { null_is_text: false, ..*row }) == Value::Null
}

/// Joins conditions: `decisive` decides at once, NULL leaves it open.
fn all(values: impl Iterator<Item = Value>, decisive: bool) -> Value {
    let mut open = false;
    for value in values {
        match value {
            Value::Bool(value) if value == decisive => return Value::Bool(decisive),
            Value::Bool(_) => {}
            _ => open = true,
        }
    }
    if open { Value::Null } else { Value::Bool(!decisive) }
}

fn equal(a: &Value, b: &Value) -> Option<bool> {
    a.order(b).map(Ordering::is_eq)
}

fn in_list(values: &[Value]) -> Value {
    let Some((needle, list)) = values.split_first() else { return Value::Null };
    if *needle == Value::Null {
        return Value::Null;
    }
    let mut open = false;
    for value in list {
        match equal(needle, value) {
            Some(true) => return Value::Bool(true),
            Some(false) => {}
            None => open |= *value == Value::Null,
        }
    }
    if open { Value::Null } else { Value::Bool(false) }
}

fn between(values: &[Value]) -> Value {
    let [Value::Bool(negated), value, low, high] = values else { return Value::Null };
    let above = value.order(low).map_or(Value::Null, |order| Value::Bool(order.is_ge()));
    let below = value.order(high).map_or(Value::Null, |order| Value::Bool(order.is_le()));
    match all([above, below].into_iter(), false) {
        Value::Bool(inside) => Value::Bool(inside != *negated),
        _ => Value::Null,
    }
}

/// Picks the value behind the first condition that holds; an odd one at the end is for all others.
fn when(values: &[Value]) -> Value {
    for pair in values.chunks(2) {
        match pair {
            [Value::Bool(true), value] | [value] => return value.clone(),
            _ => {}
        }
    }
    Value::Null
}

fn case(values: &[Value]) -> Value {
    let Some((subject, branches)) = values.split_first() else { return Value::Null };
    for pair in branches.chunks(2) {
        match pair {
            [wanted, value] if equal(subject, wanted) == Some(true) => return value.clone(),
            [value] => return value.clone(),
            _ => {}
        }
    }
    Value::Null
}
