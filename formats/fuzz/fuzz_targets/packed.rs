//! Any bytes as a compressed text file: Hadoop's framing of snappy and lz4, and the codecs that have their own.

#![no_main]

use formats::serde_names::Format;
use formats::table::ReadRequest;
use formats_fuzz::{drain, table};
use libfuzzer_sys::fuzz_target;

const NAMES: [&str; 6] = ["a.snappy", "a.lz4", "a.gz", "a.deflate", "a.bz2", "a.zst"];

fuzz_target!(|data: &[u8]| {
    let Some((choice, packed)) = data.split_first() else { return };
    let file_name = NAMES[usize::from(*choice) % NAMES.len()].to_owned();
    let descriptor = table(Format::TextFile, &[("a", "int"), ("b", "string")]);
    drain(&descriptor, packed, &ReadRequest { file_name, ..ReadRequest::default() });
});
