//! Values of the writer's types, appended to the columns of the table.

use super::super::column::{Column, Data};
use super::super::reason::Reason;
use super::cursor::{Cursor, Done};
use super::schema::{Schema, Unit};

/// A type of the writer, with the place of each field in the table.
#[derive(Debug)]
pub(super) enum Plan {
    /// A text in a column of texts.
    Text,
    /// A whole number in a column of such.
    I64,
    I32,
    /// A number that has the type of its column.
    F64,
    /// A timestamp in a column of such.
    Timestamp(Unit),
    /// A decimal of unknown length, with the digits behind the point that its column has.
    Decimal,
    /// Any other type without fields, or any other column.
    Plain(Schema),
    Array(Box<Plan>),
    Map(Box<Plan>),
    Union(Vec<Plan>),
    /// Fields, each with the index of its column; and the columns that no field has.
    Record(Vec<(Plan, Option<usize>)>, Vec<usize>),
}

impl Plan {
    /// Plans a record whose fields are the columns of the table.
    ///
    /// # Errors
    /// It is no record, in words.
    pub(super) fn record(schema: &Schema, columns: &[Column]) -> Result<Self, String> {
        match schema {
            Schema::Record(fields) => Ok(Self::fields(fields, columns)),
            _ => Err("it is not the schema of a record".to_owned()),
        }
    }

    fn fields(fields: &[(String, Schema)], columns: &[Column]) -> Self {
        let find = |name: &str| {
            let mut names = columns.iter().map(|column| column.field.name());
            let exact = names.clone().position(|known| known == name);
            exact.or_else(|| names.position(|known| known.eq_ignore_ascii_case(name)))
        };
        let mut taken = vec![false; columns.len()];
        let mut all = Vec::with_capacity(fields.len());
        for (name, schema) in fields {
            let mut at = find(name);
            if let Some(slot) = at.and_then(|at| taken.get_mut(at))
                && std::mem::replace(slot, true)
            {
                at = None;
            }
            let column = at.and_then(|at| columns.get(at));
            all.push((Self::of(schema, column), at));
        }
        let missing = (0..columns.len()).filter(|at| !taken.get(*at).copied().unwrap_or(true));
        Self::Record(all, missing.collect())
    }

    fn of(schema: &Schema, column: Option<&Column>) -> Self {
        let data = column.map(|column| &column.data);
        match (schema, data) {
            (Schema::Union(branches), _) => {
                Self::Union(branches.iter().map(|branch| Self::of(branch, column)).collect())
            }
            (Schema::Array(items), Some(Data::List(list))) => {
                Self::Array(Box::new(Self::of(items, Some(&list.items))))
            }
            (Schema::Array(items), _) => Self::Array(Box::new(Self::of(items, None))),
            (Schema::Map(values), Some(Data::Map(map))) => {
                Self::Map(Box::new(Self::of(values, Some(&map.values))))
            }
            (Schema::Map(values), _) => Self::Map(Box::new(Self::of(values, None))),
            (Schema::Record(fields), Some(Data::Struct(row))) => Self::fields(fields, &row.fields),
            (Schema::Record(fields), _) => Self::fields(fields, &[]),
            (Schema::String, Some(Data::Text(_))) => Self::Text,
            (Schema::Int | Schema::Long, Some(Data::I64(_))) => Self::I64,
            (Schema::Int | Schema::Long, Some(Data::I32(_))) => Self::I32,
            (Schema::Double, Some(Data::F64(_))) => Self::F64,
            (Schema::Timestamp(unit), Some(Data::Timestamp(..))) => Self::Timestamp(*unit),
            (Schema::Decimal(scale, None), Some(Data::Decimal(d))) if *scale == d.scale => {
                Self::Decimal
            }
            (plain, _) => Self::Plain(plain.clone()),
        }
    }

    /// Appends a record to the columns; says which column an error is about.
    pub(super) fn fill(
        &self,
        columns: &mut [Column],
        cursor: &mut Cursor<'_>,
    ) -> Result<(), (Option<usize>, Reason)> {
        let Self::Record(fields, missing) = self else { return Err((None, Reason::NotOfType)) };
        for (plan, at) in fields {
            match at.and_then(|at| columns.get_mut(at)) {
                Some(column) => plan.value(column, cursor).map_err(|reason| (*at, reason))?,
                None => plan.skip(cursor).map_err(|reason| (None, reason))?,
            }
        }
        for at in missing {
            if let Some(column) = columns.get_mut(*at) {
                column.push_null().map_err(|reason| (Some(*at), reason))?;
            }
        }
        Ok(())
    }

    /// Appends a value; what is frequent is done where the fields are gone through.
    #[inline(always)]
    fn value(&self, column: &mut Column, cursor: &mut Cursor<'_>) -> Done {
        match (self, &mut column.data) {
            (Self::Text, Data::Text(texts)) => cursor.text(texts),
            (Self::I64, Data::I64(v)) => {
                v.push(cursor.long()?);
                Ok(())
            }
            (Self::I32, Data::I32(v)) => {
                v.push(i32::try_from(cursor.long()?).map_err(|_| Reason::OutOfRange)?);
                Ok(())
            }
            (Self::F64, Data::F64(v)) => {
                v.push(f64::from_le_bytes(cursor.chunk()?));
                Ok(())
            }
            (Self::Timestamp(unit), Data::Timestamp(v, _)) => {
                v.push(unit.micros(cursor.long()?).ok_or(Reason::OutOfRange)?);
                Ok(())
            }
            (Self::Decimal, Data::Decimal(d)) => d.push(cursor.sized_number()?),
            _ => self.other_value(column, cursor),
        }
    }

    #[inline(never)]
    fn other_value(&self, column: &mut Column, cursor: &mut Cursor<'_>) -> Done {
        match (self, &mut column.data) {
            (Self::Union(branches), _) => {
                let branch = usize::try_from(cursor.long()?).ok();
                let branch = branch.and_then(|branch| branches.get(branch));
                branch.ok_or(Reason::OutOfRange)?.value(column, cursor)
            }
            (Self::Plain(Schema::Null), _) => column.push_null(),
            (Self::Plain(schema), _) => plain(schema, column, cursor),
            (Self::Array(items), Data::List(list)) => {
                cursor.items(|cursor| items.value(&mut list.items, cursor))?;
                let len = i32::try_from(list.items.len()).map_err(|_| Reason::TooMuchText)?;
                list.offsets.push(len);
                Ok(())
            }
            (Self::Map(values), Data::Map(map)) => {
                cursor.items(|cursor| {
                    text(&mut map.keys.data, cursor.sized()?)?;
                    values.value(&mut map.values, cursor)
                })?;
                let len = i32::try_from(map.keys.len()).map_err(|_| Reason::TooMuchText)?;
                map.offsets.push(len);
                Ok(())
            }
            (Self::Record(..), Data::Struct(row)) => {
                self.fill(&mut row.fields, cursor).map_err(|(_, reason)| reason)?;
                row.rows += 1;
                Ok(())
            }
            _ => Err(Reason::NotOfType),
        }
    }

    fn skip(&self, cursor: &mut Cursor<'_>) -> Done {
        match self {
            Self::Plain(schema) => skip(schema, cursor),
            // These have a column, so nobody skips them.
            Self::Text | Self::I64 | Self::I32 | Self::F64 | Self::Timestamp(_) | Self::Decimal => {
                Err(Reason::NotOfType)
            }
            Self::Array(items) => cursor.items(|cursor| items.skip(cursor)).map(drop),
            Self::Map(values) => cursor
                .items(|cursor| {
                    cursor.sized()?;
                    values.skip(cursor)
                })
                .map(drop),
            Self::Union(branches) => {
                let branch = usize::try_from(cursor.long()?).ok();
                let branch = branch.and_then(|branch| branches.get(branch));
                branch.ok_or(Reason::OutOfRange)?.skip(cursor)
            }
            Self::Record(fields, _) => fields.iter().try_for_each(|(plan, _)| plan.skip(cursor)),
        }
    }
}

fn skip(schema: &Schema, cursor: &mut Cursor<'_>) -> Done {
    match schema {
        Schema::Boolean => cursor.take(1).map(drop),
        Schema::Int | Schema::Long | Schema::Date | Schema::Timestamp(_) | Schema::Enum(_) => {
            cursor.long().map(drop)
        }
        Schema::Float => cursor.take(4).map(drop),
        Schema::Double => cursor.take(8).map(drop),
        Schema::Bytes | Schema::String | Schema::Decimal(_, None) => cursor.sized().map(drop),
        Schema::Fixed(size) | Schema::Decimal(_, Some(size)) => cursor.take(*size).map(drop),
        // A plan has these as its own.
        Schema::Null | Schema::Array(_) | Schema::Map(_) | Schema::Union(_) | Schema::Record(_) => {
            Ok(())
        }
    }
}

fn plain(schema: &Schema, column: &mut Column, cursor: &mut Cursor<'_>) -> Done {
    match schema {
        Schema::String => {
            let bytes = cursor.sized()?;
            match &mut column.data {
                Data::Text(_) => text(&mut column.data, bytes),
                _ => {
                    simdutf8::basic::from_utf8(bytes).map_err(|_| Reason::BadUtf8)?;
                    column.text(bytes)
                }
            }
        }
        Schema::Int | Schema::Long => whole(column, cursor.long()?),
        Schema::Double => float(column, f64::from_le_bytes(cursor.chunk()?)),
        Schema::Float => float(column, f64::from(f32::from_le_bytes(cursor.chunk()?))),
        Schema::Boolean => {
            let value = cursor.chunk::<1>()? != [0];
            match &mut column.data {
                Data::Bool(v) => v.push(value),
                Data::Text(t) => t.push_slice(if value { b"true" } else { b"false" })?,
                _ => return Err(Reason::NotOfType),
            }
            Ok(())
        }
        Schema::Timestamp(unit) => {
            let value = cursor.long()?;
            let Data::Timestamp(v, _) = &mut column.data else { return whole(column, value) };
            v.push(unit.micros(value).ok_or(Reason::OutOfRange)?);
            Ok(())
        }
        Schema::Date => {
            let value = cursor.long()?;
            let Data::Date(v) = &mut column.data else { return whole(column, value) };
            v.push(i32::try_from(value).map_err(|_| Reason::OutOfRange)?);
            Ok(())
        }
        Schema::Enum(symbols) => {
            let symbol = usize::try_from(cursor.long()?).ok();
            let symbol = symbol.and_then(|at| symbols.get(at)).ok_or(Reason::OutOfRange)?;
            column.text(symbol.as_bytes())
        }
        Schema::Bytes => bytes(column, cursor.sized()?),
        Schema::Fixed(size) => bytes(column, cursor.take(*size)?),
        Schema::Decimal(scale, size) => {
            let value = match size {
                None => cursor.sized_number()?,
                Some(size) => cursor.fixed_number(*size)?,
            };
            decimal(column, value, *scale)
        }
        Schema::Null | Schema::Array(_) | Schema::Map(_) | Schema::Union(_) | Schema::Record(_) => {
            Err(Reason::NotOfType)
        }
    }
}

fn text(data: &mut Data, bytes: &[u8]) -> Done {
    let Data::Text(text) = data else { return Err(Reason::NotOfType) };
    if !bytes.is_ascii() {
        simdutf8::basic::from_utf8(bytes).map_err(|_| Reason::BadUtf8)?;
    }
    text.push_slice(bytes)
}

fn bytes(column: &mut Column, bytes: &[u8]) -> Done {
    match &mut column.data {
        Data::Binary(binary) => binary.push_slice(bytes),
        data => text(data, bytes),
    }
}

fn whole(column: &mut Column, value: i64) -> Done {
    let range = |_| Reason::OutOfRange;
    match &mut column.data {
        Data::I64(v) => v.push(value),
        Data::I32(v) => v.push(i32::try_from(value).map_err(range)?),
        Data::I16(v) => v.push(i16::try_from(value).map_err(range)?),
        Data::I8(v) => v.push(i8::try_from(value).map_err(range)?),
        Data::F32(v) => v.push(value as f32),
        Data::F64(v) => v.push(value as f64),
        // A number without a logical type is what the column makes of it: milliseconds, days.
        Data::Timestamp(v, _) => v.push(value.checked_mul(1000).ok_or(Reason::OutOfRange)?),
        Data::Date(v) => v.push(i32::try_from(value).map_err(range)?),
        Data::Decimal(_) | Data::Text(_) => return column.text(value.to_string().as_bytes()),
        _ => return Err(Reason::NotOfType),
    }
    Ok(())
}

fn float(column: &mut Column, value: f64) -> Done {
    match &mut column.data {
        Data::F64(v) => v.push(value),
        Data::F32(v) => v.push(value as f32),
        Data::Text(_) => return column.text(value.to_string().as_bytes()),
        _ => return Err(Reason::NotOfType),
    }
    Ok(())
}

/// Appends a number with so many digits behind the point.
fn decimal(column: &mut Column, value: i128, scale: usize) -> Done {
    match &mut column.data {
        Data::Decimal(d) => d.push(rescale(value, scale, d.scale).ok_or(Reason::OutOfRange)?),
        Data::Text(_) => {
            let digits = format!("{:0>width$}", value.unsigned_abs(), width = scale + 1);
            let (whole, fraction) = digits.split_at(digits.len() - scale);
            let sign = if value < 0 { "-" } else { "" };
            let dot = if scale == 0 { "" } else { "." };
            column.text(format!("{sign}{whole}{dot}{fraction}").as_bytes())
        }
        _ => Err(Reason::NotOfType),
    }
}

/// Gives the number with another count of digits behind the point, rounded half up (away from zero).
fn rescale(value: i128, from: usize, to: usize) -> Option<i128> {
    let power = |n: usize| 10i128.checked_pow(u32::try_from(n).ok()?);
    if to >= from {
        return value.checked_mul(power(to - from)?);
    }
    let Some(divisor) = power(from - to) else { return Some(0) };
    let half = divisor / 2;
    Some((value.checked_add(if value < 0 { -half } else { half })?) / divisor)
}
