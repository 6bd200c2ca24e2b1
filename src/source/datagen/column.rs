//! One generated column: its options checked against its type, then its values.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::ArrayRef;
use arrow::buffer::NullBuffer;
use arrow::datatypes::{DataType, Field, TimeUnit};

use super::random::{Cell, Key};
use super::values::{Scale, Values};
use super::{FieldKind, FieldOptions, Length, Number};
use crate::error::{Error, Result};

/// Length of random text and bytes, as in Flink.
const TEXT_LENGTH: u32 = 100;
/// Length of random collections, as in Flink.
const COLLECTION_LENGTH: u32 = 3;

/// Name of a column or of a part of one, as in the options.
#[derive(Debug, Clone)]
pub(super) struct Path {
    name: String,
    /// Parts of collections are not rows, so they cannot be numbered one after the other.
    in_collection: bool,
}

/// Makes the values of a column or of a part of one.
#[derive(Debug)]
pub(super) struct Column {
    nulls: Option<(Key, u64)>,
    values: Values,
}

impl Path {
    pub(super) fn new(name: &str) -> Self {
        Self { name: name.to_lowercase(), in_collection: false }
    }

    fn part(&self, name: &str) -> Self {
        let name = format!("{}.{}", self.name, name.to_lowercase());
        Self { name, in_collection: self.in_collection }
    }

    fn item(&self, name: &str) -> Self {
        Self { in_collection: true, ..self.part(name) }
    }

    fn wrong(&self, option: &str, what: &str) -> Error {
        Error::config(what).with("option", format!("fields.{}.{option}", self.name))
    }
}

impl Column {
    /// Makes the generator of a field; takes its options and those of its parts out of `fields`.
    pub(super) fn new(
        field: &Field,
        path: &Path,
        seed: u64,
        fields: &mut BTreeMap<String, FieldOptions>,
    ) -> Result<Self> {
        let options = fields.remove(&path.name).unwrap_or_default();
        let nulls = null_share(field, path, &options)?
            .map(|share| (Key::new(seed, &format!("{}\0null", path.name)), share));
        let key = Key::new(seed, &path.name);
        let values = match (field.data_type(), options.kind) {
            (_, FieldKind::Sequence { start, end }) => {
                sequence(field.data_type(), path, (start, end))?
            }
            (DataType::List(item), _) => {
                let length = options.length.unwrap_or(Length::Fixed(COLLECTION_LENGTH));
                let item_column = Self::new(item, &path.item("element"), seed, fields)?;
                Values::List(key, length, Arc::clone(item), Box::new(item_column))
            }
            (DataType::Map(entries, _), _) => {
                let DataType::Struct(parts) = entries.data_type() else {
                    return Err(Error::internal("a map's entries are no struct"));
                };
                let [map_key, map_value] = parts.as_ref() else {
                    return Err(Error::internal("a map's entries are no pairs"));
                };
                let length = options.length.unwrap_or(Length::Fixed(COLLECTION_LENGTH));
                let columns = Box::new([
                    Self::new(map_key, &path.item("key"), seed, fields)?,
                    Self::new(map_value, &path.item("value"), seed, fields)?,
                ]);
                Values::Map(key, length, Arc::clone(entries), columns)
            }
            (DataType::Struct(parts), _) => {
                let columns = parts
                    .iter()
                    .map(|part| Self::new(part, &path.part(part.name()), seed, fields))
                    .collect::<Result<_>>()?;
                Values::Struct(parts.clone(), columns)
            }
            (data_type, _) => random(data_type, path, key, &options)?,
        };
        Ok(Self { nulls, values })
    }

    /// Makes the values of some cells.
    pub(super) fn make(&self, cells: &[Cell]) -> Result<ArrayRef> {
        let nulls = self.nulls.map(|(key, share)| {
            cells.iter().map(|cell| key.bits(cell) >= share).collect::<NullBuffer>()
        });
        self.values.make(cells, nulls)
    }

    /// Gives the bytes of a value at most, about.
    pub(super) fn width(&self) -> u64 {
        self.values.width()
    }
}

/// Gives the share of NULL, scaled to all numbers of 64 bits.
fn null_share(field: &Field, path: &Path, options: &FieldOptions) -> Result<Option<u64>> {
    let rate = options.null_rate;
    if !(0.0..=1.0).contains(&rate) {
        return Err(path.wrong("null-rate", "share of NULL is not from 0 to 1"));
    }
    if rate == 0.0 {
        return Ok(None);
    }
    if !field.is_nullable() {
        return Err(path.wrong("null-rate", "column takes no NULL"));
    }
    // A float becomes the largest number instead of wrapping.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "see above")]
    let share = (rate * 18_446_744_073_709_551_616.0) as u64;
    Ok(Some(share))
}

/// Source: Flink `SequenceGeneratorVisitor`.
fn sequence(data_type: &DataType, path: &Path, (start, end): (i64, i64)) -> Result<Values> {
    if path.in_collection {
        return Err(path.wrong("kind", "an element of a collection cannot be a sequence"));
    }
    if start > end {
        return Err(path.wrong("start", "start of the sequence is above its end"));
    }
    let (min, max) = match data_type {
        DataType::Int8 => (i64::from(i8::MIN), i64::from(i8::MAX)),
        DataType::Int16 => (i64::from(i16::MIN), i64::from(i16::MAX)),
        DataType::Int32 => (i64::from(i32::MIN), i64::from(i32::MAX)),
        DataType::Int64 | DataType::Float32 | DataType::Float64 | DataType::Utf8 => {
            (i64::MIN, i64::MAX)
        }
        DataType::Decimal128(precision, scale) => {
            let scale =
                Scale::new(*precision, *scale).ok_or_else(|| unsupported(path, data_type))?;
            let whole = scale.largest() / scale.one();
            let most = i64::try_from(whole).unwrap_or(i64::MAX);
            (-most, most)
        }
        _ => return Err(path.wrong("kind", "type of the column has no sequence")),
    };
    if start < min || end > max {
        let option = if start < min { "start" } else { "end" };
        return Err(path.wrong(option, "sequence goes beyond the column's type"));
    }
    Ok(Values::Sequence(data_type.clone(), start))
}

/// Source: Flink `RandomGeneratorVisitor`.
fn random(data_type: &DataType, path: &Path, key: Key, options: &FieldOptions) -> Result<Values> {
    let whole = |min: i64, max: i64| {
        let (least, most) = (bound(path, "min", options.min)?, bound(path, "max", options.max)?);
        let (least, most) = (least.unwrap_or(min), most.unwrap_or(max));
        if least < min || most > max {
            let option = if least < min { "min" } else { "max" };
            return Err(path.wrong(option, "bound goes beyond the column's type"));
        }
        require_order(path, &least, &most)?;
        Ok(Values::Whole(key, data_type.clone(), least, most))
    };
    let length = options.length.unwrap_or(Length::Fixed(TEXT_LENGTH));
    match data_type {
        DataType::Boolean => Ok(Values::Boolean(key)),
        DataType::Int8 => whole(i8::MIN.into(), i8::MAX.into()),
        DataType::Int16 => whole(i16::MIN.into(), i16::MAX.into()),
        DataType::Int32 => whole(i32::MIN.into(), i32::MAX.into()),
        DataType::Int64 => whole(i64::MIN, i64::MAX),
        DataType::Float32 | DataType::Float64 => {
            let largest = match data_type {
                DataType::Float32 => f64::from(f32::MAX),
                _ => f64::MAX,
            };
            let least = options.min.map_or(0.0, Number::to_f64);
            let most = options.max.map_or(largest, Number::to_f64);
            for (option, bound) in [("min", least), ("max", most)] {
                if bound.abs() > largest || bound.is_nan() {
                    return Err(path.wrong(option, "bound goes beyond the column's type"));
                }
            }
            require_order(path, &least, &most)?;
            Ok(Values::Real(key, data_type.clone(), least, most))
        }
        DataType::Decimal128(precision, scale) => {
            let scale =
                Scale::new(*precision, *scale).ok_or_else(|| unsupported(path, data_type))?;
            let number = |option, number: Option<Number>, default| match number {
                None => Ok(default),
                Some(number) => scale
                    .unscaled(number)
                    .ok_or_else(|| path.wrong(option, "bound goes beyond the column's type")),
            };
            let least = number("min", options.min, 0)?;
            let most = number("max", options.max, scale.largest())?;
            require_order(path, &least, &most)?;
            Ok(Values::Decimal(key, data_type.clone(), least, most))
        }
        DataType::Utf8 => Ok(Values::Text(key, length)),
        DataType::Binary => Ok(Values::Bytes(key, length)),
        DataType::Date32 => Ok(Values::Date),
        DataType::Timestamp(TimeUnit::Microsecond, zone) => {
            let past = u64::try_from(options.max_past.as_micros()).unwrap_or(u64::MAX);
            if i64::try_from(past).is_err() {
                return Err(path.wrong("max-past", "time is too long"));
            }
            Ok(Values::Time(key, zone.clone(), past))
        }
        DataType::Null => Ok(Values::Null),
        other => Err(unsupported(path, other)),
    }
}

fn require_order<T: PartialOrd>(path: &Path, least: &T, most: &T) -> Result<()> {
    if least <= most { Ok(()) } else { Err(path.wrong("min", "min is above max")) }
}

/// Gives a bound of whole numbers.
fn bound(path: &Path, option: &str, number: Option<Number>) -> Result<Option<i64>> {
    match number {
        None => Ok(None),
        Some(Number::Whole(number)) => Ok(Some(number)),
        Some(Number::Real(_)) => {
            Err(path.wrong(option, "bound of a whole number has a fraction or is too large"))
        }
    }
}

fn unsupported(path: &Path, data_type: &DataType) -> Error {
    Error::unsupported("no values of this type can be generated")
        .with("column", &path.name)
        .with("type", data_type)
}
