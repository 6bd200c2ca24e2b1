//! Any bytes as a sequence file of text rows and of binary rows.

#![no_main]

use std::sync::Arc;

use bytes::Bytes;
use formats::serde_names::{Format, LAZY_BINARY_SERDE};
use formats::table::{Descriptor, ReadRequest, TableColumn, open};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let texts = [
        ("a", "bigint"),
        ("b", "varchar(7)"),
        ("c", "date"),
        ("d", "array<map<int,binary>>"),
        ("e", "struct<x:timestamp,y:uniontype<double,string>>"),
    ];
    let columns = texts.iter().filter_map(|(n, t)| Some(TableColumn::new(*n, t.parse().ok()?)));
    let text = Descriptor::stored_as(Format::SequenceFile, columns.collect());
    let binary = Descriptor { serde: LAZY_BINARY_SERDE.to_owned(), ..text.clone() };
    for descriptor in [text, binary] {
        let input = Arc::new(Bytes::copy_from_slice(data));
        let Ok(reader) = open(&descriptor, input, &ReadRequest::default()) else { continue };
        for batch in reader.take(64) {
            if batch.is_err() {
                break;
            }
        }
    }
});
