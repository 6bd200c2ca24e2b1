//! ORC behind the port: requests and conditions in the words of the ORC reader.

use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;

use super::descriptor::{Descriptor, TableColumn};
use super::offset::{Blocks, OffsetColumn};
use super::predicate::{Compare, Predicate, Scalar};
use super::read::{ReadRequest, TableReader};
use super::{FitRules, fit_batch};
use crate::Result;
use crate::input::Input;
use crate::orc::{
    Decimal, OrcBatches, OrcComparison, OrcFile, OrcPredicate, OrcRead, OrcValue, TimestampUnit,
};
use crate::parquet::Chunks;
use crate::types::{HiveType, StructField};

/// Opens an ORC file of a table.
///
/// # Errors
/// As [`open`](super::open).
pub(super) fn open(
    descriptor: &Descriptor,
    input: Arc<dyn Input>,
    request: &ReadRequest,
) -> Result<TableReader> {
    let (offset, request) = OffsetColumn::take(descriptor, request);
    let columns = request.columns(descriptor).to_vec();
    let file = OrcFile::open(Chunks(input))?;
    let wanted = wanted_fields(descriptor, &request, &columns, file.columns());
    let what = OrcRead {
        columns: Some(wanted),
        positional: false,
        predicate: request.predicate.as_ref().and_then(condition),
        range: request.range.clone(),
        batch_rows: request.batch_rows,
        timestamp_unit: TimestampUnit::Microsecond,
    };
    Ok(offset.reader(Fitted {
        batches: file.read(&what)?,
        places: (0..columns.len()).map(Some).collect(),
        schema: super::fit::schema_of(&columns),
        columns,
    }))
}

/// The batches of a file in the table's types.
struct Fitted {
    batches: OrcBatches,
    places: Vec<Option<usize>>,
    columns: Vec<TableColumn>,
    schema: SchemaRef,
}

impl Iterator for Fitted {
    type Item = Result<RecordBatch>;

    fn next(&mut self) -> Option<Self::Item> {
        let batch = self.batches.next()?;
        let rules = FitRules { zone: chrono_tz::Tz::UTC, ..FitRules::default() };
        let fit = |batch| fit_batch(&batch, &self.places, &self.columns, &self.schema, &rules);
        Some(batch.and_then(fit))
    }
}

impl Blocks for Fitted {
    fn block(&self) -> u64 {
        self.batches.stripe()
    }
}

/// Gives the wanted columns the names that they have in a file with these columns.
pub(crate) fn wanted_fields(
    descriptor: &Descriptor,
    request: &ReadRequest,
    columns: &[TableColumn],
    file: &[StructField],
) -> Vec<StructField> {
    let positional = request.options.by_position
        || descriptor.is_set("orc.force.positional.evolution")
        || by_number(file);
    if positional { in_positions(columns, &descriptor.columns, file) } else { fields(columns) }
}

/// Tells whether a file has the names that Hive before 2 gave all columns: `_col0` and so on.
fn by_number(fields: &[StructField]) -> bool {
    !fields.is_empty()
        && fields.iter().enumerate().all(|(i, field)| field.name == format!("_col{i}"))
}

fn fields(columns: &[TableColumn]) -> Vec<StructField> {
    columns.iter().map(|c| StructField { name: c.name.clone(), ty: c.ty.clone() }).collect()
}

/// Gives the wanted columns the names that the file has in their places.
fn in_positions(
    wanted: &[TableColumn],
    all: &[TableColumn],
    file: &[StructField],
) -> Vec<StructField> {
    let name = |column: &TableColumn| {
        let at = all.iter().position(|c| c.name.eq_ignore_ascii_case(&column.name));
        at.and_then(|at| file.get(at)).map(|field| field.name.clone())
    };
    wanted
        .iter()
        .map(|column| StructField {
            // A name that no file has makes a column that it lacks.
            name: name(column).unwrap_or_else(|| format!("\u{0}{}", column.name)),
            ty: column.ty.clone(),
        })
        .collect()
}

/// Returns a condition that every row fulfils which fulfils the given one; `None` for any row.
pub(crate) fn condition(predicate: &Predicate) -> Option<OrcPredicate> {
    match predicate {
        Predicate::And(parts) => {
            Some(OrcPredicate::And(parts.iter().filter_map(condition).collect()))
        }
        Predicate::Or(parts) => {
            Some(OrcPredicate::Or(parts.iter().map(condition).collect::<Option<_>>()?))
        }
        Predicate::IsNull(column) => Some(OrcPredicate::IsNull(column.clone())),
        Predicate::IsNotNull(column) => Some(OrcPredicate::IsNotNull(column.clone())),
        Predicate::In(column, values) => {
            let equal = |value| compared(column, OrcComparison::Equal, value);
            Some(OrcPredicate::Or(values.iter().map(equal).collect::<Option<_>>()?))
        }
        Predicate::Compare(column, op, value) => {
            let comparison = match op {
                Compare::Equal => OrcComparison::Equal,
                Compare::NotEqual => return None,
                Compare::Less => OrcComparison::Less,
                Compare::LessOrEqual => OrcComparison::LessOrEqual,
                Compare::Greater => OrcComparison::Greater,
                Compare::GreaterOrEqual => OrcComparison::GreaterOrEqual,
            };
            compared(column, comparison, value)
        }
    }
}

fn compared(column: &str, comparison: OrcComparison, value: &Scalar) -> Option<OrcPredicate> {
    let value = match value {
        Scalar::Bool(value) => OrcValue::Boolean(*value),
        Scalar::Number(digits, 0) => OrcValue::Integer(i64::try_from(*digits).ok()?),
        Scalar::Number(digits, scale) => {
            OrcValue::Decimal(Decimal { value: *digits, scale: *scale })
        }
        Scalar::Float(value) => OrcValue::Double(*value),
        Scalar::Text(text) => OrcValue::Text(String::from_utf8(text.clone()).ok()?),
        Scalar::Binary(_) => return None,
        Scalar::Date(day) => OrcValue::Date(*day),
        Scalar::Timestamp(micros) => OrcValue::Timestamp(*micros),
    };
    Some(OrcPredicate::Compare { column: column.to_owned(), comparison, value })
}

/// Returns the columns of an ORC file.
///
/// # Errors
/// [`ErrorKind::Data`](crate::ErrorKind::Data) if the file is broken,
/// [`ErrorKind::Unsupported`](crate::ErrorKind::Unsupported) if it is encrypted.
pub fn orc_columns(input: Arc<dyn Input>) -> Result<Vec<TableColumn>> {
    let file = OrcFile::open(Chunks(input))?;
    let column = |f: &StructField| TableColumn::new(f.name.clone(), HiveType::clone(&f.ty));
    Ok(file.columns().iter().map(column).collect())
}

/// Describes a file, and what a condition leaves of its stripes and row groups.
///
/// # Errors
/// As [`orc_columns`].
pub(crate) fn describe(input: Arc<dyn Input>, request: &ReadRequest) -> Result<serde_json::Value> {
    let file = OrcFile::open(Chunks(input))?;
    // A condition of which nothing can be told leaves all.
    let any = || OrcPredicate::And(Vec::new());
    let predicate = request.predicate.as_ref().map(|all| condition(all).unwrap_or_else(any));
    crate::orc::describe(&file, predicate.as_ref())
}
