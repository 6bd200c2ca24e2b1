//! Conditions on columns, and whether a part of a file may have rows that meet them.
//!
//! Whoever asks filters the rows again: a part is left out only if none of its rows can meet the
//! condition.
//!
//! Source: ORC `RecordReaderImpl.evaluatePredicateProto`, and the defects of old writers it knows.

use std::cmp::Ordering;

use super::time::GREGORIAN;
use crate::calendar::DAY_MICROS;
use crate::orc::bloom::{BloomFilter, hash_bytes, hash_long};
use crate::orc::decimal::Decimal;
use crate::orc::meta::{Kind, Type};
use crate::orc::statistics::{Detail, Moment, Statistics};

/// Names a constant that a column is compared with.
#[derive(Clone, Debug, PartialEq)]
pub enum OrcValue {
    /// A boolean.
    Boolean(bool),
    /// An integer of any width.
    Integer(i64),
    /// A floating point number.
    Double(f64),
    /// A decimal.
    Decimal(Decimal),
    /// A text.
    Text(String),
    /// Days since 1970-01-01.
    Date(i32),
    /// Microseconds of the wall clock (or of UTC) since 1970-01-01.
    Timestamp(i64),
}

/// Names how a column is compared with a constant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OrcComparison {
    /// Equal.
    Equal,
    /// Less.
    Less,
    /// Less or equal.
    LessOrEqual,
    /// Greater.
    Greater,
    /// Greater or equal.
    GreaterOrEqual,
}

/// Describes the rows that are wanted.
#[derive(Clone, Debug, PartialEq)]
pub enum OrcPredicate {
    /// The column of the file (by name, fields of structs as `a.b`) compares so; never with NULL.
    Compare {
        /// The column.
        column: String,
        /// The comparison.
        comparison: OrcComparison,
        /// The constant.
        value: OrcValue,
    },
    /// The column is NULL.
    IsNull(String),
    /// The column is not NULL.
    IsNotNull(String),
    /// All conditions hold.
    And(Vec<OrcPredicate>),
    /// One of the conditions holds.
    Or(Vec<OrcPredicate>),
}

/// What is known about a part of a file.
pub(super) trait Known {
    fn statistics(&self, column: usize) -> Option<&Statistics>;
    fn bloom(&self, column: usize) -> Option<&BloomFilter>;
}

/// Finds a column by its name.
pub(super) fn find(types: &[Type], name: &str) -> Option<usize> {
    let mut id = 0;
    for part in name.split('.') {
        let ty = types.get(id)?;
        if ty.kind != Kind::Struct {
            return None;
        }
        let place = ty.names.iter().position(|n| n.eq_ignore_ascii_case(part))?;
        id = *ty.children.get(place)?;
    }
    Some(id)
}

impl OrcPredicate {
    /// Collects the numbers of the columns it needs.
    pub(super) fn columns(&self, types: &[Type], all: &mut Vec<usize>) {
        match self {
            Self::Compare { column, .. } | Self::IsNull(column) | Self::IsNotNull(column) => {
                all.extend(find(types, column));
            }
            Self::And(parts) | Self::Or(parts) => {
                for part in parts {
                    part.columns(types, all);
                }
            }
        }
    }

    /// Tells whether a row of the part may meet the condition.
    pub(super) fn may_match(&self, types: &[Type], known: &dyn Known) -> bool {
        match self {
            Self::And(parts) => parts.iter().all(|part| part.may_match(types, known)),
            Self::Or(parts) => parts.iter().any(|part| part.may_match(types, known)),
            Self::IsNull(column) => {
                let statistics = find(types, column).and_then(|id| known.statistics(id));
                // Only of a column whose parents are never null does the count say it.
                statistics.is_none_or(|s| s.has_null != Some(false) || column.contains('.'))
            }
            Self::IsNotNull(column) => {
                let statistics = find(types, column).and_then(|id| known.statistics(id));
                statistics.is_none_or(|s| s.count > 0)
            }
            Self::Compare { column, comparison, value } => {
                let Some(id) = find(types, column) else { return true };
                let Some(statistics) = known.statistics(id) else { return true };
                if statistics.count == 0 && statistics.has_null == Some(true) {
                    return false;
                }
                let bounded = match bounds(&statistics.detail, value, &types[id]) {
                    Some((low, high)) => comparison.may_hold(low, high),
                    None => true,
                };
                let hashed = *comparison != OrcComparison::Equal
                    || known.bloom(id).is_none_or(|b| {
                        hash(value, &types[id]).is_none_or(|hash| b.may_have(hash))
                    });
                bounded && hashed
            }
        }
    }
}

impl OrcComparison {
    /// Tells whether a value within bounds may compare so, given how the bounds do.
    fn may_hold(self, low: Ordering, high: Ordering) -> bool {
        match self {
            Self::Equal => low != Ordering::Greater && high != Ordering::Less,
            Self::Less => low == Ordering::Less,
            Self::LessOrEqual => low != Ordering::Greater,
            Self::Greater => high == Ordering::Greater,
            Self::GreaterOrEqual => high != Ordering::Less,
        }
    }
}

/// Compares both bounds with a constant; nothing if they say nothing about it.
fn bounds(detail: &Detail, value: &OrcValue, ty: &Type) -> Option<(Ordering, Ordering)> {
    fn both<T: PartialOrd>(bounds: (T, T), value: T) -> Option<(Ordering, Ordering)> {
        Some((bounds.0.partial_cmp(&value)?, bounds.1.partial_cmp(&value)?))
    }
    let whole = |n: i64| Decimal { value: i128::from(n), scale: 0 };
    match (detail, value) {
        (Detail::Integer { bounds: Some(b), .. }, OrcValue::Integer(v)) => both(*b, *v),
        (Detail::Integer { bounds: Some((l, h)), .. }, OrcValue::Decimal(v)) => {
            both((whole(*l), whole(*h)), *v)
        }
        (Detail::Double { bounds: Some(b), sum }, value) if !sum.is_nan() => {
            let value = match value {
                OrcValue::Double(v) => *v,
                OrcValue::Integer(v) => exact(*v)?,
                _ => return None,
            };
            both(*b, value)
        }
        (Detail::Decimal { bounds: Some(b), .. }, OrcValue::Decimal(v)) => both(*b, *v),
        (Detail::Decimal { bounds: Some(b), .. }, OrcValue::Integer(v)) => both(*b, whole(*v)),
        (Detail::Date { bounds: Some(b) }, OrcValue::Date(v)) => both(*b, *v),
        (Detail::Timestamp { bounds: Some(b), .. }, OrcValue::Timestamp(v)) => {
            let nanos = v.rem_euclid(1_000_000) as u32 * 1000;
            both(*b, Moment { seconds: v.div_euclid(1_000_000), nanos })
        }
        (Detail::Text { bounds: Some(b), .. }, OrcValue::Text(v)) => {
            if ty.kind == Kind::Char {
                // Values are filled with spaces, which count for nothing.
                let (low, high) = (trim(&b.low), trim(&b.high));
                return both((low, high), trim(v.as_bytes()));
            }
            both((&*b.low, &*b.high), v.as_bytes())
        }
        (Detail::Boolean { trues }, OrcValue::Boolean(v)) => {
            // Bounds are not known without the count of all; a false is possible in any case.
            if *v && *trues == 0 { Some((Ordering::Less, Ordering::Less)) } else { None }
        }
        _ => None,
    }
}

fn exact(n: i64) -> Option<f64> {
    (n.unsigned_abs() <= 1 << 53).then_some(n as f64)
}

fn trim(text: &[u8]) -> &[u8] {
    let end = text.iter().rposition(|b| *b != b' ').map_or(0, |at| at + 1);
    &text[..end]
}

fn hash(value: &OrcValue, ty: &Type) -> Option<u64> {
    Some(match (value, ty.kind) {
        (OrcValue::Integer(v), Kind::Byte | Kind::Short | Kind::Int | Kind::Long) => hash_long(*v),
        (OrcValue::Double(v), Kind::Float | Kind::Double) if *v != 0.0 => {
            hash_long(v.to_bits().cast_signed())
        }
        (OrcValue::Text(v), Kind::String | Kind::Varchar) => hash_bytes(v.as_bytes()),
        (OrcValue::Decimal(v), Kind::Decimal) => hash_bytes(v.to_string().as_bytes()),
        // Older days may be hashed by their number in the Julian calendar.
        (OrcValue::Date(v), Kind::Date) if i64::from(*v) >= GREGORIAN => hash_long(i64::from(*v)),
        (OrcValue::Timestamp(v), Kind::Timestamp | Kind::TimestampInstant)
            if v.div_euclid(DAY_MICROS) >= GREGORIAN =>
        {
            hash_long(v.div_euclid(1000))
        }
        _ => return None,
    })
}
