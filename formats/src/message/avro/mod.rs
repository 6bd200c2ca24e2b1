//! Avro payloads: binary values in the order of the schema they were written with, into the table's columns.
//!
//! Fields and columns are brought together by name, exactly or else with case ignored. A column that the writer does not
//! know is NULL; a field that no column has is skipped. That is all there is to a change of schema: each message is
//! projected to the table by the schema it names.
//!
//! | field | columns that take it |
//! |---|---|
//! | int, long | integers and decimals that hold it, float, double, timestamps and dates as their own number |
//! | float, double | float, double |
//! | string, enum | string; others as if it were text in JSON |
//! | bytes, fixed | binary, string if it is UTF-8 |
//! | decimal | decimal (further digits are rounded half up), string |
//! | timestamp, date | timestamp, date; bigint and int as the number |
//! | array, map, record | array, map, row |
//! | union | what its branch is |

mod cursor;
mod schema;
mod value;

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fmt;
use std::sync::Arc;

use arrow::datatypes::{DataType, Fields};

use self::cursor::Cursor;
use self::schema::{Schema, Unit};
use self::value::Plan;
use super::column::Column;
use super::reason::{Parsed, Reason};
use super::scan::slice;
use super::value::Shared;
use crate::error::{FormatError, Result};

/// First byte of a message that names its schema. Source: Confluent's wire format.
const MAGIC: u8 = 0;
/// Bytes before the value of such a message.
const HEADER: usize = 5;

/// Where the schema of a number is found.
pub trait SchemaRegistry: Send + Sync + fmt::Debug {
    /// Gives the schema of a number as JSON; `None` if there is none.
    ///
    /// # Errors
    /// The registry cannot be asked now.
    fn schema(&self, id: u32) -> Result<Option<String>>;
}

/// A registry, equal only to itself.
#[derive(Clone, Debug)]
pub struct Registry(pub Arc<dyn SchemaRegistry>);

impl PartialEq for Registry {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for Registry {}

/// Where the schema of a message comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AvroOptions {
    /// All were written with this one, as JSON.
    Schema(String),
    /// All were written with the one that Flink makes of the table: columns that may be NULL are unions with null,
    /// timestamps are milliseconds.
    Table,
    /// Each begins with the number of its schema.
    Registry(Registry),
}

/// Reads records, whose fields are the columns.
#[derive(Debug)]
pub(super) struct AvroReader {
    fixed: Option<Plan>,
    registry: Option<Registry>,
    plans: HashMap<u32, std::result::Result<Plan, String>>,
    /// Why the last message has no row, beyond what a reason can say.
    pub(super) detail: Option<String>,
    pub(super) failure: Option<FormatError>,
}

impl AvroReader {
    /// # Errors
    /// [`Config`](crate::ErrorKind::Config) for a given schema that is none, or not of a record.
    pub(super) fn new(options: &AvroOptions, fields: &Fields, columns: &[Column]) -> Result<Self> {
        let bad =
            |why: String| FormatError::config("the Avro schema cannot be used").with("why", why);
        let (fixed, registry) = match options {
            AvroOptions::Schema(json) => {
                let schema = Schema::parse(json).map_err(bad)?;
                (Some(Plan::record(&schema, columns).map_err(bad)?), None)
            }
            AvroOptions::Table => {
                let schema = Schema::Record(of_fields(fields));
                (Some(Plan::record(&schema, columns).map_err(bad)?), None)
            }
            AvroOptions::Registry(registry) => (None, Some(registry.clone())),
        };
        Ok(Self { fixed, registry, plans: HashMap::new(), detail: None, failure: None })
    }

    pub(super) fn record(
        &mut self,
        columns: &mut [Column],
        shared: &mut Shared,
        block: &[u8],
        pos: usize,
    ) -> Parsed {
        let end = shared.scan.end;
        let (plan, start) = match (&self.fixed, &self.registry) {
            (Some(plan), _) => (plan, pos),
            (None, Some(registry)) => {
                let Some((&[magic, a, b, c, d], _)) =
                    slice(block, pos, end).split_first_chunk::<HEADER>()
                else {
                    return Err(Reason::NoSchema.at(pos));
                };
                if magic != MAGIC {
                    return Err(Reason::NoSchema.at(pos));
                }
                let id = u32::from_be_bytes([a, b, c, d]);
                if let Entry::Vacant(slot) = self.plans.entry(id) {
                    match registry.0.schema(id) {
                        Ok(found) => {
                            slot.insert(plan_of(id, found, columns));
                        }
                        Err(failure) => {
                            self.failure = Some(failure);
                            return Err(Reason::Schema.at(pos));
                        }
                    }
                }
                match self.plans.get(&id) {
                    Some(Ok(plan)) => (plan, pos + HEADER),
                    Some(Err(why)) => {
                        self.detail = Some(why.clone());
                        return Err(Reason::Schema.at(pos));
                    }
                    None => return Err(Reason::Schema.at(pos)),
                }
            }
            (None, None) => return Err(Reason::NoSchema.at(pos)),
        };
        let mut cursor = Cursor::new(block, start, end);
        match plan.fill(columns, &mut cursor) {
            Ok(()) if cursor.pos == end => Ok(end),
            Ok(()) => Err(Reason::Trailing.at(cursor.pos)),
            Err((column, reason)) => {
                shared.blamed = column;
                Err(reason.at(cursor.pos))
            }
        }
    }
}

fn plan_of(
    id: u32,
    found: Option<String>,
    columns: &[Column],
) -> std::result::Result<Plan, String> {
    let json = found.ok_or_else(|| format!("the registry has no schema {id}"))?;
    let plan = Schema::parse(&json).and_then(|schema| Plan::record(&schema, columns));
    plan.map_err(|why| format!("schema {id} cannot be used: {why}"))
}

/// Source: Flink `AvroSchemaConverter.convertToSchema`.
fn of_fields(fields: &Fields) -> Vec<(String, Schema)> {
    fields
        .iter()
        .map(|field| {
            let schema = of_type(field.data_type());
            let schema = if field.is_nullable() {
                Schema::Union(vec![Schema::Null, schema])
            } else {
                schema
            };
            (field.name().clone(), schema)
        })
        .collect()
}

fn of_type(data_type: &DataType) -> Schema {
    let inner = |field: &arrow::datatypes::Field| {
        let schema = of_type(field.data_type());
        Box::new(if field.is_nullable() {
            Schema::Union(vec![Schema::Null, schema])
        } else {
            schema
        })
    };
    match data_type {
        DataType::Boolean => Schema::Boolean,
        DataType::Int8 | DataType::Int16 | DataType::Int32 => Schema::Int,
        DataType::Int64 => Schema::Long,
        DataType::Float32 => Schema::Float,
        DataType::Float64 => Schema::Double,
        DataType::Binary => Schema::Bytes,
        DataType::Date32 => Schema::Date,
        DataType::Timestamp(..) => Schema::Timestamp(Unit::Millis),
        DataType::Decimal128(_, scale) => {
            Schema::Decimal(usize::try_from(*scale).unwrap_or(0), None)
        }
        DataType::List(items) => Schema::Array(inner(items)),
        DataType::Map(entries, _) => match entries.data_type() {
            DataType::Struct(pair) => match pair.as_ref() {
                [_, value] => Schema::Map(inner(value)),
                _ => Schema::Null,
            },
            _ => Schema::Null,
        },
        DataType::Struct(fields) => Schema::Record(of_fields(fields)),
        _ => Schema::String,
    }
}

#[cfg(test)]
mod tests;
