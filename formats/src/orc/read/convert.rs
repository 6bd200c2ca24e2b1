//! Values of one type read as another, where a table's column was changed after files were written.
//!
//! Source: ORC `ConvertTreeReaderFactory`: numbers that do not fit become NULL, as do texts that
//! are no number.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, StringArray};
use arrow::compute::{CastOptions, cast_with_options};
use arrow::datatypes::{DataType, Float32Type, Float64Type};

use super::leaf::TimestampUnit;
use super::plan::arrow_type;
use crate::orc::decimal::Decimal;
use crate::types::HiveType;
use crate::{FormatError, Result};

/// Turns arrays of one type into those of another.
#[derive(Clone, Debug)]
pub(super) struct Conversion {
    output: DataType,
    /// Characters that texts are cut to.
    length: Option<usize>,
}

impl Conversion {
    /// Finds out how `have` becomes `want`; nothing if the arrays are the same.
    ///
    /// # Errors
    /// [`ErrorKind::Schema`](crate::ErrorKind::Schema) if Hive does not do it either.
    pub(super) fn new(
        have: &HiveType,
        want: &HiveType,
        unit: TimestampUnit,
    ) -> Result<Option<Self>> {
        use HiveType as T;
        let text = |ty: &HiveType| matches!(ty, T::String | T::Varchar(_) | T::Char(_));
        let length = match (have, want) {
            (T::Varchar(have) | T::Char(have), T::Varchar(want) | T::Char(want))
                if have <= want =>
            {
                None
            }
            (_, T::Varchar(length) | T::Char(length)) => Some(*length as usize),
            _ => None,
        };
        if have == want || (text(have) && text(want) && length.is_none()) {
            return Ok(None);
        }
        let number = |ty: &HiveType| {
            matches!(
                ty,
                T::Boolean
                    | T::TinyInt
                    | T::SmallInt
                    | T::Int
                    | T::BigInt
                    | T::Float
                    | T::Double
                    | T::Decimal { .. }
            )
        };
        let time = |ty: &HiveType| matches!(ty, T::Date | T::Timestamp | T::TimestampLocalTz);
        let known = match (have, want) {
            (a, b) if number(a) || text(a) => number(b) || text(b) || (text(a) && time(b)),
            (a, b) if time(a) => time(b) || text(b),
            (T::Binary, b) => text(b),
            _ => false,
        };
        if !known {
            return Err(FormatError::schema("an orc column cannot be read as the table's type")
                .with("type", have)
                .with("wanted", want));
        }
        Ok(Some(Self { output: arrow_type(want, unit), length }))
    }

    pub(super) fn output(&self) -> &DataType {
        &self.output
    }

    /// Converts an array.
    pub(super) fn apply(&self, array: &ArrayRef) -> Result<ArrayRef> {
        if self.output != DataType::Utf8 {
            return to(array, &self.output);
        }
        let texts = match array.data_type() {
            DataType::Utf8 => Arc::clone(array),
            _ => as_texts(array)?,
        };
        let Some(length) = self.length else { return Ok(texts) };
        let cut = texts.as_string::<i32>().iter().map(|text| {
            let text = text?;
            let end = text.char_indices().nth(length).map_or(text.len(), |(at, _)| at);
            Some(&text[..end])
        });
        Ok(Arc::new(cut.collect::<StringArray>()))
    }
}

fn to(array: &ArrayRef, ty: &DataType) -> Result<ArrayRef> {
    let options = CastOptions { safe: true, ..CastOptions::default() };
    let trimmed: ArrayRef = match array.as_string_opt::<i32>() {
        Some(texts) => Arc::new(texts.iter().map(|t| t.map(str::trim)).collect::<StringArray>()),
        None => Arc::clone(array),
    };
    cast_with_options(&trimmed, ty, &options).map_err(|e| {
        FormatError::schema("an orc column cannot be read as the table's type").with_source(e)
    })
}

/// Shows values as Hive does.
fn as_texts(array: &ArrayRef) -> Result<ArrayRef> {
    let texts: StringArray = match array.data_type() {
        DataType::Boolean => {
            let values = array.as_boolean().iter();
            values.map(|v| v.map(|v| if v { "TRUE" } else { "FALSE" })).collect()
        }
        DataType::Float32 => {
            let values = array.as_primitive::<Float32Type>().iter();
            values.map(|v| v.map(|v| java_number(f64::from(v), &format!("{v:e}")))).collect()
        }
        DataType::Float64 => {
            let values = array.as_primitive::<Float64Type>().iter();
            values.map(|v| v.map(|v| java_number(v, &format!("{v:e}")))).collect()
        }
        DataType::Decimal128(_, scale) => {
            let scale = scale.unsigned_abs();
            let values = array.as_primitive::<arrow::datatypes::Decimal128Type>().iter();
            values.map(|v| v.map(|value| Decimal { value, scale }.to_string())).collect()
        }
        DataType::Timestamp(..) => {
            let shown = to(array, &DataType::Utf8)?;
            let texts = shown.as_string::<i32>().iter();
            texts
                .map(|text| {
                    let text = text?.replacen('T', " ", 1);
                    let text = text.trim_end_matches('Z');
                    Some(match text.split_once('.') {
                        None => text.to_owned(),
                        Some(_) => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
                    })
                })
                .collect()
        }
        DataType::Binary => {
            let values = array.as_binary::<i32>().iter();
            values.map(|v| v.map(String::from_utf8_lossy)).collect()
        }
        _ => return to(array, &DataType::Utf8),
    };
    Ok(Arc::new(texts))
}

/// Shows a floating point number as Java does; `scientific` is its shortest form.
fn java_number(value: f64, scientific: &str) -> String {
    if !value.is_finite() {
        return if value.is_nan() {
            "NaN"
        } else if value > 0.0 {
            "Infinity"
        } else {
            "-Infinity"
        }
        .to_owned();
    }
    let magnitude = value.abs();
    if value == 0.0 || (1e-3..1e7).contains(&magnitude) {
        // The shortest digits, moved back to where the point is.
        let (mantissa, exponent) = scientific.split_once('e').unwrap_or((scientific, "0"));
        let exponent: i32 = exponent.parse().unwrap_or(0);
        let (sign, digits) = match mantissa.strip_prefix('-') {
            Some(rest) => ("-", rest.replace('.', "")),
            None => ("", mantissa.replace('.', "")),
        };
        let point = exponent + 1;
        return if point <= 0 {
            format!("{sign}0.{}{digits}", "0".repeat(point.unsigned_abs() as usize))
        } else {
            let point = point as usize;
            let whole = format!("{digits:0<point$}");
            let (whole, fraction) = whole.split_at(point);
            format!("{sign}{whole}.{}", if fraction.is_empty() { "0" } else { fraction })
        };
    }
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((scientific, "0"));
    let point = if mantissa.contains('.') { "" } else { ".0" };
    format!("{mantissa}{point}E{exponent}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_shown_as_in_java() {
        for (value, text) in [
            (0.0, "0.0"),
            (-0.0, "-0.0"),
            (1.0, "1.0"),
            (123.45, "123.45"),
            (0.001, "0.001"),
            (1e7, "1.0E7"),
            (1.25e-5, "1.25E-5"),
            (9_999_999.0, "9999999.0"),
            (f64::NEG_INFINITY, "-Infinity"),
        ] {
            assert_eq!(java_number(value, &format!("{value:e}")), text);
        }
    }
}
