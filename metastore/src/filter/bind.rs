//! [`Expr`] + partition columns → [`Predicate`].

use super::{Date, Expr, Literal, Op};
use crate::error::{Error, Result};
use crate::model::FieldSchema;
use crate::names::{DEFAULT_PARTITION_NAME, PartitionSpec, escape_path_name};

/// Filter that is resolved against the partition columns of one table.
#[derive(Clone, Debug)]
pub struct Predicate {
    keys: Vec<String>,
    root: Node,
}

#[derive(Clone, Debug)]
enum Node {
    Compare { key: usize, op: Op, value: Value },
    Between { key: usize, low: Value, high: Value },
    In { key: usize, values: Vec<Value> },
    Like { key: usize, pattern: Vec<Wild> },
    And(Vec<Node>),
    Or(Vec<Node>),
    Not(Box<Node>),
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Value {
    Text(String),
    Integer(i64),
    Date(Date),
}

/// One element of a `like` pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wild {
    Char(char),
    One,
    Any,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Type {
    Text,
    Integer,
    Date,
}

impl Predicate {
    pub(super) fn new(expr: &Expr, partition_keys: &[FieldSchema]) -> Result<Self> {
        let root = bind(expr, partition_keys)?;
        Ok(Self { keys: partition_keys.iter().map(|key| key.name.clone()).collect(), root })
    }

    /// Tells whether a partition fulfils the filter; a spec with other columns never does.
    pub fn matches(&self, spec: &PartitionSpec) -> bool {
        if !spec.columns().eq(self.keys.iter().map(String::as_str)) {
            return false;
        }
        let values: Vec<&str> =
            spec.iter().map(|(_, v)| v.unwrap_or(DEFAULT_PARTITION_NAME)).collect();
        holds(&self.root, &values) == Some(true)
    }

    /// Gives the leading folders that every matching partition has, such as `dt=2026-01-01`; empty if there are none in common.
    ///
    /// A store uses it to look at a part of its index only.
    pub fn path_prefix(&self) -> String {
        let members = match &self.root {
            Node::And(members) => members.as_slice(),
            one => std::slice::from_ref(one),
        };
        let fixed = |wanted: usize| {
            members.iter().find_map(|node| match node {
                Node::Compare { key, op: Op::Eq, value: Value::Text(text) } if *key == wanted => {
                    Some(text)
                }
                _ => None,
            })
        };
        let mut prefix = String::new();
        for (i, name) in self.keys.iter().enumerate() {
            let Some(value) = fixed(i) else { break };
            let value = if value.is_empty() { DEFAULT_PARTITION_NAME } else { value };
            if i > 0 {
                prefix.push('/');
            }
            prefix.push_str(&escape_path_name(name));
            prefix.push('=');
            prefix.push_str(&escape_path_name(value));
        }
        prefix
    }
}

fn bind(expr: &Expr, keys: &[FieldSchema]) -> Result<Node> {
    let all = |members: &[Expr]| members.iter().map(|m| bind(m, keys)).collect::<Result<Vec<_>>>();
    let negate = |node: Node, negated: bool| if negated { Node::Not(Box::new(node)) } else { node };
    Ok(match expr {
        Expr::Compare { column, op, value } => {
            let (key, kind) = resolve(column, keys)?;
            Node::Compare { key, op: *op, value: convert(value, column, kind)? }
        }
        Expr::Like { column, pattern } => {
            let (key, kind) = resolve(column, keys)?;
            let Literal::Text { text, .. } = pattern else {
                return Err(Error::config("like needs a quoted text").with("column", column));
            };
            if kind != Type::Text {
                return Err(Error::config("like needs a text column").with("column", column));
            }
            Node::Like { key, pattern: like_pattern(text) }
        }
        Expr::Between { column, negated, low, high } => {
            let (key, kind) = resolve(column, keys)?;
            let (low, high) = (convert(low, column, kind)?, convert(high, column, kind)?);
            negate(Node::Between { key, low, high }, *negated)
        }
        Expr::In { column, negated, values } => {
            let (key, kind) = resolve(column, keys)?;
            let mut values =
                values.iter().map(|v| convert(v, column, kind)).collect::<Result<Vec<_>>>()?;
            values.sort_unstable();
            negate(Node::In { key, values }, *negated)
        }
        Expr::And(members) => Node::And(all(members)?),
        Expr::Or(members) => Node::Or(all(members)?),
        Expr::Not(inner) => Node::Not(Box::new(bind(inner, keys)?)),
    })
}

fn resolve(column: &str, keys: &[FieldSchema]) -> Result<(usize, Type)> {
    let (index, key) =
        keys.iter().enumerate().find(|(_, key)| key.name.eq_ignore_ascii_case(column)).ok_or_else(
            || {
                Error::config("filter names a column that is not a partition column")
                    .with("column", column)
            },
        )?;
    let base = key.type_text.split('(').next().unwrap_or_default().trim().to_ascii_lowercase();
    let kind = match base.as_str() {
        "string" | "varchar" | "char" => Type::Text,
        "tinyint" | "smallint" | "int" | "integer" | "bigint" => Type::Integer,
        "date" => Type::Date,
        _ => {
            return Err(Error::unsupported(
                "partition filter compares only text, integer and date columns",
            )
            .with("column", column)
            .with("type", &key.type_text));
        }
    };
    Ok((index, kind))
}

/// Turns a literal into a value of the column's type. A number beside a text column is compared as its digits.
fn convert(literal: &Literal, column: &str, kind: Type) -> Result<Value> {
    let value = match (kind, literal) {
        (Type::Text, Literal::Text { text, .. }) => Some(Value::Text(text.clone())),
        (Type::Text, Literal::Integer(_)) => Some(Value::Text(literal.to_string())),
        (Type::Text, Literal::Date(date)) => Some(Value::Text(date.to_string())),
        (Type::Integer, Literal::Integer(number)) => Some(Value::Integer(*number)),
        (_, Literal::Text { text, .. }) => stored(text, kind),
        (Type::Date, Literal::Date(date)) => Some(Value::Date(*date)),
        (Type::Integer, Literal::Date(_)) | (Type::Date, Literal::Integer(_)) => None,
    };
    value.ok_or_else(|| {
        Error::config("literal in the partition filter is not of the column's type")
            .with("column", column)
            .with("literal", literal)
    })
}

/// Reads a stored value as the column's type; `None` is NULL.
fn stored(text: &str, kind: Type) -> Option<Value> {
    match kind {
        Type::Text => Some(Value::Text(text.to_owned())),
        Type::Integer => text.trim().parse().ok().map(Value::Integer),
        Type::Date => Date::parse(text.trim()).map(Value::Date),
    }
}

/// Evaluates with three-valued logic; `None` is unknown.
fn holds(node: &Node, values: &[&str]) -> Option<bool> {
    match node {
        Node::Compare { key, op, value } => {
            compare(values, *key, value).map(|order| op.holds(order))
        }
        Node::Between { key, low, high } => {
            Some(compare(values, *key, low)?.is_ge() && compare(values, *key, high)?.is_le())
        }
        Node::In { key, values: list } => {
            let found = list.binary_search_by(|v| {
                compare(values, *key, v)
                    .map_or(std::cmp::Ordering::Less, std::cmp::Ordering::reverse)
            });
            compare(values, *key, list.first()?).map(|_| found.is_ok())
        }
        Node::Like { key, pattern } => values.get(*key).map(|text| like(text, pattern)),
        Node::And(members) => every(members, values),
        Node::Or(members) => some(members, values),
        Node::Not(inner) => holds(inner, values).map(|held| !held),
    }
}

fn every(members: &[Node], values: &[&str]) -> Option<bool> {
    let mut result = Some(true);
    for member in members {
        match holds(member, values) {
            Some(false) => return Some(false),
            Some(true) => {}
            None => result = None,
        }
    }
    result
}

fn some(members: &[Node], values: &[&str]) -> Option<bool> {
    let mut result = Some(false);
    for member in members {
        match holds(member, values) {
            Some(true) => return Some(true),
            Some(false) => {}
            None => result = None,
        }
    }
    result
}

fn compare(values: &[&str], key: usize, with: &Value) -> Option<std::cmp::Ordering> {
    let text = *values.get(key)?;
    match with {
        Value::Text(with) => Some(text.cmp(with.as_str())),
        Value::Integer(_) => Some(stored(text, Type::Integer)?.cmp(with)),
        Value::Date(_) => Some(stored(text, Type::Date)?.cmp(with)),
    }
}

/// Reads a `like` pattern: `%` any text, `_` one character, a backslash makes the next one plain.
fn like_pattern(text: &str) -> Vec<Wild> {
    let mut pattern = Vec::new();
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        pattern.push(match c {
            '%' => Wild::Any,
            '_' => Wild::One,
            '\\' => Wild::Char(chars.next().unwrap_or('\\')),
            c => Wild::Char(c),
        });
    }
    pattern.dedup_by(|a, b| *a == Wild::Any && *b == Wild::Any);
    pattern
}

/// Matches with one step back to the last `%`: time grows at most with text length times pattern length.
fn like(text: &str, pattern: &[Wild]) -> bool {
    let text: Vec<char> = text.chars().collect();
    let (mut t, mut p) = (0, 0);
    let mut retry = None;
    while t < text.len() {
        match pattern.get(p) {
            Some(Wild::Any) => {
                retry = Some((t, p));
                p += 1;
            }
            Some(Wild::Char(c)) if *c == text[t] => (t, p) = (t + 1, p + 1),
            Some(Wild::One) => (t, p) = (t + 1, p + 1),
            _ => {
                let Some((from, any)) = retry else { return false };
                retry = Some((from + 1, any));
                (t, p) = (from + 1, any + 1);
            }
        }
    }
    pattern[p..].iter().all(|w| *w == Wild::Any)
}
