//! Avro container files as Hive's `AvroSerDe` reads and writes them.
//!
//! Fields are found by name without case. The table's schema decides what comes out, that of the
//! file how it lies there; unions of one type and null are that type, other unions Hive's.

mod container;
mod cursor;
mod decode;
mod encode;
mod schema;
mod xz;

use std::sync::Arc;

pub(crate) use self::container::{describe, open};
pub(crate) use self::encode::AvroEncoder;
use crate::Result;
use crate::input::Input;
use crate::table::{Descriptor, TableColumn};

/// Returns the columns of a table whose properties hold its schema, `avro.schema.literal`.
///
/// # Errors
/// [`ErrorKind::Schema`](crate::ErrorKind::Schema) if the schema is malformed or no record.
pub fn table_columns(descriptor: &Descriptor) -> Result<Option<Vec<TableColumn>>> {
    let literal = descriptor.property("avro.schema.literal").filter(|text| *text != "none");
    literal.map(|text| schema::columns(&schema::parse(text)?)).transpose()
}

/// Returns the columns of a file in Hive's types.
///
/// # Errors
/// [`ErrorKind::Data`](crate::ErrorKind::Data) if the file is broken,
/// [`ErrorKind::Schema`](crate::ErrorKind::Schema) if its rows are no records.
pub fn file_columns(input: Arc<dyn Input>) -> Result<Vec<TableColumn>> {
    schema::columns(&container::Header::read(input.as_ref())?.schema)
}
