//! Texts cut, joined and changed: `substr`, `concat`, `upper`, `trim`, `lpad`, ...
//!
//! Positions and lengths count characters, the first is 1.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Int32Array, ListArray, StringArray};
use arrow::datatypes::{DataType, Int32Type};
use datafusion_common::{Result, internal_err};
use formats::types::HiveType;

use super::Arg;
use super::def::{Call, Def, Plan, Takes, Types, is_text, is_whole};
use super::values::{Text, byte_strings, numbers, texts};

const TEXT: Types = Types::Fixed { takes: &[Takes::Text], required: 1, returns: HiveType::String };
const USAGE: &str = "(string)";

/// Makes a function of one text.
macro_rules! one {
    ($names:expr, $f:expr) => {
        Def { names: $names, usage: USAGE, types: TEXT, eval: |c| map(c, $f) }
    };
}

pub(super) static DEFS: &[Def] = &[
    one!(&["upper", "ucase"], |text, out| change_case(text, out, Case::Upper)),
    one!(&["lower", "lcase"], |text, out| change_case(text, out, Case::Lower)),
    one!(&["initcap"], initcap),
    one!(&["reverse"], |text, out| out.extend(text.chars().rev())),
    Def {
        names: &["concat", "||"],
        usage: "one or more primitive values, or binaries",
        types: Types::Other(concat_types),
        eval: concat,
    },
    Def {
        names: &["concat_ws"],
        usage: "(string, one or more strings or arrays of strings)",
        types: Types::Other(concat_ws_types),
        eval: concat_ws,
    },
    Def {
        names: &["substr", "substring", "mid"],
        usage: "(string or binary, int [, int])",
        types: Types::Other(substr_types),
        eval: substr,
    },
    Def {
        names: &["trim"],
        usage: "(string [, string])",
        types: TRIM,
        eval: |c| trim(c, |text, drop| text.trim_matches(drop)),
    },
    Def {
        names: &["ltrim"],
        usage: "(string [, string])",
        types: TRIM,
        eval: |c| trim(c, |text, drop| text.trim_start_matches(drop)),
    },
    Def {
        names: &["rtrim"],
        usage: "(string [, string])",
        types: TRIM,
        eval: |c| trim(c, |text, drop| text.trim_end_matches(drop)),
    },
    Def {
        names: &["lpad"],
        usage: "(string, int, string)",
        types: PAD,
        eval: |c| pad(c, End::Left),
    },
    Def {
        names: &["rpad"],
        usage: "(string, int, string)",
        types: PAD,
        eval: |c| pad(c, End::Right),
    },
    Def {
        names: &["repeat"],
        usage: "(string, int)",
        types: Types::Fixed {
            takes: &[Takes::Text, Takes::Int],
            required: 2,
            returns: HiveType::String,
        },
        eval: |c| {
            let (text, times) = (c.text(0)?, c.ints(1)?);
            texts(c.rows, |i, out| {
                let times = usize::try_from(times.get(i)?).unwrap_or(0);
                repeat(text.get(i)?, times, out)
            })
        },
    },
    Def {
        names: &["space"],
        usage: "(int)",
        types: Types::Fixed { takes: &[Takes::Int], required: 1, returns: HiveType::String },
        eval: |c| {
            let times = c.ints(0)?;
            texts(c.rows, |i, out| repeat(" ", usize::try_from(times.get(i)?).unwrap_or(0), out))
        },
    },
    Def {
        names: &["length", "char_length", "character_length"],
        usage: "(string or binary)",
        types: Types::Other(length_types),
        eval: |c| length(c, Unit::Chars),
    },
    Def {
        names: &["octet_length"],
        usage: "(string or binary)",
        types: Types::Other(length_types),
        eval: |c| length(c, Unit::Bytes),
    },
];

const TRIM: Types =
    Types::Fixed { takes: &[Takes::Text, Takes::Text], required: 1, returns: HiveType::String };
const PAD: Types = Types::Fixed {
    takes: &[Takes::Text, Takes::Int, Takes::Text],
    required: 3,
    returns: HiveType::String,
};
/// Longest text that a repetition makes; a longer one is NULL.
const MAX_REPEATED_BYTES: usize = 64 << 20;

fn map(call: &Call<'_>, f: impl Fn(&str, &mut String)) -> Result<ArrayRef> {
    let text = call.text(0)?;
    texts(call.rows, |i, out| {
        f(text.get(i)?, out);
        Some(())
    })
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Case {
    Upper,
    Lower,
}

fn change_case(text: &str, out: &mut String, case: Case) {
    if text.is_ascii() {
        let start = out.len();
        out.push_str(text);
        if let Some(copy) = out.get_mut(start..) {
            match case {
                Case::Upper => copy.make_ascii_uppercase(),
                Case::Lower => copy.make_ascii_lowercase(),
            }
        }
        return;
    }
    match case {
        Case::Upper => out.push_str(&text.to_uppercase()),
        Case::Lower => out.push_str(&text.to_lowercase()),
    }
}

/// Makes the first letter of each word large and the others small; words end at white space.
fn initcap(text: &str, out: &mut String) {
    let mut start = true;
    for c in text.chars() {
        if start {
            out.extend(c.to_uppercase());
        } else {
            out.extend(c.to_lowercase());
        }
        start = c.is_whitespace();
    }
}

fn concat_types(args: &[Arg<'_>]) -> Result<Option<Plan>, String> {
    if args.is_empty() || !args.iter().all(|arg| arg.ty.is_primitive()) {
        return Ok(None);
    }
    let binary = args.iter().all(|arg| *arg.ty == HiveType::Binary);
    let ty = if binary { HiveType::Binary } else { HiveType::String };
    Plan::of(vec![ty.clone(); args.len()], ty)
}

fn concat(call: &Call<'_>) -> Result<ArrayRef> {
    if *call.returns == DataType::Binary {
        let args = (0..call.args.len()).map(|i| call.bytes(i)).collect::<Result<Vec<_>>>()?;
        return Ok(byte_strings(call.rows, |row| {
            let mut out = Vec::new();
            for arg in &args {
                out.extend_from_slice(arg.get(row)?);
            }
            Some(out)
        }));
    }
    let args = (0..call.args.len()).map(|i| call.text(i)).collect::<Result<Vec<_>>>()?;
    texts(call.rows, |row, out| {
        for arg in &args {
            out.push_str(arg.get(row)?);
        }
        Some(())
    })
}

fn concat_ws_types(args: &[Arg<'_>]) -> Result<Option<Plan>, String> {
    let fits = |ty: &HiveType| match ty {
        HiveType::Void => Some(HiveType::String),
        HiveType::Array(element) if is_text(element) || **element == HiveType::Void => {
            Some(HiveType::Array(Box::new(HiveType::String)))
        }
        ty => is_text(ty).then_some(HiveType::String),
    };
    let types = args.iter().map(|arg| fits(arg.ty)).collect::<Option<Vec<_>>>();
    match types {
        Some(types) if types.len() > 1 && types.first() == Some(&HiveType::String) => {
            Plan::of(types, HiveType::String)
        }
        _ => Ok(None),
    }
}

/// One argument of `concat_ws`.
enum Joined<'a> {
    Text(Text<'a>),
    List(ArrayRef),
}

fn concat_ws(call: &Call<'_>) -> Result<ArrayRef> {
    let separator = call.text(0)?;
    let args = (1..call.args.len())
        .map(|i| match call.arg(i)?.data_type() {
            DataType::List(_) => Ok(Joined::List(call.array(i)?)),
            _ => Ok(Joined::Text(call.text(i)?)),
        })
        .collect::<Result<Vec<_>>>()?;
    texts(call.rows, |row, out| {
        let separator = separator.get(row)?;
        let mut first = true;
        let mut push = |text: &str| {
            if !std::mem::take(&mut first) {
                out.push_str(separator);
            }
            out.push_str(text);
        };
        for arg in &args {
            match arg {
                Joined::Text(text) => text.get(row).into_iter().for_each(&mut push),
                Joined::List(list) => {
                    elements(list, row)
                        .iter()
                        .flat_map(StringArray::iter)
                        .flatten()
                        .for_each(&mut push);
                }
            }
        }
        Some(())
    })
}

/// Returns the texts of one list.
fn elements(list: &ArrayRef, row: usize) -> Option<StringArray> {
    let list: &ListArray = list.as_list_opt()?;
    list.is_valid(row).then(|| list.value(row).as_string_opt().cloned())?
}

fn substr_types(args: &[Arg<'_>]) -> Result<Option<Plan>, String> {
    let [text, numbers @ ..] = args else { return Ok(None) };
    let ty = match text.ty {
        HiveType::Binary => HiveType::Binary,
        ty if ty.is_primitive() => HiveType::String,
        _ => return Ok(None),
    };
    let whole = |arg: &Arg<'_>| is_whole(arg.ty) || *arg.ty == HiveType::Void;
    if !matches!(numbers.len(), 1 | 2) || !numbers.iter().all(whole) {
        return Ok(None);
    }
    let rest = vec![HiveType::Int; numbers.len()];
    Plan::of(std::iter::once(ty.clone()).chain(rest), ty)
}

/// Finds the part that starts at a position and has a length: `(skipped, taken)`.
///
/// Source: Hive `UDFSubstr.makeIndex`: negative positions count from the end, 0 is the same as 1.
fn part(position: i32, length: Option<i32>, size: usize) -> Option<(usize, usize)> {
    let size = i64::try_from(size).ok()?;
    let position = i64::from(position);
    let start = match position {
        0 => 0,
        p if p > 0 => p - 1,
        p => size + p,
    };
    let length = length.map_or(i64::MAX, i64::from);
    if start < 0 || start >= size || length <= 0 {
        return None;
    }
    Some((usize::try_from(start).ok()?, usize::try_from(length.min(size - start)).ok()?))
}

fn substr(call: &Call<'_>) -> Result<ArrayRef> {
    let position = call.ints(1)?;
    let length = if call.has(2) { Some(call.ints(2)?) } else { None };
    let numbers = |i| {
        let length = match &length {
            Some(length) => Some(length.get(i)?),
            None => None,
        };
        Some((position.get(i)?, length))
    };
    if *call.returns == DataType::Binary {
        let bytes = call.bytes(0)?;
        return Ok(byte_strings(call.rows, |i| {
            let (bytes, (position, length)) = (bytes.get(i)?, numbers(i)?);
            let (skip, take) = part(position, length, bytes.len()).unwrap_or((0, 0));
            Some(bytes.get(skip..skip + take).unwrap_or_default().to_vec())
        }));
    }
    let text = call.text(0)?;
    texts(call.rows, |i, out| {
        let (text, (position, length)) = (text.get(i)?, numbers(i)?);
        let size = if text.is_ascii() { text.len() } else { text.chars().count() };
        let Some((skip, take)) = part(position, length, size) else { return Some(()) };
        if size == text.len() {
            out.push_str(text.get(skip..skip + take).unwrap_or_default());
        } else {
            out.extend(text.chars().skip(skip).take(take));
        }
        Some(())
    })
}

fn trim(call: &Call<'_>, f: impl for<'t> Fn(&'t str, &[char]) -> &'t str) -> Result<ArrayRef> {
    let text = call.text(0)?;
    let drop = if call.has(1) { call.text(1)? } else { Text::One(Some(" ")) };
    let mut known: (Option<&str>, Vec<char>) = (None, Vec::new());
    texts(call.rows, |i, out| {
        let (text, drop) = (text.get(i)?, drop.get(i)?);
        if known.0 != Some(drop) {
            known = (Some(drop), drop.chars().collect());
        }
        out.push_str(f(text, &known.1));
        Some(())
    })
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Left,
    Right,
}

/// A text that is too long is cut at its end; nothing to fill with, or a negative length, is NULL.
fn pad(call: &Call<'_>, end: End) -> Result<ArrayRef> {
    let (text, length, filler) = (call.text(0)?, call.ints(1)?, call.text(2)?);
    texts(call.rows, |i, out| {
        let (text, filler) = (text.get(i)?, filler.get(i)?);
        let length = usize::try_from(length.get(i)?).ok()?;
        if filler.is_empty() || length > MAX_REPEATED_BYTES {
            return None;
        }
        let missing = length.saturating_sub(text.chars().count());
        let fill = filler.chars().cycle().take(missing);
        let kept = text.chars().take(length);
        match end {
            End::Left => out.extend(fill.chain(kept)),
            End::Right => out.extend(kept.chain(fill)),
        }
        Some(())
    })
}

fn repeat(text: &str, times: usize, out: &mut String) -> Option<()> {
    if text.len().checked_mul(times)? > MAX_REPEATED_BYTES {
        return None;
    }
    for _ in 0..times {
        out.push_str(text);
    }
    Some(())
}

fn length_types(args: &[Arg<'_>]) -> Result<Option<Plan>, String> {
    match args {
        [arg] if *arg.ty == HiveType::Binary => Plan::of([HiveType::Binary], HiveType::Int),
        [arg] if is_text(arg.ty) || *arg.ty == HiveType::Void => {
            Plan::of([HiveType::String], HiveType::Int)
        }
        _ => Ok(None),
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Unit {
    Chars,
    Bytes,
}

fn length(call: &Call<'_>, unit: Unit) -> Result<ArrayRef> {
    let array = call.array(0)?;
    let small = |n: usize| i32::try_from(n).ok();
    match array.data_type() {
        DataType::Utf8 => {
            let text = array.as_string::<i32>();
            Ok(numbers::<Int32Type>(call.rows, |i| {
                let text = text.is_valid(i).then(|| text.value(i))?;
                small(if unit == Unit::Bytes { text.len() } else { text.chars().count() })
            }))
        }
        DataType::Binary => {
            let bytes = array.as_binary::<i32>();
            let lengths: Int32Array = bytes.iter().map(|b| small(b?.len())).collect();
            Ok(Arc::new(lengths))
        }
        other => internal_err!("no length of {other}"),
    }
}
