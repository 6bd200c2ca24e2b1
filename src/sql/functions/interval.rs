//! Sums and differences of times and intervals.

use arrow::array::ArrayRef;
use arrow::datatypes::{
    DataType, Date32Type, IntervalMonthDayNano, IntervalMonthDayNanoType, IntervalUnit,
    IntervalYearMonthType, TimestampMicrosecondType,
};
use datafusion_common::Result;

use super::arithmetic::Sign;
use super::civil::{DAY, Date};
use super::def::Call;
use super::times::{MonthEnd, plus_months};
use super::values::{numbers, try_zip};

/// Subtracts times.
pub(super) fn difference(call: &Call<'_>) -> Result<ArrayRef> {
    let (a, b) = (call.times(0)?, call.times(1)?);
    Ok(numbers::<IntervalMonthDayNanoType>(call.rows, |i| {
        Some(day_time(a.get(i)?.checked_sub(b.get(i)?)?))
    }))
}

/// Returns an interval of so many microseconds.
fn day_time(micros: i64) -> IntervalMonthDayNano {
    let days = i32::try_from(micros / DAY).unwrap_or_default();
    IntervalMonthDayNano::new(0, days, micros % DAY * 1000)
}

/// Returns the microseconds of an interval of days and less.
fn micros(interval: IntervalMonthDayNano) -> i64 {
    i64::from(interval.days) * DAY + interval.nanoseconds / 1000
}

/// Adds or subtracts intervals.
pub(super) fn sum(call: &Call<'_>, sign: Sign) -> Result<ArrayRef> {
    if matches!(call.returns, DataType::Interval(IntervalUnit::YearMonth)) {
        return try_zip::<IntervalYearMonthType>(call, |a, b| match sign {
            Sign::Plus => a.checked_add(b),
            Sign::Minus => a.checked_sub(b),
        });
    }
    try_zip::<IntervalMonthDayNanoType>(call, |a, b| match sign {
        Sign::Plus => Some(day_time(micros(a).checked_add(micros(b))?)),
        Sign::Minus => Some(day_time(micros(a).checked_sub(micros(b))?)),
    })
}

/// Moves times by an interval; `at` says which argument is which.
pub(super) fn shift(
    call: &Call<'_>,
    at: (usize, usize),
    unit: IntervalUnit,
    sign: Sign,
) -> Result<ArrayRef> {
    let (time, interval) = at;
    let signed = |n: i64| if sign == Sign::Plus { n } else { -n };
    if unit == IntervalUnit::MonthDayNano {
        let (times, by) = (call.times(time)?, call.numbers::<IntervalMonthDayNanoType>(interval)?);
        return Ok(numbers::<TimestampMicrosecondType>(call.rows, |i| {
            times.get(i)?.checked_add(signed(micros(by.get(i)?)))
        }));
    }
    let by = call.numbers::<IntervalYearMonthType>(interval)?;
    if matches!(call.returns, DataType::Date32) {
        let dates = call.dates(time)?;
        return Ok(numbers::<Date32Type>(call.rows, |i| {
            let date = Date::from_days(dates.get(i)?.into());
            i32::try_from(date.plus_months(signed(by.get(i)?.into())).days()).ok()
        }));
    }
    let times = call.times(time)?;
    Ok(numbers::<TimestampMicrosecondType>(call.rows, |i| {
        plus_months(times.get(i)?, signed(by.get(i)?.into()), MonthEnd::Moves)
    }))
}
