//! Columns as a file has them to columns as the table declares them.
//!
//! Values of the right type are passed on without a copy. What Hive converts when the table's
//! type and the file's differ is converted as Hive does it; a value that the wanted type cannot
//! hold becomes NULL.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, Decimal128Array, Int32Array, ListArray, MapArray, PrimitiveArray,
    RecordBatch, RecordBatchOptions, StringBuilder, StructArray, TimestampMicrosecondArray,
    new_null_array,
};
use arrow::buffer::NullBuffer;
use arrow::compute::{CastOptions, cast_with_options, take};
use arrow::datatypes::{
    DataType, Date32Type, Decimal64Type, Decimal128Type, Field, FieldRef, Fields, Int32Type,
    Schema, SchemaRef, TimeUnit, TimestampMicrosecondType,
};
use arrow::error::ArrowError;
use chrono_tz::Tz;

use super::TableColumn;
use crate::calendar::{Calendar, ZoneRules, instant_to_wall, year_of_era};
use crate::gather::gather;
use crate::types::HiveType;
use crate::{FormatError, Result};

/// The zone that marks a column of points in time in the writer's zone, in batches on their way.
pub(crate) const WRITER_ZONE: &str = "writer";

/// Says what the days and times of a file mean.
#[derive(Clone, Debug)]
pub(crate) struct FitRules {
    /// The calendar of dates.
    pub(crate) dates: Calendar,
    /// The calendar of timestamps without a zone.
    pub(crate) walls: Calendar,
    /// What columns marked with [`WRITER_ZONE`] are.
    pub(crate) writer: WriterClock,
    /// The zone of the reader, for points in time that become wall clock times.
    pub(crate) zone: Tz,
    /// How that zone's clock is known.
    pub(crate) zone_rules: ZoneRules,
    /// Whether fields of structs are found by position instead of by name.
    pub(crate) by_position: bool,
    /// Whether the text of a file must be filled or cut: false if it is just so already.
    pub(crate) pad: bool,
}

/// Says how a writer made a point in time of a wall clock time.
#[derive(Clone, Copy, Debug)]
pub(crate) struct WriterClock {
    pub(crate) zone: Tz,
    pub(crate) rules: ZoneRules,
    pub(crate) calendar: Calendar,
    /// Whether years are those of the era, as Hive 3.1 reads its own files.
    pub(crate) of_era: bool,
}

impl Default for FitRules {
    fn default() -> Self {
        let writer = WriterClock {
            zone: Tz::UTC,
            rules: ZoneRules::Full,
            calendar: Calendar::Proleptic,
            of_era: false,
        };
        Self {
            dates: Calendar::Proleptic,
            walls: Calendar::Proleptic,
            writer,
            zone: Tz::UTC,
            zone_rules: ZoneRules::Full,
            by_position: false,
            pad: true,
        }
    }
}

/// Returns the schema of batches with these columns.
pub fn schema_of(columns: &[TableColumn]) -> SchemaRef {
    let fields = columns.iter().map(|c| Field::new(&c.name, c.ty.to_arrow(), true));
    Arc::new(Schema::new(fields.collect::<Fields>()))
}

/// Gives the wanted columns from a batch of a file; columns that the file lacks are NULL.
pub(crate) fn fit_batch(
    batch: &RecordBatch,
    sources: &[Option<usize>],
    columns: &[TableColumn],
    schema: &SchemaRef,
    rules: &FitRules,
) -> Result<RecordBatch> {
    let rows = batch.num_rows();
    let arrays = columns.iter().zip(sources).map(|(column, source)| match source {
        Some(at) => {
            let array = batch.columns().get(*at);
            let array = array.ok_or_else(|| FormatError::internal("batch lacks a column"))?;
            fit(array, &column.ty, rules).map_err(|e| e.with("column", &column.name))
        }
        None => Ok(new_null_array(&column.ty.to_arrow(), rows)),
    });
    let options = RecordBatchOptions::new().with_row_count(Some(rows));
    RecordBatch::try_new_with_options(Arc::clone(schema), arrays.collect::<Result<_>>()?, &options)
        .map_err(|e| FormatError::internal("columns make no batch").with_source(e))
}

/// Gives the values of an array in the Arrow type of a Hive type.
///
/// # Errors
/// [`ErrorKind::Schema`](crate::ErrorKind::Schema) if Hive does not convert between the two.
pub(crate) fn fit(array: &ArrayRef, ty: &HiveType, rules: &FitRules) -> Result<ArrayRef> {
    let refused = || {
        FormatError::schema("the file's type is not the column's")
            .with("file type", array.data_type())
            .with("column type", ty)
    };
    match (array.data_type(), ty) {
        (DataType::Null, _) => Ok(new_null_array(&ty.to_arrow(), array.len())),
        (DataType::Dictionary(_, value), _) => keyed(array, value, ty, rules),
        (DataType::Struct(fields), HiveType::Struct(wanted)) => {
            let array = array.as_struct();
            let find = |i: usize, name: &str| {
                if rules.by_position {
                    return (i < fields.len()).then_some(i);
                }
                let exact = fields.iter().position(|f| f.name() == name);
                exact.or_else(|| fields.iter().position(|f| f.name().eq_ignore_ascii_case(name)))
            };
            let children = wanted.iter().enumerate().map(|(i, field)| match find(i, &field.name) {
                Some(at) => fit(array.column(at), &field.ty, rules)
                    .map_err(|e| e.with("field", &field.name)),
                None => Ok(new_null_array(&field.ty.to_arrow(), array.len())),
            });
            let children = children.collect::<Result<Vec<_>>>()?;
            let DataType::Struct(fields) = ty.to_arrow() else { return Err(refused()) };
            let nulls = array.nulls().cloned();
            let made = StructArray::try_new_with_length(fields, children, nulls, array.len());
            Ok(Arc::new(made.map_err(broken)?))
        }
        (DataType::List(_), HiveType::Array(item)) => {
            let list = array.as_list::<i32>();
            let values = fit(list.values(), item, rules)?;
            let field: FieldRef = Arc::new(Field::new("item", item.to_arrow(), true));
            let made =
                ListArray::try_new(field, list.offsets().clone(), values, list.nulls().cloned());
            Ok(Arc::new(made.map_err(broken)?))
        }
        (DataType::Map(..), HiveType::Map(key, value)) => {
            let map = array.as_map();
            let pair = vec![fit(map.keys(), key, rules)?, fit(map.values(), value, rules)?];
            map_of(map.offsets().clone(), pair, map.nulls().cloned(), ty)
        }
        // A map in a file that did not mark it as one: a list of pairs.
        (DataType::List(entries), HiveType::Map(key, value)) => {
            let DataType::Struct(fields) = entries.data_type() else { return Err(refused()) };
            if fields.len() != 2 {
                return Err(refused());
            }
            let list = array.as_list::<i32>();
            let pairs = list.values().as_struct();
            let pair = vec![fit(pairs.column(0), key, rules)?, fit(pairs.column(1), value, rules)?];
            map_of(list.offsets().clone(), pair, list.nulls().cloned(), ty)
        }
        // And the other way round: pairs that the table takes for structs.
        (DataType::Map(..), HiveType::Array(item)) => {
            let map = array.as_map();
            let entries: ArrayRef = Arc::new(map.entries().clone());
            let values = fit(&entries, item, &FitRules { by_position: true, ..rules.clone() })?;
            let field: FieldRef = Arc::new(Field::new("item", item.to_arrow(), true));
            let made =
                ListArray::try_new(field, map.offsets().clone(), values, map.nulls().cloned());
            Ok(Arc::new(made.map_err(broken)?))
        }
        (from, HiveType::Union(_)) if *from == ty.to_arrow() => Ok(Arc::clone(array)),
        (from, _) if from.is_nested() || !ty.is_primitive() => Err(refused()),
        _ => primitive(array, ty, rules)?.ok_or_else(refused),
    }
}

/// Converts keys of a dictionary; its values are converted before they are looked up, where they are fewer.
fn keyed(array: &ArrayRef, value: &DataType, ty: &HiveType, rules: &FitRules) -> Result<ArrayRef> {
    let Some(dictionary) = array.as_dictionary_opt::<Int32Type>() else {
        return fit(&cast(array, value)?, ty, rules);
    };
    if dictionary.values().len() > dictionary.len() {
        return fit(&looked_up(dictionary.keys(), dictionary.values())?, ty, rules);
    }
    looked_up(dictionary.keys(), &fit(dictionary.values(), ty, rules)?)
}

fn looked_up(keys: &Int32Array, values: &ArrayRef) -> Result<ArrayRef> {
    let Some(texts) = values.as_string_opt::<i32>().filter(|texts| texts.null_count() == 0) else {
        return take(values, keys, None)
            .map_err(|e| FormatError::data("cannot look values up").with_source(e));
    };
    Ok(Arc::new(gather(texts, keys.values(), keys.nulls().cloned(), usize::MAX)?))
}

fn map_of(
    offsets: arrow::buffer::OffsetBuffer<i32>,
    pair: Vec<ArrayRef>,
    nulls: Option<NullBuffer>,
    ty: &HiveType,
) -> Result<ArrayRef> {
    let broken_map = || FormatError::internal("map type has no entries");
    let DataType::Map(entries, sorted) = ty.to_arrow() else { return Err(broken_map()) };
    let DataType::Struct(fields) = entries.data_type() else { return Err(broken_map()) };
    let pairs = StructArray::try_new(fields.clone(), pair, None).map_err(broken)?;
    let made = MapArray::try_new(entries, offsets, pairs, nulls, sorted);
    Ok(Arc::new(made.map_err(broken)?))
}

fn broken(e: ArrowError) -> FormatError {
    FormatError::data("nested values are inconsistent").with_source(e)
}

fn cast(array: &ArrayRef, ty: &DataType) -> Result<ArrayRef> {
    let options = CastOptions { safe: true, ..CastOptions::default() };
    cast_with_options(array, ty, &options)
        .map_err(|e| FormatError::schema("cannot convert the column").with_source(e))
}

fn primitive(array: &ArrayRef, ty: &HiveType, rules: &FitRules) -> Result<Option<ArrayRef>> {
    use DataType as D;
    let wanted = ty.to_arrow();
    let from = array.data_type();
    Ok(Some(match (from, ty) {
        (D::Date32, HiveType::Date) if rules.dates == Calendar::Proleptic => Arc::clone(array),
        (D::Date32, HiveType::Date) => days(array, rules.dates),
        (D::Date32, HiveType::Timestamp | HiveType::String | HiveType::Varchar(_)) => {
            let array = days(array, rules.dates);
            text(&cast(&array, &wanted)?, ty, rules)
        }
        (D::Timestamp(unit, zone), _) => {
            return timestamp(array, (*unit, zone.as_deref()), ty, rules);
        }
        (D::Utf8, HiveType::String) => Arc::clone(array),
        (D::Utf8 | D::LargeUtf8 | D::Utf8View, _) if wanted == D::Utf8 => {
            text(&cast(array, &D::Utf8)?, ty, rules)
        }
        (D::Binary | D::LargeBinary | D::BinaryView | D::FixedSizeBinary(_), _)
            if wanted == D::Utf8 =>
        {
            text(&lossy(&cast(array, &D::Binary)?)?, ty, rules)
        }
        (D::Utf8 | D::LargeUtf8 | D::Binary | D::FixedSizeBinary(_), HiveType::Binary) => {
            cast(array, &D::Binary)?
        }
        (D::Boolean, HiveType::Boolean) => Arc::clone(array),
        (D::Boolean, _) if wanted == D::Utf8 => text(&cast(array, &wanted)?, ty, rules),
        (D::Interval(_), _) if *from == wanted => Arc::clone(array),
        (from, _) if from.is_numeric() && *from == wanted => Arc::clone(array),
        (D::Decimal64(digits, of_file), HiveType::Decimal { precision, scale })
            if digits <= precision && *of_file == scale.cast_signed() =>
        {
            let wide = array.as_primitive::<Decimal64Type>();
            let wide: Decimal128Array = wide.unary::<_, Decimal128Type>(i128::from);
            Arc::new(wide.with_data_type(wanted))
        }
        (from, _) if from.is_numeric() && wanted.is_numeric() => cast(array, &wanted)?,
        (from, _) if from.is_numeric() && wanted == D::Utf8 => {
            text(&cast(array, &wanted)?, ty, rules)
        }
        (D::Time32(_) | D::Time64(_), HiveType::Int | HiveType::BigInt) => cast(array, &wanted)?,
        _ => return Ok(None),
    }))
}

fn days(array: &ArrayRef, calendar: Calendar) -> ArrayRef {
    if calendar == Calendar::Proleptic {
        return Arc::clone(array);
    }
    let days: &PrimitiveArray<Date32Type> = array.as_primitive();
    Arc::new(days.unary::<_, Date32Type>(|day| calendar.to_proleptic(day)))
}

fn timestamp(
    array: &ArrayRef,
    (unit, zone): (TimeUnit, Option<&str>),
    ty: &HiveType,
    rules: &FitRules,
) -> Result<Option<ArrayRef>> {
    let micros =
        if unit == TimeUnit::Microsecond { Arc::clone(array) } else { in_micros(array, unit)? };
    let micros = micros.as_primitive::<TimestampMicrosecondType>();
    let local = |array: &TimestampMicrosecondArray, f: &dyn Fn(i64) -> i64| {
        let moved: TimestampMicrosecondArray = array.unary(f);
        moved.with_timezone_opt::<Arc<str>>(None)
    };
    let plain = || micros.clone().with_timezone_opt::<Arc<str>>(None);
    let wall = |rules: &FitRules| match zone {
        Some(WRITER_ZONE) => {
            let WriterClock { zone, rules: of_zone, calendar, of_era } = rules.writer;
            if zone == Tz::UTC && calendar == Calendar::Proleptic {
                return plain();
            }
            if of_era {
                return local(micros, &|t| instant_to_wall(year_of_era(t), zone, of_zone));
            }
            // Hive 4 changes the calendar of the point in time, the older ones that of the clock.
            if of_zone == ZoneRules::Full {
                local(micros, &|t| instant_to_wall(calendar.micros_to_proleptic(t), zone, of_zone))
            } else {
                local(micros, &|t| calendar.micros_to_proleptic(instant_to_wall(t, zone, of_zone)))
            }
        }
        Some(_) if rules.zone != Tz::UTC || rules.walls != Calendar::Proleptic => {
            local(micros, &|t| {
                let wall = instant_to_wall(t, rules.zone, rules.zone_rules);
                rules.walls.micros_to_proleptic(wall)
            })
        }
        None if rules.walls != Calendar::Proleptic => {
            local(micros, &|t| rules.walls.micros_to_proleptic(t))
        }
        _ => plain(),
    };
    Ok(Some(match ty {
        HiveType::Timestamp => Arc::new(wall(rules)),
        HiveType::TimestampLocalTz => {
            Arc::new(micros.clone().with_timezone_opt(Some(Arc::<str>::from("UTC"))))
        }
        HiveType::Date => cast(&(Arc::new(wall(rules)) as ArrayRef), &DataType::Date32)?,
        HiveType::String | HiveType::Varchar(_) | HiveType::Char(_) => {
            let printed = print_timestamps(&wall(rules));
            text(&printed, ty, rules)
        }
        HiveType::BigInt => cast(array, &DataType::Int64)?,
        _ => return Ok(None),
    }))
}

/// Brings timestamps of another unit to microseconds; digits beyond are cut off towards the past.
fn in_micros(array: &ArrayRef, unit: TimeUnit) -> Result<ArrayRef> {
    let raw = cast(array, &DataType::Int64)?;
    let raw = raw.as_primitive::<arrow::datatypes::Int64Type>();
    let made: TimestampMicrosecondArray = match unit {
        TimeUnit::Nanosecond => raw.unary(|t| t.div_euclid(1000)),
        TimeUnit::Microsecond => raw.unary(|t| t),
        TimeUnit::Millisecond => raw.unary_opt(|t| t.checked_mul(1000)),
        TimeUnit::Second => raw.unary_opt(|t| t.checked_mul(1_000_000)),
    };
    Ok(Arc::new(made))
}

fn print_timestamps(array: &TimestampMicrosecondArray) -> ArrayRef {
    let mut out = StringBuilder::with_capacity(array.len(), array.len() * 20);
    let mut scratch = String::new();
    for value in array {
        match value {
            Some(micros) => {
                scratch.clear();
                crate::text::print::timestamp(micros, &mut scratch);
                out.append_value(&scratch);
            }
            None => out.append_null(),
        }
    }
    Arc::new(out.finish())
}

/// Makes text of bytes; what is no UTF-8 becomes the replacement character, as in Java.
fn lossy(array: &ArrayRef) -> Result<ArrayRef> {
    let bytes = array.as_binary::<i32>();
    if simdutf8::basic::from_utf8(bytes.value_data()).is_ok() {
        let strict = CastOptions { safe: false, ..CastOptions::default() };
        if let Ok(text) = cast_with_options(array, &DataType::Utf8, &strict) {
            return Ok(text);
        }
    }
    let mut out = StringBuilder::with_capacity(bytes.len(), bytes.value_data().len());
    for value in bytes {
        match value {
            Some(value) => out.append_value(String::from_utf8_lossy(value)),
            None => out.append_null(),
        }
    }
    Ok(Arc::new(out.finish()))
}

/// Cuts a `varchar` and fills a `char` up; other text is passed on.
pub(crate) fn text(array: &ArrayRef, ty: &HiveType, rules: &FitRules) -> ArrayRef {
    let (length, fill) = match ty {
        HiveType::Char(n) if rules.pad => (*n as usize, true),
        HiveType::Varchar(n) => (*n as usize, false),
        _ => return Arc::clone(array),
    };
    let Some(texts) = array.as_string_opt::<i32>() else { return Arc::clone(array) };
    let short = |text: &str| text.len() <= length || text.chars().nth(length).is_none();
    if !fill && texts.iter().flatten().all(short) {
        return Arc::clone(array);
    }
    let mut out = StringBuilder::with_capacity(texts.len(), texts.value_data().len());
    let mut scratch = String::new();
    for value in texts {
        match value {
            Some(value) => {
                scratch.clear();
                push_fitted(value, length, fill, &mut scratch);
                out.append_value(&scratch);
            }
            None => out.append_null(),
        }
    }
    Arc::new(out.finish())
}

/// Appends at most `length` characters of a text, and spaces up to it where wanted.
///
/// Source: Hive `HiveBaseChar.enforceMaxLength` and `getPaddedValue`: characters are code points.
pub(crate) fn push_fitted(value: &str, length: usize, fill: bool, out: &mut String) {
    let (end, count) = match value.char_indices().nth(length) {
        Some((end, _)) => (end, length),
        None => (value.len(), if fill { value.chars().count() } else { length }),
    };
    out.push_str(&value[..end]);
    if fill {
        out.extend(std::iter::repeat_n(' ', length - count));
    }
}

#[cfg(test)]
mod tests {
    use arrow::array::{Date32Array, Int32Array, Int64Array, StringArray};

    use super::*;

    fn fitted(array: impl Array + 'static, ty: &str) -> Result<ArrayRef> {
        fit(&(Arc::new(array) as ArrayRef), &ty.parse().unwrap(), &FitRules::default())
    }

    #[test]
    fn numbers_widen_and_overflow_to_null() {
        let wide = fitted(Int32Array::from(vec![Some(1), None]), "bigint").unwrap();
        assert_eq!(wide.as_ref(), &Int64Array::from(vec![Some(1), None]) as &dyn Array);
        let narrow = fitted(Int64Array::from(vec![1 << 40, 7]), "int").unwrap();
        assert_eq!(narrow.as_ref(), &Int32Array::from(vec![None, Some(7)]) as &dyn Array);
        assert!(fitted(Int32Array::from(vec![1]), "array<int>").is_err());
        assert!(fitted(Int32Array::from(vec![1]), "date").is_err());
    }

    #[test]
    fn characters_are_counted_not_bytes() {
        let texts = || StringArray::from(vec![Some("日本"), Some("abcdef"), None]);
        let cut = fitted(texts(), "char(3)").unwrap();
        let expected = StringArray::from(vec![Some("日本 "), Some("abc"), None]);
        assert_eq!(cut.as_ref(), &expected as &dyn Array);
        let cut = fitted(texts(), "varchar(1)").unwrap();
        let expected = StringArray::from(vec![Some("日"), Some("a"), None]);
        assert_eq!(cut.as_ref(), &expected as &dyn Array);
    }

    #[test]
    fn days_keep_their_names() {
        let rules = FitRules { dates: Calendar::Hybrid, ..FitRules::default() };
        let days: ArrayRef = Arc::new(Date32Array::from(vec![-141_428, 0]));
        let fitted = fit(&days, &HiveType::Date, &rules).unwrap();
        assert_eq!(fitted.as_ref(), &Date32Array::from(vec![-141_438, 0]) as &dyn Array);
        let text = fit(&days, &HiveType::String, &rules).unwrap();
        assert_eq!(text.as_string::<i32>().value(0), "1582-10-04");
    }
}
