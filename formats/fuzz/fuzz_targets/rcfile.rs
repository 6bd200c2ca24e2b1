//! Any bytes as an RCFile with text and with binary columns.

#![no_main]

use formats::serde_names::Format;
use formats::table::ReadRequest;
use formats_fuzz::{drain, table};
use libfuzzer_sys::fuzz_target;

const COLUMNS: [(&str, &str); 5] = [
    ("a", "int"),
    ("b", "string"),
    ("c", "timestamp"),
    ("d", "decimal(38,10)"),
    ("e", "map<string,array<struct<x:int,y:uniontype<int,string>>>>"),
];

fuzz_target!(|data: &[u8]| {
    let mut descriptor = table(Format::RcFile, &COLUMNS);
    for serde in ["LazyBinaryColumnarSerDe", "ColumnarSerDe"] {
        descriptor.serde = format!("org.apache.hadoop.hive.serde2.columnar.{serde}");
        drain(&descriptor, data, &ReadRequest::default());
    }
});
