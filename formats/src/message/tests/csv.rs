//! CSV: fields, options and types in tables, and cutting compared with `csv-core`.

use csv_core::{ReadRecordResult, ReaderBuilder, Terminator};

use super::super::CsvOptions;
use super::*;
use crate::ErrorKind;

fn three() -> SchemaRef {
    schema(&[("a", DataType::Int32), ("b", DataType::Utf8), ("c", DataType::Float64)])
}

fn check(options: CsvOptions, text: &str, expected: &[&str]) {
    let format = MessageFormat::Csv(options);
    assert_eq!(outcome(&three(), &format, text.as_bytes()), expected, "{text:?}");
    let (batches, _) = decode(&three(), &format, text.as_bytes(), 1);
    let rows: Vec<_> = expected.iter().filter(|line| !line.starts_with('!')).collect();
    assert_eq!(
        print(&batches).iter().collect::<Vec<_>>(),
        rows.iter().map(|r| **r).collect::<Vec<_>>()
    );
}

#[test]
fn records_and_what_becomes_of_them() {
    let plain = CsvOptions::default;
    check(plain(), "1,x,2.5\n2,y,3", &["1|x|2.5", "2|y|3.0"]);
    check(plain(), "1,x,2.5\r\n2,\"y\",\"3\"\r\n", &["1|x|2.5", "2|y|3.0"]);
    check(plain(), "\u{feff}1,x,2\n\n\r\n2,y,3\n", &["1|x|2.0", "2|y|3.0"]);
    check(plain(), ",,\n", &["NULL||NULL"]);
    check(plain(), "1,\"a \"\"b\"\" c, d\ne\",2\n", &["1|a \"b\" c, d\ne|2.0"]);
    check(plain(), "1,\"\",2\n", &["1||2.0"]);
    check(plain(), "1,a \"b\",2\n", &["1|a \"b\"|2.0"]);
    check(plain(), "1,\"a\" ,2\n", &["1|a|2.0"]);
    check(plain(), " 1 , x ,+02.50\n", &["1| x |2.5"]);
    check(plain(), "1,é,2\n", &["1|é|2.0"]);
    check(plain(), "1,x\n2,y,3\n", &["2|y|3.0", "!record has 2 fields, but there are 3 columns"]);
    check(plain(), "1,x,2,\n", &["!record has 4 fields, but there are 3 columns"]);
    check(plain(), "q,x,2\n", &["!a: value is not of the type int"]);
    check(plain(), "1,x,1e999\n", &["!c: number is out of range of the type double"]);
    check(plain(), "1,\"x,2\n2,y,3\n", &["2|y|3.0", "!quoted field has no end at byte 2"]);
    check(
        plain(),
        "1,\"x\"y,2\n2,y,3\n",
        &["2|y|3.0", "!text follows the closing quote of a field at byte 5"],
    );
    check(plain(), "#1,x,2\n", &["!a: value is not of the type int"]);
    check(CsvOptions { allow_comments: true, ..plain() }, "#1,\"x,2\n1,#,2\n", &["1|#|2.0"]);
    check(CsvOptions { field_delimiter: b'\t', ..plain() }, "1\tx,y\t2\n", &["1|x,y|2.0"]);
    check(CsvOptions { field_delimiter: 1, ..plain() }, "1\u{1}x\u{1}2\n", &["1|x|2.0"]);
    check(CsvOptions { quote: None, ..plain() }, "1,\"x,2\n", &["1|\"x|2.0"]);
    check(CsvOptions { quote: Some(b'\''), ..plain() }, "1,'x,''y',2\n", &["1|x,'y|2.0"]);
    let escape = CsvOptions { escape: Some(b'\\'), ..plain() };
    check(escape.clone(), "1,x\\,y\\\\,2\n1,\"x\\\"y\\n\",2\n", &["1|x,y\\|2.0", "1|x\"y\n|2.0"]);
    check(escape, "1,x,2\\", &["!quoted field has no end at byte 5"]);
    let null = CsvOptions { null_literal: Some("n/a".into()), ..plain() };
    check(
        null,
        "n/a,n/a,n/a\n1,\"n/a\",2\n1,n/a2,2\n",
        &["NULL|NULL|NULL", "1|NULL|2.0", "1|n/a2|2.0"],
    );
    let lenient = CsvOptions { ignore_parse_errors: true, ..plain() };
    check(lenient, "q,x,r\n1,x\n1,x,2,3,4\n1,\"x\n", &["NULL|x|NULL", "1|x|NULL", "1|x|2.0"]);
}

#[test]
fn values_of_every_type() {
    for (data_type, text, expected) in [
        (DataType::Int8, "-128", "-128"),
        (DataType::Int16, "40000", "!c: number is out of range of the type smallint"),
        (DataType::Int64, "007", "7"),
        (DataType::Float32, "NaN", "NaN"),
        (DataType::Boolean, " TRUE ", "true"),
        (DataType::Boolean, "t", "!c: value is not of the type boolean"),
        (DataType::Decimal128(6, 2), "1.005", "1.01"),
        (
            DataType::Decimal128(6, 2),
            "12345",
            "!c: number is out of range of the type decimal(6,2)",
        ),
        (DataType::Date32, "2024-1-2", "2024-01-02"),
        (timestamp(), "2024-01-02 03:04:05.678", "2024-01-02T03:04:05.678"),
        (timestamp(), "2024-01-02 3:04", "2024-01-02T03:04:00"),
        (local_timestamp(), "2024-01-02T03:04:05+01", "2024-01-02T02:04:05Z"),
        (DataType::Binary, "3q2+7w==", "deadbeef"),
        (list(DataType::Int32), "1;2;;4", "[1, 2, NULL, 4]"),
        (list(DataType::Utf8), "", "[]"),
        (list(DataType::Int32), "1;x", "!c: value is not of the type array"),
        (row(&[("x", DataType::Int32), ("y", DataType::Utf8)]), "1;b", "{x: 1, y: b}"),
        (
            row(&[("x", DataType::Int32), ("y", DataType::Utf8)]),
            "1",
            "!c: value is not of the type struct",
        ),
    ] {
        let columns = schema(&[("k", DataType::Int32), ("c", data_type.clone())]);
        let format = MessageFormat::Csv(CsvOptions::default());
        for text in [format!("1,{text}\n"), format!("1,\"{text}\"")] {
            let lines = outcome(&columns, &format, text.as_bytes());
            let expected = if expected.starts_with('!') {
                expected.to_owned()
            } else {
                format!("1|{expected}")
            };
            assert_eq!(lines, [expected], "{data_type} {text}");
        }
    }
}

#[test]
fn contradictions_are_refused() {
    let kind = |options, columns: &[(&str, DataType)]| {
        Decoder::new(&schema(columns), &MessageFormat::Csv(options), 10).unwrap_err().kind()
    };
    let plain = CsvOptions::default;
    let one = [("c", DataType::Int32)];
    assert_eq!(kind(CsvOptions { quote: Some(b','), ..plain() }, &one), ErrorKind::Config);
    assert_eq!(kind(CsvOptions { escape: Some(b'"'), ..plain() }, &one), ErrorKind::Config);
    assert_eq!(kind(CsvOptions { field_delimiter: b'\n', ..plain() }, &one), ErrorKind::Config);
    assert_eq!(
        kind(CsvOptions { array_element_delimiter: String::new(), ..plain() }, &one),
        ErrorKind::Config
    );
    assert_eq!(kind(plain(), &[("c", map(DataType::Int32))]), ErrorKind::Schema);
    assert_eq!(kind(plain(), &[("c", list(list(DataType::Int32)))]), ErrorKind::Schema);
}

#[test]
fn a_message_is_one_record() {
    let format = MessageFormat::Csv(CsvOptions::default());
    let mut decoder = Decoder::new(&three(), &format, 10).unwrap();
    for (text, good) in
        [("1,x,2", true), ("1,\"x\ny\",2\n", true), ("1,x,2\n3,y,4", false), ("", false)]
    {
        assert_eq!(decoder.decode_message(text.as_bytes(), 0, text.len()).is_ok(), good, "{text}");
    }
    assert_eq!(print(&[decoder.finish().unwrap()]), ["1|x|2.0", "1|x\ny|2.0"]);
}

/// The records that `csv-core` cuts a text into.
fn reference(text: &[u8]) -> Vec<Vec<Vec<u8>>> {
    let mut reader = ReaderBuilder::new().terminator(Terminator::Any(b'\n')).build();
    let (mut output, mut ends) = (vec![0; text.len() + 16], vec![0; text.len() + 16]);
    let text = [text, b"\n"].concat();
    let (mut records, mut input) = (Vec::new(), &text[..]);
    loop {
        let (result, read, _, fields) = reader.read_record(input, &mut output, &mut ends);
        if result != ReadRecordResult::Record {
            return records;
        }
        input = &input[read..];
        records.push(cut(&output, &ends[..fields]));
    }
}

fn cut(output: &[u8], ends: &[usize]) -> Vec<Vec<u8>> {
    let starts = std::iter::once(&0).chain(ends);
    starts.zip(ends).map(|(start, end)| output[*start..*end].to_vec()).collect()
}

#[test]
fn fields_are_cut_as_csv_core_cuts_them() {
    let mut random = fuzz::Random(0x9e37_79b9);
    let pieces: [&[u8]; 9] = [
        b"a",
        b"longer than sixteen bytes",
        b",",
        b"\n",
        b"\"\"",
        b"\"x\"",
        b"\"p,q\ny\"",
        b" ",
        b"e",
    ];
    let columns: Vec<(String, DataType)> =
        (0..6).map(|i| (format!("c{i}"), DataType::Utf8)).collect();
    let columns: Vec<(&str, DataType)> =
        columns.iter().map(|(n, t)| (n.as_str(), t.clone())).collect();
    let lenient = CsvOptions { ignore_parse_errors: true, ..CsvOptions::default() };
    let mut records = 0;
    for _ in 0..4000 {
        let mut text = Vec::new();
        let mut open = true;
        for _ in 0..random.below(30) {
            // A quoted piece only where a field begins and ends, since elsewhere the two differ.
            let piece = pieces[random.below(9)];
            let quoted = piece.starts_with(b"\"");
            if quoted && !open {
                continue;
            }
            text.extend_from_slice(piece);
            open = matches!(piece, b"," | b"\n");
            if quoted {
                text.push(if random.below(2) == 0 { b',' } else { b'\n' });
                open = true;
            }
        }
        let expected: Vec<String> = reference(&text)
            .into_iter()
            .map(|mut fields| {
                fields.truncate(6);
                let mut values: Vec<String> =
                    fields.into_iter().map(|f| String::from_utf8(f).unwrap()).collect();
                values.resize(6, "NULL".to_owned());
                values.join("|")
            })
            .collect();
        let format = MessageFormat::Csv(lenient.clone());
        let (batches, _) = decode(&schema(&columns), &format, &text, 1000);
        assert_eq!(print(&batches), expected, "{}", String::from_utf8_lossy(&text));
        records += expected.len();
    }
    assert!(records > 10_000, "{records}");
}
