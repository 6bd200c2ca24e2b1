//! What people are shown of a description: one line a column and a stripe, with the rest in numbers.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::{Map, Value};

/// Longest value that is shown whole. Units: characters.
const MAX_TEXT: usize = 40;
/// Runs of row groups that are named.
const MAX_RUNS: usize = 12;
/// What of a column is for programs only.
const HIDDEN: [&str; 8] = [
    "id",
    "has_null",
    "sum",
    "bounds_are_cut",
    "positions",
    "pages",
    "page_index_bytes",
    "data_encodings",
];

/// Leaves out what does not fit into tables.
pub(super) fn brief(description: &Value) -> Value {
    let Value::Object(all) = description else { return description.clone() };
    let one = |(key, value): (&String, &Value)| {
        let value = match key.as_str() {
            // Each stripe has them, too.
            "statistics" if all.contains_key("stripes") => return None,
            "stripes" | "row_groups" => each(value, piece),
            _ => value.clone(),
        };
        Some((key.clone(), value))
    };
    Value::Object(all.iter().filter_map(one).collect())
}

fn each(items: &Value, change: fn(&Map<String, Value>) -> Map<String, Value>) -> Value {
    let one = |item: &Value| item.as_object().map(|item| Value::Object(change(item)));
    items.as_array().into_iter().flatten().filter_map(one).collect()
}

/// Shortens a stripe or a row group.
fn piece(piece: &Map<String, Value>) -> Map<String, Value> {
    let one = |(key, value): (&String, &Value)| {
        let value = match (key.as_str(), value) {
            ("columns", _) => each(value, column),
            ("row_groups", Value::Array(groups)) => counted(groups).into(),
            ("rows_read", Value::Array(runs)) => named(runs.iter().map(flat)).into(),
            _ => value.clone(),
        };
        (key.clone(), value)
    };
    piece.iter().map(one).collect()
}

fn column(column: &Map<String, Value>) -> Map<String, Value> {
    let one = |(key, value): (&String, &Value)| {
        let value = match value {
            _ if HIDDEN.contains(&key.as_str()) => return None,
            Value::Object(parts) => pairs(parts).into(),
            Value::String(text) if text.chars().nth(MAX_TEXT).is_some() => {
                (text.chars().take(MAX_TEXT - 1).collect::<String>() + "…").into()
            }
            _ => value.clone(),
        };
        Some((key.clone(), value))
    };
    column.iter().filter_map(one).collect()
}

fn pairs(parts: &Map<String, Value>) -> String {
    let one = |(key, value): (&String, &Value)| match value.as_f64() {
        Some(share) if value.is_f64() => format!("{key} {share:.2e}"),
        _ => format!("{key} {}", flat(value)),
    };
    parts.iter().map(one).collect::<Vec<_>>().join(", ")
}

fn flat(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// Counts row groups; with a condition tells which are read, and why the others are not.
fn counted(groups: &[Value]) -> String {
    let mut text = groups.len().to_string();
    let mut reasons: BTreeMap<&str, usize> = BTreeMap::new();
    let mut kept: Vec<(usize, usize)> = Vec::new();
    for (number, group) in groups.iter().enumerate() {
        if let Some(reason) = group.get("skipped_by").and_then(Value::as_str) {
            *reasons.entry(reason).or_default() += 1;
        } else if group.get("rows_left").is_some() {
            match kept.last_mut() {
                Some((_, last)) if *last + 1 == number => *last = number,
                _ => kept.push((number, number)),
            }
        }
    }
    let count: usize = kept.iter().map(|(first, last)| last - first + 1).sum();
    if count > 0 {
        let runs = kept.iter().map(|(first, last)| match last - first {
            0 => first.to_string(),
            _ => format!("{first}-{last}"),
        });
        write!(text, ", {count} read (number {})", named(runs)).unwrap_or_default();
    }
    for (reason, count) in reasons {
        write!(text, ", {count} skipped by {reason}").unwrap_or_default();
    }
    text
}

fn named(runs: impl Iterator<Item = String>) -> String {
    let mut runs: Vec<String> = runs.take(MAX_RUNS + 1).collect();
    if runs.len() > MAX_RUNS {
        runs.truncate(MAX_RUNS);
        runs.push("…".to_owned());
    }
    runs.join(" ")
}
