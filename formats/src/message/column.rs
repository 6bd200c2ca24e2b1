//! Growing columns: one buffer per column, cut back to the last good row after a bad one.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, BinaryArray, BooleanArray, Date32Array, Decimal128Array, Float32Array, Float64Array,
    Int8Array, Int16Array, Int32Array, Int64Array, ListArray, MapArray, StringArray, StructArray,
    TimestampMicrosecondArray,
};
use arrow::buffer::{BooleanBuffer, NullBuffer, OffsetBuffer};
use arrow::datatypes::{DataType, Field, FieldRef, Fields, TimeUnit};
use arrow::error::ArrowError;

use super::keys::Names;
use super::reason::Reason;
use super::text::{Text, first_offset, last};
use super::time::Zoned;
use crate::error::{FormatError, Result};

/// Types inside types that a column may have.
const MAX_TYPE_DEPTH: usize = 32;

/// Text bytes of a row that a new column has room for.
const TEXT_GUESS: usize = 24;

/// One column with its NULLs.
///
/// The NULLs exist only from the first one on, and only up to the last one.
#[derive(Debug)]
pub(super) struct Column {
    pub(super) field: FieldRef,
    pub(super) data: Data,
    valid: Option<Vec<bool>>,
    capacity: usize,
}

/// The values. The tag has a byte of its own, since every value read begins with a look at it.
#[derive(Debug)]
#[repr(u8)]
pub(super) enum Data {
    Bool(Vec<bool>),
    I8(Vec<i8>),
    I16(Vec<i16>),
    I32(Vec<i32>),
    I64(Vec<i64>),
    F32(Vec<f32>),
    F64(Vec<f64>),
    Date(Vec<i32>),
    Timestamp(Vec<i64>, Zoned),
    Decimal(Decimals),
    Text(Text),
    Binary(Text),
    List(Box<List>),
    Map(Box<Map>),
    Struct(Box<Struct>),
}

#[derive(Debug)]
pub(super) struct Decimals {
    pub(super) values: Vec<i128>,
    pub(super) scale: usize,
    /// Ten to the precision.
    pub(super) limit: i128,
}

#[derive(Debug)]
pub(super) struct List {
    pub(super) offsets: Vec<i32>,
    pub(super) items: Column,
}

#[derive(Debug)]
pub(super) struct Map {
    pub(super) offsets: Vec<i32>,
    pub(super) keys: Column,
    pub(super) values: Column,
}

#[derive(Debug)]
pub(super) struct Struct {
    pub(super) rows: usize,
    pub(super) names: Names,
    pub(super) fields: Vec<Column>,
}

impl Decimals {
    /// Appends a number that has the column's digits behind the point.
    #[inline]
    pub(super) fn push(&mut self, value: i128) -> Result<(), Reason> {
        if value.unsigned_abs() >= self.limit.unsigned_abs() {
            return Err(Reason::OutOfRange);
        }
        self.values.push(value);
        Ok(())
    }
}

/// Runs one expression over the plain vector of any kind of column.
macro_rules! each {
    ($data:expr, $v:ident => $plain:expr, $($other:tt)*) => {
        match $data {
            Data::Bool($v) => $plain,
            Data::I8($v) => $plain,
            Data::I16($v) => $plain,
            Data::I32($v) | Data::Date($v) => $plain,
            Data::I64($v) | Data::Timestamp($v, _) => $plain,
            Data::F32($v) => $plain,
            Data::F64($v) => $plain,
            Data::Decimal(Decimals { values: $v, .. }) => $plain,
            $($other)*
        }
    };
}

impl Column {
    /// Makes an empty column for a field.
    ///
    /// # Errors
    /// [`Schema`](crate::ErrorKind::Schema) for a type no record payload is decoded to.
    pub(super) fn new(field: &FieldRef, capacity: usize, depth: usize) -> Result<Self> {
        let data = Data::new(field, capacity, depth)?;
        Ok(Self { field: Arc::clone(field), data, valid: None, capacity })
    }

    /// Rows held.
    pub(super) fn len(&self) -> usize {
        each!(&self.data, v => v.len(),
            Data::Text(t) | Data::Binary(t) => t.offsets.len() - 1,
            Data::List(l) => l.offsets.len() - 1,
            Data::Map(m) => m.offsets.len() - 1,
            Data::Struct(s) => s.rows,
        )
    }

    /// Cuts the column back to whole rows, at most as many as wanted; what a failed value left
    /// in nested columns goes too.
    pub(super) fn truncate(&mut self, rows: usize) {
        let rows = rows.min(self.len());
        if let Some(valid) = &mut self.valid {
            valid.truncate(rows);
        }
        each!(&mut self.data, v => v.truncate(rows),
            Data::Text(t) | Data::Binary(t) => t.truncate(rows),
            Data::List(l) => {
                l.offsets.truncate(rows + 1);
                l.items.truncate(last(&l.offsets));
            }
            Data::Map(m) => {
                m.offsets.truncate(rows + 1);
                m.keys.truncate(last(&m.offsets));
                m.values.truncate(last(&m.offsets));
            }
            Data::Struct(s) => {
                s.rows = rows;
                s.fields.iter_mut().for_each(|f| f.truncate(rows));
            }
        );
    }

    /// Appends a NULL to a column that may have some.
    pub(super) fn push_null(&mut self) -> Result<(), Reason> {
        if !self.field.is_nullable() {
            return Err(Reason::NullNotAllowed);
        }
        self.push_masked();
        Ok(())
    }

    /// Appends a NULL that a NULL around it hides.
    fn push_masked(&mut self) {
        let rows = self.len();
        let valid = self.valid.get_or_insert_default();
        valid.resize(rows, true);
        valid.push(false);
        each!(&mut self.data, v => v.push(Default::default()),
            Data::Text(t) | Data::Binary(t) => t.push_empty(),
            Data::List(l) => l.offsets.push(last(&l.offsets) as i32),
            Data::Map(m) => m.offsets.push(last(&m.offsets) as i32),
            Data::Struct(s) => {
                s.rows += 1;
                s.fields.iter_mut().for_each(Self::push_masked);
            }
        );
    }

    /// Takes the rows out as an array and leaves an empty column with room for as many.
    pub(super) fn finish(&mut self) -> Result<ArrayRef, ArrowError> {
        let rows = self.len();
        let nulls = self.valid.take().map(|mut valid| {
            valid.resize(rows, true);
            NullBuffer::from(valid)
        });
        let capacity = self.capacity;
        self.data.finish(&self.field, nulls, capacity)
    }
}

fn fresh<T>(values: &mut Vec<T>, capacity: usize) -> Vec<T> {
    std::mem::replace(values, Vec::with_capacity(capacity))
}

impl Data {
    fn new(field: &Field, capacity: usize, depth: usize) -> Result<Self> {
        let unsupported = || {
            FormatError::schema("records cannot be decoded to a column of this type")
                .with("column", field.name())
                .with("type", field.data_type())
        };
        if depth > MAX_TYPE_DEPTH {
            return Err(unsupported());
        }
        let child = |field: &FieldRef, capacity| Column::new(field, capacity, depth + 1);
        Ok(match field.data_type() {
            DataType::Boolean => Self::Bool(Vec::with_capacity(capacity)),
            DataType::Int8 => Self::I8(Vec::with_capacity(capacity)),
            DataType::Int16 => Self::I16(Vec::with_capacity(capacity)),
            DataType::Int32 => Self::I32(Vec::with_capacity(capacity)),
            DataType::Int64 => Self::I64(Vec::with_capacity(capacity)),
            DataType::Float32 => Self::F32(Vec::with_capacity(capacity)),
            DataType::Float64 => Self::F64(Vec::with_capacity(capacity)),
            DataType::Date32 => Self::Date(Vec::with_capacity(capacity)),
            DataType::Utf8 => Self::Text(Text::new(capacity, capacity * TEXT_GUESS)),
            DataType::Binary => Self::Binary(Text::new(capacity, capacity * TEXT_GUESS)),
            DataType::Timestamp(TimeUnit::Microsecond, None) => {
                Self::Timestamp(Vec::with_capacity(capacity), Zoned::WallClock)
            }
            DataType::Timestamp(TimeUnit::Microsecond, Some(zone)) if zone.as_ref() == "UTC" => {
                Self::Timestamp(Vec::with_capacity(capacity), Zoned::Instant)
            }
            DataType::Decimal128(precision, scale) => {
                let scale = usize::try_from(*scale).map_err(|_| unsupported())?;
                let limit = 10i128.checked_pow(u32::from(*precision)).ok_or_else(unsupported)?;
                Self::Decimal(Decimals { values: Vec::with_capacity(capacity), scale, limit })
            }
            DataType::List(items) => Self::List(Box::new(List {
                offsets: first_offset(capacity),
                items: child(items, capacity)?,
            })),
            DataType::Map(entries, _) => match entries.data_type() {
                DataType::Struct(pair) => match pair.as_ref() {
                    [key, value] if *key.data_type() == DataType::Utf8 => {
                        Self::Map(Box::new(Map {
                            offsets: first_offset(capacity),
                            keys: child(key, capacity)?,
                            values: child(value, capacity)?,
                        }))
                    }
                    _ => return Err(unsupported()),
                },
                _ => return Err(unsupported()),
            },
            DataType::Struct(fields) => Self::Struct(Box::new(Struct {
                rows: 0,
                names: Names::new(fields),
                fields: fields.iter().map(|f| child(f, capacity)).collect::<Result<_>>()?,
            })),
            _ => return Err(unsupported()),
        })
    }

    fn finish(
        &mut self,
        field: &Field,
        nulls: Option<NullBuffer>,
        rows: usize,
    ) -> Result<ArrayRef, ArrowError> {
        Ok(match self {
            Self::Bool(v) => {
                let v = fresh(v, rows);
                let bit = |row: usize| v.get(row).copied().unwrap_or_default();
                Arc::new(BooleanArray::new(BooleanBuffer::collect_bool(v.len(), bit), nulls))
            }
            Self::I8(v) => Arc::new(Int8Array::try_new(fresh(v, rows).into(), nulls)?),
            Self::I16(v) => Arc::new(Int16Array::try_new(fresh(v, rows).into(), nulls)?),
            Self::I32(v) => Arc::new(Int32Array::try_new(fresh(v, rows).into(), nulls)?),
            Self::I64(v) => Arc::new(Int64Array::try_new(fresh(v, rows).into(), nulls)?),
            Self::F32(v) => Arc::new(Float32Array::try_new(fresh(v, rows).into(), nulls)?),
            Self::F64(v) => Arc::new(Float64Array::try_new(fresh(v, rows).into(), nulls)?),
            Self::Date(v) => Arc::new(Date32Array::try_new(fresh(v, rows).into(), nulls)?),
            Self::Timestamp(v, _) => {
                let array = TimestampMicrosecondArray::try_new(fresh(v, rows).into(), nulls)?;
                Arc::new(array.with_data_type(field.data_type().clone()))
            }
            Self::Decimal(d) => {
                let array = Decimal128Array::try_new(fresh(&mut d.values, rows).into(), nulls)?;
                Arc::new(array.with_data_type(field.data_type().clone()))
            }
            Self::Text(t) => {
                let (offsets, bytes) = t.take(rows);
                Arc::new(StringArray::try_new(offsets, bytes.into(), nulls)?)
            }
            Self::Binary(t) => {
                let (offsets, bytes) = t.take(rows);
                Arc::new(BinaryArray::try_new(offsets, bytes.into(), nulls)?)
            }
            Self::List(l) => {
                let offsets = std::mem::replace(&mut l.offsets, first_offset(rows));
                let offsets = OffsetBuffer::new(offsets.into());
                let items = Arc::clone(&l.items.field);
                Arc::new(ListArray::try_new(items, offsets, l.items.finish()?, nulls)?)
            }
            Self::Map(m) => Arc::new(m.finish(field, nulls, rows)?),
            Self::Struct(s) => {
                let len = std::mem::take(&mut s.rows);
                let fields: Fields = s.fields.iter().map(|f| Arc::clone(&f.field)).collect();
                let arrays = s.fields.iter_mut().map(Column::finish).collect::<Result<_, _>>()?;
                Arc::new(StructArray::try_new_with_length(fields, arrays, nulls, len)?)
            }
        })
    }
}

impl Map {
    fn finish(
        &mut self,
        field: &Field,
        nulls: Option<NullBuffer>,
        rows: usize,
    ) -> Result<MapArray, ArrowError> {
        let DataType::Map(entries, ordered) = field.data_type() else {
            return Err(ArrowError::SchemaError("map column is no map".to_owned()));
        };
        let offsets = std::mem::replace(&mut self.offsets, first_offset(rows));
        let pair = vec![Arc::clone(&self.keys.field), Arc::clone(&self.values.field)];
        let arrays = vec![self.keys.finish()?, self.values.finish()?];
        let pairs = StructArray::try_new(pair.into(), arrays, None)?;
        MapArray::try_new(
            Arc::clone(entries),
            OffsetBuffer::new(offsets.into()),
            pairs,
            nulls,
            *ordered,
        )
    }
}
