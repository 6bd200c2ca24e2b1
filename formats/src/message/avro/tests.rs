use arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use arrow::datatypes::{
    DataType, Field, Int64Type, Schema as Columns, SchemaRef, TimeUnit, TimestampMicrosecondType,
};
use arrow::util::display::array_value_to_string;

use super::*;
use crate::message::{Decoder, MessageFormat};

fn long(out: &mut Vec<u8>, value: i64) {
    let mut value = ((value << 1) ^ (value >> 63)) as u64;
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

fn text(out: &mut Vec<u8>, text: &[u8]) {
    long(out, text.len() as i64);
    out.extend(text);
}

fn table() -> SchemaRef {
    let item = |t| Arc::new(Field::new("item", t, true));
    let pair =
        vec![Field::new("key", DataType::Utf8, false), Field::new("value", DataType::Int32, true)];
    let entries = Field::new("entries", DataType::Struct(pair.into()), false);
    Arc::new(Columns::new(vec![
        Field::new("id", DataType::Int64, true),
        Field::new("name", DataType::Utf8, true),
        Field::new("at", DataType::Timestamp(TimeUnit::Microsecond, None), true),
        Field::new("price", DataType::Decimal128(10, 2), true),
        Field::new("tags", DataType::List(item(DataType::Utf8)), true),
        Field::new("counts", DataType::Map(Arc::new(entries), false), true),
        Field::new("later", DataType::Float64, true),
    ]))
}

#[derive(Debug)]
struct Schemas;

impl SchemaRegistry for Schemas {
    fn schema(&self, id: u32) -> Result<Option<String>> {
        match id {
            1 => Ok(Some(FIRST.to_owned())),
            2 => Ok(Some(r#"{"type":"record","name":"R","fields":[{"name":"LATER","type":"float"},{"name":"gone","type":{"type":"map","values":"bytes"}},{"name":"ID","type":"int"}]}"#.to_owned())),
            3 => Ok(Some("\"string\"".to_owned())),
            4 => Err(FormatError::unsupported("the registry is away")),
            _ => Ok(None),
        }
    }
}

const FIRST: &str = r#"{"type":"record","name":"R","fields":[
    {"name":"id","type":"long"},
    {"name":"name","type":["null",{"type":"enum","name":"E","symbols":["ann","bob"]},"string"]},
    {"name":"at","type":{"type":"long","logicalType":"timestamp-millis"}},
    {"name":"price","type":{"type":"bytes","logicalType":"decimal","precision":12,"scale":3}},
    {"name":"tags","type":{"type":"array","items":["null","string"]}},
    {"name":"counts","type":{"type":"map","values":"int"}}]}"#;

fn first(id: i64, price: &[u8]) -> Vec<u8> {
    let mut out = vec![0, 0, 0, 0, 1];
    long(&mut out, id);
    long(&mut out, 1);
    long(&mut out, 1);
    long(&mut out, 1_500);
    text(&mut out, price);
    // Two items with the size of the block, then one without.
    long(&mut out, -2);
    long(&mut out, 99);
    long(&mut out, 0);
    long(&mut out, 1);
    text(&mut out, "é".as_bytes());
    long(&mut out, 1);
    long(&mut out, 1);
    text(&mut out, b"x");
    long(&mut out, 0);
    long(&mut out, 1);
    text(&mut out, b"k");
    long(&mut out, 7);
    long(&mut out, 0);
    out
}

fn decoder() -> Decoder {
    let registry = Registry(Arc::new(Schemas));
    Decoder::new(&table(), &MessageFormat::Avro(AvroOptions::Registry(registry)), 100).unwrap()
}

fn decode(decoder: &mut Decoder, message: &[u8]) -> std::result::Result<(), String> {
    decoder.decode_message(message, 0, message.len()).map_err(|bad| bad.reason)
}

fn shown(batch: &RecordBatch) -> String {
    let row = |row| {
        let cell = |column: &ArrayRef| array_value_to_string(column, row).unwrap();
        batch.columns().iter().map(cell).collect::<Vec<_>>().join("|")
    };
    (0..batch.num_rows()).map(row).collect::<Vec<_>>().join("\n")
}

#[test]
fn messages_of_several_schemas_are_projected_to_the_table() {
    let mut decoder = decoder();
    decode(&mut decoder, &first(5, &[0x04, 0xd2])).unwrap();
    let mut second = vec![0, 0, 0, 0, 2];
    second.extend(1.5f32.to_le_bytes());
    long(&mut second, 0);
    long(&mut second, 6);
    decode(&mut decoder, &second).unwrap();
    decode(&mut decoder, &first(7, &[0xff])).unwrap();
    let batch = decoder.finish().unwrap();
    assert_eq!(batch.num_rows(), 3);
    let ids = batch.column(0).as_primitive::<Int64Type>();
    assert_eq!(ids.values(), &[5, 6, 7]);
    let at = batch.column(2).as_primitive::<TimestampMicrosecondType>();
    assert_eq!((at.value(0), at.is_null(1)), (1_500_000, true));
    let text = shown(&batch);
    assert_eq!(
        text,
        "5|bob|1970-01-01T00:00:01.500|1.23|[, é, x]|{k: 7}|\n\
         6||||||1.5\n\
         7|bob|1970-01-01T00:00:01.500|0.00|[, é, x]|{k: 7}|"
    );
}

#[test]
fn a_bad_message_is_alone_and_says_why() {
    let mut decoder = decoder();
    decode(&mut decoder, &first(1, &[1])).unwrap();
    let whole = first(2, &[1]);
    for cut in 0..whole.len() {
        assert!(decode(&mut decoder, &whole[..cut]).is_err(), "{cut}");
    }
    let longer = [whole.clone(), vec![0]].concat();
    assert!(decode(&mut decoder, &longer).unwrap_err().contains("follows"));
    let no = |id| vec![0, 0, 0, 0, id, 1];
    assert_eq!(decode(&mut decoder, &no(9)).unwrap_err(), "the registry has no schema 9");
    assert!(decode(&mut decoder, &no(3)).unwrap_err().contains("not the schema of a record"));
    assert!(decoder.take_failure().is_none());
    assert!(decode(&mut decoder, &no(4)).is_err());
    assert!(decoder.take_failure().is_some(), "that is not the message's fault");
    assert!(decode(&mut decoder, b"{\"json\":1}").unwrap_err().contains("number of a schema"));
    decode(&mut decoder, &whole).unwrap();
    let batch = decoder.finish().unwrap();
    assert_eq!(batch.column(0).as_primitive::<Int64Type>().values(), &[1, 2]);
}

#[test]
fn random_bytes_never_panic() {
    let mut decoder = decoder();
    let whole = first(3, &[9, 9]);
    let mut state = 1u64;
    for _ in 0..20_000 {
        let mut message = whole.clone();
        for _ in 0..3 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let at = 5 + (state >> 33) as usize % (message.len() - 5);
            message[at] = (state >> 20) as u8;
        }
        drop(decode(&mut decoder, &message));
    }
    decode(&mut decoder, &whole).unwrap();
    let batch = decoder.finish().unwrap();
    let ids = batch.column(0).as_primitive::<Int64Type>();
    assert_eq!(ids.value(batch.num_rows() - 1), 3);
}

#[test]
fn lists_of_lists_of_nothing_are_bounded_together() {
    let schema = r#"{"type":"record","name":"r","fields":[{"name":"id","type":"long"},
        {"name":"x","type":{"type":"array","items":{"type":"array","items":"null"}}}]}"#;
    let columns = Arc::new(Columns::new(vec![Field::new("id", DataType::Int64, false)]));
    let format = MessageFormat::Avro(AvroOptions::Schema(schema.to_owned()));
    let mut decoder = Decoder::new(&columns, &format, 100).unwrap();
    // Lists of a million nothings each: ten are fine, a thousand would take as long as gigabytes.
    for (lists, good) in [(10, true), (1000, false)] {
        let mut message = Vec::new();
        long(&mut message, 8);
        long(&mut message, lists);
        for _ in 0..lists {
            long(&mut message, 1_000_000);
            long(&mut message, 0);
        }
        long(&mut message, 0);
        assert_eq!(decode(&mut decoder, &message).is_ok(), good, "{lists}");
    }
}

#[test]
fn without_a_schema_it_is_that_of_the_table() {
    let columns = Arc::new(Columns::new(vec![
        Field::new("id", DataType::Int64, false),
        Field::new("at", DataType::Timestamp(TimeUnit::Microsecond, None), true),
    ]));
    let mut decoder =
        Decoder::new(&columns, &MessageFormat::Avro(AvroOptions::Table), 100).unwrap();
    let mut message = Vec::new();
    long(&mut message, 8);
    long(&mut message, 1);
    long(&mut message, 2);
    decode(&mut decoder, &message).unwrap();
    let batch = decoder.finish().unwrap();
    assert_eq!(batch.column(0).as_primitive::<Int64Type>().values(), &[8]);
    assert_eq!(batch.column(1).as_primitive::<TimestampMicrosecondType>().values(), &[2000]);
}

const NUMBERS: &str = r#"{"type":"record","name":"R","fields":[
    {"name":"id","type":"long"},
    {"name":"name","type":"string"},
    {"name":"price","type":{"type":"bytes","logicalType":"decimal","precision":10,"scale":2}},
    {"name":"later","type":"double"}]}"#;

/// Decodes one message at the begin of a block; gives its row, or what is wrong with it.
fn alone(message: &[u8], behind: &[u8]) -> String {
    let format = MessageFormat::Avro(AvroOptions::Schema(NUMBERS.to_owned()));
    let mut decoder = Decoder::new(&table(), &format, 100).unwrap();
    let block = [message, behind].concat();
    match decoder.decode_message(&block, 0, message.len()) {
        Ok(()) => shown(&decoder.finish().unwrap()),
        Err(bad) => format!("{} in {:?}", bad.reason, bad.column),
    }
}

#[test]
fn what_lies_behind_a_message_changes_nothing() {
    let mut state = 1u64;
    let mut chance = |below: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695);
        (state >> 33) % below
    };
    let mut good = 0;
    for round in 0..6_000u64 {
        let id = (chance(u64::MAX) << 33 | chance(u64::MAX)) as i64 >> (round % 64);
        let mut name: Vec<u8> = (0..chance(90)).map(|n| b'a' + (n % 26) as u8).collect();
        if round % 3 == 0 && name.len() > 1 {
            let at = chance(name.len() as u64 - 1) as usize;
            name[at..at + 2].copy_from_slice("é".as_bytes());
        }
        let cents = i128::from(chance(1 << 20)) - (1 << 19);
        let price = &cents.to_be_bytes()[16 - (3 + chance(14)) as usize..];
        let mut message = Vec::new();
        long(&mut message, id);
        text(&mut message, &name);
        text(&mut message, price);
        message.extend(0.5f64.to_le_bytes());
        let expected = format!(
            "{id}|{}||{}{}.{:02}|||0.5",
            String::from_utf8(name).unwrap(),
            if cents < 0 { "-" } else { "" },
            cents.abs() / 100,
            cents.abs() % 100
        );
        assert_eq!(alone(&message, &[]), expected);
        match round % 4 {
            0 => message.truncate(chance(message.len() as u64) as usize),
            1 => {
                let at = chance(message.len() as u64) as usize;
                message[at] = chance(256) as u8;
            }
            _ => good += 1,
        }
        let expected = alone(&message, &[]);
        for behind in [&[0xff; 100][..], &[0; 100], &[0x41; 20], &[0x80; 9]] {
            assert_eq!(alone(&message, behind), expected, "{message:?} before {behind:?}");
        }
    }
    assert_eq!(good, 3_000);
}

#[test]
fn a_number_may_have_ten_bytes_and_no_more() {
    let mut message = Vec::new();
    long(&mut message, i64::MIN);
    assert_eq!(message.len(), 10);
    message.extend([0, 2, 0]);
    message.extend(0.5f64.to_le_bytes());
    assert_eq!(alone(&message, &[0; 64]), format!("{}|||0.00|||0.5", i64::MIN));
    message[9] = 0x81;
    message[10] = 0x80;
    assert_eq!(
        alone(&message, &[0; 64]),
        "number is out of range of the type bigint in Some(\"id\")"
    );
}
