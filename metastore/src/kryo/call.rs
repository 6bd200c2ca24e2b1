//! Hive's functions over values: comparisons, casts, arithmetic, texts, dates.

use regex::Regex;

use super::value::{Decimal, Value, civil_from_days};

/// Functions that are evaluated with their arguments' expressions, in `eval`.
const SPECIAL: &[&str] = &[
    "GenericUDFOPAnd",
    "GenericUDFOPOr",
    "GenericUDFOPNot",
    "GenericUDFOPNull",
    "GenericUDFOPNotNull",
    "GenericUDFCoalesce",
    "GenericUDFNvl",
    "GenericUDFIf",
    "GenericUDFWhen",
    "GenericUDFCase",
    "GenericUDFIn",
    "GenericUDFBetween",
];

type Function = fn(&[Value], &str) -> Value;

/// Tells whether a function of this class can be evaluated.
pub(super) fn is_known(function: &str) -> bool {
    SPECIAL.contains(&function) || find(function).is_some()
}

/// Applies a function; what it does not accept gives NULL.
pub(super) fn apply(function: &str, args: &[Value], type_text: &str) -> Value {
    find(function).map_or(Value::Null, |apply| apply(args, type_text))
}

fn find(function: &str) -> Option<Function> {
    Some(match function {
        "GenericUDFOPEqual" => |args, _| compare(args, std::cmp::Ordering::is_eq),
        "GenericUDFOPNotEqual" => |args, _| compare(args, std::cmp::Ordering::is_ne),
        "GenericUDFOPLessThan" => |args, _| compare(args, std::cmp::Ordering::is_lt),
        "GenericUDFOPEqualOrLessThan" => |args, _| compare(args, std::cmp::Ordering::is_le),
        "GenericUDFOPGreaterThan" => |args, _| compare(args, std::cmp::Ordering::is_gt),
        "GenericUDFOPEqualOrGreaterThan" => |args, _| compare(args, std::cmp::Ordering::is_ge),
        "GenericUDFOPEqualNS" => |args, _| null_safe(args, true),
        "GenericUDFOPNotEqualNS" => |args, _| null_safe(args, false),
        "UDFToString" | "GenericUDFToString" => |args, _| cast(args, "string"),
        "GenericUDFToVarchar" | "GenericUDFToChar" | "GenericUDFToDecimal" => cast,
        "UDFToByte" => |args, _| cast(args, "tinyint"),
        "UDFToShort" => |args, _| cast(args, "smallint"),
        "UDFToInteger" => |args, _| cast(args, "int"),
        "UDFToLong" => |args, _| cast(args, "bigint"),
        "UDFToFloat" => |args, _| cast(args, "float"),
        "UDFToDouble" => |args, _| cast(args, "double"),
        "UDFToBoolean" => |args, _| cast(args, "boolean"),
        "GenericUDFToDate" | "GenericUDFDate" => |args, _| cast(args, "date"),
        "GenericUDFTimestamp" => |args, _| cast(args, "timestamp"),
        "GenericUDFStruct" | "GenericUDFArray" => |args, _| Value::List(args.to_vec()),
        "GenericUDFOPPlus" => |args, kind| arithmetic(args, kind, Operation::Plus),
        "GenericUDFOPMinus" => |args, kind| arithmetic(args, kind, Operation::Minus),
        "GenericUDFOPMultiply" => |args, kind| arithmetic(args, kind, Operation::Times),
        "GenericUDFOPDivide" => |args, kind| arithmetic(args, kind, Operation::Divide),
        "GenericUDFOPMod" => |args, kind| arithmetic(args, kind, Operation::Rest),
        "GenericUDFOPNegative" => negative,
        "GenericUDFOPPositive" => |args, kind| cast(args, kind),
        "UDFLike" => |args, _| like(args),
        "GenericUDFRegExp" | "UDFRegExp" => |args, _| regexp(args),
        "UDFSubstr" | "GenericUDFSubstr" => |args, _| substr(args),
        "GenericUDFLength" => |args, _| of_text(args, |text| whole(text.encode_utf16().count())),
        "GenericUDFConcat" => |args, _| concat(args),
        "GenericUDFLower" => |args, _| of_text(args, |text| Value::Text(text.to_lowercase())),
        "GenericUDFUpper" => |args, _| of_text(args, |text| Value::Text(text.to_uppercase())),
        "GenericUDFTrim" => {
            |args, _| of_text(args, |text| Value::Text(text.trim_matches(' ').to_owned()))
        }
        "GenericUDFLTrim" => {
            |args, _| of_text(args, |text| Value::Text(text.trim_start_matches(' ').to_owned()))
        }
        "GenericUDFRTrim" => {
            |args, _| of_text(args, |text| Value::Text(text.trim_end_matches(' ').to_owned()))
        }
        "GenericUDFDateDiff" => |args, _| match args {
            [a, b] => both(a.date(), b.date(), |a, b| Value::Integer(a - b)),
            _ => Value::Null,
        },
        "GenericUDFDateAdd" => |args, _| shifted(args, 1),
        "GenericUDFDateSub" => |args, _| shifted(args, -1),
        "UDFYear" | "GenericUDFYear" => |args, _| of_date(args, |(year, _, _)| year),
        "UDFMonth" | "GenericUDFMonth" => |args, _| of_date(args, |(_, month, _)| month),
        "UDFDayOfMonth" | "GenericUDFDayOfMonth" => |args, _| of_date(args, |(_, _, day)| day),
        "UDFHour" => |args, _| of_time(args, |second| second / 3600),
        "UDFMinute" => |args, _| of_time(args, |second| second / 60 % 60),
        "UDFSecond" => |args, _| of_time(args, |second| second % 60),
        _ => return None,
    })
}

fn both<A, B>(a: Option<A>, b: Option<B>, join: impl Fn(A, B) -> Value) -> Value {
    match (a, b) {
        (Some(a), Some(b)) => join(a, b),
        _ => Value::Null,
    }
}

fn whole(number: usize) -> Value {
    i64::try_from(number).map_or(Value::Null, Value::Integer)
}

fn compare(args: &[Value], holds: fn(std::cmp::Ordering) -> bool) -> Value {
    match args {
        [a, b] => a.order(b).map_or(Value::Null, |order| Value::Bool(holds(order))),
        _ => Value::Null,
    }
}

fn null_safe(args: &[Value], wanted: bool) -> Value {
    match args {
        [Value::Null, Value::Null] => Value::Bool(wanted),
        [Value::Null, _] | [_, Value::Null] => Value::Bool(!wanted),
        [a, b] => a.order(b).map_or(Value::Null, |order| Value::Bool(order.is_eq() == wanted)),
        _ => Value::Null,
    }
}

fn cast(args: &[Value], type_text: &str) -> Value {
    args.first().map_or(Value::Null, |value| value.cast(type_text))
}

#[derive(Clone, Copy)]
enum Operation {
    Plus,
    Minus,
    Times,
    Divide,
    Rest,
}

/// Computes in the type of the result; a division by zero is NULL.
fn arithmetic(args: &[Value], type_text: &str, operation: Operation) -> Value {
    let [a, b] = args else { return Value::Null };
    let result = match (a, b) {
        (Value::Null, _) | (_, Value::Null) => return Value::Null,
        (Value::Integer(a), Value::Integer(b)) if !matches!(operation, Operation::Divide) => {
            let result = match operation {
                Operation::Plus => Some(a.wrapping_add(*b)),
                Operation::Minus => Some(a.wrapping_sub(*b)),
                Operation::Times => Some(a.wrapping_mul(*b)),
                Operation::Rest | Operation::Divide => a.checked_rem(*b),
            };
            return result.map_or(Value::Null, Value::Integer);
        }
        (Value::Decimal(_), Value::Decimal(_) | Value::Integer(_))
        | (Value::Integer(_), Value::Decimal(_)) => match (a.decimal(), b.decimal()) {
            (Some(a), Some(b)) => exact(a, b, operation),
            _ => None,
        },
        _ => None,
    };
    let result = result.map_or_else(
        || both(a.number(), b.number(), |a, b| float(a, b, operation)),
        Value::Decimal,
    );
    if type_text.is_empty() { result } else { result.cast(type_text) }
}

fn exact(a: Decimal, b: Decimal, operation: Operation) -> Option<Decimal> {
    let scale = a.scale.max(b.scale);
    let raise = |d: Decimal| d.unscaled.checked_mul(10_i128.checked_pow(scale - d.scale)?);
    let (x, y) = (raise(a)?, raise(b)?);
    let unscaled = match operation {
        Operation::Plus => x.checked_add(y)?,
        Operation::Minus => x.checked_sub(y)?,
        Operation::Rest => x.checked_rem(y)?,
        Operation::Times => {
            let unscaled = a.unscaled.checked_mul(b.unscaled)?;
            return Some(Decimal { unscaled, scale: a.scale + b.scale });
        }
        Operation::Divide => return None,
    };
    Some(Decimal { unscaled, scale })
}

fn float(a: f64, b: f64, operation: Operation) -> Value {
    let result = match operation {
        Operation::Plus => a + b,
        Operation::Minus => a - b,
        Operation::Times => a * b,
        Operation::Divide | Operation::Rest if b == 0.0 => return Value::Null,
        Operation::Divide => a / b,
        Operation::Rest => a % b,
    };
    Value::Double(result)
}

fn negative(args: &[Value], _: &str) -> Value {
    match args {
        [Value::Integer(number)] => Value::Integer(number.wrapping_neg()),
        [Value::Double(number)] => Value::Double(-number),
        [Value::Decimal(d)] => Value::Decimal(Decimal { unscaled: -d.unscaled, scale: d.scale }),
        [value] => value.number().map_or(Value::Null, |number| Value::Double(-number)),
        _ => Value::Null,
    }
}

fn of_text(args: &[Value], apply: impl Fn(&str) -> Value) -> Value {
    args.first().and_then(Value::text).map_or(Value::Null, |text| apply(&text))
}

/// Matches `%`, `_` and `\` as the whole text.
fn like(args: &[Value]) -> Value {
    let [text, pattern] = args else { return Value::Null };
    both(text.text(), pattern.text(), |text, pattern| {
        let mut regex = String::from("(?s)^");
        let mut chars = pattern.chars();
        while let Some(c) = chars.next() {
            match c {
                '%' => regex.push_str(".*"),
                '_' => regex.push('.'),
                '\\' => {
                    let next = chars.next().unwrap_or('\\');
                    regex.push_str(&regex::escape(next.encode_utf8(&mut [0; 4])));
                }
                c => regex.push_str(&regex::escape(c.encode_utf8(&mut [0; 4]))),
            }
        }
        regex.push('$');
        Regex::new(&regex).map_or(Value::Null, |regex| Value::Bool(regex.is_match(&text)))
    })
}

/// Finds a pattern somewhere in the text.
fn regexp(args: &[Value]) -> Value {
    let [text, pattern] = args else { return Value::Null };
    both(text.text(), pattern.text(), |text, pattern| {
        Regex::new(&pattern).map_or(Value::Null, |regex| Value::Bool(regex.is_match(&text)))
    })
}

/// Cuts characters out, counted from 1; negative = from the end.
fn substr(args: &[Value]) -> Value {
    let (text, start, length) = match args {
        [text, Value::Integer(start)] => (text, *start, i64::MAX),
        [text, Value::Integer(start), Value::Integer(length)] => (text, *start, *length),
        _ => return Value::Null,
    };
    let Some(text) = text.text() else { return Value::Null };
    let chars: Vec<char> = text.chars().collect();
    let count = i64::try_from(chars.len()).unwrap_or(i64::MAX);
    let first = match start {
        0 => 0,
        1.. => start - 1,
        _ => start + count,
    };
    if first < 0 || first >= count || length <= 0 {
        return Value::Text(String::new());
    }
    let end = first.saturating_add(length).min(count);
    let range = usize::try_from(first).unwrap_or(0)..usize::try_from(end).unwrap_or(0);
    Value::Text(chars.get(range).unwrap_or_default().iter().collect())
}

fn concat(args: &[Value]) -> Value {
    let mut all = String::new();
    for arg in args {
        match arg.text() {
            Some(text) => all.push_str(&text),
            None => return Value::Null,
        }
    }
    Value::Text(all)
}

fn shifted(args: &[Value], sign: i64) -> Value {
    match args {
        [date, Value::Integer(days)] => {
            date.date().map_or(Value::Null, |d| Value::Date(d.saturating_add(days * sign)))
        }
        _ => Value::Null,
    }
}

fn of_date(args: &[Value], part: fn((i64, i64, i64)) -> i64) -> Value {
    let date = args.first().and_then(Value::date);
    date.map_or(Value::Null, |days| Value::Integer(part(civil_from_days(days))))
}

fn of_time(args: &[Value], part: fn(i64) -> i64) -> Value {
    let time = args.first().and_then(Value::timestamp);
    time.map_or(Value::Null, |(seconds, _)| Value::Integer(part(seconds.rem_euclid(86_400))))
}
