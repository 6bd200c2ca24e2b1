//! Any bytes as lines of each SerDe of text, plain, and as blocks in Hadoop's framing and other compressed streams.

#![no_main]

use formats::serde_names::{
    Format, HCATALOG_JSON_SERDE, MULTI_DELIMIT_SERDES, OPEN_CSV_SERDE, OPENX_JSON_SERDE, REGEX_SERDE,
};
use formats::table::ReadRequest;
use formats_fuzz::{drain, table};
use libfuzzer_sys::fuzz_target;

const COLUMNS: [(&str, &str); 6] = [
    ("a", "int"),
    ("b", "string"),
    ("c", "timestamp"),
    ("d", "decimal(12,3)"),
    ("e", "map<string,array<struct<x:int,y:binary>>>"),
    ("f", "date"),
];

fuzz_target!(|data: &[u8]| {
    let Some((choice, lines)) = data.split_first() else { return };
    let format = if choice & 8 == 8 { Format::JsonFile } else { Format::TextFile };
    let columns = if matches!(choice & 15, 3 | 4) { &COLUMNS[..2] } else { &COLUMNS };
    let mut descriptor = table(format, columns);
    let mut set = |key: &str, value: &str| {
        descriptor.properties.insert(key.to_owned(), value.to_owned());
    };
    match choice & 15 {
        1 => set("escape.delim", "\\"),
        2 => {
            set("field.delim", ",");
            set("collection.delim", ";");
            set("mapkey.delim", ":");
            set("skip.header.line.count", "1");
            set("skip.footer.line.count", "2");
            set("serialization.last.column.takes.rest", "true");
            set("timestamp.formats", "yyyy/MM/dd HH:mm:ss,millis,EEE MMM d");
        }
        3 => descriptor.serde = OPEN_CSV_SERDE.to_owned(),
        4 => {
            set("input.regex", "(\\d*)[ ,](.*)");
            descriptor.serde = REGEX_SERDE.to_owned();
        }
        5 => {
            set("field.delim", "||");
            descriptor.serde = MULTI_DELIMIT_SERDES[0].to_owned();
        }
        6 => set("serialization.encoding", "GBK"),
        9 => descriptor.serde = HCATALOG_JSON_SERDE.to_owned(),
        10 => descriptor.serde = OPENX_JSON_SERDE.to_owned(),
        _ => {}
    }
    let range = (choice & 16 == 16).then_some(3..lines.len() as u64 / 2 + 3);
    drain(&descriptor, lines, &ReadRequest { range, ..ReadRequest::default() });
});
