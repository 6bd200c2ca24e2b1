//! JSON: one table of values for each type, one of records, and the ways blocks are cut.

use std::fmt::Write as _;

use arrow::array::Array;

use super::*;
use crate::ErrorKind;

/// Decodes one value in a column of a type.
fn value(data_type: &DataType, text: &[u8]) -> String {
    let record = [b"{\"c\":", text, b"}"].concat();
    let lines = outcome(&schema(&[("c", data_type.clone())]), &json(), &record);
    assert_eq!(lines.len(), 1, "{lines:?}");
    lines[0].strip_prefix("!c: ").map_or(lines[0].clone(), |reason| format!("!{reason}"))
}

#[test]
fn values_of_every_type() {
    let not = |t: &str| format!("!value is not of the type {t}");
    let range = |t: &str| format!("!number is out of range of the type {t}");
    let fraction = |t: &str| format!("!number has a fraction, which would be lost in the type {t}");
    let cases: Vec<(DataType, &str, String)> = vec![
        (DataType::Int8, "-128", "-128".into()),
        (DataType::Int8, "128", range("tinyint")),
        (DataType::Int16, "32767", "32767".into()),
        (DataType::Int16, "-32769", range("smallint")),
        (DataType::Int32, "2147483647", "2147483647".into()),
        (DataType::Int32, "2147483648", range("int")),
        (DataType::Int32, "5.0", "5".into()),
        (DataType::Int32, "5.5", fraction("int")),
        (DataType::Int32, "1e3", "1000".into()),
        (DataType::Int32, "12e-1", fraction("int")),
        (DataType::Int32, "0e99999999999999999999", "0".into()),
        (DataType::Int32, "1e99999999999999999999", range("int")),
        (DataType::Int32, "\" 42 \"", "42".into()),
        (DataType::Int32, "\"+042\"", "42".into()),
        (DataType::Int32, "\"\\u0034\\u0032\"", "42".into()),
        (DataType::Int32, "\"\"", not("int")),
        (DataType::Int32, "\"4x\"", not("int")),
        (DataType::Int32, "true", not("int")),
        (DataType::Int32, "[1]", not("int")),
        (DataType::Int32, "null", "NULL".into()),
        (DataType::Int64, "-9223372036854775808", i64::MIN.to_string()),
        (DataType::Int64, "9223372036854775807", i64::MAX.to_string()),
        (DataType::Int64, "9223372036854775808", range("bigint")),
        (DataType::Int64, "-0", "0".into()),
        (DataType::Int64, "1.000000000000000000000000000000000000000", "1".into()),
        (DataType::Float64, "16170.613", "16170.613".into()),
        (DataType::Float64, "0.1234567890123456789", "0.12345678901234568".into()),
        (DataType::Float64, "-1e-7", "-1e-7".into()),
        (DataType::Float64, "5e-324", "5e-324".into()),
        (DataType::Float64, "123456789012345678", "1.2345678901234568e17".into()),
        (DataType::Float64, "1e400", range("double")),
        (DataType::Float64, "\"NaN\"", "NaN".into()),
        (DataType::Float64, "\"-Infinity\"", "-inf".into()),
        (DataType::Float64, "\"inf\"", not("double")),
        (DataType::Float64, "\" 2.50 \"", "2.5".into()),
        (DataType::Float32, "0.1", "0.1".into()),
        (DataType::Float32, "16777217", "16777216.0".into()),
        (DataType::Float32, "1e39", range("float")),
        (DataType::Decimal128(5, 2), "123.45", "123.45".into()),
        (DataType::Decimal128(5, 2), "\"-123.4\"", "-123.40".into()),
        (DataType::Decimal128(5, 2), "0.005", "0.01".into()),
        (DataType::Decimal128(5, 2), "-0.005", "-0.01".into()),
        (DataType::Decimal128(5, 2), "0.0049999999999999999999999", "0.00".into()),
        (DataType::Decimal128(5, 2), "999.994", "999.99".into()),
        (DataType::Decimal128(5, 2), "999.995", range("decimal(5,2)")),
        (DataType::Decimal128(5, 2), "1000", range("decimal(5,2)")),
        (DataType::Decimal128(5, 2), "1e2", "100.00".into()),
        (DataType::Decimal128(5, 2), "1e-9", "0.00".into()),
        (DataType::Decimal128(5, 2), "\"x\"", not("decimal(5,2)")),
        (
            DataType::Decimal128(38, 0),
            "99999999999999999999999999999999999999",
            "99999999999999999999999999999999999999".into(),
        ),
        (DataType::Decimal128(38, 38), "0.5", format!("0.5{}", "0".repeat(37))),
        (DataType::Decimal128(38, 0), "1e38", range("decimal(38,0)")),
        (DataType::Boolean, "true", "true".into()),
        (DataType::Boolean, "\"False\"", "false".into()),
        (DataType::Boolean, "1", not("boolean")),
        (DataType::Boolean, "\"yes\"", not("boolean")),
        (DataType::Utf8, "\"x\"", "x".into()),
        (DataType::Utf8, "\"\"", String::new()),
        (DataType::Utf8, "1.50e3", "1.50e3".into()),
        (DataType::Utf8, "false", "false".into()),
        (DataType::Utf8, "{\"a\" : [1, \"x \\\" y\" ]}", "{\"a\":[1,\"x \\\" y\"]}".into()),
        (DataType::Utf8, "\"\\u00e9\\ud83d\\ude00\\/\\b\\f\\n\"", "é😀/\u{8}\u{c}\n".into()),
        (
            DataType::Utf8,
            "\"äöü and a text that is longer than one load\"",
            "äöü and a text that is longer than one load".into(),
        ),
        (DataType::Date32, "\"2024-02-29\"", "2024-02-29".into()),
        (DataType::Date32, "\"2023-02-29\"", not("date")),
        (DataType::Date32, "19000", not("date")),
        (timestamp(), "\"2024-05-06 07:08:09.123456789\"", "2024-05-06T07:08:09.123456".into()),
        (timestamp(), "\"2024-05-06T07:08:09Z\"", "2024-05-06T07:08:09".into()),
        (timestamp(), "\"2024-05-06\"", "2024-05-06T00:00:00".into()),
        (timestamp(), "\"2024-05-06 07:08\"", "2024-05-06T07:08:00".into()),
        (
            timestamp(),
            "\"2024-05-06 07:08:09+02:00\"",
            "!timestamp has a zone offset, which needs TIMESTAMP_LTZ, not the type timestamp"
                .into(),
        ),
        (timestamp(), "1714979289", not("timestamp")),
        (local_timestamp(), "\"2024-05-06T07:08:09.5+02:00\"", "2024-05-06T05:08:09.500Z".into()),
        (local_timestamp(), "\"2024-05-06 07:08:09\"", "2024-05-06T07:08:09Z".into()),
        (DataType::Binary, "\"3q2+7w==\"", "deadbeef".into()),
        (DataType::Binary, "\"3q2+7w\"", "deadbeef".into()),
        (
            DataType::Binary,
            "\"%\"",
            "!text is not base64, which is needed for the type binary".into(),
        ),
        (list(DataType::Int32), "[1,null,\"3\"]", "[1, NULL, 3]".into()),
        (list(DataType::Int32), "[ ]", "[]".into()),
        (list(DataType::Int32), "[1,]", "!not a JSON value at byte 8".into()),
        (list(DataType::Int32), "{}", not("array")),
        (list(list(DataType::Utf8)), "[[\"a\"],[],null]", "[[a], [], NULL]".into()),
        (map(DataType::Int64), "{\"a\":1,\"b\":null}", "{a: 1, b: NULL}".into()),
        (map(DataType::Int64), "{\"a\":1,\"b\":2,\"a\":3}", "{b: 2, a: 3}".into()),
        (map(DataType::Int64), "{}", "{}".into()),
        (map(DataType::Int64), "[]", not("map")),
        (
            row(&[("x", DataType::Int32), ("y", DataType::Utf8)]),
            "{\"Y\":\"b\",\"x\":1,\"z\":[{}]}",
            "{x: 1, y: b}".into(),
        ),
        (
            row(&[("x", DataType::Int32), ("y", DataType::Utf8)]),
            "{\"x\":1,\"x\":2}",
            "{x: 2, y: NULL}".into(),
        ),
        (row(&[("x", DataType::Int32)]), "{\"x\":\"q\"}", not("struct")),
    ];
    for (data_type, text, expected) in cases {
        assert_eq!(value(&data_type, text.as_bytes()), expected, "{data_type} {text}");
    }
}

#[test]
fn text_that_is_not_utf8_is_refused_everywhere() {
    for record in [
        &b"{\"c\":\"\xff\"}"[..],
        b"{\"c\":\"x\\n\xc3\"}",
        b"{\"x\":\"\xc3(\"}",
        b"{\"\xff\":1}",
        b"{\"x\":{\"\xff\":1}}",
        b"{\"x\":[\"\xe2\x82\"]}",
    ] {
        let lines = outcome(&schema(&[("c", DataType::Utf8)]), &json(), record);
        assert!(lines.len() == 1 && lines[0].contains("text is not valid UTF-8"), "{lines:?}");
    }
}

/// Two columns, `a` bigint and `b` string.
fn check(records: &str, expected: &[&str]) {
    let columns = schema(&[("a", DataType::Int64), ("b", DataType::Utf8)]);
    assert_eq!(outcome(&columns, &json(), records.as_bytes()), expected, "{records:?}");
}

#[test]
fn records_and_what_becomes_of_them() {
    check("{\"a\":1,\"b\":\"x\"}\n", &["1|x"]);
    check("{\"a\":1,\"b\":\"x\"}", &["1|x"]);
    check("{\"a\":1,\"b\":\"x\"}\r\n{\"a\":2,\"b\":\"y\"}\r\n", &["1|x", "2|y"]);
    check("\u{feff}{\"a\":1,\"b\":\"x\"}\n{\"a\":2}", &["1|x", "2|NULL"]);
    check("\n\n  \n\r\n{\"a\":1}\n\n", &["1|NULL"]);
    check(" { \"a\" : 1 , \"b\" : \"x\" } \n{\"a\":2,\"b\":\"y\"}\n", &["1|x", "2|y"]);
    check("{}\n{ }\n", &["NULL|NULL", "NULL|NULL"]);
    check("{\"b\":null}\n", &["NULL|NULL"]);
    check("{\"a\":1,\"a\":2,\"b\":\"x\",\"a\":3}\n", &["3|x"]);
    check("{\"a\":1,\"a\":null}\n", &["NULL|NULL"]);
    check("{\"A\":1,\"B\":\"x\"}\n", &["1|x"]);
    check(
        "{\"a\":1,\"A\":2}\n{\"A\":2,\"a\":1}\n{\"A\":2,\"A\":3}\n",
        &["1|NULL", "1|NULL", "3|NULL"],
    );
    check("{\"\\u0061\":1,\"x\":{\"a\":[2,{}]},\"b\":\"y\"}\n", &["1|y"]);
    check("[1]\n", &["!record is not a JSON object at byte 0"]);
    check("7\n\"x\"\nnull\n", &["!record is not a JSON object at byte 0"; 3]);
    check(
        "{\"a\":1\n{\"a\":2}\n",
        &["2|NULL", "!expected ',' or the end of the object or array at byte 6"],
    );
    check(
        "{\"b\":\"x\n{\"a\":2}\n",
        &["2|NULL", "!b: string has no end or holds a raw control character at byte 7"],
    );
    check(
        "{\"b\":\"x\ty\"}",
        &["!b: string has no end or holds a raw control character at byte 7"],
    );
    check("{\"a\":1} x\n", &["!text follows the end of the record at byte 8"]);
    check("{\"a\":1}{\"a\":2}\n", &["!text follows the end of the record at byte 7"]);
    check("{\"a\":1,}\n", &["!expected a key in quotes at byte 7"]);
    check("{,\"a\":1}\n", &["!expected a key in quotes at byte 1"]);
    check("{a:1}\n", &["!expected a key in quotes at byte 1"]);
    check("{\"a\" 1}\n", &["!expected ':' after the key at byte 5"]);
    check("{\"a\":01}\n", &["!a: not a JSON number at byte 5"]);
    check("{\"a\":}\n", &["!a: not a JSON value at byte 5"]);
    check("{\"a\":nul}\n", &["!a: not a JSON value at byte 5"]);
    check("{\"b\":\"\\ud83d\"}\n", &["!b: string holds an invalid escape at byte 6"]);
    check(
        "{\"b\":\"\\ude00\"}\n{\"b\":\"\\x\"}\n{\"b\":\"\\u12g4\"}",
        &["!b: string holds an invalid escape at byte 6"; 3],
    );
    check("{\"x\":\"\\ud83d\\u0041\"}\n", &["!string holds an invalid escape at byte 6"]);
    check("{\"x\":tru}\n{\"x\":+1}\n{\"x\":.5}", &["!not a JSON value at byte 5"; 3]);
    check("{\"x\":[1}\n", &["!expected ',' or the end of the object or array at byte 7"]);
    check("{\0\"a\":1}\n", &["!expected a key in quotes at byte 1"]);
    check("{\"a\":1}\0\n", &["!text follows the end of the record at byte 7"]);
}

#[test]
fn nesting_has_a_limit_and_no_stack() {
    for open in ["[", "{\"k\":"] {
        let close = if open == "[" { "]" } else { "}" };
        let deep = |n: usize| format!("{{\"x\":{}1{}}}\n", open.repeat(n), close.repeat(n));
        check(&deep(63), &["NULL|NULL"]);
        check(
            &(deep(64) + &deep(1)),
            &[
                "NULL|NULL",
                &format!(
                    "!objects and arrays are nested more than 64 deep at byte {}",
                    5 + 63 * open.len()
                ),
            ],
        );
        let endless = format!("{{\"x\":{}", open.repeat(1_000_000));
        assert_eq!(
            outcome(&schema(&[("a", DataType::Int64)]), &json(), endless.as_bytes()).len(),
            1
        );
    }
    let nested = list(list(DataType::Utf8));
    let text = format!("[[{}{}]]", "[".repeat(61), "]".repeat(61));
    assert_eq!(
        value(&nested, text.as_bytes()),
        format!("[[{}{}]]", "[".repeat(61), "]".repeat(61))
    );
    let text = format!("[[{}{}]]", "[".repeat(62), "]".repeat(62));
    assert!(value(&nested, text.as_bytes()).contains("nested more than 64 deep"));
}

#[test]
fn ignored_errors_are_null_or_skipped_and_counted() {
    let columns = schema(&[
        ("a", DataType::Int64),
        ("l", list(DataType::Int32)),
        ("s", row(&[("x", DataType::Int32), ("y", DataType::Utf8)])),
        ("m", map(DataType::Int32)),
    ]);
    for (record, row, skipped, nulled) in [
        ("{\"a\":\"q\",\"l\":[1]}", Some("NULL|[1]|NULL|NULL"), 0, 1),
        ("{\"l\":[1,\"q\",{},3]}", Some("NULL|[1, NULL, NULL, 3]|NULL|NULL"), 0, 2),
        ("{\"s\":{\"x\":[[]],\"y\":\"b\"}}", Some("NULL|NULL|{x: NULL, y: b}|NULL"), 0, 1),
        ("{\"s\":{\"x\":1,\"x\":[]}}", Some("NULL|NULL|{x: NULL, y: NULL}|NULL"), 0, 1),
        ("{\"s\":[],\"m\":1}", Some("NULL|NULL|NULL|NULL"), 0, 2),
        ("{\"m\":{\"a\":1,\"a\":\"q\",\"b\":2}}", Some("NULL|NULL|NULL|{a: NULL, b: 2}"), 0, 1),
        ("{\"a\":1,\"l\":[1,}", None, 1, 0),
        ("{\"a\":\"q\",\"l\":[1", None, 1, 0),
        ("[]", None, 1, 0),
        ("", None, 0, 0),
    ] {
        let good = "{\"a\":7,\"l\":[7],\"s\":{\"x\":7},\"m\":{\"k\":7}}";
        let text = format!("{good}\n{record}\n{good}\n");
        let mut decoder = Decoder::new(&columns, &lenient(), 100).unwrap();
        let mut bad = Vec::new();
        let block = padded(text.as_bytes());
        assert_eq!(decoder.decode_block(&block, 0, text.len(), &mut bad), text.len());
        assert_eq!(bad, [], "{record}");
        assert_eq!(
            (decoder.skipped_records(), decoder.nulled_fields()),
            (skipped, nulled),
            "{record}"
        );
        let mut expected = vec!["7|[7]|{x: 7, y: NULL}|{k: 7}"; 2];
        expected.splice(1..1, row);
        assert_eq!(print(&[decoder.finish().unwrap()]), expected);
    }
}

#[test]
fn failures_inside_nested_values_leave_no_trace() {
    let columns = schema(&[
        ("l", list(row(&[("x", DataType::Int32), ("t", DataType::Utf8)]))),
        ("m", map(list(DataType::Int32))),
        ("s", row(&[("x", DataType::Int32), ("l", list(DataType::Utf8))])),
    ]);
    let good =
        "{\"l\":[{\"x\":1,\"t\":\"a\"}],\"m\":{\"k\":[1,2]},\"s\":{\"x\":1,\"l\":[\"b\"]}}\n";
    for wrong in [
        "{\"l\":[{\"x\":1,\"t\":\"b\"},{\"t\":\"c\",\"x\":\"q\"}]}\n",
        "{\"m\":{\"k\":[1],\"l\":[1,2,[]]}}\n",
        "{\"m\":{\"k\":[1],\"k\":[1,2,[]]}}\n",
        "{\"s\":{\"l\":[\"a\",\"b\"],\"x\":[]}}\n",
        "{\"s\":{\"l\":[\"a\",\"b\"\n",
        "{\"l\":[{\"x\":1,\"t\":\"b\"}],\"m\":{\"k\":[1]},\"s\":{\"l\":[\"x\"]},\"s\":1}\n",
    ] {
        let text = [good, wrong, good].concat();
        let (batches, bad) = decode(&columns, &json(), text.as_bytes(), 10);
        assert_eq!(bad.len(), 1, "{wrong}");
        assert_eq!(print(&batches), ["[{x: 1, t: a}]|{k: [1, 2]}|{x: 1, l: [b]}"; 2], "{wrong}");
    }
}

#[test]
fn missing_fields_and_not_null_columns() {
    let strict =
        MessageFormat::Json(JsonOptions { fail_on_missing_field: true, ..JsonOptions::default() });
    let columns = schema(&[("a", DataType::Int64), ("s", row(&[("x", DataType::Int32)]))]);
    assert_eq!(
        outcome(
            &columns,
            &strict,
            b"{\"a\":null,\"s\":{\"x\":1}}\n{\"s\":{\"x\":1}}\n{\"a\":1,\"s\":{}}"
        ),
        [
            "NULL|{x: 1}",
            "!a: field is missing in a record, column of the type bigint",
            "!s: field is missing in a record, column of the type struct"
        ]
    );
    let both = MessageFormat::Json(JsonOptions {
        fail_on_missing_field: true,
        ignore_parse_errors: true,
        ..JsonOptions::default()
    });
    assert_eq!(Decoder::new(&columns, &both, 10).unwrap_err().kind(), ErrorKind::Config);
    let required = Arc::new(Schema::new(vec![
        Field::new("a", DataType::Int64, false),
        Field::new("s", row(&[("x", DataType::Int32)]), true),
    ]));
    let records = b"{\"a\":1}\n{\"a\":null}\n{\"s\":{}}\n";
    let reason = "!a: value is null or missing in a NOT NULL column of the type bigint";
    assert_eq!(outcome(&required, &json(), records), ["1|NULL", reason, reason]);
    assert_eq!(outcome(&required, &lenient(), records), ["1|NULL"]);
}

#[test]
fn types_that_no_record_has_are_refused() {
    for data_type in [
        DataType::LargeUtf8,
        DataType::UInt8,
        DataType::Decimal128(5, -1),
        DataType::Timestamp(TimeUnit::Nanosecond, None),
        DataType::Timestamp(TimeUnit::Microsecond, Some("+02:00".into())),
        list(DataType::LargeBinary),
        (0..40).fold(DataType::Int32, |t, _| list(t)),
    ] {
        let error = Decoder::new(&schema(&[("c", data_type)]), &json(), 10).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Schema);
    }
}

#[test]
fn messages_may_hold_newlines_and_blocks_may_not() {
    let columns = schema(&[("a", DataType::Int64), ("b", DataType::Utf8)]);
    let mut decoder = Decoder::new(&columns, &json(), 10).unwrap();
    let message = |decoder: &mut Decoder, text: &str| {
        let with_padding = decoder.decode_message(&padded(text.as_bytes()), 0, text.len());
        let framed = format!("xx{text}yy");
        let without = decoder.decode_message(framed.as_bytes(), 2, 2 + text.len());
        assert_eq!(with_padding.is_ok(), without.is_ok(), "{text}");
        with_padding.map_err(|bad| bad.reason)
    };
    let pretty = "{\n  \"a\": 1,\n  \"b\": \"x\"\n}\n";
    assert_eq!(message(&mut decoder, pretty), Ok(()));
    assert_eq!(message(&mut decoder, pretty), Ok(()));
    assert_eq!(message(&mut decoder, "{\"b\":\"x\ny\"}").map_err(|e| e.len() > 10), Err(true));
    assert_eq!(message(&mut decoder, "{\"a\":2}\n{\"a\":3}").map_err(|e| e.len() > 10), Err(true));
    assert_eq!(message(&mut decoder, " \n").unwrap_err(), "record is empty at byte 2");
    assert_eq!(message(&mut decoder, "").unwrap_err(), "record is empty at byte 0");
    assert_eq!(decoder.rows(), 4);
    let mut bad = Vec::new();
    let block = padded(pretty.as_bytes());
    decoder.decode_block(&block, 0, pretty.len(), &mut bad);
    assert_eq!((decoder.rows(), bad.len()), (4, 4));
    assert_eq!(message(&mut decoder, pretty), Ok(()));
    assert_eq!(print(&[decoder.finish().unwrap()]), ["1|x"; 6]);
}

#[test]
fn blocks_are_taken_in_pieces_and_without_padding() {
    let columns = schema(&[("a", DataType::Int64)]);
    let mut text = String::new();
    for i in 0..100 {
        let _ = writeln!(text, "{{\"a\":{i}}}{}", if i % 10 == 3 { "!" } else { "" });
    }
    let (batches, bad) = decode(&columns, &json(), text.as_bytes(), 7);
    assert_eq!(batches.iter().map(RecordBatch::num_rows).max(), Some(7));
    assert_eq!((print(&batches).len(), bad.len()), (90, 10));
    for bad in &bad {
        assert!(text[bad.start..bad.end].ends_with("3}!"), "{bad:?}");
    }
    let framed = format!("{text}{text}{text}");
    let mut decoder = Decoder::new(&columns, &json(), 1000).unwrap();
    let mut found = Vec::new();
    let (start, end) = (text.len(), 2 * text.len());
    assert_eq!(decoder.decode_block(framed.as_bytes(), start, end, &mut found), end);
    assert_eq!((decoder.rows(), found.len()), (90, 10));
    assert!(
        found.iter().zip(&bad).all(|(f, b)| f.start == b.start + start && f.end == b.end + start)
    );
}

#[test]
fn a_record_may_have_64_megabytes() {
    let columns = schema(&[("a", DataType::Int64), ("b", DataType::Utf8)]);
    let long = "é".repeat(32 << 20);
    let text = format!(
        "{{\"a\":1,\"b\":\"{long}\"}}\n{{\"a\":2,\"b\":\"\\n{long}\"}}\n{{\"a\":3,\"x\":\"{long}\"}}\n{{\"a\":4}}\n"
    );
    let (batches, bad) = decode(&columns, &json(), text.as_bytes(), 100);
    assert_eq!(bad, []);
    let rows: Vec<usize> = batches.iter().map(RecordBatch::num_rows).collect();
    assert_eq!(rows, [1, 1, 1, 1], "a batch is full at 32 MB");
    let lengths: Vec<usize> =
        batches.iter().map(|b| b.column(1).to_data().buffers()[1].len()).collect();
    assert_eq!(lengths, [64 << 20, (64 << 20) + 1, 0, 0]);
    let broken = text.replace('}', "");
    let mut decoder = Decoder::new(&columns, &json(), 100).unwrap();
    let mut bad = Vec::new();
    let block = padded(broken.as_bytes());
    assert_eq!(decoder.decode_block(&block, 0, broken.len(), &mut bad), broken.len());
    assert_eq!((decoder.rows(), decoder.is_full(), bad.len()), (0, false, 4));
}

#[test]
fn wide_records_of_any_order_are_decoded() {
    let names: Vec<String> =
        (0..300).map(|i| format!("a_rather_long_column_name_of_number_{i}")).collect();
    let columns: Vec<(&str, DataType)> =
        names.iter().map(|n| (n.as_str(), DataType::Int32)).collect();
    let mut text = String::new();
    let mut expected = Vec::new();
    for row in 0..200usize {
        let step = [1, 7, 11, 299][row % 4];
        let present = |column: usize| !(column + row).is_multiple_of(5);
        let order = (0..300).map(|i| i * step % 300).filter(|c| present(*c));
        let members: Vec<String> = order.map(|c| format!("\"{}\":{}", names[c], c + row)).collect();
        let _ = writeln!(text, "{{{}}}", members.join(","));
        let value = |c| if present(c) { (c + row).to_string() } else { "NULL".to_owned() };
        expected.push((0..300).map(value).collect::<Vec<_>>().join("|"));
    }
    assert_eq!(outcome(&schema(&columns), &json(), text.as_bytes()), expected);
}
