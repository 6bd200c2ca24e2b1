//! Avro's bytes into columns.

use chrono_tz::Tz;

use super::schema::{Logical, Schema};
use crate::calendar::{Calendar, ZoneRules, instant_to_wall, year_of_era};
use crate::cursor::Cursor;
use crate::rows::{Column, Data};
use crate::table::push_fitted;
use crate::types::HiveType;
use crate::{FormatError, Result};

/// What a file says of its days and times.
#[derive(Clone, Copy, Debug)]
pub(super) struct Times {
    pub(super) calendar: Calendar,
    pub(super) zone: Tz,
    pub(super) rules: ZoneRules,
    /// Whether Hive 4 moved times between zones by their names in the hybrid calendar.
    pub(super) by_name: bool,
    /// Whether Hive 3.1 reads what it wrote.
    pub(super) of_era: bool,
}

impl Times {
    /// Returns the wall clock of a point in time.
    fn wall(self, micros: i64) -> i64 {
        let Self { calendar, zone, rules, by_name, of_era } = self;
        let micros = if of_era && zone != Tz::UTC { year_of_era(micros) } else { micros };
        let wall = if by_name {
            let named = Calendar::Hybrid.micros_from_proleptic(micros);
            Calendar::Hybrid.micros_to_proleptic(instant_to_wall(named, zone, rules))
        } else {
            instant_to_wall(micros, zone, rules)
        };
        calendar.micros_to_proleptic(wall)
    }
}

/// A schema together with where its values go.
#[derive(Debug)]
pub(super) enum Node {
    Skip(Schema),
    Leaf(Schema),
    Array(Box<Node>),
    Map(Box<Node>),
    /// The branches; none for null. The flag tells whether the column is a union itself.
    Union(Vec<Option<Node>>, bool),
    /// For each field of the record the column, or none.
    Record(Vec<(Option<usize>, Node)>),
}

impl Node {
    /// Plans the way from a schema to a type; `None` if they do not go together.
    pub(super) fn new(schema: &Schema, ty: &HiveType) -> Option<Self> {
        Some(match (schema, ty) {
            (Schema::Union(branches), HiveType::Union(types))
                if branches.iter().filter(|b| **b != Schema::Null).count() > 1 =>
            {
                let mut types = types.iter();
                let branch = |branch: &Schema| match branch {
                    Schema::Null => Some(None),
                    branch => Some(Some(Self::new(branch, types.next()?)?)),
                };
                Self::Union(branches.iter().map(branch).collect::<Option<_>>()?, true)
            }
            (Schema::Union(branches), _) => {
                let branch = |branch: &Schema| match branch {
                    Schema::Null => Some(None),
                    branch => Some(Some(Self::new(branch, ty)?)),
                };
                Self::Union(branches.iter().map(branch).collect::<Option<_>>()?, false)
            }
            // Values of no bytes could be repeated without end.
            (Schema::Array(inner), _) if has_no_bytes(inner) => return None,
            (Schema::Array(inner), HiveType::Array(item)) => {
                Self::Array(Box::new(Self::new(inner, item)?))
            }
            (Schema::Map(inner), HiveType::Map(_, value)) => {
                Self::Map(Box::new(Self::new(inner, value)?))
            }
            (Schema::Record(fields), HiveType::Struct(wanted)) => {
                let field = |field: &super::schema::Field| {
                    let at = wanted.iter().position(|w| w.name.eq_ignore_ascii_case(&field.name));
                    match at {
                        Some(at) => Some((Some(at), Self::new(&field.schema, &wanted[at].ty)?)),
                        None => Some((None, Self::Skip(field.schema.clone()))),
                    }
                };
                Self::Record(fields.iter().map(field).collect::<Option<_>>()?)
            }
            (Schema::Array(_) | Schema::Map(_) | Schema::Record(_), _) => return None,
            (leaf, ty) if ty.is_primitive() => Self::Leaf(leaf.clone()),
            _ => return None,
        })
    }
}

/// Tells whether values of a schema take no bytes.
fn has_no_bytes(schema: &Schema) -> bool {
    match schema {
        Schema::Null | Schema::Fixed(0, _) => true,
        Schema::Record(fields) => fields.iter().all(|field| has_no_bytes(&field.schema)),
        _ => false,
    }
}

/// Appends the value at a cursor to a column.
pub(super) fn value(
    cursor: &mut Cursor<'_>,
    node: &Node,
    column: &mut Column,
    times: Times,
) -> Result<()> {
    match node {
        Node::Skip(schema) => skip(cursor, schema),
        Node::Leaf(schema) => leaf(cursor, schema, column, times),
        Node::Union(branches, is_union) => {
            let at = cursor.size()?;
            let branch = branches.get(at).ok_or_else(|| {
                FormatError::data("avro union has no such branch").with("branch", at)
            })?;
            match branch {
                None => {
                    column.push_null();
                    Ok(())
                }
                Some(node) if *is_union => {
                    let tag = branches[..at].iter().filter(|b| b.is_some()).count();
                    column.push_union(tag, |member| value(cursor, node, member, times))
                }
                Some(node) => value(cursor, node, column, times),
            }
        }
        Node::Array(inner) => {
            let Data::List(_, items) = &mut column.data else {
                return Err(FormatError::internal("column is no list"));
            };
            loop {
                let count = cursor.block()?;
                if count == 0 {
                    break;
                }
                for _ in 0..count {
                    value(cursor, inner, items, times)?;
                }
            }
            column.end_nested();
            Ok(())
        }
        Node::Map(inner) => {
            let Data::Map(_, pair) = &mut column.data else {
                return Err(FormatError::internal("column is no map"));
            };
            loop {
                let count = cursor.block()?;
                if count == 0 {
                    break;
                }
                for _ in 0..count {
                    let key = cursor.prefixed()?;
                    text(key, &mut pair.0)?;
                    value(cursor, inner, &mut pair.1, times)?;
                }
            }
            column.end_nested();
            Ok(())
        }
        Node::Record(fields) => {
            let Data::Struct(_, columns) = &mut column.data else {
                return Err(FormatError::internal("column is no struct"));
            };
            record(cursor, fields, columns, times)?;
            column.end_nested();
            Ok(())
        }
    }
}

/// Appends the fields of a record to their columns.
pub(super) fn record(
    cursor: &mut Cursor<'_>,
    fields: &[(Option<usize>, Node)],
    columns: &mut [Column],
    times: Times,
) -> Result<()> {
    for (target, node) in fields {
        match target.and_then(|target| columns.get_mut(target)) {
            Some(column) => value(cursor, node, column, times)?,
            None => match node {
                Node::Skip(schema) => skip(cursor, schema)?,
                _ => return Err(FormatError::internal("avro field has no column")),
            },
        }
    }
    Ok(())
}

fn leaf(cursor: &mut Cursor<'_>, schema: &Schema, column: &mut Column, times: Times) -> Result<()> {
    match schema {
        Schema::Null => {
            column.push_null();
            Ok(())
        }
        Schema::Boolean => {
            let truth = cursor.array::<1>()?[0] != 0;
            match &mut column.data {
                Data::Bool(v) => {
                    v.append(truth);
                    column.valid();
                    Ok(())
                }
                _ => text(if truth { b"true" } else { b"false" }, column),
            }
        }
        Schema::Int(logical) | Schema::Long(logical) => {
            let raw = cursor.long()?;
            whole(raw, *logical, column, times)
        }
        Schema::Float => {
            let raw = f32::from_le_bytes(cursor.array()?);
            match &mut column.data {
                Data::F32(v) => {
                    v.push(raw);
                    column.valid();
                    Ok(())
                }
                _ => double(f64::from(raw), column),
            }
        }
        Schema::Double => double(f64::from_le_bytes(cursor.array()?), column),
        Schema::Bytes(Logical::Decimal(_, scale)) => {
            let bytes = cursor.prefixed()?;
            decimal(bytes, *scale, column)
        }
        Schema::Fixed(size, Logical::Decimal(_, scale)) => {
            let bytes = cursor.bytes(*size)?;
            decimal(bytes, *scale, column)
        }
        Schema::Bytes(_) | Schema::String(_) => {
            let bytes = cursor.prefixed()?;
            text(bytes, column)
        }
        Schema::Fixed(size, _) => {
            let bytes = cursor.bytes(*size)?;
            text(bytes, column)
        }
        Schema::Enum(symbols) => {
            let at = cursor.size()?;
            let symbol = symbols.get(at);
            let symbol = symbol.ok_or_else(|| {
                FormatError::data("avro enum has no such symbol").with("symbol", at)
            })?;
            text(symbol.as_bytes(), column)
        }
        _ => Err(FormatError::internal("avro value is nested")),
    }
}

fn mismatch(what: &str, column: &Column) -> FormatError {
    FormatError::schema("the file's type is not the column's")
        .with("file type", what)
        .with("column type", column.ty())
}

fn whole(raw: i64, logical: Logical, column: &mut Column, times: Times) -> Result<()> {
    fn put<T: TryFrom<i64>>(values: &mut Vec<T>, raw: i64) -> bool {
        T::try_from(raw).is_ok_and(|value| {
            values.push(value);
            true
        })
    }
    let is_local = matches!(column.ty(), HiveType::TimestampLocalTz);
    let scale = match column.ty() {
        HiveType::Decimal { precision, scale } => Some((*precision, *scale)),
        _ => None,
    };
    let pushed = match &mut column.data {
        Data::I8(v) => put(v, raw),
        Data::I16(v) => put(v, raw),
        Data::I32(v) => put(v, raw),
        Data::I64(v) => put(v, raw),
        Data::F32(v) => {
            v.push(raw as f32);
            true
        }
        Data::F64(v) => {
            v.push(raw as f64);
            true
        }
        Data::Decimal(v) => {
            let (precision, scale) = scale.unwrap_or((38, 0));
            let value = crate::hadoop::decimal(&raw.to_be_bytes(), 0, precision, scale);
            value.is_some_and(|value| {
                v.push(value);
                true
            })
        }
        Data::Date(v) => match i32::try_from(raw) {
            Ok(day) => {
                v.push(times.calendar.to_proleptic(day));
                true
            }
            Err(_) => false,
        },
        Data::Timestamp(v) => {
            let micros = match logical {
                Logical::Timestamp(6) | Logical::LocalTimestamp(6) => Some(raw),
                Logical::Timestamp(9) | Logical::LocalTimestamp(9) => Some(raw.div_euclid(1000)),
                Logical::Date => raw.checked_mul(crate::calendar::DAY_MICROS),
                _ => raw.checked_mul(1000),
            };
            micros.is_some_and(|micros| {
                v.push(match logical {
                    Logical::LocalTimestamp(_) | Logical::Date => micros,
                    _ if is_local => micros,
                    _ => times.wall(micros),
                });
                true
            })
        }
        Data::Text(_) => {
            let mut shown = String::new();
            match logical {
                Logical::Date => crate::text::print::date(raw as i32, &mut shown),
                Logical::Timestamp(3) => {
                    crate::text::print::timestamp(raw.saturating_mul(1000), &mut shown);
                }
                _ => shown = raw.to_string(),
            }
            return text(shown.as_bytes(), column);
        }
        _ => return Err(mismatch("integer", column)),
    };
    if pushed {
        column.valid();
    } else {
        column.push_null();
    }
    Ok(())
}

fn double(raw: f64, column: &mut Column) -> Result<()> {
    match &mut column.data {
        Data::F64(v) => v.push(raw),
        Data::F32(v) => v.push(raw as f32),
        Data::Text(_) => {
            let mut shown = String::new();
            crate::text::print::double(raw, &mut shown);
            return text(shown.as_bytes(), column);
        }
        _ => return Err(mismatch("floating point number", column)),
    }
    column.valid();
    Ok(())
}

fn decimal(bytes: &[u8], scale: u8, column: &mut Column) -> Result<()> {
    let (precision, wanted) = match column.ty() {
        HiveType::Decimal { precision, scale } => (*precision, *scale),
        _ => (38, scale),
    };
    let value = crate::hadoop::decimal(bytes, i32::from(scale), precision, wanted);
    match (&mut column.data, value) {
        (_, None) => column.push_null(),
        (Data::Decimal(v), Some(value)) => {
            v.push(value);
            column.valid();
        }
        (Data::Text(_), Some(value)) => {
            return text(crate::table::decimal_text(value, scale).as_bytes(), column);
        }
        (Data::F64(v), Some(value)) => {
            v.push(value as f64 / 10f64.powi(i32::from(scale)));
            column.valid();
        }
        _ => return Err(mismatch("decimal", column)),
    }
    Ok(())
}

/// Appends text or bytes.
fn text(bytes: &[u8], column: &mut Column) -> Result<()> {
    let (length, fill) = match column.ty() {
        HiveType::Varchar(n) => (Some(*n as usize), false),
        HiveType::Char(n) => (Some(*n as usize), true),
        _ => (None, false),
    };
    match &mut column.data {
        Data::Binary(out) => out.push(bytes),
        Data::Text(out) => {
            match (simdutf8::basic::from_utf8(bytes), length) {
                (Ok(_), None) => out.bytes.extend_from_slice(bytes),
                (_, length) => {
                    let mut fitted = String::new();
                    let text = String::from_utf8_lossy(bytes);
                    push_fitted(&text, length.unwrap_or(usize::MAX), fill, &mut fitted);
                    out.bytes.extend_from_slice(fitted.as_bytes());
                }
            }
            out.end_value();
        }
        _ => return Err(mismatch("text or bytes", column)),
    }
    column.valid();
    Ok(())
}

/// Passes over a value.
fn skip(cursor: &mut Cursor<'_>, schema: &Schema) -> Result<()> {
    match schema {
        Schema::Null => {}
        Schema::Boolean => {
            cursor.bytes(1)?;
        }
        Schema::Int(_) | Schema::Long(_) | Schema::Enum(_) => {
            cursor.long()?;
        }
        Schema::Float => {
            cursor.bytes(4)?;
        }
        Schema::Double => {
            cursor.bytes(8)?;
        }
        Schema::Bytes(_) | Schema::String(_) => {
            cursor.prefixed()?;
        }
        Schema::Fixed(size, _) => {
            cursor.bytes(*size)?;
        }
        Schema::Union(branches) => {
            let at = cursor.size()?;
            let branch = branches.get(at);
            skip(
                cursor,
                branch.ok_or_else(|| FormatError::data("avro union has no such branch"))?,
            )?;
        }
        Schema::Record(fields) => {
            for field in fields {
                skip(cursor, &field.schema)?;
            }
        }
        Schema::Array(inner) if has_no_bytes(inner) => loop {
            match cursor.long()? {
                0 => break,
                1.. => {}
                _ => {
                    cursor.long()?;
                }
            }
        },
        Schema::Array(inner) | Schema::Map(inner) => loop {
            let count = cursor.block()?;
            if count == 0 {
                break;
            }
            for _ in 0..count {
                if matches!(schema, Schema::Map(_)) {
                    cursor.prefixed()?;
                }
                skip(cursor, inner)?;
            }
        },
    }
    Ok(())
}
