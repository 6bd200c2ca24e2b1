//! Any bytes as records of JSON, CSV and raw values, as a block of lines and as one message.

#![no_main]

use formats::message::{CsvOptions, Decoder, JsonOptions, MessageFormat, RawOptions};
use formats::serde_names::Format;
use formats::table::schema_of;
use formats_fuzz::table;
use libfuzzer_sys::fuzz_target;

const COLUMNS: [(&str, &str); 7] = [
    ("a", "bigint"),
    ("b", "string"),
    ("c", "array<struct<x:int,y:string>>"),
    ("d", "decimal(12,3)"),
    ("e", "timestamp"),
    ("f", "binary"),
    ("g", "double"),
];

fuzz_target!(|data: &[u8]| {
    let Some((choice, records)) = data.split_first() else { return };
    let ignore_parse_errors = choice & 64 == 64;
    let (format, columns) = match choice & 3 {
        0 => (
            MessageFormat::Json(JsonOptions { ignore_parse_errors, ..JsonOptions::default() }),
            &COLUMNS[..],
        ),
        1 => {
            let options = CsvOptions { ignore_parse_errors, ..CsvOptions::default() };
            (MessageFormat::Csv(options), &COLUMNS[..])
        }
        2 => {
            let options = CsvOptions {
                escape: Some(b'\\'),
                allow_comments: true,
                array_element_delimiter: "::".to_owned(),
                null_literal: Some("n/a".to_owned()),
                ..CsvOptions::default()
            };
            (MessageFormat::Csv(options), &COLUMNS[..])
        }
        _ => {
            let column = usize::from(choice >> 2) % COLUMNS.len();
            let options = RawOptions { little_endian: choice & 128 == 128 };
            (MessageFormat::Raw(options), &COLUMNS[column..=column])
        }
    };
    let schema = schema_of(&table(Format::TextFile, columns).columns);
    let Ok(mut decoder) = Decoder::new(&schema, &format, 100) else { return };
    let (mut bad, mut at) = (Vec::new(), 0);
    while at < records.len() {
        let next = decoder.decode_block(records, at, records.len(), &mut bad);
        assert!(next > at || decoder.is_full(), "no progress at byte {at}");
        at = next;
        if decoder.is_full() {
            decoder.finish().unwrap();
        }
    }
    let rows = decoder.rows();
    match decoder.decode_message(records, 0, records.len()) {
        Ok(()) => assert!(decoder.rows() <= rows + 1),
        Err(_) => assert_eq!(decoder.rows(), rows, "a bad message leaves a row"),
    }
    decoder.finish().unwrap();
});
