//! No bytes make a reader panic, hang or take memory without bound.

use std::sync::Arc;

use bytes::Bytes;
use proptest::prelude::*;

use super::{Descriptor, ReadRequest, TableColumn, open};
use crate::serde_names::{Format, LAZY_BINARY_SERDE};

fn descriptors() -> Vec<Descriptor> {
    let texts = [
        ("a", "bigint"),
        ("b", "varchar(7)"),
        ("c", "timestamp"),
        ("d", "array<map<string,decimal(10,2)>>"),
        ("e", "struct<x:date,y:double>"),
    ];
    let columns: Vec<TableColumn> =
        texts.iter().map(|(n, t)| TableColumn::new(*n, t.parse().unwrap())).collect();
    let formats = [Format::Avro, Format::RcFile, Format::SequenceFile, Format::TextFile];
    let mut all: Vec<Descriptor> =
        formats.into_iter().map(|f| Descriptor::stored_as(f, columns.clone())).collect();
    let mut binary = Descriptor::stored_as(Format::SequenceFile, columns.clone());
    binary.serde = LAZY_BINARY_SERDE.to_owned();
    let mut columnar = Descriptor::stored_as(Format::RcFile, columns.clone());
    columnar.serde = "org.apache.hadoop.hive.serde2.columnar.ColumnarSerDe".to_owned();
    all.extend([binary, columnar, Descriptor::stored_as(Format::JsonFile, columns)]);
    all
}

fn drain(bytes: &[u8]) {
    for descriptor in descriptors() {
        let input = Arc::new(Bytes::copy_from_slice(bytes));
        let Ok(reader) = open(&descriptor, input, &ReadRequest::default()) else { continue };
        for batch in reader.take(1000) {
            if batch.is_err() {
                break;
            }
        }
    }
}

/// Headers of each format, so that what follows is looked at.
fn heads() -> Vec<Vec<u8>> {
    let text = |s: &str| [&[s.len() as u8], s.as_bytes()].concat();
    let schema = r#"{"type":"record","name":"r","fields":[{"name":"a","type":"long"},{"name":"d","type":{"type":"array","items":"null"}}]}"#;
    let mut avro = b"Obj\x01\x02\x16avro.schema".to_vec();
    let length = (schema.len() * 2) as u16;
    avro.extend([(length & 0x7f) as u8 | 0x80, (length >> 7) as u8]);
    avro.extend(schema.as_bytes());
    avro.extend([0; 17]);
    let mut rc = b"RCF\x01\x00\x00\x00\x00\x01".to_vec();
    rc.extend(text("hive.io.rcfile.column.number"));
    rc.extend(text("5"));
    rc.extend([7; 16]);
    let sequence = |by_block: u8| {
        let mut head = b"SEQ\x06".to_vec();
        head.extend(text("org.apache.hadoop.io.BytesWritable"));
        head.extend(text("org.apache.hadoop.io.Text"));
        head.extend([by_block, by_block]);
        if by_block == 1 {
            head.extend(text("org.apache.hadoop.io.compress.SnappyCodec"));
        }
        head.extend([0; 4]);
        head.extend([7; 16]);
        head
    };
    vec![Vec::new(), avro, rc, sequence(0), sequence(1), b"{\"d\":[".to_vec()]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..Default::default() })]

    #[test]
    fn any_bytes_end_in_rows_or_an_error(
        head in 0usize..6,
        sync in any::<bool>(),
        tail in prop::collection::vec(any::<u8>(), 0..200),
    ) {
        let mut bytes = heads().swap_remove(head);
        if sync {
            bytes.extend([255; 4]);
            bytes.extend([7; 16]);
        }
        bytes.extend(tail);
        drain(&bytes);
    }
}
