//! `SET` and `RESET`.
//!
//! Hive's form takes what stands behind `=` as it is. Flink's form has two strings:
//! `SET 'key' = 'value'`.
//!
//! Source: Hive `SetProcessor`, `ResetProcessor`.

use std::ops::Range;

use super::{Body, trimmed};
use crate::ast::{Reset, Set, SetKey, SetStyle, StatementKind};
use crate::diagnostic::Diagnostic;
use crate::options::QuotedIdentifiers;
use crate::text;

/// Hive's setting of what stands in quotes.
const QUOTED_IDENTIFIERS: &str = "hive.support.quoted.identifiers";

/// Returns what quotes mean behind a statement, if that changes there; `first` is what they meant
/// at the beginning.
pub(crate) fn quoted_identifiers(
    kind: &StatementKind,
    first: QuotedIdentifiers,
) -> Option<QuotedIdentifiers> {
    let is_ours = |key: &SetKey| {
        key.name.strip_prefix("hiveconf:").unwrap_or(&key.name) == QUOTED_IDENTIFIERS
    };
    match kind {
        StatementKind::Set(Set::Assign { key, value, .. }) if is_ours(key) => {
            QuotedIdentifiers::from_setting(value)
        }
        StatementKind::Reset(reset) if reset.to_default && reset.keys.iter().any(is_ours) => {
            Some(QuotedIdentifiers::default())
        }
        StatementKind::Reset(reset)
            if !reset.to_default && (reset.keys.is_empty() || reset.keys.iter().any(is_ours)) =>
        {
            Some(first)
        }
        _ => None,
    }
}

pub(super) fn parse_set(place: &Body<'_>) -> Result<Set, Diagnostic> {
    let (body, all) = (place.text, place.rest());
    match &body[all.clone()] {
        "" => return Ok(Set::All),
        "-v" => return Ok(Set::Verbose),
        text if text.starts_with('\'') => return parse_flink_set(all, place),
        _ => {}
    }
    let Some(equals) = body[all.clone()].find('=').map(|at| all.start + at) else {
        return Ok(Set::Show(key(body, all, place)));
    };
    let name = trimmed(body, all.start..equals);
    if name.is_empty() {
        let problem = Diagnostic::new(place.span(equals..equals + 1), "there is no key before `=`");
        return Err(problem.with_hint("write SET key=value"));
    }
    let value = trimmed(body, equals + 1..body.len());
    Ok(Set::Assign {
        key: key(body, name, place),
        value_span: place.span(value.clone()),
        value: body[value].to_owned(),
    })
}

fn parse_flink_set(all: Range<usize>, place: &Body<'_>) -> Result<Set, Diagnostic> {
    let body = place.text;
    let name_end = flink_string(body, all.start, place)?;
    let name = all.start..name_end;
    let rest = trimmed(body, name_end..all.end);
    if rest.is_empty() {
        return Ok(Set::Show(key(body, name, place)));
    }
    let equals = usize::from(body[rest.clone()].starts_with('='));
    let value_at = trimmed(body, rest.start + equals..all.end);
    if equals == 0 || !body[value_at.clone()].starts_with('\'') {
        let problem = Diagnostic::new(place.span(rest), "this setting is half in quotes");
        return Err(problem.with_hint("write SET 'key' = 'value', or SET key=value"));
    }
    let value_end = flink_string(body, value_at.start, place)?;
    if value_end != all.end {
        let rest = trimmed(body, value_end..all.end);
        let problem = Diagnostic::new(place.span(rest), "unexpected text behind the value");
        return Err(problem.with_hint("end the statement with a semicolon"));
    }
    let value = value_at.start..value_end;
    Ok(Set::Assign {
        key: key(body, name, place),
        value: text::unquote_flink(&body[value.clone()]),
        value_span: place.span(value),
    })
}

pub(super) fn parse_reset(place: &Body<'_>) -> Result<Reset, Diagnostic> {
    let mut reset = Reset { keys: Vec::new(), to_default: false };
    let (body, mut rest) = (place.text, place.rest());
    while !rest.is_empty() {
        let end = if body[rest.clone()].starts_with('\'') {
            flink_string(body, rest.start, place)?
        } else {
            let word = body[rest.clone()].find(char::is_whitespace);
            word.map_or(rest.end, |len| rest.start + len)
        };
        if &body[rest.start..end] == "-d" {
            reset.to_default = true;
        } else {
            reset.keys.push(key(body, rest.start..end, place));
        }
        rest = trimmed(body, end..rest.end);
    }
    Ok(reset)
}

/// Returns where the string at `start` ends; a quote in it is doubled.
fn flink_string(body: &str, start: usize, place: &Body<'_>) -> Result<usize, Diagnostic> {
    let mut at = start + 1;
    while let Some(quote) = body[at..].find('\'') {
        at += quote + 1;
        if !body[at..].starts_with('\'') {
            return Ok(at);
        }
        at += 1;
    }
    let problem =
        Diagnostic::new(place.span(start..body.len()), "this string has no closing quote");
    Err(problem.with_hint("close it with '; a quote inside is written twice"))
}

fn key(body: &str, range: Range<usize>, place: &Body<'_>) -> SetKey {
    let raw = &body[range.clone()];
    let (name, style) = if raw.starts_with('\'') {
        (text::unquote_flink(raw), SetStyle::Flink)
    } else {
        (raw.to_owned(), SetStyle::Hive)
    };
    SetKey { span: place.span(range), name, style }
}
