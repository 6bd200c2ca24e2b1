//! Values of partition columns as the text that names their folder.
//!
//! Rows that follow each other mostly belong to the same partition. So the text is made once for
//! each distinct value, and rows carry its number: routing compares numbers, never texts.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, ArrowPrimitiveType, AsArray, DictionaryArray, Int32Array, PrimitiveArray,
    StringArray,
};
use arrow::compute::cast;
use arrow::datatypes::{
    DataType, Date32Type, Field, FieldRef, Int8Type, Int16Type, Int32Type, Int64Type,
    TimestampMicrosecondType,
};
use datafusion_common::{Result, ScalarValue, internal_err, plan_err};
use datafusion_expr::{
    ColumnarValue, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature,
    Volatility,
};
use formats::types::HiveType;

use super::Session;
use super::cast::cast_array;
use super::civil::{Date, write_timestamp};
use super::def::external;
use super::times::{Runs, format_runs};

/// Returns the function that turns values of a partition column's type into their text.
///
/// Shape: texts stay as they are; dates, times and whole numbers become a dictionary of `Int32`
/// keys; all else plain text.
pub fn partition_text(session: Session) -> ScalarUDF {
    function(Kind::Value, session)
}

/// Returns `date_format(timestamp, constant pattern)` with a dictionary as its result.
pub fn date_format_runs(session: Session) -> ScalarUDF {
    function(Kind::Formatted, session)
}

/// Returns the text of one value; NULL if it is NULL.
pub fn constant_text(value: &ScalarValue, session: Session) -> ScalarValue {
    let text = value.to_array().and_then(|one| value_text(&one, session));
    let text = text.and_then(|text| Ok(cast(&text, &DataType::Utf8)?));
    let text = text.and_then(|text| ScalarValue::try_from_array(&text, 0));
    text.unwrap_or(ScalarValue::Utf8(None))
}

fn function(kind: Kind, session: Session) -> ScalarUDF {
    let arguments = if kind == Kind::Value { 1 } else { 2 };
    let signature = Signature::any(arguments, Volatility::Immutable);
    ScalarUDF::new_from_impl(PartitionText { kind, session, signature })
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Kind {
    Value,
    Formatted,
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct PartitionText {
    kind: Kind,
    session: Session,
    signature: Signature,
}

fn dictionary() -> DataType {
    DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8))
}

impl ScalarUDFImpl for PartitionText {
    fn name(&self) -> &str {
        match self.kind {
            Kind::Value => "partition_text",
            Kind::Formatted => "date_format",
        }
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, args: &[DataType]) -> Result<DataType> {
        use DataType as D;
        Ok(match args {
            [D::Date32 | D::Timestamp(_, None) | D::Int8 | D::Int16 | D::Int32 | D::Int64]
            | [D::Timestamp(_, None), D::Utf8] => dictionary(),
            [_] => D::Utf8,
            _ => return plan_err!("{} does not take {args:?}", self.name()),
        })
    }

    fn return_field_from_args(&self, args: ReturnFieldArgs<'_>) -> Result<FieldRef> {
        let types: Vec<DataType> = args.arg_fields.iter().map(|f| f.data_type().clone()).collect();
        Ok(Arc::new(Field::new(self.name(), self.return_type(&types)?, true)))
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let rows = args.number_rows;
        let array = match args.args.as_slice() {
            [value] => value_text(&value.to_array(rows)?, self.session)?,
            [time, ColumnarValue::Scalar(ScalarValue::Utf8(Some(pattern)))] => {
                let Runs { keys, texts } =
                    format_runs(&time.to_array(rows)?, pattern, self.session)?;
                Arc::new(DictionaryArray::try_new(keys, Arc::new(texts)).map_err(external)?)
            }
            _ => return internal_err!("{} needs a constant pattern", self.name()),
        };
        Ok(ColumnarValue::Array(array))
    }
}

fn value_text(array: &ArrayRef, session: Session) -> Result<ArrayRef> {
    let runs = match array.data_type() {
        DataType::Utf8 => return Ok(Arc::clone(array)),
        DataType::Date32 => {
            let days = array.as_primitive::<Date32Type>();
            let days: PrimitiveArray<Int64Type> = days.unary(i64::from);
            runs(&days, 1, |day, out| {
                Date::from_days(day).write(out);
                Some(())
            })
        }
        DataType::Timestamp(_, None) => {
            runs(array.as_primitive::<TimestampMicrosecondType>(), 1, |micros, out| {
                write_timestamp(micros, out);
                Some(())
            })
        }
        DataType::Int8 => whole(array.as_primitive::<Int8Type>()),
        DataType::Int16 => whole(array.as_primitive::<Int16Type>()),
        DataType::Int32 => whole(array.as_primitive::<Int32Type>()),
        DataType::Int64 => whole(array.as_primitive::<Int64Type>()),
        // Java prints a boolean in lower case here, unlike Hive's conversion to string.
        DataType::Boolean => return Ok(cast(array, &DataType::Utf8)?),
        _ => return cast_array(array, &HiveType::String, session),
    };
    match runs {
        Some(Runs { keys, texts }) => {
            Ok(Arc::new(DictionaryArray::try_new(keys, Arc::new(texts)).map_err(external)?))
        }
        None => internal_err!("more than two billion rows in a batch"),
    }
}

fn whole<T: ArrowPrimitiveType>(array: &PrimitiveArray<T>) -> Option<Runs>
where
    T::Native: Into<i64>,
{
    let wide: PrimitiveArray<Int64Type> = array.unary(Into::into);
    runs(&wide, 1, |number, out| {
        out.push_str(&number.to_string());
        Some(())
    })
}

/// Numbers the distinct texts of a column: values in the same multiple of `unit` have the same.
///
/// `write` gives nothing for values that are NULL. Nothing comes back if there are more than
/// `i32::MAX` texts.
pub(super) fn runs<T: ArrowPrimitiveType<Native = i64>>(
    array: &PrimitiveArray<T>,
    unit: i64,
    mut write: impl FnMut(i64, &mut String) -> Option<()>,
) -> Option<Runs> {
    /// Stands for NULL until all is done.
    const MISSING: i32 = -1;
    let mut seen: HashMap<i64, Option<i32>> = HashMap::new();
    let mut texts: Vec<String> = Vec::new();
    let mut numbered = |value: i64| -> Option<i32> {
        *seen.entry(value.div_euclid(unit)).or_insert_with(|| {
            let mut text = String::new();
            write(value, &mut text)?;
            texts.push(text);
            i32::try_from(texts.len() - 1).ok()
        })
    };
    if array.null_count() > 0 {
        let keys = array.iter().map(|value| value.and_then(&mut numbered));
        let keys: Int32Array = keys.collect();
        return Some(Runs { keys, texts: StringArray::from(texts) });
    }
    let mut keys = Vec::with_capacity(array.len());
    let mut missing = false;
    let mut rest: &[i64] = array.values();
    while let Some(first) = rest.first() {
        let start = first.div_euclid(unit).saturating_mul(unit);
        let end = start.saturating_add(unit);
        // One comparison for each row of the run, and nothing else.
        let others = rest.iter().skip(1).position(|value| *value < start || *value >= end);
        let (run, others) = rest.split_at(others.map_or(rest.len(), |at| at + 1));
        let key = numbered(*first);
        missing |= key.is_none();
        keys.resize(keys.len() + run.len(), key.unwrap_or(MISSING));
        rest = others;
    }
    let keys = Int32Array::from(keys);
    let keys = if missing { keys.unary_opt(|key| (key != MISSING).then_some(key)) } else { keys };
    Some(Runs { keys, texts: StringArray::from(texts) })
}

#[cfg(test)]
mod tests {
    use arrow::array::TimestampMicrosecondArray;
    use arrow::datatypes::TimeUnit;

    use super::*;

    fn texts(array: ArrayRef, session: Session) -> (String, usize) {
        let out = value_text(&array, session).unwrap();
        let distinct = out.as_any_dictionary_opt().map_or(0, |d| d.values().len());
        let plain = cast(&out, &DataType::Utf8).unwrap();
        let all = plain.as_string::<i32>().iter();
        (all.map(|t| t.unwrap_or("NULL")).collect::<Vec<_>>().join("|"), distinct)
    }

    #[test]
    fn each_distinct_value_has_one_text() {
        let days: ArrayRef = Arc::new(arrow::array::Date32Array::from(vec![0, 0, 1, 0, 1, -1]));
        let expected = "1970-01-01|1970-01-01|1970-01-02|1970-01-01|1970-01-02|1969-12-31";
        assert_eq!(texts(days, Session::default()), (expected.to_owned(), 3));
        let numbers: ArrayRef = Arc::new(Int32Array::from(vec![Some(7), None, Some(-7), Some(7)]));
        assert_eq!(texts(numbers, Session::default()), ("7|NULL|-7|7".to_owned(), 2));
        let flags: ArrayRef = Arc::new(arrow::array::BooleanArray::from(vec![true, false]));
        assert_eq!(texts(flags, Session::default()).0, "true|false");
        let empty: ArrayRef = Arc::new(Int32Array::from(Vec::<i32>::new()));
        assert_eq!(texts(empty, Session::default()), (String::new(), 0));
    }

    #[test]
    fn formats_runs_at_both_ends_of_time() {
        let extremes =
            vec![i64::MIN, i64::MAX, i64::MAX, 0, i64::MIN, 3_599_999_999, 3_600_000_000];
        let times = TimestampMicrosecondArray::from(extremes);
        assert_eq!(times.data_type(), &DataType::Timestamp(TimeUnit::Microsecond, None));
        let runs = format_runs(&times, "HH", Session::default()).unwrap();
        let texts: Vec<_> = runs.texts.iter().flatten().collect();
        assert_eq!(runs.keys.values()[..], [0, 1, 1, 2, 0, 2, 3]);
        assert_eq!(texts.len(), 4);
        let runs = format_runs(&times, "no pattern", Session::default()).unwrap();
        assert_eq!((runs.keys.null_count(), runs.texts.len()), (7, 0));
    }
}
