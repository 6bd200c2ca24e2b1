//! Values of the writer's types, appended to the columns of the table.

use super::super::column::{Column, Data};
use super::super::reason::Reason;
use super::schema::{Schema, Unit};

/// Items of all arrays and maps of a message at most: a few bytes can claim any number of items that have none, again and again.
const MAX_ITEMS: usize = 1 << 24;

/// A type of the writer, with the place of each field in the table.
#[derive(Debug)]
pub(super) enum Plan {
    /// A type without fields.
    Plain(Schema),
    Array(Box<Plan>),
    Map(Box<Plan>),
    Union(Vec<Plan>),
    /// Fields, each with the index of its column; and the columns that no field has.
    Record(Vec<(Plan, Option<usize>)>, Vec<usize>),
}

/// Bytes up to the end of the message, and how far they have been read.
#[derive(Debug)]
pub(super) struct Cursor<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) pos: usize,
    /// Items of arrays and maps so far.
    items: usize,
}

type Done<T = ()> = Result<T, Reason>;

impl<'a> Cursor<'a> {
    pub(super) fn new(bytes: &'a [u8], pos: usize) -> Self {
        Self { bytes, pos, items: 0 }
    }

    fn take(&mut self, len: usize) -> Done<&'a [u8]> {
        let end = self.pos.checked_add(len).ok_or(Reason::Short)?;
        let taken = self.bytes.get(self.pos..end).ok_or(Reason::Short)?;
        self.pos = end;
        Ok(taken)
    }

    #[inline]
    fn long(&mut self) -> Done<i64> {
        let first = *self.bytes.get(self.pos).ok_or(Reason::Short)?;
        self.pos += 1;
        let mut value = u64::from(first & 0x7f);
        let mut byte = first;
        let mut shift = 7;
        while byte >= 0x80 {
            byte = *self.bytes.get(self.pos).ok_or(Reason::Short)?;
            self.pos += 1;
            if shift > 63 {
                return Err(Reason::OutOfRange);
            }
            value |= u64::from(byte & 0x7f) << shift;
            shift += 7;
        }
        Ok((value >> 1) as i64 ^ -((value & 1) as i64))
    }

    fn sized(&mut self) -> Done<&'a [u8]> {
        let len = usize::try_from(self.long()?).map_err(|_| Reason::Short)?;
        self.take(len)
    }

    fn chunk<const N: usize>(&mut self) -> Done<[u8; N]> {
        self.take(N)?.try_into().map_err(|_| Reason::Short)
    }

    /// Runs something for each item of the blocks of an array or map; gives their number.
    fn items(&mut self, mut item: impl FnMut(&mut Self) -> Done) -> Done<usize> {
        let mut all = 0usize;
        loop {
            let count = self.long()?;
            if count == 0 {
                return Ok(all);
            }
            if count < 0 {
                // The size of the block, for those who skip it.
                self.long()?;
            }
            let count = usize::try_from(count.unsigned_abs()).map_err(|_| Reason::Short)?;
            self.items = count.saturating_add(self.items);
            all = count.saturating_add(all);
            if self.items > MAX_ITEMS {
                return Err(Reason::OutOfRange);
            }
            for _ in 0..count {
                item(self)?;
            }
        }
    }
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

    fn value(&self, column: &mut Column, cursor: &mut Cursor<'_>) -> Done {
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

#[inline]
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
            v.push(match unit {
                Unit::Millis => value.checked_mul(1000).ok_or(Reason::OutOfRange)?,
                Unit::Micros => value,
                Unit::Nanos => value.div_euclid(1000),
            });
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
                None => cursor.sized()?,
                Some(size) => cursor.take(*size)?,
            };
            decimal(column, value, *scale)
        }
        Schema::Null | Schema::Array(_) | Schema::Map(_) | Schema::Union(_) | Schema::Record(_) => {
            Err(Reason::NotOfType)
        }
    }
}

#[inline]
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

#[inline]
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

/// Appends a number in two's complement, highest byte first.
fn decimal(column: &mut Column, bytes: &[u8], scale: usize) -> Done {
    let negative = bytes.first().is_some_and(|first| *first >= 0x80);
    let mut all = [if negative { 0xff } else { 0 }; 16];
    let extra = bytes.len().saturating_sub(16);
    let fill = if negative { 0xff } else { 0 };
    if bytes.get(..extra).is_some_and(|extra| extra.iter().any(|b| *b != fill)) {
        return Err(Reason::OutOfRange);
    }
    let bytes = bytes.get(extra..).unwrap_or_default();
    let from = 16 - bytes.len();
    if let Some(target) = all.get_mut(from..) {
        target.copy_from_slice(bytes);
    }
    let value = i128::from_be_bytes(all);
    match &mut column.data {
        Data::Decimal(d) => {
            let value = rescale(value, scale, d.scale).ok_or(Reason::OutOfRange)?;
            if value.unsigned_abs() >= d.limit.unsigned_abs() {
                return Err(Reason::OutOfRange);
            }
            d.values.push(value);
            Ok(())
        }
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
