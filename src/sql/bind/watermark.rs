//! `WATERMARK FOR column AS column - INTERVAL ...`.

use std::sync::Arc;
use std::time::Duration;

use arrow::array::{AsArray, TimestampMicrosecondArray};
use arrow::compute::max;
use arrow::datatypes::{IntervalMonthDayNano, SchemaRef, TimestampMicrosecondType};
use arrow::record_batch::RecordBatch;
use datafusion_common::ScalarValue;
use dialect::ast::{BinaryOp, Expr, ExprKind, Span, WatermarkDef};
use formats::types::HiveType;

use super::expr::Binder;
use super::transform::Program;
use super::typed::Typed;
use super::{BindError, BindOptions, TableSchema};
use crate::error::{Error, Result};
use crate::time::{Timestamp, Watermark};

/// The event time of a source and how far rows may be out of order.
#[derive(Debug, Clone)]
pub struct WatermarkSpec {
    time: Arc<Program>,
    /// Longest delay of a row.
    pub delay: Duration,
}

impl WatermarkSpec {
    /// Gives the watermark that a batch of the source's rows allows; `None` if no row has a time.
    ///
    /// # Errors
    /// [`Kind::Data`](crate::error::Kind::Data) if a computed event time cannot be computed.
    pub fn watermark(&self, batch: &RecordBatch) -> Result<Option<Watermark>> {
        let largest = max(&self.event_times(batch)?);
        let delay = i64::try_from(self.delay.as_micros()).unwrap_or(i64::MAX);
        Ok(largest.map(|micros| Timestamp::from_micros(micros.saturating_sub(delay))))
    }

    /// Gives the event time of each of the source's rows. Units: microseconds since 1970, local if the column has no zone.
    ///
    /// # Errors
    /// [`Kind::Data`](crate::error::Kind::Data) if a computed event time cannot be computed.
    pub fn event_times(&self, batch: &RecordBatch) -> Result<TimestampMicrosecondArray> {
        // The event time does not read the clock: it was refused.
        let time = self.time.of_batch(batch, Timestamp(0))?;
        let times = time.as_primitive_opt::<TimestampMicrosecondType>().cloned();
        times.ok_or_else(|| Error::internal("the event time is not a timestamp"))
    }
}

/// Binds a watermark definition over a source's columns, stored or computed.
///
/// # Errors
/// Why it cannot be one.
///
/// Source: Flink SQL `WATERMARK FOR rowtime_column AS expression`, as far as the expression is the
/// column itself or the column minus a constant interval.
pub fn bind_watermark(
    definition: &WatermarkDef,
    schema: &TableSchema,
    options: &BindOptions,
) -> Result<WatermarkSpec, BindError> {
    let mut binder = Binder { options, errors: Vec::new() };
    let bound = bind(&mut binder, definition, schema);
    match (bound, binder.errors.into_iter().next()) {
        (Some(spec), None) => Ok(spec),
        (_, Some(error)) => Err(error),
        (None, None) => Err(BindError {
            span: definition.span,
            message: "this watermark is not supported".to_owned(),
            hint: None,
        }),
    }
}

fn bind(
    binder: &mut Binder<'_>,
    definition: &WatermarkDef,
    schema: &TableSchema,
) -> Option<WatermarkSpec> {
    let (input, relation) = binder.source(schema, None);
    let name = definition.column.to_string().to_lowercase();
    let at = definition.column.span;
    let Some((_, time)) = relation.columns.iter().find(|(known, _)| *known == name) else {
        let hint = "name a column of the table";
        binder.error(at, format!("unknown column {name}"), hint);
        return None;
    };
    if !matches!(time.ty, HiveType::Timestamp | HiveType::TimestampLocalTz) {
        let message = format!("the event time column is {}, not a timestamp", time.ty);
        let hint = "declare it as TIMESTAMP(3), or compute it: ts AS to_timestamp(...)";
        binder.error(at, message, hint);
        return None;
    }
    let delay = delay(binder, &definition.expr, &name)?;
    let time = compile(binder, time, &input, at)?;
    Some(WatermarkSpec { time: Arc::new(time), delay })
}

/// Reads how late rows may be.
fn delay(binder: &mut Binder<'_>, expr: &Expr, name: &str) -> Option<Duration> {
    let is_column = |expr: &Expr| matches!(&expr.kind, ExprKind::Name(n) if n.to_string().to_lowercase() == name);
    if is_column(expr) {
        return Some(Duration::ZERO);
    }
    let found = match &expr.kind {
        ExprKind::Binary(binary) if is_column(&binary.first) => match binary.rest.as_slice() {
            [one] if one.op == BinaryOp::Minus => match &one.operand.kind {
                ExprKind::Interval(interval) => Some((interval, one.operand.span)),
                _ => None,
            },
            _ => None,
        },
        _ => None,
    };
    let Some((interval, span)) = found else {
        let hint = format!("write {name} - INTERVAL '5' SECOND");
        binder.error(expr.span, "a watermark is the column minus a constant interval", &hint);
        return None;
    };
    let before = binder.errors.len();
    let value = binder.interval(interval, span);
    if binder.errors.len() > before {
        return None;
    }
    let Some(ScalarValue::IntervalMonthDayNano(Some(IntervalMonthDayNano {
        days,
        nanoseconds,
        ..
    }))) = value.constant()
    else {
        let hint = "write it in days, hours, minutes or seconds";
        binder.error(span, "months have no fixed length", hint);
        return None;
    };
    let nanos = i128::from(*days) * 86_400_000_000_000 + i128::from(*nanoseconds);
    let nanos = u64::try_from(nanos).ok().map(Duration::from_nanos);
    if nanos.is_none() {
        binder.error(span, "a watermark cannot run ahead of the event time", "");
    }
    nanos
}

fn compile(
    binder: &mut Binder<'_>,
    time: &Typed,
    input: &SchemaRef,
    span: Span,
) -> Option<Program> {
    match Program::compile(&time.expr, input) {
        Ok(program) if program.reads_now() => {
            let hint = "partition commit by process-time needs no watermark";
            binder.error(span, "the event time column is the time of processing", hint);
            None
        }
        Ok(program) => Some(program),
        Err(error) => {
            binder.error(span, format!("cannot compile the event time: {error:?}"), "");
            None
        }
    }
}
