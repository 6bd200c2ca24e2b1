//! Constants: numbers, texts, dates, intervals.

use arrow::datatypes::IntervalMonthDayNano;
use datafusion_common::ScalarValue;
use dialect::ast::{self, IntervalUnit, Literal, NumberSuffix};
use formats::types::{HiveType, MAX_DECIMAL_PRECISION};

use super::expr::Binder;
use super::typed::Typed;

/// Nanoseconds of a day.
const DAY: i64 = 86_400_000_000_000;

impl Binder<'_> {
    /// Source: Hive `TypeCheckProcFactory`.
    pub(super) fn literal(&mut self, literal: &Literal, span: ast::Span) -> Typed {
        let text = |text: &ast::StringLit| Typed::text(text.value());
        match literal {
            Literal::Null => Typed::null(),
            Literal::Boolean(b) => {
                Typed::literal(ScalarValue::Boolean(Some(*b)), HiveType::Boolean)
            }
            Literal::String(written) => text(written),
            Literal::Strings(parts) => {
                Typed::text(parts.iter().map(ast::StringLit::value).collect::<String>())
            }
            Literal::Number(number) => self.number(number, span),
            Literal::Date(written) => self.time(text(written), &HiveType::Date, span),
            Literal::Timestamp(written) => self.time(text(written), &HiveType::Timestamp, span),
            Literal::TimestampLocalTz(written) => {
                self.time(text(written), &HiveType::TimestampLocalTz, span)
            }
            Literal::Charset { .. } => {
                self.refuse(span, "literals with a character set are not supported", "use '...'")
            }
            Literal::Parameter(_) => {
                self.refuse(span, "there is no value for ?", "write the value")
            }
        }
    }

    fn time(&mut self, text: Typed, ty: &HiveType, span: ast::Span) -> Typed {
        let value = self.convert(text, ty, span);
        if value.constant().is_some_and(ScalarValue::is_null) {
            return self.refuse(span, format!("this is no {ty}"), "write yyyy-MM-dd [HH:mm:ss]");
        }
        value
    }

    fn number(&mut self, number: &ast::NumberLit, span: ast::Span) -> Typed {
        let digits = number.digits();
        let whole = digits.parse::<i64>().ok();
        let literal = match (number.suffix, whole) {
            (NumberSuffix::TinyInt, _) => whole
                .and_then(|n| i8::try_from(n).ok())
                .map(|n| (ScalarValue::Int8(Some(n)), HiveType::TinyInt)),
            (NumberSuffix::SmallInt, _) => whole
                .and_then(|n| i16::try_from(n).ok())
                .map(|n| (ScalarValue::Int16(Some(n)), HiveType::SmallInt)),
            (NumberSuffix::BigInt, _) => {
                whole.map(|n| (ScalarValue::Int64(Some(n)), HiveType::BigInt))
            }
            (NumberSuffix::None, Some(n)) => Some(match i32::try_from(n) {
                Ok(n) => (ScalarValue::Int32(Some(n)), HiveType::Int),
                Err(_) => (ScalarValue::Int64(Some(n)), HiveType::BigInt),
            }),
            (NumberSuffix::None | NumberSuffix::Decimal, _) if !digits.contains(['e', 'E']) => {
                decimal(digits)
            }
            _ => digits.parse().ok().map(|n| (ScalarValue::Float64(Some(n)), HiveType::Double)),
        };
        match literal {
            Some((value, ty)) => Typed::literal(value, ty),
            None => self.refuse(span, format!("{} does not fit its type", number.raw), ""),
        }
    }

    /// Makes an interval of months, or of days and less.
    pub(super) fn interval(&mut self, interval: &ast::Interval, span: ast::Span) -> Typed {
        let text = match &interval.value.kind {
            ast::ExprKind::Literal(Literal::String(text)) => text.value().trim().to_owned(),
            ast::ExprKind::Literal(Literal::Number(number)) => number.digits().to_owned(),
            _ => {
                let hint = "write INTERVAL '5' SECOND";
                return self.refuse(span, "an interval must be a constant", hint);
            }
        };
        let value = match interval.unit {
            IntervalUnit::Year => text.parse().ok().and_then(|n: i32| months(n.checked_mul(12)?)),
            IntervalUnit::Month => text.parse().ok().and_then(months),
            IntervalUnit::YearToMonth => year_to_month(&text).and_then(months),
            IntervalUnit::Day => nanos(&text, DAY).and_then(day_time),
            IntervalUnit::Hour => nanos(&text, 3_600_000_000_000).and_then(day_time),
            IntervalUnit::Minute => nanos(&text, 60_000_000_000).and_then(day_time),
            IntervalUnit::Second => nanos(&text, 1_000_000_000).and_then(day_time),
            IntervalUnit::DayToSecond => day_to_second(&text).and_then(day_time),
        };
        value.unwrap_or_else(|| self.refuse(span, format!("'{text}' is no such interval"), ""))
    }
}

/// Returns a decimal as short as possible: zeros at the end of the fraction do not count.
fn decimal(digits: &str) -> Option<(ScalarValue, HiveType)> {
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let (whole, fraction) = (whole.trim_start_matches('0'), fraction.trim_end_matches('0'));
    let value: i128 = format!("0{whole}{fraction}").parse().ok()?;
    let scale = u8::try_from(fraction.len()).ok()?;
    let count = u8::try_from(whole.len() + fraction.len()).ok()?.max(1);
    let precision = Some(count).filter(|p| *p <= MAX_DECIMAL_PRECISION)?;
    let literal = ScalarValue::Decimal128(Some(value), precision, scale.cast_signed());
    Some((literal, HiveType::Decimal { precision, scale }))
}

fn months(months: i32) -> Option<Typed> {
    let value = ScalarValue::IntervalYearMonth(Some(months));
    Some(Typed::literal(value, HiveType::IntervalYearMonth))
}

fn day_time(nanos: i64) -> Option<Typed> {
    let days = i32::try_from(nanos / DAY).ok()?;
    let value = IntervalMonthDayNano::new(0, days, nanos % DAY);
    let value = ScalarValue::IntervalMonthDayNano(Some(value));
    Some(Typed::literal(value, HiveType::IntervalDayTime))
}

/// Reads a number of units, perhaps with a fraction.
fn nanos(text: &str, unit: i64) -> Option<i64> {
    let (negative, digits) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let plain = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || !plain(whole) || !plain(fraction) || fraction.len() > 9 {
        return None;
    }
    let part = match fraction {
        "" => 0,
        digits => {
            let scale = 10i128.checked_pow(u32::try_from(digits.len()).ok()?)?;
            i64::try_from(i128::from(digits.parse::<i64>().ok()?) * i128::from(unit) / scale)
                .ok()?
        }
    };
    let total = whole.parse::<i64>().ok()?.checked_mul(unit)?.checked_add(part)?;
    Some(if negative { -total } else { total })
}

/// Reads `1-2`.
fn year_to_month(text: &str) -> Option<i32> {
    let (negative, digits) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
    let (years, months) = digits.split_once('-')?;
    let months = months.parse::<i32>().ok().filter(|m| (0..12).contains(m))?;
    let total = years.parse::<i32>().ok()?.checked_mul(12)?.checked_add(months)?;
    Some(if negative { -total } else { total })
}

/// Reads `1 2:03:04.5`.
fn day_to_second(text: &str) -> Option<i64> {
    let (negative, text) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
    let (days, time) = text.split_once(' ')?;
    let mut parts = time.trim().splitn(3, ':');
    let (hours, minutes) = (parts.next()?, parts.next()?);
    let total = nanos(days, DAY)?
        .checked_add(nanos(hours, 3_600_000_000_000)?)?
        .checked_add(nanos(minutes, 60_000_000_000)?)?
        .checked_add(nanos(parts.next()?, 1_000_000_000)?)?;
    Some(if negative { -total } else { total })
}
