//! Any bytes as an Avro container file: by the file's own schema, and by that of a table.

#![no_main]

use std::sync::Arc;

use bytes::Bytes;
use formats::Input;
use formats::serde_names::Format;
use formats::table::{Descriptor, ReadRequest};
use formats_fuzz::{drain, table};
use libfuzzer_sys::fuzz_target;

const COLUMNS: [(&str, &str); 3] =
    [("a", "bigint"), ("b", "string"), ("c", "array<struct<x:int,y:decimal(10,2)>>")];

fuzz_target!(|data: &[u8]| {
    let input: Arc<dyn Input> = Arc::new(Bytes::copy_from_slice(data));
    let request = ReadRequest::default();
    if let Ok(columns) = formats::avro::file_columns(input) {
        drain(&Descriptor::stored_as(Format::Avro, columns), data, &request);
    }
    drain(&table(Format::Avro, &COLUMNS), data, &request);
});
