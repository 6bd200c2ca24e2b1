//! Any bytes as an RCFile with text and with binary columns.

#![no_main]

use std::sync::Arc;

use bytes::Bytes;
use formats::serde_names::Format;
use formats::table::{Descriptor, ReadRequest, TableColumn, open};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let texts = [
        ("a", "int"),
        ("b", "string"),
        ("c", "timestamp"),
        ("d", "decimal(38,10)"),
        ("e", "map<string,array<struct<x:int,y:uniontype<int,string>>>>"),
    ];
    let columns = texts.iter().filter_map(|(n, t)| Some(TableColumn::new(*n, t.parse().ok()?)));
    let mut descriptor = Descriptor::stored_as(Format::RcFile, columns.collect());
    for serde in ["LazyBinaryColumnarSerDe", "ColumnarSerDe"] {
        descriptor.serde = format!("org.apache.hadoop.hive.serde2.columnar.{serde}");
        let input = Arc::new(Bytes::copy_from_slice(data));
        let Ok(reader) = open(&descriptor, input, &ReadRequest::default()) else { continue };
        for batch in reader.take(64) {
            if batch.is_err() {
                break;
            }
        }
    }
});
