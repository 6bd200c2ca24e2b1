//! `WATERMARK FOR column AS column - INTERVAL ...`.

use std::time::Duration;

use arrow::array::{Array, AsArray};
use arrow::compute::max;
use arrow::datatypes::{DataType, TimeUnit, TimestampMicrosecondType};
use arrow::record_batch::RecordBatch;
use dialect::ast::{BinaryOp, Expr, ExprKind, IntervalUnit, Literal, WatermarkDef};
use formats::types::HiveType;

use super::{BindError, TableColumnKind, TableSchema};
use crate::error::{Error, Result};
use crate::time::{Timestamp, Watermark};

/// The event time column of a source and how far rows may be out of order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WatermarkSpec {
    /// Index among the stored columns.
    pub column: usize,
    /// Longest delay of a row.
    pub delay: Duration,
}

impl WatermarkSpec {
    /// Gives the watermark that a batch of the source's rows allows; `None` if no row has a time.
    ///
    /// # Errors
    /// `Internal` if the column is not a timestamp.
    pub fn watermark(&self, batch: &RecordBatch) -> Result<Option<Watermark>> {
        let column = batch.column(self.column);
        if !matches!(column.data_type(), DataType::Timestamp(TimeUnit::Microsecond, _)) {
            return Err(Error::internal("the event time column is not a timestamp"));
        }
        let largest = max(column.as_primitive::<TimestampMicrosecondType>());
        let delay = i64::try_from(self.delay.as_micros()).unwrap_or(i64::MAX);
        Ok(largest.map(|micros| Timestamp::from_micros(micros.saturating_sub(delay))))
    }
}

/// Binds a watermark definition over a source's columns.
///
/// # Errors
/// Why it cannot be one.
pub fn bind_watermark(
    definition: &WatermarkDef,
    schema: &TableSchema,
) -> Result<WatermarkSpec, BindError> {
    let wrong = |span, message: &str, hint: &str| BindError {
        span,
        message: message.to_owned(),
        hint: Some(hint.to_owned()),
    };
    let name = definition.column.to_string().to_lowercase();
    let stored = schema.columns.iter().filter_map(|column| match &column.kind {
        TableColumnKind::Stored(ty) => Some((&column.name, ty)),
        TableColumnKind::Computed(_) => None,
    });
    let Some((column, (_, ty))) = stored.enumerate().find(|(_, (n, _))| **n == name) else {
        let hint = "name a column of the table that is not computed";
        return Err(wrong(definition.column.span, "no such column", hint));
    };
    if !matches!(ty, HiveType::Timestamp | HiveType::TimestampLocalTz) {
        let hint = "declare it as TIMESTAMP(3) or TIMESTAMP_LTZ(3)";
        return Err(wrong(
            definition.column.span,
            "the event time column is not a timestamp",
            hint,
        ));
    }
    let is_column = |expr: &Expr| matches!(&expr.kind, ExprKind::Name(n) if n.to_string().to_lowercase() == name);
    let delay = match &definition.expr.kind {
        _ if is_column(&definition.expr) => Some(Duration::ZERO),
        ExprKind::Binary(binary) if is_column(&binary.first) => match binary.rest.as_slice() {
            [one] if one.op == BinaryOp::Minus => interval(&one.operand),
            _ => None,
        },
        _ => None,
    };
    delay.map(|delay| WatermarkSpec { column, delay }).ok_or_else(|| {
        let hint = format!("write {name} - INTERVAL '5' SECOND");
        wrong(definition.expr.span, "a watermark is the column minus an interval", &hint)
    })
}

fn interval(expr: &Expr) -> Option<Duration> {
    let ExprKind::Interval(interval) = &expr.kind else { return None };
    let text = match &interval.value.kind {
        ExprKind::Literal(Literal::String(text)) => text.value().into_owned(),
        ExprKind::Literal(Literal::Number(number)) => number.digits().to_owned(),
        _ => return None,
    };
    let unit = match interval.unit {
        IntervalUnit::Day => 86_400.0,
        IntervalUnit::Hour => 3600.0,
        IntervalUnit::Minute => 60.0,
        IntervalUnit::Second => 1.0,
        IntervalUnit::Year
        | IntervalUnit::Month
        | IntervalUnit::YearToMonth
        | IntervalUnit::DayToSecond => return None,
    };
    let number: f64 = text.trim().parse().ok()?;
    Duration::try_from_secs_f64(number * unit).ok()
}
