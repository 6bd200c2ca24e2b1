//! Dates and their parts: `year`, `date_add`, `last_day`, ...

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Int32Array};
use arrow::datatypes::{DataType, Date32Type, Int32Type, TimestampMicrosecondType};
use chrono_tz::Tz;
use datafusion_common::{Result, internal_err};
use formats::types::HiveType;

use super::Arg;
use super::civil::{DAY, Date, HOUR, SECOND, last_day, parse_time, parse_timestamp, weekday};
use super::def::{Call, Def, Plan, Takes, Types, is_text, is_time};
use super::values::{numbers, texts};

const PART: Types = Types::Fixed { takes: &[Takes::Date], required: 1, returns: HiveType::Int };
const SHIFT: Types =
    Types::Fixed { takes: &[Takes::Date, Takes::Int], required: 2, returns: HiveType::Date };
const PART_USAGE: &str = "(date, timestamp or string)";

pub(super) static DEFS: &[Def] = &[
    Def { names: &["year"], usage: PART_USAGE, types: PART, eval: |c| part(c, |d, _| d.year) },
    Def {
        names: &["quarter"],
        usage: PART_USAGE,
        types: PART,
        eval: |c| part(c, |d, _| (d.month - 1) / 3 + 1),
    },
    Def { names: &["month"], usage: PART_USAGE, types: PART, eval: |c| part(c, |d, _| d.month) },
    Def {
        names: &["day", "dayofmonth"],
        usage: PART_USAGE,
        types: PART,
        eval: |c| part(c, |d, _| d.day),
    },
    Def {
        names: &["dayofweek"],
        usage: PART_USAGE,
        types: PART,
        eval: |c| part(c, |_, days| weekday(days) + 1),
    },
    Def {
        names: &["dayofyear"],
        usage: PART_USAGE,
        types: PART,
        eval: |c| part(c, |d, _| d.day_of_year()),
    },
    Def {
        names: &["weekofyear", "week"],
        usage: PART_USAGE,
        types: PART,
        eval: |c| part(c, |d, _| d.week(1, 4).1),
    },
    Def {
        names: &["hour"],
        usage: PART_USAGE,
        types: Types::Other(time_part_types),
        eval: |c| time_part(c, |time| time / HOUR),
    },
    Def {
        names: &["minute"],
        usage: PART_USAGE,
        types: Types::Other(time_part_types),
        eval: |c| time_part(c, |time| time / (60 * SECOND) % 60),
    },
    Def {
        names: &["second"],
        usage: PART_USAGE,
        types: Types::Other(time_part_types),
        eval: |c| time_part(c, |time| time / SECOND % 60),
    },
    Def {
        names: &["to_date"],
        usage: PART_USAGE,
        types: Types::Fixed { takes: &[Takes::Date], required: 1, returns: HiveType::Date },
        eval: |c| c.array(0),
    },
    Def {
        names: &["date_add"],
        usage: "(date, timestamp or string, int)",
        types: SHIFT,
        eval: |c| shift(c, i32::checked_add),
    },
    Def {
        names: &["date_sub"],
        usage: "(date, timestamp or string, int)",
        types: SHIFT,
        eval: |c| shift(c, i32::checked_sub),
    },
    Def {
        names: &["datediff"],
        usage: "(date, timestamp or string, date, timestamp or string)",
        types: Types::Fixed {
            takes: &[Takes::Date, Takes::Date],
            required: 2,
            returns: HiveType::Int,
        },
        eval: |c| {
            let (end, start) = (c.dates(0)?, c.dates(1)?);
            Ok(numbers::<Int32Type>(c.rows, |i| end.get(i)?.checked_sub(start.get(i)?)))
        },
    },
    Def {
        names: &["last_day"],
        usage: PART_USAGE,
        types: Types::Fixed { takes: &[Takes::Date], required: 1, returns: HiveType::String },
        eval: |c| {
            let dates = c.dates(0)?;
            texts(c.rows, |i, out| {
                let date = Date::from_days(dates.get(i)?.into());
                Date { day: last_day(date.year, date.month), ..date }.write(out);
                Some(())
            })
        },
    },
    Def {
        names: &["next_day"],
        usage: "(date, timestamp or string, string)",
        types: Types::Fixed {
            takes: &[Takes::Date, Takes::Text],
            required: 2,
            returns: HiveType::String,
        },
        eval: next_day,
    },
    Def {
        names: &["months_between"],
        usage: "(date, timestamp or string, date, timestamp or string [, boolean])",
        types: Types::Fixed {
            takes: &[Takes::Timestamp, Takes::Timestamp, Takes::Boolean],
            required: 2,
            returns: HiveType::Double,
        },
        eval: months_between,
    },
    Def {
        names: &["floor to"],
        usage: "(date or timestamp, unit)",
        types: Types::Other(floor_types),
        eval: floor_to,
    },
];

/// Computes a part of a date; equal days one behind the other are computed once.
fn part(call: &Call<'_>, part: impl Fn(Date, i64) -> i64) -> Result<ArrayRef> {
    let dates = call.array(0)?;
    let dates = dates.as_primitive::<Date32Type>();
    let compute = |days: i32| {
        let days = i64::from(days);
        i32::try_from(part(Date::from_days(days), days)).unwrap_or_default()
    };
    let mut last = (0, compute(0));
    let values = dates.values().iter().map(|days| {
        if *days != last.0 {
            last = (*days, compute(*days));
        }
        last.1
    });
    Ok(Arc::new(Int32Array::new(values.collect(), dates.nulls().cloned())))
}

/// A text may also be a time of the day alone.
fn time_part_types(args: &[Arg<'_>]) -> Result<Option<Plan>, String> {
    let [arg] = args else { return Ok(None) };
    match arg.ty {
        ty if is_text(ty) || *ty == HiveType::Void => Plan::of([HiveType::String], HiveType::Int),
        ty if is_time(ty) => Plan::of([HiveType::Timestamp], HiveType::Int),
        _ => Ok(None),
    }
}

fn time_part(call: &Call<'_>, part: impl Fn(i64) -> i64) -> Result<ArrayRef> {
    let part = |micros: i64| i32::try_from(part(micros.rem_euclid(DAY))).ok();
    let array = call.array(0)?;
    let array: Int32Array = match array.data_type() {
        DataType::Utf8 => {
            let read = |text: &str| parse_timestamp(text).or_else(|| parse_time(text.as_bytes()));
            array.as_string::<i32>().iter().map(|text| part(read(text?)?)).collect()
        }
        DataType::Timestamp(..) => array.as_primitive::<TimestampMicrosecondType>().unary_opt(part),
        other => return internal_err!("no time of the day in {other}"),
    };
    Ok(Arc::new(array))
}

fn shift(call: &Call<'_>, by: impl Fn(i32, i32) -> Option<i32>) -> Result<ArrayRef> {
    let (dates, days) = (call.dates(0)?, call.ints(1)?);
    Ok(numbers::<Date32Type>(call.rows, |i| by(dates.get(i)?, days.get(i)?)))
}

fn next_day(call: &Call<'_>) -> Result<ArrayRef> {
    let (dates, names) = (call.dates(0)?, call.text(1)?);
    texts(call.rows, |i, out| {
        let wanted = weekday_named(names.get(i)?)?;
        let days = i64::from(dates.get(i)?);
        let ahead = (wanted - weekday(days) + 6).rem_euclid(7) + 1;
        Date::from_days(days + ahead).write(out);
        Some(())
    })
}

/// Returns the number of a day, Sunday is 0, from its name or the first two or three letters.
fn weekday_named(name: &str) -> Option<i64> {
    let names = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"];
    let name = name.to_ascii_lowercase();
    let fits = |day: &str| name == day || matches!(name.len(), 2 | 3) && day.starts_with(&name);
    names.iter().zip(0..).find(|(day, _)| fits(day)).map(|(_, number)| number)
}

/// Source: Hive `GenericUDFMonthsBetween`: a month has 31 days unless both days are the same or
/// the last of their months.
fn months_between(call: &Call<'_>) -> Result<ArrayRef> {
    let (a, b) = (call.times(0)?, call.times(1)?);
    let round = if call.has(2) { Some(call.flags(2)?) } else { None };
    Ok(numbers::<arrow::datatypes::Float64Type>(call.rows, |i| {
        let (a, b) = (a.get(i)?, b.get(i)?);
        let round = match &round {
            Some(round) => round.get(i)?,
            None => true,
        };
        let [x, y] = [a, b].map(|t| Date::from_days(t.div_euclid(DAY)));
        let months = (x.year - y.year) * 12 + x.month - y.month;
        let is_last = |d: Date| d.day == last_day(d.year, d.month);
        if x.day == y.day || is_last(x) && is_last(y) {
            return Some(months as f64);
        }
        let seconds = |d: Date, t: i64| d.day * 86_400 + t.rem_euclid(DAY) / SECOND;
        let difference = (seconds(x, a) - seconds(y, b)) as f64 / f64::from(31 * 86_400);
        let result = months as f64 + difference;
        Some(if round { (result * 1e8).round() / 1e8 } else { result })
    }))
}

fn floor_types(args: &[Arg<'_>]) -> Result<Option<Plan>, String> {
    match args {
        [arg, _] if is_time(arg.ty) => {
            Plan::of([HiveType::Timestamp, HiveType::String], HiveType::Timestamp)
        }
        _ => Ok(None),
    }
}

/// Rounds a time down to the start of its year, quarter, ..., second.
fn floor_to(call: &Call<'_>) -> Result<ArrayRef> {
    let (times, units) = (call.times(0)?, call.text(1)?);
    Ok(numbers::<TimestampMicrosecondType>(call.rows, |i| {
        let (micros, unit) = (times.get(i)?, units.get(i)?);
        let days = micros.div_euclid(DAY);
        let date = Date::from_days(days);
        let days = match unit {
            "year" => Date { month: 1, day: 1, ..date }.days(),
            "quarter" => Date { month: (date.month - 1) / 3 * 3 + 1, day: 1, ..date }.days(),
            "month" => Date { day: 1, ..date }.days(),
            "week" => days - (weekday(days) + 6) % 7,
            "day" => days,
            "hour" => return Some(micros.div_euclid(HOUR) * HOUR),
            "minute" => return Some(micros.div_euclid(60 * SECOND) * 60 * SECOND),
            "second" => return Some(micros.div_euclid(SECOND) * SECOND),
            _ => return None,
        };
        days.checked_mul(DAY)
    }))
}

/// Names that Java knows for zones and the tz database does not.
const JAVA_ZONES: &[(&str, Tz)] = &[
    ("PST", Tz::America__Los_Angeles),
    ("CST", Tz::America__Chicago),
    ("IST", Tz::Asia__Kolkata),
    ("JST", Tz::Asia__Tokyo),
    ("CTT", Tz::Asia__Shanghai),
    ("AET", Tz::Australia__Sydney),
    ("BST", Tz::Asia__Dhaka),
    ("ECT", Tz::Europe__Paris),
    ("Z", Tz::UTC),
];

/// Finds a zone by its name, or a whole number of hours as `GMT+2`.
pub(super) fn find_zone(name: &str) -> Option<Tz> {
    let name = name.trim();
    if let Some((_, zone)) = JAVA_ZONES.iter().find(|(known, _)| *known == name) {
        return Some(*zone);
    }
    if let Ok(zone) = name.parse() {
        return Some(zone);
    }
    let offset = name.strip_prefix("GMT").or_else(|| name.strip_prefix("UTC"))?;
    let hours = offset.strip_suffix(":00").unwrap_or(offset);
    let east = hours.strip_prefix('+');
    let number: u8 = east.or_else(|| hours.strip_prefix('-'))?.parse().ok()?;
    // The signs of the tz database's zones count to the west.
    format!("Etc/GMT{}{number}", if east.is_some() { '-' } else { '+' }).parse().ok()
}
