//! Patterns: `like`, `rlike`, `regexp_replace`, `regexp_extract`, `split`.

mod java_regex;

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, ListBuilder, StringBuilder};
use arrow::datatypes::{DataType, Field};
use datafusion_common::{DataFusionError, Result, ScalarValue, exec_datafusion_err, exec_err};
use formats::types::HiveType;
use regex::{Captures, Regex};

use self::java_regex::{Dollar, compile};
use super::Arg;
use super::def::{Call, Def, Plan, Takes, Types, is_whole};
use super::values::{Numbers, Text, flags, try_texts};

pub(super) static DEFS: &[Def] = &[
    Def {
        names: &["like"],
        usage: "(string, pattern string)",
        types: Types::Fixed {
            takes: &[Takes::Text, Takes::Text],
            required: 2,
            returns: HiveType::Boolean,
        },
        eval: like,
    },
    Def {
        names: &["rlike", "regexp"],
        usage: "(string, regular expression string)",
        types: Types::Other(|args| with_pattern(args, 2, HiveType::Boolean)),
        eval: rlike,
    },
    Def {
        names: &["regexp_replace"],
        usage: "(string, regular expression string, replacement string)",
        types: Types::Other(|args| with_pattern(args, 3, HiveType::String)),
        eval: regexp_replace,
    },
    Def {
        names: &["regexp_extract"],
        usage: "(string, regular expression string [, group int])",
        types: Types::Other(extract_types),
        eval: regexp_extract,
    },
    Def {
        names: &["split"],
        usage: "(string, regular expression string)",
        types: Types::Other(|args| {
            with_pattern(args, 2, HiveType::Array(Box::new(HiveType::String)))
        }),
        eval: split,
    },
];

/// Takes texts, the second a regular expression; a malformed constant is refused.
fn with_pattern(args: &[Arg<'_>], count: usize, returns: HiveType) -> Result<Option<Plan>, String> {
    if args.len() != count || !args.iter().all(|arg| arg.ty.is_primitive()) {
        return Ok(None);
    }
    if let Some(pattern) = constant_text(args.get(1)) {
        let regex = compile(pattern, Dollar::End)?;
        if let Some(replacement) = constant_text(args.get(2)) {
            parse_replacement(replacement, &regex)?;
        }
    }
    Plan::of(vec![HiveType::String; count], returns)
}

fn constant_text<'a>(arg: Option<&Arg<'a>>) -> Option<&'a str> {
    match arg?.value? {
        ScalarValue::Utf8(text) => text.as_deref(),
        _ => None,
    }
}

fn extract_types(args: &[Arg<'_>]) -> Result<Option<Plan>, String> {
    let whole = |arg: &Arg<'_>| is_whole(arg.ty) || *arg.ty == HiveType::Void;
    let (texts, group) = args.split_at(args.len().min(2));
    if group.len() > 1 || !group.iter().all(whole) {
        return Ok(None);
    }
    let Some(plan) = with_pattern(texts, 2, HiveType::String)? else { return Ok(None) };
    if let (Some(pattern), Some(group)) = (constant_text(args.get(1)), group.first())
        && let Some(group) = group.value.and_then(|v| v.to_string().parse::<i64>().ok())
    {
        let count = compile(pattern, Dollar::End)?.captures_len();
        if usize::try_from(group).map_or(true, |group| group >= count) {
            return Err(format!("'{pattern}' has {} groups, not {group}", count - 1));
        }
    }
    let rest = group.iter().map(|_| HiveType::Int);
    Plan::of(plan.args.into_iter().chain(rest), plan.returns)
}

/// Something made from a pattern: once for all rows, or again when the pattern changes.
enum Prepared<'a, T> {
    One(Option<Arc<T>>),
    Many { text: Text<'a>, make: fn(&str) -> Result<T>, last: Option<(&'a str, Arc<T>)> },
}

impl<'a, T: Send + Sync + 'static> Prepared<'a, T> {
    fn new(call: &Call<'a>, index: usize, make: fn(&str) -> Result<T>) -> Result<Self> {
        Ok(match call.text(index)? {
            Text::One(None) => Self::One(None),
            Text::One(Some(text)) => Self::One(Some(call.prepared(text, make)?)),
            text @ Text::Many(_) => Self::Many { text, make, last: None },
        })
    }

    /// Returns what belongs to a row; nothing if the pattern is NULL.
    fn get(&mut self, row: usize) -> Result<Option<Arc<T>>> {
        match self {
            Self::One(made) => Ok(made.clone()),
            Self::Many { text, make, last } => {
                let Some(text) = text.get(row) else { return Ok(None) };
                match last {
                    Some((known, made)) if *known == text => Ok(Some(Arc::clone(made))),
                    _ => {
                        let made = Arc::new(make(text)?);
                        *last = Some((text, Arc::clone(&made)));
                        Ok(Some(made))
                    }
                }
            }
        }
    }
}

fn wrong(message: String) -> DataFusionError {
    exec_datafusion_err!("{message}")
}

fn find_regex(text: &str) -> Result<Regex> {
    compile(text, Dollar::LastLine).map_err(wrong)
}

fn exact_regex(text: &str) -> Result<Regex> {
    compile(text, Dollar::End).map_err(wrong)
}

/// A pattern of `LIKE`; the frequent ones need no regular expression.
enum Like {
    Equals(String),
    Starts(String),
    Ends(String),
    Contains(String),
    Regex(Regex),
}

impl Like {
    /// Source: Hive `UDFLike`: `\` escapes `%` and `_` only.
    fn new(pattern: &str) -> Result<Self> {
        let mut literal = String::new();
        let mut regex = String::from(r"(?s)\A");
        let mut chars = pattern.chars().peekable();
        let (mut leading, mut trailing, mut inner) = (false, false, false);
        while let Some(c) = chars.next() {
            match c {
                '%' => {
                    leading |= literal.is_empty() && !inner;
                    trailing = true;
                    regex.push_str(".*");
                    continue;
                }
                '_' => {
                    inner = true;
                    regex.push('.');
                }
                c => {
                    let escaped = chars.next_if(|next| c == '\\' && matches!(next, '%' | '_'));
                    let c = escaped.unwrap_or(c);
                    // A wildcard between literals.
                    inner |= trailing && !literal.is_empty();
                    literal.push(c);
                    regex.push_str(&regex::escape(c.encode_utf8(&mut [0; 4])));
                }
            }
            trailing = false;
        }
        regex.push_str(r"\z");
        Ok(match (inner, leading, trailing) {
            (true, ..) => {
                Self::Regex(Regex::new(&regex).map_err(|e| wrong(format!("LIKE pattern: {e}")))?)
            }
            (_, false, false) => Self::Equals(literal),
            (_, false, true) => Self::Starts(literal),
            (_, true, false) => Self::Ends(literal),
            (_, true, true) => Self::Contains(literal),
        })
    }

    fn matches(&self, text: &str) -> bool {
        match self {
            Self::Equals(literal) => text == literal,
            Self::Starts(literal) => text.starts_with(literal.as_str()),
            Self::Ends(literal) => text.ends_with(literal.as_str()),
            Self::Contains(literal) => text.contains(literal.as_str()),
            Self::Regex(regex) => regex.is_match(text),
        }
    }
}

fn like(call: &Call<'_>) -> Result<ArrayRef> {
    test(call, Like::new, Like::matches)
}

/// An empty pattern matches nothing, as in Hive.
fn rlike(call: &Call<'_>) -> Result<ArrayRef> {
    test(call, find_regex, |regex, text| !regex.as_str().is_empty() && regex.is_match(text))
}

fn test<T: Send + Sync + 'static>(
    call: &Call<'_>,
    make: fn(&str) -> Result<T>,
    matches: impl Fn(&T, &str) -> bool,
) -> Result<ArrayRef> {
    let text = call.text(0)?;
    let mut pattern = Prepared::new(call, 1, make)?;
    if let Prepared::One(pattern) = &pattern {
        return Ok(flags(call.rows, |i| Some(matches(pattern.as_deref()?, text.get(i)?))));
    }
    let mut failed = None;
    let result = flags(call.rows, |i| {
        let pattern = pattern.get(i).unwrap_or_else(|e| {
            failed = Some(e);
            None
        })?;
        Some(matches(&pattern, text.get(i)?))
    });
    failed.map_or(Ok(result), Err)
}

/// One part of a replacement.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Text(String),
    Group(usize),
}

/// Reads a replacement: `$1`, `${name}`, and `\` before a character that stands for itself.
fn parse_replacement(text: &str, regex: &Regex) -> Result<Vec<Part>, String> {
    let mut parts = Vec::new();
    let mut literal = String::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        rest = rest.get(c.len_utf8()..).unwrap_or_default();
        match c {
            '\\' => {
                let c = rest.chars().next().ok_or("a replacement ends with a backslash")?;
                rest = rest.get(c.len_utf8()..).unwrap_or_default();
                literal.push(c);
            }
            '$' => {
                let (group, behind) = group_reference(rest, regex)?;
                rest = behind;
                parts.push(Part::Text(std::mem::take(&mut literal)));
                parts.push(Part::Group(group));
            }
            c => literal.push(c),
        }
    }
    parts.push(Part::Text(literal));
    parts.retain(|part| *part != Part::Text(String::new()));
    Ok(parts)
}

/// Reads what follows a `$`: as many digits as make a group that exists, or a name in braces.
fn group_reference<'a>(text: &'a str, regex: &Regex) -> Result<(usize, &'a str), String> {
    if let Some((name, behind)) = text.strip_prefix('{').and_then(|t| t.split_once('}')) {
        let group = regex.capture_names().position(|known| known == Some(name));
        return Ok((group.ok_or_else(|| format!("no group named {name}"))?, behind));
    }
    let mut found = None;
    for end in 1..=text.bytes().take_while(u8::is_ascii_digit).count() {
        let number = text.get(..end).and_then(|digits| digits.parse::<usize>().ok());
        match number.filter(|number| *number < regex.captures_len()) {
            Some(number) => found = Some((number, text.get(end..).unwrap_or_default())),
            None => break,
        }
    }
    found.ok_or_else(|| {
        "a $ in a replacement names a group: write \\\\$ for the character itself".to_owned()
    })
}

/// Calls `f` for each match, in Java's way: an empty match may follow another match directly.
fn each_match<'t>(regex: &Regex, text: &'t str, mut f: impl FnMut(&Captures<'t>)) {
    let mut from = 0;
    while from <= text.len() {
        let Some(captures) = regex.captures_at(text, from) else { return };
        let Some(whole) = captures.get(0) else { return };
        f(&captures);
        from = if whole.is_empty() {
            let next = text.get(whole.end()..).and_then(|rest| rest.chars().next());
            whole.end() + next.map_or(1, char::len_utf8)
        } else {
            whole.end()
        };
    }
}

fn regexp_replace(call: &Call<'_>) -> Result<ArrayRef> {
    let (text, replacement) = (call.text(0)?, call.text(2)?);
    let mut regex = Prepared::new(call, 1, exact_regex)?;
    let mut last: Option<(Arc<Regex>, &str, Vec<Part>)> = None;
    try_texts(call.rows, |i, out| {
        let Some(regex) = regex.get(i)? else { return Ok(None) };
        let (Some(text), Some(written)) = (text.get(i), replacement.get(i)) else {
            return Ok(None);
        };
        let same = |(known, old, _): &(Arc<Regex>, &str, Vec<Part>)| {
            Arc::ptr_eq(known, &regex) && *old == written
        };
        let parts = match last.take().filter(same) {
            Some((.., parts)) => parts,
            None => parse_replacement(written, &regex).map_err(wrong)?,
        };
        let mut done = 0;
        each_match(&regex, text, |captures| {
            let Some(whole) = captures.get(0) else { return };
            out.push_str(text.get(done..whole.start()).unwrap_or_default());
            for part in &parts {
                match part {
                    Part::Text(literal) => out.push_str(literal),
                    Part::Group(n) => out.push_str(captures.get(*n).map_or("", |m| m.as_str())),
                }
            }
            done = whole.end();
        });
        out.push_str(text.get(done..).unwrap_or_default());
        last = Some((regex, written, parts));
        Ok(Some(()))
    })
}

/// No match is the empty text; a group that took no part is NULL.
fn regexp_extract(call: &Call<'_>) -> Result<ArrayRef> {
    let text = call.text(0)?;
    let mut regex = Prepared::new(call, 1, exact_regex)?;
    let group = if call.has(2) { call.ints(2)? } else { Numbers::One(Some(1)) };
    try_texts(call.rows, |i, out| {
        let (Some(regex), Some(text), Some(group)) = (regex.get(i)?, text.get(i), group.get(i))
        else {
            return Ok(None);
        };
        let group = usize::try_from(group).ok().filter(|group| *group < regex.captures_len());
        let Some(group) = group else {
            return exec_err!("regexp_extract: no such group in '{regex}'");
        };
        match regex.captures(text) {
            None => Ok(Some(())),
            Some(captures) => Ok(captures.get(group).map(|m| out.push_str(m.as_str()))),
        }
    })
}

/// Source: Java `String.split(regex, -1)`: empty parts stay, but not before a match of nothing at
/// the start.
fn split(call: &Call<'_>) -> Result<ArrayRef> {
    let text = call.text(0)?;
    let mut regex = Prepared::new(call, 1, exact_regex)?;
    let item = Arc::new(Field::new("item", DataType::Utf8, true));
    let mut lists = ListBuilder::new(StringBuilder::new()).with_field(item);
    for i in 0..call.rows {
        let (Some(regex), Some(text)) = (regex.get(i)?, text.get(i)) else {
            lists.append_null();
            continue;
        };
        if is_literal(regex.as_str()) {
            text.split(regex.as_str()).for_each(|part| lists.values().append_value(part));
            lists.append(true);
            continue;
        }
        let mut done = 0;
        each_match(&regex, text, |captures| {
            let Some(whole) = captures.get(0).filter(|whole| whole.end() > 0) else { return };
            lists.values().append_value(text.get(done..whole.start()).unwrap_or_default());
            done = whole.end();
        });
        lists.values().append_value(text.get(done..).unwrap_or_default());
        lists.append(true);
    }
    let lists: ArrayRef = Arc::new(lists.finish());
    debug_assert_eq!(lists.len(), call.rows, "one list for each row");
    Ok(lists)
}

/// Tells whether a pattern stands for itself.
fn is_literal(pattern: &str) -> bool {
    !pattern.is_empty() && regex::escape(pattern) == pattern
}
