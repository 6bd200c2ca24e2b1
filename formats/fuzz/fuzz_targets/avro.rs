//! Any bytes as an Avro container file: by the file's own schema, and by that of a table.

#![no_main]

use std::sync::Arc;

use bytes::Bytes;
use formats::Input;
use formats::serde_names::Format;
use formats::table::{Descriptor, ReadRequest, TableColumn, open};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let input: Arc<dyn Input> = Arc::new(Bytes::copy_from_slice(data));
    if let Ok(columns) = formats::avro::file_columns(Arc::clone(&input)) {
        let own = Descriptor::stored_as(Format::Avro, columns);
        drain(&own, Arc::clone(&input));
    }
    let texts = [("a", "bigint"), ("b", "string"), ("c", "array<struct<x:int,y:decimal(10,2)>>")];
    let columns = texts.iter().filter_map(|(n, t)| Some(TableColumn::new(*n, t.parse().ok()?)));
    drain(&Descriptor::stored_as(Format::Avro, columns.collect()), input);
});

fn drain(descriptor: &Descriptor, input: Arc<dyn Input>) {
    let Ok(reader) = open(descriptor, input, &ReadRequest::default()) else { return };
    // What is broken ends the reader; nothing may panic or grow without bound.
    for batch in reader.take(64) {
        if batch.is_err() {
            return;
        }
    }
}
