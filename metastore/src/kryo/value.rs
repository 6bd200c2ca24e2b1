//! Values of partition columns and expressions, their casts and comparisons, as Hive does them.

use std::cmp::Ordering;

/// Decimal number: `unscaled / 10^scale`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Decimal {
    pub(super) unscaled: i128,
    pub(super) scale: u32,
}

impl Decimal {
    /// Reads `-12.50`, `1.5E3`.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let (digits, exponent) = match text.split_once(['e', 'E']) {
            Some((digits, exponent)) => (digits, exponent.parse::<i32>().ok()?),
            None => (text, 0),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let (sign, whole) = match whole.as_bytes().first() {
            Some(b'-') => (-1, &whole[1..]),
            Some(b'+') => (1, &whole[1..]),
            _ => (1, whole),
        };
        let all = format!("{whole}{fraction}");
        if all.is_empty() || !all.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        let unscaled = sign * all.parse::<i128>().ok()?;
        let scale = i32::try_from(fraction.len()).ok()? - exponent;
        if scale >= 0 {
            return Some(Self { unscaled, scale: scale.cast_unsigned() });
        }
        let factor = 10_i128.checked_pow(scale.unsigned_abs())?;
        Some(Self { unscaled: unscaled.checked_mul(factor)?, scale: 0 })
    }

    /// Rounds half up to a scale; `None` if it has more digits than the precision then.
    pub(super) fn fit(self, precision: u32, scale: u32) -> Option<Self> {
        let unscaled = if self.scale <= scale {
            self.unscaled.checked_mul(10_i128.checked_pow(scale - self.scale)?)?
        } else {
            let factor = 10_i128.checked_pow(self.scale - scale)?;
            let (quotient, rest) = (self.unscaled / factor, self.unscaled % factor);
            quotient + if rest.abs() * 2 >= factor { self.unscaled.signum() } else { 0 }
        };
        (unscaled.abs() < 10_i128.checked_pow(precision)?).then_some(Self { unscaled, scale })
    }

    fn order(self, other: Self) -> Option<Ordering> {
        let scale = self.scale.max(other.scale);
        let raised = |d: Self| d.unscaled.checked_mul(10_i128.checked_pow(scale - d.scale)?);
        match (raised(self), raised(other)) {
            (Some(a), Some(b)) => Some(a.cmp(&b)),
            _ => self.to_f64().partial_cmp(&other.to_f64()),
        }
    }

    pub(super) fn to_f64(self) -> f64 {
        // Through the text, so that 1.1 is the double nearest to 1.1.
        self.text().parse().unwrap_or(f64::NAN)
    }

    /// Writes it without trailing zeros, as Hive does.
    pub(super) fn text(self) -> String {
        let digits = self.unscaled.unsigned_abs().to_string();
        let scale = self.scale as usize;
        let padded = format!("{digits:0>width$}", width = scale + 1);
        let (whole, fraction) = padded.split_at(padded.len() - scale);
        let fraction = fraction.trim_end_matches('0');
        let sign = if self.unscaled < 0 { "-" } else { "" };
        if fraction.is_empty() {
            format!("{sign}{whole}")
        } else {
            format!("{sign}{whole}.{fraction}")
        }
    }
}

/// Value of an expression.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    Null,
    Bool(bool),
    Integer(i64),
    Double(f64),
    Decimal(Decimal),
    Text(String),
    /// Days since 1970.
    Date(i64),
    /// Seconds since 1970 and nanoseconds.
    Timestamp(i64, u32),
    List(Vec<Value>),
}

/// Counts the days from 1970-01-01 to a day of the proleptic Gregorian calendar.
pub(super) fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// Gives year, month and day of a day since 1970-01-01.
pub(super) fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let of_era = days.rem_euclid(146_097);
    let of_year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * of_year_of_era + of_year_of_era / 4 - of_year_of_era / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (of_year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

/// Reads `2026-1-5`, also with a time behind it.
pub(super) fn parse_date(text: &str) -> Option<i64> {
    let text = text.trim();
    let text = text.split([' ', 'T']).next().unwrap_or(text);
    let mut parts = text.split('-');
    let mut part = |most: usize| {
        let part = parts.next()?;
        let fits = (1..=most).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
        if fits { part.parse::<i64>().ok() } else { None }
    };
    let (year, month, day) = (part(4)?, part(2)?, part(2)?);
    if parts.next().is_some() || !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    let days = days_from_civil(year, month, day);
    (civil_from_days(days) == (year, month, day)).then_some(days)
}

/// Reads `2026-01-05 01:02:03.4`; a date alone is its midnight.
pub(super) fn parse_timestamp(text: &str) -> Option<(i64, u32)> {
    let text = text.trim();
    let midnight = parse_date(text)? * 86_400;
    let Some((_, time)) = text.split_once([' ', 'T']) else { return Some((midnight, 0)) };
    let (clock, fraction) = time.split_once('.').unwrap_or((time, ""));
    let mut parts = clock.split(':');
    let mut part = |most: i64| {
        let part = parts.next()?;
        let number = part.parse::<i64>().ok()?;
        (part.len() <= 2 && (0..most).contains(&number)).then_some(number)
    };
    let (hour, minute, second) = (part(24)?, part(60)?, part(60)?);
    if parts.next().is_some() || fraction.len() > 9 {
        return None;
    }
    let nanos = format!("{fraction:0<9}").parse().ok()?;
    Some((midnight + hour * 3600 + minute * 60 + second, nanos))
}

impl Value {
    /// Reads the stored text of a partition column as its type; what does not fit is NULL.
    pub(super) fn of_column(text: &str, type_text: &str) -> Self {
        Value::Text(text.to_owned()).cast(type_text)
    }

    /// Casts to a Hive type; what does not fit is NULL.
    ///
    /// Source: Hive's `GenericUDFTo...`, `PrimitiveObjectInspectorConverter`.
    pub(super) fn cast(&self, type_text: &str) -> Self {
        let base = type_text.split('(').next().unwrap_or_default();
        match base {
            "string" => self.text().map_or(Value::Null, Value::Text),
            "varchar" | "char" => {
                let length = arguments(type_text).0.unwrap_or(u32::MAX) as usize;
                self.text().map_or(Value::Null, |t| Value::Text(t.chars().take(length).collect()))
            }
            "tinyint" => self.whole(i8::MIN.into(), i8::MAX.into()),
            "smallint" => self.whole(i16::MIN.into(), i16::MAX.into()),
            "int" => self.whole(i32::MIN.into(), i32::MAX.into()),
            "bigint" => self.whole(i64::MIN, i64::MAX),
            "float" => self.number().map_or(Value::Null, |n| Value::Double((n as f32).into())),
            "double" => self.number().map_or(Value::Null, Value::Double),
            "decimal" => {
                let (precision, scale) = arguments(type_text);
                self.decimal()
                    .and_then(|d| d.fit(precision.unwrap_or(10), scale.unwrap_or(0)))
                    .map_or(Value::Null, Value::Decimal)
            }
            "date" => self.date().map_or(Value::Null, Value::Date),
            "timestamp" => self.timestamp().map_or(Value::Null, |(s, n)| Value::Timestamp(s, n)),
            "boolean" => match self {
                Value::Text(text) if text.eq_ignore_ascii_case("true") => Value::Bool(true),
                Value::Text(text) if text.eq_ignore_ascii_case("false") => Value::Bool(false),
                Value::Bool(value) => Value::Bool(*value),
                Value::Integer(number) => Value::Bool(*number != 0),
                _ => Value::Null,
            },
            _ => Value::Null,
        }
    }

    fn whole(&self, low: i64, high: i64) -> Self {
        let number = match self {
            Value::Integer(number) => Some(*number),
            Value::Bool(value) => Some((*value).into()),
            Value::Double(number) if number.is_finite() => Some(*number as i64),
            Value::Decimal(d) => {
                i64::try_from(d.unscaled / 10_i128.checked_pow(d.scale).unwrap_or(i128::MAX)).ok()
            }
            Value::Text(text) => {
                let text = text.trim();
                // Hive cuts a fraction off.
                let whole = text.split_once('.').map_or(text, |(whole, _)| whole);
                let valid = Decimal::parse(text).is_some();
                whole.parse().ok().filter(|_| valid)
            }
            Value::Timestamp(seconds, _) => Some(*seconds),
            _ => None,
        };
        number.filter(|n| (low..=high).contains(n)).map_or(Value::Null, Value::Integer)
    }

    /// Gives it as a double.
    pub(super) fn number(&self) -> Option<f64> {
        match self {
            Value::Integer(number) => Some(*number as f64),
            Value::Bool(value) => Some(f64::from(u8::from(*value))),
            Value::Double(number) => Some(*number),
            Value::Decimal(decimal) => Some(decimal.to_f64()),
            Value::Text(text) => text.trim().parse().ok(),
            Value::Timestamp(seconds, nanos) => Some(*seconds as f64 + f64::from(*nanos) / 1e9),
            _ => None,
        }
    }

    /// Gives it as a decimal.
    pub(super) fn decimal(&self) -> Option<Decimal> {
        match self {
            Value::Decimal(decimal) => Some(*decimal),
            Value::Integer(number) => Some(Decimal { unscaled: (*number).into(), scale: 0 }),
            Value::Double(number) => Decimal::parse(&number.to_string()),
            Value::Text(text) => Decimal::parse(text),
            _ => None,
        }
    }

    pub(super) fn date(&self) -> Option<i64> {
        match self {
            Value::Date(days) => Some(*days),
            Value::Timestamp(seconds, _) => Some(seconds.div_euclid(86_400)),
            Value::Text(text) => parse_date(text),
            _ => None,
        }
    }

    pub(super) fn timestamp(&self) -> Option<(i64, u32)> {
        match self {
            Value::Timestamp(seconds, nanos) => Some((*seconds, *nanos)),
            Value::Date(days) => Some((days * 86_400, 0)),
            Value::Text(text) => parse_timestamp(text),
            Value::Integer(seconds) => Some((*seconds, 0)),
            _ => None,
        }
    }

    /// Gives it as text, as a cast to string does.
    pub(super) fn text(&self) -> Option<String> {
        Some(match self {
            Value::Null | Value::List(_) => return None,
            Value::Bool(value) => if *value { "TRUE" } else { "FALSE" }.to_owned(),
            Value::Integer(number) => number.to_string(),
            Value::Double(number) => java_double(*number),
            Value::Decimal(decimal) => decimal.text(),
            Value::Text(text) => text.clone(),
            Value::Date(days) => {
                let (year, month, day) = civil_from_days(*days);
                format!("{year:04}-{month:02}-{day:02}")
            }
            Value::Timestamp(seconds, nanos) => {
                let (year, month, day) = civil_from_days(seconds.div_euclid(86_400));
                let of_day = seconds.rem_euclid(86_400);
                let (hour, minute, second) = (of_day / 3600, of_day / 60 % 60, of_day % 60);
                let fraction = format!("{nanos:09}");
                let fraction = fraction.trim_end_matches('0');
                let point = if fraction.is_empty() { "" } else { "." };
                format!(
                    "{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}{point}{fraction}"
                )
            }
        })
    }

    /// Orders two values as Hive compares them; `None` if one is NULL or they cannot be compared.
    ///
    /// Source: Hive `GenericUDFBaseCompare`, `FunctionRegistry.getCommonClassForComparison`.
    pub(super) fn order(&self, other: &Self) -> Option<Ordering> {
        use Value::{Bool, Date, Decimal, Integer, List, Null, Text, Timestamp};
        match (self, other) {
            (Null, _) | (_, Null) => None,
            (Text(a), Text(b)) => Some(a.as_bytes().cmp(b.as_bytes())),
            (Integer(a), Integer(b)) => Some(a.cmp(b)),
            (Bool(a), Bool(b)) => Some(a.cmp(b)),
            (Date(a), Date(b)) => Some(a.cmp(b)),
            (Timestamp(..) | Date(_), _) | (_, Timestamp(..) | Date(_)) => match (self, other) {
                (Date(_), Text(_)) | (Text(_), Date(_)) => Some(self.date()?.cmp(&other.date()?)),
                _ => Some(self.timestamp()?.cmp(&other.timestamp()?)),
            },
            (Decimal(_), Decimal(_) | Integer(_)) | (Integer(_), Decimal(_)) => {
                self.decimal()?.order(other.decimal()?)
            }
            (List(a), List(b)) if a.len() == b.len() => {
                for (a, b) in a.iter().zip(b) {
                    match a.order(b)? {
                        Ordering::Equal => {}
                        order => return Some(order),
                    }
                }
                Some(Ordering::Equal)
            }
            (List(_), _) | (_, List(_)) => None,
            _ => self.number()?.partial_cmp(&other.number()?),
        }
    }
}

/// Gives the two numbers of `decimal(10,2)`, `varchar(20)`.
fn arguments(type_text: &str) -> (Option<u32>, Option<u32>) {
    let inside = type_text.split_once('(').and_then(|(_, rest)| rest.split_once(')'));
    let mut numbers = inside.map_or("", |(inside, _)| inside).split(',');
    let mut next = || numbers.next().and_then(|n| n.trim().parse().ok());
    (next(), next())
}

/// Writes a double as Java's `Double.toString`.
fn java_double(number: f64) -> String {
    let size = number.abs();
    if number.is_nan() {
        "NaN".to_owned()
    } else if number.is_infinite() {
        if number > 0.0 { "Infinity" } else { "-Infinity" }.to_owned()
    } else if size == 0.0 || (1e-3..1e7).contains(&size) {
        format!("{number:?}")
    } else {
        let text = format!("{number:E}");
        match text.split_once('E') {
            Some((digits, exponent)) if !digits.contains('.') => format!("{digits}.0E{exponent}"),
            _ => text,
        }
    }
}
