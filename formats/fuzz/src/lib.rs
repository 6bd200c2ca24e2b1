//! What the targets share: bounded memory, files of one column, and readers read to their end.

pub mod orc;

use std::alloc::System;
use std::sync::Arc;

use bytes::Bytes;
use cap::Cap;
use formats::Input;
use formats::serde_names::Format;
use formats::table::{Descriptor, ReadRequest, TableColumn, open, parse_condition};

/// Ends the process when the readers hold more: a file of a few kilobytes may not ask for it.
const MEMORY: usize = 1 << 30;

#[global_allocator]
static ALLOCATOR: Cap<System> = Cap::new(System, MEMORY);

/// Batches that are read at most: a file without columns may promise any number of rows.
pub const BATCHES: usize = 64;

/// Makes the descriptor of a table of columns `name type`.
pub fn table(format: Format, columns: &[(&str, &str)]) -> Descriptor {
    let column = |(name, ty): &(&str, &str)| TableColumn::new(*name, ty.parse().unwrap());
    Descriptor::stored_as(format, columns.iter().map(column).collect())
}

/// Describes a file that tells its columns itself, with a condition on the first of them.
pub fn describe(data: Bytes) {
    let input: Arc<dyn Input> = Arc::new(data);
    let Ok(descriptor) = formats::inspect::descriptor_of(&input) else { return };
    let first = descriptor.columns.first().map(|column| format!("`{}` is null", column.name));
    let predicate = first.and_then(|text| parse_condition(&text, &descriptor.columns).ok());
    let request = ReadRequest { predicate, ..ReadRequest::default() };
    if let Ok(description) = formats::inspect::describe(&descriptor, input, &request) {
        let _ = formats::inspect::print(&description);
    }
}

/// Reads a file as one of a table; an error ends it, anything else must not happen.
pub fn drain(descriptor: &Descriptor, data: &[u8], request: &ReadRequest) {
    let input = Arc::new(Bytes::copy_from_slice(data));
    let Ok(reader) = open(descriptor, input, request) else { return };
    for batch in reader.take(BATCHES) {
        if batch.is_err() {
            return;
        }
    }
}
