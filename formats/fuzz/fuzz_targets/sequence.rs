//! Any bytes as a sequence file of text rows and of binary rows.

#![no_main]

use formats::serde_names::{Format, LAZY_BINARY_SERDE};
use formats::table::{Descriptor, ReadRequest};
use formats_fuzz::{drain, table};
use libfuzzer_sys::fuzz_target;

const COLUMNS: [(&str, &str); 5] = [
    ("a", "bigint"),
    ("b", "varchar(7)"),
    ("c", "date"),
    ("d", "array<map<int,binary>>"),
    ("e", "struct<x:timestamp,y:uniontype<double,string>>"),
];

fuzz_target!(|data: &[u8]| {
    let text = table(Format::SequenceFile, &COLUMNS);
    let binary = Descriptor { serde: LAZY_BINARY_SERDE.to_owned(), ..text.clone() };
    drain(&text, data, &ReadRequest::default());
    drain(&binary, data, &ReadRequest::default());
});
