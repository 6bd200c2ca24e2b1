//! `get_json_object`.

use arrow::array::ArrayRef;
use datafusion_common::Result;
use formats::types::HiveType;
use serde_json::Value;

use super::cast::write_double;
use super::def::{Call, Def, Takes, Types};
use super::values::texts;

pub(super) static DEFS: &[Def] = &[Def {
    names: &["get_json_object"],
    usage: "(string, path string)",
    types: Types::Fixed {
        takes: &[Takes::Text, Takes::Text],
        required: 2,
        returns: HiveType::String,
    },
    eval: get_json_object,
}];

/// One step of a path: a key, then elements.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Step {
    key: Option<String>,
    /// A position; none for all elements.
    elements: Vec<Option<usize>>,
}

/// Reads `$.a.b[1][*]`.
///
/// Source: Hive `UDFJson`: the path begins with `$`, `..` and filters are not known.
fn parse_path(path: &str) -> Option<Vec<Step>> {
    let rest = path.strip_prefix('$')?;
    let rest = match rest.strip_prefix('.') {
        Some("") => return None,
        Some(keys) => keys,
        None if rest.is_empty() => return Some(Vec::new()),
        // Elements right behind the root.
        None => rest.starts_with('[').then_some(rest)?,
    };
    rest.split('.').map(parse_step).collect()
}

fn parse_step(text: &str) -> Option<Step> {
    let key_end = text.find('[').unwrap_or(text.len());
    let (key, mut rest) = text.split_at(key_end);
    let mut elements = Vec::new();
    while let Some((index, behind)) = rest.strip_prefix('[').and_then(|r| r.split_once(']')) {
        elements.push(if index == "*" { None } else { Some(index.parse().ok()?) });
        rest = behind;
    }
    let key = (!key.is_empty()).then(|| key.to_owned());
    (rest.is_empty() && (key.is_some() || !elements.is_empty())).then_some(Step { key, elements })
}

fn get_json_object(call: &Call<'_>) -> Result<ArrayRef> {
    let (json, path) = (call.text(0)?, call.text(1)?);
    let mut known: Option<(&str, Option<Vec<Step>>)> = None;
    texts(call.rows, |i, out| {
        let (json, path) = (json.get(i)?, path.get(i)?);
        if known.as_ref().is_none_or(|(text, _)| *text != path) {
            known = Some((path, parse_path(path)));
        }
        let steps = known.as_ref()?.1.as_ref()?;
        let mut found = parse(json)?;
        if found.is_array() && steps.first().is_some_and(|step| step.key.is_some()) {
            return None;
        }
        for step in steps {
            found = follow(found, step)?;
        }
        match found {
            Value::Null => return None,
            Value::String(text) => out.push_str(&text),
            other => write(&other, out),
        }
        Some(())
    })
}

/// Reads an object or an array; what stands behind it is ignored, as in Hive.
fn parse(json: &str) -> Option<Value> {
    if !json.trim_start().starts_with(['{', '[']) {
        return None;
    }
    let read = |text: &str| {
        let mut values = serde_json::Deserializer::from_str(text).into_iter::<Value>();
        values.next()?.ok()
    };
    // Hive lets control characters stand in strings.
    let has_control = || json.bytes().any(|b| b < b' ');
    read(json).or_else(|| has_control().then(|| read(&escape_control(json))).flatten())
}

/// Escapes control characters in strings; between them they are white space.
fn escape_control(json: &str) -> String {
    let mut out = String::with_capacity(json.len() + 16);
    let (mut quoted, mut escaped) = (false, false);
    for c in json.chars() {
        if quoted && c < ' ' {
            out.push_str(&format!("\\u{:04x}", u32::from(c)));
        } else {
            out.push(c);
        }
        quoted ^= c == '"' && !escaped;
        escaped = quoted && c == '\\' && !escaped;
    }
    out
}

fn follow(value: Value, step: &Step) -> Option<Value> {
    let mut value = match &step.key {
        None => value,
        Some(key) => key_of(value, key)?,
    };
    if step.elements.is_empty() {
        return Some(value);
    }
    let mut found = vec![value];
    for element in &step.elements {
        let lists = found.into_iter().filter_map(|value| match value {
            Value::Array(list) => Some(list),
            _ => None,
        });
        found = match element {
            None => lists.flatten().collect(),
            Some(index) => lists.filter_map(|list| list.into_iter().nth(*index)).collect(),
        };
    }
    value = match found.len() {
        0 => return None,
        1 => found.pop()?,
        _ => Value::Array(found),
    };
    Some(value)
}

/// Returns a key of an object, or of all objects of an array.
fn key_of(value: Value, key: &str) -> Option<Value> {
    match value {
        Value::Object(mut map) => map.shift_remove(key),
        Value::Array(list) => {
            let found: Vec<Value> = list
                .into_iter()
                .filter_map(|value| match value {
                    Value::Object(mut map) => map.shift_remove(key).filter(|v| !v.is_null()),
                    _ => None,
                })
                .collect();
            (!found.is_empty()).then_some(Value::Array(found))
        }
        _ => None,
    }
}

/// Writes JSON without blanks, with numbers as Java prints them.
fn write(value: &Value, out: &mut String) {
    match value {
        Value::Array(list) => {
            out.push('[');
            for (i, value) in list.iter().enumerate() {
                out.push_str(if i > 0 { "," } else { "" });
                write(value, out);
            }
            out.push(']');
        }
        Value::Object(map) => {
            out.push('{');
            for (i, (key, value)) in map.iter().enumerate() {
                out.push_str(if i > 0 { "," } else { "" });
                out.push_str(&Value::from(key.as_str()).to_string());
                out.push(':');
                write(value, out);
            }
            out.push('}');
        }
        Value::Number(number) if number.is_f64() => {
            write_double(number.as_f64().unwrap_or(f64::NAN), out);
        }
        other => out.push_str(&other.to_string()),
    }
}
