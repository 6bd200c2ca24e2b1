//! Conditions on columns, which tell a reader what it may leave out.

use std::cmp::Ordering;
use std::fmt;
use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, Datum, RecordBatch, Scalar as ArrowScalar, StringArray,
};
use arrow::array::{BinaryArray, Date32Array, Decimal128Array, Float64Array};
use arrow::array::{Int64Array, TimestampMicrosecondArray};
use arrow::compute::kernels::{boolean, cmp};
use arrow::compute::{cast, is_not_null, is_null};
use arrow::datatypes::{DataType, Float64Type, TimeUnit};
use arrow::error::ArrowError;

use crate::{FormatError, Result};

/// Holds one value of a condition or of statistics.
#[derive(Clone, Debug, PartialEq)]
pub enum Scalar {
    /// A boolean.
    Bool(bool),
    /// An integer, or a decimal: the digits and how many of them stand after the point.
    Number(i128, u8),
    /// A floating point number.
    Float(f64),
    /// Text; of a `char` without the spaces that fill it up.
    Text(Vec<u8>),
    /// Bytes.
    Binary(Vec<u8>),
    /// Days since 1970-01-01.
    Date(i32),
    /// Microseconds since 1970-01-01, wall clock or UTC as the column has it.
    Timestamp(i64),
}

impl Scalar {
    /// Compares two values of one kind; numbers compare among each other.
    pub fn compare(&self, other: &Self) -> Option<Ordering> {
        Some(match (self, other) {
            (Self::Bool(a), Self::Bool(b)) => a.cmp(b),
            (Self::Number(a, x), Self::Number(b, y)) => compare_decimals((*a, *x), (*b, *y)),
            (Self::Text(a) | Self::Binary(a), Self::Text(b) | Self::Binary(b)) => a.cmp(b),
            (Self::Date(a), Self::Date(b)) => a.cmp(b),
            (Self::Timestamp(a), Self::Timestamp(b)) => a.cmp(b),
            (Self::Date(a), Self::Timestamp(b)) => (i64::from(*a) * DAY).cmp(b),
            (Self::Timestamp(a), Self::Date(b)) => a.cmp(&(i64::from(*b) * DAY)),
            (Self::Float(_) | Self::Number(..), Self::Float(_) | Self::Number(..)) => {
                return self.to_f64()?.partial_cmp(&other.to_f64()?);
            }
            _ => return None,
        })
    }

    fn to_f64(&self) -> Option<f64> {
        match self {
            Self::Number(digits, scale) => Some(*digits as f64 / 10f64.powi(i32::from(*scale))),
            Self::Float(value) => Some(*value),
            _ => None,
        }
    }
}

const DAY: i64 = crate::calendar::DAY_MICROS;

fn compare_decimals((a, x): (i128, u8), (b, y): (i128, u8)) -> Ordering {
    let scale = x.max(y);
    let scaled =
        |digits: i128, from: u8| digits.checked_mul(10i128.checked_pow(u32::from(scale - from))?);
    match (scaled(a, x), scaled(b, y)) {
        (Some(a), Some(b)) => a.cmp(&b),
        // One of them is beyond 38 digits of the finer scale: the size decides.
        _ => {
            let float = |digits: i128, scale: u8| digits as f64 / 10f64.powi(i32::from(scale));
            float(a, x).total_cmp(&float(b, y))
        }
    }
}

/// Prints the value as it would be typed in a condition.
impl fmt::Display for Scalar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bool(value) => write!(f, "{value}"),
            Self::Number(digits, scale) => f.write_str(&decimal_text(*digits, *scale)),
            Self::Float(value) => write!(f, "{value}"),
            Self::Text(text) => write!(f, "'{}'", String::from_utf8_lossy(text)),
            Self::Binary(bytes) => bytes.iter().try_for_each(|byte| write!(f, "{byte:02x}")),
            Self::Date(day) => match crate::calendar::date_of_day(*day) {
                Some(date) => write!(f, "{date}"),
                None => write!(f, "day {day}"),
            },
            Self::Timestamp(micros) => match chrono::DateTime::from_timestamp_micros(*micros) {
                Some(time) => write!(f, "{}", time.naive_utc()),
                None => write!(f, "microsecond {micros}"),
            },
        }
    }
}

/// Gives the values of an array, as far as they are of a kind that conditions know.
pub(crate) fn scalars(array: &ArrayRef) -> Vec<Option<Scalar>> {
    use arrow::datatypes as t;
    fn each<T: t::ArrowPrimitiveType>(
        array: &ArrayRef,
        make: impl Fn(T::Native) -> Scalar,
    ) -> Vec<Option<Scalar>> {
        array.as_primitive::<T>().iter().map(|value| value.map(&make)).collect()
    }
    match array.data_type() {
        DataType::Boolean => array.as_boolean().iter().map(|v| v.map(Scalar::Bool)).collect(),
        DataType::Int8 => each::<t::Int8Type>(array, |v| Scalar::Number(v.into(), 0)),
        DataType::Int16 => each::<t::Int16Type>(array, |v| Scalar::Number(v.into(), 0)),
        DataType::Int32 => each::<t::Int32Type>(array, |v| Scalar::Number(v.into(), 0)),
        DataType::Int64 => each::<t::Int64Type>(array, |v| Scalar::Number(v.into(), 0)),
        DataType::Float32 => each::<t::Float32Type>(array, |v| Scalar::Float(v.into())),
        DataType::Float64 => each::<Float64Type>(array, Scalar::Float),
        DataType::Decimal128(_, scale) => {
            let scale = u8::try_from(*scale).unwrap_or(0);
            each::<t::Decimal128Type>(array, |v| Scalar::Number(v, scale))
        }
        DataType::Date32 => each::<t::Date32Type>(array, Scalar::Date),
        DataType::Timestamp(TimeUnit::Microsecond, _) => {
            each::<t::TimestampMicrosecondType>(array, Scalar::Timestamp)
        }
        DataType::Utf8 => {
            let text = |v: &str| Scalar::Text(v.as_bytes().to_vec());
            array.as_string::<i32>().iter().map(|v| v.map(text)).collect()
        }
        DataType::Binary => {
            let bytes = |v: &[u8]| Scalar::Binary(v.to_vec());
            array.as_binary::<i32>().iter().map(|v| v.map(bytes)).collect()
        }
        _ => vec![None; array.len()],
    }
}

/// Prints a decimal with all digits of its scale.
pub(crate) fn decimal_text(digits: i128, scale: u8) -> String {
    let scale = usize::from(scale);
    let mut text = format!("{:0>width$}", digits.unsigned_abs(), width = scale + 1);
    if scale > 0 {
        text.insert(text.len() - scale, '.');
    }
    if digits < 0 {
        text.insert(0, '-');
    }
    text
}

/// Names a comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compare {
    /// `=`
    Equal,
    /// `<>`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
}

/// Says which rows are wanted; columns are named by dotted paths.
#[derive(Clone, Debug, PartialEq)]
pub enum Predicate {
    /// A column against a value; NULL never matches.
    Compare(String, Compare, Scalar),
    /// A column against a list of values.
    In(String, Vec<Scalar>),
    /// The column is NULL.
    IsNull(String),
    /// The column is not NULL.
    IsNotNull(String),
    /// All of them.
    And(Vec<Predicate>),
    /// One of them.
    Or(Vec<Predicate>),
}

/// Says what is known about the values of a column in a piece of a file.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ColumnBounds {
    /// No value is less, if known.
    pub low: Option<Scalar>,
    /// No value is greater, if known.
    pub high: Option<Scalar>,
    /// How many are NULL, if known.
    pub nulls: Option<u64>,
    /// How many there are with the NULLs.
    pub rows: u64,
}

impl Predicate {
    /// Lists the columns' paths, each once, in the order of the condition.
    pub fn columns(&self) -> Vec<&str> {
        let mut all = Vec::new();
        self.collect(&mut all);
        all
    }

    fn collect<'a>(&'a self, all: &mut Vec<&'a str>) {
        match self {
            Self::Compare(column, ..)
            | Self::In(column, _)
            | Self::IsNull(column)
            | Self::IsNotNull(column) => {
                if !all.contains(&column.as_str()) {
                    all.push(column);
                }
            }
            Self::And(parts) | Self::Or(parts) => parts.iter().for_each(|p| p.collect(all)),
        }
    }

    /// Tells whether a piece of a file may have a row that matches, from the bounds of its columns.
    pub fn may_match(&self, bounds: &dyn Fn(&str) -> Option<ColumnBounds>) -> bool {
        match self {
            Self::And(parts) => parts.iter().all(|part| part.may_match(bounds)),
            Self::Or(parts) => parts.iter().any(|part| part.may_match(bounds)),
            Self::Compare(column, op, value) => {
                bounds(column).is_none_or(|bounds| bounds.may_hold(*op, value))
            }
            Self::In(column, values) => bounds(column)
                .is_none_or(|b| values.iter().any(|value| b.may_hold(Compare::Equal, value))),
            Self::IsNull(column) => bounds(column).is_none_or(|bounds| bounds.nulls != Some(0)),
            Self::IsNotNull(column) => {
                bounds(column).is_none_or(|bounds| bounds.nulls.is_none_or(|n| n < bounds.rows))
            }
        }
    }

    /// Tells whether a piece may match, from a test whether a column may have a value at all.
    ///
    /// What the test cannot tell, comparisons of order among others, may match.
    pub fn may_have(&self, has: &mut dyn FnMut(&str, &Scalar) -> bool) -> bool {
        match self {
            Self::And(parts) => parts.iter().all(|part| part.may_have(has)),
            Self::Or(parts) => parts.iter().any(|part| part.may_have(has)),
            Self::Compare(column, Compare::Equal, value) => has(column, value),
            Self::In(column, values) => values.iter().any(|value| has(column, value)),
            _ => true,
        }
    }

    /// Tells for every row of a batch whether it matches.
    ///
    /// # Errors
    /// [`ErrorKind::Schema`](crate::ErrorKind::Schema) if the batch lacks a column or its values do
    /// not compare with the condition's.
    pub fn evaluate(&self, batch: &RecordBatch) -> Result<BooleanArray> {
        let failed = |e: ArrowError| FormatError::schema("cannot compare").with_source(e);
        match self {
            Self::And(parts) => {
                let all = BooleanArray::from(vec![true; batch.num_rows()]);
                parts.iter().try_fold(all, |all, part| {
                    boolean::and_kleene(&all, &part.evaluate(batch)?).map_err(failed)
                })
            }
            Self::Or(parts) => {
                let none = BooleanArray::from(vec![false; batch.num_rows()]);
                parts.iter().try_fold(none, |any, part| {
                    boolean::or_kleene(&any, &part.evaluate(batch)?).map_err(failed)
                })
            }
            Self::Compare(column, op, value) => compare(&find(batch, column)?, *op, value),
            Self::In(column, values) => {
                let column = find(batch, column)?;
                let none = BooleanArray::from(vec![false; batch.num_rows()]);
                values.iter().try_fold(none, |any, value| {
                    let equal = compare(&column, Compare::Equal, value)?;
                    boolean::or_kleene(&any, &equal).map_err(failed)
                })
            }
            Self::IsNull(column) => is_null(&find(batch, column)?).map_err(failed),
            Self::IsNotNull(column) => is_not_null(&find(batch, column)?).map_err(failed),
        }
    }
}

impl ColumnBounds {
    fn may_hold(&self, op: Compare, value: &Scalar) -> bool {
        if self.nulls.is_some_and(|nulls| nulls >= self.rows) {
            return false;
        }
        let low = self.low.as_ref().and_then(|low| low.compare(value));
        let high = self.high.as_ref().and_then(|high| high.compare(value));
        match op {
            Compare::Equal => low.is_none_or(Ordering::is_le) && high.is_none_or(Ordering::is_ge),
            Compare::NotEqual => !(low == Some(Ordering::Equal) && high == Some(Ordering::Equal)),
            Compare::Less => low.is_none_or(Ordering::is_lt),
            Compare::LessOrEqual => low.is_none_or(Ordering::is_le),
            Compare::Greater => high.is_none_or(Ordering::is_gt),
            Compare::GreaterOrEqual => high.is_none_or(Ordering::is_ge),
        }
    }
}

/// Finds a column by its dotted path, names in any case.
fn find(batch: &RecordBatch, path: &str) -> Result<ArrayRef> {
    let missing = || FormatError::schema("no such column").with("column", path);
    let schema = batch.schema();
    let named = |name: &str| {
        schema.fields().iter().position(|field| field.name().eq_ignore_ascii_case(name))
    };
    if let Some(at) = named(path) {
        return Ok(Arc::clone(batch.column(at)));
    }
    let mut parts = path.split('.');
    let first = parts.next().and_then(named).ok_or_else(missing)?;
    parts.try_fold(Arc::clone(batch.column(first)), |array, part| {
        let array: &arrow::array::StructArray =
            array.as_any().downcast_ref().ok_or_else(missing)?;
        let at = array.fields().iter().position(|f| f.name().eq_ignore_ascii_case(part));
        let child = array.column(at.ok_or_else(missing)?);
        let nulls = arrow::buffer::NullBuffer::union(array.nulls(), child.nulls());
        let data = child.to_data().into_builder().nulls(nulls);
        let data = data.build().map_err(|e| FormatError::internal("bad nulls").with_source(e))?;
        Ok(arrow::array::make_array(data))
    })
}

fn compare(column: &ArrayRef, op: Compare, value: &Scalar) -> Result<BooleanArray> {
    let failed = |e: ArrowError| {
        FormatError::schema("the column does not compare with the value")
            .with("type", column.data_type())
            .with("value", value)
            .with_source(e)
    };
    if column.data_type().is_floating() {
        return compare_floats(column, op, value);
    }
    let (array, scalar) = alike(column, value).map_err(failed)?;
    let scalar: &dyn Datum = &ArrowScalar::new(scalar);
    match op {
        Compare::Equal => cmp::eq(&array, scalar),
        Compare::NotEqual => cmp::neq(&array, scalar),
        Compare::Less => cmp::lt(&array, scalar),
        Compare::LessOrEqual => cmp::lt_eq(&array, scalar),
        Compare::Greater => cmp::gt(&array, scalar),
        Compare::GreaterOrEqual => cmp::gt_eq(&array, scalar),
    }
    .map_err(failed)
}

/// Compares as Java does: zeros of both signs are equal. NaN may always match.
fn compare_floats(column: &ArrayRef, op: Compare, value: &Scalar) -> Result<BooleanArray> {
    let failed =
        || FormatError::schema("numbers do not compare with the value").with("value", value);
    let wide = cast(column, &DataType::Float64).map_err(|e| failed().with_source(e))?;
    let value = value.to_f64().ok_or_else(failed)?;
    let holds = |x: f64| match op {
        Compare::Equal => x == value,
        Compare::NotEqual => x != value,
        Compare::Less => x < value,
        Compare::LessOrEqual => x <= value,
        Compare::Greater => x > value,
        Compare::GreaterOrEqual => x >= value,
    };
    let wide = wide.as_primitive::<Float64Type>();
    Ok(BooleanArray::from_unary(wide, |x| x.is_nan() || holds(x)))
}

/// Brings a column and a value to one type that holds both without loss.
fn alike(column: &ArrayRef, value: &Scalar) -> Result<(ArrayRef, ArrayRef), ArrowError> {
    let ty = column.data_type();
    let (wide, scalar): (DataType, ArrayRef) = match value {
        Scalar::Bool(value) => (DataType::Boolean, Arc::new(BooleanArray::from(vec![*value]))),
        Scalar::Number(digits, 0) if ty.is_signed_integer() => match i64::try_from(*digits) {
            Ok(value) => {
                let scalar: ArrayRef = Arc::new(Int64Array::from(vec![value]));
                // In the column's own type if it holds the value.
                let narrow = cast(&scalar, ty)?;
                if narrow.is_null(0) { (DataType::Int64, scalar) } else { (ty.clone(), narrow) }
            }
            Err(_) => (DataType::Decimal128(38, 0), decimal(*digits, 38, 0)?),
        },
        Scalar::Number(digits, scale) if !ty.is_floating() => {
            let column_scale = match ty {
                DataType::Decimal128(_, s) => u8::try_from(*s).unwrap_or(0),
                _ => 0,
            };
            let common = column_scale.max(*scale);
            let factor = 10i128.checked_pow(u32::from(common - scale));
            match factor.and_then(|f| digits.checked_mul(f)) {
                Some(digits)
                    if common == column_scale && matches!(ty, DataType::Decimal128(..)) =>
                {
                    let array = Decimal128Array::from(vec![digits]);
                    (ty.clone(), Arc::new(array.with_data_type(ty.clone())))
                }
                Some(digits) => {
                    let wide = DataType::Decimal128(38, common.cast_signed());
                    (wide, decimal(digits, 38, common)?)
                }
                None => float(value),
            }
        }
        Scalar::Number(..) | Scalar::Float(_) => float(value),
        Scalar::Text(text) => {
            let text = String::from_utf8_lossy(text).into_owned();
            (DataType::Utf8, Arc::new(StringArray::from(vec![text])))
        }
        Scalar::Binary(bytes) => {
            (DataType::Binary, Arc::new(BinaryArray::from(vec![bytes.as_slice()])))
        }
        Scalar::Date(day) => (DataType::Date32, Arc::new(Date32Array::from(vec![*day]))),
        Scalar::Timestamp(micros) => {
            let wide = match ty {
                DataType::Timestamp(..) => ty.clone(),
                _ => DataType::Timestamp(TimeUnit::Microsecond, None),
            };
            let array =
                TimestampMicrosecondArray::from(vec![*micros]).with_data_type(match &wide {
                    DataType::Timestamp(_, zone) => {
                        DataType::Timestamp(TimeUnit::Microsecond, zone.clone())
                    }
                    _ => wide.clone(),
                });
            let scalar: ArrayRef = Arc::new(array);
            (wide.clone(), cast(&scalar, &wide)?)
        }
    };
    let array = if *ty == wide { Arc::clone(column) } else { cast(column, &wide)? };
    Ok((array, scalar))
}

fn float(value: &Scalar) -> (DataType, ArrayRef) {
    let value = value.to_f64().unwrap_or(f64::NAN);
    (DataType::Float64, Arc::new(Float64Array::from(vec![value])))
}

fn decimal(digits: i128, precision: u8, scale: u8) -> Result<ArrayRef, ArrowError> {
    let array = Decimal128Array::from(vec![digits]);
    Ok(Arc::new(array.with_precision_and_scale(precision, scale.cast_signed())?))
}

#[cfg(test)]
mod tests {
    use arrow::array::Int32Array;
    use arrow::datatypes::{Field, Schema};

    use super::*;

    fn number(n: i128) -> Scalar {
        Scalar::Number(n, 0)
    }

    #[test]
    fn bounds_rule_pieces_out() {
        let bounds = |_: &str| {
            Some(ColumnBounds {
                low: Some(number(10)),
                high: Some(number(20)),
                nulls: Some(0),
                rows: 5,
            })
        };
        let check = |op, value| Predicate::Compare("x".into(), op, value).may_match(&bounds);
        assert!(!check(Compare::Equal, number(9)) && check(Compare::Equal, number(10)));
        assert!(!check(Compare::Less, number(10)) && check(Compare::LessOrEqual, number(10)));
        assert!(!check(Compare::Greater, Scalar::Number(2000, 2)));
        assert!(check(Compare::Greater, Scalar::Number(1999, 2)));
        assert!(!check(Compare::Greater, Scalar::Float(20.5)));
        assert!(!Predicate::IsNull("x".into()).may_match(&bounds));
        assert!(
            Predicate::Or(vec![
                Predicate::IsNull("x".into()),
                Predicate::In("x".into(), vec![number(1), number(15)]),
            ])
            .may_match(&bounds)
        );
    }

    #[test]
    fn rows_are_compared_without_loss() {
        let schema = Schema::new(vec![Field::new("x", DataType::Int32, true)]);
        let x = Int32Array::from(vec![Some(5), None, Some(6)]);
        let batch = RecordBatch::try_new(Arc::new(schema), vec![Arc::new(x)]).unwrap();
        let check = |op, value| {
            let mask = Predicate::Compare("X".into(), op, value).evaluate(&batch).unwrap();
            mask.iter().map(|m| m == Some(true)).collect::<Vec<_>>()
        };
        assert_eq!(check(Compare::Greater, Scalar::Number(55, 1)), [false, false, true]);
        assert_eq!(check(Compare::Less, number(1 << 40)), [true, false, true]);
        assert_eq!(check(Compare::Equal, number(5)), [true, false, false]);
        assert!(Predicate::IsNull("y".into()).evaluate(&batch).is_err());
    }

    #[test]
    fn decimals_print_all_digits() {
        assert_eq!(decimal_text(-5, 2), "-0.05");
        assert_eq!(decimal_text(12345, 2), "123.45");
        assert_eq!(decimal_text(7, 0), "7");
    }
}
