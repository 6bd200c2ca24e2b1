//! Any bytes as an Avro schema and a message that was written with it.

#![no_main]

use std::sync::Arc;

use formats::message::{AvroOptions, Decoder, MessageFormat};
use formats::serde_names::Format;
use formats::table::schema_of;
use formats_fuzz::table;
use libfuzzer_sys::fuzz_target;

const COLUMNS: [(&str, &str); 6] = [
    ("a", "bigint"),
    ("b", "string"),
    ("c", "array<struct<x:int,y:decimal(10,2)>>"),
    ("d", "map<string,double>"),
    ("e", "timestamp"),
    ("f", "binary"),
];
const SCHEMAS: [&str; 2] = [
    r#"{"type":"record","name":"r","fields":[
      {"name":"a","type":["null","long"]},{"name":"b","type":["string","null",{"type":"enum","name":"e1","symbols":["x","y"]}]},
      {"name":"c","type":{"type":"array","items":{"type":"record","name":"s","fields":[{"name":"x","type":"int"},
        {"name":"y","type":{"type":"bytes","logicalType":"decimal","precision":10,"scale":2}}]}}},
      {"name":"d","type":{"type":"map","values":"double"}},{"name":"e","type":{"type":"long","logicalType":"timestamp-millis"}},
      {"name":"f","type":{"type":"fixed","name":"f1","size":3}}]}"#,
    r#"{"type":"record","name":"r","fields":[{"name":"z","type":{"type":"array","items":"null"}},
      {"name":"y","type":{"type":"map","values":{"type":"record","name":"n","fields":[]}}},
      {"name":"w","type":{"type":"record","name":"l","fields":[{"name":"next","type":["null","l"]}]}},{"name":"a","type":"int"}]}"#,
];

fn decode(options: AvroOptions, message: &[u8]) {
    let schema = schema_of(&table(Format::Avro, &COLUMNS).columns);
    let format = MessageFormat::Avro(options);
    let Ok(mut decoder) = Decoder::new(&Arc::clone(&schema), &format, 100) else { return };
    let _ = decoder.decode_message(message, 0, message.len());
    decoder.finish().unwrap();
}

fuzz_target!(|data: &[u8]| {
    let Some((choice, rest)) = data.split_first() else { return };
    match choice % 4 {
        0 => decode(AvroOptions::Schema(SCHEMAS[0].to_owned()), rest),
        1 => decode(AvroOptions::Schema(SCHEMAS[1].to_owned()), rest),
        2 => decode(AvroOptions::Table, rest),
        // The schema is the fuzzer's too; it ends at the first line feed.
        _ => {
            let end = rest.iter().position(|b| *b == b'\n').unwrap_or(rest.len());
            let (schema, message) = rest.split_at(end);
            let schema = String::from_utf8_lossy(schema).into_owned();
            decode(AvroOptions::Schema(schema), message.get(1..).unwrap_or_default());
        }
    }
});
