//! Any bytes as a Parquet file: as the file's own columns, with a condition, and as other columns.

#![no_main]

use std::panic;
use std::sync::{Arc, Once};

use bytes::Bytes;
use formats::Input;
use formats::serde_names::Format;
use formats::table::{Descriptor, ReadRequest, parse_condition};
use formats_fuzz::{describe, drain, table};
use libfuzzer_sys::fuzz_target;

const OTHERS: [(&str, &str); 4] = [
    ("id", "bigint"),
    ("name", "varchar(5)"),
    ("value", "decimal(20,4)"),
    ("element", "array<struct<a:timestamp,b:map<string,date>>>"),
];

/// Lets the reader catch what panics inside of the `parquet` crate and what it calls, which libFuzzer's hook would end.
fn let_others_panic() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let end = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            let others = |place: &panic::Location<'_>| {
                ["/parquet-", "/arrow-"].iter().any(|name| place.file().contains(name))
            };
            if !info.location().is_some_and(others) {
                end(info);
            }
        }));
    });
}

fuzz_target!(|data: &[u8]| {
    let_others_panic();
    describe(Bytes::copy_from_slice(data));
    let input: Arc<dyn Input> = Arc::new(Bytes::copy_from_slice(data));
    let mut request = ReadRequest { batch_rows: 512, ..ReadRequest::default() };
    if let Ok(columns) = formats::parquet::file_columns(input) {
        let name = columns.first().map(|c| c.name.clone()).unwrap_or_default();
        let own = Descriptor::stored_as(Format::Parquet, columns);
        drain(&own, data, &request);
        let condition = format!("`{name}` = 5");
        if let Ok(predicate) = parse_condition(&condition, &own.columns) {
            request.predicate = Some(predicate);
            drain(&own, data, &request);
        }
    }
    let request = ReadRequest { batch_rows: 512, ..ReadRequest::default() };
    let mut other = table(Format::Parquet, &OTHERS);
    drain(&other, data, &request);
    other.properties.insert("parquet.column.index.access".to_owned(), "true".to_owned());
    drain(&other, data, &request);
});
