//! Texts looked for and replaced in texts: `instr`, `locate`, `replace`, `translate`, ...

use std::collections::HashMap;

use arrow::array::ArrayRef;
use arrow::datatypes::Int32Type;
use datafusion_common::Result;
use formats::types::HiveType;

use super::Arg;
use super::def::{Call, Def, Plan, Takes, Types, is_whole};
use super::values::{numbers, texts};

pub(super) static DEFS: &[Def] = &[
    Def {
        names: &["instr"],
        usage: "(text string, sought string)",
        types: Types::Fixed {
            takes: &[Takes::Text, Takes::Text],
            required: 2,
            returns: HiveType::Int,
        },
        eval: |c| {
            let (text, sought) = (c.text(0)?, c.text(1)?);
            Ok(numbers::<Int32Type>(c.rows, |i| find(text.get(i)?, sought.get(i)?, 1)))
        },
    },
    Def {
        names: &["locate", "position"],
        usage: "(sought string, text string [, int])",
        types: Types::Other(locate_types),
        eval: |c| {
            let (sought, text) = (c.text(0)?, c.text(1)?);
            let start = if c.has(2) { Some(c.ints(2)?) } else { None };
            Ok(numbers::<Int32Type>(c.rows, |i| {
                let (sought, text) = (sought.get(i)?, text.get(i)?);
                match &start {
                    // Hive finds nothing behind an unknown position.
                    Some(start) => start.get(i).map_or(Some(0), |start| find(text, sought, start)),
                    None => find(text, sought, 1),
                }
            }))
        },
    },
    Def {
        names: &["replace"],
        usage: "(string, string, string)",
        types: THREE,
        eval: |c| {
            let (text, from, to) = (c.text(0)?, c.text(1)?, c.text(2)?);
            texts(c.rows, |i, out| {
                replace(text.get(i)?, from.get(i)?, to.get(i)?, out);
                Some(())
            })
        },
    },
    Def { names: &["translate"], usage: "(string, string, string)", types: THREE, eval: translate },
    Def {
        names: &["substring_index"],
        usage: "(string, string, int)",
        types: Types::Fixed {
            takes: &[Takes::Text, Takes::Text, Takes::Int],
            required: 3,
            returns: HiveType::String,
        },
        eval: |c| {
            let (text, separator, count) = (c.text(0)?, c.text(1)?, c.ints(2)?);
            texts(c.rows, |i, out| {
                out.push_str(substring_index(text.get(i)?, separator.get(i)?, count.get(i)?));
                Some(())
            })
        },
    },
    Def {
        names: &["find_in_set"],
        usage: "(string, string)",
        types: Types::Fixed {
            takes: &[Takes::Text, Takes::Text],
            required: 2,
            returns: HiveType::Int,
        },
        eval: |c| {
            let (sought, set) = (c.text(0)?, c.text(1)?);
            Ok(numbers::<Int32Type>(c.rows, |i| {
                let (sought, set) = (sought.get(i)?, set.get(i)?);
                let found = set.split(',').position(|part| part == sought);
                Some(found.and_then(|at| i32::try_from(at + 1).ok()).unwrap_or(0))
            }))
        },
    },
    Def {
        names: &["field"],
        usage: "(value, value, ...)",
        types: Types::Other(|args| texts_types(args, 2, HiveType::Int)),
        eval: |c| {
            let args = (0..c.args.len()).map(|i| c.text(i)).collect::<Result<Vec<_>>>()?;
            Ok(numbers::<Int32Type>(c.rows, |row| {
                let mut values = args.iter().map(|arg| arg.get(row));
                let Some(sought) = values.next().flatten() else { return Some(0) };
                let found = values.position(|value| value == Some(sought));
                Some(found.and_then(|at| i32::try_from(at + 1).ok()).unwrap_or(0))
            }))
        },
    },
    Def {
        names: &["elt"],
        usage: "(int, value, ...)",
        types: Types::Other(|args| match args {
            [number, rest @ ..] if is_whole(number.ty) => {
                let plan = texts_types(rest, 1, HiveType::String)?;
                Ok(plan.map(|mut plan| {
                    plan.args.insert(0, HiveType::Int);
                    plan
                }))
            }
            _ => Ok(None),
        }),
        eval: |c| {
            let number = c.ints(0)?;
            let args = (1..c.args.len()).map(|i| c.text(i)).collect::<Result<Vec<_>>>()?;
            texts(c.rows, |row, out| {
                let at = usize::try_from(number.get(row)?).ok()?.checked_sub(1)?;
                out.push_str(args.get(at)?.get(row)?);
                Some(())
            })
        },
    },
    Def {
        names: &["ascii"],
        usage: "(string)",
        types: Types::Fixed { takes: &[Takes::Text], required: 1, returns: HiveType::Int },
        eval: |c| {
            let text = c.text(0)?;
            Ok(numbers::<Int32Type>(c.rows, |i| {
                // Java's bytes have a sign.
                Some(text.get(i)?.bytes().next().map_or(0, |b| b.cast_signed().into()))
            }))
        },
    },
];

const THREE: Types = Types::Fixed {
    takes: &[Takes::Text, Takes::Text, Takes::Text],
    required: 3,
    returns: HiveType::String,
};

/// Takes primitive values as texts.
fn texts_types(args: &[Arg<'_>], least: usize, returns: HiveType) -> Result<Option<Plan>, String> {
    if args.len() < least || !args.iter().all(|arg| arg.ty.is_primitive()) {
        return Ok(None);
    }
    Plan::of(vec![HiveType::String; args.len()], returns)
}

fn locate_types(args: &[Arg<'_>]) -> Result<Option<Plan>, String> {
    let [sought, text, rest @ ..] = args else { return Ok(None) };
    let whole = |arg: &Arg<'_>| is_whole(arg.ty) || *arg.ty == HiveType::Void;
    let primitive = sought.ty.is_primitive() && text.ty.is_primitive();
    if rest.len() > 1 || !rest.iter().all(whole) || !primitive {
        return Ok(None);
    }
    let types = [HiveType::String, HiveType::String, HiveType::Int];
    Plan::of(types.into_iter().take(args.len()), HiveType::Int)
}

/// Returns the position of a text from `start` on, the first is 1; 0 if it is not found.
fn find(text: &str, sought: &str, start: i32) -> Option<i32> {
    let Ok(skip) = usize::try_from(i64::from(start) - 1) else { return Some(0) };
    if sought.is_empty() {
        return Some(i32::from(skip <= text.chars().count()));
    }
    let Some((from, _)) = text.char_indices().nth(skip) else { return Some(0) };
    let Some(at) = text.get(from..).and_then(|rest| rest.find(sought)) else { return Some(0) };
    i32::try_from(text.get(..from + at)?.chars().count() + 1).ok()
}

fn replace(text: &str, from: &str, to: &str, out: &mut String) {
    if from.is_empty() {
        return out.push_str(&text.replace(from, to));
    }
    for (i, part) in text.split(from).enumerate() {
        if i > 0 {
            out.push_str(to);
        }
        out.push_str(part);
    }
}

/// Replaces characters one by one; those without a counterpart go. The first of a kind counts.
fn translate(call: &Call<'_>) -> Result<ArrayRef> {
    let (text, from, to) = (call.text(0)?, call.text(1)?, call.text(2)?);
    let mut known = None;
    let mut targets = HashMap::new();
    texts(call.rows, |i, out| {
        let (text, from, to) = (text.get(i)?, from.get(i)?, to.get(i)?);
        if known != Some((from, to)) {
            known = Some((from, to));
            targets.clear();
            let mut other = to.chars();
            for c in from.chars() {
                let target = other.next();
                targets.entry(c).or_insert(target);
            }
        }
        out.extend(text.chars().filter_map(|c| targets.get(&c).copied().unwrap_or(Some(c))));
        Some(())
    })
}

/// Returns what stands before the n-th separator, or behind the n-th from the end.
fn substring_index<'a>(text: &'a str, separator: &str, count: i32) -> &'a str {
    let Some(nth) = usize::try_from(count.unsigned_abs()).ok().and_then(|n| n.checked_sub(1))
    else {
        return "";
    };
    if separator.is_empty() {
        return "";
    }
    if count > 0 {
        let found = text.match_indices(separator).nth(nth);
        found.and_then(|(at, _)| text.get(..at)).unwrap_or(text)
    } else {
        let found = text.rmatch_indices(separator).nth(nth);
        found.and_then(|(at, _)| text.get(at + separator.len()..)).unwrap_or(text)
    }
}
